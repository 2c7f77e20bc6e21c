//! The tag that says whose an item is.

use std::fmt;

use super::{CredentialName, StackName};

/// `keyform:<stack>/<name>`, a tag on every item that keyform manages.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Marker {
    /// The owning stack.
    pub stack: StackName,
    /// The credential within it.
    pub name: CredentialName,
}

impl Marker {
    /// What every marker starts with.
    pub const PREFIX: &'static str = "keyform:";

    /// Reads a tag; portals may change the case of tags, so that is not held against it.
    pub(crate) fn parse(tag: &str) -> Option<Self> {
        let tag = tag.trim().to_ascii_lowercase();
        let (stack, name) = tag.strip_prefix(Self::PREFIX)?.split_once('/')?;
        Some(Self { stack: StackName::new(stack).ok()?, name: CredentialName::new(name).ok()? })
    }
}

impl fmt::Display for Marker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}/{}", Self::PREFIX, self.stack, self.name)
    }
}
