//! What is in force for one credential, why, and what happens to it next; for people and machines.

use std::fmt::{self, Write};

use schemars::JsonSchema;
use serde::Serialize;

use crate::model::{CredentialName, Effect, Effective, Leaving, Origin, Removed, SaidBy, SourceLine};
use crate::plan::{Change, KeyLine, Next, Plan, Step};

use super::json::{ChangeDocument, KeyDocument, change_document};
use super::style::{Style, Tone};
use super::view;
use super::words::{self, Block};
use crate::text::escape::{columns, plain, plain_within};

/// The version of the explanation.
pub const EXPLAIN_VERSION: u32 = 1;
/// Where values begin, counted from 0.
const VALUE: usize = 24;
/// The columns that a value may take before its source goes to a line of its own.
const WIDEST: usize = 44;
/// The columns between a value and its source.
const GAP: usize = 3;

/// What is known of one credential.
#[derive(Clone, Copy, Debug)]
pub struct Explanation<'a> {
    /// Its name.
    pub name: &'a CredentialName,
    /// What is in force, if it is declared.
    pub effective: Option<&'a Effective>,
    /// What becomes of it, if it is removed.
    pub removed: Option<&'a Removed>,
}

/// Writes what the configuration says, for a person.
pub fn configured(what: &Explanation<'_>, style: Style, out: &mut impl Write) -> fmt::Result {
    let Explanation { name, effective, removed } = *what;
    let address = format!("credential.{name}");
    let source = effective.map(|effective| &effective.source).or_else(|| removed.map(|removed| &removed.source));
    let source = source.map_or_else(|| "not in the configuration".to_owned(), line);
    let title = style.paint(Tone::Attention, &address);
    match style.width.checked_sub(columns(&address) + columns(&source)) {
        Some(room @ 2..) => writeln!(out, "{title}{:room$}{source}", "")?,
        _ => writeln!(out, "{title}\n{source:>width$}", width = style.width)?,
    }
    if let Some(removed) = removed {
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
            row(out, "because", &plain(because))?;
        }
    }
    let Some(effective) = effective else { return Ok(()) };
    writeln!(out)?;
    let shown = |key: &str, effect: &Effect| match &effect.text {
        Some(text) if key == "description" => plain_within(text, WIDEST, style.ascii).into_owned(),
        Some(text) => plain(text).into_owned(),
        None => "none".to_owned(),
    };
    let all = || effective.settings.iter().flat_map(|setting| setting.effects.iter().map(|it| (setting.key, it)));
    let sources = all().map(|(_, effect)| columns(&origin(&effect.origin))).max().unwrap_or(0);
    let room = style.width.saturating_sub(VALUE + GAP + sources).min(WIDEST);
    let wide = all().map(|(key, effect)| columns(&shown(key, effect))).filter(|wide| *wide <= room).max().unwrap_or(0);
    for setting in &effective.settings {
        for (index, effect) in setting.effects.iter().enumerate() {
            let key = if index == 0 { setting.key } else { "" };
            let text = shown(setting.key, effect);
            let from = origin(&effect.origin);
            let from = if effect.origin == Origin::Default { style.paint(Tone::Quiet, &from) } else { from };
            let label = VALUE - 2;
            match wide.checked_sub(columns(&text)) {
                Some(pad) => writeln!(out, "  {key:<label$}{text}{:pad$}{from}", "", pad = pad + GAP)?,
                None => writeln!(out, "  {key:<label$}{text}\n{:pad$}{from}", "", pad = VALUE + wide + GAP)?,
            }
        }
    }
    if let Some(runs) = effective.runs_may_fail {
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

/// Writes what the portal shows and what happens next, for a person.
pub fn at_portal(what: &Explanation<'_>, plan: &Plan, style: Style, out: &mut impl Write) -> fmt::Result {
    let place =
        if plan.url == "emulator" { "the built-in portal (EMULATOR)".into() } else { plain(&plan.url).into_owned() };
    writeln!(out, "\nAt {place}, {}\n", words::minute(plan.now))?;
    let mut changes = changes(plan, what.name).peekable();
    if changes.peek().is_none() {
        let nothing = if plan.unchanged.contains(what.name) {
            "the portal matches the configuration"
        } else {
            "the portal has nothing of this name"
        };
        row(out, "nothing to do", nothing)?;
    }
    for change in changes {
        decision(change, plan, style, out)?;
    }
    for key in keys(plan, what.name) {
        let age = if key.current { "current" } else { "not current" };
        let until = key.expires.map_or_else(
            || "end unknown".to_owned(),
            |at| format!("until {} ({})", words::day(at), words::days(words::days_to(at, plan.now))),
        );
        let (seen, all) = key.sinks;
        let hold = if all == 1 { "sink holds it" } else { "sinks hold it" };
        wrapped(out, &format!("slot {}", key.slot), &format!("{age}, {until}, {seen} of {all} {hold}"), style)?;
        wrapped(out, "  next", &next(key, what.effective, plan), style)?;
    }
    for note in notes(plan, what.name) {
        wrapped(out, "note", &plain(&note), style)?;
    }
    Ok(())
}

fn decision(change: &Change, plan: &Plan, style: Style, out: &mut impl Write) -> fmt::Result {
    let symbol = view::symbol(change.action);
    let action = format!("{} {}", style.symbol(symbol), change.action.id().replace('_', " "));
    let mut label = action.as_str();
    for reason in &change.reasons {
        wrapped(out, label, &words::reason(reason, plan.now), style)?;
        label = "";
    }
    row(out, "  cause", change.cause.id())?;
    if !change.fields.is_empty() {
        let fields = change.fields.iter().map(|diff| diff.field.name()).collect::<Vec<_>>().join(", ");
        wrapped(out, "  differs in", &fields, style)?;
    }
    if let Some(issue) = change.issue() {
        row(out, "  new key", &format!("slot {}: {}", issue.slot, view::issue_words(issue)))?;
    }
    for step in &change.steps {
        if let Step::Revoke { slot } = step {
            row(out, "  revokes", &format!("slot {slot}"))?;
        }
    }
    if let Some(blocked) = &change.blocked {
        let Block { why, resolve } = words::blocked(blocked);
        row(out, "  blocked by", blocked.code())?;
        wrapped(out, "", &plain(&why), style)?;
        wrapped(out, "  do", &plain(&resolve), style)?;
    }
    Ok(())
}

/// What happens to a key next, and by which rule.
fn next(key: &KeyLine, effective: Option<&Effective>, plan: &Plan) -> String {
    let setting = |key: &str| effective.and_then(|effective| effective.text(key));
    let named = |key: &str| setting(key).map_or_else(|| format!("`{key}`"), |text| format!("`{key}` ({text})"));
    let window = setting("expiry.window").map(|window| format!(", in the window {}", plain(window)));
    let window = window.unwrap_or_default();
    match key.next {
        Some(Next::Renew(at)) => {
            let when = if at <= plan.now { "due for renewal since" } else { "renewed from" };
            let spread = setting("expiry.spread").filter(|spread| *spread != "0d");
            let spread =
                spread.map(|spread| format!(" and its part of `expiry.spread` ({spread})")).unwrap_or_default();
            format!("{when} {}: {}{spread} before its end{window}", words::day(at), named("expiry.renew_before"))
        }
        Some(Next::Revoke(at)) => {
            let when = if at <= plan.now { "may be revoked since" } else { "revoked from" };
            format!(
                "{when} {}: a newer key has then been in every sink for {}{window}",
                words::day(at),
                named("expiry.overlap")
            )
        }
        Some(Next::Expire(at)) if key.current => {
            format!("ends {} and is not renewed: {}", words::day(at), named("expiry.until"))
        }
        Some(Next::Expire(at)) if setting("expiry.retire") == Some("expire") => {
            format!("left to expire {}: {}", words::day(at), named("expiry.retire"))
        }
        Some(Next::Expire(at)) => format!(
            "kept until a newer key has been in each of its sinks for {}; ends {} at the latest",
            named("expiry.overlap"),
            words::day(at)
        ),
        None if key.expires.is_none() => "the portal does not tell when it ends".into(),
        None => "keyform did not issue it, so it is left alone".into(),
    }
}

fn changes<'p>(plan: &'p Plan, name: &CredentialName) -> impl Iterator<Item = &'p Change> {
    plan.changes.iter().filter(move |change| change.name == *name)
}

