//! Where a run takes place.

use std::time::Duration;

use crate::clock::ServerClock;
use crate::portal::{Hello, Http};
use crate::sink::Sinks;

use super::Asked;

/// All that differs between a machine and a rehearsal.
#[derive(Clone, Copy)]
pub struct Host<'a> {
    /// The portal, signed in to.
    pub portal: &'a Http,
    /// Its first answer.
    pub hello: &'a Hello,
    /// Where keys go.
    pub sinks: &'a Sinks,
    /// The portal's clock.
    pub clock: &'a ServerClock,
    /// How many requests read at a time.
    pub parallel: usize,
    /// How long to wait before an object is read again that does not show a write yet.
    pub settle: Duration,
    /// Whether it writes under a lease; without one, runs that overlap are the caller's business.
    pub lease: bool,
    /// Once somebody has asked, the run stops after a finished step.
    pub stop: &'a Asked,
}
