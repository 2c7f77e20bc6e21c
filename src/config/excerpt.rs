//! The lines around what a finding marks, cut to what a terminal can show.
//!
//! A line may be a whole file, and a mark may stand anywhere in it. What is kept of a line is a window around each
//! mark; a cut is marked by `…`. Whatever the source is, an excerpt is small, and its own lines end in `\n` only.

use std::ops::Range;

use miette::{LabeledSpan, MietteError, MietteSpanContents, SourceCode, SourceSpan, SpanContents};
use unicode_width::UnicodeWidthChar;

use super::problem::Label;
use super::source::{Position, Source};
use crate::text::escape;

/// Lines shown before and after a marked one.
const CONTEXT: usize = 1;
/// Of a mark over more lines than this, the first line is shown.
const TALLEST: usize = 5;
/// The least and the most columns that are kept of a line.
const NARROWEST: usize = 24;
const WIDEST: usize = 300;
/// What stands before the text of a line: its number and two bars.
const GUTTER: usize = 12;
/// The most columns of a file's name.
const LONGEST_NAME: usize = 200;

/// How a report looks on a terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Look {
    /// The width in columns.
    pub width: usize,
    /// With colours.
    pub color: bool,
    /// Without characters beyond ASCII.
    pub ascii: bool,
}

impl Default for Look {
    fn default() -> Self {
        Self { width: 100, color: false, ascii: false }
    }
}

impl Look {
    /// What marks a cut.
    const fn mark(self) -> &'static str {
        if self.ascii { "..." } else { "…" }
    }

    fn room(self) -> usize {
        self.width.saturating_sub(GUTTER).clamp(NARROWEST, WIDEST)
    }
}

/// The lines of one file that a finding marks.
#[derive(Debug)]
pub(super) struct Excerpt {
    name: String,
    blocks: Vec<Block>,
    /// Where each label starts, here and in the file.
    starts: Vec<(usize, Position)>,
}

/// Lines that follow one another.
#[derive(Debug)]
struct Block {
    /// Where it starts among all blocks; between two there is a gap, so that no place is in both.
    start: usize,
    text: String,
    /// The number of its first line, from 0.
    line: usize,
    lines: usize,
}

/// A stretch of the source that was kept, and where it is here.
struct Kept {
    source: Range<usize>,
    here: usize,
}

impl Excerpt {
    /// The lines that `labels` mark, all of which are in `source`, and the labels over them; the first one is the place
    /// itself.
    pub(super) fn of(source: &Source, labels: &[&Label], look: Look) -> (Self, Vec<LabeledSpan>) {
        let marks: Vec<Range<usize>> = labels.iter().map(|label| source.mark(label)).collect();
        let name = escape::plain_within(&source.name, LONGEST_NAME, look.ascii).into_owned();
        let mut excerpt = Self { name, blocks: Vec::new(), starts: Vec::new() };
        let mut shown = Vec::new();
        let mut kept = Vec::new();
        if source.is_closed() {
            excerpt.blocks.push(Block { start: 0, text: String::new(), line: 0, lines: 0 });
            excerpt.starts.push((0, Position { line: 1, column: 1 }));
            return (excerpt, vec![LabeledSpan::new_primary_with_span(None, 0..0)]);
        }
        let mut blocks = shown_lines(source, &marks);
        // The place itself comes first, with its headline.
        let line = marks.first().map(|mark| source.line_index(mark.start));
        if let Some(at) = blocks.iter().position(|lines| line.is_some_and(|line| lines.contains(&line))) {
            blocks[..=at].rotate_right(1);
        }
        for lines in blocks {
            excerpt.add(source, lines, &marks, look, &mut kept);
        }
        for (index, (label, mark)) in labels.iter().zip(&marks).enumerate() {
            let (start, end) = (place(&kept, mark.start), place(&kept, mark.end));
            let span = (start, end.max(start) - start);
            let text = (!label.text.is_empty()).then(|| escape::plain_within(&label.text, WIDEST, look.ascii).into());
            excerpt.starts.push((start, source.position(label.span.start)));
            shown.push(if index == 0 {
                LabeledSpan::new_primary_with_span(text, span)
            } else {
                LabeledSpan::new_with_span(text, span)
            });
        }
        (excerpt, shown)
    }

