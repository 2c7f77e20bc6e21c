//! What a sink tells.

use jiff::Timestamp;

use crate::model::{Fingerprint, Secret};

/// What one look at a sink gave. Holds a key, so it cannot be printed.
pub enum Look {
    /// The key that is there.
    Value(Secret),
    /// There is nothing at the place.
    Absent,
    /// There is a key, and this is its fingerprint.
    Confirms(Fingerprint),
    /// There is something, and all it tells is when it was written.
    Written {
        /// When, by the sink's own word.
        at: Timestamp,
    },
    /// It could not be read.
    Unreadable {
        /// Why; safe to print.
        why: String,
    },
    /// Its kind tells nothing, or tells it only when programs may be run.
    NotAsked,
}
