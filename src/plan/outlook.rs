//! What comes of the keys of a stack if keyform never runs again.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::model::{CredentialName, CredentialSpec, Mode, Schedule, Spec};

use super::keys::{KeyLine, Next};

/// What comes of the keys of a stack if keyform never runs again.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outlook {
    /// Credentials that are to have a key and have no live one, by name.
    pub dark: Vec<CredentialName>,
    /// The first that lapses for want of a renewal.
    pub lapse: Option<Lapse>,
    /// The first that ends as configured, whether keyform runs or not.
    pub end: Option<Lapse>,
}

/// A credential whose current key ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lapse {
    pub name: CredentialName,
    /// When its key ends.
    pub at: Timestamp,
    /// How many scheduled runs may fail before that; `None` where no cadence says, or none renews it.
    pub budget: Option<Budget>,
}

/// Scheduled runs that may renew a key, and how many of them may fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Budget {
    /// Runs between the start of renewal and the last moment that leaves a full overlap.
    pub runs: u64,
}

impl Budget {
    /// How many of the runs may fail; `None` if none of them leaves a full overlap.
    pub const fn may_fail(self) -> Option<u64> {
        self.runs.checked_sub(1)
    }
}

/// What comes of `keys` after `now`. Credentials that are only observed are nobody's to renew.
pub(super) fn of(spec: &Spec, keys: &[KeyLine], now: Timestamp) -> Outlook {
    let mut outlook = Outlook::default();
    // What is left after a request to go is not looked at, and what goes is not missed.
    if spec.requests.leave() {
        return outlook;
    }
    for want in spec.credentials.values().filter(|want| want.mode != Mode::Observe && !want.deliver.is_empty()) {
        let current = keys.iter().find(|key| key.name == want.name && key.current);
        let Some((key, at)) = current.and_then(|key| Some((key, key.expires?))) else {
            outlook.dark.push(want.name.clone());
            continue;
        };
        let (first, budget) = match key.next {
            Some(Next::Renew(from)) => (&mut outlook.lapse, budget(spec.schedule, want, from.max(now), at)),
            Some(Next::Revoke(_) | Next::Expire(_)) | None => (&mut outlook.end, None),
        };
        // Within a day the first by name, so that it does not hang on the seconds in which keys were issued.
        let day = |at: Timestamp| at.to_zoned(TimeZone::UTC).date();
        if first.as_ref().is_none_or(|first| day(at) < day(first.at)) {
            *first = Some(Lapse { name: want.name.clone(), at, budget });
        }
    }
    outlook
}

/// The runs that a schedule is sure to make from `from` on, early enough for the overlap before `end`. A window makes
/// some of them not count, and nobody knows which.
fn budget(schedule: Schedule, want: &CredentialSpec, from: Timestamp, end: Timestamp) -> Option<Budget> {
    let time = end.duration_since(from).checked_sub(want.expiry.overlap).filter(|_| want.expiry.window.is_none())?;
    Some(Budget { runs: schedule.runs_in(time)? })
}
