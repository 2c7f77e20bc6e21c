//! The keys that are in use, for status and timeline.

use jiff::Timestamp;

use crate::model::{CredentialName, CredentialSpec, ItemId, Live, LiveItem, Observation, Retire, Slot};

use super::note::{About, Note, Unread};
use super::phase::{Items, Keys, is_foreign};

/// One key in use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyLine {
    pub name: CredentialName,
    pub slot: Slot,
    /// Whether it is the one that applications are to use.
    pub current: bool,
    /// When it ends; `None` where the portal does not tell.
    pub expires: Option<Timestamp>,
    /// What happens to it next.
    pub next: Option<Next>,
    /// Sinks seen to hold it, and all that are meant to.
    pub sinks: (usize, usize),
}

/// What will happen to a key next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    Renew(Timestamp),
    Revoke(Timestamp),
    Expire(Timestamp),
}

impl Next {
    pub const fn at(self) -> Timestamp {
        match self {
            Self::Renew(at) | Self::Revoke(at) | Self::Expire(at) => at,
        }
    }

    /// The word for it.
    pub const fn verb(self) -> &'static str {
        match self {
            Self::Renew(_) => "renew",
            Self::Revoke(_) => "revoke",
            Self::Expire(_) => "expire",
        }
    }
}

/// One line for each slot that has a live key, over all items of the credential.
pub(super) fn lines(want: &CredentialSpec, items: Items<'_>, live: &Live, now: Timestamp) -> Vec<KeyLine> {
    let keys = Keys { want, items, now };
    let of_slot = |item: &LiveItem, slot: Slot| {
        let expires = item.key_until(slot, now)?;
        let current = items.is_current(item, slot, now);
        let foreign = is_foreign(item, slot, now);
        let next = if foreign {
            None
        } else if current {
            expires.map(|end| want.expiry.renew_at(&want.name, end).map_or(Next::Expire(end), Next::Renew))
        } else {
            let ends = Keys::key_of(item, slot).and_then(|old| keys.may_end_at(&old));
            match (want.expiry.retire, ends) {
                (Retire::Revoke, Some(at)) => Some(Next::Revoke(at)),
                (Retire::Revoke, None) | (Retire::Expire, _) => expires.map(Next::Expire),
            }
        };
        let record = item.record(slot).filter(|_| !foreign);
        let fingerprint = record.and_then(|record| record.fingerprint);
        let holds = want
            .deliver
            .iter()
            .filter(|delivery| live.holding(&delivery.id).is_some_and(|held| Some(held.fingerprint) == fingerprint));
        let sinks = (holds.count(), want.deliver.len());
        Some(KeyLine { name: want.name.clone(), slot, current, expires, next, sinks })
    };
    items.all().flat_map(|item| Slot::BOTH.into_iter().filter_map(move |slot| of_slot(item, slot))).collect()
}

/// What is worth knowing about the sinks of a credential, though nothing is done about it.
pub(super) fn notes(want: &CredentialSpec, item: Option<&LiveItem>, live: &Live) -> Vec<Note> {
    let mut notes = Vec::new();
    let note = |about| Note { name: Some(want.name.clone()), about };
    let granted = |id: &ItemId| item.and_then(|item| item.app.as_ref()).is_some_and(|app| app.items.contains(id));
    let new = want.items.iter().filter(|id| !granted(id));
    for (id, found) in new.filter_map(|id| Some((id, live.referenced.get(id)?.as_ref()?))) {
        if found.owner != live.caller.username {
            notes.push(note(About::ForeignItem { item: id.clone(), owner: found.owner.clone() }));
        }
        if found.public {
            notes.push(note(About::PublicItem { item: id.clone() }));
        }
    }
    for delivery in &want.deliver {
        let place = || delivery.target.place.clone();
        match live.sinks.get(&delivery.id) {
            Some(Observation::Unreadable { why }) => {
                notes.push(note(About::UnreadableSink(Unread { place: place(), why: why.clone() })));
            }
            Some(Observation::Holds(holding)) if item.is_none() && holding.slot.is_some() => {
                notes.push(note(About::KeyWithoutItem { place: place() }));
            }
            Some(Observation::Absent) if !delivery.heal && item.is_some_and(|item| item.ledger().is_some()) => {
                notes.push(note(About::EmptySink { place: place() }));
            }
            Some(Observation::Absent | Observation::Holds(_) | Observation::Written { .. } | Observation::NotAsked)
            | None => {}
        }
    }
    if want.deliver.is_empty() {
        notes.push(note(About::NoDeliver));
    }
    notes
}
