//! One field of a JSON document; every other byte stays what it is.

use std::collections::HashSet;
use std::ops::Range;

use jsonc_parser::ast::{Object, Value as Node};
use jsonc_parser::common::Ranged;
use jsonc_parser::{CollectOptions, ParseOptions, parse_to_ast};
use serde_json::Value;

use super::error::Problem;
use super::field::{self, BOM, Path};
use crate::model::Secret;

/// The text of the field; `None` where there is none, or an empty one.
pub(super) fn read(file: &[u8], path: &Path<'_>) -> Result<Option<Secret>, Problem> {
    let text = field::text(file, "JSON")?;
    if text.trim().is_empty() {
        return Ok(None);
    }
    match find(text, path)? {
        Found::Value(_, Some(key)) if !key.is_empty() => Ok(Some(Secret::new(key))),
        Found::Value(..) | Found::Null(..) | Found::Missing { .. } => Ok(None),
    }
}

/// `file` with the field set to `key`; maps on the way are made where they are missing.
pub(super) fn written(file: &[u8], path: &Path<'_>, key: &Secret) -> Result<Vec<u8>, Problem> {
    let text = field::text(file, "JSON")?;
    let value = Secret::new(Value::from(key.reveal()).to_string());
    let value = value.reveal();
    let text = if text.trim().is_empty() {
        let nested = nested(path.parts(), value, "", "\n");
        format!("{{\n{nested}\n}}\n")
    } else {
        match find(text, path)? {
            Found::Value(at, _) => field::spliced(text, at, value),
            Found::Null(at, rest) => field::spliced(text, at, &format!("{{{}}}", flow(rest, value))),
            Found::Missing { object, rest } => inserted(text, &object, rest, value),
        }
    };
    let bom: &[u8] = if file.starts_with(BOM) { BOM } else { b"" };
    Ok([bom, text.as_bytes()].concat())
}

fn inserted(text: &str, object: &Object<'_>, rest: &[&str], value: &str) -> String {
    let Some((first, last)) = object.properties.first().zip(object.properties.last()) else {
        let inside = object.range.start + 1..object.range.end - 1;
        let indent = field::indent_of(text, object.range.start);
        let line_break = field::line_break(text);
        let nested = nested(rest, value, indent, line_break);
        return field::spliced(text, inside, &format!("{line_break}{nested}{line_break}{indent}"));
    };
    let end = last.value.range().end;
    // Between the members stands what stands before the first one, such as a line break and its indentation.
    let before = &text[object.range.start + 1..first.range.start];
    let addition = if before.contains('\n') {
        let indent = field::indent_of(text, first.range.start);
        let outer = field::indent_of(text, object.range.start);
        let step = indent.strip_prefix(outer).filter(|step| !step.is_empty());
        format!(",{before}{}", members(rest, value, indent, step.unwrap_or("  "), field::line_break(text)))
    } else {
        format!(", {}", flow(rest, value))
    };
    field::spliced(text, end..end, &addition)
}

/// `"a": {"b": value}` on one line.
fn flow(names: &[&str], value: &str) -> String {
    match names {
        [] => value.to_owned(),
        [name] => format!("{}: {value}", Value::from(*name)),
        [name, rest @ ..] => format!("{}: {{{}}}", Value::from(*name), flow(rest, value)),
    }
}

/// `"a": {"b": value}` over several lines, all of it indented one step more than `outer`.
fn nested(names: &[&str], value: &str, outer: &str, line_break: &str) -> String {
    let indent = format!("{outer}  ");
    format!("{indent}{}", members(names, value, &indent, "  ", line_break))
}

fn members(names: &[&str], value: &str, indent: &str, step: &str, line_break: &str) -> String {
    match names {
        [] => value.to_owned(),
        [name] => format!("{}: {value}", Value::from(*name)),
        [name, rest @ ..] => {
            let inner = format!("{indent}{step}");
            let inside = members(rest, value, &inner, step, line_break);
            format!("{}: {{{line_break}{inner}{inside}{line_break}{indent}}}", Value::from(*name))
        }
    }
}

enum Found<'a> {
    /// The bytes of the value, and its text unless it is `null`.
    Value(Range<usize>, Option<String>),
    /// The bytes of a `null` where a map should be, and the names that are missing in it.
    Null(Range<usize>, &'a [&'a str]),
    /// The deepest object there is, and the names that are missing in it.
    Missing { object: Object<'a>, rest: &'a [&'a str] },
}

fn find<'a>(text: &'a str, path: &'a Path<'_>) -> Result<Found<'a>, Problem> {
    // serde_json is the judge of what JSON is; the other parser only has to find places in what is valid.
    let invalid = |why: String| Problem::Invalid { format: "JSON", why };
    serde_json::from_str::<serde::de::IgnoredAny>(text)
        .map_err(|error| invalid(format!("line {}, column {}", error.line(), error.column())))?;
    let root = parse_to_ast(text, &CollectOptions::default(), &ParseOptions::default()).ok();
    let mut node = root.and_then(|root| root.value).ok_or_else(|| invalid("it does not parse".into()))?;
    if let Some(at) = repeated(&node) {
        return Err(invalid(format!("line {} repeats a key", 1 + text[..at].matches('\n').count())));
    }
    let mut rest = path.parts();
    loop {
        match (node, rest) {
            (Node::Object(mut object), [name, deeper @ ..]) => {
                match object.properties.iter().position(|member| member.name.as_str() == *name) {
                    None => return Ok(Found::Missing { object, rest }),
                    Some(found) => (node, rest) = (object.properties.swap_remove(found).value, deeper),
                }
            }
            (Node::StringLit(text), []) => return Ok(Found::Value(bytes(&text), Some(text.value.into_owned()))),
            (Node::NullKeyword(null), []) => return Ok(Found::Value(bytes(&null), None)),
            (Node::NullKeyword(null), _) => return Ok(Found::Null(bytes(&null), rest)),
            (Node::Object(_), []) => return Err(path.unusable("holds a map, not a string")),
            (Node::NumberLit(_) | Node::BooleanLit(_) | Node::Array(_), []) => {
                return Err(path.unusable("holds something that is not a string"));
            }
            (Node::StringLit(_) | Node::NumberLit(_) | Node::BooleanLit(_) | Node::Array(_), _) => {
                return Err(path.unusable("leads through something that is not a map"));
            }
        }
    }
}

