//! A program that receives the key on its standard input.
//!
//! Exactly the bytes of the key, then the end of input; the key is in no argument and no variable. A program that
//! fails may or may not have stored the key.

use std::path::PathBuf;
use std::process::ExitStatus;

use jiff::SignedDuration;

use crate::model::{Fingerprint, Secret, SinkAbility};
use crate::os;
use crate::sink::error::Problem;
use crate::sink::kind::{Fault, Kind, Machine, Outside, Reader, Reply, Setting, Shape, Sink};
use crate::sink::look::Look;
use crate::sink::program::{KEPT, Program, Ran};
use crate::text::{escape, scrub};

pub(super) const KIND: Kind = Kind {
    name: "command",
    about: ["A program that reads the key from its standard input; in the root file only."; 2],
    settings: &[
        Setting(
            "run",
            "Of `command`: the program and its arguments; it reads the key from its standard input.",
            Shape::Arguments,
        ),
        Setting(
            "check",
            "Of `command`: a program and its arguments that print the fingerprint of what is stored.",
            Shape::Arguments,
        ),
        Setting("timeout", "Of `command`: how long either may take. By default `60s`.", Shape::Duration),
    ],
    required: &["run"],
    runs: &["run", "check"],
    read,
};

/// How long a command may take, unless said otherwise.
const TIMEOUT: SignedDuration = SignedDuration::from_secs(60);

/// How much of a program's words an error repeats.
const LINES: usize = 8;
const COLUMNS: usize = 200;

/// Where the words of a program were cut, a part of the key could stand that no longer looks like it.
const CUT: usize = 8 * 1024;

/// A sink of type `command`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Command {
    /// The program and its arguments.
    pub run: Vec<String>,
    /// A program that prints the fingerprint of what is stored; run in apply only.
    pub check: Option<Vec<String>>,
    /// How long either may take.
    pub timeout: SignedDuration,
    /// The folder they run in: that of the configuration file.
    pub dir: PathBuf,
}

impl Command {
    fn program<'a>(&'a self, words: &'a [String], machine: &'a Machine) -> Program<'a> {
        let limit = self.timeout.try_into().unwrap_or_default();
        Program { words, dir: &self.dir, environment: &machine.environment, limit }
    }
}

fn read(here: &mut dyn Reader) -> Option<Box<dyn Sink>> {
    let (run, check) = (here.list("run")?, here.list("check"));
    let mut right = true;
    for (key, list) in [("run", Some(&run)), ("check", check.as_ref())] {
        let Some(list) = list else { continue };
        if here.is_damaged(key) {
            // What was wrong with an argument has been said.
            right = false;
            continue;
        }
        let problem = if list.first().is_none_or(|program| program.trim().is_empty()) {
            Some("the command names no program")
        } else {
            let zero = list.iter().any(|argument| argument.contains('\0'));
            zero.then_some("an argument has a zero byte, which no program can be given")
        };
        if let Some(message) = problem {
            here.wrong(Fault::Command, key, message, "");
            right = false;
        }
    }
    let timeout = here.duration("timeout", TIMEOUT)?;
    if timeout <= SignedDuration::ZERO {
        here.wrong(Fault::Duration, "timeout", "a command needs some time", "");
        right = false;
    }
    right.then(|| Box::new(Command { run, check, timeout, dir: here.folder() }) as _)
}

impl Sink for Command {
    fn outside(&self) -> Outside {
        // A command line may be long, and the ledger is on the portal for others to read.
        let id = format!("command:{}", Fingerprint::of_bytes(self.run.join("\0").as_bytes()));
        Outside {
            place: self.run.join(" "),
            whole: id.clone(),
            part: None,
            id,
            ability: SinkAbility { confirms: self.check.is_some(), ..SinkAbility::default() },
            time: self.timeout,
        }
    }

    /// The programs exist; they are not run.
    fn ready<'a>(&'a self, machine: &'a Machine) -> Reply<'a, ()> {
        let mut programs = std::iter::once(&self.run).chain(&self.check);
        Box::pin(async move { programs.try_for_each(|words| self.program(words, machine).locate().map(drop)) })
    }

    /// Asks which fingerprint is stored.
    ///
    /// What the program says is never repeated: it may be the very key, and we have nothing to compare it with.
    fn look<'a>(&'a self, machine: &'a Machine) -> Reply<'a, Look> {
        Box::pin(async {
            let Some(check) = &self.check else { return Ok(Look::NotAsked) };
            let program = self.program(check, machine);
            let unreadable = |why: String| Ok(Look::Unreadable { why: format!("`{}` {why}", program.name()) });
            let ran = program.run(b"").await?;
            let said = match ran.status {
                None => return unreadable(format!("was stopped after {} s", program.limit.as_secs())),
                Some(status) if !status.success() => return unreadable(how(status)),
                Some(_) => std::str::from_utf8(&ran.out).unwrap_or("?").trim(),
            };
            if said.is_empty() {
                return Ok(Look::Absent);
            }
            // `keyform fingerprint` says the slot as well.
            let first = said.split_once("  slot ").map_or(said, |(first, _)| first);
            let other = || unreadable("printed something other than a fingerprint".into());
            Fingerprint::parse(first).map_or_else(other, |found| Ok(Look::Confirms(found)))
        })
    }

    fn write<'a>(&'a self, machine: &'a Machine, key: &'a Secret) -> Reply<'a, ()> {
        Box::pin(async {
            let program = self.program(&self.run, machine);
            let ran = program.run(key.reveal().as_bytes()).await?;
            let said = || said(&ran, key);
            match ran.status {
                Some(status) if status.success() => Ok(()),
                Some(status) => {
                    Err(Problem::CommandFailed { program: program.name(), ended: how(status), said: said() })
                }
                None => {
                    let seconds = program.limit.as_secs();
                    Err(Problem::CommandTimeout { program: program.name(), seconds, said: said() })
                }
            }
        })
    }
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
    let from = if bytes.len() >= KEPT { CUT } else { 0 };
    String::from_utf8_lossy(&bytes[from..]).into_owned()
}
