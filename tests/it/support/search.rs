//! Finds secrets in bytes, in every spelling they may travel in, whole or in part.

use std::collections::HashMap;

/// A stretch of a secret as long as this is looked for at every place of the secret…
const GRAM: usize = 12;
/// …and so whatever repeats as much as this of any spelling is found.
pub(crate) const FOUND: usize = 2 * GRAM - 1;

/// Every stretch of every spelling of every secret.
#[derive(Default)]
pub(crate) struct Search {
    grams: HashMap<[u8; GRAM], String>,
}

impl Search {
    /// Looks for `secret` from now on; `what` is how it is called when it is found.
    pub(crate) fn add(&mut self, what: &str, secret: &str) {
        assert!(secret.len() >= FOUND, "{what} is too short to be told from other words");
        let bytes = secret.as_bytes();
        self.spelled(what, "raw", secret);
        self.spelled(what, "hex", &hex(bytes));
        for offset in 0..3 {
            let standard = base64_core(bytes, offset);
            self.spelled(what, "base64url", &standard.replace('+', "-").replace('/', "_"));
            self.spelled(what, "base64", &standard);
        }
    }

    fn spelled(&mut self, what: &str, how: &str, text: &str) {
        for gram in text.as_bytes().windows(GRAM) {
            self.grams.entry(gram.try_into().unwrap()).or_insert_with(|| format!("{what} ({how})"));
        }
    }

    /// What is found in `bytes`, if anything is.
    pub(crate) fn find(&self, bytes: &[u8]) -> Option<String> {
        let joined = joined(bytes);
        let (percent, json) = (without_percent(&joined), without_escapes(&joined));
        let lower = joined.to_ascii_lowercase();
        let twice = without_escapes(&json);
        [bytes, &joined, &percent, &json, &twice, &lower].into_iter().find_map(|view| self.grams_in(view))
    }

    fn grams_in(&self, view: &[u8]) -> Option<String> {
        let at = view.windows(GRAM).step_by(GRAM).position(|gram| self.grams.contains_key(gram))?;
        let around = &view[(at * GRAM).saturating_sub(30)..(at * GRAM + 40).min(view.len())];
        let gram: &[u8] = &view[at * GRAM..(at + 1) * GRAM];
        Some(format!("{} near {:?}", self.grams[gram], String::from_utf8_lossy(around)))
    }
}

/// Without anything a text may be wrapped with: blanks, bars, spelled-out line breaks and what hides between letters.
fn joined(bytes: &[u8]) -> Vec<u8> {
    let text = String::from_utf8_lossy(bytes).replace("\\r", "").replace("\\n", "").replace("=\n", "");
    text.chars()
        .filter(|c| !c.is_whitespace() && !c.is_control() && !matches!(c, '|' | '│' | '\u{200b}' | ':'))
        .collect::<String>()
        .into_bytes()
}

fn without_percent(bytes: &[u8]) -> Vec<u8> {
    decoded(bytes, b"%", 2)
}

fn without_escapes(bytes: &[u8]) -> Vec<u8> {
    let spelled = decoded(bytes, b"\\u", 4);
    let mut out = Vec::with_capacity(spelled.len());
    let mut rest = spelled.iter().peekable();
    while let Some(&byte) = rest.next() {
        match (byte, rest.peek()) {
            (b'\\', Some(&&next)) if b"\"\\/".contains(&next) => {
                out.push(next);
                rest.next();
            }
            _ => out.push(byte),
        }
    }
    out
}

/// With each `mark` and `digits` hexadecimal digits after it replaced by the byte they stand for.
fn decoded(bytes: &[u8], mark: &[u8], digits: usize) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    while let Some(&first) = rest.first() {
        let value = rest
            .strip_prefix(mark)
            .and_then(|after| after.get(..digits))
            .and_then(|text| u32::from_str_radix(std::str::from_utf8(text).ok()?, 16).ok())
            .and_then(|value| u8::try_from(value).ok());
        if let Some(value) = value {
            out.push(value);
            rest = &rest[mark.len() + digits..];
        } else {
            out.push(first);
            rest = &rest[1..];
        }
    }
    out
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The digits that `bytes` always give when they begin `offset` bytes into a group of three.
fn base64_core(bytes: &[u8], offset: usize) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut padded = vec![0; offset];
    padded.extend_from_slice(bytes);
    let skip = if offset == 0 { 0 } else { offset + 1 };
    let whole = (offset + bytes.len()) * 8 / 6;
    padded.extend([0, 0]);
    let bit = |at: usize| usize::from(padded[at / 8] >> (7 - at % 8) & 1);
    let digit = |group: usize| (group * 6..group * 6 + 6).fold(0, |index, at| index << 1 | bit(at));
    (skip..whole).map(|group| char::from(DIGITS[digit(group)])).collect()
}
