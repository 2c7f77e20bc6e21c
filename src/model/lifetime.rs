//! How long keys live and when they are renewed.

use jiff::{SignedDuration, Timestamp};

/// When a key issued now would end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyEnd {
    /// So long after it was issued; a day is 24 hours.
    Lifetime(SignedDuration),
    /// At this instant, without rotation.
    Until(Timestamp),
}

/// What happens to the older key when its overlap is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Retire {
    /// It is revoked.
    Revoke,
    /// It is left to expire.
    Expire,
}

/// The expiry policy of a credential.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Expiry {
    /// When its keys end.
    pub end: KeyEnd,
    /// How long before its end a key is renewed.
    pub renew_before: SignedDuration,
    /// How long a replaced key stays valid.
    pub overlap: SignedDuration,
    /// What then happens to it.
    pub retire: Retire,
}

impl Expiry {
    /// The longest life keyform asks for: 364 days of server time, since a portal may refuse or cut a full year.
    pub const LONGEST: SignedDuration = SignedDuration::from_hours(364 * 24);

    /// When a key issued at `now` ends, to the whole second; `None` once a fixed end has passed.
    #[must_use]
    pub fn end_from(&self, now: Timestamp) -> Option<Timestamp> {
        let end = match self.end {
            KeyEnd::Lifetime(life) => now.checked_add(life.min(Self::LONGEST)).ok()?,
            KeyEnd::Until(end) => end.min(now.checked_add(Self::LONGEST).ok()?),
        };
        let end = Timestamp::from_second(end.as_second()).ok()?;
        (end > now).then_some(end)
    }

    /// When a key that ends at `expires` is renewed; `None` where a fixed end means that it is not.
    #[must_use]
    pub fn renew_at(&self, expires: Timestamp) -> Option<Timestamp> {
        match self.end {
            KeyEnd::Until(end) if expires >= Timestamp::from_second(end.as_second()).unwrap_or(end) => None,
            KeyEnd::Until(_) | KeyEnd::Lifetime(_) => expires.checked_sub(self.renew_before).ok(),
        }
    }
}
