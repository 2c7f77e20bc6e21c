//! Spec + Live + now → Plan. Pure and total.
//!
//! What may not be done comes back as a blocked [`Change`], not as an error.

mod access;
mod assume;
mod blocked;
mod boundary;
mod change;
mod decide;
mod diff;
mod field;
mod forecast;
mod guard;
mod issue;
mod keys;
mod leave;
mod leftover;
mod note;
mod order;
mod outlook;
mod pair;
mod phase;
mod reason;
mod recovery;
mod rename;
mod replace;
mod revoke;
mod safety;
mod step;
#[cfg(test)]
pub(crate) mod tests;
mod waits;

pub use assume::{as_of, assume};
pub use blocked::{
    Asked, Blocked, BlockedBy, Claim, Ends, Keeps, Lacks, LedgerFault, OwnerFault, Protection, Retry, Rule, SeenIn,
    Takes, Unknown,
};
#[cfg(test)]
pub(crate) use boundary::outlines;
pub use boundary::{Boundary, Turn};
pub use change::{Action, Cause, Change, Exposure, KeyLine, LiveKey, Next, Plan, Wanted};
pub(crate) use diff::take_fields;
pub use diff::{asked, returned};
pub use field::{Field, FieldDiff, FieldValue};
pub use forecast::{Event, Forecast, Lapsed, forecast};
pub use guard::{Guard, GuardUse, Over, Refused};
pub use note::{About, Note, Unread};
pub use order::sinks_in_order;
pub use outlook::{Budget, Lapse, Outlook};
pub(crate) use phase::is_foreign;
pub use reason::Reason;
pub use replace::{Outgoing, Then};
pub use safety::{Gap, Safety};
pub use step::{Issue, Step};

use std::collections::BTreeSet;

use jiff::Timestamp;

use crate::model::{CredentialName, CredentialSpec, Live, LiveItem, Mode, OnBreakingChange, PortalUrl, Spec};

use pair::Pair;
use phase::{At, Held, Items};

/// Says what would make `live` match `spec`, and why each step is there.
///
/// The same three values give the same plan, byte for byte.
#[must_use]
pub fn plan(spec: &Spec, live: &Live, now: Timestamp) -> Plan {
    let mut plan = draft(spec, live, now);
    if plan.runnable().next().is_some() {
        plan.keys_after = keys_in_use(spec, &assume(spec, live, &plan, now), now);
        plan.outlook_after = outlook_of(spec, live, &plan.keys_after, now);
    }
    plan.boundary = boundary::next(&pair::by_name(spec, live), At { spec, live, now });
    plan
}

/// The same, but for what comes after it and from when on it is another.
fn draft(spec: &Spec, live: &Live, now: Timestamp) -> Plan {
    let at = At { spec, live, now };
    let mut changes = Vec::new();
    let mut unchanged = Vec::new();
    let mut notes = Vec::new();
    let keys = keys_in_use(spec, live, now);
    let pairs = pair::by_name(spec, live);
    let managed = names(spec, live);
    let read = pairs
        .values()
        .filter(|pair| match pair {
            Pair::Missing(..) | Pair::Matched(..) => true,
            Pair::Leaving(_, items, _) => !items.is_empty(),
            Pair::Extra(_) => false,
        })
        .count();
    notes.extend(leave::notes(spec, &pairs));
    for (name, pair) in &pairs {
        let found = of_pair(pair, at);
        let declared = match pair {
            Pair::Missing(want, _) => {
                notes.extend(keys::notes(want, None, live));
                true
            }
            Pair::Matched(want, home, others, _) => {
                notes.extend(keys::notes(want, Some(home), live));
                notes.extend(revoke::note(want, Items { home, others }, at));
                true
            }
            Pair::Leaving(..) | Pair::Extra(_) => false,
        };
        // What is only reported stands beside a credential that matches; one that is only observed may not.
        if declared && found.iter().all(|change| change.action == Action::Report && change.fields.is_empty()) {
            unchanged.push(name.clone());
        }
        changes.extend(found);
    }
    if spec.requests.keys_only {
        changes.retain(|change| is_asked(change, spec));
        unchanged.retain(|name| spec.requests.is_about(name));
        notes.retain(|note: &Note| note.name.as_ref().is_none_or(|name| spec.requests.is_about(name)));
    }
    let (guards, refused) = guard::judge(spec, &mut changes, &keys, &managed, now);
    let outlook = outlook_of(spec, live, &keys, now);
    Plan {
        stack: spec.stack.clone(),
        file: spec.file.to_string(),
        now,
        simulated: false,
        partial: spec.requests.keys_only || (spec.requests.leave() && !spec.requests.destroy_all),
        portal: live.portal.clone(),
        url: match &spec.portal.url {
            PortalUrl::Emulator => "emulator".into(),
            PortalUrl::At(url) => url.clone(),
        },
        caller: live.caller.clone(),
        read,
        first: live.items.is_empty() && live.unread.is_empty(),
        changes: order::sorted(changes),
        unchanged,
        outlook_after: outlook.clone(),
        outlook,
        keys_after: keys.clone(),
        keys,
        notes,
        guards,
        refused,
        boundary: None,
    }
}

