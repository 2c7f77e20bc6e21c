//! Overlaps and slots.

use super::*;
use crate::plan::Turn;

/// Slot 1 holds serial 1, slot 2 holds serial 2, delivered `days` ago.
fn rotated(days: i64) -> Live {
    let mut newer = record(2, Phase::Delivered, &[dotenv(".env")]);
    newer.delivered = Some(in_days(-days));
    newer.sinks[0].1.delivered = Some(in_days(-days));
    seen(live(vec![with(in_order(), Slot::Two, newer, true)]), &dotenv(".env"), holds(2))
}

#[test]
fn an_old_key_is_left_alone_within_its_overlap_and_revoked_after_it() {
    let plan = planned(want(), &rotated(6));
    assert!(plan.changes.is_empty(), "{:#?}", plan.changes);
    let plan = planned(want(), &rotated(7));
    let change = only(&plan);
    assert_eq!((change.action, &acts(change)[..]), (Action::Retire, &[Act::Revoke { slot: Slot::One }][..]));
}

#[test]
fn a_shorter_overlap_in_yaml_shortens_nobodys_overlap() {
    let mut want = want();
    want.expiry.overlap = DAY;
    assert!(planned(want, &rotated(6)).changes.is_empty());
}

#[test]
fn a_longer_overlap_in_yaml_counts_at_once() {
    let mut want = want();
    want.expiry.overlap = DAY * 20;
    assert!(planned(want, &rotated(7)).changes.is_empty());
}

#[test]
fn overlap_counts_for_each_sink_of_its_own() {
    let sinks = [dotenv(".env"), dotenv("b")];
    let old = record(1, Phase::Delivered, &sinks);
    let mut newer = record(2, Phase::Delivered, &sinks);
    newer.delivered = Some(in_days(-8));
    newer.sinks[0].1.delivered = Some(in_days(-8));
    newer.sinks[1].1.delivered = Some(in_days(-2));
    let item = with(with(item(), Slot::One, old, true), Slot::Two, newer, true);
    let live = seen(seen(live(vec![item]), &sinks[0], holds(2)), &sinks[1], holds(2));
    let mut both = want();
    both.deliver = sinks.to_vec();
    assert!(planned(both, &live).changes.is_empty());
    // The sink that came later is no longer declared: the rest may go on.
    assert_eq!(only(&planned(want(), &live)).action, Action::Retire);
}

#[test]
fn a_due_key_is_rotated_over_the_other_slot_and_stays_valid() {
    let mut due = record(1, Phase::Delivered, &[dotenv(".env")]);
    due.expires = in_days(29);
    let live = seen(live(vec![with(item(), Slot::One, due, true)]), &dotenv(".env"), holds(1));
    let plan = planned(want(), &live);
    let change = only(&plan);
    assert_eq!((change.action, issued_into(change)), (Action::Rotate, Slot::Two));
    assert!(matches!(change.reasons[0], Reason::Due { slot: Slot::One, .. }));
    assert!(change.work.acts().all(|act| !matches!(act, Act::Revoke { .. })));
}

#[test]
fn without_a_free_slot_the_plan_waits_and_names_the_date() {
    // A sink was added that only a new key can serve, within the overlap of the last rotation.
    let mut want = want();
    want.deliver.push(command(false));
    let live = seen(rotated(2), &dotenv(".env"), Observation::Absent);
    let plan = planned(want, &live);
    let from = "2026-06-06T08:00:00Z".parse().unwrap();
    assert_eq!(only(&plan).blocked, Some(Blocked::NoFreeSlot { item: id(1), from }));
}

/// The current key ends in so many days; the older one, in the other slot, may only end with it.
fn ending_in(days: i64, other: i64) -> Live {
    let mut older = record(1, Phase::Delivered, &[dotenv(".env")]);
    (older.expires, older.overlap) = (in_days(other), DAY * 60);
    let newer = SlotRecord { expires: in_days(days), ..record(2, Phase::Delivered, &[dotenv(".env")]) };
    let item = with(with(item(), Slot::One, older, true), Slot::Two, newer, true);
    seen(live(vec![item]), &dotenv(".env"), holds(2))
}

#[test]
fn a_plan_waits_for_a_slot_only_while_that_leaves_the_current_key_its_overlap_and_a_cadence() {
    let waits = planned(want(), &ending_in(20, 12));
    assert_eq!(only(&waits).blocked, Some(Blocked::NoFreeSlot { item: id(1), from: in_days(12) }));
    let plan = planned(want(), &ending_in(20, 13));
    assert_eq!((only(&plan).action, &only(&plan).blocked), (Action::Replace, &None));
    assert!(matches!(only(&plan).reasons[..], [Reason::Due { .. }]));
}

