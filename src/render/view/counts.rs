//! How much of what there is in a plan.

use schemars::JsonSchema;
use serde::Serialize;

use crate::plan::{Action, Plan};
use crate::text::escape::{Shown, shown};

// How many changes of each kind there are. Blocked ones are counted where they would be, and once more as blocked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "SummaryDocument")]
pub(crate) struct Counts {
    pub add: usize,
    pub change: usize,
    pub destroy: usize,
    pub rotate: usize,
    pub replace: usize,
    pub deliver: usize,
    pub retire: usize,
    pub forget: usize,
    pub report: usize,
    pub blocked: usize,
    pub unchanged: usize,
}

impl Counts {
    pub(super) fn of(plan: &Plan) -> Self {
        let mut counts = Self { unchanged: plan.overview.unchanged.len(), ..Self::default() };
        for change in plan.changes.iter().filter(|change| !change.only_notes()) {
            let kind = match change.action {
                Action::Create => &mut counts.add,
                Action::Update | Action::UpdateEndingKeys => &mut counts.change,
                Action::Rotate => &mut counts.rotate,
                Action::Replace => &mut counts.replace,
                Action::Deliver => &mut counts.deliver,
                Action::Retire => &mut counts.retire,
                Action::Forget => &mut counts.forget,
                Action::Destroy => &mut counts.destroy,
                // What is withheld of the portal's changes is no finding.
                Action::Report if change.blocked.is_some() => &mut 0,
                Action::Report => &mut counts.report,
            };
            *kind += 1;
            counts.blocked += usize::from(change.blocked.is_some());
        }
        counts
    }

    /// In Terraform's order and words; what is none is left out after the first three.
    pub(crate) fn sentence(&self) -> Shown {
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
