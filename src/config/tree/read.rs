//! The parser's events to a tree, and what is wrong with the YAML as such.

use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use serde_yaml::granit_parser::{self, ErrorKind, Event, Parser, ScalarStyle, Tag};

use super::{Child, Entry, Mapping, Node, Shape, resolve};
use crate::config::codes;
use crate::config::problem::Problem;
use crate::config::source::{FileId, Span, shorten};
use crate::model::Code;

/// The most values a file may have, those that aliases repeat included.
const MOST_VALUES: usize = 1_000_000;
/// How deep values may nest.
const DEEPEST: usize = 64;

/// Reads a file; what is wrong with it as YAML goes to `problems`. `None` when there is nothing to judge.
pub(in crate::config) fn read(file: FileId, text: &str, problems: &mut Vec<Problem>) -> Option<Rc<Node>> {
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
                let problem = Problem::at(codes::YAML_DOCUMENTS, here, "the file has more than one YAML document");
                builder.problems.push(problem.saying("a second document starts here"));
                break;
            }
        }
        builder.take(event, here, tag.map(|tag| Span { file, start: tag.start, end: tag.end }))?;
    }
    let root = builder.root.take();
    let nothing = root.as_ref().is_none_or(|root| root.is_nothing());
    if nothing {
        let start = Span { file, start: 0, end: 0 };
        problems.push(Problem::at(codes::EMPTY_FILE, start, "the file holds nothing"));
        return None;
    }
    root
}

impl Node {
    fn is_nothing(&self) -> bool {
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
        (ErrorKind::TabNotAllowed | ErrorKind::TabInBlockIndentation, tab) | (_, tab @ Some(_)) => {
            let span = tab.map_or(span, |start| Span { file, start, end: start + 1 });
            Problem::at(codes::YAML_TAB, span, "a tab cannot indent in YAML").saying("a tab")
        }
        (ErrorKind::UnknownAnchor, None) => {
            Problem::at(codes::YAML_SYNTAX, span, "the alias names no anchor that stands before it")
                .help("a string that starts with `*` needs quotes")
        }
        (kind, None) => {
            Problem::at(codes::YAML_SYNTAX, span, format!("this is not YAML: {}", said(kind))).saying("here")
        }
    }
}

/// The parser's words, as the middle of a sentence.
fn said(kind: &ErrorKind) -> String {
    shorten(kind.to_string().trim_end_matches('.'))
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
                let (end, anchored) = (at.end, anchor != 0);
                self.complete(Node { span: at, end, anchored, shape, size: 1, depth: 1, damaged: false }, anchor)
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
            Event::SequenceEnd | Event::MappingEnd => self.close(at.end),
            Event::Alias(id) => {
                let Some(node) = self.anchors.get(&id).cloned() else {
                    return self.ends(codes::YAML_SYNTAX, at, "the alias stands inside of what it names");
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
                self.problems.push(Problem::at(codes::YAML_TAG, at, "YAML tags are not part of this format"));
                false
            }
        }
    }

    /// Says why it is better not to go on.
    fn ends(&mut self, code: &'static Code, at: Span, message: &str) -> Option<()> {
        self.problems.push(Problem::at(code, at, message));
        None
    }

    fn close(&mut self, end: usize) -> Option<()> {
        let (span, shape, anchor, dropped) = match self.frames.pop()? {
            Frame::Sequence { start, anchor, children } => (start, Shape::Sequence(children), anchor, false),
            Frame::Mapping { start, anchor, mapping, dropped, .. } => (start, Shape::Mapping(mapping), anchor, dropped),
        };
        let children: Vec<&Child> = match &shape {
            Shape::Sequence(children) => children.iter().collect(),
            Shape::Mapping(mapping) => mapping.values().map(|entry| &entry.value).collect(),
            Shape::Scalar { .. } => Vec::new(),
        };
        let below: usize = children.iter().map(|child| child.node.size).sum();
        let depth = children.iter().map(|child| child.node.depth).max().unwrap_or_default() + 1;
        if depth > 2 * DEEPEST {
            return self.ends(codes::TOO_LARGE, span, "values nest too deep");
        }
        let damaged = dropped || children.iter().any(|child| child.node.damaged);
        self.values = self.values.saturating_sub(below);
        self.complete(Node { span, end, anchored: anchor != 0, shape, size: below + 1, depth, damaged }, anchor)
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
            return self.ends(codes::TOO_LARGE, at, "the file has more than 1,000,000 values");
        }
        match self.frames.last_mut() {
            None => self.root = Some(node),
            Some(Frame::Sequence { children, .. }) => children.push(Child { node, at }),
            Some(Frame::Mapping { mapping, key: key @ None, seen, dropped, .. }) => {
                let (text, plain, mut keep) = match &node.shape {
                    Shape::Scalar { text, plain } => (text.clone(), *plain, true),
                    Shape::Sequence(_) | Shape::Mapping(_) => {
                        let at = if at.end > at.start { at } else { Span { file: self.file, ..at } };
                        self.problems.push(Problem::at(codes::YAML_KEY, at, "a key is a text, not a list or mapping"));
                        ("".into(), false, false)
                    }
                };
                if plain && &*text == "<<" {
                    let message = "merge keys are not part of this format";
                    self.problems.push(Problem::at(codes::YAML_MERGE_KEY, at, message));
                    keep = false;
                }
                if keep && !seen.insert(text.clone()) {
                    let before = mapping.get(&text).map(|entry| entry.key_span);
                    let shown = shorten(&text);
                    let mut problem =
                        Problem::at(codes::DUPLICATE_KEY, at, format!("`{shown}` stands twice")).saying("here again");
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
                    mapping.insert(text, Entry { key_span: span, key_plain: plain, value: Child { node, at } });
                }
            }
        }
        Some(())
    }
}
