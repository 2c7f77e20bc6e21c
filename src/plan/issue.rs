//! A new key: into which slot, for whom, or why not yet.

use jiff::Timestamp;

use crate::model::{CredentialSpec, ItemId, Phase, SinkId, Slot};
use crate::mutant::{Mutant, breaks};

use super::order::sinks_in_order;
use super::phase::{Items, Keys, is_foreign};
use super::{Action, Blocked, BlockedBy, Issue, Reason, Step};

/// What is to be done about the keys of a credential.
#[derive(Debug, Default)]
pub(super) struct Decision {
    pub(super) action: Option<Action>,
    pub(super) reasons: Vec<Reason>,
    pub(super) steps: Vec<Step>,
    pub(super) blocked: Option<Blocked>,
    pub(super) dead_in: Vec<SinkId>,
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

pub(super) fn issued(
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
