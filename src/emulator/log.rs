//! What was asked, without a value from any body.

use std::collections::VecDeque;

use serde::Serialize;

use super::fault::Trouble;

/// The oldest entries go first.
const KEPT: usize = 200_000;

/// One request and how it ended.
#[derive(Clone, Debug, Serialize)]
pub struct Entry {
    /// Its number, from 1; calls below `/emulator` are not counted.
    pub n: u64,
    /// When, by the portal's clock, in ms.
    pub at: i64,
    /// The verb.
    pub method: String,
    /// The path as sent.
    pub path: String,
    /// The query string as sent, so that a test can look for secrets in it.
    pub query: String,
    /// The names of all parameters.
    pub names: Vec<String>,
    /// Where a token was sent: `x-esri-authorization`, `authorization`, `form`, `query`.
    pub token: Vec<&'static str>,
    /// The HTTP status; none if the connection was closed instead.
    pub status: Option<u16>,
    /// The code of the error in the body.
    pub error: Option<i64>,
    /// Whether the portal acted on it.
    pub acted: bool,
    /// The fault that struck it.
    pub fault: Option<Trouble>,
}

/// The log: bounded, in memory only.
#[derive(Default)]
pub(super) struct Log(VecDeque<Entry>);

impl Log {
    pub(super) fn push(&mut self, entry: Entry) {
        if self.0.len() >= KEPT {
            self.0.pop_front();
        }
        self.0.push_back(entry);
    }

    pub(super) fn entries(&self) -> impl Iterator<Item = &Entry> {
        self.0.iter()
    }

    pub(super) fn clear(&mut self) {
        self.0.clear();
    }
}
