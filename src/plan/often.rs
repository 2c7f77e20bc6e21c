//! How often a new item may take over although nobody edited anything.

use jiff::{SignedDuration, Timestamp};

use crate::model::{LiveItem, Made, Need};

use super::blocked::Blocked;
use super::phase::{At, Items, Keys};
use super::reason::{Cause, Reason};

/// So many within [`SPAN`].
const MOST: usize = 3;
/// How long one is remembered.
const SPAN: SignedDuration = SignedDuration::from_hours(30 * 24);

/// What makes a new item necessary; `None` where somebody wants something else than before.
fn need(reasons: &[Reason]) -> Option<Need> {
    let mut needs = reasons.iter().map(|reason| match (reason, reason.cause()) {
        (Reason::SinkLost { .. }, _) => Some(Need::Sinks),
        (Reason::DeliveryInDoubt { .. }, _) => Some(Need::Delivery),
        (_, Cause::Config | Cause::Request) => None,
        (_, Cause::Portal) => Some(Need::Key),
        (_, Cause::Time) => Some(Need::Renewal),
    });
    let first = needs.next()??;
    needs.all(|need| need.is_some()).then_some(first)
}

fn lately(home: &LiveItem, now: Timestamp) -> Vec<Made> {
    let made = home.ledger().map(|ledger| ledger.made.as_slice()).unwrap_or_default();
    made.iter().filter(|made| now.duration_since(made.at) < SPAN).copied().collect()
}

/// What the ledger of a new item remembers that is made for these reasons. After an edit the count begins anew.
pub(super) fn remembered(items: Items<'_>, reasons: &[Reason], now: Timestamp) -> Vec<Made> {
    let Some(need) = need(reasons) else { return Vec::new() };
    lately(items.home, now).into_iter().chain([Made { at: now, need }]).collect()
}

/// Why no other new item is made: something goes on making them, and it would not end by one more. A person who asks for a
/// key by name has seen to it.
pub(super) fn too_often(keys: &Keys<'_>, reasons: &[Reason], at: At<'_>) -> Option<Blocked> {
    need(reasons)?;
    let made = lately(keys.items.home, at.now);
    if made.len() < MOST || at.spec.requests.rotate.contains(&keys.want.name) {
        return None;
    }
    let from = made[made.len() - MOST].at.checked_add(SPAN).ok()?;
    Some(Blocked::TooOften { name: keys.want.name.clone(), made, from })
}

/// When what an item remembers of it no longer counts.
pub(super) fn forgotten(home: &LiveItem) -> impl Iterator<Item = Timestamp> {
    let made = home.ledger().into_iter().flat_map(|ledger| &ledger.made);
    made.filter_map(|made| made.at.checked_add(SPAN).ok())
}
