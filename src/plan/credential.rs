//! One declared credential: made, begun, finished, edited.

use crate::model::{CredentialSpec, Field, Mode, OnBreakingChange};

use super::change::{Action, Change, Exposure};
use super::field::FieldDiff;
use super::ours::handed_over;
use super::phase::{At, Held, Items, Keys};
use super::reason::Reason;
use super::safety::{Gap, Safety};
use super::step::Act;
use super::template::{differences, template};
use super::{access, decide, diff, impact, issue, often, phase, refused, replace, revoke, taken, waits};

/// A credential that is nowhere yet.
pub(super) fn create(want: &CredentialSpec, at: At<'_>) -> Change {
    let live = at.live;
    let wanted = diff::wanted(want, live);
    let keys = decide::decide(want, None, at);
    let mut reasons = vec![Reason::New];
    reasons.extend(keys.reasons.into_iter().filter(|reason| *reason != Reason::NoKey));
    let mut change =
        Change { fields: diff::fields(&wanted.values, None, None), ..Change::empty(want, Action::Create, reasons) };
    change.exposure = Exposure::Widens;
    change.work.wanted = Some(Box::new(wanted));
    change.work.then(replace::making(want, live).chain(keys.acts));
    change.blocked = handed_over(at.spec, want, live)
        .or(keys.blocked)
        .or_else(|| access::missing_rights(want, &change, live))
        .or_else(|| access::missing_items(want, &change, live))
        .or_else(|| (!live.complete).then(access::not_every_folder_read));
    impact::tell(&mut change, want, None, at.now);
    observed(want, change)
}

/// A credential that has an item of its own, and maybe others that it took over from.
pub(super) fn matched(want: &CredentialSpec, items: Items<'_>, at: At<'_>) -> Vec<Change> {
    if let Some((older, gone)) = refused::in_vain(want, items, at) {
        // Until it goes, and before it does, the keys of the older one are looked after.
        let mut changes = revoke::at_once(want, older, at).unwrap_or_else(|| decide::changes(want, older, at));
        changes.extend(decide::lost(want, older, at));
        for change in &mut changes {
            access::withhold(want, change, at.live);
            impact::tell(change, want, Some(older), at.now);
        }
        let mut changes: Vec<_> = changes.into_iter().map(|change| observed(want, change)).collect();
        changes.extend(goes(gone, want, items, at));
        refused::blocked(want, items, at, &mut changes);
        return changes;
    }
    if let Some(changes) = reverted(want, items, at) {
        return changes;
    }
    let At { spec: _, live, now, places: _ } = at;
    let home = items.home;
    let lost: Vec<_> = decide::lost(want, items, at).collect();
    let mut changes = if let Some(asked) = revoke::at_once(want, items, at) {
        asked
    } else if phase::is_begun(want, home) {
        begun(want, items, at).into_iter().collect()
    } else {
        finished(want, items, at)
    };
    changes.extend(lost);
    changes.extend(items.others.iter().chain([&home]).flat_map(|item| {
        phase::foreign(item, now)
            .map(|slot| template(want, item, live, Action::Report, vec![Reason::ForeignKey { slot }]))
    }));
    changes.extend(taken::withheld(want, items, at));
    refused::blocked(want, items, at, &mut changes);
    for change in &mut changes {
        access::withhold(want, change, live);
        impact::tell(change, want, Some(items), now);
    }
    changes.into_iter().map(|change| observed(want, change)).collect()
}

/// What nobody can hold a key of goes.
fn goes(change: Change, want: &CredentialSpec, items: Items<'_>, at: At<'_>) -> impl Iterator<Item = Change> {
    decide::leaving(change, items.home, at.now).into_iter().map(move |mut change| {
        impact::tell(&mut change, want, Some(items), at.now);
        access::withhold(want, &mut change, at.live);
        observed(want, change)
    })
}

/// An edit that was taken back in time: the newer item goes, and the older one is home again.
fn reverted(want: &CredentialSpec, items: Items<'_>, at: At<'_>) -> Option<Vec<Change>> {
    let At { spec: _, live, now, places: _ } = at;
    let (older, rest) = items.others.split_first()?;
    if !differences(want, older, live).0.is_empty()
        || !decide::is_reverted(want, items.home, Items { home: older, others: &[], ..items }, now)
    {
        return None;
    }
    let mut changes = matched(want, Items { home: older, others: rest, ..items }, at);
    // What is left to do is done on the newer item: it is brought in line and finished.
    if changes.iter().any(|change| change.action != Action::Report) {
        return None;
    }
    let change = template(want, items.home, live, Action::Retire, vec![Reason::Reverted]);
    changes.extend(goes(change, want, items, at));
    Some(changes)
}

