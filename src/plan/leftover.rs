//! What a lost answer leaves behind: an item that was made twice.

use crate::model::{CredentialSpec, LiveItem, Marker, Mode, Slot};

use super::blocked::Protection;
use super::change::{Action, Change};
use super::phase::At;
use super::reason::Reason;
use super::safety::Safety;
use super::step::Act;
use super::template::template;

/// Turns the report of a second item into its removal where it can only be the leftover of a lost answer: it carries our
/// marker and a ledger that does not name itself yet, and no slot of it was ever used.
pub(super) fn cleared(report: Change, want: &CredentialSpec, at: At<'_>) -> Change {
    let Some(Reason::Duplicate { home }) = report.reasons.first() else { return report };
    let Some(item) = report.item.as_ref().and_then(|id| at.live.items.get(id)) else { return report };
    if want.mode != Mode::Full || !is_leftover(item, want, at) {
        return report;
    }
    let reasons = vec![Reason::Leftover { home: home.clone() }];
    let mut change = template(want, item, at.live, Action::Retire, reasons);
    // What does not name itself is not written; so it is made to, first.
    change.work.then([Act::WriteLedger, Act::DeleteItem]);
    change.told.safety = Some(Safety::default());
    change.blocked = Protection::of(item);
    change
}

fn is_leftover(item: &LiveItem, want: &CredentialSpec, at: At<'_>) -> bool {
    let Some(ledger) = item.ledger() else { return false };
    let marked = |marker: &Marker| marker.stack == at.spec.stack && marker.name == want.name;
    ledger.item.is_none()
        && ledger.stack == at.spec.stack
        && ledger.name == want.name
        && ledger.owner == item.owner
        && item.owner == at.live.caller.username
        && !item.markers.is_empty()
        && item.markers.iter().all(marked)
        && Slot::BOTH.into_iter().all(|slot| ledger.slots.get(slot).is_none() && !item.is_active(slot))
}
