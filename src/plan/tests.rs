//! The planner as a table of worlds: what is there, and what is planned for it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use jiff::{SignedDuration, Timestamp};

use super::{Action, BlockedBy, Change, Plan, Reason, Step, plan};
use crate::model::*;
use crate::mutant::{self, Mutant};

const DAY: SignedDuration = SignedDuration::from_hours(24);

fn now() -> Timestamp {
    "2026-06-01T08:00:00Z".parse().unwrap()
}

fn in_days(days: i64) -> Timestamp {
    now().checked_add(SignedDuration::from_hours(24 * days)).unwrap()
}

fn name() -> CredentialName {
    CredentialName::new("web").unwrap()
}

fn stack() -> StackName {
    StackName::new("maps").unwrap()
}

fn item_id(n: u8) -> ItemId {
    ItemId::new(&format!("{n:032x}")).unwrap()
}

fn source() -> SourceLine {
    SourceLine { file: "keyform.yaml".into(), line: 7 }
}

fn dotenv(file: &str) -> Delivery {
    let target = SinkTarget::Dotenv {
        path: SinkPath { shown: file.into(), at: PathBuf::from(file) },
        name: "ARCGIS_API_KEY".into(),
    };
    Delivery { id: target.id(), label: "dotenv".into(), target, heal: true, escrow: false, source: source() }
}

fn command(check: bool) -> Delivery {
    let target = SinkTarget::Command {
        run: vec!["store".into()],
        check: check.then(|| vec!["check".into()]),
        timeout: SignedDuration::from_secs(10),
        dir: PathBuf::from("."),
    };
    Delivery { id: target.id(), label: "command".into(), target, heal: true, escrow: false, source: source() }
}

fn want() -> CredentialSpec {
    CredentialSpec {
        name: name(),
        title: "Web".into(),
        snippet: None,
        description: None,
        tags: BTreeSet::new(),
        folder: None,
        privileges: BTreeSet::from([Privilege::new("premium:user:basemaps")]),
        items: BTreeSet::new(),
        referrers: BTreeSet::from([Referrer::observed("https://a.example")]),
        personal: Some(false),
        protect: true,
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
        deliver: vec![dotenv(".env")],
        source: source(),
    }
}

fn spec(want: CredentialSpec) -> Spec {
    Spec {
        stack: stack(),
        file: "keyform.yaml".into(),
        portal: PortalSpec {
            url: PortalUrl::At("https://www.arcgis.com".into()),
            product: ProductChoice::Auto,
            expect: Expect::default(),
            ca_bundle: None,
        },
        cadence: None,
        credentials: BTreeMap::from([(want.name.clone(), want)]),
        orphans: Orphans::default(),
        moved: Vec::new(),
        removed: BTreeMap::new(),
        guards: Guards::default(),
        requests: Requests::default(),
    }
}

fn live(items: Vec<LiveItem>) -> Live {
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
        items: items.into_iter().map(|item| (item.id.clone(), item)).collect(),
        complete: true,
        referenced: BTreeMap::new(),
        sinks: BTreeMap::from([(dotenv(".env").id, Observation::Absent)]),
    }
}

fn values() -> Values {
    super::asked(&want(), &live(Vec::new()))
}

fn fingerprint(n: u8) -> Fingerprint {
    Fingerprint::of_bytes(&[n])
}

/// An item that is all right, its ledger applied, without any key.
fn item() -> LiveItem {
    let applied = Applied { asked: values(), returned: values() };
    LiveItem {
        id: item_id(1),
        owner: "dev".into(),
        title: "Web".into(),
        snippet: String::new(),
        description: String::new(),
        tags: BTreeSet::new(),
        markers: BTreeSet::from([Marker { stack: stack(), name: name() }]),
        folder: None,
        access: "private".into(),
        protected: false,
        created: Some(in_days(-100)),
        modified: None,
        dates: PerSlot::default(),
        ledger: LedgerState::Read(Box::new(Ledger {
            stack: stack(),
            name: name(),
            item: Some(item_id(1)),
            owner: "dev".into(),
            generation: 1,
            commit: None,
            superseded_by: None,
            renamed_with: BTreeSet::new(),
            applied: Some(applied),
            slots: PerSlot::default(),
            unknown: BTreeMap::new(),
        })),
        other_properties: None,
        app: Some(App {
            client_id: "c".into(),
            app_type: "multiple".into(),
            redirect_uris: Vec::new(),
            privileges: values().privileges,
            items: BTreeSet::new(),
            referrers: values().referrers,
            personal: Some(false),
            active: PerSlot::default(),
        }),
    }
}

