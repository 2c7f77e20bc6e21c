//! Text that came from a file, a program or the portal, made harmless before it is shown.

use std::borrow::Cow;
use std::fmt;

use unicode_width::UnicodeWidthChar;

/// `text` on one line and without anything that steers a terminal or hides letters from a reader.
///
/// Line breaks and tabs become blanks; control, escape, bidirectional, zero-width and other invisible characters go.
pub(crate) fn plain(text: &str) -> Cow<'_, str> {
    if text.chars().all(is_harmless) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.chars().filter_map(harmless).collect())
}

/// [`plain`], cut to `width` columns; a cut is marked by `…`, or by `...` in ASCII mode.
pub(crate) fn plain_within(text: &str, width: usize, ascii: bool) -> Cow<'_, str> {
    let safe = plain(text);
    if columns(&safe) <= width {
        return safe;
    }
    let mark = if ascii { "..." } else { "…" };
    let room = width.saturating_sub(columns(mark));
    let mut cut = String::new();
    let mut used = 0;
    for c in safe.chars() {
        used += c.width().unwrap_or(0);
        if used > room {
            break;
        }
        cut.push(c);
    }
    // A mark that does not fit either is cut as well.
    cut.extend(mark.chars().take(width));
    Cow::Owned(cut)
}

/// The lines of `text`, each made [`plain`]; line breaks are the only thing kept.
pub(crate) fn plain_lines(text: &str) -> String {
    text.lines().map(plain).collect::<Vec<_>>().join("\n")
}

/// `text` with every character that [`plain`] would not leave alone replaced by one of as many bytes; line breaks stay.
///
/// For source text that is shown beside marks: no place in it moves.
pub(crate) fn in_place(text: &str) -> Cow<'_, str> {
    // A tab is for the one who shows the text to spread.
    let harmless = |c: char| matches!(c, '\n' | '\r' | '\t') || is_harmless(c);
    if text.chars().all(harmless) {
        return Cow::Borrowed(text);
    }
    let seen = |c: char| match c.len_utf8() {
        _ if harmless(c) => c,
        1 => '?',
        2 => '\u{bf}',
        3 => '\u{fffd}',
        _ => '\u{1f6ab}',
    };
    Cow::Owned(text.chars().map(seen).collect())
}

/// JSON text in which every character that [`plain`] would not leave alone is written as an escape.
///
/// To whoever parses it, it means the same; to whoever looks at it, it is harmless.
pub(crate) fn json(text: &str) -> Cow<'_, str> {
    let harmless = |c: char| c == '\n' || is_harmless(c);
    if text.chars().all(harmless) {
        return Cow::Borrowed(text);
    }
    // Only inside strings: all else in JSON is harmless.
    Cow::Owned(unicode(text, harmless))
}

/// `text` with every character that `stays` does not name as JSON may escape it.
pub(super) fn unicode(text: &str, stays: impl Fn(char) -> bool) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if stays(c) {
            out.push(c);
        } else {
            out.extend(c.encode_utf16(&mut [0; 2]).iter().map(|unit| format!("\\u{unit:04x}")));
        }
    }
    out
}

/// Text that may be shown: what [`plain`] leaves of it. Nothing but this module makes one.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Shown(String);

/// `text`, made [`plain`].
pub(crate) fn shown(text: &str) -> Shown {
    Shown(plain(text).into_owned())
}

impl Shown {
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// How many columns it takes on a terminal.
    pub(crate) fn columns(&self) -> usize {
        columns(&self.0)
    }

    /// The same, cut to `width` columns as by [`plain_within`].
    pub(crate) fn within(&self, width: usize, ascii: bool) -> Self {
        Self(plain_within(&self.0, width, ascii).into_owned())
    }
}

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// How many columns `text` takes on a terminal.
pub(crate) fn columns(text: &str) -> usize {
    text.chars().map(|c| c.width().unwrap_or(0)).sum()
}

/// Whether [`plain`] leaves a character alone.
pub(crate) fn is_harmless(c: char) -> bool {
    harmless(c) == Some(c)
}

/// What [`plain`] makes of a character.
fn harmless(c: char) -> Option<char> {
    match c {
        ' '..='~' => Some(c),
        // What separates lines or words, whatever its code.
        '\t' | '\n' | '\u{b}' | '\u{c}' | '\r' | '\u{85}' | '\u{2028}' | '\u{2029}' => Some(' '),
        c if c.is_control() || is_invisible(c) => None,
        c => Some(c),
    }
}

