//! What a rehearsal found, for machines.

use schemars::JsonSchema;
use serde::Serialize;

use super::{RehearsalView, SeenView};
use crate::rehearse::Counted;
use crate::render::json::texts;
use crate::render::raw::Raw;

/// The version of the rehearsal document.
pub(crate) const REHEARSAL_VERSION: u32 = 1;
/// What a rehearsal found.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(title = "keyform rehearsal", deny_unknown_fields)]
pub(crate) struct RehearsalDocument {
    /// The version of this document: 1.
    version: u32,
    /// The stack.
    stack: String,
    /// When the first run was, RFC 3339.
    start: String,
    /// How many days were simulated.
    days: u32,
    /// Seconds between two runs.
    every_seconds: i64,
    /// Runs of the undisturbed schedule.
    runs: u64,
    /// Requests of those, as the portal counted them.
    requests: u64,
    /// Sink writes of those, as the sinks counted them.
    sink_writes: u64,
    /// Points at which a run was killed: 3 for each request, 2 for each sink write.
    crash_points: u64,
    /// How many of those left a world that no other point of the same run had left.
    worlds: u64,
    /// Runs that took up what a killed one left.
    recoveries: u64,
    /// How often an application was asked whether its key works.
    instants: u64,
    /// What each sink held over time, undisturbed.
    sinks: Vec<SinkSeen>,
    /// Applications that were found without a working key, in words.
    lost: Vec<Raw>,
    /// What did not come back to what an undisturbed run leaves, in words.
    stuck: Vec<Raw>,
    /// What was blocked in the undisturbed schedule.
    withheld: Vec<WithheldSeen>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct SinkSeen {
    name: String,
    place: Raw,
    /// When a key first stood there, and when another took its place; RFC 3339.
    keys: Vec<String>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct WithheldSeen {
    name: String,
    /// From when on, RFC 3339.
    at: String,
    /// A code, see the documentation.
    by: String,
    why: Raw,
}

impl RehearsalDocument {
    pub(crate) fn of(view: &RehearsalView<'_>) -> Self {
        let RehearsalView { stack, start, days, every, counted, seen, lost, stuck, withheld, .. } = view;
        let Counted { runs, requests, sink_writes, crash_points, worlds, recoveries, instants } = *counted;
        Self {
            version: REHEARSAL_VERSION,
            stack: stack.to_string(),
            start: start.to_string(),
            days: *days,
            every_seconds: every.as_secs(),
            runs,
            requests,
            sink_writes,
            crash_points,
            worlds,
            recoveries,
            instants,
            sinks: seen
                .iter()
                .map(|SeenView { name, place, keys, end: _ }| SinkSeen {
                    name: name.to_string(),
                    place: place.clone(),
                    keys: texts(*keys),
                })
                .collect(),
            lost: lost.clone(),
            stuck: stuck.clone(),
            withheld: withheld
                .iter()
                .map(|(at, name, by, why)| WithheldSeen {
                    name: name.to_string(),
                    at: at.to_string(),
                    by: (*by).into(),
                    why: why.clone(),
                })
                .collect(),
        }
    }
}
