//! The life of a key: which slot, what next, when. The rules of the key protocol.
//!
//! The *current* key is the one with the highest serial that somebody may hold. It is live if its slot is active with
//! the recorded date. Every lower serial is an *old* key, whatever its phase. What is found at the highest serial
//! decides how a run that died is taken up again.

use jiff::Timestamp;

use crate::model::{
    CredentialSpec, Fingerprint, ItemId, Live, LiveItem, Observation, Phase, Retire, SinkId, Slot, SlotRecord,
};

use crate::mutant::{Mutant, breaks};

use super::{Action, Blocked, BlockedBy, Change, Issue, Reason, Step, order::sinks_in_order, recovery};

/// What is to be done about the keys of a credential.
#[derive(Debug, Default)]
pub(super) struct Decision {
    pub(super) action: Option<Action>,
    pub(super) reasons: Vec<Reason>,
    pub(super) steps: Vec<Step>,
    pub(super) blocked: Option<Blocked>,
    pub(super) dead_in: Vec<SinkId>,
}

/// A slot that has a record, as it was found.
pub(super) struct Key<'a> {
    pub(super) item: &'a LiveItem,
    pub(super) slot: Slot,
    pub(super) record: &'a SlotRecord,
    pub(super) active: bool,
    date: Option<Timestamp>,
}

impl Key<'_> {
    /// Active, with the date that was recorded for it, not past it, and of an item that nothing took over from.
    fn is_live(&self, now: Timestamp) -> bool {
        let superseded = self.item.ledger().is_some_and(|ledger| ledger.superseded_by.is_some());
        self.active && self.date == Some(self.record.expires) && self.record.expires > now && !superseded
    }
}

/// The items of one credential: home, where keys are issued, and those it took over from.
#[derive(Clone, Copy)]
pub(super) struct Items<'a> {
    pub(super) home: &'a LiveItem,
    pub(super) others: &'a [&'a LiveItem],
}

impl<'a> Items<'a> {
    fn all(self) -> impl Iterator<Item = &'a LiveItem> {
        std::iter::once(self.home).chain(self.others.iter().copied())
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
    fn key_of(item: &'a LiveItem, slot: Slot) -> Option<Key<'a>> {
        let record = item.ledger()?.slots.get(slot).as_ref()?;
        Some(Key { item, slot, record, active: item.is_active(slot), date: *item.dates.get(slot) })
    }

    /// The key in a slot of home.
    fn key(&self, slot: Slot) -> Option<Key<'a>> {
        Self::key_of(self.items.home, slot)
    }

    fn all(&self) -> impl Iterator<Item = Key<'a>> {
        self.items.all().flat_map(|item| Slot::BOTH.into_iter().filter_map(move |slot| Self::key_of(item, slot)))
    }

    /// The highest serial; equal ones come from an item that was out of sight: then the later delivery.
    fn latest(&self) -> Option<Key<'a>> {
        self.all().max_by_key(|key| (key.record.serial, key.record.delivered))
    }

    /// The one with the highest serial that somebody may hold.
    fn current(&self) -> Option<Key<'a>> {
        let held = self.all().filter(|key| key.record.phase >= Phase::Delivering);
        held.max_by_key(|key| (key.record.serial, key.record.delivered))
    }

    fn is_home(&self, item: &LiveItem) -> bool {
        item.id == self.items.home.id
    }

    /// Active, ours, and the portal shows no date: a write that is not visible yet. *Source: arcgis-api 5.6.*
    fn is_unsettled(&self, slot: Slot) -> bool {
        self.key(slot).is_some_and(|key| key.active && key.date.is_none())
    }

    /// When `old` may end, if that depends on time alone: some later key has been delivered for an overlap, and every
    /// declared sink that `old` was meant for has had a later key for an overlap.
    fn may_end_at(&self, old: &SlotRecord) -> Option<Timestamp> {
        let over = |later: &SlotRecord, since: Timestamp| {
            let overlap = if breaks(Mutant::OverlapOfYaml) {
                self.want.expiry.overlap
            } else {
                old.overlap.max(later.overlap).max(self.want.expiry.overlap)
            };
            since.checked_add(overlap).ok()
        };
        let later: Vec<&SlotRecord> =
            self.all().map(|key| key.record).filter(|later| later.serial > old.serial).collect();
        let mut at = later.iter().filter_map(|later| over(later, later.delivered?)).min()?;
        for (id, _) in &old.sinks {
            if breaks(Mutant::OverlapPerCredential) || self.want.deliver.iter().all(|delivery| delivery.id != *id) {
                continue;
            }
            let had = later.iter().filter_map(|later| {
                let (_, record) = later.sinks.iter().find(|(sink, _)| sink == id)?;
                over(later, record.delivered?)
            });
            at = at.max(had.min()?);
        }
        Some(at)
    }

    fn may_end(&self, old: &SlotRecord) -> bool {
        self.may_end_at(old).is_some_and(|at| at <= self.now)
    }

    /// Whether a key may be minted into `slot` of home.
    fn is_free(&self, slot: Slot) -> bool {
        if is_foreign(self.items.home, slot) || self.is_unsettled(slot) {
            return false;
        }
        let highest = self.latest().map(|key| key.record.serial);
        self.key(slot).is_none_or(|key| {
            !key.active
                || (Some(key.record.serial) == highest && key.record.phase == Phase::Issuing)
                || self.may_end(key.record)
        })
    }

    fn next_serial(&self) -> u64 {
        self.latest().map_or(1, |key| key.record.serial.saturating_add(1))
    }

    fn others(&self) -> Vec<ItemId> {
        self.items.others.iter().map(|item| item.id.clone()).collect()
    }
}

