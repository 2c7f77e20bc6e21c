//! A file as a tree of values that know where they stand.
//!
//! The parser's own events are used, not serde: only they tell quoted from unquoted, and only so can every duplicate
//! key and every merge key be named at once.

mod read;

use std::ops::Range;
use std::rc::Rc;

use indexmap::IndexMap;
use serde_json::{Map, Value};

use super::source::Span;

pub(super) use read::read;

/// A path in a file, as steps.
pub(super) type Path = Vec<String>;

/// A value.
#[derive(Clone, Debug)]
pub(super) struct Node {
    /// Where it is written; empty or short for blocks.
    span: Span,
    /// The byte after its last; of blocks it says nothing.
    end: usize,
    /// Whether aliases can name it.
    anchored: bool,
    /// What it is.
    pub(super) shape: Shape,
    /// How many values it has, itself included.
    size: usize,
    /// How many levels it has, itself included; aliases can make more of them than the text has.
    depth: usize,
    /// Whether something that was wrong has been taken out of it.
    damaged: bool,
}

/// What a value is.
#[derive(Clone, Debug)]
pub(super) enum Shape {
    /// A text, number, boolean or nothing.
    Scalar {
        /// The text, quotes and escapes resolved.
        text: Box<str>,
        /// Whether it stands without quotes.
        plain: bool,
    },
    /// A list.
    Sequence(Vec<Child>),
    /// A mapping.
    Mapping(Mapping),
}

/// A value where it is used, which for an alias is not where it is written.
#[derive(Clone, Debug)]
pub(super) struct Child {
    node: Rc<Node>,
    at: Span,
}

/// The entries of a mapping by key, in file order.
pub(super) type Mapping = IndexMap<Box<str>, Entry>;

/// An entry of a mapping.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    key_span: Span,
    key_plain: bool,
    value: Child,
}

/// What a plain scalar is by YAML 1.2.
fn resolve(text: &str) -> Value {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Value::Null,
        "true" | "True" | "TRUE" => return Value::Bool(true),
        "false" | "False" | "FALSE" => return Value::Bool(false),
        _ => {}
    }
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    let special = matches!(digits, ".inf" | ".Inf" | ".INF") || matches!(text, ".nan" | ".NaN" | ".NAN");
    let based = |prefix: &str, radix| {
        text.strip_prefix(prefix).is_some_and(|rest| !rest.is_empty() && rest.chars().all(|c| c.is_digit(radix)))
    };
    if special || based("0o", 8) || based("0x", 16) {
        return Value::from(0);
    }
    if !digits.starts_with(|c: char| c.is_ascii_digit() || c == '.') || !digits.contains(|c: char| c.is_ascii_digit()) {
        return Value::from(text);
    }
    if digits.bytes().all(|b| b.is_ascii_digit()) {
        // `01` is not how people write 1.
        let octal_looking = digits.len() > 1 && digits.starts_with('0');
        return Value::from(if octal_looking { 0 } else { text.parse::<i64>().unwrap_or(i64::MAX) });
    }
    let float = digits.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'.' | b'e' | b'E' | b'-' | b'+'))
        && text.parse::<f64>().is_ok();
    // Which number it is does not matter: no setting takes one with a fraction.
    if float { Value::from(0.5) } else { Value::from(text) }
}

/// Whether YAML 1.2 takes a plain scalar for something else than a text.
pub(super) fn is_no_text(text: &str) -> bool {
    !resolve(text).is_string()
}

impl Node {
    /// The value without places.
    pub(super) fn to_value(&self) -> Value {
        match &self.shape {
            Shape::Scalar { text, plain: true } => resolve(text),
            Shape::Scalar { text, plain: false } => Value::from(&**text),
            Shape::Sequence(children) => children.iter().map(|child| child.node.to_value()).collect(),
            Shape::Mapping(mapping) => {
                let entries = mapping.iter().map(|(key, entry)| (key.to_string(), entry.value.node.to_value()));
                Value::Object(entries.collect::<Map<_, _>>())
            }
        }
    }

    /// Where the value is written, which for an alias is not where it is used.
    pub(super) fn written(&self) -> Span {
        self.span
    }

    /// Takes the value at a path out, and marks everything above it.
    pub(super) fn prune(self: &mut Rc<Self>, path: &[String]) {
        let node = Rc::make_mut(self);
        node.damaged = true;
        let Some((step, rest)) = path.split_first() else { return };
        let at = step.parse::<usize>().ok();
        match (&mut node.shape, rest.is_empty()) {
            (Shape::Mapping(mapping), true) => drop(mapping.shift_remove(step.as_str())),
            (Shape::Mapping(mapping), false) => {
                if let Some(entry) = mapping.get_mut(step.as_str()) {
                    entry.value.node.prune(rest);
                }
            }
            (Shape::Sequence(children), true) => {
                if let Some(at) = at.filter(|at| *at < children.len()) {
                    children.remove(at);
                }
            }
            (Shape::Sequence(children), false) => {
                if let Some(child) = at.and_then(|at| children.get_mut(at)) {
                    child.node.prune(rest);
                }
            }
            (Shape::Scalar { .. }, _) => {}
        }
    }

