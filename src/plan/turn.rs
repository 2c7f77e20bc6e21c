//! What time brings about.

use crate::model::CredentialName;

/// What time brings about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Turn {
    /// A key is due for renewal, or its renewal can wait no longer.
    Renewal,
    /// The overlap of an older key is over.
    OverlapOver,
    /// A key ends, or there is too little left of it for an overlap.
    Expiry,
    /// The fixed end of the credential has come.
    FixedEnd,
    /// A window opens or closes.
    Window,
    /// A freeze begins or ends.
    Freeze,
    /// A removal may be carried out.
    Removal,
    /// New items were made too often, and that is long enough ago.
    Limit,
}

impl Turn {
    /// The word machines read.
    pub const fn id(self) -> &'static str {
        match self {
            Self::Renewal => "renewal",
            Self::OverlapOver => "overlap_over",
            Self::Expiry => "expiry",
            Self::FixedEnd => "fixed_end",
            Self::Window => "window",
            Self::Freeze => "freeze",
            Self::Removal => "removal",
            Self::Limit => "limit",
        }
    }
}

/// Where the next plan will differ if nothing changes but the time.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Boundary {
    pub name: CredentialName,
    pub turn: Turn,
}
