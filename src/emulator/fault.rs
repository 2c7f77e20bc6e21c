//! Scripted trouble: what goes wrong, at which request, before or after the portal acted.

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::request::{Request, Response};

/// When it strikes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum When {
    /// The portal does nothing.
    #[default]
    Before,
    /// The portal did what was asked; only the answer suffers.
    After,
}

/// What goes wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "a field is what it is called")]
pub enum Trouble {
    /// The connection closes without an answer.
    Lost,
    /// An HTTP status with a page: 429, 500, 502, 503, 504.
    Status {
        status: u16,
        /// `Retry-After` in seconds.
        #[serde(default)]
        retry_after: Option<u32>,
    },
    /// Status 200 with an error of that code inside.
    Error {
        code: u16,
        /// The message.
        #[serde(default)]
        message: Option<String>,
    },
    /// Status 200 with nothing inside.
    Empty,
    /// Half of the answer, then the connection closes.
    Truncated,
    /// Status 200 with half of the answer, whole as far as HTTP can tell.
    Half,
    /// Status 200 with a sign-in page.
    SignIn,
    /// The right answer, late.
    Slow,
    /// `{"success":false}`.
    NoSuccess,
    /// The answer success would have had, though nothing was done.
    Nothing,
    /// An error whose message repeats the token that was sent.
    Echo,
    /// Status 200 with this JSON, whatever was asked.
    Body(serde_json::Value),
}

/// What goes back over the wire.
#[derive(Debug)]
pub enum Reply {
    /// A whole answer, and its `Retry-After`.
    Whole(Response, Option<String>),
    /// Half of an answer, then the end of the connection.
    Half(Response),
    /// The end of the connection.
    Cut,
}

impl Trouble {
    /// What is answered instead of `truth`, if that is known.
    pub(crate) fn spoil(&self, truth: Option<Response>, request: &Request) -> Reply {
        let json = |body| Reply::Whole(Response::json(200, &body), None);
        let truth = truth.unwrap_or_else(|| Response::json(200, &json!({"success": true})));
        match self {
            Self::Lost => Reply::Cut,
            Self::Status { status, retry_after } => {
                let page = format!("<html><head><title>{status}</title></head><body><h1>{status}</h1></body></html>\n");
                Reply::Whole(Response::html(*status, page), retry_after.map(|seconds| seconds.to_string()))
            }
            Self::Error { code, message } => {
                let message = message.as_deref().unwrap_or("Something went wrong.");
                json(json!({"error": {"code": code, "message": message, "details": []}}))
            }
            Self::Empty => {
                Reply::Whole(Response { status: 200, content_type: truth.content_type, body: String::new() }, None)
            }
            Self::Truncated => Reply::Half(truth),
            Self::Half => Reply::Whole(Response { body: first_half(&truth.body).to_owned(), ..truth }, None),
            Self::SignIn => {
                let page = "<!DOCTYPE html>\n<html><head><title>Sign in</title></head><body><form action=\"/signin\"></form></body></html>\n";
                Reply::Whole(Response::html(200, page.to_owned()), None)
            }
            Self::NoSuccess => json(json!({"success": false})),
            Self::Slow | Self::Nothing => Reply::Whole(truth, None),
            Self::Echo => {
                let secret = request.credentials().or_else(|| request.param("client_secret")).unwrap_or("");
                let message = format!("Unable to process token {secret}");
                json(json!({"error": {"code": 400, "message": message, "details": [secret]}}))
            }
            Self::Body(body) => json(body.clone()),
        }
    }
}

/// The first half of a text, or a little less.
pub(super) fn first_half(text: &str) -> &str {
    let middle = (0..=text.len() / 2).rev().find(|&at| text.is_char_boundary(at)).unwrap_or_default();
    text.get(..middle).unwrap_or_default()
}

