//! One run of keyform on a world: what `apply` does, in this process.

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use crate::apply::Report;
use crate::emulator::State;
use crate::http::{Backoff, HttpBackend};
use crate::live::{Progress, Reading, Unwatched};
use crate::model::{CredentialName, Diagnostic, Secret, Spec};
use crate::plan::{Action, Change, Gap, Plan};
use crate::portal::{Hello, Http, HttpOptions, ReadPortal, SignIn};
use crate::run::{self, Approve, Ask, Asked, Events, Host, Stop, Verdict};
use crate::sink::{Shelf, Sinks};

use super::world::World;

/// How a run ended.
#[derive(Debug)]
#[expect(missing_docs, reason = "a field is what it is called")]
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
    /// Before the lease was held something came up that had not been shown, so nothing was done.
    Stale {
        /// Of the first of it, the credential.
        name: CredentialName,
        /// What was to be done to it.
        action: Action,
    },
    /// It could not read.
    Failed { why: String },
}

impl Ended {
    /// What it had planned, if it came so far.
    #[must_use]
    pub const fn plan(&self) -> Option<&Plan> {
        match self {
            Self::Ran { plan, .. } => Some(plan),
            Self::Leased | Self::Stale { .. } | Self::Failed { .. } => None,
        }
    }

    /// Whether it did everything that its plan said and nothing was in the way.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        match self {
            Self::Ran { plan, report } => {
                plan.blocked().next().is_none() && report.as_ref().is_none_or(|report| report.failed().next().is_none())
            }
            Self::Leased | Self::Stale { .. } | Self::Failed { .. } => false,
        }
    }
}

fn failed(error: impl Into<Diagnostic>) -> Ended {
    Ended::Failed { why: error.into().in_a_line() }
}

/// Signs in, and hears from the portal for the first time.
async fn sign_in(world: &Arc<World>, spec: &Spec) -> Result<(Http, Hello), Ended> {
    let token = Secret::new(world.with(State::user_token));
    let backend: Arc<dyn HttpBackend> = Arc::clone(world) as _;
    let options = HttpOptions {
        product: spec.portal.product,
        backend: Some(backend),
        backoff: Arc::new(WorldBackoff(Arc::clone(world))),
        ..HttpOptions::new("https://rehearsal.invalid", SignIn::Token { token, referer: None })
    };
    let portal = Http::new(options).map_err(|error| failed(&error))?;
    let hello = portal.hello().await.map_err(|error| failed(&error))?;
    Ok((portal, hello))
}

/// Reads and plans, and does nothing.
pub async fn look(world: &Arc<World>, spec: &Spec) -> Ended {
    on(world, spec, true, async |host| match run::read(host, spec, Ask::EverySink, &Unwatched).await {
        Ok(reading) => Ended::Ran { plan: Box::new(reading.plan(spec)), report: None },
        Err(error) => failed(&error),
    })
    .await
}

/// What `apply` does; under a lease unless told otherwise.
pub async fn run(world: &Arc<World>, spec: &Spec, lease: bool) -> Ended {
    on(world, spec, lease, async |host| {
        // What the last run announced may have come late, but not as late as this.
        world.announce(Vec::new());
        match run::apply(host, spec, &Everything, &Announces(world)).await {
            run::Ended::Idle(plan) => Ended::Ran { plan, report: None },
            run::Ended::Ran { plan, report, stopped: _, leased_until: _ } => Ended::Ran { plan, report: Some(report) },
            run::Ended::Stopped(Stop::NoLease(_)) => Ended::Leased,
            run::Ended::Stopped(Stop::Unread(error)) => failed(&error),
            run::Ended::Stopped(Stop::Refused(plan)) => Ended::Ran { plan, report: None },
            run::Ended::Stopped(Stop::Stale { name, action }) => Ended::Stale { name, action },
            run::Ended::Stopped(Stop::Asked) => Ended::Failed { why: "somebody asked it to stop".into() },
            run::Ended::ReadOnly => Ended::Failed { why: "the portal is read-only".into() },
            run::Ended::NotApproved => Ended::Failed { why: "nobody approved".into() },
        }
    })
    .await
}

/// Signs in, and goes on with what a run needs.
pub(super) async fn on(
    world: &Arc<World>,
    spec: &Spec,
    lease: bool,
    then: impl AsyncFnOnce(&Host<'_>) -> Ended,
) -> Ended {
    let (portal, hello) = match sign_in(world, spec).await {
        Ok(portal) => portal,
        Err(ended) => return ended,
    };
    let sinks = Sinks::on(Arc::clone(world) as Arc<dyn Shelf>);
    let (portal, hello, sinks) = (&portal, &hello, &sinks);
    let (clock, stop) = (&world.clock(hello.now), &Asked::default());
    then(&Host { portal, hello, sinks, clock, parallel: 16, settle: Duration::ZERO, lease, stop }).await
}

/// Wants whatever is planned.
struct Everything;

impl Approve for Everything {
    fn see(&self, _: &Plan) -> Verdict {
        Verdict::Approved
    }
}

/// Tells applications what a plan admits to: they hold nothing against it.
struct Announces<'a>(&'a World);

impl Events for Announces<'_> {
    fn planned(&self, _: &Plan) {}

    fn begins(&self, plan: &Plan) {
        let told = |change: &&Change| {
            let gap = change.told.safety.and_then(|safety| safety.gap);
            change.action == Action::Destroy || matches!(gap, Some(Gap::InPlace { .. } | Gap::BreakGlass { .. }))
        };
        self.0.announce(plan.runnable().filter(told).map(|change| change.name.clone()).collect());
    }

    fn goes_on(&self, _: &Report) {}

    fn leased(&self, _: Option<Timestamp>) {}
}

impl crate::apply::Events for Announces<'_> {
    fn event(&self, _: &crate::apply::Event<'_>) {}
}

impl Progress for Announces<'_> {
    fn step(&self, _: usize, _: usize, _: Reading) {}
}

/// Waiting lets the world's time pass.
struct WorldBackoff(Arc<World>);

impl Backoff for WorldBackoff {
    fn now(&self) -> Duration {
        Duration::from_millis(u64::try_from(self.0.now().as_millisecond()).unwrap_or_default())
    }

    fn sleep(&self, time: Duration) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        self.0.wait(time);
        Box::pin(std::future::ready(()))
    }

    fn jitter(&self) -> f64 {
        0.0
    }
}
