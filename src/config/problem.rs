//! What is wrong with a configuration, and where.

use super::source::{Sources, Span};
use crate::model::{Code, Severity};

/// A marked place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    /// Where.
    pub span: Span,
    /// What is there; may be empty.
    pub text: String,
}

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// How bad it is.
    pub severity: Severity,
    /// The stable code.
    pub code: &'static Code,
    /// A lower-case fragment without a full stop; never with a secret in it.
    pub message: String,
    /// What to change.
    pub help: String,
    /// Where; the first label is the place itself, the others explain it. None where there is no file to show.
    pub labels: Vec<Label>,
    /// The credential it is about, which `lint.allow` can name.
    pub credential: Option<String>,
}

impl Problem {
    /// A problem without a place.
    #[must_use]
    pub fn new(code: &'static Code, message: impl Into<String>) -> Self {
        Self {
            severity: code.severity,
            code,
            message: message.into(),
            help: code.help.into(),
            labels: Vec::new(),
            credential: None,
        }
    }

    /// A problem at a place.
    #[must_use]
    pub fn at(code: &'static Code, span: Span, message: impl Into<String>) -> Self {
        Self::new(code, message).label(span, "")
    }

    /// With one more place.
    #[must_use]
    pub fn label(mut self, span: Span, text: impl Into<String>) -> Self {
        self.labels.push(Label { span, text: text.into() });
        self
    }

    /// With the text of the first place.
    pub(crate) fn saying(mut self, text: impl Into<String>) -> Self {
        if let Some(label) = self.labels.first_mut() {
            label.text = text.into();
        }
        self
    }

    /// With better help than that of the table.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = help.into();
        self
    }

    /// About a credential.
    #[must_use]
    pub fn on(mut self, credential: &str) -> Self {
        self.credential = Some(credential.into());
        self
    }

    /// The id that `lint.allow` knows it by.
    #[must_use]
    pub fn lint(&self) -> Option<&'static str> {
        self.code.lint
    }

    /// The place itself.
    #[must_use]
    pub fn span(&self) -> Option<Span> {
        self.labels.first().map(|label| label.span)
    }
}

/// A warning that `lint.allow` silences.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Allowed {
    /// The warning.
    pub problem: Problem,
    /// Why it is allowed.
    pub because: String,
    /// Until when, as it was written.
    pub until: Option<String>,
}

/// Everything there is to say about a configuration, in file order.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// The files, to show places in.
    pub sources: Sources,
    /// What is wrong.
    pub problems: Vec<Problem>,
    /// What would be, were it not allowed.
    pub allowed: Vec<Allowed>,
}

impl Report {
    /// How many problems of a severity there are.
    #[must_use]
    pub fn count(&self, severity: Severity) -> usize {
        self.problems.iter().filter(|problem| problem.severity == severity).count()
    }

    /// Whether nothing can be done with the configuration.
    #[must_use]
    pub fn has_errors(&self) -> bool {
        self.count(Severity::Error) > 0
    }

    /// Puts the problems in file order, each said once; under `strict` warnings become errors.
    pub(super) fn finish(&mut self, strict: bool) {
        for problem in &mut self.problems {
            if strict && problem.severity == Severity::Warning {
                problem.severity = Severity::Error;
            }
        }
        self.problems.sort_by(|a, b| {
            let key = |problem: &Problem| (problem.span(), problem.severity, problem.code);
            key(a).cmp(&key(b)).then_with(|| a.message.cmp(&b.message))
        });
        self.problems.dedup_by(|a, b| a.code == b.code && a.span() == b.span() && a.message == b.message);
    }
}