/// One scripted fault. What is unsaid matches everything.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    /// Only the request of that number, counted from 1.
    #[serde(default)]
    pub request: Option<u64>,
    /// Only paths like this, below `/sharing/rest`, whatever their case; `*` stands for anything.
    #[serde(default)]
    pub endpoint: Option<String>,
    /// Only if each of these parameters was sent with this value.
    #[serde(default)]
    pub with: std::collections::BTreeMap<String, String>,
    /// How many matches are let through first.
    #[serde(default)]
    pub skip: u32,
    /// How often it strikes.
    #[serde(default = "once")]
    pub times: u32,
    /// Before or after the portal acts.
    #[serde(default)]
    pub when: When,
    /// How long the answer takes longer.
    #[serde(default)]
    pub delay_ms: u64,
    /// What goes wrong.
    pub does: Trouble,
}

const fn once() -> u32 {
    1
}

impl Fault {
    /// A fault that strikes every request once, until it is narrowed.
    #[must_use]
    pub fn new(does: Trouble) -> Self {
        let (request, endpoint, with) = (None, None, std::collections::BTreeMap::new());
        Self { request, endpoint, with, skip: 0, times: 1, when: When::Before, delay_ms: 0, does }
    }

    /// At that request only.
    #[must_use]
    pub const fn at(mut self, request: u64) -> Self {
        self.request = Some(request);
        self
    }

    /// On that endpoint only.
    #[must_use]
    pub fn on(mut self, endpoint: &str) -> Self {
        self.endpoint = Some(endpoint.to_owned());
        self
    }

    /// Once the portal acted.
    #[must_use]
    pub const fn after(mut self) -> Self {
        self.when = When::After;
        self
    }

    /// That often.
    #[must_use]
    pub const fn times(mut self, times: u32) -> Self {
        self.times = times;
        self
    }

    /// Whether the portal acts all the same.
    pub(crate) fn acts(&self) -> bool {
        self.does == Trouble::Slow || self.when == When::After && self.does != Trouble::Nothing
    }

    /// Whether the answer hangs on what the right one would have been.
    pub(crate) fn knows_the_answer(&self) -> bool {
        self.acts() || matches!(self.does, Trouble::Nothing | Trouble::Truncated | Trouble::Half)
    }

    fn matches(&self, number: u64, request: &Request) -> bool {
        let path = request.path.to_ascii_lowercase();
        let path = path.strip_prefix("/sharing/rest").unwrap_or(&path).trim_matches('/');
        self.request.is_none_or(|n| n == number)
            && self.endpoint.as_ref().is_none_or(|glob| like(&glob.to_ascii_lowercase(), path))
            && self.with.iter().all(|(name, value)| request.param(name) == Some(value))
    }

    /// Whether it strikes this request; counts the match.
    pub fn strikes(&mut self, number: u64, request: &Request) -> bool {
        if self.times == 0 || !self.matches(number, request) {
            return false;
        }
        if self.skip > 0 {
            self.skip -= 1;
            return false;
        }
        self.times -= 1;
        true
    }
}

/// Whether `text` is like `pattern`, in which `*` stands for anything.
fn like(pattern: &str, text: &str) -> bool {
    let Some((start, rest)) = pattern.split_once('*') else { return pattern == text };
    let Some(mut text) = text.strip_prefix(start) else { return false };
    let mut parts: Vec<&str> = rest.split('*').collect();
    let last = parts.pop().unwrap_or_default();
    for part in parts {
        let Some(at) = text.find(part) else { return false };
        text = text.get(at + part.len()..).unwrap_or_default();
    }
    text.ends_with(last)
}

/// Where a request is held, so that a test can end the client just there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "a field is what it is called")]
pub struct Hold {
    pub request: u64,
    pub at: HoldAt,
}

/// The three places around a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HoldAt {
    /// It arrived; nothing was done.
    Before,
    /// It was done; it is not answered.
    After,
    /// It was answered; every later request waits undone.
    Answered,
}
