//! The one place that asks the time.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::os;

/// The wall clock of this machine.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "this is the place")]
pub fn wall() -> Timestamp {
    Timestamp::now()
}

/// A moment on a clock that never jumps and counts the time this machine sleeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Tick(SignedDuration);

impl Tick {
    /// Now.
    #[must_use]
    pub fn now() -> Self {
        Self(SignedDuration::try_from(os::since_boot()).unwrap_or_default())
    }

    /// The time since the clock began.
    #[must_use]
    pub fn since_start(self) -> Duration {
        Duration::try_from(self.0).unwrap_or_default()
    }

    /// How long ago that was.
    #[must_use]
    pub fn elapsed(self) -> SignedDuration {
        Self::now().0 - self.0
    }
}

/// The portal's clock, as far as one answer and our own clocks tell it.
///
/// It goes by the later of the wall clock and the clock that counts sleep, so that it errs towards "time is over".
#[derive(Clone, Debug)]
pub struct ServerClock {
    at: Timestamp,
    since: Since,
}

/// What tells how much time has passed since then.
#[derive(Clone, Debug)]
enum Since {
    /// The clocks of this machine.
    Machine { wall: Timestamp, tick: Tick },
    /// A clock that somebody moves: milliseconds, and what it showed.
    Moved { clock: Arc<AtomicI64>, from: i64 },
}

impl ServerClock {
    /// A clock set by an answer that said it was `at` and has just arrived.
    #[must_use]
    pub fn set(at: Timestamp) -> Self {
        Self { at, since: Since::Machine { wall: wall(), tick: Tick::now() } }
    }

    /// The same by a clock of milliseconds that somebody moves, for rehearsals.
    #[must_use]
    pub fn moved_by(at: Timestamp, clock: Arc<AtomicI64>) -> Self {
        let from = clock.load(Ordering::Relaxed);
        Self { at, since: Since::Moved { clock, from } }
    }

    /// The portal's time now.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        let passed = match &self.since {
            Since::Machine { wall: was, tick } => wall().duration_since(*was).max(tick.elapsed()),
            Since::Moved { clock, from } => {
                SignedDuration::from_millis(clock.load(Ordering::Relaxed).saturating_sub(*from))
            }
        };
        self.at.checked_add(passed.max(SignedDuration::ZERO)).unwrap_or(Timestamp::MAX)
    }

    /// The same to the whole second, as portals tell it.
    #[must_use]
    pub fn now_in_seconds(&self) -> Timestamp {
        Timestamp::from_second(self.now().as_second()).unwrap_or(self.at)
    }

    /// The same to the whole millisecond, as ledgers keep it.
    #[must_use]
    pub fn now_in_milliseconds(&self) -> Timestamp {
        Timestamp::from_millisecond(self.now().as_millisecond()).unwrap_or(self.at)
    }

    /// What the answer said.
    #[must_use]
    pub const fn first(&self) -> Timestamp {
        self.at
    }
}
