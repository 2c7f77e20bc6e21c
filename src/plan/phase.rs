//! The life of a key: which slot, what next, when. The rules of the key protocol, for one item.
//!
//! The *current* key is the one with the highest serial that somebody may hold. It is live if its slot is active with
//! the recorded date. Every lower serial is an *old* key, whatever its phase. What is found at the highest serial
//! decides how a run that died is taken up again.

use jiff::Timestamp;

use crate::model::{
    CredentialSpec, Delivery, Fingerprint, Live, LiveItem, Observation, Phase, Retire, SinkAbility, SinkId, Slot,
    SlotRecord,
};

use super::{Action, Blocked, BlockedBy, Change, Issue, Reason, Step, access, order::sinks_in_order};

/// What is to be done about the keys of a credential.
#[derive(Debug, Default)]
pub(super) struct Decision {
    pub(super) action: Option<Action>,
    pub(super) reasons: Vec<Reason>,
    pub(super) steps: Vec<Step>,
    pub(super) blocked: Option<Blocked>,
    pub(super) dead_in: Vec<SinkId>,
}

/// A slot that has a record, as it was found.
struct Key<'a> {
    slot: Slot,
    record: &'a SlotRecord,
    active: bool,
    date: Option<Timestamp>,
}

impl Key<'_> {
    /// Active, with the date that was recorded for it, and not past it.
    fn is_live(&self, now: Timestamp) -> bool {
        self.active && self.date == Some(self.record.expires) && self.record.expires > now
    }
}

/// The keys of one item, and everything that is asked about them.
struct Keys<'a> {
    want: &'a CredentialSpec,
    item: &'a LiveItem,
    now: Timestamp,
}

impl<'a> Keys<'a> {
    fn key(&self, slot: Slot) -> Option<Key<'a>> {
        let record = self.item.ledger()?.slots.get(slot).as_ref()?;
        Some(Key { slot, record, active: self.item.is_active(slot), date: *self.item.dates.get(slot) })
    }

    fn all(&self) -> impl Iterator<Item = Key<'a>> {
        Slot::BOTH.into_iter().filter_map(|slot| self.key(slot))
    }

    fn latest(&self) -> Option<Key<'a>> {
        self.all().max_by_key(|key| key.record.serial)
    }

    /// Active, ours, and the portal shows no date: a write that is not visible yet. *Source: arcgis-api 5.6.*
    fn is_unsettled(&self, slot: Slot) -> bool {
        self.key(slot).is_some_and(|key| key.active && key.date.is_none())
    }

    /// When `old` may end, if that depends on time alone: some later key has been delivered for an overlap, and every
    /// declared sink that `old` was meant for has had a later key for an overlap.
    fn may_end_at(&self, old: &SlotRecord) -> Option<Timestamp> {
        let over = |later: &SlotRecord, since: Timestamp| {
            let overlap = old.overlap.max(later.overlap).max(self.want.expiry.overlap);
            since.checked_add(overlap).ok()
        };
        let later: Vec<&SlotRecord> =
            self.all().map(|key| key.record).filter(|later| later.serial > old.serial).collect();
        let mut at = later.iter().filter_map(|later| over(later, later.delivered?)).min()?;
        for (id, _) in &old.sinks {
            if self.want.deliver.iter().all(|delivery| delivery.id != *id) {
                continue;
            }
            let had = later.iter().filter_map(|later| {
                let (_, record) = later.sinks.iter().find(|(sink, _)| sink == id)?;
                over(later, record.delivered?)
            });
            at = at.max(had.min()?);
        }
        Some(at)
    }

    fn may_end(&self, old: &SlotRecord) -> bool {
        self.may_end_at(old).is_some_and(|at| at <= self.now)
    }

    /// Whether a key may be minted into `slot`.
    fn is_free(&self, slot: Slot) -> bool {
        if is_foreign(self.item, slot) || self.is_unsettled(slot) {
            return false;
        }
        let highest = self.latest().map(|key| key.record.serial);
        self.key(slot).is_none_or(|key| {
            !key.active
                || (Some(key.record.serial) == highest && key.record.phase == Phase::Issuing)
                || self.may_end(key.record)
        })
    }

    fn next_serial(&self) -> u64 {
        self.latest().map_or(1, |key| key.record.serial.saturating_add(1))
    }
}

