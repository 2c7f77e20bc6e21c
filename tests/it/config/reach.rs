//! What a configuration may touch, and that nothing is shown of a file that is none.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use keyform::config::{LoadOptions, Loaded, load};
use rustix::fs::{CWD, FileType, Mode, mknodat};

use super::{lines, options, shown};

const ROOT: &str = "keyform: 1\nstack: s\nportal: { url: emulator, product: online }\n";

/// Two folders side by side: the repository and what is private.
struct Machine {
    folder: tempfile::TempDir,
}

impl Machine {
    fn new() -> Self {
        let machine = Self { folder: tempfile::tempdir().unwrap() };
        for folder in ["repo/infra", "repo/teams", "private"] {
            fs::create_dir_all(machine.path(folder)).unwrap();
        }
        machine
    }

    fn with_git(self) -> Self {
        fs::create_dir(self.path("repo/.git")).unwrap();
        self
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn has(&self, name: &str, text: &str) -> &Self {
        fs::write(self.path(name), text).unwrap();
        self
    }

    fn link(&self, name: &str, to: impl AsRef<Path>) -> &Self {
        symlink(to, self.path(name)).unwrap();
        self
    }

    fn load(&self, reach: &[&str]) -> Loaded {
        let reach = reach.iter().map(|folder| self.path(folder)).collect();
        load(&self.path("repo/infra"), LoadOptions { reach, ..options() })
    }

    /// Includes `pattern`, and tells what is wrong.
    fn including(&self, pattern: &str) -> Vec<String> {
        self.has("repo/infra/keyform.yaml", &format!("{ROOT}include: ['{pattern}']\n"));
        let loaded = self.load(&[]);
        let said = format!("{}{}{loaded:?}", shown(&loaded), loaded.report.to_json());
        assert!(!said.contains(SECRET), "{said}");
        lines(&loaded).into_iter().map(|line| line.replace(self.folder.path().to_str().unwrap(), "")).collect()
    }
}

/// Stands in every private file; not like a secret, so that nothing else keeps it from being shown.
const SECRET: &str = "violet-umbrella";

fn credential(path: &str) -> String {
    format!(
        "credentials:\n  web:\n    privileges: [premium:user:basemaps]\n    referrers: [https://a.example]\n    \
         deliver: [{{ file: {{ path: '{path}' }} }}]\n"
    )
}

#[test]
fn of_what_is_no_configuration_nothing_is_shown_wherever_it_comes_from() {
    let texts = [
        format!("//registry.example/:_authToken={SECRET}\n"),
        format!("-----BEGIN KEY-----\n{SECRET}\n{SECRET}==\n-----END KEY-----\n"),
        format!("machine example.com\n  login: {SECRET}: x\n"),
        format!("user: {SECRET}\n{SECRET}: 1\n"),
        format!("- {SECRET}\n"),
        format!("[{SECRET}, {{ a: *{SECRET} }}"),
        format!("\"{SECRET}\""),
        format!("\t{SECRET}"),
        format!("--- {SECRET}\n--- {SECRET}\n"),
        format!("{{\"{SECRET}\": \"{SECRET}\"}}"),
        format!("!{SECRET} x: 1"),
    ];
    for text in texts {
        let machine = Machine::new().with_git();
        machine.has("repo/.npmrc", &text).link("repo/teams/a.yaml", "../.npmrc");
        let found = machine.including("../teams/*.yaml");
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].starts_with("1:1 error "), "{found:?}");
        // The root file may be a link, too.
        fs::remove_file(machine.path("repo/infra/keyform.yaml")).unwrap();
        machine.link("repo/infra/keyform.yaml", "../.npmrc");
        let loaded = machine.load(&[]);
        let said = format!("{}{}{loaded:?}", shown(&loaded), loaded.report.to_json());
        assert!(loaded.spec.is_none() && !said.contains(SECRET), "{said}");
    }
    let machine = Machine::new().with_git();
    machine.has("repo/teams/a.yaml", "a: 1\n");
    let found = machine.including("../teams/*.yaml");
    assert_eq!(found, ["1:1 error not_a_configuration: the file has no key of a configuration"]);
}

#[test]
fn links_are_followed_before_reach_is_judged() {
    let machine = Machine::new().with_git();
    machine.has("private/key", SECRET).has("private/keys.yaml", &credential("k"));
    machine.link("repo/teams/a.yaml", "../../private/key").link("repo/teams/b.yaml", "../../private/keys.yaml");
    machine.link("repo/teams/folder", "../../private");
    for pattern in ["../teams/a.yaml", "../teams/b.yaml", "../teams/folder/keys.yaml", "../../private/key"] {
        let found = machine.including(pattern);
        let told = format!("4:11 error outside_reach: `{pattern}` is outside of what this configuration may read");
        assert_eq!(found, [told]);
    }
    let found = machine.including("../teams/*.yaml");
    assert!(found.len() == 2 && found.iter().all(|line| line.contains("outside_reach")), "{found:?}");
    for pattern in ["/**/*.yaml", "../../*/keys.yaml", "../teams/folder/*.yaml", "/etc/*"] {
        let found = machine.including(pattern);
        let told = format!("4:11 error outside_reach: `{pattern}` looks outside of what this configuration may read");
        assert_eq!(found, [told]);
    }
}

