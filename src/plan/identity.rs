//! Which credential an item is of, and why one that seems to be ours may not be touched.

use crate::model::{CredentialName, Ledger, LedgerState, Live, LiveItem, Marker, Phase, Slot, Spec};

use super::blocked::{Blocked, Claim, LedgerFault, OwnerFault};
use super::reason::Reason;

/// What the credential of an item is called now.
pub(super) fn name_of(spec: &Spec, item: &LiveItem) -> Option<CredentialName> {
    own_name(spec, item).map(|name| spec.name_now(name).clone())
}

/// The name that an item carries: the ledger says whose it is; without one, the marker does.
pub(super) fn own_name<'a>(spec: &Spec, item: &'a LiveItem) -> Option<&'a CredentialName> {
    match item.ledger() {
        Some(ledger) if ledger.stack == spec.stack => Some(&ledger.name),
        Some(_) | None => item.markers.iter().find(|marker| marker.stack == spec.stack).map(|marker| &marker.name),
    }
}

/// Home is the item with the highest generation, then the higher delivered serial, then the smaller id.
pub(super) fn home_rank(item: &LiveItem) -> (u64, u64) {
    let delivered = |ledger: &Ledger| {
        Slot::BOTH
            .into_iter()
            .filter_map(|slot| ledger.slots.get(slot).as_ref())
            .filter(|record| record.phase == Phase::Delivered)
            .map(|record| record.serial)
            .max()
            .unwrap_or(0)
    };
    item.ledger().map_or((0, 0), |ledger| (ledger.generation, delivered(ledger)))
}

/// A ledger that names another item came here with a copy; it is never obeyed.
pub(super) fn copy_of(item: &LiveItem) -> Option<Reason> {
    let of = item.ledger()?.item.as_ref().filter(|id| **id != item.id)?;
    Some(Reason::Copy { of: of.clone() })
}

/// Why an item that seems to be ours may not be touched; `name` is what it is taken for.
pub(super) fn unclear(spec: &Spec, name: &CredentialName, item: &LiveItem, live: &Live) -> Option<Blocked> {
    let id = item.id.clone();
    let ours = Marker { stack: spec.stack.clone(), name: own_name(spec, item).unwrap_or(name).clone() };
    if let Some(theirs) = item.markers.iter().find(|marker| marker.stack != spec.stack) {
        return Some(Blocked::OtherStack { item: id, claim: Claim::Marker { theirs: theirs.clone() } });
    }
    if item.owner != live.caller.username {
        let fault = OwnerFault::NotCaller { caller: live.caller.username.clone() };
        return Some(Blocked::Owner { item: id, owner: item.owner.clone(), fault });
    }
    let fault = match &item.ledger {
        LedgerState::Newer { version } => LedgerFault::Newer { version: *version },
        LedgerState::Broken { why } => LedgerFault::Broken { why: why.clone() },
        LedgerState::Read(ledger) if ledger.stack != spec.stack => {
            let claim = Claim::Ledger { stack: ledger.stack.clone(), ours };
            return Some(Blocked::OtherStack { item: id, claim });
        }
        LedgerState::Read(ledger) if ledger.owner != item.owner => {
            let fault = OwnerFault::GivenBy { maker: ledger.owner.clone() };
            return Some(Blocked::Owner { item: id, owner: item.owner.clone(), fault });
        }
        LedgerState::Read(_) if !item.markers.contains(&ours) => LedgerFault::NoMarker,
        LedgerState::None if Slot::BOTH.into_iter().any(|slot| item.is_active(slot)) => LedgerFault::NoLedger,
        LedgerState::Read(_) | LedgerState::None => return None,
    };
    Some(Blocked::Ledger { item: id, marker: ours, fault })
}
