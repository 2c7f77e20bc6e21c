//! Edits of privileges, items and referrers while a key is live.

use serde_json::json;

use crate::support::portal::PAGE;
use crate::support::sandbox::Sandbox;

#[test]
fn an_edit_that_would_stop_a_live_key_is_carried_out_by_a_new_item_and_both_keys_work_for_the_overlap() {
    let sandbox = Sandbox::new().applied();
    let (old, item) = (sandbox.key_in(".env"), sandbox.portal.id("Shop map"));
    sandbox.edit("[premium:user:basemaps]", "[premium:user:basemaps, premium:user:places]");

    let planned = sandbox.run(&["plan", "--detailed-exitcode"]);
    insta::assert_snapshot!(planned.decided(), @"
    +/- credential.web                         an edit would stop its key         WIDENS  keyform.yaml:5

    +/- web                privileges, new item

    Plan: 0 to add, 0 to change, 0 to destroy, 1 to replace.
    [exit 2]
    ");
    let done = sandbox.run(&["apply", "--auto-approve"]);
    insta::assert_snapshot!(done.after(&planned), @"
    +/- web                item created · app registered · slot 1 issued (until 2027-03-20) · .env#ARCGIS_API_KEY · verified   0.0 s

    Applied: 1 of 1 done.
    [exit 0]
    ");
    let new = sandbox.key_in(".env");
    assert_eq!([&old, &new].map(|key| sandbox.portal.opens(key, PAGE)), [200, 200]);
    insta::assert_snapshot!(sandbox.run(&["plan", "--detailed-exitcode"]).body(), @"
    No changes. 1 credential matches the configuration; next action 2026-09-28 (revoke web).
    [exit 0]
    ");

    sandbox.portal.pass("7d 1h");
    insta::assert_snapshot!(sandbox.run(&["apply", "--auto-approve"]).decided(), @"
      x credential.web                         replaced; its overlap is over since 2026-09-28

      x web                delete item ITEM

    Plan: 0 to add, 0 to change, 0 to destroy, 1 to retire.
      x web                slot 1 revoked · old item deleted   0.0 s

    Applied: 1 of 1 done.
    [exit 0]
    ");
    assert_eq!([&old, &new].map(|key| sandbox.portal.opens(key, PAGE)), [498, 200]);
    assert_ne!(sandbox.portal.id("Shop map"), item);
    assert_eq!(sandbox.run(&["plan", "--detailed-exitcode"]).code, Some(0));
}

#[test]
fn an_old_item_that_somebody_protects_is_named_each_time_and_goes_once_it_may() {
    let sandbox = Sandbox::new().applied();
    let (old, item) = (sandbox.key_in(".env"), sandbox.portal.id("Shop map"));
    sandbox.edit("[premium:user:basemaps]", "[premium:user:basemaps, premium:user:places]");
    sandbox.done(&["apply", "--auto-approve"]);
    sandbox.portal.person(&json!({"act": "protect", "item": item, "on": true}));
    sandbox.portal.pass("7d 1h");
    let first = sandbox.run(&["apply", "--auto-approve"]);
    assert_eq!((first.code, sandbox.portal.opens(&old, PAGE)), (Some(3), 498), "{}", first.text());
    for _ in 0..2 {
        let again = sandbox.run(&["apply", "--auto-approve"]);
        assert_eq!(again.code, Some(3), "{}", again.text());
        assert!(again.said().contains("the portal itself protects item"), "{}", again.text());
        assert!(again.said().contains("Prevent this item from being accidentally deleted"), "{}", again.text());
    }
    sandbox.portal.person(&json!({"act": "protect", "item": item, "on": false}));
    sandbox.done(&["apply", "--auto-approve"]);
    assert_eq!(sandbox.run(&["plan", "--detailed-exitcode"]).code, Some(0));
}

#[test]
fn an_item_that_keys_have_access_to_and_that_is_gone_since_blocks_an_edit_before_anything_is_written() {
    let sandbox = Sandbox::new();
    let item = |title: &str| {
        sandbox.portal.person(&json!({"act": "add", "user": "developer", "title": title}));
        sandbox.portal.id(title)
    };
    let (kept, gone) = (item("Depots"), item("Routes"));
    sandbox.edit("privileges:", &format!("items: [{kept}, {gone}]\n    privileges:"));
    let sandbox = sandbox.applied();
    sandbox.portal.person(&json!({"act": "delete", "item": gone}));
    assert_eq!(sandbox.run(&["plan", "--detailed-exitcode"]).code, Some(0));

    sandbox.edit("[premium:user:basemaps]", "[premium:user:basemaps, premium:user:places]");
    let writes = sandbox.portal.writes();
    for args in [&["plan"][..], &["apply", "--auto-approve"]] {
        let run = sandbox.run(args);
        assert!(run.said().contains(&format!("not visible to developer: item {gone}")), "{}", run.text());
    }
    assert_eq!(sandbox.run(&["apply", "--auto-approve"]).code, Some(3));
    assert_eq!(sandbox.portal.writes(), writes);

    sandbox.edit(&format!(", {gone}"), "");
    sandbox.done(&["apply", "--auto-approve"]);
    assert_eq!(sandbox.portal.opens(&sandbox.key_in(".env"), PAGE), 200);
}