/// Whether the credential was made and never got its first key delivered anywhere.
pub(super) fn is_begun(want: &CredentialSpec, item: &LiveItem) -> bool {
    let Some(ledger) = item.ledger() else { return true };
    let given = Slot::BOTH
        .into_iter()
        .filter_map(|slot| ledger.slots.get(slot).as_ref())
        .any(|record| record.phase >= Phase::Delivering);
    ledger.applied.is_none() || (!given && !want.deliver.is_empty())
}

/// An active key that keyform did not issue: no record, or a date that is neither the recorded one nor the one before.
pub(crate) fn is_foreign(item: &LiveItem, slot: Slot) -> bool {
    if !item.is_active(slot) {
        return false;
    }
    let record = item.ledger().and_then(|ledger| ledger.slots.get(slot).as_ref());
    match (record, *item.dates.get(slot)) {
        (None, _) => true,
        (Some(record), Some(date)) => date != record.expires && Some(date) != record.date_before,
        (Some(_), None) => false,
    }
}

/// Slots that hold somebody else's live key.
pub(super) fn foreign(item: &LiveItem, now: Timestamp) -> impl Iterator<Item = Slot> {
    Slot::BOTH.into_iter().filter(move |&slot| is_foreign(item, slot) && item.key_until(slot, now).is_some())
}

/// The declared sinks that hold a key of ours that is dead.
pub(super) fn dead_in(item: &LiveItem, live: &Live, now: Timestamp) -> Vec<SinkId> {
    let Some(ledger) = item.ledger() else { return Vec::new() };
    let dead: Vec<Fingerprint> = Slot::BOTH
        .into_iter()
        .filter_map(|slot| {
            let record = ledger.slots.get(slot).as_ref()?;
            let key = Key { slot, record, active: item.is_active(slot), date: *item.dates.get(slot) };
            if key.is_live(now) { None } else { record.fingerprint }
        })
        .collect();
    live.sinks
        .iter()
        .filter(|(_, seen)| matches!(seen, Observation::Holds(holding) if dead.contains(&holding.fingerprint)))
        .map(|(id, _)| id.clone())
        .collect()
}

/// Why the app of this item may not be edited: a live key that somebody may hold, or somebody else's key.
pub(super) fn held(want: &CredentialSpec, item: &LiveItem, now: Timestamp) -> Option<Blocked> {
    let keys = Keys { want, item, now };
    for slot in Slot::BOTH {
        if is_foreign(keys.item, slot) && item.key_until(slot, now).is_some() {
            return Some(Blocked {
                by: BlockedBy::ForeignKey,
                why: format!("slot {slot} of item {} holds a live key that keyform did not issue", item.id),
                resolve: format!("invalidate key {slot} on that item's page when nobody uses it, then plan again"),
            });
        }
        if keys.is_unsettled(slot) {
            return Some(unsettled(item, slot));
        }
        let Some(key) = keys.key(slot) else { continue };
        if key.active && key.record.expires > now && key.record.phase >= Phase::Delivering && !keys.may_end(key.record)
        {
            let until = super::keys::day(key.record.expires);
            return Some(access::live_key(want, &format!("the live key in slot {slot} (until {until})")));
        }
    }
    None
}

fn unsettled(item: &LiveItem, slot: Slot) -> Blocked {
    Blocked {
        by: BlockedBy::CannotBeKnown,
        why: format!("slot {slot} of item {} is active, but the portal does not show its date yet", item.id),
        resolve: "run the same command again in a minute".into(),
    }
}

/// A first key after the app was edited and every key of the item is dead.
pub(super) fn decide_afresh(want: &CredentialSpec, item: &LiveItem, now: Timestamp) -> Decision {
    let keys = Keys { want, item, now };
    if want.deliver.is_empty() {
        return Decision::default();
    }
    // The edit ends whatever is in a slot; only who would lose it matters, and that was asked before.
    let slot = match keys.latest() {
        None => Slot::One,
        Some(key) if key.record.phase == Phase::Issuing => key.slot,
        Some(key) => key.slot.other(),
    };
    issue(&keys.want.expiry, want, slot, keys.next_serial(), now, Vec::new())
}

