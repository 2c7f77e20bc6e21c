//! What may not be touched.

use super::*;

fn blocked(item: LiveItem) -> BlockedBy {
    let plan = planned(want(), &live(vec![item]));
    assert!(plan.runnable().next().is_none(), "{:#?}", plan.changes);
    plan.blocked().next().unwrap().blocked.as_ref().unwrap().by()
}

#[test]
fn an_item_that_somebody_else_made_and_gave_to_the_caller_is_refused() {
    let mut item = in_order();
    ledger(&mut item).owner = "other".into();
    assert_eq!(blocked(item), BlockedBy::Owner);
}

/// Another member's item with our tag, and a ledger that says more than ours does.
fn strangers() -> LiveItem {
    let mut theirs = LiveItem { owner: "eve".into(), ..in_use(9, "web") };
    let ledger = ledger(&mut theirs);
    (ledger.owner, ledger.generation) = ("eve".into(), 99);
    theirs
}

/// The same with an item that was the caller's.
fn given_away() -> LiveItem {
    let mut given = LiveItem { owner: "ann".into(), ..in_order() };
    given.app = None;
    given
}

fn beside(mut live: Live, theirs: LiveItem) -> Live {
    live.strangers.insert(theirs.id.clone(), theirs);
    live
}

#[test]
fn an_item_of_another_owner_never_counts_and_is_told_of() {
    let bare = LiveItem { ledger: LedgerState::None, ..strangers() };
    let told = |change: &Change| (change.action, change.item.clone(), change.reasons.clone());
    let theirs = (Action::Report, Some(id(9)), vec![Reason::OtherOwner { owner: "eve".into() }]);
    for stranger in [strangers(), bare] {
        let ours = seen(live(vec![in_order()]), &dotenv(".env"), holds(1));
        let plan = planned(want(), &beside(ours.clone(), stranger.clone()));
        assert_eq!(told(only(&plan)), theirs);
        assert_eq!(plan.overview.keys, planned(want(), &ours).overview.keys);
        let plan = planned(want(), &beside(live(Vec::new()), stranger.clone()));
        assert_eq!((plan.runnable().map(|change| change.action).collect::<Vec<_>>()), [Action::Create]);
        assert_eq!(plan.changes.iter().map(told).next_back(), Some(theirs.clone()));
        let mut gone = declaring(&[]);
        removed(&mut gone, "web", Leaving::Destroy);
        let plan = today(&gone, &beside(live(vec![in_order()]), stranger));
        assert_eq!((plan.runnable().map(|change| change.action).collect::<Vec<_>>()), [Action::Destroy]);
    }
}

#[test]
fn what_was_handed_over_is_made_anew_unless_a_sink_still_holds_a_key_of_it() {
    let told = |plan: &Plan| plan.changes.last().unwrap().reasons.clone();
    let empty = beside(live(Vec::new()), given_away());
    let plan = planned(want(), &empty);
    assert_eq!((plan.runnable().count(), told(&plan)), (1, vec![Reason::HandedOver { owner: "ann".into() }]));
    let holding = seen(empty, &dotenv(".env"), holds(1));
    let plan = planned(want(), &holding);
    let place = dotenv(".env").target.place;
    let blocked = Blocked::HandedOver { item: id(1), owner: "ann".into(), caller: "dev".into(), place };
    assert_eq!(plan.blocked().map(|change| change.blocked.clone().unwrap()).collect::<Vec<_>>(), [blocked]);
    // Where nobody can look, it may have what it was given.
    let hidden = seen(holding.clone(), &dotenv(".env"), Observation::Unreadable { why: "no".into() });
    assert_eq!(planned(want(), &hidden).runnable().count(), 0);
    // Both ways that it names lead out of it.
    assert_eq!(planned(want(), &seen(holding, &dotenv(".env"), Observation::Absent)).runnable().count(), 1);
    assert!(planned(want(), &seen(live(vec![in_order()]), &dotenv(".env"), holds(1))).is_empty());
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
        assert_eq!(change.work.made.len(), 1, "somebody may go on filling what is made");
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
