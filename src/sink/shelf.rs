//! Sinks that reach nothing: for rehearsals.

use std::pin::Pin;

use crate::model::{Delivery, Fingerprint, Secret, SinkAbility, SinkId};

use super::{Look, SinkError};

/// What keeps keys in place of the declared sinks.
pub trait Shelf: Send + Sync {
    /// What stands at `id`.
    fn holds(&self, id: &SinkId) -> Option<Secret>;
    /// Puts `key` there.
    fn put<'a>(
        &'a self,
        delivery: &'a Delivery,
        key: &'a Secret,
    ) -> Pin<Box<dyn Future<Output = Result<(), SinkError>> + Send + 'a>>;
}

/// What the sink itself would tell: no more than its kind can.
pub(super) fn look(shelf: &dyn Shelf, delivery: &Delivery, ask_commands: bool) -> Look {
    let held = || shelf.holds(&delivery.id);
    match delivery.target.ability() {
        SinkAbility::Readable => held().map_or(Look::Absent, Look::Value),
        SinkAbility::Confirming if ask_commands => {
            held().map_or(Look::Absent, |key| Look::Confirms(Fingerprint::of(&key)))
        }
        SinkAbility::Confirming | SinkAbility::ReceiptOnly | SinkAbility::WriteOnly => Look::NotAsked,
    }
}
