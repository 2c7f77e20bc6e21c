//! Steps about keys: mint, prove, deliver, record, revoke.

use std::collections::BTreeSet;

use jiff::Timestamp;

use crate::model::{
    Dated, Delivery, Fingerprint, Issue, ItemId, KeyIdentity, LiveItem, Privilege, Receipt, Referrer, Secret,
    SinkAbility, SinkId, Slot, SlotRecord,
};
use crate::plan::{Act, Work, is_foreign};
use crate::portal::{Regenerate, WritePortal};
use crate::sink::Look;

use super::error::{ApplyError, Doubt, Object};
use super::run::{APART, LOOKS, Run};

impl<P: WritePortal> Run<'_, P> {
    /// Looks at every sink that is to be written, before anything is written.
    pub(super) async fn check_sinks(&mut self, work: &Work) -> Result<(), ApplyError> {
        for act in work.acts() {
            if let Act::Deliver { sink, .. } = act {
                let delivery = declared(work, sink)?;
                self.session.sinks.check(delivery).await.map_err(ApplyError::Sink)?;
                let SinkAbility { reads, confirms, receipts } = delivery.target.ability;
                if receipts
                    && !reads
                    && !confirms
                    && let Look::Written { at } = self.session.sinks.look(delivery, true).await
                {
                    self.receipts.insert(sink.clone(), Receipt { at, noted: self.session.now() });
                }
            }
        }
        Ok(())
    }

    /// Mints a key into a slot and proves it. Every write before the token call makes it safe to die after it.
    pub(super) async fn issue(&mut self, issue: &Issue) -> Result<(), ApplyError> {
        let (id, slot) = (self.id()?, issue.slot);
        self.own_end = None;
        self.vacate(slot).await?;
        let date_before = self.set_date(issue).await?;
        self.issued = true;
        self.record_issuing(issue, date_before).await?;
        let key = self.mint(slot).await?;
        if let Err(why) = self.prove(slot, &key).await {
            // It may be somebody else's who was quicker: whose it is, the next run reads from slot and ledger.
            return Err(ApplyError::Unproved { slot, item: id, why });
        }
        for other in &issue.others {
            self.supersede(other, &id).await?;
        }
        let fingerprint = Fingerprint::of(&key);
        let delivering = "recording that the key is being delivered";
        self.ledger(delivering, |ledger, now| ledger.delivering(slot, fingerprint, now)).await?;
        (self.key, self.given) = (Some((slot, key)), false);
        let until = self.item()?.record(slot).map_or(issue.expires, SlotRecord::end);
        self.say(format!("slot {slot} issued (until {})", until.strftime("%Y-%m-%d")));
        Ok(())
    }

    /// Ends what a slot holds that is to be taken, sees it inactive, and takes its record out of the ledger. What is known of
    /// a key that ended otherwise stays until the new one takes its place: sinks may hold it.
    async fn vacate(&mut self, slot: Slot) -> Result<(), ApplyError> {
        let id = self.id()?;
        let before = self.read_surely(&id, &[slot]).await?;
        self.unmoved(&before)?;
        ours_to_end(&before, slot, self.session.now())?;
        let was_given = before.record(slot).is_some_and(SlotRecord::is_proved);
        let (active, lives) = (before.is_active(slot), before.key_until(slot, self.session.now()).is_some());
        // It was dead when this was planned: whose key came to be there since nobody can tell.
        if was_given && lives && !self.item()?.is_active(slot) {
            return Err(ApplyError::Moved { what: Object::Slot(slot) });
        }
        self.keep(before);
        if active {
            self.revoke_seen(&id, slot).await?;
        }
        if self.item()?.record(slot).is_none() || was_given && !lives {
            return Ok(());
        }
        self.ledger("taking the key from the ledger", |ledger, _| ledger.drop_slot(slot)).await
    }

    /// Tells another item of the credential that home took over, before anybody is given the new key.
    async fn supersede(&mut self, other: &ItemId, home: &ItemId) -> Result<(), ApplyError> {
        let before = self.read_item(other).await?;
        let mut ledger = match before.ledger() {
            Some(ledger) if ledger.item.as_ref() == Some(other) && ledger.name == *self.name => ledger.clone(),
            Some(_) | None => return Err(ApplyError::Moved { what: Object::LedgerOf(other.clone()) }),
        };
        ledger.superseded(home);
        self.write_ledger_of("recording that a new item took over", &before, ledger).await.map(drop)
    }

    /// Says in the ledger that a key is about to be issued, and for whom.
    async fn record_issuing(&mut self, issue: &Issue, date_before: Option<Timestamp>) -> Result<(), ApplyError> {
        let receipts = self.receipts.clone();
        let doing = "recording that a key is about to be issued";
        self.ledger(doing, |ledger, now| ledger.begin_issue(issue, &receipts, date_before, now)).await
    }

    /// Writes the end of the key that is about to be issued into an emptied slot, and then sees that slot still empty, before
    /// the ledger says that a key of ours may be there. The date it had before.
    ///
    /// Whether the item shows the new date before there is a key is the portal's affair: the key itself proves its end.
    async fn set_date(&mut self, issue: &Issue) -> Result<Option<Timestamp>, ApplyError> {
        let (id, slot, expires) = (self.id()?, issue.slot, issue.expires);
        let before = *self.item()?.dates.get(slot);
        let portal = self.session.portal;
        let answered = self.write("writing the key's end", portal.set_date(&id, slot, expires)).await?.is_some();
        let understood = |item: &LiveItem| {
            let shown = *item.dates.get(slot);
            // A date that comes after its key could end it: without an answer, only the sight of it will do.
            if shown == before { answered } else { shown.is_some_and(|date| issue.is_date(date)) }
        };
        let (after, is_understood) = self.read_until(&id, true, understood).await?;
        self.unmoved(&after)?;
        if after.is_active(slot) {
            return Err(ApplyError::Moved { what: Object::Slot(slot) });
        }
        if !is_understood && !answered {
            return Err(self.not_kept(format!("item {id} does not show the end {expires} for slot {slot}")));
        }
        // Somebody is about to issue a key here.
        if !is_understood {
            return Err(ApplyError::Moved { what: Object::Date(slot) });
        }
        self.keep(after);
        Ok(before)
    }

    /// Mints the key, once: a second call in this run could end a key that a late answer brings.
    ///
    /// It asks not to regenerate, so that a portal that obeys ends nobody's key that came here meanwhile. Only one that
    /// refuses that for a slot seen empty is asked to regenerate. *Source: arcgis-api 5.1, 14.4.*
    async fn mint(&mut self, slot: Slot) -> Result<Secret, ApplyError> {
        const DOING: &str = "issuing the key";
        self.session.may_go_on()?;
        let id = self.id()?;
        let session = self.session;
        let one_at_a_time = session.minting.lock().await;
        let minted = match self.write(DOING, session.portal.issue_key(&id, slot, Regenerate::No)).await {
            // By whatever code it says that nothing was done.
            Err(ApplyError::Portal { .. }) => {
                self.seen_empty(&id, slot).await?;
                let minted = self.write(DOING, session.portal.issue_key(&id, slot, Regenerate::Yes)).await?;
                self.say(format!("slot {slot} was empty, and the portal wanted regenerateApiToken=true"));
                minted
            }
            minted => minted?,
        };
        drop(one_at_a_time);
        // Nobody has it, and the ledger says so.
        minted.ok_or_else(|| self.not_kept("no key came with the answer".into()))
    }

    /// Sees a slot empty twice, some time apart.
    async fn seen_empty(&self, id: &ItemId, slot: Slot) -> Result<(), ApplyError> {
        for again in [false, true] {
            if again {
                self.settle(APART).await;
            }
            let item = self.read(id).await?;
            // Their date may show before their key does.
            if item.is_active(slot) || item.dated(slot) == Dated::Foreign {
                return Err(ApplyError::Moved { what: Object::Slot(slot) });
            }
        }
        Ok(())
    }

    /// Shows that `key` is live, of this item, with the access that was applied and an end that was asked for. The end that
    /// it tells is kept for the ledger.
    async fn prove(&mut self, slot: Slot, key: &Secret) -> Result<(), Doubt> {
        let id = self.id()?;
        let (item, active) = self.read_until(&id, true, |item| item.is_active(slot)).await?;
        if !active {
            return Err(Doubt::Inactive);
        }
        let app = item.app.as_ref().ok_or(Doubt::NoApp)?;
        let referer = Referrer::page(&app.referrers);
        let seen = self.item()?;
        let record = seen.record(slot).ok_or(Doubt::NoRecord)?.clone();
        let applied = seen.ledger().and_then(|ledger| ledger.applied.as_ref());
        let asked = applied.map(|applied| applied.asked.privileges.clone());
        let returned = app.privileges.clone();
        let items = app.items.clone();
        self.keep(item);
        let mut look = 1;
        loop {
            let why = match self.session.portal.identify(key, referer.as_deref()).await {
                Ok(Some(identity)) => {
                    let wanted = [Some(&returned), asked.as_ref()];
                    match matches_key(&identity, &id, &record, &wanted, &items) {
                        Ok(()) => {
                            self.own_end = identity.expires.map(|end| (slot, end));
                            return Ok(());
                        }
                        Err(why) => why,
                    }
                }
                Ok(None) => Doubt::Refused,
                Err(error) => Doubt::NoAnswer(error),
            };
            if look == LOOKS {
                return Err(why);
            }
            self.settle(look).await;
            look += 1;
        }
    }

    /// Fetches a key that exists from a sink, and proves it.
    pub(super) async fn take_key(
        &mut self,
        work: &Work,
        slot: Slot,
        from: &SinkId,
        fingerprint: Fingerprint,
    ) -> Result<(), ApplyError> {
        let delivery = declared(work, from)?;
        let place = delivery.target.place.clone();
        let id = self.id()?;
        let Look::Value(key) = self.session.sinks.look(delivery, true).await else {
            return Err(ApplyError::OtherKey { place });
        };
        if Fingerprint::of(&key) != fingerprint {
            return Err(ApplyError::OtherKey { place });
        }
        let now = self.read(&id).await?;
        self.unmoved(&now)?;
        if is_foreign(&now, slot, self.session.now()) {
            return Err(ApplyError::Moved { what: Object::Slot(slot) });
        }
        self.keep(now);
        if let Err(why) = self.prove(slot, &key).await {
            return Err(ApplyError::UnprovedInSink { place, why });
        }
        // A sink had it already.
        (self.key, self.given) = (Some((slot, key)), true);
        Ok(())
    }

    /// The ledger was older than the truth: a sink has a live key of a slot that was only being issued.
    pub(super) async fn resume(&mut self, slot: Slot, fingerprint: Fingerprint) -> Result<(), ApplyError> {
        let delivering = "recording that the key is being delivered";
        self.ledger(delivering, |ledger, _| ledger.resumed(slot, fingerprint)).await
    }

    /// The key that sinks hold is dead: nothing is done to the one that took its slot, now or later.
    pub(super) async fn lost(&mut self, slot: Slot) -> Result<(), ApplyError> {
        self.ledger("noting that a key was issued over ours", |ledger, _| ledger.lost(slot)).await?;
        self.say(format!("noted that the key in slot {slot} is somebody else's"));
        Ok(())
    }

    /// Writes the key to one sink, looks whether it is there, and records it.
    pub(super) async fn deliver(&mut self, work: &Work, slot: Slot, sink: &SinkId) -> Result<(), ApplyError> {
        let delivery = declared(work, sink)?;
        let place = delivery.target.place.clone();
        let (held, key) = self.key.as_ref().ok_or_else(|| ApplyError::OtherKey { place: place.clone() })?;
        if *held != slot {
            return Err(ApplyError::OtherKey { place });
        }
        self.session.may_take(delivery.target.time)?;
        let written = self.session.sinks.write(delivery, key).await;
        let fingerprint = Fingerprint::of(key);
        self.writes += 1;
        written.map_err(ApplyError::Sink)?;
        let kept = match self.session.sinks.look(delivery, true).await {
            Look::Value(value) => Fingerprint::of(&value) == fingerprint,
            Look::Confirms(found) => found == fingerprint,
            // One that can usually tell and does not is not believed: the next run asks it again.
            Look::Absent | Look::Unreadable { .. } => false,
            // A sink that tells nothing, or only when, is believed when it says that it was written.
            Look::Written { .. } | Look::NotAsked => true,
        };
        if !kept {
            return Err(self.not_kept(format!("{place} does not hold the key that was written")));
        }
        self.recorded(slot, sink).await?;
        self.given = true;
        self.say(place);
        Ok(())
    }

    /// Records that a sink has the key.
    pub(super) async fn recorded(&mut self, slot: Slot, sink: &SinkId) -> Result<(), ApplyError> {
        self.ledger("recording a delivery", |ledger, now| ledger.sink_has(slot, sink, now)).await
    }

    /// Records that every sink has the key.
    pub(super) async fn delivered(&mut self, slot: Slot) -> Result<(), ApplyError> {
        self.key = None;
        self.ledger("recording that every sink has the key", |ledger, now| ledger.delivered(slot, now)).await?;
        self.say("verified".into());
        Ok(())
    }

    /// Ends the key in a slot, sees it inactive, and takes it from the ledger.
    pub(super) async fn revoke(&mut self, slot: Slot) -> Result<(), ApplyError> {
        self.end_key(slot).await?;
        self.ledger("taking the key from the ledger", |ledger, _| ledger.drop_slot(slot)).await?;
        self.say(format!("slot {slot} revoked"));
        Ok(())
    }

    /// Ends the key in a slot and sees it inactive; its record stays.
    pub(super) async fn end(&mut self, slot: Slot) -> Result<(), ApplyError> {
        self.end_key(slot).await?;
        self.say(format!("slot {slot} revoked"));
        Ok(())
    }

    async fn end_key(&mut self, slot: Slot) -> Result<(), ApplyError> {
        let id = self.id()?;
        let before = self.read_surely(&id, &[slot]).await?;
        self.unmoved(&before)?;
        let seen = self.item()?;
        // A date of ours may show only now; anything else that moved is somebody's doing.
        let at = self.session.now();
        let ours = !is_foreign(seen, slot, at) && !is_foreign(&before, slot, at);
        if before.is_active(slot) && before.dates.get(slot) != seen.dates.get(slot) && !ours {
            return Err(ApplyError::Moved { what: Object::Slot(slot) });
        }
        self.keep(before);
        self.revoke_seen(&id, slot).await
    }

    async fn revoke_seen(&mut self, id: &ItemId, slot: Slot) -> Result<(), ApplyError> {
        let portal = self.session.portal;
        self.write("revoking the key", portal.revoke_key(id, slot)).await?;
        let (after, ended) = self.read_until(id, true, |item| !item.is_active(slot)).await?;
        if !ended {
            return Err(self.not_kept(format!("slot {slot} of item {id} is still active")));
        }
        self.keep(after);
        Ok(())
    }
}

