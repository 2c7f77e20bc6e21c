//! When time alone will make another plan of the same configuration and portal.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::model::{CredentialName, CredentialSpec, KeyEnd, LiveItem, Slot};

use super::blocked::Blocked;
use super::change::Change;
use super::guard;
use super::often;
use super::pair::Pair;
use super::phase::{At, Items, Keys};
use super::planner::{is_asked, keys_in_use, names, of_pair};
use super::reason::Reason;
use super::safety::Gap;
use super::step::Step;
use super::turn::{Boundary, Turn};

/// The first moment after now at which the plan has other changes than now.
///
/// Every moment at which a rule of time can turn is a candidate; whether it does is asked of the planner itself, for the
/// credential alone first, and for all of them where a limit judges what is urgent.
pub(super) fn next(pairs: &BTreeMap<CredentialName, Pair<'_>>, at: At<'_>) -> Option<(Timestamp, Boundary)> {
    let mut candidates: Vec<(Timestamp, &CredentialName, Turn)> = Vec::new();
    for (name, pair) in pairs {
        let turns = turns(pair, at).into_iter().filter(|(moment, _)| *moment > at.now);
        candidates.extend(turns.map(|(moment, turn)| (moment, name, turn)));
    }
    candidates.sort();
    let mut today: BTreeMap<&CredentialName, Vec<Outline>> = BTreeMap::new();
    let mut asked = None;
    candidates.into_iter().find_map(|(moment, name, turn)| {
        if asked.replace((moment, name)) == Some((moment, name)) {
            return None;
        }
        let pair = pairs.get(name)?;
        let now = today.entry(name).or_insert_with(|| outlines(&changes(pair, at)));
        let then = At { now: moment, ..at };
        let turned = *now != outlines(&changes(pair, then))
            || (turn == Turn::Renewal && is_limited(at) && judged(pairs, at) != judged(pairs, then));
        turned.then(|| (moment, Boundary { name: name.clone(), turn }))
    })
}

fn changes(pair: &Pair<'_>, at: At<'_>) -> Vec<Change> {
    let mut changes = of_pair(pair, at);
    changes.retain(|change| is_asked(change, at.spec));
    changes
}

/// Whether a limit counts renewals, and so lets urgent ones through.
fn is_limited(at: At<'_>) -> bool {
    let (guards, allow) = (&at.spec.guards, at.spec.requests.allow);
    [guards.rotate.is_some(), guards.change_percent.is_some(), allow.rotate.is_some(), allow.change_percent.is_some()]
        .contains(&true)
}

/// What is done when the limits have judged it, and whether it is refused.
fn judged(pairs: &BTreeMap<CredentialName, Pair<'_>>, at: At<'_>) -> (Vec<Outline>, bool) {
    let mut all: Vec<Change> = pairs.values().flat_map(|pair| changes(pair, at)).collect();
    let keys = keys_in_use(pairs, at);
    let (_, refused) = guard::judge(at.spec, &mut all, &keys, &names(at.spec, at.live), at.now);
    (outlines(&all), refused.is_some())
}

/// A change without the dates in it.
pub(crate) type Outline = String;

pub(crate) fn outlines(changes: &[Change]) -> Vec<Outline> {
    changes
        .iter()
        .map(|change| {
            let reasons: Vec<&str> = change.reasons.iter().map(Reason::id).collect();
            let steps: Vec<_> = change.work.steps.iter().map(Step::without_dates).collect();
            let safety = change.told.safety.map(|safety| (safety.gap.map(Gap::id), safety.may_replace));
            let blocked = change.blocked.as_ref().map(Blocked::by);
            let Change { action, item, fields, .. } = change;
            let dead_in = &change.told.dead_in;
            format!("{action:?} {item:?} {reasons:?} {fields:?} {steps:?} {dead_in:?} {safety:?} {blocked:?}")
        })
        .collect()
}

/// Every moment at which a rule of time may turn for a pair, past ones among them.
fn turns(pair: &Pair<'_>, at: At<'_>) -> Vec<(Timestamp, Turn)> {
    let mut turns: Vec<_> =
        at.spec.guards.freeze.iter().flat_map(|freeze| [freeze.from, freeze.to]).map(|at| (at, Turn::Freeze)).collect();
    match pair {
        Pair::Missing(want, _) => of_spec(want, at, &mut turns),
        Pair::Matched(want, home, others, _) => {
            of_spec(want, at, &mut turns);
            let keys = Keys { want, items: Items { home, others, places: at.places }, now: at.now };
            turns.extend(often::forgotten(home).map(|at| (at, Turn::Limit)));
            for item in keys.items.all() {
                of_item(&keys, item, at, &mut turns);
            }
        }
        Pair::Leaving(leave, items, _) => {
            turns.extend(leave.not_before().map(|at| (at, Turn::Removal)));
            let dates = items.iter().flat_map(|item| Slot::BOTH.map(|slot| *item.dates.get(slot)));
            turns.extend(dates.flatten().map(|date| (date, Turn::Expiry)));
            let kept = leave.keeping(items, at).filter_map(|kept| kept.until);
            turns.extend(kept.map(|at| (at, Turn::OverlapOver)));
        }
        Pair::Extra(_) => {}
    }
    turns
}

fn of_spec(want: &CredentialSpec, at: At<'_>, turns: &mut Vec<(Timestamp, Turn)>) {
    if let KeyEnd::Until(end) = want.expiry.end {
        turns.extend(Timestamp::from_second(end.as_second()).map(|end| (end, Turn::FixedEnd)));
    }
    turns.extend(want.expiry.window.as_ref().and_then(|window| window.next_edge(at.now)).map(|at| (at, Turn::Window)));
}

fn of_item(keys: &Keys<'_>, item: &LiveItem, at: At<'_>, turns: &mut Vec<(Timestamp, Turn)>) {
    let expiry = &keys.want.expiry;
    for slot in Slot::BOTH {
        turns.extend(item.dates.get(slot).map(|date| (date, Turn::Expiry)));
        let Some(key) = Keys::key_of(item, slot) else { continue };
        let ends = key.record.end();
        turns.push((ends, Turn::Expiry));
        turns.extend(ends.checked_sub(key.overlap(keys.want)).map(|at| (at, Turn::Expiry)));
        turns.extend(keys.may_end_at(&key).map(|at| (at, Turn::OverlapOver)));
        turns.extend(expiry.renew_at(&keys.want.name, ends).map(|at| (at, Turn::Renewal)));
        turns.extend(at.spec.schedule.too_late(expiry.overlap, ends).map(|at| (at, Turn::Renewal)));
    }
}
