//! `keyform status`.

use crate::model::Requests;
use crate::render::status::{self, StatusDocument, StatusView};
use crate::render::view::PlanView;

use super::args::StatusArgs;
use super::context;
use super::exit::Exit;
use super::session::Session;

pub(super) async fn run(args: &StatusArgs, on: Session<'_>) -> Result<Exit, Exit> {
    let console = on.console;
    let plan = context::planned(&args.at, args.moment.as_deref(), on, |_| Ok(Requests::default())).await?;
    let view = PlanView::of(&plan);
    let status = StatusView::of(&view);
    if args.json {
        console.json(&StatusDocument::of(&status));
    } else {
        console.show(|style, out| status::human(&status, style, out));
    }
    Ok(if args.detailed_exitcode && !plan.is_empty() { Exit::Changes } else { Exit::Done })
}
