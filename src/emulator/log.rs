//! What was asked, without a value from any body.

use serde::Serialize;

use super::fault::Trouble;

/// One request and how it ended.
#[derive(Clone, Debug, Serialize)]
#[expect(missing_docs, reason = "a field is what it is called")]
pub struct Entry {
    /// Its number, from 1; calls below `/emulator` are not counted.
    pub n: u64,
    /// When, by the portal's clock, in ms.
    pub at: i64,
    pub method: String,
    pub path: String,
    /// The query string as sent, so that a test can look for secrets in it.
    pub query: String,
    pub names: Vec<String>,
    /// Where a token was sent: `x-esri-authorization`, `authorization`, `form`, `query`.
    pub token: Vec<&'static str>,
    /// The HTTP status; none if the connection was closed instead.
    pub status: Option<u16>,
    /// The code of the error in the body.
    pub error: Option<i64>,
    /// Whether the portal acted on it.
    pub acted: bool,
    pub fault: Option<Trouble>,
}
