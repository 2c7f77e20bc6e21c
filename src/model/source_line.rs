//! Where something stands in a configuration.

use std::sync::Arc;

/// A line of a configuration file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct SourceLine {
    /// The file, as it was given or included.
    pub file: Arc<str>,
    /// From 1.
    pub line: u32,
}
