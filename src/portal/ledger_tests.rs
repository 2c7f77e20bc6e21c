use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::*;

/// Text with all that portals and formats trip over.
fn words() -> impl Strategy<Value = String> {
    "[a-zé<>&'\"\\\\/ #;0-9{}=\\n]{0,12}"
}

fn name() -> impl Strategy<Value = String> {
    "[a-z0-9-]{1,12}"
}

fn id() -> impl Strategy<Value = ItemId> {
    "[0-9a-f]{32}".prop_map(|text| ItemId::new(&text).unwrap())
}

fn time() -> impl Strategy<Value = Timestamp> {
    (0..4_000_000_000_000_i64).prop_map(|ms| Timestamp::from_millisecond(ms).unwrap())
}

fn settings() -> impl Strategy<Value = Values> {
    let texts = (words(), words(), "[0-9a-f]{16}", prop::option::of(words()));
    let sets = (
        prop::collection::btree_set(words(), 0..3),
        prop::collection::btree_set(name(), 0..3),
        prop::collection::btree_set(id(), 0..3),
        prop::collection::btree_set(name(), 0..3),
    );
    (texts, sets, any::<(bool, bool)>()).prop_map(|(texts, sets, (personal, protect))| {
        let (title, snippet, description_hash, folder) = texts;
        let (tags, privileges, items, referrers) = sets;
        Values {
            title,
            snippet,
            description_hash,
            tags,
            folder,
            privileges: privileges.iter().map(|text| Privilege::new(text)).collect(),
            items,
            referrers: referrers.iter().map(|host| Referrer::observed(&format!("https://{host}"))).collect(),
            personal,
            protect,
        }
    })
}

fn record() -> impl Strategy<Value = SlotRecord> {
    let phase = prop::sample::select(vec![Phase::Issuing, Phase::Delivering, Phase::Delivered, Phase::Lost]);
    let sink =
        (words(), prop::option::of((time(), time())), prop::option::of(time())).prop_map(|(id, receipt, delivered)| {
            let receipt_before = receipt.map(|(at, noted)| Receipt { at, noted });
            (SinkId::recorded(&id), SinkRecord { receipt_before, delivered })
        });
    let maybe = || prop::option::of(time());
    let times = (time(), time(), maybe(), maybe(), maybe(), maybe());
    let rest = (prop::option::of("[0-9a-f]{16}"), 0..1_000_000_000_i64, prop::collection::vec(sink, 0..3));
    (0..u64::MAX, phase, times, rest).prop_map(|(serial, phase, times, (fingerprint, overlap, sinks))| SlotRecord {
        serial,
        phase,
        issued: times.0,
        expires: times.1,
        ends: times.4,
        shown: times.5,
        date_before: times.2,
        fingerprint: fingerprint.and_then(|text| Fingerprint::parse(&text)),
        overlap: SignedDuration::from_secs(overlap),
        sinks,
        delivered: times.3,
    })
}

/// What may have been taken away of `values`: where that is nothing, it was at no time.
fn taken(values: &Values) -> Taken {
    let taken = Taken {
        since: Timestamp::from_second(1).ok(),
        privileges: values.privileges.clone(),
        items: values.items.clone(),
        referrers: values.referrers.clone(),
        anywhere: values.protect,
        personal: values.personal,
    };
    if taken.is_empty() { Taken::default() } else { taken }
}

fn made(seed: u64) -> Vec<Made> {
    let needs = [Need::Sinks, Need::Delivery, Need::Key, Need::Renewal];
    let at = |n: i64| Timestamp::from_millisecond(1_800_000_000_000 + n).unwrap();
    (0..).zip(needs).take(usize::try_from(seed % 5).unwrap()).map(|(n, need)| Made { at: at(n), need }).collect()
}

/// What of `values` the portal may not have taken.
fn refused(values: &Values) -> Refusal {
    let fields = Field::ALL.into_iter().filter(|field| field.ends_keys());
    fields.map(|field| (field, values.members(field))).filter(|(_, asked)| !asked.is_empty()).collect()
}

