//! The files that were read, and places in them.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use super::secrets;

/// One of the files of a configuration, in the order they were read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FileId(pub(super) usize);

impl FileId {
    /// The file that was given.
    pub const ROOT: Self = Self(0);
}

/// A stretch of bytes of one file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Span {
    /// The file.
    pub file: FileId,
    /// The first byte.
    pub start: usize,
    /// The byte after the last.
    pub end: usize,
}

impl Span {
    /// The bytes as a range.
    #[must_use]
    pub const fn range(self) -> Range<usize> {
        self.start..self.end
    }
}

/// A place as people count it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// From 1.
    pub line: u32,
    /// From 1, in characters.
    pub column: u32,
}

/// A file that was read.
#[derive(Clone)]
pub struct Source {
    /// Its name, as it was given or included.
    pub name: Arc<str>,
    /// Its text.
    text: Arc<str>,
    /// Where each line starts.
    lines: Vec<usize>,
    /// Stretches that nobody may see.
    hidden: Vec<Range<usize>>,
}

/// Its name only: the text may hold what nobody may see.
impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Source").field(&self.name).finish()
    }
}

impl Source {
    /// A file of this name and text; what looks like a secret is hidden from the start, comments included.
    #[must_use]
    pub fn new(name: Arc<str>, text: String) -> Self {
        let starts = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(at, _)| at + 1);
        let lines = std::iter::once(0).chain(starts).collect();
        let hidden = secrets::ranges_in_source(&text);
        Self { name, text: text.into(), lines, hidden }
    }

    /// The text as it stands in the file. Never for output: see [`Source::shown`].
    #[must_use]
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// The text with every secret overwritten by as many `*` and everything that steers a terminal replaced, so that all
    /// places stay where they are.
    #[must_use]
    pub fn shown(&self) -> String {
        let mut bytes = self.text.as_bytes().to_vec();
        for range in &self.hidden {
            for byte in bytes.get_mut(range.clone()).unwrap_or_default() {
                if !matches!(*byte, b'\n' | b'\r') {
                    *byte = b'*';
                }
            }
        }
        crate::text::escape::in_place(&String::from_utf8_lossy(&bytes)).into_owned()
    }

    /// Where a byte is.
    #[must_use]
    pub fn position(&self, at: usize) -> Position {
        let mut at = at.min(self.text.len());
        while !self.text.is_char_boundary(at) {
            at -= 1;
        }
        let line = self.lines.partition_point(|start| *start <= at).max(1);
        let column = self.text[self.lines[line - 1]..at].chars().count() + 1;
        Position { line: count(line), column: count(column) }
    }

    /// The line of a byte.
    #[must_use]
    pub fn line(&self, at: usize) -> u32 {
        count(self.lines.partition_point(|start| *start <= at).max(1))
    }
}

fn count(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

/// Every file of a configuration.
#[derive(Clone, Debug, Default)]
pub struct Sources(Vec<Source>);

impl Sources {
    /// Adds a file.
    pub fn add(&mut self, name: Arc<str>, text: String) -> FileId {
        self.0.push(Source::new(name, text));
        FileId(self.0.len() - 1)
    }

    /// A file, if it was read.
    #[must_use]
    pub fn get(&self, file: FileId) -> Option<&Source> {
        self.0.get(file.0)
    }

    /// The files, the root first.
    pub fn iter(&self) -> impl Iterator<Item = &Source> {
        self.0.iter()
    }

    /// Keeps a stretch from ever being shown.
    pub(super) fn hide(&mut self, span: Span) {
        if let Some(source) = self.0.get_mut(span.file.0) {
            source.hidden.push(span.range());
        }
    }
}

/// A text made fit for a message: no secrets, no control or bidirectional characters, at most 80 characters.
pub(super) fn shorten(text: &str) -> String {
    if secrets::looks_secret(text) {
        return "***".into();
    }
    let direction = |c: &char| matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let clean = text.chars().map(|c| if c.is_control() || direction(&c) { '\u{fffd}' } else { c });
    let short: String = clean.clone().take(80).collect();
    if clean.count() > 80 { format!("{short}…") } else { short }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_counted_in_lines_and_characters() {
        let source = Source::new("a".into(), "ä: 1\nö🔑x: 2\n".into());
        assert_eq!(source.position(0), Position { line: 1, column: 1 });
        assert_eq!(source.position(3), Position { line: 1, column: 3 });
        let x = source.text().find('x').unwrap();
        assert_eq!(source.position(x), Position { line: 2, column: 3 });
        assert_eq!(source.position(999), Position { line: 3, column: 1 });
    }

    #[test]
    fn what_is_hidden_is_shown_nowhere_and_moves_nothing() {
        let mut sources = Sources::default();
        let file = sources.add("a".into(), "a: hällo\nb: 2\n".into());
        let span = Span { file, start: 3, end: 9 };
        sources.hide(span);
        assert_eq!(sources.get(file).unwrap().shown(), "a: ******\nb: 2\n");
    }
}
