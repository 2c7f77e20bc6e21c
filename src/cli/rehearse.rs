//! `keyform rehearse`.

use crate::clock;
use crate::config::env::Environment;
use crate::emulator::Setup;
use crate::model::Expect;
use crate::rehearse::{Progress, Terms, rehearse};
use crate::render;
use crate::render::rehearse::{RehearsalDocument, RehearsalView};

use super::args::{All, RehearseArgs};
use super::console::Console;
use super::context;
use super::emulator::{settings, switches};
use super::exit::Exit;
use super::moment;
use super::refusal::Refusal;

pub(super) fn run(args: &RehearseArgs, all: &All, env: &Environment, console: &Console) -> Exit {
    if args.switches.iter().any(|switch| switch == "help") {
        console.document(&switches());
        return Exit::Done;
    }
    let (mut spec, switches) =
        match (context::load(&args.config, &args.reach, all, env, console), settings(&args.switches)) {
            (Ok(spec), Ok(switches)) => (spec, switches),
            (Err(exit), _) => return exit,
            (_, Err(refusal)) => {
                console.report(refusal);
                return Exit::Error;
            }
        };
    // What is expected of the real portal is not true of this one.
    spec.portal.expect = Expect::default();
    let now = clock::wall();
    let start = match args.moment.as_deref().map(|text| moment::read("--at", text, now, console)).transpose() {
        Ok(start) => start.unwrap_or(now),
        Err(exit) => return exit,
    };
    let setup =
        Setup { profile: context::profile(spec.portal.product), switches, administrator: true, ..Setup::default() };
    let every = spec.schedule.interval();
    let terms = Terms { setup, start, days: args.days, every, crash: args.crash_everywhere };
    console.start_progress(u64::from(args.days), "days");
    // One thread, and no timer that anybody waits for: time is simulated.
    let rehearsal = match tokio::runtime::Builder::new_current_thread().enable_time().build() {
        Ok(runtime) => runtime.block_on(rehearse(&spec, &terms, &Bar(console))),
        Err(error) => {
            console.end_progress();
            console.report(Refusal::EmulatorUsage { why: error.to_string(), help: None });
            return Exit::Error;
        }
    };
    console.end_progress();
    let view = RehearsalView::of(&spec, &terms, &rehearsal);
    if args.json {
        console.document(&context::json(&RehearsalDocument::of(&view)));
    } else {
        console.page(&context::text(|out| render::rehearse::human(&view, console.style(), out)));
    }
    if rehearsal.is_good() { Exit::Done } else { Exit::Error }
}

struct Bar<'a>(&'a Console);

impl Progress for Bar<'_> {
    fn day(&self, done: u32, all: u32) {
        self.0.progress(u64::from(done), u64::from(all));
    }
}
