use std::fs;
use std::os::unix::fs::symlink;

use super::{Sandbox, run_git};

fn repository() -> Sandbox {
    let sandbox = Sandbox::new().has(".gitignore", ".env*\n/secrets/\n");
    run_git(sandbox.folder.path(), &["init", "-q"]);
    sandbox
}

#[tokio::test]
async fn a_file_that_git_would_commit_is_refused() {
    let sandbox = repository();
    assert_eq!(sandbox.check_code(&sandbox.dotenv(".env.maps", "KEY")).await, "ok");
    assert_eq!(sandbox.check_code(&sandbox.raw("secrets/key")).await, "ok");
    assert_eq!(sandbox.check_code(&sandbox.raw("key.txt")).await, "not_ignored");
    assert_eq!(sandbox.check_code(&sandbox.raw("new/key.txt")).await, "not_ignored");
}

#[tokio::test]
async fn a_file_that_git_tracks_is_refused_even_if_it_is_ignored() {
    let sandbox = repository().has(".env", "A=1\n");
    run_git(sandbox.folder.path(), &["add", "-f", ".env"]);
    let error = sandbox.sinks.check(&sandbox.dotenv(".env", "KEY")).await.unwrap_err();
    assert_eq!(error.code(), "keyform::sink::not_ignored");
    assert!(error.help().contains("git rm --cached"));
}

#[tokio::test]
async fn the_file_a_link_leads_to_is_the_one_that_is_judged() {
    let sandbox = repository().has("tracked.txt", "x");
    let outside = Sandbox::new().has("key", "x");
    symlink("tracked.txt", sandbox.path(".env.link")).unwrap();
    symlink(outside.path("key"), sandbox.path("outside")).unwrap();
    assert_eq!(sandbox.check_code(&sandbox.raw(".env.link")).await, "not_ignored");
    assert_eq!(sandbox.check_code(&sandbox.raw("outside")).await, "ok");
}

#[tokio::test]
async fn where_git_cannot_be_asked_nothing_is_written() {
    let sandbox = repository();
    let no_path = keyform::sink::Sinks::new([]);
    assert_eq!(super::code(no_path.check(&sandbox.dotenv(".env", "KEY")).await), "git_unknown");
    let broken = Sandbox::new();
    fs::create_dir(broken.path(".git")).unwrap();
    assert_eq!(broken.check_code(&broken.raw("key")).await, "git_unknown");
}

#[tokio::test]
async fn variables_of_a_hook_do_not_make_git_speak_of_another_repository() {
    let (here, other) = (repository(), Sandbox::new());
    run_git(other.folder.path(), &["init", "-q"]);
    let hook = [
        ("GIT_DIR".into(), other.path(".git").into_os_string()),
        ("GIT_WORK_TREE".into(), other.folder.path().as_os_str().to_owned()),
    ];
    let path = std::env::vars_os().filter(|(name, _)| name == "PATH");
    let sinks = keyform::sink::Sinks::new(path.chain(hook));
    assert_eq!(super::code(sinks.check(&here.dotenv(".env", "KEY")).await), "ok");
    assert_eq!(super::code(sinks.check(&here.raw("key")).await), "not_ignored");
}
