//! The real configuration through simulated time, on a portal in this process; no real sink is touched.
//!
//! ```text
//! Spec ──▶ Process (read, plan, apply under a lease) ──requests, sink writes──▶ World ──▶ Apps (what applications see)
//! ```
//!
//! The process is the one that `apply` runs; only what carries its requests, keeps its keys and tells it the time is
//! another. A [`World`] is looked at by the applications after everything that happens to it, and what it was like at
//! every point at which a process could have died can be kept and gone on from.

mod apps;
mod process;
#[cfg(test)]
mod tests;
mod world;
mod year;

pub use apps::{Apps, Dark, Seen};
pub use process::{Ended, look, run};
pub use world::{Between, Frozen, Mishap, Moment, Shot, World};
pub use year::{Counted, Disturbed, Left, Progress, Rehearsal, Stuck, Terms, rehearse};
