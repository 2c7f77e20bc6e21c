//! A new item that takes over, and what becomes of what it takes over from.

use jiff::{SignedDuration, Timestamp};

use crate::model::{CredentialSpec, ItemId, Live, Retire, Slot};

use super::phase::Items;
use super::{Change, Field, Step, diff};

/// What becomes of an old key when its overlap is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Then {
    /// It is revoked.
    Revoke,
    /// It is left to expire.
    Expire,
    /// It is revoked, and its item is deleted.
    Delete,
}

impl Then {
    /// The word machines read.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::Revoke => "revoke",
            Self::Expire => "expire",
            Self::Delete => "delete",
        }
    }
}

/// What a new key takes over from, and how long that stays.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outgoing {
    /// The item, where the new key is of another one.
    pub item: Option<ItemId>,
    /// The slot, where it is of the same item.
    pub slot: Option<Slot>,
    /// Until when it stays, if the plan is carried out at its time.
    pub until: Timestamp,
    /// The overlap.
    pub overlap: SignedDuration,
    /// What happens then.
    pub then: Then,
}

/// Makes `change` one that begins with a new item.
pub(super) fn make_anew(change: &mut Change, want: &CredentialSpec, items: Items<'_>, live: &Live, now: Timestamp) {
    change.steps.extend(diff::folder_step(want, live));
    change.steps.extend([Step::AddItem, Step::Claim, Step::Register, Step::Record { fields: Field::ALL.into() }]);
    change.generation = items.next_generation();
    change.item = Some(items.home.id.clone());
    change.seen = None;
    change.wanted = Some(Box::new(diff::wanted(want, live)));
    change.outgoing = Some(outgoing_item(want, items, now));
}

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
