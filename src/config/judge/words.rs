//! What the errors of a schema are called for people.

use jsonschema::JsonType;
use jsonschema::error::TypeKind;
use serde_json::Value;

use crate::config::codes;
use crate::config::days::weekday;
use crate::config::later::{self, Place};
use crate::config::part::Kind;
use crate::config::problem::Problem;
use crate::config::settings::settings;
use crate::config::source::{Span, shorten};
use crate::config::tree::{Cursor, Path};
use crate::config::{schema, suggest};
use crate::model::CredentialName;

pub(super) fn expected(kind: &TypeKind) -> String {
    let word = |kind: JsonType| match kind {
        JsonType::Null => "nothing",
        JsonType::Boolean => "`true` or `false`",
        JsonType::Integer | JsonType::Number => "a whole number",
        JsonType::String => "a string",
        JsonType::Array => "a list",
        JsonType::Object => "a mapping",
    };
    match kind {
        TypeKind::Single(kind) => word(*kind).into(),
        TypeKind::Multiple(kinds) => kinds.iter().map(word).collect::<Vec<_>>().join(" or "),
    }
}

pub(super) fn wrong_type(here: Cursor<'_>, wanted: &str) -> Problem {
    let found = here.node().to_value();
    let subject = here.key().map_or_else(
        || if here.is_whole() { "the file" } else { "this" }.to_owned(),
        |(key, _)| format!("`{}`", shorten(key)),
    );
    let text = here.scalar().map_or_else(String::new, |(text, _)| shorten(text));
    let got = match &found {
        Value::Null => "nothing",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "a list",
        Value::Object(_) => "a mapping",
    };
    let wants_text = wanted.contains("a string");
    if wants_text && matches!(found, Value::Bool(_) | Value::Number(_)) {
        return Problem::at(
            codes::YAML_SURPRISE,
            here.span(),
            format!("{subject} is a text, but `{text}` is {got} in YAML"),
        )
        .help(format!("put it in quotes: \"{text}\""));
    }
    let problem = Problem::at(codes::WRONG_TYPE, here.span(), format!("{subject} should be {wanted}, not {got}"));
    match (wanted, &found) {
        ("`true` or `false`", Value::String(_)) => problem.help("write `true` or `false`, without quotes"),
        ("a list", Value::String(_) | Value::Number(_)) => problem.help(format!("write it as a list: [{text}]")),
        (_, Value::Null) => problem.help(format!("write {wanted}, or remove the key")),
        _ => problem.help(format!("write {wanted} here")),
    }
}

pub(super) fn unknown_value(here: Cursor<'_>, name: &str, options: &Value) -> Problem {
    let options = options.as_array().map(Vec::as_slice).unwrap_or_default();
    let words: Vec<String> =
        options.iter().map(|word| word.as_str().map_or_else(|| word.to_string(), Into::into)).collect();
    let all = suggest::list(words.iter().map(String::as_str));
    let Some((text, _)) = here.scalar() else { return wrong_type(here, &format!("one of {all}")) };
    let shown = shorten(text);
    let problem =
        Problem::at(codes::UNKNOWN_VALUE, here.span(), format!("`{shown}` is not possible for `{}`", shorten(name)));
    match suggest::nearest(text, words.iter().map(String::as_str)) {
        Some(near) => problem.saying(format!("did you mean `{near}`?")).help(format!("possible are {all}")),
        None => problem.help(format!("possible are {all}")),
    }
}

pub(super) fn bad_text(here: Cursor<'_>, name: &str, pattern: &str) -> Problem {
    let text = here.scalar().map_or_else(String::new, |(text, _)| shorten(text));
    let span = here.span();
    match pattern {
        schema::NAME => bad_name(&text, span),
        schema::DURATION => Problem::at(codes::BAD_DURATION, span, format!("`{text}` is not a duration")),
        schema::DATE => Problem::at(codes::BAD_DATE, span, format!("`{text}` is not a date")),
        schema::DAYS => bad_days(here, &text),
        schema::HOURS => Problem::at(codes::BAD_HOURS, span, format!("`{text}` are not hours of a day")),
        schema::ITEM => Problem::at(codes::BAD_ITEM, span, format!("`{text}` is not an item id")),
        schema::LINT => Problem::at(codes::UNKNOWN_LINT, span, format!("`{text}` is not the id of a warning")),
        _ => Problem::at(codes::BAD_VALUE, span, format!("`{}` is blank", shorten(name)))
            .help("write a text, or remove it"),
    }
}

