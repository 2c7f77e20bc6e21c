//! One case: a portal, a folder with a configuration, a keyform that dies, one that recovers, and what is left.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::LazyLock;
use std::time::Duration;

use serde_json::{Value, json};

use super::portal::Portal;

/// Where in a request or a sink write the process dies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum When {
    Before,
    After,
    /// Of a request: the answer has left the portal.
    Answered,
}

/// One moment to die at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Point {
    Request {
        n: u64,
        when: When,
    },
    /// The rename that puts a file in its place.
    Rename {
        n: u64,
        when: When,
    },
    /// The program that stores the key.
    Command {
        n: u64,
        when: When,
    },
}

pub(crate) struct Sandbox {
    folder: tempfile::TempDir,
    portal: Portal,
    token: String,
}

/// What kills at renames, compiled once.
static SHIM: LazyLock<(tempfile::TempDir, PathBuf)> = LazyLock::new(|| {
    let folder = tempfile::tempdir().unwrap();
    let shim = folder.path().join("renames.so");
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/crash/renames.c");
    let built = Command::new("cc").args(["-shared", "-fPIC", "-O1", "-o"]).arg(&shim).arg(source).arg("-ldl").status();
    assert!(built.is_ok_and(|status| status.success()), "a C compiler is needed for the sweep of sink writes");
    (folder, shim)
});

/// A program that stores what it is given, and dies with whoever started it where the case says so.
const STORE: &str = r#"#!/bin/sh
n=$(( $(cat writes 2>/dev/null || echo 0) + 1 ))
echo $n > writes
if [ "$STORE_KILL" = "$n" ] && [ "$STORE_WHEN" = before ]; then kill -9 $PPID; exit 1; fi
cat > "stored-$1"
if [ "$STORE_KILL" = "$n" ] && [ "$STORE_WHEN" = after ]; then kill -9 $PPID; exit 1; fi
"#;

/// A program that says what is stored.
const CHECK: &str = r#"#!/bin/sh
[ -f "stored-$1" ] || exit 0
sha256sum < "stored-$1" | cut -c1-16
"#;

