//! A new item that takes over, and what becomes of what it takes over from.

use jiff::Timestamp;

use crate::model::{CredentialSpec, Field, Live, Retire};

use super::change::Change;
use super::diff;
use super::phase::Items;
use super::safety::{Outgoing, Then};
use super::step::Act;

/// What becomes of the item that a new one takes over from.
pub(super) fn outgoing_item(want: &CredentialSpec, items: Items<'_>, now: Timestamp) -> Outgoing {
    let overlaps = items.all().filter_map(|item| item.ledger()).flat_map(|ledger| {
        [&ledger.slots.one, &ledger.slots.two].into_iter().flatten().map(|record| (record.overlap, record.end()))
    });
    let (mut overlap, mut ends) = (want.expiry.overlap, now);
    for (recorded, expires) in overlaps {
        overlap = overlap.max(recorded);
        ends = ends.max(expires);
    }
    let over = now.checked_add(overlap).unwrap_or(Timestamp::MAX);
    let until = match want.expiry.retire {
        Retire::Revoke => over,
        // Left to expire, its keys take it along only then.
        Retire::Expire => over.max(ends),
    };
    Outgoing { item: Some(items.home.id.clone()), slot: None, until, overlap, then: Then::Delete }
}

/// What makes an item, its folder with it.
pub(super) fn making(want: &CredentialSpec, live: &Live) -> impl Iterator<Item = Act> {
    let record = Act::Record { fields: Field::ALL.into() };
    diff::folder_act(want, live).into_iter().chain([Act::AddItem, Act::WriteLedger, Act::Register, record])
}

/// Makes `change` one that begins with a new item.
pub(super) fn make_anew(change: &mut Change, want: &CredentialSpec, items: Items<'_>, live: &Live, now: Timestamp) {
    change.work.generation = items.next_generation();
    change.item = Some(items.home.id.clone());
    change.work.seen = None;
    change.work.then(making(want, live));
    change.work.wanted = Some(Box::new(diff::wanted(want, live)));
    change.told.outgoing = Some(outgoing_item(want, items, now));
}
