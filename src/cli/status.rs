//! `keyform status`.

use crate::config::env::Environment;
use crate::model::Requests;
use crate::render;

use super::args::{All, StatusArgs};
use super::console::Console;
use super::context;
use super::exit::Exit;

pub(super) async fn run(args: &StatusArgs, all: &All, env: Environment, console: &Console) -> Exit {
    let plan = match context::planned(&args.at, args.moment.as_deref(), all, env, console, |_| Ok(Requests::default()))
        .await
    {
        Ok(plan) => plan,
        Err(exit) => return exit,
    };
    if args.json {
        console.document(&context::json(&render::status::StatusDocument::of(&plan)));
    } else {
        console.page(&context::text(|out| render::status::human(&plan, console.style(), out)));
    }
    if args.detailed_exitcode && !plan.is_empty() { Exit::Changes } else { Exit::Done }
}
