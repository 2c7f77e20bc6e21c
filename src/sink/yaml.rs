//! One field of a YAML document; every other byte stays what it is.
//!
//! The parser tells where values stand; after a change the document is parsed again, and a change that did anything
//! but set this field is thrown away. So a shape this file does not know is refused, never damaged.

use std::fmt;
use std::ops::Range;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::Value;
use serde_yaml::Spanned;

use super::error::Problem;
use super::field::{self, BOM, Path};
use crate::model::Secret;

/// The text of the field; `None` where there is none, or an empty one.
pub(super) fn read(file: &[u8], path: &Path<'_>) -> Result<Option<Secret>, Problem> {
    let text = field::text(file, "YAML")?;
    let mut value = &data(text)?;
    for part in path.parts() {
        match value {
            Value::Null => return Ok(None),
            Value::Object(map) => match map.get(*part) {
                Some(inner) => value = inner,
                None => return Ok(None),
            },
            Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {
                return Err(path.unusable("leads through something that is not a map"));
            }
        }
    }
    match value {
        Value::Null => Ok(None),
        Value::String(key) => Ok((!key.is_empty()).then(|| Secret::new(key.clone()))),
        Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => {
            Err(path.unusable("holds something that is not a string"))
        }
    }
}

/// `file` with the field set to `key`; maps on the way are made where they are missing.
pub(super) fn written(file: &[u8], path: &Path<'_>, key: &Secret) -> Result<Vec<u8>, Problem> {
    let text = field::text(file, "YAML")?;
    let old = data(text)?;
    let root: Spanned<Node> = serde_yaml::from_str(text).map_err(|error| invalid(&error))?;
    let candidates = candidates(text, &root, path, key.reveal())?;
    let fits = |new: &String| data(new).is_ok_and(|new| path.is_only_change(&old, &new, key.reveal()));
    let new = candidates
        .into_iter()
        .find(fits)
        .ok_or_else(|| path.unusable("stands in a shape that cannot be changed without changing more"))?;
    let bom: &[u8] = if file.starts_with(BOM) { BOM } else { b"" };
    Ok([bom, new.as_bytes()].concat())
}

fn data(text: &str) -> Result<Value, Problem> {
    serde_yaml::from_str(text).map_err(|error| invalid(&error))
}

/// Only the place: the parser's own words repeat lines of the document, and it may hold keys.
fn invalid(error: &serde_yaml::Error) -> Problem {
    let why = error.location().map_or_else(
        || "it does not parse".to_owned(),
        |location| format!("line {}, column {}", location.line(), location.column()),
    );
    Problem::Invalid { format: "YAML", why }
}

/// The texts that may be the wanted one, the prettiest first.
fn candidates(text: &str, root: &Spanned<Node>, path: &Path<'_>, key: &str) -> Result<Vec<String>, Problem> {
    let mut node = root;
    let mut rest = path.parts();
    while let [name, deeper @ ..] = rest {
        match &node.value {
            Node::Map(entries) => match entries.iter().find(|(found, _)| found.value == *name) {
                Some((_, inner)) => (node, rest) = (inner, deeper),
                None if entries.is_empty() => return Ok(in_empty_map(text, node, rest, key)),
                None => return Ok(in_map(text, node, entries, rest, key)),
            },
            Node::Null if std::ptr::eq(node, root) => return Ok(in_nothing(text, rest, key)),
            Node::Null => return Ok(in_null(text, node, rest, key)),
            Node::Text | Node::Other | Node::List(_) => {
                return Err(path.unusable("leads through something that is not a map"));
            }
        }
    }
    match &node.value {
        Node::Null | Node::Text => value(text, node, path, key),
        Node::Map(_) | Node::List(_) => Err(path.unusable("holds a map or a list, not a string")),
        Node::Other => Err(path.unusable("holds something that is not a string")),
    }
}

/// The value in place of the one that is there.
fn value(text: &str, node: &Spanned<Node>, path: &Path<'_>, key: &str) -> Result<Vec<String>, Problem> {
    if node.referenced != node.defined {
        return Err(path.unusable("is an alias of another value"));
    }
    let at = span(node).filter(|at| text.is_char_boundary(at.start) && text.is_char_boundary(at.end));
    let at = at.ok_or_else(|| path.unusable("cannot be located"))?;
    let found = &text[at.clone()];
    if found.contains('\n') {
        return Err(path.unusable("holds a string over several lines"));
    }
    if found.is_empty() {
        return Ok(after_colon(text, at.start, |quoted| format!(" {quoted}"), key));
    }
    Ok(quotings(key, found.chars().next()).map(|quoted| field::spliced(text, at.clone(), &quoted)).collect())
}