/// Whether the credential was made and never got its first key delivered anywhere.
pub(super) fn is_begun(want: &CredentialSpec, item: &LiveItem) -> bool {
    let Some(ledger) = item.ledger() else { return true };
    let given = Slot::BOTH
        .into_iter()
        .filter_map(|slot| ledger.slots.get(slot).as_ref())
        .any(|record| record.phase >= Phase::Delivering);
    ledger.applied.is_none() || (!given && !want.deliver.is_empty())
}

/// An active key that keyform did not issue: no record, or a date that is neither the recorded one nor the one before.
pub(crate) fn is_foreign(item: &LiveItem, slot: Slot) -> bool {
    if !item.is_active(slot) {
        return false;
    }
    let record = item.ledger().and_then(|ledger| ledger.slots.get(slot).as_ref());
    match (record, *item.dates.get(slot)) {
        (None, _) => true,
        (Some(record), Some(date)) => date != record.expires && Some(date) != record.date_before,
        (Some(_), None) => false,
    }
}

/// Slots that hold somebody else's live key.
pub(super) fn foreign(item: &LiveItem, now: Timestamp) -> impl Iterator<Item = Slot> {
    Slot::BOTH.into_iter().filter(move |&slot| is_foreign(item, slot) && item.key_until(slot, now).is_some())
}

/// The declared sinks that hold a key of ours that is dead.
pub(super) fn dead_in(want: &CredentialSpec, items: Items<'_>, live: &Live, now: Timestamp) -> Vec<SinkId> {
    let keys = Keys { want, items, now };
    // A key of an item that was replaced still works, whatever takes its place.
    let works = |key: &Key<'_>| key.active && key.date == Some(key.record.expires) && key.record.expires > now;
    let dead: Vec<Fingerprint> =
        keys.all().filter(|key| !works(key)).filter_map(|key| key.record.fingerprint).collect();
    live.sinks
        .iter()
        .filter(|(_, seen)| matches!(seen, Observation::Holds(holding) if dead.contains(&holding.fingerprint)))
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
    if let Some(slot) =
        Slot::BOTH.into_iter().find(|&slot| is_foreign(home, slot) && home.key_until(slot, now).is_some())
    {
        return Some(Held::Blocked(Blocked {
            by: BlockedBy::ForeignKey,
            why: format!("slot {slot} of item {} holds a live key that keyform did not issue", home.id),
            resolve: format!("invalidate key {slot} on that item's page when nobody uses it, then plan again"),
        }));
    }
    if let Some(slot) = Slot::BOTH.into_iter().find(|&slot| keys.is_unsettled(slot)) {
        return Some(Held::Blocked(unsettled(home, slot)));
    }
    Slot::BOTH.into_iter().filter_map(|slot| keys.key(slot)).find_map(|key| {
        let somebody = key.record.phase >= Phase::Delivering && !keys.may_end(key.record);
        (key.active && key.record.expires > now && somebody).then_some(Held::Live(key.slot, key.record.expires))
    })
}

