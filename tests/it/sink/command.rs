use jiff::SignedDuration;
use keyform::model::{Fingerprint, Secret};
use keyform::portal::Outcome;
use keyform::sink::Look;

use super::{Sandbox, key};

const LONG: SignedDuration = SignedDuration::from_secs(20);

fn shell(script: &str) -> [&str; 3] {
    ["sh", "-c", script]
}

#[tokio::test]
async fn the_program_reads_exactly_the_key_and_runs_in_the_folder_of_the_configuration() {
    let sandbox = Sandbox::new();
    let delivery = sandbox.command(&shell("cat > got"), None, LONG);
    sandbox.sinks.check(&delivery).await.unwrap();
    assert!(sandbox.names().is_empty(), "a check runs nothing");
    sandbox.sinks.write(&delivery, &key()).await.unwrap();
    assert_eq!(sandbox.text("got"), key().reveal());
}

#[tokio::test]
async fn the_key_is_in_no_argument_and_no_variable_and_our_own_variables_are_not_passed_on() {
    let sandbox = Sandbox::new();
    let script = "env > env; tr '\\0' ' ' < /proc/$$/cmdline > args; cat > /dev/null";
    sandbox.sinks.write(&sandbox.command(&shell(script), None, LONG), &key()).await.unwrap();
    let seen = sandbox.text("env") + &sandbox.text("args");
    assert!(seen.contains("SEEN=yes") && seen.contains("PATH="));
    assert!(!seen.contains("KEYFORM_") && !seen.contains("hunter") && !seen.contains(key().reveal()));
}

#[tokio::test]
async fn no_shell_looks_at_the_words() {
    let sandbox = Sandbox::new();
    sandbox.sinks.write(&sandbox.command(&["tee", "$HOME; *"], None, LONG), &key()).await.unwrap();
    assert_eq!(sandbox.names(), ["$HOME; *"]);
}

#[tokio::test]
async fn a_program_that_does_not_read_is_judged_by_how_it_ends() {
    let sandbox = Sandbox::new();
    let long = Secret::new("k".repeat(1_000_000));
    for script in ["exit 0", "exec <&-; sleep 0.1; exit 0"] {
        sandbox.sinks.write(&sandbox.command(&shell(script), None, LONG), &long).await.unwrap();
    }
}

#[tokio::test]
async fn a_program_that_fails_leaves_doubt_and_its_last_words_without_the_key() {
    let sandbox = Sandbox::new();
    let script = "k=$(cat); echo \"got $k\"; printf %s \"$k\" | base64 -w 20; printf '\\033[31mno\\r\\n'; exit 3";
    let error = sandbox.sinks.write(&sandbox.command(&shell(script), None, LONG), &key()).await.unwrap_err();
    let text = error.to_string();
    assert_eq!((error.code().id, error.outcome()), ("keyform::sink::command_failed", Outcome::Unknown));
    assert!(text.contains("ended with exit code 3") && text.contains("| got [secret]"), "{text}");
    assert!(text.contains("[31mno") && !text.contains('\u{1b}'), "{text}");
    assert!(!text.contains(key().reveal()) && !text.contains("QUFQV"), "{text}");
    assert!(!format!("{error:?}").contains(key().reveal()));
}

#[tokio::test]
async fn a_program_that_takes_too_long_is_killed_with_all_it_started() {
    let sandbox = Sandbox::new();
    let script = "(sleep 3; echo late > late) & echo waiting; wait";
    let delivery = sandbox.command(&shell(script), None, SignedDuration::from_millis(300));
    let error = sandbox.sinks.write(&delivery, &key()).await.unwrap_err();
    assert_eq!((error.code().id, error.outcome()), ("keyform::sink::command_timeout", Outcome::Unknown));
    assert!(error.to_string().contains("| waiting"), "{error}");
    tokio::time::sleep(std::time::Duration::from_millis(3200)).await;
    assert!(sandbox.names().is_empty(), "what it started lived on");
}

#[tokio::test]
async fn a_program_that_takes_too_long_is_asked_to_end_before_it_is_killed() {
    let sandbox = Sandbox::new();
    for (script, tidy) in [("trap 'echo x > tidy; exit' TERM", true), ("trap '' TERM", false)] {
        let script = format!("{script}; while :; do sleep 0.05; done");
        let delivery = sandbox.command(&shell(&script), None, SignedDuration::from_secs(1));
        let key = key();
        let write = sandbox.sinks.write(&delivery, &key);
        let error = tokio::time::timeout(std::time::Duration::from_secs(8), write).await.unwrap().unwrap_err();
        assert_eq!(error.code().id, "keyform::sink::command_timeout");
        assert_eq!(std::fs::remove_file(sandbox.path("tidy")).is_ok(), tidy, "{script}");
    }
}

#[tokio::test]
async fn what_a_program_leaves_running_does_not_hold_us_up() {
    let sandbox = Sandbox::new();
    let delivery = sandbox.command(&shell("sleep 15 & exit 0"), None, LONG);
    let key = key();
    let write = sandbox.sinks.write(&delivery, &key);
    tokio::time::timeout(std::time::Duration::from_secs(8), write).await.unwrap().unwrap();
}

#[tokio::test]
async fn a_program_that_is_missing_is_known_before_anything_is_written() {
    let sandbox = Sandbox::new().has("plain.sh", "#!/bin/sh\n");
    for words in [&["no-such-program-here"][..], &["./missing"], &["./plain.sh"], &[""], &[]] {
        let delivery = sandbox.command(words, None, LONG);
        assert_eq!(sandbox.check_code(&delivery).await, "no_program");
        let error = sandbox.sinks.write(&delivery, &key()).await.unwrap_err();
        assert_eq!(error.outcome(), Outcome::NotDone);
    }
    let check = sandbox.command(&["true"], Some(&["no-such-program-here"]), LONG);
    assert_eq!(sandbox.check_code(&check).await, "no_program");
    sandbox.chmod("plain.sh", 0o700);
    assert_eq!(sandbox.check_code(&sandbox.command(&["./plain.sh"], None, LONG)).await, "ok");
}

#[tokio::test]
async fn a_plan_starts_no_program() {
    let sandbox = Sandbox::new();
    let delivery = sandbox.command(&shell("touch ran"), Some(&shell("touch ran")), LONG);
    assert!(matches!(sandbox.sinks.look(&delivery, false).await, Look::NotAsked));
    assert!(matches!(sandbox.sinks.look(&sandbox.command(&["true"], None, LONG), true).await, Look::NotAsked));
    assert!(sandbox.names().is_empty());
}

#[tokio::test]
async fn a_check_tells_the_fingerprint_that_nothing_is_there_or_that_it_does_not_know() {
    let sandbox = Sandbox::new();
    let fingerprint = Fingerprint::of(&key());
    let asked = async |script: &str| {
        let delivery = sandbox.command(&["true"], Some(&shell(script)), LONG);
        sandbox.sinks.look(&delivery, true).await
    };
    assert!(matches!(asked(&format!("echo ' {fingerprint} '")).await, Look::Confirms(found) if found == fingerprint));
    assert!(matches!(asked("exit 0").await, Look::Absent));
    for script in ["echo the key is hunter", "echo hunter >&2; exit 1", "printf '\\377'", "kill -9 $$"] {
        let Look::Unreadable { why } = asked(script).await else { panic!("{script}") };
        assert!(why.starts_with("`sh` ") && !why.contains("hunter"), "{why}");
    }
}