/// A map for the missing names in place of an empty value.
fn in_null(text: &str, node: &Spanned<Node>, rest: &[&str], key: &str) -> Vec<String> {
    let flow = |quoted: &str| format!("{{{}}}", flow(rest, quoted));
    match span(node) {
        Some(at) if at.is_empty() => after_colon(text, at.start, |quoted| format!(" {}", flow(quoted)), key),
        Some(at) => quotings(key, None).map(|quoted| field::spliced(text, at.clone(), &flow(&quoted))).collect(),
        None => Vec::new(),
    }
}

/// An empty value is located at its colon.
fn after_colon(text: &str, at: usize, with: impl Fn(&str) -> String, key: &str) -> Vec<String> {
    let Some(colon) = text[at..].find(':').map(|found| at + found + 1) else { return Vec::new() };
    quotings(key, None).map(|quoted| field::spliced(text, colon..colon, &with(&quoted))).collect()
}

/// A first entry in `{}`.
fn in_empty_map(text: &str, node: &Spanned<Node>, rest: &[&str], key: &str) -> Vec<String> {
    let Some(brace) = span(node).map(|at| at.start).filter(|at| text[*at..].starts_with('{')) else {
        return Vec::new();
    };
    quotings(key, None).map(|quoted| field::spliced(text, brace + 1..brace + 1, &flow(rest, &quoted))).collect()
}

/// A document of blanks and comments.
fn in_nothing(text: &str, rest: &[&str], key: &str) -> Vec<String> {
    let line_break = field::line_break(text);
    let gap = if text.is_empty() || text.ends_with('\n') { "" } else { line_break };
    quotings(key, None).map(|quoted| format!("{text}{gap}{}", block(rest, &quoted, 0, line_break))).collect()
}

/// A new entry of a map: after its last one, else before its first one.
fn in_map(text: &str, node: &Spanned<Node>, entries: &Entries, rest: &[&str], key: &str) -> Vec<String> {
    let Some(first) = entries.first().and_then(|(name, _)| span(name)).map(|at| at.start) else { return Vec::new() };
    if let Some(brace) = span(node).map(|at| at.start).filter(|at| text[*at..].starts_with('{')) {
        let entry = |quoted: &str| format!("{}, ", flow(rest, quoted));
        return quotings(key, None).map(|quoted| field::spliced(text, brace + 1..brace + 1, &entry(&quoted))).collect();
    }
    let before = &text[field::line_start(text, first)..first];
    if !before.chars().all(|c| c == ' ' || c == '-') {
        return Vec::new();
    }
    let indent = before.len();
    let line_break = field::line_break(text);
    let mut all = Vec::new();
    if let Some(end) = end_of(node).filter(|end| *end <= text.len()) {
        let line_end = text[end..].find('\n').map_or(text.len(), |found| end + found + 1);
        let gap = if text[..line_end].ends_with('\n') { "" } else { line_break };
        all.extend(quotings(key, None).map(|quoted| {
            let entry = block(rest, &quoted, indent, line_break);
            field::spliced(text, line_end..line_end, &format!("{gap}{}{entry}", " ".repeat(indent)))
        }));
    }
    all.extend(quotings(key, None).map(|quoted| {
        let entry = block(rest, &quoted, indent, line_break);
        field::spliced(text, first..first, &format!("{entry}{}", " ".repeat(indent)))
    }));
    all
}

/// Where the last value in `node` ends, as far as a value tells.
fn end_of(node: &Spanned<Node>) -> Option<usize> {
    match &node.value {
        Node::Map(entries) => entries.last().and_then(|(_, last)| end_of(last)),
        Node::List(elements) => elements.last().and_then(end_of),
        Node::Null | Node::Text | Node::Other => span(node).map(|at| at.end),
    }
}

/// Entries on lines of their own; the first line is not indented, the last one ends.
fn block(names: &[&str], value: &str, indent: usize, line_break: &str) -> String {
    match names {
        [] => String::new(),
        [name] => format!("{}: {value}{line_break}", quoted_name(name)),
        [name, rest @ ..] => {
            let inside = block(rest, value, indent + 2, line_break);
            format!("{}:{line_break}{}{inside}", quoted_name(name), " ".repeat(indent + 2))
        }
    }
}

/// Entries on one line, as they stand between braces.
fn flow(names: &[&str], value: &str) -> String {
    match names {
        [] => String::new(),
        [name] => format!("{}: {value}", quoted_name(name)),
        [name, rest @ ..] => format!("{}: {{{}}}", quoted_name(name), flow(rest, value)),
    }
}

fn quoted_name(name: &str) -> String {
    let plain = name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-')
        && !["y", "n", "yes", "no", "on", "off", "true", "false", "null"].contains(&name.to_ascii_lowercase().as_str());
    if plain { name.to_owned() } else { Value::from(name).to_string() }
}

