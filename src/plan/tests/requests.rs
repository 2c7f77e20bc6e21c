//! What somebody asks for on the command line: a new key, or the end of one.

use super::*;

fn asked(want: CredentialSpec, requests: Requests, live: &Live) -> Plan {
    plan(&Spec { requests, ..spec(want) }, live, now())
}

fn rotate(live: &Live) -> Plan {
    asked(want(), Requests { rotate: BTreeSet::from([name()]), ..Requests::default() }, live)
}

fn revoke_of(want: CredentialSpec, item: Option<ItemId>, slot: Slot, live: &Live) -> Plan {
    let revoke = Revoke { name: name(), item, slot, because: "it was in a log".into() };
    asked(want, Requests { revoke: Some(revoke), ..Requests::default() }, live)
}

fn revoke(slot: Slot, live: &Live) -> Plan {
    revoke_of(want(), None, slot, live)
}

fn in_use(item: LiveItem) -> Live {
    seen(live(vec![item]), &dotenv(".env"), holds(1))
}

/// Slot 1 holds an older key, slot 2 the current one, delivered two days ago.
fn within_an_overlap() -> LiveItem {
    let mut newer = record(2, Phase::Delivered, &[dotenv(".env")]);
    newer.delivered = Some(in_days(-2));
    newer.sinks[0].1.delivered = Some(in_days(-2));
    with(in_order(), Slot::Two, newer, true)
}

fn glass(slot: Slot) -> Vec<Reason> {
    vec![Reason::BreakGlass { slot, because: "it was in a log".into() }]
}

#[test]
fn a_key_that_is_not_due_is_rotated_when_somebody_asks() {
    let plan = rotate(&in_use(in_order()));
    let change = only(&plan);
    assert_eq!(
        (change.action, change.cause, issued_into(change)),
        (Action::Rotate, super::super::Cause::Request, Slot::Two)
    );
    assert_eq!(change.reasons, [Reason::RotationRequested { slot: Slot::One, expires: in_days(100) }]);
}

#[test]
fn a_rotation_that_was_asked_for_and_interrupted_is_resumed_and_not_begun_again() {
    let half = with(in_order(), Slot::Two, record(2, Phase::Delivering, &[dotenv(".env")]), true);
    let live = seen(live(vec![half]), &dotenv(".env"), holds(2));
    assert_eq!(acts(only(&rotate(&live))).last(), Some(&Act::Delivered { slot: Slot::Two }));
    let half = with(in_order(), Slot::Two, record(2, Phase::Issuing, &[dotenv(".env")]), false);
    assert_eq!(only(&rotate(&in_use(half))).reasons, [Reason::IssueUnfinished { slot: Slot::Two }]);
}

#[test]
fn a_rotation_that_was_asked_for_is_planned_or_blocked_and_never_left_out() {
    let keys_of = |want: CredentialSpec, live: &Live| {
        let rotate = BTreeSet::from([name()]);
        asked(want, Requests { rotate, keys_only: true, ..Requests::default() }, live)
    };
    let observed = CredentialSpec { mode: Mode::Observe, ..want() };
    let nowhere = CredentialSpec { deliver: Vec::new(), ..want() };
    let begun = LiveItem { ledger: LedgerState::None, ..item() };
    let broken = LiveItem { ledger: LedgerState::Broken { why: "no version".into() }, ..in_order() };
    let rows = [
        ("not made", keys_of(want(), &live(Vec::new())), BlockedBy::NoSuchKey),
        ("only begun", keys_of(want(), &live(vec![begun])), BlockedBy::NoSuchKey),
        ("its ledger is broken", keys_of(want(), &live(vec![broken])), BlockedBy::Ledger),
        ("delivered nowhere", keys_of(nowhere, &live(vec![in_order()])), BlockedBy::NoSuchKey),
        ("only observed", keys_of(observed, &in_use(in_order())), BlockedBy::Policy),
    ];
    for (what, plan, by) in rows {
        let blocks: Vec<_> = plan.withheld().filter_map(|change| change.blocked.as_ref()).map(Blocked::by).collect();
        assert_eq!(blocks, [by], "{what}");
    }
}

#[test]
fn a_request_that_has_to_wait_is_withheld_and_what_is_due_by_itself_is_not() {
    let (mut spec, due) = ending(&[20]);
    spec.guards.freeze = vec![Freeze { from: in_days(-1), to: in_days(1), except_expiring: false, source: line(7) }];
    let by_itself = plan(&spec, &due, now());
    assert_eq!((only(&by_itself).blocked.as_ref().unwrap().by(), by_itself.withheld().count()), (BlockedBy::Frozen, 0));
    let (_, due_later) = ending(&[100]);
    spec.requests.rotate = spec.credentials.keys().cloned().collect();
    let asked = plan(&spec, &due_later, now());
    assert_eq!((only(&asked).blocked.as_ref().unwrap().by(), asked.withheld().count()), (BlockedBy::Frozen, 1));
}

