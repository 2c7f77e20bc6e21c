//! `keyform status`.

use crate::config::env::Environment;
use crate::model::Requests;
use crate::render::status::{self, StatusDocument, StatusView};
use crate::render::view::PlanView;

use super::args::{All, StatusArgs};
use super::console::Console;
use super::context;
use super::exit::Exit;

pub(super) async fn run(args: &StatusArgs, all: &All, env: Environment, console: &Console) -> Result<Exit, Exit> {
    let nothing = |_: &_| Ok(Requests::default());
    let plan = context::planned(&args.at, args.moment.as_deref(), all, env, console, nothing).await?;
    let view = PlanView::of(&plan);
    let status = StatusView::of(&view);
    if args.json {
        console.json(&StatusDocument::of(&status));
    } else {
        console.show(|style, out| status::human(&status, style, out));
    }
    Ok(if args.detailed_exitcode && !plan.is_empty() { Exit::Changes } else { Exit::Done })
}
