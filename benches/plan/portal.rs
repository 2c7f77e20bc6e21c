//! The emulator in a process of its own.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde::Deserialize;
use serde_json::Value;

/// How often, and how long apart, the index is asked: for a minute, twenty times its lag.
const SETTLED_AFTER: usize = 600;
const NAP: Duration = Duration::from_millis(100);

/// One portal, ended when it is dropped.
pub(crate) struct Portal {
    child: Child,
    address: String,
}

/// One request that it was asked.
#[derive(Debug, Deserialize)]
pub(crate) struct Asked {
    pub(crate) path: String,
    pub(crate) query: String,
}

impl Asked {
    pub(crate) fn is_item(&self) -> bool {
        self.path.starts_with("/sharing/rest/content/items/")
    }

    pub(crate) fn is_app(&self) -> bool {
        self.path.ends_with("/registeredAppInfo")
    }

    pub(crate) fn is_listing(&self) -> bool {
        self.path.starts_with("/sharing/rest/content/users/") && !self.is_app()
    }

    pub(crate) fn is_search(&self) -> bool {
        self.path == "/sharing/rest/search"
    }

    pub(crate) fn is_self(&self) -> bool {
        self.path == "/sharing/rest/portals/self"
    }

    pub(crate) fn is_known(&self) -> bool {
        self.is_item() || self.is_app() || self.is_listing() || self.is_search() || self.is_self()
    }
}

impl Portal {
    /// Starts one in memory that answers at once.
    pub(crate) fn start(program: &Path) -> Self {
        let mut command = Command::new(program);
        command.args(["emulator", "--in-memory", "--port", "0"]).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().expect("an emulator");
        let mut line = String::new();
        BufReader::new(child.stdout.take().expect("its output")).read_line(&mut line).expect("its first line");
        let address = line.split("http://").nth(1).and_then(|rest| rest.split(',').next());
        let address = address.expect("its address").to_owned();
        Self { child, address }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub(crate) fn token(&self) -> String {
        self.call("GET", "token", "")["token"].as_str().expect("a token").to_owned()
    }

    pub(crate) fn set_latency(&self, milliseconds: u64) {
        self.call("POST", "portal", &format!("{{\"latency_ms\":{milliseconds}}}"));
    }

    pub(crate) fn forget(&self) {
        self.call("DELETE", "log", "");
    }

    /// What was asked since it forgot.
    pub(crate) fn asked(&self) -> Vec<Asked> {
        serde_json::from_value(self.call("GET", "log", "")).expect("a log")
    }

    /// Waits until the index knows `size` items. It lags, and how much a plan asks depends on what it says.
    pub(crate) fn settle(&self, size: usize, token: &str) {
        let header = format!("X-Esri-Authorization: Bearer {token}\r\n");
        let mut known = Value::Null;
        for _ in 0..SETTLED_AFTER {
            known =
                self.ask("GET", "/sharing/rest/search?f=json&num=1&q=type:Application", &header, "")["total"].take();
            if known.as_u64() == Some(size as u64) {
                return;
            }
            std::thread::sleep(NAP);
        }
        panic!("the index knows {known} of {size} items");
    }

    fn call(&self, method: &str, name: &str, body: &str) -> Value {
        self.ask(method, &format!("/emulator/{name}"), "", body)
    }

    fn ask(&self, method: &str, path: &str, headers: &str, body: &str) -> Value {
        let mut stream = TcpStream::connect(&self.address).expect("a connection");
        let (address, len) = (&self.address, body.len());
        let request = format!(
            "{method} {path} HTTP/1.1\r\nHost: {address}\r\n{headers}Connection: close\r\nContent-Length: {len}\r\n\r\n{body}"
        );
        stream.write_all(request.as_bytes()).expect("a request");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("an answer");
        let body = answer.split_once("\r\n\r\n").map_or("", |(_, body)| body);
        serde_json::from_str(body).unwrap_or_else(|error| panic!("{path}: {error} in {answer:.300}"))
    }
}

impl Drop for Portal {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