#[test]
fn without_git_reach_ends_at_the_root_files_folder() {
    let machine = Machine::new();
    machine.has("repo/teams/a.yaml", &credential("k"));
    assert!(machine.including("../teams/*.yaml")[0].contains("outside_reach"));
    machine.has("repo/infra/a.yaml", &credential("k"));
    assert_eq!(machine.including("a.yaml"), Vec::<String>::new());
    assert_eq!(
        Machine::new().with_git().has("repo/teams/a.yaml", &credential("k")).including("../teams/*.yaml"),
        [""; 0]
    );
}

#[test]
fn pipes_devices_and_windows_to_processes_are_refused_before_they_are_read() {
    let machine = Machine::new().with_git();
    // As if the whole machine were one repository.
    let everywhere = format!("{ROOT}reach: [/]\n");
    mknodat(CWD, machine.path("repo/teams/pipe.yaml"), FileType::Fifo, Mode::RUSR, 0).unwrap();
    machine.link("repo/teams/zero.yaml", "/dev/zero").link("repo/teams/environ.yaml", "/proc/self/environ");
    for name in ["pipe", "zero", "environ"] {
        let root = format!("{everywhere}include: [../teams/{name}.yaml]\n");
        let loaded = load(
            machine.has("repo/infra/keyform.yaml", &root).path("repo/infra").as_path(),
            LoadOptions { reach: vec!["/".into()], ..options() },
        );
        let found = lines(&loaded);
        assert!(found.len() == 1 && found[0].contains("not_regular"), "{found:?}");
        assert!(machine.including(&format!("../teams/{name}.yaml")).len() == 1);
        let portal = ROOT.replace("product: online", &format!("product: online, ca_bundle: ../teams/{name}.yaml"));
        machine.has("repo/infra/keyform.yaml", &portal);
        let found = lines(&machine.load(&[]));
        let wanted = if name == "pipe" { "not_regular" } else { "outside_reach" };
        assert!(found.len() == 1 && found[0].contains(wanted), "{found:?}");
    }
}

#[test]
fn reach_goes_further_only_where_root_file_and_command_line_agree() {
    let machine = Machine::new().with_git();
    machine.has("private/keys.yaml", &credential("k"));
    let root = |reach: &str| format!("{ROOT}include: [../../private/keys.yaml]\n{reach}");
    machine.has("repo/infra/keyform.yaml", &root("reach: [../../private]\n"));
    assert_eq!(lines(&machine.load(&["private"])), [""; 0]);
    assert!(lines(&machine.load(&[]))[0].contains("outside_reach"));
    assert!(lines(&machine.load(&["repo"]))[0].contains("outside_reach"));
    machine.has("repo/infra/keyform.yaml", &root(""));
    assert!(lines(&machine.load(&["private"]))[0].contains("outside_reach"));
}

#[test]
fn certificates_lie_within_reach_and_are_small() {
    let machine = Machine::new().with_git();
    let bundle = |path: &str| {
        let portal = ROOT.replace("product: online", &format!("product: online, ca_bundle: {path}"));
        machine.has("repo/infra/keyform.yaml", &portal);
        lines(&machine.load(&[])).first().cloned().unwrap_or_default()
    };
    machine.has("repo/ca.pem", "x").has("private/ca.pem", "x").has("repo/large.pem", &"x".repeat(1024 * 1024 + 1));
    machine.link("repo/link.pem", "../private/ca.pem");
    assert_eq!(bundle("../ca.pem"), "");
    assert_eq!(bundle("not-there-yet.pem"), "");
    for path in ["../../private/ca.pem", "../link.pem", "/etc/passwd"] {
        assert!(bundle(path).contains("3:54 error outside_reach"), "{}", bundle(path));
    }
    assert!(bundle("../large.pem").contains("too_large") && bundle("..").contains("not_regular"));
}

#[test]
fn an_included_file_delivers_below_the_root_files_folder_or_beside_itself() {
    let machine = Machine::new().with_git();
    fs::create_dir(machine.path("repo/apps")).unwrap();
    machine.link("repo/teams/out", "../../private").link("repo/teams/up", "..");
    machine.link("repo/teams/dangling", "../../private/new");
    let told = |path: &str, reach: &str, allowed: &[&str]| {
        machine.has("repo/infra/keyform.yaml", &format!("{ROOT}include: [../teams/a.yaml]\n{reach}"));
        machine.has("repo/teams/a.yaml", &credential(path));
        lines(&machine.load(allowed)).first().cloned().unwrap_or_default()
    };
    for path in [".env", "keys/a", "../infra/.env"] {
        assert_eq!(told(path, "", &[]), "", "{path}");
    }
    for path in
        ["../.env", "../apps/.env", "../../private/k", "out/k", "up/k", "dangling", "/root/.ssh/authorized_keys"]
    {
        assert!(told(path, "", &[]).contains("error sink_reach"), "{path}");
    }
    assert_eq!(told("../apps/.env", "reach: [../apps]\n", &["repo/apps"]), "");
    assert!(told("../apps/.env", "reach: [../apps]\n", &[]).contains("sink_reach"));
}

#[test]
fn an_include_that_never_ends_is_refused() {
    let machine = Machine::new().with_git();
    let found = machine.including(&format!("{}*.yaml", "a/".repeat(70)));
    assert!(found[0].contains("error include_too_many"), "{found:?}");
}
