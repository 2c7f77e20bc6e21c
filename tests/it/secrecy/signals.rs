//! Ctrl-C, readers that go away, clocks that jump, and storms.

use std::process::{Command, Stdio};
use std::time::Duration;

use serde_json::json;

use super::planted::{APPLY, DOTENV, EVERY_SINK, planted};

#[test]
fn an_interrupted_apply_finishes_its_step_and_the_next_one_finishes_the_work() {
    let world = planted(EVERY_SINK);
    world.portal.call("POST", "portal", &json!({"latency_ms": 40}));
    // 130 after an interrupt at any moment of the work; before the work begins, the signal itself ends it.
    for after in [400, 900, 1400, 1900, 2400] {
        let started = world.start(world.command(&APPLY));
        std::thread::sleep(Duration::from_millis(after));
        let pid = started.child.id().to_string();
        let _ = Command::new("kill").args(["-INT", &pid]).stderr(Stdio::null()).status();
        let run = world.ended(started);
        assert!(matches!(run.code, Some(0 | 130) | None), "after {after} ms: {}", run.said());
        if run.code == Some(130) {
            assert!(run.stdout.contains("Interrupted after a finished step"), "{}", run.said());
        }
    }
    world.portal.call("POST", "portal", &json!({"latency_ms": 0}));
    world.portal.pass("11m");
    world.done(&APPLY);
    world.holds_tight(&[]);
    assert_eq!(world.portal.live(), [keyform::emulator::fingerprint(&world.key().unwrap())]);
}

#[test]
fn a_reader_who_goes_away_stops_neither_a_plan_nor_an_apply() {
    let world = planted(DOTENV);
    let piped = |args: &str| {
        let script = format!("{{ \"$0\" {args}; echo $? > code; }} | head -c 0; cat code");
        let run = world.ran(world.shell(&script));
        run.stdout.trim().to_owned()
    };
    for args in ["plan", "plan --json", "status", "doctor", "version", "schema", "completion zsh", "help", "privileges"]
    {
        assert_eq!(piped(args), "0", "{args}");
    }
    assert_eq!(piped("apply --auto-approve"), "0");
    assert_eq!(world.portal.live(), [keyform::emulator::fingerprint(&world.key().unwrap())]);
    let _ = world.ran(world.shell("\"$0\" plan > /dev/full"));
    world.holds_tight(&[]);
}

#[test]
fn a_clock_that_jumps_during_a_run_loses_no_key() {
    for (skip, by) in [(0, "11m"), (2, "-1h"), (5, "400d"), (8, "-400d"), (10, "30m"), (12, "11m")] {
        let world = planted(DOTENV);
        world.portal.call("POST", "portal", &json!({"latency_ms": 25}));
        let started = world.start(world.command(&APPLY));
        for _ in 0..2000 {
            if world.portal.numbers_of_writes().len() > skip {
                break;
            }
            std::thread::sleep(Duration::from_millis(2));
        }
        world.portal.pass(by);
        let run = world.ended(started);
        assert!(matches!(run.code, Some(0 | 1 | 4 | 5 | 6)), "{by}: {}", run.said());
        world.portal.call("POST", "portal", &json!({"latency_ms": 0}));
        world.portal.call("POST", "clock", &json!({"offset_ms": 0}));
        // A lease from a time to come ends when that time does.
        world.portal.pass("402d");
        let mut last = world.run(&APPLY);
        for _ in 0..3 {
            if last.code == Some(0) {
                break;
            }
            world.portal.pass("11m");
            last = world.run(&APPLY);
        }
        assert_eq!(last.code, Some(0), "{by} after {skip}: {}", last.said());
        let held = keyform::emulator::fingerprint(&world.key().unwrap());
        assert!(world.portal.live().contains(&held), "{by} after {skip}");
        world.holds_tight(&[]);
    }
}

#[test]
fn a_clock_at_either_end_of_time_is_an_error_or_a_plan_but_no_panic() {
    let world = planted(DOTENV);
    world.done(&APPLY);
    for at in ["1970-01-01T00:00:01Z", "2000-02-29T23:59:59Z", "9998-12-31T00:00:00Z", "9999-12-30T21:59:59Z"] {
        world.portal.call("POST", "clock", &json!({ "at": at }));
        for args in
            [&["plan"][..], &["plan", "--json"], &["status", "--json"], &["doctor"], &["apply", "--auto-approve"]]
        {
            world.listen(args);
        }
    }
    world.holds_tight(&[]);
}

#[test]
fn a_token_that_is_refused_in_the_middle_is_renewed_once() {
    for skip in [0, 1, 4, 8, 15, 22, 30] {
        let world = planted(DOTENV);
        world.portal.fault(&json!({"skip": skip, "does": {"error": {"code": 498, "message": "Invalid token."}}}));
        let run = world.ran(world.by_password(&["apply", "--auto-approve", "-vvv"]));
        let bare = run.said();
        // What proves itself by a client secret has no token to renew; the next run takes it up.
        assert!(matches!(run.code, Some(0 | 1 | 5)), "{skip}: {bare}");
        let logins = world.portal.asked().iter().filter(|path| path.contains("generateToken")).count();
        assert!(logins <= 2, "{skip}: {logins} sign-ins");
        if run.code != Some(0) {
            world.portal.pass("11m");
            world.done(&APPLY);
        }
        world.holds_tight(&[]);
    }
    let world = planted(DOTENV);
    let storm = json!({"error": {"code": 498, "message": "Invalid token."}});
    world.portal.fault(&json!({"endpoint": "portals/self", "times": 100_000, "does": storm}));
    let run = world.ran(world.by_password(&["plan", "-vvv"]));
    assert_eq!(run.code, Some(1), "{}", run.said());
    assert!(world.portal.asked().len() < 8, "{:?}", world.portal.asked());
}

#[test]
fn a_storm_of_429_is_waited_out_or_given_up_but_loses_nothing() {
    let world = planted(DOTENV);
    for (retry, times) in [(json!(1), 3), (json!(0), 4), (json!(null), 3)] {
        world.portal.fault(&json!({"times": times, "does": {"status": {"status": 429, "retry_after": retry}}}));
        let run = world.run(&["plan", "-vvv"]);
        assert_eq!(run.code, Some(0), "{}", run.said());
    }
    world
        .portal
        .fault(&json!({"times": 100_000, "does": {"status": {"status": 429, "retry_after": 4_294_967_295_u32}}}));
    let run = world.run(&["plan", "-vvv"]);
    assert_eq!(run.code, Some(1), "{}", run.said());
    world.portal.no_faults();
    for endpoint in ["oauth2/token", "*/update", "*/addItem", "oauth2/registerApp"] {
        let fault = json!({"endpoint": endpoint, "times": 2, "does": {"status": {"status": 429, "retry_after": 1}}});
        world.portal.fault(&fault);
    }
    let run = world.run(&APPLY);
    assert!(matches!(run.code, Some(0 | 5)), "{}", run.said());
    world.portal.no_faults();
    world.portal.pass("11m");
    world.done(&APPLY);
    world.holds_tight(&[]);
    assert_eq!(world.portal.live(), [keyform::emulator::fingerprint(&world.key().unwrap())]);
}
