//! Takes secrets out of text that others wrote, in whatever spelling they put them.

use std::collections::{BTreeSet, HashSet};

use anstream::adapter::strip_str;

use super::escape::plain;
use super::spelling::{base64_cores, hex, replaced, spellings};
use crate::model::Secret;

/// What stands where a secret stood.
pub(crate) const MARK: &str = "[secret]";

/// What stands for a text that cannot be shown without a secret.
pub(crate) const WITHHELD: &str = "[text that repeats a secret]";

/// `text` with every occurrence of a secret replaced by `MARK`, in each known spelling, in either case, and also where
/// it is broken over lines.
pub(crate) fn scrub(text: &str, secrets: &[&Secret]) -> String {
    let mut spellings: Vec<String> = secrets.iter().flat_map(|secret| spellings(secret.reveal())).collect();
    // The longest first, so that a part of one never spoils the whole of another.
    spellings.sort_by_key(|spelling| std::cmp::Reverse(spelling.len()));
    spellings.iter().fold(text.to_owned(), |text, spelling| replaced(&text, spelling, MARK))
}

/// What keys and tokens of `ArcGIS` start with.
pub(crate) const KEY_PREFIXES: [&str; 4] = ["AAPT", "AAPK", "AATK", "AAST"];

/// What such a word has at least, its prefix included.
const SHORTEST_KEY: usize = 8;

/// Whether keys and tokens, or their percent spelling, may have this in them.
pub(crate) const fn is_opaque(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~' | b'+' | b'/' | b'=' | b'%')
}

/// `text` without anything that starts like a key of `ArcGIS`, whoever wrote it and whether or not we know it.
pub(crate) fn without_keys(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    // One search for what all of them start with: a text with many of one and none of another is read once.
    while let Some(at) = rest.find("AA") {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let len = if KEY_PREFIXES.iter().any(|prefix| rest.starts_with(prefix)) {
            rest.bytes().take_while(|byte| is_opaque(*byte)).count()
        } else {
            1
        };
        out.push_str(if len >= SHORTEST_KEY { "[key]" } else { &rest[..len] });
        rest = &rest[len..];
    }
    out.push_str(rest);
    out
}

/// A stretch of a secret as long as this is not shown.
const STRETCH: usize = 16;

/// Whether a stretch of a secret can still be read out of `text` by whoever undoes what wraps and escapes it.
///
/// [`scrub`] takes out whole secrets in the spellings it knows; this finds parts, and spellings within spellings.
pub(crate) fn repeats(text: &str, secrets: &[&Secret]) -> bool {
    let spelled: Vec<String> = secrets
        .iter()
        .map(|secret| secret.reveal())
        .filter(|secret| secret.len() >= STRETCH / 2)
        .flat_map(|secret| {
            base64_cores(secret.as_bytes()).chain([joined(secret), hex(secret.as_bytes())]).collect::<Vec<_>>()
        })
        .collect();
    let stretches: HashSet<&[u8]> =
        spelled.iter().flat_map(|text| text.as_bytes().windows(STRETCH.min(text.len()).max(1))).collect();
    let lengths: BTreeSet<usize> = stretches.iter().map(|stretch| stretch.len()).collect();
    let joined = joined(text);
    let (percent, json) = (without_percent(&joined), without_escapes(&joined));
    let twice = without_escapes(&json);
    let views = [joined.to_ascii_lowercase(), joined, percent, json, twice];
    views.iter().any(|view| {
        lengths.iter().any(|length| view.as_bytes().windows(*length).any(|stretch| stretches.contains(stretch)))
    })
}

/// `text` without the sequences that colour a terminal: they may stand between any two letters.
pub(crate) fn without_sequences(text: &str) -> String {
    strip_str(text).to_string()
}

/// `text` without blanks, bars, spelled-out line breaks, and what a terminal does not show.
fn joined(text: &str) -> String {
    let text = without_sequences(&text.replace("\\r", "").replace("\\n", ""));
    let shown = |c: &char| !c.is_whitespace() && *c != '|' && !plain(c.encode_utf8(&mut [0; 4])).is_empty();
    text.chars().filter(shown).collect()
}

