//! What can go wrong at a sink, and what we may believe afterwards.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use crate::model::Outcome;
use crate::text::escape::plain;

/// A sink that could not be checked or written.
#[derive(Debug, thiserror::Error)]
#[error("{sink}: {problem}")]
pub struct SinkError {
    /// The sink's label and place, as people know it.
    pub sink: String,
    /// What is wrong; holds the cause as its source.
    pub problem: Problem,
}

/// What is wrong with a sink. Every text in it is safe to print.
#[derive(Debug, thiserror::Error)]
pub enum Problem {
    /// The folder the file should stand in is missing, and so is the one above.
    #[error("the folder {} does not exist", shown(.folder))]
    NoFolder {
        /// It.
        folder: PathBuf,
    },
    /// A folder, device, pipe or socket stands where a file should.
    #[error("{} is not a regular file", shown(.path))]
    NotAFile {
        /// It.
        path: PathBuf,
    },
    /// A symbolic link that leads nowhere.
    #[error("{} is a symbolic link to nothing", shown(.path))]
    DanglingLink {
        /// The link.
        path: PathBuf,
    },
    /// The system refused to read.
    #[error("{} cannot be read ({why})", shown(.path))]
    CannotRead {
        /// What.
        path: PathBuf,
        /// In the system's words.
        why: io::Error,
    },
    /// The system refused to write.
    #[error("{} cannot be written ({why})", shown(.path))]
    CannotWrite {
        /// What.
        path: PathBuf,
        /// In the system's words.
        why: io::Error,
    },
    /// The file belongs to another user, and ownership cannot be kept.
    #[error("{} belongs to another user, who could not read it after we replaced it", shown(.path))]
    AnotherOwner {
        /// The file.
        path: PathBuf,
    },
    /// Inside a git work tree, and git would offer the file for a commit.
    #[error("{} is inside a git work tree and not ignored by git", shown(.path))]
    NotIgnored {
        /// The file.
        path: PathBuf,
    },
    /// Inside a git work tree, and git cannot be asked.
    #[error("{} is inside a git work tree, and git cannot say whether it is ignored ({why})", shown(.path))]
    GitUnknown {
        /// The file.
        path: PathBuf,
        /// Why not.
        why: String,
    },
    /// Another process holds the folder.
    #[error("another process is writing in {}", shown(.folder))]
    Busy {
        /// The folder.
        folder: PathBuf,
    },
    /// The document cannot be understood.
    #[error("not a {format} document that can be edited: {why}")]
    Invalid {
        /// `JSON` or `YAML`.
        format: &'static str,
        /// What is wrong with it; never its text.
        why: String,
    },
    /// The document is fine, but the field in it cannot hold a key.
    #[error("the field `{field}` {why}")]
    Field {
        /// The dotted path.
        field: String,
        /// What is wrong with it.
        why: &'static str,
    },
    /// A dotenv file that sets a variable more than once.
    #[error("`{name}` is set on lines {first} and {again}")]
    SetTwice {
        /// The variable.
        name: String,
        /// One line.
        first: usize,
        /// Another line.
        again: usize,
    },
    /// The key's text cannot be written in this kind of file so that it reads back the same.
    #[error("this key cannot be written there: {why}")]
    Unwritable {
        /// Why not.
        why: &'static str,
    },
    /// The file does not hold what was written to it.
    #[error("the key was written, but does not read back")]
    NotKept,
    /// The file is in place, but may not survive a loss of power.
    #[error("the key was written, but the system did not confirm that it is safe on disk ({why})")]
    NotSafe {
        /// In the system's words.
        why: io::Error,
    },
    /// There is no such program.
    #[error("there is no program `{program}`")]
    NoProgram {
        /// As configured.
        program: String,
    },
    /// The program is there, but does not start.
    #[error("`{program}` cannot be started ({why})")]
    CannotStart {
        /// As configured.
        program: String,
        /// In the system's words.
        why: io::Error,
    },
    /// The program said that it failed.
    #[error("`{program}` {ended}{said}")]
    CommandFailed {
        /// As configured.
        program: String,
        /// How it ended, such as `ended with exit code 1`.
        ended: String,
        /// Its last words on further lines, without secrets; or nothing.
        said: String,
    },
    /// The program took too long, and was ended with all it started.
    #[error("`{program}` was stopped after {seconds} s{said}")]
    CommandTimeout {
        /// As configured.
        program: String,
        /// The limit.
        seconds: u64,
        /// Its last words on further lines, without secrets; or nothing.
        said: String,
    },
}

/// A path as it may be printed.
fn shown(path: &Path) -> String {
    plain(&path.to_string_lossy()).into_owned()
}

/// A code with what the docs and `explain` say about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Explained {
    /// Such as `keyform::sink::not_ignored`.
    pub code: &'static str,
    /// A headline.
    pub title: &'static str,
    /// What it means and what to do.
    pub explanation: &'static str,
    /// What to do, in one line under the error.
    pub help: &'static str,
}

