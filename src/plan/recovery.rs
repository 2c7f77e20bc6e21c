//! How a run that died is taken up again: what is found of the latest key, and what is done about it.

use jiff::{SignedDuration, Timestamp};

use crate::model::{
    CredentialSpec, Delivery, Fingerprint, Holding, LEASE, Live, Observation, SinkId, SinkRecord, Slot, SlotRecord,
};

use super::blocked::{Blocked, SeenIn, Unknown};
use super::change::Action;
use super::issue::{Decision, issue, over};
use super::note::Unread;
use super::order::sinks_in_order;
use super::phase::{At, Key, Keys, dead_in};
use super::reason::Reason;
use super::step::Act;

/// A receipt that is younger when it is noted may be followed by another one of the same second.
const SETTLED: SignedDuration = SignedDuration::from_secs(2);

/// `issuing` is the latest: nobody was given the key, unless a sink that can be read has one of this slot.
pub(super) fn issuing(keys: &Keys<'_>, latest: &Key<'_>, live: &Live) -> Decision {
    let (slot, want, record) = (latest.slot, keys.want, latest.record);
    let unfinished = vec![Reason::IssueUnfinished { slot }];
    let readable = || want.deliver.iter().filter(|delivery| delivery.target.ability.reads);
    // The key itself answered, so it is live whatever the slot's flag still shows.
    let found = readable().find_map(|delivery| {
        let holding = live.holding(&delivery.id)?;
        let identity = holding.identity.as_ref()?;
        (identity.item == keys.items.home.id && holding.slot == Some(slot)).then_some((delivery, holding, identity))
    });
    if let Some((delivery, &Holding { fingerprint, .. }, identity)) = found {
        if identity.expires.is_some_and(|end| !record.is_end(end)) {
            return another_key(delivery, slot, unfinished);
        }
        let mut acts = vec![
            Act::ReadKeyFromSink { slot, from: delivery.id.clone(), fingerprint },
            Act::Resume { slot, fingerprint },
        ];
        acts.extend(finish(want, latest.record, fingerprint, live, slot));
        return Decision::of(Action::Deliver, vec![Reason::DeliveryUnfinished { slot }], acts);
    }
    let unasked = readable().find_map(|delivery| Some((delivery, unreadable(live, &delivery.id)?)));
    if let Some((delivery, why)) = unasked.filter(|_| latest.active) {
        return cannot_ask(delivery, why, unfinished);
    }
    // Sinks that only the ledger names were not written either: nothing is, before the ledger says `delivering`.
    issue(keys, slot, unfinished)
}

/// The current key is dead, whoever has it: a new one takes over.
pub(super) fn dead(keys: &Keys<'_>, latest: &Key<'_>, at: At<'_>) -> Decision {
    let slot = latest.slot;
    let expires = latest.record.end();
    let reason = if expires <= keys.now {
        Reason::KeyExpired { slot, at: expires }
    } else if latest.is_lost() {
        Reason::KeyLost { slot }
    } else {
        Reason::KeyDead { slot }
    };
    Decision {
        dead_in: dead_in(keys.want, keys.items, at.live, keys.now),
        ..over(keys, slot.other(), vec![reason], at)
    }
}

/// What a sink proves about a key that was on its way to it.
enum Proof<'a> {
    /// It has it.
    Has,
    /// It was not given it.
    HasNot,
    /// It can be asked in apply only.
    Later,
    /// It cannot be asked now, and why.
    Silent(&'a str),
    /// It will never tell.
    Doubt,
}

fn proof<'a>(
    delivery: &Delivery,
    record: &SlotRecord,
    seen: &SinkRecord,
    fingerprint: Fingerprint,
    live: &'a Live,
) -> Proof<'a> {
    match live.sinks.get(&delivery.id) {
        Some(Observation::Holds(holding)) if holding.fingerprint == fingerprint => Proof::Has,
        // What comes and goes by itself proves nothing by not being there.
        Some(Observation::Holds(_) | Observation::Absent) if !delivery.heal => Proof::Doubt,
        Some(Observation::Holds(_) | Observation::Absent) => Proof::HasNot,
        Some(Observation::Unreadable { why }) => Proof::Silent(why),
        Some(Observation::Written { at }) => receipt(record, seen, *at),
        Some(Observation::NotAsked) | None => {
            let ability = delivery.target.ability;
            if ability.confirms && !ability.reads { Proof::Later } else { Proof::Doubt }
        }
    }
}

