//! Where a new key goes.
//!
//! Three questions to a declared sink: could it be written ([`Sinks::check`]), what does it hold ([`Sinks::look`]),
//! and will it take this key ([`Sinks::write`])? What to do about the answers is decided elsewhere.

mod codes;
mod command;
mod dotenv;
mod error;
mod field;
mod file;
mod git;
mod json;
mod look;
mod place;
mod program;
mod redirect;
mod shelf;
mod yaml;

use std::ffi::OsString;
use std::path::Path;
use std::sync::Arc;

use tokio::sync::Mutex;

pub(crate) use codes::CODES;
pub use error::{Problem, SinkError};
pub use look::Look;
pub use redirect::{make_redirect_folder, redirected};
pub use shelf::Shelf;

use crate::model::{Delivery, Secret, SinkTarget};
use file::Format;
use place::Place;
use program::Program;

/// The way to every declared sink.
pub struct Sinks {
    environment: Vec<(OsString, OsString)>,
    /// Two credentials of one run may deliver into one file.
    turn: Mutex<()>,
    /// Whether git is asked about files in a work tree.
    ask_git: bool,
    /// Stands in for every sink there is.
    shelf: Option<Arc<dyn Shelf>>,
}

impl Sinks {
    /// Sinks whose programs see `environment`, without our own variables: those may be passwords.
    pub fn new(environment: impl IntoIterator<Item = (OsString, OsString)>) -> Self {
        let ours = |name: &OsString| name.as_encoded_bytes().starts_with(b"KEYFORM_");
        Self {
            environment: environment.into_iter().filter(|(name, _)| !ours(name)).collect(),
            turn: Mutex::new(()),
            ask_git: true,
            shelf: None,
        }
    }

    /// The same without a question to git: for the keys of a portal that is none.
    #[must_use]
    pub fn without_git(self) -> Self {
        Self { ask_git: false, ..self }
    }

    /// No sink is reached: `shelf` keeps what they would be given.
    #[must_use]
    pub fn on(shelf: Arc<dyn Shelf>) -> Self {
        Self { environment: Vec::new(), turn: Mutex::new(()), ask_git: false, shelf: Some(shelf) }
    }

    /// Whether a key could be delivered, found out without delivering one.
    ///
    /// A file: its folder can be written, its owner kept, its content read and edited, and git ignores it; what a
    /// killed run left beside it is removed. A command: its programs exist; they are not run.
    pub async fn check(&self, delivery: &Delivery) -> Result<(), SinkError> {
        if let Some(shelf) = &self.shelf {
            return shelf::check(&**shelf, delivery).map_err(|problem| named(delivery, problem));
        }
        self.try_check(&delivery.target).await.map_err(|problem| named(delivery, problem))
    }

    /// What `delivery` holds. Starts a process only if `ask_commands`.
    pub async fn look(&self, delivery: &Delivery, ask_commands: bool) -> Look {
        if let Some(shelf) = &self.shelf {
            return shelf::look(&**shelf, delivery, ask_commands);
        }
        if let SinkTarget::Command { run: _, check, timeout, dir } = &delivery.target {
            return match check {
                Some(words) if ask_commands => command::look(&self.program(words, dir, *timeout)).await,
                Some(_) | None => Look::NotAsked,
            };
        }
        match value(&delivery.target) {
            Ok(Some(key)) => Look::Value(key),
            Ok(None) => Look::Absent,
            Err(problem) => Look::Unreadable { why: crate::text::escape::plain(&problem.to_string()).into_owned() },
        }
    }

    /// Delivers `key`. Where the value can be read, it was read back and is `key`.
    pub async fn write(&self, delivery: &Delivery, key: &Secret) -> Result<(), SinkError> {
        if let Some(shelf) = &self.shelf {
            return shelf.put(delivery, key).await;
        }
        self.try_write(&delivery.target, key).await.map_err(|problem| named(delivery, problem))
    }

    /// Removes what killed runs left beside the files of `deliveries`; what cannot be removed is left to `check`.
    pub fn sweep<'a>(&self, deliveries: impl IntoIterator<Item = &'a Delivery>) {
        for delivery in deliveries {
            let Ok(Some((path, _))) = Format::of(&delivery.target) else { continue };
            if let Ok(place) = Place::of(&path.at) {
                place.sweep_if_idle();
            }
        }
    }

    async fn try_check(&self, target: &SinkTarget) -> Result<(), Problem> {
        if let SinkTarget::Command { run, check, timeout, dir } = target {
            self.program(run, dir, *timeout).locate()?;
            if let Some(check) = check {
                self.program(check, dir, *timeout).locate()?;
            }
            return Ok(());
        }
        let Some((path, format)) = Format::of(target)? else { return Ok(()) };
        let place = Place::of(&path.at)?;
        if self.ask_git {
            git::check_ignored(&place, &self.environment).await?;
        }
        place.check_writable()?;
        if place.has_folder() {
            let _one = self.turn.lock().await;
            let turn = place.turn().await?;
            place.sweep(&turn)?;
        }
        // Edits a copy in memory, so that a document that cannot be edited is known before a key is issued.
        let old = place.read()?.unwrap_or_default();
        format.read(&old)?;
        format.written(&old, &Secret::new("AAPTrehearsal".to_owned())).map(drop)
    }

    async fn try_write(&self, target: &SinkTarget, key: &Secret) -> Result<(), Problem> {
        if let SinkTarget::Command { run, check: _, timeout, dir } = target {
            return command::write(&self.program(run, dir, *timeout), key).await;
        }
        let Some((path, format)) = Format::of(target)? else { return Ok(()) };
        let _one = self.turn.lock().await;
        let mut place = Place::of(&path.at)?;
        place.make_folder()?;
        let turn = place.turn().await?;
        let old = place.read()?.unwrap_or_default();
        place.replace(&format.written(&old, key)?, &turn)?;
        match place.read() {
            Ok(Some(new)) if format.holds(&new, key) => Ok(()),
            Ok(_) | Err(_) => Err(Problem::NotKept),
        }
    }

    fn program<'a>(&'a self, words: &'a [String], dir: &'a Path, timeout: jiff::SignedDuration) -> Program<'a> {
        Program { words, dir, environment: &self.environment, limit: command::limit(timeout) }
    }
}

fn value(target: &SinkTarget) -> Result<Option<Secret>, Problem> {
    let Some((path, format)) = Format::of(target)? else { return Ok(None) };
    let bytes = match Place::of(&path.at) {
        Ok(place) => place.read()?,
        // Nothing is there, which is for `check` to complain about.
        Err(Problem::NoFolder { .. }) => None,
        Err(problem) => return Err(problem),
    };
    bytes.map_or(Ok(None), |bytes| format.read(&bytes))
}

fn named(delivery: &Delivery, problem: Problem) -> SinkError {
    let place = delivery.target.place();
    let sink = format!("{} {place}", delivery.label);
    SinkError { sink: crate::text::escape::plain_within(&sink, 120, false).into_owned(), problem }
}
