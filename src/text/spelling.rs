//! The spellings that a secret is known to come back in.

use std::fmt::Write as _;

/// Secrets shorter than this occur in ordinary words by chance.
const SHORTEST: usize = 3;

/// A spelling of a secret.
pub(crate) struct Spelling(String);

/// Every known spelling of `secret`: plain, in JSON, in JSON within JSON, in an address, a form or a page, in
/// hexadecimal, and in base64 of either alphabet at any alignment. None of a secret that is too short.
pub(crate) fn spellings(secret: &str) -> Vec<Spelling> {
    if secret.len() < SHORTEST {
        return Vec::new();
    }
    let (json, form) = (json(secret), percent(secret, b"-._*"));
    let mut all = vec![
        secret.to_owned(),
        json.replace('/', "\\/"),
        self::json(&json),
        unicode(secret),
        unicode(&json),
        json,
        percent(secret, b"-._~"),
        percent(secret, b""),
        form.replace("%20", "+"),
        form,
        html(secret),
        hex(secret.as_bytes()),
    ];
    for offset in 0..3 {
        all.extend([*b"+/", *b"-_"].map(|last_two| base64_core(secret.as_bytes(), offset, last_two)));
    }
    all.retain(|text| text.len() >= SHORTEST);
    all.sort_unstable();
    all.dedup();
    all.into_iter().map(Spelling).collect()
}

impl Spelling {
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// `text` with `mark` wherever this is spelled, in either case: the digits of escapes can be in both.
    pub(crate) fn replaced(&self, text: &str, mark: &str) -> String {
        let mut out = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(first) = rest.chars().next() {
            if let Some(len) = self.matched(rest) {
                out.push_str(mark);
                rest = &rest[len..];
            } else {
                out.push(first);
                rest = &rest[first.len_utf8()..];
            }
        }
        out
    }

    /// How many bytes at the start of `text` spell this; breaks of lines between its characters count as nothing.
    fn matched(&self, text: &str) -> Option<usize> {
        let mut found = text.char_indices().peekable();
        for (at, wanted) in self.0.chars().enumerate() {
            // A character of ours comes first: a backslash may be one, or may announce a line break.
            if at > 0 && !found.peek().is_some_and(|(_, c)| c.eq_ignore_ascii_case(&wanted)) {
                skip_break(&mut found, text);
            }
            found.next().filter(|(_, c)| c.eq_ignore_ascii_case(&wanted))?;
        }
        Some(found.peek().map_or(text.len(), |(end, _)| *end))
    }
}

/// Passes a line break, with the backslash before it and the indentation after it.
fn skip_break(found: &mut std::iter::Peekable<std::str::CharIndices<'_>>, text: &str) {
    let Some((at, _)) = found.peek() else { return };
    let rest = &text[*at..];
    let after = rest.trim_start_matches([' ', '\t']);
    let after = after.strip_prefix('\\').unwrap_or(after);
    if !after.starts_with(['\r', '\n']) {
        return;
    }
    let left = after.trim_start_matches(['\r', '\n', ' ', '\t']).len();
    let end = text.len() - left;
    while found.next_if(|(at, _)| *at < end).is_some() {}
}

pub(crate) fn json(text: &str) -> String {
    let quoted = serde_json::Value::from(text).to_string();
    quoted.trim_start_matches('"').strip_suffix('"').unwrap_or_default().to_owned()
}

/// Every character that is no letter and no digit as JSON may escape it.
fn unicode(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        if c.is_ascii_alphanumeric() {
            out.push(c);
        } else {
            out.extend(c.encode_utf16(&mut [0; 2]).iter().map(|unit| format!("\\u{unit:04x}")));
        }
    }
    out
}

fn html(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;").replace('\'', "&#39;")
}

/// Every byte that is no letter, no digit and not in `kept` as an address has it.
pub(crate) fn percent(text: &str, kept: &[u8]) -> String {
    let mut out = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || kept.contains(&byte) {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut out, byte| {
        let _ = write!(out, "{byte:02x}");
        out
    })
}

/// The base64 digits that depend on `bytes` alone when `offset` other bytes stand before them.
///
/// The digits at either end mix in the neighbours, or padding, and are left out: they hold at most four bits each.
pub(crate) fn base64_core(bytes: &[u8], offset: usize, last_two: [u8; 2]) -> String {
    let digit = |index: u8| match index {
        0..=25 => b'A' + index,
        26..=51 => b'a' + index - 26,
        52..=61 => b'0' + index - 52,
        62 => last_two[0],
        _ => last_two[1],
    };
    let bit = |at: usize| bytes[at / 8] >> (7 - at % 8) & 1;
    // Digits begin at multiples of six bits, counted from `offset` bytes before ours.
    let first = (6 - offset * 8 % 6) % 6;
    (first..)
        .step_by(6)
        .take_while(|start| start + 6 <= bytes.len() * 8)
        .map(|start| char::from(digit((start..start + 6).fold(0, |index, at| index << 1 | bit(at)))))
        .collect()
}
