//! Spec + Live + now → the changes of every credential, and what is said beside them.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use crate::model::{CredentialName, Live, Mode, Spec};

use super::blocked::{Asked, Blocked, Rule};
use super::change::{Action, Change, Overview, Plan};
use super::credential::{create, matched};
use super::keys::KeyLine;
use super::note::{About, Note};
use super::outlook::Outlook;
use super::pair::Pair;
use super::phase::{At, Items};
use super::places::Places;
use super::reason::Reason;
use super::{guard, keys, leave, leftover, order, outlook, pair, refused, rename, revoke, taken, waits};

/// The same, but for what comes after it and from when on it is another.
pub(super) fn draft(spec: &Spec, live: &Live, now: Timestamp) -> Plan {
    let places = Places::of(spec, live.items.values());
    let at = At { spec, live, now, places: &places };
    let mut changes = Vec::new();
    let mut unchanged = Vec::new();
    let mut notes = Vec::new();
    let pairs = pair::by_name(spec, live);
    let keys = keys_in_use(&pairs, at);
    let managed = names(spec, live);
    let read = pairs
        .values()
        .filter(|pair| match pair {
            Pair::Missing(..) | Pair::Matched(..) => true,
            Pair::Leaving(_, items, _) => !items.is_empty(),
            Pair::Extra(_) => false,
        })
        .count();
    let (told, left) = asked_to_leave(spec, live, &pairs);
    notes.extend(told);
    changes.extend(left);
    for (name, pair) in &pairs {
        let found = of_pair(pair, at);
        let declared = match pair {
            Pair::Missing(want, _) => {
                notes.extend(keys::notes(want, None, live));
                true
            }
            Pair::Matched(want, home, others, _) => {
                notes.extend(keys::notes(want, Some(home), live));
                notes.extend(revoke::note(want, Items { home, others, places: at.places }, at));
                true
            }
            Pair::Leaving(..) | Pair::Extra(_) => false,
        };
        // What is only reported stands beside a credential that matches; one that is only observed may not.
        let beside = |change: &Change| change.action == Action::Report && change.fields.is_empty();
        if declared && found.iter().all(|change| beside(change) || change.only_notes()) {
            unchanged.push(name.clone());
        }
        changes.extend(found);
    }
    let mut left_out = Vec::new();
    if spec.requests.keys_only {
        (changes, left_out) = changes.into_iter().partition(|change| is_asked(change, spec));
        unchanged.retain(|name| spec.requests.is_about(name));
        notes.retain(|note: &Note| note.name.as_ref().is_none_or(|name| spec.requests.is_about(name)));
    }
    for name in &spec.requests.rotate {
        changes.extend(not_rotated(spec, name, &changes, &mut left_out));
    }
    let (guards, refused) = guard::judge(spec, &mut changes, &keys, &managed, now);
    let outlook = outlook_of(spec, live, &keys, now);
    let overview = Overview {
        portal: live.portal.clone(),
        url: spec.portal.url.clone(),
        file: spec.file.to_string(),
        caller: live.caller.clone(),
        keys_after: keys.clone(),
        keys,
        outlook_after: outlook.clone(),
        outlook,
        notes,
        unchanged,
        read,
        first: live.items.is_empty() && live.unread.is_empty(),
    };
    Plan {
        stack: spec.stack.clone(),
        now,
        simulated: false,
        partial: spec.requests.keys_only || (spec.requests.leave() && !spec.requests.destroy_all),
        changes: order::sorted(changes),
        guards,
        refused,
        boundary: None,
        overview,
    }
}

/// Why a key that was to be renewed by name is not, if nothing of what is planned does it or says why not.
fn not_rotated(spec: &Spec, name: &CredentialName, changes: &[Change], left_out: &mut Vec<Change>) -> Option<Change> {
    let want = spec.credentials.get(name)?;
    let blocked = |change: &Change| change.blocked.is_some() && change.action != Action::Report;
    let told = |change: &Change| blocked(change) || change.is_about_keys() || change.work.issue().is_some();
    if changes.iter().any(|change| change.name == *name && told(change)) {
        return None;
    }
    // What blocks something else of it may be the reason.
    if let Some(at) = left_out.iter().position(|change| change.name == *name && blocked(change)) {
        return Some(left_out.swap_remove(at));
    }
    let blocked = match want.mode {
        Mode::Observe => Blocked::Policy { name: name.clone(), rule: Rule::Observe(Asked::Rotation) },
        Mode::Full | Mode::Additive => {
            Blocked::NothingToRotate { name: name.clone(), nowhere: want.deliver.is_empty() }
        }
    };
    let change = Change::empty(want, Action::Rotate, vec![Reason::Requested]);
    Some(Change { blocked: Some(blocked), ..change })
}

