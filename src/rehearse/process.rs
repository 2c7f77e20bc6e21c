//! One run of keyform on a world: what `apply` does, in this process.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use jiff::SignedDuration;

use crate::apply::{Lease, Report, Session, Tenure, Terms, apply};
use crate::causes;
use crate::emulator::State;
use crate::live::{self, SinkReader, Unwatched};
use crate::model::{Delivery, Secret, Spec};
use crate::plan::{Action, Change, Gap, Plan, plan};
use crate::portal::{Carrier, Hello, Http, HttpOptions, ReadPortal, SignIn};
use crate::sink::{Look, Shelf, Sinks};

use super::world::World;

/// How a run ended.
#[derive(Debug)]
pub enum Ended {
    /// It came to its end.
    Ran {
        /// What it had planned, read under the lease if anything was to be done.
        plan: Box<Plan>,
        /// What it did; `None` if there was nothing to do.
        report: Option<Report>,
    },
    /// Another run holds the lease, or left it.
    Leased,
    /// It could not read.
    Failed {
        /// Why.
        why: String,
    },
}

impl Ended {
    /// What it had planned, if it came so far.
    #[must_use]
    pub const fn plan(&self) -> Option<&Plan> {
        match self {
            Self::Ran { plan, .. } => Some(plan),
            Self::Leased | Self::Failed { .. } => None,
        }
    }

    /// Whether it did everything that its plan said and nothing was in the way.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        match self {
            Self::Ran { plan, report } => {
                plan.blocked().next().is_none() && report.as_ref().is_none_or(|report| report.failed().next().is_none())
            }
            Self::Leased | Self::Failed { .. } => false,
        }
    }
}

struct Reader<'a>(&'a Sinks);

impl SinkReader for Reader<'_> {
    async fn look(&self, delivery: &Delivery) -> Look {
        self.0.look(delivery, true).await
    }
}

fn failed(error: &dyn std::error::Error) -> Ended {
    Ended::Failed { why: causes::in_a_line(error) }
}

/// Signs in, and hears from the portal for the first time.
async fn sign_in(world: &Arc<World>, spec: &Spec) -> Result<(Http, Hello), Ended> {
    let token = Secret::new(world.with(State::user_token));
    let carrier: Arc<dyn Carrier> = Arc::clone(world) as _;
    let options = HttpOptions {
        product: spec.portal.product,
        carrier: Some(carrier),
        pace: Arc::new(NoPace),
        ..HttpOptions::new("https://rehearsal.invalid", SignIn::Token { token, referer: None })
    };
    let portal = Http::new(options).map_err(|error| failed(&error))?;
    let hello = portal.hello().await.map_err(|error| failed(&error))?;
    Ok((portal, hello))
}

/// Reads and plans, and does nothing.
pub async fn look(world: &Arc<World>, spec: &Spec) -> Ended {
    let (portal, hello) = match sign_in(world, spec).await {
        Ok(portal) => portal,
        Err(ended) => return ended,
    };
    let clock = world.clock(hello.now);
    let sinks = Sinks::on(Arc::clone(world) as Arc<dyn Shelf>);
    match live::gather(&portal, spec, &hello, &Reader(&sinks), 16, &Unwatched).await {
        Ok(found) => Ended::Ran { plan: Box::new(plan(spec, &found, clock.now_in_seconds())), report: None },
        Err(error) => failed(&error),
    }
}

/// Reads, plans, and applies; under a lease unless told otherwise.
pub async fn run(world: &Arc<World>, spec: &Spec, lease: bool) -> Ended {
    let (portal, hello) = match sign_in(world, spec).await {
        Ok(portal) => portal,
        Err(ended) => return ended,
    };
    let clock = world.clock(hello.now);
    // What the last run announced may have come late, but not as late as this.
    world.announce(Vec::new());
    let sinks = Sinks::on(Arc::clone(world) as Arc<dyn Shelf>);
    let reader = Reader(&sinks);
    let read = || live::gather(&portal, spec, &hello, &reader, 16, &Unwatched);
    let found = match read().await {
        Ok(found) => found,
        Err(error) => return failed(&error),
    };
    let shown = plan(spec, &found, clock.now_in_seconds());
    if shown.runnable().next().is_none() {
        if found.folder_titled(&Lease::title(&spec.stack)).is_some() {
            // It stays where it cannot be removed; the next run tries again.
            let _ = Lease::clear(&portal, &spec.stack, &clock).await;
        }
        return Ended::Ran { plan: Box::new(shown), report: None };
    }
    let held = if lease {
        match Lease::take(&portal, &spec.stack, &clock).await {
            Ok(held) => Some(held),
            Err(_) => return Ended::Leased,
        }
    } else {
        None
    };
    let tenure = held.as_ref().map_or(Tenure::Unlimited, Lease::tenure);
    let gate_clock = clock.clone();
    portal.set_gate(Some(Arc::new(move |timeout| {
        tenure.allows(gate_clock.now(), SignedDuration::try_from(timeout).unwrap_or(SignedDuration::MAX))
    })));
    let found = match read().await {
        Ok(found) => found,
        Err(error) => return failed(&error),
    };
    let plan = plan(spec, &found, clock.now_in_seconds());
    let told = |change: &&Change| {
        let gap = change.safety.and_then(|safety| safety.gap);
        change.action == Action::Destroy || matches!(gap, Some(Gap::InPlace { .. } | Gap::BreakGlass { .. }))
    };
    world.announce(plan.runnable().filter(told).map(|change| change.name.clone()).collect());
    let stop = AtomicBool::new(false);
    let terms = Terms { clock, tenure, events: &(), stop: &stop };
    let session = Session::new(&portal, &sinks, &spec.stack, &found, terms).settle(Duration::ZERO);
    let report = apply(&session, &plan).await;
    let answered = session.every_write_answered() && !portal.has_unanswered_writes();
    portal.set_gate(None);
    if let Some(held) = held.filter(|_| answered) {
        // What is not given back runs out.
        let _ = held.give_back(&portal).await;
    }
    Ended::Ran { plan: Box::new(plan), report: Some(report) }
}

/// Nobody waits in a rehearsal.
struct NoPace;

impl crate::portal::Pace for NoPace {
    fn sleep(&self, _: Duration) -> std::pin::Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(std::future::ready(()))
    }

    fn jitter(&self) -> f64 {
        0.0
    }
}
