//! The keys of a stack, for a person.

use std::fmt::{self, Write};

use jiff::Timestamp;

use super::StatusView;
use crate::model::ItemId;
use crate::render::style::{Style, Tone};
use crate::render::view::{KeyLine, Next};
use crate::render::{outlook, timeline, words};
use crate::text::escape::columns;

pub(crate) fn human(status: &StatusView<'_>, style: Style, out: &mut String) -> fmt::Result {
    let StatusView { plan, without_key, unread, keyless, needs_action } = status;
    let (dot, head) = (style.dot(), &plan.head);
    writeln!(out, "{} {dot} {} {dot} {} managed\n", head.stack, head.clock(), head.read)?;
    let names = plan.keys.iter().map(|key| &key.name).chain(without_key.iter().map(|(name, _)| *name));
    // Longer names push their own line only; the rest of a line takes 61 columns.
    let widest = names.map(|name| name.as_str().len()).max().unwrap_or(0);
    let wide = widest.min(style.width.saturating_sub(61)).max(14);
    for key in &plan.keys {
        line(key, head.now, wide, style, out)?;
    }
    for (name, why) in without_key {
        let why = style.paint(Tone::Attention, why.as_str());
        writeln!(out, "  {:<wide$}   no live key   {why}", name.as_str())?;
    }
    for (name, why) in unread {
        let why = style.paint(Tone::Attention, why.as_str());
        writeln!(out, "  {:<wide$}   not known     {why}", name.as_str())?;
    }
    for name in keyless {
        writeln!(out, "  {:<wide$}   no key", name.as_str())?;
    }
    for change in &plan.reports {
        let item = change.item.as_ref().map(ItemId::short).unwrap_or_default();
        writeln!(out, "  {:<wide$}   {item}   {}", change.name.as_str(), change.headline)?;
    }
    writeln!(out)?;
    let keys: Vec<&KeyLine> = plan.keys.iter().collect();
    timeline::write("Keys in use", &keys, head.now, style, out)?;
    let needs = match needs_action.len() {
        0 => "No key needs action.".into(),
        1 => "1 credential needs action: keyform plan.".into(),
        n => format!("{n} credentials need action: keyform plan."),
    };
    writeln!(out, "{}", style.broken(&needs, 2))?;
    for sentence in outlook::sentences(&plan.outlook, " now") {
        writeln!(out, "{}", style.broken(&sentence, 2))?;
    }
    Ok(())
}

fn line(key: &KeyLine, now: Timestamp, wide: usize, style: Style, out: &mut String) -> fmt::Result {
    let left = key.expires.map_or_else(|| "end unknown".into(), |at| words::days(words::days_to(at, now)));
    let date = key.expires.map(words::day).unwrap_or_default();
    let (seen, all) = key.sinks;
    let sinks = format!("{seen} of {all} {}", if all == 1 { "sink holds it" } else { "sinks hold it" });
    let next = match key.next {
        Some(Next::Renew(at)) if at <= now => format!("RENEW NOW (from {})", words::day(at)),
        Some(Next::Renew(at)) => format!("renew from {}", words::day(at)),
        Some(Next::Revoke(at)) if key.current => format!("leaves, revoke from {}", words::day(at)),
        Some(Next::Revoke(at)) => format!("old key, revoke from {}", words::day(at)),
        Some(Next::Expire(_)) if key.current => "ends then, not renewed".into(),
        Some(Next::Expire(_)) => "not the current key".into(),
        None => String::new(),
    };
    let name = key.name.as_str();
    let line = format!("  {name:<wide$}   slot {}   {left:>11}   {date:<10}   {sinks:<20}", key.slot);
    let shown = if next.starts_with("RENEW NOW") { style.paint(Tone::Attention, &next) } else { next.clone() };
    if columns(&line) + 3 + columns(&next) > style.width {
        writeln!(out, "{}\n  {:wide$}   {shown}", line.trim_end(), "")
    } else {
        writeln!(out, "{line}   {shown}")
    }
}
