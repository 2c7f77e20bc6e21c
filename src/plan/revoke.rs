//! A key that somebody wants to end at once.

use crate::model::{CredentialSpec, ItemId, Live, LiveItem, Mode, Observation, Phase, Revoke, SinkId, Slot};

use super::access;
use super::blocked::{Asked, Blocked, Rule};
use super::change::{Action, Change};
use super::issue::over;
use super::note::{About, Note};
use super::phase::{At, Items, Key, Keys, is_foreign, unsettled};
use super::reason::Reason;
use super::safety::{Gap, Safety};
use super::step::Act;
use super::template::template;

fn asked<'a>(want: &CredentialSpec, at: At<'a>) -> Option<&'a Revoke> {
    at.spec.requests.revoke.as_ref().filter(|revoke| revoke.name == want.name)
}

/// The item of the key; as an error, the one that is none of the credential's.
fn item_of<'a, 'r>(revoke: &'r Revoke, items: Items<'a>) -> Result<&'a LiveItem, &'r ItemId> {
    match &revoke.item {
        None => Ok(items.home),
        Some(id) => items.all().find(|item| item.id == *id).ok_or(id),
    }
}

/// What is done to end the key that somebody asked for; nothing else is done to its credential in the same run.
///
/// The current key is rotated first where that is possible without its own slot. `None` where nobody asked, or where
/// there is nothing to end.
pub(super) fn at_once(want: &CredentialSpec, items: Items<'_>, at: At<'_>) -> Option<Vec<Change>> {
    let revoke = asked(want, at)?;
    let (slot, live) = (revoke.slot, at.live);
    let reason = Reason::BreakGlass { slot, because: revoke.because.clone() };
    let change = |item: &LiveItem, action| {
        let mut change = template(want, item, live, action, vec![reason.clone()]);
        change.told.safety = Some(Safety { gap: Some(Gap::BreakGlass { slot }), ..Safety::default() });
        change
    };
    let blocked = |blocked| Some(vec![Change { blocked: Some(blocked), ..change(items.home, Action::Retire) }]);
    let item = match item_of(revoke, items) {
        Ok(item) => item,
        Err(id) => {
            let (name, home) = (want.name.clone(), items.home.id.clone());
            return blocked(Blocked::NoSuchKey { name, item: id.clone(), home });
        }
    };
    let until = item.key_until(slot, at.now)?;
    if want.mode == Mode::Observe {
        return blocked(Blocked::Policy { name: want.name.clone(), rule: Rule::Observe(Asked::Revocation) });
    }
    if until.is_none() && Keys::key_of(item, slot).is_some() {
        return blocked(unsettled(item, slot));
    }
    let keys = Keys { want, items, now: at.now };
    let foreign = is_foreign(item, slot, at.now);
    let current = keys.current().filter(|key| items.is_live(key, at.now));
    let key = Keys::key_of(item, slot).filter(|_| !foreign);
    if items.is_current(item, slot, at.now) && keys.is_home(item) && !want.deliver.is_empty() {
        let decision = over(&keys, slot.other(), vec![reason.clone()], at);
        let mut rotated = change(item, Action::Rotate);
        rotated.work.then(decision.acts);
        let first =
            rotated.work.issue().is_some_and(|issue| issue.slot != slot) && decision.action == Some(Action::Rotate);
        if first && access::missing_rights(want, &rotated, live).is_none() {
            rotated.work.then([Act::Revoke { slot }]);
            return Some(vec![rotated]);
        }
    }
    let mut ended = change(item, Action::Retire);
    // An older key than the current one is of no use to the next run; any other one it has to know of.
    let older = key.as_ref().is_some_and(|key| current.as_ref().is_some_and(|now| key.is_older_than(now)));
    ended.work.then([if older { Act::Revoke { slot } } else { Act::EndKey { slot } }]);
    ended.told.dead_in = match &key {
        Some(key) => holders(&keys, key, live),
        None => strangers(want, &keys, slot, live),
    };
    Some(vec![ended])
}

/// What is to be known about a request that has nothing to end.
pub(super) fn note(want: &CredentialSpec, items: Items<'_>, at: At<'_>) -> Option<Note> {
    let revoke = asked(want, at)?;
    let item = item_of(revoke, items).ok().filter(|item| item.key_until(revoke.slot, at.now).is_none())?;
    let about = About::NothingToRevoke { item: item.id.clone(), slot: revoke.slot };
    Some(Note { name: Some(want.name.clone()), about })
}

/// The declared sinks that have this key, as far as anybody can tell.
fn holders(keys: &Keys<'_>, key: &Key<'_>, live: &Live) -> Vec<SinkId> {
    let given = |id: &SinkId| {
        let meant = key
            .record
            .sinks
            .iter()
            .any(|(sink, seen)| sink == id && (seen.delivered.is_some() || key.record.phase == Phase::Delivering));
        meant && !keys.was_followed_in(id, key)
    };
    let has = |id: &SinkId| match live.sinks.get(id) {
        Some(Observation::Holds(holding)) => Some(holding.fingerprint) == key.record.fingerprint,
        Some(Observation::Absent) => false,
        Some(Observation::Unreadable { .. } | Observation::Written { .. } | Observation::NotAsked) | None => given(id),
    };
    keys.want.deliver.iter().map(|delivery| &delivery.id).filter(|id| has(id)).cloned().collect()
}

/// The declared sinks that hold some key of this slot which is none of ours.
fn strangers(want: &CredentialSpec, keys: &Keys<'_>, slot: Slot, live: &Live) -> Vec<SinkId> {
    let theirs = |id: &SinkId| {
        live.holding(id).is_some_and(|holding| {
            holding.slot == Some(slot) && keys.all().all(|key| key.record.fingerprint != Some(holding.fingerprint))
        })
    };
    want.deliver.iter().map(|delivery| &delivery.id).filter(|id| theirs(id)).cloned().collect()
}
