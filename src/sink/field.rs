//! What JSON and YAML fields share: the dotted path, and text with one place replaced.

use std::ops::Range;

use serde_json::{Map, Value};

use super::error::Problem;

/// The mark some editors put before a text.
pub(super) const BOM: &[u8] = b"\xef\xbb\xbf";

/// A dotted path with at least one part, none of them empty.
pub(super) struct Path<'a> {
    whole: &'a str,
    parts: Vec<&'a str>,
}

impl<'a> Path<'a> {
    /// Takes `maps.apiKey` apart.
    pub(super) fn new(field: &'a str) -> Result<Self, Problem> {
        let path = Self { whole: field, parts: field.split('.').collect() };
        if path.parts.iter().any(|part| part.is_empty()) {
            return Err(path.unusable("has an empty part"));
        }
        Ok(path)
    }

    pub(super) fn parts(&self) -> &[&'a str] {
        &self.parts
    }

    pub(super) fn unusable(&self, why: &'static str) -> Problem {
        Problem::Field { field: self.whole.to_owned(), why }
    }

    /// Whether `new` is `old` with nothing but this field set to `key`; maps on the way may be new, or stand where nothing stood.
    pub(super) fn is_only_change(&self, old: &Value, new: &Value, key: &str) -> bool {
        let mut wanted = old.clone();
        let mut at = &mut wanted;
        for part in &self.parts {
            if at.is_null() {
                *at = Value::Object(Map::new());
            }
            let Value::Object(map) = at else { return false };
            at = map.entry(*part).or_insert(Value::Null);
        }
        *at = Value::from(key);
        wanted == *new
    }
}

/// The text of `file` without its mark.
pub(super) fn text<'a>(file: &'a [u8], format: &'static str) -> Result<&'a str, Problem> {
    let bytes = file.strip_prefix(BOM).unwrap_or(file);
    std::str::from_utf8(bytes).map_err(|error| Problem::Invalid {
        format,
        why: format!("byte {} is not UTF-8", error.valid_up_to() + file.len() - bytes.len()),
    })
}

/// `text` with `at` replaced by `with`.
pub(super) fn spliced(text: &str, at: Range<usize>, with: &str) -> String {
    [&text[..at.start], with, &text[at.end..]].concat()
}

/// The blanks that the line of `at` begins with.
pub(super) fn indent_of(text: &str, at: usize) -> &str {
    let line = &text[line_start(text, at)..at];
    &line[..line.len() - line.trim_start_matches([' ', '\t']).len()]
}

/// Where the line of `at` begins.
pub(super) fn line_start(text: &str, at: usize) -> usize {
    text[..at].rfind('\n').map_or(0, |before| before + 1)
}

/// How this text breaks its lines.
pub(super) fn line_break(text: &str) -> &'static str {
    match text.find('\n') {
        Some(at) if text[..at].ends_with('\r') => "\r\n",
        Some(_) | None => "\n",
    }
}
