//! Access that the portal did not take although it answered success: it is not sent again before the configuration says
//! something else.
//!
//! Until then a credential is planned for with what the portal keeps of it, so that its keys are renewed.

use std::borrow::Cow;
use std::collections::BTreeSet;

use crate::model::{Applied, CredentialSpec, Field, LiveItem, Privilege, Referrer, Refusal, Values};

use super::blocked::Blocked;
use super::change::{Action, Change};
use super::field::{FieldDiff, FieldValue};
use super::phase::{At, Items};
use super::reason::{Cause, Reason};
use super::step::{Act, Target};
use super::template::template;
use super::{decide, diff};

/// What of the access `asked` a portal that `came` back with that did not take. It may expand privileges, or merge a finer
/// one into a coarser, and write referrers in its own way; it may neither lose nor add one.
pub(crate) fn not_taken(asked: &Values, came: &Values) -> Refusal {
    fn akin<T>(sent: &BTreeSet<T>, back: &BTreeSet<T>, akin: fn(&T, &T) -> bool) -> bool {
        let found = |one: &T, among: &BTreeSet<T>| among.iter().any(|other| akin(one, other));
        sent.iter().all(|one| found(one, back)) && back.iter().all(|one| found(one, sent))
    }
    let taken = |field: &Field| match field {
        Field::Privileges => akin(&asked.privileges, &came.privileges, Privilege::is_akin),
        Field::Referrers => akin(&asked.referrers, &came.referrers, Referrer::is_akin),
        Field::Items
        | Field::Personal
        | Field::Title
        | Field::Snippet
        | Field::Description
        | Field::Tags
        | Field::Folder
        | Field::Protect => asked.members(*field) == came.members(*field),
    };
    Field::ALL.into_iter().filter(|field| !taken(field)).map(|field| (field, asked.members(field))).collect()
}

/// Whether no key is issued with what the portal `keeps` in place of what it refused: nothing was applied before, or it
/// is more than that and more than was asked for.
pub(crate) fn keeps_too_much(refused: &Refusal, keeps: &Values, before: Option<&Applied>) -> bool {
    before.is_none_or(|before| {
        refused.iter().any(|(field, asked)| {
            let (keeps, before) = (keeps.members(*field), before.returned.members(*field));
            // Without any referrer, a key can be used from everywhere.
            let anywhere = |of: &BTreeSet<String>| *field == Field::Referrers && of.is_empty();
            let was_open = anywhere(asked) || anywhere(&before);
            !was_open && (anywhere(&keeps) || keeps.iter().any(|one| !asked.contains(one) && !before.contains(one)))
        })
    })
}

/// `want` with what the portal keeps in place of what it did not take.
pub(super) fn left<'a>(want: &'a CredentialSpec, home: &LiveItem, at: At<'_>) -> Cow<'a, CredentialSpec> {
    let Some(ledger) = home.ledger().filter(|ledger| home.app.is_some() && !ledger.refused.is_empty()) else {
        return Cow::Borrowed(want);
    };
    let mut values = diff::asked(want, at.live);
    let keeps = diff::returned(home, |id| at.live.folder_title(id));
    let mut refused = not_taken(&values, &keeps);
    refused.retain(|field, _| ledger.refused.contains_key(field));
    // What was asked for together is tried again together.
    let changed = ledger.refused.iter().any(|(field, asked)| values.members(*field) != *asked);
    if refused.is_empty() || changed {
        return Cow::Borrowed(want);
    }
    values.take(&keeps, &refused.keys().copied().collect());
    let Values { privileges, items, referrers, personal, .. } = values;
    let personal = Some(personal);
    Cow::Owned(CredentialSpec { privileges, items, referrers, personal, refused, ..want.clone() })
}

/// Says what the portal did not take of `want`, and withholds keys where it keeps too much.
pub(super) fn blocked(want: &CredentialSpec, items: Items<'_>, at: At<'_>, changes: &mut Vec<Change>) {
    let Items { home, .. } = items;
    if want.refused.is_empty() {
        return;
    }
    let keeps = diff::returned(home, |id| at.live.folder_title(id));
    let before = items.all().find_map(|item| item.ledger()?.applied.as_ref());
    let value = |field: Field, members: &BTreeSet<String>| {
        let flag = field == Field::Personal;
        if flag { FieldValue::Flag(!members.is_empty()) } else { FieldValue::Set(members.clone()) }
    };
    let fields = want.refused.iter().map(|(&field, asked)| FieldDiff {
        field,
        have: Some(value(field, &keeps.members(field))),
        want: value(field, asked),
        cause: Cause::Config,
    });
    let blocked = Blocked::NotTaken {
        name: want.name.clone(),
        source: want.source.clone(),
        asked: want.refused.clone(),
        keeps: want.refused.keys().map(|field| (*field, keeps.members(*field))).collect(),
    };
    let stops = keeps_too_much(&want.refused, &keeps, before);
    let issues = |change: &&mut Change| stops && change.blocked.is_none() && change.work.issue().is_some();
    if let Some(change) = changes.iter_mut().find(issues) {
        change.fields.extend(fields);
        change.blocked = Some(blocked);
        return;
    }
    let mut change = template(want, home, at.live, Action::UpdateEndingKeys, vec![Reason::Differs]);
    change.fields = fields.collect();
    change.exposure = diff::exposure(&change.fields);
    change.blocked = Some(blocked);
    changes.push(change);
}

/// A new item whose access the portal did not take: it goes again while the older one has its key, and that one remembers
/// what was asked for, all of it. The older one is home again.
pub(super) fn in_vain<'a>(want: &CredentialSpec, items: Items<'a>, at: At<'_>) -> Option<(Items<'a>, Change)> {
    let (older, rest) = items.others.split_first().filter(|_| !want.refused.is_empty())?;
    if !decide::is_reverted(want, items.home, Items { home: older, others: &[], ..items }, at.now) {
        return None;
    }
    let mut change = template(want, items.home, at.live, Action::Retire, vec![Reason::NotTaken]);
    if let Some(wanted) = &mut change.work.wanted {
        let mut asked = not_taken(&wanted.values, &diff::returned(older, |id| at.live.folder_title(id)));
        asked.extend(want.refused.clone());
        wanted.refused = asked;
    }
    change.work.also.push((*older).clone());
    change.work.steps.extend(Target::Item(older.id.clone()).steps([Act::Record { fields: BTreeSet::new() }]));
    Some((Items { home: older, others: rest, ..items }, change))
}
