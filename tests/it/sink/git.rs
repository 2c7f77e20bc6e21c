use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};

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
    assert_eq!(error.code().id, "keyform::sink::not_ignored");
    assert!(error.code().help.contains("git rm --cached"));
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

/// What a repository can have git start. Each leaves `marker`, given as a path.
const STARTS: &str = "[core]
\trepositoryformatversion = 1
\tfsmonitor = \"touch MARKER; false\"
\thooksPath = HOOKS
\tsshCommand = \"touch MARKER; false\"
\tpager = \"touch MARKER; cat\"
[pager]
\tcheck-ignore = \"touch MARKER; cat\"
[alias]
\tcheck-ignore = \"!touch MARKER\"
[protocol]
\tallow = always
[extensions]
\tpartialClone = origin
[remote \"origin\"]
\turl = \"ext::sh -c touch% MARKER\"
\tpromisor = true
[filter \"x\"]
\tclean = \"touch MARKER; cat\"
\tprocess = \"touch MARKER; cat\"
[include]
\tpath = more
";

/// A folder that git takes for a repository of its own, with everything in it that starts programs.
fn trap(folder: &std::path::Path, marker: &std::path::Path) {
    let text = |text: &str| {
        let hooks = folder.join("hooks");
        text.replace("MARKER", marker.to_str().unwrap()).replace("HOOKS", hooks.to_str().unwrap())
    };
    for name in ["objects", "refs", "hooks", "info"] {
        fs::create_dir_all(folder.join(name)).unwrap();
    }
    fs::write(folder.join("HEAD"), "ref: refs/heads/main\n").unwrap();
    fs::write(folder.join("config"), text(STARTS)).unwrap();
    fs::write(folder.join("more"), text("[core]\n\tfsmonitor = \"touch MARKER; false\"\n")).unwrap();
    fs::write(folder.join("info/attributes"), "* filter=x\n").unwrap();
    for hook in ["post-index-change", "pre-auto-gc", "reference-transaction"] {
        let path = folder.join("hooks").join(hook);
        fs::write(&path, text("#!/bin/sh\ntouch MARKER\n")).unwrap();
        fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
    }
}

/// What git by itself does in `folder`, so that the traps of these tests are known to work.
fn git_alone(folder: &std::path::Path) {
    let mut git = std::process::Command::new("git");
    git.args(["status", "--short"]).current_dir(folder).env_remove("GIT_DIR");
    let _ = git.stdout(std::process::Stdio::null()).stderr(std::process::Stdio::null()).status();
}

#[tokio::test]
async fn a_folder_that_looks_like_a_repository_starts_nothing() {
    let (bare, inside) = (Sandbox::new(), repository());
    for sandbox in [&bare, &inside] {
        let (keys, marker) = (sandbox.path("team/keys"), sandbox.path("marker"));
        trap(&keys, &marker);
        let code = sandbox.check_code(&sandbox.raw("team/keys/k")).await;
        assert_eq!(code, if std::ptr::eq(sandbox, &raw const bare) { "ok" } else { "not_ignored" });
        assert!(!marker.exists());
        // Where git is left to search, it finds it.
        run_git(&keys, &["config", "core.bare", "false"]);
        run_git(&keys, &["config", "core.worktree", keys.to_str().unwrap()]);
        git_alone(&keys);
        assert!(marker.exists(), "this trap catches nobody");
        fs::remove_file(&marker).unwrap();
        let _ = sandbox.check_code(&sandbox.raw("team/keys/k")).await;
        assert!(!marker.exists());
    }
}

#[tokio::test]
async fn what_a_repository_itself_would_have_started_is_not() {
    let sandbox = repository().has("tracked.txt", "x");
    let marker = sandbox.path("marker");
    run_git(sandbox.folder.path(), &["add", "tracked.txt", ".gitignore"]);
    run_git(sandbox.folder.path(), &["commit", "-q", "-m", "x"]);
    // The rules are only in the index, and what it names is only at the other end of a connection.
    fs::create_dir(sandbox.path("deep")).unwrap();
    fs::write(sandbox.path("deep/.gitignore"), "k\n").unwrap();
    run_git(sandbox.folder.path(), &["add", "deep/.gitignore"]);
    run_git(sandbox.folder.path(), &["update-index", "--skip-worktree", "deep/.gitignore"]);
    fs::remove_file(sandbox.path("deep/.gitignore")).unwrap();
    let objects = fs::read_dir(sandbox.path(".git/objects")).unwrap();
    for folder in objects.map(|entry| entry.unwrap().path()).filter(|path| path.file_name().unwrap().len() == 2) {
        fs::remove_dir_all(folder).unwrap();
    }
    trap(&sandbox.path(".git"), &marker);
    git_alone(sandbox.folder.path());
    assert!(marker.exists(), "this trap catches nobody");
    fs::remove_file(&marker).unwrap();
    for name in ["deep/k", "tracked.txt", ".env", "new/k"] {
        let code = sandbox.check_code(&sandbox.raw(name)).await;
        assert!(matches!(code, "ok" | "not_ignored" | "git_unknown"), "{code}");
        assert!(!marker.exists(), "{name}");
    }
    assert_eq!(sandbox.check_code(&sandbox.raw(".env")).await, "ok");
    assert_eq!(sandbox.check_code(&sandbox.raw("tracked.txt")).await, "not_ignored");
}

#[tokio::test]
async fn a_program_called_git_in_the_checkout_is_not_git() {
    let sandbox = repository();
    let (marker, git) = (sandbox.path("marker"), sandbox.path("git"));
    fs::write(&git, format!("#!/bin/sh\ntouch {}\n", marker.display())).unwrap();
    fs::set_permissions(git, fs::Permissions::from_mode(0o755)).unwrap();
    let path = std::env::vars_os().find(|(name, _)| name == "PATH").unwrap().1;
    let mut here = std::ffi::OsString::from(":.:");
    here.push(path);
    let sinks = keyform::sink::Sinks::new([("PATH".into(), here)]);
    assert_eq!(super::code(sinks.check(&sandbox.dotenv(".env", "KEY")).await), "ok");
    assert!(!marker.exists());
}

#[tokio::test]
async fn linked_work_trees_and_submodules_are_told_by_their_git_file() {
    let sandbox = repository();
    run_git(sandbox.folder.path(), &["add", ".gitignore"]);
    run_git(sandbox.folder.path(), &["commit", "-q", "-m", "x"]);
    run_git(sandbox.folder.path(), &["worktree", "add", "-q", "linked"]);
    assert_eq!(sandbox.check_code(&sandbox.raw("linked/.env")).await, "ok");
    assert_eq!(sandbox.check_code(&sandbox.raw("linked/k")).await, "not_ignored");
}

#[tokio::test]
async fn git_sees_what_configures_it_and_none_of_our_variables() {
    let sandbox = repository();
    let seen = sandbox.path("seen");
    let path = std::env::vars_os().find(|(name, _)| name == "PATH").unwrap().1;
    let programs = Sandbox::new();
    let git = programs.path("git");
    let real = std::env::split_paths(&path).map(|folder| folder.join("git")).find(|git| git.is_file()).unwrap();
    fs::write(&git, format!("#!/bin/sh\nenv > {}\nexec {} \"$@\"\n", seen.display(), real.display())).unwrap();
    fs::set_permissions(&git, fs::Permissions::from_mode(0o755)).unwrap();
    let mut first = programs.folder.path().as_os_str().to_owned();
    first.push(":");
    first.push(&path);
    let given = [
        ("PATH".into(), first),
        ("KEYFORM_PASSWORD".into(), "hunter".into()),
        ("KEYFORM_TOKEN_FILE".into(), "/run/token".into()),
        ("GIT_CONFIG_COUNT".into(), "1".into()),
        ("GIT_CONFIG_KEY_0".into(), "safe.directory".into()),
        ("GIT_CONFIG_VALUE_0".into(), "*".into()),
    ];
    let sinks = keyform::sink::Sinks::new(given.clone());
    assert_eq!(super::code(sinks.check(&sandbox.dotenv(".env", "KEY")).await), "ok");
    let env = sandbox.text("seen");
    assert!(env.contains("GIT_CONFIG_VALUE_0=*") && !env.contains("KEYFORM"), "{env}");
    fs::remove_file(&seen).unwrap();
    let sinks = keyform::sink::Sinks::new(given).without_git();
    assert_eq!(super::code(sinks.check(&sandbox.raw("key.txt")).await), "ok");
    assert!(!seen.exists(), "git was asked");
}
