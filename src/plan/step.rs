//! What apply does, one thing at a time.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};

use crate::model::{CredentialName, Field, Fingerprint, Issue, ItemId, LiveItem, SinkId, Slot};

/// One thing apply does, and to what. Steps run in order, and a run may die between any two of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// What it is done to.
    pub on: Target,
    /// What is done.
    pub act: Act,
}

/// The item that a step is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// The one that its change is about.
    Home,
    /// The one that its change makes.
    New,
    /// Another one of the credential.
    Item(ItemId),
}

impl Target {
    /// `item`, for a change that is about `home`.
    pub(super) fn of(item: &LiveItem, home: &LiveItem) -> Self {
        if item.id == home.id { Self::Home } else { Self::Item(item.id.clone()) }
    }

    /// These acts, done to it.
    pub(super) fn steps(self, acts: impl IntoIterator<Item = Act>) -> impl Iterator<Item = Step> {
        acts.into_iter().map(move |act| Step { on: self.clone(), act })
    }
}

/// What is done to an item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Act {
    /// Makes the folder, unless somebody did meanwhile.
    CreateFolder {
        title: String,
    },
    /// Gives the item the credential's new name: marker and ledger in one update; its keys stay valid.
    Rename {
        from: CredentialName,
        /// The other items that are renamed in the same run: the ledger names them, so that a run that dies in between
        /// leaves one credential and not two.
        with: BTreeSet<ItemId>,
    },
    /// Takes marker and ledger off the item, in one update; its keys live on.
    Forget,
    /// Makes the item, marker and ledger with it.
    AddItem,
    /// Writes the ledger that names its own item.
    WriteLedger,
    Register,
    /// Changes the app. Ends every key of the item.
    UpdateApp,
    /// Changes fields of the item; keys stay valid.
    EditItem {
        fields: BTreeSet<Field>,
    },
    /// Moves the item to the wanted folder.
    Move,
    /// Records what was applied: as asked, and as the portal returned it.
    Record {
        /// The fields this change is about; the others keep their record.
        fields: BTreeSet<Field>,
    },
    /// Empties the slot and dates it, mints a key, proves it, and says in the ledger that it is being delivered.
    Issue(Issue),
    /// Fetches a key that exists from a sink that can be read, and proves it.
    ReadKeyFromSink {
        slot: Slot,
        from: SinkId,
        fingerprint: Fingerprint,
    },
    /// Says in the ledger that the key found in a sink is being delivered: the ledger was older than the truth.
    Resume {
        slot: Slot,
        fingerprint: Fingerprint,
    },
    /// Writes the key to a sink and records it.
    Deliver {
        slot: Slot,
        sink: SinkId,
    },
    /// Records that a sink was seen to have the key.
    RecordDelivery {
        slot: Slot,
        sink: SinkId,
    },
    /// Records that every sink has the key.
    Delivered {
        slot: Slot,
    },
    /// Says in the ledger that somebody issued another key over the recorded one.
    Lost {
        slot: Slot,
    },
    /// Ends the key in the slot, sees it inactive and takes it from the ledger.
    Revoke {
        slot: Slot,
    },
    /// Ends the key in the slot and sees it inactive. What is known of it stays in the ledger: sinks may hold it, and the
    /// next run has to know.
    EndKey {
        slot: Slot,
    },
    /// Deletes the item, once no slot of it is active.
    DeleteItem,
}

impl Act {
    /// The key that it mints, if it does.
    pub(super) const fn issue(&self) -> Option<&Issue> {
        if let Self::Issue(issue) = self { Some(issue) } else { None }
    }
}

impl Step {
    pub(super) fn without_dates(&self) -> Self {
        let mut step = self.clone();
        if let Act::Issue(issue) = &mut step.act {
            (issue.life, issue.expires) = (SignedDuration::ZERO, Timestamp::UNIX_EPOCH);
        }
        step
    }
}

/// Ends every live key of an item.
pub(super) fn revoked(item: &LiveItem, now: Timestamp) -> impl Iterator<Item = Act> {
    Slot::BOTH.into_iter().filter(move |&slot| item.key_until(slot, now).is_some()).map(|slot| Act::Revoke { slot })
}

/// What does not name itself is not written; so an item that a run left without its name is given it first.
pub(super) fn named(item: &LiveItem, act: Act) -> Vec<Act> {
    if item.names_itself() { vec![act] } else { vec![Act::WriteLedger, act] }
}
