//! What sinks promise, tried on real files, git and programs.

mod command;
mod file;
mod git;

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use jiff::SignedDuration;
use keyform::model::{Delivery, Secret, SourceLine};
use keyform::sink::kind::{Sink, SinkPath};
use keyform::sink::kinds::{Command, File, Format};
use keyform::sink::{Look, SinkError, Sinks, known};

/// A folder that goes with the test, and sinks in it.
struct Sandbox {
    folder: tempfile::TempDir,
    sinks: Sinks,
}

impl Sandbox {
    fn new() -> Self {
        let ours = [("KEYFORM_PASSWORD".into(), "hunter".into()), ("SEEN".into(), "yes".into())];
        let environment = std::env::vars_os().filter(|(name, _)| name == "PATH").chain(ours);
        Self { folder: tempfile::tempdir().unwrap(), sinks: Sinks::new(environment) }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn has(self, name: &str, text: &str) -> Self {
        fs::write(self.path(name), text).unwrap();
        self
    }

    fn text(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap()
    }

    fn mode(&self, name: &str) -> u32 {
        fs::metadata(self.path(name)).unwrap().mode() & 0o777
    }

    fn chmod(&self, name: &str, mode: u32) {
        fs::set_permissions(self.path(name), fs::Permissions::from_mode(mode)).unwrap();
    }

    /// Everything in the folder, hidden or not.
    fn names(&self) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(self.folder.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    fn raw(&self, name: &str) -> Delivery {
        delivery(File { path: self.sink_path(name), format: Format::Raw })
    }

    fn json(&self, name: &str, field: &str) -> Delivery {
        let format = Format::Json { field: field.into() };
        delivery(File { path: self.sink_path(name), format })
    }

    fn yaml(&self, name: &str, field: &str) -> Delivery {
        let format = Format::Yaml { field: field.into() };
        delivery(File { path: self.sink_path(name), format })
    }

    fn dotenv(&self, name: &str, variable: &str) -> Delivery {
        delivery(File { path: self.sink_path(name), format: Format::Dotenv { name: variable.into() } })
    }

    fn command(&self, run: &[&str], check: Option<&[&str]>, timeout: SignedDuration) -> Delivery {
        let words = |words: &[&str]| words.iter().map(ToString::to_string).collect();
        delivery(Command { run: words(run), check: check.map(words), timeout, dir: self.folder.path().to_owned() })
    }

    fn sink_path(&self, name: &str) -> SinkPath {
        SinkPath { shown: name.into(), at: self.path(name) }
    }

    async fn value(&self, delivery: &Delivery) -> Option<String> {
        match self.sinks.look(delivery, false).await {
            Look::Value(key) => Some(key.reveal().to_owned()),
            Look::Absent => None,
            Look::Unreadable { why } => panic!("unreadable: {why}"),
            Look::Confirms(_) | Look::Written { .. } | Look::NotAsked => panic!("not a value"),
        }
    }

    async fn unreadable(&self, delivery: &Delivery, ask: bool) -> String {
        match self.sinks.look(delivery, ask).await {
            Look::Unreadable { why } => why,
            Look::Value(_) | Look::Absent | Look::Confirms(_) | Look::Written { .. } | Look::NotAsked => {
                panic!("it can be read")
            }
        }
    }

    async fn check_code(&self, delivery: &Delivery) -> &'static str {
        code(self.sinks.check(delivery).await)
    }

    async fn write_code(&self, delivery: &Delivery) -> &'static str {
        code(self.sinks.write(delivery, &key()).await)
    }
}

fn delivery(sink: impl Sink) -> Delivery {
    let source = SourceLine { file: "keyform.yaml".into(), line: 1 };
    let (id, target) = known(Box::new(sink));
    Delivery { id, label: "file".into(), target, heal: true, escrow: false, source }
}

fn code(result: Result<(), SinkError>) -> &'static str {
    result.map_or_else(|error| error.code().id.trim_start_matches("keyform::sink::"), |()| "ok")
}

/// Long enough to be looked for, and put together so that no scanner takes it for a real one.
fn key() -> Secret {
    Secret::new(["AAPT", "x3y_-", "0123456789abcdef", ".AT1_", "abcdefgh"].concat())
}

fn run_git(folder: &Path, words: &[&str]) {
    let status = std::process::Command::new("git")
        .args(["-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "init.defaultBranch=main"])
        .args(words)
        .current_dir(folder)
        .env_remove("GIT_DIR")
        .stdout(std::process::Stdio::null())
        .status();
    assert!(status.unwrap().success());
}
