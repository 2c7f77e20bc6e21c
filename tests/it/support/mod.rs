//! What tests from outside share: one portal, one sandbox that keyform runs in, one transcript, one search for secrets.

#![allow(clippy::format_collect, reason = "the short form reads better, and nobody waits")]
#![allow(clippy::disallowed_methods, reason = "a run that does not end has to be given up")]

pub(crate) mod portal;
pub(crate) mod sandbox;
pub(crate) mod search;
pub(crate) mod transcript;

use std::sync::atomic::{AtomicUsize, Ordering};

/// Does `case` for each of `cases`, some of them side by side; all of them, whatever becomes of one.
///
/// Most of the time of a case is waiting for processes to start and to end.
pub(crate) fn side_by_side<T: Sync>(cases: &[T], case: impl Fn(&T) + Sync) {
    const WORKERS: usize = 6;
    let next = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..WORKERS {
            scope.spawn(|| {
                while let Some(one) = cases.get(next.fetch_add(1, Ordering::Relaxed)) {
                    case(one);
                }
            });
        }
    });
}
