//! Asked to stop: the step ends, the lease is given back, and no program outlives the run.

#![allow(clippy::disallowed_methods, reason = "how long a process takes is what is measured")]

use std::fs;
use std::io::{BufRead, BufReader, Read as _};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::json;

use crate::support::portal::PAGE;
use crate::support::sandbox::{PATH, Sandbox};
use crate::support::side_by_side;

/// Every signal that asks to stop, and what it is called.
const SIGNALS: [(Signal, &str); 3] = [(Signal::INT, "SIGINT"), (Signal::TERM, "SIGTERM"), (Signal::HUP, "SIGHUP")];

/// What is delivered by a program of the folder that takes its time.
const SLOW: &str = "      - command: { run: [./store], check: [./check], timeout: 60s }\n";

/// A portal, and a credential that a program stores: `store` is the script, which has the key on its stdin.
fn with_store(store: &str) -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.declare("stored");
    sandbox.edit("      - dotenv: { path: .env, name: ARCGIS_API_KEY }\n", SLOW);
    sandbox.program("store", store);
    sandbox.program("check", "[ -f stored ] || exit 0\nsha256sum < stored | cut -c1-16");
    sandbox
}

fn send(child: &Child, signal: Signal) {
    kill_process(Pid::from_child(child), signal).unwrap();
}

