//! Sinks that reach nothing: for rehearsals.

use std::pin::Pin;

use crate::model::{Delivery, Fingerprint, Secret, SinkAbility, SinkId};

use super::error::{Problem, SinkError};
use super::look::Look;

/// What keeps keys in place of the declared sinks.
pub trait Shelf: Send + Sync {
    /// What stands at `id`.
    fn holds(&self, id: &SinkId) -> Option<Secret>;
    /// Why what stands at `id` cannot be told now; `None` if it can.
    fn silent(&self, _: &SinkId) -> Option<String> {
        None
    }
    /// Puts `key` there.
    fn put<'a>(
        &'a self,
        delivery: &'a Delivery,
        key: &'a Secret,
    ) -> Pin<Box<dyn Future<Output = Result<(), SinkError>> + Send + 'a>>;
}

/// Whether the sink itself would take a key: one that can be read back has to be.
pub(super) fn check(shelf: &dyn Shelf, delivery: &Delivery) -> Result<(), Problem> {
    let readable = delivery.target.ability.reads;
    match shelf.silent(&delivery.id).filter(|_| readable) {
        Some(why) => {
            Err(Problem::CannotRead { path: delivery.target.place.clone().into(), why: std::io::Error::other(why) })
        }
        None => Ok(()),
    }
}

/// What the sink itself would tell: no more than its kind can.
pub(super) fn look(shelf: &dyn Shelf, delivery: &Delivery, ask_commands: bool) -> Look {
    let SinkAbility { reads, confirms, receipts: _ } = delivery.target.ability;
    let asks = reads || confirms && ask_commands;
    if !asks {
        return Look::NotAsked;
    }
    if let Some(why) = shelf.silent(&delivery.id) {
        return Look::Unreadable { why };
    }
    let told = |key: Secret| if reads { Look::Value(key) } else { Look::Confirms(Fingerprint::of(&key)) };
    shelf.holds(&delivery.id).map_or(Look::Absent, told)
}
