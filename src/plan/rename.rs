//! Credentials that have another name now: `moved`.
//!
//! A name is a tag and a member of the ledger, so a new one costs nobody a key. What takes a name is one credential:
//! two are never joined.

use std::collections::BTreeSet;

use crate::model::{CredentialName, CredentialSpec, ItemId, LiveItem, Mode, Spec};

use super::blocked::Blocked;
use super::change::{Action, Change};
use super::phase::Items;
use super::reason::Reason;
use super::step::{Act, Step, Target};

/// Takes out the items of an older name that are not of the same credential as those that have the new one.
pub(super) fn strangers<'a>(
    spec: &Spec,
    want: &CredentialSpec,
    candidates: &mut Vec<&'a LiveItem>,
) -> Vec<&'a LiveItem> {
    let (there, older): (Vec<&LiveItem>, Vec<&LiveItem>) =
        candidates.iter().partition(|item| item.name_in(&spec.stack) == Some(&want.name));
    if there.is_empty() {
        return Vec::new();
    }
    let names = |item: &LiveItem, id: &ItemId| {
        item.ledger()
            .is_some_and(|ledger| ledger.renamed_with.contains(id) || ledger.superseded_by.as_ref() == Some(id))
    };
    let akin = |item: &LiveItem| there.iter().any(|new| names(new, &item.id) || names(item, &new.id));
    let strangers: Vec<&LiveItem> = older.into_iter().filter(|item| !akin(item)).collect();
    candidates.retain(|item| strangers.iter().all(|other| other.id != item.id));
    strangers
}

/// Two credentials that `moved` would join.
pub(super) fn two_names(spec: &Spec, want: &CredentialSpec, item: &LiveItem, home: &LiveItem) -> Change {
    let from = item.name_in(&spec.stack).cloned().unwrap_or_else(|| want.name.clone());
    let mut change = Change::empty(want, Action::Update, vec![Reason::Renamed { from: from.clone() }]);
    change.item = Some(item.id.clone());
    let items = [item.id.clone(), home.id.clone()];
    change.blocked = Some(Blocked::TwoNames { from, to: want.name.clone(), items });
    change
}

/// Gives every item of the credential its name, before anything else is done to it: what its items have already, or what
/// `changes` brings to its settings, comes with it in one change.
pub(super) fn renamed(spec: &Spec, want: &CredentialSpec, items: Items<'_>, changes: &mut Vec<Change>) {
    let older: Vec<(&LiveItem, &CredentialName)> = items
        .all()
        .filter_map(|item| Some((item, item.name_in(&spec.stack)?)))
        .filter(|(_, name)| **name != want.name)
        .collect();
    let Some((_, from)) = older.first() else { return };
    let reason = Reason::Renamed { from: (*from).clone() };
    if want.mode == Mode::Observe {
        changes.push(Change { item: Some(items.home.id.clone()), ..Change::empty(want, Action::Report, vec![reason]) });
        return;
    }
    let ids: BTreeSet<&ItemId> = older.iter().map(|(item, _)| &item.id).collect();
    let with = |item: &LiveItem| ids.iter().filter(|id| ***id != item.id).map(|id| (*id).clone()).collect();
    let rename = |(item, from): &(&LiveItem, &CredentialName)| Step {
        on: Target::of(item, items.home),
        act: Act::Rename { from: (*from).clone(), with: with(item) },
    };
    let mine = |change: &Change| {
        change.action == Action::Update && change.is_runnable() && change.item.as_ref() == Some(&items.home.id)
    };
    let update = changes.iter().position(mine).map(|at| changes.remove(at));
    let mut change = update.unwrap_or_else(|| {
        let mut change = Change::empty(want, Action::Update, Vec::new());
        change.item = Some(items.home.id.clone());
        change.work.seen = Some(Box::new(items.home.clone()));
        change
    });
    // Home comes last, where what the change brings is done.
    change.work.steps.splice(0..0, older.iter().rev().map(rename));
    change.cause = reason.cause();
    change.reasons.insert(0, reason);
    change.work.also = items.others.iter().map(|item| (*item).clone()).collect();
    changes.insert(0, change);
}