fn unsettled(item: &LiveItem, slot: Slot) -> Blocked {
    Blocked {
        by: BlockedBy::CannotBeKnown,
        why: format!("slot {slot} of item {} is active, but the portal does not show its date yet", item.id),
        resolve: "run the same command again in a minute".into(),
    }
}

/// A first key after the app of home was edited and every key of it is dead.
pub(super) fn decide_afresh(want: &CredentialSpec, items: Items<'_>, now: Timestamp) -> Decision {
    let keys = Keys { want, items, now };
    if want.deliver.is_empty() {
        return Decision::default();
    }
    // The edit ends whatever is in a slot; only who would lose it matters, and that was asked before.
    let slot = match keys.latest() {
        Some(key) if keys.is_home(key.item) && key.record.phase == Phase::Issuing => key.slot,
        Some(key) if keys.is_home(key.item) => key.slot.other(),
        Some(_) | None => Slot::One,
    };
    issue(&keys, slot, Vec::new())
}

/// The first key of an item that is to take over from all of `items`.
pub(super) fn decide_anew(want: &CredentialSpec, items: Items<'_>, now: Timestamp) -> Decision {
    let keys = Keys { want, items, now };
    if want.deliver.is_empty() {
        return Decision::default();
    }
    let others = items.all().map(|item| item.id.clone()).collect();
    issued(want, now, (Slot::One, keys.next_serial()), others, Vec::new())
}

/// Mint into `slot` of home, deliver to every declared sink.
pub(super) fn issue(keys: &Keys<'_>, slot: Slot, reasons: Vec<Reason>) -> Decision {
    issued(keys.want, keys.now, (slot, keys.next_serial()), keys.others(), reasons)
}

fn issued(
    want: &CredentialSpec,
    now: Timestamp,
    (slot, serial): (Slot, u64),
    others: Vec<ItemId>,
    reasons: Vec<Reason>,
) -> Decision {
    let expiry = &want.expiry;
    let Some(expires) = expiry.end_from(now) else {
        return Decision {
            action: Some(Action::Rotate),
            reasons,
            blocked: Some(Blocked {
                by: BlockedBy::Ended,
                why: "the fixed end of `expiry.until` has passed, so no key can be issued".into(),
                resolve: format!("give `{}` a later `expiry.until`, or a `lifetime`", want.name),
            }),
            ..Decision::default()
        };
    };
    let sinks = sinks_in_order(&want.deliver);
    let mut steps = vec![Step::Issue(Issue {
        slot,
        serial,
        life: expires.duration_since(now),
        expires,
        overlap: expiry.overlap,
        sinks: sinks.clone(),
        others,
    })];
    steps.extend(sinks.into_iter().map(|sink| Step::Deliver { slot, sink }));
    steps.push(Step::Delivered { slot });
    Decision { action: Some(Action::Rotate), reasons, steps, ..Decision::default() }
}

