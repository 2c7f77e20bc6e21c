//! Overlaps and slots.

use super::*;

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
    let from = "2026-06-06T08:00:00Z".parse().ok();
    assert_eq!(only(&plan).blocked, Some(Blocked::NoFreeSlot { item: id(1), from }));
}
