//! Why a change is needed.

use jiff::Timestamp;

use crate::model::{CredentialName, ItemId, SinkId, Slot};

/// Why a change is needed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reason {
    /// No item carries its marker.
    New,
    /// It was begun and not finished.
    Begun,
    /// Settings differ from the configuration.
    Differs,
    /// Settings were changed in the portal.
    Edited {
        /// When its item or app was last changed, where the portal tells.
        since: Option<Timestamp>,
    },
    /// Access was taken away in the portal.
    TakenAway {
        /// When that was at the latest, where the portal tells.
        since: Option<Timestamp>,
        /// Whether a key that somebody may use is live all the same.
        keys_live: bool,
    },
    /// The portal has what the configuration says, and something else was applied last.
    Agreed,
    /// The app behind the item is gone.
    Unregistered,
    /// The key was not issued to the end; nobody holds it.
    IssueUnfinished { slot: Slot },
    /// Not every sink has the key yet.
    DeliveryUnfinished { slot: Slot },
    /// Somebody may hold the key of an unfinished delivery, and nobody can give it back.
    DeliveryInDoubt { slot: Slot },
    /// The key was revoked, or ended by an edit of its item.
    KeyDead { slot: Slot },
    /// Somebody issued another key over the one that sinks were given.
    KeyLost { slot: Slot },
    /// The key is past its end.
    KeyExpired { slot: Slot, at: Timestamp },
    /// The key is due for renewal.
    Due { slot: Slot, expires: Timestamp, since: Timestamp },
    /// Somebody asked for a new key.
    RotationRequested {
        /// The slot of the one it takes over from.
        slot: Slot,
        expires: Timestamp,
    },
    /// Somebody asked for a key to end at once.
    BreakGlass { slot: Slot, because: String },
    /// No key was ever issued.
    NoKey,
    /// The key that applications have is of an item that is not home.
    NotHome {
        /// That item.
        item: ItemId,
    },
    /// Sinks were declared that do not have the key.
    SinkAdded { sinks: Vec<SinkId> },
    /// Sinks no longer hold the key they were given.
    SinkLost { sinks: Vec<SinkId> },
    /// The overlap of a replaced key is over.
    OverlapOver { slot: Slot, since: Timestamp },
    /// Another item took over, and nobody needs this one any more.
    Replaced { since: Timestamp },
    /// The edit that a new item was begun for was taken back.
    Reverted,
    /// A key is active that keyform did not issue.
    ForeignKey { slot: Slot },
    /// The configuration says that it goes.
    Removed { because: Option<String>, not_before: Option<Timestamp> },
    /// Somebody asked for it on the command line.
    Requested,
    /// It has another name now.
    Renamed { from: CredentialName },
    /// On the portal but not in the configuration.
    Orphan,
    /// The item is a copy of a managed one.
    Copy { of: ItemId },
    /// The item is another owner's, and does not count.
    OtherOwner { owner: String },
    /// The item was the caller's, and is another owner's now.
    HandedOver { owner: String },
    /// A second item for the same credential.
    Duplicate { home: ItemId },
    /// A second item that was made because an answer was lost; nobody was ever given anything of it.
    Leftover { home: ItemId },
    /// The item is not what a managed one looks like; the block says how.
    Unclear,
    /// An item of it cannot be read.
    Unread,
}

impl Reason {
    /// The word machines read.
    pub const fn id(&self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Begun => "begun",
            Self::Differs => "differs",
            Self::Edited { .. } => "edited_in_portal",
            Self::TakenAway { .. } => "taken_away",
            Self::Agreed => "agreed",
            Self::Unregistered => "unregistered",
            Self::IssueUnfinished { .. } => "issue_unfinished",
            Self::DeliveryUnfinished { .. } => "delivery_unfinished",
            Self::DeliveryInDoubt { .. } => "delivery_in_doubt",
            Self::KeyDead { .. } => "key_dead",
            Self::KeyLost { .. } => "key_lost",
            Self::KeyExpired { .. } => "key_expired",
            Self::Due { .. } => "due",
            Self::RotationRequested { .. } => "rotation_requested",
            Self::BreakGlass { .. } => "break_glass",
            Self::NoKey => "no_key",
            Self::NotHome { .. } => "not_home",
            Self::SinkAdded { .. } => "sink_added",
            Self::SinkLost { .. } => "sink_lost",
            Self::OverlapOver { .. } => "overlap_over",
            Self::Replaced { .. } => "replaced",
            Self::Reverted => "reverted",
            Self::ForeignKey { .. } => "foreign_key",
            Self::Removed { .. } => "removed",
            Self::Requested => "requested",
            Self::Renamed { .. } => "renamed",
            Self::Orphan => "orphan",
            Self::Copy { .. } => "copy",
            Self::OtherOwner { .. } => "other_owner",
            Self::HandedOver { .. } => "handed_over",
            Self::Duplicate { .. } => "duplicate",
            Self::Leftover { .. } => "leftover",
            Self::Unclear => "unclear",
            Self::Unread => "unread",
        }
    }

    /// What made it so.
    pub const fn cause(&self) -> Cause {
        match self {
            Self::New
            | Self::Begun
            | Self::Differs
            | Self::NoKey
            | Self::SinkAdded { .. }
            | Self::Reverted
            | Self::Removed { .. }
            | Self::Renamed { .. } => Cause::Config,
            Self::Requested => Cause::Request,
            Self::Edited { .. }
            | Self::TakenAway { .. }
            | Self::Agreed
            | Self::Unregistered
            | Self::KeyDead { .. }
            | Self::KeyLost { .. }
            | Self::NotHome { .. }
            | Self::SinkLost { .. }
            | Self::ForeignKey { .. }
            | Self::Orphan
            | Self::Copy { .. }
            | Self::OtherOwner { .. }
            | Self::HandedOver { .. }
            | Self::Duplicate { .. }
            | Self::Unclear
            | Self::Unread => Cause::Portal,
            Self::RotationRequested { .. } | Self::BreakGlass { .. } => Cause::Request,
            // What was begun under an approval is finished under it: the schedule may resume.
            Self::IssueUnfinished { .. }
            | Self::DeliveryUnfinished { .. }
            | Self::DeliveryInDoubt { .. }
            | Self::KeyExpired { .. }
            | Self::Due { .. }
            | Self::OverlapOver { .. }
            | Self::Leftover { .. }
            | Self::Replaced { .. } => Cause::Time,
        }
    }
}

/// What made a change necessary.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Cause {
    /// The configuration says something new.
    Config,
    /// The portal or a sink is no longer what was last applied.
    Portal,
    /// A date has come.
    Time,
    /// Somebody asked for it on the command line.
    Request,
}

impl Cause {
    /// The word machines read.
    pub const fn id(self) -> &'static str {
        match self {
            Self::Config => "config",
            Self::Portal => "portal",
            Self::Time => "time",
            Self::Request => "request",
        }
    }
}
