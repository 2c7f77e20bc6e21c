//! Plan → Report: what the plan said, step for step, each checked before and after.
//!
//! Nothing is decided here. Before each write the object is read again and compared with what was planned from; after
//! each write it is read again and compared with what was wanted, since a portal has been seen to answer success and do
//! nothing.

pub(crate) mod codes;
mod error;
mod event;
mod item;
mod key;
mod lease;
mod report;
mod run;
mod session;

use futures_util::StreamExt;

use crate::model::CredentialName;
use crate::plan::{Action, Change, Plan, Work};
use crate::portal::WritePortal;

pub(crate) use error::ApplyError;
pub(crate) use event::{Event, Events};
pub(crate) use lease::{Lease, LeaseError, Tenure};
pub(crate) use report::{Outcome, Report, Tried};
pub(crate) use session::{Session, Terms};

use run::Ended;

/// How many credentials are worked on at once.
const AT_ONCE: usize = 4;

/// Carries out what `plan` would do.
///
/// Steps of one credential are serial; a credential that fails does not stop the others.
pub(crate) async fn apply<P: WritePortal>(session: &Session<'_, P>, plan: &Plan) -> Report {
    // What is destroyed goes last: somebody may be about to get another key in its place.
    let (last, first): (Vec<_>, Vec<_>) = plan.runnable_by_name().into_iter().partition(|(_, changes)| goes(changes));
    let mut results = Vec::new();
    for round in [first, last] {
        let work = futures_util::stream::iter(round)
            .map(|(name, changes)| async move { credential(session, name, &changes).await })
            .buffer_unordered(AT_ONCE);
        results.extend(work.collect::<Vec<_>>().await);
    }
    Report::new(results, plan)
}

/// Whether the credential goes as a whole.
fn goes(changes: &[&Change]) -> bool {
    changes.iter().any(|change| change.action == Action::Destroy)
}

/// Carries out what is to be done to one credential, which sees no more of its changes than their work.
async fn credential<P: WritePortal>(session: &Session<'_, P>, name: &CredentialName, changes: &[&Change]) -> Tried {
    let works: Vec<&Work> = changes.iter().map(|change| &change.work).collect();
    let Ended { done, outcome, writes, issued, took } = run::credential(session, name, &works, goes(changes)).await;
    let actions = changes.iter().map(|change| change.action).collect();
    let dark = changes.iter().any(|change| change.leaves_dark());
    let tried = Tried { name: name.clone(), actions, done, outcome, dark, writes, issued, took };
    session.events.event(&Event::Finished(&tried));
    tried
}
