//! How text looks: symbols, colours, width.

use anstyle::{AnsiColor, Color, Effects, Style as Paint};

use crate::text::escape::columns;

/// How to write for whoever reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Style {
    /// Whether to colour. Colour never carries meaning alone.
    pub colour: bool,
    /// Whether to keep to ASCII.
    pub ascii: bool,
    pub width: usize,
    /// Whether to leave out what is not needed to decide, such as the timeline.
    pub short: bool,
}

/// Columns when nothing tells otherwise.
pub(crate) const WIDTH: usize = 100;

impl Default for Style {
    /// Plain text of 100 columns, as for a file.
    fn default() -> Self {
        Self { colour: false, ascii: false, width: WIDTH, short: false }
    }
}

/// What a piece of text says, as far as its look goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tone {
    /// Something new: green.
    Create,
    /// Something changes: yellow.
    Update,
    /// A key rotates: cyan.
    Rotate,
    /// A new one takes the place of an old one: magenta.
    Replace,
    /// Something goes: red.
    Delete,
    /// Look here: bold.
    Attention,
    /// Less important: dimmed.
    Quiet,
    /// `WIDENS` and nothing else: inverse.
    Inverse,
}

impl Tone {
    const fn paint(self) -> Paint {
        match self {
            Self::Create => ansi(AnsiColor::Green),
            Self::Update => ansi(AnsiColor::Yellow),
            Self::Rotate => ansi(AnsiColor::Cyan),
            Self::Replace => ansi(AnsiColor::Magenta),
            Self::Delete => ansi(AnsiColor::Red),
            Self::Attention => Paint::new().effects(Effects::BOLD),
            Self::Quiet => Paint::new().effects(Effects::DIMMED),
            Self::Inverse => Paint::new().effects(Effects::INVERT),
        }
    }
}

const fn ansi(colour: AnsiColor) -> Paint {
    Paint::new().fg_color(Some(Color::Ansi(colour)))
}

/// Every symbol an action can have, with its ASCII alternative and its tone, from harmless to dangerous.
pub(crate) const SYMBOLS: [(&str, &str, Tone); 10] = [
    ("»", ">>", Tone::Create),
    ("+", "+", Tone::Create),
    ("↻", "^", Tone::Rotate),
    ("x", "x", Tone::Delete),
    ("~", "~", Tone::Update),
    ("+/-", "+/-", Tone::Replace),
    ("!~", "!~", Tone::Replace),
    ("->", "->", Tone::Update),
    ("-", "-", Tone::Delete),
    ("!", "!", Tone::Attention),
];

impl Style {
    /// `text` in the colour of `tone`, if there is colour.
    pub(crate) fn paint(self, tone: Tone, text: &str) -> String {
        if self.colour && !text.is_empty() {
            let paint = tone.paint();
            format!("{}{text}{}", paint.render(), paint.render_reset())
        } else {
            text.to_owned()
        }
    }

    /// The spelling of `symbol`, one of [`SYMBOLS`], for this reader; without colour.
    pub(crate) fn symbol(self, symbol: &str) -> &str {
        let known = SYMBOLS.iter().find(|(unicode, _, _)| self.ascii && *unicode == symbol);
        known.map_or(symbol, |(_, ascii, _)| ascii)
    }

    /// `symbol`, one of [`SYMBOLS`], as it is spelled, in its tone.
    pub(crate) fn painted(self, symbol: &str) -> String {
        let spelled = self.symbol(symbol);
        let known = SYMBOLS.iter().find(|(unicode, _, _)| *unicode == symbol);
        known.map_or_else(|| spelled.to_owned(), |(_, _, tone)| self.paint(*tone, spelled))
    }

    /// What stands between two facts on one line: `·`.
    pub(crate) const fn dot(self) -> &'static str {
        if self.ascii { "|" } else { "·" }
    }

    /// `text` on as many lines as the width asks for, broken at blanks; all but the first begin with `indent` blanks.
    pub(crate) fn broken(self, text: &str, indent: usize) -> String {
        let mut out = String::with_capacity(text.len());
        let (mut used, mut gap) = (0, 0);
        for word in text.split(' ') {
            let wide = columns(word);
            if wide > 0 && used > indent && used + gap + wide > self.width {
                out.push_str(&format!("\n{:indent$}", ""));
                (used, gap) = (indent, 0);
            }
            if wide > 0 {
                out.push_str(&format!("{:gap$}{word}", ""));
                used += gap + wide;
                gap = 0;
            }
            gap += 1;
        }
        out
    }

    /// A whole text of ours in ASCII, if that is wanted. What is not ours becomes `?` where ASCII lacks it.
    pub(crate) fn spelled(self, text: &str) -> String {
        if !self.ascii {
            return text.to_owned();
        }
        let mut out = String::with_capacity(text.len());
        for c in text.chars() {
            match c {
                '↻' => out.push('^'),
                '»' => out.push_str(">>"),
                '·' => out.push('|'),
                '…' => out.push_str("..."),
                '→' => out.push_str("->"),
                c if c.is_ascii() => out.push(c),
                _ => out.push('?'),
            }
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_ascii_symbol_is_ascii_and_no_two_are_the_same() {
        let style = Style { ascii: true, ..Style::default() };
        let spelled: Vec<&str> = SYMBOLS.iter().map(|(symbol, _, _)| style.symbol(symbol)).collect();
        assert!(spelled.iter().all(|symbol| symbol.is_ascii()));
        assert!(spelled.iter().enumerate().all(|(at, symbol)| !spelled[..at].contains(symbol)));
        assert_eq!(Style::default().symbol("↻"), "↻");
    }

    #[test]
    fn without_colour_text_is_untouched_and_with_it_it_is_reset() {
        assert_eq!(Style::default().paint(Tone::Delete, "x"), "x");
        let coloured = Style { colour: true, ..Style::default() };
        assert_eq!(coloured.paint(Tone::Delete, "x"), "\u{1b}[31mx\u{1b}[0m");
        assert_eq!(coloured.paint(Tone::Delete, ""), "");
    }

    #[test]
    fn a_sentence_is_broken_at_blanks_and_only_there() {
        let narrow = Style { width: 12, ..Style::default() };
        assert_eq!(Style::default().broken("  one,  two three", 4), "  one,  two three");
        assert_eq!(narrow.broken("one two three four.  Five six", 2), "one two\n  three\n  four.\n  Five six");
        assert_eq!(
            narrow.broken("ok    a-word-that-is-longer 東京都庁", 6),
            "ok    a-word-that-is-longer\n      東京都庁"
        );
        assert_eq!(narrow.broken("", 2), "");
    }

    #[test]
    fn a_text_in_ascii_mode_is_ascii() {
        let style = Style { ascii: true, ..Style::default() };
        assert_eq!(style.spelled("↻ a · b… é"), "^ a | b... ?");
    }
}
