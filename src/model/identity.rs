//! Which credential an item is of, and which of its items is home.

use std::collections::{BTreeMap, BTreeSet};

use super::{CredentialName, ItemId, Ledger, LiveItem, Phase, Slot, Spec, StackName};

impl LiveItem {
    /// The name that it carries in `stack`: the ledger says whose it is; where that is none of the stack's, the marker does.
    #[must_use]
    pub fn name_in(&self, stack: &StackName) -> Option<&CredentialName> {
        let told = self.ledger().filter(|ledger| ledger.stack == *stack).map(|ledger| &ledger.name);
        told.or_else(|| self.markers.iter().find(|marker| marker.stack == *stack).map(|marker| &marker.name))
    }

    /// The credential that it carries the name of, by what that is called now.
    #[must_use]
    pub fn credential<'a>(&'a self, spec: &'a Spec) -> Option<&'a CredentialName> {
        self.name_in(&spec.stack).map(|name| spec.name_now(name))
    }

    /// The credential that it stands for. A copy stands for none.
    #[must_use]
    pub fn stands_for<'a>(&'a self, spec: &'a Spec) -> Option<&'a CredentialName> {
        self.credential(spec).filter(|_| self.copy_of().is_none())
    }

    /// The item that it came here as a copy of: what its ledger names is another one. Such a ledger is never obeyed.
    #[must_use]
    pub fn copy_of(&self) -> Option<&ItemId> {
        self.ledger()?.item.as_ref().filter(|id| **id != self.id)
    }

    /// Whether its ledger names it, without which it is never written.
    #[must_use]
    pub fn names_itself(&self) -> bool {
        self.ledger().is_some_and(|ledger| ledger.item.as_ref() == Some(&self.id))
    }

    /// Home is the item with the highest generation, then the higher delivered serial, then the smaller id.
    #[must_use]
    pub fn home_rank(&self) -> (u64, u64) {
        let delivered = |ledger: &Ledger| {
            let records = Slot::BOTH.into_iter().filter_map(|slot| ledger.slots.get(slot).as_ref());
            let delivered = records.filter(|record| record.phase == Phase::Delivered);
            delivered.map(|record| record.serial).max().unwrap_or(0)
        };
        self.ledger().map_or((0, 0), |ledger| (ledger.generation, delivered(ledger)))
    }
}

impl Spec {
    /// Items that a credential is to read and that none of its own reads yet: only these can be missing without anybody
    /// knowing.
    #[must_use]
    pub fn not_granted(&self, items: &BTreeMap<ItemId, LiveItem>) -> BTreeSet<&ItemId> {
        let reads = items.values().filter_map(|item| Some((item.stands_for(self)?, &item.app.as_ref()?.items)));
        let granted: BTreeSet<_> = reads.flat_map(|(name, ids)| ids.iter().map(move |id| (name, id))).collect();
        let wanted = self.credentials.values().flat_map(|want| want.items.iter().map(move |id| (&want.name, id)));
        wanted.filter(|wanted| !granted.contains(wanted)).map(|(_, id)| id).collect()
    }
}