impl Sandbox {
    pub(crate) fn new(deliver: &str, switches: &[String]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let portal = Portal::start(switches);
        let token = portal.token();
        let config = format!(
            "keyform: 1
stack: sweep
portal: {{ url: {} }}
credentials:
  web:
    folder: Keys
    tags: [maps]
    snippet: A key
    description: A <b>key</b> & more
    privileges: [premium:user:basemaps, premium:user:geocode]
    referrers: [https://stores.example.com]
    expiry: {{ lifetime: 180d, renew_before: 30d, overlap: 7d }}
    deliver:{deliver}
",
            portal.url()
        );
        fs::write(folder.path().join("keyform.yaml"), config).unwrap();
        for (name, text) in [("store", STORE), ("check", CHECK)] {
            let path = folder.path().join(name);
            fs::write(&path, text).unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        }
        Self { folder, portal, token }
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_keyform"));
        command
            .args(args)
            .current_dir(self.folder.path())
            .env_clear()
            .env("PATH", "/usr/local/bin:/usr/bin:/bin")
            .env("KEYFORM_TOKEN", &self.token)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    fn apply(&self) -> Command {
        self.command(&["apply", "--auto-approve"])
    }

    fn keyform(&self, args: &[&str]) -> Output {
        self.command(args).output().unwrap()
    }

    /// Runs to the end; how many requests, renames and programs that took.
    pub(crate) fn undisturbed(&self) -> (u64, u64, u64) {
        let log = self.folder.path().join("renames");
        let done = self.apply().env("LD_PRELOAD", &SHIM.1).env("RENAMES_LOG", &log).output().unwrap();
        assert!(done.status.success(), "{}{}", text(&done.stdout), text(&done.stderr));
        let requests = self.portal.requests();
        let renames = fs::read_to_string(&log).map_or(0, |log| log.lines().count());
        let commands: u64 =
            fs::read_to_string(self.folder.path().join("writes")).map_or(0, |n| n.trim().parse().unwrap());
        fs::remove_file(log).ok();
        self.judge().unwrap_or_else(|why| panic!("an undisturbed run: {why}"));
        (requests, renames as u64, commands)
    }

    /// Dies at `point`, waits until the lease ran out, runs again, and judges what is left.
    pub(crate) fn crash_and_recover(&self, point: Point) -> Result<(), String> {
        match point {
            Point::Request { n, when } => self.die_at_request(n, when)?,
            Point::Rename { n, when } => Self::die(
                self.apply()
                    .env("LD_PRELOAD", &SHIM.1)
                    .env("RENAMES_KILL", n.to_string())
                    .env("RENAMES_WHEN", word(when)),
            )?,
            Point::Command { n, when } => {
                Self::die(self.apply().env("STORE_KILL", n.to_string()).env("STORE_WHEN", word(when)))?;
            }
        }
        self.portal.call("POST", "clock", &json!({"advance": "11m"}));
        let again = self.apply().output().unwrap();
        if !again.status.success() {
            return Err(format!("recovery failed: {}{}", text(&again.stdout), text(&again.stderr)));
        }
        self.judge()
    }

    fn die(command: &mut Command) -> Result<(), String> {
        let died = command.output().unwrap();
        match died.status.code() {
            None => Ok(()),
            Some(_) => Err(format!("was not killed: {}{}", text(&died.stdout), text(&died.stderr))),
        }
    }

    fn die_at_request(&self, n: u64, when: When) -> Result<(), String> {
        self.portal.call("POST", "hold", &json!({"request": n, "at": word(when)}));
        let mut child = self.apply().spawn().unwrap();
        let mut waited = 0;
        while self.portal.get("hold")["reached"] != json!(true) {
            let ended = child.try_wait().unwrap();
            if ended.is_some_and(|status| status.success()) && when == When::Answered {
                // The last answer: keyform may be gone before anybody can kill it.
                self.portal.call("POST", "release", &json!({"act": false}));
                return Ok(());
            }
            if ended.is_some() || waited > 15_000 {
                let _ = child.kill();
                return Err(format!("request {n} was never reached: {}", rest(child)));
            }
            std::thread::sleep(Duration::from_millis(2));
            waited += 2;
        }
        child.kill().unwrap();
        child.wait().unwrap();
        // What was held before the portal acted never arrives.
        self.portal.call("POST", "release", &json!({"act": false}));
        Ok(())
    }

    /// One item with one live key that every sink holds, nothing to do, and no other file with a key in it.
    fn judge(&self) -> Result<(), String> {
        let state = self.portal.get("state");
        let marked = |item: &&Value| {
            item["tags"].as_array().is_some_and(|tags| tags.iter().any(|tag| tag == "keyform:sweep/web"))
                && item["recycled"] != json!(true)
        };
        let items: Vec<&Value> = state["items"].as_array().into_iter().flatten().filter(marked).collect();
        let [item] = items.as_slice() else { return Err(format!("{} items", items.len())) };
        let live: Vec<&str> = state["keys"]
            .as_array()
            .into_iter()
            .flatten()
            .filter(|key| key["live"] == json!(true))
            .filter_map(|key| key["fingerprint"].as_str())
            .collect();
        let sinks = self.sinks();
        for (sink, fingerprint) in &sinks {
            if !live.contains(&fingerprint.as_str()) {
                return Err(format!("{sink} holds {fingerprint}, live are {live:?}"));
            }
        }
        let held: std::collections::BTreeSet<&String> = sinks.values().collect();
        // A sink that cannot tell may have got a key that nobody can give back: it stays, as an old key, for its overlap.
        let doubtful = self.folder.path().join("stored-one").exists() && live.len() == 2;
        if held.len() != 1 || !(live.len() == 1 || doubtful) {
            return Err(format!("live {live:?}, in sinks {sinks:?}"));
        }
        let folders = state["folders"].as_array().map_or(0, Vec::len);
        if folders != 1 {
            return Err(format!("{folders} folders are left: {}", state["folders"]));
        }
        let phase = item["properties"].to_string();
        if !phase.contains("delivered") {
            return Err(format!("the ledger is {phase}"));
        }
        let plan = self.keyform(&["plan", "--detailed-exitcode"]);
        if plan.status.code() != Some(0) {
            return Err(format!("the next plan is not empty: {}{}", text(&plan.stdout), text(&plan.stderr)));
        }
        self.no_key_left_behind()
    }

    /// Fingerprints of what the sinks hold.
    fn sinks(&self) -> BTreeMap<&'static str, String> {
        let mut found = BTreeMap::new();
        for name in [".env", "keys.json", "stored-one"] {
            let Ok(content) = fs::read_to_string(self.folder.path().join(name)) else { continue };
            found.insert(name, keyform::emulator::fingerprint(&key_in(&content).unwrap_or_default()));
        }
        found
    }

    fn no_key_left_behind(&self) -> Result<(), String> {
        for entry in fs::read_dir(self.folder.path()).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            let declared = [".env", "keys.json", "stored-one"].contains(&name.as_str());
            let content = fs::read(&path).unwrap_or_default();
            if !declared && key_in(&String::from_utf8_lossy(&content)).is_some() {
                return Err(format!("{name} holds a key"));
            }
        }
        Ok(())
    }
}

fn word(when: When) -> &'static str {
    match when {
        When::Before => "before",
        When::After => "after",
        When::Answered => "answered",
    }
}

/// The first key in a text.
fn key_in(text: &str) -> Option<String> {
    let start = text.find("AAPT")?;
    Some(text[start..].chars().take_while(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-')).collect())
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn rest(child: Child) -> String {
    let output = child.wait_with_output().unwrap();
    text(&output.stdout) + &text(&output.stderr)
}