/// Mint into `slot`, deliver to every declared sink.
fn issue(
    expiry: &crate::model::Expiry,
    want: &CredentialSpec,
    slot: Slot,
    serial: u64,
    now: Timestamp,
    reasons: Vec<Reason>,
) -> Decision {
    let Some(expires) = expiry.end_from(now) else {
        return Decision {
            action: Some(Action::Rotate),
            reasons,
            blocked: Some(Blocked {
                by: BlockedBy::Ended,
                why: "the fixed end of `expiry.until` has passed, so no key can be issued".into(),
                resolve: format!("give `{}` a later `expiry.until`, or a `lifetime`", want.name),
            }),
            ..Decision::default()
        };
    };
    let sinks = sinks_in_order(&want.deliver);
    let mut steps = vec![Step::Issue(Issue {
        slot,
        serial,
        life: expires.duration_since(now),
        expires,
        overlap: expiry.overlap,
        sinks: sinks.clone(),
    })];
    steps.extend(sinks.into_iter().map(|sink| Step::Deliver { slot, sink }));
    steps.push(Step::Delivered { slot });
    Decision { action: Some(Action::Rotate), reasons, steps, ..Decision::default() }
}

/// What the keys of a credential need, whatever its settings.
pub(super) fn decide(want: &CredentialSpec, item: Option<&LiveItem>, live: &Live, now: Timestamp) -> Decision {
    let Some(item) = item else {
        return if want.deliver.is_empty() {
            Decision::default()
        } else {
            issue(&want.expiry, want, Slot::One, 1, now, vec![Reason::NoKey])
        };
    };
    let keys = Keys { want, item, now };
    if want.deliver.is_empty() {
        return Decision::default();
    }
    if let Some(slot) = Slot::BOTH.into_iter().find(|&slot| keys.is_unsettled(slot)) {
        return Decision {
            action: Some(Action::Update),
            reasons: vec![Reason::Unclear],
            blocked: Some(unsettled(item, slot)),
            ..Decision::default()
        };
    }
    let Some(latest) = keys.latest() else {
        return over(&keys, Slot::One, vec![Reason::NoKey]);
    };
    let slot = latest.slot;
    match latest.record.phase {
        Phase::Issuing if is_foreign(keys.item, slot) => {
            over(&keys, slot.other(), vec![Reason::IssueUnfinished { slot }])
        }
        Phase::Issuing => issuing(&keys, &latest, live),
        Phase::Delivering | Phase::Delivered if !latest.is_live(now) => dead(&keys, &latest, live),
        Phase::Delivering => delivering(&keys, &latest, live),
        Phase::Delivered => delivered(&keys, &latest, live),
    }
}

/// Issues into `slot` if it is free, else into the other one, else says when one will be.
fn over(keys: &Keys<'_>, slot: Slot, reasons: Vec<Reason>) -> Decision {
    let want = keys.want;
    // The slot of a live key that somebody may hold is never offered, free by the rule or not.
    let current = keys.latest().filter(|key| key.record.phase >= Phase::Delivering && key.is_live(keys.now));
    let usable = |slot: Slot| keys.is_free(slot) && current.as_ref().is_none_or(|key| key.slot != slot);
    match [slot, slot.other()].into_iter().find(|&slot| usable(slot)) {
        Some(slot) => issue(&want.expiry, want, slot, keys.next_serial(), keys.now, reasons),
        None => Decision { action: Some(Action::Rotate), reasons, blocked: Some(no_slot(keys)), ..Decision::default() },
    }
}

fn no_slot(keys: &Keys<'_>) -> Blocked {
    let id = &keys.item.id;
    if let Some(slot) = Slot::BOTH.into_iter().find(|&slot| is_foreign(keys.item, slot)) {
        return Blocked {
            by: BlockedBy::ForeignKey,
            why: format!("a new key needs a slot, and slot {slot} of item {id} holds a key that keyform did not issue"),
            resolve: format!("invalidate key {slot} on that item's page when nobody uses it, then plan again"),
        };
    }
    let ends = keys.all().filter_map(|key| keys.may_end_at(key.record)).filter(|at| *at > keys.now).min();
    let expires = keys.all().map(|key| key.record.expires).filter(|at| *at > keys.now).min();
    match ends.into_iter().chain(expires).min() {
        Some(at) => Blocked {
            by: BlockedBy::NoFreeSlot,
            why: format!("both slots of item {id} hold keys that somebody may use; one is free from {}", minute(at)),
            resolve: format!("run again after {}", minute(at)),
        },
        None => Blocked {
            by: BlockedBy::NoFreeSlot,
            why: format!("both slots of item {id} hold keys that somebody may use"),
            resolve: "run again when one of them has ended".into(),
        },
    }
}

