//! A plan for a person.

use std::collections::BTreeSet;
use std::fmt::{self, Write};

use super::style::{Style, Tone};
use super::view::{
    ChangeView, Head, KeyLine, Kind, Next, NoteView, Place, PlanView, RefusedView, Row, TakenView, Value,
};
use super::{outlook, timeline, words};
use crate::model::{CredentialName, Product};
use crate::text::escape::{Shown, columns, shown};

/// Where the headline begins, counted from 0.
const REASON: usize = 43;
/// Where the value of a field begins.
const VALUE: usize = 20;
/// How many credentials a refusal names.
const NAMED: usize = 20;

/// Writes the plan. Text goes to `out`; nothing is looked up, nothing is decided.
pub(crate) fn plan(view: &PlanView, style: Style, out: &mut String) -> fmt::Result {
    header(&view.head, style, out)?;
    if view.changes.is_empty() && view.taken.is_empty() {
        reported(view, style, out)?;
        notes(&view.notes, style, out)?;
        return no_changes(view, style, out);
    }
    if view.head.first {
        let first = format!(
            "Nothing on the portal carries the marker of stack {} yet: this is its first apply.",
            view.head.stack
        );
        writeln!(out, "{}\n", style.broken(&first, 2))?;
    }
    legend(view, style, out)?;
    for change in &view.changes {
        title(&Title::of(change), style, out)?;
        rows(&change.rows, style, out)?;
        writeln!(out)?;
    }
    taken_away(&view.taken, style, out)?;
    reported(view, style, out)?;
    notes(&view.notes, style, out)?;
    let touched: BTreeSet<&CredentialName> = view.changes.iter().map(|change| &change.name).collect();
    let keys: Vec<&KeyLine> = view.keys_after.iter().filter(|key| touched.contains(&key.name)).collect();
    timeline::write("Keys in use after this plan", &keys, view.head.now, style, out)?;
    guards(view, style, out)?;
    recap(view, style, out)?;
    if !view.changes.is_empty() {
        writeln!(out)?;
    }
    writeln!(out, "{}", style.broken(view.summary.sentence().as_str(), 2))?;
    noted(view, style, out)?;
    for sentence in outlook::sentences(&view.outlook_after, ", and this plan gives none") {
        writeln!(out, "{}", style.broken(&sentence, 2))?;
    }
    if let Some(until) = &view.until {
        let (at, what) = (words::minute(until.at), &until.text);
        writeln!(out, "{}", style.broken(&format!("Correct until {at} ({what}) or until the portal changes."), 2))?;
    }
    refused(view, style, out)
}

/// Writes why nothing of the plan may be carried out, if so, and what carries it out all the same.
pub(crate) fn refused(view: &PlanView, style: Style, out: &mut String) -> fmt::Result {
    let Some(RefusedView { over, urgent: _, goes, command }) = &view.refused else { return Ok(()) };
    for over in over {
        writeln!(out, "\n{}", style.paint(Tone::Attention, &style.broken(over.text.as_str(), 2)))?;
        let wide = over.names.iter().map(|(name, _, _)| columns(name.as_str())).max().unwrap_or(0);
        for (name, symbol, lost) in over.names.iter().take(NAMED) {
            let line = format!("  {} {:<wide$}   {lost}", style.symbol(symbol), name.as_str());
            writeln!(out, "{}", style.broken(line.trim_end(), 6))?;
        }
        if let Some(more) = over.names.len().checked_sub(NAMED).filter(|more| *more > 0) {
            writeln!(out, "  and {more} more")?;
        }
    }
    let command = command.shown();
    if goes.is_empty() {
        return writeln!(out, "Nothing was changed.  If this is intended: {command}");
    }
    let goes: Vec<&str> = goes.iter().map(CredentialName::as_str).collect();
    let line = format!("Only what cannot wait is done, since its key could end: {}.", goes.join(", "));
    writeln!(out, "{}\nIf the rest is intended: {command}", style.broken(&line, 2))
}

pub(super) fn header(head: &Head, style: Style, out: &mut String) -> fmt::Result {
    let place = if head.emulator { "EMULATOR".to_owned() } else { head.url.shown().to_string() };
    let version = head.version.as_ref().filter(|_| head.product == Product::Enterprise);
    let version = version.map(|version| format!(" {version}")).unwrap_or_default();
    let first = [
        format!("keyform {}", env!("CARGO_PKG_VERSION")),
        format!("stack {}", head.stack),
        format!("{place} ({}{version})", head.product),
    ];
    let dot = format!(" {} ", style.dot());
    flow(first.iter().map(|part| (style.paint(Tone::Attention, part), columns(part))), &dot, style, out)?;
    let credentials = if head.read == 1 { "credential" } else { "credentials" };
    let mut second = vec![
        format!("config {}", head.file.shown()),
        format!("account {}", head.account.shown()),
        format!("clock {}", head.clock()),
        format!("read {} {credentials}", head.read),
    ];
    second.extend(head.partial.then(|| "PARTIAL".to_owned()));
    // The header has two lines; `doctor` and the JSON name the account as well.
    if columns(&second.join(&dot)) > style.width {
        second.remove(1);
    }
    flow(second.into_iter().map(|part| (part.clone(), columns(&part))), &dot, style, out)?;
    writeln!(out)
}

