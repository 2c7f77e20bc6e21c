//! Writes that are answered by success and not done, or done and not answered by success.

use serde_json::{Value, json};

use super::planted::{APPLY, DOTENV, planted};
use crate::support::sandbox::Sandbox;
use crate::support::side_by_side;

#[test]
fn a_write_that_only_says_it_was_done_delivers_no_dead_key_and_loses_none() {
    let world = planted(DOTENV);
    world.done(&APPLY);
    let others = ["no_success", "empty", "half", "truncated"];
    let mut cases: Vec<(u64, Value, &str)> = Vec::new();
    for (at, request) in world.portal.numbers_of_writes().into_iter().enumerate() {
        cases.push((request, json!("nothing"), "before"));
        cases.push((request, json!(others[at % others.len()]), ["before", "after"][at / 2 % 2]));
    }
    side_by_side(&cases, |(request, does, when)| lied(*request, does, when));
}

fn lied(request: u64, does: &Value, when: &str) {
    let case = format!("{does} {when} request {request}");
    let world = planted(DOTENV);
    world.portal.fault(&json!({"request": request, "does": does, "when": when}));
    let run = world.run(&APPLY);
    assert!(matches!(run.code, Some(0 | 1 | 5)), "{case}: {}", run.said());
    judge(&world, &case);
    world.portal.pass("11m");
    world.done(&APPLY);
    judge(&world, &format!("{case}, run again"));
    assert_eq!(world.portal.live().len(), 1, "{case} left a key that nobody has");
    world.holds_tight(&[]);
}

/// What is in the sink works, if anything is.
fn judge(world: &Sandbox, case: &str) {
    if let Some(key) = world.key() {
        let held = keyform::emulator::fingerprint(&key);
        assert!(world.portal.live().contains(&held), "{case}: the sink holds a dead key");
    }
}
