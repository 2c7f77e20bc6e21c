//! `keyform drift`.

use crate::model::Requests;
use crate::render::drift::{self, DriftDocument};
use crate::render::view::DriftView;

use super::args::DriftArgs;
use super::context;
use super::exit::Exit;
use super::session::Session;

pub(super) async fn run(args: &DriftArgs, on: Session<'_>) -> Result<Exit, Exit> {
    let console = on.console;
    let plan = context::planned(&args.at, args.moment.as_deref(), on, |_| Ok(Requests::default())).await?;
    let view = DriftView::of(&plan);
    if args.json {
        console.json(&DriftDocument::of(&view));
    } else {
        console.show(|style, out| drift::human(&view, style, out));
    }
    Ok(if args.detailed_exitcode && !view.is_empty() { Exit::Changes } else { Exit::Done })
}
