//! Where keys were delivered, over the whole stack: a place may go from one credential to another.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use crate::model::{
    CredentialName, CredentialSpec, Issued, LiveItem, Phase, SinkId, SinkRecord, Slot, SlotRecord, Spec,
};

/// Every place that the stack declares or delivered to.
#[derive(Default)]
pub(super) struct Places<'a>(BTreeMap<&'a SinkId, Place<'a>>);

#[derive(Default)]
struct Place<'a> {
    /// The credential that declares it and stays.
    declared: Option<&'a CredentialSpec>,
    given: Vec<Given<'a>>,
}

/// A key that was meant for a place.
struct Given<'a> {
    of: &'a CredentialName,
    issued: Issued<'a>,
    record: &'a SlotRecord,
    seen: &'a SinkRecord,
}

/// What keeps a key from ending.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Kept<'a> {
    /// The place that it was delivered to.
    pub(super) place: &'a SinkId,
    /// The credential that declares the place.
    pub(super) by: &'a CredentialSpec,
    /// Until when; `None` while it has had no later key.
    pub(super) until: Option<Timestamp>,
}

impl<'a> Places<'a> {
    pub(super) fn of(spec: &'a Spec, items: impl IntoIterator<Item = &'a LiveItem>) -> Self {
        let mut places: BTreeMap<&SinkId, Place<'_>> = BTreeMap::new();
        for want in spec.credentials.values().filter(|want| spec.asked_to_go(&want.name).is_none()) {
            for delivery in &want.deliver {
                places.entry(&delivery.id).or_default().declared = Some(want);
            }
        }
        for item in items {
            let Some(of) = item.stands_for(spec) else { continue };
            for record in Slot::BOTH.into_iter().filter_map(|slot| item.record(slot)) {
                for (id, seen) in &record.sinks {
                    let issued = record.in_order(&item.id);
                    places.entry(id).or_default().given.push(Given { of, issued, record, seen });
                }
            }
        }
        Self(places)
    }

    /// The place that keeps `key` the longest, which is of `name` with this overlap: each place that is declared is to have
    /// had a later key, of whichever credential, for an overlap.
    pub(super) fn keep(
        &self,
        key: &SlotRecord,
        issued: Issued<'_>,
        (name, overlap): (&CredentialName, SignedDuration),
    ) -> Option<Kept<'a>> {
        let kept = |(id, seen): &(SinkId, SinkRecord)| {
            let (place, Place { declared, given }) = self.0.get_key_value(id)?;
            let by = (*declared)?;
            let before = seen.delivered.unwrap_or(key.issued);
            let until = given.iter().filter_map(|given| {
                let at = given.seen.delivered?;
                let later = if given.of == name { given.issued > issued } else { at > before };
                let recorded = key.overlap.max(given.record.overlap);
                at.checked_add(recorded.max(overlap).max(by.expiry.overlap)).ok().filter(|_| later)
            });
            Some(Kept { place, by, until: until.min() })
        };
        key.sinks.iter().filter_map(kept).max_by_key(|kept| (kept.until.is_none(), kept.until))
    }

    /// Whether another credential than `name` delivered to the place later than `since`, or may have.
    pub(super) fn went_over(&self, id: &SinkId, name: &CredentialName, since: Timestamp) -> bool {
        let later = |given: &Given<'_>| match given.seen.delivered {
            Some(at) => at > since,
            None => given.record.phase == Phase::Delivering && given.is_next() && given.record.issued > since,
        };
        self.0.get(id).is_some_and(|place| place.given.iter().any(|given| given.of != name && later(given)))
    }
}

impl Given<'_> {
    /// Whether it is the first that is not recorded: those after it were not written.
    fn is_next(&self) -> bool {
        let open = self.record.sinks.iter().find(|(_, seen)| seen.delivered.is_none());
        open.is_some_and(|(_, seen)| std::ptr::eq(seen, self.seen))
    }
}
