//! `keyform apply`: who approves, and what is left when something goes wrong.

use std::collections::BTreeMap;

use serde_json::json;

use crate::support::portal::PAGE;
use crate::support::sandbox::Sandbox;

#[test]
fn without_a_terminal_and_without_a_flag_nothing_is_approved() {
    let sandbox = Sandbox::new();
    insta::assert_snapshot!(sandbox.run(&["apply"]).decided(), @"
    Nothing on the portal carries the marker of stack shop yet: this is its first apply.

      + credential.web                         new credential                             keyform.yaml:5

      + web                create, key in slot 1, until 2027-03-20

    Plan: 1 to add, 0 to change, 0 to destroy.
    [stderr]
    error[keyform::apply::not_approved]: nobody can be asked here, so nothing was changed
      help: look at the plan, then run again with --auto-approve
    [exit 1]
    ");
    assert_eq!(sandbox.portal.writes(), BTreeMap::new());
    assert_eq!(sandbox.run(&["apply", "-input=false"]).code, Some(1));
    assert_eq!(sandbox.portal.writes(), BTreeMap::new());
    assert!(!sandbox.path(".env").exists());
}

#[test]
fn a_sink_that_cannot_be_written_is_found_before_anything_is_written() {
    let sandbox = Sandbox::new();
    sandbox.edit("path: .env,", "path: nowhere/at/all/.env,");
    sandbox.write("nowhere", "a file in the way");
    insta::assert_snapshot!(sandbox.run(&["apply", "--auto-approve"]).outcome(), @"
    Plan: 1 to add, 0 to change, 0 to destroy.
    If keyform never ran again: web lapses first, 2027-03-20.
      + web                FAILED   0.0 s
          dotenv nowhere/at/all/.env#ARCGIS_API_KEY: the folder nowhere/at/all does not exist (keyform::sink::no_folder)
          help: make the folder, or correct `path`; it is relative to the configuration file

    Nothing was changed.
    [exit 1]
    ");
    assert_eq!(sandbox.portal.items("Shop map").len(), 0);
}

#[test]
fn a_portal_that_fails_half_way_is_told_and_the_next_run_finishes() {
    let sandbox = Sandbox::new();
    let fault = json!({"endpoint": "oauth2/registerApp", "times": 9,
        "does": {"error": {"code": 500, "message": "Unable to register."}}});
    sandbox.portal.call("POST", "faults", &fault);
    let run = sandbox.run(&["apply", "--auto-approve"]);
    assert_eq!(run.code, Some(5), "{}", run.text());
    assert!(run.stdout.contains("item created · FAILED") && run.stdout.contains("0 of 1 done, 1 to go"));
    sandbox.portal.call("DELETE", "faults", &json!(null));
    // An answer that says nothing of what was done lets the lease run out, so that nothing late meets the next run.
    assert_eq!(sandbox.run(&["apply", "--auto-approve"]).code, Some(6));
    sandbox.portal.pass("11m");
    let run = sandbox.run(&["apply", "--auto-approve"]);
    assert_eq!(run.code, Some(0), "{}", run.text());
    assert_eq!(sandbox.portal.items("Shop map").len(), 1);
    assert_eq!(sandbox.portal.opens(&sandbox.key_in(".env"), PAGE), 200);
}

#[test]
fn an_interrupted_run_finishes_its_step_and_the_next_one_the_rest() {
    let twin = Sandbox::new();
    let add = twin.apply_counting("addItem");
    let sandbox = Sandbox::new();
    sandbox.portal.forget();
    sandbox.portal.call("POST", "hold", &json!({"request": add, "at": "before"}));
    let child = sandbox.start(sandbox.command(&["apply", "--auto-approve"]));
    sandbox.until_held();
    let signal = std::process::Command::new("kill").args(["-INT", &child.child.id().to_string()]).status().unwrap();
    assert!(signal.success());
    std::thread::sleep(std::time::Duration::from_millis(200));
    sandbox.portal.call("POST", "release", &json!({}));
    let run = sandbox.ended(child);
    assert_eq!(run.code, Some(130), "{}", run.text());
    insta::assert_snapshot!(run.outcome(), @"
    Plan: 1 to add, 0 to change, 0 to destroy.
    If keyform never ran again: web lapses first, 2027-03-20.
      + web                item created · stopped   0.0 s

    Interrupted after a finished step: 0 of 1 done. Run the same command again. No application lost its key.
    [stderr]
    stopping after this step (SIGINT); a second signal ends at once
    [exit 130]
    ");
    assert_eq!(sandbox.portal.items("Shop map").len(), 1);
    assert!(!sandbox.path(".env").exists());

    let run = sandbox.run(&["apply", "--auto-approve"]);
    assert_eq!(run.code, Some(0), "{}", run.text());
    assert_eq!(sandbox.portal.items("Shop map").len(), 1);
    assert_eq!(sandbox.portal.opens(&sandbox.key_in(".env"), PAGE), 200);
}

#[test]
fn a_portal_that_changed_after_the_plan_was_shown_is_not_written_to() {
    let sandbox = Sandbox::new().applied();
    sandbox.edit("title: Shop map", "title: Shops");
    let twin = Sandbox::new().applied();
    twin.edit("title: Shop map", "title: Shops");
    let first_write = twin.apply_counting("createFolder");
    // The lease is the first write: what changes there, changes between what was shown and what is done.
    sandbox.portal.forget();
    sandbox.portal.call("POST", "hold", &json!({"request": first_write, "at": "after"}));
    let child = sandbox.start(sandbox.command(&["apply", "--auto-approve"]));
    sandbox.until_held();
    let item = sandbox.portal.id("Shop map");
    sandbox.portal.person(&json!({"act": "revoke", "item": item, "slot": 1}));
    sandbox.portal.call("POST", "release", &json!({}));
    let run = sandbox.ended(child);
    insta::assert_snapshot!(run.stderr, @r"
    error[keyform::apply::stale]: the portal changed after this plan was made, so nothing was changed: credential.web now needs: rotate
      help: run the same command again
    ");
    assert_eq!(run.code, Some(4));
    assert_eq!(sandbox.portal.id("Shop map"), item);
}