fn bad_days(here: Cursor<'_>, text: &str) -> Problem {
    let problem = Problem::at(codes::BAD_DAYS, here.span(), format!("`{text}` is not a day of the week"));
    // People write `Monday-Friday`, and commas.
    let short = |word: &str| word.trim().to_lowercase().chars().take(3).collect::<String>();
    let days: Vec<String> = text.split('-').map(short).collect();
    let known = days.iter().all(|day| weekday(day).is_some());
    if known && days.len() <= 2 { problem.help(format!("write `{}`", days.join("-"))) } else { problem }
}

/// A number that is too small or too large.
pub(super) fn out_of_bounds(here: Cursor<'_>, name: &str, side: &str, limit: &Value) -> Problem {
    let message = format!("`{}` is {side} {limit}", shorten(name));
    let problem = Problem::at(codes::BAD_VALUE, here.span(), message);
    if name == "rotate" && side == "at least" {
        problem.help("to renew nothing for a while write a `freeze`; to renew nothing at all, `mode: observe`")
    } else {
        problem.help(format!("write a whole number that is {side} {limit}"))
    }
}

pub(super) fn bad_name(name: &str, span: Span) -> Problem {
    let why = CredentialName::new(name).err().map(|error| error.to_string());
    let shown = shorten(name);
    let problem = Problem::at(codes::BAD_NAME, span, format!("`{shown}` is not a name"));
    let fixed: String = name
        .to_lowercase()
        .chars()
        .map(|c| if matches!(c, 'a'..='z' | '0'..='9') { c } else { '-' })
        .take(64)
        .collect();
    let problem = problem.saying(why.map_or_else(String::new, |why| shorten(&why)));
    if fixed.chars().any(|c| c != '-') && fixed != name { problem.help(format!("such as `{fixed}`")) } else { problem }
}

/// Keys of the root file.
const ROOT_ONLY: [&str; 11] =
    ["stack", "portal", "include", "reach", "cadence", "defaults", "profiles", "sinks", "guards", "orphans", "lint"];

macro_rules! shared_keys {
    ($($(#[doc = $doc:literal])+ $(#[cfg($when:ident)])? $key:ident: $text:ty => $rule:ty, $read:expr;)*) => {
        /// Every setting of a credential.
        const SETTINGS: &[&str] = &[$($(#[cfg($when)])? stringify!($key)),*];
    };
}
settings!(shared_keys);

/// Where a key belongs that stands somewhere else.
fn home_of(key: &str) -> Option<&'static str> {
    Some(match key {
        "lifetime" | "until" | "renew_before" | "overlap" | "retire" | "spread" | "window" => "under `expiry`",
        "days" | "hours" => "under `expiry.window`",
        "max" | "freeze" => "under `guards`",
        "destroy" | "replace" | "rotate" | "change_percent" => "under `guards.max`",
        "moved" | "removed" => "at the top of a file",
        "url" | "product" | "expect" | "ca_bundle" => "under `portal`",
        "org" | "account" => "under `portal.expect`",
        "credentials" => "at the top of the root file",
        key if ROOT_ONLY.contains(&key) => "at the top of the root file",
        "title" | "use" => "in a credential, which alone can have it",
        key if SETTINGS.contains(&key) => "in a credential",
        _ => return None,
    })
}

pub(super) fn unknown_key(kind: Kind, at: &Path, key: &str, known: &[&str], value: Cursor<'_>) -> Problem {
    let (shown, span) = (shorten(key), value.key_span());
    if kind == Kind::Included
        && at.is_empty()
        && (ROOT_ONLY.contains(&key) || later::instead(Place::Top, key).is_some())
    {
        return Problem::at(codes::INCLUDE_KEY, span, format!("only the root file may have `{shown}`"));
    }
    if let Some(near) = suggest::nearest(key, known.iter().copied()) {
        let problem = Problem::at(codes::UNKNOWN_KEY, span, format!("there is no key `{shown}` here"));
        return problem.saying(format!("did you mean `{near}`?")).help(format!("write `{near}`"));
    }
    if let Some(home) = home_of(key) {
        let problem = Problem::at(codes::MISPLACED_KEY, span, format!("`{shown}` does not belong here"));
        return problem.help(format!("it belongs {home}"));
    }
    let problem = Problem::at(codes::UNKNOWN_KEY, span, format!("there is no key `{shown}` here"));
    if known.is_empty() {
        problem
    } else {
        problem.help(format!("possible are {}", suggest::list(known.iter().copied())))
    }
}
