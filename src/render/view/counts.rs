//! How much of what there is in a plan.

use crate::plan::{Action, Plan};
use crate::text::escape::{Shown, shown};

/// How many changes of each kind there are. Blocked ones are counted where they would be, and once more as blocked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Credentials to be made or finished.
    pub add: usize,
    /// Credentials whose settings change.
    pub change: usize,
    /// Credentials to be removed.
    pub destroy: usize,
    /// Keys to be renewed.
    pub rotate: usize,
    /// Credentials whose item is replaced.
    pub replace: usize,
    /// Keys that go to another sink.
    pub deliver: usize,
    /// Old keys that end.
    pub retire: usize,
    /// Credentials that keyform lets go of.
    pub forget: usize,
    /// Only reported.
    pub report: usize,
    /// Of all these, those that are blocked.
    pub blocked: usize,
    /// Credentials that match.
    pub unchanged: usize,
}

impl Counts {
    /// Counts the changes of `plan`.
    pub(super) fn of(plan: &Plan) -> Self {
        let mut counts = Self { unchanged: plan.overview.unchanged.len(), ..Self::default() };
        for change in &plan.changes {
            let kind = match change.action {
                Action::Create => &mut counts.add,
                Action::Update | Action::UpdateEndingKeys => &mut counts.change,
                Action::Rotate => &mut counts.rotate,
                Action::Replace => &mut counts.replace,
                Action::Deliver => &mut counts.deliver,
                Action::Retire => &mut counts.retire,
                Action::Forget => &mut counts.forget,
                Action::Destroy => &mut counts.destroy,
                Action::Report => &mut counts.report,
            };
            *kind += 1;
            counts.blocked += usize::from(change.blocked.is_some());
        }
        counts
    }

    /// In Terraform's order and words; what is none is left out after the first three.
    #[must_use]
    pub fn sentence(&self) -> Shown {
        let mut text = format!("Plan: {} to add, {} to change, {} to destroy", self.add, self.change, self.destroy);
        let more = [
            (self.rotate, "to rotate"),
            (self.replace, "to replace"),
            (self.deliver, "to deliver"),
            (self.retire, "to retire"),
            (self.forget, "to forget"),
        ];
        for (count, words) in more.into_iter().filter(|(count, _)| *count > 0) {
            text.push_str(&format!(", {count} {words}"));
        }
        text.push('.');
        let rest = [(self.unchanged, "unchanged"), (self.blocked, "blocked"), (self.report, "reported")];
        let rest: Vec<String> =
            rest.into_iter().filter(|(count, _)| *count > 0).map(|(count, words)| format!("{count} {words}")).collect();
        if !rest.is_empty() {
            text.push_str(&format!("  {}.", rest.join(", ")));
        }
        shown(&text)
    }
}