/// The spellings of `key`, the one in the style of the value before first.
fn quotings(key: &str, style: Option<char>) -> impl Iterator<Item = String> {
    let single = (!key.contains('\'')).then(|| format!("'{key}'"));
    let double = Some(Value::from(key).to_string());
    let plain = key.chars().all(|c| c.is_ascii_alphanumeric() || "._-".contains(c)).then(|| key.to_owned());
    let ordered = match style {
        Some('"') | None => [double, None, None],
        Some('\'') => [single, double, None],
        Some(_) => [plain, double, None],
    };
    ordered.into_iter().flatten()
}

type Entries = Vec<(Spanned<String>, Spanned<Node>)>;

/// The shape of a document, without its texts.
enum Node {
    Null,
    Text,
    Other,
    List(Vec<Spanned<Node>>),
    Map(Entries),
}

fn span<T>(node: &Spanned<T>) -> Option<Range<usize>> {
    let span = node.referenced.span();
    let start = usize::try_from(span.byte_offset()?).ok()?;
    Some(start..start + usize::try_from(span.byte_len()?).ok()?)
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(NodeVisitor)
    }
}

struct NodeVisitor;

/// What is neither nothing nor text, a list or a map.
macro_rules! other {
    ($($visit:ident: $type:ty),*) => {
        $(fn $visit<E>(self, _: $type) -> Result<Node, E> {
            Ok(Node::Other)
        })*
    };
}