/// `%41` and `\u0041` as the letters they stand for.
fn without_percent(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let (marked, digits) = match (first, after.first()) {
            (b'%', _) => (after, 2),
            (b'\\', Some(b'u')) => (&after[1..], 4),
            _ => (&after[..0], 1),
        };
        let digits = marked.get(..digits).and_then(|digits| std::str::from_utf8(digits).ok());
        if let Some(digits) = digits
            && let Some(byte) = u32::from_str_radix(digits, 16).ok().and_then(|value| u8::try_from(value).ok())
        {
            bytes.push(byte);
            rest = &marked[digits.len()..];
        } else {
            bytes.push(*first);
            rest = after;
        }
    }
    joined(&String::from_utf8_lossy(&bytes))
}

/// The same, and without the backslashes that JSON needs.
fn without_escapes(text: &str) -> String {
    let text = without_percent(text);
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        let escaped = if c == '\\' { chars.next_if(|c| matches!(c, '"' | '\\' | '/')) } else { None };
        out.push(escaped.unwrap_or(c));
    }
    out
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    use percent_encoding::NON_ALPHANUMERIC;
    use proptest::prelude::*;

    use super::*;
    use crate::text::spelling::{ADDRESS, json, percent};

    fn key() -> Secret {
        Secret::new(["AAPT", "abc-_.", "x/y+\"z\\", "TAIL", "0123456789"].concat())
    }

    fn gone(text: &str) -> String {
        let clean = scrub(text, &[&key()]);
        assert!(clean.contains(MARK), "{clean}");
        clean
    }

    fn base64(bytes: &[u8]) -> String {
        STANDARD.encode(bytes)
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
        assert_eq!(gone(&format!("?k={}&x", percent(key.reveal(), ADDRESS))), "?k=[secret]&x");
        assert_eq!(gone(&format!("?k={}&x", percent(key.reveal(), ADDRESS).to_lowercase())), "?k=[secret]&x");
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
    fn a_part_of_a_secret_and_a_spelling_within_a_spelling_are_noticed() {
        let key = key();
        let secret = key.reveal();
        let escaped: String = secret.bytes().fold(String::new(), |out, byte| out + &format!("\\u00{byte:02X}"));
        let json = serde_json::json!({ "body": serde_json::json!({ "key": secret }).to_string() }).to_string();
        let dump: String = secret.bytes().fold(String::new(), |out, byte| out + &format!("{byte:02X} "));
        let wrapped = base64(secret.as_bytes()).chars().fold(String::new(), |out, c| out + &format!("{c}\n  | "));
        let coloured = secret.chars().fold(String::new(), |out, c| out + &format!("{c}\u{1b}[0m"));
        for text in [
            &secret[..20],
            &secret[8..26],
            &escaped,
            &json,
            &percent(&json, NON_ALPHANUMERIC),
            &dump,
            &wrapped,
            &coloured,
        ] {
            assert!(repeats(&format!("bad ({text}), try again"), &[&key]), "{text}");
        }
        for text in ["", "bad ([secret]), try again", &secret[..12], "100% of \\u and %zz and %"] {
            assert!(!repeats(text, &[&key]), "{text}");
        }
    }

    #[test]
    fn what_starts_like_a_key_goes_whoever_wrote_it() {
        let key = ["AAPT", "q1W2e3R4", ".AT1_", "x9"].concat();
        assert_eq!(without_keys(&format!("a \"{key}\" and {key}; AAPT, AAPK1")), "a \"[key]\" and [key]; AAPT, AAPK1");
        assert_eq!(without_keys(&format!("AAA{key} AA A AAA")), "AAA[key] AA A AAA");
        assert!(KEY_PREFIXES.iter().all(|prefix| prefix.starts_with("AA")));
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
                percent(&secret, NON_ALPHANUMERIC),
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
