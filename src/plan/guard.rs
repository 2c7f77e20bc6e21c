//! Limits on what one plan may do: too much is refused whole, and renewals beyond their batch wait.

use std::collections::BTreeSet;

use jiff::Timestamp;

use crate::model::{CredentialName, Limit, SourceLine, Spec};

use super::{Action, Blocked, Change, KeyLine, Reason, Step, waits};

/// Below so many credentials a percentage says nothing.
const FEW: usize = 10;

/// What a limit is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Guard {
    /// Credentials that are destroyed.
    Destroy,
    /// New items for credentials that have one.
    Replace,
    /// Renewals.
    Rotate,
    /// Credentials that change, in percent.
    ChangePercent,
}

impl Guard {
    /// The word machines read, and the last part of the key in YAML.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::Destroy => "destroy",
            Self::Replace => "replace",
            Self::Rotate => "rotate",
            Self::ChangePercent => "change_percent",
        }
    }

    /// The word that `--allow` takes.
    #[must_use]
    pub const fn allowed_as(self) -> &'static str {
        match self {
            Self::ChangePercent => "percent",
            Self::Destroy | Self::Replace | Self::Rotate => self.id(),
        }
    }
}

/// A limit, and how much of it a plan uses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GuardUse {
    /// About what.
    pub guard: Guard,
    /// So many, or so many percent.
    pub used: u32,
    /// The limit.
    pub limit: u32,
    /// Where it stands; `None` for the default, and for one that was raised for this run.
    pub source: Option<SourceLine>,
    /// Whether it was set for this run on the command line.
    pub allowed: bool,
}

/// A limit that a plan is over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Over {
    /// The limit.
    pub limit: GuardUse,
    /// The credentials that count.
    pub names: BTreeSet<CredentialName>,
}

/// Why a plan may not be carried out, but for keys that would end before anybody looks again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// Credentials whose renewal no limit withholds: their keys could end before the next run.
    pub urgent: BTreeSet<CredentialName>,
    /// Every limit it is over; never empty.
    pub over: Vec<Over>,
    /// What was asked to be destroyed, where something was; empty for everything.
    pub destroys: Option<BTreeSet<CredentialName>>,
}

impl Refused {
    /// Whether `change` is carried out all the same.
    #[must_use]
    pub fn lets(&self, change: &Change) -> bool {
        change.action == Action::Rotate && self.urgent.contains(&change.name)
    }
}

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
    let replaced = names(&|change| change.action == Action::Replace && change.steps.contains(&Step::AddItem));
    count(raised(Guard::Replace, Some(&limits.replace), allow.replace), replaced.len(), replaced);
    if managed.len() >= FEW {
        let is_urgent = |change: &Change| change.action == Action::Rotate && urgent.contains(&change.name);
        let moving =
            names(&|change| change.action != Action::Create && managed.contains(&change.name) && !is_urgent(change));
        let percent = moving.len() * 100 / managed.len();
        count(raised(Guard::ChangePercent, limits.change_percent.as_ref(), allow.change_percent), percent, moving);
    }
    uses.extend(rotate);
    uses.sort_by_key(|used| used.guard);
    let asked = &spec.requests;
    let destroys = (asked.destroy_all || !asked.destroy.is_empty()).then(|| asked.destroy.clone());
    let refused = (!over.is_empty()).then_some(Refused { urgent, over, destroys });
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
        | Reason::Edited
        | Reason::Unregistered
        | Reason::IssueUnfinished { .. }
        | Reason::DeliveryUnfinished { .. }
        | Reason::DeliveryInDoubt { .. }
        | Reason::KeyDead { .. }
        | Reason::KeyExpired { .. }
        | Reason::NoKey
        | Reason::SinkLost { .. }
        | Reason::OverlapOver { .. }
        | Reason::Replaced { .. }
        | Reason::Reverted
        | Reason::ForeignKey { .. }
        | Reason::Removed { .. }
        | Reason::Renamed { .. }
        | Reason::Orphan
        | Reason::Copy { .. }
        | Reason::Duplicate { .. }
        | Reason::BreakGlass { .. }
        | Reason::Leftover { .. }
        | Reason::Unclear
        | Reason::Unread => false,
    };
    change.action == Action::Rotate && change.issue().is_some() && change.reasons.iter().all(renewal)
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
        Some(waits::too_late(want, spec, ends(change, keys)?)? <= now)
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
