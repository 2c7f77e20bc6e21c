//! The spellings that a secret is known to come back in.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::{GeneralPurpose, STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::escape::unicode;

/// Secrets shorter than this occur in ordinary words by chance.
const SHORTEST: usize = 3;

/// What forms, and what addresses leave as it is.
const FORM: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'*');
pub(crate) const ADDRESS: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Both alphabets of base64.
const ALPHABETS: [GeneralPurpose; 2] = [STANDARD_NO_PAD, URL_SAFE_NO_PAD];

/// Every known spelling of `secret`: plain, in JSON, in JSON within JSON, in an address, a form or a page, in
/// hexadecimal, and in base64 of either alphabet at any alignment. None of a secret that is too short.
pub(crate) fn spellings(secret: &str) -> Vec<String> {
    if secret.len() < SHORTEST {
        return Vec::new();
    }
    let (json, form) = (json(secret), percent(secret, FORM));
    let mut all = vec![
        secret.to_owned(),
        json.replace('/', "\\/"),
        self::json(&json),
        unicode(secret, |c| c.is_ascii_alphanumeric()),
        unicode(&json, |c| c.is_ascii_alphanumeric()),
        json,
        percent(secret, ADDRESS),
        percent(secret, NON_ALPHANUMERIC),
        form.replace("%20", "+"),
        form,
        html(secret),
        hex(secret.as_bytes()),
    ];
    all.extend(base64_cores(secret.as_bytes()));
    all.retain(|text| text.len() >= SHORTEST);
    all.sort_unstable();
    all.dedup();
    all
}

/// `text` with `mark` wherever `spelling` is, in either case: the digits of escapes can be in both.
pub(crate) fn replaced(text: &str, spelling: &str, mark: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        if let Some(len) = matched(rest, spelling) {
            out.push_str(mark);
            rest = &rest[len..];
        } else {
            out.push(first);
            rest = &rest[first.len_utf8()..];
        }
    }
    out
}

/// How many bytes at the start of `text` are `spelling`; breaks of lines between its characters count as nothing.
fn matched(text: &str, spelling: &str) -> Option<usize> {
    let mut found = text.char_indices().peekable();
    for (at, wanted) in spelling.chars().enumerate() {
        // A character of ours comes first: a backslash may be one, or may announce a line break.
        if at > 0 && !found.peek().is_some_and(|(_, c)| c.eq_ignore_ascii_case(&wanted)) {
            skip_break(&mut found, text);
        }
        found.next().filter(|(_, c)| c.eq_ignore_ascii_case(&wanted))?;
    }
    Some(found.peek().map_or(text.len(), |(end, _)| *end))
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

fn html(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;").replace('\'', "&#39;")
}

/// `text` with `escaped` as an address has it.
pub(crate) fn percent(text: &str, escaped: &'static AsciiSet) -> String {
    utf8_percent_encode(text, escaped).to_string()
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut out, byte| {
        let _ = write!(out, "{byte:02x}");
        out
    })
}

/// The base64 digits that depend on `bytes` alone, in each alphabet, when up to two other bytes stand before them.
///
/// The digits at either end mix in the neighbours, or padding, and are left out: they hold at most four bits each.
pub(crate) fn base64_cores(bytes: &[u8]) -> impl Iterator<Item = String> {
    (0..3).flat_map(move |offset| {
        let shifted = [&[0; 2][..offset], bytes].concat();
        ALPHABETS.each_ref().map(|alphabet| {
            let digits = alphabet.encode(&shifted);
            let whole = (offset * 8).div_ceil(6)..shifted.len() * 8 / 6;
            digits.get(whole).unwrap_or_default().to_owned()
        })
    })
}
