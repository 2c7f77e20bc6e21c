//! Limits of a plan for a person: what is used, and what was refused.

use std::fmt::{self, Write};

use crate::plan::{Change, Guard, GuardUse, Over, Plan};

use super::style::{Style, Tone};
use super::{view, words};
use crate::text::escape::{columns, plain};

/// How many credentials a refusal names.
const NAMED: usize = 20;

/// Writes how much of each limit is used, if any limit was set or is used.
pub(super) fn used(plan: &Plan, style: Style, out: &mut impl Write) -> fmt::Result {
    if plan.guards.iter().all(|limit| limit.source.is_none() && !limit.allowed && limit.used == 0) {
        return Ok(());
    }
    let words = |limit: &GuardUse| {
        let (used, max) = (limit.used, limit.limit);
        match limit.guard {
            Guard::Destroy => format!("destroy {used} of {max}"),
            Guard::Replace => format!("replace {used} of {max}"),
            Guard::Rotate => format!("rotate {used} of {max}"),
            Guard::ChangePercent => format!("changed {used} % of {max} %"),
        }
    };
    let all: Vec<String> = plan.guards.iter().map(words).collect();
    let line = format!("Guards     {}", all.join(&format!(" {} ", style.dot())));
    writeln!(out, "{}\n", style.broken(&line, 11))
}

/// Writes why nothing of the plan may be carried out, if so, and what carries it out all the same.
pub(super) fn refused(plan: &Plan, style: Style, out: &mut impl Write) -> fmt::Result {
    let Some(refused) = &plan.refused else { return Ok(()) };
    for over in &refused.over {
        writeln!(out, "\n{}", style.paint(Tone::Attention, &style.broken(&sentence(over), 2)))?;
        let wide = over.names.iter().map(|name| columns(name.as_str())).max().unwrap_or(0);
        for name in over.names.iter().take(NAMED) {
            let change = plan.changes.iter().find(|change| change.name == *name && change.is_runnable());
            let symbol = change.map_or("!", |change| view::symbol(change.action));
            let told = change.map(|change| told(plan, change)).unwrap_or_default();
            let line = format!("  {} {:<wide$}   {told}", style.symbol(symbol), name.as_str());
            writeln!(out, "{}", style.broken(line.trim_end(), 6))?;
        }
        if let Some(more) = over.names.len().checked_sub(NAMED).filter(|more| *more > 0) {
            writeln!(out, "  and {more} more")?;
        }
    }
    let goes: Vec<&str> = plan.runnable().map(|change| change.name.as_str()).collect();
    if goes.is_empty() {
        return writeln!(out, "Nothing was changed.  If this is intended: {}", words::command(refused));
    }
    let line = format!("Only what cannot wait is done, since its key could end: {}.", goes.join(", "));
    writeln!(out, "{}\nIf the rest is intended: {}", style.broken(&line, 2), words::command(refused))
}

fn sentence(Over { limit, names: _ }: &Over) -> String {
    let GuardUse { guard, used, limit, source, allowed } = limit;
    let what = match guard {
        Guard::Destroy => format!("this plan destroys {used} credentials, the limit is {limit}"),
        Guard::Replace => format!("this plan replaces {used} credentials, the limit is {limit}"),
        Guard::Rotate => format!("this plan rotates {used} keys, the limit is {limit}"),
        Guard::ChangePercent => format!("this plan changes {used} % of the credentials, the limit is {limit} %"),
    };
    let place = match source {
        Some(source) => format!("{}:{}", plain(&source.file), source.line),
        None if *allowed => "--allow".into(),
        None => "the default".into(),
    };
    format!("Refused by guards.max.{}: {what} ({place}).", guard.id())
}

/// What a credential has to lose.
fn told(plan: &Plan, change: &Change) -> String {
    // What is replaced is not the item that the change is about.
    let count = match plan.keys.iter().filter(|key| key.name == change.name).count() {
        0 => return "no live key".into(),
        1 => "1 live key".to_owned(),
        n => format!("{n} live keys"),
    };
    let keys = change.live_keys(plan.now);
    let last = keys.iter().filter(|key| key.delivered.is_some()).max_by_key(|key| key.delivered.clone());
    let last = last.and_then(|key| view::delivered(change, key));
    last.map_or(count.clone(), |last| format!("{count}, last {last}"))
}
