//! Makes what others wrote safe to print.
//!
//! A service, or a proxy before it, may echo what we sent: the token in an error, the password on a page. What ends in
//! a message goes through here: known secrets and whatever looks like one are taken out, in each form they travel in.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use crate::model::Secret;
use crate::text::escape::plain;
use crate::text::scrub::{MARK, WITHHELD, is_opaque, repeats, scrub, without_keys, without_sequences};

/// The longest text that a message quotes.
const LONGEST: usize = 300;
/// A run of opaque characters as long as this is no word of a message.
const OPAQUE: usize = 64;
/// Names whose values are secret wherever they stand.
const SECRET_NAMES: [&str; 7] =
    ["access_token", "refresh_token", "client_secret", "password", "apikey", "bearer", "token"];

/// The secrets that were used so far, so that no text quotes one.
#[derive(Default)]
pub(crate) struct Scrubber {
    known: Mutex<Known>,
}

#[derive(Default)]
struct Known {
    secrets: Vec<Arc<Secret>>,
    /// Texts in which none of so many secrets was found. Services say the same over and over, an apply of a thousand
    /// credentials knows thousands of secrets, and their forms take long to put together.
    harmless: BTreeMap<String, usize>,
}

/// Services do not have more to say; what is forgotten is only looked through once more.
const REMEMBERED: usize = 64;

impl Scrubber {
    /// From now on `secret` is taken out of every text.
    pub(crate) fn learn(&self, secret: &Arc<Secret>) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if !known.secrets.iter().any(|have| have.reveal() == secret.reveal()) {
            known.secrets.push(Arc::clone(secret));
        }
    }

    /// `text` in one line, short, and without anything that is secret or steers a terminal.
    pub(crate) fn clean(&self, text: &str) -> String {
        // Before all else, so that no such character can hide a secret by standing in it.
        let text = printable(text);
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let (all, before) = (known.secrets.len(), known.harmless.get(&text).copied().unwrap_or(0));
        let clean = taken_out(&text, &known.secrets[before..]);
        // What stayed as it was holds none of these secrets, and those before were looked for before.
        if clean == text {
            if known.harmless.len() >= REMEMBERED {
                known.harmless.clear();
            }
            known.harmless.insert(text, all);
            clean
        } else if before == 0 {
            clean
        } else {
            taken_out(&text, &known.secrets)
        }
    }
}

/// `text` without these secrets, and without whatever looks like one.
fn taken_out(text: &str, secrets: &[Arc<Secret>]) -> String {
    let longest = text.split(' ').map(str::len).max().unwrap_or_default();
    let in_reach = secrets.iter().map(AsRef::as_ref).filter(|secret| may_be_in(longest, secret));
    let clean = scrub(text, &in_reach.collect::<Vec<_>>());
    let clean = shorten(&without_opaque(&without_named(&without_keys(&clean))));
    // Whatever else was done to a secret to make it look different: nothing of such a text is worth the risk.
    let secrets: Vec<&Secret> = secrets.iter().map(AsRef::as_ref).collect();
    if repeats(&clean, &secrets) { WITHHELD.to_owned() } else { clean }
}

