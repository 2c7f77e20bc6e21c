//! Why a step could not be carried out.

use jiff::Timestamp;

use super::codes;
use crate::model::{Code, Diagnostic, Field, ItemId, Slot};
use crate::portal::PortalError;
use crate::sink::SinkError;

/// A step that failed. The credential stops there; the next run takes it up again.
#[derive(Debug, thiserror::Error)]
pub enum ApplyError {
    /// A request to the portal failed.
    #[error("{doing}")]
    Portal {
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
    Moved { what: Object },
    /// An item that was planned with is not there any more.
    #[error("item {item} is gone, or this account may no longer see it")]
    Gone { item: ItemId },
    /// Somebody protected an item in the portal that was to be deleted.
    #[error("the portal itself protects item {item} from being deleted")]
    Protected { item: ItemId },
    /// The key that a sink holds is not the one it was when the plan was made.
    #[error("the key in {place} could not be proved: {why}")]
    UnprovedInSink { place: String, why: Doubt },
    /// The plan itself cannot be carried out: a step needs what the plan does not have.
    #[error("the plan is not whole: {what}")]
    MalformedPlan { what: &'static str },
    /// The portal answered success, and the object is not what was wanted.
    #[error("the portal answered success, but {what}")]
    NotKept { what: String },
    /// The portal answered success, and did not take all of the access that was asked for.
    #[error("the portal answered success and did not take {}", names(fields))]
    NotTaken {
        fields: Vec<Field>,
        /// Whether everything else was done.
        rest: bool,
    },
    /// The new key could not be shown to be ours and to do what it should; it was given to nobody, and not revoked.
    #[error("the new key in slot {slot} of item {item} could not be proved: {why}")]
    Unproved { slot: Slot, item: ItemId, why: Doubt },
    /// A key taken from a sink is not the one that was planned with.
    #[error("{place} no longer holds the key that was planned with")]
    OtherKey { place: String },
    /// The lease ends before the next request could.
    #[error("the lease is about to end; nothing more is written under it")]
    LeaseOver,
    /// Somebody asked to stop.
    #[error("interrupted after a finished step")]
    Interrupted,
}

/// What can move between plan and write.
#[derive(Debug, thiserror::Error)]
pub enum Object {
    #[error("the item's owner")]
    Owner,
    #[error("the item's marker")]
    Marker,
    #[error("the item's ledger")]
    Ledger,
    #[error("the ledger of item {0}")]
    LedgerOf(ItemId),
    #[error("the app")]
    App,
    #[error("the app of item {0}")]
    AppOf(ItemId),
    #[error("the {}", .0.name())]
    Field(Field),
    #[error("slot {0}")]
    Slot(Slot),
    #[error("the date of slot {0}")]
    Date(Slot),
    #[error("the folder {0:?}")]
    Folder(String),
}

/// Why a key could not be shown to be ours and to do what it should.
#[derive(Debug, thiserror::Error)]
pub enum Doubt {
    #[error("{}", Diagnostic::from(&**.0).in_a_line())]
    Unread(Box<ApplyError>),
    #[error("the portal does not call its slot active")]
    Inactive,
    #[error("its app is gone")]
    NoApp,
    #[error("the ledger has no entry for it")]
    NoRecord,
    #[error("{0}")]
    NoAnswer(PortalError),
    #[error("the portal does not accept it")]
    Refused,
    #[error("it belongs to item {0}")]
    OtherItem(ItemId),
    #[error("it ends at {found}, {wanted} was asked for")]
    OtherEnd { found: Timestamp, wanted: Timestamp },
    #[error("it does not say what it may do")]
    NoPrivileges,
    #[error("it may do something else than what was applied")]
    OtherPrivileges,
    #[error("it may read other items than those applied")]
    OtherItems,
}

impl From<ApplyError> for Doubt {
    fn from(error: ApplyError) -> Self {
        Self::Unread(Box::new(error))
    }
}

impl ApplyError {
    /// Whether the portal or a sink is not what was planned from.
    pub const fn is_stale(&self) -> bool {
        matches!(self, Self::Moved { .. } | Self::Gone { .. } | Self::UnprovedInSink { .. })
    }

    /// Whether running again is no use before a person has decided.
    pub const fn blocks(&self) -> bool {
        matches!(self, Self::Protected { .. } | Self::NotTaken { .. })
    }

    /// The stable code.
    pub const fn code(&self) -> &'static Code {
        match self {
            Self::Portal { source, .. } => source.code(),
            Self::Sink(source) => source.code(),
            Self::Moved { .. } | Self::Gone { .. } | Self::UnprovedInSink { .. } => codes::STALE,
            Self::Protected { .. } => codes::PROTECTED,
            Self::MalformedPlan { .. } => codes::MALFORMED_PLAN,
            Self::NotKept { .. } => codes::NOT_KEPT,
            Self::NotTaken { .. } => codes::NOT_TAKEN,
            Self::Unproved { .. } => codes::UNPROVED,
            Self::OtherKey { .. } => codes::OTHER_KEY,
            Self::LeaseOver => codes::LEASE_OVER,
            Self::Interrupted => codes::INTERRUPTED,
        }
    }
}

fn names(fields: &[Field]) -> String {
    fields.iter().map(|field| field.name()).collect::<Vec<_>>().join(", ")
}

impl From<&ApplyError> for Diagnostic {
    fn from(error: &ApplyError) -> Self {
        Self::of(error.code(), error)
    }
}
