//! The verbs that renew, end, look ahead and let go; and what is piped into the one that reads a key.

use super::planted::{APPLY, EVERY_SINK, planted, planted_on};
use crate::support::portal::Start;
use crate::support::sandbox::Sandbox;
use crate::support::transcript::Run;

const LOOKING: [&[&str]; 14] = [
    &["plan", "-vvv"],
    &["plan", "--json", "-vvv"],
    &["plan", "--at", "+160d", "-vvv"],
    &["plan", "--rotate", "web", "--json"],
    &["drift", "-vvv"],
    &["drift", "--json", "--at", "+20d", "-vvv"],
    &["status", "-vvv"],
    &["status", "--json", "--at", "+20d"],
    &["forecast", "-vvv"],
    &["forecast", "--json", "--until", "100d", "-vvv"],
    &["explain", "web", "-vvv"],
    &["explain", "web", "--json", "--offline", "-vvv"],
    &["explain", "keyform::plan::foreign_key", "-vvv"],
    &["validate", "--json", "-vvv"],
];

fn look(world: &Sandbox) {
    for args in LOOKING {
        let run = world.run(args);
        assert!(matches!(run.code, Some(0)), "{args:?}: {}", run.said());
    }
}

/// `keyform revoke --key-from-stdin` with these bytes on stdin.
fn revoke(world: &Sandbox, input: &[u8], more: &[&str]) -> Run {
    world.told(&[&["revoke", "--key-from-stdin", "--because", "in a log", "-vvv"], more].concat(), input)
}

#[test]
fn renewing_ending_looking_ahead_and_letting_go_let_no_secret_go() {
    let world = planted_on(Start::default().overheard(), EVERY_SINK);
    world.done(&APPLY);
    look(&world);
    world.done(&["rotate", "web", "--auto-approve", "-vvv"]);
    look(&world);
    world.done(&["revoke", "web", "--slot", "1", "--because", "in a log", "--confirm", "web", "-vvv"]);
    world.done(&["revoke", "web", "--slot", "2", "--because", "in a log", "--confirm", "web", "-vvv"]);
    look(&world);
    world.listen(&["destroy", "web", "-vvv"]);
    world.listen(&["forget", "web", "-vvv"]);
    world.done(&["forget", "web", "--auto-approve", "-vvv"]);
    world.done(&APPLY);
    world.done(&["destroy", "--confirm", "planted", "-vvv"]);
    look(&world);
    world.holds_tight(&[]);
}

#[test]
fn a_rehearsal_prints_none_of_the_keys_it_makes() {
    // Its portal is one of its own, so its keys are known by their look only.
    let world = planted(EVERY_SINK);
    for args in [
        &["rehearse", "--days", "3", "--crash-everywhere", "-vvv"][..],
        &["rehearse", "--days", "3", "--switch", "worst", "--json", "-vvv"],
    ] {
        let run = world.run(args);
        assert_eq!(run.code, Some(0), "{}", run.said());
        assert!(!run.said().contains("AAPT") && !run.said().contains(&world.token()), "{}", run.said());
    }
    assert!(!world.path(".env").exists() && !world.path("stored-one").exists());
}

#[test]
fn whatever_is_piped_into_revoke_is_not_repeated_and_only_our_key_ends() {
    let world = planted(EVERY_SINK);
    world.done(&APPLY);
    let key = world.key().unwrap();
    let token = world.token();
    let garbage = ["kAb3sq8VmNcX0pLwZ1yQ", "jR5tG7hD2fS9", "zzTop11"].concat();
    let long = key.clone() + &"x".repeat(10_000_000);
    let stranger = key.replace("AT1_", "AT2_") + "abcdefgh";
    let dotenv = format!("ARCGIS_API_KEY={key}\n");
    let mut bytes = key.clone().into_bytes();
    bytes.extend(b"\xff\xfe");
    for (what, input) in [
        ("nothing", &b""[..]),
        ("a line break", b"\n"),
        ("garbage", garbage.as_bytes()),
        ("a token", token.as_bytes()),
        ("a line of 10 MB", long.as_bytes()),
        ("the key twice", format!("{key}\n{key}\n").as_bytes()),
        ("the key in quotes", format!("\"{key}\"").as_bytes()),
        ("a line of a file", dotenv.as_bytes()),
        ("the key and no text", &bytes),
        ("another key", stranger.as_bytes()),
        ("the key with a nought in it", format!("{key}\0").as_bytes()),
    ] {
        let run = revoke(&world, input, &["--confirm", "web"]);
        // What is no key at all is an error; what may be one is said not to be revoked.
        let told = run.code == Some(1) || run.code == Some(3) && run.stderr.contains("NOT revoked");
        assert!(told, "{what}: {}", run.said());
        assert_eq!(world.portal.live(), [keyform::emulator::fingerprint(&key)], "{what}");
    }
    // Nobody confirms; then somebody does, and the second time it is dead. With and without a line break.
    assert_eq!(revoke(&world, key.as_bytes(), &[]).code, Some(1));
    assert_eq!(world.portal.live(), [keyform::emulator::fingerprint(&key)]);
    let run = revoke(&world, key.as_bytes(), &["--confirm", "web"]);
    assert_eq!(run.code, Some(0), "{}", run.said());
    assert_eq!(world.portal.live(), [keyform::emulator::fingerprint(&world.key().unwrap())]);
    let run = revoke(&world, format!("{key}\r\n").as_bytes(), &[]);
    assert_eq!((run.code, run.stderr.contains("keyform::cli::key_not_ours")), (Some(3), true), "{}", run.said());
    world.holds_tight(&[&garbage]);
}

#[test]
fn a_key_typed_beside_the_new_verbs_is_not_repeated() {
    let world = planted(EVERY_SINK);
    world.done(&APPLY);
    let key = world.key().unwrap();
    let key = key.as_str();
    let raised = format!("destroy={key}");
    for args in [
        &["rotate", key, "--auto-approve"][..],
        &["revoke", key, "--slot", "1", "--because", "x"],
        &["revoke", "web", "--slot", key, "--because", "x"],
        &["revoke", "web", "--slot", "1", "--because", "x", "--item", key],
        &["revoke", "--key-from-stdin", key, "--because", "x"],
        &["forecast", "--until", key],
        &["plan", "--at", key],
        &["plan", "--rotate", key],
        &["plan", "--allow", &raised],
        &["explain", key],
        &["forget", key],
        &["destroy", key],
        &["rehearse", "--days", key],
        &["rehearse", "--at", key],
        &["rehearse", "--switch", key],
    ] {
        let _ = world.ran(world.command(args));
    }
    assert_eq!(world.portal.live(), [keyform::emulator::fingerprint(key)]);
    world.holds_tight(&[]);
}