/// What the keys of a credential need, whatever its settings.
pub(super) fn decide(want: &CredentialSpec, items: Option<Items<'_>>, live: &Live, now: Timestamp) -> Decision {
    let Some(items) = items else {
        return if want.deliver.is_empty() {
            Decision::default()
        } else {
            issued(want, now, (Slot::One, 1), Vec::new(), vec![Reason::NoKey])
        };
    };
    let keys = Keys { want, items, now };
    if want.deliver.is_empty() {
        return Decision::default();
    }
    if let Some(slot) = Slot::BOTH.into_iter().find(|&slot| keys.is_unsettled(slot)) {
        return Decision {
            action: Some(Action::Update),
            reasons: vec![Reason::Unclear],
            blocked: Some(unsettled(items.home, slot)),
            ..Decision::default()
        };
    }
    let Some(latest) = keys.latest() else {
        return over(&keys, Slot::One, vec![Reason::NoKey]);
    };
    let slot = latest.slot;
    if !keys.is_home(latest.item) {
        // An item took over and has no key of its own yet.
        return over(&keys, Slot::One, vec![Reason::NoKey]);
    }
    match latest.record.phase {
        Phase::Issuing if is_foreign(items.home, slot) => {
            over(&keys, slot.other(), vec![Reason::IssueUnfinished { slot }])
        }
        Phase::Issuing => recovery::issuing(&keys, &latest, live),
        Phase::Delivering | Phase::Delivered if !latest.is_live(now) => recovery::dead(&keys, &latest, live),
        Phase::Delivering => recovery::delivering(&keys, &latest, live),
        Phase::Delivered => recovery::delivered(&keys, &latest, live),
    }
}

/// Issues into `slot` if it is free, else into the other one, else says when one will be.
pub(super) fn over(keys: &Keys<'_>, slot: Slot, reasons: Vec<Reason>) -> Decision {
    // The slot of a live key that somebody may hold is never offered, free by the rule or not.
    let current = keys.current().filter(|key| key.is_live(keys.now));
    let is_current = |slot| current.as_ref().is_some_and(|key| keys.is_home(key.item) && key.slot == slot);
    let usable = |slot: Slot| breaks(Mutant::SlotNotFree) || keys.is_free(slot) && !is_current(slot);
    let order = if breaks(Mutant::SlotNotFree) { [slot.other(), slot] } else { [slot, slot.other()] };
    match order.into_iter().find(|&slot| usable(slot)) {
        Some(slot) => issue(keys, slot, reasons),
        None => Decision { action: Some(Action::Rotate), reasons, blocked: Some(no_slot(keys)), ..Decision::default() },
    }
}

fn no_slot(keys: &Keys<'_>) -> Blocked {
    let id = &keys.items.home.id;
    if let Some(slot) = Slot::BOTH.into_iter().find(|&slot| is_foreign(keys.items.home, slot)) {
        return Blocked {
            by: BlockedBy::ForeignKey,
            why: format!("a new key needs a slot, and slot {slot} of item {id} holds a key that keyform did not issue"),
            resolve: format!("invalidate key {slot} on that item's page when nobody uses it, then plan again"),
        };
    }
    let ends = keys.all().filter_map(|key| keys.may_end_at(key.record)).filter(|at| *at > keys.now).min();
    let expires = keys.all().map(|key| key.record.expires).filter(|at| *at > keys.now).min();
    match ends.into_iter().chain(expires).min() {
        Some(at) => Blocked {
            by: BlockedBy::NoFreeSlot,
            why: format!("both slots of item {id} hold keys that somebody may use; one is free from {}", minute(at)),
            resolve: format!("run again after {}", minute(at)),
        },
        None => Blocked {
            by: BlockedBy::NoFreeSlot,
            why: format!("both slots of item {id} hold keys that somebody may use"),
            resolve: "run again when one of them has ended".into(),
        },
    }
}

fn minute(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%MZ").to_string()
}

/// An old key of home whose overlap is over.
fn retire(keys: &Keys<'_>) -> Option<(Slot, Timestamp)> {
    let highest = keys.latest()?.record.serial;
    Slot::BOTH.into_iter().filter_map(|slot| keys.key(slot)).filter(|key| key.record.serial < highest).find_map(|key| {
        let since = keys.may_end_at(key.record).filter(|at| *at <= keys.now)?;
        let ours = key.active && !is_foreign(key.item, key.slot) && key.date.is_some_and(|date| date > keys.now);
        (ours && keys.want.expiry.retire == Retire::Revoke).then_some((key.slot, since))
    })
}

