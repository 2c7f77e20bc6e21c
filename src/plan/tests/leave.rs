//! What leaves, by the configuration or because somebody asks.

use super::*;
use crate::plan::{Cause, Protection};

fn blocked(plan: &Plan) -> Blocked {
    only(plan).blocked.clone().unwrap()
}

fn by(plan: &Plan) -> BlockedBy {
    assert!(plan.runnable().next().is_none(), "{:#?}", plan.changes);
    only(plan).blocked.as_ref().unwrap().by()
}

/// `removed: then destroy` of the fair, and nothing else.
fn fair_is_over() -> Spec {
    let mut spec = declaring(&[]);
    removed(&mut spec, "fair", Leaving::Destroy);
    spec
}

mod destroy {
    use super::*;

    #[test]
    fn every_live_key_is_revoked_before_the_item_is_deleted() {
        let two = with_key(in_use(1, "fair"), Slot::Two, 2, Phase::Delivered, 160);
        let plan = today(&fair_is_over(), &fleet([two]));
        let change = only(&plan);
        assert_eq!(change.action, Action::Destroy);
        assert_eq!(
            change.reasons,
            [Reason::Removed { because: Some("fair over".into()), not_before: None }],
            "the reason is people's own"
        );
        assert_eq!((change.cause, change.source.as_ref()), (Cause::Config, Some(&line(30))));
        assert_eq!(acts(change), [Act::Revoke { slot: Slot::One }, Act::Revoke { slot: Slot::Two }, Act::DeleteItem]);
        assert!(change.is_runnable());
    }

    #[test]
    fn the_key_that_applications_hold_is_current_while_a_later_one_is_only_being_issued() {
        let begun = with_key(in_use(1, "fair"), Slot::Two, 2, Phase::Issuing, 180);
        let plan = today(&fair_is_over(), &fleet([begun]));
        let current: Vec<(Slot, bool)> = plan.overview.keys.iter().map(|key| (key.slot, key.current)).collect();
        assert_eq!(current, [(Slot::One, true), (Slot::Two, false)]);
    }

    #[test]
    fn of_several_items_all_keys_end_first_and_home_is_deleted_last() {
        let mut home = with_key(item_of(2, "fair"), Slot::One, 2, Phase::Delivered, 160);
        ledger(&mut home).generation = 2;
        let mut old = in_use(1, "fair");
        ledger(&mut old).superseded_by = Some(id(2));
        let plan = today(&fair_is_over(), &fleet([old, home]));
        assert_eq!(
            only(&plan).work.steps,
            [
                Step { on: Target::Home, act: Act::Revoke { slot: Slot::One } },
                Step { on: Target::Item(id(1)), act: Act::Revoke { slot: Slot::One } },
                Step { on: Target::Item(id(1)), act: Act::DeleteItem },
                Step { on: Target::Home, act: Act::DeleteItem },
            ]
        );
        assert_eq!(only(&plan).work.items().map(|item| item.id.clone()).collect::<Vec<_>>(), [id(2), id(1)]);
    }

    #[test]
    fn a_key_that_was_only_being_issued_is_revoked_too() {
        let begun = with_key(item_of(1, "fair"), Slot::Two, 1, Phase::Issuing, 100);
        let plan = today(&fair_is_over(), &fleet([begun]));
        assert_eq!(acts(only(&plan)), [Act::Revoke { slot: Slot::Two }, Act::DeleteItem]);
    }

    #[test]
    fn what_a_run_that_died_left_is_destroyed_with_the_rest() {
        let mut unregistered = item_of(1, "fair");
        unregistered.app = None;
        ledger(&mut unregistered).item = None;
        ledger(&mut unregistered).applied = None;
        let bare = LiveItem { ledger: LedgerState::None, app: None, ..item_of(1, "fair") };
        for (left, steps) in [
            (item_of(1, "fair"), &[Act::DeleteItem][..]),
            // What does not name itself is not written before it does.
            (unregistered, &[Act::WriteLedger, Act::DeleteItem]),
            (bare, &[Act::WriteLedger, Act::DeleteItem]),
        ] {
            let plan = today(&fair_is_over(), &fleet([left]));
            assert_eq!(acts(only(&plan)), steps);
            assert!(only(&plan).is_runnable());
        }
    }

