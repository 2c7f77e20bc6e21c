//! What a key may do.

use std::fmt;

use super::ItemId;

/// One of Esri's own privilege strings, such as `premium:user:basemaps`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Privilege(Box<str>);

impl Privilege {
    /// What an entry of item access starts with.
    const ITEM: &'static str = "portal:app:access:item:";

    /// The privilege written as `raw`, blanks around it dropped.
    #[must_use]
    pub fn new(raw: &str) -> Self {
        Self(raw.trim().into())
    }

    /// The string that grants access to one item.
    pub(crate) fn item_access(id: &ItemId) -> Self {
        Self(format!("{}{id}", Self::ITEM).into())
    }

    /// The item it grants access to, if that is what it does.
    pub(crate) fn item(&self) -> Option<ItemId> {
        self.0.strip_prefix(Self::ITEM).and_then(|id| ItemId::new(id).ok())
    }

    /// Whether one of the two is a part of the other: portals expand coarse privileges, and merge fine ones.
    pub(crate) fn is_akin(&self, other: &Self) -> bool {
        let under =
            |fine: &Self, coarse: &Self| fine.0.strip_prefix(&*coarse.0).is_some_and(|rest| rest.starts_with(':'));
        self == other || under(self, other) || under(other, self)
    }

    /// Esri's string.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Privilege {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
