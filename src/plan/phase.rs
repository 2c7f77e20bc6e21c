//! The life of a key: which slot, what next, when. The rules of the key protocol.
//!
//! The *current* key is the latest that somebody may hold. It is live if its slot is active with a date of its own and
//! its item is home. Every earlier one is an *old* key, whatever its phase. Which is later: [`Issued`].

use jiff::{SignedDuration, Timestamp};

use crate::model::{
    CredentialSpec, Dated, Fingerprint, Issued, ItemId, Live, LiveItem, Phase, SinkId, Slot, SlotRecord, Spec,
};

use super::blocked::{Blocked, Ends, SeenIn, Unknown};
use super::places::Places;

/// What every credential is judged by.
#[derive(Clone, Copy)]
pub(super) struct At<'a> {
    pub(super) spec: &'a Spec,
    pub(super) live: &'a Live,
    pub(super) now: Timestamp,
    pub(super) places: &'a Places<'a>,
}

/// A slot that has a record, as it was found.
pub(super) struct Key<'a> {
    pub(super) item: &'a LiveItem,
    pub(super) slot: Slot,
    pub(super) record: &'a SlotRecord,
    pub(super) active: bool,
}

impl<'a> Key<'a> {
    /// Its place in the order of the credential's keys.
    pub(super) fn issued(&self) -> Issued<'a> {
        self.record.in_order(&self.item.id)
    }

    /// Its end, if the date of its slot is its own.
    fn until(&self) -> Option<Timestamp> {
        self.item.until(self.slot)
    }

    /// Whether somebody issued another key over it.
    pub(super) fn is_lost(&self) -> bool {
        self.record.phase == Phase::Lost || *self.item.lost.get(self.slot)
    }

    /// Active, with a date of its own, and not past its end.
    pub(super) fn works(&self, now: Timestamp) -> bool {
        self.active && self.until().is_some_and(|end| end > now)
    }

    /// The overlap in force when it is replaced: the longer one of what was recorded with it and of what is wanted.
    pub(super) fn overlap(&self, want: &CredentialSpec) -> SignedDuration {
        want.expiry.overlap.max(self.record.overlap)
    }

    pub(super) fn is_older_than(&self, other: &Key<'_>) -> bool {
        self.issued() < other.issued()
    }
}

/// The items of one credential: home, where keys are issued, and those it took over from.
#[derive(Clone, Copy)]
pub(super) struct Items<'a> {
    pub(super) home: &'a LiveItem,
    pub(super) others: &'a [&'a LiveItem],
    pub(super) places: &'a Places<'a>,
}

impl<'a> Items<'a> {
    pub(super) fn all(self) -> impl Iterator<Item = &'a LiveItem> {
        std::iter::once(self.home).chain(self.others.iter().copied())
    }

    pub(super) fn keys(self) -> impl Iterator<Item = Key<'a>> {
        self.all().flat_map(|item| Slot::BOTH.into_iter().filter_map(move |slot| Keys::key_of(item, slot)))
    }

    /// The latest key that somebody may hold.
    pub(super) fn current(self) -> Option<Key<'a>> {
        self.keys().filter(|key| key.record.is_proved()).max_by_key(Key::issued)
    }

    /// Whether a key works and is one of home's, which nothing took over from.
    pub(super) fn is_live(self, key: &Key<'_>, now: Timestamp) -> bool {
        key.works(now) && key.item.id == self.home.id && !key.item.is_superseded()
    }

    /// Whether the key in `slot` of `item` is the one applications are to use, and live.
    pub(super) fn is_current(self, item: &LiveItem, slot: Slot, now: Timestamp) -> bool {
        self.current().is_some_and(|key| key.item.id == item.id && key.slot == slot && self.is_live(&key, now))
    }

    /// The generation of an item that would take over from all of these.
    pub(super) fn next_generation(self) -> u64 {
        self.all().filter_map(LiveItem::ledger).map(|ledger| ledger.generation).max().unwrap_or(0).saturating_add(1)
    }
}

/// The keys of one credential, and everything that is asked about them.
pub(super) struct Keys<'a> {
    pub(super) want: &'a CredentialSpec,
    pub(super) items: Items<'a>,
    pub(super) now: Timestamp,
}

impl<'a> Keys<'a> {
    pub(super) fn key_of(item: &'a LiveItem, slot: Slot) -> Option<Key<'a>> {
        Some(Key { item, slot, record: item.record(slot)?, active: item.is_active(slot) })
    }

    /// The key in a slot of home.
    pub(super) fn key(&self, slot: Slot) -> Option<Key<'a>> {
        Self::key_of(self.items.home, slot)
    }

