//! Edits of a file's text at known bytes, so that comments, order and layout stay as they are.

use std::collections::BTreeSet;
use std::ops::Range;

use super::tree::Cursor;
use crate::text::escape::is_harmless;

/// Bytes that another text takes the place of.
pub(super) type Splice = (Range<usize>, String);

/// Words that some reader of YAML takes for something else than a text.
const TAKEN_FOR_OTHERS: [&str; 9] = ["true", "false", "yes", "no", "on", "off", "y", "n", "null"];

/// The text of a file. What cannot be edited without a guess comes back as `None`.
pub(super) struct Text<'t> {
    pub(super) text: &'t str,
    pub(super) json: bool,
}

impl Text<'_> {
    /// A value as it is written.
    pub(super) fn value(&self, value: &str) -> String {
        let word = |c: char| c.is_ascii_alphanumeric() || matches!(c, ':' | '/' | '.' | '_' | '-');
        let plain = value.starts_with(|c: char| c.is_ascii_alphabetic()) && !value.ends_with(':');
        let other = TAKEN_FOR_OTHERS.iter().any(|taken| value.eq_ignore_ascii_case(taken));
        if !self.json && plain && !other && value.chars().all(word) {
            return value.to_owned();
        }
        let quoted = serde_json::Value::from(value).to_string();
        let escaped = |c: char| match c {
            c if is_harmless(c) => c.to_string(),
            c if self.json => {
                let units = c.encode_utf16(&mut [0; 2]).iter().map(|unit| format!("\\u{unit:04x}")).collect::<Vec<_>>();
                units.concat()
            }
            c => format!("\\U{:08x}", u32::from(c)),
        };
        quoted.chars().map(escaped).collect()
    }

    /// Values as a list in brackets.
    pub(super) fn values<'v>(&self, all: impl IntoIterator<Item = &'v String>) -> String {
        format!("[{}]", all.into_iter().map(|one| self.value(one)).collect::<Vec<_>>().join(", "))
    }

    /// Takes members of a list out by their index, and adds others behind the last.
    pub(super) fn list(&self, list: Cursor<'_>, gone: &BTreeSet<usize>, come: &[String]) -> Option<Vec<Splice>> {
        let all: Vec<_> = list.items().map(Cursor::extent).collect();
        let come: Vec<String> = come.iter().map(|one| self.value(one)).collect();
        if self.opens(&list.extent(), '[') {
            return self.in_brackets(&list.extent(), &all, gone, &come);
        }
        let (mut splices, mut behind) = (Vec::new(), None);
        for (index, at) in all.iter().enumerate() {
            let indent = self.indent(at.start, "-")?;
            let lines = self.lines(at.start, indent);
            let goes = gone.contains(&index);
            behind = Some((if goes { lines.start } else { lines.end }, indent));
            splices.extend(goes.then(|| (lines, String::new())));
        }
        let (end, indent) = behind?;
        for one in &come {
            splices.push((end..end, self.new_line(end, indent, &format!("- {one}"))));
        }
        if gone.len() == all.len() && come.is_empty() {
            let colon = list.key_span().end + self.text[list.key_span().end..].find(':')? + 1;
            splices.push((colon..colon, " []".into()));
        }
        Some(splices)
    }

    /// Puts `value`, as it is written, in the place of a scalar.
    pub(super) fn scalar(&self, at: Cursor<'_>, value: String) -> Option<Vec<Splice>> {
        let extent = at.extent();
        // The head of a block (`|`), a tag or an anchor stands outside of the value.
        let (_, before) = self.text[at.key_span().end..extent.start].split_once(':')?;
        let same_line = before.chars().all(|c| matches!(c, ' ' | '\t'));
        (!extent.is_empty() && same_line).then(|| vec![(extent, value)])
    }

    /// Takes the entry of a mapping out.
    pub(super) fn without(&self, mapping: Cursor<'_>, key: &str) -> Option<Vec<Splice>> {
        let at = mapping.get(key)?.key_span();
        if self.opens(&mapping.extent(), '{') {
            let all: Vec<_> = mapping.entries().map(|(_, at)| at.key_span().start..at.extent().end).collect();
            let gone = mapping.entries().position(|(name, _)| name == key).into_iter().collect();
            return self.in_brackets(&mapping.extent(), &all, &gone, &[]);
        }
        let indent = self.indent(at.start, "")?;
        Some(vec![(self.lines(at.start, indent), String::new())])
    }

    /// Adds an entry to a mapping, before its first.
    pub(super) fn with(&self, mapping: Cursor<'_>, key: &str, value: &str) -> Option<Vec<Splice>> {
        let first = mapping.entries().next()?.1.key_span().start;
        let key = if self.json { format!("\"{key}\"") } else { key.to_owned() };
        let in_braces = self.opens(&mapping.extent(), '{');
        let comma = if in_braces { "," } else { "" };
        Some(vec![match self.indent(first, "") {
            Some(indent) => {
                let line = self.line_start(first);
                (line..line, self.new_line(line, indent, &format!("{key}: {value}{comma}")))
            }
            None if in_braces => (first..first, format!("{key}: {value}, ")),
            None => return None,
        }])
    }

    fn in_brackets(
        &self,
        whole: &Range<usize>,
        all: &[Range<usize>],
        gone: &BTreeSet<usize>,
        come: &[String],
    ) -> Option<Vec<Splice>> {
        // A comment in there could be about any of them.
        if !self.json && self.text[whole.clone()].contains('#') {
            return None;
        }
        let Some(last) = (0..all.len()).rfind(|index| !gone.contains(index)) else {
            let start = all.first().map_or(whole.start + 1, |first| first.start);
            let end = all.last().map_or(whole.start + 1, |last| last.end);
            return Some(vec![(start..end, come.join(", "))]);
        };
        let before = gone.range(..last).map(|index| (all[*index].start..all[index + 1].start, String::new()));
        let mut splices: Vec<Splice> = before.collect();
        let end = all[last].end;
        let between = all.get(..2).map_or(", ", |two| &self.text[two[0].end..two[1].start]);
        splices.push((end..all[all.len() - 1].end, come.iter().flat_map(|one| [between, one]).collect()));
        Some(splices)
    }

    fn opens(&self, extent: &Range<usize>, with: char) -> bool {
        self.text[extent.start..].starts_with(with)
    }

    fn line_start(&self, at: usize) -> usize {
        self.text[..at].rfind('\n').map_or(0, |end| end + 1)
    }

    /// How far the line of a byte is indented, if nothing but `mark` stands before it.
    fn indent(&self, at: usize, mark: &str) -> Option<usize> {
        let before = &self.text[self.line_start(at)..at];
        (before.trim() == mark).then(|| before.len() - before.trim_start_matches(' ').len())
    }

    /// The lines of what starts at a byte: its own, and those that are indented further.
    fn lines(&self, at: usize, indent: usize) -> Range<usize> {
        let start = self.line_start(at);
        let mut end = start;
        let mut here = start;
        for line in self.text[start..].split_inclusive('\n') {
            here += line.len();
            let (blank, further) = (line.trim().is_empty(), line.len() - line.trim_start_matches(' ').len() > indent);
            if end > start && !blank && !further {
                break;
            }
            if !blank {
                end = here;
            }
        }
        start..end
    }

    /// A new line at the start of another one, or behind the last.
    fn new_line(&self, at: usize, indent: usize, line: &str) -> String {
        let end = if self.text.contains("\r\n") { "\r\n" } else { "\n" };
        let line = format!("{:indent$}{line}", "");
        if self.text[..at].ends_with('\n') || at == 0 { line + end } else { format!("{end}{line}") }
    }
}

/// `text` with every splice in its place.
pub(super) fn spliced(text: &str, splices: &[Splice]) -> String {
    let mut sorted: Vec<&Splice> = splices.iter().collect();
    sorted.sort_by_key(|(at, _)| (at.start, at.end));
    let (mut out, mut here) = (String::new(), 0);
    for (at, new) in sorted {
        out.push_str(text.get(here..at.start).unwrap_or_default());
        out.push_str(new);
        here = here.max(at.end);
    }
    out.push_str(text.get(here..).unwrap_or_default());
    out
}
