//! The emulator as a process of its own, asked and told over its control calls.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};

use serde_json::Value;

/// One portal, ended when it is dropped.
pub(crate) struct Portal {
    child: Child,
    address: String,
}

impl Portal {
    /// Starts one in memory, with these switches.
    pub(crate) fn start(switches: &[String]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_keyform"));
        command.args(["emulator", "--in-memory", "--port", "0"]);
        for switch in switches {
            command.args(["--switch", switch]);
        }
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let address = line.split("http://").nth(1).and_then(|rest| rest.split(',').next()).unwrap().to_owned();
        Self { child, address }
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

    pub(crate) fn token(&self) -> String {
        self.get("token")["token"].as_str().unwrap().to_owned()
    }

    /// How many requests were asked of it so far.
    pub(crate) fn requests(&self) -> u64 {
        self.get("log").as_array().map_or(0, |entries| entries.len() as u64)
    }
}

impl Drop for Portal {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
