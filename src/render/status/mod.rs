//! The keys of a stack: what is in use, what is missing, what comes of it.

mod human;
mod json;

pub(crate) use human::human;
pub(crate) use json::StatusDocument;

use std::collections::BTreeSet;

use super::view::{ChangeView, PlanView};
use crate::model::CredentialName;
use crate::plan::BlockedBy;
use crate::text::escape::Shown;

/// The keys of a stack.
#[derive(Debug)]
pub(crate) struct StatusView<'v> {
    /// The plan that it is seen by.
    pub plan: &'v PlanView,
    /// Credentials with something to do and no live key, and what is to be done.
    pub without_key: Vec<(&'v CredentialName, &'v Shown)>,
    /// Credentials that cannot be read, of which nobody knows whether they have a key, and why.
    pub unread: Vec<(&'v CredentialName, &'v Shown)>,
    /// Credentials that match and have no key.
    pub keyless: Vec<&'v CredentialName>,
    /// Credentials that need something now.
    pub needs_action: BTreeSet<&'v CredentialName>,
}

impl<'v> StatusView<'v> {
    /// What `plan` shows of the keys.
    pub(crate) fn of(plan: &'v PlanView) -> Self {
        let without = |name: &CredentialName| plan.keys.iter().all(|key| key.name != *name);
        let unreadable = BlockedBy::Unreadable.code().id;
        let mut seen = BTreeSet::new();
        let changes = plan.changes.iter().filter(|change| without(&change.name));
        let (unread, changes): (Vec<_>, Vec<_>) =
            changes.filter(|change| seen.insert(&change.name)).partition(|change| change.code == Some(unreadable));
        let told = |changes: Vec<&'v ChangeView>| {
            changes.into_iter().map(|ChangeView { name, headline, .. }| (name, headline)).collect()
        };
        let acting = plan.changes.iter().filter(|change| !change.waits);
        Self {
            plan,
            without_key: told(changes),
            unread: told(unread),
            keyless: plan.unchanged.iter().filter(|name| without(name)).collect(),
            needs_action: acting.map(|change| &change.name).collect(),
        }
    }
}
