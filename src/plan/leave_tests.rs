//! What leaves and what is renamed, as a table of worlds.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use jiff::{SignedDuration, Timestamp};

use super::{Action, BlockedBy, Cause, Change, Next, Plan, Reason, Step, plan};
use crate::model::*;

pub(super) const DAY: SignedDuration = SignedDuration::from_hours(24);

pub(super) fn now() -> Timestamp {
    "2026-06-01T08:00:00Z".parse().unwrap()
}

pub(super) fn in_days(days: i64) -> Timestamp {
    now().checked_add(DAY * i32::try_from(days).unwrap()).unwrap()
}

pub(super) fn named(name: &str) -> CredentialName {
    CredentialName::new(name).unwrap()
}

fn id(n: u16) -> ItemId {
    ItemId::new(&format!("{n:032x}")).unwrap()
}

pub(super) fn line(line: u32) -> SourceLine {
    SourceLine { file: "keyform.yaml".into(), line }
}

fn sink(name: &str) -> Delivery {
    let path = SinkPath { shown: format!(".env.{name}"), at: PathBuf::from(format!(".env.{name}")) };
    let target = SinkTarget::Dotenv { path, name: "KEY".into() };
    Delivery { id: target.id(), label: "dotenv".into(), target, heal: true, escrow: false, source: line(9) }
}

pub(super) fn want(name: &str) -> CredentialSpec {
    CredentialSpec {
        name: named(name),
        title: "A map".into(),
        snippet: None,
        description: None,
        tags: BTreeSet::new(),
        folder: None,
        privileges: BTreeSet::from([Privilege::new("premium:user:basemaps")]),
        items: BTreeSet::new(),
        referrers: BTreeSet::new(),
        personal: Some(false),
        protect: false,
        mode: Mode::Full,
        on_breaking_change: OnBreakingChange::Replace,
        expiry: Expiry {
            end: KeyEnd::Lifetime(DAY * 180),
            renew_before: DAY * 30,
            overlap: DAY * 7,
            retire: Retire::Revoke,
            spread: SignedDuration::ZERO,
            window: None,
        },
        deliver: vec![sink(name)],
        source: line(7),
    }
}

/// A configuration that declares these.
pub(super) fn spec(names: &[&str]) -> Spec {
    Spec {
        stack: StackName::new("maps").unwrap(),
        file: "keyform.yaml".into(),
        portal: PortalSpec {
            url: PortalUrl::At("https://www.arcgis.com".into()),
            product: ProductChoice::Auto,
            expect: Expect::default(),
            ca_bundle: None,
        },
        cadence: None,
        credentials: names.iter().map(|name| (named(name), want(name))).collect(),
        orphans: Orphans::default(),
        moved: Vec::new(),
        removed: BTreeMap::new(),
        guards: Guards::default(),
        requests: Requests::default(),
    }
}

pub(super) fn live(items: impl IntoIterator<Item = LiveItem>) -> Live {
    let items: BTreeMap<ItemId, LiveItem> = items.into_iter().map(|item| (item.id.clone(), item)).collect();
    // Every sink has the newest key of its credential.
    let newest = |name: &CredentialName| {
        let ledgers = items.values().filter_map(LiveItem::ledger).filter(|ledger| ledger.name == *name);
        let records = ledgers.flat_map(|ledger| Slot::BOTH.map(|slot| ledger.slots.get(slot).clone())).flatten();
        records.max_by_key(|record| record.serial)?.fingerprint
    };
    let names = items.values().filter_map(LiveItem::ledger).map(|ledger| &ledger.name);
    let held = |name| {
        let fingerprint = newest(name)?;
        Some((sink(name.as_str()).id, Observation::Holds(Holding { fingerprint, slot: None, identity: None })))
    };
    let sinks = names.filter_map(held).collect();
    Live {
        portal: PortalFacts {
            org: "o".into(),
            name: "O".into(),
            product: Product::Online,
            version: None,
            read_only: false,
            recycle_bin: true,
        },
        caller: Caller { username: "dev".into(), role: "org_admin".into(), privileges: BTreeSet::new() },
        folders: Vec::new(),
        complete: true,
        referenced: BTreeMap::new(),
        sinks,
        items,
    }
}

