//! Which credential an item is of, which of its items is home, and which of its keys is later.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::{CredentialName, ItemId, LiveItem, Slot, SlotRecord, Spec, StackName};

/// Where a key stands among those of its credential: what the server's clock saw issued later is later; serials, then
/// items, decide within its resolution.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Issued<'a> {
    /// Servers tell whole seconds.
    second: i64,
    serial: u64,
    item: Reverse<&'a ItemId>,
}

impl SlotRecord {
    /// Where it stands, in the ledger of `item`.
    pub(crate) fn in_order<'a>(&self, item: &'a ItemId) -> Issued<'a> {
        Issued { second: self.issued.as_second(), serial: self.serial, item: Reverse(item) }
    }

    /// When it was last seen to reach a sink.
    pub(crate) fn last_delivery(&self) -> Option<Timestamp> {
        self.sinks.iter().filter_map(|(_, seen)| seen.delivered).chain(self.delivered).max()
    }
}

impl LiveItem {
    /// The name that it carries in `stack`: the ledger says whose it is; where that is none of the stack's, the marker does.
    pub(crate) fn name_in(&self, stack: &StackName) -> Option<&CredentialName> {
        let told = self.ledger().filter(|ledger| ledger.stack == *stack).map(|ledger| &ledger.name);
        told.or_else(|| self.markers.iter().find(|marker| marker.stack == *stack).map(|marker| &marker.name))
    }

    /// The credential that it carries the name of, by what that is called now.
    pub(crate) fn credential<'a>(&'a self, spec: &'a Spec) -> Option<&'a CredentialName> {
        self.name_in(&spec.stack).map(|name| spec.name_now(name))
    }

    /// The credential that it stands for. A copy stands for none.
    pub(crate) fn stands_for<'a>(&'a self, spec: &'a Spec) -> Option<&'a CredentialName> {
        self.credential(spec).filter(|_| self.copy_of().is_none())
    }

    /// The item that it came here as a copy of: what its ledger names is another one. Such a ledger is never obeyed.
    pub(crate) fn copy_of(&self) -> Option<&ItemId> {
        self.ledger()?.item.as_ref().filter(|id| **id != self.id)
    }

    /// Whether its ledger names it, without which it is never written.
    pub(crate) fn names_itself(&self) -> bool {
        self.ledger().is_some_and(|ledger| ledger.item.as_ref() == Some(&self.id))
    }

    /// Whether it says that another item took over.
    pub(crate) fn is_superseded(&self) -> bool {
        self.ledger().is_some_and(|ledger| ledger.superseded_by.as_ref().is_some_and(|by| *by != self.id))
    }

    /// Home is the item with the highest generation that no other one took over from, then the one with the later
    /// delivery, then the smaller id.
    pub(crate) fn home_rank(&self) -> (bool, u64, Option<Timestamp>) {
        let generation = self.ledger().map_or(0, |ledger| ledger.generation);
        let records = Slot::BOTH.into_iter().filter_map(|slot| self.record(slot));
        (!self.is_superseded(), generation, records.filter_map(SlotRecord::last_delivery).max())
    }
}

impl Spec {
    /// Items that a credential is to read and that none of its own reads yet: only these can be missing without anybody
    /// knowing.
    pub(crate) fn not_granted(&self, items: &BTreeMap<ItemId, LiveItem>) -> BTreeSet<&ItemId> {
        let reads = items.values().filter_map(|item| Some((item.stands_for(self)?, &item.app.as_ref()?.items)));
        let granted: BTreeSet<_> = reads.flat_map(|(name, ids)| ids.iter().map(move |id| (name, id))).collect();
        let wanted = self.credentials.values().flat_map(|want| want.items.iter().map(move |id| (&want.name, id)));
        wanted.filter(|wanted| !granted.contains(wanted)).map(|(_, id)| id).collect()
    }
}
