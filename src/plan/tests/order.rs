//! Which key is later, and which item is home.

use super::*;

/// A key of item `n` that was delivered at `at`, and its item.
fn delivered(n: u16, serial: u64, at: Timestamp) -> LiveItem {
    let mut key = record(serial, Phase::Delivered, &[dotenv(".env")]);
    (key.issued, key.delivered, key.fingerprint) = (at, Some(at), Some(fingerprint(n.into())));
    key.sinks[0].1.delivered = Some(at);
    with(LiveItem { id: id(n), ..item_of(n, "web") }, Slot::One, key, true)
}

fn holding(items: Vec<LiveItem>, n: u8) -> Live {
    seen(live(items), &dotenv(".env"), holds_of(n))
}

fn holds_of(n: u8) -> Observation {
    Observation::Holds(Holding { fingerprint: fingerprint(n.into()), slot: None, identity: None, dead: None })
}

#[test]
fn later_is_what_the_server_saw_issued_later_whatever_its_serial() {
    // Item 1 was out of sight while item 2 was made, and has the higher serial.
    let live = holding(vec![delivered(1, 4, in_days(-9)), delivered(2, 1, in_days(-1))], 2);
    let plan = planned(want(), &live);
    assert!(plan.changes.is_empty(), "{:#?}", plan.changes);
    let current: Vec<_> = plan.overview.keys.iter().map(|key| (key.current, key.next)).collect();
    assert!(current.contains(&(false, Some(Next::Revoke(in_days(6))))), "{current:?}");
}

#[test]
fn the_item_that_was_out_of_sight_goes_when_its_overlap_is_over() {
    let live = holding(vec![delivered(1, 4, in_days(-30)), delivered(2, 1, in_days(-8))], 2);
    let plan = planned(want(), &live);
    let change = only(&plan);
    assert_eq!((change.action, change.item.as_ref()), (Action::Retire, Some(&id(1))));
    assert_eq!(acts(change), [Act::Revoke { slot: Slot::One }, Act::DeleteItem]);
}

#[test]
fn within_one_second_the_serial_decides() {
    let at = in_days(-9);
    let later = at.checked_add(SignedDuration::from_millis(900)).unwrap();
    let mut both = delivered(1, 1, later);
    let mut second = record(2, Phase::Delivered, &[dotenv(".env")]);
    (second.issued, second.fingerprint) = (at, Some(fingerprint(2)));
    both = with(both, Slot::Two, second, true);
    let plan = planned(want(), &holding(vec![both], 2));
    let current: Vec<Slot> = plan.overview.keys.iter().filter(|key| key.current).map(|key| key.slot).collect();
    assert_eq!(current, [Slot::Two]);
}

#[test]
fn a_current_key_outside_home_is_rotated_on_home() {
    let mut current = delivered(2, 1, in_days(-1));
    let key = ledger(&mut current).slots.one.as_mut().unwrap();
    (key.phase, key.delivered, key.sinks[0].1.delivered) = (Phase::Delivering, None, None);
    let live = holding(vec![delivered(1, 4, in_days(-9)), current], 2);
    let plan = planned(want(), &live);
    let change = only(&plan);
    assert_eq!((change.action, change.item.as_ref()), (Action::Rotate, Some(&id(1))));
    assert_eq!(change.reasons, [Reason::NotHome { item: id(2) }]);
    let issue = change.work.issue().unwrap();
    assert_eq!((issue.slot, issue.serial, &issue.others[..]), (Slot::Two, 5, &[id(2)][..]));
}

#[test]
fn an_item_that_another_took_over_from_is_not_home_whatever_its_generation() {
    let mut newer = delivered(2, 1, in_days(-9));
    let told = ledger(&mut newer);
    (told.generation, told.superseded_by) = (2, Some(id(1)));
    let live = holding(vec![delivered(1, 2, in_days(-1)), newer], 1);
    let plan = planned(want(), &live);
    assert!(plan.changes.is_empty(), "{:#?}", plan.changes);
}

#[test]
fn a_key_that_was_only_being_issued_outside_home_goes_with_its_item() {
    let mut begun = delivered(2, 1, in_days(-1));
    let key = ledger(&mut begun).slots.one.as_mut().unwrap();
    (key.phase, key.delivered, key.fingerprint, key.sinks[0].1.delivered) = (Phase::Issuing, None, None, None);
    let plan = planned(want(), &holding(vec![delivered(1, 4, in_days(-9)), begun], 1));
    let change = only(&plan);
    assert_eq!((change.action, change.item.as_ref()), (Action::Retire, Some(&id(2))));
}

#[test]
fn an_item_that_lost_its_ledger_with_a_live_key_blocks_its_credential() {
    let mut newer = delivered(2, 5, in_days(-1));
    newer.ledger = LedgerState::None;
    let plan = planned(want(), &holding(vec![delivered(1, 4, in_days(-9)), newer], 2));
    let change = only(&plan);
    assert_eq!(change.item.as_ref(), Some(&id(2)));
    assert_eq!(change.blocked.as_ref().unwrap().by(), BlockedBy::Ledger);
}
