//! What can go wrong at a sink, and what we may believe afterwards.

use std::io;
use std::path::{Path, PathBuf};

use super::codes;
use crate::model::{Code, Diagnostic, Outcome};
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
#[expect(missing_docs, reason = "a field is what it is called")]
pub enum Problem {
    /// The folder the file should stand in is missing, and so is the one above.
    #[error("the folder {} does not exist", shown(.folder))]
    NoFolder { folder: PathBuf },
    /// A folder, device, pipe or socket stands where a file should.
    #[error("{} is not a regular file", shown(.path))]
    NotAFile { path: PathBuf },
    /// A symbolic link that leads nowhere.
    #[error("{} is a symbolic link to nothing", shown(.path))]
    DanglingLink { path: PathBuf },
    /// The system refused to read.
    #[error("{} cannot be read ({why})", shown(.path))]
    CannotRead { path: PathBuf, why: io::Error },
    /// The system refused to write.
    #[error("{} cannot be written ({why})", shown(.path))]
    CannotWrite { path: PathBuf, why: io::Error },
    /// The file belongs to another user, and ownership cannot be kept.
    #[error("{} belongs to another user, who could not read it after we replaced it", shown(.path))]
    AnotherOwner { path: PathBuf },
    /// Inside a git work tree, and git would offer the file for a commit.
    #[error("{} is inside a git work tree and not ignored by git", shown(.path))]
    NotIgnored { path: PathBuf },
    /// Inside a git work tree, and git cannot be asked.
    #[error("{} is inside a git work tree, and git cannot say whether it is ignored ({why})", shown(.path))]
    GitUnknown { path: PathBuf, why: String },
    /// Another process holds the folder.
    #[error("another process is writing in {}", shown(.folder))]
    Busy { folder: PathBuf },
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
    Field { field: String, why: &'static str },
    /// A dotenv file that sets a variable more than once.
    #[error("`{name}` is set on lines {first} and {again}")]
    SetTwice { name: String, first: usize, again: usize },
    /// The key's text cannot be written in this kind of file so that it reads back the same.
    #[error("this key cannot be written there: {why}")]
    Unwritable { why: &'static str },
    /// The file does not hold what was written to it.
    #[error("the key was written, but does not read back")]
    NotKept,
    /// The file is in place, but may not survive a loss of power.
    #[error("the key was written, but the system did not confirm that it is safe on disk ({why})")]
    NotSafe { why: io::Error },
    /// There is no such program.
    #[error("there is no program `{program}`")]
    NoProgram { program: String },
    /// The program is there, but does not start.
    #[error("`{program}` cannot be started ({why})")]
    CannotStart { program: String, why: io::Error },
    /// The program said that it failed.
    #[error("`{program}` {ended}{said}")]
    CommandFailed {
        program: String,
        /// How it ended, such as `ended with exit code 1`.
        ended: String,
        /// Its last words on further lines, without secrets; or nothing.
        said: String,
    },
    /// The program took too long, and was ended with all it started.
    #[error("`{program}` was stopped after {seconds} s{said}")]
    CommandTimeout {
        program: String,
        seconds: u64,
        /// Its last words on further lines, without secrets; or nothing.
        said: String,
    },
}

/// A path as it may be printed.
fn shown(path: &Path) -> String {
    plain(&path.to_string_lossy()).into_owned()
}

impl SinkError {
    /// The stable code.
    #[must_use]
    pub const fn code(&self) -> &'static Code {
        self.problem.code()
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

impl Problem {
    /// The stable code.
    #[must_use]
    pub const fn code(&self) -> &'static Code {
        match self {
            Self::NoFolder { .. } => codes::NO_FOLDER,
            Self::NotAFile { .. } => codes::NOT_A_FILE,
            Self::DanglingLink { .. } => codes::DANGLING_LINK,
            Self::CannotRead { .. } => codes::CANNOT_READ,
            Self::CannotWrite { .. } => codes::CANNOT_WRITE,
            Self::AnotherOwner { .. } => codes::ANOTHER_OWNER,
            Self::NotIgnored { .. } => codes::NOT_IGNORED,
            Self::GitUnknown { .. } => codes::GIT_UNKNOWN,
            Self::Busy { .. } => codes::BUSY,
            Self::Invalid { .. } => codes::INVALID_DOCUMENT,
            Self::Field { .. } => codes::FIELD_UNUSABLE,
            Self::SetTwice { .. } => codes::SET_TWICE,
            Self::Unwritable { .. } => codes::UNWRITABLE_KEY,
            Self::NotKept => codes::NOT_KEPT,
            Self::NotSafe { .. } => codes::NOT_SAFE,
            Self::NoProgram { .. } => codes::NO_PROGRAM,
            Self::CannotStart { .. } => codes::CANNOT_START,
            Self::CommandFailed { .. } => codes::COMMAND_FAILED,
            Self::CommandTimeout { .. } => codes::COMMAND_TIMEOUT,
        }
    }
}

impl From<&SinkError> for Diagnostic {
    fn from(error: &SinkError) -> Self {
        Self::of(error.code(), error)
    }
}
