//! What of a credential can differ.

use std::collections::BTreeSet;

use crate::model::Field;

use super::reason::Cause;

/// A value of a field, for people and machines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FieldValue {
    /// A text; `None` is no value.
    Text(Option<String>),
    Set(BTreeSet<String>),
    /// Yes or no.
    Flag(bool),
    /// A text of which only the hash is known, such as the description last applied.
    Hash(String),
}

/// One field that differs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldDiff {
    pub field: Field,
    /// What the portal has; `None` when there is nothing yet.
    pub have: Option<FieldValue>,
    /// What is wanted.
    pub want: FieldValue,
    /// Whether the configuration moved, or the portal.
    pub cause: Cause,
}
