//! What people write over a ledger.

use fastrand::Rng;
use serde_json::{Map, Value, json};

use crate::rehearse::World;

/// What is written.
#[derive(Clone, Copy, Debug)]
pub(super) enum How {
    /// As it was while the key was being issued.
    Older,
    /// Another phase, with less or more delivered.
    Phase,
    /// Nothing, or nothing that can be read.
    Gone,
    Any,
}

/// The `properties` of an item as a portal has them, whatever they are wrapped in.
pub(super) fn properties(world: &World, item: &str) -> Value {
    let summary = world.with(|state, now| state.summary(now));
    let items = summary["items"].as_array().cloned().unwrap_or_default();
    let found = items.into_iter().find(|one| one["id"] == item).unwrap_or_default();
    unwrapped(&found["properties"])
}

/// JSON that is kept as text is the JSON it holds.
pub(super) fn unwrapped(value: &Value) -> Value {
    match value {
        Value::String(text) => serde_json::from_str(text).map_or(Value::Null, |inner| unwrapped(&inner)),
        other => other.clone(),
    }
}

/// What was done, and the text of the new `properties`.
pub(super) fn forged(before: Value, how: How, draw: &mut Rng, item: &str) -> (String, String) {
    let mut properties = before;
    if !properties.is_object() {
        properties = Value::Object(Map::new());
    }
    if !properties["keyform"].is_object() {
        properties["keyform"] = json!({});
    }
    let said = match how {
        How::Gone => gone(&mut properties, draw),
        How::Older => slots(&mut properties, |slot| {
            slot["phase"] = json!("issuing");
            (slot["fingerprint"], slot["delivered"]) = (Value::Null, Value::Null);
            forget(slot, 0);
            "older"
        }),
        How::Phase => {
            let (phase, kept) =
                (["issuing", "delivering", "delivering", "delivering"][draw.usize(..4)], draw.usize(..3));
            slots(&mut properties, |slot| {
                (slot["phase"], slot["delivered"]) = (json!(phase), Value::Null);
                forget(slot, kept);
                "phase"
            })
        }
        How::Any => match draw.u8(..8) {
            0 => gone(&mut properties, draw),
            1 => member(&mut properties, "generation", json!(draw.u64(..5))),
            2 => member(&mut properties, "superseded_by", json!("0123456789abcdef0123456789abcdef")),
            3 => member(&mut properties, "item", json!("fedcba9876543210fedcba9876543210")),
            4 => member(&mut properties, "stack", json!("others")),
            5 => member(&mut properties, "item", Value::Null),
            6 => {
                let by = [-86_400_000, 86_400_000, 1][draw.usize(..3)];
                slots(&mut properties, |slot| {
                    slot["expires"] = json!(slot["expires"].as_i64().unwrap_or_default() + by);
                    "date"
                })
            }
            _ => {
                let serial = draw.u64(..9);
                slots(&mut properties, |slot| {
                    slot["serial"] = json!(serial);
                    "serial"
                })
            }
        },
    };
    (format!("{said} forged ({item})"), properties.to_string())
}

fn gone(properties: &mut Value, draw: &mut Rng) -> &'static str {
    match draw.u8(..5) {
        0 => *properties = json!({}),
        1 => *properties = json!({ "theirs": true }),
        2 => properties["keyform"] = json!("{ not JSON"),
        3 => properties["keyform"]["version"] = json!(2),
        _ => properties["keyform"]["slots"] = json!({ "1": null, "2": null }),
    }
    "ledger"
}

fn member(properties: &mut Value, name: &str, value: Value) -> &'static str {
    if properties["keyform"].is_object() {
        properties["keyform"][name] = value;
    }
    "member"
}

/// Changes the latest record.
fn slots(properties: &mut Value, change: impl FnOnce(&mut Value) -> &'static str) -> &'static str {
    let Some(slots) = properties["keyform"]["slots"].as_object_mut() else { return "nothing" };
    let latest = slots.values_mut().filter(|slot| slot.is_object()).max_by_key(|slot| slot["serial"].as_u64());
    latest.map_or("nothing", change)
}

/// Only the first sinks are known to have the key.
fn forget(slot: &mut Value, kept: usize) {
    for sink in slot["sinks"].as_array_mut().into_iter().flatten().skip(kept) {
        sink["delivered"] = Value::Null;
    }
}
