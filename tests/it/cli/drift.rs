//! What people change in the portal's pages meanwhile, and what becomes of it.

use serde_json::{Value, json};

use crate::support::portal::{PAGE, Start};
use crate::support::sandbox::{SHOP, Sandbox};

#[test]
fn a_privilege_added_in_the_portal_is_named_with_the_dead_key_and_healed_by_a_new_one() {
    let sandbox = Sandbox::new().applied();
    let dead = sandbox.key_in(".env");
    let item = sandbox.portal.id("Shop map");
    let more = ["premium:user:basemaps", "premium:user:places"];
    sandbox.portal.person(&json!({"act": "app", "item": item, "privileges": more}));
    assert_eq!(sandbox.portal.opens(&dead, PAGE), 498);

    let planned = sandbox.run(&["plan", "--detailed-exitcode"]);
    insta::assert_snapshot!(planned.decided(), @"
     !~ credential.web                         changed in the portal; its keys ended      keyform.yaml:5

     !~ web                privileges, new key in slot 2, until 2027-03-20

    Plan: 0 to add, 1 to change, 0 to destroy.
    [exit 2]
    ");
    let done = sandbox.run(&["apply", "--auto-approve"]);
    insta::assert_snapshot!(done.after(&planned), @"
     !~ web                access updated · slot 2 issued (until 2027-03-20) · .env#ARCGIS_API_KEY · verified   0.0 s

    Applied: 1 of 1 done.
    [exit 0]
    ");
    let new = sandbox.key_in(".env");
    assert_eq!(sandbox.portal.opens(&new, PAGE), 200);
    assert_eq!(sandbox.portal.id("Shop map"), item);
    assert_eq!(sandbox.run(&["plan", "--detailed-exitcode"]).code, Some(0));
}

#[test]
fn an_item_taken_out_of_the_configuration_is_reported_and_left_alone() {
    let sandbox = Sandbox::new().applied();
    let key = sandbox.key_in(".env");
    sandbox.edit("  web:\n    title: Shop map", "  kiosk:\n    title: Kiosk map");

    insta::assert_snapshot!(sandbox.run(&["plan"]).decided(), @"
      + credential.kiosk                       new credential                             keyform.yaml:5

    Found in the portal, nothing will be done

      ! credential.web                         marked as this stack's, not in the configuration

    Note kiosk: .env#ARCGIS_API_KEY holds a key already, but no item of this stack is there: was it
      deleted, or is this the wrong account or stack name?

      + kiosk              create, key in slot 1, until 2027-03-20

    Plan: 1 to add, 0 to change, 0 to destroy.  1 reported.
    [exit 0]
    ");
    sandbox.portal.pass("1h");
    insta::assert_snapshot!(sandbox.keyform(&["status"]), @"
    shop · 2026-09-21 09:..Z · 1 managed

      kiosk            no live key   new credential
      web              ITEM   marked as this stack's, not in the configuration

    1 credential needs action: keyform plan.
    kiosk has no live key now.
    [exit 0]
    ");
    assert_eq!(sandbox.portal.opens(&key, PAGE), 200);
}

#[test]
fn a_key_is_rotated_when_it_is_due_and_the_older_one_ends_after_the_overlap() {
    let sandbox = Sandbox::new().applied();
    let old = sandbox.key_in(".env");
    sandbox.portal.pass("155d 1h");

    let planned = sandbox.run(&["plan", "--detailed-exitcode"]);
    insta::assert_snapshot!(planned.decided(), @"
      ↻ credential.web                         expires in 24 days (2027-03-20), renewed from 2027-02-18

      ↻ web                new key in slot 2, until 2027-08-22

    Plan: 0 to add, 0 to change, 0 to destroy, 1 to rotate.
    [exit 2]
    ");
    let done = sandbox.run(&["apply", "--auto-approve"]);
    insta::assert_snapshot!(done.after(&planned), @"
      ↻ web                slot 2 issued (until 2027-08-22) · .env#ARCGIS_API_KEY · verified   0.0 s

    Applied: 1 of 1 done.
    [exit 0]
    ");
    let new = sandbox.key_in(".env");
    assert_eq!([&old, &new].map(|key| sandbox.portal.opens(key, PAGE)), [200, 200]);
    insta::assert_snapshot!(sandbox.run(&["plan", "--detailed-exitcode"]).body(), @"
    No changes. 1 credential matches the configuration; next action 2027-03-02 (revoke web).
    [exit 0]
    ");

    sandbox.portal.pass("7d 1h");
    insta::assert_snapshot!(sandbox.run(&["apply", "--auto-approve"]).decided(), @"
      x credential.web                         overlap of key 1 over since 2027-03-02     keyform.yaml:5

      x web                revoke key 1

    Plan: 0 to add, 0 to change, 0 to destroy, 1 to retire.
      x web                slot 1 revoked   0.0 s

    Applied: 1 of 1 done.
    [exit 0]
    ");
    assert_eq!([&old, &new].map(|key| sandbox.portal.opens(key, PAGE)), [498, 200]);
    assert_eq!(sandbox.run(&["plan", "--detailed-exitcode"]).code, Some(0));
}

#[test]
fn a_key_regenerated_by_hand_is_found_by_asking_replaced_and_what_was_issued_over_it_lives_on() {
    let sandbox = Sandbox::new().applied();
    let dead = sandbox.key_in(".env");
    let item = sandbox.portal.id("Shop map");
    sandbox.portal.person(&json!({"act": "regenerate", "item": item, "slot": 1}));
    let [theirs] = sandbox.portal.live().try_into().unwrap();

    let planned = sandbox.run(&["plan"]);
    assert!(planned.text().contains("somebody issued another key over key 1, which is dead"), "{}", planned.text());
    let done = sandbox.run(&["apply", "--auto-approve"]);
    assert_eq!(done.code, Some(0), "{}", done.text());
    let key = sandbox.key_in(".env");
    assert_ne!(key, dead);
    // Long after the overlap, when no sink holds the dead key and none could be asked.
    for _ in 0..2 {
        assert_eq!(sandbox.portal.opens(&key, PAGE), 200);
        assert!(sandbox.portal.live().contains(&theirs));
        sandbox.portal.pass("20d");
        let run = sandbox.run(&["apply", "--auto-approve"]);
        assert_eq!(run.code, Some(0), "{}", run.text());
        assert_eq!(sandbox.key_in(".env"), key);
    }
}

#[test]
fn only_the_same_answer_twice_says_that_a_key_is_dead() {
    let sandbox = Sandbox::new().applied();
    // The first answer is about the account, the second one about the key.
    let answers = [
        (1, json!({"error": {"code": 498}}), 3),
        (9, json!({"error": {"code": 499}}), 2),
        (9, json!({"error": {"code": 403}}), 2),
        (9, json!({"body": {}}), 2),
        (9, json!("sign_in"), 2),
    ];
    for (times, does, asked) in answers {
        sandbox.portal.fault(&json!({"endpoint": "portals/self", "skip": 1, "times": times, "does": does}));
        sandbox.portal.forget();
        let run = sandbox.run(&["plan", "--detailed-exitcode"]);
        sandbox.portal.no_faults();
        assert_eq!(run.code, Some(0), "{does}: {}", run.text());
        let paths = sandbox.portal.asked();
        assert!(paths.iter().filter(|path| path.contains("portals/self")).count() >= asked, "{does}: {paths:?}");
    }
}

#[test]
fn a_key_whose_referrers_somebody_edited_is_not_taken_for_dead() {
    let sandbox = Sandbox::on(Start::default().switch("referrer_update=keeps")).config(SHOP).applied();
    let item = sandbox.portal.id("Shop map");
    for referrers in [json!(["app.example.net"]), json!(["https://elsewhere.example.net"])] {
        sandbox.portal.person(&json!({"act": "app", "item": item, "referrers": referrers}));
        let run = sandbox.run(&["plan"]);
        assert!(!run.text().contains("another key over"), "{}", run.text());
    }
}

const THREE: &str = "keyform: 1
stack: shop
portal: { url: PORTAL, product: online }
defaults: { used_in: server, privileges: [premium:user:basemaps] }
credentials:
  bus:
    title: Bus map
    deliver: [{ dotenv: { path: .env, name: BUS } }]
  tram:
    title: Tram map
    deliver: [{ dotenv: { path: .env, name: TRAM } }]
  ferry:
    title: Ferry map
    mode: observe
    deliver: [{ dotenv: { path: .env, name: FERRY } }]
";

#[test]
fn drift_shows_what_people_changed_and_neither_what_the_configuration_nor_what_a_date_asks_for() {
    let sandbox = Sandbox::new().config(&THREE.replace("    mode: observe\n", "")).applied();
    sandbox.rewritten(THREE);
    insta::assert_snapshot!(sandbox.run(&["drift", "--detailed-exitcode"]).body(), @"
    No drift. 3 credentials are as last applied.
    [exit 0]
    ");
    // An edit of ours, a renewal that is due, and what people did.
    sandbox.edit("title: Bus map", "title: Bus stops");
    sandbox.portal.pass("160d");
    let more = ["premium:user:basemaps", "premium:user:places"];
    for title in ["Bus map", "Tram map", "Ferry map"] {
        let item = sandbox.portal.id(title);
        sandbox.portal.person(&json!({"act": "app", "item": item, "privileges": more}));
    }
    sandbox.edit("  tram:", "  train:");
    sandbox.portal.forget();
    let shown = sandbox.run(&["drift", "--detailed-exitcode"]);
    insta::assert_snapshot!(shown.body(), @"
    Changed in the portal, not by keyform

      ! credential.bus                         changed in the portal; its keys ended      keyform.yaml:6
          privileges    + premium:user:places
                          (1 unchanged)
          since         2027-02-28
          dead key in   .env#BUS

      ! credential.ferry                       changed in the portal                     keyform.yaml:12
          privileges    + premium:user:places
                          (1 unchanged)
          since         2027-02-28
          item          ITEM
          dead key in   .env#FERRY

      ! credential.tram                        marked as this stack's, not in the configuration
          item          ITEM

    Note train: .env#TRAM holds a key already, but no item of this stack is there: was it deleted, or is
      this the wrong account or stack name?

    `keyform plan` shows what apply does about it.
    To keep what differs: keyform drift --accept > accept.patch, a patch of the configuration.
    [exit 2]
    ");
    let json: Value = serde_json::from_str(&sandbox.run(&["drift", "--json"]).stdout).unwrap();
    assert_eq!((&json["empty"], &json["version"]), (&json!(false), &json!(1)));
    let texts: Vec<_> = json["drifted"].as_array().unwrap().iter().map(|one| [&one["names"], &one["text"]]).collect();
    let said = [
        [json!(["bus"]), json!("changed in the portal; its keys ended")],
        [json!(["ferry"]), json!("changed in the portal")],
        [json!(["tram"]), json!("marked as this stack's, not in the configuration")],
    ];
    assert_eq!(texts, said.each_ref().map(<[Value; 2]>::each_ref));
    assert_eq!(sandbox.portal.writes(), std::collections::BTreeMap::new());
}

#[test]
fn credentials_that_changed_alike_are_one_row_of_drift() {
    let sandbox = Sandbox::new().config(&THREE.replace("    mode: observe\n", "")).applied();
    for title in ["Bus map", "Tram map"] {
        let item = sandbox.portal.id(title);
        let more = ["premium:user:basemaps", "premium:user:places"];
        sandbox.portal.person(&json!({"act": "app", "item": item, "privileges": more}));
    }
    insta::assert_snapshot!(sandbox.run(&["drift"]).body(), @"
    Changed in the portal, not by keyform

      ! 2 credentials                          changed in the portal; its keys ended
          credentials   bus, tram
          privileges    + premium:user:places
                          (1 unchanged)
          since         2026-09-21
          dead key in   .env#BUS, .env#TRAM

    `keyform plan` shows what apply does about it.
    To keep what differs: keyform drift --accept > accept.patch, a patch of the configuration.
    [exit 0]
    ");
}

#[test]
fn an_item_that_is_handed_over_is_told_of_and_both_ways_that_the_plan_names_lead_on() {
    let sandbox = Sandbox::on(Start::default().administrator()).config(SHOP).applied();
    let item = sandbox.portal.id("Shop map");
    sandbox.portal.person(&json!({"act": "give", "item": item, "user": "colleague"}));
    // Nothing but the index tells of it.
    sandbox.portal.pass("1m");
    let held = sandbox.run(&["apply", "--auto-approve"]);
    assert_eq!(held.code, Some(3), "{}", held.text());
    let said = held.said().split_whitespace().collect::<Vec<_>>().join(" ");
    for words in ["handed over to colleague", "given back to developer", "take the key out of .env#ARCGIS_API_KEY"] {
        assert!(said.contains(words), "{}", held.text());
    }
    sandbox.portal.person(&json!({"act": "give", "item": item, "user": "developer"}));
    sandbox.portal.pass("1m");
    assert_eq!(sandbox.run(&["plan", "--detailed-exitcode"]).code, Some(0));

    sandbox.portal.person(&json!({"act": "give", "item": item, "user": "colleague"}));
    sandbox.portal.pass("1m");
    sandbox.write(".env", "");
    sandbox.done(&["apply", "--auto-approve"]);
    assert_eq!(sandbox.portal.opens(&sandbox.key_in(".env"), PAGE), 200);
    let after = sandbox.run(&["plan", "--detailed-exitcode"]);
    assert_eq!(after.code, Some(0), "{}", after.text());
    assert!(after.said().contains("colleague"), "{}", after.text());
}
