//! What the keys of a credential need: a new one, a delivery, an end.

use jiff::Timestamp;

use crate::model::{CredentialSpec, LiveItem, Phase, Retire, Slot};

use super::blocked::Protection;
use super::change::{Action, Change};
use super::issue::{Decision, issued, over};
use super::phase::{At, Items, Keys, dead_in, foreign, is_foreign, unsettled, was_given};
use super::reason::Reason;
use super::step::{Act, revoked};
use super::template::template;
use super::{often, recovery, replace};

/// What the keys of a credential need, whatever its settings.
pub(super) fn decide(want: &CredentialSpec, items: Option<Items<'_>>, at: At<'_>) -> Decision {
    let At { spec: _, live, now, places: _ } = at;
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
        return Decision::blocked(Action::Update, vec![Reason::Unclear], unsettled(items.home, slot));
    }
    let Some(latest) = keys.latest() else {
        return over(&keys, Slot::One, vec![Reason::NoKey], at);
    };
    let slot = latest.slot;
    if !keys.is_home(latest.item) {
        // An item took over and has no key of its own yet; or it was out of sight, and others were in use meanwhile.
        if !was_given(items.home) {
            return over(&keys, Slot::One, vec![Reason::NoKey], at);
        }
        let reasons = vec![Reason::NotHome { item: latest.item.id.clone() }];
        return Decision { dead_in: dead_in(want, items, live, now), ..over(&keys, Slot::One, reasons, at) };
    }
    match latest.record.phase {
        Phase::Issuing if is_foreign(items.home, slot, now) => {
            over(&keys, slot.other(), vec![Reason::IssueUnfinished { slot }], at)
        }
        Phase::Issuing => recovery::issuing(&keys, &latest, live),
        Phase::Lost => recovery::dead(&keys, &latest, at),
        Phase::Delivering | Phase::Delivered if !items.is_live(&latest, now) => recovery::dead(&keys, &latest, at),
        Phase::Delivering => recovery::delivering(&keys, &latest, at),
        Phase::Delivered => recovery::delivered(&keys, &latest, at),
    }
}

/// An old key of home whose overlap is over.
fn retire(keys: &Keys<'_>) -> Option<(Slot, Timestamp)> {
    Slot::BOTH.into_iter().filter_map(|slot| keys.key(slot)).filter(|key| keys.is_old(key)).find_map(|key| {
        let since = keys.may_end_at(&key).filter(|at| *at <= keys.now)?;
        let lives = key.item.key_until(key.slot, keys.now).is_some_and(|until| until.is_some());
        let ours = lives && !is_foreign(key.item, key.slot, keys.now);
        (ours && keys.want.expiry.retire == Retire::Revoke).then_some((key.slot, since))
    })
}

/// When `item`, which another one took over from, may be deleted: all its keys may end, none is current, no slot is
/// foreign. `None` while that depends on more than time.
fn may_go_at(keys: &Keys<'_>, item: &LiveItem) -> Option<Timestamp> {
    let current = keys.current()?;
    if current.item.id == item.id || foreign(item, keys.now).next().is_some() {
        return None;
    }
    let mut at = current.record.delivered?;
    for slot in Slot::BOTH {
        let active = item.key_until(slot, keys.now);
        match (active, Keys::key_of(item, slot)) {
            (None, _) => {}
            // Nobody was ever given it, and a later key is out.
            (Some(_), Some(key)) if key.record.phase == Phase::Issuing && current.record.phase == Phase::Delivered => {}
            (Some(end), Some(key)) => {
                let over = keys.may_end_at(&key)?;
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
pub(super) fn changes(want: &CredentialSpec, items: Items<'_>, at: At<'_>) -> Vec<Change> {
    let At { spec: _, live, now, places: _ } = at;
    let keys = Keys { want, items, now };
    let mut changes = Vec::new();
    let mut decision = decide(want, Some(items), at);
    // What may go does so before a new item is made: it has been told already that another one took over.
    let replaces = decision.action == Some(Action::Replace) && decision.blocked.is_none();
    let goes = |item: &LiveItem| may_go_at(&keys, item).filter(|at| *at <= now && (!replaces || item.is_superseded()));
    let going: Vec<_> = items.others.iter().filter_map(|item| Some((*item, goes(item)?))).collect();
    for act in &mut decision.acts {
        if let Act::Issue(issue) = act
            && replaces
        {
            issue.others.retain(|id| going.iter().all(|(item, _)| item.id != *id));
        }
    }
    // A new item's slots are not those of home.
    let reused = match decision.action {
        Some(Action::Replace) | None => None,
        Some(_) => decision.acts.iter().find_map(Act::issue).map(|issue| issue.slot),
    };
    if let Some(action) = decision.action {
        let mut change = template(want, items.home, live, action, decision.reasons);
        if action == Action::Replace && decision.blocked.is_none() {
            replace::make_anew(&mut change, want, items, live, now);
            change.work.made = often::remembered(items, &change.reasons, now);
        }
        change.work.then(decision.acts);
        change.told.dead_in = decision.dead_in;
        change.blocked = decision.blocked;
        changes.push(change);
    }
    if let Some((slot, since)) = retire(&keys).filter(|(slot, _)| Some(*slot) != reused) {
        let mut change = template(want, items.home, live, Action::Retire, vec![Reason::OverlapOver { slot, since }]);
        change.work.then([Act::Revoke { slot }]);
        changes.push(change);
    }
    for (item, since) in going {
        let change = template(want, item, live, Action::Retire, vec![Reason::Replaced { since }]);
        changes.extend(leaving(change, item, now));
    }
    changes
}

/// Notes in the ledgers which keys were issued over ours, before anything else is done: once no sink holds the dead one
/// any more, nobody could tell.
pub(super) fn lost(want: &CredentialSpec, items: Items<'_>, at: At<'_>) -> impl Iterator<Item = Change> {
    let slots = items.all().flat_map(|item| Slot::BOTH.into_iter().map(move |slot| (item, slot)));
    slots
        .filter(|(item, slot)| *item.lost.get(*slot) && item.record(*slot).is_some_and(|it| it.phase != Phase::Lost))
        .map(move |(item, slot)| {
            let mut change = template(want, item, at.live, Action::Update, vec![Reason::KeyLost { slot }]);
            change.work.then([Act::Lost { slot }]);
            change
        })
}

/// Ends the keys of an item and deletes it. What is protected from being deleted in the portal stays, without its keys.
pub(super) fn leaving(mut change: Change, item: &LiveItem, now: Timestamp) -> Vec<Change> {
    if !item.protected {
        change.work.then(revoked(item, now).chain([Act::DeleteItem]));
        return vec![change];
    }
    let mut kept = change.clone();
    kept.work.then([Act::DeleteItem]);
    kept.blocked = Protection::of(item);
    change.work.then(revoked(item, now));
    [change, kept].into_iter().filter(|change| !change.work.steps.is_empty()).collect()
}

/// Whether `newer`, which no sink can hold a key of, is not needed: `older` has the wanted access and a current key.
pub(super) fn is_reverted(want: &CredentialSpec, newer: &LiveItem, older: Items<'_>, now: Timestamp) -> bool {
    let keys = Keys { want, items: older, now };
    let current =
        keys.latest().is_some_and(|key| key.record.phase == Phase::Delivered && keys.items.is_live(&key, now));
    !was_given(newer) && foreign(newer, now).next().is_none() && current
}