    #[test]
    fn what_is_not_there_needs_nothing() {
        let plan = today(&fair_is_over(), &fleet([]));
        assert!(plan.changes.is_empty() && plan.is_empty() && plan.overview.notes.is_empty());
    }

    #[test]
    fn somebody_elses_live_key_in_any_slot_of_any_item_keeps_all_of_them() {
        let mut home = in_use(2, "fair");
        ledger(&mut home).generation = 2;
        let mut old = item_of(1, "fair");
        old.dates.two = Some(in_days(50));
        old.app.as_mut().unwrap().active.two = true;
        assert_eq!(by(&today(&fair_is_over(), &fleet([old.clone(), home.clone()]))), BlockedBy::ForeignKey);
        // It is dead by now.
        old.dates.two = Some(in_days(-1));
        assert!(only(&today(&fair_is_over(), &fleet([old, home]))).is_runnable());
    }

    #[test]
    fn protection_outlives_the_entry_and_is_lifted_by_what_was_applied_last() {
        let protected = |mut item: LiveItem, protect| {
            ledger(&mut item).applied.as_mut().unwrap().asked.protect = protect;
            item
        };
        let plan = today(&fair_is_over(), &fleet([protected(in_use(1, "fair"), true)]));
        assert_eq!(blocked(&plan), Blocked::Protected(Protection::Declared { name: named("fair"), now: None }));
        // An item that was replaced remembers what was true then.
        let mut home = in_use(2, "fair");
        ledger(&mut home).generation = 2;
        let plan = today(&fair_is_over(), &fleet([protected(in_use(1, "fair"), true), home]));
        assert!(only(&plan).is_runnable());
    }

    #[test]
    fn the_portals_own_protection_is_respected() {
        let mut item = in_use(1, "fair");
        item.protected = true;
        let plan = today(&fair_is_over(), &fleet([item]));
        assert_eq!(blocked(&plan), Blocked::Protected(Protection::Portal { item: id(1) }));
    }

    #[test]
    fn before_its_date_it_is_shown_and_waits_and_then_it_goes() {
        let mut spec = fair_is_over();
        spec.removed.get_mut(&named("fair")).unwrap().not_before = Some(in_days(3));
        let live = fleet([in_use(1, "fair")]);
        let waiting = today(&spec, &live);
        assert_eq!(blocked(&waiting), Blocked::NotYet { from: in_days(3) });
        assert!(waiting.is_empty() && waiting.withheld().next().is_none(), "waiting for a date is nothing to do");
        assert_eq!(waiting.next_action().map(|(at, _)| at), Some(in_days(3)));
        assert_eq!(waiting.overview.keys[0].next, Some(Next::Revoke(in_days(3))));
        assert!(only(&plan(&spec, &live, in_days(3))).is_runnable());
    }

    #[test]
    fn an_item_that_is_not_clearly_ours_withholds_the_whole_credential() {
        let other = LiveItem { owner: "other".into(), ..in_use(2, "fair") };
        assert_eq!(by(&today(&fair_is_over(), &fleet([in_use(1, "fair"), other]))), BlockedBy::Owner);
        let mut two_stacks = in_use(1, "fair");
        two_stacks.markers.insert(Marker { stack: StackName::new("other").unwrap(), name: named("fair") });
        assert_eq!(by(&today(&fair_is_over(), &fleet([two_stacks]))), BlockedBy::OtherStack);
        let no_marker = LiveItem { markers: BTreeSet::new(), ..in_use(1, "fair") };
        assert_eq!(by(&today(&fair_is_over(), &fleet([no_marker]))), BlockedBy::Ledger);
        let no_ledger = LiveItem { ledger: LedgerState::None, ..in_use(1, "fair") };
        assert_eq!(by(&today(&fair_is_over(), &fleet([no_ledger]))), BlockedBy::Ledger);
    }

