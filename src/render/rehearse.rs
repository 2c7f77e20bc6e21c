//! What a rehearsal found, for people and machines.

use std::fmt::{self, Write};

use jiff::SignedDuration;
use schemars::JsonSchema;
use serde::Serialize;

use crate::model::{CredentialName, KeyEnd, Mode, Spec};
use crate::rehearse::{Disturbed, Left, Rehearsal, Stuck, Terms};

use super::forecast::every;
use super::style::{Style, Tone};
use super::words::{self, day, minute};
use crate::text::escape::plain;

/// The version of the rehearsal document.
pub const REHEARSAL_VERSION: u32 = 1;
/// How much of what went wrong is printed.
const SOME: usize = 20;

/// What was rehearsed, how, and what was found.
pub struct Rehearsed<'a> {
    /// The configuration.
    pub spec: &'a Spec,
    /// How.
    pub terms: &'a Terms,
    /// What was found.
    pub found: &'a Rehearsal,
}

/// What a rehearsal found.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(title = "keyform rehearsal", deny_unknown_fields)]
pub struct RehearsalDocument {
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
    lost: Vec<String>,
    /// What did not come back to what an undisturbed run leaves, in words.
    stuck: Vec<String>,
    /// What something stood in the way of in the undisturbed schedule.
    withheld: Vec<WithheldSeen>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct SinkSeen {
    name: String,
    place: String,
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
    why: String,
}

impl RehearsalDocument {
    /// The document of a rehearsal.
    #[must_use]
    pub fn of(rehearsed: &Rehearsed<'_>) -> Self {
        let Rehearsed { spec, terms, found } = rehearsed;
        Self {
            version: REHEARSAL_VERSION,
            stack: spec.stack.to_string(),
            start: terms.start.to_string(),
            days: terms.days,
            every_seconds: terms.every.as_secs(),
            runs: found.runs,
            requests: found.requests,
            sink_writes: found.sink_writes,
            crash_points: found.crash_points,
            worlds: found.worlds,
            recoveries: found.recoveries,
            instants: found.instants,
            sinks: found
                .seen
                .iter()
                .map(|seen| SinkSeen {
                    name: seen.name.to_string(),
                    place: seen.place.clone(),
                    keys: seen.keys.iter().map(ToString::to_string).collect(),
                })
                .collect(),
            lost: found.dark.iter().map(ToString::to_string).collect(),
            stuck: found.stuck.iter().map(stuck).collect(),
            withheld: found
                .withheld
                .iter()
                .map(|(at, name, blocked)| WithheldSeen {
                    name: name.to_string(),
                    at: at.to_string(),
                    by: blocked.code().into(),
                    why: words::blocked(blocked).why,
                })
                .collect(),
        }
    }
}

/// The JSON Schema of the document.
#[must_use]
pub fn schema() -> serde_json::Value {
    schemars::schema_for!(RehearsalDocument).to_value()
}

/// For a person.
pub fn human(rehearsed: &Rehearsed<'_>, style: Style, out: &mut impl Write) -> fmt::Result {
    let Rehearsed { spec, terms, found } = rehearsed;
    let dot = style.dot();
    writeln!(
        out,
        "keyform {} {dot} rehearsal of stack {} {dot} {} days from {}, a run every {}",
        env!("CARGO_PKG_VERSION"),
        spec.stack,
        terms.days,
        minute(terms.start),
        every(terms.every)
    )?;
    writeln!(out, "EMULATOR in memory {dot} no real sink is touched, no program is started\n")?;
    let width = |texts: &mut dyn Iterator<Item = usize>| texts.max().unwrap_or(0);
    let names = width(&mut spec.credentials.keys().map(|name| name.as_str().len()));
    let places = width(&mut found.seen.iter().map(|seen| seen.place.chars().count()));
    let over = terms.start.checked_add(SignedDuration::from_hours(24 * i64::from(terms.days))).unwrap_or(terms.start);
    for seen in &found.seen {
        let (Some(first), Some(last)) = (seen.keys.first(), seen.keys.last()) else { continue };
        let count = seen.keys.len();
        let keys = if count == 1 { "1 key" } else { "keys" };
        let keys = if count == 1 { keys.to_owned() } else { format!("{count} {keys}, the last {}", day(*last)) };
        let dark = found.dark.iter().any(|dark| dark.name == seen.name && dark.place == seen.place);
        let end = match spec.credentials.get(&seen.name).map(|want| &want.expiry.end) {
            _ if dark => style.paint(Tone::Delete, "LOST A KEY"),
            Some(KeyEnd::Until(end)) if *end <= over => format!("ends {}, as configured", day(*end)),
            Some(KeyEnd::Until(_) | KeyEnd::Lifetime(_)) | None => "never without".to_owned(),
        };
        let place = plain(&seen.place);
        writeln!(out, "  {:<names$}  {place:<places$}  from {}: {keys}, {end}", seen.name.as_str(), day(*first))?;
    }
    let served = |name: &CredentialName| found.seen.iter().any(|seen| seen.name == *name);
    for (name, want) in spec.credentials.iter().filter(|(name, _)| !served(name)) {
        let why = match want.mode {
            Mode::Observe => " (mode: observe)",
            Mode::Additive | Mode::Full => "",
        };
        writeln!(out, "  {:<names$}  no key was issued{why}", name.as_str())?;
    }
    if !spec.credentials.is_empty() {
        writeln!(out)?;
    }
    writeln!(
        out,
        "Runs       {}, with {} requests and {} sink writes",
        thousands(found.runs),
        thousands(found.requests),
        thousands(found.sink_writes)
    )?;
    if terms.crash {
        writeln!(
            out,
            "Killed at  {} points: 3 for each request, 2 for each sink write\n           they left {} different worlds, \
             taken up by {} runs",
            thousands(found.crash_points),
            thousands(found.worlds),
            thousands(found.recoveries)
        )?;
    }
    writeln!(out, "Asked      {} times whether an application's key works\n", thousands(found.instants))?;
    for (at, name, blocked) in &found.withheld {
        let why = words::blocked(blocked).why;
        writeln!(out, "Withheld from {} on: {name}: {} ({})", day(*at), plain(&why), blocked.code())?;
    }
    some(found.dark.iter().map(ToString::to_string), found.dark.len(), out)?;
    some(found.stuck.iter().map(stuck), found.stuck.len(), out)?;
    let verdict = if found.is_good() {
        "No application was without a working key at any instant.".to_owned()
    } else if found.dark.is_empty() {
        format!("No application was without a working key, but {} runs did not come to rest.", found.stuck.len())
    } else {
        format!("{} times an application was without a working key.", found.dark.len())
    };
    writeln!(out, "{verdict}")
}

fn some(lines: impl Iterator<Item = String>, all: usize, out: &mut impl Write) -> fmt::Result {
    for line in lines.take(SOME) {
        writeln!(out, "  {}", plain(&line))?;
    }
    if all > SOME {
        writeln!(out, "  and {} more; --json has all of them", all - SOME)?;
    }
    Ok(())
}

fn stuck(Stuck { run, left }: &Stuck) -> String {
    let run = match run {
        Disturbed::Not { at } => at.to_string(),
        Disturbed::Killed { number, what, moment } => format!("killed at request {number} ({what}, {moment:?})"),
    };
    let left = left.iter().map(|left| match left {
        Left::Failed { name, error } => format!("credential.{name}: {error}"),
        Left::Blocked { name, by } => format!("credential.{name}: {}", words::blocked(by).why),
        Left::Leased => "the lease is held by nobody".to_owned(),
        Left::Stale { moved } => format!("the portal changed after the plan was made: {moved}"),
        Left::Unread { why } => why.clone(),
        Left::Stray { keys } => format!("keys are live that nobody was given: {}", keys.join(", ")),
    });
    format!("{run}: {}", left.collect::<Vec<_>>().join("; "))
}

/// A number that can be read.
fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::thousands;

    #[test]
    fn numbers_are_grouped_by_three() {
        assert_eq!([0, 999, 1000, 1_234_567].map(thousands), ["0", "999", "1,000", "1,234,567"]);
    }
}
