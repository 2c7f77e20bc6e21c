//! The settings of a credential, one by one.

/// A setting of a credential, in the order plans show them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "a field is what it is called")]
pub enum Field {
    Privileges,
    Items,
    Referrers,
    Personal,
    Title,
    /// The summary.
    Snippet,
    Description,
    Tags,
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
    pub(crate) const fn ends_keys(self) -> bool {
        match self {
            Self::Privileges | Self::Items | Self::Referrers | Self::Personal => true,
            Self::Title | Self::Snippet | Self::Description | Self::Tags | Self::Folder | Self::Protect => false,
        }
    }
}
