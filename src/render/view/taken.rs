//! What was taken away in the portal, one row for all credentials that lost the same.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::ChangeView;
use crate::model::CredentialName;
use crate::plan::{Blocked, Change, Guard, Plan, Reason};
use crate::render::raw::Raw;
use crate::render::words;
use crate::text::escape::Shown;

/// What was taken away in the portal of some credentials, and is not given back.
#[derive(Clone, Debug)]
pub(crate) struct TakenView {
    /// What, in a few words.
    pub headline: Shown,
    /// Whether their keys are live all the same.
    pub keys_live: bool,
    /// When that was at the latest, where the portal tells: the earliest.
    pub since: Option<Timestamp>,
    /// The command that gives it back.
    pub restore: Raw,
    /// The command that makes the configuration say so.
    pub accept: Raw,
    /// Of each credential, by name.
    pub changes: Vec<ChangeView>,
}

/// What was taken away, and whether keys are live.
type Alike = (String, bool);
/// The change of one credential, and since when.
type One<'p> = (&'p Change, Option<Timestamp>);

impl TakenView {
    /// The names of the credentials.
    pub(crate) fn names(&self) -> impl ExactSizeIterator<Item = &CredentialName> {
        self.changes.iter().map(|change| &change.name)
    }

    /// Equal ones together, in the order of what was taken away.
    pub(super) fn all(plan: &Plan) -> Vec<Self> {
        let mut alike: BTreeMap<Alike, Vec<One<'_>>> = BTreeMap::new();
        for change in &plan.changes {
            let Some(Blocked::Withheld { taken, .. }) = &change.blocked else { continue };
            let live = change.reasons.iter().any(|reason| matches!(reason, Reason::TakenAway { keys_live: true, .. }));
            alike.entry((words::lost(taken), live)).or_default().push((change, taken.since));
        }
        let groups = alike.len();
        let of = |((lost, keys_live), all): (Alike, Vec<One<'_>>)| Self {
            headline: words::all_lost(&lost, all.iter().map(|(change, _)| &change.name)).shown(),
            keys_live,
            since: all.iter().filter_map(|(_, since)| *since).min(),
            restore: words::restore(
                all.iter().map(|(change, _)| &change.name),
                groups == 1,
                keys_live.then(|| replacements(plan, all.len())).flatten(),
            ),
            accept: Raw::new(words::ACCEPT),
            changes: all.iter().map(|(change, _)| ChangeView::of(change, plan.now)).collect(),
        };
        alike.into_iter().map(of).collect()
    }
}

/// How many replacements have to be allowed for `more`, if that is over the limit.
fn replacements(plan: &Plan, more: usize) -> Option<u32> {
    let limit = plan.guards.iter().find(|limit| limit.guard == Guard::Replace)?;
    let all = limit.used.saturating_add(u32::try_from(more).unwrap_or(u32::MAX));
    (all > limit.limit).then_some(all)
}
