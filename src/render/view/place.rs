//! A place in the configuration.

use crate::model::SourceLine;
use crate::render::raw::Raw;
use crate::text::escape::{Shown, shown};

/// A line of the configuration.
#[derive(Clone, Debug)]
pub struct Place {
    /// The file.
    pub file: Raw,
    /// From 1.
    pub line: u32,
}

impl Place {
    /// The place of a line.
    #[must_use]
    pub fn of(SourceLine { file, line }: &SourceLine) -> Self {
        Self { file: Raw::new(&**file), line: *line }
    }

    /// `file:line`.
    #[must_use]
    pub fn shown(&self) -> Shown {
        shown(&format!("{}:{}", self.file.shown(), self.line))
    }
}
