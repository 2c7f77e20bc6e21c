//! The files that were read, and places in them.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use rangemap::RangeSet;

use super::secrets;
use crate::text::escape;

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
    pub(crate) const fn range(self) -> Range<usize> {
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
    /// What nobody may see.
    hidden: RangeSet<usize>,
    /// Whether nobody may see any of it.
    closed: bool,
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
        let found = secrets::ranges_in_source(&text).into_iter();
        let hidden = found.filter(|range| !range.is_empty()).collect();
        Self { name, text: text.into(), lines, hidden, closed: false }
    }

    /// The text as it stands in the file. Never for output: see [`Source::shown`].
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// A stretch of the text, on whole characters, with every secret overwritten by as many `*` and everything that steers
    /// a terminal or breaks a line replaced, so that all places stay where they are.
    pub(super) fn shown(&self, range: Range<usize>) -> String {
        let mut text = String::with_capacity(range.len());
        let mut hidden = self.hidden.overlapping(&range).peekable();
        for (at, c) in self.text[range.clone()].char_indices() {
            let (start, end) = (range.start + at, range.start + at + c.len_utf8());
            while hidden.next_if(|hidden| hidden.end <= start).is_some() {}
            match c {
                '\n' | '\r' => text.push(' '),
                _ if hidden.peek().is_some_and(|hidden| hidden.start < end) => {
                    text.extend(std::iter::repeat_n('*', c.len_utf8()));
                }
                c => text.push(c),
            }
        }
        match escape::in_place(&text) {
            std::borrow::Cow::Borrowed(_) => text,
            std::borrow::Cow::Owned(safe) => safe,
        }
    }

    /// The first byte of a stretch that cannot be copied as it is: it may be a secret, or steers what shows it.
    pub(super) fn unfit(&self, range: Range<usize>) -> Option<usize> {
        let tame = |c: char| escape::is_harmless(c) || matches!(c, '\n' | '\r' | '\t');
        let secret = self.hidden.overlapping(&range).next().map(|hidden| hidden.start.max(range.start));
        secret.or_else(|| Some(range.start + self.text[range].find(|c| !tame(c))?))
    }

    /// Whether nothing of it may be shown, be it a place.
    pub(super) const fn is_closed(&self) -> bool {
        self.closed
    }

    /// The bytes of a line without its end; lines are numbered from 0.
    pub(super) fn line_range(&self, line: usize) -> Range<usize> {
        let start = self.lines.get(line).copied().unwrap_or(self.text.len());
        start..self.lines.get(line + 1).map_or(self.text.len(), |next| next - 1)
    }

    /// The line of a byte, from 0.
    pub(super) fn line_index(&self, at: usize) -> usize {
        self.lines.partition_point(|start| *start <= at).max(1) - 1
    }

    /// How many lines there are to show: what follows the last line end is none if it is empty.
    pub(super) fn shown_line_count(&self) -> usize {
        self.lines.len() - usize::from(self.lines.last() == Some(&self.text.len()))
    }

    /// Where a byte is.
    #[must_use]
    pub fn position(&self, at: usize) -> Position {
        let mut at = at.min(self.text.len());
        while !self.text.is_char_boundary(at) {
            at -= 1;
        }
        let line = self.line_index(at);
        let column = self.text[self.lines[line]..at].chars().count() + 1;
        Position { line: count(line + 1), column: count(column) }
    }

    /// The line of a byte.
    #[must_use]
    pub fn line(&self, at: usize) -> u32 {
        count(self.line_index(at) + 1)
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

    /// Keeps a whole file from ever being shown.
    pub(super) fn close(&mut self, file: FileId) {
        if let Some(source) = self.0.get_mut(file.0) {
            source.closed = true;
        }
    }

    /// Keeps a stretch from ever being shown.
    pub(super) fn hide(&mut self, span: Span) {
        let hidden = Some(span.range()).filter(|range| !range.is_empty());
        if let Some(source) = self.0.get_mut(span.file.0) {
            source.hidden.extend(hidden);
        }
    }
}

/// A text made fit for a message: no secrets, nothing that steers a terminal or hides letters, at most 80 characters.
pub(super) fn shorten(text: &str) -> String {
    if secrets::looks_secret(text) {
        return "***".into();
    }
    let clean = text.chars().map(|c| if escape::is_harmless(c) { c } else { '\u{fffd}' });
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
        assert_eq!(sources.get(file).unwrap().shown(0..15), "a: ****** b: 2 ");
        assert_eq!(sources.get(file).unwrap().shown(7..12), "** b:");
    }
}
