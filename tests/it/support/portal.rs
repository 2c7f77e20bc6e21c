//! The built-in portal, told and asked over its control calls.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::LazyLock;
use std::time::Duration;

use keyform::emulator::{Options, PASSWORD, Profile, Server, Setup, State, Switches};
use serde_json::{Value, json};
use tokio::runtime::Runtime;

/// The moment every portal starts at, so that dates in transcripts stay what they are.
pub(crate) const START: &str = "2026-09-21T08:00:00Z";
/// A page that the keys of these tests may be used from.
pub(crate) const PAGE: &str = "https://shop.example.com/map";

/// What all portals of this process are served by.
static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| {
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    builder.worker_threads(2).enable_all().build().unwrap()
});

/// How a portal is started: in memory, as ArcGIS Online, unless something else is said.
#[derive(Default)]
pub(crate) struct Start {
    options: Options,
    words: bool,
}

impl Start {
    /// Product and version, by the name `keyform emulator --profile` has for it.
    pub(crate) fn profile(mut self, name: &str) -> Self {
        self.options.setup.profile = Profile::named(name).unwrap_or_else(|| panic!("no profile {name}"));
        self
    }

    /// A setting as `keyform emulator --switch` takes it, `worst` among them.
    pub(crate) fn switch(mut self, setting: &str) -> Self {
        let switches = &mut self.options.setup.switches;
        if setting == "worst" {
            *switches = Switches::worst();
        } else {
            switches.parse(setting).unwrap();
        }
        self
    }

    pub(crate) fn switches<T: AsRef<str>>(self, settings: &[T]) -> Self {
        settings.iter().fold(self, |start, setting| start.switch(setting.as_ref()))
    }

    /// The account of the tests sees what others own.
    pub(crate) fn administrator(mut self) -> Self {
        self.options.setup.administrator = true;
        self
    }

    /// A web adaptor path that its address has.
    pub(crate) fn context(mut self, path: &str) -> Self {
        self.options.contexts = vec![path.to_owned()];
        self
    }

    /// A file that other processes may open as well.
    pub(crate) fn kept_in(mut self, file: PathBuf) -> Self {
        self.options.state_file = Some(file);
        self
    }

    /// `keyform emulator -vvv` as a process of its own, whose words are kept.
    pub(crate) fn overheard(mut self) -> Self {
        self.words = true;
        self
    }

    pub(crate) fn start(self) -> Portal {
        let context = self.options.contexts.first().map(|path| format!("/{}", path.trim_matches('/')));
        // One that nobody can mistake for a word, with what has to be escaped in a form, a header, JSON or a shell.
        let password = ["Corr3ct/", "horse+", "battery&", "stapl\"e", "=%41 x", "zQ9"].concat();
        let (host, address) = if self.words {
            let process = Process::start(self.options.setup, &password);
            let address = process.address.clone();
            (Host::Process(process), address)
        } else {
            let server = RUNTIME.block_on(Server::start(self.options)).unwrap();
            let address = server.address.to_string();
            server.with(|state| *state = with_password(state, &password)).unwrap();
            (Host::Here(server), address)
        };
        let portal =
            Portal { host, address, context: context.unwrap_or_default(), password, forgotten: RefCell::default() };
        portal.call("POST", "clock", &json!({"at": START}));
        portal
    }
}

/// The same portal, but everybody has this password.
fn with_password(state: &State, password: &str) -> State {
    let member = |password: &str| json!({ "password": password }).to_string().trim_matches(['{', '}']).to_owned();
    let text = serde_json::to_string(state).unwrap();
    assert!(text.contains(&member(PASSWORD)));
    serde_json::from_str(&text.replace(&member(PASSWORD), &member(password))).unwrap()
}

/// One portal, ended when it is dropped.
pub(crate) struct Portal {
    host: Host,
    /// `127.0.0.1:PORT`.
    pub(crate) address: String,
    context: String,
    /// Everybody's password.
    pub(crate) password: String,
    /// Path and query of the requests that the log was made to forget.
    forgotten: RefCell<Vec<String>>,
}

enum Host {
    Here(Server),
    Process(Process),
}

impl Portal {
    /// Its address as a configuration names it, the context path included.
    pub(crate) fn url(&self) -> String {
        format!("http://{}{}", self.address, self.context)
    }

    /// Its port, which a transcript must not show.
    pub(crate) fn port(&self) -> &str {
        self.address.rsplit(':').next().unwrap()
    }

    /// A control call.
    pub(crate) fn call(&self, method: &str, name: &str, body: &Value) -> Value {
        let text = if body.is_null() { String::new() } else { body.to_string() };
        let (status, answer) = self.http(method, &format!("/emulator/{name}"), &[], &text);
        assert_eq!(status, 200, "{name}: {answer}");
        serde_json::from_str(&answer).unwrap()
    }

