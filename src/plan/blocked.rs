//! What blocks a change: data, with a stable code for each kind.

use jiff::Timestamp;

use crate::model::{
    Code, CredentialName, ItemId, LiveItem, Made, Marker, Privilege, Product, Refusal, Slot, SourceLine, StackName,
    Taken,
};

use super::codes;
use super::note::Unread;

/// What blocks a change, and what that is about. `render::words` has the sentences.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Blocked {
    /// A key that keyform did not issue is in a slot that the change needs or would end.
    ForeignKey { slot: Slot, seen: SeenIn },
    /// Both slots hold keys in use.
    NoFreeSlot { item: ItemId, from: Timestamp },
    /// No new item is made for what sinks hold while another one of the credential waits for its end; these `places` lost
    /// the key.
    ItemWaits { item: ItemId, places: Vec<String>, from: Timestamp },
    /// No other new item is made: these were, and nobody edited anything.
    TooOften { name: CredentialName, made: Vec<Made>, from: Timestamp },
    /// What happened is not known.
    CannotBeKnown(Unknown),
    /// Marker and ledger do not fit together.
    Ledger { item: ItemId, marker: Marker, fault: LedgerFault },
    /// The item was given to the caller since it was made.
    Owner { item: ItemId, owner: String, maker: String },
    /// The item was given away, and a sink still holds a key of it.
    HandedOver { item: ItemId, owner: String, caller: String, place: String },
    /// The item carries the name of another stack.
    OtherStack { item: ItemId, claim: Claim },
    /// The configuration forbids it.
    Policy { name: CredentialName, rule: Rule },
    /// The account lacks privileges.
    Rights { account: String, lacks: Lacks },
    /// Items that the key is to read are not there.
    Items { name: CredentialName, account: String, missing: Vec<ItemId> },
    /// The fixed end has passed.
    Ended { name: CredentialName },
    /// It is protected from destruction.
    Protected(Protection),
    /// Its date has not come.
    NotYet { from: Timestamp },
    /// A sink that holds its key is another credential's now, which is to have delivered there for an overlap; `made` by
    /// the same plan.
    TakenOver { place: String, by: CredentialName, made: bool, from: Option<Timestamp> },
    /// More renewals are due than one plan may do.
    Guard { max: u32, due: usize },
    /// Both names of a renaming have an item.
    TwoNames { from: CredentialName, to: CredentialName, items: [ItemId; 2] },
    /// The window is closed.
    Window { opens: Timestamp },
    /// A freeze is on until `to`; windows and other freezes let it be done from `next` on.
    Frozen { freeze: SourceLine, to: Timestamp, next: Timestamp },
    /// The key that is to be revoked is in none of the credential's items.
    NoSuchKey { name: CredentialName, item: ItemId, home: ItemId },
    /// The credential whose key was to be renewed has none that is delivered.
    NothingToRotate { name: CredentialName, nowhere: bool },
    /// Access that was taken away in the portal is not given back before somebody says so.
    Withheld { name: CredentialName, taken: Taken },
    /// Access that was `asked` for and that the portal did not take is not sent again; it `keeps` something else.
    NotTaken { name: CredentialName, source: SourceLine, asked: Refusal, keeps: Refusal },
    /// An item of the credential is there and cannot be read; unless it was `told`, it only may be one of it.
    Unreadable { item: ItemId, why: String, told: bool, then: Retry },
}

/// What carries out a change once its item can be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Retry {
    Apply,
    Rotate(CredentialName),
    Destroy(CredentialName),
    Forget(CredentialName),
    Revoke,
}

/// Where a key was seen that keyform did not issue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SeenIn {
    /// In its slot of an item.
    Slot { item: ItemId, change: Ends },
    /// In a sink: its end is none that keyform asked for.
    Sink { place: String },
}

/// What a change needs a slot for, or ends the key in it by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ends {
    /// A new key.
    Issue,
    /// An edit of the item's app.
    Edit,
    /// The end of the credential.
    Destroy(CredentialName),
}

/// What is not known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unknown {
    /// When an active key ends: the write is not visible yet.
    Date { item: ItemId, slot: Slot },
    /// Which key is in use: the item took over from an interrupted delivery, and its own was interrupted as well.
    KeyInUse { item: ItemId, older: Slot },
    /// Whether a sink has the key of an interrupted delivery.
    Delivery { label: String, sink: Unread },
    /// What a sink holds that a key is to go to.
    Sink(Unread),
    /// Whether the item exists: not every folder was listed.
    Folders,
}

/// How an item's ledger does not fit its marker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LedgerFault {
    /// A newer keyform wrote it.
    Newer { version: u64 },
    /// It cannot be parsed.
    Broken { why: String },
    /// The marker is gone.
    NoMarker,
    /// The ledger is gone, and a key is active.
    NoLedger,
    /// It is that of another item.
    OtherItem { of: ItemId },
    /// It is that of another credential of the stack.
    OtherName { other: CredentialName },
}

