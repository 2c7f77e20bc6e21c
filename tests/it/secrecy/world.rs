//! A folder with a configuration, a portal, and everything keyform let out of its hands so far.

use std::cell::RefCell;
use std::fs::{self, File};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use super::portal::Portal;
use super::search::Search;

/// Longer than any run takes that does not hang.
const LIMIT: Duration = Duration::from_secs(100);

/// What one run of keyform came to.
pub(crate) struct Run {
    /// `None` if it was killed.
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Run {
    pub(crate) fn said(&self) -> String {
        format!("[exit {:?}]\n{}{}", self.code, self.out, self.err)
    }
}

pub(crate) struct World {
    folder: tempfile::TempDir,
    streams: tempfile::TempDir,
    pub(crate) portal: Portal,
    token: RefCell<(String, i64)>,
    sinks: RefCell<Vec<String>>,
    seen: RefCell<Vec<(String, Vec<u8>)>>,
    runs: RefCell<u32>,
}

/// Stores the key, and writes down everything a program can see of who started it, and of itself.
const STORE: &str = r#"#!/bin/sh
{ cat /proc/$PPID/cmdline; echo; cat /proc/$$/cmdline; echo; env; ls -l /proc/$$/fd; } >> "seen-by-$1" 2>&1
cat > "stored-$1"
"#;

/// Says what is stored.
const CHECK: &str = r#"#!/bin/sh
{ cat /proc/$PPID/cmdline; echo; cat /proc/$$/cmdline; echo; env; } >> "seen-by-$1" 2>&1
[ -f "stored-$1" ] || exit 0
sha256sum < "stored-$1" | cut -c1-16
"#;

/// Each kind of sink that there is.
pub(crate) const EVERY_SINK: &str = "
      - dotenv: { path: .env, name: ARCGIS_API_KEY }
      - file: { path: key.txt, format: raw }
      - file: { path: keys.json, format: json, field: maps.key }
      - file: { path: keys.yaml, format: yaml, field: maps.key }
      - command: { run: [./store, one], check: [./check, one] }";

pub(crate) const DOTENV: &str = "
      - dotenv: { path: .env, name: ARCGIS_API_KEY }";

impl World {
    pub(crate) fn new(deliver: &str) -> Self {
        Self::with(deliver, &[])
    }

    pub(crate) fn with(deliver: &str, switches: &[&str]) -> Self {
        let (folder, streams) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let portal = Portal::start(switches);
        let token = RefCell::new((portal.token(), portal.now()));
        let sinks = ["keys.json", "keys.yaml", "key.txt", ".env", "stored-one"].map(str::to_owned).into();
        let (seen, runs) = (RefCell::default(), RefCell::default());
        let world = Self { folder, streams, portal, token, sinks: RefCell::new(sinks), seen, runs };
        world.configure(&world.portal.url(), deliver, "https://stores.example.com");
        world.program("store", STORE);
        world.program("check", CHECK);
        world
    }

    /// Writes the configuration, for the portal at `url`.
    pub(crate) fn configure(&self, url: &str, deliver: &str, referrer: &str) {
        let config = format!(
            "keyform: 1
stack: planted
portal: {{ url: {url} }}
credentials:
  web:
    folder: Keys
    snippet: A key
    privileges: [premium:user:basemaps, premium:user:geocode]
    referrers: ['{referrer}']
    expiry: {{ lifetime: 180d, renew_before: 30d, overlap: 7d }}
    deliver:{deliver}
"
        );
        self.file("keyform.yaml", config.as_bytes());
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn file(&self, name: &str, content: &[u8]) {
        fs::write(self.path(name), content).unwrap();
    }

    pub(crate) fn program(&self, name: &str, text: &str) {
        self.file(name, text.as_bytes());
        fs::set_permissions(self.path(name), fs::Permissions::from_mode(0o755)).unwrap();
    }

    /// From now on `name` may hold keys.
    pub(crate) fn declare(&self, name: &str) {
        self.sinks.borrow_mut().push(name.to_owned());
    }

    /// A token that works now.
    pub(crate) fn token(&self) -> String {
        let now = self.portal.now();
        let mut token = self.token.borrow_mut();
        if now.abs_diff(token.1) > 20 * 60 * 1000 {
            *token = (self.portal.token(), now);
        }
        token.0.clone()
    }

    pub(crate) fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_keyform"));
        command
            .args(args)
            .current_dir(self.folder.path())
            .env_clear()
            .env("PATH", "/usr/local/bin:/usr/bin:/bin")
            .env("KEYFORM_TOKEN", self.token())
            .stdin(Stdio::null());
        command
    }

