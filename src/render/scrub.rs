//! Takes secrets out of text that others wrote, in whatever spelling they put them.

use std::fmt::Write as _;

use crate::model::Secret;

/// What stands where a secret stood.
const MARK: &str = "[secret]";

/// Shorter texts are no secrets; replacing them would only garble the rest.
const SHORTEST: usize = 4;

/// `text` with every occurrence of a secret replaced by `[secret]`.
///
/// Found are the plain text, its JSON and percent spellings, hexadecimal, base64 of either alphabet at any alignment,
/// and each of these broken over lines.
#[must_use]
pub fn scrub(text: &str, secrets: &[&Secret]) -> String {
    let mut spellings: Vec<Spelling> = secrets.iter().flat_map(|secret| spellings(secret.reveal())).collect();
    // The longest first, so that a part of one never spoils the whole of another.
    spellings.sort_by_key(|spelling| std::cmp::Reverse(spelling.text.len()));
    spellings.iter().fold(text.to_owned(), |text, spelling| spelling.replaced(&text))
}

struct Spelling {
    text: Vec<char>,
    any_case: bool,
}

impl Spelling {
    fn replaced(&self, text: &str) -> String {
        let mut out = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(first) = rest.chars().next() {
            if let Some(len) = self.matched(rest) {
                out.push_str(MARK);
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
        let same = |c: char, wanted: char| c == wanted || (self.any_case && c.eq_ignore_ascii_case(&wanted));
        let mut found = text.char_indices().peekable();
        for (at, wanted) in self.text.iter().enumerate() {
            // A character of ours comes first: a backslash may be one, or may announce a line break.
            if at > 0 && !found.peek().is_some_and(|(_, c)| same(*c, *wanted)) {
                skip_break(&mut found, text);
            }
            found.next().filter(|(_, c)| same(*c, *wanted))?;
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

fn spellings(secret: &str) -> Vec<Spelling> {
    if secret.len() < SHORTEST {
        return Vec::new();
    }
    let mut all = vec![secret.to_owned(), json(secret), percent(secret, false), percent(secret, true)];
    for offset in 0..3 {
        all.push(base64_core(secret.as_bytes(), offset, *b"+/"));
        all.push(base64_core(secret.as_bytes(), offset, *b"-_"));
    }
    // What JSON makes of what stands in JSON already, as in a logged request body.
    all.push(json(&json(secret)));
    let mut spelled: Vec<Spelling> = Vec::new();
    all.retain(|text| text.len() >= SHORTEST);
    all.sort_unstable();
    all.dedup();
    spelled.extend(all.into_iter().map(|text| Spelling { any_case: text.contains('%'), text: text.chars().collect() }));
    spelled.push(Spelling { text: hex(secret.as_bytes()).chars().collect(), any_case: true });
    spelled
}

fn json(text: &str) -> String {
    let quoted = serde_json::Value::from(text).to_string();
    quoted.trim_start_matches('"').strip_suffix('"').unwrap_or_default().to_owned()
}

fn percent(text: &str, everything: bool) -> String {
    let mut out = String::new();
    for byte in text.bytes() {
        let keep = byte.is_ascii_alphanumeric() || (!everything && b"-._~".contains(&byte));
        if keep {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut out, byte| {
        let _ = write!(out, "{byte:02x}");
        out
    })
}

/// The base64 digits that depend on `bytes` alone when `offset` other bytes stand before them.
///
/// The digits at either end mix in the neighbours, or padding, and are left out: they hold at most four bits each.
fn base64_core(bytes: &[u8], offset: usize, last_two: [u8; 2]) -> String {
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn key() -> Secret {
        Secret::new(["AAPT", "abc-_.", "x/y+\"z\\", "TAIL", "0123456789"].concat())
    }

    fn gone(text: &str) -> String {
        let clean = scrub(text, &[&key()]);
        assert!(clean.contains(MARK), "{clean}");
        clean
    }

    fn base64(bytes: &[u8]) -> String {
        let mut padded = bytes.to_vec();
        padded.resize(bytes.len().div_ceil(3) * 3, 0);
        let mut text = base64_core(&padded, 0, *b"+/");
        text.truncate((bytes.len() * 8).div_ceil(6));
        while !text.len().is_multiple_of(4) {
            text.push('=');
        }
        text
    }

    #[test]
    fn the_encoder_of_these_tests_is_base64() {
        assert_eq!(base64(b"foobar"), "Zm9vYmFy");
        assert_eq!(base64(b"foob"), "Zm9vYg==");
    }

    #[test]
    fn a_secret_is_taken_out_of_plain_text_wherever_it_stands() {
        let key = key();
        let text = format!("a {k}, b={k}{k};", k = key.reveal());
        assert_eq!(gone(&text), "a [secret], b=[secret][secret];");
        assert_eq!(scrub("nothing here", &[&key]), "nothing here");
    }

    #[test]
    fn json_and_percent_spellings_are_found() {
        let key = key();
        let body = serde_json::json!({ "key": key.reveal() }).to_string();
        assert_eq!(gone(&body), r#"{"key":"[secret]"}"#);
        assert_eq!(gone(&serde_json::json!({ "body": body }).to_string()), r#"{"body":"{\"key\":\"[secret]\"}"}"#);
        assert_eq!(gone(&format!("?k={}&x", percent(key.reveal(), false))), "?k=[secret]&x");
        assert_eq!(gone(&format!("?k={}&x", percent(key.reveal(), false).to_lowercase())), "?k=[secret]&x");
        assert_eq!(gone(&format!("dump {}", hex(key.reveal().as_bytes()).to_uppercase())), "dump [secret]");
    }

    #[test]
    fn base64_is_found_at_every_alignment() {
        let key = key();
        for before in ["", "u", "us", "usr", "user:", "user1:"] {
            for after in ["", "\n", "xy"] {
                let encoded = base64(format!("{before}{}{after}", key.reveal()).as_bytes());
                for spelled in [encoded.clone(), encoded.replace('+', "-").replace('/', "_"), encoded.replace('=', "")]
                {
                    let clean = gone(&format!("Basic {spelled}"));
                    assert!(clean.len() < 8 + MARK.len() + 14 + before.len(), "{clean}");
                }
            }
        }
    }

    #[test]
    fn a_secret_broken_over_lines_is_found() {
        let key = key();
        let (head, tail) = key.reveal().split_at(9);
        assert_eq!(gone(&format!("[{head}\n{tail}]")), "[[secret]]");
        assert_eq!(gone(&format!("[{head}\\\r\n    {tail}]")), "[[secret]]");
        let encoded = base64(key.reveal().as_bytes());
        let wrapped = format!("{}\n{}\n{}", &encoded[..12], &encoded[12..24], &encoded[24..]);
        assert!(!gone(&wrapped).contains(&encoded[14..22]));
    }

    #[test]
    fn of_two_secrets_the_longer_is_taken_whole() {
        let short = Secret::new(["to", "ken"].concat());
        let long = Secret::new(["to", "ken", "-and-more"].concat());
        assert_eq!(scrub(long.reveal(), &[&short, &long]), MARK);
        assert_eq!(scrub("ab", &[&Secret::new("a".into()), &Secret::new(String::new())]), "ab");
    }

    proptest! {
        #[test]
        fn no_spelling_of_a_secret_survives(
            secret in "[!-~]{12,60}", before in "[ -~]{0,7}", after in "[ -~]{0,7}", line in 4_usize..80
        ) {
            let whole = format!("{before}{secret}{after}");
            let spelled = [
                secret.clone(),
                json(&secret),
                percent(&secret, true),
                hex(secret.as_bytes()),
                base64(whole.as_bytes()),
                base64(whole.as_bytes()).replace('+', "-").replace('/', "_"),
            ];
            for text in spelled {
                let wrapped: Vec<&str> =
                    text.as_bytes().chunks(line).map(|line| std::str::from_utf8(line).unwrap()).collect();
                for text in [text.clone(), wrapped.join("\n"), wrapped.join("\r\n  ")] {
                    let clean = scrub(&text, &[&Secret::new(secret.clone())]);
                    prop_assert!(clean.contains(MARK), "{} -> {}", text, clean);
                    let left = clean.chars().filter(|c| !c.is_whitespace()).count();
                    prop_assert!(left < MARK.len() + 30, "{} -> {}", text, clean);
                }
            }
        }
    }
}
