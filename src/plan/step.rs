//! What apply does, one thing at a time.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};

use crate::model::{CredentialName, Field, Fingerprint, Issue, ItemId, LiveItem, SinkId, Slot};

/// One thing apply does. Steps run in order, and a run may die between any two of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Makes the folder, unless somebody did meanwhile.
    CreateFolder {
        /// Its title.
        title: String,
    },
    /// Turns to another item of the credential: later steps are about that one.
    Turn {
        /// Which.
        item: ItemId,
    },
    /// Gives the item the credential's new name: marker and ledger in one update; its keys stay valid.
    Rename {
        /// What it was called.
        from: CredentialName,
        /// The other items that are renamed in the same run: the ledger names them, so that a run that dies in between
        /// leaves one credential and not two.
        with: BTreeSet<ItemId>,
    },
    /// Takes marker and ledger off the item, in one update; its keys live on.
    Forget,
    /// Makes the item, marker and ledger with it. Later steps are about that item.
    AddItem,
    /// Writes the ledger that names its own item.
    Claim,
    /// Registers the app.
    Register,
    /// Changes the app. Ends every key of the item.
    UpdateApp,
    /// Changes fields of the item; keys stay valid.
    EditItem {
        /// Which.
        fields: BTreeSet<Field>,
    },
    /// Moves the item to the wanted folder.
    Move,
    /// Records what was applied: as asked, and as the portal returned it.
    Record {
        /// The fields this change is about; the others keep their record.
        fields: BTreeSet<Field>,
    },
    /// Mints a key, proves it, and says in the ledger that it is being delivered.
    Issue(Issue),
    /// Fetches a key that exists from a sink that can be read, and proves it.
    TakeKey {
        /// The slot it lives in.
        slot: Slot,
        /// The sink that holds it.
        from: SinkId,
        /// What it must be.
        fingerprint: Fingerprint,
    },
    /// Says in the ledger that the key found in a sink is being delivered: the ledger was older than the truth.
    Resume {
        /// The slot.
        slot: Slot,
        /// What was found.
        fingerprint: Fingerprint,
    },
    /// Writes the key to a sink and records it.
    Deliver {
        /// The slot it lives in.
        slot: Slot,
        /// Where it goes.
        sink: SinkId,
    },
    /// Records that a sink was seen to have the key.
    Recorded {
        /// The slot.
        slot: Slot,
        /// The sink.
        sink: SinkId,
    },
    /// Records that every sink has the key.
    Delivered {
        /// The slot.
        slot: Slot,
    },
    /// Ends the key in the slot, sees it inactive and takes it from the ledger.
    Revoke {
        /// The slot.
        slot: Slot,
    },
    /// Ends the key in the slot and sees it inactive. What is known of it stays in the ledger: sinks may hold it, and the
    /// next run has to know.
    End {
        /// The slot.
        slot: Slot,
    },
    /// Deletes the item, once no slot of it is active.
    DeleteItem,
}

impl Step {
    pub(super) fn without_dates(&self) -> Self {
        match self {
            Self::Issue(issue) => {
                Self::Issue(Issue { life: SignedDuration::ZERO, expires: Timestamp::UNIX_EPOCH, ..issue.clone() })
            }
            other => other.clone(),
        }
    }
}

/// The steps of each item in turn; a run begins at home.
pub(super) fn each<'a>(home: &LiveItem, steps: impl Iterator<Item = (&'a LiveItem, Vec<Step>)>) -> Vec<Step> {
    let mut at = home.id.clone();
    let mut all = Vec::new();
    for (item, steps) in steps.filter(|(_, steps)| !steps.is_empty()) {
        if at != item.id {
            at = item.id.clone();
            all.push(Step::Turn { item: at.clone() });
        }
        all.extend(steps);
    }
    all
}

/// What does not name itself is not written; so an item that a run left without its name is given it first.
pub(super) fn named(item: &LiveItem, step: Step) -> Vec<Step> {
    if item.names_itself() { vec![step] } else { vec![Step::Claim, step] }
}
