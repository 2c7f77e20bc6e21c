//! One credential, for machines.

use schemars::JsonSchema;
use serde::Serialize;

use super::{By, ExplainView, RemovedView, SettingView, ValueView};
use crate::model::Leaving;
use crate::render::json::{ChangeDocument, KeyDocument};
use crate::render::raw::Raw;
use crate::render::view::Place;

/// The version of the explanation.
pub(crate) const EXPLAIN_VERSION: u32 = 1;

/// What is in force for one credential, why, and what happens to it next.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(title = "keyform explanation", deny_unknown_fields)]
pub(crate) struct ExplainDocument {
    /// The version of this document: 1.
    version: u32,
    /// The credential.
    name: String,
    /// Where it is declared or removed.
    source: Option<PlaceDocument>,
    /// Every setting in force; empty if it is not declared.
    settings: Vec<SettingDocument>,
    /// Scheduled runs in a row that may fail; null where no cadence is declared, or nothing is renewed.
    runs_may_fail: Option<u32>,
    /// What becomes of it, if it is removed.
    removed: Option<RemovedDocument>,
    /// What the portal shows; null if it was not asked.
    portal: Option<AtPortalDocument>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct PlaceDocument {
    file: Raw,
    line: u32,
}

#[derive(Debug, Serialize, JsonSchema)]
struct SettingDocument {
    /// Dotted where it is nested.
    key: String,
    /// One value, or one for each member of a list.
    values: Vec<ValueDocument>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct ValueDocument {
    /// As people write it; null where there is none.
    value: Option<Raw>,
    /// `default`, `defaults`, `profile` or `credential`.
    by: String,
    /// The profile's name.
    profile: Option<Raw>,
    /// Where it stands; null for a default.
    source: Option<PlaceDocument>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct RemovedDocument {
    /// `destroy` or `forget`.
    then: String,
    /// RFC 3339.
    not_before: Option<String>,
    /// In people's words.
    because: Option<Raw>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct AtPortalDocument {
    /// Its address.
    url: Raw,
    /// Its time, RFC 3339.
    clock: String,
    /// What apply would do, or what blocks it.
    changes: Vec<ChangeDocument>,
    /// The keys in use, soonest end first.
    keys: Vec<ExplainedKeyDocument>,
    /// What else is worth knowing.
    notes: Vec<Raw>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct ExplainedKeyDocument {
    /// The key.
    key: KeyDocument,
    /// What happens to it next and by which rule, in words.
    next: Raw,
}

impl ExplainDocument {
    pub(crate) fn of(view: &ExplainView<'_>) -> Self {
        let ExplainView { name, source, settings, runs_may_fail, removed, portal } = view;
        Self {
            version: EXPLAIN_VERSION,
            name: name.to_string(),
            source: source.as_ref().map(PlaceDocument::of),
            settings: settings
                .iter()
                .flatten()
                .map(|SettingView { key, values }| SettingDocument {
                    key: (*key).into(),
                    values: values.iter().map(ValueDocument::of).collect(),
                })
                .collect(),
            runs_may_fail: *runs_may_fail,
            removed: removed.as_ref().map(|RemovedView { then, not_before, because }| RemovedDocument {
                then: match then {
                    Leaving::Destroy => "destroy".into(),
                    Leaving::Forget => "forget".into(),
                },
                not_before: not_before.map(|at| at.to_string()),
                because: because.clone(),
            }),
            portal: portal.as_ref().map(|portal| AtPortalDocument {
                url: portal.plan.head.url.clone(),
                clock: portal.plan.head.now.to_string(),
                changes: portal.changes.iter().map(|change| ChangeDocument::of(change)).collect(),
                keys: portal
                    .keys
                    .iter()
                    .map(|(key, next)| ExplainedKeyDocument {
                        key: KeyDocument::of(key, portal.plan.head.now),
                        next: next.clone(),
                    })
                    .collect(),
                notes: portal.notes.iter().map(|note| (*note).clone()).collect(),
            }),
        }
    }
}

impl PlaceDocument {
    fn of(Place { file, line }: &Place) -> Self {
        Self { file: file.clone(), line: *line }
    }
}

impl ValueDocument {
    fn of(ValueView { text, by, source }: &ValueView) -> Self {
        let (by, profile) = match by {
            By::Default => ("default", None),
            By::Defaults => ("defaults", None),
            By::Profile(name) => ("profile", Some(name.clone())),
            By::Itself => ("credential", None),
        };
        Self { value: text.clone(), by: by.into(), profile, source: source.as_ref().map(PlaceDocument::of) }
    }
}
