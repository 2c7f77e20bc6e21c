//! What is wanted of a name beside what is there of it: ours, foreign, copied, begun twice.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{CredentialName, CredentialSpec, ItemId, Live, LiveItem, Spec, UnreadItem};

use super::blocked::{Blocked, Retry};
use super::change::{Action, Change};
use super::leave::Leave;
use super::ours::{stranger, unclear};
use super::reason::Reason;
use super::rename;

/// One name, what is wanted of it and what is there.
pub(super) enum Pair<'a> {
    /// Wanted and not there; beside it what only looks like it.
    Missing(&'a CredentialSpec, Vec<Change>),
    /// Wanted and there: home, the items it took over from, and what only looks like one.
    Matched(&'a CredentialSpec, &'a LiveItem, Vec<&'a LiveItem>, Vec<Change>),
    /// To go: its items, home first, and what only looks like one.
    Leaving(Leave<'a>, Vec<&'a LiveItem>, Vec<Change>),
    /// Not wanted, or not clear enough to be touched.
    Extra(Vec<Change>),
}

/// Every name of the configuration and of the portal, in order.
pub(super) fn by_name<'a>(spec: &'a Spec, live: &'a Live) -> BTreeMap<CredentialName, Pair<'a>> {
    let mut items: BTreeMap<CredentialName, Vec<&LiveItem>> = BTreeMap::new();
    for item in live.items.values() {
        if let Some(name) = item.credential(spec) {
            items.entry(name.clone()).or_default().push(item);
        }
    }
    let mut strangers: BTreeMap<CredentialName, Vec<Change>> = BTreeMap::new();
    for item in live.strangers.values() {
        if let Some(name) = item.credential(spec) {
            let told = report(name.clone(), item, stranger(item, live));
            strangers.entry(name.clone()).or_default().push(told);
        }
    }
    let declared: BTreeSet<&CredentialName> = spec.credentials.keys().collect();
    let found: BTreeSet<&CredentialName> = items.keys().collect();
    let mut names: BTreeSet<CredentialName> = declared.union(&found).map(|name| (*name).clone()).collect();
    names.extend(strangers.keys().cloned());
    names.extend(live.unread.values().flat_map(|unread| unread.of.iter().cloned()));
    let mut pairs = BTreeMap::new();
    for name in names {
        let found = items.remove(&name).unwrap_or_default();
        let leave = Leave::of(spec, &name);
        // Who asks for something to leave asks for nothing else.
        if spec.requests.leave() && leave.is_none() {
            continue;
        }
        if let Some((id, unread)) = unread(live, &name, !found.is_empty()) {
            let changes = cannot_be_read(spec, &name, leave.as_ref(), id, unread);
            pairs.insert(name, Pair::Extra(changes));
            continue;
        }
        let told = strangers.remove(&name).unwrap_or_default();
        let mut pair = match (leave, spec.credentials.get(&name)) {
            (Some(leave), _) => {
                let (candidates, copies) = ranked(&name, found);
                Pair::Leaving(leave, candidates, copies)
            }
            (None, Some(want)) => pair(spec, want, found),
            (None, None) => {
                let orphan = |item| report(name.clone(), item, copied(item).unwrap_or(Reason::Orphan));
                Pair::Extra(found.into_iter().map(orphan).collect())
            }
        };
        let (Pair::Missing(_, beside) | Pair::Matched(.., beside) | Pair::Leaving(.., beside) | Pair::Extra(beside)) =
            &mut pair;
        beside.extend(told);
        pairs.insert(name, pair);
    }
    pairs
}

/// An item that may stand for `name` and cannot be read. One that nothing gives to it only counts where it has no other.
pub(super) fn unread<'a>(
    live: &'a Live,
    name: &CredentialName,
    has_items: bool,
) -> Option<(&'a ItemId, &'a UnreadItem)> {
    live.unread.iter().find(|(_, unread)| unread.of.contains(name) && (unread.told || !has_items))
}

