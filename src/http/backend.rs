//! Another way to a service than the network: for rehearsals, on one in the same process.

use std::borrow::Cow;
use std::pin::Pin;
use std::time::Duration;

use jiff::Timestamp;

use crate::clock::wall;

use super::backoff::retry_after;

/// One request as it travels. It may hold secrets.
pub struct RawRequest<'a> {
    /// Whether it writes, or at least is sent as a form.
    pub post: bool,
    /// The whole path, from the first slash on.
    pub path: String,
    /// The fields of the query, or of the form.
    pub fields: &'a [(&'static str, Cow<'a, str>)],
    /// Who it speaks for.
    pub token: Option<&'a str>,
    /// The page it says it comes from.
    pub referer: Option<&'a str>,
}

/// A whole answer. Its body may hold secrets and is overwritten when dropped.
pub struct RawResponse {
    /// The HTTP status.
    pub status: u16,
    /// What the `Date` header says.
    pub date: Option<Timestamp>,
    /// What the `Retry-After` header says.
    pub retry_after: Option<String>,
    /// What the `WWW-Authenticate` headers say.
    pub challenges: Vec<String>,
    /// The body.
    pub body: Vec<u8>,
}

impl RawResponse {
    /// How long the service asks to wait.
    pub(crate) fn wait(&self) -> Option<Duration> {
        retry_after(self.retry_after.as_deref()?, self.date.unwrap_or_else(wall))
    }

    /// The body without a byte order mark.
    pub(crate) fn text(&self) -> &[u8] {
        self.body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&self.body)
    }
}

impl Drop for RawResponse {
    fn drop(&mut self) {
        self.body.fill(0);
        std::hint::black_box(&self.body);
    }
}

/// What takes requests to a service.
pub trait HttpBackend: Send + Sync {
    /// Brings the answer; `None` if it was lost, whatever was done.
    fn send<'a>(&'a self, request: RawRequest<'a>) -> Pin<Box<dyn Future<Output = Option<RawResponse>> + Send + 'a>>;
}
