//! `keyform forecast`.

use jiff::SignedDuration;

use crate::plan;
use crate::render::forecast::{self, ForecastDocument, ForecastView};

use super::args::ForecastArgs;
use super::context;
use super::exit::Exit;
use super::moment;
use super::session::Session;

/// How far it looks unless something else is said.
const YEAR: SignedDuration = SignedDuration::from_hours(365 * 24);

pub(super) async fn run(args: &ForecastArgs, on: Session<'_>) -> Result<Exit, Exit> {
    let console = on.console;
    let opened = context::open(&args.at, on).await?;
    let now = opened.clock.now_in_seconds();
    let from = moment::read("--at", args.moment.as_deref(), now, console)?;
    let until = moment::read("--until", args.until.as_deref(), from.unwrap_or(now), console)?;
    let read = opened.read().await?;
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
