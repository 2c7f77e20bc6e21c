//! A change before anything is decided: of which credential and item, with which settings.

use crate::model::{CredentialName, CredentialSpec, Live, LiveItem};

use super::before::Before;
use super::change::{Action, Change, Exposure, Told};
use super::diff;
use super::field::FieldDiff;
use super::reason::{Cause, Reason};
use super::work::Work;

/// A change of `item`, with nothing in it yet.
pub(super) fn template(
    want: &CredentialSpec,
    item: &LiveItem,
    live: &Live,
    action: Action,
    reasons: Vec<Reason>,
) -> Change {
    let mut change = Change { item: Some(item.id.clone()), ..Change::empty(want, action, reasons) };
    change.work.seen = Some(Box::new(item.clone()));
    change.work.wanted = Some(Box::new(diff::wanted(want, live)));
    change
}

/// In what `item` differs from what is wanted: what would end its keys, and what would not.
pub(super) fn differences(want: &CredentialSpec, item: &LiveItem, live: &Live) -> (Vec<FieldDiff>, Vec<FieldDiff>) {
    let have = diff::returned(item, |id| live.folder_title(id));
    let before = Before::of(item, &want.withheld, &have);
    let fields = diff::fields(&diff::asked(want, live), Some(&have), before.as_ref());
    fields.into_iter().partition(|diff| diff.field.ends_keys())
}

impl Change {
    /// A change of a declared credential with nothing in it yet.
    pub(super) fn empty(want: &CredentialSpec, action: Action, reasons: Vec<Reason>) -> Self {
        Self {
            work: Work::none(want.deliver.clone()),
            source: Some(want.source.clone()),
            ..Self::named(want.name.clone(), action, reasons)
        }
    }

    pub(super) fn named(name: CredentialName, action: Action, reasons: Vec<Reason>) -> Self {
        Self {
            name,
            action,
            cause: reasons.first().map_or(Cause::Config, Reason::cause),
            reasons,
            exposure: Exposure::Same,
            fields: Vec::new(),
            blocked: None,
            item: None,
            source: None,
            work: Work::none(Vec::new()),
            told: Told::default(),
        }
    }
}
