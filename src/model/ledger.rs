//! What keyform remembers on the item itself.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};

use super::{
    CredentialName, Field, Fingerprint, ItemId, Marker, PerSlot, Privilege, Referrer, SinkId, Slot, StackName,
};

/// The settings of a credential, as they were asked for or as the portal gave them back.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "a field is what it is called")]
pub struct Values {
    pub title: String,
    /// The summary; empty when there is none.
    pub snippet: String,
    /// The first 16 digits of the SHA-256 of the description; of the empty text when there is none.
    pub description_hash: String,
    /// Tags without the marker.
    pub tags: BTreeSet<String>,
    /// The folder's title; `None` is the root.
    pub folder: Option<String>,
    /// Privileges without those of item access.
    pub privileges: BTreeSet<Privilege>,
    pub items: BTreeSet<ItemId>,
    pub referrers: BTreeSet<Referrer>,
    pub personal: bool,
    /// Whether keyform refuses to destroy it.
    pub protect: bool,
}

/// What was last applied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Applied {
    /// As it was asked for.
    pub asked: Values,
    /// As the portal returned it right after.
    pub returned: Values,
}

/// Access that was taken away in the portal and is still wanted. It is not given back before somebody says so.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "a field is what it is called")]
pub struct Taken {
    /// When that was at the latest, as far as the portal tells.
    pub since: Option<Timestamp>,
    /// Privileges without those of item access.
    pub privileges: BTreeSet<Privilege>,
    pub items: BTreeSet<ItemId>,
    pub referrers: BTreeSet<Referrer>,
    /// Whether it could be used from any page.
    pub anywhere: bool,
    pub personal: bool,
}

impl Taken {
    /// Whether nothing was.
    pub(crate) fn is_empty(&self) -> bool {
        let Self { since: _, privileges, items, referrers, anywhere, personal } = self;
        privileges.is_empty() && items.is_empty() && referrers.is_empty() && !anywhere && !personal
    }
}

/// Access that was asked for and that the portal did not take, although it answered success: the members that each field
/// was asked to have. It is not sent again before the configuration says something else.
pub type Refusal = BTreeMap<Field, BTreeSet<String>>;

/// How far a key has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Phase {
    /// It may or may not have been minted; nobody was given it.
    Issuing,
    /// It was proved, and sinks are being written.
    Delivering,
    /// Every sink it is meant for has it.
    Delivered,
    /// It was asked and is dead, while its slot is active: somebody issued another one over it.
    Lost,
}

/// When a sink that tells only that was last written, as it was found before a key was issued.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// When it was written, by its own word.
    pub at: Timestamp,
    /// When it was asked.
    pub noted: Timestamp,
}

/// What is known of one sink of one key.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SinkRecord {
    /// What the sink told before it was written, for sinks that only tell that.
    pub receipt_before: Option<Receipt>,
    /// When it was seen to have the key.
    pub delivered: Option<Timestamp>,
}

/// What is remembered of the key in one slot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SlotRecord {
    /// One more with every issue, over both slots and all items of the credential.
    pub serial: u64,
    /// How far it has come.
    pub phase: Phase,
    /// When it was issued, by the server's clock.
    pub issued: Timestamp,
    /// The end that was asked for.
    pub expires: Timestamp,
    /// The end that the key itself told when it was proved; counts from then on.
    pub ends: Option<Timestamp>,
    /// The date that the item was seen to show for the key once it was proved. Portals round dates, and show them late.
    pub shown: Option<Timestamp>,
    /// The item's date in this slot before that.
    pub date_before: Option<Timestamp>,
    /// Of the key's text, from `delivering` on.
    pub fingerprint: Option<Fingerprint>,
    /// The overlap in force when it was issued.
    pub overlap: SignedDuration,
    /// The sinks it is meant for, in the order they are written.
    pub sinks: Vec<(SinkId, SinkRecord)>,
    /// When `delivered` was reached.
    pub delivered: Option<Timestamp>,
}

/// A key to be minted, delivered and recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "a field is what it is called")]
pub struct Issue {
    pub slot: Slot,
    pub serial: u64,
    /// How long it is to live from the moment it is issued; never more than 364 days.
    pub life: SignedDuration,
    /// When it would end if it were issued at the plan's time.
    pub expires: Timestamp,
    pub overlap: SignedDuration,
    /// The sinks it is meant for, in the order they are written.
    pub sinks: Vec<SinkId>,
    /// Other items of the credential: they are told that this one took over before anybody is given the key.
    pub others: Vec<ItemId>,
}

/// What made a new item necessary although nothing was edited.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Need {
    /// Sinks had lost the key, or held an older one.
    Sinks,
    /// Nobody could tell whether sinks had the key of an interrupted delivery.
    Delivery,
    /// The current key was dead.
    Key,
    /// The key was due or had run out, and no slot was free.
    Renewal,
}

/// A new item that took over although nothing was edited.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Made {
    /// When it was planned.
    pub at: Timestamp,
    /// What for.
    pub need: Need,
}

/// The ledger of one item, format 1.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "a field is what it is called")]
pub struct Ledger {
    pub stack: StackName,
    pub name: CredentialName,
    /// The item that carries it; `None` between its creation and the first update.
    pub item: Option<ItemId>,
    pub owner: String,
    /// 1 for the first item of a credential, one more with every replacement.
    pub generation: u64,
    /// The commit it was last applied from, if known.
    pub commit: Option<String>,
    pub superseded_by: Option<ItemId>,
    /// Other items of the credential that were to be given its new name with this one: whoever of them still has the
    /// old name is of the same credential, and not another one.
    pub renamed_with: BTreeSet<ItemId>,
    /// This item and those before it that took over without an edit, as far back as that is asked about.
    pub made: Vec<Made>,
    /// The settings last applied.
    pub applied: Option<Applied>,
    /// What was taken away of those applied before, and is not among them.
    pub taken: Taken,
    /// What of it the portal did not take.
    pub refused: Refusal,
    pub slots: PerSlot<Option<SlotRecord>>,
    /// Members written by a later minor version, kept as they are: name to JSON text.
    pub unknown: BTreeMap<String, String>,
}

impl Ledger {
    /// The format this version writes.
    pub const VERSION: u64 = 1;

    /// The ledger of an item that is only being made and does not name itself yet.
    pub(crate) fn begun(marker: Marker, owner: String, generation: u64) -> Self {
        let Marker { stack, name } = marker;
        Self {
            stack,
            name,
            item: None,
            owner,
            generation,
            commit: None,
            superseded_by: None,
            renamed_with: BTreeSet::new(),
            made: Vec::new(),
            applied: None,
            taken: Taken::default(),
            refused: Refusal::new(),
            slots: PerSlot::default(),
            unknown: BTreeMap::new(),
        }
    }
}
