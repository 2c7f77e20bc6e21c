//! The emulator as a process whose words are kept, and whose state file tells every secret it ever gave out.

use std::fs::{self, File};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::{Value, json};

/// One portal, ended when it is dropped.
pub(crate) struct Portal {
    folder: tempfile::TempDir,
    child: Child,
    pub(crate) address: String,
    pub(crate) password: String,
}

impl Portal {
    /// Starts one with these switches, with a password nobody can mistake for a word.
    pub(crate) fn start(switches: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let password = ["Corr3ct/", "horse+", "battery&", "stapl\"e", "=%41 x", "zQ9"].concat();
        // A first start makes the state; then the password in it is another one.
        let (mut first, _) = spawn(&folder, switches);
        first.kill().unwrap();
        first.wait().unwrap();
        let path = folder.path().join("state.json");
        let state = fs::read_to_string(&path).unwrap();
        let old = json!({"password": keyform::emulator::PASSWORD}).to_string();
        let new = json!({"password": password}).to_string();
        let (old, new) = (old.trim_matches(['{', '}']), new.trim_matches(['{', '}']));
        assert!(state.contains(old));
        fs::write(&path, state.replace(old, new)).unwrap();
        let (child, address) = spawn(&folder, switches);
        Self { folder, child, address, password }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
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

    pub(crate) fn fault(&self, fault: &Value) {
        self.call("POST", "faults", fault);
    }

    pub(crate) fn advance(&self, by: &str) {
        self.call("POST", "clock", &json!({ "advance": by }));
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

    /// Its time, in ms.
    pub(crate) fn now(&self) -> i64 {
        self.get("clock")["now"].as_i64().unwrap()
    }

    pub(crate) fn token(&self) -> String {
        self.get("token")["token"].as_str().unwrap().to_owned()
    }

    /// The client secret of each item with an app, asked for as anybody with the token could.
    pub(crate) fn client_secrets(&self) -> Vec<String> {
        let token = self.token();
        let state = self.get("state");
        let ask = |item: &Value| {
            let (id, owner) = (item["id"].as_str()?, item["owner"].as_str()?);
            let path = format!("/sharing/rest/content/users/{owner}/items/{id}/registeredAppInfo?f=json");
            let headers = [("X-Esri-Authorization", format!("Bearer {token}"))];
            let (_, body) = self.http("GET", &path, &headers.each_ref().map(|(n, v)| (*n, v.as_str())), "");
            let app: Value = serde_json::from_str(&body).ok()?;
            app["client_secret"].as_str().map(str::to_owned)
        };
        state["items"].as_array().into_iter().flatten().filter_map(ask).collect()
    }

    /// Every secret this portal knows, and what it is.
    pub(crate) fn secrets(&self) -> Vec<(String, String)> {
        let state: Value = serde_json::from_slice(&fs::read(self.state_file()).unwrap()).unwrap();
        let mut found = vec![("the password".to_owned(), self.password.clone())];
        collect(&state, "", &mut found);
        found
    }

    fn state_file(&self) -> PathBuf {
        self.folder.path().join("state.json")
    }

    /// What the emulator itself wrote to its two streams.
    pub(crate) fn words(&self) -> Vec<u8> {
        ["out", "err"].iter().flat_map(|name| fs::read(self.folder.path().join(name)).unwrap()).collect()
    }

    /// Path and query of every request so far.
    pub(crate) fn asked(&self) -> Vec<String> {
        let log = self.get("log");
        let text = |entry: &Value, name: &str| entry[name].as_str().unwrap_or_default().to_owned();
        log.as_array().unwrap().iter().map(|entry| text(entry, "path") + "?" + &text(entry, "query")).collect()
    }

    /// The numbers of the requests that wrote.
    pub(crate) fn writes(&self) -> Vec<u64> {
        let log = self.get("log");
        let posts = log.as_array().unwrap().iter().filter(|entry| entry["method"] == "POST");
        posts.filter_map(|entry| entry["n"].as_u64()).collect()
    }

    /// Fingerprints of the keys that work now.
    pub(crate) fn live(&self) -> Vec<String> {
        let state = self.get("state");
        let live = state["keys"].as_array().into_iter().flatten().filter(|key| key["live"] == json!(true));
        live.filter_map(|key| key["fingerprint"].as_str().map(str::to_owned)).collect()
    }

    /// The first item of ours.
    pub(crate) fn item(&self) -> Value {
        let state = self.get("state");
        let ours = |item: &&Value| item["tags"].to_string().contains("keyform:planted/web");
        state["items"].as_array().into_iter().flatten().find(ours).cloned().unwrap_or_default()
    }
}

fn spawn(folder: &tempfile::TempDir, switches: &[&str]) -> (Child, String) {
    let at = |name: &str| folder.path().join(name);
    let mut command = Command::new(env!("CARGO_BIN_EXE_keyform"));
    command.args(["-vvv", "emulator", "--port", "0", "--state"]).arg(at("state.json"));
    for switch in switches {
        command.args(["--switch", switch]);
    }
    let (out, err) = (File::create(at("out")).unwrap(), File::create(at("err")).unwrap());
    let mut child = command.stdin(Stdio::null()).stdout(out).stderr(err).spawn().unwrap();
    for _ in 0..1000 {
        let said = fs::read_to_string(at("out")).unwrap();
        if let Some((_, rest)) = said.split_once("EMULATOR at http://")
            && said.ends_with('\n')
            && at("state.json").exists()
        {
            return (child, rest.split(',').next().unwrap().to_owned());
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    panic!("the emulator did not start");
}

/// Walks a state file: keys by their look, tokens and client secrets by where they stand.
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

impl Drop for Portal {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
