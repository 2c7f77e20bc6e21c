//! `keyform plan`.

use crate::config::env::Environment;
use crate::model::Requests;
use crate::plan::Plan;
use crate::render::{self, view::PlanView};

use super::args::{All, PlanArgs};
use super::console::Console;
use super::exit::Exit;
use super::{context, names};

pub(super) async fn run(args: &PlanArgs, all: &All, env: Environment, console: &Console) -> Exit {
    let plan = match planned(args, all, env, console).await {
        Ok(plan) => plan,
        Err(exit) => return exit,
    };
    let view = PlanView::of(&plan);
    if args.json {
        console.document(&render::JSON.text(&view, console.style()));
    } else {
        console.page(&render::HUMAN.text(&view, console.style()));
    }
    if args.detailed_exitcode && !plan.is_empty() { Exit::Changes } else { Exit::Done }
}

async fn planned(args: &PlanArgs, all: &All, env: Environment, console: &Console) -> Result<Plan, Exit> {
    context::planned(&args.at, args.moment.as_deref(), all, env, console, |spec| {
        let rotate = names::select("--rotate", &args.rotate, spec, console)?;
        Ok(Requests { rotate, allow: args.limits.raised(), ..Requests::default() })
    })
    .await
}