fn keys<'p>(plan: &'p Plan, name: &CredentialName) -> impl Iterator<Item = &'p KeyLine> {
    plan.keys.iter().filter(move |key| key.name == *name)
}

fn notes(plan: &Plan, name: &CredentialName) -> impl Iterator<Item = String> {
    view::notes(plan).into_iter().filter(move |(about, _)| *about == Some(name)).map(|(_, text)| text)
}

/// Whether the plan has anything to say about a credential.
#[must_use]
pub fn is_known(plan: &Plan, name: &CredentialName) -> bool {
    changes(plan, name).next().is_some() || keys(plan, name).next().is_some() || plan.unchanged.contains(name)
}

fn row(out: &mut impl Write, label: &str, text: &str) -> fmt::Result {
    let pad = (VALUE - 2).saturating_sub(columns(label));
    writeln!(out, "  {label}{:pad$}{text}", "")
}

fn wrapped(out: &mut impl Write, label: &str, text: &str, style: Style) -> fmt::Result {
    let narrow = Style { width: style.width.saturating_sub(VALUE), ..style };
    for (index, line) in narrow.broken(text, 0).lines().enumerate() {
        row(out, if index == 0 { label } else { "" }, line)?;
    }
    Ok(())
}

fn line(source: &SourceLine) -> String {
    format!("{}:{}", plain(&source.file), source.line)
}

