//! Sinks that reach nothing: for rehearsals.

use std::pin::Pin;

use super::error::SinkError;
use crate::model::{Delivery, Secret, SinkId};

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
