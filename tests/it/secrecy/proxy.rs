//! A portal that is what the emulator is, but for what a test makes of its answers.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

/// A request that passed.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) method: String,
    /// Path and query.
    pub(crate) target: String,
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Asked {
    pub(crate) fn is(&self, part: &str) -> bool {
        self.target.contains(part)
    }
}

/// What comes back: a status line with headers, and a body.
pub(crate) struct Answer {
    pub(crate) status: String,
    pub(crate) headers: String,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    /// Changes the body as JSON, if it is JSON.
    pub(crate) fn json(&mut self, change: impl FnOnce(&mut serde_json::Value)) {
        if let Ok(mut value) = serde_json::from_slice(&self.body) {
            change(&mut value);
            self.body = value.to_string().into_bytes();
        }
    }
}

type Hook = dyn Fn(&Asked, &mut Answer) + Send + Sync;

/// Listens until the test ends.
pub(crate) struct Proxy {
    pub(crate) address: String,
    pub(crate) asked: Arc<Mutex<Vec<Asked>>>,
}

impl Proxy {
    /// Stands before the portal at `behind`, or answers by itself where there is none.
    pub(crate) fn start(behind: Option<&str>, hook: impl Fn(&Asked, &mut Answer) + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let (hook, seen, behind): (Arc<Hook>, _, _) = (Arc::new(hook), Arc::clone(&asked), behind.map(str::to_owned));
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (hook, seen, behind) = (Arc::clone(&hook), Arc::clone(&seen), behind.clone());
                std::thread::spawn(move || serve(stream, behind.as_deref(), &*hook, &seen));
            }
        });
        Self { address, asked }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub(crate) fn count(&self) -> usize {
        self.asked.lock().unwrap().len()
    }
}

fn serve(stream: TcpStream, behind: Option<&str>, hook: &Hook, seen: &Mutex<Vec<Asked>>) {
    let mut reader = BufReader::new(stream);
    let (mut first, mut head, mut length) = (String::new(), String::new(), 0);
    if reader.read_line(&mut first).is_err() {
        return;
    }
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).is_err() || line.trim().is_empty() {
            break;
        }
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
        head.push_str(&line);
    }
    let mut body = vec![0; length];
    if reader.read_exact(&mut body).is_err() {
        return;
    }
    let mut words = first.split(' ');
    let (method, target) = (words.next().unwrap_or_default().to_owned(), words.next().unwrap_or_default().to_owned());
    let asked = Asked { method, target, head, body: String::from_utf8_lossy(&body).into_owned() };
    seen.lock().unwrap().push(asked.clone());
    let mut answer = behind.and_then(|address| forward(address, &first, &asked)).unwrap_or_else(|| Answer {
        status: "HTTP/1.1 200 OK".into(),
        headers: "Date: Sat, 21 Nov 2026 08:00:00 GMT\r\n".into(),
        body: b"{}".to_vec(),
    });
    hook(&asked, &mut answer);
    let head = format!(
        "{}\r\n{}Content-Length: {}\r\nConnection: close\r\n\r\n",
        answer.status,
        answer.headers,
        answer.body.len()
    );
    let mut stream = reader.into_inner();
    let _ = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(&answer.body));
}

fn forward(address: &str, first: &str, asked: &Asked) -> Option<Answer> {
    let mut stream = TcpStream::connect(address).ok()?;
    let head: String = asked
        .head
        .lines()
        .filter(|line| !line.to_ascii_lowercase().starts_with("connection:"))
        .map(|line| format!("{line}\r\n"))
        .collect();
    stream.write_all(format!("{first}{head}Connection: close\r\n\r\n{}", asked.body).as_bytes()).ok()?;
    let mut raw = Vec::new();
    stream.read_to_end(&mut raw).ok()?;
    let end = raw.windows(4).position(|four| four == b"\r\n\r\n")?;
    let head = String::from_utf8_lossy(&raw[..end]).into_owned();
    let (status, headers) = head.split_once("\r\n")?;
    let kept = |line: &&str| {
        let line = line.to_ascii_lowercase();
        !line.starts_with("content-length:") && !line.starts_with("connection:") && !line.starts_with("transfer-")
    };
    let headers = headers.lines().filter(kept).map(|line| format!("{line}\r\n")).collect();
    Some(Answer { status: status.to_owned(), headers, body: raw[end + 4..].to_vec() })
}
