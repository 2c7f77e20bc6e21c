//! What a change means for those who use the keys.

use jiff::Timestamp;

use crate::model::Slot;

/// What can be relied on while a change is carried out, whenever it stops.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Safety {
    /// Why applications may be without a valid key for a while; `None` promises that no sink ever is.
    pub gap: Option<Gap>,
    /// Whether a run that dies while it delivers can make a new item necessary.
    pub may_replace: bool,
}

/// Why applications may be without a valid key for a while.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gap {
    /// `on_breaking_change: in_place`: the live key ends before there is a new one.
    InPlace {
        /// Its slot.
        slot: Slot,
        /// Its end, had it been left alone.
        until: Timestamp,
    },
    /// Somebody asked for a key to end at once.
    BreakGlass {
        /// Its slot.
        slot: Slot,
    },
    /// The old key ends within its overlap.
    TooLate {
        /// When.
        until: Timestamp,
    },
    /// The key that applications hold is dead already.
    Dead,
}
