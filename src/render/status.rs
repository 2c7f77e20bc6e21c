//! The keys of a stack, for people and machines.

use std::fmt::{self, Write};

use schemars::JsonSchema;
use serde::Serialize;

use crate::plan::{Action, KeyLine, Next, Plan};

use super::json::{KeyDocument, OutlookDocument};
use super::style::{Style, Tone};
use super::{outlook, timeline, view, words};
use crate::text::escape::{columns, plain};

/// The version of the status document.
pub const STATUS_VERSION: u32 = 1;

/// The keys of a stack.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(title = "keyform status", deny_unknown_fields)]
pub struct StatusDocument {
    /// The version of this document: 1.
    version: u32,
    /// The stack.
    stack: String,
    /// The portal's time, RFC 3339.
    clock: String,
    /// Whether that is not the portal's time but another one that was asked for.
    simulated: bool,
    /// Keys in use, soonest end first.
    keys: Vec<KeyDocument>,
    /// Names of credentials without a live key.
    without_key: Vec<String>,
    /// Names of credentials that need something now.
    needs_action: Vec<String>,
    /// What comes of the keys if keyform never runs again.
    outlook: OutlookDocument,
}

impl StatusDocument {
    /// The document of `plan`.
    #[must_use]
    pub fn of(plan: &Plan) -> Self {
        Self {
            version: STATUS_VERSION,
            stack: plan.stack.to_string(),
            clock: plan.now.to_string(),
            simulated: plan.simulated,
            keys: plan.keys.iter().map(|key| KeyDocument::of(key, plan.now)).collect(),
            without_key: without_key(plan).map(|(name, _)| name).collect(),
            needs_action: needs_action(plan),
            outlook: OutlookDocument::of(&plan.outlook),
        }
    }
}

fn needs_action(plan: &Plan) -> Vec<String> {
    let acting = plan.changes.iter().filter(|change| change.action != Action::Report && !change.waits());
    let names: std::collections::BTreeSet<String> = acting.map(|change| change.name.to_string()).collect();
    names.into_iter().collect()
}

/// Credentials with something to do and no live key, and what is to be done.
fn without_key(plan: &Plan) -> impl Iterator<Item = (String, String)> {
    let mut seen = std::collections::BTreeSet::new();
    plan.changes
        .iter()
        .filter(|change| change.action != Action::Report)
        .filter(|change| plan.keys.iter().all(|key| key.name != change.name))
        .filter(move |change| seen.insert(change.name.clone()))
        .map(|change| (change.name.to_string(), view::headline(change, plan.now)))
}

/// Writes the table for a person.
pub fn human(plan: &Plan, style: Style, out: &mut impl Write) -> fmt::Result {
    let dot = style.dot();
    let managed = plan.read;
    writeln!(out, "{} {dot} {} {dot} {managed} managed\n", plan.stack, view::clock(plan))?;
    let without: Vec<_> = without_key(plan).collect();
    let names = plan.keys.iter().map(|key| key.name.as_str().len()).chain(without.iter().map(|(name, _)| name.len()));
    // Longer names push their own line only; the rest of a line takes 61 columns.
    let wide = names.max().unwrap_or(0).min(style.width.saturating_sub(61)).max(14);
    for key in &plan.keys {
        line(plan, key, wide, style, out)?;
    }
    for (name, why) in &without {
        writeln!(out, "  {name:<wide$}   no live key   {}", style.paint(Tone::Attention, why))?;
    }
    for name in &plan.unchanged {
        if plan.keys.iter().all(|key| key.name != *name) {
            writeln!(out, "  {:<wide$}   no key", name.as_str())?;
        }
    }
    for change in plan.changes.iter().filter(|change| change.action == Action::Report) {
        let item = change.item.as_ref().map(crate::model::ItemId::short).unwrap_or_default();
        writeln!(out, "  {:<wide$}   {item}   {}", change.name.as_str(), view::headline(change, plan.now))?;
    }
    writeln!(out)?;
    let keys: Vec<&KeyLine> = plan.keys.iter().collect();
    timeline::write("Keys in use", &keys, plan.now, style, out)?;
    let acting = needs_action(plan).len();
    let needs = match acting {
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

fn line(plan: &Plan, key: &KeyLine, wide: usize, style: Style, out: &mut impl Write) -> fmt::Result {
    let left = key.expires.map_or_else(|| "end unknown".into(), |at| words::days(words::days_to(at, plan.now)));
    let date = key.expires.map(words::day).unwrap_or_default();
    let (seen, all) = key.sinks;
    let sinks = format!("{seen} of {all} {}", if all == 1 { "sink holds it" } else { "sinks hold it" });
    let next = match key.next {
        Some(Next::Renew(at)) if at <= plan.now => format!("RENEW NOW (from {})", words::day(at)),
        Some(Next::Renew(at)) => format!("renew from {}", words::day(at)),
        Some(Next::Revoke(at)) if key.current => format!("leaves, revoke from {}", words::day(at)),
        Some(Next::Revoke(at)) => format!("old key, revoke from {}", words::day(at)),
        Some(Next::Expire(_)) if key.current => "ends then, not renewed".into(),
        Some(Next::Expire(_)) => "not the current key".into(),
        None => String::new(),
    };
    let name = plain(key.name.as_str());
    let line = format!("  {name:<wide$}   slot {}   {left:>11}   {date:<10}   {sinks:<20}", key.slot);
    let shown = if next.starts_with("RENEW NOW") { style.paint(Tone::Attention, &next) } else { next.clone() };
    if columns(&line) + 3 + columns(&next) > style.width {
        writeln!(out, "{}\n  {:wide$}   {shown}", line.trim_end(), "")
    } else {
        writeln!(out, "{line}   {shown}")
    }
}

/// The schema of the status document.
#[must_use]
pub fn schema() -> serde_json::Value {
    schemars::schema_for!(StatusDocument).to_value()
}
