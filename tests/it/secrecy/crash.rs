//! Killed at a sample of moments: what a dead run leaves behind holds no secret but where sinks are written.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use serde_json::json;

use super::planted::{APPLY, EVERY_SINK, planted};
use crate::support::sandbox::Sandbox;

/// What a kill in the middle of a rename leaves: beside a sink, for its owner only, until the next run.
const TEMPORARY: [&str; 4] =
    ["..env.keyform-tmp", ".key.txt.keyform-tmp", ".keys.json.keyform-tmp", ".keys.yaml.keyform-tmp"];

fn recovered(world: &Sandbox, at: &str) {
    for name in TEMPORARY {
        if let Ok(data) = fs::metadata(world.path(name)) {
            assert_eq!(data.permissions().mode() & 0o077, 0, "{at}: {name} can be read by others");
        }
    }
    for args in [&["plan", "-vvv"][..], &["status", "--json"], &["doctor", "-vvv"]] {
        world.listen(args);
    }
    world.portal.pass("11m");
    world.done(&APPLY);
    for name in TEMPORARY {
        assert!(!world.path(name).exists(), "{at}: {name} is left");
    }
    let leaks = world.leaks(&[]);
    assert!(leaks.is_empty(), "{at}: {}", leaks.join("\n"));
    let held = keyform::emulator::fingerprint(&world.key().unwrap());
    assert_eq!(world.portal.live(), [held], "{at}: nobody has a live key, or not every sink has it");
}

#[test]
fn a_run_killed_at_a_write_leaves_no_secret_and_no_key_that_nobody_has() {
    let world = planted(EVERY_SINK);
    world.done(&APPLY);
    let writes = world.portal.numbers_of_writes();
    for (case, request) in writes.iter().enumerate() {
        // Each write at one of three moments, in turn.
        let at = ["before", "after", "answered"][case % 3];
        let world = planted(EVERY_SINK);
        world.portal.call("POST", "hold", &json!({"request": request, "at": at}));
        let mut started = world.start(world.command(&APPLY));
        let reached = world.portal.holds_while(|| started.child.try_wait().unwrap().is_none());
        assert!(reached, "request {request} was never made");
        let _ = world.killed(started);
        world.portal.call("POST", "release", &json!({"act": false}));
        recovered(&world, &format!("{at} request {request}"));
    }
}

#[test]
fn a_run_killed_at_a_rename_leaves_the_new_file_to_its_owner_only_and_the_next_run_removes_it() {
    let folder = tempfile::tempdir().unwrap();
    let shim = folder.path().join("renames.so");
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/crash/renames.c");
    let built = Command::new("cc").args(["-shared", "-fPIC", "-O1", "-o"]).arg(&shim).arg(source).arg("-ldl").status();
    assert!(built.is_ok_and(|status| status.success()), "a C compiler is needed to die at renames");
    for n in 1..=4 {
        for when in ["before", "after"] {
            let world = planted(EVERY_SINK);
            let mut apply = world.command(&APPLY);
            apply.env("LD_PRELOAD", &shim).env("RENAMES_KILL", n.to_string()).env("RENAMES_WHEN", when);
            let run = world.ran(apply);
            assert_eq!(run.code, None, "{}", run.said());
            recovered(&world, &format!("{when} rename {n}"));
        }
    }
}
