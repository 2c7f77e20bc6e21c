//! Keys renewed by hand, and revoked because they leaked.

use serde_json::json;

use crate::support::portal::{PAGE, Start};
use crate::support::sandbox::{SHOP, Sandbox};
use crate::support::transcript::Run;

/// Two credentials of which names can be confused.
fn two() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.edit(
        "credentials:\n",
        "credentials:
  batch:
    title: Nightly batch
    used_in: server
    privileges: [premium:user:geocode]
    deliver:
      - file: { path: batch.key }
",
    );
    sandbox.applied()
}

/// A run with a key on its stdin.
fn with_key(sandbox: &Sandbox, args: &[&str], key: &str) -> Run {
    sandbox.told(args, format!("{key}\n"))
}

#[test]
fn a_key_is_rotated_because_somebody_asks_and_nothing_else_is_done() {
    let sandbox = two();
    let old = sandbox.key_in(".env");
    sandbox.edit("title: Nightly batch", "title: Batch");
    sandbox.edit("title: Shop map", "title: Shop");
    let planned = sandbox.run(&["rotate", "web"]);
    insta::assert_snapshot!(planned.text(), @"
    keyform 0.1.0 · stack shop · http://127.0.0.1:PORT (ArcGIS Online)
    config keyform.yaml · account developer · clock 2026-09-21 08:..Z · read 2 credentials · PARTIAL

    Symbols:  ↻ rotate

      ↻ credential.web                         a new key was asked for in place of key 1
                                                                                         keyform.yaml:11
          slot 2        issue for 180 days, until 2027-03-20
          deliver       dotenv             .env#ARCGIS_API_KEY
          slot 1        keep until 2026-09-28 (overlap 7 days), then revoke
          safety        no sink is ever without a valid key; resumable after a crash at any step

    Keys in use after this plan  |Sep  |Oct  |Nov  |Dec  |Jan  |Feb  |Mar  |
      web         2  2027-03-20  .   ==============================r=====> .  renew 2027-02-18
                  1  2027-03-20  .   ==x     .     .     .     .     .     .  revoke 2026-09-28

      ↻ web                new key in slot 2, until 2027-03-20

    Plan: 0 to add, 0 to change, 0 to destroy, 1 to rotate.
    If keyform never ran again: batch lapses first, 2027-03-20.
    Correct until 2027-02-18 08:..Z (renewal of web) or until the portal changes.
    [stderr]
    error[keyform::apply::not_approved]: nobody can be asked here, so nothing was changed
      help: look at the plan, then run again with --auto-approve
    [exit 1]
    ");
    let done = sandbox.run(&["rotate", "web", "--auto-approve"]);
    insta::assert_snapshot!(done.after(&planned), @"
      ↻ web                slot 2 issued (until 2027-03-20) · .env#ARCGIS_API_KEY · verified   0.0 s

    Applied: 1 of 1 done.
    [exit 0]
    ");
    let new = sandbox.key_in(".env");
    assert_ne!(old, new);
    assert_eq!((sandbox.portal.opens(&old, PAGE), sandbox.portal.opens(&new, PAGE)), (200, 200));
    assert_eq!(sandbox.portal.items("Batch").len() + sandbox.portal.items("Shop").len(), 0);
}

#[test]
fn a_rotation_asked_of_plan_and_apply_stands_beside_everything_else() {
    let sandbox = two();
    sandbox.edit("title: Nightly batch", "title: Batch");
    insta::assert_snapshot!(sandbox.run(&["plan", "--rotate", "w*", "--short"]).decided(), @"
      ↻ credential.web                         a new key was asked for in place of key 1
      ~ credential.batch                       keys stay valid                            keyform.yaml:5

      ↻ web                new key in slot 2, until 2027-03-20
      ~ batch              title

    Plan: 0 to add, 1 to change, 0 to destroy, 1 to rotate.
    [exit 0]
    ");
    let run = sandbox.run(&["apply", "--rotate", "w?b", "--auto-approve"]);
    assert_eq!(run.code, Some(0), "{}", run.text());
    assert_eq!(sandbox.portal.items("Batch").len(), 1);
    // Asked again at once there is no slot: the older key is within its overlap.
    insta::assert_snapshot!(sandbox.run(&["rotate", "*", "--auto-approve", "--short"]).decided(), @"
      ↻ credential.batch                       a new key was asked for in place of key 1  keyform.yaml:5
      ↻ credential.web                         a new key was asked for in place of key 2
          keyform::plan::no_free_slot

      ↻ batch              new key in slot 2, until 2027-03-20
      ↻ web                blocked: no slot is free yet

    Plan: 0 to add, 0 to change, 0 to destroy, 2 to rotate.  1 blocked.
      ↻ batch              slot 2 issued (until 2027-03-20) · batch.key · verified   0.0 s

    Applied: 1 of 1 done.  1 change is blocked; the plan above says by what.
    [exit 3]
    ");
}

#[test]
fn an_edit_that_was_not_asked_for_does_not_stand_in_the_way_of_a_rotation() {
    let sandbox = two();
    sandbox.edit("[premium:user:basemaps]", "[premium:user:basemaps, premium:user:places]");
    let run = sandbox.run(&["rotate", "web", "--auto-approve"]);
    assert_eq!(run.code, Some(0), "{}", run.text());
    assert_eq!(sandbox.portal.items("Shop map").len(), 1);
    assert!(sandbox.run(&["plan"]).stdout.contains("+/- credential.web"));
}

#[test]
fn a_name_that_is_none_is_answered_by_what_may_have_been_meant() {
    let sandbox = two();
    let said = |args: &[&str]| {
        let run = sandbox.run(args);
        assert_eq!((run.code, run.error_code()), (Some(1), Some("keyform::cli::no_credential")), "{}", run.text());
        run.stderr
    };
    let revoke = ["revoke", "wep", "--slot", "1", "--because", "x"];
    let all = [
        said(&["rotate", "wbe"]),
        said(&["plan", "--rotate", "shop-*"]),
        said(&["apply", "--rotate", "batches"]),
        said(&revoke),
    ];
    insta::assert_snapshot!(all.concat(), @"
    error[keyform::cli::no_credential]: `rotate`: no credential is called `wbe`
      help: did you mean `web`?
    error[keyform::cli::no_credential]: `--rotate`: no credential is called `shop-*`
      help: a pattern is matched with whole names
    error[keyform::cli::no_credential]: `--rotate`: no credential is called `batches`
      help: did you mean `batch`?
    error[keyform::cli::no_credential]: `revoke`: no credential is called `wep`
      help: did you mean `web`?
    ");
    assert_eq!(sandbox.portal.writes(), std::collections::BTreeMap::new());
}

#[test]
fn a_leaked_key_is_rotated_and_ended_in_one_run_once_its_name_was_typed() {
    let sandbox = two();
    let leaked = sandbox.key_in(".env");
    let revoke = ["revoke", "web", "--slot", "1", "--because", "on a public page"];
    let planned = sandbox.run(&revoke);
    insta::assert_snapshot!(planned.text(), @"
    keyform 0.1.0 · stack shop · http://127.0.0.1:PORT (ArcGIS Online)
    config keyform.yaml · account developer · clock 2026-09-21 08:..Z · read 2 credentials · PARTIAL

    Symbols:  ↻ rotate

      ↻ credential.web                         key 1 is to end at once: on a public page
                                                                                         keyform.yaml:11
          slot 2        issue for 180 days, until 2027-03-20
          key 1         of item ITEM, valid until 2027-03-20
          was given to  .env#ARCGIS_API_KEY
          deliver       dotenv             .env#ARCGIS_API_KEY
          slot 1        revoke
          safety        NOT continuous: key 1 ends without an overlap, as it was asked for; resumable
                        after a crash at any step

    Keys in use after this plan  |Sep  |Oct  |Nov  |Dec  |Jan  |Feb  |Mar  |
      web         2  2027-03-20  .   ==============================r=====> .  renew 2027-02-18

      ↻ web                new key in slot 2, until 2027-03-20

    Plan: 0 to add, 0 to change, 0 to destroy, 1 to rotate.
    If keyform never ran again: batch lapses first, 2027-03-20.
    Correct until 2027-03-20 08:..Z (a key of web is running out) or until the portal changes.
    [stderr]
    error[keyform::apply::not_approved]: nobody can be asked here, so nothing was changed
      help: look at the plan, then run again with --confirm web
    [exit 1]
    ");
    let wrong = sandbox.run(&[&revoke[..], &["--confirm", "batch"]].concat());
    assert_eq!((wrong.code, wrong.error_code()), (Some(1), Some("keyform::apply::not_approved")));
    assert_eq!(sandbox.portal.writes(), std::collections::BTreeMap::new());
    let done = sandbox.run(&[&revoke[..], &["--confirm", "web"]].concat());
    insta::assert_snapshot!(done.after(&planned), @"
      ↻ web                slot 2 issued (until 2027-03-20) · .env#ARCGIS_API_KEY · verified · slot 1 revoked   0.0 s

    Applied: 1 of 1 done.
    [exit 0]
    ");
    let new = sandbox.key_in(".env");
    assert_eq!((sandbox.portal.opens(&leaked, PAGE), sandbox.portal.opens(&new, PAGE)), (498, 200));
    insta::assert_snapshot!(sandbox.run(&[&revoke[..], &["--confirm", "web"]].concat()).body(), @"
    Note web: slot 1 of item ITEM holds no live key: there is nothing to
      revoke

    No changes. 1 credential matches the configuration; next action 2027-02-18 (renew batch).
    [exit 0]
    ");
}

#[test]
fn a_key_that_somebody_found_is_known_by_itself_and_never_shown() {
    let sandbox = two();
    let leaked = sandbox.key_in(".env");
    let revoke = ["revoke", "--key-from-stdin", "--because", "in a log", "--confirm", "web"];
    let run = with_key(&sandbox, &revoke, &leaked);
    assert_eq!(run.code, Some(0), "{}", run.text());
    assert_eq!(sandbox.portal.opens(&leaked, PAGE), 498);
    let new = sandbox.key_in(".env");
    assert_eq!(sandbox.portal.opens(&new, PAGE), 200);
    // It is in no ledger any more, and the portal does not know it either.
    insta::assert_snapshot!(with_key(&sandbox, &revoke, &leaked).text(), @"
    [stderr]
    error[keyform::cli::key_not_ours]: the key was NOT revoked: no ledger of this stack knows it, and the portal does not accept it
      help: use the configuration of the stack that owns it, or invalidate it on the page of its item
    [exit 3]
    ");
    // Ended by a person: the ledger still knows it.
    let item = sandbox.portal.id("Shop map");
    sandbox.portal.person(&json!({"act": "revoke", "item": item, "slot": 2}));
    insta::assert_snapshot!(with_key(&sandbox, &revoke, &new).text(), @"
    This was the key in slot 2 of web (item ITEM). It is dead already.
    [exit 0]
    ");
}

#[test]
fn a_key_that_a_person_issued_in_an_item_of_ours_can_be_ended() {
    let sandbox = two();
    let item = sandbox.portal.id("Shop map");
    let made = sandbox.portal.person(&json!({"act": "issue", "item": item, "slot": 2}));
    let key =
        made["key"].as_str().or_else(|| made["access_token"].as_str()).unwrap_or_else(|| panic!("{made}")).to_owned();
    let revoke = ["revoke", "--key-from-stdin", "--because", "nobody knows whose", "--confirm", "web"];
    insta::assert_snapshot!(with_key(&sandbox, &revoke, &key).decided(), @"
      x credential.web                         key 2 is to end at once: nobody knows whose

      x web                revoke key 2

    Plan: 0 to add, 0 to change, 0 to destroy, 1 to retire.
      x web                slot 2 revoked   0.0 s

    Applied: 1 of 1 done.
    [exit 0]
    ");
    assert_eq!(sandbox.portal.opens(&key, PAGE), 498);
    assert_eq!(sandbox.portal.opens(&sandbox.key_in(".env"), PAGE), 200);
}

#[test]
fn a_key_of_nobody_and_no_key_at_all_are_told_apart() {
    let sandbox = two();
    let other = Sandbox::on(Start::default()).config(&SHOP.replace("stack: shop", "stack: other")).applied();
    let revoke = ["revoke", "--key-from-stdin", "--because", "x"];
    let stranger = with_key(&sandbox, &revoke, &other.key_in(".env"));
    assert_eq!((stranger.code, stranger.error_code()), (Some(3), Some("keyform::cli::key_not_ours")));
    let none = sandbox.run(&revoke);
    assert_eq!((none.code, none.error_code()), (Some(1), Some("keyform::cli::no_key")), "{}", none.text());
    insta::assert_snapshot!(sandbox.keyform(&["revoke", "web", "--because", "x"]), @"
    [stderr]
    error: the following required arguments were not provided:
      --slot <N>

    Usage: keyform revoke --because <TEXT> --slot <N> <NAME>

    For more information, try '--help'.
    [exit 1]
    ");
    insta::assert_snapshot!(sandbox.keyform(&["revoke", "web", "--slot", "3", "--because", "x"]), @"
    [stderr]
    error: invalid value '3' for '--slot <N>': a credential has slots 1 and 2

    For more information, try '--help'.
    [exit 1]
    ");
    assert_eq!(sandbox.portal.writes(), std::collections::BTreeMap::new());
}

#[test]
fn a_key_on_the_command_line_is_refused_and_not_repeated() {
    let sandbox = two();
    let key = sandbox.key_in(".env");
    sandbox.portal.forget();
    let run = sandbox.run(&["revoke", "web", "--slot", "1", "--because", &format!("leaked: {key}")]);
    assert_eq!(run.code, Some(1));
    assert!(run.stderr.contains("keyform::cli::key_in_argument") && !run.text().contains(&key), "{}", run.stderr);
    assert!(sandbox.portal.writes().is_empty());
}