/// Item `n` of a credential, in order, without any key.
pub(super) fn item(n: u16, name: &str) -> LiveItem {
    let marker = Marker { stack: StackName::new("maps").unwrap(), name: named(name) };
    let values = super::asked(&want(name), &live([]));
    let mut ledger = Ledger::begun(marker.clone(), "dev".into(), 1);
    ledger.item = Some(id(n));
    ledger.applied = Some(Applied { asked: values.clone(), returned: values.clone() });
    LiveItem {
        id: id(n),
        owner: "dev".into(),
        title: "A map".into(),
        snippet: String::new(),
        description: String::new(),
        tags: BTreeSet::new(),
        markers: BTreeSet::from([marker]),
        folder: None,
        access: "private".into(),
        protected: false,
        created: None,
        modified: None,
        dates: PerSlot::default(),
        ledger: LedgerState::Read(Box::new(ledger)),
        other_properties: None,
        registered: true,
        app: Some(App {
            client_id: "c".into(),
            app_type: "multiple".into(),
            redirect_uris: Vec::new(),
            privileges: values.privileges,
            items: BTreeSet::new(),
            referrers: BTreeSet::new(),
            personal: Some(false),
            active: PerSlot::default(),
        }),
    }
}

pub(super) fn ledger(item: &mut LiveItem) -> &mut Ledger {
    match &mut item.ledger {
        LedgerState::Read(ledger) => ledger,
        LedgerState::None | LedgerState::Newer { .. } | LedgerState::Broken { .. } => panic!("no ledger"),
    }
}

/// The item with a live key in `slot` that ends in so many days.
pub(super) fn with_key(mut item: LiveItem, slot: Slot, serial: u64, phase: Phase, ends: i64) -> LiveItem {
    let given = (phase == Phase::Delivered).then(|| in_days(-20));
    let to = sink(ledger(&mut item).name.as_str()).id;
    *ledger(&mut item).slots.get_mut(slot) = Some(SlotRecord {
        serial,
        phase,
        issued: in_days(-20),
        expires: in_days(ends),
        date_before: None,
        fingerprint: (phase != Phase::Issuing).then(|| Fingerprint::of_bytes(&serial.to_be_bytes())),
        overlap: DAY * 7,
        sinks: vec![(to, SinkRecord { receipt_before: None, delivered: given })],
        delivered: given,
    });
    *item.dates.get_mut(slot) = Some(in_days(ends));
    *item.app.as_mut().unwrap().active.get_mut(slot) = true;
    item
}

/// The item with one key, delivered and live for 100 days.
pub(super) fn in_use(n: u16, name: &str) -> LiveItem {
    with_key(item(n, name), Slot::One, 1, Phase::Delivered, 100)
}

pub(super) fn removed(spec: &mut Spec, name: &str, then: Leaving) {
    let removed = Removed { then, not_before: None, because: Some("fair over".into()), source: line(30) };
    spec.removed.insert(named(name), removed);
}

fn moved(spec: &mut Spec, from: &str, to: &str) {
    spec.moved.push(Moved { from: named(from), to: named(to), source: line(40) });
}

pub(super) fn planned(spec: &Spec, live: &Live) -> Plan {
    plan(spec, live, now())
}

fn only(plan: &Plan) -> &Change {
    assert_eq!(plan.changes.len(), 1, "{:#?}", plan.changes);
    &plan.changes[0]
}

fn by(plan: &Plan) -> BlockedBy {
    assert!(plan.runnable().next().is_none(), "{:#?}", plan.changes);
    only(plan).blocked.as_ref().unwrap().by
}

/// `removed: then destroy` of the fair, and nothing else.
fn fair_is_over() -> Spec {
    let mut spec = spec(&[]);
    removed(&mut spec, "fair", Leaving::Destroy);
    spec
}

mod destroy {
    use super::*;

