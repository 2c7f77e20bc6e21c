//! `keyform schema`.

use serde_json::Value;

use super::args::{SchemaArgs, SchemaKind};
use super::console::Console;
use super::exit::Exit;
use crate::config::config_schema;
use crate::render::drift::DriftDocument;
use crate::render::explain::ExplainDocument;
use crate::render::forecast::ForecastDocument;
use crate::render::json::PlanDocument;
use crate::render::rehearse::RehearsalDocument;
use crate::render::status::StatusDocument;

pub(super) fn run(args: &SchemaArgs, console: &Console) -> Exit {
    console.json(&of(args.which));
    Exit::Done
}

/// The schema of a document.
#[must_use]
pub fn of(which: SchemaKind) -> Value {
    let schema = match which {
        SchemaKind::Config => return config_schema(),
        SchemaKind::Plan => schemars::schema_for!(PlanDocument),
        SchemaKind::Drift => schemars::schema_for!(DriftDocument),
        SchemaKind::Status => schemars::schema_for!(StatusDocument),
        SchemaKind::Explain => schemars::schema_for!(ExplainDocument),
        SchemaKind::Forecast => schemars::schema_for!(ForecastDocument),
        SchemaKind::Rehearsal => schemars::schema_for!(RehearsalDocument),
    };
    schema.to_value()
}
