//! One applier at a time: a folder of the caller is the lock.
//!
//! A folder title is unique per user, which makes creating one atomic. The id in the answer is the proof of holding it.
//! A lease ends ten minutes after its `created` by the server's clock and is not renewed.

use jiff::{SignedDuration, Timestamp};

use super::codes;
use crate::clock::ServerClock;
use crate::model::{Code, Diagnostic, Folder, FolderId, LEASE, StackName};
use crate::portal::{Outcome, PortalError, WritePortal};

/// Until when a run may write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tenure {
    /// Under a lease that ends then.
    Until(Timestamp),
    /// Without a lease: overlapping runs are the caller's business.
    Unlimited,
}

impl Tenure {
    /// Whether something that begins at `now` and takes up to `time` ends in time.
    pub(crate) fn allows(self, now: Timestamp, time: SignedDuration) -> bool {
        match self {
            Self::Until(end) => now.checked_add(time).is_ok_and(|done| done < end),
            Self::Unlimited => true,
        }
    }
}

/// Why no lease was got.
#[derive(Debug, thiserror::Error)]
pub enum LeaseError {
    /// Another run holds it.
    #[error("another run holds the lease of this stack{}", ends(*.until))]
    Held {
        /// When it runs out, where the portal tells.
        until: Option<Timestamp>,
    },
    /// The answer was lost, so it is not known whether we hold it: then we do not.
    #[error("the answer to taking the lease was lost; if the portal took it, it runs out by itself in ten minutes")]
    Lost(#[source] PortalError),
    /// The portal refused.
    #[error("the lease could not be taken")]
    Portal(#[source] PortalError),
}

fn ends(at: Option<Timestamp>) -> String {
    at.map(|at| format!(", until {} at the latest", at.strftime("%Y-%m-%d %H:%MZ"))).unwrap_or_default()
}

impl LeaseError {
    pub const fn code(&self) -> &'static Code {
        match self {
            Self::Held { .. } => codes::LEASE_HELD,
            Self::Lost(_) => codes::LEASE_LOST,
            Self::Portal(_) => codes::LEASE_PORTAL,
        }
    }
}

impl From<&LeaseError> for Diagnostic {
    fn from(error: &LeaseError) -> Self {
        let help = match error {
            LeaseError::Held { until: None } => Some(
                "nothing was changed; when no other run is at work, remove the empty folder keyform-lease-... by hand",
            ),
            LeaseError::Portal(error) => Some(error.code().help),
            LeaseError::Held { until: Some(_) } | LeaseError::Lost(_) => None,
        };
        Self::of(error.code(), error).with_help(help.map(Into::into))
    }
}

/// A lease that is held.
#[derive(Debug)]
pub(crate) struct Lease {
    folder: FolderId,
    ends: Timestamp,
}

impl Lease {
    /// The title of the folder that is the lease of `stack`.
    pub(crate) fn title(stack: &StackName) -> String {
        format!("keyform-lease-{stack}")
    }

    /// Takes the lease, also over from a run whose time is over.
    pub(crate) async fn take<P: WritePortal>(
        portal: &P,
        stack: &StackName,
        clock: &ServerClock,
    ) -> Result<Self, LeaseError> {
        let title = Self::title(stack);
        let asked = clock.now();
        let refused = match Self::create(portal, &title, asked).await {
            Ok(lease) => return Ok(lease),
            Err(error) if error.outcome() == Outcome::Unknown => return Err(LeaseError::Lost(error)),
            Err(error) => error,
        };
        let Some(found) = Self::find(portal, &title).await.map_err(LeaseError::Portal)? else {
            return Err(LeaseError::Portal(refused));
        };
        let until = found.created.and_then(|created| created.checked_add(LEASE).ok());
        // A portal that does not tell when a folder was made gives no right to take it away.
        if until.is_none_or(|until| until > clock.now()) {
            return Err(LeaseError::Held { until });
        }
        if !Self::is_empty(portal, &found.id).await.map_err(LeaseError::Portal)? {
            return Err(LeaseError::Held { until: None });
        }
        match portal.delete_folder(&found.id).await {
            Ok(()) => {}
            Err(error) if error.outcome() == Outcome::Unknown => return Err(LeaseError::Lost(error)),
            // Somebody else was faster; whose create succeeds holds it.
            Err(_) => {}
        }
        match Self::create(portal, &title, clock.now()).await {
            Ok(lease) => Ok(lease),
            Err(error) if error.outcome() == Outcome::Unknown => Err(LeaseError::Lost(error)),
            Err(_) => Err(LeaseError::Held { until: None }),
        }
    }

    async fn create<P: WritePortal>(portal: &P, title: &str, asked: Timestamp) -> Result<Self, PortalError> {
        let folder = portal.create_folder(title).await?;
        // Counted from before the request where the portal does not tell: then it ends too early, never too late.
        let listed = Self::find(portal, title).await?.filter(|found| found.id == folder);
        let created = listed.and_then(|found| found.created).map_or(asked, |created| created.min(asked));
        Ok(Self { folder, ends: created.checked_add(LEASE).unwrap_or(created) })
    }

    async fn find<P: WritePortal>(portal: &P, title: &str) -> Result<Option<Folder>, PortalError> {
        let root = portal.listing(None).await?;
        Ok(root.folders.into_iter().find(|folder| folder.title.eq_ignore_ascii_case(title)))
    }

    /// A folder with anything in it is not ours to remove: its content would go with it.
    async fn is_empty<P: WritePortal>(portal: &P, folder: &FolderId) -> Result<bool, PortalError> {
        Ok(portal.listing(Some(folder)).await?.items.is_empty())
    }

    /// Removes the folder of a run that died, once its time is over and where nobody else takes it over.
    pub(crate) async fn clear<P: WritePortal>(
        portal: &P,
        stack: &StackName,
        clock: &ServerClock,
    ) -> Result<(), PortalError> {
        let Some(found) = Self::find(portal, &Self::title(stack)).await? else { return Ok(()) };
        let over =
            found.created.and_then(|made| made.checked_add(LEASE).ok()).is_some_and(|until| until <= clock.now());
        if over && Self::is_empty(portal, &found.id).await? { portal.delete_folder(&found.id).await } else { Ok(()) }
    }

    /// Until when the holder may write.
    pub(crate) const fn tenure(&self) -> Tenure {
        Tenure::Until(self.ends)
    }

    pub(crate) const fn ends(&self) -> Timestamp {
        self.ends
    }

    /// Gives it back. Only for runs whose every write was answered; a late request must meet no later run.
    pub(crate) async fn give_back<P: WritePortal>(self, portal: &P) -> Result<(), PortalError> {
        if Self::is_empty(portal, &self.folder).await? { portal.delete_folder(&self.folder).await } else { Ok(()) }
    }
}