/// An item that was made and never got its first key delivered anywhere.
fn begun(want: &CredentialSpec, items: Items<'_>, at: At<'_>) -> Option<Change> {
    let At { spec: _, live, now, places: _ } = at;
    let item = items.home;
    let (ending, kept) = differences(want, item, live);
    let registered = item.app.is_some();
    let edits = registered && !ending.is_empty();
    // An edit would end a key that somebody issued meanwhile.
    let held = edits.then(|| phase::held(want, items, now)).flatten().and_then(|held| match held {
        Held::Blocked(blocked) => Some(blocked),
        Held::Live(..) => None,
    });
    let keys = if edits && held.is_none() {
        issue::decide_afresh(want, items, now)
    } else {
        decide::decide(want, Some(items), at)
    };
    // Somebody's keys are in both slots.
    if keys.action == Some(Action::Replace) && keys.blocked.is_none() {
        let theirs: Vec<_> = phase::foreign(item, now).map(|slot| Reason::ForeignKey { slot }).collect();
        let mut change = template(want, item, live, Action::Replace, vec![Reason::Begun]);
        change.blocked = often::too_often(&Keys { want, items, now }, &theirs, at);
        replace::make_anew(&mut change, want, items, live, now);
        change.work.made = often::remembered(items, &theirs, now);
        change.work.then(keys.acts);
        change.exposure = Exposure::Widens;
        return Some(change);
    }
    let action = if items.others.is_empty() { Action::Create } else { Action::Replace };
    let mut change = template(want, item, live, action, vec![Reason::Begun]);
    let claim = item.ledger().is_none_or(|ledger| ledger.item.is_none());
    change.work.then(claim.then_some(Act::WriteLedger));
    if !registered {
        change.work.then([Act::Register]);
    } else if edits {
        change.work.then([Act::UpdateApp]);
    }
    change.work.then(diff::item_acts(want, &kept, live));
    let applied = item.ledger().and_then(|ledger| ledger.applied.as_ref());
    if applied.is_none() || !change.work.steps.is_empty() {
        change.work.then([Act::Record { fields: Field::ALL.into() }]);
    }
    change.work.then(keys.acts);
    change.reasons.extend(keys.reasons.into_iter().filter(|reason| *reason != Reason::NoKey));
    change.exposure = Exposure::Widens;
    change.fields = ending.into_iter().chain(kept).collect();
    change.blocked = held
        .or(keys.blocked)
        .or_else(|| access::missing_rights(want, &change, live))
        .or_else(|| access::missing_items(want, &change, live));
    let nothing = change.work.steps.is_empty() && change.blocked.is_none();
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
    let same_access = ending.is_empty();
    if item.app.is_none() || asked && !same_access {
        let mut change = access_change(want, items, at, ending);
        // An edit that waits for its hours keeps the key that is there from nothing either.
        waits::withhold(&mut change, Some(want), at.spec, at.now);
        replaced = change.blocked.is_none();
        // What a new item takes over with needs no edit of the old one.
        if replaced && change.action == Action::Replace {
            change.fields.extend(kept);
            return vec![change];
        }
        changes.push(change);
    }
    if asked && same_access {
        changes.extend(taken::agreed(want, items, at));
    }
    if !kept.is_empty() {
        let mut change = template(want, item, live, Action::Update, diff::reasons(&kept, item));
        let record = Act::Record { fields: kept.iter().map(|diff| diff.field).collect() };
        change.work.then(diff::item_acts(want, &kept, live).into_iter().chain([record]));
        change.fields = kept;
        changes.push(change);
    }
    // A blocked edit of the access does not keep the key that is there from being looked after.
    if !replaced {
        changes.extend(decide::changes(want, items, at));
    }
    changes
}

/// An edit of what keys may do: in place where no key would end by it, else by a new item.
fn access_change(want: &CredentialSpec, items: Items<'_>, at: At<'_>, ending: Vec<FieldDiff>) -> Change {
    let At { spec: _, live, now, places: _ } = at;
    let item = items.home;
    let mut change = template(want, item, live, Action::UpdateEndingKeys, diff::reasons(&ending, item));
    if item.app.is_none() {
        change.reasons.insert(0, Reason::Unregistered);
    }
    change.exposure = diff::exposure(&ending);
    change.fields = ending;
    change.told.dead_in = phase::dead_in(want, items, live, now);
    let held = match phase::held(want, items, now) {
        Some(Held::Live(slot, until)) => {
            if want.on_breaking_change == OnBreakingChange::InPlace {
                change.told.safety = Some(Safety { gap: Some(Gap::InPlace { slot, until }), ..Safety::default() });
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
        let access = Field::ALL.into_iter().filter(|field| field.ends_keys()).collect();
        let give = if item.app.is_some() { Act::UpdateApp } else { Act::Register };
        change.work.then([give, Act::Record { fields: access }]);
        issue::decide_afresh(want, items, now)
    };
    change.work.then(keys.acts);
    change.blocked = held
        .or(keys.blocked)
        .or_else(|| access::missing_rights(want, &change, live))
        .or_else(|| access::missing_items(want, &change, live))
        .or_else(|| access::narrowed(want, &change))
        .or_else(|| (change.action == Action::Replace && !live.complete).then(access::not_every_folder_read));
    change
}

/// `mode: observe` turns everything into a report.
fn observed(want: &CredentialSpec, mut change: Change) -> Change {
    let asked_for = matches!(change.reasons.first(), Some(Reason::BreakGlass { .. }));
    if want.mode == Mode::Observe && !asked_for {
        change.action = Action::Report;
        change.work.steps.clear();
        change.blocked = None;
    }
    change
}