#[test]
fn a_current_key_is_rotated_first_and_then_ended_without_an_overlap() {
    let plan = revoke(Slot::One, &in_use(in_order()));
    let change = only(&plan);
    assert_eq!(
        (change.action, &change.reasons, &change.told.dead_in),
        (Action::Rotate, &glass(Slot::One), &Vec::new())
    );
    assert_eq!(issued_into(change), Slot::Two);
    assert_eq!(
        acts(change)[1..],
        [
            Act::Deliver { slot: Slot::Two, sink: dotenv(".env").id },
            Act::Delivered { slot: Slot::Two },
            Act::Revoke { slot: Slot::One },
        ]
    );
    assert_eq!(change.told.safety.unwrap().gap, Some(Gap::BreakGlass { slot: Slot::One }));
}

#[test]
fn a_current_key_without_a_free_slot_is_ended_at_once_and_the_next_run_heals() {
    let live = seen(live(vec![within_an_overlap()]), &dotenv(".env"), holds(2));
    let plan = revoke(Slot::Two, &live);
    let change = only(&plan);
    // Its record stays: without it the next run would take the older key for the current one.
    assert_eq!((change.action, &acts(change)[..]), (Action::Retire, &[Act::EndKey { slot: Slot::Two }][..]));
    assert_eq!(change.told.dead_in, [dotenv(".env").id]);
    let mut ended = within_an_overlap();
    ended.app.as_mut().unwrap().active.two = false;
    let next = planned(want(), &seen(super::live(vec![ended]), &dotenv(".env"), holds(2)));
    assert_eq!(only(&next).reasons, [Reason::KeyDead { slot: Slot::Two }]);
    assert_eq!(issued_into(only(&next)), Slot::Two);
}

#[test]
fn a_sink_that_cannot_be_asked_is_listed_by_what_the_ledger_knows() {
    let item = with(item(), Slot::One, record(1, Phase::Delivered, &[command(false)]), true);
    let mut full = record(2, Phase::Issuing, &[command(false)]);
    full.serial = 0;
    // A foreign key in the other slot leaves no room to rotate first.
    let mut item = with(item, Slot::Two, full, true);
    item.dates.two = Some(in_days(30));
    let want = CredentialSpec { deliver: vec![command(false)], ..want() };
    let plan = revoke_of(want, None, Slot::One, &live(vec![item]));
    let ended = plan.changes.iter().find(|change| change.action == Action::Retire).unwrap();
    assert_eq!(ended.told.dead_in, [command(false).id]);
}

#[test]
fn an_old_key_is_just_ended() {
    let live = seen(live(vec![within_an_overlap()]), &dotenv(".env"), holds(2));
    let plan = revoke(Slot::One, &live);
    assert_eq!(acts(only(&plan)), [Act::Revoke { slot: Slot::One }]);
    assert_eq!((&only(&plan).reasons, &only(&plan).told.dead_in), (&glass(Slot::One), &Vec::new()));
    // Somebody asked for exactly this, so `mode: additive` does not keep it.
    let additive = CredentialSpec { mode: Mode::Additive, ..want() };
    assert_eq!(only(&revoke_of(additive, None, Slot::One, &live)).blocked, None);
}

#[test]
fn a_key_that_keyform_did_not_issue_is_ended_when_somebody_asks_for_exactly_it() {
    let mut item = in_order();
    item.dates.two = Some(in_days(50));
    item.app.as_mut().unwrap().active.two = true;
    let plan = revoke(Slot::Two, &in_use(item));
    let ended = plan.changes.iter().find(|change| change.action == Action::Retire).unwrap();
    assert_eq!((&acts(ended)[..], &ended.blocked), (&[Act::EndKey { slot: Slot::Two }][..], &None));
}

#[test]
fn a_key_of_an_item_that_was_replaced_is_ended_where_it_is() {
    let mut newer = LiveItem { id: id(2), ..item() };
    ledger(&mut newer).item = Some(id(2));
    ledger(&mut newer).generation = 2;
    let mut record = record(2, Phase::Delivered, &[dotenv(".env")]);
    record.delivered = Some(in_days(-1));
    let newer = with(newer, Slot::One, record, true);
    let live = seen(live(vec![in_order(), newer]), &dotenv(".env"), holds(2));
    let plan = revoke_of(want(), Some(id(1)), Slot::One, &live);
    assert_eq!(
        (only(&plan).item.as_ref(), &acts(only(&plan))[..]),
        (Some(&id(1)), &[Act::Revoke { slot: Slot::One }][..])
    );
}

#[test]
fn what_is_not_there_is_said_and_nothing_is_ended() {
    let live = in_use(in_order());
    let plan = revoke(Slot::Two, &live);
    let told = About::NothingToRevoke { item: id(1), slot: Slot::Two };
    assert!(plan.changes.is_empty() && plan.overview.notes.iter().any(|note| note.about == told));
    let plan = revoke_of(want(), Some(id(9)), Slot::One, &live);
    assert_eq!(only(&plan).blocked.as_ref().unwrap().by(), BlockedBy::NoSuchKey);
    let observed = CredentialSpec { mode: Mode::Observe, ..want() };
    assert_eq!(only(&revoke_of(observed, None, Slot::One, &live)).blocked.as_ref().unwrap().by(), BlockedBy::Policy);
}

#[test]
fn another_credential_is_not_asked() {
    let other =
        Revoke { name: CredentialName::new("other").unwrap(), item: None, slot: Slot::One, because: "x".into() };
    let requests = Requests {
        revoke: Some(other),
        rotate: BTreeSet::from([CredentialName::new("other").unwrap()]),
        ..Requests::default()
    };
    assert!(asked(want(), requests, &in_use(in_order())).is_empty());
}
