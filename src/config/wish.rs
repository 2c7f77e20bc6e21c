//! What credentials are to say, and the edits that make them say it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::source::FileId;
use super::splice::Splice;
use crate::model::{CredentialName, Field, SourceLine};

/// What one setting is to say.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "a field is what it is called")]
pub enum Wish {
    /// A list without some members, and with others.
    Members { gone: BTreeSet<String>, come: BTreeSet<String> },
    /// A text, or none.
    Text(Option<String>),
    /// Yes or no.
    Flag(bool),
}

impl Wish {
    /// Wishes another one of the same setting as well.
    pub fn extend(&mut self, other: Self) {
        match (self, other) {
            (Self::Members { gone, come }, Self::Members { gone: more, come: others }) => {
                gone.extend(more);
                come.extend(others);
            }
            (one, other) => *one = other,
        }
    }
}

impl fmt::Display for Wish {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Members { gone, come } => {
                let gone = gone.iter().map(|one| format!("-{one}"));
                let all: Vec<_> = gone.chain(come.iter().map(|one| format!("+{one}"))).collect();
                f.write_str(&all.join(" "))
            }
            Self::Text(None) => f.write_str("none"),
            Self::Text(Some(text)) => write!(f, "{text:?}"),
            Self::Flag(flag) => write!(f, "{flag}"),
        }
    }
}

/// What credentials are to say.
pub type Wishes = BTreeMap<CredentialName, BTreeMap<Field, Wish>>;

/// What a person has to edit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ByHand {
    /// Where.
    pub at: SourceLine,
    /// What.
    pub what: String,
    /// For which credential.
    pub name: CredentialName,
}

/// What makes credentials say what is wished.
#[derive(Default)]
pub(super) struct Edits {
    pub(super) splices: Vec<(FileId, Splice)>,
    pub(super) by_hand: Vec<ByHand>,
}
