//! Whether a request that failed may be sent again.

use std::time::Duration;

/// A read that times out is tried this often, since each try may take the whole time-out.
const TIMED_OUT_TRIES: u32 = 2;

/// What may be done when a request fails, besides sending it again once the service refused it before it acted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Idempotency {
    /// It changes nothing: as often as patience lasts.
    Read,
    /// Twice is once; but not while the first may still be under way, or it could undo what came after it.
    Idempotent,
    /// Twice would be two: only if it was not sent, or refused before the service acted.
    Once,
}

/// Whether and how a failed request may be sent again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Retry {
    /// The service never got it.
    NotSent,
    /// It was not let go, and will not be.
    Withheld,
    /// The service refused it before acting, and may accept it later.
    Refused,
    /// It failed and is over; it may have been carried out.
    Over,
    /// It may still be under way: nobody answered in time.
    UnderWay,
    /// It may still be under way: the connection ended.
    Lost,
    /// The token is no longer accepted, so nothing was done.
    Token,
    /// The answer would be the same.
    Never,
}

impl Retry {
    /// Whether a request may be sent again after so many time-outs, but for one that waits for its turn.
    pub(super) fn allows(self, call: Idempotency, timed_out: u32) -> bool {
        match self {
            Self::Never | Self::Withheld | Self::Token | Self::Refused => false,
            Self::NotSent => true,
            Self::Over => matches!(call, Idempotency::Read | Idempotency::Idempotent),
            // Sent again, the first could undo what came after the second.
            Self::Lost => call == Idempotency::Read,
            Self::UnderWay => call == Idempotency::Read && timed_out < TIMED_OUT_TRIES,
        }
    }

    /// Whether the service took the request, and did not refuse it for want of time.
    pub(super) const fn was_let_through(self) -> bool {
        match self {
            Self::Over | Self::Token | Self::Never => true,
            Self::NotSent | Self::Withheld | Self::Refused | Self::UnderWay | Self::Lost => false,
        }
    }
}

/// A request that failed, and what follows for sending it again.
#[derive(Debug)]
pub(crate) struct Failure<E> {
    pub(crate) error: E,
    pub(crate) retry: Retry,
    pub(crate) after: Option<Duration>,
}

impl<E> Failure<E> {
    pub(crate) const fn new(error: E, retry: Retry) -> Self {
        Self { error, retry, after: None }
    }

    /// The same failure in the words of a service.
    pub(super) fn told_as<T: From<E>>(self) -> Failure<T> {
        Failure { error: self.error.into(), retry: self.retry, after: self.after }
    }
}
