//! A file as a tree of values that know where they stand.
//!
//! The parser's own events are used, not serde: only they tell quoted from unquoted, and only so can every duplicate
//! key and every merge key be named at once.

use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use serde_json::{Map, Value};
use serde_yaml::granit_parser::{self, ErrorKind, Event, Parser, ScalarStyle, Tag};

use super::codes::Code;
use super::problem::Problem;
use super::source::{FileId, Span};

/// The most values a file may have, those that aliases repeat included.
const MOST_VALUES: usize = 1_000_000;
/// How deep values may nest.
const DEEPEST: usize = 64;
/// Mappings with more entries than this are searched by an index.
const LARGE: usize = 16;

/// A value.
#[derive(Clone, Debug)]
pub(super) struct Node {
    /// Where it is written; empty or short for blocks.
    span: Span,
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

/// The entries of a mapping in file order.
#[derive(Clone, Debug, Default)]
pub(super) struct Mapping {
    entries: Vec<Entry>,
    index: HashMap<Box<str>, usize>,
}

#[derive(Clone, Debug)]
struct Entry {
    key: Box<str>,
    key_span: Span,
    key_plain: bool,
    value: Child,
}

impl Mapping {
    fn position(&self, key: &str) -> Option<usize> {
        if self.entries.len() > LARGE {
            self.index.get(key).copied()
        } else {
            self.entries.iter().position(|entry| &*entry.key == key)
        }
    }

    fn push(&mut self, entry: Entry) {
        self.entries.push(entry);
        match self.entries.len() {
            len if len > LARGE + 1 => {
                self.index.insert(self.entries[len - 1].key.clone(), len - 1);
            }
            len if len > LARGE => self.reindex(),
            _ => {}
        }
    }

    fn remove(&mut self, key: &str) {
        if let Some(at) = self.position(key) {
            self.entries.remove(at);
            self.reindex();
        }
    }