    /// The same, signed in by user name and password.
    pub(crate) fn by_password(&self, args: &[&str]) -> Command {
        let mut command = self.command(args);
        command.env_remove("KEYFORM_TOKEN").env("KEYFORM_USERNAME", keyform::emulator::USER);
        command.env("KEYFORM_PASSWORD", &self.portal.password);
        command
    }

    /// Starts `command`; what it says is kept for [`World::ended`].
    pub(crate) fn start(&self, mut command: Command) -> (Child, u32) {
        let number = self.runs.replace_with(|number| *number + 1);
        let stream = |name: &str| File::create(self.streams.path().join(format!("{number}.{name}"))).unwrap();
        let child = command.stdout(stream("out")).stderr(stream("err")).spawn().unwrap();
        (child, number)
    }

    /// Waits for a process that was started, and keeps what it said.
    pub(crate) fn ended(&self, (mut child, number): (Child, u32), what: &str) -> Run {
        let began = Instant::now();
        let status = loop {
            if let Some(status) = child.try_wait().unwrap() {
                break status;
            }
            if began.elapsed() > LIMIT {
                let _ = child.kill();
                panic!("`{what}` does not end");
            }
            std::thread::sleep(Duration::from_millis(5));
        };
        let read = |name: &str| fs::read(self.streams.path().join(format!("{number}.{name}"))).unwrap_or_default();
        let (out, err) = (read("out"), read("err"));
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let run = Run { code: status.code(), out: text(&out), err: text(&err) };
        assert!(!run.said().contains("panicked"), "{what}: {}", run.said());
        self.seen.borrow_mut().extend([(format!("stdout of {what}"), out), (format!("stderr of {what}"), err)]);
        run
    }

    pub(crate) fn run(&self, command: Command, what: &str) -> Run {
        let started = self.start(command);
        self.ended(started, what)
    }

    pub(crate) fn keyform(&self, args: &[&str]) -> Run {
        self.run(self.command(args), &args.join(" "))
    }

    pub(crate) fn apply(&self) -> Run {
        self.keyform(&["apply", "--auto-approve", "-vvv"])
    }

    pub(crate) fn applied(&self) {
        let run = self.apply();
        assert_eq!(run.code, Some(0), "{}", run.said());
    }

    /// The key in `.env`.
    pub(crate) fn key(&self) -> Option<String> {
        let text = fs::read_to_string(self.path(".env")).ok()?;
        Some(text.trim().strip_prefix("ARCGIS_API_KEY=")?.to_owned())
    }

    /// What to look for: everything the portal knows, and what was planted besides.
    pub(crate) fn search(&self, planted: &[&str]) -> Search {
        let mut search = Search::default();
        for (what, secret) in self.portal.secrets() {
            search.add(&what, &secret);
        }
        for secret in planted {
            search.add("a planted key", secret);
        }
        search
    }

    /// Every place where a secret is that has no business there.
    pub(crate) fn leaks(&self, planted: &[&str]) -> Vec<String> {
        let search = self.search(planted);
        let mut leaks = Vec::new();
        let mut look = |place: &str, bytes: &[u8]| {
            leaks.extend(search.find(bytes).map(|found| format!("{place}: {found}")));
        };
        for (place, bytes) in self.seen.borrow().iter() {
            look(place, bytes);
        }
        for address in self.portal.asked() {
            look("an address that was asked for", address.as_bytes());
        }
        look("the emulator's own words", &self.portal.words());
        for path in files(self.folder.path()) {
            let name = path.strip_prefix(self.folder.path()).unwrap().to_string_lossy().into_owned();
            if !self.sinks.borrow().contains(&name) {
                look(&format!("the name of {name}"), name.as_bytes());
                look(&format!("the file {name}"), &fs::read(&path).unwrap_or_default());
            }
        }
        leaks
    }

    #[track_caller]
    pub(crate) fn holds_tight(&self, planted: &[&str]) {
        let leaks = self.leaks(planted);
        assert!(leaks.is_empty(), "{}", leaks.join("\n"));
    }
}

/// Every regular file below `folder`.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        let kind = entry.file_type().unwrap();
        if kind.is_dir() {
            found.extend(files(&entry.path()));
        } else if kind.is_file() {
            found.push(entry.path());
        }
    }
    found
}

/// Cases run side by side: most of their time is waiting.
const WORKERS: usize = 6;

/// Does `case` for each of `cases`; all of them, whatever becomes of one.
pub(crate) fn side_by_side<T: Sync>(cases: &[T], case: impl Fn(&T) + Sync) {
    let next = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..WORKERS {
            scope.spawn(|| {
                while let Some(one) = cases.get(next.fetch_add(1, Ordering::Relaxed)) {
                    case(one);
                }
            });
        }
    });
}
