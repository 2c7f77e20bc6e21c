//! `keyform plan`.

use crate::model::Requests;
use crate::render::human;
use crate::render::json::PlanDocument;
use crate::render::view::PlanView;

use super::args::PlanArgs;
use super::context;
use super::exit::Exit;
use super::names;
use super::session::Session;

pub(super) async fn run(args: &PlanArgs, on: Session<'_>) -> Result<Exit, Exit> {
    let console = on.console;
    let plan = context::planned(&args.at, args.moment.as_deref(), on, |spec| {
        let rotate = names::select("--rotate", &args.rotate, spec, console)?;
        let restore = names::select("--restore", &args.restore, spec, console)?;
        Ok(Requests { rotate, restore, allow: args.limits.raised(), ..Requests::default() })
    });
    let plan = plan.await?;
    let view = PlanView::of(&plan);
    if args.json {
        console.json(&PlanDocument::of(&view));
    } else {
        console.show(|style, out| human::plan(&view, style, out));
    }
    Ok(if args.detailed_exitcode && !plan.is_empty() { Exit::Changes } else { Exit::Done })
}
