//! Somebody means harm and may change the checkout: nothing runs, nothing is printed, no request leaves.

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::symlink;

use crate::support::sandbox::{PATH, SHOP, Sandbox};

/// A shop whose other credential comes from a team's file.
const WITH_TEAMS: &str = "keyform: 1
stack: shop
portal: { url: PORTAL, product: PRODUCT }
include: [teams/*/keys.yaml]
";

const TEAM: &str = "credentials:
  team:
    used_in: browser
    privileges: [premium:user:basemaps]
    referrers: [https://shop.example.com]
    deliver:
      - dotenv: { path: vault/.env, name: ARCGIS_API_KEY }
";

fn git(sandbox: &Sandbox, folder: &str, words: &[&str]) {
    let mut command = std::process::Command::new("git");
    command.args(words).current_dir(sandbox.path(folder)).env_remove("GIT_DIR");
    assert!(command.status().unwrap().success());
}

/// A checkout with a team's folder that git takes for a repository, whose configuration makes git run a program.
fn trapped() -> Sandbox {
    let sandbox = Sandbox::new().with_path();
    for folder in ["teams/maps/vault/objects", "teams/maps/vault/refs", "bin"] {
        fs::create_dir_all(sandbox.path(folder)).unwrap();
    }
    let marker = sandbox.path("marker");
    sandbox.write("teams/maps/vault/HEAD", "ref: refs/heads/main\n");
    sandbox.write(
        "teams/maps/vault/config",
        format!(
            "[core]\n\trepositoryformatversion = 0\n\tfsmonitor = \"env > {}; false\"\n\tbare = false\n\tworktree = {}\n",
            marker.display(),
            sandbox.path("teams/maps/vault").display()
        ),
    );
    sandbox.rewritten(WITH_TEAMS).write("teams/maps/keys.yaml", TEAM);
    // Each git that is started is written down, with what it is told.
    let calls = sandbox.path("calls");
    sandbox.program("bin/git", &format!("printf '%s\\n' \"$*\" >> {}\nexec git \"$@\"", calls.display()));
    sandbox
}

fn by_password_with_bin(sandbox: &Sandbox, args: &[&str]) -> std::process::Command {
    let mut command = sandbox.by_password(args);
    command.env("PATH", format!("{}:{PATH}", sandbox.path("bin").display()));
    command
}

#[test]
fn a_folder_in_a_pull_request_makes_git_run_nothing() {
    let sandbox = trapped();
    let mut search = std::process::Command::new("git");
    search.args(["check-ignore", "-q", "x"]).current_dir(sandbox.path("teams/maps/vault")).env_remove("GIT_DIR");
    search.status().unwrap();
    assert!(sandbox.path("marker").exists(), "this trap catches nobody");
    fs::remove_file(sandbox.path("marker")).unwrap();
    let apply = ["apply", "--auto-approve"];
    // Nothing above it is a repository: git is not asked at all.
    let run = sandbox.ran(by_password_with_bin(&sandbox, &apply));
    assert_eq!(run.code, Some(0), "{}", run.said());
    assert!(!sandbox.path("marker").exists() && !sandbox.path("calls").exists());
    // In a repository that would commit it, and in one that ignores it.
    sandbox.write(".gitignore", "# nothing\n");
    git(&sandbox, ".", &["init", "-q"]);
    fs::remove_file(sandbox.path("teams/maps/vault/.env")).unwrap();
    let run = sandbox.ran(by_password_with_bin(&sandbox, &apply));
    assert!(run.said().contains("keyform::sink::not_ignored"), "{}", run.said());
    sandbox.write(".gitignore", ".env\n");
    let run = sandbox.ran(by_password_with_bin(&sandbox, &apply));
    assert_eq!(run.code, Some(0), "{}", run.said());
    assert!(!sandbox.path("marker").exists());
    let calls = sandbox.read("calls");
    let top = fs::canonicalize(sandbox.path(".")).unwrap();
    for call in calls.lines() {
        let told = format!("--no-pager --git-dir={0}/.git --work-tree={0} -c core.fsmonitor= ", top.display());
        assert!(call.starts_with(&told) && call.contains(" check-ignore --quiet -- "), "{call}");
    }
}

#[test]
fn under_emulator_git_is_not_asked() {
    let sandbox = trapped();
    git(&sandbox, ".", &["init", "-q"]);
    sandbox.edit(&sandbox.portal.url(), "https://www.arcgis.com");
    let run = sandbox.ran(by_password_with_bin(&sandbox, &["apply", "--auto-approve", "--emulator"]));
    assert_eq!(run.code, Some(0), "{}", run.said());
    for verb in [&["validate"][..], &["plan", "--emulator"], &["status", "--emulator"], &["rehearse", "--days", "9"]] {
        let run = sandbox.ran(by_password_with_bin(&sandbox, verb));
        assert_eq!(run.code, Some(0), "{}", run.said());
    }
    assert!(!sandbox.path("marker").exists() && !sandbox.path("calls").exists());
}

#[test]
fn an_included_link_prints_nothing_of_what_it_leads_to() {
    let secret = ["violet", "umbrella", "marmalade", "harbour"].join("-");
    let private = tempfile::tempdir().unwrap();
    let texts = [
        format!("-----BEGIN OPENSSH PRIVATE KEY-----\n{secret}\n-----END OPENSSH PRIVATE KEY-----\n"),
        format!("//registry.example/:_authToken={secret}\n"),
        format!("user: svc\nphrase: {secret}\n"),
    ];
    let sandbox = Sandbox::new();
    sandbox.rewritten(&format!("{SHOP}include: [teams/*.yaml]\n"));
    fs::create_dir(sandbox.path("teams")).unwrap();
    for (n, text) in texts.iter().enumerate() {
        fs::write(private.path().join("file"), text).unwrap();
        let link = sandbox.path("teams/x.yaml");
        for target in [private.path().join("file"), "/proc/self/environ".into(), sandbox.path("own")] {
            fs::write(sandbox.path("own"), text).unwrap();
            let _ = fs::remove_file(&link);
            symlink(&target, &link).unwrap();
            for args in [&["validate"][..], &["validate", "--json"], &["plan"], &["apply", "--auto-approve"]] {
                let run = sandbox.run(args);
                assert_eq!(run.code, Some(1), "{}", run.said());
                assert!(
                    !run.said().contains("umbrella") && !run.said().contains("KEYFORM_TOKEN"),
                    "{n} {}",
                    run.said()
                );
                assert!(run.said().contains("x.yaml"), "{}", run.said());
            }
        }
        fs::remove_file(sandbox.path("own")).unwrap();
    }
    fs::remove_file(sandbox.path("teams/x.yaml")).unwrap();
}

#[test]
fn a_changed_portal_is_asked_nothing_where_the_environment_names_another() {
    let thief = TcpListener::bind("127.0.0.1:0").unwrap();
    thief.set_nonblocking(true).unwrap();
    let sandbox = Sandbox::new();
    let (good, bad) = (sandbox.portal.url(), format!("http://{}", thief.local_addr().unwrap()));
    let run = |args: &[&str], stack: &str| {
        let mut command = sandbox.by_password(args);
        command.env("KEYFORM_PORTAL", format!("{good}/sharing/rest")).env("KEYFORM_STACK", stack);
        sandbox.ran(command)
    };
    assert_eq!(run(&["apply", "--auto-approve"], "shop").code, Some(0));
    sandbox.portal.forget();
    for (change, code) in
        [((good.as_str(), bad.as_str()), "pinned_portal"), (("stack: shop", "stack: other"), "pinned_stack")]
    {
        sandbox.edit(change.0, change.1);
        for args in [
            &["validate"][..],
            &["plan"],
            &["plan", "--emulator"],
            &["apply", "--auto-approve"],
            &["apply", "--auto-approve", "--emulator"],
            &["status"],
            &["doctor"],
            &["forecast"],
            &["explain", "web"],
            &["explain", "web", "--offline"],
            &["rotate", "web", "--auto-approve"],
            &["destroy", "web"],
            &["forget", "web"],
            &["rehearse", "--days", "9"],
            &["revoke", "web", "--slot", "1", "--because", "x"],
        ] {
            let run = run(args, "shop");
            assert_eq!(run.code, Some(1), "{args:?} {}", run.said());
            assert!(run.said().contains(&format!("keyform::config::{code}")), "{args:?} {}", run.said());
        }
        sandbox.edit(change.1, change.0);
    }
    assert!(thief.accept().is_err(), "a request left");
    assert_eq!(sandbox.portal.asked(), Vec::<String>::new());
    assert!(!sandbox.path(".keyform").exists());
    assert_eq!(run(&["plan"], "shop").code, Some(0));
}