/// Parts on one line, or on more where the width asks for it. Each part comes with its columns, which colour hides.
fn flow(parts: impl Iterator<Item = (String, usize)>, between: &str, style: Style, out: &mut String) -> fmt::Result {
    let mut used = 0;
    for (part, wide) in parts {
        if used > 0 && used + columns(between) + wide > style.width {
            write!(out, "\n  {part}")?;
            used = 2 + wide;
        } else if used > 0 {
            write!(out, "{between}{part}")?;
            used += columns(between) + wide;
        } else {
            write!(out, "{part}")?;
            used = wide;
        }
    }
    writeln!(out)
}

fn no_changes(view: &PlanView, style: Style, out: &mut String) -> fmt::Result {
    let matching = view.unchanged.len();
    let credentials = if matching == 1 { "credential matches" } else { "credentials match" };
    let next = view
        .next
        .as_ref()
        .map(|(at, next, name)| format!("; next action {} ({} {name})", words::day(*at), next.map_or("", Next::verb)));
    let line = format!("No changes. {matching} {credentials} the configuration{}.", next.unwrap_or_default());
    writeln!(out, "{}", style.paint(Tone::Create, &style.broken(&line, 2)))?;
    noted(view, style, out)
}

/// What the next apply notes, and nobody sees.
fn noted(view: &PlanView, style: Style, out: &mut String) -> fmt::Result {
    if view.noted.is_empty() {
        return Ok(());
    }
    let who = listed(view.noted.iter().map(|change| &change.name));
    writeln!(out, "{}", style.broken(&format!("Apply notes that configuration and portal agree: {who}."), 2))
}

fn legend(view: &PlanView, style: Style, out: &mut String) -> fmt::Result {
    let entries = view.legend.iter().enumerate().map(|(n, (symbol, words))| {
        let head = if n == 0 { "Symbols:  " } else { "" };
        let wide = columns(head) + columns(style.symbol(symbol)) + 1 + columns(words);
        (format!("{head}{} {words}", style.painted(symbol)), wide)
    });
    flow(entries, "   ", style, out)?;
    writeln!(out)
}

/// The first line about a change.
pub(super) struct Title<'v> {
    pub(super) symbol: &'static str,
    pub(super) address: &'v Shown,
    pub(super) headline: &'v Shown,
    pub(super) widens: bool,
    pub(super) source: Option<&'v Place>,
}

impl<'v> Title<'v> {
    fn of(change: &'v ChangeView) -> Self {
        let ChangeView { symbol, address, headline, source, .. } = change;
        Self { symbol, address, headline, widens: change.widens(), source: source.as_ref() }
    }
}

/// Symbol right-aligned in columns 1 to 3, address from 5, headline from 44, the rest right-aligned at the width.
pub(super) fn title(title: &Title<'_>, style: Style, out: &mut String) -> fmt::Result {
    let Title { symbol, address, headline, widens, source } = title;
    let pad = 3usize.saturating_sub(columns(style.symbol(symbol)));
    let widens = if *widens { "WIDENS" } else { "" };
    let source = source.map(Place::shown).unwrap_or_default();
    let right = [widens, source.as_str()].iter().filter(|part| !part.is_empty()).copied().collect::<Vec<_>>();
    let right_columns = columns(&right.join("  "));
    let right_shown = right
        .iter()
        .map(|part| if *part == "WIDENS" { style.paint(Tone::Inverse, part) } else { style.paint(Tone::Quiet, part) })
        .collect::<Vec<_>>()
        .join("  ");

    let symbol = style.painted(symbol);
    write!(out, "{:pad$}{symbol} {}", "", style.paint(Tone::Attention, address.as_str()))?;
    let mut at = 4 + address.columns();
    if at >= REASON {
        writeln!(out)?;
        at = 0;
    }
    write!(out, "{:1$}{2}", "", REASON - at, headline)?;
    at = REASON + headline.columns();
    let room = style.width.saturating_sub(at + right_columns);
    if right_columns == 0 {
        writeln!(out)
    } else if room >= 2 {
        writeln!(out, "{:room$}{right_shown}", "")
    } else {
        writeln!(out, "\n{:1$}{right_shown}", "", style.width.saturating_sub(right_columns))
    }
}

