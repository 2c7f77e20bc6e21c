//! What is worth knowing and is no change: data, with a stable code for each kind.

use super::codes;
use crate::model::{Code, CredentialName, ItemId, Slot, SourceLine};

/// Something worth knowing that is no change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// The credential it is about, if it is about one.
    pub name: Option<CredentialName>,
    /// What it says. `render::words` has the sentences.
    pub about: About,
}

/// What a note is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum About {
    /// An item that the key is to read is in another account.
    ForeignItem { item: ItemId, owner: String },
    /// An item that the key is to read is public.
    PublicItem { item: ItemId },
    /// A sink could not be read.
    UnreadableSink(Unread),
    /// A sink holds a key of a credential that has no item.
    KeyWithoutItem { place: String },
    /// A sink that is not healed holds no key.
    EmptySink { place: String },
    /// There is no `deliver`.
    NoDeliver,
    /// Nothing has the name that is to go.
    NothingToRemove,
    /// What is to go has an entry.
    StillDeclared { entry: SourceLine },
    /// Many of those that are to go have one.
    ManyStillDeclared { count: usize },
    /// The slot that is to be revoked holds no live key.
    NothingToRevoke { item: ItemId, slot: Slot },
}

/// A sink that could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unread {
    pub place: String,
    pub why: String,
}

impl About {
    /// The stable code.
    pub const fn code(&self) -> &'static Code {
        match self {
            Self::ForeignItem { .. } => codes::FOREIGN_ITEM,
            Self::PublicItem { .. } => codes::PUBLIC_ITEM,
            Self::UnreadableSink(_) => codes::UNREADABLE_SINK,
            Self::KeyWithoutItem { .. } => codes::KEY_WITHOUT_ITEM,
            Self::EmptySink { .. } => codes::EMPTY_SINK,
            Self::NoDeliver => codes::NO_DELIVER,
            Self::NothingToRemove => codes::NOTHING_TO_REMOVE,
            Self::StillDeclared { .. } | Self::ManyStillDeclared { .. } => codes::STILL_DECLARED,
            Self::NothingToRevoke { .. } => codes::NOTHING_TO_REVOKE,
        }
    }
}
