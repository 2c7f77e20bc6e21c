//! One applier at a time.

use serde_json::json;

use crate::support::portal::PAGE;
use crate::support::sandbox::{Running, Sandbox};

/// The number of the request that makes the item, which is asked for under the lease.
fn request_under_the_lease() -> u64 {
    Sandbox::new().apply_counting("addItem")
}

/// An apply that holds the lease and does not get on.
fn held(sandbox: &Sandbox) -> Running {
    sandbox.portal.forget();
    sandbox.portal.call("POST", "hold", &json!({"request": request_under_the_lease(), "at": "before"}));
    let child = sandbox.start(sandbox.command(&["apply", "--auto-approve"]));
    sandbox.until_held();
    child
}

#[test]
fn of_two_applies_at_once_one_works_and_the_other_changes_nothing() {
    let sandbox = Sandbox::new();
    let first = held(&sandbox);
    let before = sandbox.portal.get("state");

    let second = sandbox.run(&["apply", "--auto-approve"]);
    assert_eq!(second.code, Some(6));
    insta::assert_snapshot!(second.text().split("[stderr]\n").nth(1).unwrap(), @r"
    error[keyform::lease::held]: another run holds the lease of this stack, until 2026-09-21 08:..Z at the latest
      help: nothing was changed; run the same command again when the lease has run out
    [exit 6]
    ");
    insta::assert_snapshot!(sandbox.keyform(&["doctor"]), @r"
    ok    reach     the portal answers an authenticated caller
    ok    product   ArcGIS Online 2025.1, organisation i3i1TGs7S5FPUnwu
    ok    account   developer (org_publisher)
    ok    rights    the account may manage API keys
    note  clock     this machine is off by 0 s; keyform goes by the portal's clock
    note  lease     keyform-lease-shop exists: an apply is running, or one was killed
    [exit 0]
    ");
    let after = sandbox.portal.get("state");
    for part in ["items", "keys", "folders"] {
        assert_eq!(before[part], after[part], "the second apply changed {part}");
    }
    assert!(!sandbox.path(".env").exists());

    sandbox.portal.call("POST", "release", &json!({}));
    let first = sandbox.ended(first);
    assert_eq!(first.code, Some(0), "{}", first.text());
    assert_eq!(sandbox.portal.opens(&sandbox.key_in(".env"), PAGE), 200);
    assert_eq!(sandbox.portal.get("state")["folders"], json!([]), "the lease was not given back");
}

#[test]
fn a_plan_needs_no_lease() {
    let sandbox = Sandbox::new();
    let first = held(&sandbox);
    assert_eq!(sandbox.run(&["plan", "--detailed-exitcode"]).code, Some(2));
    sandbox.portal.call("POST", "release", &json!({}));
    assert_eq!(sandbox.ended(first).code, Some(0));
}

#[test]
fn the_lease_of_a_killed_run_is_respected_for_ten_minutes_and_then_taken_over() {
    let sandbox = Sandbox::new();
    let _ = sandbox.killed(held(&sandbox));
    sandbox.portal.call("POST", "release", &json!({"act": false}));

    sandbox.portal.forget();
    assert_eq!(sandbox.run(&["apply", "--auto-approve"]).code, Some(6));
    sandbox.portal.pass("5m");
    assert_eq!(sandbox.run(&["apply", "--auto-approve"]).code, Some(6));
    assert_eq!(sandbox.portal.get("state")["items"], json!([]));

    sandbox.portal.pass("6m");
    let run = sandbox.run(&["apply", "--auto-approve"]);
    assert_eq!(run.code, Some(0), "{}", run.text());
    assert_eq!(sandbox.portal.items("Shop map").len(), 1);
    assert_eq!(sandbox.portal.opens(&sandbox.key_in(".env"), PAGE), 200);
    assert_eq!(sandbox.portal.get("state")["folders"], json!([]));
}

#[test]
fn without_a_lease_a_run_warns_and_takes_none() {
    let sandbox = Sandbox::new();
    let run = sandbox.run(&["apply", "--auto-approve", "--no-lease"]);
    assert_eq!(run.code, Some(0), "{}", run.text());
    insta::assert_snapshot!(run.stderr, @"warning: without a lease, what keyform promises about live keys does not hold for runs that overlap");
    assert!(!sandbox.portal.writes().contains_key("createFolder"));
}
