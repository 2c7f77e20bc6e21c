//! What a kind of sink says of itself, what its sinks do, and what both may ask for.

use std::ffi::OsString;
use std::path::PathBuf;
use std::pin::Pin;

use jiff::SignedDuration;
use tokio::sync::Mutex;

use super::error::Problem;
use super::look::Look;
use crate::model::{Secret, SinkAbility, SinkSpec};

/// A kind of sink.
pub(crate) struct Kind {
    /// The `type`.
    pub(crate) name: &'static str,
    /// What it is, as editors show it at the type, and at the settings.
    pub(crate) about: [&'static str; 2],
    pub(crate) settings: &'static [Setting],
    /// Settings that have to be there. A kind does not have to say that one is missing.
    pub(crate) required: &'static [&'static str],
    /// Settings that say what is run, which only the root file may.
    pub(crate) runs: &'static [&'static str],
    /// The sink that settings of the right shape describe; what else is wrong with them is said.
    pub(crate) read: fn(&mut dyn Reader) -> Option<Box<dyn Sink>>,
}

/// The key of a setting, what editors show of it under `sinks`, and its shape.
pub(crate) struct Setting(pub(crate) &'static str, pub(crate) &'static str, pub(crate) Shape);

/// What the value of a setting looks like, and what editors show of it in `deliver`.
pub(crate) enum Shape {
    Text(&'static str),
    /// A program and its arguments.
    Arguments,
    Duration,
    /// One of some words, each with what it means; the type of such words has a name.
    Choice(&'static str, (&'static str, &'static str), &'static [(&'static str, &'static str)]),
}

/// What sinks share on this machine.
pub struct Machine {
    /// What programs get to see.
    pub(super) environment: Vec<(OsString, OsString)>,
    /// Two credentials of one run may deliver into one file.
    pub(super) turn: Mutex<()>,
    /// Whether git is asked about files in a work tree.
    pub(super) ask_git: bool,
}

/// A sink that is declared. Sinks of several kinds may do the same.
pub trait Sink: SinkSpec {
    /// What others see of it.
    fn outside(&self) -> Outside;
    /// Whether a key could be delivered, found out without delivering one.
    fn ready<'a>(&'a self, machine: &'a Machine) -> Reply<'a, ()>;
    /// What it holds.
    fn look<'a>(&'a self, machine: &'a Machine) -> Reply<'a, Look>;
    /// Delivers `key`.
    fn write<'a>(&'a self, machine: &'a Machine, key: &'a Secret) -> Reply<'a, ()>;
    /// Removes what killed runs left; what cannot be removed is left to [`Sink::ready`].
    fn sweep(&self) {}
}

impl PartialEq for dyn Sink {
    fn eq(&self, other: &Self) -> bool {
        self.is(other)
    }
}

impl Eq for dyn Sink {}

/// What comes of asking a sink.
pub type Reply<'a, T> = Pin<Box<dyn Future<Output = Result<T, Problem>> + Send + 'a>>;

/// What others see of a sink.
pub struct Outside {
    /// What makes two sinks the same place. Ledgers have it, so it stays for ever.
    pub id: String,
    /// The same for people.
    pub place: String,
    /// The file or the program; two keys may not take the same part of it.
    pub whole: String,
    /// The format and the dotted path in it; `None` is all.
    pub part: Option<(&'static str, String)>,
    /// What it can tell.
    pub ability: SinkAbility,
    /// The time that a write may take.
    pub time: SignedDuration,
}

/// A path as people wrote it and as the system opens it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SinkPath {
    /// Relative to the root configuration file, with `/`.
    pub shown: String,
    /// What is opened.
    pub at: PathBuf,
}

/// Who reads the settings of a sink: knows what they say and where, and hears what is wrong.
pub(crate) trait Reader {
    /// The folder of the configuration.
    fn folder(&self) -> PathBuf;
    /// The setting `path`, if it may be written to.
    fn path(&mut self) -> Option<SinkPath>;
    fn text(&self, key: &str) -> Option<String>;
    fn list(&self, key: &str) -> Option<Vec<String>>;
    /// What a setting says, or `otherwise`; `None` if it says no time.
    fn duration(&mut self, key: &str, otherwise: SignedDuration) -> Option<SignedDuration>;
    /// Whether something in a setting was wrong, and was said.
    fn is_damaged(&self, key: &str) -> bool;
    /// A text of the settings as a message shows it.
    fn quoted(&self, text: &str) -> String;
    /// Says what is wrong with a setting, and what to do unless `help` is empty.
    fn wrong(&mut self, fault: Fault, key: &str, message: &str, help: &str);
}

/// What can be wrong with a setting.
#[derive(Clone, Copy)]
pub(crate) enum Fault {
    /// It does not go with the others.
    Argument,
    /// It is no field of a document.
    Field,
    /// It is no name of a variable.
    Variable,
    /// It is nothing that can be run.
    Command,
    /// It is too short a time.
    Duration,
}