fn ledger(item: &mut LiveItem) -> &mut Ledger {
    match &mut item.ledger {
        LedgerState::Read(ledger) => ledger,
        _ => panic!("the item has no ledger"),
    }
}

fn record(serial: u64, phase: Phase, sinks: &[Delivery]) -> SlotRecord {
    let given = phase == Phase::Delivered;
    let seen = SinkRecord { receipt_before: None, delivered: given.then(|| in_days(-10)) };
    SlotRecord {
        serial,
        phase,
        issued: in_days(-10),
        expires: in_days(100),
        date_before: None,
        fingerprint: (phase != Phase::Issuing).then(|| fingerprint(u8::try_from(serial).unwrap())),
        overlap: DAY * 7,
        sinks: sinks.iter().map(|sink| (sink.id.clone(), seen.clone())).collect(),
        delivered: given.then(|| in_days(-10)),
    }
}

/// The item with a record in a slot, the slot active with the recorded date or not active at all.
fn with(mut item: LiveItem, slot: Slot, record: SlotRecord, active: bool) -> LiveItem {
    *item.dates.get_mut(slot) = Some(record.expires);
    *item.app.as_mut().unwrap().active.get_mut(slot) = active;
    *ledger(&mut item).slots.get_mut(slot) = Some(record);
    item
}

fn holds(n: u8) -> Observation {
    Observation::Holds(Holding { fingerprint: fingerprint(n), slot: None, identity: None })
}

fn seen(mut live: Live, sink: &Delivery, what: Observation) -> Live {
    live.sinks.insert(sink.id.clone(), what);
    live
}

/// A credential in order: one key, delivered, in its sink.
fn in_order() -> LiveItem {
    with(item(), Slot::One, record(1, Phase::Delivered, &[dotenv(".env")]), true)
}

fn planned(want: CredentialSpec, live: &Live) -> Plan {
    plan(&spec(want), live, now())
}

fn only(plan: &Plan) -> &Change {
    assert_eq!(plan.changes.len(), 1, "{:#?}", plan.changes);
    &plan.changes[0]
}

fn issued_into(change: &Change) -> Slot {
    change.issue().unwrap_or_else(|| panic!("nothing is issued: {change:#?}")).slot
}

#[test]
fn what_is_in_order_is_left_alone() {
    let live = seen(live(vec![in_order()]), &dotenv(".env"), holds(1));
    let plan = planned(want(), &live);
    assert!(plan.is_empty() && plan.changes.is_empty(), "{:#?}", plan.changes);
    assert_eq!(plan.next_action().unwrap().0, in_days(70));
}

#[test]
fn a_missing_credential_is_created_and_its_key_delivered_in_the_order_that_is_safe() {
    let mut want = want();
    want.deliver = vec![command(false), dotenv(".env"), command(true)];
    let plan = planned(want.clone(), &live(Vec::new()));
    let change = only(&plan);
    assert_eq!((change.action, &change.reasons[0]), (Action::Create, &Reason::New));
    let order: Vec<SinkId> = change
        .steps
        .iter()
        .filter_map(|step| match step {
            Step::Deliver { sink, .. } => Some(sink.clone()),
            _ => None,
        })
        .collect();
    assert_eq!(order, [dotenv(".env").id, command(true).id, command(false).id]);
    assert!(plan.first);
}

#[test]
fn nothing_is_created_while_a_folder_was_not_listed() {
    let live = Live { complete: false, ..live(Vec::new()) };
    assert_eq!(only(&planned(want(), &live)).blocked.as_ref().unwrap().by, BlockedBy::CannotBeKnown);
}

#[test]
fn what_was_begun_is_finished() {
    let mut begun = item();
    ledger(&mut begun).item = None;
    ledger(&mut begun).applied = None;
    begun.app = None;
    let plan = planned(want(), &live(vec![begun]));
    let change = only(&plan);
    assert_eq!((change.action, &change.reasons[0]), (Action::Create, &Reason::Begun));
    assert!(matches!(change.steps[..2], [Step::Claim, Step::Register]), "{:?}", change.steps);
    assert!(!change.steps.contains(&Step::AddItem));
}

#[test]
fn a_title_edited_in_the_portal_is_put_back_and_keys_stay() {
    let mut edited = in_order();
    edited.title = "Mine".into();
    let live = seen(live(vec![edited]), &dotenv(".env"), holds(1));
    let plan = planned(want(), &live);
    let change = only(&plan);
    assert_eq!((change.action, &change.reasons[0]), (Action::Update, &Reason::Edited));
    assert!(change.issue().is_none());
}

