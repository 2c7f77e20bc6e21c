//! Limits on what one plan may do: too much is refused whole, and renewals beyond their batch wait.

use std::collections::BTreeSet;

use jiff::Timestamp;

use crate::model::{CredentialName, Limit, Spec};

use super::blocked::Blocked;
use super::change::{Action, Change};
use super::keys::KeyLine;
use super::limit::{Guard, GuardUse, Over, Refused};
use super::reason::Reason;
use super::step::Act;

/// Below so many credentials a percentage says nothing.
const FEW: usize = 10;

/// Judges what would be done: blocks renewals beyond their batch, and says what is used of each limit and whether the
/// whole is refused. `managed` are the credentials that have an item.
pub(super) fn judge(
    spec: &Spec,
    changes: &mut [Change],
    keys: &[KeyLine],
    managed: &BTreeSet<CredentialName>,
    now: Timestamp,
) -> (Vec<GuardUse>, Option<Refused>) {
    let (limits, allow) = (&spec.guards, spec.requests.allow);
    let urgent = urgent(spec, changes, keys, now);
    let rotate = raised(Guard::Rotate, limits.rotate.as_ref(), allow.rotate);
    let rotate = rotate.map(|limit| batch(limit, changes, keys, &urgent));
    let names = |counts: &dyn Fn(&Change) -> bool| -> BTreeSet<CredentialName> {
        let counted = changes.iter().filter(|change| change.is_runnable() && counts(change));
        counted.map(|change| change.name.clone()).collect()
    };
    let mut over = Vec::new();
    let mut uses = Vec::new();
    let mut count = |limit: Option<GuardUse>, used: usize, names: BTreeSet<CredentialName>| {
        let Some(limit) = limit else { return };
        let limit = GuardUse { used: u32::try_from(used).unwrap_or(u32::MAX), ..limit };
        if limit.used > limit.limit {
            over.push(Over { limit: limit.clone(), names });
        }
        uses.push(limit);
    };
    let destroyed = names(&|change| change.action == Action::Destroy);
    count(raised(Guard::Destroy, Some(&limits.destroy), allow.destroy), destroyed.len(), destroyed);
    let replaced = names(&|change| change.action == Action::Replace && change.work.does(&Act::AddItem));
    count(raised(Guard::Replace, Some(&limits.replace), allow.replace), replaced.len(), replaced);
    if managed.len() >= FEW {
        let counts =
            |change: &Change| change.action != Action::Create && !change.only_notes() && managed.contains(&change.name);
        let moving = names(&|change| counts(change) && !change.renews_any_of(&urgent));
        let percent = moving.len() * 100 / managed.len();
        count(raised(Guard::ChangePercent, limits.change_percent.as_ref(), allow.change_percent), percent, moving);
    }
    uses.extend(rotate);
    uses.sort_by_key(|used| used.guard);
    let asked = &spec.requests;
    let destroys = (asked.destroy_all || !asked.destroy.is_empty()).then(|| asked.destroy.clone());
    let everybody = asked.restore.len() == spec.credentials.len();
    let those = || if everybody { BTreeSet::new() } else { asked.restore.clone() };
    let restores = (!asked.restore.is_empty()).then(those);
    let refused = (!over.is_empty()).then_some(Refused { urgent, over, destroys, restores });
    (uses, refused)
}

/// The limit that counts for this run.
fn raised(guard: Guard, limit: Option<&Limit>, allow: Option<u32>) -> Option<GuardUse> {
    let use_of = |limit, source, allowed| GuardUse { guard, used: 0, limit, source, allowed };
    match (allow, limit) {
        (Some(max), _) => Some(use_of(max, None, true)),
        (None, Some(Limit { max, source })) => Some(use_of(*max, source.clone(), false)),
        (None, None) => None,
    }
}

/// Whether a change renews a key that works, and so may wait: what heals a dead or lost key never does.
fn renews(change: &Change) -> bool {
    let renewal = |reason: &Reason| match reason {
        Reason::Due { .. } | Reason::Requested | Reason::RotationRequested { .. } | Reason::SinkAdded { .. } => true,
        Reason::New
        | Reason::Begun
        | Reason::Differs
        | Reason::Edited { .. }
        | Reason::TakenAway { .. }
        | Reason::Agreed
        | Reason::Unregistered
        | Reason::IssueUnfinished { .. }
        | Reason::DeliveryUnfinished { .. }
        | Reason::DeliveryInDoubt { .. }
        | Reason::KeyDead { .. }
        | Reason::KeyLost { .. }
        | Reason::KeyExpired { .. }
        | Reason::NoKey
        | Reason::NotHome { .. }
        | Reason::SinkLost { .. }
        | Reason::OverlapOver { .. }
        | Reason::Replaced { .. }
        | Reason::Reverted
        | Reason::NotTaken
        | Reason::ForeignKey { .. }
        | Reason::Removed { .. }
        | Reason::Renamed { .. }
        | Reason::Orphan
        | Reason::Copy { .. }
        | Reason::OtherOwner { .. }
        | Reason::HandedOver { .. }
        | Reason::Duplicate { .. }
        | Reason::BreakGlass { .. }
        | Reason::Leftover { .. }
        | Reason::Unclear
        | Reason::Unread => false,
    };
    change.action == Action::Rotate && change.work.issue().is_some() && change.reasons.iter().all(renewal)
}

/// When the key that a renewal takes over from ends; `None` where the portal does not tell.
fn ends(change: &Change, keys: &[KeyLine]) -> Option<Timestamp> {
    let due = change.reasons.iter().find_map(|reason| {
        let Reason::Due { expires, .. } = reason else { return None };
        Some(*expires)
    });
    due.or_else(|| keys.iter().find(|key| key.current && key.name == change.name)?.expires)
}

/// Credentials whose key could end before the schedule comes by again and an overlap is over.
fn urgent(spec: &Spec, changes: &[Change], keys: &[KeyLine], now: Timestamp) -> BTreeSet<CredentialName> {
    let could_end = |change: &Change| {
        let want = spec.credentials.get(&change.name)?;
        Some(spec.schedule.too_late(want.expiry.overlap, ends(change, keys)?)? <= now)
    };
    let renewals = changes.iter().filter(|change| change.is_runnable() && renews(change));
    renewals.filter(|change| could_end(change).unwrap_or_default()).map(|change| change.name.clone()).collect()
}

/// Blocks the renewals that end last beyond `limit`.
fn batch(limit: GuardUse, changes: &mut [Change], keys: &[KeyLine], urgent: &BTreeSet<CredentialName>) -> GuardUse {
    let renewals = changes.iter().filter(|change| change.is_runnable() && renews(change));
    // One whose end is not told comes last.
    let mut renewals: Vec<_> = renewals
        .map(|change| {
            let end = ends(change, keys);
            (end.is_none(), end, change.name.clone())
        })
        .collect();
    renewals.sort();
    let first = usize::try_from(limit.limit).unwrap_or(usize::MAX);
    let waiting: BTreeSet<CredentialName> = renewals
        .iter()
        .skip(first)
        .filter(|(_, _, name)| !urgent.contains(name))
        .map(|(_, _, name)| name.clone())
        .collect();
    let used = renewals.len() - waiting.len();
    let (max, due) = (limit.limit, renewals.len());
    for change in changes.iter_mut().filter(|change| waiting.contains(&change.name)) {
        if change.is_runnable() && renews(change) {
            change.blocked = Some(Blocked::Guard { max, due });
        }
    }
    GuardUse { used: u32::try_from(used).unwrap_or(u32::MAX), ..limit }
}