fn origin(origin: &Origin) -> String {
    match origin {
        Origin::Default => "default".into(),
        Origin::Said { at, by: SaidBy::Itself } => line(at),
        Origin::Said { at, by: SaidBy::Defaults } => format!("{} (defaults)", line(at)),
        Origin::Said { at, by: SaidBy::Profile(name) } => format!("{} (profile {name})", line(at)),
    }
}

/// What is in force for one credential, why, and what happens to it next.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(title = "keyform explanation", deny_unknown_fields)]
pub struct ExplainDocument {
    /// The version of this document: 1.
    version: u32,
    /// The credential.
    name: String,
    /// Where it is declared or removed.
    source: Option<PlaceDocument>,
    /// Every setting in force; empty if it is not declared.
    settings: Vec<SettingDocument>,
    /// Scheduled runs in a row that may fail; null where no cadence is declared, or nothing is renewed.
    runs_may_fail: Option<u32>,
    /// What becomes of it, if it is removed.
    removed: Option<RemovedDocument>,
    /// What the portal shows; null if it was not asked.
    portal: Option<AtPortalDocument>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct PlaceDocument {
    file: String,
    line: u32,
}

#[derive(Debug, Serialize, JsonSchema)]
struct SettingDocument {
    /// Dotted where it is nested.
    key: String,
    /// One value, or one for each member of a list.
    values: Vec<ValueDocument>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct ValueDocument {
    /// As people write it; null where there is none.
    value: Option<String>,
    /// `default`, `defaults`, `profile` or `credential`.
    by: String,
    /// The profile's name.
    profile: Option<String>,
    /// Where it stands; null for a default.
    source: Option<PlaceDocument>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct RemovedDocument {
    /// `destroy` or `forget`.
    then: String,
    /// RFC 3339.
    not_before: Option<String>,
    /// In people's words.
    because: Option<String>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct AtPortalDocument {
    /// Its address.
    url: String,
    /// Its time, RFC 3339.
    clock: String,
    /// What apply would do, or what stands in the way.
    changes: Vec<ChangeDocument>,
    /// The keys in use, soonest end first.
    keys: Vec<ExplainedKeyDocument>,
    /// What else is worth knowing.
    notes: Vec<String>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct ExplainedKeyDocument {
    /// The key.
    key: KeyDocument,
    /// What happens to it next and by which rule, in words.
    next: String,
}

impl ExplainDocument {
    /// The document of an explanation, with what the portal shows if it was asked.
    #[must_use]
    pub fn of(what: &Explanation<'_>, plan: Option<&Plan>) -> Self {
        let Explanation { name, effective, removed } = *what;
        let source = effective.map(|effective| &effective.source).or_else(|| removed.map(|removed| &removed.source));
        Self {
            version: EXPLAIN_VERSION,
            name: name.to_string(),
            source: source.map(place),
            settings: effective
                .into_iter()
                .flat_map(|effective| &effective.settings)
                .map(|setting| SettingDocument {
                    key: setting.key.into(),
                    values: setting.effects.iter().map(value_document).collect(),
                })
                .collect(),
            runs_may_fail: effective.and_then(|effective| effective.runs_may_fail),
            removed: removed.map(|removed| RemovedDocument {
                then: match removed.then {
                    Leaving::Destroy => "destroy".into(),
                    Leaving::Forget => "forget".into(),
                },
                not_before: removed.not_before.map(|at| at.to_string()),
                because: removed.because.clone(),
            }),
            portal: plan.map(|plan| AtPortalDocument {
                url: plan.url.clone(),
                clock: plan.now.to_string(),
                changes: changes(plan, name).map(|change| change_document(change, plan)).collect(),
                keys: keys(plan, name)
                    .map(|key| ExplainedKeyDocument {
                        key: KeyDocument::of(key, plan.now),
                        next: next(key, effective, plan),
                    })
                    .collect(),
                notes: notes(plan, name).collect(),
            }),
        }
    }
}

fn place(source: &SourceLine) -> PlaceDocument {
    PlaceDocument { file: source.file.to_string(), line: source.line }
}

fn value_document(effect: &Effect) -> ValueDocument {
    let Effect { text, origin } = effect;
    let (by, profile, source) = match origin {
        Origin::Default => ("default", None, None),
        Origin::Said { at, by: SaidBy::Defaults } => ("defaults", None, Some(place(at))),
        Origin::Said { at, by: SaidBy::Profile(name) } => ("profile", Some(name.clone()), Some(place(at))),
        Origin::Said { at, by: SaidBy::Itself } => ("credential", None, Some(place(at))),
    };
    ValueDocument { value: text.clone(), by: by.into(), profile, source }
}

/// The schema of the explanation.
#[must_use]
pub fn schema() -> serde_json::Value {
    schemars::schema_for!(ExplainDocument).to_value()
}
