//! What can be relied on while a change is carried out, from the change and the keys that there are.

use jiff::Timestamp;

use crate::model::{CredentialSpec, Delivery, Retire};

use super::change::{Action, Change};
use super::phase::{Items, Key, Keys, is_foreign};
use super::reason::Reason;
use super::safety::{Gap, Outgoing, Safety, Then};
use super::step::Act;

/// Says of `change` what can be relied on, and what becomes of the key it takes over from.
pub(super) fn tell(change: &mut Change, want: &CredentialSpec, items: Option<Items<'_>>, now: Timestamp) {
    let about_keys = change.work.acts().any(|act| {
        matches!(
            act,
            Act::UpdateApp
                | Act::Issue(_)
                | Act::ReadKeyFromSink { .. }
                | Act::Deliver { .. }
                | Act::Revoke { .. }
                | Act::EndKey { .. }
                | Act::DeleteItem
        )
    });
    if !about_keys {
        return;
    }
    let keys = items.map(|items| Keys { want, items, now });
    let current = keys.as_ref().and_then(Keys::current);
    let known = change.told.safety.and_then(|safety| safety.gap);
    let gap = known.or_else(|| gap(change, want, current.as_ref(), now));
    let may_replace = keys.as_ref().is_some_and(|keys| may_replace(change, keys));
    change.told.safety = Some(Safety { gap, may_replace });
    if change.told.outgoing.is_none() && known.is_none() {
        change.told.outgoing = current.and_then(|current| outgoing_slot(change, want, items, &current, now));
    }
}

fn gap(change: &Change, want: &CredentialSpec, current: Option<&Key<'_>>, now: Timestamp) -> Option<Gap> {
    let lost = change.reasons.iter().any(|reason| matches!(reason, Reason::SinkLost { .. }));
    if lost || !change.told.dead_in.is_empty() {
        return Some(Gap::Dead);
    }
    change.work.issue()?;
    let current = current?;
    if !current.works(now) {
        return Some(Gap::Dead);
    }
    let overlap = current.overlap(want);
    let until = current.record.end();
    now.checked_add(overlap).is_ok_and(|over| until <= over).then_some(Gap::TooLate { until })
}

/// Exactly if no sink can be read back, unless there is only one and it confirms or gives receipts: then a crash can
/// leave a key in doubt, which takes the other slot, or a new item where that one is not free.
fn may_replace(change: &Change, keys: &Keys<'_>) -> bool {
    let Some(issue) = change.work.issue() else { return false };
    let ends_all = change.work.acts().any(|act| matches!(act, Act::UpdateApp | Act::AddItem));
    // What comes and goes by itself proves nothing by not being there.
    let readable = |sink: &Delivery| sink.heal && sink.target.ability.reads;
    let alone = match keys.want.deliver.as_slice() {
        [one] => one.target.ability.only_hints(),
        _ => false,
    };
    let other = issue.slot.other();
    !ends_all
        && !alone
        && !keys.want.deliver.iter().any(readable)
        && !keys.is_free(other)
        && !is_foreign(keys.items.home, other, keys.now)
}

/// What becomes of the key of home that a rotation takes over from.
fn outgoing_slot(
    change: &Change,
    want: &CredentialSpec,
    items: Option<Items<'_>>,
    current: &Key<'_>,
    now: Timestamp,
) -> Option<Outgoing> {
    let issue = change.work.issue()?;
    let here = items.is_some_and(|items| items.home.id == current.item.id) && issue.slot != current.slot;
    if change.action != Action::Rotate || !here || !current.works(now) {
        return None;
    }
    let overlap = current.overlap(want);
    let (over, ends) = (now.checked_add(overlap).ok()?, current.record.end());
    let then = match want.expiry.retire {
        Retire::Revoke if over < ends => Then::Revoke,
        Retire::Revoke | Retire::Expire => Then::Expire,
    };
    let until = if then == Then::Revoke { over } else { ends };
    Some(Outgoing { item: None, slot: Some(current.slot), until, overlap, then })
}
