//! What happened.

use std::collections::{BTreeMap, BTreeSet};

use jiff::SignedDuration;

use crate::model::CredentialName;
use crate::plan::{Action, Plan};

use super::ApplyError;

/// How one credential ended.
#[derive(Debug)]
pub enum Outcome {
    /// Everything the plan said.
    Done,
    /// Stopped before its end.
    Failed(ApplyError),
}

/// What was done to one credential.
#[derive(Debug)]
pub struct Tried {
    pub name: CredentialName,
    /// What was planned, in order.
    pub actions: Vec<Action>,
    /// What was done, in words, in order.
    pub done: Vec<String>,
    pub outcome: Outcome,
    /// Whether applications may be without a valid key until all of it is done.
    pub dark: bool,
    /// How many requests that write, and sink writes, were sent for it.
    pub writes: u64,
    /// Whether a key was begun to be issued.
    pub issued: bool,
    pub took: SignedDuration,
}

impl Tried {
    /// Both, the `later` one under another lease.
    fn then(self, later: Self) -> Self {
        Self {
            name: self.name,
            actions: [self.actions, later.actions].concat(),
            done: [self.done, later.done].concat(),
            outcome: later.outcome,
            dark: self.dark || later.dark,
            writes: self.writes + later.writes,
            issued: self.issued || later.issued,
            took: self.took.saturating_add(later.took),
        }
    }
}

/// What happened in a run.
#[derive(Debug)]
pub struct Report {
    /// By name.
    pub results: Vec<Tried>,
    /// How many changes the plan withheld; those that only wait for a date do not count.
    pub withheld: usize,
}

impl Report {
    pub(super) fn new(mut results: Vec<Tried>, plan: &Plan) -> Self {
        results.sort_by(|a, b| a.name.cmp(&b.name));
        let refused = plan.refused.as_ref().map_or(0, |refused| {
            plan.changes.iter().filter(|change| change.is_runnable() && !refused.lets(change)).count()
        });
        Self { results, withheld: plan.withheld().count() + refused }
    }

    /// Credentials that did not come to their end.
    pub fn failed(&self) -> impl Iterator<Item = (&Tried, &ApplyError)> {
        self.results.iter().filter_map(|result| match &result.outcome {
            Outcome::Done => None,
            Outcome::Failed(error) => Some((result, error)),
        })
    }

    /// Whether anything at all was written.
    pub fn wrote(&self) -> bool {
        self.results.iter().any(|result| result.writes > 0)
    }

    /// Credentials that were begun when the lease ended.
    pub fn cut_short(&self) -> impl Iterator<Item = &CredentialName> {
        let over = self.failed().filter(|(tried, error)| tried.writes > 0 && matches!(error, ApplyError::LeaseOver));
        over.map(|(tried, _)| &tried.name)
    }

    /// Credentials that came to their end.
    pub fn finished(&self) -> impl Iterator<Item = &CredentialName> {
        self.results.iter().filter(|tried| matches!(tried.outcome, Outcome::Done)).map(|tried| &tried.name)
    }

    /// This and what was done `earlier` in the same run, under the lease before; `plan` is what was planned since.
    pub fn after(self, earlier: Self, plan: &Plan) -> Self {
        let planned = plan.changes.iter().filter(|change| change.action != Action::Report);
        let left: BTreeSet<&CredentialName> = planned.map(|change| &change.name).collect();
        let mut all = BTreeMap::new();
        for mut tried in earlier.results {
            // What the lease cut short and is not planned any more has come to its end otherwise; what is blocked has not.
            if matches!(tried.outcome, Outcome::Failed(ApplyError::LeaseOver)) && !left.contains(&tried.name) {
                tried.outcome = Outcome::Done;
            }
            all.insert(tried.name.clone(), tried);
        }
        for later in self.results {
            let tried = match all.remove(&later.name) {
                Some(earlier) => earlier.then(later),
                None => later,
            };
            all.insert(tried.name.clone(), tried);
        }
        Self { results: all.into_values().collect(), ..self }
    }

    /// Whether a credential stopped because the lease ended, so that the same run may go on under a new one. One that is
    /// blocked is done with.
    pub fn wants_new_lease(&self) -> bool {
        let mut failed = self.failed().filter(|(_, error)| !error.blocks()).peekable();
        failed.peek().is_some() && failed.all(|(_, error)| matches!(error, ApplyError::LeaseOver))
    }

    /// Credentials that are not done with, and whose applications may be without a valid key until they are.
    pub fn left_dark(&self) -> impl Iterator<Item = &CredentialName> {
        let done = |error: &ApplyError| matches!(error, ApplyError::NotTaken { rest: true, .. });
        self.failed().filter(move |(tried, error)| tried.dark && !done(error)).map(|(tried, _)| &tried.name)
    }

    /// Whether somebody asked the run to stop.
    pub fn interrupted(&self) -> bool {
        self.failed().any(|(_, error)| matches!(error, ApplyError::Interrupted))
    }
}
