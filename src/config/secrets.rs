//! What looks like a key, token or password, and so must neither stand in a configuration nor be shown.

use std::ops::Range;

use crate::text::scrub::KEY_PREFIXES;

/// A key is longer than this; anything shorter is somebody's word.
const KEY_LENGTH: usize = 20;
/// What the names of settings that hold a secret contain, in lower case and without `_` and `-`.
const SECRET_NAMES: [&str; 6] = ["password", "passwd", "secret", "token", "apikey", "privatekey"];

/// Whether any part of a text looks like a key or token by itself.
pub(crate) fn looks_secret(text: &str) -> bool {
    words(text).any(|word| is_secret_word(&text[word]))
}

/// Whether the value of a setting called `key` looks like a secret.
pub(super) fn is_secret_setting(key: &str, value: &str) -> bool {
    let value = value.trim();
    looks_secret(value) || (names_a_secret(key) && is_opaque(value))
}

/// Whether an argument of a command carries a secret, alone or as the value of the argument before it.
pub(super) fn is_secret_argument(before: Option<&str>, argument: &str) -> bool {
    if looks_secret(argument) {
        return true;
    }
    if let Some((name, value)) = argument.split_once('=')
        && names_a_secret(name)
        && is_opaque(value)
    {
        return true;
    }
    let lower = argument.to_ascii_lowercase();
    if lower.contains("authorization:") && lower.split_whitespace().count() > 1 && !argument.contains('$') {
        return true;
    }
    before.is_some_and(|flag| flag.starts_with('-') && !flag.contains('=') && names_a_secret(flag))
        && is_opaque(argument)
}

/// What is in no secret: a reference to one, a list, a mapping or a sentence has it.
const NEVER: [char; 6] = [' ', '{', '[', '<', '*', ':'];

/// Stretches of a file that nobody may see: comments and broken YAML are not spared.
pub(super) fn ranges_in_source(text: &str) -> Vec<Range<usize>> {
    let mut found: Vec<_> = words(text).filter(|word| is_secret_word(&text[word.clone()])).collect();
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        found.extend(named_in_line(line).into_iter().map(|range| range.start + start..range.end + start));
        start += line.len();
    }
    found
}

/// The values in `name: value` and `name=value` where the name is that of a secret.
///
/// No part of the line is looked at once for each separator, for a line may be a whole file.
fn named_in_line(line: &str) -> Vec<Range<usize>> {
    let line = line.trim_end();
    let mut found: Vec<Range<usize>> = Vec::new();
    for (at, _) in line.match_indices([':', '=']) {
        let name_start = line[..at]
            .rfind(|c: char| !is_name(c) && !matches!(c, '"' | '\''))
            .map_or(0, |before| before + line[before..].chars().next().map_or(1, char::len_utf8));
        if !names_a_secret(&line[name_start..at]) {
            continue;
        }
        let value = line[at + 1..].trim_start();
        let start = line.len() - value.len();
        let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''));
        let len = match quote {
            Some(quote) => value[1..].find(quote).map_or(value.len(), |end| end + 2),
            // Part of one that was found, and ends with it.
            None if found.last().is_some_and(|before| before.contains(&at)) => continue,
            None => value.find([',', '}', ']', ' ', '{', '[', '<', '*', ':']).unwrap_or(value.len()),
        };
        // A blank ends a value; the others show that it is none.
        let none = quote.is_none() && value[len..].starts_with(NEVER) && !value[len..].starts_with(' ');
        let bare = value[..len].trim_matches(['"', '\'']);
        if !none && is_opaque(bare) {
            found.push(start..start + len);
        }
    }
    found
}

fn is_name(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '-')
}

/// Runs of the characters that keys and tokens are made of.
fn words(text: &str) -> impl Iterator<Item = Range<usize>> {
    let mut rest = 0;
    std::iter::from_fn(move || {
        let start = rest + text[rest..].find(is_key_character)?;
        let end = text[start..].find(|c| !is_key_character(c)).map_or(text.len(), |len| start + len);
        rest = end;
        Some(start..end)
    })
}

fn is_key_character(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.')
}

fn is_secret_word(word: &str) -> bool {
    let key = |prefix: &&str| word.find(*prefix).is_some_and(|at| word.len() - at > KEY_LENGTH);
    // Three parts of base64url, the first of them a JSON object.
    let web_token = || {
        word.find("eyJ").is_some_and(|at| {
            let parts: Vec<&str> = word[at..].split('.').collect();
            parts.len() >= 2 && parts[0].len() > 12 && parts[1].len() > 12
        })
    };
    KEY_PREFIXES.iter().any(key) || web_token()
}