/// What says that an item is another stack's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Claim {
    /// A second marker.
    Marker { theirs: Marker },
    /// Its ledger, beside our marker.
    Ledger { stack: StackName, ours: Marker },
}

/// A line of the configuration that forbids a change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rule {
    Observe(Asked),
    Additive(Takes),
    /// The edit would end a live key.
    LiveKey {
        slot: Slot,
        until: Timestamp,
        rule: Keeps,
    },
}

/// What was asked of a credential that is only observed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked {
    /// That it goes.
    Removal,
    /// That a key of it ends.
    Revocation,
    /// That a new key takes over.
    Rotation,
}

/// What a change takes away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Takes {
    Credential,
    Access,
    Key,
    Item,
}

/// Why an item with a live key is neither edited nor replaced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keeps {
    Additive,
    Refuse,
    /// No `deliver`: nobody would get the new key.
    NoDeliver,
}

/// What the account lacks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Lacks {
    /// One of the privileges that managing API keys `needs`.
    ToManage { lacking: &'static str, needs: &'static [&'static str], product: Product },
    /// Privileges that it would grant to `name`.
    ToGrant { name: CredentialName, lacking: Vec<Privilege> },
}

/// What protects from destruction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Protection {
    /// `protect: true`, as it was last applied or is declared.
    Declared { name: CredentialName, now: Option<bool> },
    /// The delete protection of the item in the portal.
    Portal { item: ItemId },
}

impl Protection {
    /// What keeps `item` in the portal.
    pub(super) fn of(item: &LiveItem) -> Option<Blocked> {
        item.protected.then(|| Blocked::Protected(Self::Portal { item: item.id.clone() }))
    }
}

impl Blocked {
    /// The kind of it.
    pub const fn by(&self) -> BlockedBy {
        match self {
            Self::ForeignKey { .. } => BlockedBy::ForeignKey,
            Self::NoFreeSlot { .. } | Self::ItemWaits { .. } => BlockedBy::NoFreeSlot,
            Self::TooOften { .. } => BlockedBy::TooOften,
            Self::CannotBeKnown(_) => BlockedBy::CannotBeKnown,
            Self::Ledger { .. } => BlockedBy::Ledger,
            Self::Owner { .. } | Self::HandedOver { .. } => BlockedBy::Owner,
            Self::OtherStack { .. } => BlockedBy::OtherStack,
            Self::Policy { .. } => BlockedBy::Policy,
            Self::Rights { .. } => BlockedBy::Rights,
            Self::Items { .. } => BlockedBy::Items,
            Self::Ended { .. } => BlockedBy::Ended,
            Self::Protected(_) => BlockedBy::Protected,
            Self::NotYet { .. } | Self::TakenOver { .. } => BlockedBy::NotYet,
            Self::Guard { .. } => BlockedBy::Guard,
            Self::TwoNames { .. } => BlockedBy::TwoNames,
            Self::Window { .. } => BlockedBy::Window,
            Self::Frozen { .. } => BlockedBy::Frozen,
            Self::NoSuchKey { .. } | Self::NothingToRotate { .. } => BlockedBy::NoSuchKey,
            Self::Withheld { .. } => BlockedBy::Withheld,
            Self::NotTaken { .. } => BlockedBy::NotTaken,
            Self::Unreadable { .. } => BlockedBy::Unreadable,
        }
    }

    pub const fn code(&self) -> &'static Code {
        self.by().code()
    }
}

/// The kinds of [`Blocked`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum BlockedBy {
    ForeignKey,
    NoFreeSlot,
    TooOften,
    CannotBeKnown,
    Ledger,
    Owner,
    OtherStack,
    Policy,
    Rights,
    Items,
    Ended,
    Protected,
    NotYet,
    Guard,
    TwoNames,
    Window,
    Frozen,
    NoSuchKey,
    Withheld,
    NotTaken,
    Unreadable,
}

impl BlockedBy {
    pub const fn code(self) -> &'static Code {
        match self {
            Self::ForeignKey => codes::FOREIGN_KEY,
            Self::NoFreeSlot => codes::NO_FREE_SLOT,
            Self::TooOften => codes::TOO_OFTEN,
            Self::CannotBeKnown => codes::CANNOT_BE_KNOWN,
            Self::Ledger => codes::LEDGER,
            Self::Owner => codes::OWNER,
            Self::OtherStack => codes::OTHER_STACK,
            Self::Policy => codes::POLICY,
            Self::Rights => codes::RIGHTS,
            Self::Items => codes::ITEMS,
            Self::Ended => codes::ENDED,
            Self::Protected => codes::PROTECTED,
            Self::NotYet => codes::NOT_YET,
            Self::Guard => codes::GUARD,
            Self::TwoNames => codes::TWO_NAMES,
            Self::Window => codes::WINDOW,
            Self::Frozen => codes::FROZEN,
            Self::NoSuchKey => codes::NO_SUCH_KEY,
            Self::Withheld => codes::WITHHELD,
            Self::NotTaken => codes::NOT_TAKEN,
            Self::Unreadable => codes::UNREADABLE,
        }
    }
}
