//! portal → Live: finds what may be ours, reads it, and looks at each sink once.
//!
//! Turning what travels into words is done behind the seam, in `portal`: the seam speaks words already.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::{StreamExt, TryStreamExt, stream};

use crate::model::{CredentialName, Delivery, ItemId, Live, LiveItem, Referenced, SinkId, Spec};
use crate::portal::{Hello, PortalError, ReadPortal};
use crate::sink::Look;

mod discover;
mod sinks;

/// Looks at sinks without changing them.
pub trait SinkReader: Sync {
    /// One look at where `delivery` goes. What fails is an observation, not an error.
    fn look(&self, delivery: &Delivery) -> impl Future<Output = Look> + Send;
}

/// What is being read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reading {
    /// Folders and the index.
    Lists,
    /// Items and their apps.
    Items,
    /// Sinks.
    Sinks,
}

/// Is told how far the reading has come.
pub trait Progress: Sync {
    /// `done` of `total` of `what` are read; the total may grow.
    fn step(&self, done: usize, total: usize, what: Reading);
    /// The reading is over, one way or the other.
    fn end(&self) {}
}

/// Nobody watches.
#[derive(Clone, Copy, Debug, Default)]
pub struct Unwatched;

impl Progress for Unwatched {
    fn step(&self, _: usize, _: usize, _: Reading) {}
}

/// Why there is nothing to plan from. A read that is not whole is an error, never "nothing exists".
#[derive(Debug, thiserror::Error)]
pub enum LiveError {
    /// A request failed.
    #[error("the portal could not be read")]
    Portal(#[from] PortalError),
    /// The portal is another organisation's.
    #[error("the portal's organisation is {found}, not {expected}")]
    WrongOrg {
        /// As configured.
        expected: String,
        /// As found.
        found: String,
    },
    /// The account is another one.
    #[error("the account is {found}, not {expected}")]
    WrongAccount {
        /// As configured.
        expected: String,
        /// As found.
        found: String,
    },
}

impl LiveError {
    /// Every code of this module with its explanation.
    pub const CODES: &'static [(&'static str, &'static str)] = &[
        (
            "keyform::live::wrong_org",
            "The portal answered as another organisation than `portal.expect.org` names. Nothing was planned.",
        ),
        (
            "keyform::live::wrong_account",
            "The sign-in belongs to another account than `portal.expect.account` names. Nothing was planned.",
        ),
    ];

    /// The stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Portal(error) => error.code(),
            Self::WrongOrg { .. } => "keyform::live::wrong_org",
            Self::WrongAccount { .. } => "keyform::live::wrong_account",
        }
    }

    /// What to do about it, where that can be said.
    #[must_use]
    pub fn help(&self) -> Option<String> {
        match self {
            Self::Portal(error) => error.help(),
            Self::WrongOrg { .. } => {
                Some("sign in to the organisation in `portal.expect.org`, or correct it".to_owned())
            }
            Self::WrongAccount { .. } => {
                Some("sign in as the account in `portal.expect.account`, or correct it".to_owned())
            }
        }
    }
}

/// A reading that can be gone on with.
///
/// An unchanged credential costs two requests, and a hundred of them one page. Folders that the spec does not name are
/// listed only when something is missing, or when [`Gathering::all`] is asked for.
pub struct Gathering<'a, P> {
    portal: &'a P,
    spec: &'a Spec,
    hello: &'a Hello,
    parallel: usize,
    finder: discover::Finder<'a, P>,
    looks: BTreeMap<SinkId, Look>,
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
        Ok(Self { portal, spec, hello, parallel, finder, looks })
    }

    /// Looks into every folder of the account, so that what was not found is not there.
    pub async fn all(&mut self) -> Result<(), LiveError> {
        Ok(self.finder.run_through_all().await?)
    }

    /// What was found so far.
    pub async fn live(&self) -> Result<Live, LiveError> {
        let Self { portal, spec, hello, parallel, finder, looks } = self;
        observed(*portal, spec, hello, finder.found(), looks, *parallel).await
    }
}

async fn observed(
    portal: &impl ReadPortal,
    spec: &Spec,
    hello: &Hello,
    found: discover::Found,
    looks: &BTreeMap<SinkId, Look>,
    parallel: usize,
) -> Result<Live, LiveError> {
    let discover::Found { folders, items, unread, complete } = found;
    let sinks = sinks::observe(portal, spec, &items, looks, parallel).await?;
    let referenced = referenced(portal, spec, &items, parallel).await?;
    let (portal, caller) = (hello.facts.clone(), hello.caller.clone());
    Ok(Live { portal, caller, folders, items, unread, complete, referenced, sinks })
}

/// Items that a credential is to read and does not read yet: only these can be missing without anybody knowing.
async fn referenced(
    portal: &impl ReadPortal,
    spec: &Spec,
    items: &BTreeMap<ItemId, LiveItem>,
    parallel: usize,
) -> Result<BTreeMap<ItemId, Option<Referenced>>, PortalError> {
    let granted = |name: &CredentialName, id: &ItemId| {
        items.values().any(|item| {
            let ours =
                |ledger: &crate::model::Ledger| ledger.stack == spec.stack && spec.name_now(&ledger.name) == name;
            let ours = item.ledger().is_some_and(ours);
            ours && item.app.as_ref().is_some_and(|app| app.items.contains(id))
        })
    };
    let wanted: BTreeSet<&ItemId> =
        spec.credentials.values().flat_map(|want| want.items.iter().filter(|id| !granted(&want.name, id))).collect();
    let reads = stream::iter(wanted).map(|id| async move {
        // One that cannot be read is as good as none: what is to read it waits, and nothing else.
        let found = match portal.item(id).await {
            Err(error) if concerns_one_item(&error) => None,
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

/// Whether an error in reading one item says something about that item only. The others do not get better by going on:
/// nobody is there, nobody signed in, nobody has time.
fn concerns_one_item(error: &PortalError) -> bool {
    match error {
        PortalError::Timeout { .. }
        | PortalError::Lost { .. }
        | PortalError::Redirect { .. }
        | PortalError::SignInPage { .. }
        | PortalError::Html { .. }
        | PortalError::Garbled { .. }
        | PortalError::Refused { .. }
        | PortalError::Failed { .. }
        | PortalError::Forbidden { .. }
        | PortalError::NotFound { .. }
        | PortalError::BadPrivileges { .. }
        | PortalError::Unavailable { refused: false, .. }
        | PortalError::PartialRead { .. } => true,
        PortalError::Address { .. }
        | PortalError::Setup { .. }
        | PortalError::Unreachable { .. }
        | PortalError::Tls { .. }
        | PortalError::InvalidToken { .. }
        | PortalError::TokenRequired { .. }
        | PortalError::RateLimited { .. }
        | PortalError::Unavailable { refused: true, .. }
        | PortalError::ReadOnly { .. }
        | PortalError::TooOld { .. }
        | PortalError::NotAPortal { .. }
        | PortalError::AppToken { .. }
        | PortalError::WrongCredentials { .. }
        | PortalError::Iwa { .. }
        | PortalError::NoTime { .. }
        | PortalError::LeaseOver { .. } => false,
    }
}
