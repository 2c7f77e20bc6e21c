//! One reading of portal and sinks, the same for what shows and for what writes.

use jiff::Timestamp;

use crate::clock::ServerClock;
use crate::live::{Gathering, LiveError, Progress, SinkReader};
use crate::model::{Delivery, Live, Spec};
use crate::plan::{self, Plan};
use crate::portal::{Hello, ReadPortal};
use crate::sink::{Look, Sinks};

use super::Host;

/// Which sinks a reading asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ask {
    /// Those that can be read without starting a program.
    ReadableSinks,
    /// All, `check` programs included: in apply only.
    EverySink,
}

/// What is there, as of now: a slot whose date has passed is empty.
#[derive(Clone, Debug)]
pub struct Reading {
    /// What was found.
    pub live: Live,
    /// The portal's time when it had been read, to the second.
    pub now: Timestamp,
}

impl Reading {
    /// What would make it match `spec`.
    pub(crate) fn plan(&self, spec: &Spec) -> Plan {
        plan::plan(spec, &self.live, self.now)
    }

    /// The same if nobody touches it until `at`.
    pub(crate) fn plan_at(&self, spec: &Spec, at: Timestamp) -> Plan {
        Plan { simulated: true, ..plan::plan(spec, &plan::as_of(self.live.clone(), at), at) }
    }
}

/// Reads everything that a plan for `spec` needs to know.
pub async fn read(host: &Host<'_>, spec: &Spec, ask: Ask, progress: &impl Progress) -> Result<Reading, LiveError> {
    let reader = Reader { sinks: host.sinks, ask };
    let reading = gather(host.portal, host.hello, host.clock, spec, &reader, host.parallel, progress).await;
    progress.end();
    reading
}

/// The same by whatever portal and sinks can be read.
pub async fn gather(
    portal: &impl ReadPortal,
    hello: &Hello,
    clock: &ServerClock,
    spec: &Spec,
    reader: &impl SinkReader,
    parallel: usize,
    progress: &dyn Progress,
) -> Result<Reading, LiveError> {
    let reading = |live: Live| {
        let now = clock.now_in_seconds();
        Reading { live: plan::as_of(live, now), now }
    };
    let mut gathering = Gathering::begin(portal, spec, hello, reader, parallel, progress).await?;
    let first = reading(gathering.live().await?);
    let plan = first.plan(spec);
    let makes = !first.live.complete && plan.makes_an_item();
    let granted: Vec<_> = plan.grants().filter(|id| !first.live.referenced.contains_key(*id)).cloned().collect();
    if !makes && granted.is_empty() {
        return Ok(first);
    }
    if makes {
        // What is made must not be there already, so every folder is looked into.
        gathering.all().await?;
    }
    gathering.look_at(granted);
    Ok(reading(gathering.live().await?))
}

struct Reader<'a> {
    sinks: &'a Sinks,
    ask: Ask,
}

impl SinkReader for Reader<'_> {
    async fn look(&self, delivery: &Delivery) -> Look {
        self.sinks.look(delivery, self.ask == Ask::EverySink).await
    }
}
