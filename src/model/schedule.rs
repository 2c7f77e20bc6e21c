//! How often runs happen, and what the next one would be too late for.

use jiff::{SignedDuration, Timestamp};

/// How often keyform is run, where the configuration says so.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Schedule(Option<SignedDuration>);

impl Schedule {
    /// How often runs are taken to happen where nothing says.
    pub const DAILY: SignedDuration = SignedDuration::from_hours(24);

    /// Runs every `cadence`. What is less than a second says nothing.
    pub(crate) fn every(cadence: SignedDuration) -> Self {
        Self(Some(cadence).filter(|cadence| cadence.as_secs() > 0))
    }

    /// The cadence, where the configuration says so.
    pub(crate) const fn cadence(self) -> Option<SignedDuration> {
        self.0
    }

    /// How much lies between two runs.
    pub(crate) fn interval(self) -> SignedDuration {
        self.0.unwrap_or(Self::DAILY)
    }

    /// The number of runs that are sure to fall into `time`; `None` where nothing says how often they happen.
    pub(crate) fn runs_in(self, time: SignedDuration) -> Option<u64> {
        let runs = time.as_secs().checked_div(self.0?.as_secs())?;
        Some(u64::try_from(runs).unwrap_or(0))
    }

    /// From when on the renewal of a key that ends at `expires` can wait no longer: the run after it might find too little
    /// left for an overlap.
    pub(crate) fn too_late(self, overlap: SignedDuration, expires: Timestamp) -> Option<Timestamp> {
        expires.checked_sub(overlap).ok()?.checked_sub(self.interval()).ok()
    }
}
