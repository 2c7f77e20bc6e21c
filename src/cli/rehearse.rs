//! `keyform rehearse`.

use crate::clock;
use crate::emulator::Setup;
use crate::model::Expect;
use crate::rehearse::{Progress, Terms, rehearse as rehearsed};
use crate::render::rehearse::{self, RehearsalDocument, RehearsalView};

use super::args::RehearseArgs;
use super::console::Console;
use super::context;
use super::emulator::{settings, switches};
use super::exit::Exit;
use super::moment;
use super::refusal::Refusal;
use super::session::Session;

pub(super) fn run(args: &RehearseArgs, on: &Session<'_>) -> Result<Exit, Exit> {
    let console = on.console;
    if args.switches.iter().any(|switch| switch == "help") {
        console.document(&switches());
        return Ok(Exit::Done);
    }
    let mut spec = context::load(&args.source, on)?;
    let switches = settings(&args.switches).map_err(|refusal| console.fails(refusal))?;
    // What is expected of the real portal is not true of this one.
    spec.portal.expect = Expect::default();
    let now = clock::wall();
    let start = moment::read("--at", args.moment.as_deref(), now, console)?.unwrap_or(now);
    let setup =
        Setup { profile: context::profile(spec.portal.product), switches, administrator: true, ..Setup::default() };
    let every = spec.schedule.interval();
    let terms = Terms { setup, start, days: args.days, every, crash: args.crash_everywhere };
    console.start_progress(u64::from(args.days), "days");
    // One thread, and no timer that anybody waits for: time is simulated.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build();
    let rehearsal = runtime.map(|runtime| runtime.block_on(rehearsed(&spec, &terms, &Bar(console))));
    console.end_progress();
    let rehearsal =
        rehearsal.map_err(|error| console.fails(Refusal::EmulatorUsage { why: error.to_string(), help: None }))?;
    let view = RehearsalView::of(&spec, &terms, &rehearsal);
    if args.json {
        console.json(&RehearsalDocument::of(&view));
    } else {
        console.show(|style, out| rehearse::human(&view, style, out));
    }
    Ok(if rehearsal.is_good() { Exit::Done } else { Exit::Error })
}

struct Bar<'a>(&'a Console);

impl Progress for Bar<'_> {
    fn day(&self, done: u32, all: u32) {
        self.0.progress(u64::from(done), u64::from(all));
    }
}
