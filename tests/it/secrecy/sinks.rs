//! Hostile places: links that move, pipes, folders, files that are too large, not ours, or not what they seem.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::process::Command;
use std::time::{Duration, Instant};

use super::planted::{APPLY, DOTENV, EVERY_SINK, planted};
use crate::support::sandbox::Sandbox;

fn read_and_apply(world: &Sandbox) -> Vec<Option<i32>> {
    let all = [&["plan", "-vvv"][..], &["status", "--json"], &["doctor"], &["apply", "--auto-approve", "-vvv"]];
    all.map(|args| world.run(args).code).into()
}

#[test]
fn what_is_no_file_is_refused_before_a_key_is_issued() {
    let make: [(&str, &str); 6] = [
        ("a pipe", "mkfifo .env"),
        ("a folder", "mkdir .env"),
        ("a device", "ln -s /dev/zero .env"),
        ("a link to a pipe", "mkfifo p && ln -s p .env"),
        ("a link to itself", "ln -s .env .env"),
        ("a link to nothing", "ln -s nowhere/at/all .env"),
    ];
    for (name, script) in make {
        let world = planted(DOTENV);
        assert!(Command::new("sh").args(["-c", script]).current_dir(world.path("")).status().unwrap().success());
        let began = Instant::now();
        let codes = read_and_apply(&world);
        assert_eq!(codes[3], Some(1), "{name}: {codes:?}");
        assert!(began.elapsed() < Duration::from_secs(20), "{name} took {:?}", began.elapsed());
        assert!(world.portal.live().is_empty(), "{name}: a key was issued for nobody");
        world.holds_tight(&[]);
    }
}

#[test]
fn a_file_that_cannot_hold_a_variable_is_refused_before_a_key_is_issued() {
    for content in [&b"ARCGIS_API_KEY=\xff\xfe\n"[..], b"ARCGIS_API_KEY=a\nARCGIS_API_KEY=b\n"] {
        let world = planted(DOTENV);
        world.write(".env", content);
        let codes = read_and_apply(&world);
        assert_eq!(codes[3], Some(1), "{codes:?}");
        assert!(world.portal.live().is_empty());
        assert_eq!(fs::read(world.path(".env")).unwrap(), content);
    }
    let world = planted(DOTENV);
    world.write(".env", b"A=\0\0\nARCGIS_API_KEY=\0\nB=\0");
    read_and_apply(&world);
    let now = fs::read(world.path(".env")).unwrap();
    assert!(now.starts_with(b"A=\0\0\nARCGIS_API_KEY=") && now.ends_with(b"\nB=\0"));
    world.holds_tight(&[]);
}

#[test]
fn a_file_of_a_gigabyte_is_named_too_long_instead_of_read() {
    let world = planted(EVERY_SINK);
    for name in [".env", "key.txt", "keys.json", "keys.yaml"] {
        fs::File::create(world.path(name)).unwrap().set_len(1 << 30).unwrap();
        let began = Instant::now();
        let run = world.ran(world.shell("ulimit -v 1500000; exec \"$0\" apply --auto-approve"));
        assert_eq!(run.code, Some(1), "{name}: {}", run.said());
        assert!(began.elapsed() < Duration::from_secs(10), "{name} took {:?}", began.elapsed());
        fs::remove_file(world.path(name)).unwrap();
        world.portal.pass("11m");
    }
    assert!(world.portal.live().is_empty());
}

#[test]
fn a_file_nobody_may_write_is_replaced_or_refused_whole() {
    let world = planted(DOTENV);
    world.write(".env", b"A=1\n");
    fs::set_permissions(world.path(".env"), fs::Permissions::from_mode(0o400)).unwrap();
    world.done(&APPLY);
    let text = fs::read_to_string(world.path(".env")).unwrap();
    assert!(text.starts_with("A=1\nARCGIS_API_KEY=AAPT"));
    assert_eq!(fs::metadata(world.path(".env")).unwrap().permissions().mode() & 0o777, 0o400);
}

