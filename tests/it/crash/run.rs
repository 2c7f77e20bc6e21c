//! One case: a portal, a folder with a configuration, a keyform that dies, one that recovers, and what is left.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

use serde_json::json;

use crate::support::portal::Start;
use crate::support::sandbox::{Sandbox, key_in};

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

pub(crate) struct Case(Sandbox);

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
const STORE: &str = r#"n=$(( $(cat writes 2>/dev/null || echo 0) + 1 ))
echo $n > writes
if [ "$STORE_KILL" = "$n" ] && [ "$STORE_WHEN" = before ]; then kill -9 $PPID; exit 1; fi
cat > "stored-$1"
if [ "$STORE_KILL" = "$n" ] && [ "$STORE_WHEN" = after ]; then kill -9 $PPID; exit 1; fi"#;

/// A program that says what is stored.
const CHECK: &str = r#"[ -f "stored-$1" ] || exit 0
sha256sum < "stored-$1" | cut -c1-16"#;

/// What a run that nobody disturbs takes.
pub(crate) struct Undisturbed {
    pub(crate) requests: u64,
    /// The numbers of those that write.
    pub(crate) writing: Vec<u64>,
    pub(crate) renames: u64,
    pub(crate) commands: u64,
}

impl Case {
    pub(crate) fn new(deliver: &str, switches: &[String]) -> Self {
        let sandbox = Sandbox::on(Start::default().switches(switches)).with_path().config(&format!(
            "keyform: 1
stack: sweep
portal: {{ url: PORTAL }}
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
"
        ));
        sandbox.declare("stored-one");
        sandbox.program("store", STORE);
        sandbox.program("check", CHECK);
        Self(sandbox)
    }

    fn apply(&self) -> Command {
        self.0.command(&["apply", "--auto-approve"])
    }

    /// Runs to the end, and tells what that took.
    pub(crate) fn undisturbed(&self) -> Undisturbed {
        let log = self.0.path("renames");
        let mut apply = self.apply();
        apply.env("LD_PRELOAD", &SHIM.1).env("RENAMES_LOG", &log);
        let done = self.0.ran(apply);
        assert_eq!(done.code, Some(0), "{}", done.said());
        let (requests, writing) = (self.0.portal.asked().len() as u64, self.0.portal.numbers_of_writes());
        let renames = fs::read_to_string(&log).map_or(0, |log| log.lines().count());
        let commands: u64 = fs::read_to_string(self.0.path("writes")).map_or(0, |n| n.trim().parse().unwrap());
        fs::remove_file(log).ok();
        self.judge().unwrap_or_else(|why| panic!("an undisturbed run: {why}"));
        Undisturbed { requests, writing, renames: renames as u64, commands }
    }

    /// Dies at `point`, waits until the lease ran out, runs again, and judges what is left.
    pub(crate) fn crash_and_recover(&self, point: Point) -> Result<(), String> {
        match point {
            Point::Request { n, when } => self.die_at_request(n, when)?,
            Point::Rename { n, when } => {
                let mut apply = self.apply();
                apply.env("LD_PRELOAD", &SHIM.1);
                apply.env("RENAMES_KILL", n.to_string()).env("RENAMES_WHEN", word(when));
                self.die(apply)?;
            }
            Point::Command { n, when } => {
                let mut apply = self.apply();
                apply.env("STORE_KILL", n.to_string()).env("STORE_WHEN", word(when));
                self.die(apply)?;
            }
        }
        self.0.portal.pass("11m");
        let again = self.0.ran(self.apply());
        if again.code != Some(0) {
            return Err(format!("recovery failed: {}", again.said()));
        }
        self.judge()
    }

    fn die(&self, command: Command) -> Result<(), String> {
        let died = self.0.ran(command);
        if died.code.is_none() { Ok(()) } else { Err(format!("was not killed: {}", died.said())) }
    }

    fn die_at_request(&self, n: u64, when: When) -> Result<(), String> {
        self.0.portal.call("POST", "hold", &json!({"request": n, "at": word(when)}));
        let mut running = self.0.start(self.apply());
        let mut ended = None;
        let reached = self.0.portal.holds_while(|| {
            ended = running.child.try_wait().unwrap();
            ended.is_none()
        });
        if !reached {
            let run = self.0.killed(running);
            // The last answer: keyform may be gone before anybody can kill it.
            if when == When::Answered && ended.is_some_and(|status| status.success()) {
                self.0.portal.call("POST", "release", &json!({"act": false}));
                return Ok(());
            }
            return Err(format!("request {n} was never reached: {}", run.said()));
        }
        let _ = self.0.killed(running);
        // What was held before the portal acted never arrives.
        self.0.portal.call("POST", "release", &json!({"act": false}));
        Ok(())
    }

    /// One item with one live key that every sink holds, nothing to do, and no other file with a key in it.
    fn judge(&self) -> Result<(), String> {
        let items = self.0.portal.tagged("keyform:sweep/web");
        let [item] = items.as_slice() else { return Err(format!("{} items", items.len())) };
        let live = self.0.portal.live();
        let sinks = self.sinks();
        for (sink, fingerprint) in &sinks {
            if !live.contains(fingerprint) {
                return Err(format!("{sink} holds {fingerprint}, live are {live:?}"));
            }
        }
        let held: std::collections::BTreeSet<&String> = sinks.values().collect();
        // A sink that cannot tell may have got a key that nobody can give back: it stays, as an old key, for its overlap.
        let doubtful = self.0.path("stored-one").exists() && live.len() == 2;
        if held.len() != 1 || !(live.len() == 1 || doubtful) {
            return Err(format!("live {live:?}, in sinks {sinks:?}"));
        }
        let folders = &self.0.portal.get("state")["folders"];
        if folders.as_array().is_none_or(|folders| folders.len() != 1) {
            return Err(format!("folders are left: {folders}"));
        }
        let phase = item["properties"].to_string();
        if !phase.contains("delivered") {
            return Err(format!("the ledger is {phase}"));
        }
        let plan = self.0.run(&["plan", "--detailed-exitcode"]);
        if plan.code != Some(0) {
            return Err(format!("the next plan is not empty: {}", plan.said()));
        }
        let leaks = self.0.leaks(&[]);
        if leaks.is_empty() { Ok(()) } else { Err(leaks.join("\n")) }
    }

    /// Fingerprints of what the sinks hold.
    fn sinks(&self) -> BTreeMap<&'static str, String> {
        let mut found = BTreeMap::new();
        for name in [".env", "keys.json", "stored-one"] {
            let Ok(content) = fs::read_to_string(self.0.path(name)) else { continue };
            found.insert(name, keyform::emulator::fingerprint(&key_in(&content).unwrap_or_default()));
        }
        found
    }
}

fn word(when: When) -> &'static str {
    match when {
        When::Before => "before",
        When::After => "after",
        When::Answered => "answered",
    }
}