fn minute(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%MZ").to_string()
}

/// `issuing` at the highest serial: nobody was given the key, unless a sink that can be read has one of this slot.
fn issuing(keys: &Keys<'_>, latest: &Key<'_>, live: &Live) -> Decision {
    let (slot, want) = (latest.slot, keys.want);
    let unfinished = vec![Reason::IssueUnfinished { slot }];
    let readable = || want.deliver.iter().filter(|delivery| delivery.target.ability() == SinkAbility::Readable);
    // The key itself answered, so it is live whatever the slot's flag still shows.
    let found = readable().find_map(|delivery| {
        let holding = holding(live, &delivery.id)?;
        let identity = holding.identity.as_ref()?;
        (identity.item == keys.item.id && holding.slot == Some(slot)).then_some((delivery, holding.fingerprint))
    });
    if let Some((delivery, fingerprint)) = found {
        let mut steps =
            vec![Step::TakeKey { slot, from: delivery.id.clone(), fingerprint }, Step::Resume { slot, fingerprint }];
        steps.extend(finish(want, latest.record, fingerprint, live, slot));
        return Decision {
            action: Some(Action::Deliver),
            reasons: vec![Reason::DeliveryUnfinished { slot }],
            steps,
            ..Decision::default()
        };
    }
    if latest.active {
        if let Some((delivery, why)) = readable().find_map(|delivery| Some((delivery, unreadable(live, &delivery.id)?)))
        {
            return cannot_ask(delivery, why, unfinished);
        }
    }
    issue(&want.expiry, want, slot, keys.next_serial(), keys.now, unfinished)
}

/// The current key is dead, whoever has it: a new one takes over.
fn dead(keys: &Keys<'_>, latest: &Key<'_>, live: &Live) -> Decision {
    let slot = latest.slot;
    let expires = latest.record.expires;
    let reason = if expires <= keys.now { Reason::KeyExpired { slot, at: expires } } else { Reason::KeyDead { slot } };
    Decision { dead_in: dead_in(keys.item, live, keys.now), ..over(keys, slot.other(), vec![reason]) }
}

/// A live key on its way to its sinks. In doubt is only the first sink that is not recorded.
fn delivering(keys: &Keys<'_>, latest: &Key<'_>, live: &Live) -> Decision {
    let (slot, want, record) = (latest.slot, keys.want, latest.record);
    let unfinished = vec![Reason::DeliveryUnfinished { slot }];
    let declared = |id: &SinkId| want.deliver.iter().find(|delivery| delivery.id == *id);
    let Some(fingerprint) = record.fingerprint else {
        // Not written by keyform: the phase and the fingerprint are recorded together.
        return over(keys, slot.other(), vec![Reason::DeliveryInDoubt { slot }]);
    };
    let has = |id: &SinkId| holding(live, id).is_some_and(|holding| holding.fingerprint == fingerprint);
    let open: Vec<&SinkId> =
        record.sinks.iter().filter(|(_, sink)| sink.delivered.is_none()).map(|(id, _)| id).collect();
    let done = |steps: Vec<Step>| Decision {
        action: Some(Action::Deliver),
        reasons: unfinished.clone(),
        steps,
        ..Decision::default()
    };
    if open.iter().all(|id| has(id)) {
        let mut steps: Vec<Step> = open.iter().map(|id| Step::Recorded { slot, sink: (*id).clone() }).collect();
        steps.push(Step::Delivered { slot });
        return done(steps);
    }
    let holder =
        want.deliver.iter().find(|delivery| delivery.target.ability() == SinkAbility::Readable && has(&delivery.id));
    if let Some(holder) = holder {
        let mut steps = vec![Step::TakeKey { slot, from: holder.id.clone(), fingerprint }];
        steps.extend(finish(want, record, fingerprint, live, slot));
        return done(steps);
    }
    let readable = want.deliver.iter().filter(|delivery| delivery.target.ability() == SinkAbility::Readable);
    if let Some((delivery, why)) =
        readable.into_iter().find_map(|delivery| Some((delivery, unreadable(live, &delivery.id)?)))
    {
        return cannot_ask(delivery, why, unfinished);
    }
    let nothing_recorded = open.len() == record.sinks.len();
    let first = open.first().and_then(|id| declared(id));
    let first_asked = first.map(|delivery| (delivery.target.ability(), live.sinks.get(&delivery.id)));
    match first_asked {
        // Its check runs in apply only; until then nobody can say.
        Some((SinkAbility::Confirming, Some(Observation::NotAsked) | None)) => done(Vec::new()),
        Some((SinkAbility::Confirming, Some(Observation::Unreadable { why }))) => {
            first.map_or_else(Decision::default, |delivery| cannot_ask(delivery, why, unfinished))
        }
        Some((SinkAbility::Readable | SinkAbility::Confirming, Some(Observation::Absent | Observation::Holds(_))))
            if nothing_recorded =>
        {
            issue(&want.expiry, want, slot, keys.next_serial(), keys.now, vec![Reason::IssueUnfinished { slot }])
        }
        // Somebody may use it, nobody can give it back: never touch the slot again.
        Some(_) | None => over(keys, slot.other(), vec![Reason::DeliveryInDoubt { slot }]),
    }
}