impl<'de> Visitor<'de> for NodeVisitor {
    type Value = Node;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }

    fn visit_unit<E>(self) -> Result<Node, E> {
        Ok(Node::Null)
    }

    fn visit_str<E>(self, _: &str) -> Result<Node, E> {
        Ok(Node::Text)
    }

    other! { visit_bool: bool, visit_i64: i64, visit_u64: u64, visit_i128: i128, visit_u128: u128, visit_f64: f64, visit_bytes: &[u8] }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Node, A::Error> {
        let mut elements = Vec::new();
        while let Some(element) = access.next_element()? {
            elements.push(element);
        }
        Ok(Node::List(elements))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Node, A::Error> {
        let mut entries = Vec::new();
        while let Some(entry) = access.next_entry()? {
            entries.push(entry);
        }
        Ok(Node::Map(entries))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn set(file: &str, field: &str) -> String {
        let path = Path::new(field).unwrap();
        let new = written(file.as_bytes(), &path, &Secret::new("k1".into())).unwrap();
        assert_eq!(read(&new, &path).unwrap().unwrap().reveal(), "k1");
        String::from_utf8(new).unwrap()
    }

    fn refused(file: &str, field: &str) -> Problem {
        written(file.as_bytes(), &Path::new(field).unwrap(), &Secret::new("k".into())).unwrap_err()
    }

    #[test]
    fn only_the_field_changes() {
        assert_eq!(set("a: old # note\r\nb:  2\r\n", "a"), "a: k1 # note\r\nb:  2\r\n");
        assert_eq!(set("# é\nm: { x: 1, a: 'old' } # z\n", "m.a"), "# é\nm: { x: 1, a: 'k1' } # z\n");
        assert_eq!(set("m:\n  a: \"old\"\n  b: |\n    text\n", "m.a"), "m:\n  a: \"k1\"\n  b: |\n    text\n");
        assert_eq!(set("\u{feff}---\na: &x old\n...\n", "a"), "\u{feff}---\na: &x k1\n...\n");
        assert_eq!(set("a: \nb: 1\n", "a"), "a: \"k1\" \nb: 1\n");
        assert_eq!(set("a: ~\nb: 1\n", "a"), "a: k1\nb: 1\n");
        assert_eq!(set("a: # note\n", "a"), "a: \"k1\" # note\n");
    }

    #[test]
    fn a_missing_field_comes_last_in_its_map() {
        assert_eq!(set("", "m.a"), "m:\n  a: \"k1\"\n");
        assert_eq!(set("# only a note\n", "a"), "# only a note\na: \"k1\"\n");
        assert_eq!(set("b: 1", "a"), "b: 1\na: \"k1\"\n");
        assert_eq!(set("m:\n    b: 1 # note\nz: 2\n", "m.a"), "m:\n    b: 1 # note\n    a: \"k1\"\nz: 2\n");
        assert_eq!(set("m: {b: 1}\n", "m.a"), "m: {a: \"k1\", b: 1}\n");
        assert_eq!(set("m: {}\n", "m.a"), "m: {a: \"k1\"}\n");
        assert_eq!(set("m:\nz: 1\n", "m.x.a"), "m: {x: {a: \"k1\"}}\nz: 1\n");
        assert_eq!(set("m:\n  b: |\n    text\n\n    more\n# end\n", "a").matches("a: \"k1\"\n").count(), 1);
    }

    #[test]
    fn what_cannot_be_changed_alone_is_left_alone() {
        for file in [
            "a: |\n  old\n",
            "a: x\n  y\n",
            "b: &x old\na: *x\n",
            "a: &x old\nb: *x\n",
            "a: 1\n",
            "a: [x]\n",
            "- a\n",
            "\tb: 1",
        ] {
            assert!(matches!(refused(file, "a"), Problem::Field { .. }), "{file}");
        }
        for file in ["a: x\na: y\n", "a: [", "--- 1\n--- 2\n"] {
            assert!(matches!(refused(file, "a"), Problem::Invalid { .. }), "{file}");
        }
    }

    #[test]
    fn unusual_shapes_are_changed_correctly_or_refused() {
        let files = [
            "base: &b {a: old}\nm:\n  <<: *b\n  c: 1\n",
            "a: !!str old\n",
            "? a\n: old\n",
            "\"a\": old\n'm': {\"a\": \"x\"}\n",
            "a: 'it''s'\n",
            "m: {\n  a: old,\n}\n",
            "a: old\n# end\n...\n",
            "%YAML 1.2\n---\na: old\n",
            "m: !t\n  b: 1\n",
            "m:\n- b: 1\n",
            "a: >-\n  folded\nm:\n  b: >\n    folded\n\n\nz: 1",
            "{\"a\": \"old\", \"m\": {}}",
            "m: &x\n  b: 1\nn: *x\n",
        ];
        for file in files {
            for field in ["a", "m.a", "n.a", "new"] {
                let path = Path::new(field).unwrap();
                let Ok(new) = written(file.as_bytes(), &path, &Secret::new("k1".into())) else { continue };
                let (old, new) = (data(file).unwrap(), data(std::str::from_utf8(&new).unwrap()).unwrap());
                assert!(path.is_only_change(&old, &new, "k1"), "{file:?} {field}");
            }
        }
        assert_eq!(set("a: 'it''s'\n", "a"), "a: 'k1'\n");
        assert_eq!(set("a: !!str old\n", "a"), "a: !!str k1\n");
        assert_eq!(set("m:\n  b: 1\n\n# about z\nz: 1\n", "m.a"), "m:\n  b: 1\n  a: \"k1\"\n\n# about z\nz: 1\n");
    }

    #[test]
    fn a_broken_document_is_described_without_its_text() {
        let Problem::Invalid { why, .. } = refused("key: hidden\nkey: hidden2\n", "key") else { panic!() };
        assert!(!why.contains("hidden") && why.contains("line 2"), "{why}");
    }

    fn block_lines() -> impl Strategy<Value = String> {
        let value = prop_oneof![
            "[a-z]{1,4}",
            Just(String::new()),
            Just("'it''s'".into()),
            Just("\"x\\ny\" # note".into()),
            Just("{a: 1, b: {c: x}}".into()),
            Just("[1, {a: b}]".into()),
            Just("|\n    two\n    lines".into()),
            Just("\n  a: x\n  b: y # note".into()),
            Just("\n  - a: x\n    b: y".into()),
            Just("&n z".into()),
            Just("{}".into()),
            Just("~".into()),
            Just("12".into()),
        ];
        prop::collection::vec(("[abcd]", value, any::<bool>()), 0..5).prop_map(|entries| {
            entries.into_iter().fold(String::new(), |text, (name, value, note)| {
                format!("{text}{}{name}: {value}\n", if note { "# note: x\n" } else { "" })
            })
        })
    }

    proptest! {
        #[test]
        fn nothing_but_the_field_changes_and_the_key_reads_back(
            text in block_lines(), crlf: bool, field in "[abcd](\\.[abc]){0,2}", key in "[A-Za-z0-9._~-]{1,12}"
        ) {
            let text = if crlf { text.replace('\n', "\r\n") } else { text };
            let path = Path::new(&field).unwrap();
            let Ok(new) = written(text.as_bytes(), &path, &Secret::new(key.clone())) else { return Ok(()) };
            prop_assert_eq!(read(&new, &path).unwrap().map(|found| found.reveal().to_owned()), Some(key));
            // What was there is still there, in order: one piece went in, and at most one scalar went out.
            let new = String::from_utf8(new).unwrap();
            let same = text.bytes().zip(new.bytes()).take_while(|(old, new)| old == new).count();
            let tail = text[same..].bytes().rev().zip(new.bytes().rev()).take_while(|(old, new)| old == new).count();
            prop_assert!(!text[same..text.len() - tail].contains('\n'), "{:?} -> {:?}", text, new);
        }
    }
}
