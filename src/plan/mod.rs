//! Spec + Live + now → Plan. Pure and total.
//!
//! What may not be done comes back as a blocked [`Change`], not as an error.

mod access;
mod change;
mod diff;
mod keys;
mod order;
mod pair;
mod phase;
#[cfg(test)]
mod tests;

pub use change::{
    Action, Blocked, BlockedBy, Cause, Change, Exposure, Field, FieldDiff, FieldValue, Issue, KeyLine, Next, Note,
    Plan, Reason, Step, Wanted,
};
pub(crate) use diff::take_fields;
pub use diff::{asked, returned};
pub use order::sinks_in_order;
pub(crate) use phase::is_foreign;

use jiff::Timestamp;

use crate::model::{CredentialSpec, Live, LiveItem, Mode, PortalUrl, Spec};

use pair::Pair;

/// Says what would make `live` match `spec`, and why each step is there.
///
/// The same three values give the same plan, byte for byte.
#[must_use]
pub fn plan(spec: &Spec, live: &Live, now: Timestamp) -> Plan {
    let mut changes = Vec::new();
    let mut unchanged = Vec::new();
    let mut notes = Vec::new();
    let mut keys = Vec::new();
    let pairs = pair::by_name(spec, live);
    let read = pairs.iter().filter(|(_, pair)| !matches!(pair, Pair::Extra(_))).count();
    for (name, pair) in pairs {
        let found = match pair {
            Pair::Missing(want, beside) => {
                let mut found = vec![create(want, live, now)];
                found.extend(beside);
                found
            }
            Pair::Matched(want, item, beside) => {
                keys.extend(keys::lines(want, item, live, now));
                notes.extend(keys::notes(want, item, live));
                let mut found = matched(want, item, live, now);
                found.extend(beside);
                found
            }
            Pair::Extra(reports) => {
                changes.extend(reports);
                continue;
            }
        };
        if found.is_empty() {
            unchanged.push(name);
        }
        changes.extend(found);
    }
    keys.sort_by(|a, b| (a.expires, &a.name, a.slot).cmp(&(b.expires, &b.name, b.slot)));
    notes.sort();
    Plan {
        stack: spec.stack.clone(),
        file: spec.file.to_string(),
        now,
        portal: live.portal.clone(),
        url: match &spec.portal.url {
            PortalUrl::Emulator => "emulator".into(),
            PortalUrl::At(url) => url.clone(),
        },
        caller: live.caller.clone(),
        read,
        first: live.items.is_empty(),
        changes: order::sorted(changes),
        unchanged,
        keys,
        notes,
    }
}

/// A credential that is nowhere yet.
fn create(want: &CredentialSpec, live: &Live, now: Timestamp) -> Change {
    let wanted = diff::wanted(want, live);
    let mut steps = diff::folder_step(want, live).into_iter().collect::<Vec<_>>();
    steps.extend([Step::AddItem, Step::Claim, Step::Register, Step::Record { fields: Field::ALL.into() }]);
    let keys = phase::decide(want, None, live, now);
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
        .or_else(|| (!live.complete).then(pair::not_every_folder_read));
    observed(want, change)
}

/// A credential that has an item of its own.
fn matched(want: &CredentialSpec, item: &LiveItem, live: &Live, now: Timestamp) -> Vec<Change> {
    let wanted = diff::wanted(want, live);
    let applied = item.ledger().and_then(|ledger| ledger.applied.as_ref());
    let have = diff::returned(item, |id| live.folder_title(id));
    let fields = diff::fields(&wanted.values, Some(&have), applied);
    let (ending, kept): (Vec<_>, Vec<_>) = fields.into_iter().partition(|diff| diff.field.ends_keys());
    let registered = item.app.is_some();
    let template = |action, reasons| Change {
        item: Some(item.id.clone()),
        seen: Some(Box::new(item.clone())),
        wanted: Some(Box::new(wanted.clone())),
        ..Change::empty(want, action, reasons)
    };

    if phase::is_begun(want, item) {
        let mut change = template(Action::Create, vec![Reason::Begun]);
        let claim = item.ledger().is_none_or(|ledger| ledger.item.is_none());
        change.steps.extend(claim.then_some(Step::Claim));
        if !registered {
            change.steps.push(Step::Register);
        } else if !ending.is_empty() {
            change.steps.push(Step::UpdateApp);
        }
        change.steps.extend(diff::item_steps(want, &kept, live));
        if applied.is_none() || !change.steps.is_empty() {
            change.steps.push(Step::Record { fields: Field::ALL.into() });
        }
        let keys = if registered && !ending.is_empty() {
            phase::decide_afresh(want, item, now)
        } else {
            phase::decide(want, Some(item), live, now)
        };
        change.steps.extend(keys.steps);
        change.reasons.extend(keys.reasons.into_iter().filter(|reason| *reason != Reason::NoKey));
        change.exposure = Exposure::Widens;
        change.fields = ending.into_iter().chain(kept).collect();
        change.blocked = keys.blocked.or_else(|| access::missing_rights(want, &change, live));
        let nothing = change.steps.is_empty() && change.blocked.is_none();
        return if nothing { Vec::new() } else { vec![observed(want, change)] };
    }

    let mut changes = Vec::new();
    if !kept.is_empty() {
        let mut change = template(Action::Update, diff::reasons(&kept));
        change.steps.extend(diff::item_steps(want, &kept, live));
        change.steps.push(Step::Record { fields: kept.iter().map(|diff| diff.field).collect() });
        change.fields = kept;
        changes.push(change);
    }
    if !registered || !ending.is_empty() {
        let mut change = template(Action::UpdateEndingKeys, diff::reasons(&ending));
        if !registered {
            change.reasons.insert(0, Reason::Unregistered);
        }
        change.exposure = diff::exposure(&ending);
        change.steps.push(if registered { Step::UpdateApp } else { Step::Register });
        change.steps.push(Step::Record { fields: Field::ALL.into_iter().filter(|field| field.ends_keys()).collect() });
        let keys = phase::decide_afresh(want, item, now);
        change.steps.extend(keys.steps);
        change.fields = ending;
        change.dead_in = phase::dead_in(item, live, now);
        change.blocked = phase::held(want, item, now)
            .or(keys.blocked)
            .or_else(|| access::missing_rights(want, &change, live))
            .or_else(|| access::narrowed(want, &change));
        if change.blocked.as_ref().is_some_and(|block| block.by == BlockedBy::LiveKey) {
            change.action = Action::Replace;
            change.steps.clear();
        }
        changes.push(change);
    }
    // A blocked edit of the access does not keep the key that is there from being looked after.
    let edits = changes.iter().any(|change| change.action == Action::UpdateEndingKeys && change.blocked.is_none());
    if !edits {
        changes.extend(phase::changes(want, item, live, now, &template));
    }
    changes.extend(
        phase::foreign(item, now)
            .map(|slot| Change { steps: Vec::new(), ..template(Action::Report, vec![Reason::ForeignKey { slot }]) }),
    );
    for change in &mut changes {
        access::withhold(want, change, live);
    }
    changes.into_iter().map(|change| observed(want, change)).collect()
}

/// `mode: observe` turns everything into a report.
fn observed(want: &CredentialSpec, mut change: Change) -> Change {
    if want.mode == Mode::Observe {
        change.action = Action::Report;
        change.steps.clear();
        change.blocked = None;
    }
    change
}