    pub(super) fn all(&self) -> impl Iterator<Item = Key<'a>> {
        self.items.keys()
    }

    /// The latest key, somebody's or nobody's yet. What was only being issued in an item that is not home is nobody's and
    /// comes to nothing.
    pub(super) fn latest(&self) -> Option<Key<'a>> {
        self.all().filter(|key| key.record.is_proved() || self.is_home(key.item)).max_by_key(Key::issued)
    }

    pub(super) fn current(&self) -> Option<Key<'a>> {
        self.items.current()
    }

    /// Whether another key is later, even one that nobody holds yet.
    pub(super) fn is_old(&self, key: &Key<'_>) -> bool {
        self.latest().is_some_and(|latest| key.is_older_than(&latest))
    }

    fn later(&self, old: &Key<'_>) -> impl Iterator<Item = &'a SlotRecord> {
        self.all().filter(|key| old.is_older_than(key)).map(|key| key.record)
    }

    /// Whether a later key than `old` was delivered to `sink`.
    pub(super) fn was_followed_in(&self, sink: &SinkId, old: &Key<'_>) -> bool {
        let has = |later: &SlotRecord| later.sinks.iter().any(|(id, seen)| id == sink && seen.delivered.is_some());
        self.later(old).any(has)
    }

    pub(super) fn is_home(&self, item: &LiveItem) -> bool {
        item.id == self.items.home.id
    }

    /// Active, and nobody can tell whose key it is until the portal shows its date again. That of a key which was only
    /// being issued may not have shown yet: apply looks again before it touches such a slot.
    pub(super) fn is_unsettled(&self, slot: Slot) -> bool {
        let home = self.items.home;
        home.is_active(slot)
            && home.dated(slot) == Dated::Unclear
            && home.record(slot).is_some_and(SlotRecord::is_proved)
    }

    /// When `key` may end, if that depends on time alone: a later key has been delivered for an overlap, and no place keeps
    /// it any longer.
    pub(super) fn may_end_at(&self, key: &Key<'_>) -> Option<Timestamp> {
        let wanted = self.want.expiry.overlap;
        let over =
            |later: &SlotRecord| later.delivered?.checked_add(key.record.overlap.max(later.overlap).max(wanted)).ok();
        let at = self.later(key).filter_map(over).min()?;
        self.items
            .places
            .keep(key.record, key.issued(), (&self.want.name, wanted))
            .map_or(Some(at), |kept| Some(at.max(kept.until?)))
    }

    pub(super) fn may_end(&self, old: &Key<'_>) -> bool {
        self.may_end_at(old).is_some_and(|at| at <= self.now)
    }

    /// Whether a key may be minted into `slot` of home.
    pub(super) fn is_free(&self, slot: Slot) -> bool {
        let home = self.items.home;
        if home.key_until(slot, self.now).is_none() {
            return true;
        }
        if is_foreign(home, slot, self.now) || self.is_unsettled(slot) {
            return false;
        }
        self.key(slot)
            .is_none_or(|key| (key.record.phase == Phase::Issuing && !self.is_old(&key)) || self.may_end(&key))
    }

    pub(super) fn next_serial(&self) -> u64 {
        self.all().map(|key| key.record.serial).max().map_or(1, |serial| serial.saturating_add(1))
    }

    pub(super) fn others(&self) -> Vec<ItemId> {
        self.items.others.iter().map(|item| item.id.clone()).collect()
    }
}

/// Whether the credential was made and never got its first key delivered anywhere.
pub(super) fn is_begun(want: &CredentialSpec, item: &LiveItem) -> bool {
    let Some(ledger) = item.ledger() else { return true };
    !was_given(item) && (ledger.applied.is_none() || !want.deliver.is_empty())
}

/// Whether a sink may hold a key of it.
pub(super) fn was_given(item: &LiveItem) -> bool {
    Slot::BOTH.into_iter().filter_map(|slot| item.record(slot)).any(SlotRecord::is_proved)
}

/// An active key that keyform did not issue: no record, or a date that is neither the record's nor the one before. A slot
/// whose date has passed is empty, whoever's key it held.
pub(crate) fn is_foreign(item: &LiveItem, slot: Slot, now: Timestamp) -> bool {
    item.key_until(slot, now).is_some() && item.dated(slot) == Dated::Foreign
}

/// Slots that hold somebody else's live key.
pub(super) fn foreign(item: &LiveItem, now: Timestamp) -> impl Iterator<Item = Slot> {
    Slot::BOTH.into_iter().filter(move |&slot| is_foreign(item, slot, now))
}

/// The declared sinks that hold a key of ours that is dead.
pub(super) fn dead_in(want: &CredentialSpec, items: Items<'_>, live: &Live, now: Timestamp) -> Vec<SinkId> {
    let keys = Keys { want, items, now };
    // A key of an item that was replaced still works, whatever takes its place.
    let dead: Vec<Fingerprint> =
        keys.all().filter(|key| !key.works(now)).filter_map(|key| key.record.fingerprint).collect();
    live.sinks
        .iter()
        .filter(|(_, seen)| seen.holding().is_some_and(|holding| dead.contains(&holding.fingerprint)))
        .map(|(id, _)| id.clone())
        .collect()
}

/// What an edit of home's app would end.
#[derive(Debug)]
pub(super) enum Held {
    /// A live key that somebody may hold: the slot and its end.
    Live(Slot, Timestamp),
    /// Something that stands in the way of any edit.
    Blocked(Blocked),
}

/// Why the app of home may not just be edited: a live key that somebody may hold, or somebody else's key.
pub(super) fn held(want: &CredentialSpec, items: Items<'_>, now: Timestamp) -> Option<Held> {
    let keys = Keys { want, items, now };
    let home = items.home;
    if let Some(slot) = foreign(home, now).next() {
        return Some(Held::Blocked(Blocked::ForeignKey {
            slot,
            seen: SeenIn::Slot { item: home.id.clone(), change: Ends::Edit },
        }));
    }
    if let Some(slot) = Slot::BOTH.into_iter().find(|&slot| keys.is_unsettled(slot)) {
        return Some(Held::Blocked(unsettled(home, slot)));
    }
    Slot::BOTH.into_iter().filter_map(|slot| keys.key(slot)).find_map(|key| {
        let somebody = key.record.is_proved() && !keys.may_end(&key);
        let end = key.record.end();
        (key.active && end > now && somebody).then_some(Held::Live(key.slot, end))
    })
}

pub(super) fn unsettled(item: &LiveItem, slot: Slot) -> Blocked {
    Blocked::CannotBeKnown(Unknown::Date { item: item.id.clone(), slot })
}