    fn add(&mut self, source: &Source, lines: Range<usize>, marks: &[Range<usize>], look: Look, kept: &mut Vec<Kept>) {
        let start = self.blocks.last().map_or(0, |before| before.start + before.text.len() + 1);
        let mut text = String::new();
        for line in lines.clone() {
            let line = source.line_range(line);
            let mut end = line.start;
            for piece in cut(source, &line, marks, look.room()) {
                if piece.start > end {
                    text.push_str(look.mark());
                }
                kept.push(Kept { source: piece.clone(), here: start + text.len() });
                text.push_str(&source.shown(piece.clone()));
                end = piece.end;
            }
            if end < line.end {
                text.push_str(look.mark());
            }
            text.push('\n');
        }
        self.blocks.push(Block { start, text, line: lines.start, lines: lines.len() });
    }
}

/// The blocks of lines that are shown for these marks, in order; no two touch.
fn shown_lines(source: &Source, marks: &[Range<usize>]) -> Vec<Range<usize>> {
    let mut all: Vec<Range<usize>> = marks
        .iter()
        .map(|mark| {
            let (first, last) = (source.line_index(mark.start), source.line_index(mark.end.max(mark.start + 1) - 1));
            first.saturating_sub(CONTEXT)..(last + CONTEXT + 1).min(source.shown_line_count().max(last + 1))
        })
        .collect();
    all.sort_by_key(|lines| lines.start);
    let mut blocks: Vec<Range<usize>> = Vec::new();
    for lines in all {
        match blocks.last_mut() {
            Some(before) if lines.start <= before.end => before.end = before.end.max(lines.end),
            _ => blocks.push(lines),
        }
    }
    blocks
}

/// What is kept of a line: all of it if there is room, else a window around each mark, else its beginning.
fn cut(source: &Source, line: &Range<usize>, marks: &[Range<usize>], room: usize) -> Vec<Range<usize>> {
    let (whole, _) = source.forward(line.start, line.end, room);
    if whole == line.end {
        return vec![line.clone()];
    }
    let mut starts: Vec<usize> = marks
        .iter()
        .flat_map(|mark| [mark.start, mark.end])
        .filter(|at| (line.start..=line.end).contains(at))
        .collect();
    // The end of a mark is only looked for on a line where the mark does not start.
    let begins = |at: &usize| marks.iter().any(|mark| mark.start == *at);
    if starts.iter().any(begins) {
        starts.retain(begins);
    }
    starts.sort_unstable();
    starts.dedup();
    if starts.is_empty() {
        return std::iter::once(line.start..whole).collect();
    }
    let each = (room / starts.len()).max(NARROWEST);
    let mut pieces: Vec<Range<usize>> = Vec::new();
    for at in starts {
        let (start, used) = source.backward(at, line.start, each / 3);
        let (end, after) = source.forward(at, line.end, each - used);
        // What is not needed behind the mark is used before it.
        let start = if end == line.end { source.backward(at, line.start, each - after).0 } else { start };
        match pieces.last_mut() {
            Some(before) if start <= before.end => before.end = before.end.max(end),
            _ => pieces.push(start..end),
        }
    }
    pieces
}

/// Where a place of the source is here; a place that was cut away is where it was cut.
fn place(kept: &[Kept], at: usize) -> usize {
    let inside = kept.iter().find(|kept| (kept.source.start..=kept.source.end).contains(&at));
    let before = || kept.iter().filter(|kept| kept.source.start <= at).max_by_key(|kept| kept.source.start);
    let nearest = inside.or_else(before);
    nearest.map_or(0, |kept| kept.here + at.clamp(kept.source.start, kept.source.end) - kept.source.start)
}

impl Source {
    /// The bytes that a label marks, as far as they are shown; on whole characters.
    fn mark(&self, label: &Label) -> Range<usize> {
        let (start, end) = (self.boundary(label.span.start), self.boundary(label.span.end));
        let line = self.line_index(start);
        let tall = end > start && self.line_index(end - 1) - line >= TALLEST;
        start..if tall { self.line_range(line).end } else { end.max(start) }
    }

    fn boundary(&self, at: usize) -> usize {
        self.text().floor_char_boundary(at)
    }

    /// How far `columns` go from `from` to at most `to`, and how many of them were used.
    fn forward(&self, from: usize, to: usize, columns: usize) -> (usize, usize) {
        walk(self.text()[from..to].chars(), columns, |len| from + len)
    }

    /// How far `columns` go back from `from` to at least `to`, and how many of them were used.
    fn backward(&self, from: usize, to: usize, columns: usize) -> (usize, usize) {
        let (at, used) = walk(self.text()[to..from].chars().rev(), columns, |len| from - len);
        // An accent whose letter is cut away would stand over the sign of the cut.
        let accents = self.text()[at..from].chars().take_while(|c| at > to && c.width() == Some(0));
        (at + accents.map(char::len_utf8).sum::<usize>(), used)
    }
}

