//! `keyform plan`.

use crate::config::env::Environment;
use crate::plan::Plan;
use crate::render;

use super::args::{All, PlanArgs};
use super::console::Console;
use super::context::{self, Ask};
use super::exit::Exit;

pub(super) async fn run(args: &PlanArgs, all: &All, env: Environment, console: &Console) -> Exit {
    let plan = match planned(args, all, env, console).await {
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

async fn planned(args: &PlanArgs, all: &All, env: Environment, console: &Console) -> Result<Plan, Exit> {
    let mut opened = context::open(&args.at, all, env, console).await?;
    opened.spec.requests.allow = args.limits.raised();
    let read = opened.read(console, Ask::ReadableSinks).await?;
    Ok(crate::plan::plan(&opened.spec, &read.live, read.now))
}