fn bytes(node: &impl Ranged) -> Range<usize> {
    node.start()..node.end()
}

/// Where a key stands that its object has already.
fn repeated(node: &Node<'_>) -> Option<usize> {
    match node {
        Node::Object(object) => {
            let mut names = HashSet::new();
            object.properties.iter().find_map(|member| {
                if names.insert(member.name.as_str()) { repeated(&member.value) } else { Some(member.range.start) }
            })
        }
        Node::Array(array) => array.elements.iter().find_map(repeated),
        Node::StringLit(_) | Node::NumberLit(_) | Node::BooleanLit(_) | Node::NullKeyword(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn set(file: &str, field: &str) -> String {
        let path = Path::new(field).unwrap();
        let new = written(file.as_bytes(), &path, &Secret::new("k\"1".into())).unwrap();
        assert_eq!(read(&new, &path).unwrap().unwrap().reveal(), "k\"1");
        String::from_utf8(new).unwrap()
    }

    fn refused(file: &str, field: &str) -> Problem {
        written(file.as_bytes(), &Path::new(field).unwrap(), &Secret::new("k".into())).unwrap_err()
    }

    #[test]
    fn only_the_field_changes() {
        assert_eq!(
            set("{ \"b\" : 1.0,\t\"a\":\"old\" , \"c\":[ {} ]}", "a"),
            "{ \"b\" : 1.0,\t\"a\":\"k\\\"1\" , \"c\":[ {} ]}"
        );
        assert_eq!(set("{\"x\":{\"a\":null}}", "x.a"), "{\"x\":{\"a\":\"k\\\"1\"}}");
        assert_eq!(set("\u{feff}{\"a\":\"\"}", "a"), "\u{feff}{\"a\":\"k\\\"1\"}");
    }

    #[test]
    fn a_missing_field_comes_last_in_the_style_of_its_neighbours() {
        assert_eq!(set("", "m.a"), "{\n  \"m\": {\n    \"a\": \"k\\\"1\"\n  }\n}\n");
        assert_eq!(set("{\"b\":1}", "m.a"), "{\"b\":1, \"m\": {\"a\": \"k\\\"1\"}}");
        assert_eq!(set("{\"m\": null}", "m.x.a"), "{\"m\": {\"x\": {\"a\": \"k\\\"1\"}}}");
        assert_eq!(set("{}\n", "a"), "{\n  \"a\": \"k\\\"1\"\n}\n");
        assert_eq!(set("{\r\n\t\"b\": {}\r\n}", "b.a"), "{\r\n\t\"b\": {\r\n\t  \"a\": \"k\\\"1\"\r\n\t}\r\n}");
        assert_eq!(
            set("{\n    \"b\": 1\n}\n", "m.a"),
            "{\n    \"b\": 1,\n    \"m\": {\n        \"a\": \"k\\\"1\"\n    }\n}\n"
        );
    }

    #[test]
    fn what_is_not_json_or_not_a_text_is_left_alone() {
        assert!(matches!(refused("{\"a\":1,}", "a"), Problem::Invalid { .. }));
        assert!(
            matches!(refused("{\"a\":\"x\",\n\"a\":\"y\"}", "a"), Problem::Invalid { why, .. } if why.contains("line 2"))
        );
        assert!(matches!(refused("{\"\\u0061\":\"x\",\"a\":\"y\"}", "a"), Problem::Invalid { .. }));
        assert!(matches!(refused("// note\n{}", "a"), Problem::Invalid { .. }));
        for file in ["{\"a\":1}", "{\"a\":{}}", "{\"a\":[]}", "[]", "\"x\"", "{\"a\":true}"] {
            assert!(matches!(refused(file, "a"), Problem::Field { .. }), "{file}");
        }
        assert!(matches!(refused("{\"a\":\"text\"}", "a.b"), Problem::Field { .. }));
    }

    fn document() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            "[ -~é\n\"\\\\]{0,6}".prop_map(Value::from),
        ];
        leaf.prop_recursive(3, 24, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::vec(("[abc\"é]{1,2}", inner), 0..4)
                    .prop_map(|members| Value::Object(members.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn nothing_but_the_field_changes_and_the_key_reads_back(
            document in document(), pretty: bool, field in "[abc](\\.[abc]){0,2}", key in "[ -~]{1,12}"
        ) {
            let text = if pretty { serde_json::to_string_pretty(&document) } else { serde_json::to_string(&document) };
            let text = text.unwrap();
            let path = Path::new(&field).unwrap();
            let Ok(new) = written(text.as_bytes(), &path, &Secret::new(key.clone())) else { return Ok(()) };
            let new: Value = serde_json::from_slice(&new).unwrap();
            prop_assert!(path.is_only_change(&document, &new, &key));
        }
    }
}