/// A key that somebody issued is not ours to replace, whenever it comes to light; nor is one that may be theirs.
pub(super) fn ours_to_end(item: &LiveItem, slot: Slot, now: Timestamp) -> Result<(), ApplyError> {
    if item.key_until(slot, now).is_some() && matches!(item.dated(slot), Dated::Foreign | Dated::Unclear) {
        return Err(ApplyError::Moved { what: Object::Slot(slot) });
    }
    Ok(())
}

fn declared<'c>(work: &'c Work, sink: &SinkId) -> Result<&'c Delivery, ApplyError> {
    work.delivery(sink).ok_or(ApplyError::MalformedPlan { what: "a step is about a sink that it does not know" })
}

/// What a key says of itself against what it should be.
fn matches_key(
    identity: &KeyIdentity,
    id: &ItemId,
    record: &SlotRecord,
    wanted: &[Option<&BTreeSet<Privilege>>],
    items: &BTreeSet<ItemId>,
) -> Result<(), Doubt> {
    if identity.item != *id {
        return Err(Doubt::OtherItem(identity.item.clone()));
    }
    if let Some(found) = identity.expires.filter(|found| !record.is_end(*found)) {
        return Err(Doubt::OtherEnd { found, wanted: record.end() });
    }
    let Some(privileges) = &identity.privileges else { return Err(Doubt::NoPrivileges) };
    let (its_items, rest): (BTreeSet<&Privilege>, BTreeSet<&Privilege>) =
        privileges.iter().partition(|privilege| privilege.item().is_some());
    if !wanted.iter().flatten().any(|wanted| wanted.iter().collect::<BTreeSet<_>>() == rest) {
        return Err(Doubt::OtherPrivileges);
    }
    let its_items: BTreeSet<_> = its_items.into_iter().filter_map(Privilege::item).collect();
    if !its_items.is_empty() && its_items != *items {
        return Err(Doubt::OtherItems);
    }
    Ok(())
}