/// The rows of a change; members of one label name it once.
pub(super) fn rows(rows: &[Row], style: Style, out: &mut String) -> fmt::Result {
    let mut before: Option<&Row> = None;
    for row in rows {
        let Row { label, text, kind } = row;
        let once = if before.is_some_and(|before| before.label == *label) { "" } else { label.as_str() };
        match kind {
            Kind::Line => pair(out, label.as_str(), text.as_str()),
            Kind::Sentence => wrapped(out, label.as_str(), text, style),
            Kind::Member => pair(out, once, text.as_str()),
            Kind::Added => pair(out, once, &format!("+ {text}")),
            Kind::Removed => pair(out, once, &format!("- {text}")),
            Kind::Unchanged => pair(out, "", &format!("  {text}")),
            Kind::Value { have: None, want } => pair(out, label.as_str(), &value(want, style)),
            Kind::Value { have: Some(have), want } => {
                pair(out, label.as_str(), &format!("{} -> {}", value(have, style), value(want, style)))
            }
            Kind::Delivery { sink, place, escrow } => {
                let escrow = if *escrow { "  escrow" } else { "" };
                pair(out, once, &format!("{sink:<18} {place}{escrow}"))
            }
        }?;
        before = Some(row);
    }
    Ok(())
}

fn pair(out: &mut String, name: &str, value: &str) -> fmt::Result {
    writeln!(out, "      {name:<13} {value}")
}

/// A long text under its name, broken at blanks.
fn wrapped(out: &mut String, name: &str, text: &Shown, style: Style) -> fmt::Result {
    let narrow = Style { width: style.width.saturating_sub(VALUE).max(30), ..style };
    for (index, line) in narrow.broken(text.as_str(), 0).split('\n').enumerate() {
        pair(out, if index == 0 { name } else { "" }, line)?;
    }
    Ok(())
}

fn value(value: &Value, style: Style) -> String {
    match value {
        Value::Quoted(text) => {
            let room = style.width.saturating_sub(VALUE + 8).max(20) / 2;
            format!("\"{}\"", text.within(room, style.ascii))
        }
        Value::Word(word) => word.to_string(),
    }
}

/// What was taken away in the portal: who lost what, and both ways out.
pub(super) fn taken_away(all: &[TakenView], style: Style, out: &mut String) -> fmt::Result {
    if all.is_empty() {
        return Ok(());
    }
    writeln!(out, "{}\n", words::NOT_BY_KEYFORM)?;
    for taken in all {
        let keys = if taken.keys_live { "keys live" } else { "no live key" };
        let since = taken.since.map(|at| format!("   since {}", words::day(at))).unwrap_or_default();
        let head = format!("{}   {keys}; not given back unattended{since}", taken.headline);
        writeln!(out, "  {} {}", style.painted("!"), style.broken(&head, 6))?;
        if taken.names().len() > 1 {
            members("credentials", taken.names(), style, out)?;
        }
        wrapped(out, "restore", &taken.restore.shown(), style)?;
        wrapped(out, "accept", &taken.accept.shown(), style)?;
        writeln!(out)?;
    }
    Ok(())
}

/// The first of many.
pub(super) fn members<T: ToString>(
    label: &str,
    all: impl ExactSizeIterator<Item = T>,
    style: Style,
    out: &mut String,
) -> fmt::Result {
    wrapped(out, label, &shown(&listed(all)), style)
}

fn listed<T: ToString>(all: impl ExactSizeIterator<Item = T>) -> String {
    let more = all.len().saturating_sub(words::NAMED);
    let mut first: Vec<String> = all.take(words::NAMED).map(|one| one.to_string()).collect();
    first.extend((more > 0).then(|| format!("and {more} more")));
    first.join(", ")
}

fn reported(view: &PlanView, style: Style, out: &mut String) -> fmt::Result {
    if view.reports.is_empty() {
        return Ok(());
    }
    writeln!(out, "Found in the portal, nothing will be done\n")?;
    for change in &view.reports {
        title(&Title::of(change), style, out)?;
        rows(&change.rows, style, out)?;
        writeln!(out)?;
    }
    Ok(())
}

pub(super) fn notes(all: &[NoteView], style: Style, out: &mut String) -> fmt::Result {
    for note in all {
        let name = note.name.as_ref().map(|name| format!("{name}: ")).unwrap_or_default();
        let text = style.broken(&format!("Note {name}{}", note.text.shown()), 2);
        let text = text.trim_start_matches("Note");
        writeln!(out, "{}{text}", style.paint(Tone::Attention, "Note"))?;
    }
    if all.is_empty() { Ok(()) } else { writeln!(out) }
}

/// How much of each limit is used, if any limit was set or is used.
fn guards(view: &PlanView, style: Style, out: &mut String) -> fmt::Result {
    if view.guards.iter().all(|limit| limit.source.is_none() && !limit.allowed && limit.used == 0) {
        return Ok(());
    }
    let all: Vec<&str> = view.guards.iter().map(|limit| limit.text.as_str()).collect();
    let line = format!("Guards     {}", all.join(&format!(" {} ", style.dot())));
    writeln!(out, "{}\n", style.broken(&line, 11))
}

fn recap(view: &PlanView, style: Style, out: &mut String) -> fmt::Result {
    for change in &view.changes {
        let pad = 3usize.saturating_sub(columns(style.symbol(change.symbol)));
        let symbol = style.painted(change.symbol);
        writeln!(out, "{:pad$}{symbol} {:<18} {}", "", change.name.as_str(), change.recap)?;
    }
    Ok(())
}
