//! What a change does, and all that carrying it out goes by: what a run obeys, and whatever looks ahead.

use crate::model::{Delivery, Issue, LiveItem, Made, Refusal, SinkId, Taken, Values};

use super::step::{Act, Step, Target};

/// The settings a credential is to have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// The values, as the ledger records them.
    pub values: Values,
    pub description: String,
    /// What was taken away in the portal and is not among the values.
    pub taken: Taken,
    /// What the portal did not take, and keeps something else for that is among the values.
    pub refused: Refusal,
}

/// The part of a change that is carried out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Work {
    /// The item that it is about as it was planned from: what is compared before anything is written. `None` for one that
    /// is to be made.
    pub seen: Option<Box<LiveItem>>,
    /// Other items of the credential that steps are about, likewise.
    pub also: Vec<LiveItem>,
    /// The settings the credential is to have; `None` for what is only reported.
    pub wanted: Option<Box<Wanted>>,
    /// Every declared sink of the credential.
    pub deliveries: Vec<Delivery>,
    /// The generation of an item that is made.
    pub generation: u64,
    /// What its ledger remembers of it and of those before it that took over without an edit.
    pub made: Vec<Made>,
    /// What is done, in order.
    pub steps: Vec<Step>,
}

impl Work {
    /// None so far, on sinks of a credential.
    pub(super) const fn none(deliveries: Vec<Delivery>) -> Self {
        Self {
            seen: None,
            also: Vec::new(),
            wanted: None,
            deliveries,
            generation: 1,
            made: Vec::new(),
            steps: Vec::new(),
        }
    }

    /// Adds what is done to the item that it is about, or to the one it makes.
    pub(super) fn then(&mut self, acts: impl IntoIterator<Item = Act>) {
        let on = if self.seen.is_some() { Target::Home } else { Target::New };
        self.steps.extend(on.steps(acts));
    }

    /// What is done, whatever it is done to.
    pub fn acts(&self) -> impl Iterator<Item = &Act> {
        self.steps.iter().map(|step| &step.act)
    }

    /// Whether this is done.
    pub fn does(&self, act: &Act) -> bool {
        self.acts().any(|done| done == act)
    }

    /// Whether an app is told what its keys have access to.
    pub(super) fn grants(&self) -> bool {
        self.acts().any(|act| matches!(act, Act::Register | Act::UpdateApp))
    }

    /// The key that is minted, if one is.
    pub fn issue(&self) -> Option<&Issue> {
        self.acts().find_map(Act::issue)
    }

    /// Every item that it is about and that is there: home first.
    pub fn items(&self) -> impl Iterator<Item = &LiveItem> {
        self.seen.as_deref().into_iter().chain(&self.also)
    }

    /// The item `on` as it was planned from, if it is there.
    pub fn target(&self, on: &Target) -> Option<&LiveItem> {
        match on {
            Target::Home => self.seen.as_deref(),
            Target::New => None,
            Target::Item(id) => self.also.iter().find(|item| item.id == *id),
        }
    }

    /// What people call the sink `id`: its place while it is declared.
    pub(crate) fn place(&self, id: &SinkId) -> String {
        self.delivery(id).map_or_else(|| id.to_string(), |delivery| delivery.target.place.clone())
    }

    /// The declared sink `id`.
    pub fn delivery(&self, id: &SinkId) -> Option<&Delivery> {
        self.deliveries.iter().find(|delivery| delivery.id == *id)
    }
}