    #[test]
    fn every_live_key_is_revoked_before_the_item_is_deleted() {
        let two = with_key(in_use(1, "fair"), Slot::Two, 2, Phase::Delivered, 160);
        let plan = planned(&fair_is_over(), &live([two]));
        let change = only(&plan);
        assert_eq!(change.action, Action::Destroy);
        assert_eq!(
            change.reasons,
            [Reason::Removed { because: Some("fair over".into()), not_before: None }],
            "the reason is people's own"
        );
        assert_eq!((change.cause, change.source.as_ref()), (Cause::Config, Some(&line(30))));
        assert_eq!(
            change.steps,
            [Step::Revoke { slot: Slot::One }, Step::Revoke { slot: Slot::Two }, Step::DeleteItem]
        );
        assert!(change.is_runnable());
    }

    #[test]
    fn of_several_items_all_keys_end_first_and_home_is_deleted_last() {
        let mut home = with_key(item(2, "fair"), Slot::One, 2, Phase::Delivered, 160);
        ledger(&mut home).generation = 2;
        let mut old = in_use(1, "fair");
        ledger(&mut old).superseded_by = Some(id(2));
        let plan = planned(&fair_is_over(), &live([old, home]));
        assert_eq!(
            only(&plan).steps,
            [
                Step::Revoke { slot: Slot::One },
                Step::Turn { item: id(1) },
                Step::Revoke { slot: Slot::One },
                Step::DeleteItem,
                Step::Turn { item: id(2) },
                Step::DeleteItem,
            ]
        );
        assert_eq!(only(&plan).items().map(|item| item.id.clone()).collect::<Vec<_>>(), [id(2), id(1)]);
    }

    #[test]
    fn a_key_that_was_only_being_issued_is_revoked_too() {
        let begun = with_key(item(1, "fair"), Slot::Two, 1, Phase::Issuing, 100);
        let plan = planned(&fair_is_over(), &live([begun]));
        assert_eq!(only(&plan).steps, [Step::Revoke { slot: Slot::Two }, Step::DeleteItem]);
    }

    #[test]
    fn what_a_run_that_died_left_is_destroyed_with_the_rest() {
        let mut unregistered = item(1, "fair");
        unregistered.app = None;
        ledger(&mut unregistered).item = None;
        ledger(&mut unregistered).applied = None;
        let bare = LiveItem { ledger: LedgerState::None, app: None, ..item(1, "fair") };
        for (left, steps) in [
            (item(1, "fair"), &[Step::DeleteItem][..]),
            // What does not name itself is not written before it does.
            (unregistered, &[Step::Claim, Step::DeleteItem]),
            (bare, &[Step::Claim, Step::DeleteItem]),
        ] {
            let plan = planned(&fair_is_over(), &live([left]));
            assert_eq!(only(&plan).steps, steps);
            assert!(only(&plan).is_runnable());
        }
    }

    #[test]
    fn what_is_not_there_needs_nothing() {
        let plan = planned(&fair_is_over(), &live([]));
        assert!(plan.changes.is_empty() && plan.is_empty() && plan.notes.is_empty());
    }

    #[test]
    fn somebody_elses_live_key_in_any_slot_of_any_item_keeps_all_of_them() {
        let mut home = in_use(2, "fair");
        ledger(&mut home).generation = 2;
        let mut old = item(1, "fair");
        old.dates.two = Some(in_days(50));
        old.app.as_mut().unwrap().active.two = true;
        assert_eq!(by(&planned(&fair_is_over(), &live([old.clone(), home.clone()]))), BlockedBy::ForeignKey);
        // It is dead by now.
        old.dates.two = Some(in_days(-1));
        assert!(only(&planned(&fair_is_over(), &live([old, home]))).is_runnable());
    }

    #[test]
    fn protection_outlives_the_entry_and_is_lifted_by_what_was_applied_last() {
        let protected = |mut item: LiveItem, protect| {
            ledger(&mut item).applied.as_mut().unwrap().asked.protect = protect;
            item
        };
        let plan = planned(&fair_is_over(), &live([protected(in_use(1, "fair"), true)]));
        assert_eq!(by(&plan), BlockedBy::Protected);
        assert!(only(&plan).blocked.as_ref().unwrap().resolve.contains("`protect: false`"));
        // An item that was replaced remembers what was true then.
        let mut home = in_use(2, "fair");
        ledger(&mut home).generation = 2;
        let plan = planned(&fair_is_over(), &live([protected(in_use(1, "fair"), true), home]));
        assert!(only(&plan).is_runnable());
    }