#[test]
fn a_foreign_key_in_the_other_slot_lets_no_key_of_ours_run_out() {
    let planned = |days| {
        let key = SlotRecord { expires: in_days(days), ..record(1, Phase::Delivered, &[dotenv(".env")]) };
        let mut item = with(item(), Slot::One, key, true);
        item.dates.two = Some(in_days(90));
        item.app.as_mut().unwrap().active.two = true;
        let plan = planned(want(), &seen(live(vec![item]), &dotenv(".env"), holds(1)));
        plan.changes.into_iter().find(|change| change.action != Action::Report).unwrap()
    };
    assert_eq!(planned(9).blocked.map(|blocked| blocked.by()), Some(BlockedBy::ForeignKey));
    let change = planned(8);
    assert_eq!((change.action, change.blocked), (Action::Replace, None));
}

/// A replaced item whose key may end in five days, and home with both keys in use; `.env` holds the key with this serial.
fn shared(serial: u8, current_ends: i64) -> Live {
    let at = |n, slot, serial, days: i64, ends| {
        let mut key = record(serial, Phase::Delivered, &[dotenv(".env")]);
        (key.issued, key.delivered, key.expires) = (in_days(-days), Some(in_days(-days)), in_days(ends));
        key.sinks[0].1.delivered = Some(in_days(-days));
        with(n, slot, key, true)
    };
    let mut older = at(item(), Slot::One, 1, 9, 100);
    ledger(&mut older).superseded_by = Some(id(2));
    let home = at(at(item_of(2, "web"), Slot::One, 2, 2, 100), Slot::Two, 3, 1, current_ends);
    seen(live(vec![older, home]), &dotenv(".env"), holds(serial))
}

#[test]
fn no_new_item_is_made_because_of_sinks_while_another_waits_for_its_end() {
    for older in [1, 2] {
        let plan = planned(want(), &shared(older, 100));
        let places = vec![".env#ARCGIS_API_KEY".to_owned()];
        let waits = Blocked::ItemWaits { item: id(1), places, from: in_days(5) };
        assert_eq!((only(&plan).action, &only(&plan).blocked), (Action::Replace, &Some(waits)));
    }
    // Nor does one wait that would take too long.
    let plan =
        planned(CredentialSpec { expiry: Expiry { renew_before: DAY * 9, ..want().expiry }, ..want() }, &shared(2, 12));
    assert_eq!((only(&plan).action, &only(&plan).blocked), (Action::Replace, &None));
}

/// Home with both keys in use and the older one in `.env`; what its ledger remembers of new items, by days ago.
fn flapping(made: &[(i64, Need)]) -> Live {
    let mut live = shared(2, 100);
    live.items.remove(&id(1));
    let made = made.iter().map(|(ago, need)| Made { at: in_days(-ago), need: *need }).collect();
    ledger(live.items.get_mut(&id(2)).unwrap()).made = made;
    live
}

#[test]
fn three_new_items_in_thirty_days_without_an_edit_are_the_last_until_somebody_sees_to_it() {
    use Need::{Delivery, Key, Renewal, Sinks};
    let made = |days: &[(i64, Need)]| -> Vec<Made> {
        days.iter().map(|(ago, need)| Made { at: in_days(-ago), need: *need }).collect()
    };
    let too_often = |days: &[(i64, Need)], from| {
        (Some(Blocked::TooOften { name: name(), made: made(days), from: in_days(from) }), Vec::new())
    };
    let again = |days: &[(i64, Need)]| (None, made(days));
    let planned = |want: CredentialSpec, requests: Requests, days: &[(i64, Need)]| {
        let plan = today(&Spec { requests, ..spec(want) }, &flapping(days));
        let change = only(&plan);
        assert_eq!(change.action, Action::Replace);
        (change.blocked.clone(), change.work.made.clone())
    };
    let usual = |days: &[(i64, Need)]| planned(want(), Requests::default(), days);
    assert_eq!(usual(&[]), again(&[(0, Sinks)]));
    assert_eq!(usual(&[(8, Key), (1, Delivery)]), again(&[(8, Key), (1, Delivery), (0, Sinks)]));
    let often = [(29, Sinks), (20, Key), (1, Renewal)];
    assert_eq!(usual(&often), too_often(&often, 1));
    assert_eq!(usual(&[(30, Sinks), (20, Key), (1, Renewal)]), again(&[(20, Key), (1, Renewal), (0, Sinks)]));
    let four = [(29, Sinks), (28, Sinks), (20, Key), (1, Renewal)];
    assert_eq!(usual(&four), too_often(&four, 2));
    // Somebody who wants something else than before, or asks for it by name, has seen to it.
    let asked = Requests { rotate: [name()].into(), ..Requests::default() };
    assert_eq!(planned(want(), asked, &often), again(&[]));
    let more = CredentialSpec { deliver: vec![dotenv(".env"), dotenv(".env.more")], ..want() };
    assert_eq!(planned(more, Requests::default(), &often), again(&[]));
    let mut edited = want();
    edited.privileges.insert(Privilege::new("premium:user:places"));
    assert_eq!(planned(edited, Requests::default(), &often), again(&[]));
    // It is over by itself: the plan names the moment, and waits for nothing else.
    let plan = today(&spec(want()), &flapping(&often));
    assert_eq!(plan.next_boundary().map(|(at, boundary)| (at, boundary.turn)), Some((in_days(1), Turn::Limit)));
}
