//! One credential, for a person.

use std::fmt::{self, Write};

use super::{AtPortal, By, ExplainView, ValueView};
use crate::model::Leaving;
use crate::render::style::{Style, Tone};
use crate::render::view::ChangeView;
use crate::render::view::Place;
use crate::render::words;
use crate::text::escape::{Shown, columns, shown};

/// Where values begin, counted from 0.
const VALUE: usize = 24;
/// The columns that a value may take before its source goes to a line of its own.
const WIDEST: usize = 44;
/// The columns between a value and its source.
const GAP: usize = 3;

/// Writes what the configuration says, and what the portal shows, if it was asked.
pub(crate) fn human(view: &ExplainView<'_>, style: Style, out: &mut String) -> fmt::Result {
    configured(view, style, out)?;
    at_portal(view, style, out)
}

fn configured(view: &ExplainView<'_>, style: Style, out: &mut String) -> fmt::Result {
    let address = format!("credential.{}", view.name);
    let source = view.source.as_ref().map_or_else(|| shown("not in the configuration"), Place::shown);
    let title = style.paint(Tone::Attention, &address);
    match style.width.checked_sub(columns(&address) + source.columns()) {
        Some(room @ 2..) => writeln!(out, "{title}{:room$}{source}", "")?,
        _ => writeln!(out, "{title}\n{source:>width$}", width = style.width)?,
    }
    if let Some(removed) = &view.removed {
        writeln!(out)?;
        let then = match removed.then {
            Leaving::Destroy => "destroy: its keys are revoked and its item is deleted",
            Leaving::Forget => "forget: keyform lets go of it, and its keys live on",
        };
        row(out, "removed", then)?;
        if let Some(at) = removed.not_before {
            row(out, "not_before", &words::day(at))?;
        }
        if let Some(because) = &removed.because {
            row(out, "because", because.shown().as_str())?;
        }
    }
    if view.settings.is_none() {
        return Ok(());
    }
    writeln!(out)?;
    settings(view, style, out)?;
    if let Some(runs) = view.runs_may_fail {
        let runs = match runs {
            0 => "No scheduled run may fail".to_owned(),
            1 => "1 scheduled run may fail".to_owned(),
            runs => format!("{runs} scheduled runs in a row may fail"),
        };
        let sentence = format!("{runs} before a renewal is too late for its whole overlap.");
        writeln!(out, "\n{}", style.broken(&sentence, 2))?;
    }
    Ok(())
}

/// Every setting with its value, and where that comes from.
fn settings(view: &ExplainView<'_>, style: Style, out: &mut String) -> fmt::Result {
    let text = |key: &str, value: &ValueView| match &value.text {
        Some(text) if key == "description" => text.shown().within(WIDEST, style.ascii),
        Some(text) => text.shown(),
        None => shown("none"),
    };
    let settings = || view.settings.iter().flatten();
    let all = || settings().flat_map(|setting| setting.values.iter().map(|value| (setting.key, value)));
    let sources = all().map(|(_, value)| origin(value).columns()).max().unwrap_or(0);
    let room = style.width.saturating_sub(VALUE + GAP + sources).min(WIDEST);
    let wide = all().map(|(key, value)| text(key, value).columns()).filter(|wide| *wide <= room).max().unwrap_or(0);
    for setting in settings() {
        for (index, value) in setting.values.iter().enumerate() {
            let key = if index == 0 { setting.key } else { "" };
            let text = text(setting.key, value);
            let from = origin(value);
            let from = if value.by == By::Default { style.paint(Tone::Quiet, from.as_str()) } else { from.to_string() };
            let label = VALUE - 2;
            match wide.checked_sub(text.columns()) {
                Some(pad) => writeln!(out, "  {key:<label$}{text}{:pad$}{from}", "", pad = pad + GAP)?,
                None => writeln!(out, "  {key:<label$}{text}\n{:pad$}{from}", "", pad = VALUE + wide + GAP)?,
            }
        }
    }
    Ok(())
}

fn origin(value: &ValueView) -> Shown {
    let Some(place) = value.source.as_ref().map(Place::shown) else { return shown("default") };
    match &value.by {
        By::Default | By::Itself => place,
        By::Defaults => shown(&format!("{place} (defaults)")),
        By::Profile(name) => shown(&format!("{place} (profile {})", name.shown())),
    }
}

/// What the portal shows and what happens next.
fn at_portal(view: &ExplainView<'_>, style: Style, out: &mut String) -> fmt::Result {
    let Some(AtPortal { plan, changes, matches, keys, notes }) = &view.portal else { return Ok(()) };
    let head = &plan.head;
    let place = if head.emulator { shown("the built-in portal (EMULATOR)") } else { head.url.shown() };
    writeln!(out, "\nAt {place}, {}\n", words::minute(head.now))?;
    if changes.is_empty() {
        let nothing =
            if *matches { "the portal matches the configuration" } else { "the portal has nothing of this name" };
        row(out, "nothing to do", nothing)?;
    }
    for change in changes {
        decision(change, style, out)?;
    }
    for (key, next) in keys {
        let age = if key.current { "current" } else { "not current" };
        let until = key.expires.map_or_else(
            || "end unknown".to_owned(),
            |at| format!("until {} ({})", words::day(at), words::days(words::days_to(at, head.now))),
        );
        let (seen, all) = key.sinks;
        let hold = if all == 1 { "sink holds it" } else { "sinks hold it" };
        wrapped(out, &format!("slot {}", key.slot), &format!("{age}, {until}, {seen} of {all} {hold}"), style)?;
        wrapped(out, "  next", next.shown().as_str(), style)?;
    }
    for note in notes {
        wrapped(out, "note", note.shown().as_str(), style)?;
    }
    Ok(())
}

fn decision(change: &ChangeView, style: Style, out: &mut String) -> fmt::Result {
    let action = format!("{} {}", style.symbol(change.symbol), change.action.id().replace('_', " "));
    let mut label = action.as_str();
    for reason in &change.reasons {
        wrapped(out, label, reason.text.shown().as_str(), style)?;
        label = "";
    }
    row(out, "  cause", change.cause.id())?;
    if !change.fields.is_empty() {
        let fields = change.fields.iter().map(|field| field.field).collect::<Vec<_>>().join(", ");
        wrapped(out, "  differs in", &fields, style)?;
    }
    if let Some((slot, issue)) = &change.issue {
        row(out, "  new key", &format!("slot {slot}: {issue}"))?;
    }
    for slot in &change.revokes {
        row(out, "  revokes", &format!("slot {slot}"))?;
    }
    if let Some(blocked) = &change.blocked {
        row(out, "  blocked by", blocked.code)?;
        wrapped(out, "", blocked.why.shown().as_str(), style)?;
        wrapped(out, "  do", blocked.resolve.shown().as_str(), style)?;
    }
    Ok(())
}

fn row(out: &mut String, label: &str, text: &str) -> fmt::Result {
    let pad = (VALUE - 2).saturating_sub(columns(label));
    writeln!(out, "  {label}{:pad$}{text}", "")
}

fn wrapped(out: &mut String, label: &str, text: &str, style: Style) -> fmt::Result {
    let narrow = Style { width: style.width.saturating_sub(VALUE), ..style };
    for (index, line) in narrow.broken(text, 0).lines().enumerate() {
        row(out, if index == 0 { label } else { "" }, line)?;
    }
    Ok(())
}
