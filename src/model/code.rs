//! Stable codes: what every error, warning and blocked change is known by.

/// How bad something is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Nothing can be done before it is fixed.
    Error,
    /// Worth a look; an error under `--strict`.
    Warning,
    /// Said for completeness; never an error.
    Note,
}

impl Severity {
    /// Its word in reports.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Note => "note",
        }
    }
}

/// One code with all there is to say about it. `docs/errors.md` and `keyform explain` are made from these.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Code {
    /// Such as `keyform::config::duplicate_key`; its meaning never changes.
    pub id: &'static str,
    /// A headline.
    pub title: &'static str,
    /// What it means and why it matters, in sentences.
    pub explanation: &'static str,
    /// What to do, in one line; empty where only the message can tell.
    pub help: &'static str,
    /// How bad it is, without `--strict`.
    pub severity: Severity,
    /// The id that `lint.allow` silences it by; only warnings have one.
    pub lint: Option<&'static str>,
}

/// Declares the codes of a module, each as a constant, and a table of them all in the same order.
///
/// A row is a name, the end of the id, a severity if it is no error, with its lint id if it has one, and then title,
/// explanation and help.
macro_rules! codes {
    (
        $(#[$about:meta])* $vis:vis $table:ident $module:literal;
        $($name:ident $slug:literal $($severity:ident $($lint:literal)?)?, $title:literal, $explanation:literal, $help:literal;)*
    ) => {
        $(
            #[doc = $title]
            $vis const $name: &$crate::model::Code = &$crate::model::Code {
                id: concat!("keyform::", $module, "::", $slug),
                title: $title,
                explanation: $explanation,
                help: $help,
                severity: $crate::model::codes!(@severity $($severity)?),
                lint: $crate::model::codes!(@lint $($($lint)?)?),
            };
        )*

        $(#[$about])*
        $vis const $table: &[&$crate::model::Code] = &[$($name),*];
    };
    (@severity) => { $crate::model::Severity::Error };
    (@severity $severity:ident) => { $crate::model::Severity::$severity };
    (@lint) => { None };
    (@lint $lint:literal) => { Some($lint) };
}

pub(crate) use codes;