/// What comes of `keys`. Of what cannot be read nobody knows whether it has one.
fn outlook_of(spec: &Spec, live: &Live, keys: &[KeyLine], now: Timestamp) -> Outlook {
    let mut outlook = outlook::of(spec, keys, now);
    outlook.dark.retain(|name| pair::unread(live, name, false).is_none());
    outlook
}

/// Whether a run that was asked for keys alone does it.
fn is_asked(change: &Change, spec: &Spec) -> bool {
    // A key is issued under the credential's name, so a renaming is about it.
    let about_keys = || change.is_about_keys() || change.renames();
    !spec.requests.keys_only || (spec.requests.is_about(&change.name) && about_keys())
}

/// Every live key of a credential that is declared or leaves, soonest end first.
fn keys_in_use(spec: &Spec, live: &Live, now: Timestamp) -> Vec<KeyLine> {
    let mut keys = Vec::new();
    for pair in pair::by_name(spec, live).into_values() {
        match pair {
            Pair::Matched(want, home, others, _) => {
                keys.extend(keys::lines(want, Items { home, others: &others }, live, now));
            }
            Pair::Leaving(leave, items, _) => keys.extend(leave.keys(&items, now)),
            Pair::Missing(..) | Pair::Extra(_) => {}
        }
    }
    keys.sort_by(|a, b| (a.expires, &a.name, a.slot).cmp(&(b.expires, &b.name, b.slot)));
    keys
}

/// Every credential of the stack that has an item, declared or not.
fn names(spec: &Spec, live: &Live) -> BTreeSet<CredentialName> {
    let unread = live.unread.values().filter(|unread| unread.told).flat_map(|unread| unread.of.iter().cloned());
    live.items.values().filter_map(|item| pair::name_of(spec, item)).chain(unread).collect()
}

