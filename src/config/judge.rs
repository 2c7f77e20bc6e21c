//! A file judged by the published schema, so that editors and keyform cannot disagree.
//!
//! What is wrong is reported and taken out of the tree; what is left has the right shape and is checked further.

mod words;

use std::collections::BTreeSet;
use std::rc::Rc;
use std::sync::LazyLock;

use jsonschema::error::ValidationErrorKind;
use jsonschema::{ValidationError, Validator};
use serde_json::Value;

use super::codes;
use super::later::{self, Place};
use super::part::Kind;
use super::problem::Problem;
use super::source::{Sources, shorten};
use super::tree::{Cursor, Node, Path};
use super::{schema, secrets};
use crate::model::Code;
use crate::sink::kinds::{self, KINDS};
use words::{bad_name, bad_text, expected, out_of_bounds, unknown_key, unknown_value, wrong_type};

struct Judge {
    schema: Value,
    validator: Option<Validator>,
}

impl Judge {
    fn new(schema: Value) -> Self {
        let options = jsonschema::options().with_pattern_options(jsonschema::PatternOptions::regex());
        Self { validator: options.build(&schema).ok(), schema }
    }
}

static ROOT: LazyLock<Judge> = LazyLock::new(|| Judge::new(schema::config_schema()));
static INCLUDED: LazyLock<Judge> = LazyLock::new(|| Judge::new(schema::include_schema()));

fn path(steps: &[&str]) -> Path {
    steps.iter().map(|step| (*step).to_owned()).collect()
}

/// Judges a file and takes out of it what is wrong.
pub(super) fn judge(kind: Kind, root: &mut Rc<Node>, sources: &mut Sources, problems: &mut Vec<Problem>) {
    let mut found = Found { sources, problems, prune: Vec::new(), taken: BTreeSet::new(), damage: Vec::new() };
    find_secrets(Cursor::root(root), &mut Vec::new(), &mut found);
    found.apply(root);
    find_later(kind, Cursor::root(root), &mut found);
    found.apply(root);
    let value = root.to_value();
    let judge = match kind {
        Kind::Root => &*ROOT,
        Kind::Included => &*INCLUDED,
    };
    let errors = judge.validator.iter().flat_map(|validator| validator.iter_errors(&value));
    for error in errors {
        report(kind, &error, &judge.schema, Cursor::root(root), &mut found);
    }
    found.apply(root);
    find_surprises(Cursor::root(root), &mut Vec::new(), &mut found);
    found.apply(root);
}

struct Found<'a> {
    sources: &'a mut Sources,
    problems: &'a mut Vec<Problem>,
    prune: Vec<Path>,
    /// Everything that has been taken out so far.
    taken: BTreeSet<Path>,
    damage: Vec<Path>,
}

impl Found<'_> {
    fn apply(&mut self, root: &mut Rc<Node>) {
        for path in self.damage.drain(..) {
            root.damage(&path);
        }
        // From the back, so that the places of list elements stay right, and what is below before what is above.
        let number = |step: &String| (step.parse::<usize>().ok(), step.clone());
        self.prune.sort_by_cached_key(|path| path.iter().map(number).collect::<Vec<_>>());
        self.prune.dedup();
        for path in self.prune.drain(..).rev() {
            root.prune(&path);
            self.taken.insert(path);
        }
    }
}

/// Finds what looks like a secret, in any value.
fn find_secrets(here: Cursor<'_>, at: &mut Path, found: &mut Found<'_>) {
    if let Some((text, _)) = here.scalar() {
        let key = at.iter().rev().find(|step| step.parse::<usize>().is_err()).map_or("", String::as_str);
        let code = if at.len() == 2 && at[0] == "portal" && key == "url" && has_sign_in(text) {
            Some((codes::URL_WITH_SECRET, "the portal's address carries a sign-in or a query"))
        } else if secrets::is_secret_setting(key, text) {
            Some((codes::LITERAL_SECRET, "this looks like a secret"))
        } else {
            None
        };
        if let Some((code, message)) = code {
            hide(code, message, here, at, found);
        }
        return;
    }
    let arguments = KINDS.iter().any(|kind| at.last().is_some_and(|key| kind.runs.contains(&key.as_str())));
    let mut before: Option<&str> = None;
    for (index, item) in here.items().enumerate() {
        at.push(index.to_string());
        match item.scalar() {
            Some((text, _)) if arguments && secrets::is_secret_argument(before, text) => {
                hide(codes::LITERAL_SECRET, "this argument looks like a secret", item, at, found);
            }
            _ => find_secrets(item, at, found),
        }
        before = item.scalar().map(|(text, _)| text);
        at.pop();
    }
    for (key, value) in here.entries() {
        at.push(key.to_owned());
        if secrets::looks_secret(key) {
            found.sources.hide(value.key_span());
            found.problems.push(Problem::at(codes::LITERAL_SECRET, value.key_span(), "this key looks like a secret"));
            found.prune.push(at.clone());
        } else {
            find_secrets(value, at, found);
        }
        at.pop();
    }
}

