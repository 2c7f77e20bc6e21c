//! `keyform fingerprint`: says what keyform remembers of a key, without ever showing the key.

use std::io::Read;

use super::console::Console;
use super::exit::Exit;
use crate::model::{Fingerprint, Secret, Slot};

/// No key is as long; whoever pipes a film in by mistake gets an answer soon.
const LONGEST: u64 = 64 * 1024;

/// Reads a key from `input` and prints its fingerprint, and its slot where the text tells.
///
/// One line break at the end is taken for that of `echo` and left out; every other byte counts.
pub(super) fn run(input: impl Read, console: &Console) -> Exit {
    match read(input) {
        Ok(key) => {
            let slot = Slot::of_key(key.reveal()).map(|slot| format!("  slot {slot}")).unwrap_or_default();
            console.document(&format!("{}{slot}\n", Fingerprint::of(&key)));
            Exit::Done
        }
        Err(why) => {
            console.error(&format!("error: {why}"));
            console.error("help: pipe one key in, such as `keyform fingerprint < key.txt`");
            Exit::Error
        }
    }
}

/// The one key on `input`, or why there is none. One line break at its end is left out.
pub(super) fn read(input: impl Read) -> Result<Secret, &'static str> {
    let mut bytes = Vec::new();
    let read = input.take(LONGEST + 1).read_to_end(&mut bytes);
    // A `Secret` from here on, so that the bytes are overwritten whatever comes.
    let text = String::from_utf8(bytes);
    read.map_err(|_| "stdin cannot be read")?;
    let all = Secret::new(text.map_err(|_| "what stands on stdin is not text")?);
    let key = without_line_break(all.reveal());
    if key.is_empty() {
        return Err("there is no key on stdin");
    }
    if key.len() as u64 > LONGEST {
        return Err("what stands on stdin is too long for a key");
    }
    if key.contains(['\n', '\r']) {
        return Err("there is more than one line on stdin");
    }
    Ok(Secret::new(key.to_owned()))
}

fn without_line_break(text: &str) -> &str {
    text.strip_suffix("\r\n").or_else(|| text.strip_suffix('\n')).unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::args::All;
    use crate::cli::console::Surroundings;
    use crate::cli::console::tests::Shared;

    fn fingerprint(input: &[u8]) -> (Exit, String, String) {
        let (out, err) = (Shared::default(), Shared::default());
        let console = Console::new(All::default(), Surroundings::default(), out.clone(), err.clone(), std::io::empty());
        let exit = run(input, &console);
        (exit, out.text(), err.text())
    }

    #[test]
    fn a_key_gives_its_fingerprint_and_one_line_break_does_not_count() {
        for input in [&b"abc"[..], b"abc\n", b"abc\r\n"] {
            assert_eq!(fingerprint(input), (Exit::Done, "ba7816bf8f01cfea\n".into(), String::new()));
        }
        assert_ne!(fingerprint(b"abc ").1, "ba7816bf8f01cfea\n");
    }

    #[test]
    fn the_slot_is_told_where_the_text_tells_it() {
        assert!(fingerprint(b"AAPTx.AT2_abcdefgh\n").1.ends_with("  slot 2\n"));
    }

    #[test]
    fn what_is_no_key_is_an_error_that_does_not_repeat_it() {
        for input in [&b""[..], b"\n", b"one\ntwo\n", b"\xff\xfe", &vec![b'x'; 70_000]] {
            let (exit, out, err) = fingerprint(input);
            assert_eq!((exit, out.as_str()), (Exit::Error, ""));
            assert!(err.starts_with("error: ") && err.contains("keyform fingerprint"), "{err}");
            assert!(!err.contains("one") || !err.contains("two"));
        }
    }
}
