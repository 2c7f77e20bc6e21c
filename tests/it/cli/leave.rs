//! What leaves: `removed`, `orphans`, `destroy`, `forget`; what is renamed by `moved`; and the limits of one plan.

use serde_json::json;

use crate::support::portal::{PAGE, Start};
use crate::support::sandbox::{SHOP, Sandbox};

/// Three credentials, a file each.
const THREE: &str = "keyform: 1
stack: shop
portal: { url: PORTAL, product: PRODUCT }
credentials:
  api:
    privileges: [premium:user:basemaps]
    referrers: [https://shop.example.com]
    deliver:
      - dotenv: { path: .env.api, name: ARCGIS_API_KEY }
  fair:
    privileges: [premium:user:basemaps]
    referrers: [https://shop.example.com]
    deliver:
      - dotenv: { path: .env.fair, name: ARCGIS_API_KEY }
  web:
    privileges: [premium:user:basemaps]
    referrers: [https://shop.example.com]
    deliver:
      - dotenv: { path: .env, name: ARCGIS_API_KEY }
";

/// The same without the fair, and with `rest` at its end.
fn without_the_fair(rest: &str) -> String {
    let (before, after) = THREE.split_once("  fair:\n").unwrap();
    let (_, after) = after.split_once("  web:\n").unwrap();
    format!("{before}  web:\n{after}{rest}")
}

fn three() -> Sandbox {
    Sandbox::on(Start::default()).config(THREE).applied()
}

#[test]
fn what_is_removed_is_revoked_and_deleted_and_the_rest_stays() {
    let sandbox = three();
    let keys = [".env.fair", ".env.api"].map(|file| sandbox.key_in(file));
    sandbox.rewritten(&without_the_fair(
        "removed:\n  - { name: fair, then: destroy, because: \"the fair is over, GIS-412\" }\n",
    ));
    let planned = sandbox.run(&["plan"]);
    insta::assert_snapshot!(planned.decided(), @"
      - credential.fair                        removed in the configuration              keyform.yaml:16

      - fair               revoke 1 live key, delete 1 item

    Plan: 0 to add, 0 to change, 1 to destroy.  2 unchanged.
    [exit 0]
    ");
    let run = sandbox.run(&["apply", "--auto-approve"]);
    insta::assert_snapshot!(run.after(&planned), @"
      - fair               slot 1 revoked · item deleted   0.0 s

    Applied: 1 of 1 done.
    [exit 0]
    ");
    assert_eq!(keys.map(|key| sandbox.portal.opens(&key, PAGE)), [498, 200]);
    assert!(sandbox.portal.items("fair").is_empty());
    assert_eq!(sandbox.portal.get("state")["items"].as_array().unwrap().len(), 2, "nothing is left in a recycle bin");
    // The entry may stay where it is.
    assert_eq!(sandbox.run(&["plan", "--detailed-exitcode"]).code, Some(0));
}

#[test]
fn too_much_at_once_is_refused_whole_until_it_is_allowed() {
    let sandbox = three();
    let only_web =
        format!("{}  web:\n{}", THREE.split_once("  api:\n").unwrap().0, THREE.split_once("  web:\n").unwrap().1);
    sandbox.rewritten(&format!(
        "{}\norphans: destroy\nguards: {{ max: {{ destroy: 1 }} }}\n",
        only_web.replace("path: .env,", "path: .env.web,")
    ));
    sandbox.portal.forget();
    let run = sandbox.run(&["apply", "--auto-approve"]);
    assert_eq!(run.code, Some(3));
    insta::assert_snapshot!(run.decided(), @"
      ↻ credential.web                         1 sink was added                           keyform.yaml:5
      - credential.api                         not in the configuration; `orphans: destroy`
      - credential.fair                        not in the configuration; `orphans: destroy`

      ↻ web                new key in slot 2, until 2027-03-20
      - api                revoke 1 live key, delete 1 item
      - fair               revoke 1 live key, delete 1 item

    Plan: 0 to add, 0 to change, 2 to destroy, 1 to rotate.

    Refused by guards.max.destroy: this plan destroys 2 credentials, the limit is 1 (keyform.yaml:12).
      - api    1 live key, last delivered 2026-09-21 to dotenv:.env.api#ARCGIS_API_KEY
      - fair   1 live key, last delivered 2026-09-21 to dotenv:.env.fair#ARCGIS_API_KEY
    Nothing was changed.  If this is intended: keyform apply --allow destroy=2
    [exit 3]
    ");
    assert!(sandbox.portal.writes().is_empty(), "not even the lease was taken");
    assert_eq!(sandbox.run(&["plan"]).code, Some(0));
    assert_eq!(sandbox.run(&["plan", "--detailed-exitcode"]).code, Some(2));
    let run = sandbox.run(&["apply", "--auto-approve", "--allow", "destroy=2"]);
    assert_eq!(run.code, Some(0), "{}", run.text());
    insta::assert_snapshot!(run.outcome(), @"
    Plan: 0 to add, 0 to change, 2 to destroy, 1 to rotate.
    If keyform never ran again: web lapses first, 2027-03-20.
    Correct until 2027-02-18 08:..Z (renewal of web) or until the portal changes.
      - api                slot 1 revoked · item deleted   0.0 s
      - fair               slot 1 revoked · item deleted   0.0 s
      ↻ web                slot 2 issued (until 2027-03-20) · .env.web#ARCGIS_API_KEY · verified   0.0 s

    Applied: 3 of 3 done.
    [exit 0]
    ");
    assert_eq!(sandbox.portal.get("state")["items"].as_array().unwrap().len(), 1);
}

#[test]
fn destroy_asks_for_the_name_of_the_stack_and_does_nothing_else() {
    let sandbox = three();
    sandbox.edit("  web:\n", "  web:\n    title: Not applied yet\n");
    sandbox.portal.forget();
    let planned = sandbox.run(&["destroy", "fair"]);
    insta::assert_snapshot!(planned.text(), @r#"
    keyform 0.1.0 · stack shop · http://127.0.0.1:PORT (ArcGIS Online)
    config keyform.yaml · account developer · clock 2026-09-21 08:..Z · read 1 credential · PARTIAL

    Symbols:  - destroy

      - credential.fair                        asked for on the command line             keyform.yaml:10
          item          ITEM "fair": delete for good
          slot 1        revoke (until 2027-03-20), delivered 2026-09-21 to .env.fair#ARCGIS_API_KEY

    Note fair: still declared (keyform.yaml:10): the next apply makes it anew; take that entry out

    Guards     destroy 1 of 1 · replace 0 of 5

      - fair               revoke 1 live key, delete 1 item

    Plan: 0 to add, 0 to change, 1 to destroy.
    Correct until 2027-03-20 08:..Z (a key of fair is running out) or until the portal changes.
    [stderr]
    error[keyform::apply::not_approved]: nobody can be asked here, so nothing was changed
      help: look at the plan, then run again with --confirm shop
    [exit 1]
    "#);
    let run = sandbox.run(&["destroy", "fair", "--confirm", "another"]);
    assert_eq!(run.code, Some(1));
    insta::assert_snapshot!(run.stderr, @"
    error[keyform::apply::not_approved]: `--confirm` does not name this stack, shop, so nothing was changed
      help: look at the plan; if it is the stack you mean, say --confirm shop
    ");
    assert!(sandbox.portal.writes().is_empty());
    let done = sandbox.run(&["destroy", "fair", "--confirm", "shop"]);
    insta::assert_snapshot!(done.after(&planned), @"
      - fair               slot 1 revoked · item deleted   0.0 s

    Applied: 1 of 1 done.
    [exit 0]
    ");
    assert!(sandbox.portal.items("fair").is_empty() && sandbox.portal.items("Not applied yet").is_empty());
    // Once more, as after a run that died.
    insta::assert_snapshot!(sandbox.run(&["destroy", "fair", "--confirm", "shop"]).body(), @"
    Note fair: no item of this stack has that name; there is nothing to do

    No changes. 0 credentials match the configuration.
    [exit 0]
    ");
}

#[test]
fn a_name_that_is_nearly_one_is_not_taken_for_one_that_is_gone() {
    let sandbox = three();
    for verb in ["destroy", "forget"] {
        let run = sandbox.run(&[verb, "fari"]);
        assert_eq!((run.code, run.error_code()), (Some(1), Some("keyform::cli::no_credential")), "{}", run.text());
        assert!(run.said().contains("did you mean `fair`?"), "{}", run.text());
    }
    assert!(sandbox.portal.writes().is_empty());
}

#[test]
fn destroy_without_a_name_is_everything_that_carries_the_stacks_marker() {
    let sandbox = three();
    sandbox.rewritten(&without_the_fair(""));
    let run = sandbox.run(&["destroy", "--confirm", "shop"]);
    assert_eq!(run.code, Some(3), "{}", run.text());
    assert!(run.stdout.contains("keyform destroy --allow destroy=3"), "{}", run.text());
    let run = sandbox.run(&["destroy", "--confirm", "shop", "--allow", "destroy=3"]);
    insta::assert_snapshot!(run.decided(), @"
      - credential.api                         asked for on the command line              keyform.yaml:5
      - credential.fair                        asked for on the command line
      - credential.web                         asked for on the command line             keyform.yaml:10

    Note api: still declared (keyform.yaml:5): the next apply makes it anew; take that entry out
    Note web: still declared (keyform.yaml:10): the next apply makes it anew; take that entry out

      - api                revoke 1 live key, delete 1 item
      - fair               revoke 1 live key, delete 1 item
      - web                revoke 1 live key, delete 1 item

    Plan: 0 to add, 0 to change, 3 to destroy.
      - api                slot 1 revoked · item deleted   0.0 s
      - fair               slot 1 revoked · item deleted   0.0 s
      - web                slot 1 revoked · item deleted   0.0 s

    Applied: 3 of 3 done.
    [exit 0]
    ");
    assert_eq!(sandbox.portal.get("state")["items"], json!([]));
    assert_eq!(sandbox.run(&["destroy", "--confirm", "shop"]).code, Some(0));
}

#[test]
fn what_is_forgotten_lives_on_without_a_trace_of_keyform() {
    let sandbox = Sandbox::on(Start::default()).config(SHOP);
    sandbox.edit("    title: Shop map\n", "    title: Shop map\n    tags: [platform]\n");
    let sandbox = sandbox.applied();
    let key = sandbox.key_in(".env");
    let item = sandbox.portal.id("Shop map");
    let planned = sandbox.run(&["forget", "web"]);
    insta::assert_snapshot!(planned.text(), @r#"
    keyform 0.1.0 · stack shop · http://127.0.0.1:PORT (ArcGIS Online)
    config keyform.yaml · account developer · clock 2026-09-21 08:..Z · read 1 credential · PARTIAL

    Symbols:  -> forget, keys live on

     -> credential.web                         asked for on the command line              keyform.yaml:5
          item          ITEM "Shop map": forget
          slot 1        lives on (until 2027-03-20), delivered 2026-09-21 to .env#ARCGIS_API_KEY

    Note web: still declared (keyform.yaml:5): the next apply makes it anew; take that entry out

     -> web                1 item, 1 live key

    Plan: 0 to add, 0 to change, 0 to destroy, 1 to forget.
    [stderr]
    error[keyform::apply::not_approved]: nobody can be asked here, so nothing was changed
      help: look at the plan, then run again with --auto-approve
    [exit 1]
    "#);
    let done = sandbox.run(&["forget", "web", "--auto-approve"]);
    insta::assert_snapshot!(done.after(&planned), @"
     -> web                item ITEM forgotten   0.0 s

    Applied: 1 of 1 done.
    [exit 0]
    ");
    assert_eq!(sandbox.portal.id("Shop map"), item);
    assert_eq!(sandbox.portal.opens(&key, PAGE), 200);
    let left = &sandbox.portal.items("Shop map")[0];
    assert_eq!(left["tags"], json!(["platform"]));
    assert!(!left.to_string().contains("keyform"), "{left}");
}

#[test]
fn a_credential_takes_a_new_name_and_keeps_its_key() {
    let sandbox = Sandbox::new().applied();
    let key = sandbox.key_in(".env");
    let item = sandbox.portal.id("Shop map");
    sandbox.rewritten(&format!(
        "{}moved: [{{ from: web, to: storefront }}]\n",
        SHOP.replace("  web:\n", "  storefront:\n")
    ));
    let planned = sandbox.run(&["plan", "--detailed-exitcode"]);
    insta::assert_snapshot!(planned.decided(), @"
      ~ credential.storefront                  renamed from web; keys stay valid          keyform.yaml:5

      ~ storefront         renamed from web

    Plan: 0 to add, 1 to change, 0 to destroy.
    [exit 2]
    ");
    sandbox.portal.forget();
    let done = sandbox.run(&["apply", "--auto-approve"]);
    insta::assert_snapshot!(done.after(&planned), @"
      ~ storefront         renamed from web   0.0 s

    Applied: 1 of 1 done.
    [exit 0]
    ");
    assert_eq!(sandbox.portal.writes().get("update"), Some(&1), "one update, marker and ledger together");
    assert_eq!(sandbox.portal.id("Shop map"), item);
    assert_eq!((sandbox.key_in(".env"), sandbox.portal.opens(&key, PAGE)), (key.clone(), 200));
    assert_eq!(sandbox.portal.items("Shop map")[0]["tags"], json!(["keyform:shop/storefront"]));
    // The entry does nothing more, and may go.
    assert_eq!(sandbox.run(&["plan", "--detailed-exitcode"]).code, Some(0));
    sandbox.edit("moved: [{ from: web, to: storefront }]\n", "");
    assert_eq!(sandbox.run(&["plan", "--detailed-exitcode"]).code, Some(0));
}

#[test]
fn a_destroy_that_dies_is_finished_by_the_same_command() {
    for endpoint in ["revokeToken", "update", "delete"] {
        let twin = three();
        twin.portal.forget();
        assert_eq!(twin.run(&["destroy", "fair", "--confirm", "shop"]).code, Some(0));
        let request = twin.portal.number_of(endpoint);
        for at in ["before", "after"] {
            let sandbox = three();
            let key = sandbox.key_in(".env.fair");
            sandbox.portal.forget();
            sandbox.portal.call("POST", "hold", &json!({"request": request, "at": at}));
            let child = sandbox.start(sandbox.command(&["destroy", "fair", "--confirm", "shop"]));
            sandbox.until_held();
            let _ = sandbox.killed(child);
            sandbox.portal.call("POST", "release", &json!({"act": false}));
            sandbox.portal.pass("11m");
            let run = sandbox.run(&["destroy", "fair", "--confirm", "shop"]);
            assert_eq!(run.code, Some(0), "{endpoint}, {at}: {}", run.text());
            assert!(sandbox.portal.items("fair").is_empty(), "{endpoint}, {at}");
            assert_eq!(sandbox.portal.opens(&key, PAGE), 498);
        }
    }
}

#[test]
fn what_a_create_that_died_left_is_destroyed_by_name() {
    for endpoint in ["addItem", "registerApp", "token"] {
        let request = Sandbox::new().apply_counting(endpoint);
        let sandbox = Sandbox::new();
        sandbox.portal.forget();
        sandbox.portal.call("POST", "hold", &json!({"request": request, "at": "after"}));
        let child = sandbox.start(sandbox.command(&["apply", "--auto-approve"]));
        sandbox.until_held();
        let _ = sandbox.killed(child);
        sandbox.portal.call("POST", "release", &json!({"act": true}));
        sandbox.portal.pass("11m");
        assert_eq!(sandbox.portal.items("Shop map").len(), 1, "{endpoint}");
        let run = sandbox.run(&["destroy", "web", "--confirm", "shop"]);
        assert_eq!(run.code, Some(0), "{endpoint}: {}", run.text());
        assert!(sandbox.portal.items("Shop map").is_empty(), "{endpoint}");
    }
}
