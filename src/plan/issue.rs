//! A new key: into which slot, for whom, or why not yet.

use jiff::Timestamp;

use crate::model::{CredentialSpec, Issue, ItemId, Live, LiveItem, Phase, SinkId, Slot};

use super::blocked::{Blocked, Ends, SeenIn, Unknown};
use super::change::Action;
use super::often::too_often;
use super::order::sinks_in_order;
use super::phase::{At, Items, Key, Keys, foreign};
use super::reason::Reason;
use super::step::Act;

/// What is to be done about the keys of a credential.
#[derive(Debug, Default)]
pub(super) struct Decision {
    pub(super) action: Option<Action>,
    pub(super) reasons: Vec<Reason>,
    pub(super) acts: Vec<Act>,
    pub(super) blocked: Option<Blocked>,
    pub(super) dead_in: Vec<SinkId>,
}

impl Decision {
    /// These acts.
    pub(super) fn of(action: Action, reasons: Vec<Reason>, acts: Vec<Act>) -> Self {
        Self { action: Some(action), reasons, acts, ..Self::default() }
    }

    /// An action that is needed, and what blocks it.
    pub(super) fn blocked(action: Action, reasons: Vec<Reason>, blocked: Blocked) -> Self {
        Self { blocked: Some(blocked), ..Self::of(action, reasons, Vec::new()) }
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
pub(super) fn issue_anew(want: &CredentialSpec, items: Items<'_>, now: Timestamp, reasons: Vec<Reason>) -> Decision {
    let keys = Keys { want, items, now };
    if want.deliver.is_empty() {
        return Decision::default();
    }
    let others = items.all().map(|item| item.id.clone()).collect();
    issued(want, now, (Slot::One, keys.next_serial()), others, reasons)
}

/// Mint into `slot` of home, deliver to every declared sink.
pub(super) fn issue(keys: &Keys<'_>, slot: Slot, reasons: Vec<Reason>) -> Decision {
    issued(keys.want, keys.now, (slot, keys.next_serial()), keys.others(), reasons)
}

pub(super) fn issued(
    want: &CredentialSpec,
    now: Timestamp,
    (slot, serial): (Slot, u64),
    others: Vec<ItemId>,
    reasons: Vec<Reason>,
) -> Decision {
    let expiry = &want.expiry;
    let Some(expires) = expiry.end_from(now) else {
        return Decision::blocked(Action::Rotate, reasons, Blocked::Ended { name: want.name.clone() });
    };
    let sinks = sinks_in_order(&want.deliver);
    let mut acts = vec![Act::Issue(Issue {
        slot,
        serial,
        life: expires.duration_since(now),
        expires,
        overlap: expiry.overlap,
        sinks: sinks.clone(),
        others,
    })];
    acts.extend(sinks.into_iter().map(|sink| Act::Deliver { slot, sink }));
    acts.push(Act::Delivered { slot });
    Decision::of(Action::Rotate, reasons, acts)
}

/// Issues into `slot` if it is free, else into the other one, else by a new item, else says when a slot will be free.
pub(super) fn over(keys: &Keys<'_>, slot: Slot, reasons: Vec<Reason>, at: At<'_>) -> Decision {
    // The slot of a live key that somebody may hold is never offered, free by the rule or not.
    let is_current = |slot| keys.items.is_current(keys.items.home, slot, keys.now);
    let usable = |slot: Slot| keys.is_free(slot) && !is_current(slot);
    if let Some(slot) = [slot, slot.other()].into_iter().find(|&slot| usable(slot)) {
        return issue(keys, slot, reasons);
    }
    let blocked = |action, blocked| Decision::blocked(action, reasons.clone(), blocked);
    // Waiting serves only while it leaves the current key its overlap and a cadence.
    let current = keys.current().filter(|key| keys.items.is_live(key, keys.now));
    let last = current.and_then(|key| at.spec.schedule.too_late(keys.want.expiry.overlap, key.record.end()));
    let in_time = |at: &Timestamp| last.is_some_and(|last| *at <= last);
    if let Some(foreign) = foreign_in_the_way(keys).filter(|_| last.is_some_and(|last| keys.now < last)) {
        return blocked(Action::Rotate, foreign);
    }
    if let Some((item, from)) = because_of_sinks(&reasons).then(|| leaves_next(keys)).flatten()
        && in_time(&from)
    {
        return blocked(Action::Replace, Blocked::ItemWaits { item, places: lost_places(keys.want, &reasons), from });
    }
    let in_doubt = reasons.iter().any(|reason| matches!(reason, Reason::DeliveryInDoubt { .. }));
    if !in_doubt
        && !waiting_is_no_way(keys, at.live)
        && let Some(from) = slot_free_at(keys).filter(in_time)
    {
        return blocked(Action::Rotate, Blocked::NoFreeSlot { item: keys.items.home.id.clone(), from });
    }
    if let Some(why) = second_replacement(keys).or_else(|| too_often(keys, &reasons, at)) {
        return blocked(Action::Replace, why);
    }
    Decision { action: Some(Action::Replace), ..issue_anew(keys.want, keys.items, keys.now, reasons) }
}

/// Whether a new key is wanted for nothing but what sinks hold, or may hold.
fn because_of_sinks(reasons: &[Reason]) -> bool {
    reasons.iter().any(|reason| matches!(reason, Reason::SinkLost { .. } | Reason::DeliveryInDoubt { .. }))
}

fn lost_places(want: &CredentialSpec, reasons: &[Reason]) -> Vec<String> {
    let lost = reasons.iter().flat_map(|reason| if let Reason::SinkLost { sinks } = reason { &sinks[..] } else { &[] });
    lost.filter_map(|id| want.deliver.iter().find(|delivery| delivery.id == *id))
        .map(|delivery| delivery.target.place.clone())
        .collect()
}

/// The other item of the credential that ends first, and when its keys may.
fn leaves_next(keys: &Keys<'_>) -> Option<(ItemId, Timestamp)> {
    let ends = |item: &LiveItem| {
        let held = Slot::BOTH.into_iter().filter(|slot| item.key_until(*slot, keys.now).is_some());
        let ends = held.filter_map(|slot| Keys::key_of(item, slot));
        ends.map(|key| keys.may_end_at(&key).unwrap_or_else(|| key.record.end())).max()
    };
    let others = keys.items.others.iter().filter_map(|item| Some((item.id.clone(), ends(item)?)));
    others.filter(|(_, at)| *at > keys.now).min_by_key(|(_, at)| *at)
}

/// Whether no application is served by waiting for a slot: the current key is dead, or a declared sink holds nothing
/// later than the key that occupies one.
fn waiting_is_no_way(keys: &Keys<'_>, live: &Live) -> bool {
    let held = |key: &Key<'_>| {
        let sinks = key.record.sinks.iter().filter(|(_, seen)| seen.delivered.is_some());
        let left =
            |id: &SinkId| keys.want.deliver.iter().any(|delivery| delivery.id == *id) && !keys.was_followed_in(id, key);
        let mut held = keys.want.deliver.iter().filter_map(|delivery| live.holding(&delivery.id));
        sinks.map(|(id, _)| id).any(left) || held.any(|holding| Some(holding.fingerprint) == key.record.fingerprint)
    };
    keys.current().is_some_and(|key| !keys.items.is_live(&key, keys.now))
        || Slot::BOTH.into_iter().filter_map(|slot| keys.key(slot)).any(|key| keys.is_old(&key) && held(&key))
}

/// Home itself took over and nobody finished delivering its keys: another item would be the second one in a row.
fn second_replacement(keys: &Keys<'_>) -> Option<Blocked> {
    let home = keys.items.home;
    let delivered =
        Slot::BOTH.into_iter().filter_map(|slot| keys.key(slot)).any(|key| key.record.phase == Phase::Delivered);
    let latest = keys.latest()?;
    if keys.items.others.is_empty()
        || delivered
        || latest.record.phase != Phase::Delivering
        || !keys.is_home(latest.item)
    {
        return None;
    }
    Some(Blocked::CannotBeKnown(Unknown::KeyInUse { item: home.id.clone(), older: latest.slot.other() }))
}

fn foreign_in_the_way(keys: &Keys<'_>) -> Option<Blocked> {
    let home = keys.items.home;
    let slot = foreign(home, keys.now).next()?;
    Some(Blocked::ForeignKey { slot, seen: SeenIn::Slot { item: home.id.clone(), change: Ends::Issue } })
}

/// When a slot of home is free next, if that depends on time alone.
fn slot_free_at(keys: &Keys<'_>) -> Option<Timestamp> {
    let occupied = || Slot::BOTH.into_iter().filter_map(|slot| keys.key(slot));
    let ends = occupied().filter_map(|key| keys.may_end_at(&key)).filter(|at| *at > keys.now).min();
    let expires = occupied().map(|key| key.record.end()).filter(|at| *at > keys.now).min();
    ends.into_iter().chain(expires).min()
}