fn ledgers() -> impl Strategy<Value = Ledger> {
    let applied = prop::option::of((settings(), settings()).prop_map(|(asked, returned)| Applied { asked, returned }));
    let unknown = prop::collection::btree_map("x[a-z]{1,5}", words(), 0..3);
    let ids = (prop::option::of(id()), prop::option::of(id()), prop::collection::btree_set(id(), 0..3));
    let texts = (name(), name(), words(), prop::option::of(words()), 0..u64::MAX);
    let slots = (prop::option::of(record()), prop::option::of(record()));
    (texts, ids, applied, slots, unknown).prop_map(|(texts, ids, applied, slots, unknown)| Ledger {
        stack: StackName::new(&texts.0).unwrap(),
        name: CredentialName::new(&texts.1).unwrap(),
        item: ids.0,
        owner: texts.2,
        generation: texts.4,
        commit: texts.3,
        superseded_by: ids.1,
        renamed_with: ids.2,
        made: made(texts.4),
        taken: applied.as_ref().map_or_else(Taken::default, |applied| taken(&applied.asked)),
        refused: applied.as_ref().map_or_else(Refusal::new, |applied| refused(&applied.asked)),
        applied,
        slots: PerSlot { one: slots.0, two: slots.1 },
        unknown: unknown.into_iter().map(|(name, text)| (name, json!([text]).to_string())).collect(),
    })
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('"', "&quot;").replace('<', "&lt;").replace('>', "&gt;").replace('\'', "&#39;")
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn what_is_written_is_read_back_in_every_form_a_portal_returns_it(ledger in ledgers(), other in words()) {
        let others = json!({ "other": other }).to_string();
        let text = write(&ledger, Some(&others));
        let want = (LedgerState::Read(Box::new(ledger)), Some(others));
        let value: Value = serde_json::from_str(&text).unwrap();
        prop_assert_eq!(&read(Some(&value)), &want);
        prop_assert_eq!(&read(Some(&Value::String(text.clone()))), &want);
        prop_assert_eq!(&read(Some(&Value::String(escaped(&text)))), &want);
        // Only our member came back as text.
        let mut inner = value.clone();
        inner["keyform"] = Value::String(value["keyform"].to_string());
        prop_assert_eq!(&read(Some(&inner)), &want);
    }
}

fn small() -> Ledger {
    Ledger {
        stack: StackName::new("s").unwrap(),
        name: CredentialName::new("n").unwrap(),
        item: None,
        owner: "jdoe".to_owned(),
        generation: 1,
        commit: None,
        superseded_by: None,
        renamed_with: BTreeSet::new(),
        made: Vec::new(),
        applied: None,
        taken: Taken::default(),
        refused: Refusal::new(),
        slots: PerSlot::default(),
        unknown: BTreeMap::new(),
    }
}

#[test]
fn what_is_no_ledger_is_told_apart() {
    let state = |json: &str| read(Some(&serde_json::from_str(json).unwrap())).0;
    assert_eq!(read(None), (LedgerState::None, None));
    for none in ["null", "{}", "\"\"", "\" \"", r#"{"keyform":null}"#, r#"{"other":1}"#] {
        assert_eq!(state(none), LedgerState::None, "{none}");
    }
    let broken = ["[]", "3", "\"hello\"", r#"{"keyform":3}"#, r#"{"keyform":{}}"#, r#"{"keyform":{"version":"1"}}"#];
    for broken in broken {
        assert!(matches!(state(broken), LedgerState::Broken { .. }), "{broken}");
    }
    assert_eq!(state(r#"{"keyform":{"version":2,"stack":7}}"#), LedgerState::Newer { version: 2 });
}

#[test]
fn each_known_member_is_read_strictly() {
    let good: Value = serde_json::from_str(&write(&small(), None)).unwrap();
    assert!(matches!(read(Some(&good)).0, LedgerState::Read(_)));
    for (member, bad) in [
        ("stack", json!("Not A Name")),
        ("item", json!("short")),
        ("owner", Value::Null),
        ("generation", json!(-1)),
        ("renamed_with", json!(["short"])),
        ("applied", json!({})),
        ("slots", json!([])),
        ("slots", json!({ "1": {} })),
    ] {
        let mut value = good.clone();
        value["keyform"][member] = bad;
        let LedgerState::Broken { why } = read(Some(&value)).0 else { panic!("{member} is taken") };
        assert!(!why.is_empty());
    }
}

#[test]
fn a_ledger_of_the_version_before_is_read() {
    let mut ledger = small();
    let time = Timestamp::from_second(1_800_000_000).unwrap();
    ledger.slots.one = Some(SlotRecord {
        serial: 1,
        phase: Phase::Delivered,
        issued: time,
        expires: time,
        ends: None,
        shown: None,
        date_before: None,
        fingerprint: None,
        overlap: SignedDuration::ZERO,
        sinks: Vec::new(),
        delivered: Some(time),
    });
    let mut value: Value = serde_json::from_str(&write(&ledger, None)).unwrap();
    let slot = value["keyform"]["slots"]["1"].as_object_mut().unwrap();
    assert!(slot.shift_remove("ends").is_some() && slot.shift_remove("shown").is_some());
    assert_eq!(read(Some(&value)).0, LedgerState::Read(Box::new(ledger)));
}

#[test]
fn the_others_in_properties_stay_when_ours_goes() {
    let others = r#"{"a":1,"b":"x & y"}"#;
    let (_, kept) = read(Some(&serde_json::from_str(&write(&small(), Some(others))).unwrap()));
    assert_eq!(kept.as_deref(), Some(others));
    let left: Value = serde_json::from_str(&without(kept.as_deref())).unwrap();
    assert_eq!(left, serde_json::from_str::<Value>(others).unwrap());
    assert_eq!(without(None), "{}");
    let tags: BTreeSet<char> = write(&small(), Some(others)).chars().filter(|c| "<>&'".contains(*c)).collect();
    assert!(tags.is_empty(), "a portal could escape these");
}
