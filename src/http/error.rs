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
pub enum Error {
    /// The client could not be made, as with a broken `ca_bundle`.
    #[error("the connection cannot be set up: {why}")]
    Setup {
        /// What is wrong.
        why: String,
    },
    /// No connection; the request was not sent.
    #[error("no connection for {place}: {why}")]
    Unreachable {
        /// The request.
        place: Place,
        /// The system's words.
        why: String,
    },
    /// No trusted connection; the request was not sent.
    #[error("no trusted connection for {place}: {why}")]
    Tls {
        /// The request.
        place: Place,
        /// Why it is not trusted.
        why: String,
    },
    /// No whole answer in time.
    #[error("no answer to {place} within {} s", after.as_secs())]
    Timeout {
        /// The request.
        place: Place,
        /// How long was waited.
        after: Duration,
    },
    /// The connection ended before the answer did.
    #[error("the answer to {place} was lost: {why}")]
    Lost {
        /// The request.
        place: Place,
        /// The system's words.
        why: String,
    },
    /// The answer sends us to a place that the token must not reach.
    #[error("{place} was redirected to {to}")]
    Redirect {
        /// The request.
        place: Place,
        /// Where to, without its query.
        to: String,
    },
    /// An answer longer than any that is read.
    #[error("the answer to {place} is longer than {megabytes} MB")]
    TooLong {
        /// The request.
        place: Place,
        /// The limit.
        megabytes: usize,
    },
    /// The gate was shut, so the write was not sent.
    #[error("{place} was not sent")]
    Withheld {
        /// The request.
        place: Place,
    },
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
