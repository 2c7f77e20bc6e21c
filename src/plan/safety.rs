//! What a change means for those who use the keys.

use jiff::{SignedDuration, Timestamp};

use crate::model::{ItemId, Slot};

/// What can be relied on while a change is carried out. It can be resumed after a crash at any step.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Safety {
    /// Why applications may be without a valid key for a while; `None` promises that no sink ever is.
    pub gap: Option<Gap>,
    /// Whether one run that dies while it delivers can make a new item necessary: no sink of the credential can be read
    /// back, and the other slot of the item holds a key that somebody may use.
    pub may_replace: bool,
}

/// Why applications may be without a valid key for a while.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gap {
    /// `on_breaking_change: in_place`: the live key ends before there is a new one.
    InPlace {
        slot: Slot,
        /// Its end, had it been left alone.
        until: Timestamp,
    },
    /// Somebody asked for a key to end at once.
    BreakGlass { slot: Slot },
    /// The old key ends within its overlap.
    TooLate { until: Timestamp },
    /// Applications are without a valid key already: theirs is dead, or a sink lost it.
    Dead,
}

impl Gap {
    /// The word machines read.
    pub const fn id(self) -> &'static str {
        match self {
            Self::InPlace { .. } => "in_place",
            Self::BreakGlass { .. } => "break_glass",
            Self::TooLate { .. } => "too_late",
            Self::Dead => "dead",
        }
    }
}

/// What becomes of an old key when its overlap is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Then {
    Revoke,
    Expire,
    /// It is revoked, and its item is deleted.
    Delete,
}

impl Then {
    /// The word machines read.
    pub const fn id(self) -> &'static str {
        match self {
            Self::Revoke => "revoke",
            Self::Expire => "expire",
            Self::Delete => "delete",
        }
    }
}

/// What a new key takes over from, and how long that stays.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outgoing {
    /// The item, where the new key is of another one.
    pub item: Option<ItemId>,
    /// The slot, where it is of the same item.
    pub slot: Option<Slot>,
    /// Until when it stays, if the plan is carried out at its time.
    pub until: Timestamp,
    pub overlap: SignedDuration,
    pub then: Then,
}