impl SinkError {
    /// A stable code, such as `keyform::sink::not_ignored`.
    #[must_use]
    pub fn code(&self) -> &'static str {
        self.problem.explained().code
    }

    /// What to do, in one line.
    #[must_use]
    pub fn help(&self) -> &'static str {
        self.problem.explained().help
    }

    /// What we may believe about a write that failed like this.
    #[must_use]
    pub fn outcome(&self) -> Outcome {
        match self.problem {
            Problem::NotKept
            | Problem::NotSafe { .. }
            | Problem::CommandFailed { .. }
            | Problem::CommandTimeout { .. } => Outcome::Unknown,
            Problem::NoFolder { .. }
            | Problem::NotAFile { .. }
            | Problem::DanglingLink { .. }
            | Problem::CannotRead { .. }
            | Problem::CannotWrite { .. }
            | Problem::AnotherOwner { .. }
            | Problem::NotIgnored { .. }
            | Problem::GitUnknown { .. }
            | Problem::Busy { .. }
            | Problem::Invalid { .. }
            | Problem::Field { .. }
            | Problem::SetTwice { .. }
            | Problem::Unwritable { .. }
            | Problem::NoProgram { .. }
            | Problem::CannotStart { .. } => Outcome::NotDone,
        }
    }
}

impl miette::Diagnostic for SinkError {
    fn code<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        Some(Box::new(self.problem.explained().code))
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        Some(Box::new(self.problem.explained().help))
    }
}

impl Problem {
    /// Its row in [`CODES`].
    #[must_use]
    pub const fn explained(&self) -> &'static Explained {
        let row = match self {
            Self::NoFolder { .. } => 0,
            Self::NotAFile { .. } => 1,
            Self::DanglingLink { .. } => 2,
            Self::CannotRead { .. } => 3,
            Self::CannotWrite { .. } => 4,
            Self::AnotherOwner { .. } => 5,
            Self::NotIgnored { .. } => 6,
            Self::GitUnknown { .. } => 7,
            Self::Busy { .. } => 8,
            Self::Invalid { .. } => 9,
            Self::Field { .. } => 10,
            Self::SetTwice { .. } => 11,
            Self::Unwritable { .. } => 12,
            Self::NotKept => 13,
            Self::NotSafe { .. } => 14,
            Self::NoProgram { .. } => 15,
            Self::CannotStart { .. } => 16,
            Self::CommandFailed { .. } => 17,
            Self::CommandTimeout { .. } => 18,
        };
        &CODES[row]
    }
}

