//! What is written into a ledger, and when: one function a write, for runs and for what looks ahead.
//!
//! A key goes through [`begin_issue`](Ledger::begin_issue), once its slot is empty and dated, [`delivering`](Ledger::delivering), one
//! [`sink_has`](Ledger::sink_has) a sink, [`delivered`](Ledger::delivered) and, once it ended,
//! [`drop_slot`](Ledger::drop_slot). Each is in the ledger before anything that relies on it is done, so that a run may die
//! between any two. A slot without a record stays as it is.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::{
    Applied, CredentialName, Field, Fingerprint, Issue, ItemId, Ledger, PerSlot, Phase, Receipt, Refusal, SinkId,
    SinkRecord, Slot, SlotRecord, Taken, Values,
};

impl Ledger {
    /// Names the item that carries it, so that a copy of that item is known for one.
    pub fn claim(&mut self, item: ItemId, owner: String) {
        self.item = Some(item);
        self.owner = owner;
    }

    /// Gives the credential another name; items that are renamed in the same run are named, so that none is a stranger.
    pub fn renamed(&mut self, item: ItemId, name: CredentialName, with: BTreeSet<ItemId>) {
        self.item = Some(item);
        self.name = name;
        self.renamed_with = with;
    }

    /// Says which access the portal did not take; what was said of other access before is over.
    pub(crate) fn refused(&mut self, refused: &Refusal) {
        self.refused.clone_from(refused);
    }

    /// Takes over what was asked for and what the portal returned of it, in `fields` alone once anything was applied, and
    /// not of what it did not take. With access comes what of it is withheld. An edit begins the count of new items anew.
    pub fn applied(&mut self, asked: &Values, returned: &Values, fields: &BTreeSet<Field>, taken: &Taken) {
        if fields.iter().any(|field| field.ends_keys()) {
            self.taken.clone_from(taken);
        }
        if self.applied.is_some() && !fields.is_empty() {
            self.made.clear();
        }
        let fields = &fields.iter().filter(|field| !self.refused.contains_key(field)).copied().collect();
        let base = || Applied { asked: returned.clone(), returned: returned.clone() };
        let applied = self.applied.get_or_insert_with(base);
        applied.asked.take(asked, fields);
        applied.returned.take(returned, fields);
    }

    /// Says that a key is about to be issued, and for whom: from the call on, it may be there. Until then, its slot has no
    /// record, and whatever comes there is somebody else's.
    pub fn begin_issue(
        &mut self,
        issue: &Issue,
        receipts: &BTreeMap<SinkId, Receipt>,
        date_before: Option<Timestamp>,
        now: Timestamp,
    ) {
        let Issue { slot, serial, life: _, expires, overlap, sinks, others: _ } = issue;
        let sink =
            |id: &SinkId| (id.clone(), SinkRecord { receipt_before: receipts.get(id).copied(), delivered: None });
        *self.slots.get_mut(*slot) = Some(SlotRecord {
            serial: *serial,
            phase: Phase::Issuing,
            issued: now,
            expires: *expires,
            ends: None,
            shown: None,
            date_before,
            fingerprint: None,
            overlap: *overlap,
            sinks: sinks.iter().map(sink).collect(),
            delivered: None,
        });
    }

    /// Says that the key was proved and is given out from now on: by this item, whatever took over from it before.
    pub fn delivering(&mut self, slot: Slot, key: Fingerprint, now: Timestamp) {
        self.superseded_by = None;
        self.resumed(slot, key);
        self.of(slot, |record| record.issued = now);
    }

    /// Says that a key found in a sink is being given out: the ledger was older than the truth.
    pub fn resumed(&mut self, slot: Slot, key: Fingerprint) {
        self.of(slot, |record| {
            record.phase = Phase::Delivering;
            record.fingerprint = Some(key);
        });
    }

    /// Says that a sink was seen to have the key, whether it was meant for that sink or not.
    pub fn sink_has(&mut self, slot: Slot, sink: &SinkId, now: Timestamp) {
        self.of(slot, |record| match record.sinks.iter_mut().find(|(id, _)| id == sink) {
            Some((_, seen)) => seen.delivered = Some(now),
            None => record.sinks.push((sink.clone(), SinkRecord { receipt_before: None, delivered: Some(now) })),
        });
    }

    /// Says that every sink has the key.
    pub fn delivered(&mut self, slot: Slot, now: Timestamp) {
        self.of(slot, |record| {
            record.phase = Phase::Delivered;
            record.delivered = Some(now);
        });
    }

    /// Says that another key was issued over this one: its slot is somebody else's from now on.
    pub fn lost(&mut self, slot: Slot) {
        self.of(slot, |record| record.phase = Phase::Lost);
    }

    /// Forgets a key that was seen to have ended.
    pub fn drop_slot(&mut self, slot: Slot) {
        *self.slots.get_mut(slot) = None;
    }

    /// Says which item took over, before anybody is given a key of it.
    pub fn superseded(&mut self, by: &ItemId) {
        self.superseded_by = Some(by.clone());
    }

    /// Notes what has come to be known of the ends of proved keys, once: what a key `told`, and the dates its item shows.
    pub fn note_ends(&mut self, told: Option<(Slot, Timestamp)>, shown: &PerSlot<Option<Timestamp>>) {
        for slot in Slot::BOTH {
            let Some(record) = self.slots.get_mut(slot).as_mut().filter(|record| record.is_proved()) else { continue };
            if record.ends.is_none() {
                record.ends = told.filter(|(of, _)| *of == slot).map(|(_, end)| end);
            }
            if record.shown.is_none() {
                record.shown = shown.get(slot).filter(|date| record.is_date(*date));
            }
        }
    }

    fn of(&mut self, slot: Slot, change: impl FnOnce(&mut SlotRecord)) {
        if let Some(record) = self.slots.get_mut(slot) {
            change(record);
        }
    }
}

impl Values {
    /// What a field of the access has, each as a text; a flag that is not set has nothing.
    pub(crate) fn members(&self, field: Field) -> BTreeSet<String> {
        match field {
            Field::Privileges => self.privileges.iter().map(ToString::to_string).collect(),
            Field::Items => self.items.iter().map(ToString::to_string).collect(),
            Field::Referrers => self.referrers.iter().map(ToString::to_string).collect(),
            Field::Personal => self.personal.then(|| "true".to_owned()).into_iter().collect(),
            Field::Title | Field::Snippet | Field::Description | Field::Tags | Field::Folder | Field::Protect => {
                BTreeSet::new()
            }
        }
    }

    /// Takes over the fields in `fields` from `from`.
    pub(crate) fn take(&mut self, from: &Self, fields: &BTreeSet<Field>) {
        for field in fields {
            match field {
                Field::Privileges => self.privileges.clone_from(&from.privileges),
                Field::Items => self.items.clone_from(&from.items),
                Field::Referrers => self.referrers.clone_from(&from.referrers),
                Field::Personal => self.personal = from.personal,
                Field::Title => self.title.clone_from(&from.title),
                Field::Snippet => self.snippet.clone_from(&from.snippet),
                Field::Description => self.description_hash.clone_from(&from.description_hash),
                Field::Tags => self.tags.clone_from(&from.tags),
                Field::Folder => self.folder.clone_from(&from.folder),
                Field::Protect => self.protect = from.protect,
            }
        }
    }
}

#[cfg(test)]
#[path = "transition_tests.rs"]
mod tests;
