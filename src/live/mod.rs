//! portal → Live: finds what may be ours, reads it, and looks at each sink once.
//!
//! Turning what travels into words is done behind the seam, in `portal`: the seam speaks words already.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::{StreamExt, TryStreamExt, stream};

use crate::model::{ItemId, Live, Referenced, SinkId, Spec};
use crate::portal::{Hello, PortalError, ReadPortal};
use crate::sink::Look;

mod codes;
mod discover;
mod error;
mod progress;
mod sinks;

pub(crate) use codes::CODES;
pub use error::LiveError;
pub use progress::{Progress, Reading, Unwatched};
pub use sinks::SinkReader;

use sinks::Answers;

/// A reading that can be gone on with.
///
/// An unchanged credential costs two requests, and one for each key in a sink that can be read; a hundred of them cost one
/// page. Folders that the spec does not name are listed only when something is missing, or when [`Gathering::all`] is
/// asked for.
pub struct Gathering<'a, P> {
    portal: &'a P,
    spec: &'a Spec,
    hello: &'a Hello,
    parallel: usize,
    finder: discover::Finder<'a, P>,
    looks: BTreeMap<SinkId, Look>,
    /// No key is asked again because more was found.
    answers: Answers,
    /// Items that keys already have access to, and are to be given again.
    granted: BTreeSet<ItemId>,
}

impl<'a, P: ReadPortal> Gathering<'a, P> {
    /// Finds and reads what a plan for `spec` needs to know, with at most `parallel` requests at a time.
    pub async fn begin(
        portal: &'a P,
        spec: &'a Spec,
        hello: &'a Hello,
        look: &impl SinkReader,
        parallel: usize,
        progress: &'a dyn Progress,
    ) -> Result<Self, LiveError> {
        expected(spec, hello)?;
        let parallel = parallel.max(1);
        let mut finder = discover::Finder::new(portal, spec, hello, parallel, progress);
        let (found, looks) =
            futures_util::future::join(finder.run(), sinks::look(spec, look, parallel, progress)).await;
        found?;
        Ok(Self { portal, spec, hello, parallel, finder, looks, answers: Answers::new(), granted: BTreeSet::new() })
    }

    /// Looks into every folder of the account, so that what was not found is not there.
    pub async fn all(&mut self) -> Result<(), LiveError> {
        Ok(self.finder.run_through_all().await?)
    }

    /// Looks at `items` too that keys have access to: they may be gone since.
    pub fn look_at(&mut self, items: impl IntoIterator<Item = ItemId>) {
        self.granted.extend(items);
    }

    /// What was found so far.
    pub async fn live(&mut self) -> Result<Live, LiveError> {
        let Self { portal, spec, hello, parallel, finder, looks, answers, granted } = self;
        let discover::Found { folders, mut items, strangers, unread, complete } = finder.found();
        let sinks = sinks::observe(*portal, spec, hello, &items, looks, answers, *parallel).await?;
        *answers = sinks::answers(&sinks);
        for item in items.values_mut() {
            item.note_answers(answers, hello.now);
        }
        let referenced = referenced(*portal, spec.not_granted(&items).into_iter().chain(&*granted), *parallel).await?;
        let (portal, caller) = (hello.facts.clone(), hello.caller.clone());
        Ok(Live { portal, caller, folders, items, strangers, unread, complete, referenced, sinks })
    }
}

/// What the portal has of items that keys are to read.
async fn referenced<'i>(
    portal: &impl ReadPortal,
    items: impl Iterator<Item = &'i ItemId>,
    parallel: usize,
) -> Result<BTreeMap<ItemId, Option<Referenced>>, PortalError> {
    let reads = stream::iter(items.collect::<BTreeSet<_>>()).map(|id| async move {
        // One that cannot be read is as good as none: what is to read it waits, and nothing else.
        let found = match portal.item(id).await {
            Err(error) if error.concerns_one_item() => None,
            found => found?,
        };
        Ok((id.clone(), found.map(|item| Referenced { public: item.access == "public", owner: item.owner })))
    });
    reads.buffer_unordered(parallel).try_collect().await
}

/// The wrong portal or account is an error before anything else is asked.
pub fn expected(spec: &Spec, hello: &Hello) -> Result<(), LiveError> {
    let expect = &spec.portal.expect;
    if let Some(expected) = expect.org.as_ref().filter(|org| **org != hello.facts.org) {
        return Err(LiveError::WrongOrg { expected: expected.clone(), found: hello.facts.org.clone() });
    }
    let account = |name: &&String| !name.eq_ignore_ascii_case(&hello.caller.username);
    if let Some(expected) = expect.account.as_ref().filter(account) {
        return Err(LiveError::WrongAccount { expected: expected.clone(), found: hello.caller.username.clone() });
    }
    Ok(())
}
