//! How a run that died is taken up again: what is found at the highest serial, and what is done about it.

use crate::model::{
    CredentialSpec, Delivery, Fingerprint, Holding, Live, Observation, SinkAbility, SinkId, Slot, SlotRecord,
};

use super::issue::{Decision, issue, over};
use super::order::sinks_in_order;
use super::phase::{Key, Keys, dead_in};
use super::{Action, Blocked, BlockedBy, Reason, Step};

/// `issuing` at the highest serial: nobody was given the key, unless a sink that can be read has one of this slot.
pub(super) fn issuing(keys: &Keys<'_>, latest: &Key<'_>, live: &Live) -> Decision {
    let (slot, want) = (latest.slot, keys.want);
    let unfinished = vec![Reason::IssueUnfinished { slot }];
    let readable = || want.deliver.iter().filter(|delivery| delivery.target.ability() == SinkAbility::Readable);
    // The key itself answered, so it is live whatever the slot's flag still shows.
    let found = readable().find_map(|delivery| {
        let holding = holding(live, &delivery.id)?;
        let identity = holding.identity.as_ref()?;
        (identity.item == keys.items.home.id && holding.slot == Some(slot)).then_some((delivery, holding.fingerprint))
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
    let unasked = readable().find_map(|delivery| Some((delivery, unreadable(live, &delivery.id)?)));
    if let Some((delivery, why)) = unasked.filter(|_| latest.active) {
        return cannot_ask(delivery, why, unfinished);
    }
    issue(keys, slot, unfinished)
}

/// The current key is dead, whoever has it: a new one takes over.
pub(super) fn dead(keys: &Keys<'_>, latest: &Key<'_>, live: &Live) -> Decision {
    let slot = latest.slot;
    let expires = latest.record.expires;
    let reason = if expires <= keys.now { Reason::KeyExpired { slot, at: expires } } else { Reason::KeyDead { slot } };
    Decision { dead_in: dead_in(keys.want, keys.items, live, keys.now), ..over(keys, slot.other(), vec![reason]) }
}

/// A live key on its way to its sinks. In doubt is only the first sink that is not recorded.
pub(super) fn delivering(keys: &Keys<'_>, latest: &Key<'_>, live: &Live) -> Decision {
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
            issue(keys, slot, vec![Reason::IssueUnfinished { slot }])
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
pub(super) fn delivered(keys: &Keys<'_>, latest: &Key<'_>, live: &Live) -> Decision {
    let (slot, want, record) = (latest.slot, keys.want, latest.record);
    if let Some(since) = want.expiry.renew_at(&want.name, record.expires).filter(|at| *at <= keys.now) {
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

fn holding<'a>(live: &'a Live, id: &SinkId) -> Option<&'a Holding> {
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