    #[test]
    fn the_portals_own_protection_is_respected() {
        let mut item = in_use(1, "fair");
        item.protected = true;
        let plan = planned(&fair_is_over(), &live([item]));
        assert_eq!(by(&plan), BlockedBy::Protected);
        assert!(only(&plan).blocked.as_ref().unwrap().why.contains("the portal itself"));
    }

    #[test]
    fn before_its_date_it_is_shown_and_waits_and_then_it_goes() {
        let mut spec = fair_is_over();
        spec.removed.get_mut(&named("fair")).unwrap().not_before = Some(in_days(3));
        let live = live([in_use(1, "fair")]);
        let waiting = planned(&spec, &live);
        assert_eq!(by(&waiting), BlockedBy::NotYet);
        assert!(only(&waiting).blocked.as_ref().unwrap().why.contains("2026-06-04"));
        assert!(waiting.is_empty() && waiting.withheld().next().is_none(), "waiting for a date is nothing to do");
        assert_eq!(waiting.next_action().map(|(at, _)| at), Some(in_days(3)));
        assert_eq!(waiting.keys[0].next, Some(Next::Revoke(in_days(3))));
        assert!(only(&plan(&spec, &live, in_days(3))).is_runnable());
    }

    #[test]
    fn an_item_that_is_not_clearly_ours_withholds_the_whole_credential() {
        let other = LiveItem { owner: "other".into(), ..in_use(2, "fair") };
        assert_eq!(by(&planned(&fair_is_over(), &live([in_use(1, "fair"), other]))), BlockedBy::Owner);
        let mut two_stacks = in_use(1, "fair");
        two_stacks.markers.insert(Marker { stack: StackName::new("other").unwrap(), name: named("fair") });
        assert_eq!(by(&planned(&fair_is_over(), &live([two_stacks]))), BlockedBy::OtherStack);
        let no_marker = LiveItem { markers: BTreeSet::new(), ..in_use(1, "fair") };
        assert_eq!(by(&planned(&fair_is_over(), &live([no_marker]))), BlockedBy::Ledger);
        let no_ledger = LiveItem { ledger: LedgerState::None, ..in_use(1, "fair") };
        assert_eq!(by(&planned(&fair_is_over(), &live([no_ledger]))), BlockedBy::Ledger);
    }

    #[test]
    fn a_copy_is_reported_and_left_alone() {
        let copy = LiveItem { id: id(5), ..in_use(1, "fair") };
        let plan = planned(&fair_is_over(), &live([in_use(1, "fair"), copy]));
        let items: Vec<_> = plan.changes.iter().map(|change| (change.action, change.item.clone().unwrap())).collect();
        assert_eq!(items, [(Action::Destroy, id(1)), (Action::Report, id(5))]);
        assert_eq!(plan.changes[0].items().count(), 1);
    }

    #[test]
    fn nothing_goes_in_a_freeze() {
        let mut spec = fair_is_over();
        spec.guards.freeze =
            vec![Freeze { from: in_days(-1), to: in_days(1), except_expiring: true, source: line(50) }];
        assert_eq!(by(&planned(&spec, &live([in_use(1, "fair")]))), BlockedBy::Frozen);
        spec.removed.clear();
        spec.orphans = Orphans::Destroy;
        assert_eq!(by(&planned(&spec, &live([in_use(1, "fair")]))), BlockedBy::Frozen);
    }

    #[test]
    fn a_credential_that_is_declared_never_goes_by_a_removed_entry() {
        let mut spec = spec(&["fair"]);
        removed(&mut spec, "fair", Leaving::Destroy);
        assert!(planned(&spec, &live([in_use(1, "fair")])).changes.is_empty());
    }

