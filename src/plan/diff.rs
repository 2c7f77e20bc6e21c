//! One credential, field by field.

use std::collections::BTreeSet;

use crate::model::{CredentialSpec, Field, Fingerprint, FolderId, Live, LiveItem, Values};

use super::access;
use super::before::Before;
use super::change::Exposure;
use super::field::{FieldDiff, FieldValue};
use super::reason::{Cause, Reason};
use super::step::Act;
use super::work::Wanted;

/// What is asked of the portal for `want`.
pub(crate) fn asked(want: &CredentialSpec, live: &Live) -> Values {
    Values {
        title: want.title.clone(),
        snippet: want.snippet.clone().unwrap_or_default(),
        description_hash: hash(want.description.as_deref().unwrap_or_default()),
        tags: want.tags.clone(),
        folder: want.folder.clone(),
        privileges: want.privileges.clone(),
        items: want.items.clone(),
        referrers: want.referrers.clone(),
        personal: want.personal.unwrap_or_else(|| access::personal(live.portal.product, want)),
        protect: want.protect,
    }
}

/// What the portal has for `item`; `title` knows the folders.
pub(crate) fn returned<'t>(item: &LiveItem, title: impl Fn(&FolderId) -> Option<&'t str>) -> Values {
    let applied = item.ledger().and_then(|ledger| ledger.applied.as_ref());
    let app = item.app.as_ref();
    Values {
        title: item.title.clone(),
        snippet: item.snippet.clone(),
        description_hash: hash(&item.description),
        tags: item.tags.clone(),
        // A folder that is not listed has no title; the id cannot be mistaken for one that is wanted.
        folder: item.folder.as_ref().map(|id| title(id).unwrap_or(id.as_str()).to_owned()),
        privileges: app.map(|app| app.privileges.clone()).unwrap_or_default(),
        items: app.map(|app| app.items.clone()).unwrap_or_default(),
        referrers: app.map(|app| app.referrers.clone()).unwrap_or_default(),
        // Where the portal does not tell, it is taken to have what it was given.
        personal: app
            .and_then(|app| app.personal)
            .or_else(|| applied.map(|applied| applied.asked.personal))
            .unwrap_or_default(),
        protect: applied.is_some_and(|applied| applied.asked.protect),
    }
}

/// The same right after `asked` was applied: what is kept in the ledger alone, and what the portal does not tell, is what
/// it was given.
pub(crate) fn returned_for<'t>(
    asked: &Values,
    item: &LiveItem,
    title: impl Fn(&FolderId) -> Option<&'t str>,
) -> Values {
    let tells = item.app.as_ref().and_then(|app| app.personal);
    Values { protect: asked.protect, personal: tells.unwrap_or(asked.personal), ..returned(item, title) }
}

fn hash(description: &str) -> String {
    Fingerprint::of_bytes(description.trim().as_bytes()).to_string()
}

pub(super) fn wanted(want: &CredentialSpec, live: &Live) -> Wanted {
    Wanted {
        values: asked(want, live),
        description: want.description.clone().unwrap_or_default(),
        taken: want.withheld.clone(),
        refused: want.refused.clone(),
    }
}

/// The value of one field, for showing and for comparing.
pub(super) fn value(values: &Values, field: Field) -> FieldValue {
    let text = |text: &str| FieldValue::Text((!text.is_empty()).then(|| text.to_owned()));
    match field {
        Field::Privileges => FieldValue::Set(values.privileges.iter().map(ToString::to_string).collect()),
        Field::Items => FieldValue::Set(values.items.iter().map(ToString::to_string).collect()),
        Field::Referrers => FieldValue::Set(values.referrers.iter().map(ToString::to_string).collect()),
        Field::Personal => FieldValue::Flag(values.personal),
        Field::Title => text(&values.title),
        Field::Snippet => text(&values.snippet),
        Field::Description => FieldValue::Hash(values.description_hash.clone()),
        Field::Tags => FieldValue::Set(values.tags.clone()),
        Field::Folder => FieldValue::Text(values.folder.clone()),
        Field::Protect => FieldValue::Flag(values.protect),
    }
}

