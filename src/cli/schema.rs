//! `keyform schema`.

use super::args::{SchemaArgs, SchemaKind};
use super::console::Console;
use super::context;
use super::exit::Exit;

pub(super) fn run(args: &SchemaArgs, console: &Console) -> Exit {
    let schema = match args.which {
        SchemaKind::Config => crate::config::config_schema(),
        SchemaKind::Plan => crate::render::json::schema(),
        SchemaKind::Status => crate::render::status::schema(),
        SchemaKind::Explain => crate::render::explain::schema(),
        SchemaKind::Forecast => crate::render::forecast::schema(),
        SchemaKind::Rehearsal => crate::render::rehearse::schema(),
    };
    console.document(&context::json(&schema));
    Exit::Done
}