    pub(crate) fn get(&self, name: &str) -> Value {
        self.call("GET", name, &Value::Null)
    }

    /// What a person does in the web page; the portal has to agree.
    pub(crate) fn person(&self, act: &Value) -> Value {
        let answer = self.call("POST", "person", act);
        assert!(answer.get("error").is_none(), "{act}: {answer}");
        answer
    }

    pub(crate) fn fault(&self, fault: &Value) {
        self.call("POST", "faults", fault);
    }

    pub(crate) fn no_faults(&self) {
        self.call("DELETE", "faults", &Value::Null);
    }

    /// Moves its clock on.
    pub(crate) fn pass(&self, time: &str) {
        self.call("POST", "clock", &json!({"advance": time}));
    }

    /// Its time, in ms.
    pub(crate) fn now(&self) -> i64 {
        self.get("clock")["now"].as_i64().unwrap()
    }

    pub(crate) fn token(&self) -> String {
        self.get("token")["token"].as_str().unwrap().to_owned()
    }

    /// A request as curl would send it.
    pub(crate) fn http(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> (u16, String) {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        let mut head = format!("{method} {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n", self.address);
        for (name, value) in headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        head.push_str(&format!("Content-Length: {}\r\n\r\n{body}", body.len()));
        stream.write_all(head.as_bytes()).unwrap();
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        let answer = String::from_utf8_lossy(&answer).into_owned();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0);
        (status, body.to_owned())
    }

    /// What a service answers to `key`, used from the page `referer`: 200, or the code of its refusal.
    pub(crate) fn opens(&self, key: &str, referer: &str) -> u16 {
        let bearer = format!("Bearer {key}");
        let headers = [("X-Esri-Authorization", bearer.as_str()), ("Referer", referer)];
        self.http("GET", "/arcgis/rest/services/Demo/secured?f=json", &headers, "").0
    }

    /// The items with this title that are not in the recycle bin.
    pub(crate) fn items(&self, title: &str) -> Vec<Value> {
        let state = self.get("state");
        let here = |item: &&Value| item["title"] == title && item["recycled"].is_null();
        state["items"].as_array().unwrap().iter().filter(here).cloned().collect()
    }

    /// The id of the one item with this title.
    pub(crate) fn id(&self, title: &str) -> String {
        let items = self.items(title);
        assert_eq!(items.len(), 1, "items called {title}: {items:?}");
        items[0]["id"].as_str().unwrap().to_owned()
    }

    /// The items with this tag, those in the recycle bin as well.
    pub(crate) fn tagged(&self, tag: &str) -> Vec<Value> {
        let state = self.get("state");
        let has = |item: &&Value| item["tags"].as_array().is_some_and(|tags| tags.contains(&json!(tag)));
        state["items"].as_array().unwrap().iter().filter(has).cloned().collect()
    }

    /// Fingerprints of the keys that work now.
    pub(crate) fn live(&self) -> Vec<String> {
        let state = self.get("state");
        let live = state["keys"].as_array().unwrap().iter().filter(|key| key["live"] == true);
        live.map(|key| key["fingerprint"].as_str().unwrap().to_owned()).collect()
    }

    fn log(&self) -> Vec<Value> {
        let Value::Array(entries) = self.get("log") else { panic!("the log is no list") };
        entries
    }

    /// Forgets what was asked so far.
    pub(crate) fn forget(&self) {
        let asked = paths(&self.log());
        self.forgotten.borrow_mut().extend(asked);
        self.call("DELETE", "log", &Value::Null);
    }

    /// Requests that change something, by endpoint, since the log was forgotten.
    pub(crate) fn writes(&self) -> BTreeMap<String, usize> {
        let mut writes = BTreeMap::new();
        for entry in self.log() {
            let path = entry["path"].as_str().unwrap();
            let endpoint = path.rsplit('/').next().unwrap();
            if entry["method"] != "GET" && endpoint != "generateToken" {
                *writes.entry(endpoint.to_owned()).or_default() += 1;
            }
        }
        writes
    }

    /// The number of the first request to `endpoint`.
    pub(crate) fn number_of(&self, endpoint: &str) -> u64 {
        let log = self.log();
        let found = log.iter().find(|entry| entry["path"].as_str().unwrap().ends_with(endpoint));
        found.and_then(|entry| entry["n"].as_u64()).unwrap()
    }

    /// The numbers of the requests that wrote.
    pub(crate) fn numbers_of_writes(&self) -> Vec<u64> {
        self.log().iter().filter(|entry| entry["method"] == "POST").filter_map(|entry| entry["n"].as_u64()).collect()
    }

    /// Path and query of every request since the log was forgotten.
    pub(crate) fn asked(&self) -> Vec<String> {
        paths(&self.log())
    }

    /// Path and query of every request there ever was.
    pub(crate) fn ever_asked(&self) -> Vec<String> {
        let mut all = self.forgotten.borrow().clone();
        all.extend(self.asked());
        all
    }

