//! Hostile ledgers: whatever stands in an item's properties, keyform reads it, refuses it, or says what is wrong.

use keyform::portal::{properties_without_ledger, read_ledger, write_ledger};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::planted::{APPLY, DOTENV, item, planted};
use crate::support::side_by_side;

fn good(item: &str) -> Value {
    let values = json!({
        "title": "web", "snippet": "A key", "description_hash": "x", "tags": [], "folder": "Keys",
        "privileges": ["premium:user:basemaps"], "items": [], "referrers": ["https://stores.example.com"],
        "personal": false, "protect": false
    });
    json!({"keyform": {
        "version": 1, "stack": "planted", "name": "web", "item": item, "owner": "developer", "generation": 1,
        "commit": null, "superseded_by": null, "applied": {"asked": values, "returned": values},
        "slots": {"1": {
            "serial": 1, "phase": "delivered", "issued": 1_790_000_000_000_i64, "expires": 1_800_000_000_000_i64,
            "date_before": null, "fingerprint": "0123456789abcdef", "overlap": 604_800,
            "sinks": [{"id": "dotenv:.env#ARCGIS_API_KEY", "receipt_before": null, "delivered": 1_790_000_000_000_i64}],
            "delivered": 1_790_000_000_000_i64
        }, "2": null}
    }})
}

/// Every place in a document.
fn places(value: &Value) -> Vec<String> {
    let mut all = vec![String::new()];
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                all.extend(places(member).into_iter().map(|rest| format!("/{name}{rest}")));
            }
        }
        Value::Array(members) => {
            for (at, member) in members.iter().enumerate() {
                all.extend(places(member).into_iter().map(|rest| format!("/{at}{rest}")));
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
    all
}

fn odd() -> Vec<Value> {
    vec![
        json!(null),
        json!(true),
        json!(0),
        json!(-1),
        json!(i64::MIN),
        json!(i64::MAX),
        json!(u64::MAX),
        json!(1e300),
        json!(-0.0),
        json!(253_402_207_200_000_i64),
        json!(-377_705_023_201_000_i64),
        json!(""),
        json!("x"),
        json!("planted"),
        json!("web"),
        json!("x".repeat(100_000)),
        json!("\u{1b}[31m\u{202e}\u{0}"),
        json!("{\"keyform\":\"{}\"}"),
        json!([]),
        json!([[[[[[]]]]]]),
        json!({}),
        json!(vec!["x"; 10_000]),
        json!("0123456789abcdef0123456789abcdef"),
    ]
}

fn with(mut document: Value, place: &str, value: Value) -> Value {
    if let Some(found) = document.pointer_mut(place) {
        *found = value;
    }
    document
}

const ITEM: &str = "00000000000000000000000000000001";

#[test]
fn every_odd_value_at_every_place_is_read_or_refused_and_what_is_read_is_written_back() {
    for place in places(&good(ITEM)) {
        for value in odd() {
            let properties = with(good(ITEM), &place, value);
            for wrapped in
                [properties.clone(), json!(properties.to_string()), json!(json!(properties.to_string()).to_string())]
            {
                let (state, others) = read_ledger(Some(&wrapped));
                let _ = properties_without_ledger(others.as_deref());
                if let keyform::model::LedgerState::Read(ledger) = state {
                    let text = write_ledger(&ledger, others.as_deref());
                    let again = read_ledger(Some(&serde_json::from_str(&text).unwrap())).0;
                    assert_eq!(again, keyform::model::LedgerState::Read(ledger), "{place}");
                }
            }
        }
    }
}

fn json_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(|number| json!(number)),
        "\\PC{0,12}".prop_map(Value::from),
        prop::sample::select(vec!["keyform", "1", "delivered", "{}", "[]", "\"\"", ITEM]).prop_map(Value::from),
    ];
    leaf.prop_recursive(6, 60, 6, |inner| {
        let name =
            prop::sample::select(vec!["keyform", "version", "slots", "1", "2", "sinks", "applied", "asked", "x"]);
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::vec((name, inner), 0..6)
                .prop_map(|members| members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()),
        ]
    })
}