    #[test]
    fn a_copy_is_reported_and_left_alone() {
        let copy = LiveItem { id: id(5), ..in_use(1, "fair") };
        let plan = today(&fair_is_over(), &fleet([in_use(1, "fair"), copy]));
        let items: Vec<_> = plan.changes.iter().map(|change| (change.action, change.item.clone().unwrap())).collect();
        assert_eq!(items, [(Action::Destroy, id(1)), (Action::Report, id(5))]);
        assert_eq!(plan.changes[0].work.items().count(), 1);
    }

    #[test]
    fn nothing_goes_in_a_freeze() {
        let mut spec = fair_is_over();
        spec.guards.freeze =
            vec![Freeze { from: in_days(-1), to: in_days(1), except_expiring: true, source: line(50) }];
        assert_eq!(by(&today(&spec, &fleet([in_use(1, "fair")]))), BlockedBy::Frozen);
        spec.removed.clear();
        spec.orphans = Orphans::Destroy;
        assert_eq!(by(&today(&spec, &fleet([in_use(1, "fair")]))), BlockedBy::Frozen);
    }

    #[test]
    fn a_credential_that_is_declared_never_goes_by_a_removed_entry() {
        let mut spec = declaring(&["fair"]);
        removed(&mut spec, "fair", Leaving::Destroy);
        assert!(today(&spec, &fleet([in_use(1, "fair")])).changes.is_empty());
    }

    #[test]
    fn orphans_go_only_where_the_configuration_says_so() {
        let live = fleet([in_use(1, "old")]);
        assert_eq!(only(&today(&declaring(&[]), &live)).action, Action::Report);
        let spec = Spec { orphans: Orphans::Destroy, ..declaring(&[]) };
        let plan = today(&spec, &live);
        assert_eq!((only(&plan).action, &only(&plan).reasons[..]), (Action::Destroy, &[Reason::Orphan][..]));
        assert_eq!(only(&plan).cause, Cause::Config);
    }
}

mod requests {
    use super::*;

    fn asking(declared: &[&str], destroy: &[&str], forget: &[&str]) -> Spec {
        let mut spec = declaring(declared);
        spec.requests.destroy = destroy.iter().map(|name| named(name)).collect();
        spec.requests.forget = forget.iter().map(|name| named(name)).collect();
        spec
    }

    #[test]
    fn who_asks_for_one_to_go_asks_for_nothing_else() {
        let mut spec = asking(&["web", "new"], &["web"], &[]);
        spec.orphans = Orphans::Destroy;
        removed(&mut spec, "fair", Leaving::Destroy);
        let due = with_key(item_of(3, "api"), Slot::One, 1, Phase::Delivered, 3);
        let plan = today(&spec, &fleet([in_use(1, "web"), in_use(2, "fair"), due, in_use(4, "old")]));
        let change = only(&plan);
        assert_eq!((change.name.as_str(), change.action, change.cause), ("web", Action::Destroy, Cause::Request));
        assert_eq!(change.reasons, [Reason::Requested]);
        let entry = spec.credentials[&named("web")].source.clone();
        assert_eq!(plan.overview.notes[0].about, About::StillDeclared { entry }, "the next apply would make it anew");
    }

    #[test]
    fn a_name_that_nothing_stands_for_is_told() {
        for spec in [asking(&["web"], &["nothing"], &[]), asking(&["web"], &[], &["web"])] {
            let plan = today(&spec, &fleet([]));
            assert!(plan.changes.is_empty());
            assert_eq!(plan.overview.notes[0].about, About::NothingToRemove);
        }
    }