/// What is left of a delivery once the key is at hand.
fn finish(want: &CredentialSpec, record: &SlotRecord, fingerprint: Fingerprint, live: &Live, slot: Slot) -> Vec<Step> {
    let recorded = |id: &SinkId| record.sinks.iter().any(|(sink, seen)| sink == id && seen.delivered.is_some());
    let mut steps = Vec::new();
    for sink in sinks_in_order(&want.deliver) {
        let has = holding(live, &sink).is_some_and(|holding| holding.fingerprint == fingerprint);
        let readable = matches!(live.sinks.get(&sink), Some(Observation::Absent | Observation::Holds(_)));
        match (has, recorded(&sink)) {
            (true, true) => {}
            (true, false) => steps.push(Step::Recorded { slot, sink }),
            (false, true) if !readable => {}
            (false, _) => steps.push(Step::Deliver { slot, sink }),
        }
    }
    steps.push(Step::Delivered { slot });
    steps
}

/// A live key that every sink was given: is it due, did a sink lose it, was one added?
fn delivered(keys: &Keys<'_>, latest: &Key<'_>, live: &Live) -> Decision {
    let (slot, want, record) = (latest.slot, keys.want, latest.record);
    if let Some(since) = want.expiry.renew_at(record.expires).filter(|at| *at <= keys.now) {
        return over(keys, slot.other(), vec![Reason::Due { slot, expires: record.expires, since }]);
    }
    let Some(fingerprint) = record.fingerprint else { return Decision::default() };
    let recorded = |id: &SinkId| record.sinks.iter().any(|(sink, seen)| sink == id && seen.delivered.is_some());
    let (mut added, mut lost, mut seen) = (Vec::new(), Vec::new(), Vec::new());
    for delivery in &want.deliver {
        let id = &delivery.id;
        match (live.sinks.get(id), recorded(id)) {
            (Some(Observation::Holds(holding)), known) if holding.fingerprint == fingerprint => {
                if !known {
                    seen.push(id.clone());
                }
            }
            (Some(Observation::Absent | Observation::Holds(_)), true) if delivery.heal => lost.push(id.clone()),
            (Some(Observation::Unreadable { .. }), _) | (_, true) => {}
            (Some(Observation::Absent | Observation::Holds(_) | Observation::NotAsked) | None, false) => {
                added.push(id.clone());
            }
        }
    }
    let mut steps: Vec<Step> = seen.iter().map(|sink| Step::Recorded { slot, sink: sink.clone() }).collect();
    let mut reasons = Vec::new();
    if !lost.is_empty() {
        reasons.push(Reason::SinkLost { sinks: lost.clone() });
    }
    if !added.is_empty() || !seen.is_empty() {
        reasons.push(Reason::SinkAdded { sinks: added.iter().chain(&seen).cloned().collect() });
    }
    if lost.is_empty() && added.is_empty() {
        let action = (!steps.is_empty()).then_some(Action::Deliver);
        return Decision { action, reasons, steps, ..Decision::default() };
    }
    let holder = want.deliver.iter().find(|delivery| {
        delivery.target.ability() == SinkAbility::Readable
            && holding(live, &delivery.id).is_some_and(|holding| holding.fingerprint == fingerprint)
    });
    let Some(holder) = holder else { return over(keys, slot.other(), reasons) };
    steps.push(Step::TakeKey { slot, from: holder.id.clone(), fingerprint });
    let needs: Vec<SinkId> = lost.into_iter().chain(added).collect();
    steps.extend(
        sinks_in_order(&want.deliver)
            .into_iter()
            .filter(|sink| needs.contains(sink))
            .map(|sink| Step::Deliver { slot, sink }),
    );
    Decision { action: Some(Action::Deliver), reasons, steps, ..Decision::default() }
}

