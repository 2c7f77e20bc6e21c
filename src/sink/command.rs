//! A program that receives the key on its standard input.
//!
//! Exactly the bytes of the key, then the end of input; the key is in no argument and no variable. A program that
//! fails may or may not have stored the key.

use std::process::ExitStatus;
use std::time::Duration;

use super::error::Problem;
use super::look::Look;
use super::program::{Program, Ran};
use crate::model::{Fingerprint, Secret};
use crate::os;
use crate::text::{escape, scrub};

/// How much of a program's words an error repeats.
const LINES: usize = 8;
const COLUMNS: usize = 200;

/// Where the words of a program were cut, a part of the key could stand that no longer looks like it.
const CUT: usize = 8 * 1024;

/// Hands `key` over.
pub(super) async fn write(program: &Program<'_>, key: &Secret) -> Result<(), Problem> {
    let ran = program.run(key.reveal().as_bytes()).await?;
    match ran.status {
        Some(status) if status.success() => Ok(()),
        Some(status) => {
            Err(Problem::CommandFailed { program: program.name(), ended: how(status), said: said(&ran, key) })
        }
        None => {
            let seconds = program.limit.as_secs();
            Err(Problem::CommandTimeout { program: program.name(), seconds, said: said(&ran, key) })
        }
    }
}

/// Asks which fingerprint is stored.
///
/// What the program says is never repeated: it may be the very key, and we have nothing to compare it with.
pub(super) async fn look(program: &Program<'_>) -> Look {
    let unreadable = |why: String| Look::Unreadable { why: format!("`{}` {why}", program.name()) };
    let ran = match program.run(b"").await {
        Ok(ran) => ran,
        Err(problem) => return Look::Unreadable { why: problem.to_string() },
    };
    match ran.status {
        None => unreadable(format!("was stopped after {} s", program.limit.as_secs())),
        Some(status) if !status.success() => unreadable(how(status)),
        Some(_) => match std::str::from_utf8(&ran.out).map(str::trim) {
            Ok("") => Look::Absent,
            // `keyform fingerprint` says the slot as well.
            Ok(text) => Fingerprint::parse(text.split_once("  slot ").map_or(text, |(first, _)| first))
                .map_or_else(|| unreadable("printed something other than a fingerprint".into()), Look::Confirms),
            Err(_) => unreadable("printed something other than a fingerprint".into()),
        },
    }
}

/// A limit as tokio takes it.
pub(super) fn limit(timeout: jiff::SignedDuration) -> Duration {
    Duration::try_from(timeout).unwrap_or_default()
}

fn how(status: ExitStatus) -> String {
    match (status.code(), os::ended_by(status)) {
        (Some(code), _) => format!("ended with exit code {code}"),
        (None, Some(signal)) => format!("was ended by signal {signal}"),
        (None, None) => "ended in an unknown way".to_owned(),
    }
}

/// The last words, each on a line of its own behind a bar, without the key in any spelling.
fn said(ran: &Ran, key: &Secret) -> String {
    let words = scrub::without_sequences(&[text(&ran.out), text(&ran.err)].join("\n"));
    // Twice: taking out control characters may join what they kept apart.
    let clean = scrub::scrub(&escape::plain_lines(&scrub::scrub(&words, &[key])), &[key]);
    // The key before, which may be live for its overlap yet, is not ours to know here, but it looks like one.
    let clean = scrub::without_keys(&clean);
    let lines: Vec<&str> = clean.lines().filter(|line| !line.trim().is_empty()).collect();
    let last = &lines[lines.len().saturating_sub(LINES)..];
    let said: String =
        last.iter().flat_map(|line| ["\n  | ".into(), escape::plain_within(line, COLUMNS, false)]).collect();
    // A part of it, or a spelling that is not known: then nothing that was said is repeated.
    if scrub::repeats(&said, &[key]) { format!("\n  | {}", scrub::WITHHELD) } else { said }
}

fn text(bytes: &[u8]) -> String {
    // A text that was cut, or is near it, loses its first part.
    let from = if bytes.len() >= super::program::KEPT { CUT } else { 0 };
    String::from_utf8_lossy(&bytes[from..]).into_owned()
}
