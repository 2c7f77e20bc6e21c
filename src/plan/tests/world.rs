//! What the tables are made of: credentials as they are wanted, items as they are found, and the sinks between.
//!
//! Most tables are about one credential: [`want`], [`item`], [`in_order`] and [`live`] are the one called `web`, whose
//! sink is `.env`. Those about several name each: [`wanted`], [`item_of`], [`in_use`] and [`fleet`].

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use crate::model::*;
use crate::plan::diff::asked;
use crate::plan::{Act, Change, Plan, plan};

pub(crate) const DAY: SignedDuration = SignedDuration::from_hours(24);

pub(crate) fn now() -> Timestamp {
    "2026-06-01T08:00:00Z".parse().unwrap()
}

pub(crate) fn in_days(days: i64) -> Timestamp {
    now().checked_add(SignedDuration::from_hours(24 * days)).unwrap()
}

pub(crate) fn named(name: &str) -> CredentialName {
    CredentialName::new(name).unwrap()
}

pub(crate) fn name() -> CredentialName {
    named("web")
}

pub(crate) fn stack() -> StackName {
    StackName::new("maps").unwrap()
}

pub(crate) fn marker(name: &str) -> Marker {
    Marker { stack: stack(), name: named(name) }
}

pub(crate) fn id(n: u16) -> ItemId {
    ItemId::new(&format!("{n:032x}")).unwrap()
}

pub(crate) fn line(line: u32) -> SourceLine {
    SourceLine { file: "keyform.yaml".into(), line }
}

fn delivery(label: &str, place: String, ability: SinkAbility) -> Delivery {
    let id = format!("{label}:{place}").into();
    let target = SinkTarget { place, ability, time: SignedDuration::from_secs(10), spec: Arc::new(()) };
    Delivery { id, label: label.into(), target, heal: true, escrow: false, source: line(9) }
}

pub(crate) fn dotenv(file: &str) -> Delivery {
    delivery("dotenv", format!("{file}#ARCGIS_API_KEY"), SinkAbility { reads: true, ..SinkAbility::default() })
}

pub(crate) fn command(check: bool) -> Delivery {
    program("store", check)
}

/// One of several sinks.
pub(crate) fn program(name: &str, check: bool) -> Delivery {
    delivery("command", name.into(), SinkAbility { confirms: check, ..SinkAbility::default() })
}

/// The sink of one of several credentials.
pub(crate) fn sink(name: &str) -> Delivery {
    dotenv(&format!(".env.{name}"))
}

/// One of several credentials.
pub(crate) fn wanted(name: &str) -> CredentialSpec {
    CredentialSpec {
        name: named(name),
        title: "A map".into(),
        snippet: None,
        description: None,
        tags: BTreeSet::new(),
        folder: None,
        privileges: BTreeSet::from([Privilege::new("premium:user:basemaps")]),
        items: BTreeSet::new(),
        referrers: BTreeSet::from([Referrer::observed("https://a.example")]),
        personal: Some(false),
        withheld: Taken::default(),
        refused: Refusal::new(),
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

pub(crate) fn want() -> CredentialSpec {
    CredentialSpec { deliver: vec![dotenv(".env")], ..wanted("web") }
}

/// A configuration with these credentials.
fn with_credentials(all: impl IntoIterator<Item = CredentialSpec>) -> Spec {
    Spec {
        stack: stack(),
        file: "keyform.yaml".into(),
        portal: PortalSpec {
            url: PortalUrl::At("https://www.arcgis.com".into()),
            product: ProductChoice::Auto,
            expect: Expect::default(),
            ca_bundle: None,
        },
        schedule: Schedule::default(),
        credentials: all.into_iter().map(|want| (want.name.clone(), want)).collect(),
        orphans: Orphans::default(),
        moved: Vec::new(),
        removed: BTreeMap::new(),
        guards: Guards::default(),
        requests: Requests::default(),
    }
}

pub(crate) fn spec(want: CredentialSpec) -> Spec {
    with_credentials([want])
}

/// A configuration that declares these.
pub(crate) fn declaring(names: &[&str]) -> Spec {
    with_credentials(names.iter().map(|name| wanted(name)))
}

pub(crate) fn removed(spec: &mut Spec, name: &str, then: Leaving) {
    let removed = Removed { then, not_before: None, because: Some("fair over".into()), source: line(30) };
    spec.removed.insert(named(name), removed);
}

pub(crate) fn moved(spec: &mut Spec, from: &str, to: &str) {
    spec.moved.push(Moved { from: named(from), to: named(to), source: line(40) });
}

/// A portal with these items, where sinks hold this.
fn portal(items: impl IntoIterator<Item = LiveItem>, sinks: BTreeMap<SinkId, Observation>) -> Live {
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
        strangers: BTreeMap::new(),
        complete: true,
        unread: BTreeMap::new(),
        referenced: BTreeMap::new(),
        sinks,
    }
}

/// These items, and nothing in `.env`.
pub(crate) fn live(items: Vec<LiveItem>) -> Live {
    portal(items, BTreeMap::from([(dotenv(".env").id, Observation::Absent)]))
}

/// The items of several credentials; the sink of each has its newest key.
pub(crate) fn fleet(items: impl IntoIterator<Item = LiveItem>) -> Live {
    let mut live = portal(items, BTreeMap::new());
    let mut newest: BTreeMap<&CredentialName, &SlotRecord> = BTreeMap::new();
    for ledger in live.items.values().filter_map(LiveItem::ledger) {
        for record in Slot::BOTH.into_iter().filter_map(|slot| ledger.slots.get(slot).as_ref()) {
            let found = newest.entry(&ledger.name).or_insert(record);
            *found = if record.serial >= found.serial { record } else { *found };
        }
    }
    let held = |(name, record): (&CredentialName, &SlotRecord)| {
        let holding = Holding { fingerprint: record.fingerprint?, slot: None, identity: None, dead: None };
        Some((sink(name.as_str()).id, Observation::Holds(holding)))
    };
    live.sinks = newest.into_iter().filter_map(held).collect();
    live
}

pub(crate) fn holds(n: u8) -> Observation {
    Observation::Holds(Holding { fingerprint: fingerprint(n.into()), slot: None, identity: None, dead: None })
}

pub(crate) fn seen(mut live: Live, sink: &Delivery, what: Observation) -> Live {
    live.sinks.insert(sink.id.clone(), what);
    live
}

pub(crate) fn fingerprint(serial: u64) -> Fingerprint {
    Fingerprint::of_bytes(&serial.to_be_bytes())
}

/// Item `n` of a credential that is all right, its ledger applied, without any key.
pub(crate) fn item_of(n: u16, name: &str) -> LiveItem {
    let values = asked(&wanted(name), &live(Vec::new()));
    let mut ledger = Ledger::begun(marker(name), "dev".into(), 1);
    ledger.item = Some(id(n));
    ledger.applied = Some(Applied { asked: values.clone(), returned: values.clone() });
    LiveItem {
        id: id(n),
        owner: "dev".into(),
        title: "A map".into(),
        snippet: String::new(),
        description: String::new(),
        tags: BTreeSet::new(),
        markers: BTreeSet::from([marker(name)]),
        folder: None,
        access: "private".into(),
        protected: false,
        created: Some(in_days(-100)),
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
            referrers: values.referrers,
            personal: Some(false),
            modified: None,
            active: PerSlot::default(),
        }),
        lost: PerSlot::default(),
    }
}

