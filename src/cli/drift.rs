//! `keyform drift`.

use crate::config::env::Environment;
use crate::model::Requests;
use crate::render::drift::{self, DriftDocument};
use crate::render::view::DriftView;

use super::args::{All, DriftArgs};
use super::console::Console;
use super::context;
use super::exit::Exit;

pub(super) async fn run(args: &DriftArgs, all: &All, env: Environment, console: &Console) -> Result<Exit, Exit> {
    let nothing = |_: &_| Ok(Requests::default());
    let plan = context::planned(&args.at, args.moment.as_deref(), all, env, console, nothing).await?;
    let view = DriftView::of(&plan);
    if args.json {
        console.json(&DriftDocument::of(&view));
    } else {
        console.show(|style, out| drift::human(&view, style, out));
    }
    Ok(if args.detailed_exitcode && !view.is_empty() { Exit::Changes } else { Exit::Done })
}
