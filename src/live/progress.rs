//! How far the reading has come, for whoever watches.

/// What is being read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reading {
    /// Folders and the index.
    Lists,
    /// Items and their apps.
    Items,
    /// Sinks.
    Sinks,
}

/// Is told how far the reading has come.
pub trait Progress: Sync {
    /// `done` of `total` of `what` are read; the total may grow.
    fn step(&self, done: usize, total: usize, what: Reading);
    /// The reading is over, one way or the other.
    fn end(&self) {}
}

/// Nobody watches.
#[derive(Clone, Copy, Debug, Default)]
pub struct Unwatched;

impl Progress for Unwatched {
    fn step(&self, _: usize, _: usize, _: Reading) {}
}
