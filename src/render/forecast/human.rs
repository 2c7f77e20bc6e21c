//! What will happen, for a person.

use std::fmt::{self, Write};

use jiff::Timestamp;

use super::{EventView, ForecastView, Lapsed};
use crate::render::outlook;
use crate::render::style::{Style, Tone};
use crate::render::view::{Action, symbol};
use crate::render::words::{day, every, minute};
use crate::text::escape::{columns, shown};

pub(crate) fn human(view: &ForecastView, style: Style, out: &mut String) -> fmt::Result {
    let ForecastView { stack, until, cadence, events, gaps, withheld, refused, end, cut, .. } = view;
    let mut head = vec![stack.to_string(), view.clock(), format!("until {}", day(*until))];
    head.extend(cadence.map(|cadence| format!("a run every {}", every(cadence))));
    writeln!(out, "{}\n", head.join(&format!(" {} ", style.dot())))?;

    let mut lines: Vec<(Timestamp, Line<'_>)> = events.iter().map(|event| (event.at, Line::Event(event))).collect();
    lines.extend(gaps.iter().map(|gap| (gap.from, Line::Gap(gap))));
    // Within one moment as plans show it; a gap begins before what heals it.
    lines.sort_by_key(|(at, line)| (*at, matches!(line, Line::Event(_))));
    let names = events.iter().map(|event| &event.name).chain(gaps.iter().map(|gap| &gap.name));
    let wide = names.map(|name| name.as_str().len()).max().unwrap_or(0).clamp(14, 30);
    for (at, line) in &lines {
        let (symbol, name, words) = match line {
            Line::Event(event) => (event.symbol, &event.name, event.text.shown()),
            Line::Gap(gap) => (symbol(Action::Report), &gap.name, shown(&gap_words(gap))),
        };
        let pad = 3usize.saturating_sub(columns(style.symbol(symbol)));
        write!(out, "  {}  {:pad$}{} {:<wide$}", day(*at), "", style.painted(symbol), name.as_str())?;
        // Before the name stand a date and a symbol.
        let used = 18 + name.as_str().len().max(wide);
        if used + 2 + words.columns() > style.width {
            writeln!(out, "\n{:20}{words}", "")?;
        } else {
            writeln!(out, "  {words}")?;
        }
    }
    if !lines.is_empty() {
        writeln!(out)?;
    }
    if !withheld.is_empty() {
        writeln!(out, "Blocked, so not done\n")?;
        for held in withheld {
            let symbol = style.symbol(held.symbol);
            let pad = 3usize.saturating_sub(columns(symbol));
            let line = format!("  {}  {:pad$}{symbol} {}: {}", day(held.at), "", held.name, held.why.shown());
            writeln!(out, "{}", style.broken(&line, 18))?;
        }
        writeln!(out)?;
    }
    if let Some((at, command)) = refused {
        let (at, command) = (day(*at), command.shown());
        let line = format!("From {at} on plans are refused by a limit; nothing is done until then: {command}");
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
    Event(&'a EventView),
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
