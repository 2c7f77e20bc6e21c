//! The keys of a stack, for machines.

use schemars::JsonSchema;
use serde::Serialize;

use super::StatusView;
use crate::render::json::{KeyDocument, OutlookDocument, texts};

/// The version of the status document.
pub(crate) const STATUS_VERSION: u32 = 1;

/// The keys of a stack.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(title = "keyform status", deny_unknown_fields)]
pub(crate) struct StatusDocument {
    /// The version of this document: 1.
    version: u32,
    /// The stack.
    stack: String,
    /// The portal's time, RFC 3339.
    clock: String,
    /// Whether that is not the portal's time but another one that was asked for.
    simulated: bool,
    /// Keys in use, soonest end first.
    keys: Vec<KeyDocument>,
    /// Names of credentials without a live key.
    without_key: Vec<String>,
    /// Names of credentials that need something now.
    needs_action: Vec<String>,
    /// What comes of the keys if keyform never runs again.
    outlook: OutlookDocument,
}

impl StatusDocument {
    pub(crate) fn of(StatusView { plan, without_key, unread: _, keyless: _, needs_action }: &StatusView<'_>) -> Self {
        let head = &plan.head;
        Self {
            version: STATUS_VERSION,
            stack: head.stack.to_string(),
            clock: head.now.to_string(),
            simulated: head.simulated,
            keys: plan.keys.iter().map(|key| KeyDocument::of(key, head.now)).collect(),
            without_key: texts(without_key.iter().map(|(name, _)| *name)),
            needs_action: texts(needs_action.iter().copied()),
            outlook: OutlookDocument::of(&plan.outlook),
        }
    }
}