proptest! {
    #[test]
    fn no_properties_stop_the_reader(value in json_value(), at in any::<prop::sample::Index>()) {
        let _ = read_ledger(Some(&value));
        let all = places(&good(ITEM));
        let changed = with(good(ITEM), at.get::<String>(&all), value);
        let (state, others) = read_ledger(Some(&changed));
        if let keyform::model::LedgerState::Read(ledger) = state {
            let _ = write_ledger(&ledger, others.as_deref());
        }
    }
}

#[test]
fn a_hostile_ledger_is_planned_around_without_a_panic_and_no_sink_loses_its_key() {
    let numbers = [json!(u64::MAX), json!(i64::MAX), json!(0), json!(-1), json!(253_402_207_200_000_i64), json!("x")];
    let mut cases = Vec::new();
    for place in [
        "generation",
        "version",
        "slots/1/serial",
        "slots/1/overlap",
        "slots/1/expires",
        "slots/1/issued",
        "slots/1/delivered",
        "slots/1/date_before",
        "slots/1/sinks/0/delivered",
    ] {
        cases.extend(numbers.iter().map(|value| (format!("/keyform/{place}"), value.clone())));
    }
    let sink = json!({"id": "x", "receipt_before": null, "delivered": null});
    for (place, value) in [
        ("owner", json!("colleague")),
        ("stack", json!("another")),
        ("name", json!("kiosk")),
        ("item", json!(ITEM)),
        ("superseded_by", json!(ITEM)),
        ("slots/1", json!(null)),
        ("slots/1/phase", json!("issuing")),
        ("slots/1/phase", json!("delivering")),
        ("slots/1/sinks", json!([])),
        ("slots/1/sinks", json!(vec![sink; 300])),
        ("slots/1/sinks/0/id", json!("\u{1b}[2J\u{202e}../../etc/passwd")),
        ("slots/1/fingerprint", json!("0000000000000000")),
        ("applied", json!(null)),
        ("applied/asked/title", json!("\u{1b}]0;x\u{7}\u{202e}")),
        ("commit", json!("x".repeat(60_000))),
    ] {
        cases.push((format!("/keyform/{place}"), value));
    }
    cases.push((String::new(), json!("{".repeat(5000))));
    cases.push((String::new(), json!("[".repeat(500) + &"]".repeat(500))));
    side_by_side(&cases, |(place, value)| planned_around(place, value));
}

fn planned_around(place: &str, value: &Value) {
    let world = planted(DOTENV);
    world.done(&APPLY);
    let (item, key) = (item(&world), world.key().unwrap());
    let real = &item["properties"];
    let real: Value = real.as_str().map_or(real.clone(), |text| serde_json::from_str(text).unwrap());
    assert!(real["keyform"].is_object(), "{real}");
    let case = format!("{place} = {}", value.to_string().chars().take(40).collect::<String>());
    let properties = with(real, place, value.clone());
    world.portal.call("POST", "person", &json!({"act": "edit", "item": item["id"], "set": {"properties": properties}}));
    for args in
        [&["plan", "-vvv"][..], &["plan", "--json"], &["status", "--json"], &["apply", "--auto-approve", "-vvv"]]
    {
        let run = world.run(args);
        assert!(run.code.is_some_and(|code| code < 7), "{case}: {}", run.said());
        let steers = |c: char| (c.is_control() && c != '\n') || matches!(c, '\u{202a}'..='\u{202e}');
        assert!(!run.said().contains(steers), "{case}: {:?}", run.said());
    }
    let live = world.portal.live();
    let held = world.key().unwrap();
    assert!(live.contains(&keyform::emulator::fingerprint(&held)), "{case}: the sink holds a dead key");
    if held != key {
        assert!(
            live.contains(&keyform::emulator::fingerprint(&key)),
            "{case}: the key before ended without an overlap"
        );
    }
    world.holds_tight(&[]);
}