/// The receipt noted before the key was issued says that it was not written since; one within a lease of the
/// `delivering` write, that it was, and by us.
fn receipt(record: &SlotRecord, seen: &SinkRecord, at: Timestamp) -> Proof<'static> {
    if let Some(before) = seen.receipt_before.filter(|before| before.at == at) {
        let settled = before.noted.duration_since(before.at) >= SETTLED;
        return if settled { Proof::HasNot } else { Proof::Doubt };
    }
    // Sinks tell whole seconds; the ledger keeps more.
    let after = at.as_second() >= record.issued.as_second();
    if after && at.duration_since(record.issued) <= LEASE { Proof::Has } else { Proof::Doubt }
}

/// A live key on its way to its sinks. In doubt is only the first sink that is not recorded.
///
/// The sinks asked are those of the ledger and those declared; one that is no longer declared is not contacted.
pub(super) fn delivering(keys: &Keys<'_>, latest: &Key<'_>, at: At<'_>) -> Decision {
    let live = at.live;
    let (slot, want, record) = (latest.slot, keys.want, latest.record);
    let unfinished = vec![Reason::DeliveryUnfinished { slot }];
    // Somebody may use it, nobody can give it back: never touch the slot again.
    let in_doubt = || over(keys, slot.other(), vec![Reason::DeliveryInDoubt { slot }], at);
    // Phase and fingerprint are recorded together; without one it was not written by keyform.
    let Some(fingerprint) = record.fingerprint else { return in_doubt() };
    let declared = |id: &SinkId| want.deliver.iter().find(|delivery| delivery.id == *id);
    let recorded = |id: &SinkId| record.sinks.iter().any(|(sink, seen)| sink == id && seen.delivered.is_some());
    let open: Vec<(&SinkId, &SinkRecord, Option<&Delivery>)> = record
        .sinks
        .iter()
        .filter(|(_, seen)| seen.delivered.is_none())
        .map(|(id, seen)| (id, seen, declared(id)))
        .collect();
    let proved = |(_, seen, delivery): &(&SinkId, &SinkRecord, Option<&Delivery>)| {
        delivery.is_none_or(|delivery| matches!(proof(delivery, record, seen, fingerprint, live), Proof::Has))
    };
    let done = |acts| Decision::of(Action::Deliver, unfinished.clone(), acts);
    let unknown = want.deliver.iter().any(|delivery| record.sinks.iter().all(|(id, _)| *id != delivery.id));
    // What nobody declares any more need not have it, as long as somebody else surely does.
    let somebody = open.iter().any(|open| open.2.is_some()) || want.deliver.iter().any(|one| recorded(&one.id));
    let all = open.iter().all(proved) && (somebody || open.is_empty());
    let mark = || {
        let has = open.iter().filter(|(_, _, delivery)| delivery.is_some());
        let mut acts: Vec<Act> = has.map(|(id, ..)| Act::RecordDelivery { slot, sink: (*id).clone() }).collect();
        acts.push(Act::Delivered { slot });
        done(acts)
    };
    if all && !unknown {
        return mark();
    }
    let readable = || want.deliver.iter().filter(|delivery| delivery.target.ability.reads);
    let has = |id: &SinkId| live.holding(id).is_some_and(|holding| holding.fingerprint == fingerprint);
    if let Some(holder) = readable().find(|delivery| has(&delivery.id)) {
        let mut acts = vec![Act::ReadKeyFromSink { slot, from: holder.id.clone(), fingerprint }];
        acts.extend(finish(want, record, fingerprint, live, slot));
        return done(acts);
    }
    if let Some((delivery, why)) = readable().find_map(|delivery| Some((delivery, unreadable(live, &delivery.id)?))) {
        return cannot_ask(delivery, why, unfinished);
    }
    if all {
        return mark();
    }
    let nothing_recorded = record.sinks.iter().all(|(_, seen)| seen.delivered.is_none());
    let Some((_, seen, Some(first))) = open.first().copied() else { return in_doubt() };
    match proof(first, record, seen, fingerprint, live) {
        Proof::Later => done(Vec::new()),
        Proof::Silent(why) => cannot_ask(first, why, unfinished),
        // What came to a place later says nothing about who was there before.
        Proof::HasNot if nothing_recorded && !keys.items.places.went_over(&first.id, &want.name, record.issued) => {
            issue(keys, slot, vec![Reason::IssueUnfinished { slot }])
        }
        Proof::HasNot | Proof::Has | Proof::Doubt => in_doubt(),
    }
}

