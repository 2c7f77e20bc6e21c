//! A folder, a portal, and keyform run in it with nothing in its environment but what the test says.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use super::portal::Portal;
use super::transcript::Run;

/// One credential that opens base maps, from one site.
pub(crate) const SHOP: &str = "keyform: 1
stack: shop
portal: { url: PORTAL, product: PRODUCT }
credentials:
  web:
    title: Shop map
    used_in: browser
    privileges: [premium:user:basemaps]
    referrers: [https://shop.example.com]
    deliver:
      - dotenv: { path: .env, name: ARCGIS_API_KEY }
";

pub(crate) struct Sandbox {
    folder: tempfile::TempDir,
    pub(crate) portal: Portal,
    env: Vec<(&'static str, String)>,
}

impl Sandbox {
    /// An ArcGIS Online portal in memory, and [`SHOP`] for it.
    pub(crate) fn new() -> Self {
        Self::with(&[]).config(SHOP)
    }

    /// A portal in memory with these flags of `keyform emulator`, and no configuration yet.
    pub(crate) fn with(flags: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let portal = Portal::start(folder.path(), &[&["--in-memory"], flags].concat());
        let token = portal.token();
        Self { folder, portal, env: vec![("KEYFORM_TOKEN", token)] }
    }

    /// A copy of an example, and the portal that `url: emulator` means there.
    pub(crate) fn example(name: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples").join(name);
        copy(&source, folder.path());
        let portal = Portal::start(folder.path(), &["--state", ".keyform/emulator.json"]);
        Self { folder, portal, env: Vec::new() }
    }

    /// Writes keyform.yaml; `PORTAL` stands for the address of this portal, `PRODUCT` for `auto`.
    pub(crate) fn config(self, text: &str) -> Self {
        self.rewritten(text);
        self
    }

    /// The same as [`Sandbox::config`], for one that is in use.
    pub(crate) fn rewritten(&self, text: &str) -> &Self {
        self.write("keyform.yaml", &text.replace("PORTAL", &self.portal.url()).replace("PRODUCT", "auto"));
        self
    }

    /// The environment, in place of the token.
    pub(crate) fn env(mut self, env: &[(&'static str, &str)]) -> Self {
        self.env = env.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
        self
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).unwrap();
    }

    pub(crate) fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    /// A shell script that a sink or a test may start.
    pub(crate) fn program(&self, name: &str, script: &str) {
        self.write(name, &format!("#!/bin/sh\nPATH=/usr/local/bin:/usr/bin:/bin\n{script}\n"));
        fs::set_permissions(self.path(name), fs::Permissions::from_mode(0o755)).unwrap();
    }

    /// Changes keyform.yaml as an editor would.
    pub(crate) fn edit(&self, from: &str, to: &str) {
        let text = self.read("keyform.yaml");
        assert!(text.contains(from), "{from} is not in {text}");
        self.write("keyform.yaml", &text.replace(from, to));
    }

    /// The key in a file.
    pub(crate) fn key_in(&self, name: &str) -> String {
        let text = self.read(name);
        let start = text.find("AAPT").unwrap_or_else(|| panic!("no key in {name}"));
        text[start..].chars().take_while(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-')).collect()
    }

    /// A run that is not started yet.
    pub(crate) fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_keyform"));
        command.args(args).current_dir(self.folder.path()).env_clear();
        command.envs(self.env.iter().map(|(name, value)| (name, value)));
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// What such a run printed. No key is ever part of it.
    pub(crate) fn ran(&self, child: Child) -> Run {
        let masks =
            vec![(self.portal.port().to_owned(), "PORT"), (self.folder.path().to_str().unwrap().to_owned(), "FOLDER")];
        let run = Run::new(&child.wait_with_output().unwrap(), masks);
        let printed = format!("{}{}", run.stdout, run.stderr);
        assert!(!printed.contains("AAPT"), "a key was printed: {printed}");
        for (name, value) in &self.env {
            let secret = matches!(*name, "KEYFORM_TOKEN" | "KEYFORM_PASSWORD");
            assert!(!secret || value.len() < 12 || !printed.contains(value.as_str()), "{name} was printed: {printed}");
        }
        run
    }

    pub(crate) fn run(&self, args: &[&str]) -> Run {
        self.ran(self.command(args).spawn().unwrap())
    }

    /// The same without dates, for a portal whose clock is that of this machine.
    pub(crate) fn undated(&self, args: &[&str]) -> String {
        let digits = |word: &str| word.chars().map(|c| if c.is_ascii_digit() { '0' } else { c }).collect::<String>();
        let date =
            |word: &str| if word.starts_with("20") && word.contains('-') { digits(word) } else { word.to_owned() };
        let text = self.keyform(args);
        let word = |word: &str| {
            let time = word.len() == 6 && word.ends_with('Z');
            if time { digits(word) } else { date(word) }
        };
        let lines = text.lines().map(|line| line.split(' ').map(word).collect::<Vec<_>>().join(" "));
        lines.collect::<Vec<_>>().join("\n")
    }

    /// Applies, and tells the number of the first request to `endpoint`.
    pub(crate) fn apply_counting(&self, endpoint: &str) -> u64 {
        self.portal.forget();
        let run = self.run(&["apply", "--auto-approve"]);
        assert_eq!(run.code, Some(0), "{}", run.text());
        self.portal.number_of(endpoint)
    }

    /// Waits until the portal holds the request that it was told to.
    pub(crate) fn until_held(&self) {
        for _ in 0..10_000 {
            if self.portal.get("hold")["reached"] == true {
                return;
            }
            std::thread::sleep(Duration::from_millis(2));
        }
        panic!("the request to be held never came");
    }

    /// A run whose transcript is to be shown.
    pub(crate) fn keyform(&self, args: &[&str]) -> String {
        self.run(args).text()
    }

    /// With a new token: tokens end before keys do.
    pub(crate) fn renewed(mut self) -> Self {
        self.env = vec![("KEYFORM_TOKEN", self.portal.token())];
        self
    }

    /// Applies what the test starts from.
    pub(crate) fn applied(self) -> Self {
        let run = self.run(&["apply", "--auto-approve"]);
        assert_eq!(run.code, Some(0), "{}", run.text());
        self.portal.forget();
        self
    }
}

/// What git keeps of a folder: the rest is somebody's trial.
fn copy(from: &Path, to: &Path) {
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let place = to.join(path.file_name().unwrap());
        if path.is_dir() && !path.ends_with(".keyform") && !path.ends_with("keys") {
            fs::create_dir(&place).unwrap();
            copy(&path, &place);
        } else if path.extension().is_some_and(|kind| kind == "yaml") {
            fs::copy(&path, place).unwrap();
        }
    }
}
