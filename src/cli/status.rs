//! `keyform status`.

use crate::config::env::Environment;
use crate::model::Requests;
use crate::render::status::{self, StatusDocument, StatusView};
use crate::render::view::PlanView;

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
    let view = PlanView::of(&plan);
    let status = StatusView::of(&view);
    if args.json {
        console.document(&context::json(&StatusDocument::of(&status)));
    } else {
        console.page(&context::text(|out| status::human(&status, console.style(), out)));
    }
    if args.detailed_exitcode && !plan.is_empty() { Exit::Changes } else { Exit::Done }
}