fn hide(code: &'static Code, message: &str, here: Cursor<'_>, at: &Path, found: &mut Found<'_>) {
    found.sources.hide(here.span());
    found.sources.hide(here.node().written());
    found.problems.push(Problem::at(code, here.span(), message).saying("hidden here"));
    found.prune.push(at.clone());
}

fn has_sign_in(url: &str) -> bool {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let host = rest.split('/').next().unwrap_or_default();
    host.contains('@') || url.contains(['?', '#'])
}

/// Finds what only a later version can do.
fn find_later(kind: Kind, root: Cursor<'_>, found: &mut Found<'_>) {
    let mut later_sinks = Vec::new();
    if kind == Kind::Root {
        later_keys(Place::Top, Some(root), &[], found);
        later_keys(Place::Guards, root.get("guards"), &["guards"], found);
    }
    later_keys(Place::Portal, root.get("portal"), &["portal"], found);
    for (name, sink) in root.get("sinks").into_iter().flat_map(Cursor::entries) {
        let kind = sink.get("type");
        if let Some(kind) = kind.filter(|kind| kind.scalar().is_some_and(|(text, _)| later::is_later_sink(text))) {
            let text = kind.scalar().map_or("", |(text, _)| text);
            let message = format!("sinks of type `{text}` are not available in this version");
            found.problems.push(Problem::at(codes::NOT_AVAILABLE, kind.span(), message).help(instead_of_sink()));
            found.prune.push(path(&["sinks", name]));
            later_sinks.push(name);
        } else {
            later_keys(Place::Sink, Some(sink), &["sinks", name], found);
        }
    }
    let mut settings: Vec<(Vec<&str>, Cursor<'_>)> = Vec::new();
    settings.extend(root.get("defaults").map(|defaults| (vec!["defaults"], defaults)));
    for map in ["profiles", "credentials"] {
        settings
            .extend(root.get(map).into_iter().flat_map(Cursor::entries).map(|(name, entry)| (vec![map, name], entry)));
    }
    for (at, entry) in settings {
        later_keys(Place::Settings, Some(entry), &at, found);
        for (index, delivery) in entry.get("deliver").into_iter().flat_map(Cursor::items).enumerate() {
            let index = index.to_string();
            for (sink, value) in delivery.entries() {
                let here: Vec<&str> = at.iter().copied().chain(["deliver", &index]).collect();
                let declared = root.get("sinks").is_some_and(|sinks| sinks.get(sink).is_some());
                if later_sinks.contains(&sink) {
                    found.prune.push(path(&here));
                } else if kind == Kind::Included && kinds::named(sink).is_some_and(|kind| !kind.runs.is_empty()) {
                    let message = format!("an included file cannot deliver to a {sink} of its own");
                    found.problems.push(Problem::at(codes::INCLUDE_COMMAND, value.key_span(), message));
                    found.prune.push(path(&here));
                } else if later::is_later_sink(sink) && !declared && (kind == Kind::Root || sink.contains('_')) {
                    let message = format!("sinks of type `{sink}` are not available in this version");
                    let problem = Problem::at(codes::NOT_AVAILABLE, value.key_span(), message).help(instead_of_sink());
                    found.problems.push(problem);
                    found.prune.push(path(&here));
                } else {
                    let inner: Vec<&str> = here.iter().copied().chain([sink]).collect();
                    later_keys(Place::Sink, Some(value), &inner, found);
                }
            }
        }
    }
}

const fn instead_of_sink() -> &'static str {
    "use `file`, `dotenv`, or a `command` that stores the key there"
}

fn later_keys(place: Place, entry: Option<Cursor<'_>>, at: &[&str], found: &mut Found<'_>) {
    for (key, value) in entry.into_iter().flat_map(Cursor::entries) {
        if let Some(instead) = later::instead(place, key) {
            let message = format!("`{key}` is not available in this version");
            found.problems.push(Problem::at(codes::NOT_AVAILABLE, value.key_span(), message).help(instead));
            found.prune.push(below(&path(at), key));
        }
    }
}