#[test]
fn what_stands_in_the_way_of_the_new_file_is_no_way_to_another() {
    for (name, script) in [
        ("a link", "ln -s victim ..env.keyform-tmp"),
        ("a hard link", "ln victim ..env.keyform-tmp"),
        ("a pipe", "mkfifo ..env.keyform-tmp"),
        ("a folder", "mkdir ..env.keyform-tmp"),
    ] {
        let world = planted(DOTENV);
        world.write("victim", b"precious");
        assert!(Command::new("sh").args(["-c", script]).current_dir(world.path("")).status().unwrap().success());
        let run = world.run(&APPLY);
        assert!(matches!(run.code, Some(0 | 1)), "{name}: {}", run.said());
        assert_eq!(fs::read(world.path("victim")).unwrap(), b"precious", "{name}");
        world.holds_tight(&[]);
    }
}

#[test]
fn links_that_move_while_a_key_is_written_send_it_to_no_other_place() {
    let world = planted("\n      - dotenv: { path: there/.env, name: ARCGIS_API_KEY }");
    for name in ["one", "two"] {
        fs::create_dir(world.path(name)).unwrap();
        world.declare(&format!("{name}/.env"));
    }
    symlink("one", world.path("there")).unwrap();
    let mut swap = Command::new("sh");
    swap.args(["-c", "while :; do ln -sfn two there; ln -sfn one there; done"]).current_dir(world.path(""));
    let mut swap = swap.spawn().unwrap();
    for days in ["1h", "155d", "8d", "155d"] {
        let run = world.run(&APPLY);
        assert!(run.code.is_some_and(|code| code < 7), "{}", run.said());
        world.portal.pass(days);
    }
    swap.kill().unwrap();
    swap.wait().unwrap();
    world.holds_tight(&[]);
    for name in ["one", "two"] {
        if let Ok(data) = fs::metadata(world.path(&format!("{name}/.env"))) {
            assert_eq!(data.permissions().mode() & 0o077, 0);
        }
    }
}

#[test]
fn a_pipe_that_takes_the_place_of_a_file_stops_nobody() {
    let world = planted(DOTENV);
    world.done(&APPLY);
    let script = "while :; do rm -f .env; mkfifo .env; rm -f .env; echo A=1 > .env; done";
    let mut swap = Command::new("sh").args(["-c", script]).current_dir(world.path("")).spawn().unwrap();
    let began = Instant::now();
    for _ in 0..25 {
        world.listen(&["plan"]);
    }
    swap.kill().unwrap();
    swap.wait().unwrap();
    assert!(began.elapsed() < Duration::from_mins(1));
    world.holds_tight(&[]);
}

#[test]
fn a_full_disk_keeps_the_old_file_and_the_next_run_delivers() {
    let world = planted("\n      - dotenv: { path: small/.env, name: ARCGIS_API_KEY }");
    let small = world.path("small");
    fs::create_dir(&small).unwrap();
    world.declare("small/.env");
    let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", "size=16k", "tmpfs"]).arg(&small).output();
    if mounted.is_ok_and(|mounted| mounted.status.success()) {
        fs::write(small.join("filler"), vec![b'x'; 16 << 10]).ok();
        let run = world.run(&APPLY);
        assert_eq!(run.code, Some(5), "{}", run.said());
        assert!(!small.join(".env").exists() && !small.join("..env.keyform-tmp").exists());
        fs::remove_file(small.join("filler")).unwrap();
    } else {
        // Not allowed here; a limit on the size of files fails the same write.
        let script = "ulimit -f 0; exec \"$0\" apply --auto-approve 2>/dev/null >/dev/null";
        let _ = world.ran(world.shell(script));
    }
    world.portal.pass("11m");
    world.done(&APPLY);
    world.holds_tight(&[]);
    assert_eq!(world.portal.live().len(), 1);
    let _ = Command::new("umount").arg(&small).output();
}