/// What blocks everything that would be done to a credential of which an item cannot be read.
fn cannot_be_read(
    spec: &Spec,
    name: &CredentialName,
    leave: Option<&Leave<'_>>,
    id: &ItemId,
    unread: &UnreadItem,
) -> Vec<Change> {
    let asks = &spec.requests;
    let (action, then) = match leave.map(Leave::action) {
        Some(action) if !asks.leave() => (action, Retry::Apply),
        Some(Action::Forget) => (Action::Forget, Retry::Forget(name.clone())),
        Some(action) => (action, Retry::Destroy(name.clone())),
        None if asks.revoke.as_ref().is_some_and(|revoke| revoke.name == *name) => (Action::Retire, Retry::Revoke),
        None if asks.rotate.contains(name) => (Action::Rotate, Retry::Rotate(name.clone())),
        None => (Action::Update, Retry::Apply),
    };
    let want = spec.credentials.get(name);
    let reasons = vec![Reason::Unread];
    // An orphan is only reported: nothing would be done to it.
    if want.is_none() && leave.is_none() {
        return vec![Change { item: Some(id.clone()), ..Change::named(name.clone(), Action::Report, reasons) }];
    }
    let mut change = match want {
        Some(want) => Change::empty(want, action, reasons),
        None => Change::named(name.clone(), action, reasons),
    };
    change.item = Some(id.clone());
    let UnreadItem { of: _, told, why } = unread;
    change.blocked = Some(Blocked::Unreadable { item: id.clone(), why: why.clone(), told: *told, then });
    vec![change]
}

/// The items that may stand for `name`, home first, and reports of those that only came here with a copy.
fn ranked<'a>(name: &CredentialName, found: Vec<&'a LiveItem>) -> (Vec<&'a LiveItem>, Vec<Change>) {
    let mut copies = Vec::new();
    let mut candidates = Vec::new();
    for item in found {
        match copied(item) {
            Some(reason) => copies.push(report(name.clone(), item, reason)),
            None => candidates.push(item),
        }
    }
    candidates.sort_by(|a, b| b.home_rank().cmp(&a.home_rank()).then_with(|| a.id.cmp(&b.id)));
    (candidates, copies)
}

fn pair<'a>(spec: &Spec, want: &'a CredentialSpec, found: Vec<&'a LiveItem>) -> Pair<'a> {
    let (mut candidates, mut beside) = ranked(&want.name, found);
    let strangers = rename::strangers(spec, want, &mut candidates);
    let mut candidates = candidates.into_iter();
    let Some(home) = candidates.next() else { return Pair::Missing(want, beside) };
    beside.extend(strangers.into_iter().map(|item| rename::two_names(spec, want, item, home)));
    let mut unsure = unclear(spec, &want.name, home).map(|blocked| (home, blocked));
    let mut others = Vec::new();
    for item in candidates {
        match unclear(spec, &want.name, item) {
            // It may be the one that applications have keys of, whatever its rank is without what was lost.
            Some(blocked @ Blocked::Ledger { .. }) if unsure.is_none() => unsure = Some((item, blocked)),
            // Only what names itself in a ledger of ours is ever written.
            None if item.names_itself() => others.push(item),
            Some(_) | None => beside.push(report(want.name.clone(), item, Reason::Duplicate { home: home.id.clone() })),
        }
    }
    match unsure {
        Some((item, blocked)) => {
            let mut change = Change::empty(want, Action::Update, vec![Reason::Unclear]);
            change.item = Some(item.id.clone());
            change.blocked = Some(blocked);
            beside.push(change);
            Pair::Extra(beside)
        }
        None => Pair::Matched(want, home, others, beside),
    }
}

fn copied(item: &LiveItem) -> Option<Reason> {
    item.copy_of().map(|of| Reason::Copy { of: of.clone() })
}

fn report(name: CredentialName, item: &LiveItem, reason: Reason) -> Change {
    Change { item: Some(item.id.clone()), ..Change::named(name, Action::Report, vec![reason]) }
}
