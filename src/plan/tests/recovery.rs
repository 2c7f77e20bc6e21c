//! The recovery table: what is found at the highest serial, and what is done.

use super::*;

fn one(item: LiveItem, sinks: &[(Delivery, Observation)]) -> Plan {
    let mut live = live(vec![item]);
    let mut want = want();
    want.deliver = sinks.iter().map(|(sink, _)| sink.clone()).collect();
    for (sink, what) in sinks {
        live = seen(live, sink, what.clone());
    }
    planned(want, &live)
}

fn half(phase: Phase, active: bool, sinks: &[Delivery]) -> LiveItem {
    with(item(), Slot::One, record(1, phase, sinks), active)
}

#[test]
fn issuing_and_nobody_has_it_is_issued_again_into_the_same_slot() {
    for active in [false, true] {
        let plan = one(half(Phase::Issuing, active, &[dotenv("a")]), &[(dotenv("a"), Observation::Absent)]);
        let change = only(&plan);
        assert_eq!(issued_into(change), Slot::One);
        assert_eq!(change.issue().unwrap().serial, 2);
    }
}

#[test]
fn issuing_but_a_sink_has_a_live_key_of_the_slot_goes_on_delivering_it() {
    let identity = KeyIdentity { item: item_id(1), privileges: None, expires: None };
    let found =
        Observation::Holds(Holding { fingerprint: fingerprint(9), slot: Some(Slot::One), identity: Some(identity) });
    let plan = one(
        half(Phase::Issuing, true, &[dotenv("a"), dotenv("b")]),
        &[(dotenv("a"), found), (dotenv("b"), Observation::Absent)],
    );
    let change = only(&plan);
    assert!(change.issue().is_none());
    let slot = Slot::One;
    assert_eq!(
        change.steps,
        [
            Step::TakeKey { slot, from: dotenv("a").id, fingerprint: fingerprint(9) },
            Step::Resume { slot, fingerprint: fingerprint(9) },
            Step::Recorded { slot, sink: dotenv("a").id },
            Step::Deliver { slot, sink: dotenv("b").id },
            Step::Delivered { slot },
        ]
    );
}

#[test]
fn issuing_and_a_sink_that_cannot_be_read_is_blocked() {
    let plan =
        one(half(Phase::Issuing, true, &[dotenv("a")]), &[(dotenv("a"), Observation::Unreadable { why: "no".into() })]);
    assert_eq!(only(&plan).blocked.as_ref().unwrap().by, BlockedBy::CannotBeKnown);
}

#[test]
fn a_dead_key_is_rotated_over_the_other_slot_whatever_its_phase() {
    for phase in [Phase::Delivering, Phase::Delivered] {
        let plan = one(half(phase, false, &[dotenv("a")]), &[(dotenv("a"), holds(1))]);
        let change = only(&plan);
        assert_eq!((change.action, issued_into(change)), (Action::Rotate, Slot::Two));
        assert_eq!(change.reasons, [Reason::KeyDead { slot: Slot::One }]);
        assert_eq!(change.dead_in, [dotenv("a").id]);
    }
}

#[test]
fn delivering_and_every_sink_has_it_is_marked_delivered() {
    let plan = one(half(Phase::Delivering, true, &[dotenv("a")]), &[(dotenv("a"), holds(1))]);
    let slot = Slot::One;
    assert_eq!(only(&plan).steps, [Step::Recorded { slot, sink: dotenv("a").id }, Step::Delivered { slot }]);
}

#[test]
fn delivering_and_one_readable_sink_has_it_is_read_back_and_delivered_to_the_rest() {
    let plan = one(
        half(Phase::Delivering, true, &[dotenv("a"), command(false)]),
        &[(dotenv("a"), holds(1)), (command(false), Observation::NotAsked)],
    );
    let slot = Slot::One;
    assert_eq!(
        only(&plan).steps,
        [
            Step::TakeKey { slot, from: dotenv("a").id, fingerprint: fingerprint(1) },
            Step::Recorded { slot, sink: dotenv("a").id },
            Step::Deliver { slot, sink: command(false).id },
            Step::Delivered { slot },
        ]
    );
}

#[test]
fn delivering_and_the_first_sink_proved_not_to_have_it_is_issued_again_into_the_same_slot() {
    let plan = one(half(Phase::Delivering, true, &[dotenv("a")]), &[(dotenv("a"), Observation::Absent)]);
    assert_eq!(issued_into(only(&plan)), Slot::One);
    let plan = one(half(Phase::Delivering, true, &[command(true)]), &[(command(true), Observation::Absent)]);
    assert_eq!(issued_into(only(&plan)), Slot::One);
}

#[test]
fn delivering_to_a_sink_that_tells_nothing_leaves_the_slot_alone_and_issues_into_the_other() {
    let plan = one(half(Phase::Delivering, true, &[command(false)]), &[(command(false), Observation::NotAsked)]);
    let change = only(&plan);
    assert_eq!(issued_into(change), Slot::Two);
    assert_eq!(change.reasons, [Reason::DeliveryInDoubt { slot: Slot::One }]);
}

#[test]
fn a_confirming_sink_is_asked_in_apply_only() {
    let plan = one(half(Phase::Delivering, true, &[command(true)]), &[(command(true), Observation::NotAsked)]);
    let change = only(&plan);
    assert!(change.steps.is_empty() && change.blocked.is_none());
    assert!(!plan.is_empty());
}

#[test]
fn a_key_that_a_person_issued_over_ours_is_never_touched() {
    let mut item = half(Phase::Delivered, true, &[dotenv("a")]);
    item.dates.one = Some(in_days(50));
    let plan = one(item, &[(dotenv("a"), holds(1))]);
    let foreign = plan.changes.iter().find(|change| change.action == Action::Report).unwrap();
    assert_eq!(foreign.reasons, [Reason::ForeignKey { slot: Slot::One }]);
    let rotate = plan.changes.iter().find(|change| change.action == Action::Rotate).unwrap();
    assert_eq!(issued_into(rotate), Slot::Two);
    assert!(plan.changes.iter().flat_map(|change| &change.steps).all(|step| *step != Step::UpdateApp));
}

#[test]
fn a_foreign_key_keeps_the_app_from_being_edited() {
    let mut item = half(Phase::Delivered, false, &[dotenv("a")]);
    item.dates.two = Some(in_days(50));
    item.app.as_mut().unwrap().active.two = true;
    item.app.as_mut().unwrap().privileges.clear();
    let plan = one(item, &[(dotenv("a"), holds(1))]);
    let edit = plan.changes.iter().find(|change| change.action == Action::UpdateEndingKeys).unwrap();
    assert_eq!(edit.blocked.as_ref().unwrap().by, BlockedBy::ForeignKey);
}
