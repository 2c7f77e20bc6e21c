//! How long keys live and when they are renewed.

use jiff::civil::{Time, Weekday};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use sha2::{Digest, Sha256};

use super::CredentialName;

/// How long one applier may write, and so how long after its first word about a key the key may reach a sink.
pub const LEASE: SignedDuration = SignedDuration::from_mins(10);

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

/// The hours in which keys are renewed and retired.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Window {
    /// The days, Monday first; never empty.
    pub days: Vec<Weekday>,
    /// From when on a day.
    pub from: Time,
    /// Until when, without that moment; later than `from`. `None` is the end of the day.
    pub to: Option<Time>,
    /// The zone that days and hours are told in.
    pub zone: TimeZone,
}

impl Window {
    /// Whether `at` lies within.
    #[must_use]
    pub fn is_open(&self, at: Timestamp) -> bool {
        let local = at.to_zoned(self.zone.clone());
        let time = local.time();
        self.days.contains(&local.weekday()) && time >= self.from && self.to.is_none_or(|to| time < to)
    }

    /// The next moment from `at` on at which it is open; `at` itself if it is.
    #[must_use]
    pub fn next_open(&self, at: Timestamp) -> Option<Timestamp> {
        if self.is_open(at) {
            return Some(at);
        }
        let today = at.to_zoned(self.zone.clone()).date();
        (0..=8).find_map(|days| {
            let date = today.checked_add(jiff::Span::new().days(days)).ok()?;
            let opens = date.to_datetime(self.from).to_zoned(self.zone.clone()).ok()?.timestamp();
            (opens >= at && self.is_open(opens)).then_some(opens)
        })
    }

    /// The next moment after `at` at which it opens or closes; `None` if it never does.
    pub(crate) fn next_edge(&self, at: Timestamp) -> Option<Timestamp> {
        let open = self.is_open(at);
        let today = at.to_zoned(self.zone.clone()).date();
        let hours = (0..=8).filter_map(|days| today.checked_add(jiff::Span::new().days(days)).ok()).flat_map(|date| {
            let next = date.tomorrow().ok().map(|next| next.to_datetime(Time::midnight()));
            let ends = self.to.map_or(next, |to| Some(date.to_datetime(to)));
            [Some(date.to_datetime(self.from)), ends]
        });
        let edges = hours.flatten().filter_map(|local| Some(local.to_zoned(self.zone.clone()).ok()?.timestamp()));
        // Clocks that are put forward or back may jump over an hour that is told here.
        let jumps = self.zone.following(at).take(1).map(|jump| jump.timestamp());
        edges.chain(jumps).filter(|edge| *edge > at && self.is_open(*edge) != open).min()
    }
}

/// The expiry policy of a credential.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expiry {
    /// When its keys end.
    pub end: KeyEnd,
    /// How long before its end a key is renewed.
    pub renew_before: SignedDuration,
    /// How long a replaced key stays valid.
    pub overlap: SignedDuration,
    /// What then happens to it.
    pub retire: Retire,
    /// Renewals of a fleet are spread over so long; nothing means that all are due `renew_before` their end.
    pub spread: SignedDuration,
    /// When keys may be renewed and retired; `None` is any time.
    pub window: Option<Window>,
}

impl Expiry {
    /// The longest life keyform asks for: 364 days of server time, since a portal may refuse or cut a full year.
    pub const LONGEST: SignedDuration = SignedDuration::from_hours(364 * 24);

    /// When a key issued at `now` ends, to the whole second; `None` once a fixed end has passed.
    pub(crate) fn end_from(&self, now: Timestamp) -> Option<Timestamp> {
        let end = match self.end {
            KeyEnd::Lifetime(life) => now.checked_add(life.min(Self::LONGEST)).ok()?,
            KeyEnd::Until(end) => end.min(now.checked_add(Self::LONGEST).ok()?),
        };
        let end = Timestamp::from_second(end.as_second()).ok()?;
        (end > now).then_some(end)
    }

    /// When the key of `name` that ends at `expires` is renewed; `None` where a fixed end means that it is not.
    ///
    /// That is `renew_before` its end, and up to `spread` earlier: never later, so that a spread takes away none of
    /// the time in which a run may fail.
    pub(crate) fn renew_at(&self, name: &CredentialName, expires: Timestamp) -> Option<Timestamp> {
        match self.end {
            KeyEnd::Until(end) if expires >= Timestamp::from_second(end.as_second()).unwrap_or(end) => None,
            KeyEnd::Until(_) | KeyEnd::Lifetime(_) => {
                expires.checked_sub(self.renew_before.checked_add(self.offset(name))?).ok()
            }
        }
    }

    /// How much earlier than its fleet `name` is renewed: whole seconds, less than `spread`.
    ///
    /// They come from the name's SHA-256 and from nothing else, so that every run on every machine says the same, in
    /// whichever stack and on whichever portal the credential is.
    fn offset(&self, name: &CredentialName) -> SignedDuration {
        let spread = u64::try_from(self.spread.as_secs()).unwrap_or(0);
        let hash = Sha256::digest(name.as_str().as_bytes());
        let hash = hash.iter().take(8).fold(0_u64, |number, byte| (number << 8) | u64::from(*byte));
        let seconds = hash.checked_rem(spread).unwrap_or(0);
        SignedDuration::from_secs(i64::try_from(seconds).unwrap_or(0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: SignedDuration = SignedDuration::from_hours(24);

    fn expiry(spread: SignedDuration) -> Expiry {
        Expiry {
            end: KeyEnd::Lifetime(180 * DAY),
            renew_before: 30 * DAY,
            overlap: 7 * DAY,
            retire: Retire::Revoke,
            spread,
            window: None,
        }
    }

    fn renewed(spread: SignedDuration, name: &str) -> SignedDuration {
        let end: Timestamp = "2027-03-20T08:00:00Z".parse().unwrap();
        let at = expiry(spread).renew_at(&CredentialName::new(name).unwrap(), end).unwrap();
        end.duration_since(at)
    }

    #[test]
    fn without_a_spread_every_key_is_renewed_renew_before_its_end() {
        assert_eq!(renewed(SignedDuration::ZERO, "web"), 30 * DAY);
        assert_eq!(renewed(SignedDuration::from_millis(900), "web"), 30 * DAY);
    }

    #[test]
    fn a_spread_renews_earlier_by_less_than_itself_and_never_later() {
        for name in (0..500).map(|number| format!("web-{number}")) {
            let before = renewed(5 * DAY, &name);
            assert!((30 * DAY..35 * DAY).contains(&before) && before.subsec_nanos() == 0, "{name}: {before:?}");
        }
    }

    #[test]
    fn a_fleet_is_renewed_on_every_day_of_its_spread() {
        let mut days = [0; 10];
        for name in (0..1_000).map(|number| format!("web-{number}")) {
            let early = renewed(10 * DAY, &name) - 30 * DAY;
            days[usize::try_from(early.as_hours() / 24).unwrap()] += 1;
        }
        assert!(days.iter().all(|count| (70..130).contains(count)), "{days:?}");
    }

    #[test]
    fn the_day_of_a_name_does_not_change_between_versions() {
        assert_eq!(renewed(10 * DAY, "storefront-web").as_secs(), 2_822_644);
    }
}