/// What comes of `keys`. Of what cannot be read nobody knows whether it has one.
pub(super) fn outlook_of(spec: &Spec, live: &Live, keys: &[KeyLine], now: Timestamp) -> Outlook {
    let mut outlook = outlook::of(spec, keys, now);
    outlook.dark.retain(|name| pair::unread(live, name, false).is_none());
    outlook
}

/// What is to be done about one name at a time.
pub(super) fn of_pair(pair: &Pair<'_>, at: At<'_>) -> Vec<Change> {
    let mut changes = match pair {
        Pair::Missing(want, beside) => {
            let mut changes = vec![create(want, at)];
            changes.extend(beside.iter().cloned());
            changes
        }
        Pair::Matched(want, home, others, beside) => {
            let items = Items { home, others, places: at.places };
            // What was refused is what had been sent, without what was withheld.
            let want = &taken::left(want, items, at);
            let want = &refused::left(want, home, at);
            let mut changes = matched(want, items, at);
            for change in &mut changes {
                waits::withhold(change, Some(want), at.spec, at.now);
            }
            rename::renamed(at.spec, want, items, &mut changes);
            changes.extend(beside.iter().map(|change| leftover::cleared(change.clone(), want, at)));
            changes
        }
        Pair::Leaving(leave, items, beside) => {
            let leaving = leave.change(items, at);
            leaving.into_iter().chain(beside.iter().cloned()).collect()
        }
        Pair::Extra(changes) => changes.clone(),
    };
    // A name waits for nothing: it is no key's and no setting's, and what does not wait is done under it.
    for change in changes.iter_mut().filter(|change| !change.renames()) {
        waits::withhold(change, at.spec.credentials.get(&change.name), at.spec, at.now);
    }
    changes
}

/// Whether a run that was asked for keys alone does it.
pub(super) fn is_asked(change: &Change, spec: &Spec) -> bool {
    // A key is issued under the credential's name, so a renaming is about it.
    let about_keys = || change.is_about_keys() || change.renames();
    !spec.requests.keys_only || (spec.requests.is_about(&change.name) && about_keys())
}

/// Every live key of a credential that is declared or leaves, soonest end first.
pub(super) fn keys_in_use(pairs: &BTreeMap<CredentialName, Pair<'_>>, at: At<'_>) -> Vec<KeyLine> {
    let At { spec: _, live, now, places } = at;
    let mut keys = Vec::new();
    for pair in pairs.values() {
        match pair {
            Pair::Matched(want, home, others, _) => {
                keys.extend(keys::lines(want, Items { home, others, places }, live, now));
            }
            Pair::Leaving(leave, items, _) => keys.extend(leave.keys(items, places, now)),
            Pair::Missing(..) | Pair::Extra(_) => {}
        }
    }
    keys.sort_by(|a, b| (a.expires, &a.name, a.slot).cmp(&(b.expires, &b.name, b.slot)));
    keys
}

/// Every credential of the stack that has an item, declared or not.
pub(super) fn names(spec: &Spec, live: &Live) -> BTreeSet<CredentialName> {
    let unread = live.unread.values().filter(|unread| unread.told).flat_map(|unread| unread.of.iter().cloned());
    live.items.values().filter_map(|item| item.credential(spec).cloned()).chain(unread).collect()
}

/// What a person who asked for something to go should know: names that nothing stands for, and such as are declared;
/// and what stays although it carries a name that is to go.
fn asked_to_leave(spec: &Spec, live: &Live, pairs: &BTreeMap<CredentialName, Pair<'_>>) -> (Vec<Note>, Vec<Change>) {
    let asked = spec.requests.destroy.iter().chain(&spec.requests.forget).map(|name| spec.name_now(name));
    let (mut notes, mut declared, mut left) = (Vec::new(), Vec::new(), Vec::new());
    let everything = spec.credentials.keys().filter(|_| spec.requests.destroy_all);
    for name in asked.chain(everything).collect::<BTreeSet<_>>() {
        match pairs.get(name) {
            Some(Pair::Leaving(leave, items, _)) if !items.is_empty() => declared.extend(leave.still_declared()),
            Some(Pair::Leaving(..) | Pair::Missing(..) | Pair::Matched(..) | Pair::Extra(_)) | None => {
                match (leave::marked(spec, name, live), spec.requests.destroy_all) {
                    (Some(change), _) => left.push(change),
                    (None, true) => {}
                    (None, false) => notes.push(Note { name: Some(name.clone()), about: About::NothingToRemove }),
                }
            }
        }
    }
    match declared.as_slice() {
        few @ ([] | [_] | [_, _]) => notes.extend(few.iter().map(|want| {
            let about = About::StillDeclared { entry: want.source.clone() };
            Note { name: Some(want.name.clone()), about }
        })),
        many => {
            notes.push(Note { name: None, about: About::ManyStillDeclared { count: many.len() } });
        }
    }
    (notes, left)
}
