//! What can go wrong with any request, whoever is asked.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// A request as errors name it: the method, the path and the host, never a query or a body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place(Arc<str>);

impl Place {
    /// The request `method` of `path`, which is safe to print, at `host`.
    pub(super) fn new(method: &str, path: &str, host: &str) -> Self {
        Self(format!("{method} {path} at {host}").into())
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A request without an answer that a service could have given. Every text in it is safe to print.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "a field is what it is called")]
pub enum Error {
    /// The client could not be made, as with a broken `ca_bundle`.
    #[error("the connection cannot be set up: {why}")]
    Setup { why: String },
    /// No connection; the request was not sent.
    #[error("no connection for {place}: {why}")]
    Unreachable { place: Place, why: String },
    /// No trusted connection; the request was not sent.
    #[error("no trusted connection for {place}: {why}")]
    Tls { place: Place, why: String },
    /// No whole answer in time.
    #[error("no answer to {place} within {} s", after.as_secs())]
    Timeout { place: Place, after: Duration },
    /// The connection ended before the answer did.
    #[error("the answer to {place} was lost: {why}")]
    Lost { place: Place, why: String },
    /// The answer sends us to a place that the token must not reach.
    #[error("{place} was redirected to {to}")]
    Redirect { place: Place, to: String },
    /// An answer longer than any that is read.
    #[error("the answer to {place} is longer than {megabytes} MB")]
    TooLong { place: Place, megabytes: usize },
    /// The gate was shut, so the write was not sent.
    #[error("{place} was not sent")]
    Withheld { place: Place },
}

impl Error {
    /// Whether the request may have arrived.
    #[must_use]
    pub const fn was_sent(&self) -> bool {
        match self {
            Self::Setup { .. } | Self::Unreachable { .. } | Self::Tls { .. } | Self::Withheld { .. } => false,
            Self::Timeout { .. } | Self::Lost { .. } | Self::Redirect { .. } | Self::TooLong { .. } => true,
        }
    }
}