/// When `item`, which another one took over from, may be deleted: all its keys may end, none is current, no slot is
/// foreign. `None` while that depends on more than time.
fn may_go_at(keys: &Keys<'_>, item: &LiveItem) -> Option<Timestamp> {
    let current = keys.latest()?;
    if current.item.id == item.id || Slot::BOTH.into_iter().any(|slot| is_foreign(item, slot)) {
        return None;
    }
    let mut at = Timestamp::UNIX_EPOCH;
    for slot in Slot::BOTH {
        let active = item.key_until(slot, keys.now);
        match (active, Keys::key_of(item, slot)) {
            (None, _) => {}
            // Nobody was ever given it, and a later key is out.
            (Some(_), Some(key)) if key.record.phase == Phase::Issuing && current.record.phase == Phase::Delivered => {}
            (Some(end), Some(key)) => {
                let over = keys.may_end_at(key.record)?;
                // Left to expire, it takes its item along only then.
                let ends = if keys.want.expiry.retire == Retire::Expire { end? } else { over };
                at = at.max(over).max(ends);
            }
            (Some(_), None) => return None,
        }
    }
    (current.record.phase == Phase::Delivered && keys.is_home(current.item)).then_some(at)
}

/// The changes that the keys of a finished credential need.
pub(super) fn changes(
    want: &CredentialSpec,
    items: Items<'_>,
    live: &Live,
    now: Timestamp,
    template: &impl Fn(&LiveItem, Action, Vec<Reason>) -> Change,
) -> Vec<Change> {
    let keys = Keys { want, items, now };
    let mut changes = Vec::new();
    let decision = decide(want, Some(items), live, now);
    let reused = decision.steps.iter().find_map(|step| match step {
        Step::Issue(issue) => Some(issue.slot),
        _ => None,
    });
    if let Some(action) = decision.action {
        let mut change = template(items.home, action, decision.reasons);
        change.steps = decision.steps;
        change.dead_in = decision.dead_in;
        change.blocked = decision.blocked;
        changes.push(change);
    }
    if let Some((slot, since)) = retire(&keys).filter(|(slot, _)| Some(*slot) != reused) {
        let mut change = template(items.home, Action::Retire, vec![Reason::OverlapOver { slot, since }]);
        change.steps = vec![Step::Revoke { slot }];
        changes.push(change);
    }
    for item in items.others {
        if let Some(since) = may_go_at(&keys, item).filter(|at| *at <= now) {
            changes.push(leaving(template(item, Action::Retire, vec![Reason::Replaced { since }]), item, now));
        }
    }
    changes
}

/// Ends the keys of an item and deletes it.
pub(super) fn leaving(mut change: Change, item: &LiveItem, now: Timestamp) -> Change {
    let active = Slot::BOTH.into_iter().filter(|&slot| item.key_until(slot, now).is_some());
    change.steps = active.map(|slot| Step::Revoke { slot }).collect();
    change.steps.push(Step::DeleteItem);
    change
}

/// Whether `newer`, which no sink can hold a key of, is not needed: `older` has the wanted access and a current key.
pub(super) fn is_reverted(want: &CredentialSpec, newer: &LiveItem, older: &LiveItem, now: Timestamp) -> bool {
    let given = |item: &LiveItem| {
        Slot::BOTH
            .into_iter()
            .filter_map(|slot| Keys::key_of(item, slot))
            .any(|key| key.record.phase >= Phase::Delivering)
    };
    let keys = Keys { want, items: Items { home: older, others: &[] }, now };
    let current = keys.latest().is_some_and(|key| key.record.phase == Phase::Delivered && key.is_live(now));
    let foreign = Slot::BOTH.into_iter().any(|slot| is_foreign(newer, slot));
    !given(newer) && !foreign && current
}

/// When the old key in `slot` of `item` may end, for the timeline.
pub(super) fn ends(
    want: &CredentialSpec,
    items: Items<'_>,
    item: &LiveItem,
    slot: Slot,
    now: Timestamp,
) -> Option<Timestamp> {
    let keys = Keys { want, items, now };
    keys.may_end_at(item.ledger()?.slots.get(slot).as_ref()?)
}

/// Whether the key in `slot` of `item` is the one applications are to use, and live.
pub(super) fn is_current(want: &CredentialSpec, items: Items<'_>, item: &LiveItem, slot: Slot, now: Timestamp) -> bool {
    let keys = Keys { want, items, now };
    keys.current().is_some_and(|key| key.item.id == item.id && key.slot == slot && key.is_live(now))
}
