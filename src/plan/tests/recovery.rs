//! The recovery table: what is found of the latest key, and what is done.

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
        assert_eq!(change.work.issue().unwrap().serial, 2);
    }
}

#[test]
fn issuing_but_a_sink_has_a_live_key_of_the_slot_goes_on_delivering_it() {
    let identity = KeyIdentity { item: id(1), privileges: None, expires: None };
    let found = Observation::Holds(Holding {
        fingerprint: fingerprint(9),
        slot: Some(Slot::One),
        identity: Some(identity),
        dead: None,
    });
    let plan = one(
        half(Phase::Issuing, true, &[dotenv("a"), dotenv("b")]),
        &[(dotenv("a"), found), (dotenv("b"), Observation::Absent)],
    );
    let change = only(&plan);
    assert!(change.work.issue().is_none());
    let slot = Slot::One;
    assert_eq!(
        acts(change),
        [
            Act::ReadKeyFromSink { slot, from: dotenv("a").id, fingerprint: fingerprint(9) },
            Act::Resume { slot, fingerprint: fingerprint(9) },
            Act::RecordDelivery { slot, sink: dotenv("a").id },
            Act::Deliver { slot, sink: dotenv("b").id },
            Act::Delivered { slot },
        ]
    );
}

#[test]
fn issuing_and_a_sink_that_cannot_be_read_is_blocked() {
    let plan =
        one(half(Phase::Issuing, true, &[dotenv("a")]), &[(dotenv("a"), Observation::Unreadable { why: "no".into() })]);
    assert_eq!(only(&plan).blocked.as_ref().unwrap().by(), BlockedBy::CannotBeKnown);
}

#[test]
fn a_dead_key_is_rotated_over_the_other_slot_whatever_its_phase() {
    for phase in [Phase::Delivering, Phase::Delivered] {
        let plan = one(half(phase, false, &[dotenv("a")]), &[(dotenv("a"), holds(1))]);
        let change = only(&plan);
        assert_eq!((change.action, issued_into(change)), (Action::Rotate, Slot::Two));
        assert_eq!(change.reasons, [Reason::KeyDead { slot: Slot::One }]);
        assert_eq!(change.told.dead_in, [dotenv("a").id]);
    }
}

#[test]
fn a_key_that_somebody_issued_another_one_over_is_noted_first_and_its_slot_left_alone() {
    let slot = Slot::One;
    let mut item = half(Phase::Delivered, true, &[dotenv("a")]);
    *item.lost.get_mut(slot) = true;
    let plan = one(item.clone(), &[(dotenv("a"), holds(1))]);
    let done: Vec<_> = plan.runnable().map(|change| (change.action, change.reasons[0].clone())).collect();
    let lost = Reason::KeyLost { slot };
    assert_eq!(done, [(Action::Update, lost.clone()), (Action::Rotate, lost.clone())]);
    assert_eq!(acts(&plan.changes[0]), [Act::Lost { slot }]);
    assert_eq!(issued_into(&plan.changes[1]), Slot::Two);
    assert!(plan.changes.iter().any(|change| change.reasons == [Reason::ForeignKey { slot }]));
    // Nobody holds the dead key any more, so that none could be asked: the ledger knows.
    *item.lost.get_mut(slot) = false;
    ledger(&mut item).lost(slot);
    let plan = one(item, &[(dotenv("a"), Observation::Absent)]);
    let done: Vec<_> = plan.runnable().map(|change| (change.action, change.reasons[0].clone())).collect();
    assert_eq!(done, [(Action::Rotate, lost)]);
}

#[test]
fn delivering_and_every_sink_has_it_is_marked_delivered() {
    let plan = one(half(Phase::Delivering, true, &[dotenv("a")]), &[(dotenv("a"), holds(1))]);
    let slot = Slot::One;
    assert_eq!(acts(only(&plan)), [Act::RecordDelivery { slot, sink: dotenv("a").id }, Act::Delivered { slot }]);
}

