//! One credential under two names.

use super::*;

fn shop_is_web() -> Spec {
    let mut spec = declaring(&["web"]);
    moved(&mut spec, "shop", "web");
    spec.credentials.get_mut(&named("web")).unwrap().deliver = vec![sink("shop")];
    spec
}

fn rename(from: &str, with: &[u16]) -> Act {
    Act::Rename { from: named(from), with: with.iter().map(|n| id(*n)).collect() }
}

#[test]
fn the_item_takes_the_new_name_and_its_key_stays() {
    let plan = today(&shop_is_web(), &fleet([in_use(1, "shop")]));
    let change = only(&plan);
    assert_eq!((change.name.as_str(), change.action), ("web", Action::Update));
    assert_eq!(change.reasons, [Reason::Renamed { from: named("shop") }]);
    assert_eq!(acts(change), [rename("shop", &[])]);
    assert!(plan.overview.keys[0].current && plan.overview.keys[0].name == named("web"));
}

#[test]
fn names_are_followed_to_the_last_one_and_a_circle_has_an_end() {
    let mut spec = shop_is_web();
    moved(&mut spec, "store", "shop");
    assert_eq!(acts(&today(&spec, &fleet([in_use(1, "store")])).changes[0]), [rename("store", &[])]);
    let mut circle = spec.clone();
    circle.credentials.clear();
    moved(&mut circle, "web", "store");
    assert!(today(&circle, &fleet([in_use(1, "store")])).is_empty());
}

#[test]
fn once_every_item_has_the_new_name_the_entry_does_nothing() {
    let mut renamed = in_use(1, "web");
    ledger(&mut renamed).slots.one.as_mut().unwrap().sinks[0].0 = sink("shop").id;
    let mut live = fleet([renamed]);
    let seen = live.sinks.remove(&sink("web").id).unwrap();
    live.sinks.insert(sink("shop").id, seen);
    assert!(today(&shop_is_web(), &live).changes.is_empty());
}

#[test]
fn what_else_is_needed_comes_after_it_in_the_same_run() {
    let mut spec = shop_is_web();
    spec.credentials.get_mut(&named("web")).unwrap().title = "New".into();
    let due = with_key(item_of(1, "shop"), Slot::One, 1, Phase::Delivered, 3);
    let plan = today(&spec, &fleet([due]));
    let actions: Vec<Action> = plan.runnable().map(|change| change.action).collect();
    assert_eq!(actions, [Action::Update, Action::Rotate]);
    let first = &plan.changes[0];
    assert_eq!(first.reasons, [Reason::Renamed { from: named("shop") }, Reason::Differs]);
    assert!(matches!(acts(first)[..], [Act::Rename { .. }, Act::EditItem { .. }, Act::Record { .. }]));
}

#[test]
fn all_items_are_renamed_home_last_and_each_names_the_others() {
    let mut home = with_key(item_of(2, "shop"), Slot::One, 2, Phase::Delivered, 160);
    ledger(&mut home).generation = 2;
    let mut old = in_use(1, "shop");
    ledger(&mut old).superseded_by = Some(id(2));
    let plan = today(&shop_is_web(), &fleet([old, home]));
    let older = Step { on: Target::Item(id(1)), act: rename("shop", &[2]) };
    let newer = Step { on: Target::Home, act: rename("shop", &[1]) };
    assert_eq!(plan.changes[0].work.steps, [older, newer]);
}

#[test]
fn a_renaming_that_died_half_way_is_finished() {
    // The old item has its new name; home was begun and never had a key, so nothing else tells that it belongs here.
    let mut old = in_use(1, "web");
    ledger(&mut old).slots.one.as_mut().unwrap().sinks[0].0 = sink("shop").id;
    let mut home = item_of(2, "shop");
    ledger(&mut home).generation = 2;
    let unrelated = today(&shop_is_web(), &fleet([old.clone(), home.clone()]));
    assert!(unrelated.blocked().any(|change| change.blocked.as_ref().unwrap().by() == BlockedBy::TwoNames));
    ledger(&mut old).renamed_with.insert(id(2));
    let plan = today(&shop_is_web(), &fleet([old, home]));
    assert_eq!(acts(&plan.changes[0]), [rename("shop", &[])], "{:#?}", plan.changes);
    assert!(plan.blocked().next().is_none());
}

#[test]
fn a_replacement_that_is_not_finished_is_renamed_and_goes_on() {
    let mut home = with_key(item_of(2, "shop"), Slot::One, 2, Phase::Issuing, 100);
    ledger(&mut home).generation = 2;
    let mut old = in_use(1, "shop");
    old.app.as_mut().unwrap().privileges = BTreeSet::from([Privilege::new("premium:user:places")]);
    let plan = today(&shop_is_web(), &fleet([old, home]));
    let actions: Vec<_> = plan.runnable().map(|change| (change.action, change.item.clone())).collect();
    assert_eq!(actions, [(Action::Update, Some(id(2))), (Action::Replace, Some(id(2)))]);
    let issue = plan.changes[1].work.issue().unwrap();
    assert_eq!((issue.serial, &issue.others[..]), (3, &[id(1)][..]));
}

#[test]
fn two_credentials_are_never_joined() {
    let mut web = in_use(1, "web");
    ledger(&mut web).slots.one.as_mut().unwrap().sinks[0].0 = sink("shop").id;
    let plan = today(&shop_is_web(), &fleet([web, in_use(2, "shop")]));
    let blocked: Vec<_> =
        plan.blocked().map(|change| (change.blocked.as_ref().unwrap().by(), change.item.clone())).collect();
    assert_eq!(blocked, [(BlockedBy::TwoNames, Some(id(2)))]);
    assert!(plan.runnable().all(|change| change.item != Some(id(2))));
}

#[test]
fn a_name_does_not_wait_for_a_freeze_and_settings_do() {
    let mut spec = shop_is_web();
    spec.credentials.get_mut(&named("web")).unwrap().title = "New".into();
    spec.guards.freeze = vec![Freeze { from: in_days(-1), to: in_days(1), except_expiring: true, source: line(50) }];
    let due = with_key(item_of(1, "shop"), Slot::One, 1, Phase::Delivered, 20);
    let plan = today(&spec, &fleet([due]));
    let runs: Vec<_> = plan.runnable().map(|change| (change.action, change.renames())).collect();
    assert_eq!(runs, [(Action::Update, true), (Action::Rotate, false)]);
    assert_eq!(acts(plan.runnable().next().unwrap()), [rename("shop", &[])]);
    assert!(plan.blocked().any(|change| change.blocked.as_ref().unwrap().by() == BlockedBy::Frozen));
}

#[test]
fn a_name_that_is_declared_again_is_nobody_elses() {
    let mut spec = shop_is_web();
    spec.credentials.insert(named("shop"), wanted("shop"));
    let plan = today(&spec, &fleet([in_use(1, "shop")]));
    assert!(plan.changes.iter().all(|change| change.name.as_str() == "web"), "{:#?}", plan.changes);
}

#[test]
fn what_is_observed_is_only_told() {
    let mut spec = shop_is_web();
    spec.credentials.get_mut(&named("web")).unwrap().mode = Mode::Observe;
    let plan = today(&spec, &fleet([in_use(1, "shop")]));
    assert!(plan.is_empty() && plan.changes.iter().any(|change| matches!(change.reasons[0], Reason::Renamed { .. })));
}
