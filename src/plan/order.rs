//! The order that is shown, and the order in which sinks are safe to write.

use crate::model::{Delivery, SinkAbility, SinkId};

use super::{Action, Change, Exposure};

/// From harmless to dangerous, since the eye lands at the bottom; reports last. Inside a class by name.
pub(super) fn sorted(mut changes: Vec<Change>) -> Vec<Change> {
    changes.sort_by(|a, b| rank(a).cmp(&rank(b)).then_with(|| a.name.cmp(&b.name)).then_with(|| a.item.cmp(&b.item)));
    changes
}

fn rank(change: &Change) -> u8 {
    match (change.action, change.exposure) {
        (Action::Deliver, _) => 0,
        (Action::Create, _) => 1,
        (Action::Rotate, _) => 2,
        (Action::Retire, _) => 3,
        (Action::Update, Exposure::Same) => 4,
        (Action::Update, Exposure::Narrows) => 5,
        (Action::Update, Exposure::Widens) => 6,
        (Action::Replace, _) => 7,
        (Action::UpdateEndingKeys, _) => 8,
        (Action::Report, _) => 9,
    }
}

/// The order in which a new key is written: escrow, then what can be read, then confirming, receipt-only, write-only.
///
/// A key that is safe in a place that can be read is never lost, whatever happens to the rest.
#[must_use]
pub fn sinks_in_order(deliveries: &[Delivery]) -> Vec<SinkId> {
    let mut sinks: Vec<&Delivery> = deliveries.iter().collect();
    sinks.sort_by_key(|delivery| {
        let ability = delivery.target.ability();
        (!(delivery.escrow && ability == SinkAbility::Readable), ability)
    });
    sinks.into_iter().map(|delivery| delivery.id.clone()).collect()
}