/// Waits until `there` holds.
fn until(what: &str, mut there: impl FnMut() -> bool) {
    for _ in 0..3_000 {
        if there() {
            return;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    panic!("it never came to {what}");
}

/// The programs that run in the sandbox's folder; keyform itself is one.
fn left(sandbox: &Sandbox) -> Vec<String> {
    let folder = fs::canonicalize(sandbox.path("")).unwrap();
    let processes = fs::read_dir("/proc").into_iter().flatten().flatten();
    let here = processes.filter(|process| fs::read_link(process.path().join("cwd")).is_ok_and(|cwd| cwd == folder));
    let words = here.filter_map(|process| fs::read_to_string(process.path().join("cmdline")).ok());
    words.map(|words| words.replace('\0', " ")).collect()
}

/// Nobody holds the lease, and no program runs on.
fn nothing_is_left(sandbox: &Sandbox, case: &str) {
    assert_eq!(sandbox.portal.get("state")["folders"], json!([]), "{case}: the lease was not given back");
    no_program_is_left(sandbox, case);
}

fn no_program_is_left(sandbox: &Sandbox, case: &str) {
    // What was killed needs a moment to be gone.
    for _ in 0..100 {
        if left(sandbox).is_empty() {
            return;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    assert_eq!(left(sandbox), Vec::<String>::new(), "{case}");
}

#[test]
fn each_signal_lets_the_step_end_and_gives_the_lease_back() {
    for (signal, name) in SIGNALS {
        let sandbox = with_store("touch started\nsleep 0.7\ncat > stored");
        let running = sandbox.start(sandbox.command(&["apply", "--auto-approve"]));
        until("the program", || sandbox.path("started").exists());
        send(&running.child, signal);
        until("a word", || sandbox.heard_of(&running).ends_with('\n'));
        let said = sandbox.heard_of(&running);
        assert_eq!(said, format!("stopping after this step ({name}); a second signal ends at once\n"));
        assert!(!sandbox.path("stored").exists(), "{name}: said at once, and not when the step is over");
        let run = sandbox.ended(running);
        assert_eq!(run.code, Some(130), "{name}: {}", run.text());
        assert!(
            run.stdout.contains(
                "Interrupted after a finished step: 0 of 1 done. Run the same command again. No application lost its key."
            ),
            "{}",
            run.text()
        );
        assert_eq!(run.stdout.matches("stopped").count(), 1, "{}", run.text());
        nothing_is_left(&sandbox, name);
        assert_eq!(sandbox.portal.opens(&sandbox.key_in("stored"), PAGE), 200);

        let again = sandbox.run(&["apply", "--auto-approve"]);
        assert_eq!(again.code, Some(0), "{name}: {}", again.text());
        assert_eq!(sandbox.run(&["plan", "--detailed-exitcode"]).code, Some(0));
        assert_eq!(sandbox.portal.get("state")["keys"].as_array().unwrap().len(), 1, "one key was enough");
    }
}

#[test]
fn a_second_signal_ends_everything_at_once_and_says_what_is_left() {
    // One that ends when it is asked to, with what it started, and one that does not.
    for store in ["sleep 60 &\ntouch started\nwait", "trap '' TERM HUP INT\ntouch started\nsleep 60"] {
        let sandbox = with_store(store);
        let running = sandbox.start(sandbox.command(&["apply", "--auto-approve"]));
        until("the program", || sandbox.path("started").exists());
        let began = Instant::now();
        send(&running.child, Signal::TERM);
        std::thread::sleep(Duration::from_millis(100));
        send(&running.child, Signal::INT);
        let run = sandbox.ended(running);
        assert!(began.elapsed() < Duration::from_secs(8), "it took {:?}", began.elapsed());
        assert_eq!(run.code, Some(130), "{}", run.text());
        insta::allow_duplicates! {
            insta::assert_snapshot!(run.text().split("[stderr]\n").nth(1).unwrap(), @"
            stopping after this step (SIGTERM); a second signal ends at once
            Ended at once (SIGINT). What is left:
              the lease of this stack runs until 2026-09-21 08:..Z
              web: delivering key 1 to ./store; whether that was done is not known
            Run the same command again after 2026-09-21 08:..Z; it goes on from what the portal and the sinks show.
            [exit 130]
            ");
        }
        no_program_is_left(&sandbox, store);
        sandbox.program("store", "cat > stored");
        sandbox.portal.pass("11m");
        let again = sandbox.run(&["apply", "--auto-approve"]);
        assert_eq!(again.code, Some(0), "{}", again.text());
        assert_eq!(sandbox.portal.opens(&sandbox.key_in("stored"), PAGE), 200);
    }
}

#[test]
fn what_has_not_written_yet_ends_at_once_and_says_that_nothing_was_changed() {
    let sandbox = Sandbox::new();
    for args in [&["plan"][..], &["status"], &["apply", "--auto-approve"], &["destroy", "web", "--confirm", "shop"]] {
        for (signal, name) in SIGNALS {
            sandbox.portal.forget();
            sandbox.portal.call("POST", "hold", &json!({"request": 3, "at": "before"}));
            let running = sandbox.start(sandbox.command(args));
            sandbox.until_held();
            send(&running.child, signal);
            let run = sandbox.ended(running);
            assert_eq!((run.code, run.stdout.as_str()), (Some(130), ""), "{args:?}: {}", run.stderr);
            assert_eq!(run.stderr, format!("Interrupted ({name}); nothing was changed.\n"), "{args:?}");
            sandbox.portal.call("POST", "release", &json!({"act": false}));
        }
    }
    nothing_is_left(&sandbox, "reading");
    assert_eq!(sandbox.portal.writes(), std::collections::BTreeMap::new());
}

#[test]
fn a_program_that_is_asked_what_it_holds_ends_with_the_reading() {
    let sandbox = with_store("cat > stored").applied();
    sandbox.program("check", "[ -f stored ] || exit 0\necho x >> asked\ntrap '' TERM\n[ $(wc -l < asked) = $SLOW ] && sleep 60\nsha256sum < stored | cut -c1-16");
    sandbox.edit("[premium:user:basemaps]", "[premium:user:basemaps, premium:user:places]");
    // First before the lease was taken, then under it.
    for (slow, first) in [("1", true), ("2", false)] {
        let _ = fs::remove_file(sandbox.path("asked"));
        let mut command = sandbox.command(&["apply", "--auto-approve"]);
        command.env("SLOW", slow);
        let running = sandbox.start(command);
        let asked = || fs::read_to_string(sandbox.path("asked")).map_or(0, |asked| asked.lines().count());
        until("the question", || asked().to_string() == slow);
        let began = Instant::now();
        send(&running.child, Signal::TERM);
        let run = sandbox.ended(running);
        assert!(began.elapsed() < Duration::from_secs(8), "it took {:?}", began.elapsed());
        assert_eq!(run.code, Some(130), "{}", run.text());
        let said = if first { &run.stderr } else { &run.stdout };
        assert!(said.contains("nothing was changed"), "{}", run.text());
        nothing_is_left(&sandbox, slow);
    }
}

#[test]
fn every_command_that_writes_stops_after_its_step() {
    let commands: [(&[&str], &str); 4] = [
        (&["rotate", "web", "--auto-approve"], "token"),
        (&["revoke", "web", "--slot", "1", "--because", "it leaked", "--confirm", "web"], "token"),
        (&["destroy", "web", "--confirm", "shop"], "revokeToken"),
        (&["forget", "web", "--auto-approve"], "update"),
    ];
    for (args, endpoint) in commands {
        let twin = Sandbox::new().applied();
        twin.portal.forget();
        let run = twin.run(args);
        assert_eq!(run.code, Some(0), "{}", run.text());
        let request = twin.portal.number_of(endpoint);

        let sandbox = Sandbox::new().applied();
        sandbox.portal.forget();
        sandbox.portal.call("POST", "hold", &json!({"request": request, "at": "after"}));
        let running = sandbox.start(sandbox.command(args));
        sandbox.until_held();
        send(&running.child, Signal::TERM);
        std::thread::sleep(Duration::from_millis(200));
        sandbox.portal.call("POST", "release", &json!({}));
        let run = sandbox.ended(running);
        // The only step there was may have been the last one.
        assert!(matches!(run.code, Some(130 | 0)), "{args:?}: {}", run.text());
        assert!(run.stderr.contains("stopping after this step (SIGTERM)"), "{args:?}: {}", run.text());
        nothing_is_left(&sandbox, &format!("{args:?}"));
        let again = sandbox.run(args);
        assert_eq!(again.code, Some(0), "{args:?}: {}", again.text());
    }
}

#[test]
fn a_run_that_was_told_to_outlive_its_terminal_does() {
    let sandbox = with_store("touch started\nsleep 0.5\ncat > stored");
    let running = sandbox.start(sandbox.shell("trap '' HUP; exec \"$0\" apply --auto-approve"));
    until("the program", || sandbox.path("started").exists());
    send(&running.child, Signal::HUP);
    let run = sandbox.ended(running);
    assert_eq!((run.code, run.stderr.as_str()), (Some(0), ""), "{}", run.text());
}

#[test]
fn the_built_in_portal_ends_in_peace() {
    for (signal, name) in SIGNALS {
        let folder = tempfile::tempdir().unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_keyform"));
        command.args(["emulator", "--port", "0"]).current_dir(&folder).stdout(Stdio::piped());
        let mut portal = command.spawn().unwrap();
        let mut line = String::new();
        BufReader::new(portal.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
        send(&portal, signal);
        assert_eq!(portal.wait().unwrap().code(), Some(0), "{name}");
    }
}

/// On a terminal of its own, as `setsid --ctty` makes one: what is typed, and what keyform shows.
pub(super) struct Terminal {
    master: std::os::fd::OwnedFd,
    child: Child,
}

impl Terminal {
    pub(super) fn of(sandbox: &Sandbox, args: &[&str]) -> Self {
        use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
        let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC).unwrap();
        grantpt(&master).unwrap();
        unlockpt(&master).unwrap();
        let name = ptsname(&master, Vec::new()).unwrap();
        let slave = || fs::File::options().read(true).write(true).open(name.to_str().unwrap()).unwrap();
        let keyform = sandbox.command(args);
        let mut command = Command::new("setsid");
        command.arg("--ctty").arg("--wait").arg(keyform.get_program()).args(args);
        command.current_dir(sandbox.path("")).env_clear().env("PATH", PATH);
        command.envs(keyform.get_envs().filter_map(|(name, value)| Some((name, value?))));
        let child = command.stdin(slave()).stdout(slave()).stderr(slave()).spawn().unwrap();
        Self { master, child }
    }

    /// What is shown until `text` is.
    pub(super) fn shows(&self, text: &str) -> String {
        let mut shown = Vec::new();
        let mut reader = fs::File::from(self.master.try_clone().unwrap());
        let mut piece = [0; 512];
        while let Ok(read @ 1..) = reader.read(&mut piece) {
            shown.extend_from_slice(&piece[..read]);
            if String::from_utf8_lossy(&shown).contains(text) {
                break;
            }
        }
        String::from_utf8_lossy(&shown).into_owned()
    }

    pub(super) fn types(&self, keys: &[u8]) {
        assert_eq!(rustix::io::write(&self.master, keys).unwrap(), keys.len());
    }

    pub(super) fn ended(mut self) -> ExitStatus {
        self.child.wait().unwrap()
    }
}

#[test]
fn ctrl_c_at_the_question_ends_clean() {
    let sandbox = Sandbox::new();
    let terminal = Terminal::of(&sandbox, &["apply"]);
    let shown = terminal.shows("Only `yes` is taken:");
    assert!(shown.contains("Do you want to carry this out?"), "{shown}");
    terminal.types(b"\x03");
    let shown = terminal.shows("nothing was changed.");
    assert!(shown.contains("Interrupted (SIGINT); nothing was changed."), "{shown}");
    assert_eq!(terminal.ended().code(), Some(130));
    nothing_is_left(&sandbox, "the question");
    assert_eq!(sandbox.portal.writes(), std::collections::BTreeMap::new());
}

#[test]
fn ctrl_c_on_a_terminal_does_not_reach_a_program_that_stores_a_key() {
    let sandbox = with_store("trap 'touch hit' INT\ntouch started\nsleep 0.5\ncat > stored");
    let terminal = Terminal::of(&sandbox, &["apply", "--auto-approve"]);
    until("the program", || sandbox.path("started").exists());
    terminal.types(b"\x03");
    let shown = terminal.shows("Interrupted after");
    assert!(shown.contains("stopping after this step (SIGINT)"), "{shown}");
    assert_eq!(terminal.ended().code(), Some(130));
    assert!(!sandbox.path("hit").exists() && sandbox.path("stored").exists());
    nothing_is_left(&sandbox, "a terminal");
}

/// How many random instants there are: 200 with `KEYFORM_SWEEP=full`.
fn instants() -> usize {
    let full = std::env::var_os("KEYFORM_SWEEP").is_some_and(|how| how == "full");
    if full { 200 } else { 20 }
}

/// What is delivered: one that can be asked, one that cannot be beside one that can, and one that cannot be.
const DELIVER: [&str; 3] = [
    SLOW,
    "      - command: { run: [./store] }\n      - dotenv: { path: .env, name: ARCGIS_API_KEY }\n",
    "      - command: { run: [./store] }\n",
];

fn one_of_many(number: usize) -> Sandbox {
    let sandbox = with_store("sleep 0.4\ncat > stored");
    sandbox.edit(SLOW, DELIVER[number / SIGNALS.len() % DELIVER.len()]);
    sandbox
}

/// Sends a signal so long after the start, and sees that the next run finds everything in order.
fn stopped_after(number: usize, wait: Duration) {
    let sandbox = one_of_many(number);
    let (signal, name) = SIGNALS[number % SIGNALS.len()];
    let running = sandbox.start(sandbox.command(&["apply", "--auto-approve"]));
    std::thread::sleep(wait);
    send(&running.child, signal);
    let run = sandbox.ended(running);
    let case = format!("{name} after {wait:?}: {}", run.said());
    // Before it listens, which takes some milliseconds, the system ends it; it has sent nothing by then.
    let early = run.code.is_none() && run.stdout.is_empty() && run.stderr.is_empty();
    assert!(early || matches!(run.code, Some(130 | 0)), "{case}");
    nothing_is_left(&sandbox, &case);
    let again = sandbox.run(&["apply", "--auto-approve"]);
    assert_eq!(again.code, Some(0), "{case}\n{}", again.said());
    let plan = sandbox.run(&["plan", "--detailed-exitcode"]);
    assert_eq!(plan.code, Some(0), "{case}\n{}", plan.said());
    assert_eq!(sandbox.portal.opens(&sandbox.key_in("stored"), PAGE), 200, "{case}");
}

#[test]
fn at_any_instant_a_signal_leaves_no_lease_no_program_and_nothing_that_the_next_run_cannot_finish() {
    let began = Instant::now();
    one_of_many(SIGNALS.len()).done(&["apply", "--auto-approve"]);
    let undisturbed = began.elapsed();
    let mut draw = fastrand::Rng::with_seed(7);
    let waits = (0..instants()).map(|_| undisturbed.mul_f64(draw.f64() * 1.1));
    let cases: Vec<(usize, Duration)> = waits.enumerate().collect();
    side_by_side(&cases, |(number, wait)| stopped_after(*number, *wait));
}