/// An old key whose overlap is over.
fn retire(keys: &Keys<'_>) -> Option<(Slot, Timestamp)> {
    let highest = keys.latest()?.record.serial;
    keys.all().filter(|key| key.record.serial < highest).find_map(|key| {
        let since = keys.may_end_at(key.record).filter(|at| *at <= keys.now)?;
        let ours = key.active && !is_foreign(keys.item, key.slot) && key.date.is_some_and(|date| date > keys.now);
        (ours && keys.want.expiry.retire == Retire::Revoke).then_some((key.slot, since))
    })
}

/// The changes that the keys of a finished credential need.
pub(super) fn changes(
    want: &CredentialSpec,
    item: &LiveItem,
    live: &Live,
    now: Timestamp,
    template: &impl Fn(Action, Vec<Reason>) -> Change,
) -> Vec<Change> {
    let keys = Keys { want, item, now };
    let mut changes = Vec::new();
    let decision = decide(want, Some(item), live, now);
    let reused = decision.steps.iter().find_map(|step| match step {
        Step::Issue(issue) => Some(issue.slot),
        _ => None,
    });
    if let Some(action) = decision.action {
        let mut change = template(action, decision.reasons);
        change.steps = decision.steps;
        change.dead_in = decision.dead_in;
        change.blocked = decision.blocked;
        changes.push(change);
    }
    if let Some((slot, since)) = retire(&keys).filter(|(slot, _)| Some(*slot) != reused) {
        let mut change = template(Action::Retire, vec![Reason::OverlapOver { slot, since }]);
        change.steps = vec![Step::Revoke { slot }];
        changes.push(change);
    }
    changes
}

fn holding<'a>(live: &'a Live, id: &SinkId) -> Option<&'a crate::model::Holding> {
    match live.sinks.get(id)? {
        Observation::Holds(holding) => Some(holding),
        Observation::Absent | Observation::Unreadable { .. } | Observation::NotAsked => None,
    }
}

fn unreadable<'a>(live: &'a Live, id: &SinkId) -> Option<&'a str> {
    match live.sinks.get(id)? {
        Observation::Unreadable { why } => Some(why),
        Observation::Absent | Observation::Holds(_) | Observation::NotAsked => None,
    }
}

fn cannot_ask(delivery: &Delivery, why: &str, reasons: Vec<Reason>) -> Decision {
    Decision {
        action: Some(Action::Deliver),
        reasons,
        blocked: Some(Blocked {
            by: BlockedBy::CannotBeKnown,
            why: format!(
                "a delivery was interrupted, and the sink {} ({}) cannot be asked whether it has the key: {why}",
                delivery.label,
                delivery.target.place()
            ),
            resolve: format!("make {} readable, then run the same command", delivery.target.place()),
        }),
        ..Decision::default()
    }
}

/// When the old key in `slot` may end, for the timeline.
pub(super) fn ends(want: &CredentialSpec, item: &LiveItem, slot: Slot, now: Timestamp) -> Option<Timestamp> {
    let keys = Keys { want, item, now };
    keys.may_end_at(keys.key(slot)?.record)
}

/// Whether the key in `slot` is the one applications are to use, and live.
pub(super) fn is_current(want: &CredentialSpec, item: &LiveItem, slot: Slot, now: Timestamp) -> bool {
    let keys = Keys { want, item, now };
    keys.latest().is_some_and(|key| key.slot == slot && key.record.phase >= Phase::Delivering && key.is_live(now))
}