fn walk(chars: impl Iterator<Item = char>, columns: usize, at: impl Fn(usize) -> usize) -> (usize, usize) {
    let (mut len, mut used) = (0, 0);
    for c in chars {
        // A character that takes no column takes bytes all the same.
        let wide = if c == '\t' { 4 } else { c.width().unwrap_or(1).max(1) };
        if used + wide > columns {
            break;
        }
        used += wide;
        len += c.len_utf8();
    }
    (at(len), used)
}

impl SourceCode for Excerpt {
    fn read_span<'a>(
        &'a self,
        span: &SourceSpan,
        before: usize,
        _: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        let end = span.offset() + span.len();
        let inside = |block: &&Block| block.start <= span.offset() && end <= block.start + block.text.len();
        let block = self.blocks.iter().find(inside).ok_or(MietteError::OutOfBounds)?;
        let (mut line, mut column) = (block.line, 0);
        if before == 0
            && let Some((_, at)) = self.starts.iter().find(|(start, _)| *start == span.offset())
        {
            // Asked for the headline, which names the place in the file.
            (line, column) = (at.line as usize - 1, at.column as usize - 1);
        }
        let whole = SourceSpan::new(block.start.into(), block.text.len());
        let data = block.text.as_bytes();
        Ok(Box::new(MietteSpanContents::new_named(self.name.clone(), data, whole, line, column, block.lines)))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::config::codes;
    use crate::config::problem::{Problem, Report};
    use crate::config::source::{FileId, Span};

    fn span(start: usize, end: usize) -> Span {
        Span { file: FileId::ROOT, start, end }
    }

    /// The report of one finding, with its second line about `marks`.
    fn report(text: &str, marks: &[(Range<usize>, &str)], look: Look) -> String {
        let mut report = Report::default();
        report.sources.add("keyform.yaml".into(), text.to_owned());
        let mut problem = Problem::new(codes::BAD_VALUE, "no");
        for (mark, said) in marks {
            problem = problem.label(span(mark.start, mark.end), *said);
        }
        report.problems.push(problem);
        let mut out = String::new();
        report.write(look, &mut out).unwrap();
        out
    }

    /// What stands above the first underline of a report.
    fn underlined(report: &str) -> String {
        let lines: Vec<&str> = report.lines().collect();
        let below = lines.iter().position(|line| line.contains('·') && line.contains(['─', '┬'])).unwrap();
        let rule = lines[below].trim_start_matches(|c| !matches!(c, '─' | '┬'));
        let from = escape::columns(lines[below]) - escape::columns(rule);
        let mut at = 0;
        let column = |c: char| {
            let here = at;
            at += c.width().unwrap_or(0);
            here
        };
        let columns: Vec<(usize, char)> = lines[below - 1].chars().map(column).zip(lines[below - 1].chars()).collect();
        let to = from + escape::columns(rule);
        let wide = |c: &char| c.width() != Some(0);
        columns.into_iter().filter(|(at, _)| (from..to).contains(at)).map(|(_, c)| c).filter(wide).collect()
    }

    fn marked(text: &str, word: &str) -> String {
        let at = text.find(word).unwrap();
        report(text, &[(at..at + word.len(), "")], Look::default())
    }

    #[test]
    fn a_long_line_is_cut_on_both_sides_of_the_mark_and_the_place_is_that_in_the_file() {
        let text = format!("{}WRONG{}\n", "a".repeat(70_000), "b".repeat(70_000));
        let shown = marked(&text, "WRONG");
        assert!(shown.contains("[keyform.yaml:1:70001]"), "{shown}");
        assert!(
            shown.contains("…aaaa") && shown.contains("bbbb…") && shown.lines().all(|line| line.chars().count() <= 100)
        );
        assert_eq!(underlined(&shown), "WRONG");
        let ascii = report(&text, &[(70_000..70_005, "")], Look { ascii: true, ..Look::default() });
        assert!(ascii.is_ascii() && ascii.contains("...aaa"), "{ascii}");
    }

    #[test]
    fn a_mark_stays_under_its_word_among_wide_and_long_characters() {
        for filler in ["a", "é", "東", "🔑", "e\u{301}", "\u{e9}東"] {
            let text = format!("x: 1\n{}WRONG{}\nz: 1\n", filler.repeat(3_000), filler.repeat(3_000));
            let shown = marked(&text, "WRONG");
            assert_eq!(underlined(&shown), "WRONG", "{shown}");
            assert!(shown.contains("x: 1") && shown.contains("z: 1"), "{shown}");
            let wide = "東京".repeat(3);
            let shown = marked(&text.replace("WRONG", &wide), &wide);
            assert_eq!(underlined(&shown).chars().filter(|c| "東京".contains(*c)).count(), 6, "{shown}");
        }
    }

