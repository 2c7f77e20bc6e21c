//! An error on its way to whoever is told.

use std::error::Error;

use super::code::Code;

/// What went wrong, and what to do about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// The stable code.
    pub code: &'static Code,
    /// A lower-case fragment without a full stop.
    pub message: String,
    /// The errors that led to it, outermost first.
    pub causes: Vec<String>,
    /// Better help than that of the code.
    pub help: Option<String>,
}

impl Diagnostic {
    /// A diagnostic without causes.
    #[must_use]
    pub fn new(code: &'static Code, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), causes: Vec::new(), help: None }
    }

    /// An error with all that led to it.
    #[must_use]
    pub fn of(code: &'static Code, error: &dyn Error) -> Self {
        let causes = std::iter::successors(error.source(), |&cause| cause.source());
        Self { causes: causes.map(ToString::to_string).collect(), ..Self::new(code, error.to_string()) }
    }

    /// The same with better help, if there is any.
    pub(crate) fn with_help(self, help: Option<String>) -> Self {
        Self { help: help.or(self.help), ..self }
    }

    /// Message and causes in one line.
    pub(crate) fn in_a_line(&self) -> String {
        self.causes.iter().fold(self.message.clone(), |line, cause| line + ": " + cause)
    }

    /// What to do, in one line, where that can be said.
    pub(crate) fn help(&self) -> Option<&str> {
        self.help.as_deref().or(Some(self.code.help)).filter(|help| !help.is_empty())
    }
}
