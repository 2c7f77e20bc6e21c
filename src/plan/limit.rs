//! A limit on what one plan may do, how much of it is used, and what is over it.

use std::collections::BTreeSet;

use crate::model::{CredentialName, SourceLine};

/// What a limit is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Guard {
    /// Credentials that are destroyed.
    Destroy,
    /// New items for credentials that have one.
    Replace,
    /// Renewals.
    Rotate,
    /// Credentials that change, in percent.
    ChangePercent,
}

impl Guard {
    /// The word machines read, and the last part of the key in YAML.
    pub const fn id(self) -> &'static str {
        match self {
            Self::Destroy => "destroy",
            Self::Replace => "replace",
            Self::Rotate => "rotate",
            Self::ChangePercent => "change_percent",
        }
    }

    /// The word that `--allow` takes.
    pub const fn allowed_as(self) -> &'static str {
        match self {
            Self::ChangePercent => "percent",
            Self::Destroy | Self::Replace | Self::Rotate => self.id(),
        }
    }
}

/// A limit, and how much of it a plan uses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GuardUse {
    pub guard: Guard,
    /// So many, or so many percent.
    pub used: u32,
    pub limit: u32,
    /// Where it stands; `None` for the default, and for one that was raised for this run.
    pub source: Option<SourceLine>,
    /// Whether it was set for this run on the command line.
    pub allowed: bool,
}

/// A limit that a plan is over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Over {
    pub limit: GuardUse,
    /// The credentials that count.
    pub names: BTreeSet<CredentialName>,
}

/// Why a plan may not be carried out, but for keys that would end before anybody looks again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// Credentials whose renewal no limit withholds: their keys could end before the next run.
    pub urgent: BTreeSet<CredentialName>,
    /// Every limit it is over; never empty.
    pub over: Vec<Over>,
    /// What was asked to be destroyed, where something was; empty for everything.
    pub destroys: Option<BTreeSet<CredentialName>>,
    /// Who was to be given back what was taken away, where somebody was; empty for every credential.
    pub restores: Option<BTreeSet<CredentialName>>,
}