    #[test]
    fn what_carries_the_name_and_the_ledger_of_something_else_is_not_gone() {
        let mut other = in_use(1, "web");
        ledger(&mut other).name = named("api");
        let copy = LiveItem { id: id(5), ..in_use(2, "web") };
        for item in [other, copy] {
            for spec in [asking(&[], &["web"], &[]), asking(&["web"], &[], &["web"])] {
                let plan = today(&spec, &fleet([item.clone()]));
                let asked: Vec<_> = plan.withheld().map(|change| (change.name.clone(), change.item.clone())).collect();
                assert_eq!(asked, [(named("web"), Some(item.id.clone()))]);
                assert!(plan.overview.notes.iter().all(|note| note.about != About::NothingToRemove));
            }
        }
    }

    #[test]
    fn a_protected_credential_says_how_its_protection_ends() {
        let mut spec = asking(&["web"], &["web"], &[]);
        spec.credentials.get_mut(&named("web")).unwrap().protect = true;
        let plan = today(&spec, &fleet([in_use(1, "web")]));
        assert_eq!(by(&plan), BlockedBy::Protected);
        assert!(plan.withheld().next().is_some());
        // The entry says otherwise by now, and nobody applied it.
        let mut item = in_use(1, "web");
        ledger(&mut item).applied.as_mut().unwrap().asked.protect = true;
        let plan = today(&asking(&["web"], &["web"], &[]), &fleet([item]));
        let unapplied = Protection::Declared { name: named("web"), now: Some(false) };
        assert_eq!(blocked(&plan), Blocked::Protected(unapplied));
    }

    #[test]
    fn what_is_observed_or_only_added_to_is_not_destroyed() {
        for (mode, forgets) in [(Mode::Observe, false), (Mode::Additive, true)] {
            let with_mode = |mut spec: Spec| {
                spec.credentials.get_mut(&named("web")).unwrap().mode = mode;
                today(&spec, &fleet([in_use(1, "web")]))
            };
            assert_eq!(by(&with_mode(asking(&["web"], &["web"], &[]))), BlockedBy::Policy);
            assert_eq!(with_mode(asking(&["web"], &[], &["web"])).runnable().next().is_some(), forgets);
        }
    }

    #[test]
    fn an_old_name_asks_for_the_credential_it_became() {
        let mut spec = asking(&["web"], &["shop"], &[]);
        moved(&mut spec, "shop", "web");
        assert_eq!(only(&today(&spec, &fleet([in_use(1, "shop")]))).action, Action::Destroy);
    }
}

mod forget {
    use super::*;

    #[test]
    fn every_item_is_let_go_and_no_key_is_touched() {
        let mut spec = declaring(&[]);
        removed(&mut spec, "fair", Leaving::Forget);
        let mut home = in_use(2, "fair");
        ledger(&mut home).generation = 2;
        ledger(&mut home).applied.as_mut().unwrap().asked.protect = true;
        // Somebody else's key is nobody's worry: everything stays.
        let mut old = in_use(1, "fair");
        old.protected = true;
        old.dates.two = Some(in_days(50));
        old.app.as_mut().unwrap().active.two = true;
        let plan = today(&spec, &fleet([old, home]));
        assert_eq!(only(&plan).action, Action::Forget);
        let forget = |on| Step { on, act: Act::Forget };
        assert_eq!(only(&plan).work.steps, [forget(Target::Home), forget(Target::Item(id(1)))]);
        assert!(only(&plan).is_runnable());
    }

    #[test]
    fn what_is_not_clearly_ours_is_not_even_forgotten() {
        let mut spec = declaring(&[]);
        removed(&mut spec, "fair", Leaving::Forget);
        let other = LiveItem { owner: "other".into(), ..in_use(1, "fair") };
        assert_eq!(by(&today(&spec, &fleet([other]))), BlockedBy::Owner);
    }
}