/// What is to be done about one name at a time.
fn of_pair(pair: &Pair<'_>, at: At<'_>) -> Vec<Change> {
    let mut changes = match pair {
        Pair::Missing(want, beside) => {
            let mut changes = vec![create(want, at)];
            changes.extend(beside.iter().cloned());
            changes
        }
        Pair::Matched(want, home, others, beside) => {
            let items = Items { home, others };
            let mut changes = matched(want, items, at);
            for change in &mut changes {
                waits::withhold(change, Some(want), at.spec, at.now);
            }
            rename::renamed(at.spec, want, items, &mut changes);
            changes.extend(beside.iter().map(|change| leftover::cleared(change.clone(), want, at)));
            changes
        }
        Pair::Leaving(leave, items, beside) => {
            let leaving = leave.change(at.spec, items, at.live, at.now);
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

/// A credential that is nowhere yet.
fn create(want: &CredentialSpec, at: At<'_>) -> Change {
    let live = at.live;
    let wanted = diff::wanted(want, live);
    let mut steps = diff::folder_step(want, live).into_iter().collect::<Vec<_>>();
    steps.extend([Step::AddItem, Step::Claim, Step::Register, Step::Record { fields: Field::ALL.into() }]);
    let keys = decide::decide(want, None, at);
    steps.extend(keys.steps);
    let mut reasons = vec![Reason::New];
    reasons.extend(keys.reasons.into_iter().filter(|reason| *reason != Reason::NoKey));
    let mut change =
        Change { fields: diff::fields(&wanted.values, None, None), ..Change::empty(want, Action::Create, reasons) };
    change.exposure = Exposure::Widens;
    change.steps = steps;
    change.wanted = Some(Box::new(wanted));
    change.blocked = keys
        .blocked
        .or_else(|| access::missing_rights(want, &change, live))
        .or_else(|| access::missing_items(want, &change, live))
        .or_else(|| (!live.complete).then(pair::not_every_folder_read));
    safety::tell(&mut change, want, None, at.now);
    observed(want, change)
}

/// A credential that has an item of its own, and maybe others that it took over from.
fn matched(want: &CredentialSpec, items: Items<'_>, at: At<'_>) -> Vec<Change> {
    if let Some(changes) = reverted(want, items, at) {
        return changes;
    }
    let At { spec: _, live, now } = at;
    let home = items.home;
    let mut changes = if let Some(asked) = revoke::at_once(want, items, at) {
        asked
    } else if phase::is_begun(want, home) {
        begun(want, items, at).into_iter().collect()
    } else {
        finished(want, items, at)
    };
    changes.extend(items.others.iter().chain([&home]).flat_map(|item| {
        phase::foreign(item, now)
            .map(|slot| template(want, item, live, Action::Report, vec![Reason::ForeignKey { slot }]))
    }));
    for change in &mut changes {
        access::withhold(want, change, live);
        safety::tell(change, want, Some(items), now);
    }
    changes.into_iter().map(|change| observed(want, change)).collect()
}

/// A change of `item`, with nothing in it yet.
fn template(want: &CredentialSpec, item: &LiveItem, live: &Live, action: Action, reasons: Vec<Reason>) -> Change {
    Change {
        item: Some(item.id.clone()),
        seen: Some(Box::new(item.clone())),
        wanted: Some(Box::new(diff::wanted(want, live))),
        ..Change::empty(want, action, reasons)
    }
}

/// In what `item` differs from what is wanted: what would end its keys, and what would not.
fn differences(want: &CredentialSpec, item: &LiveItem, live: &Live) -> (Vec<FieldDiff>, Vec<FieldDiff>) {
    let applied = item.ledger().and_then(|ledger| ledger.applied.as_ref());
    let have = diff::returned(item, |id| live.folder_title(id));
    let fields = diff::fields(&diff::asked(want, live), Some(&have), applied);
    fields.into_iter().partition(|diff| diff.field.ends_keys())
}

/// An edit that was taken back in time: the newer item goes, and the older one is home again.
fn reverted(want: &CredentialSpec, items: Items<'_>, at: At<'_>) -> Option<Vec<Change>> {
    let At { spec: _, live, now } = at;
    let (older, rest) = items.others.split_first()?;
    if !differences(want, older, live).0.is_empty() || !decide::is_reverted(want, items.home, older, now) {
        return None;
    }
    let mut changes = matched(want, Items { home: older, others: rest }, at);
    // What is left to do is done on the newer item: it is brought in line and finished.
    if changes.iter().any(|change| change.action != Action::Report) {
        return None;
    }
    let change = template(want, items.home, live, Action::Retire, vec![Reason::Reverted]);
    let mut change = decide::leaving(change, items.home, now);
    safety::tell(&mut change, want, Some(items), now);
    access::withhold(want, &mut change, live);
    changes.push(observed(want, change));
    Some(changes)
}

/// An item that was made and never got its first key delivered anywhere.
fn begun(want: &CredentialSpec, items: Items<'_>, at: At<'_>) -> Option<Change> {
    let At { spec: _, live, now } = at;
    let item = items.home;
    let (ending, kept) = differences(want, item, live);
    let registered = item.app.is_some();
    let action = if items.others.is_empty() { Action::Create } else { Action::Replace };
    let mut change = template(want, item, live, action, vec![Reason::Begun]);
    let claim = item.ledger().is_none_or(|ledger| ledger.item.is_none());
    change.steps.extend(claim.then_some(Step::Claim));
    if !registered {
        change.steps.push(Step::Register);
    } else if !ending.is_empty() {
        change.steps.push(Step::UpdateApp);
    }
    change.steps.extend(diff::item_steps(want, &kept, live));
    let applied = item.ledger().and_then(|ledger| ledger.applied.as_ref());
    if applied.is_none() || !change.steps.is_empty() {
        change.steps.push(Step::Record { fields: Field::ALL.into() });
    }
    let keys = if registered && !ending.is_empty() {
        issue::decide_afresh(want, items, now)
    } else {
        decide::decide(want, Some(items), at)
    };
    change.steps.extend(keys.steps);
    change.reasons.extend(keys.reasons.into_iter().filter(|reason| *reason != Reason::NoKey));
    change.exposure = Exposure::Widens;
    change.fields = ending.into_iter().chain(kept).collect();
    // An edit would end a key that somebody issued meanwhile.
    let held = change.steps.contains(&Step::UpdateApp).then(|| phase::held(want, items, now)).flatten();
    let held = held.and_then(|held| match held {
        Held::Blocked(blocked) => Some(blocked),
        Held::Live(..) => None,
    });
    change.blocked = held
        .or(keys.blocked)
        .or_else(|| access::missing_rights(want, &change, live))
        .or_else(|| access::missing_items(want, &change, live));
    let nothing = change.steps.is_empty() && change.blocked.is_none();
    (!nothing).then_some(change)
}

/// An item whose keys are out.
fn finished(want: &CredentialSpec, items: Items<'_>, at: At<'_>) -> Vec<Change> {
    let live = at.live;
    let item = items.home;
    let (ending, kept) = differences(want, item, live);
    let mut changes = Vec::new();
    let mut replaced = false;
    // A key that is to be renewed at once does not wait for an edit that was not asked for.
    let asked = !at.spec.requests.keys_only;
    if item.app.is_none() || asked && !ending.is_empty() {
        let mut change = access_change(want, items, at, ending);
        // An edit that waits for its hours keeps the key that is there from nothing either.
        waits::withhold(&mut change, Some(want), at.spec, at.now);
        replaced = change.blocked.is_none();
        // What a new item takes over with needs no edit of the old one.
        if replaced && change.action == Action::Replace {
            return vec![change];
        }
        changes.push(change);
    }
    if !kept.is_empty() {
        let mut change = template(want, item, live, Action::Update, diff::reasons(&kept));
        change.steps.extend(diff::item_steps(want, &kept, live));
        change.steps.push(Step::Record { fields: kept.iter().map(|diff| diff.field).collect() });
        change.fields = kept;
        changes.push(change);
    }
    // A blocked edit of the access does not keep the key that is there from being looked after.
    if !replaced {
        let template = |item: &LiveItem, action, reasons| template(want, item, live, action, reasons);
        changes.extend(decide::changes(want, items, at, &template));
    }
    changes
}

/// An edit of what keys may do: in place where no key would end by it, else by a new item.
fn access_change(want: &CredentialSpec, items: Items<'_>, at: At<'_>, ending: Vec<FieldDiff>) -> Change {
    let At { spec: _, live, now } = at;
    let item = items.home;
    let mut change = template(want, item, live, Action::UpdateEndingKeys, diff::reasons(&ending));
    if item.app.is_none() {
        change.reasons.insert(0, Reason::Unregistered);
    }
    change.exposure = diff::exposure(&ending);
    change.fields = ending;
    change.dead_in = phase::dead_in(want, items, live, now);
    let held = match phase::held(want, items, now) {
        Some(Held::Live(slot, until)) => {
            if want.on_breaking_change == OnBreakingChange::InPlace {
                change.safety = Some(Safety { gap: Some(Gap::InPlace { slot, until }), ..Safety::default() });
            } else {
                change.action = Action::Replace;
            }
            access::kept_alive(want, slot, until)
        }
        Some(Held::Blocked(blocked)) => Some(blocked),
        None => None,
    };
    let keys = if change.action == Action::Replace {
        replace::make_anew(&mut change, want, items, live, now);
        issue::issue_anew(want, items, now, Vec::new())
    } else {
        change.steps.push(if item.app.is_some() { Step::UpdateApp } else { Step::Register });
        change.steps.push(Step::Record { fields: Field::ALL.into_iter().filter(|field| field.ends_keys()).collect() });
        issue::decide_afresh(want, items, now)
    };
    change.steps.extend(keys.steps);
    change.blocked = held
        .or(keys.blocked)
        .or_else(|| access::missing_rights(want, &change, live))
        .or_else(|| access::missing_items(want, &change, live))
        .or_else(|| access::narrowed(want, &change))
        .or_else(|| (change.action == Action::Replace && !live.complete).then(pair::not_every_folder_read));
    change
}

/// `mode: observe` turns everything into a report.
fn observed(want: &CredentialSpec, mut change: Change) -> Change {
    let asked_for = matches!(change.reasons.first(), Some(Reason::BreakGlass { .. }));
    if want.mode == Mode::Observe && !asked_for {
        change.action = Action::Report;
        change.steps.clear();
        change.blocked = None;
    }
    change
}
