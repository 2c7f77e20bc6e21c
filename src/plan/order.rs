//! The order that is shown, and the order in which sinks are safe to write.

use std::cmp::Reverse;

use crate::model::{Delivery, SinkId};

use super::change::{Action, Change, Exposure};

/// From harmless to dangerous, since the eye lands at the bottom; reports last. Inside a class by name.
pub(super) fn sorted(mut changes: Vec<Change>) -> Vec<Change> {
    changes.sort_by(|a, b| rank(a).cmp(&rank(b)).then_with(|| a.name.cmp(&b.name)).then_with(|| a.item.cmp(&b.item)));
    changes
}

fn rank(change: &Change) -> u8 {
    // Apply keeps this order within a credential, and whatever else is done to it is done under its new name.
    if change.renames() || change.notes_lost() {
        return 0;
    }
    match (change.action, change.exposure) {
        (Action::Deliver, _) => 1,
        (Action::Create, _) => 2,
        (Action::Rotate, _) => 3,
        (Action::Retire, _) => 4,
        (Action::Update, Exposure::Same) => 5,
        (Action::Update, Exposure::Narrows) => 6,
        (Action::Update, Exposure::Widens) => 7,
        (Action::Replace, _) => 8,
        (Action::UpdateEndingKeys, _) => 9,
        (Action::Forget, _) => 10,
        (Action::Destroy, _) => 11,
        (Action::Report, _) => 12,
    }
}

/// The order in which a new key is written: escrow, then what can be read, then confirming, receipt-only, write-only.
///
/// A key that is safe in a place that can be read is never lost, whatever happens to the rest.
pub(crate) fn sinks_in_order(deliveries: &[Delivery]) -> Vec<SinkId> {
    let mut sinks: Vec<&Delivery> = deliveries.iter().collect();
    sinks.sort_by_key(|delivery| {
        let ability = delivery.target.ability;
        Reverse((delivery.escrow && ability.reads, ability))
    });
    sinks.into_iter().map(|delivery| delivery.id.clone()).collect()
}