    /// Marks the value at a path as incomplete.
    pub(super) fn damage(self: &mut Rc<Self>, path: &[String]) {
        // A step that no document can have: nothing is taken out.
        let mut path = path.to_vec();
        path.push("\u{0}".into());
        self.prune(&path);
    }
}

/// A value seen from where it is used.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cursor<'a> {
    node: &'a Node,
    at: Span,
    /// Its key, or that of the list it is in.
    key: Option<(&'a str, Span, bool)>,
    /// Whether it is an element of a list.
    element: bool,
}

impl<'a> Cursor<'a> {
    /// The whole file.
    pub(super) fn root(node: &'a Node) -> Self {
        Self { node, at: node.span, key: None, element: false }
    }

    /// The value of a key.
    pub(super) fn get(self, key: &str) -> Option<Self> {
        let Shape::Mapping(mapping) = &self.node.shape else { return None };
        mapping.get_key_value(key).map(|(key, entry)| Self::entry(key, entry))
    }

    /// The value of a key, or the mapping itself where there is none.
    pub(super) fn get_or_self(self, key: &str) -> Self {
        self.get(key).unwrap_or(self)
    }

    /// An element of a list.
    pub(super) fn item(self, index: usize) -> Option<Self> {
        let Shape::Sequence(children) = &self.node.shape else { return None };
        children.get(index).map(|child| Self { node: &child.node, at: child.at, key: self.key, element: true })
    }

    /// An element of a list, or the list itself.
    pub(super) fn item_or_self(self, index: usize) -> Self {
        self.item(index).unwrap_or(self)
    }

    fn entry(key: &'a str, entry: &'a Entry) -> Self {
        let key = Some((key, entry.key_span, entry.key_plain));
        Self { node: &entry.value.node, at: entry.value.at, key, element: false }
    }

    /// The entries of a mapping; none of anything else.
    pub(super) fn entries(self) -> impl Iterator<Item = (&'a str, Self)> {
        let mapping = if let Shape::Mapping(mapping) = &self.node.shape { Some(mapping) } else { None };
        mapping.into_iter().flatten().map(|(key, entry)| (&**key, Self::entry(key, entry)))
    }

    /// The elements of a list; none of anything else.
    pub(super) fn items(self) -> impl Iterator<Item = Self> {
        let len = if let Shape::Sequence(children) = &self.node.shape { children.len() } else { 0 };
        (0..len).filter_map(move |index| self.item(index))
    }

    /// The value at the end of a path, as far as there is one, and whether the path was found whole.
    pub(super) fn walk(self, path: &[String]) -> (Self, bool) {
        let mut here = self;
        for step in path {
            let next = match &here.node.shape {
                Shape::Mapping(_) => here.get(step),
                Shape::Sequence(_) => step.parse().ok().and_then(|index| here.item(index)),
                Shape::Scalar { .. } => None,
            };
            match next {
                Some(next) => here = next,
                None => return (here, false),
            }
        }
        (here, true)
    }

    /// The bytes of the value where it is used; of a block where it starts.
    pub(super) fn extent(self) -> Range<usize> {
        let end = if self.at == self.node.span { self.node.end } else { self.at.end };
        self.at.start..end.max(self.at.start)
    }

    /// Whether another place may use it too.
    pub(super) fn is_shared(self) -> bool {
        self.node.anchored || self.at != self.node.span
    }

    /// The value itself.
    pub(super) fn node(self) -> &'a Node {
        self.node
    }

    /// The text of a scalar and whether it stands without quotes.
    pub(super) fn scalar(self) -> Option<(&'a str, bool)> {
        match &self.node.shape {
            Shape::Scalar { text, plain } => Some((text, *plain)),
            Shape::Sequence(_) | Shape::Mapping(_) => None,
        }
    }

    /// Whether something that was wrong has been taken out below.
    pub(super) fn damaged(self) -> bool {
        self.node.damaged
    }

    /// Where to point for the value: blocks have no extent of their own, so their key or first key stands for them.
    pub(super) fn span(self) -> Span {
        let own = self.at.end > self.at.start;
        match &self.node.shape {
            Shape::Scalar { .. } if own => self.at,
            _ if self.at != self.node.span => self.at,
            Shape::Mapping(mapping) => match (self.element, mapping.first()) {
                (true, Some((_, entry))) => entry.key_span,
                _ => self.key_span(),
            },
            Shape::Scalar { .. } | Shape::Sequence(_) => self.key_span(),
        }
    }

    /// The first key, where the whole file is meant.
    pub(super) fn top(self) -> Span {
        match &self.node.shape {
            Shape::Mapping(mapping) => mapping.first().map_or(self.at, |(_, entry)| entry.key_span),
            Shape::Scalar { .. } | Shape::Sequence(_) => self.at,
        }
    }

    /// Where its key stands.
    pub(super) fn key_span(self) -> Span {
        self.key.map_or(self.at, |(_, span, _)| span)
    }

    /// Whether it is the whole file.
    pub(super) fn is_whole(self) -> bool {
        self.key.is_none()
    }

    /// Its key, and whether that stands without quotes.
    pub(super) fn key(self) -> Option<(&'a str, bool)> {
        self.key.filter(|_| !self.element).map(|(key, _, plain)| (key, plain))
    }
}
