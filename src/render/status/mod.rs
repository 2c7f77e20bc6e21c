//! The keys of a stack: what is in use, what is missing, what comes of it.

mod human;
mod json;

pub use human::human;
pub use json::{STATUS_VERSION, StatusDocument, schema};

use std::collections::BTreeSet;

use super::view::{ChangeView, PlanView};
use crate::model::CredentialName;
use crate::text::escape::Shown;

/// The keys of a stack.
#[derive(Debug)]
pub struct StatusView<'v> {
    /// The plan that it is seen by.
    pub plan: &'v PlanView,
    /// Credentials with something to do and no live key, and what is to be done.
    pub without_key: Vec<(&'v CredentialName, &'v Shown)>,
    /// Credentials that match and have no key.
    pub keyless: Vec<&'v CredentialName>,
    /// Credentials that need something now.
    pub needs_action: BTreeSet<&'v CredentialName>,
}

impl<'v> StatusView<'v> {
    /// What `plan` shows of the keys.
    #[must_use]
    pub fn of(plan: &'v PlanView) -> Self {
        let without = |name: &CredentialName| plan.keys.iter().all(|key| key.name != *name);
        let mut seen = BTreeSet::new();
        let changes = plan.changes.iter().filter(|change| without(&change.name));
        let acting = plan.changes.iter().filter(|change| !change.waits);
        Self {
            plan,
            without_key: changes
                .filter(|change| seen.insert(&change.name))
                .map(|ChangeView { name, headline, .. }| (name, headline))
                .collect(),
            keyless: plan.unchanged.iter().filter(|name| without(name)).collect(),
            needs_action: acting.map(|change| &change.name).collect(),
        }
    }
}
