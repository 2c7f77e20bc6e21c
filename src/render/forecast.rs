//! What will happen, and when, for people and machines.

use std::fmt::{self, Write};

use jiff::{SignedDuration, Timestamp};
use schemars::JsonSchema;
use serde::Serialize;

use crate::model::Slot;
use crate::plan::{Action, Change, Event, Forecast, Lapsed, Reason, Step};

use super::json::OutlookDocument;
use super::outlook;
use super::style::{Style, Tone};
use super::view;
use super::words::{self, Block, day, minute};
use crate::text::escape::{columns, plain};

/// The version of the forecast document.
pub const FORECAST_VERSION: u32 = 1;

/// What will happen.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(title = "keyform forecast", deny_unknown_fields)]
pub struct ForecastDocument {
    /// The version of this document: 1.
    version: u32,
    /// The stack.
    stack: String,
    /// The portal's time, or the one that was asked for; RFC 3339.
    clock: String,
    /// Whether that is not the portal's time.
    simulated: bool,
    /// Until when it looks, RFC 3339.
    until: String,
    /// Seconds between two runs; null where the configuration does not say.
    cadence_seconds: Option<i64>,
    /// What is done, in order of time.
    events: Vec<EventDocument>,
    /// Credentials that are for some time without a live key, in order of time.
    gaps: Vec<GapDocument>,
    /// What something stands in the way of, each once.
    withheld: Vec<WithheldDocument>,
    /// From when on plans are refused by a limit, RFC 3339.
    refused_from: Option<String>,
    /// What there is at its end, if keyform never runs again.
    outlook: OutlookDocument,
    /// From when on it does not tell, if it was cut short; RFC 3339.
    cut_at: Option<String>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct EventDocument {
    /// RFC 3339.
    at: String,
    /// The credential.
    name: String,
    /// As in plans.
    action: String,
    /// The slot a key is issued into.
    issues: Option<u8>,
    /// When that key ends, RFC 3339.
    expires: Option<String>,
    /// The slots whose keys are revoked.
    revokes: Vec<u8>,
    /// Whether an item is deleted.
    deletes_item: bool,
    /// In words.
    text: String,
}

#[derive(Debug, Serialize, JsonSchema)]
struct GapDocument {
    name: String,
    /// RFC 3339.
    from: String,
    /// RFC 3339; null if not before the end of this forecast.
    to: Option<String>,
    /// Whether a fixed end says so.
    as_configured: bool,
}

#[derive(Debug, Serialize, JsonSchema)]
struct WithheldDocument {
    /// From when on, RFC 3339.
    at: String,
    name: String,
    action: String,
    /// The stable code of what blocks it; null where a sink stands in the way.
    code: Option<String>,
    /// In words.
    why: String,
}

impl ForecastDocument {
    /// The document of `forecast`.
    #[must_use]
    pub fn of(forecast: &Forecast) -> Self {
        let Forecast { start, until, cadence, events, gaps, withheld, refused, end, cut } = forecast;
        Self {
            version: FORECAST_VERSION,
            stack: start.stack.to_string(),
            clock: start.now.to_string(),
            simulated: start.simulated,
            until: until.to_string(),
            cadence_seconds: cadence.map(|cadence| cadence.as_secs()),
            events: events.iter().map(event_document).collect(),
            gaps: gaps
                .iter()
                .map(|gap| GapDocument {
                    name: gap.name.to_string(),
                    from: gap.from.to_string(),
                    to: gap.to.map(|to| to.to_string()),
                    as_configured: gap.as_configured,
                })
                .collect(),
            withheld: withheld
                .iter()
                .map(|Event { at, change }| WithheldDocument {
                    at: at.to_string(),
                    name: change.name.to_string(),
                    action: change.action.id().into(),
                    code: change.blocked.as_ref().map(|blocked| blocked.code().into()),
                    why: why(change),
                })
                .collect(),
            refused_from: refused.as_ref().map(|(at, _)| at.to_string()),
            outlook: OutlookDocument::of(end),
            cut_at: cut.map(|at| at.to_string()),
        }
    }
}

fn event_document(event: &Event) -> EventDocument {
    let Event { at, change } = event;
    EventDocument {
        at: at.to_string(),
        name: change.name.to_string(),
        action: change.action.id().into(),
        issues: change.issue().map(|issue| issue.slot.number()),
        expires: change.issue().map(|issue| issue.expires.to_string()),
        revokes: revoked(change).map(Slot::number).collect(),
        deletes_item: change.steps.contains(&Step::DeleteItem),
        text: done(event),
    }
}

fn revoked(change: &Change) -> impl Iterator<Item = Slot> {
    change.steps.iter().filter_map(|step| match step {
        Step::Revoke { slot } | Step::End { slot } => Some(*slot),
        _ => None,
    })
}

/// What is done, in a few words.
fn done(Event { at, change }: &Event) -> String {
    let old = change.reasons.iter().find_map(|reason| match reason {
        Reason::Due { slot, .. } | Reason::KeyExpired { slot, .. } | Reason::KeyDead { slot } => Some(*slot),
        _ => None,
    });
    match (change.action, change.issue()) {
        (Action::Rotate, Some(issue)) => {
            let from = old.map(|slot| format!("{slot} -> ")).unwrap_or_default();
            format!("slot {from}{}, until {}", issue.slot, day(issue.expires))
        }
        (Action::Replace, Some(issue)) => format!("new item, key in slot {}, until {}", issue.slot, day(issue.expires)),
        (Action::Retire, _) if change.steps.contains(&Step::DeleteItem) => {
            let slots: Vec<String> = revoked(change).map(|slot| slot.to_string()).collect();
            let revoke =
                if slots.is_empty() { String::new() } else { format!("revoke slot {}, ", slots.join(" and ")) };
            format!("{revoke}delete old item")
        }
        (Action::Retire, _) => {
            let slots: Vec<String> = revoked(change).map(|slot| slot.to_string()).collect();
            format!("revoke slot {}", slots.join(" and "))
        }
        _ => view::recap(change, *at),
    }
}

/// Why something is not done.
fn why(change: &Change) -> String {
    match &change.blocked {
        Some(blocked) => {
            let Block { why, resolve } = words::blocked(blocked);
            format!("{why}; {resolve}")
        }
        None => "a sink is asked only by apply whether it has the key".into(),
    }
}

/// Writes the forecast for a person.
pub fn human(forecast: &Forecast, style: Style, out: &mut impl Write) -> fmt::Result {
    let Forecast { start, until, cadence, events, gaps, withheld, refused, end, cut } = forecast;
    let mut head = vec![start.stack.to_string(), view::clock(start), format!("until {}", day(*until))];
    head.extend(cadence.map(|cadence| format!("a run every {}", every(cadence))));
    writeln!(out, "{}\n", head.join(&format!(" {} ", style.dot())))?;

    let mut lines: Vec<(Timestamp, Line<'_>)> = events.iter().map(|event| (event.at, Line::Event(event))).collect();
    lines.extend(gaps.iter().map(|gap| (gap.from, Line::Gap(gap))));
    // Within one moment as plans show it; a gap begins before what heals it.
    lines.sort_by_key(|(at, line)| (*at, matches!(line, Line::Event(_))));
    let names = events.iter().map(|event| &event.change.name).chain(gaps.iter().map(|gap| &gap.name));
    let wide = names.map(|name| name.as_str().len()).max().unwrap_or(0).clamp(14, 30);
    for (at, line) in &lines {
        let (symbol, name, words) = match line {
            Line::Event(event) => (view::symbol(event.change.action), &event.change.name, done(event)),
            Line::Gap(gap) => (view::symbol(Action::Report), &gap.name, gap_words(gap)),
        };
        let spelled = style.symbol(symbol);
        let shown = style.tone(symbol).map_or_else(|| spelled.to_owned(), |tone| style.paint(tone, spelled));
        let pad = 3usize.saturating_sub(columns(spelled));
        let words = plain(&words);
        write!(out, "  {}  {:pad$}{shown} {:<wide$}", day(*at), "", name.as_str())?;
        // Before the name stand a date and a symbol.
        let used = 18 + name.as_str().len().max(wide);
        if used + 2 + columns(&words) > style.width {
            writeln!(out, "\n{:20}{words}", "")?;
        } else {
            writeln!(out, "  {words}")?;
        }
    }
    if !lines.is_empty() {
        writeln!(out)?;
    }
    if !withheld.is_empty() {
        writeln!(out, "Not done, because something stands in the way\n")?;
        for Event { at, change } in withheld {
            let symbol = style.symbol(view::symbol(change.action));
            let pad = 3usize.saturating_sub(columns(symbol));
            let line = format!("  {}  {:pad$}{symbol} {}: {}", day(*at), "", change.name, plain(&why(change)));
            writeln!(out, "{}", style.broken(&line, 18))?;
        }
        writeln!(out)?;
    }
    if let Some((at, refused)) = refused {
        let line = format!(
            "From {} on plans are refused by a limit; nothing is done until then: {}",
            day(*at),
            words::command(refused)
        );
        writeln!(out, "{}", style.broken(&line, 2))?;
    }
    if let Some(at) = cut {
        let line =
            format!("Cut short: too much happens to look further than {}. Ask for less with --until.", minute(*at));
        writeln!(out, "{}", style.paint(Tone::Attention, &style.broken(&line, 2)))?;
    }
    let changes = if events.len() == 1 { "change" } else { "changes" };
    let summary = format!("{} {changes} until {}.  {}", events.len(), day(*until), lapses(gaps));
    writeln!(out, "{}", style.broken(&summary, 2))?;
    for sentence in outlook::sentences(end, " then") {
        let sentence = sentence.replacen("If keyform never ran again:", "If keyform never ran again after that:", 1);
        writeln!(out, "{}", style.broken(&sentence, 2))?;
    }
    Ok(())
}

enum Line<'a> {
    Event(&'a Event),
    Gap(&'a Lapsed),
}

fn gap_words(gap: &Lapsed) -> String {
    match (gap.to, gap.as_configured) {
        (_, true) => "its last key ends, as configured".into(),
        (None, false) => "NO LIVE KEY from here on".into(),
        (Some(to), false) => format!("NO LIVE KEY until {}", minute(to)),
    }
}

/// Who would lapse.
fn lapses(gaps: &[Lapsed]) -> String {
    let told = |as_configured: bool| {
        let names: Vec<String> = gaps
            .iter()
            .filter(|gap| gap.as_configured == as_configured)
            .map(|gap| format!("{} {}", gap.name, day(gap.from)))
            .collect();
        names.join(", ")
    };
    let (lapse, end) = (told(false), told(true));
    match (lapse.is_empty(), end.is_empty()) {
        (true, true) => "Nobody is ever without a live key.".into(),
        (true, false) => format!("Nobody lapses; as configured ends: {end}."),
        (false, true) => format!("Lapses: {lapse}."),
        (false, false) => format!("Lapses: {lapse}.  As configured ends: {end}."),
    }
}

/// A duration in its largest units.
pub(super) fn every(cadence: SignedDuration) -> String {
    let seconds = cadence.as_secs();
    match seconds {
        86_400 => "day".into(),
        _ if seconds % 86_400 == 0 => words::days(seconds / 86_400),
        _ if seconds % 3_600 == 0 => format!("{} hours", seconds / 3_600),
        _ if seconds % 60 == 0 => format!("{} minutes", seconds / 60),
        _ => format!("{seconds} seconds"),
    }
}

/// The schema of the forecast document.
#[must_use]
pub fn schema() -> serde_json::Value {
    schemars::schema_for!(ForecastDocument).to_value()
}