/// Every code of this module, in the order of [`Problem`].
pub const CODES: [Explained; 19] = [
    Explained {
        code: "keyform::sink::no_folder",
        title: "The folder of a sink does not exist",
        explanation: "keyform makes the last folder of a sink's path (for its owner only) if the one above exists, and \
                      no more, so that a misspelt path does not grow a tree. Nothing was written.",
        help: "make the folder, or correct `path`; it is relative to the configuration file",
    },
    Explained {
        code: "keyform::sink::not_a_file",
        title: "Something other than a file stands at a sink's path",
        explanation: "A key is only written to a regular file, or through a symbolic link to one; a folder, device, \
                      pipe or socket is left alone. Nothing was written.",
        help: "point `path` at a file, or move away what stands there",
    },
    Explained {
        code: "keyform::sink::dangling_link",
        title: "A sink's path is a symbolic link to nothing",
        explanation: "Links are followed and kept: the file they lead to receives the key. Where a link leads to \
                      nothing keyform cannot tell a wrong link from a file that is to come. Nothing was written.",
        help: "create the file the link leads to, or remove the link",
    },
    Explained {
        code: "keyform::sink::cannot_read",
        title: "A sink cannot be read",
        explanation: "File sinks are read before they are written, to keep what else is in them, and afterwards, to \
                      prove that the key arrived. Nothing was written.",
        help: "give the user who runs keyform the right to read the file and enter its folders",
    },
    Explained {
        code: "keyform::sink::cannot_write",
        title: "A sink cannot be written",
        explanation: "A file is replaced as a whole by a temporary one next to it, so the folder has to be writable, \
                      not only the file. The old content is still in place.",
        help: "give the user who runs keyform the right to write in the folder of the file",
    },
    Explained {
        code: "keyform::sink::another_owner",
        title: "A sink's file belongs to another user",
        explanation: "Files with keys are readable by their owner only. The replaced file would belong to the user \
                      who runs keyform, and the application would lose access. The old content is still in place.",
        help: "run keyform as the owner of the file (or as root, who keeps the owner), or deliver to another place",
    },
    Explained {
        code: "keyform::sink::not_ignored",
        title: "A sink's file is not ignored by git",
        explanation: "A file inside a git work tree that git does not ignore, or that is tracked already, is one \
                      `git add` away from being published. Nothing was written.",
        help: "add the file to .gitignore (and `git rm --cached` it if it is tracked), or deliver outside of the repository",
    },
    Explained {
        code: "keyform::sink::git_unknown",
        title: "Nobody can say whether git ignores a sink's file",
        explanation: "There is a .git above the file, but git is not installed, does not trust the repository, or \
                      fails. keyform does not guess. Nothing was written.",
        help: "make `git check-ignore` work there, or deliver outside of the repository",
    },
    Explained {
        code: "keyform::sink::busy",
        title: "Another process is writing next to a sink",
        explanation: "Writers of one folder take turns, so that none undoes the work of another. This one waited for \
                      ten seconds. Nothing was written.",
        help: "wait for the other run, then run again",
    },
    Explained {
        code: "keyform::sink::invalid_document",
        title: "A sink's document cannot be edited",
        explanation: "keyform changes one field of an existing JSON or YAML document and keeps the rest. It leaves a \
                      document alone that is broken, has duplicate keys, or whose shape it cannot change safely.",
        help: "correct the document at the named place, or deliver to a file of its own",
    },
    Explained {
        code: "keyform::sink::field_unusable",
        title: "A field cannot hold a key",
        explanation: "The dotted path of `field` leads through maps to a text, an empty value, or to nothing yet. \
                      Numbers, lists, maps, aliases and texts over several lines are not overwritten.",
        help: "correct `field`, or empty the field in the document",
    },
    Explained {
        code: "keyform::sink::set_twice",
        title: "A dotenv file sets a variable more than once",
        explanation: "Some loaders let the first win, some the last, so an application might keep the old key. \
                      Nothing was written.",
        help: "remove all but one of these lines",
    },
    Explained {
        code: "keyform::sink::unwritable_key",
        title: "A key's text does not fit the kind of file",
        explanation: "The key has characters, such as quotes or line breaks, that not every reader of such a file \
                      would give back unchanged. Nothing was written.",
        help: "deliver to a raw file or a command instead",
    },
    Explained {
        code: "keyform::sink::not_kept",
        title: "A written key does not read back",
        explanation: "Right after the write the sink held something else: another program writes the same file, or \
                      the file system does not keep what it is given. The sink may hold the key or not.",
        help: "find out what else writes this file, then run again",
    },
    Explained {
        code: "keyform::sink::not_safe",
        title: "A written key may not be safe on disk",
        explanation: "The file holds the key, but the system could not promise that it survives a loss of power.",
        help: "check the disk, then run again",
    },
    Explained {
        code: "keyform::sink::no_program",
        title: "The program of a command sink does not exist",
        explanation: "A name without a slash is looked up in PATH; any other is relative to the folder of the \
                      configuration file. No shell is involved. Nothing was run.",
        help: "install the program, or correct the first word of `run` or `check`",
    },
    Explained {
        code: "keyform::sink::cannot_start",
        title: "The program of a command sink does not start",
        explanation: "The program exists, but the system refused to run it. The key was not handed over.",
        help: "check that the file is executable and its interpreter installed",
    },
    Explained {
        code: "keyform::sink::command_failed",
        title: "The program of a command sink failed",
        explanation: "It received the key and ended with an error, so the place behind it may hold the key or not.",
        help: "read what the program said, correct the cause, then run again",
    },
    Explained {
        code: "keyform::sink::command_timeout",
        title: "The program of a command sink took too long",
        explanation: "It was killed with every process it started. The place behind it may hold the key or not.",
        help: "find out what it waited for, or raise `timeout`, then run again",
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_problem_has_its_own_code_and_help_and_the_first_and_last_rows_match() {
        for (at, row) in CODES.iter().enumerate() {
            assert!(row.code.starts_with("keyform::sink::"));
            assert!(CODES[..at].iter().all(|other| other.code != row.code));
            assert!(!row.help.is_empty() && !row.help.ends_with('.'));
            assert!(row.explanation.ends_with('.'));
        }
        let of = |problem: Problem| problem.explained().code;
        assert_eq!(of(Problem::NoFolder { folder: PathBuf::new() }), "keyform::sink::no_folder");
        assert_eq!(of(Problem::NotIgnored { path: PathBuf::new() }), "keyform::sink::not_ignored");
        assert_eq!(of(Problem::Busy { folder: PathBuf::new() }), "keyform::sink::busy");
        assert_eq!(of(Problem::Unwritable { why: "" }), "keyform::sink::unwritable_key");
        assert_eq!(of(Problem::NotKept), "keyform::sink::not_kept");
        let late = Problem::CommandTimeout { program: String::new(), seconds: 1, said: String::new() };
        assert_eq!(of(late), "keyform::sink::command_timeout");
    }
}