    #[test]
    fn two_marks_far_apart_on_one_line_are_both_shown() {
        let text = format!("{}FIRST{}AGAIN{}", "a".repeat(5_000), "b".repeat(5_000), "c".repeat(5_000));
        let shown = report(&text, &[(10_005..10_010, "here again"), (5_000..5_005, "first here")], Look::default());
        assert!(shown.contains("[keyform.yaml:1:10006]"), "{shown}");
        for part in ["aFIRSTb", "b…b", "bAGAINc", "here again", "first here"] {
            assert!(shown.contains(part), "{part}: {shown}");
        }
    }

    #[test]
    fn lines_far_apart_are_shown_without_those_between() {
        let text = (1..=6_000).map(|n| format!("line {n}")).collect::<Vec<_>>().join("\n");
        let place = |line: &str| text.find(line).unwrap()..text.find(line).unwrap() + 4;
        let shown = report(&text, &[(place("line 4500"), "again"), (place("line 3000"), "first")], Look::default());
        assert!(shown.contains("line 3000") && shown.contains("line 4501") && shown.lines().count() < 24, "{shown}");
        assert!(shown.find("yaml:4500:1]").unwrap() < shown.find("yaml:3000:1]").unwrap(), "{shown}");
        let tall = report(&text, &[(0..text.len(), "all of it")], Look::default());
        assert!(tall.contains("all of it") && tall.lines().count() < 14, "{tall}");
    }

    #[test]
    fn the_end_of_a_file_can_be_marked() {
        for (text, at) in [("", 0), ("a: 1", 4), ("a: 1\n", 5), ("a: 1\r\n", 4), ("ab\n", 999)] {
            let shown = report(text, &[(at..at, "here")], Look::default());
            assert!(!shown.contains("Failed to read"), "{shown}");
            assert!(text.is_empty() || shown.contains("here"), "{text:?} {shown}");
        }
    }

    #[test]
    fn of_a_closed_file_its_name_is_shown() {
        let mut report = Report::default();
        let file = report.sources.add("a.yaml".into(), "SECRET\nSECRET".into());
        report.sources.close(file);
        report.problems.push(Problem::at(codes::BAD_VALUE, span(7, 9), "no").saying("here"));
        let mut out = String::new();
        report.write(Look::default(), &mut out).unwrap();
        assert!(out.contains("[a.yaml:1:1]") && !out.contains("SECRET") && !out.contains("Failed"), "{out}");
    }

    #[test]
    fn a_file_name_cannot_steer_a_terminal() {
        let mut report = Report::default();
        report.sources.add(format!("{}\u{1b}[31m.yaml", "x".repeat(3_000)).as_str().into(), "a".into());
        report.problems.push(Problem::at(codes::BAD_VALUE, span(0, 1), "no"));
        let mut out = String::new();
        report.write(Look::default(), &mut out).unwrap();
        assert!(!out.contains('\u{1b}') && out.len() < 1_000, "{out}");
    }

    proptest! {
        #[test]
        fn no_text_and_no_mark_stops_a_report_or_makes_it_long(
            pieces in prop::collection::vec(
                prop::sample::select(vec![
                    "a", "é", "東", "🔑", "\n", "\r\n", "\r", "\t", "e\u{301}", "\u{200b}", "\u{85}", "\u{2028}", "\u{1b}[31m", "  ",
                ]),
                0..200,
            ),
            repeat in prop::sample::select(vec![1_usize, 1, 40, 2_000]),
            marks in prop::collection::vec((0_usize..1_000, 0_usize..1_000, prop::sample::select(vec!["", "here", "東\nb"])), 0..4),
            width in prop::sample::select(vec![0_usize, 1, 20, 80, 100, 70_000]),
            color in any::<bool>(),
            ascii in any::<bool>(),
        ) {
            let text = pieces.concat().repeat(repeat);
            let scale = |at: usize| text.floor_char_boundary(at * text.len() / 1_000);
            let marks: Vec<_> =
                marks.into_iter().map(|(a, b, said)| (scale(a.min(b))..scale(a.max(b)), said)).collect();
            let shown = report(&text, &marks, Look { width, color, ascii });
            prop_assert!(shown.len() < 40_000, "{}", shown.len());
            prop_assert!(!shown.contains("Failed to read"));
        }
    }
}
