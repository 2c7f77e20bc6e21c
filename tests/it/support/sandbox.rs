//! A folder, a portal, and keyform run in it with nothing in its environment but what the test says; and everything
//! that came out of it, to be searched for secrets.

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::portal::{Portal, Start, secrets_in, state_in};
use super::search::{FOUND, Search};
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

/// Where programs of the system are.
pub(crate) const PATH: &str = "/usr/local/bin:/usr/bin:/bin";

/// Longer than any run takes that does not hang.
const LIMIT: Duration = Duration::from_secs(100);

pub(crate) struct Sandbox {
    folder: tempfile::TempDir,
    /// Not in the folder, so that nothing but keyform's own files is found there.
    streams: tempfile::TempDir,
    pub(crate) portal: Portal,
    /// What signs in, in place of a token of the portal's.
    sign_in: Option<Vec<(&'static str, String)>>,
    /// The rest of the environment.
    env: Vec<(&'static str, &'static str)>,
    token: RefCell<(String, i64)>,
    /// Files that may hold keys.
    sinks: RefCell<BTreeSet<String>>,
    heard: RefCell<Vec<(String, Vec<u8>)>>,
    runs: Cell<u32>,
    searched: bool,
}

/// A run that is not over; it is killed if nobody waits for it.
pub(crate) struct Running {
    pub(crate) child: Child,
    number: u32,
    what: String,
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Sandbox {
    /// An ArcGIS Online portal in memory, and [`SHOP`] for it.
    pub(crate) fn new() -> Self {
        Self::on(Start::default()).config(SHOP)
    }

    /// A portal that is started like this, and no configuration yet.
    pub(crate) fn on(start: Start) -> Self {
        Self::in_folder(tempfile::tempdir().unwrap(), start)
    }

    /// A copy of an example, and the portal that `url: emulator` means there.
    pub(crate) fn example(name: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let start = Start::default().kept_in(folder.path().join(".keyform/emulator.json"));
        let start = if name == "quickstart" { start.profile("location-platform") } else { start };
        let mut sandbox = Self::in_folder(folder, start);
        sandbox.sign_in = Some(Vec::new());
        sandbox.copy(&Path::new(env!("CARGO_MANIFEST_DIR")).join("examples").join(name), "");
        sandbox
    }

    fn in_folder(folder: tempfile::TempDir, start: Start) -> Self {
        let portal = start.start();
        Self {
            folder,
            streams: tempfile::tempdir().unwrap(),
            token: RefCell::new((portal.token(), portal.now())),
            portal,
            sign_in: None,
            env: Vec::new(),
            sinks: RefCell::default(),
            heard: RefCell::default(),
            runs: Cell::default(),
            searched: true,
        }
    }

    /// Writes keyform.yaml; `PORTAL` stands for the address of this portal, `PRODUCT` for `auto`.
    pub(crate) fn config(self, text: &str) -> Self {
        self.rewritten(text);
        self
    }

    /// The same as [`Sandbox::config`], for one that is in use.
    pub(crate) fn rewritten(&self, text: &str) -> &Self {
        self.write("keyform.yaml", text.replace("PORTAL", &self.portal.url()).replace("PRODUCT", "auto"));
        self
    }

    /// What signs in, in place of the token.
    pub(crate) fn env(mut self, env: &[(&'static str, &str)]) -> Self {
        self.sign_in = Some(env.iter().map(|(name, value)| (*name, (*value).to_owned())).collect());
        self
    }

    /// With [`PATH`]: programs that a sink starts find others.
    pub(crate) fn with_path(mut self) -> Self {
        self.env.push(("PATH", PATH));
        self
    }

    /// Without the search for secrets at the end: something is leaked on purpose.
    pub(crate) fn unsearched(mut self) -> Self {
        self.searched = false;
        self
    }

    /// From now on the file `name` may hold keys. Every `path:` of a configuration may, without being declared.
    pub(crate) fn declare(&self, name: &str) {
        self.sinks.borrow_mut().insert(name.to_owned());
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        fs::write(self.path(name), &content).unwrap();
        if Path::new(name).extension().is_some_and(|kind| kind == "yaml") {
            let text = String::from_utf8_lossy(content.as_ref());
            let folder = Path::new(name).parent().unwrap();
            for sink in paths_in(&text) {
                self.declare(folder.join(sink).to_str().unwrap());
            }
        }
    }

    pub(crate) fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    /// A shell script that a sink or a test may start.
    pub(crate) fn program(&self, name: &str, script: &str) {
        self.write(name, format!("#!/bin/sh\nPATH={PATH}\n{script}\n"));
        fs::set_permissions(self.path(name), fs::Permissions::from_mode(0o755)).unwrap();
    }

    /// Changes keyform.yaml as an editor would.
    pub(crate) fn edit(&self, from: &str, to: &str) {
        let text = self.read("keyform.yaml");
        assert!(text.contains(from), "{from} is not in {text}");
        self.write("keyform.yaml", text.replace(from, to));
    }

    /// What git keeps of a folder: the rest is somebody's trial.
    fn copy(&self, from: &Path, to: &str) {
        for entry in fs::read_dir(from).unwrap() {
            let path = entry.unwrap().path();
            let place = Path::new(to).join(path.file_name().unwrap());
            let place = place.to_str().unwrap();
            if path.is_dir() && !path.ends_with(".keyform") && !path.ends_with("keys") {
                fs::create_dir(self.path(place)).unwrap();
                self.copy(&path, place);
            } else if path.extension().is_some_and(|kind| kind == "yaml") {
                self.write(place, fs::read(&path).unwrap());
            }
        }
    }

    /// The key in a file.
    pub(crate) fn key_in(&self, name: &str) -> String {
        key_in(&self.read(name)).unwrap_or_else(|| panic!("no key in {name}"))
    }

    /// The key in `.env`, if there is one.
    pub(crate) fn key(&self) -> Option<String> {
        key_in(&fs::read_to_string(self.path(".env")).ok()?)
    }

    /// A token that works now: tokens end before keys do.
    pub(crate) fn token(&self) -> String {
        let now = self.portal.now();
        let mut token = self.token.borrow_mut();
        if now.abs_diff(token.1) > 20 * 60 * 1000 {
            *token = (self.portal.token(), now);
        }
        token.0.clone()
    }

    /// A run that is not started yet.
    pub(crate) fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_keyform"));
        command.args(args);
        self.placed(command)
    }

    /// A shell that starts keyform, as `"$0"`, in the place and with the sign-in that keyform would have.
    pub(crate) fn shell(&self, script: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", script, env!("CARGO_BIN_EXE_keyform")]);
        self.placed(command)
    }

    fn placed(&self, mut command: Command) -> Command {
        command.current_dir(self.folder.path()).env_clear().envs(self.env.iter().copied()).stdin(Stdio::null());
        match &self.sign_in {
            None => command.env("KEYFORM_TOKEN", self.token()),
            Some(given) => command.envs(given.iter().map(|(name, value)| (name, value))),
        };
        command
    }

    /// The same as [`Sandbox::command`], signed in by user name and password.
    pub(crate) fn by_password(&self, args: &[&str]) -> Command {
        let mut command = self.command(args);
        command.env_remove("KEYFORM_TOKEN").env("KEYFORM_USERNAME", keyform::emulator::USER);
        command.env("KEYFORM_PASSWORD", &self.portal.password);
        command
    }

    /// Starts `command`; what it says is kept for [`Sandbox::ended`].
    pub(crate) fn start(&self, mut command: Command) -> Running {
        let number = self.runs.replace(self.runs.get() + 1);
        let stream = |name: &str| File::create(self.stream(number, name)).unwrap();
        let words = command.get_args().map(|word| word.to_string_lossy().chars().take(80).collect::<String>());
        let what = words.collect::<Vec<_>>().join(" ");
        let child = command.stdout(stream("out")).stderr(stream("err")).spawn().unwrap();
        Running { child, number, what }
    }

    fn stream(&self, number: u32, name: &str) -> PathBuf {
        self.streams.path().join(format!("{number}.{name}"))
    }

    /// Waits for a run that was started, and keeps what it said.
    pub(crate) fn ended(&self, mut running: Running) -> Run {
        let (began, mut nap) = (Instant::now(), Duration::from_micros(500));
        let status = loop {
            if let Some(status) = running.child.try_wait().unwrap() {
                break status;
            }
            assert!(began.elapsed() < LIMIT, "`{}` does not end", running.what);
            std::thread::sleep(nap);
            nap = (nap * 2).min(Duration::from_millis(5));
        };
        let read = |name: &str| fs::read(self.stream(running.number, name)).unwrap();
        let (out, err) = (read("out"), read("err"));
        let masks =
            vec![(self.portal.port().to_owned(), "PORT"), (self.folder.path().to_str().unwrap().to_owned(), "FOLDER")];
        let run = Run::new(&out, &err, status.code(), masks);
        assert!(!run.said().contains("panicked"), "{}: {}", running.what, run.said());
        let heard =
            [("stdout", out), ("stderr", err)].map(|(name, said)| (format!("{name} of {}", running.what), said));
        self.heard.borrow_mut().extend(heard);
        run
    }

    /// What a run that is not over has said on stderr so far.
    pub(crate) fn heard_of(&self, running: &Running) -> String {
        fs::read_to_string(self.stream(running.number, "err")).unwrap()
    }

    /// Kills a run that was started, and keeps what it said.
    pub(crate) fn killed(&self, mut running: Running) -> Run {
        running.child.kill().unwrap();
        self.ended(running)
    }

    pub(crate) fn run(&self, args: &[&str]) -> Run {
        self.ran(self.command(args))
    }

    pub(crate) fn ran(&self, command: Command) -> Run {
        self.ended(self.start(command))
    }

    /// A run that this is piped into; it need not read it.
    pub(crate) fn told(&self, args: &[&str], input: impl AsRef<[u8]>) -> Run {
        let mut command = self.command(args);
        command.stdin(Stdio::piped());
        let mut running = self.start(command);
        let _ = running.child.stdin.take().unwrap().write_all(input.as_ref());
        self.ended(running)
    }

    /// Runs for what comes out of it, which is searched; how it ends does not matter here.
    pub(crate) fn listen(&self, args: &[&str]) {
        let _ = self.run(args);
    }

    /// A run that has to succeed.
    #[track_caller]
    pub(crate) fn done(&self, args: &[&str]) -> &Self {
        let run = self.run(args);
        assert_eq!(run.code, Some(0), "{args:?}: {}", run.said());
        self
    }

    /// A run whose transcript is to be shown.
    pub(crate) fn keyform(&self, args: &[&str]) -> String {
        self.run(args).text()
    }

    /// Applies, and tells the number of the first request to `endpoint`.
    pub(crate) fn apply_counting(&self, endpoint: &str) -> u64 {
        self.portal.forget();
        self.done(&["apply", "--auto-approve"]);
        self.portal.number_of(endpoint)
    }

    /// Waits until the portal holds the request that it was told to.
    pub(crate) fn until_held(&self) {
        assert!(self.portal.holds_while(|| true), "the request to be held never came");
    }

    /// Applies what the test starts from.
    pub(crate) fn applied(self) -> Self {
        self.done(&["apply", "--auto-approve"]);
        self.portal.forget();
        self
    }

    /// What to look for: everything the portals know, what signs in, and what was planted besides.
    pub(crate) fn search(&self, planted: &[&str]) -> Search {
        let mut search = Search::default();
        let here = files(self.folder.path());
        let secrets = here.iter().filter_map(|path| state_in(path)).flat_map(|state| secrets_in(&state));
        for (what, secret) in self.portal.secrets().into_iter().chain(secrets) {
            search.add(&what, &secret);
        }
        for (name, value) in self.sign_in.iter().flatten() {
            if matches!(*name, "KEYFORM_TOKEN" | "KEYFORM_PASSWORD") && value.len() >= FOUND {
                search.add(name, value);
            }
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
        let look = |leaks: &mut Vec<String>, place: &str, bytes: &[u8]| {
            leaks.extend(search.find(bytes).map(|found| format!("{place}: {found}")));
        };
        let heard = self.heard.borrow();
        for (place, bytes) in heard.iter() {
            look(&mut leaks, place, bytes);
            // The keys of a portal that is gone, as that of a rehearsal, are known by their look only.
            if bytes.windows(4).any(|four| four == b"AAPT") {
                leaks.push(format!("{place}: a key, by its look"));
            }
        }
        for address in self.portal.ever_asked() {
            look(&mut leaks, "an address that was asked for", address.as_bytes());
        }
        look(&mut leaks, "the emulator's own words", &self.portal.words());
        for path in files(self.folder.path()) {
            let name = path.strip_prefix(self.folder.path()).unwrap().to_string_lossy().into_owned();
            if !self.may_hold_keys(&name) && state_in(&path).is_none() {
                look(&mut leaks, &format!("the name of {name}"), name.as_bytes());
                look(&mut leaks, &format!("the file {name}"), &fs::read(&path).unwrap_or_default());
            }
        }
        leaks
    }

    fn may_hold_keys(&self, name: &str) -> bool {
        // Where `--emulator` puts what real sinks would get.
        name.starts_with(".keyform/emulator/sinks/") || self.sinks.borrow().contains(name)
    }

    #[track_caller]
    pub(crate) fn holds_tight(&self, planted: &[&str]) {
        let leaks = self.leaks(planted);
        assert!(leaks.is_empty(), "{}", leaks.join("\n"));
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        if self.searched && !std::thread::panicking() {
            self.holds_tight(&[]);
        }
    }
}

/// Every `path:` in a configuration.
fn paths_in(text: &str) -> impl Iterator<Item = &str> {
    let places = text.match_indices("path:").map(|(at, word)| &text[at + word.len()..]);
    places.filter_map(|rest| {
        let word = rest.trim_start_matches(' ').split([',', '}', '\n']).next()?;
        Some(word.trim().trim_matches(['"', '\'']).trim_start_matches("./")).filter(|word| !word.is_empty())
    })
}

/// The first key in a text.
pub(crate) fn key_in(text: &str) -> Option<String> {
    let start = text.find("AAPT")?;
    Some(text[start..].chars().take_while(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-')).collect())
}

/// Every regular file below `folder`.
pub(crate) fn files(folder: &Path) -> Vec<PathBuf> {
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
