//! What differs from what was last applied, and is nobody's wish: the plan, less what the configuration and dates ask for.

use super::rows::{self, Row};
use super::{ChangeView, Head, NoteView, PlanView, TakenView};
use crate::model::CredentialName;
use crate::plan::{About, Blocked, Change, Plan};
use crate::text::escape::Shown;

/// What people or the portal changed, as formats see it.
#[derive(Clone, Debug)]
pub(crate) struct DriftView {
    pub head: Head,
    /// What was taken away and is not given back.
    pub taken: Vec<TakenView>,
    /// The rest, from harmless to dangerous.
    pub drifted: Vec<Drifted>,
    /// What sinks show of items that are gone, and of keys.
    pub notes: Vec<NoteView>,
}

/// What became of some credentials, alike for all of them.
#[derive(Clone, Debug)]
pub(crate) struct Drifted {
    /// What, in a few words.
    pub headline: Shown,
    /// What became of them, line by line.
    pub rows: Vec<Row>,
    /// Sinks that hold a dead key by it.
    pub dead_in: Vec<Shown>,
    /// Of each credential, as the plan has it.
    pub changes: Vec<ChangeView>,
}

impl DriftView {
    /// What `plan` shows of it.
    pub(crate) fn of(plan: &Plan) -> Self {
        let PlanView { head, taken, .. } = PlanView::of(plan);
        let rest = |change: &&Change| change.is_drift() && !matches!(change.blocked, Some(Blocked::Withheld { .. }));
        let mut drifted: Vec<Drifted> = Vec::new();
        for change in plan.changes.iter().filter(rest) {
            let view = ChangeView::of(change, plan.now);
            let (rows, dead_in) = (rows::of_drift(change, plan.now), rows::dead_in(change));
            let alike = |one: &&mut Drifted| (&one.headline, &one.rows) == (&view.headline, &rows);
            if let Some(one) = drifted.iter_mut().find(alike) {
                one.dead_in.extend(dead_in);
                one.changes.push(view);
            } else {
                let (headline, dead_in) = (view.headline.clone(), dead_in.collect());
                drifted.push(Drifted { headline, rows, dead_in, changes: vec![view] });
            }
        }
        let told = |about: &About| matches!(about, About::KeyWithoutItem { .. } | About::EmptySink { .. });
        let notes = plan.overview.notes.iter().filter(|note| told(&note.about)).map(NoteView::of).collect();
        Self { head, taken, drifted, notes }
    }

    /// Whether everything is as it was last applied.
    pub(crate) fn is_empty(&self) -> bool {
        self.taken.is_empty() && self.drifted.is_empty() && self.notes.is_empty()
    }
}

impl Drifted {
    /// The names of the credentials, each once.
    pub(crate) fn names(&self) -> impl ExactSizeIterator<Item = &CredentialName> {
        self.changes.iter().map(|change| &change.name)
    }
}
