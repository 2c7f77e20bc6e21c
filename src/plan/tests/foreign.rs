//! What may not be touched.

use super::*;

fn blocked(item: LiveItem) -> BlockedBy {
    let plan = planned(want(), &live(vec![item]));
    assert!(plan.runnable().next().is_none(), "{:#?}", plan.changes);
    plan.blocked().next().unwrap().blocked.as_ref().unwrap().by()
}

#[test]
fn another_owners_item_is_refused() {
    assert_eq!(blocked(LiveItem { owner: "other".into(), ..in_order() }), BlockedBy::Owner);
}

#[test]
fn another_stacks_marker_is_refused() {
    let mut item = in_order();
    item.markers.insert(Marker { stack: StackName::new("other").unwrap(), name: name() });
    assert_eq!(blocked(item), BlockedBy::OtherStack);
}

#[test]
fn a_ledger_without_its_marker_is_blocked() {
    assert_eq!(blocked(LiveItem { markers: BTreeSet::new(), ..in_order() }), BlockedBy::Ledger);
}

#[test]
fn a_marker_without_a_ledger_is_blocked_only_while_a_key_is_active() {
    assert_eq!(blocked(LiveItem { ledger: LedgerState::None, ..in_order() }), BlockedBy::Ledger);
    let idle = LiveItem { ledger: LedgerState::None, ..item() };
    assert!(only(&planned(want(), &live(vec![idle]))).blocked.is_none());
}

#[test]
fn a_newer_ledger_is_refused_by_its_version() {
    assert_eq!(blocked(LiveItem { ledger: LedgerState::Newer { version: 2 }, ..in_order() }), BlockedBy::Ledger);
}

#[test]
fn a_begun_item_with_somebodys_keys_in_both_slots_is_taken_over_from_and_left_alone() {
    let begun = || {
        let mut begun = item();
        begun.app.as_mut().unwrap().active = PerSlot { one: true, two: true };
        begun.dates = PerSlot { one: Some(in_days(90)), two: Some(in_days(200)) };
        begun
    };
    let mut narrower = begun();
    narrower.app.as_mut().unwrap().privileges.clear();
    for begun in [begun(), narrower] {
        let plan = planned(want(), &live(vec![begun]));
        let [change] = plan.runnable().collect::<Vec<_>>()[..] else { panic!("{:#?}", plan.changes) };
        assert_eq!(change.action, Action::Replace);
        let on_it = change.work.steps.iter().find(|step| matches!(step.on, Target::Item(_)));
        assert!(change.work.does(&Act::AddItem) && on_it.is_none(), "{:#?}", change.work.steps);
    }
}

#[test]
fn a_copy_is_reported_and_never_obeyed() {
    let copy = LiveItem { id: id(2), ..in_order() };
    let live = seen(live(vec![in_order(), copy]), &dotenv(".env"), holds(1));
    let plan = planned(want(), &live);
    assert_eq!(only(&plan).reasons, [Reason::Copy { of: id(1) }]);
    assert!(plan.is_empty());
}

#[test]
fn an_orphan_is_reported_and_left_alone() {
    let mut spec = spec(want());
    spec.credentials.clear();
    let plan = plan(&spec, &live(vec![in_order()]), now());
    assert_eq!(only(&plan).reasons, [Reason::Orphan]);
    assert!(plan.is_empty());
}