    fn reindex(&mut self) {
        self.index = self.entries.iter().enumerate().map(|(at, entry)| (entry.key.clone(), at)).collect();
    }
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
                let entries = mapping.entries.iter();
                Value::Object(entries.map(|e| (e.key.to_string(), e.value.node.to_value())).collect::<Map<_, _>>())
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
            (Shape::Mapping(mapping), true) => mapping.remove(step),
            (Shape::Mapping(mapping), false) => {
                if let Some(at) = mapping.position(step) {
                    mapping.entries[at].value.node.prune(rest);
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
        mapping.position(key).map(|at| Self::entry(&mapping.entries[at]))
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

    fn entry(entry: &'a Entry) -> Self {
        let key = Some((&*entry.key, entry.key_span, entry.key_plain));
        Self { node: &entry.value.node, at: entry.value.at, key, element: false }
    }

    /// The entries of a mapping; none of anything else.
    pub(super) fn entries(self) -> impl Iterator<Item = (&'a str, Self)> {
        let entries = match &self.node.shape {
            Shape::Mapping(mapping) => mapping.entries.as_slice(),
            Shape::Scalar { .. } | Shape::Sequence(_) => &[],
        };
        entries.iter().map(|entry| (&*entry.key, Self::entry(entry)))
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
            Shape::Mapping(mapping) => match (self.element, mapping.entries.first()) {
                (true, Some(entry)) => entry.key_span,
                _ => self.key_span(),
            },
            Shape::Scalar { .. } | Shape::Sequence(_) => self.key_span(),
        }
    }

    /// The first key, where the whole file is meant.
    pub(super) fn top(self) -> Span {
        match &self.node.shape {
            Shape::Mapping(mapping) => mapping.entries.first().map_or(self.at, |entry| entry.key_span),
            Shape::Scalar { .. } | Shape::Sequence(_) => self.at,
        }
    }

    /// Where its key stands.
    pub(super) fn key_span(self) -> Span {
        self.key.map_or(self.at, |(_, span, _)| span)
    }

    /// Its key, and whether that stands without quotes.
    pub(super) fn key(self) -> Option<(&'a str, bool)> {
        self.key.filter(|_| !self.element).map(|(key, _, plain)| (key, plain))
    }
}

/// Reads a file; what is wrong with it as YAML goes to `problems`. `None` when there is nothing to judge.
pub(super) fn read(file: FileId, text: &str, problems: &mut Vec<Problem>) -> Option<Rc<Node>> {
    let options = granit_parser::options! {
        emit_comments: false,
        flow_nesting_limit: DEEPEST,
        block_nesting_limit: DEEPEST,
    };
    let mut builder = Builder { file, problems, frames: Vec::new(), anchors: HashMap::new(), root: None, values: 0 };
    let mut documents = 0;
    for next in Parser::new_from_str_with_options(text, options) {
        let (event, span) = match next {
            Ok(next) => next,
            Err(error) => {
                let at = error.marker().byte_offset().unwrap_or_default().min(text.len());
                builder.problems.push(syntax(file, text, at, error.kind()));
                return None;
            }
        };
        let range = span.byte_range().unwrap_or_default();
        let tag = span.tag_span().and_then(|span| span.byte_range());
        let here = Span { file, start: range.start.min(text.len()), end: range.end.clamp(range.start, text.len()) };
        if matches!(event, Event::DocumentStart(..)) {
            documents += 1;
            if documents > 1 {
                let problem = Problem::at(Code::YamlDocuments, here, "the file has more than one YAML document");
                builder.problems.push(problem.saying("a second document starts here"));
                break;
            }
        }
        builder.take(event, here, tag.map(|tag| Span { file, start: tag.start, end: tag.end }))?;
    }
    let root = builder.root.take();
    let nothing = root.as_ref().is_none_or(|root| root.to_value_is_null());
    if nothing {
        let start = Span { file, start: 0, end: 0 };
        problems.push(Problem::at(Code::EmptyFile, start, "the file holds nothing"));
        return None;
    }
    root
}

impl Node {
    fn to_value_is_null(&self) -> bool {
        matches!(&self.shape, Shape::Scalar { text, plain: true } if resolve(text).is_null())
    }
}

fn syntax(file: FileId, text: &str, at: usize, kind: &ErrorKind) -> Problem {
    let mut start = at;
    while !text.is_char_boundary(start) {
        start -= 1;
    }
    let end = start + text[start..].chars().next().filter(|c| *c != '\n').map_or(0, char::len_utf8);
    let span = Span { file, start, end };
    let line_start = text[..start].rfind('\n').map_or(0, |at| at + 1);
    let line_end = text[start..].find('\n').map_or(text.len(), |len| start + len);
    let blank = text[line_start..line_end].len() - text[line_start..line_end].trim_start().len();
    let tab = text[line_start..line_start + blank].find('\t').map(|offset| line_start + offset);
    match (kind, tab) {
        (ErrorKind::TabNotAllowed | ErrorKind::TabInBlockIndentation, tab) => {
            let span = tab.map_or(span, |start| Span { file, start, end: start + 1 });
            Problem::at(Code::YamlTab, span, "a tab cannot indent in YAML").saying("a tab")
        }
        (_, Some(start)) => {
            Problem::at(Code::YamlTab, Span { file, start, end: start + 1 }, "a tab cannot indent in YAML")
                .saying("a tab")
        }
        (ErrorKind::UnknownAnchor, None) => {
            Problem::at(Code::YamlSyntax, span, "the alias names no anchor that stands before it")
                .help("a text that starts with `*` needs quotes")
        }
        (kind, None) => Problem::at(Code::YamlSyntax, span, format!("this is not YAML: {}", said(kind))).saying("here"),
    }
}

/// The parser's words, as the middle of a sentence.
fn said(kind: &ErrorKind) -> String {
    super::source::shorten(kind.to_string().trim_end_matches('.'))
}

enum Frame {
    Sequence { start: Span, anchor: usize, children: Vec<Child> },
    Mapping { start: Span, anchor: usize, mapping: Mapping, key: Option<Key>, seen: HashSet<Box<str>>, dropped: bool },
}

struct Key {
    text: Box<str>,
    span: Span,
    plain: bool,
    /// Whether the entry is kept: merge keys and keys that are no texts are not.
    keep: bool,
}

struct Builder<'p> {
    file: FileId,
    problems: &'p mut Vec<Problem>,
    frames: Vec<Frame>,
    anchors: HashMap<usize, Rc<Node>>,
    root: Option<Rc<Node>>,
    values: usize,
}

impl Builder<'_> {
    /// Takes one event; `None` when it is better not to go on.
    fn take(&mut self, event: Event<'_>, at: Span, tag_at: Option<Span>) -> Option<()> {
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                let text_tag = self.judge_tag(tag.as_deref(), tag_at.unwrap_or(at));
                let plain = style == ScalarStyle::Plain && !text_tag;
                let shape = Shape::Scalar { text: text.into(), plain };
                self.complete(Node { span: at, shape, size: 1, depth: 1, damaged: false }, anchor)
            }
            Event::SequenceStart(_, anchor, tag) => {
                self.judge_tag(tag.as_deref(), tag_at.unwrap_or(at));
                self.frames.push(Frame::Sequence { start: at, anchor, children: Vec::new() });
                Some(())
            }
            Event::MappingStart(_, anchor, tag) => {
                self.judge_tag(tag.as_deref(), tag_at.unwrap_or(at));
                let (mapping, seen) = (Mapping::default(), HashSet::new());
                self.frames.push(Frame::Mapping { start: at, anchor, mapping, key: None, seen, dropped: false });
                Some(())
            }
            Event::SequenceEnd | Event::MappingEnd => self.close(),
            Event::Alias(id) => {
                let Some(node) = self.anchors.get(&id).cloned() else {
                    let problem = Problem::at(Code::YamlSyntax, at, "the alias stands inside of what it names");
                    self.problems.push(problem);
                    return None;
                };
                self.place(node, at)
            }
            _ => Some(()),
        }
    }

    /// Whether the tag makes a text of the value; any tag but that and those that say the obvious is a problem.
    fn judge_tag(&mut self, tag: Option<&Tag>, at: Span) -> bool {
        let Some(tag) = tag else { return false };
        match tag.core_suffix() {
            Some("str") => true,
            Some("map" | "seq") => false,
            _ => {
                self.problems.push(Problem::at(Code::YamlTag, at, "YAML tags are not part of this format"));
                false
            }
        }
    }

    fn close(&mut self) -> Option<()> {
        let (span, shape, anchor, dropped) = match self.frames.pop()? {
            Frame::Sequence { start, anchor, children } => (start, Shape::Sequence(children), anchor, false),
            Frame::Mapping { start, anchor, mapping, dropped, .. } => (start, Shape::Mapping(mapping), anchor, dropped),
        };
        let children: Vec<&Child> = match &shape {
            Shape::Sequence(children) => children.iter().collect(),
            Shape::Mapping(mapping) => mapping.entries.iter().map(|entry| &entry.value).collect(),
            Shape::Scalar { .. } => Vec::new(),
        };
        let below: usize = children.iter().map(|child| child.node.size).sum();
        let depth = children.iter().map(|child| child.node.depth).max().unwrap_or_default() + 1;
        if depth > 2 * DEEPEST {
            self.problems.push(Problem::at(Code::TooLarge, span, "values nest too deep"));
            return None;
        }
        let damaged = dropped || children.iter().any(|child| child.node.damaged);
        self.values = self.values.saturating_sub(below);
        self.complete(Node { span, shape, size: below + 1, depth, damaged }, anchor)
    }

    fn complete(&mut self, node: Node, anchor: usize) -> Option<()> {
        let at = node.span;
        let node = Rc::new(node);
        if anchor != 0 {
            self.anchors.insert(anchor, Rc::clone(&node));
        }
        self.place(node, at)
    }

    fn place(&mut self, node: Rc<Node>, at: Span) -> Option<()> {
        self.values += node.size;
        if self.values > MOST_VALUES {
            self.problems.push(Problem::at(Code::TooLarge, at, "the file has more than 1,000,000 values"));
            return None;
        }
        match self.frames.last_mut() {
            None => self.root = Some(node),
            Some(Frame::Sequence { children, .. }) => children.push(Child { node, at }),
            Some(Frame::Mapping { mapping, key: key @ None, seen, dropped, .. }) => {
                let (text, plain, mut keep) = match &node.shape {
                    Shape::Scalar { text, plain } => (text.clone(), *plain, true),
                    Shape::Sequence(_) | Shape::Mapping(_) => {
                        let at = if at.end > at.start { at } else { Span { file: self.file, ..at } };
                        self.problems.push(Problem::at(Code::YamlKey, at, "a key is a text, not a list or mapping"));
                        ("".into(), false, false)
                    }
                };
                if plain && &*text == "<<" {
                    self.problems.push(Problem::at(Code::YamlMergeKey, at, "merge keys are not part of this format"));
                    keep = false;
                }
                if keep && !seen.insert(text.clone()) {
                    let before = mapping.position(&text).map(|at| mapping.entries[at].key_span);
                    let shown = super::source::shorten(&text);
                    let mut problem =
                        Problem::at(Code::DuplicateKey, at, format!("`{shown}` stands twice")).saying("here again");
                    if let Some(before) = before {
                        problem = problem.label(before, "first here");
                    }
                    self.problems.push(problem);
                    keep = false;
                }
                *dropped |= !keep;
                *key = Some(Key { text, span: at, plain, keep });
            }
            Some(Frame::Mapping { mapping, key, .. }) => {
                if let Some(Key { text, span, plain, keep: true }) = key.take() {
                    mapping.push(Entry { key: text, key_span: span, key_plain: plain, value: Child { node, at } });
                }
            }
        }
        Some(())
    }
}
