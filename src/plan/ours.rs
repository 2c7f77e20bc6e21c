//! Why an item that seems to be ours may not be touched.

use crate::model::{
    CredentialName, CredentialSpec, LedgerState, Live, LiveItem, Marker, Observation, SinkId, Slot, SlotRecord, Spec,
};

use super::blocked::{Blocked, Claim, LedgerFault};
use super::reason::Reason;

/// Why an item that seems to be ours may not be touched; `name` is what it is taken for.
pub(super) fn unclear(spec: &Spec, name: &CredentialName, item: &LiveItem) -> Option<Blocked> {
    let id = item.id.clone();
    let ours = Marker { stack: spec.stack.clone(), name: item.name_in(&spec.stack).unwrap_or(name).clone() };
    if let Some(theirs) = item.markers.iter().find(|marker| marker.stack != spec.stack) {
        return Some(Blocked::OtherStack { item: id, claim: Claim::Marker { theirs: theirs.clone() } });
    }
    let fault = match &item.ledger {
        LedgerState::Newer { version } => LedgerFault::Newer { version: *version },
        LedgerState::Broken { why } => LedgerFault::Broken { why: why.clone() },
        LedgerState::Read(ledger) if ledger.stack != spec.stack => {
            let claim = Claim::Ledger { stack: ledger.stack.clone(), ours };
            return Some(Blocked::OtherStack { item: id, claim });
        }
        LedgerState::Read(ledger) if ledger.owner != item.owner => {
            let maker = ledger.owner.clone();
            return Some(Blocked::Owner { item: id, owner: item.owner.clone(), maker });
        }
        LedgerState::Read(_) if !item.markers.contains(&ours) => LedgerFault::NoMarker,
        LedgerState::None if Slot::BOTH.into_iter().any(|slot| item.is_active(slot)) => LedgerFault::NoLedger,
        LedgerState::Read(_) | LedgerState::None => return None,
    };
    Some(Blocked::Ledger { item: id, marker: ours, fault })
}

/// Why an item of another owner is told of.
pub(super) fn stranger(item: &LiveItem, live: &Live) -> Reason {
    let owner = item.owner.clone();
    if was_ours(item, live) { Reason::HandedOver { owner } } else { Reason::OtherOwner { owner } }
}

/// Whether the caller had it before, by a ledger that is its own.
fn was_ours(item: &LiveItem, live: &Live) -> bool {
    let had = item.ledger().is_some_and(|ledger| ledger.owner.eq_ignore_ascii_case(&live.caller.username));
    had && item.names_itself()
}

/// The item of `want` that was handed over while a sink still holds a key of it: to make another one is for a person to
/// decide.
pub(super) fn handed_over(spec: &Spec, want: &CredentialSpec, live: &Live) -> Option<Blocked> {
    let given =
        live.strangers.values().filter(|item| was_ours(item, live) && item.credential(spec) == Some(&want.name));
    given.into_iter().find_map(|item| {
        let records: Vec<&SlotRecord> = Slot::BOTH.into_iter().filter_map(|slot| item.record(slot)).collect();
        let holds = |id: &SinkId| match live.sinks.get(id) {
            Some(Observation::Holds(held)) => records.iter().any(|record| record.fingerprint == Some(held.fingerprint)),
            Some(Observation::Absent) => false,
            // Where nobody can look, it may still have what it was given.
            Some(Observation::Unreadable { .. } | Observation::Written { .. } | Observation::NotAsked) | None => {
                records.iter().any(|record| record.sinks.iter().any(|(sink, _)| sink == id))
            }
        };
        let place = want.deliver.iter().find(|delivery| holds(&delivery.id))?.target.place.clone();
        let (item, owner, caller) = (item.id.clone(), item.owner.clone(), live.caller.username.clone());
        Some(Blocked::HandedOver { item, owner, caller, place })
    })
}
