//! Spec + Live + now → Plan. Pure and total.
//!
//! What may not be done comes back as a blocked [`Change`], not as an error.

mod access;
mod assume;
mod before;
mod blocked;
mod boundary;
mod change;
mod codes;
mod credential;
mod decide;
mod diff;
mod field;
mod forecast;
mod guard;
mod impact;
mod issue;
mod keys;
mod leave;
mod leftover;
mod limit;
mod note;
mod often;
mod order;
mod ours;
mod outlook;
mod pair;
mod phase;
mod places;
mod planner;
mod reason;
mod recovery;
mod refused;
mod rename;
mod replace;
mod revoke;
mod safety;
mod step;
mod taken;
mod template;
#[cfg(test)]
pub(crate) mod tests;
mod turn;
mod waits;
mod work;

pub(crate) use assume::{as_of, assume};
pub(crate) use blocked::{
    Asked, Blocked, BlockedBy, Claim, Ends, Keeps, Lacks, LedgerFault, Protection, Retry, Rule, SeenIn, Takes, Unknown,
};
#[cfg(test)]
pub(crate) use boundary::outlines;
pub(crate) use change::{Action, Change, Exposure, LiveKey, Plan};
pub(crate) use codes::{BLOCKS, NOTES};
pub(crate) use diff::returned_for;
pub(crate) use field::{FieldDiff, FieldValue};
pub(crate) use forecast::{Event, Forecast, Lapsed, forecast};
pub(crate) use keys::{KeyLine, Next};
pub(crate) use limit::{Guard, GuardUse, Over, Refused};
pub(crate) use note::{About, Note, Unread};
pub(crate) use outlook::{Budget, Lapse, Outlook};
pub(crate) use phase::is_foreign;
pub(crate) use reason::{Cause, Reason};
pub(crate) use refused::{keeps_too_much, not_taken};
pub(crate) use safety::{Gap, Outgoing, Safety, Then};
#[cfg(test)]
pub(crate) use step::Step;
pub(crate) use step::{Act, Target};
pub(crate) use turn::{Boundary, Turn};
pub(crate) use work::{Wanted, Work};

use jiff::Timestamp;

use crate::model::{Live, Spec};

use phase::At;
use places::Places;
use planner::{draft, keys_in_use, outlook_of};

/// Says what would make `live` match `spec`, and why each step is there.
///
/// The same three values give the same plan, byte for byte.
pub(crate) fn plan(spec: &Spec, live: &Live, now: Timestamp) -> Plan {
    let mut plan = draft(spec, live, now);
    if plan.runnable().next().is_some() {
        let after = &assume(spec, live, &plan, now);
        let places = &Places::of(spec, after.items.values());
        plan.overview.keys_after = keys_in_use(&pair::by_name(spec, after), At { spec, live: after, now, places });
        plan.overview.outlook_after = outlook_of(spec, live, &plan.overview.keys_after, now);
    }
    let places = Places::of(spec, live.items.values());
    plan.boundary = boundary::next(&pair::by_name(spec, live), At { spec, live, now, places: &places });
    plan
}