    #[test]
    fn orphans_go_only_where_the_configuration_says_so() {
        let live = live([in_use(1, "old")]);
        assert_eq!(only(&planned(&spec(&[]), &live)).action, Action::Report);
        let spec = Spec { orphans: Orphans::Destroy, ..spec(&[]) };
        let plan = planned(&spec, &live);
        assert_eq!((only(&plan).action, &only(&plan).reasons[..]), (Action::Destroy, &[Reason::Orphan][..]));
        assert_eq!(only(&plan).cause, Cause::Config);
    }
}

mod requests {
    use super::*;

    fn asking(declared: &[&str], destroy: &[&str], forget: &[&str]) -> Spec {
        let mut spec = spec(declared);
        spec.requests.destroy = destroy.iter().map(|name| named(name)).collect();
        spec.requests.forget = forget.iter().map(|name| named(name)).collect();
        spec
    }

    #[test]
    fn who_asks_for_one_to_go_asks_for_nothing_else() {
        let mut spec = asking(&["web", "new"], &["web"], &[]);
        spec.orphans = Orphans::Destroy;
        removed(&mut spec, "fair", Leaving::Destroy);
        let due = with_key(item(3, "api"), Slot::One, 1, Phase::Delivered, 3);
        let plan = planned(&spec, &live([in_use(1, "web"), in_use(2, "fair"), due, in_use(4, "old")]));
        let change = only(&plan);
        assert_eq!((change.name.as_str(), change.action, change.cause), ("web", Action::Destroy, Cause::Request));
        assert_eq!(change.reasons, [Reason::Requested]);
        assert!(plan.notes[0].text.contains("keyform.yaml:7"), "the next apply would make it anew: {:?}", plan.notes);
    }

    #[test]
    fn a_name_that_nothing_stands_for_is_told() {
        for spec in [asking(&["web"], &["nothing"], &[]), asking(&["web"], &[], &["web"])] {
            let plan = planned(&spec, &live([]));
            assert!(plan.changes.is_empty());
            assert!(plan.notes[0].text.contains("no item"), "{:?}", plan.notes);
        }
    }

    #[test]
    fn a_protected_credential_says_how_its_protection_ends() {
        let mut spec = asking(&["web"], &["web"], &[]);
        spec.credentials.get_mut(&named("web")).unwrap().protect = true;
        let plan = planned(&spec, &live([in_use(1, "web")]));
        assert_eq!(by(&plan), BlockedBy::Protected);
        assert!(plan.withheld().next().is_some());
        // The entry says otherwise by now, and nobody applied it.
        let mut item = in_use(1, "web");
        ledger(&mut item).applied.as_mut().unwrap().asked.protect = true;
        let plan = planned(&asking(&["web"], &["web"], &[]), &live([item]));
        assert!(only(&plan).blocked.as_ref().unwrap().resolve.contains("apply first"));
    }

    #[test]
    fn what_is_observed_or_only_added_to_is_not_destroyed() {
        for (mode, forgets) in [(Mode::Observe, false), (Mode::Additive, true)] {
            let with_mode = |mut spec: Spec| {
                spec.credentials.get_mut(&named("web")).unwrap().mode = mode;
                planned(&spec, &live([in_use(1, "web")]))
            };
            assert_eq!(by(&with_mode(asking(&["web"], &["web"], &[]))), BlockedBy::Policy);
            assert_eq!(with_mode(asking(&["web"], &[], &["web"])).runnable().next().is_some(), forgets);
        }
    }

    #[test]
    fn an_old_name_asks_for_the_credential_it_became() {
        let mut spec = asking(&["web"], &["shop"], &[]);
        moved(&mut spec, "shop", "web");
        assert_eq!(only(&planned(&spec, &live([in_use(1, "shop")]))).action, Action::Destroy);
    }
}

mod forget {
    use super::*;

    #[test]
    fn every_item_is_let_go_and_no_key_is_touched() {
        let mut spec = spec(&[]);
        removed(&mut spec, "fair", Leaving::Forget);
        let mut home = in_use(2, "fair");
        ledger(&mut home).generation = 2;
        ledger(&mut home).applied.as_mut().unwrap().asked.protect = true;
        // Somebody else's key is nobody's worry: everything stays.
        let mut old = in_use(1, "fair");
        old.protected = true;
        old.dates.two = Some(in_days(50));
        old.app.as_mut().unwrap().active.two = true;
        let plan = planned(&spec, &live([old, home]));
        assert_eq!(only(&plan).action, Action::Forget);
        assert_eq!(only(&plan).steps, [Step::Forget, Step::Turn { item: id(1) }, Step::Forget]);
        assert!(only(&plan).is_runnable());
    }

