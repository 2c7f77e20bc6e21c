//! The verbs that renew, end, look ahead and let go; and what is piped into the one that reads a key.

use std::fs::{self, File};
use std::process::Stdio;

use super::world::{EVERY_SINK, Run, World};

const LOOKING: [&[&str]; 12] = [
    &["plan", "-vvv"],
    &["plan", "--json", "-vvv"],
    &["plan", "--at", "+160d", "-vvv"],
    &["plan", "--rotate", "web", "--json"],
    &["status", "-vvv"],
    &["status", "--json", "--at", "+20d"],
    &["forecast", "-vvv"],
    &["forecast", "--json", "--until", "100d", "-vvv"],
    &["explain", "web", "-vvv"],
    &["explain", "web", "--json", "--offline", "-vvv"],
    &["explain", "keyform::plan::foreign_key", "-vvv"],
    &["validate", "--json", "-vvv"],
];

fn look(world: &World) {
    for args in LOOKING {
        let run = world.keyform(args);
        assert!(matches!(run.code, Some(0)), "{args:?}: {}", run.said());
    }
}

fn done(world: &World, args: &[&str]) {
    let run = world.keyform(args);
    assert_eq!(run.code, Some(0), "{args:?}: {}", run.said());
}

/// `keyform revoke --key-from-stdin` with these bytes on stdin.
fn revoke(world: &World, what: &str, input: &[u8], more: &[&str]) -> Run {
    // Not in the folder that is searched.
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("input");
    fs::write(&path, input).unwrap();
    let mut command = world.command(&[&["revoke", "--key-from-stdin", "--because", "in a log", "-vvv"], more].concat());
    command.stdin(Stdio::from(File::open(&path).unwrap()));
    world.run(command, what)
}

#[test]
fn renewing_ending_looking_ahead_and_letting_go_let_no_secret_go() {
    let world = World::new(EVERY_SINK);
    world.applied();
    look(&world);
    done(&world, &["rotate", "web", "--auto-approve", "-vvv"]);
    look(&world);
    done(&world, &["revoke", "web", "--slot", "1", "--because", "in a log", "--confirm", "web", "-vvv"]);
    done(&world, &["revoke", "web", "--slot", "2", "--because", "in a log", "--confirm", "web", "-vvv"]);
    look(&world);
    world.keyform(&["destroy", "web", "-vvv"]);
    world.keyform(&["forget", "web", "-vvv"]);
    done(&world, &["forget", "web", "--auto-approve", "-vvv"]);
    world.applied();
    done(&world, &["destroy", "--confirm", "planted", "-vvv"]);
    look(&world);
    world.holds_tight(&[]);
}

#[test]
fn a_rehearsal_prints_none_of_the_keys_it_makes() {
    // Its portal is one of its own, so its keys are known by their look only.
    let world = World::new(EVERY_SINK);
    for args in [
        &["rehearse", "--days", "3", "--crash-everywhere", "-vvv"][..],
        &["rehearse", "--days", "3", "--switch", "worst", "--json", "-vvv"],
    ] {
        let run = world.keyform(args);
        assert_eq!(run.code, Some(0), "{}", run.said());
        assert!(!run.said().contains("AAPT") && !run.said().contains(&world.token()), "{}", run.said());
    }
    assert!(!world.path(".env").exists() && !world.path("stored-one").exists());
}

#[test]
fn whatever_is_piped_into_revoke_is_not_repeated_and_only_our_key_ends() {
    let world = World::new(EVERY_SINK);
    world.applied();
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
        let run = revoke(&world, what, input, &["--confirm", "web"]);
        assert_eq!(run.code, Some(1), "{what}: {}", run.said());
        assert_eq!(world.portal.live(), [keyform::emulator::fingerprint(&key)], "{what}");
    }
    // Nobody confirms; then somebody does, and the second time it is dead. With and without a line break.
    assert_eq!(revoke(&world, "the key", key.as_bytes(), &[]).code, Some(1));
    assert_eq!(world.portal.live(), [keyform::emulator::fingerprint(&key)]);
    let run = revoke(&world, "the key, confirmed", key.as_bytes(), &["--confirm", "web"]);
    assert_eq!(run.code, Some(0), "{}", run.said());
    assert_eq!(world.portal.live(), [keyform::emulator::fingerprint(&world.key().unwrap())]);
    let run = revoke(&world, "the dead key", format!("{key}\r\n").as_bytes(), &[]);
    assert_eq!((run.code, run.err.contains("it is dead, or another portal's")), (Some(1), true), "{}", run.said());
    world.holds_tight(&[&garbage]);
}

#[test]
fn a_key_typed_beside_the_new_verbs_is_not_repeated() {
    let world = World::new(EVERY_SINK);
    world.applied();
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
        world.run(world.command(args), "a command line with a key in it");
    }
    assert_eq!(world.portal.live(), [keyform::emulator::fingerprint(key)]);
    world.holds_tight(&[]);
}
