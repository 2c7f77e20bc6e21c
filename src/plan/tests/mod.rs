//! The planner as a table of worlds: what is there, and what is planned for it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use jiff::{SignedDuration, Timestamp};

mod ahead;
mod boundary;
mod forecast;
mod foreign;
mod overlap;
mod recovery;
mod replace;
mod requests;
mod safety;
mod settings;
mod waits;

use super::{Action, BlockedBy, Change, Field, Gap, Plan, Reason, Safety, Step, Then, plan};
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
        registered: true,
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