/// One line without anything that steers a terminal or hides letters.
fn printable(text: &str) -> String {
    plain(&without_sequences(text)).split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Whether a text whose longest word has `longest` bytes may hold `secret` in any form. What has no blank comes back
/// without one, and no form is shorter than the secret by more than a byte.
fn may_be_in(longest: usize, secret: &Secret) -> bool {
    let secret = secret.reveal();
    longest + 1 >= secret.len() || secret.contains(char::is_whitespace)
}

/// Takes out the value after a name such as `token=` or `"access_token":`.
fn without_named(text: &str) -> String {
    let mut out = text.to_owned();
    for name in SECRET_NAMES {
        let mut from = 0;
        while let Some(at) = out[from..].to_ascii_lowercase().find(name) {
            let after = from + at + name.len();
            let value = out[after..].trim_start_matches(['"', '\'', ' ']);
            let marked = value.starts_with([':', '=']) || (name == "bearer" && out[after..].starts_with(' '));
            let value = value.trim_start_matches([':', '=', '"', '\'', ' ']);
            let start = out.len() - value.len();
            let len = value.bytes().take_while(|byte| is_opaque(*byte)).count();
            let quoted = &value[..len];
            // `token: expired` is a sentence; what is secret has digits or is long.
            if marked && len > 0 && (len >= 16 || quoted.bytes().any(|byte| byte.is_ascii_digit())) {
                out.replace_range(start..start + len, MARK);
                from = start + MARK.len();
            } else {
                from = after;
            }
        }
    }
    out
}

/// Takes out runs too long to be words.
fn without_opaque(text: &str) -> String {
    let part = |byte: u8| is_opaque(byte) && !matches!(byte, b'/' | b'.');
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.bytes().position(part) {
        let len = rest[start..].bytes().take_while(|byte| part(*byte)).count();
        out.push_str(&rest[..start]);
        out.push_str(if len >= OPAQUE { "[…]" } else { &rest[start..start + len] });
        rest = &rest[start + len..];
    }
    out.push_str(rest);
    out
}

fn shorten(text: &str) -> String {
    match text.char_indices().nth(LONGEST) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::spelling::spellings;

    const TOKEN: &str = "3NKHt6i2urmWtqOuugvr9b/x+Qw=&x y\"z";

    fn scrubber() -> Scrubber {
        let scrubber = Scrubber::default();
        scrubber.learn(&Arc::new(Secret::new(TOKEN.into())));
        scrubber
    }

    #[test]
    fn a_text_that_was_harmless_is_looked_through_again_for_each_new_secret() {
        let scrubber = Scrubber::default();
        let learn = |text: &str| scrubber.learn(&Arc::new(Secret::new(text.to_owned())));
        let said = "no item wonder-land-of-plenty here";
        learn("something-else-altogether");
        assert_eq!(scrubber.clean(said), said);
        assert_eq!(scrubber.clean(said), said);
        learn("wonder-land-of-plenty");
        assert_eq!(scrubber.clean(said), "no item [secret] here");
        learn("one-more-of-many-secrets");
        assert_eq!(scrubber.clean(said), "no item [secret] here");
    }

    #[test]
    fn a_secret_is_taken_out_in_every_form_it_comes_back_in() {
        for form in spellings(TOKEN) {
            let form = form.as_str();
            let text = scrubber().clean(&format!("bad ({form}), try again"));
            assert_eq!(text, "bad ([secret]), try again", "{form}");
        }
        let lower = "bad 3NKHt6i2urmWtqOuugvr9b%2fx%2bQw%3d%26x%20y%22z!";
        assert_eq!(scrubber().clean(lower), "bad [secret]!");
    }

    #[test]
    fn a_word_as_long_as_the_secret_is_looked_at_in_every_form() {
        for secret in ["abc", "a/b=", "q\"", "\"q\"", "é&è", "3NKHt6i2urmWtqOuugvr9b", "🗝🗝"] {
            let kept = Secret::new(secret.to_owned());
            for form in spellings(secret) {
                let form = form.as_str();
                assert!(may_be_in(form.len(), &kept), "{secret} as {form}");
            }
        }
        assert!(!may_be_in(12, &Secret::new("3NKHt6i2urmWtqOuugvr9b".into())));
    }

    #[test]
    fn base64_of_something_around_the_secret_is_found() {
        // user:secret-password in base64, and with one more byte before it
        let scrubber = Scrubber::default();
        scrubber.learn(&Arc::new(Secret::new("secret-password".into())));
        for text in
            ["Basic dXNlcjpzZWNyZXQtcGFzc3dvcmQ=", "dXNlcjE6c2VjcmV0LXBhc3N3b3Jk", "dXNlcjEyOnNlY3JldC1wYXNzd29yZA=="]
        {
            let clean = scrubber.clean(text);
            assert!(clean.contains("[secret]"), "{clean}");
        }
    }

    #[test]
    fn what_looks_like_a_key_is_taken_out_unseen() {
        let clean = scrubber().clean("key AAPTxy8BH1VEsoebNVZXo8HurE.AT1_abcdefgh is bad, AAPT too");
        assert_eq!(clean, "key [key] is bad, AAPT too");
        assert_eq!(scrubber().clean("{\"access_token\":\"abc123\"}"), "{\"access_token\":\"[secret]\"}");
        assert_eq!(scrubber().clean("Invalid token: expired"), "Invalid token: expired");
        assert_eq!(scrubber().clean(&"x".repeat(80)), "[…]");
    }

    #[test]
    fn nothing_steers_the_terminal_and_texts_are_short() {
        assert_eq!(scrubber().clean(" a\u{1b}[31mb\r\n\tc\u{202e}d\u{0}\u{9b}e "), "ab cde");
        let long = "word ".repeat(200);
        assert_eq!(scrubber().clean(&long).chars().count(), LONGEST + 1);
        let split = "bad 3NKHt6i2urm\u{200b}WtqOuugvr9b/x+Qw=&x y\"z".to_owned();
        assert_eq!(scrubber().clean(&split), "bad [secret]");
    }
}
