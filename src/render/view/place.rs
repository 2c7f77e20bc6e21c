//! A place in the configuration.

use schemars::JsonSchema;
use serde::Serialize;

use crate::model::SourceLine;
use crate::render::raw::Raw;
use crate::text::escape::{Shown, shown};

// A line of the configuration.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(rename = "SourceDocument")]
pub(crate) struct Place {
    pub file: Raw,
    pub line: u32,
}

impl Place {
    pub(crate) fn of(SourceLine { file, line }: &SourceLine) -> Self {
        Self { file: Raw::new(&**file), line: *line }
    }

    /// `file:line`.
    pub(crate) fn shown(&self) -> Shown {
        shown(&format!("{}:{}", self.file.shown(), self.line))
    }
}
