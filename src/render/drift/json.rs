//! What people or the portal changed, for machines.

use schemars::JsonSchema;
use serde::Serialize;

use crate::render::json::{ChangeDocument, NoteDocument, TakenDocument, texts};
use crate::render::view::{DriftView, Drifted};

/// The version of the drift document.
pub(crate) const DRIFT_VERSION: u32 = 1;

/// What people or the portal changed since it was last applied.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(title = "keyform drift", deny_unknown_fields)]
pub(crate) struct DriftDocument {
    /// The version of this document: 1.
    version: u32,
    /// The stack.
    stack: String,
    /// The portal's time, RFC 3339.
    clock: String,
    /// Whether that is not the portal's time but another one that was asked for.
    simulated: bool,
    /// Whether there is none.
    empty: bool,
    /// What was taken away in the portal and is not given back; credentials that lost the same are one.
    portal_changes: Vec<TakenDocument>,
    /// What else became of credentials; those that changed alike are one.
    drifted: Vec<DriftedDocument>,
    /// What sinks show of items that are gone, and of keys.
    notes: Vec<NoteDocument>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct DriftedDocument {
    /// The credentials.
    names: Vec<String>,
    /// In words.
    text: String,
    /// Of each credential, what the plan has to say and to do: `fields` and `reasons` with the cause `portal` are drift.
    changes: Vec<ChangeDocument>,
}

impl DriftDocument {
    pub(crate) fn of(view: &DriftView) -> Self {
        let DriftView { head, taken, drifted, notes } = view;
        Self {
            version: DRIFT_VERSION,
            stack: head.stack.to_string(),
            clock: head.now.to_string(),
            simulated: head.simulated,
            empty: view.is_empty(),
            portal_changes: taken.iter().map(TakenDocument::of).collect(),
            drifted: drifted.iter().map(DriftedDocument::of).collect(),
            notes: notes.iter().map(NoteDocument::of).collect(),
        }
    }
}

impl DriftedDocument {
    fn of(one: &Drifted) -> Self {
        Self {
            names: texts(one.names()),
            text: one.headline.to_string(),
            changes: one.changes.iter().map(ChangeDocument::of).collect(),
        }
    }
}