/// Every field in which `want` and `have` differ, in the order plans show them.
///
/// Wanted equals live if both are the same, or if live equals what the portal returned when exactly this wanted value
/// was last applied: portals expand privileges and sanitise descriptions.
pub(super) fn fields(want: &Values, have: Option<&Values>, before: Option<&Before>) -> Vec<FieldDiff> {
    let differs = |field: &Field| {
        let wanted = value(want, *field);
        let Some(have) = have else {
            let empty = match &wanted {
                FieldValue::Text(text) => text.is_none(),
                FieldValue::Set(set) => set.is_empty(),
                FieldValue::Flag(flag) => !flag,
                FieldValue::Hash(text) => *text == hash(""),
            };
            return (!empty).then_some(FieldDiff { field: *field, have: None, want: wanted, cause: Cause::Config });
        };
        let found = value(have, *field);
        let asked = before.map(|before| value(&before.applied.asked, *field));
        let returned = before.map(|before| value(&before.applied.returned, *field));
        let as_returned = asked.as_ref() == Some(&wanted) && returned.as_ref() == Some(&found);
        if wanted == found || as_returned || same_but_for_case(*field, want, have) {
            return None;
        }
        let is_meant = before.is_some_and(|before| value(&before.meant, *field) == wanted);
        let cause = if is_meant { Cause::Portal } else { Cause::Config };
        Some(FieldDiff { field: *field, have: Some(found), want: wanted, cause })
    };
    Field::ALL.iter().filter_map(differs).collect()
}

/// Folder titles are matched whatever their case, as the portal does.
fn same_but_for_case(field: Field, want: &Values, have: &Values) -> bool {
    let lower = |title: &Option<String>| title.as_deref().map(str::to_lowercase);
    field == Field::Folder && lower(&want.folder) == lower(&have.folder)
}

/// Why `item` is changed in `fields`.
pub(super) fn reasons(fields: &[FieldDiff], item: &LiveItem) -> Vec<Reason> {
    let by = |cause| fields.iter().any(|diff| diff.cause == cause);
    let mut reasons = Vec::new();
    let app = fields.iter().any(|diff| diff.field.ends_keys()).then_some(item.app.as_ref()).flatten();
    let since = app.map_or(item.modified, |app| app.modified);
    reasons.extend(by(Cause::Portal).then_some(Reason::Edited { since }));
    reasons.extend(by(Cause::Config).then_some(Reason::Differs));
    reasons
}

/// Whether the edit lets anybody do more: more privileges or items, or usable from more places.
pub(super) fn exposure(fields: &[FieldDiff]) -> Exposure {
    let mut all = Exposure::Same;
    for diff in fields {
        if diff.field == Field::Personal {
            let acts_as_owner = diff.want == FieldValue::Flag(true);
            all = all.max(if acts_as_owner { Exposure::Widens } else { Exposure::Narrows });
        }
        let (Some(FieldValue::Set(have)), FieldValue::Set(want)) = (&diff.have, &diff.want) else { continue };
        let more = want.difference(have).next().is_some();
        let less = have.difference(want).next().is_some();
        // No referrer at all means every referrer.
        let (widens, narrows) = match diff.field {
            Field::Referrers if want.is_empty() => (true, false),
            Field::Referrers if have.is_empty() => (false, true),
            Field::Privileges | Field::Items | Field::Referrers => (more, less),
            Field::Title
            | Field::Snippet
            | Field::Description
            | Field::Tags
            | Field::Folder
            | Field::Personal
            | Field::Protect => (false, false),
        };
        let this = match (widens, narrows) {
            (true, _) => Exposure::Widens,
            (false, true) => Exposure::Narrows,
            (false, false) => Exposure::Same,
        };
        all = all.max(this);
    }
    all
}

/// Makes the wanted folder where it is missing.
pub(super) fn folder_act(want: &CredentialSpec, live: &Live) -> Option<Act> {
    let title = want.folder.as_ref()?;
    live.folder_titled(title).is_none().then(|| Act::CreateFolder { title: title.clone() })
}

/// What changes the item without touching its keys.
pub(super) fn item_acts(want: &CredentialSpec, fields: &[FieldDiff], live: &Live) -> Vec<Act> {
    let mut acts = Vec::new();
    let mut edited = BTreeSet::new();
    for diff in fields {
        match diff.field {
            Field::Title | Field::Snippet | Field::Description | Field::Tags => {
                edited.insert(diff.field);
            }
            Field::Folder => {
                acts.extend(folder_act(want, live));
                acts.push(Act::Move);
            }
            // Kept in the ledger alone: the step that records it is all there is.
            Field::Protect | Field::Privileges | Field::Items | Field::Referrers | Field::Personal => {}
        }
    }
    if !edited.is_empty() {
        acts.insert(0, Act::EditItem { fields: edited });
    }
    acts
}
