//! What is worth knowing and is no change: data, with a stable code for each kind.

use crate::model::{CredentialName, ItemId, Slot, SourceLine};

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
#[expect(missing_docs, reason = "a field is what it is called")]
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
    /// The place within it.
    pub place: String,
    /// Why.
    pub why: String,
}

impl About {
    /// Every code with its explanation, for the documentation.
    pub const ALL: [(&'static str, &'static str); 9] = [
        (
            "keyform::plan::foreign_item",
            "An item named under `items` belongs to another account. ArcGIS Online and newer portals grant access to own \
             items only, so the portal may refuse it.",
        ),
        ("keyform::plan::public_item", "An item named under `items` is public, so it can be read without any key."),
        (
            "keyform::plan::unreadable_sink",
            "A sink could not be read, so it is not known what it holds. A change that depends on it says so itself.",
        ),
        (
            "keyform::plan::key_without_item",
            "A sink holds a key of a credential that has no item on the portal. The item was deleted, or the account or \
             the stack name is not the one it was made with: a plan would then make a second one.",
        ),
        ("keyform::plan::empty_sink", "A sink holds no key, and `heal: false` says to leave it so."),
        ("keyform::plan::no_deliver", "The credential has no `deliver`, so no key is issued: nobody would get it."),
        (
            "keyform::plan::nothing_to_remove",
            "A name was given to `destroy` or `forget`, and no item of this stack has it.",
        ),
        (
            "keyform::plan::still_declared",
            "What is to be destroyed or forgotten is still declared, so the next apply makes it anew. Take the entry out.",
        ),
        ("keyform::plan::nothing_to_revoke", "The slot that `revoke` names holds no live key."),
    ];

    /// The stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::ForeignItem { .. } => "keyform::plan::foreign_item",
            Self::PublicItem { .. } => "keyform::plan::public_item",
            Self::UnreadableSink(_) => "keyform::plan::unreadable_sink",
            Self::KeyWithoutItem { .. } => "keyform::plan::key_without_item",
            Self::EmptySink { .. } => "keyform::plan::empty_sink",
            Self::NoDeliver => "keyform::plan::no_deliver",
            Self::NothingToRemove => "keyform::plan::nothing_to_remove",
            Self::StillDeclared { .. } | Self::ManyStillDeclared { .. } => "keyform::plan::still_declared",
            Self::NothingToRevoke { .. } => "keyform::plan::nothing_to_revoke",
        }
    }
}
