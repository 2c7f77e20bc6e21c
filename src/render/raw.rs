//! Text as it came, for documents that machines read.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Serialize;

use crate::text::escape::{Shown, shown};

/// Text that was not escaped. It can be written into a document, which escapes it, and be made [`Shown`]; it cannot be
/// printed.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub(crate) struct Raw(String);

/// A document says no more of it than that it is a string.
impl JsonSchema for Raw {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        String::schema_name()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        String::json_schema(generator)
    }
}

impl Raw {
    pub(super) fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// Several, with ours between them.
    pub(super) fn join(all: &[Self], between: &'static str) -> Self {
        Self(all.iter().map(|raw| raw.0.as_str()).collect::<Vec<_>>().join(between))
    }

    /// What of it may be shown.
    pub(crate) fn shown(&self) -> Shown {
        shown(&self.0)
    }
}
