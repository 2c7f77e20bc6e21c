//! Why a step could not be carried out.

use super::codes;
use crate::model::{Code, Diagnostic, ItemId, Slot};
use crate::portal::PortalError;
use crate::sink::SinkError;

/// A step that failed. The credential stops there; the next run takes it up again.
#[derive(Debug, thiserror::Error)]
pub enum ApplyError {
    /// A request to the portal failed.
    #[error("{doing}")]
    Portal {
        /// What was being done.
        doing: &'static str,
        /// How it failed.
        #[source]
        source: PortalError,
    },
    /// A sink could not be written, or is not fit to be.
    #[error("{0}")]
    Sink(SinkError),
    /// Something moved between plan and write.
    #[error("{what} changed after the plan was made")]
    Stale {
        /// What.
        what: String,
    },
    /// The plan itself cannot be carried out: a step needs what the plan does not have.
    #[error("the plan is not whole: {what}")]
    MalformedPlan {
        /// What it lacks.
        what: &'static str,
    },
    /// The portal answered success, and the object is not what was wanted.
    #[error("the portal answered success, but {what}")]
    NotKept {
        /// What is missing.
        what: String,
    },
    /// The new key could not be shown to be ours and to do what it should; it was revoked and given to nobody.
    #[error("the new key in slot {slot} of item {item} could not be proved: {why}")]
    Unproved {
        /// Its slot.
        slot: Slot,
        /// Its item.
        item: ItemId,
        /// What was missing.
        why: String,
        /// Whether it is known to be revoked.
        revoked: bool,
    },
    /// A key taken from a sink is not the one that was planned with.
    #[error("{place} no longer holds the key that was planned with")]
    OtherKey {
        /// The place.
        place: String,
    },
    /// The lease ends before the next request could.
    #[error("the lease is about to end; nothing more is written under it")]
    LeaseOver,
    /// Somebody asked to stop.
    #[error("interrupted after a finished step")]
    Interrupted,
}

impl ApplyError {
    /// The stable code.
    #[must_use]
    pub const fn code(&self) -> &'static Code {
        match self {
            Self::Portal { source, .. } => source.code(),
            Self::Sink(source) => source.code(),
            Self::Stale { .. } => codes::STALE,
            Self::MalformedPlan { .. } => codes::MALFORMED_PLAN,
            Self::NotKept { .. } => codes::NOT_KEPT,
            Self::Unproved { .. } => codes::UNPROVED,
            Self::OtherKey { .. } => codes::OTHER_KEY,
            Self::LeaseOver => codes::LEASE_OVER,
            Self::Interrupted => codes::INTERRUPTED,
        }
    }
}

impl From<&ApplyError> for Diagnostic {
    fn from(error: &ApplyError) -> Self {
        let unrevoked = matches!(error, ApplyError::Unproved { revoked: false, .. });
        let help = "revoking it could not be confirmed; nobody was given it, and the next run replaces it";
        Self::of(error.code(), error).with_help(unrevoked.then(|| help.into()))
    }
}