#[test]
fn delivering_and_one_readable_sink_has_it_is_read_back_and_delivered_to_the_rest() {
    let plan = one(
        half(Phase::Delivering, true, &[dotenv("a"), command(false)]),
        &[(dotenv("a"), holds(1)), (command(false), Observation::NotAsked)],
    );
    let slot = Slot::One;
    assert_eq!(
        acts(only(&plan)),
        [
            Act::ReadKeyFromSink { slot, from: dotenv("a").id, fingerprint: fingerprint(1) },
            Act::RecordDelivery { slot, sink: dotenv("a").id },
            Act::Deliver { slot, sink: command(false).id },
            Act::Delivered { slot },
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
    assert!(change.work.steps.is_empty() && change.blocked.is_none());
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
    assert!(plan.changes.iter().all(|change| !change.work.does(&Act::UpdateApp)));
}

#[test]
fn a_foreign_key_keeps_the_app_from_being_edited() {
    let mut item = half(Phase::Delivered, false, &[dotenv("a")]);
    item.dates.two = Some(in_days(50));
    item.app.as_mut().unwrap().active.two = true;
    item.app.as_mut().unwrap().privileges.insert(Privilege::new("premium:user:places"));
    let plan = one(item, &[(dotenv("a"), holds(1))]);
    let edit = plan.changes.iter().find(|change| change.action == Action::UpdateEndingKeys).unwrap();
    assert_eq!(edit.blocked.as_ref().unwrap().by(), BlockedBy::ForeignKey);
}

/// A sink that tells only when it was written; no kind does yet, so the command that tells nothing stands for it.
fn written(minutes: i64) -> Observation {
    Observation::Written { at: now().checked_add(SignedDuration::from_mins(minutes)).unwrap() }
}

/// `delivering` since now, to one sink that told, `settled` seconds before it was asked, that it had been written.
fn with_receipt(settled: i64) -> LiveItem {
    let mut record = record(1, Phase::Delivering, &[command(false)]);
    record.issued = now();
    let at = now().checked_sub(SignedDuration::from_mins(5)).unwrap();
    let noted = at.checked_add(SignedDuration::from_secs(settled)).unwrap();
    record.sinks[0].1.receipt_before = Some(Receipt { at, noted });
    with(item(), Slot::One, record, true)
}

#[test]
fn a_receipt_that_is_the_one_noted_before_proves_that_nobody_got_the_key() {
    let plan = one(with_receipt(2), &[(command(false), written(-5))]);
    assert_eq!(issued_into(only(&plan)), Slot::One);
    assert_eq!(only(&plan).reasons, [Reason::IssueUnfinished { slot: Slot::One }]);
}

#[test]
fn a_receipt_that_was_younger_than_two_seconds_when_it_was_noted_proves_nothing() {
    let plan = one(with_receipt(1), &[(command(false), written(-5))]);
    assert_eq!(only(&plan).reasons, [Reason::DeliveryInDoubt { slot: Slot::One }]);
    assert_eq!(issued_into(only(&plan)), Slot::Two);
}

#[test]
fn a_receipt_within_a_lease_of_the_delivering_write_proves_that_the_key_arrived() {
    for minutes in [0, 10] {
        let plan = one(with_receipt(60), &[(command(false), written(minutes))]);
        let slot = Slot::One;
        assert_eq!(acts(only(&plan)), [Act::RecordDelivery { slot, sink: command(false).id }, Act::Delivered { slot }]);
    }
}

#[test]
fn a_receipt_of_any_other_time_leaves_the_delivery_in_doubt() {
    for minutes in [-1, 11] {
        let plan = one(with_receipt(60), &[(command(false), written(minutes))]);
        assert_eq!(only(&plan).reasons, [Reason::DeliveryInDoubt { slot: Slot::One }], "{minutes} minutes");
    }
}

#[test]
fn issuing_for_a_sink_that_is_no_longer_declared_is_issued_again_into_the_same_slot() {
    let plan = one(half(Phase::Issuing, true, &[command(false)]), &[(dotenv("a"), Observation::Absent)]);
    assert_eq!(issued_into(only(&plan)), Slot::One);
}

#[test]
fn delivering_first_to_a_sink_that_is_no_longer_declared_leaves_the_slot_alone() {
    let plan = one(half(Phase::Delivering, true, &[command(false)]), &[(dotenv("a"), Observation::Absent)]);
    assert_eq!(only(&plan).reasons, [Reason::DeliveryInDoubt { slot: Slot::One }]);
    assert_eq!(issued_into(only(&plan)), Slot::Two);
}

#[test]
fn a_delivery_that_only_lacks_a_sink_nobody_declares_any_more_is_finished() {
    let mut item = half(Phase::Delivering, true, &[command(true), dotenv("gone")]);
    ledger(&mut item).slots.one.as_mut().unwrap().sinks[0].1.delivered = Some(in_days(-1));
    let plan = one(item, &[(command(true), Observation::NotAsked)]);
    assert_eq!(acts(only(&plan)), [Act::Delivered { slot: Slot::One }]);
}

#[test]
fn a_place_that_is_reported_only_proves_nothing_by_being_empty() {
    let mut runner = dotenv("a");
    runner.heal = false;
    let plan = one(half(Phase::Delivering, true, &[runner.clone()]), &[(runner, Observation::Absent)]);
    assert_eq!(only(&plan).reasons, [Reason::DeliveryInDoubt { slot: Slot::One }]);
}

#[test]
fn delivering_and_a_confirming_sink_that_cannot_be_asked_is_blocked() {
    let why = Observation::Unreadable { why: "it ended with 3".into() };
    let plan = one(half(Phase::Delivering, true, &[command(true)]), &[(command(true), why)]);
    assert_eq!(only(&plan).blocked.as_ref().unwrap().by(), BlockedBy::CannotBeKnown);
}

#[test]
fn a_key_past_its_end_is_renewed_even_while_the_portal_calls_its_slot_active() {
    let mut over = record(1, Phase::Delivered, &[dotenv("a")]);
    over.expires = in_days(-1);
    let plan = one(with(item(), Slot::One, over, true), &[(dotenv("a"), holds(1))]);
    assert_eq!(issued_into(only(&plan)), Slot::Two);
    assert_eq!(only(&plan).reasons, [Reason::KeyExpired { slot: Slot::One, at: in_days(-1) }]);
}

/// What a lost answer to addItem leaves: a second item that does not name itself.
fn leftover(app: bool) -> LiveItem {
    let mut second = LiveItem { id: id(2), ..item() };
    ledger(&mut second).item = None;
    if !app {
        second.app = None;
    }
    second
}

fn beside_one_in_order(second: LiveItem, want: CredentialSpec) -> Plan {
    planned(want, &seen(live(vec![in_order(), second]), &dotenv(".env"), holds(1)))
}

#[test]
fn an_item_that_was_made_twice_is_claimed_and_deleted() {
    for app in [false, true] {
        let plan = beside_one_in_order(leftover(app), want());
        let change = only(&plan);
        assert_eq!((change.action, &change.blocked), (Action::Retire, &None));
        assert_eq!(change.reasons, [Reason::Leftover { home: id(1) }]);
        assert_eq!(acts(change), [Act::WriteLedger, Act::DeleteItem]);
        assert_eq!(change.work.seen.as_ref().unwrap().id, id(2));
    }
}

#[test]
fn a_second_item_is_only_reported_where_it_may_be_in_use_or_is_not_ours() {
    let mut used = leftover(true);
    used.app.as_mut().unwrap().active.two = true;
    let another = LiveItem { owner: "other".into(), ..leftover(true) };
    let unmarked = LiveItem { markers: BTreeSet::new(), ..leftover(true) };
    let bare = LiveItem { ledger: LedgerState::None, ..leftover(true) };
    let plan = beside_one_in_order(unmarked, want());
    assert_eq!(only(&plan).blocked.as_ref().unwrap().by(), BlockedBy::Ledger);
    for second in [used, another, bare] {
        let plan = beside_one_in_order(second, want());
        assert_eq!(only(&plan).reasons, [Reason::Duplicate { home: id(1) }]);
        assert!(plan.is_empty());
    }
    let additive = CredentialSpec { mode: Mode::Additive, ..want() };
    assert!(beside_one_in_order(leftover(false), additive).is_empty());
}

#[test]
fn a_leftover_that_was_claimed_and_not_deleted_is_deleted() {
    let mut claimed = leftover(false);
    ledger(&mut claimed).item = Some(id(2));
    let plan = beside_one_in_order(claimed, want());
    assert_eq!(acts(only(&plan)), [Act::DeleteItem]);
}
