//! Why a step could not be carried out.

use crate::model::{ItemId, Slot};
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

/// Every code of this module with its explanation.
pub const CODES: &[(&str, &str)] = &[
    (
        "keyform::apply::stale",
        "An item or app moved between the plan and the write. Nothing was written over it: plan again.",
    ),
    (
        "keyform::apply::not_kept",
        "The portal answered success, but the object reads otherwise. Nothing was issued on top of it. Run again; if it \
         stays, the portal does not store what keyform needs (see the message for what).",
    ),
    (
        "keyform::apply::unproved",
        "A new key did not answer for itself with our item, access and end, so it was revoked instead of delivered. Sinks \
         keep what they had.",
    ),
    ("keyform::apply::other_key", "A sink changed while apply was running. Run again."),
    (
        "keyform::apply::lease_over",
        "The run took longer than its lease. It goes on under a new one, or with the next run.",
    ),
    ("keyform::apply::interrupted", "The run was asked to stop and did, between two steps. Run again to finish."),
];

impl ApplyError {
    /// The stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Portal { source, .. } => source.code(),
            Self::Sink(source) => source.code(),
            Self::Stale { .. } => "keyform::apply::stale",
            Self::NotKept { .. } => "keyform::apply::not_kept",
            Self::Unproved { .. } => "keyform::apply::unproved",
            Self::OtherKey { .. } => "keyform::apply::other_key",
            Self::LeaseOver => "keyform::apply::lease_over",
            Self::Interrupted => "keyform::apply::interrupted",
        }
    }

    /// What to do next.
    #[must_use]
    pub fn help(&self) -> Option<String> {
        match self {
            Self::Portal { source, .. } => source.help(),
            Self::Sink(source) => Some(source.help().into()),
            Self::Stale { .. } | Self::OtherKey { .. } => Some("run the same command again".into()),
            Self::NotKept { .. } => Some("run again; if it stays, see `keyform doctor`".into()),
            Self::Unproved { revoked: true, .. } => {
                Some("the key was revoked and nobody was given it; run the same command again".into())
            }
            Self::Unproved { revoked: false, .. } => {
                Some("revoking it could not be confirmed; nobody was given it, and the next run replaces it".into())
            }
            Self::LeaseOver | Self::Interrupted => Some("run the same command again".into()),
        }
    }
}