#[test]
fn what_the_portal_made_of_a_value_is_not_a_difference() {
    let mut expanded = in_order();
    let more = Privilege::new("premium:user:basemaps:more");
    expanded.app.as_mut().unwrap().privileges.insert(more.clone());
    ledger(&mut expanded).applied.as_mut().unwrap().returned.privileges.insert(more);
    let live = seen(live(vec![expanded]), &dotenv(".env"), holds(1));
    assert!(planned(want(), &live).changes.is_empty());
}

#[test]
fn a_privilege_changed_in_yaml_with_a_live_key_is_planned_and_blocked() {
    let mut want = want();
    want.privileges.insert(Privilege::new("premium:user:places"));
    let live = seen(live(vec![in_order()]), &dotenv(".env"), holds(1));
    let plan = planned(want, &live);
    let change = only(&plan);
    assert_eq!(change.action, Action::Replace);
    assert_eq!(change.blocked.as_ref().unwrap().by, BlockedBy::LiveKey);
    // What a replacement would do is planned, and none of it is done.
    assert_eq!(change.steps[..2], [Step::AddItem, Step::Claim]);
    assert_eq!(change.issue().unwrap().others, [item_id(1)]);
    assert!(plan.runnable().next().is_none() && !plan.is_empty());
}

#[test]
fn a_privilege_taken_away_in_the_portal_is_named_with_its_dead_sinks_and_healed_by_a_new_key() {
    let mut edited = with(item(), Slot::One, record(1, Phase::Delivered, &[dotenv(".env")]), false);
    edited.app.as_mut().unwrap().privileges.clear();
    let live = seen(live(vec![edited]), &dotenv(".env"), holds(1));
    let plan = planned(want(), &live);
    let change = only(&plan);
    assert_eq!((change.action, &change.reasons[0]), (Action::UpdateEndingKeys, &Reason::Edited));
    assert_eq!(change.dead_in, [dotenv(".env").id]);
    assert_eq!(change.steps[0], Step::UpdateApp);
    assert_eq!(issued_into(change), Slot::Two);
}

/// The recovery table: what is found at the highest serial, and what is done.
mod recovery {
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
        let found = Observation::Holds(Holding {
            fingerprint: fingerprint(9),
            slot: Some(Slot::One),
            identity: Some(identity),
        });
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
        let plan = one(
            half(Phase::Issuing, true, &[dotenv("a")]),
            &[(dotenv("a"), Observation::Unreadable { why: "no".into() })],
        );
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
}

/// Overlaps and slots.
mod overlap {
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
        assert_eq!((change.action, &change.steps[..]), (Action::Retire, &[Step::Revoke { slot: Slot::One }][..]));
    }

    #[test]
    fn a_shorter_overlap_in_yaml_shortens_nobodys_overlap() {
        let mut want = want();
        want.expiry.overlap = DAY;
        assert!(planned(want, &rotated(6)).changes.is_empty());
    }

    #[test]
    fn an_overlap_of_todays_yaml_alone_is_noticed() {
        let _out = mutant::without(Mutant::OverlapOfYaml);
        let mut want = want();
        want.expiry.overlap = DAY;
        assert_eq!(only(&planned(want, &rotated(6))).action, Action::Retire, "the key ends a day too early");
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
        assert!(change.steps.iter().all(|step| !matches!(step, Step::Revoke { .. })));
    }

    #[test]
    fn without_a_free_slot_the_plan_waits_and_names_the_date() {
        // A sink was added that only a new key can serve, within the overlap of the last rotation.
        let mut want = want();
        want.deliver.push(command(false));
        let live = seen(rotated(2), &dotenv(".env"), Observation::Absent);
        let plan = planned(want, &live);
        let blocked = only(&plan).blocked.as_ref().unwrap();
        assert_eq!(blocked.by, BlockedBy::NoFreeSlot);
        assert!(blocked.resolve.contains("2026-06-06"), "{}", blocked.resolve);
    }
}

/// What may not be touched.
mod foreign {
    use super::*;

    fn blocked(item: LiveItem) -> BlockedBy {
        let plan = planned(want(), &live(vec![item]));
        assert!(plan.runnable().next().is_none(), "{:#?}", plan.changes);
        plan.blocked().next().unwrap().blocked.as_ref().unwrap().by
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
    fn a_copy_is_reported_and_never_obeyed() {
        let copy = LiveItem { id: item_id(2), ..in_order() };
        let live = seen(live(vec![in_order(), copy]), &dotenv(".env"), holds(1));
        let plan = planned(want(), &live);
        assert_eq!(only(&plan).reasons, [Reason::Copy { of: item_id(1) }]);
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
}