    /// Waits until it holds the request that it was told to, for as long as `goes_on`; tells whether it came.
    pub(crate) fn holds_while(&self, mut goes_on: impl FnMut() -> bool) -> bool {
        for _ in 0..10_000 {
            if self.get("hold")["reached"] == true {
                return true;
            }
            if !goes_on() {
                return false;
            }
            std::thread::sleep(Duration::from_millis(2));
        }
        false
    }

    /// The client secret of each item with an app, asked for as anybody with the token could.
    pub(crate) fn client_secrets(&self) -> Vec<String> {
        let bearer = format!("Bearer {}", self.token());
        let state = self.get("state");
        let ask = |item: &Value| {
            let (id, owner) = (item["id"].as_str()?, item["owner"].as_str()?);
            let path = format!("/sharing/rest/content/users/{owner}/items/{id}/registeredAppInfo?f=json");
            let (_, body) = self.http("GET", &path, &[("X-Esri-Authorization", &bearer)], "");
            let app: Value = serde_json::from_str(&body).ok()?;
            app["client_secret"].as_str().map(str::to_owned)
        };
        state["items"].as_array().unwrap().iter().filter_map(ask).collect()
    }

    /// Every secret this portal ever gave out, and what it is.
    pub(crate) fn secrets(&self) -> Vec<(String, String)> {
        let state = match &self.host {
            Host::Here(server) => server.with(|state| serde_json::to_value(state).unwrap()).unwrap(),
            Host::Process(process) => serde_json::from_slice(&fs::read(process.state_file()).unwrap()).unwrap(),
        };
        let mut found = vec![("the password".to_owned(), self.password.clone())];
        found.extend(secrets_in(&state));
        found
    }

    /// What the emulator itself wrote to its two streams, if it is one that is overheard.
    pub(crate) fn words(&self) -> Vec<u8> {
        match &self.host {
            Host::Here(_) => Vec::new(),
            Host::Process(process) => {
                ["out", "err"].iter().flat_map(|name| fs::read(process.folder.path().join(name)).unwrap()).collect()
            }
        }
    }
}

fn paths(log: &[Value]) -> Vec<String> {
    let text = |entry: &Value, name: &str| entry[name].as_str().unwrap_or_default().to_owned();
    log.iter().map(|entry| text(entry, "path") + "?" + &text(entry, "query")).collect()
}

/// The secrets in an emulator's state: keys by their look, tokens and client secrets by where they stand.
pub(crate) fn secrets_in(state: &Value) -> Vec<(String, String)> {
    let mut found = Vec::new();
    collect(state, "", &mut found);
    found
}

fn collect(value: &Value, at: &str, found: &mut Vec<(String, String)>) {
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                if at == "tokens" && name.len() > 40 {
                    found.push(("a token".into(), name.clone()));
                } else if name.starts_with("AAPT") {
                    found.push(("a key".into(), name.clone()));
                }
                collect(member, name, found);
            }
        }
        Value::Array(members) => members.iter().for_each(|member| collect(member, at, found)),
        Value::String(text) if at == "client_secret" => found.push(("a client secret".into(), text.clone())),
        Value::String(text) if text.starts_with("AAPT") && text.len() > 40 => {
            found.push(("a key".into(), text.clone()));
        }
        Value::String(text) if at == "tokens" && text.len() > 40 => found.push(("a token".into(), text.clone())),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// `keyform emulator` in a folder of its own.
struct Process {
    folder: tempfile::TempDir,
    child: Child,
    address: String,
}

impl Process {
    fn start(setup: Setup, password: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        let state = with_password(&State::new(setup, keyform::clock::wall()), password);
        fs::write(at("state.json"), serde_json::to_vec(&state).unwrap()).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_keyform"));
        command.args(["-vvv", "emulator", "--port", "0", "--state"]).arg(at("state.json")).env_clear();
        let (out, err) = (File::create(at("out")).unwrap(), File::create(at("err")).unwrap());
        let child = command.stdin(Stdio::null()).stdout(out).stderr(err).spawn().unwrap();
        let mut process = Self { folder, child, address: String::new() };
        for _ in 0..2000 {
            let said = fs::read_to_string(process.folder.path().join("out")).unwrap();
            if let Some((_, rest)) = said.split_once("EMULATOR at http://")
                && said.ends_with('\n')
            {
                rest.split(',').next().unwrap().clone_into(&mut process.address);
                return process;
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        panic!("the emulator did not start");
    }

    fn state_file(&self) -> PathBuf {
        self.folder.path().join("state.json")
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The state of an emulator, if that is what a file holds.
pub(crate) fn state_in(file: &Path) -> Option<Value> {
    let bytes = fs::read(file).ok()?;
    if !bytes.starts_with(b"{\"format\":") {
        return None;
    }
    serde_json::from_slice(&bytes).ok()
}
