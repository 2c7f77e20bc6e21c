//! What the date of a slot says about the key in it: one reading for plan, apply, recovery and status.
//!
//! A portal shows one date for each slot, on the item. It may show it at once, once there is a key, or some reads later;
//! and as it was asked for, or rounded. What a key that was proved says of its own end is more than any date.
//! *Source: arcgis-api 3.4, 5.6.*

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Time;
use jiff::tz::TimeZone;

use super::{Fingerprint, Issue, LiveItem, Phase, Slot, SlotRecord};

/// Whose key the date of an active slot speaks of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dated {
    /// The key that the ledger has here.
    Own,
    /// Nobody's yet: the portal shows what it did before that key was issued.
    Late,
    /// Nobody can say whose: there is no date where one was to be seen.
    Unclear,
    /// A key that keyform did not issue.
    Foreign,
}

impl SlotRecord {
    /// When the key ends: what it says itself, and until it was asked, what was asked for.
    pub(crate) fn end(&self) -> Timestamp {
        self.ends.unwrap_or(self.expires)
    }

    /// Whether a key that ends at `end` can be this one.
    pub(crate) fn is_end(&self, end: Timestamp) -> bool {
        self.ends.map_or_else(|| is_rounded(self.expires, end), |known| known == end)
    }

    /// Whether the key was shown to live, and so may be somebody's.
    pub(crate) fn is_proved(&self) -> bool {
        self.phase >= Phase::Delivering
    }

    /// What `shown`, the item's date of the slot, says while the slot is active.
    pub(crate) fn dated(&self, shown: Option<Timestamp>) -> Dated {
        match shown {
            // Whoever issued another key over it may have kept its date.
            _ if self.phase == Phase::Lost => Dated::Foreign,
            Some(date) if self.is_date(date) => Dated::Own,
            Some(date) if self.date_before == Some(date) => Dated::Late,
            Some(_) => Dated::Foreign,
            // Once the portal has shown the date, it does not forget it.
            None if self.is_proved() && self.shown.is_none() => Dated::Late,
            None => Dated::Unclear,
        }
    }

    /// Whether `date` is what the item shows, or may come to show, for this key: exactly what was asked for or one of its
    /// roundings, until it was seen. That a date is near proves nothing.
    pub(crate) fn is_date(&self, date: Timestamp) -> bool {
        self.ends == Some(date) || self.shown.map_or_else(|| is_rounded(self.expires, date), |shown| shown == date)
    }

    /// When the key in a slot that shows this date ends, if it is this one.
    pub(crate) fn until(&self, shown: Option<Timestamp>) -> Option<Timestamp> {
        match self.dated(shown) {
            Dated::Own => Some(self.end()),
            // It answered for itself, whatever the item shows so far.
            Dated::Late if self.is_proved() => Some(self.end()),
            Dated::Late | Dated::Unclear | Dated::Foreign => None,
        }
    }
}

impl Issue {
    /// Whether `date` is what an item may show for the key that is asked for.
    pub(crate) fn is_date(&self, date: Timestamp) -> bool {
        is_rounded(self.expires, date)
    }
}

impl LiveItem {
    /// What the ledger has of the key in `slot`. The ledger of a copy says nothing about the item it came to.
    pub(crate) fn record(&self, slot: Slot) -> Option<&SlotRecord> {
        let ledger = self.ledger().filter(|ledger| ledger.item.as_ref().is_none_or(|id| *id == self.id))?;
        ledger.slots.get(slot).as_ref()
    }

    /// Whose key the date of `slot` speaks of, if it is active.
    pub(crate) fn dated(&self, slot: Slot) -> Dated {
        self.recorded(slot).map_or(Dated::Foreign, |record| record.dated(*self.dates.get(slot)))
    }

    /// When the recorded key of `slot` ends, if the date of the slot is its own.
    pub(crate) fn until(&self, slot: Slot) -> Option<Timestamp> {
        self.recorded(slot)?.until(*self.dates.get(slot))
    }

    /// Takes note of recorded keys that were asked and are dead: in a slot that is active at `now`, somebody issued another
    /// one over it.
    pub fn note_answers(&mut self, dead: &BTreeMap<Fingerprint, bool>, now: Timestamp) {
        let is_lost = |slot, key| dead.get(&key) == Some(&true) && self.key_until(slot, now).is_some();
        let lost = self.given().filter(|(slot, key)| is_lost(*slot, *key));
        for (slot, _) in lost.collect::<Vec<_>>() {
            *self.lost.get_mut(slot) = true;
        }
    }

    /// The recorded keys that sinks were given, or may have been. Nothing is known of one that is only being issued,
    /// whatever somebody wrote beside it.
    pub fn given(&self) -> impl Iterator<Item = (Slot, Fingerprint)> {
        let given = |slot| {
            let record = self.record(slot).filter(|record| record.is_proved())?;
            Some((slot, record.fingerprint?))
        };
        Slot::BOTH.into_iter().filter_map(given)
    }

    /// What the ledger has of `slot`, unless that key is known to be no more.
    fn recorded(&self, slot: Slot) -> Option<&SlotRecord> {
        self.record(slot).filter(|_| !self.lost.get(slot))
    }

    /// Until when the key in `slot` works, if there is one at `now`.
    ///
    /// Active decides first, only then the date; an active slot without a date is a key whose end is not known. What a key
    /// of ours said itself counts for more than its date. *Source: arcgis-api 5.6.*
    #[must_use]
    pub fn key_until(&self, slot: Slot, now: Timestamp) -> Option<Option<Timestamp>> {
        if !self.is_active(slot) {
            return None;
        }
        match self.end_of(slot) {
            Some(end) if end <= now => None,
            end => Some(end),
        }
    }

    /// When the key in `slot` ends, if there is one, as far as anybody can tell.
    pub(crate) fn end_of(&self, slot: Slot) -> Option<Timestamp> {
        self.until(slot).or(*self.dates.get(slot))
    }
}

/// Whether `date` is `asked` as portals return dates: as it is, as the last second or millisecond of its day in UTC, or
/// without its seconds or their fraction.
fn is_rounded(asked: Timestamp, date: Timestamp) -> bool {
    let zoned = asked.to_zoned(TimeZone::UTC);
    let at = |time: Time| zoned.date().to_datetime(time).to_zoned(TimeZone::UTC).map(|zoned| zoned.timestamp()).ok();
    let (hour, minute, second) = (zoned.hour(), zoned.minute(), zoned.second());
    let times =
        [(23, 59, 59, 0), (23, 59, 59, 999_000_000), (hour, minute, 0, 0), (hour, minute, second, 0)].into_iter();
    let mut rounded = times.filter_map(|(h, m, s, ns)| at(Time::new(h, m, s, ns).ok()?));
    date == asked || rounded.any(|rounded| rounded == date)
}

#[cfg(test)]
#[path = "reading_tests.rs"]
mod tests;
