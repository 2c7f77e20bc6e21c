//! `keyform status`.

use crate::config::env::Environment;
use crate::render;

use super::args::{All, StatusArgs};
use super::console::Console;
use super::context::{self, Ask};
use super::exit::Exit;

pub(super) async fn run(args: &StatusArgs, all: &All, env: Environment, console: &Console) -> Exit {
    let opened = match context::open(&args.at, all, env, console).await {
        Ok(opened) => opened,
        Err(exit) => return exit,
    };
    let read = match opened.read(console, Ask::ReadableSinks).await {
        Ok(read) => read,
        Err(exit) => return exit,
    };
    let plan = crate::plan::plan(&opened.spec, &read.live, read.now);
    if args.json {
        console.document(&context::json(&render::status::StatusDocument::of(&plan)));
    } else {
        console.page(&context::text(|out| render::status::human(&plan, console.style(), out)));
    }
    if args.detailed_exitcode && !plan.is_empty() { Exit::Changes } else { Exit::Done }
}
