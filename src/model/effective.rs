//! What is in force for one credential, value by value, and who says so.

use super::{CredentialName, SourceLine};

/// Who says something about a credential.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SaidBy {
    /// `defaults`.
    Defaults,
    /// The profile of this name.
    Profile(String),
    /// The credential itself, or the file as a whole.
    Itself,
}

/// Where a value comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "a field is what it is called")]
pub enum Origin {
    /// Nobody says it, so it is keyform's own.
    Default,
    /// It stands in a file.
    Said { at: SourceLine, by: SaidBy },
}

/// One value in force.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Effect {
    /// As people write it; `None` where there is none.
    pub text: Option<String>,
    /// Where it comes from.
    pub origin: Origin,
}

/// One setting of a credential.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setting {
    /// Its key, dotted where it is nested.
    pub key: &'static str,
    /// Its value; for a list one for each member. Never empty.
    pub effects: Vec<Effect>,
}

/// Everything in force for one credential.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Effective {
    /// The credential.
    pub name: CredentialName,
    /// Where it is declared.
    pub source: SourceLine,
    /// Its settings, every one of them, in the order of the reference.
    pub settings: Vec<Setting>,
    /// How many scheduled runs in a row may fail before a renewal is too late for a full overlap; `None` where no
    /// cadence is declared, or nothing is renewed.
    pub runs_may_fail: Option<u32>,
}

impl Effective {
    /// The single value of a setting, as people write it.
    pub(crate) fn text(&self, key: &str) -> Option<&str> {
        self.settings.iter().find(|setting| setting.key == key)?.effects.first()?.text.as_deref()
    }
}
