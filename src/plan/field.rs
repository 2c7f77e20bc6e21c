//! What of a credential can differ.

use std::collections::BTreeSet;

use super::reason::Cause;

/// A setting of a credential, in the order plans show them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Field {
    /// Privileges.
    Privileges,
    /// Item access.
    Items,
    /// Referrers.
    Referrers,
    /// The personal flag.
    Personal,
    /// The title.
    Title,
    /// The summary.
    Snippet,
    /// The description.
    Description,
    /// Tags.
    Tags,
    /// The folder.
    Folder,
    /// Protection from destruction by keyform.
    Protect,
}

impl Field {
    /// All, in order.
    pub const ALL: [Self; 10] = [
        Self::Privileges,
        Self::Items,
        Self::Referrers,
        Self::Personal,
        Self::Title,
        Self::Snippet,
        Self::Description,
        Self::Tags,
        Self::Folder,
        Self::Protect,
    ];

    /// As in YAML.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Privileges => "privileges",
            Self::Items => "items",
            Self::Referrers => "referrers",
            Self::Personal => "personal",
            Self::Title => "title",
            Self::Snippet => "snippet",
            Self::Description => "description",
            Self::Tags => "tags",
            Self::Folder => "folder",
            Self::Protect => "protect",
        }
    }

    /// Whether changing it ends the keys of the item.
    ///
    /// *Source: arcgis-api fact 1; referrers count as well until a portal is known to be kinder.*
    #[must_use]
    pub const fn ends_keys(self) -> bool {
        match self {
            Self::Privileges | Self::Items | Self::Referrers | Self::Personal => true,
            Self::Title | Self::Snippet | Self::Description | Self::Tags | Self::Folder | Self::Protect => false,
        }
    }
}

/// A value of a field, for people and machines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FieldValue {
    /// A text; `None` is no value.
    Text(Option<String>),
    /// A set.
    Set(BTreeSet<String>),
    /// Yes or no.
    Flag(bool),
    /// A text of which only the hash is known, such as the description last applied.
    Hash(String),
}

/// One field that differs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldDiff {
    /// Which.
    pub field: Field,
    /// What the portal has; `None` when there is nothing yet.
    pub have: Option<FieldValue>,
    /// What is wanted.
    pub want: FieldValue,
    /// Whether the configuration moved, or the portal.
    pub cause: Cause,
}
