//! A plan for a person.

use std::collections::BTreeSet;
use std::fmt::{self, Write};

use crate::model::{CredentialName, Delivery};
use crate::plan::{Action, Change, Exposure, FieldDiff, FieldValue, Gap, KeyLine, Plan, Reason, Safety, Step};

use super::limits;
use super::style::{Style, Tone};
use super::view::{self, Counts};
use super::words::{self, Block};
use super::{outlook, timeline};
use crate::text::escape::{columns, plain};

/// Where the headline begins, counted from 0.
const REASON: usize = 43;
/// Where the value of a field begins.
const VALUE: usize = 20;

/// Writes the plan for a person. Text goes to `out`; nothing is looked up, nothing is decided.
pub fn plan(plan: &Plan, style: Style, out: &mut impl Write) -> fmt::Result {
    header(plan, style, out)?;
    let (reports, changes): (Vec<_>, Vec<_>) = plan.changes.iter().partition(|change| change.action == Action::Report);
    if changes.is_empty() {
        reported(plan, &reports, style, out)?;
        notes(plan, style, out)?;
        return no_changes(plan, style, out);
    }
    if plan.first {
        let first =
            format!("Nothing on the portal carries the marker of stack {} yet: this is its first apply.", plan.stack);
        writeln!(out, "{}\n", style.broken(&first, 2))?;
    }
    legend(plan, style, out)?;
    for change in &changes {
        block(plan, change, style, out)?;
        writeln!(out)?;
    }
    reported(plan, &reports, style, out)?;
    notes(plan, style, out)?;
    let touched: BTreeSet<&CredentialName> = changes.iter().map(|change| &change.name).collect();
    let keys: Vec<&KeyLine> = plan.keys_after.iter().filter(|key| touched.contains(&key.name)).collect();
    timeline::write("Keys in use after this plan", &keys, plan.now, style, out)?;
    limits::used(plan, style, out)?;
    recap(plan, &changes, style, out)?;
    writeln!(out, "\n{}", style.broken(&Counts::of(plan).sentence(), 2))?;
    for sentence in outlook::sentences(&plan.outlook_after, ", and this plan gives none") {
        writeln!(out, "{}", style.broken(&sentence, 2))?;
    }
    if let Some((at, boundary)) = plan.next_boundary() {
        let (at, what) = (words::minute(at), view::boundary_words(&boundary));
        writeln!(out, "{}", style.broken(&format!("Correct until {at} ({what}) or until the portal changes."), 2))?;
    }
    limits::refused(plan, style, out)
}

/// Writes why nothing of the plan may be carried out, if so.
pub fn refused(plan: &Plan, style: Style, out: &mut impl Write) -> fmt::Result {
    limits::refused(plan, style, out)
}

fn header(plan: &Plan, style: Style, out: &mut impl Write) -> fmt::Result {
    let dot = style.dot();
    let place = if plan.url == "emulator" { "EMULATOR".to_owned() } else { plain(&plan.url).into_owned() };
    let version = plan.portal.version.as_ref().filter(|_| plan.portal.product == crate::model::Product::Enterprise);
    let version = version.map(|version| format!(" {version}")).unwrap_or_default();
    let first = [
        format!("keyform {}", env!("CARGO_PKG_VERSION")),
        format!("stack {}", plan.stack),
        format!("{place} ({}{version})", plan.portal.product),
    ];
    let dot = format!(" {dot} ");
    flow(first.iter().map(|part| (style.paint(Tone::Attention, part), columns(part))), &dot, style, out)?;
    let credentials = if plan.read == 1 { "credential" } else { "credentials" };
    let mut second = vec![
        format!("config {}", plain(&plan.file)),
        format!("account {}", plain(&plan.caller.username)),
        format!("clock {}", view::clock(plan)),
        format!("read {} {credentials}", plan.read),
    ];
    second.extend(plan.partial.then(|| "PARTIAL".to_owned()));
    // The header has two lines; `doctor` and the JSON name the account as well.
    if columns(&second.join(&dot)) > style.width {
        second.remove(1);
    }
    flow(second.into_iter().map(|part| (part.clone(), columns(&part))), &dot, style, out)?;
    writeln!(out)
}

