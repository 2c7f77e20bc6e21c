//! `keyform plan`.

use crate::config::env::Environment;
use crate::render;

use super::args::{All, PlanArgs};
use super::console::Console;
use super::context::{self, Ask};
use super::exit::Exit;

pub(super) async fn run(args: &PlanArgs, all: &All, env: Environment, console: &Console) -> Exit {
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
        console.document(&context::json(&render::json::PlanDocument::of(&plan)));
    } else {
        console.page(&context::text(|out| render::human::plan(&plan, console.style(), out)));
    }
    if args.detailed_exitcode && !plan.is_empty() { Exit::Changes } else { Exit::Done }
}