    #[test]
    fn what_is_not_clearly_ours_is_not_even_forgotten() {
        let mut spec = spec(&[]);
        removed(&mut spec, "fair", Leaving::Forget);
        let other = LiveItem { owner: "other".into(), ..in_use(1, "fair") };
        assert_eq!(by(&planned(&spec, &live([other]))), BlockedBy::Owner);
    }
}

mod rename {
    use super::*;

    fn shop_is_web() -> Spec {
        let mut spec = spec(&["web"]);
        moved(&mut spec, "shop", "web");
        spec.credentials.get_mut(&named("web")).unwrap().deliver = vec![sink("shop")];
        spec
    }

    fn rename(from: &str, with: &[u16]) -> Step {
        Step::Rename { from: named(from), with: with.iter().map(|n| id(*n)).collect() }
    }

    #[test]
    fn the_item_takes_the_new_name_and_its_key_stays() {
        let plan = planned(&shop_is_web(), &live([in_use(1, "shop")]));
        let change = only(&plan);
        assert_eq!((change.name.as_str(), change.action), ("web", Action::Update));
        assert_eq!(change.reasons, [Reason::Renamed { from: named("shop") }]);
        assert_eq!(change.steps, [rename("shop", &[])]);
        assert!(plan.keys[0].current && plan.keys[0].name == named("web"));
    }

    #[test]
    fn names_are_followed_to_the_last_one_and_a_circle_has_an_end() {
        let mut spec = shop_is_web();
        moved(&mut spec, "store", "shop");
        assert_eq!(planned(&spec, &live([in_use(1, "store")])).changes[0].steps, [rename("store", &[])]);
        let mut circle = spec.clone();
        circle.credentials.clear();
        moved(&mut circle, "web", "store");
        assert!(planned(&circle, &live([in_use(1, "store")])).is_empty());
    }

    #[test]
    fn once_every_item_has_the_new_name_the_entry_does_nothing() {
        let mut renamed = in_use(1, "web");
        ledger(&mut renamed).slots.one.as_mut().unwrap().sinks[0].0 = sink("shop").id;
        let mut live = live([renamed]);
        let seen = live.sinks.remove(&sink("web").id).unwrap();
        live.sinks.insert(sink("shop").id, seen);
        assert!(planned(&shop_is_web(), &live).changes.is_empty());
    }

    #[test]
    fn what_else_is_needed_comes_after_it_in_the_same_run() {
        let mut spec = shop_is_web();
        spec.credentials.get_mut(&named("web")).unwrap().title = "New".into();
        let due = with_key(item(1, "shop"), Slot::One, 1, Phase::Delivered, 3);
        let plan = planned(&spec, &live([due]));
        let actions: Vec<Action> = plan.runnable().map(|change| change.action).collect();
        assert_eq!(actions, [Action::Update, Action::Rotate]);
        let first = &plan.changes[0];
        assert_eq!(first.reasons, [Reason::Renamed { from: named("shop") }, Reason::Differs]);
        assert!(matches!(first.steps[..], [Step::Rename { .. }, Step::EditItem { .. }, Step::Record { .. }]));
    }

    #[test]
    fn all_items_are_renamed_home_last_and_each_names_the_others() {
        let mut home = with_key(item(2, "shop"), Slot::One, 2, Phase::Delivered, 160);
        ledger(&mut home).generation = 2;
        let mut old = in_use(1, "shop");
        ledger(&mut old).superseded_by = Some(id(2));
        let plan = planned(&shop_is_web(), &live([old, home]));
        let steps = &plan.changes[0].steps;
        let turn = |n| Step::Turn { item: id(n) };
        assert_eq!(*steps, [turn(1), rename("shop", &[2]), turn(2), rename("shop", &[1])]);
    }

