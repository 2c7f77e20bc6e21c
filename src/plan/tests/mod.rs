//! The planner as a table of worlds: what is there, and what is planned for it.

mod ahead;
mod boundary;
mod dates;
mod forecast;
mod foreign;
mod guard;
mod leave;
mod order;
mod overlap;
mod places;
mod recovery;
mod refused;
mod rename;
mod replace;
mod requests;
mod safety;
mod settings;
mod taken;
mod waits;
pub(crate) mod world;

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};

use super::{
    About, Act, Action, Blocked, BlockedBy, Cause, Change, Exposure, Gap, Next, Plan, Reason, Safety, Step, Target,
    Then, plan,
};
use crate::model::*;
use world::*;