/// What is left of a delivery once the key is at hand.
fn finish(want: &CredentialSpec, record: &SlotRecord, fingerprint: Fingerprint, live: &Live, slot: Slot) -> Vec<Act> {
    let mut acts = Vec::new();
    for sink in sinks_in_order(&want.deliver) {
        let Some(delivery) = want.deliver.iter().find(|delivery| delivery.id == sink) else { continue };
        let none = SinkRecord::default();
        let seen = record.sinks.iter().find(|(id, _)| *id == sink).map_or(&none, |(_, seen)| seen);
        match (proof(delivery, record, seen, fingerprint, live), seen.delivered.is_some()) {
            (Proof::Has | Proof::Doubt | Proof::Later | Proof::Silent(_), true) => {}
            (Proof::Has, false) => acts.push(Act::RecordDelivery { slot, sink }),
            (Proof::HasNot, _) | (Proof::Doubt | Proof::Later | Proof::Silent(_), false) => {
                acts.push(Act::Deliver { slot, sink });
            }
        }
    }
    acts.push(Act::Delivered { slot });
    acts
}

/// A live key that every sink was given: is it due or asked for, did a sink lose it, was one added?
pub(super) fn delivered(keys: &Keys<'_>, latest: &Key<'_>, at: At<'_>) -> Decision {
    let live = at.live;
    let (slot, want, record) = (latest.slot, keys.want, latest.record);
    let expires = record.end();
    if let Some(since) = want.expiry.renew_at(&want.name, expires).filter(|at| *at <= keys.now) {
        return over(keys, slot.other(), vec![Reason::Due { slot, expires, since }], at);
    }
    if at.spec.requests.rotate.contains(&want.name) {
        return over(keys, slot.other(), vec![Reason::RotationRequested { slot, expires }], at);
    }
    let Some(fingerprint) = record.fingerprint else { return Decision::default() };
    // What another credential delivered to since is to be given the key again.
    let ours = |id: &SinkId, at: Timestamp| !keys.items.places.went_over(id, &want.name, at);
    let recorded = |id: &SinkId| {
        record.sinks.iter().any(|(sink, seen)| sink == id && seen.delivered.is_some_and(|at| ours(id, at)))
    };
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
            (
                Some(Observation::Absent | Observation::Holds(_) | Observation::Written { .. } | Observation::NotAsked)
                | None,
                false,
            ) => {
                added.push(id.clone());
            }
        }
    }
    let mut acts: Vec<Act> = seen.iter().map(|sink| Act::RecordDelivery { slot, sink: sink.clone() }).collect();
    let mut reasons = Vec::new();
    if !lost.is_empty() {
        reasons.push(Reason::SinkLost { sinks: lost.clone() });
    }
    if !added.is_empty() || !seen.is_empty() {
        reasons.push(Reason::SinkAdded { sinks: added.iter().chain(&seen).cloned().collect() });
    }
    if lost.is_empty() && added.is_empty() {
        let action = (!acts.is_empty()).then_some(Action::Deliver);
        return Decision { action, reasons, acts, ..Decision::default() };
    }
    let holder = want.deliver.iter().find(|delivery| {
        delivery.target.ability.reads
            && live.holding(&delivery.id).is_some_and(|holding| holding.fingerprint == fingerprint)
    });
    let Some(holder) = holder else { return over(keys, slot.other(), reasons, at) };
    acts.push(Act::ReadKeyFromSink { slot, from: holder.id.clone(), fingerprint });
    let needs: Vec<SinkId> = lost.into_iter().chain(added).collect();
    acts.extend(
        sinks_in_order(&want.deliver)
            .into_iter()
            .filter(|sink| needs.contains(sink))
            .map(|sink| Act::Deliver { slot, sink }),
    );
    Decision::of(Action::Deliver, reasons, acts)
}

pub(super) fn unreadable<'a>(live: &'a Live, id: &SinkId) -> Option<&'a str> {
    match live.sinks.get(id)? {
        Observation::Unreadable { why } => Some(why),
        Observation::Absent | Observation::Holds(_) | Observation::Written { .. } | Observation::NotAsked => None,
    }
}

/// A sink holds a live key of the slot whose end is none of ours: somebody issued it, and the slot will show its date.
fn another_key(delivery: &Delivery, slot: Slot, reasons: Vec<Reason>) -> Decision {
    let seen = SeenIn::Sink { place: delivery.target.place.clone() };
    Decision::blocked(Action::Deliver, reasons, Blocked::ForeignKey { slot, seen })
}

fn cannot_ask(delivery: &Delivery, why: &str, reasons: Vec<Reason>) -> Decision {
    let sink = Unread { place: delivery.target.place.clone(), why: why.to_owned() };
    let unknown = Unknown::Delivery { label: delivery.label.clone(), sink };
    Decision::blocked(Action::Deliver, reasons, Blocked::CannotBeKnown(unknown))
}
