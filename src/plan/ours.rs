//! Why an item that seems to be ours may not be touched.

use crate::model::{CredentialName, LedgerState, Live, LiveItem, Marker, Slot, Spec};

use super::blocked::{Blocked, Claim, LedgerFault, OwnerFault};

/// Why an item that seems to be ours may not be touched; `name` is what it is taken for.
pub(super) fn unclear(spec: &Spec, name: &CredentialName, item: &LiveItem, live: &Live) -> Option<Blocked> {
    let id = item.id.clone();
    let ours = Marker { stack: spec.stack.clone(), name: item.name_in(&spec.stack).unwrap_or(name).clone() };
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
