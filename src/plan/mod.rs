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
mod order;
mod ours;
mod outlook;
mod pair;
mod phase;
mod places;
mod planner;
mod reason;
mod recovery;
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

pub use assume::{as_of, assume};
pub use blocked::{
    Asked, Blocked, BlockedBy, Claim, Ends, Keeps, Lacks, LedgerFault, OwnerFault, Protection, Retry, Rule, SeenIn,
    Takes, Unknown,
};
#[cfg(test)]
pub(crate) use boundary::outlines;
pub use change::{Action, Change, Exposure, LiveKey, Overview, Plan, Told};
pub(crate) use codes::{BLOCKS, NOTES};
pub use diff::{asked, returned, returned_for};
pub use field::{FieldDiff, FieldValue};
pub use forecast::{Event, Forecast, Lapsed, forecast};
pub use keys::{KeyLine, Next};
pub use limit::{Guard, GuardUse, Over, Refused};
pub use note::{About, Note, Unread};
pub use order::sinks_in_order;
pub use outlook::{Budget, Lapse, Outlook};
pub(crate) use phase::is_foreign;
pub use reason::{Cause, Reason};
pub use safety::{Gap, Outgoing, Safety, Then};
pub use step::{Act, Step, Target};
pub use turn::{Boundary, Turn};
pub use work::{Wanted, Work};

use jiff::Timestamp;

use crate::model::{Live, Spec};

use phase::At;
use places::Places;
use planner::{draft, keys_in_use, outlook_of};

/// Says what would make `live` match `spec`, and why each step is there.
///
/// The same three values give the same plan, byte for byte.
#[must_use]
pub fn plan(spec: &Spec, live: &Live, now: Timestamp) -> Plan {
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
