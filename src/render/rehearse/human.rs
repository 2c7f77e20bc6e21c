//! What a rehearsal found, for a person.

use std::fmt::{self, Write};

use super::{End, RehearsalView, SeenView};
use crate::model::CredentialName;
use crate::render::raw::Raw;
use crate::render::style::{Style, Tone};
use crate::render::words::{day, every, minute};

/// How much of what went wrong is printed.
const SOME: usize = 20;

pub(crate) fn human(view: &RehearsalView<'_>, style: Style, out: &mut String) -> fmt::Result {
    let RehearsalView { stack, counted, declared, seen, lost, stuck, withheld, .. } = view;
    let dot = style.dot();
    writeln!(
        out,
        "keyform {} {dot} rehearsal of stack {stack} {dot} {} days from {}, a run every {}",
        env!("CARGO_PKG_VERSION"),
        view.days,
        minute(view.start),
        every(view.every)
    )?;
    writeln!(out, "EMULATOR in memory {dot} no real sink is touched, no program is started\n")?;
    served(view, style, out)?;
    let is_served = |name: &CredentialName| seen.iter().any(|seen| seen.name == name);
    let names = names(view);
    for (name, observed) in declared.iter().filter(|(name, _)| !is_served(name)) {
        let why = if *observed { " (mode: observe)" } else { "" };
        writeln!(out, "  {:<names$}  no key was issued{why}", name.as_str())?;
    }
    if !declared.is_empty() {
        writeln!(out)?;
    }
    writeln!(
        out,
        "Runs       {}, with {} requests and {} sink writes",
        thousands(counted.runs),
        thousands(counted.requests),
        thousands(counted.sink_writes)
    )?;
    if view.crash {
        writeln!(
            out,
            "Killed at  {} points: 3 for each request, 2 for each sink write\n           they left {} different worlds, \
             taken up by {} runs",
            thousands(counted.crash_points),
            thousands(counted.worlds),
            thousands(counted.recoveries)
        )?;
    }
    writeln!(out, "Asked      {} times whether an application's key works\n", thousands(counted.instants))?;
    for (at, name, code, why) in withheld {
        writeln!(out, "Withheld from {} on: {name}: {} ({code})", day(*at), why.shown())?;
    }
    some(lost, out)?;
    some(stuck, out)?;
    let verdict = if view.good {
        "No application was without a working key at any instant.".to_owned()
    } else if lost.is_empty() {
        format!("No application was without a working key, but {} runs did not come to rest.", stuck.len())
    } else {
        format!("{} times an application was without a working key.", lost.len())
    };
    writeln!(out, "{verdict}")
}

/// The columns of the longest name.
fn names(view: &RehearsalView<'_>) -> usize {
    view.declared.iter().map(|(name, _)| name.as_str().len()).max().unwrap_or(0)
}

/// One line for each place that was ever given a key.
fn served(view: &RehearsalView<'_>, style: Style, out: &mut String) -> fmt::Result {
    let names = names(view);
    let places = view.seen.iter().map(|seen| seen.place.shown().as_str().chars().count()).max().unwrap_or(0);
    for SeenView { name, place, keys, end } in &view.seen {
        let (Some(first), Some(last)) = (keys.first(), keys.last()) else { continue };
        let keys = match keys.len() {
            1 => "1 key".to_owned(),
            count => format!("{count} keys, the last {}", day(*last)),
        };
        let end = match end {
            End::Lost => style.paint(Tone::Delete, "LOST A KEY"),
            End::Configured(end) => format!("ends {}, as configured", day(*end)),
            End::Never => "never without".to_owned(),
        };
        writeln!(out, "  {:<names$}  {:<places$}  from {}: {keys}, {end}", name.as_str(), place.shown(), day(*first))?;
    }
    Ok(())
}

fn some(lines: &[Raw], out: &mut String) -> fmt::Result {
    for line in lines.iter().take(SOME) {
        writeln!(out, "  {}", line.shown())?;
    }
    if lines.len() > SOME {
        writeln!(out, "  and {} more; --json has all of them", lines.len() - SOME)?;
    }
    Ok(())
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