    #[test]
    fn a_renaming_that_died_half_way_is_finished() {
        // The old item has its new name; home was begun and never had a key, so nothing else tells that it belongs here.
        let mut old = in_use(1, "web");
        ledger(&mut old).slots.one.as_mut().unwrap().sinks[0].0 = sink("shop").id;
        let mut home = item(2, "shop");
        ledger(&mut home).generation = 2;
        let unrelated = planned(&shop_is_web(), &live([old.clone(), home.clone()]));
        assert!(unrelated.blocked().any(|change| change.blocked.as_ref().unwrap().by == BlockedBy::TwoNames));
        ledger(&mut old).renamed_with.insert(id(2));
        let plan = planned(&shop_is_web(), &live([old, home]));
        assert_eq!(plan.changes[0].steps, [rename("shop", &[])], "{:#?}", plan.changes);
        assert!(plan.blocked().next().is_none());
    }

    #[test]
    fn a_replacement_that_is_not_finished_is_renamed_and_goes_on() {
        let mut home = with_key(item(2, "shop"), Slot::One, 2, Phase::Issuing, 100);
        ledger(&mut home).generation = 2;
        let mut old = in_use(1, "shop");
        old.app.as_mut().unwrap().privileges = BTreeSet::from([Privilege::new("premium:user:places")]);
        let plan = planned(&shop_is_web(), &live([old, home]));
        let actions: Vec<_> = plan.runnable().map(|change| (change.action, change.item.clone())).collect();
        assert_eq!(actions, [(Action::Update, Some(id(2))), (Action::Replace, Some(id(2)))]);
        let issue = plan.changes[1].issue().unwrap();
        assert_eq!((issue.serial, &issue.others[..]), (3, &[id(1)][..]));
    }

    #[test]
    fn two_credentials_are_never_joined() {
        let mut web = in_use(1, "web");
        ledger(&mut web).slots.one.as_mut().unwrap().sinks[0].0 = sink("shop").id;
        let plan = planned(&shop_is_web(), &live([web, in_use(2, "shop")]));
        let blocked: Vec<_> =
            plan.blocked().map(|change| (change.blocked.as_ref().unwrap().by, change.item.clone())).collect();
        assert_eq!(blocked, [(BlockedBy::TwoNames, Some(id(2)))]);
        assert!(plan.runnable().all(|change| change.item != Some(id(2))));
    }

    #[test]
    fn a_name_does_not_wait_for_a_freeze_and_settings_do() {
        let mut spec = shop_is_web();
        spec.credentials.get_mut(&named("web")).unwrap().title = "New".into();
        spec.guards.freeze =
            vec![Freeze { from: in_days(-1), to: in_days(1), except_expiring: true, source: line(50) }];
        let due = with_key(item(1, "shop"), Slot::One, 1, Phase::Delivered, 20);
        let plan = planned(&spec, &live([due]));
        let runs: Vec<_> = plan.runnable().map(|change| (change.action, change.renames())).collect();
        assert_eq!(runs, [(Action::Update, true), (Action::Rotate, false)]);
        assert_eq!(plan.runnable().next().unwrap().steps, [rename("shop", &[])]);
        assert!(plan.blocked().any(|change| change.blocked.as_ref().unwrap().by == BlockedBy::Frozen));
    }

    #[test]
    fn a_name_that_is_declared_again_is_nobody_elses() {
        let mut spec = shop_is_web();
        spec.credentials.insert(named("shop"), want("shop"));
        let plan = planned(&spec, &live([in_use(1, "shop")]));
        assert!(plan.changes.iter().all(|change| change.name.as_str() == "web"), "{:#?}", plan.changes);
    }

    #[test]
    fn what_is_observed_is_only_told() {
        let mut spec = shop_is_web();
        spec.credentials.get_mut(&named("web")).unwrap().mode = Mode::Observe;
        let plan = planned(&spec, &live([in_use(1, "shop")]));
        assert!(
            plan.is_empty() && plan.changes.iter().any(|change| matches!(change.reasons[0], Reason::Renamed { .. }))
        );
    }
}