/// Parts on one line, or on more where the width asks for it. Each part comes with its columns, which colour hides.
fn flow(
    parts: impl Iterator<Item = (String, usize)>,
    between: &str,
    style: Style,
    out: &mut impl Write,
) -> fmt::Result {
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

fn no_changes(plan: &Plan, style: Style, out: &mut impl Write) -> fmt::Result {
    let matching = plan.unchanged.len();
    let credentials = if matching == 1 { "credential matches" } else { "credentials match" };
    let next = plan.next_action().map(|(at, key)| {
        let verb = key.next.map_or("", crate::plan::Next::verb);
        format!("; next action {} ({verb} {})", words::day(at), key.name)
    });
    let line = format!("No changes. {matching} {credentials} the configuration{}.", next.unwrap_or_default());
    writeln!(out, "{}", style.paint(Tone::Create, &style.broken(&line, 2)))
}

fn legend(plan: &Plan, style: Style, out: &mut impl Write) -> fmt::Result {
    let occurs = |action: &Action| plan.changes.iter().any(|change| change.action == *action);
    let entries = Action::ALL.into_iter().filter(occurs).enumerate().map(|(n, action)| {
        let (symbol, words) = (view::symbol(action), view::legend(action));
        let head = if n == 0 { "Symbols:  " } else { "" };
        let wide = columns(head) + columns(style.symbol(symbol)) + 1 + columns(words);
        (format!("{head}{} {words}", painted(style, symbol)), wide)
    });
    flow(entries, "   ", style, out)?;
    writeln!(out)
}

fn painted(style: Style, symbol: &str) -> String {
    let spelled = style.symbol(symbol);
    style.tone(symbol).map_or_else(|| spelled.to_owned(), |tone| style.paint(tone, spelled))
}

/// Symbol right-aligned in columns 1 to 3, address from 5, headline from 44, the rest right-aligned at the width.
fn block(plan: &Plan, change: &Change, style: Style, out: &mut impl Write) -> fmt::Result {
    title(plan, change, style, out)?;
    for diff in &change.fields {
        field(diff, style, out)?;
    }
    if let Some(Reason::Removed { because: Some(because), .. }) = change.reasons.first() {
        wrapped(out, "because", &plain(because), style)?;
    }
    for reason in change.reasons.iter().skip(1) {
        pair(out, "also", &words::reason(reason, plan.now))?;
    }
    if !change.dead_in.is_empty() {
        for id in &change.dead_in {
            let place = change.delivery(id).map_or_else(|| id.to_string(), |delivery| delivery.target.place());
            pair(out, "dead key in", &plain(&place))?;
        }
    }
    let anew = change.steps.contains(&Step::AddItem) && change.action == Action::Replace;
    if let Some(issue) = change.issue() {
        let (slot, words) = (issue.slot, view::issue_words(issue));
        if anew {
            pair(out, "new item", &format!("slot {slot}: {words}"))?;
        } else {
            pair(out, &format!("slot {slot}"), &words)?;
        }
    }
    leaked(change, out)?;
    deliveries(change, out)?;
    if let Some(outgoing) = &change.outgoing {
        let name = outgoing.slot.map_or_else(|| "old item".into(), |slot| format!("slot {slot}"));
        pair(out, &name, &view::outgoing_words(outgoing))?;
    }
    if anew {
        wrapped(out, "note", "item id, client id and usage history change", style)?;
    }
    match change.action {
        Action::Destroy | Action::Forget => gone(plan, change, style, out)?,
        Action::Deliver
        | Action::Create
        | Action::Rotate
        | Action::Retire
        | Action::Update
        | Action::Replace
        | Action::UpdateEndingKeys
        | Action::Report => {
            for step in &change.steps {
                if let Step::Revoke { slot } | Step::End { slot } = step {
                    pair(out, &format!("slot {slot}"), "revoke")?;
                }
                if let (Step::DeleteItem, Some(item)) = (step, &change.item) {
                    pair(out, "item", &format!("delete {item}"))?;
                }
            }
        }
    }
    if let Some(safety) = change.safety.filter(|safety| change.blocked.is_none() && is_told(change, *safety)) {
        wrapped(out, "safety", &view::safety_words(safety), style)?;
    }
    if let Some(blocked) = &change.blocked {
        let Block { why, resolve } = words::blocked(blocked);
        wrapped(out, "blocked", &format!("{} ({})", plain(&why), blocked.code()), style)?;
        wrapped(out, "resolve", &plain(&resolve), style)?;
    }
    Ok(())
}

/// What becomes of each item and its keys.
fn gone(plan: &Plan, change: &Change, style: Style, out: &mut impl Write) -> fmt::Result {
    let keys = change.live_keys(plan.now);
    let (item_goes, key_goes) =
        if change.action == Action::Destroy { ("delete for good", "revoke") } else { ("forget", "lives on") };
    for item in change.items() {
        wrapped(out, "item", &format!("{} \"{}\": {item_goes}", item.id, plain(&item.title)), style)?;
        for key in keys.iter().filter(|key| key.item == item.id) {
            let delivered = view::delivered(change, key).map(|words| format!(", {words}")).unwrap_or_default();
            let until = key.until.map(|at| format!(" (until {})", words::day(at))).unwrap_or_default();
            wrapped(out, &format!("slot {}", key.slot), &format!("{key_goes}{until}{delivered}"), style)?;
        }
    }
    Ok(())
}

/// A first key and the end of an old one are as safe as they look.
fn is_told(change: &Change, safety: Safety) -> bool {
    let takes_over = match change.action {
        Action::Rotate | Action::Replace | Action::UpdateEndingKeys => true,
        Action::Deliver
        | Action::Create
        | Action::Retire
        | Action::Update
        | Action::Destroy
        | Action::Forget
        | Action::Report => false,
    };
    takes_over || safety.may_replace || safety.gap.is_some()
}

/// A key that is to end at once: of which item, until when, and who was given it.
fn leaked(change: &Change, out: &mut impl Write) -> fmt::Result {
    let (Some(Gap::BreakGlass { slot }), Some(item)) = (change.safety.and_then(|safety| safety.gap), &change.seen)
    else {
        return Ok(());
    };
    let until = item
        .end_of(slot)
        .map_or_else(|| "without a known end".to_owned(), |at| format!("valid until {}", words::day(at)));
    pair(out, &format!("key {slot}"), &format!("of item {}, {until}", item.id))?;
    let record = item.record(slot);
    let given = record.into_iter().flat_map(|record| &record.sinks).filter(|(_, seen)| seen.delivered.is_some());
    let mut name = "was given to";
    for (sink, _) in given {
        let place = change.delivery(sink).map_or_else(|| sink.to_string(), |delivery| delivery.target.place());
        pair(out, std::mem::take(&mut name), &plain(&place))?;
    }
    if record.is_none() {
        pair(out, name, "nobody by keyform")?;
    }
    Ok(())
}

fn title(plan: &Plan, change: &Change, style: Style, out: &mut impl Write) -> fmt::Result {
    let symbol = view::symbol(change.action);
    let pad = 3usize.saturating_sub(columns(style.symbol(symbol)));
    let address = format!("credential.{}", change.name);
    let headline = view::headline(change, plan.now);
    let widens = if change.exposure == Exposure::Widens && change.action != Action::Create { "WIDENS" } else { "" };
    let source =
        change.source.as_ref().map(|source| format!("{}:{}", plain(&source.file), source.line)).unwrap_or_default();
    let right = [widens, source.as_str()].iter().filter(|part| !part.is_empty()).copied().collect::<Vec<_>>();
    let right_columns = columns(&right.join("  "));
    let right_shown = right
        .iter()
        .map(|part| if *part == "WIDENS" { style.paint(Tone::Inverse, part) } else { style.paint(Tone::Quiet, part) })
        .collect::<Vec<_>>()
        .join("  ");

    write!(out, "{:pad$}{} {}", "", painted(style, symbol), style.paint(Tone::Attention, &address))?;
    let mut at = 4 + columns(&address);
    if at >= REASON {
        writeln!(out)?;
        at = 0;
    }
    write!(out, "{:1$}{headline}", "", REASON - at)?;
    at = REASON + columns(&headline);
    let room = style.width.saturating_sub(at + right_columns);
    if right_columns == 0 {
        writeln!(out)
    } else if room >= 2 {
        writeln!(out, "{:room$}{right_shown}", "")
    } else {
        writeln!(out, "\n{:1$}{right_shown}", "", style.width.saturating_sub(right_columns))
    }
}

fn pair(out: &mut impl Write, name: &str, value: &str) -> fmt::Result {
    writeln!(out, "      {name:<13} {value}")
}

/// A long text under its name, broken at blanks.
fn wrapped(out: &mut impl Write, name: &str, text: &str, style: Style) -> fmt::Result {
    let room = style.width.saturating_sub(VALUE).max(30);
    let mut line = String::new();
    let mut name = name;
    for word in text.split(' ') {
        if !line.is_empty() && columns(&line) + 1 + columns(word) > room {
            pair(out, name, &line)?;
            name = "";
            line.clear();
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    pair(out, name, &line)
}

fn field(diff: &FieldDiff, style: Style, out: &mut impl Write) -> fmt::Result {
    let name = diff.field.name();
    match (&diff.have, &diff.want) {
        (None, FieldValue::Set(want)) => {
            for (n, member) in want.iter().enumerate() {
                pair(out, if n == 0 { name } else { "" }, &plain(member))?;
            }
            Ok(())
        }
        (Some(FieldValue::Set(have)), FieldValue::Set(want)) => {
            let mut name = name;
            for member in want.difference(have) {
                pair(out, std::mem::take(&mut name), &format!("+ {}", plain(member)))?;
            }
            for member in have.difference(want) {
                pair(out, std::mem::take(&mut name), &format!("- {}", plain(member)))?;
            }
            match want.intersection(have).count() {
                0 => Ok(()),
                same => pair(out, "", &format!("  ({same} unchanged)")),
            }
        }
        (Some(FieldValue::Hash(_)), FieldValue::Hash(_)) => pair(out, name, "differs"),
        (Some(have), want) => pair(out, name, &format!("{} -> {}", shown(have, style), shown(want, style))),
        (None, want) => pair(out, name, &shown(want, style)),
    }
}

fn shown(value: &FieldValue, style: Style) -> String {
    match value {
        FieldValue::Text(None) => "none".into(),
        FieldValue::Text(Some(text)) => {
            let room = style.width.saturating_sub(VALUE + 8).max(20) / 2;
            format!("\"{}\"", crate::text::escape::plain_within(text, room, style.ascii))
        }
        FieldValue::Set(set) => set.iter().map(|member| plain(member).into_owned()).collect::<Vec<_>>().join(", "),
        FieldValue::Flag(flag) => if *flag { "yes" } else { "no" }.into(),
        FieldValue::Hash(_) => "set".into(),
    }
}

fn deliveries(change: &Change, out: &mut impl Write) -> fmt::Result {
    let mut name = "deliver";
    for step in &change.steps {
        let Step::Deliver { sink, .. } = step else { continue };
        let Some(delivery) = change.delivery(sink) else { continue };
        let Delivery { label, target, escrow, .. } = delivery;
        let place = target.place();
        let escrow = if *escrow { "  escrow" } else { "" };
        pair(out, std::mem::take(&mut name), &format!("{:<18} {}{escrow}", plain(label), plain(&place)))?;
    }
    Ok(())
}

fn reported(plan: &Plan, reports: &[&Change], style: Style, out: &mut impl Write) -> fmt::Result {
    if reports.is_empty() {
        return Ok(());
    }
    writeln!(out, "Found in the portal, nothing will be done\n")?;
    for change in reports {
        title(plan, change, style, out)?;
        for diff in &change.fields {
            field(diff, style, out)?;
        }
        if let Some(item) = &change.item {
            pair(out, "item", item.as_str())?;
        }
        writeln!(out)?;
    }
    Ok(())
}

fn notes(plan: &Plan, style: Style, out: &mut impl Write) -> fmt::Result {
    for (name, text) in view::notes(plan) {
        let name = name.map(|name| format!("{name}: ")).unwrap_or_default();
        let text = style.broken(&format!("Note {name}{}", plain(&text)), 2);
        let text = text.trim_start_matches("Note");
        writeln!(out, "{}{text}", style.paint(Tone::Attention, "Note"))?;
    }
    if plan.notes.is_empty() { Ok(()) } else { writeln!(out) }
}

fn recap(plan: &Plan, changes: &[&Change], style: Style, out: &mut impl Write) -> fmt::Result {
    for change in changes {
        let symbol = view::symbol(change.action);
        let pad = 3usize.saturating_sub(columns(style.symbol(symbol)));
        writeln!(
            out,
            "{:pad$}{} {:<18} {}",
            "",
            painted(style, symbol),
            change.name.as_str(),
            view::recap(change, plan.now)
        )?;
    }
    Ok(())
}
