//! `keyform plan`.

use crate::config::env::Environment;
use crate::render;

use super::args::{All, PlanArgs};
use super::console::Console;
use super::context;
use super::exit::Exit;

pub(super) async fn run(args: &PlanArgs, all: &All, env: Environment, console: &Console) -> Exit {
    let plan = match context::planned(&args.at, &args.rotate, args.moment.as_deref(), all, env, console).await {
        Ok(plan) => plan,
        Err(exit) => return exit,
    };
    if args.json {
        console.document(&context::json(&render::json::PlanDocument::of(&plan)));
    } else {
        console.page(&context::text(|out| render::human::plan(&plan, console.style(), out)));
    }
    if args.detailed_exitcode && !plan.is_empty() { Exit::Changes } else { Exit::Done }
}
