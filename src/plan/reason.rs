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
    /// The portal did not take the access of a new item.
    NotTaken,
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
        self.told().0
    }

    /// What made it so. What was begun under an approval is finished under it, in its time: the schedule may resume.
    pub const fn cause(&self) -> Cause {
        self.told().1
    }

    const fn told(&self) -> (&'static str, Cause) {
        match self {
            Self::New => ("new", Cause::Config),
            Self::Begun => ("begun", Cause::Config),
            Self::Differs => ("differs", Cause::Config),
            Self::Edited { .. } => ("edited_in_portal", Cause::Portal),
            Self::TakenAway { .. } => ("taken_away", Cause::Portal),
            Self::Agreed => ("agreed", Cause::Portal),
            Self::Unregistered => ("unregistered", Cause::Portal),
            Self::IssueUnfinished { .. } => ("issue_unfinished", Cause::Time),
            Self::DeliveryUnfinished { .. } => ("delivery_unfinished", Cause::Time),
            Self::DeliveryInDoubt { .. } => ("delivery_in_doubt", Cause::Time),
            Self::KeyDead { .. } => ("key_dead", Cause::Portal),
            Self::KeyLost { .. } => ("key_lost", Cause::Portal),
            Self::KeyExpired { .. } => ("key_expired", Cause::Time),
            Self::Due { .. } => ("due", Cause::Time),
            Self::RotationRequested { .. } => ("rotation_requested", Cause::Request),
            Self::BreakGlass { .. } => ("break_glass", Cause::Request),
            Self::NoKey => ("no_key", Cause::Config),
            Self::NotHome { .. } => ("not_home", Cause::Portal),
            Self::SinkAdded { .. } => ("sink_added", Cause::Config),
            Self::SinkLost { .. } => ("sink_lost", Cause::Portal),
            Self::OverlapOver { .. } => ("overlap_over", Cause::Time),
            Self::Replaced { .. } => ("replaced", Cause::Time),
            Self::Reverted => ("reverted", Cause::Config),
            Self::NotTaken => ("not_taken", Cause::Portal),
            Self::ForeignKey { .. } => ("foreign_key", Cause::Portal),
            Self::Removed { .. } => ("removed", Cause::Config),
            Self::Requested => ("requested", Cause::Request),
            Self::Renamed { .. } => ("renamed", Cause::Config),
            Self::Orphan => ("orphan", Cause::Portal),
            Self::Copy { .. } => ("copy", Cause::Portal),
            Self::OtherOwner { .. } => ("other_owner", Cause::Portal),
            Self::HandedOver { .. } => ("handed_over", Cause::Portal),
            Self::Duplicate { .. } => ("duplicate", Cause::Portal),
            Self::Leftover { .. } => ("leftover", Cause::Time),
            Self::Unclear => ("unclear", Cause::Portal),
            Self::Unread => ("unread", Cause::Portal),
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