/// Turns one error of the schema into a problem, and takes out what it is about.
fn report(kind: Kind, error: &ValidationError<'_>, schema: &Value, root: Cursor<'_>, found: &mut Found<'_>) {
    let mut at: Path = steps(error.instance_path().as_str());
    let here = root.walk(&at).0;
    let name = at.iter().rev().find(|step| step.parse::<usize>().is_err()).map_or("the file", String::as_str);
    let problem = match error.kind() {
        ValidationErrorKind::AdditionalProperties { unexpected } => {
            let parent = error.schema_path().as_str().rsplit_once('/').map_or("", |(parent, _)| parent);
            let known = schema.pointer(parent).and_then(|parent| parent["properties"].as_object());
            let known: Vec<&str> = known.into_iter().flat_map(|known| known.keys().map(String::as_str)).collect();
            return unknown_keys(kind, unexpected, &known, here, &at, found);
        }
        ValidationErrorKind::Required { property } => {
            return missing(property.as_str().unwrap_or_default(), here, at, found);
        }
        ValidationErrorKind::PropertyNames { error } => {
            let key = error.instance().as_str().unwrap_or_default();
            at.push(key.to_owned());
            bad_name(key, here.get_or_self(key).key_span())
        }
        ValidationErrorKind::Type { kind } => wrong_type(here, &expected(kind)),
        ValidationErrorKind::AnyOf { .. } => match here.scalar() {
            Some(("", false)) => Problem::at(codes::BAD_VALUE, here.span(), "the string is empty"),
            _ => wrong_type(here, "a string"),
        },
        ValidationErrorKind::Enum { options } => unknown_value(here, name, options),
        ValidationErrorKind::Constant { .. } => {
            let text = here.scalar().map_or_else(|| "this".into(), |(text, _)| shorten(text));
            let message = format!("the format version `{text}` is not known to this version");
            Problem::at(codes::FORMAT_VERSION, here.span(), message)
        }
        ValidationErrorKind::Pattern { pattern } => bad_text(here, name, pattern),
        ValidationErrorKind::MinProperties { .. } if name == "window" => {
            let problem = Problem::at(codes::BAD_VALUE, here.span(), "the window says neither days nor hours");
            problem.help("write it as in `{ days: mon-thu, hours: \"09:00-16:00\" }`")
        }
        ValidationErrorKind::Minimum { limit } => out_of_bounds(here, name, "at least", limit),
        ValidationErrorKind::Maximum { limit } => out_of_bounds(here, name, "at most", limit),
        ValidationErrorKind::MinProperties { .. } | ValidationErrorKind::MaxProperties { .. } => {
            let problem = Problem::at(codes::BAD_VALUE, here.span(), "an entry of `deliver` names exactly one sink");
            problem.help("start a new list entry with `- ` for each sink")
        }
        ValidationErrorKind::MinItems { .. } => {
            Problem::at(codes::BAD_VALUE, here.span(), format!("`{name}` is empty"))
        }
        _ => Problem::at(codes::BAD_VALUE, here.span(), format!("`{}` is not possible here", shorten(name))),
    };
    found.problems.push(problem);
    found.prune.push(at);
}

fn unknown_keys(kind: Kind, keys: &[String], known: &[&str], here: Cursor<'_>, at: &Path, found: &mut Found<'_>) {
    for key in keys {
        let Some(value) = here.get(key) else { continue };
        found.problems.push(unknown_key(kind, at, key, known, value));
        found.prune.push(below(at, key));
    }
}

fn missing(key: &str, here: Cursor<'_>, at: Path, found: &mut Found<'_>) {
    if found.taken.contains(&below(&at, key)) {
        // It is there, and what is wrong with it has been said.
        return;
    }
    let (span, message) = if at.is_empty() {
        (here.top(), format!("the file has no `{key}`"))
    } else {
        (here.span(), format!("`{key}` is missing here"))
    };
    found.problems.push(Problem::at(codes::MISSING_KEY, span, message).help(format!("add `{key}: …`")));
    found.damage.push(at);
}

/// The path of a key below a path.
fn below(at: &[String], key: &str) -> Path {
    at.iter().cloned().chain([key.to_owned()]).collect()
}

fn steps(pointer: &str) -> Path {
    pointer.split('/').skip(1).map(|step| step.replace("~1", "/").replace("~0", "~")).collect()
}

/// Finds values and names that YAML 1.1 takes for something else.
fn find_surprises(here: Cursor<'_>, at: &mut Path, found: &mut Found<'_>) {
    if let Some((text, true)) = here.scalar()
        && is_old_boolean(text)
    {
        let message = format!("`{text}` is read as a boolean by many YAML tools, but is a string here");
        let problem =
            Problem::at(codes::YAML_SURPRISE, here.span(), message).help(format!("put it in quotes: \"{text}\""));
        found.problems.push(problem);
        found.prune.push(at.clone());
    }
    for (index, item) in here.items().enumerate() {
        at.push(index.to_string());
        find_surprises(item, at, found);
        at.pop();
    }
    let names = matches!(at.as_slice(), [map] if matches!(map.as_str(), "credentials" | "profiles" | "sinks"));
    for (key, value) in here.entries() {
        if names
            && value.key().is_some_and(|(key, plain)| plain && (is_old_boolean(key) || super::tree::is_no_text(key)))
        {
            let read = if is_old_boolean(key) { "is read as a boolean" } else { "is not read as a string" };
            let message = format!("the name `{}` {read} by many YAML tools", shorten(key));
            let problem = Problem::at(codes::YAML_SURPRISE, value.key_span(), message);
            found.problems.push(problem.help(format!("put it in quotes: \"{}\"", shorten(key))));
        }
        at.push(key.to_owned());
        find_surprises(value, at, found);
        at.pop();
    }
}

fn is_old_boolean(text: &str) -> bool {
    matches!(text.to_ascii_lowercase().as_str(), "yes" | "no" | "on" | "off")
}
