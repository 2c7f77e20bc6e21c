//! The built-in portal as a process of its own, told and asked over its control calls.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};

/// The moment every portal starts at, so that dates in transcripts stay what they are.
pub(crate) const START: &str = "2026-09-21T08:00:00Z";
/// A page that the keys of these tests may be used from.
pub(crate) const PAGE: &str = "https://shop.example.com/map";

/// One portal, ended when it is dropped.
pub(crate) struct Portal {
    child: Child,
    address: String,
    context: String,
}

impl Portal {
    /// Starts one with these flags in `folder`, its clock at [`START`].
    pub(crate) fn start(folder: &Path, flags: &[&str]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_keyform"));
        command.args(["emulator", "--port", "0"]).args(flags).current_dir(folder).env_clear();
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let place = line.split("http://").nth(1).and_then(|rest| rest.split(',').next()).unwrap_or_else(|| {
            let _ = child.kill();
            panic!("the portal did not start: {line}")
        });
        let (address, context) = place.split_once('/').unwrap_or((place, ""));
        let context = if context.is_empty() { String::new() } else { format!("/{context}") };
        let portal = Self { address: address.to_owned(), context, child };
        portal.call("POST", "clock", &json!({"at": START}));
        portal
    }

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

    pub(crate) fn pass(&self, time: &str) {
        self.call("POST", "clock", &json!({"advance": time}));
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
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
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

    /// Forgets what was asked so far.
    pub(crate) fn forget(&self) {
        self.call("DELETE", "log", &Value::Null);
    }

    /// Requests that change something, by endpoint, since the log was forgotten.
    pub(crate) fn writes(&self) -> BTreeMap<String, usize> {
        let log = self.get("log");
        let mut writes = BTreeMap::new();
        for entry in log.as_array().unwrap() {
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
        let log = self.get("log");
        let found = log.as_array().unwrap().iter().find(|entry| entry["path"].as_str().unwrap().ends_with(endpoint));
        found.and_then(|entry| entry["n"].as_u64()).unwrap()
    }
}

impl Drop for Portal {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