fn names_a_secret(name: &str) -> bool {
    let name: String = name.chars().filter(|c| c.is_alphanumeric()).collect::<String>().to_ascii_lowercase();
    SECRET_NAMES.iter().any(|secret| name.contains(secret))
}

/// Whether a value can be a secret at all: not a reference, a place, or a name such as `ARCGIS_API_KEY` or `api_key`.
fn is_opaque(value: &str) -> bool {
    let reference = value.starts_with(['$', '/', '-']) || value.starts_with("./");
    let hexadecimal = value.len() == 32 && value.bytes().all(|b| b.is_ascii_hexdigit());
    let word = |c: char| c.is_ascii_alphabetic() || matches!(c, '_' | '-' | '.');
    let name = value.len() <= 64
        && (value.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_')
            || value.contains(['_', '-', '.']) && value.chars().all(word)
            || matches!(value, "true" | "false" | "auto" | "null" | "~"));
    hexadecimal || (value.len() >= 4 && !reference && !name && !value.contains(NEVER))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Built from parts, so that no scanner takes this file for a leak.
    fn key() -> String {
        format!("AA{}{}.AT1_abcdefgh", "PT", "x1Y2".repeat(12))
    }

    fn web_token() -> String {
        format!("{}J{}.{}.sig", "ey", "hbGciOiJIUzI1NiIs", "c3ViIjoiMTIzNDU2Nzg5MCJ9")
    }

    #[test]
    fn keys_and_web_tokens_are_known_by_their_looks_wherever_they_stand() {
        assert!(looks_secret(&key()));
        assert!(looks_secret(&format!("see {} here", key())));
        assert!(looks_secret(&web_token()));
        assert!(!looks_secret("AAPTitude test"));
        assert!(!looks_secret("premium:user:basemaps"));
        assert!(!looks_secret("3f0c5d0e9b7a4f1c8d2e6a7b90c1d2e3"));
    }

    #[test]
    fn a_name_that_promises_a_secret_makes_its_value_one() {
        assert!(is_secret_setting("client_secret", "3f0c5d0e9b7a4f1c8d2e6a7b90c1d2e3"));
        assert!(is_secret_setting("password", "hunter2hunter"));
        assert!(is_secret_setting("accessToken", "Zm9vYmFyYmF6cXV4"));
        assert!(!is_secret_setting("secret", "ARCGIS_API_KEY"));
        assert!(!is_secret_setting("token", "$TOKEN"));
        assert!(!is_secret_setting("title", "3f0c5d0e9b7a4f1c8d2e6a7b90c1d2e3"));
    }

    #[test]
    fn arguments_of_a_command_are_looked_at_with_the_one_before() {
        assert!(is_secret_argument(None, "--password=hunter2hunter"));
        assert!(is_secret_argument(Some("--token"), "Zm9vYmFyYmF6cXV4"));
        assert!(is_secret_argument(Some("-H"), "Authorization: Bearer Zm9vYmFy"));
        assert!(!is_secret_argument(Some("--name"), "ARCGIS_API_KEY"));
        assert!(!is_secret_argument(Some("--token"), "--verbose=1"));
        assert!(!is_secret_argument(Some("set"), "storefront"));
    }

    #[test]
    fn comments_and_broken_lines_are_hidden_too() {
        let text = format!("# old: {}\npassword: \"hunter2hunter\"\n{{token: abcd1234efgh}}", key());
        let hidden: Vec<_> = ranges_in_source(&text).into_iter().map(|range| text[range].to_owned()).collect();
        assert_eq!(hidden, [key(), "\"hunter2hunter\"".into(), "abcd1234efgh".into()]);
    }

    #[test]
    fn one_value_within_another_is_hidden_with_it() {
        let hidden =
            |text: &str| ranges_in_source(text).into_iter().map(|range| text[range].to_owned()).collect::<Vec<_>>();
        assert_eq!(hidden("token=abcd=token=efgh, x"), ["abcd=token=efgh"]);
        assert_eq!(hidden("token=ab=token=\"cd,ef\""), ["ab=token=\"cd", "\"cd,ef\""]);
        assert_eq!(hidden("token: { token: 12345x }"), ["12345x"]);
        assert_eq!(hidden("token: https://x.example"), Vec::<String>::new());
    }
}
