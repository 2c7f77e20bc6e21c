//! `keyform forecast`.

use jiff::SignedDuration;

use crate::config::env::Environment;
use crate::plan;
use crate::render::forecast::{self, ForecastDocument, ForecastView};

use super::args::{All, ForecastArgs};
use super::console::Console;
use super::exit::Exit;
use super::{context, moment};

/// How far it looks unless something else is said.
const YEAR: SignedDuration = SignedDuration::from_hours(365 * 24);

pub(super) async fn run(args: &ForecastArgs, all: &All, env: Environment, console: &Console) -> Result<Exit, Exit> {
    let opened = context::open(&args.at, all, env, console).await?;
    let now = opened.clock.now_in_seconds();
    let from = moment::read("--at", args.moment.as_deref(), now, console)?;
    let until = moment::read("--until", args.until.as_deref(), from.unwrap_or(now), console)?;
    let read = opened.read(console).await?;
    let start = from.unwrap_or(read.now);
    let until = until.or_else(|| start.checked_add(YEAR).ok()).unwrap_or(start);
    let mut forecast = plan::forecast(&opened.spec, &read.live, start, until);
    forecast.start.simulated = from.is_some();
    let view = ForecastView::of(&forecast);
    if args.json {
        console.json(&ForecastDocument::of(&view));
    } else {
        console.show(|style, out| forecast::human(&view, style, out));
    }
    Ok(Exit::Done)
}