pub(crate) fn item() -> LiveItem {
    item_of(1, "web")
}

pub(crate) fn ledger(item: &mut LiveItem) -> &mut Ledger {
    match &mut item.ledger {
        LedgerState::Read(ledger) => ledger,
        LedgerState::None | LedgerState::Newer { .. } | LedgerState::Broken { .. } => panic!("the item has no ledger"),
    }
}

pub(crate) fn record(serial: u64, phase: Phase, sinks: &[Delivery]) -> SlotRecord {
    let given = phase == Phase::Delivered;
    let seen = SinkRecord { receipt_before: None, delivered: given.then(|| in_days(-10)) };
    SlotRecord {
        serial,
        phase,
        issued: in_days(-10),
        expires: in_days(100),
        ends: None,
        shown: None,
        date_before: None,
        fingerprint: (phase != Phase::Issuing).then(|| fingerprint(serial)),
        overlap: DAY * 7,
        sinks: sinks.iter().map(|sink| (sink.id.clone(), seen.clone())).collect(),
        delivered: given.then(|| in_days(-10)),
    }
}

/// The item with a record in a slot, the slot active with the recorded date or not active at all.
pub(crate) fn with(mut item: LiveItem, slot: Slot, record: SlotRecord, active: bool) -> LiveItem {
    *item.dates.get_mut(slot) = Some(record.expires);
    *item.app.as_mut().unwrap().active.get_mut(slot) = active;
    *ledger(&mut item).slots.get_mut(slot) = Some(record);
    item
}

/// The item with a live key in `slot` that ends in so many days.
pub(crate) fn with_key(mut item: LiveItem, slot: Slot, serial: u64, phase: Phase, ends: i64) -> LiveItem {
    let to = sink(ledger(&mut item).name.as_str());
    with(item, slot, SlotRecord { expires: in_days(ends), ..record(serial, phase, &[to]) }, true)
}

/// A credential in order: one key, delivered, in its sink.
pub(crate) fn in_order() -> LiveItem {
    with(item(), Slot::One, record(1, Phase::Delivered, &[dotenv(".env")]), true)
}

/// The same for one of several.
pub(crate) fn in_use(n: u16, name: &str) -> LiveItem {
    with_key(item_of(n, name), Slot::One, 1, Phase::Delivered, 100)
}

/// Declared credentials, the key of each ending in so many days.
pub(crate) fn ending(days: &[i64]) -> (Spec, Live) {
    let names: Vec<String> = (0..days.len()).map(|n| format!("web-{n}")).collect();
    let spec = declaring(&names.iter().map(String::as_str).collect::<Vec<_>>());
    let items = (1..).zip(&names).zip(days);
    (spec, fleet(items.map(|((n, name), ends)| with_key(item_of(n, name), Slot::One, 1, Phase::Delivered, *ends))))
}

pub(crate) fn today(spec: &Spec, live: &Live) -> Plan {
    plan(spec, live, now())
}

pub(crate) fn planned(want: CredentialSpec, live: &Live) -> Plan {
    today(&spec(want), live)
}

pub(crate) fn only(plan: &Plan) -> &Change {
    assert_eq!(plan.changes.len(), 1, "{:#?}", plan.changes);
    &plan.changes[0]
}

/// What a change does, all of it to the one item that it is about or makes.
pub(crate) fn acts(change: &Change) -> Vec<Act> {
    assert!(change.work.steps.windows(2).all(|two| two[0].on == two[1].on), "{change:#?}");
    change.work.acts().cloned().collect()
}

pub(crate) fn issued_into(change: &Change) -> Slot {
    change.work.issue().unwrap_or_else(|| panic!("nothing is issued: {change:#?}")).slot
}
