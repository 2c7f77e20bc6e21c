//! `keyform forecast`.

use jiff::SignedDuration;

use crate::config::env::Environment;
use crate::plan;
use crate::render::forecast::{self, ForecastDocument, ForecastView};

use super::args::{All, ForecastArgs};
use super::console::Console;
use super::context;
use super::exit::Exit;
use super::moment;

/// How far it looks unless something else is said.
const YEAR: SignedDuration = SignedDuration::from_hours(365 * 24);

pub(super) async fn run(args: &ForecastArgs, all: &All, env: Environment, console: &Console) -> Exit {
    let forecast = match looked(args, all, env, console).await {
        Ok(forecast) => forecast,
        Err(exit) => return exit,
    };
    let view = ForecastView::of(&forecast);
    if args.json {
        console.document(&context::json(&ForecastDocument::of(&view)));
    } else {
        console.page(&context::text(|out| forecast::human(&view, console.style(), out)));
    }
    Exit::Done
}

async fn looked(args: &ForecastArgs, all: &All, env: Environment, console: &Console) -> Result<plan::Forecast, Exit> {
    let opened = context::open(&args.at, all, env, console).await?;
    let now = opened.clock.now_in_seconds();
    let from = args.moment.as_deref().map(|text| moment::read("--at", text, now, console)).transpose()?;
    let until = args.until.as_deref().map(|text| moment::read("--until", text, from.unwrap_or(now), console));
    let until = until.transpose()?;
    let read = opened.read(console).await?;
    let start = from.unwrap_or(read.now);
    let until = until.or_else(|| start.checked_add(YEAR).ok()).unwrap_or(start);
    let mut forecast = plan::forecast(&opened.spec, &read.live, start, until);
    forecast.start.simulated = from.is_some();
    Ok(forecast)
}