/// Characters that take no space, turn the direction of others, or stand for nothing.
fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{ad}'                    // soft hyphen
        | '\u{34f}'                 // grapheme joiner
        | '\u{61c}'                 // Arabic letter mark
        | '\u{115f}'..='\u{1160}'   // Hangul fillers
        | '\u{17b4}'..='\u{17b5}'   // Khmer inherent vowels
        | '\u{180b}'..='\u{180f}'   // Mongolian selectors
        | '\u{200b}'..='\u{200f}'   // zero-width space and joiners, direction marks
        | '\u{202a}'..='\u{202e}'   // embeddings and overrides
        | '\u{2060}'..='\u{206f}'   // word joiner, isolates, deprecated formats
        | '\u{3164}' | '\u{ffa0}'   // Hangul fillers
        | '\u{fe00}'..='\u{fe0f}'   // variation selectors
        | '\u{feff}'                // byte order mark
        | '\u{fff0}'..='\u{fffb}'   // unassigned, interlinear annotation
        | '\u{fffe}'..='\u{ffff}'   // no characters
        | '\u{1bca0}'..='\u{1bca3}' // shorthand formats
        | '\u{1d173}'..='\u{1d17a}' // musical formats
        | '\u{e0000}'..='\u{e0fff}' // tags
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn harmless_text_is_left_alone_and_not_copied() {
        let text = "Zürich, 東京, Ægir's map — 50 % · ok";
        assert!(matches!(plain(text), Cow::Borrowed(same) if same == text));
    }

    #[test]
    fn nothing_that_steers_a_terminal_comes_through() {
        assert_eq!(plain("\u{1b}[31mred\u{1b}[0m\u{7}\u{8}\u{7f}"), "[31mred[0m");
        assert_eq!(plain("\u{9b}2Jx\u{9d}0;title\u{9c}"), "2Jx0;title");
        assert_eq!(plain("\u{1b}]8;;https://evil.example\u{1b}\\here"), "]8;;https://evil.example\\here");
    }

    #[test]
    fn nothing_that_reorders_or_hides_letters_comes_through() {
        assert_eq!(plain("a\u{202e}b\u{2066}c\u{2069}\u{200f}\u{61c}d"), "abcd");
        assert_eq!(plain("no\u{200b}t\u{200d}hi\u{feff}ng\u{ad}"), "nothing");
        assert_eq!(plain("tag\u{e0041}\u{e007f}"), "tag");
    }

    #[test]
    fn what_is_replaced_in_place_moves_nothing() {
        let text = "a\u{1b}[31m\u{9b}\u{202e}\u{e0041}\tb\r\n\u{feff}c\u{2028}";
        let safe = in_place(text);
        assert_eq!(safe, "a?[31m\u{bf}\u{fffd}\u{1f6ab}\tb\r\n\u{fffd}c\u{fffd}");
        assert_eq!(safe.len(), text.len());
        assert!(matches!(in_place("Zürich\n"), Cow::Borrowed(_)));
    }

    #[test]
    fn json_that_is_spelled_out_means_the_same() {
        let document = serde_json::json!({ "a\u{9b}": "\u{202e}x\u{e0001}\u{2028}é\n\t" });
        let pretty = serde_json::to_string_pretty(&document).unwrap();
        let text = json(&pretty);
        assert!(text.chars().all(|c| c == '\n' || is_harmless(c)), "{text:?}");
        assert_eq!(serde_json::from_str::<serde_json::Value>(&text).unwrap(), document);
    }

    #[test]
    fn a_title_stays_on_one_line() {
        assert_eq!(plain("a\r\nb\tc\u{2028}d\u{85}e"), "a  b c d e");
        assert_eq!(plain_lines("a\u{1b}\nb\rc\n"), "a\nb c");
    }

    #[test]
    fn what_is_escaped_in_json_means_the_same() {
        let text = "a\u{202e}b\u{9b}31m\u{7f}\u{e0041}\n東\u{1b}";
        let document = serde_json::to_string_pretty(&[text]).unwrap();
        let safe = json(&document);
        assert!(safe.chars().all(|c| c == '\n' || is_harmless(c)), "{safe}");
        assert!(safe.contains(r"a\u202eb\u009b31m\u007f\udb40\udc41\n東\u001b"), "{safe}");
        assert_eq!(serde_json::from_str::<Vec<String>>(&safe).unwrap(), [text]);
    }

    #[test]
    fn a_cut_counts_columns_and_is_marked() {
        assert_eq!(plain_within("abcdef", 6, false), "abcdef");
        assert_eq!(plain_within("abcdefg", 6, false), "abcde…");
        assert_eq!(plain_within("abcdefg", 6, true), "abc...");
        assert_eq!(plain_within("東京都庁", 5, false), "東京…");
        assert_eq!(plain_within("東京都庁", 4, false), "東…");
        assert_eq!(plain_within("abc", 0, false), "");
        assert_eq!(plain_within("abc", 1, true), ".");
    }
}
