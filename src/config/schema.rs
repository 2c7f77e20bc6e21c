//! The JSON Schemas that are published, and by which keyform itself judges.
//!
//! Draft 7, because every editor knows it. What the types cannot say is added here: patterns, examples, limits and the
//! catalogue of privileges as a hint that refuses nothing.

use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::{Map, Value, json};
use std::borrow::Cow;

use super::document::{
    DateText, DaysText, DeliverEntry, Document, DurationText, HoursText, ItemText, Name, PersonalText, PrivilegeText,
    SinkDeclaration, ZoneText,
};
use crate::model::{Catalogue, Tier};
use crate::sink::kind::{Kind, Setting, Shape};
use crate::sink::kinds::KINDS;

/// What names look like.
pub(super) const NAME: &str = "^[a-z0-9-]{1,64}$";
/// What durations look like.
pub(super) const DURATION: &str = "^([0-9]+[wdhms])( ?[0-9]+[wdhms])*$";
/// What dates look like.
pub(super) const DATE: &str = "^[0-9]{4}-[0-9]{2}-[0-9]{2}$";
/// What days of the week look like: one, or from one to another.
pub(super) const DAYS: &str = "^(mon|tue|wed|thu|fri|sat|sun)(-(mon|tue|wed|thu|fri|sat|sun))?$";
/// What hours look like; a day ends at 24:00.
pub(super) const HOURS: &str = "^([01][0-9]|2[0-3]):[0-5][0-9]-(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$";
/// What item ids look like.
pub(super) const ITEM: &str = "^[0-9a-fA-F]{32}$";
/// What ids of warnings look like.
pub(super) const LINT: &str = "^KF-[A-Z][0-9]{3}$";
/// What must be there, by definition; the types cannot say it, for they also hold what is left of a broken file.
const REQUIRED: [(&str, &[&str]); 6] = [
    ("Portal", &["url"]),
    ("Sink", &["type"]),
    ("Allow", &["id", "because"]),
    ("Freeze", &["from", "to"]),
    ("Moved", &["from", "to"]),
    ("Removed", &["name", "then"]),
];
/// Anything but blanks.
pub(super) const SOMETHING: &str = "[^ \\t\\r\\n]";
/// The most that a limit can be; more is a slip of the keyboard.
const MOST: u32 = 1_000_000;
macro_rules! named_schema {
    ($type:ident, $name:literal, $generator:ident => $schema:expr) => {
        impl JsonSchema for $type {
            fn schema_name() -> Cow<'static, str> {
                $name.into()
            }

            fn json_schema($generator: &mut SchemaGenerator) -> Schema {
                $schema
            }
        }
    };
}

/// A string that looks like a pattern.
fn text(description: &str, pattern: &str, examples: &[&str]) -> Schema {
    let mut schema = json_schema!({ "description": description, "type": "string", "pattern": pattern });
    if !examples.is_empty() {
        schema.insert("examples".into(), json!(examples));
    }
    schema
}

named_schema!(Name, "Name", _generator => text("1 to 64 of `a-z`, `0-9` and `-`.", NAME, &[]));
named_schema!(DurationText, "Duration", _generator => text("Whole numbers with `w`, `d`, `h`, `m` or `s`. A day has 24 hours.", DURATION, &["90d", "2w", "12h"]));
named_schema!(DateText, "Date", _generator => text("Year, month and day.", DATE, &["2027-06-30"]));
named_schema!(HoursText, "Hours", _generator => text("From when until when on a day, in quotes.", HOURS, &["09:00-16:00"]));
named_schema!(ZoneText, "Zone", _generator => text("A time zone's name.", SOMETHING, &["Europe/Zurich", "America/Los_Angeles", "UTC"]));
named_schema!(DaysText, "Days", _generator => json_schema!({
    "description": "A day, from a day to a day, or a list of both: `mon`, `mon-thu`, `[mon, wed-fri]`.",
    "type": ["string", "array"],
    "pattern": DAYS,
    "items": { "type": "string", "pattern": DAYS },
    "minItems": 1,
    "examples": ["mon-thu", ["mon", "wed"]],
}));
named_schema!(PrivilegeText, "Privilege", _generator => {
    let known = Catalogue::built_in().entries().iter().filter(|entry| entry.successor.is_none()).map(|entry| {
        let admin = if entry.tier == Tier::Admin { " (administrators)" } else { "" };
        let note = entry.note.map(|note| format!(": {note}")).unwrap_or_default();
        json!({
            "const": entry.privilege,
            "title": entry.label,
            "description": format!("{}, {}{admin}{note}", entry.category, entry.label),
        })
    });
    let free = json!({ "description": "Any other of Esri's strings; keyform warns of those it does not know.", "type": "string", "minLength": 1 });
    json_schema!({
        "description": "One of Esri's privilege strings.",
        "anyOf": std::iter::once(free).chain(known).collect::<Vec<_>>(),
    })
});
named_schema!(PersonalText, "Personal", _generator => json_schema!({
    "description": "Whether the key is registered as personal; `auto` follows the privileges.",
    "enum": ["auto", true, false],
}));
named_schema!(ItemText, "Item", _generator => json_schema!({
    "description": "The id of an item, or its id and a note.",
    "type": ["string", "object"],
    "pattern": ITEM,
    "properties": {
        "id": { "description": "The id: 32 hexadecimal digits.", "type": "string", "pattern": ITEM },
        "note": { "description": "What it is, for people.", "type": "string" },
    },
    "required": ["id"],
    "additionalProperties": false,
}));
named_schema!(SinkDeclaration, "Sink", generator => {
    let mut properties = Map::new();
    let kinds: Vec<_> = KINDS.iter().map(|kind| (kind.name, kind.about[0])).collect();
    properties.insert("type".into(), choice(generator, ("SinkType", "What kind of place a sink is."), &kinds, "What kind of place it is."));
    for setting in simplest_first().into_iter().flat_map(|kind| kind.settings) {
        let Setting(key, declared, shape) = setting;
        let schema = match shape {
            Shape::Text(_) => json!({ "type": "string", "description": declared }),
            Shape::Arguments => {
                json!({ "type": "array", "items": { "type": "string" }, "description": declared, "minItems": 1 })
            }
            Shape::Duration => json!({ "description": declared, "allOf": [{ "$ref": "#/definitions/Duration" }] }),
            Shape::Choice(_, of, words) => choice(generator, *of, words, declared),
        };
        properties.entry(*key).or_insert(schema);
    }
    for (key, description) in COMMON {
        properties.insert(key.into(), json!({ "type": "boolean", "description": description }));
    }
    json_schema!({
        "type": "object",
        "additionalProperties": false,
        "properties": properties,
        "description": "A place that receives keys, declared once and used by name.",
    })
});
named_schema!(DeliverEntry, "Delivery", _generator => {
    let kinds = simplest_first().into_iter().map(|kind| {
        (kind.name.to_owned(), delivery(kind.about[1], kind.required, kind.settings.iter()))
    });
    let any = KINDS.iter().flat_map(|kind| kind.settings);
    json_schema!({
        "description": "One delivery: the type of a sink, or the name of one declared under `sinks`, and its settings.",
        "type": "object",
        "properties": kinds.collect::<Map<_, _>>(),
        "additionalProperties": delivery("The rest of the settings of a declared sink.", &[], any),
        "minProperties": 1,
        "maxProperties": 1,
    })
});

/// The settings that every kind of sink has.
const COMMON: [(&str, &str); 2] = [
    ("heal", "Whether its content is acted on; `false` only reports it. By default true."),
    ("escrow", "Whether it is written before the others, so that the key is safe there. By default false."),
];

/// The kinds of sinks, those with the fewest settings first.
fn simplest_first() -> Vec<&'static Kind> {
    let mut kinds: Vec<_> = KINDS.iter().collect();
    kinds.sort_by_key(|kind| kind.settings.len());
    kinds
}

/// The settings of a sink where it is used.
fn delivery(description: &str, required: &[&str], settings: impl Iterator<Item = &'static Setting>) -> Value {
    let mut properties = Map::new();
    for Setting(key, _, shape) in settings {
        let schema = match shape {
            Shape::Text(inline) => json!({ "description": inline, "type": "string", "pattern": SOMETHING }),
            Shape::Arguments => json!({ "type": "array", "items": { "type": "string" }, "minItems": 1 }),
            Shape::Duration => json!({ "$ref": "#/definitions/Duration" }),
            Shape::Choice(inline, _, words) => {
                let words: Vec<_> = words.iter().map(|(word, _)| word).collect();
                json!({ "description": inline, "enum": words })
            }
        };
        properties.entry(*key).or_insert(schema);
    }
    for (key, description) in COMMON {
        properties.insert(key.into(), json!({ "description": description, "type": "boolean" }));
    }
    json!({ "description": description, "type": "object", "properties": properties, "required": required, "additionalProperties": false })
}

/// One of some words, whose type has a name and a meaning.
fn choice(generator: &mut SchemaGenerator, of: (&str, &str), words: &[(&str, &str)], description: &str) -> Value {
    let (words, about): (Vec<_>, Vec<_>) = words.iter().copied().unzip();
    let definition = json!({ "description": of.1, "type": "string", "enum": words, "markdownEnumDescriptions": about });
    generator.definitions_mut().insert(of.0.into(), definition);
    json!({ "description": description, "allOf": [{ "$ref": format!("#/definitions/{}", of.0) }] })
}

/// The schema of a configuration file: the root, with everything.
#[must_use]
pub fn config_schema() -> Value {
    let mut schema = SchemaSettings::draft07().into_generator().into_root_schema_for::<Document>().to_value();
    drop_nulls(&mut schema);
    name_enums(&mut schema);
    enrich(&mut schema);
    // `$schema` first, then what it is.
    let Value::Object(rest) = schema else { return schema };
    let mut root = Map::new();
    root.insert("$schema".into(), json!("http://json-schema.org/draft-07/schema#"));
    root.insert("title".into(), json!("keyform configuration"));
    root.extend(rest.into_iter().filter(|(key, _)| key != "$schema" && key != "title"));
    Value::Object(root)
}

/// The schema of an included file: credentials, and which of them were renamed or removed.
#[must_use]
pub fn include_schema() -> Value {
    let mut schema = config_schema();
    schema["title"] = json!("keyform included file");
    schema["description"] = json!("More credentials for a keyform configuration that includes this file.");
    schema["required"] = json!([]);
    if let Some(properties) = schema["properties"].as_object_mut() {
        properties.retain(|key, _| matches!(key.as_str(), "keyform" | "credentials" | "moved" | "removed"));
    }
    // Of the definitions those stay that something here leads to.
    let mut left = usize::MAX;
    while let Some(definitions) = schema["definitions"].as_object().filter(|all| all.len() < left) {
        left = definitions.len();
        let text = schema.to_string();
        if let Some(definitions) = schema["definitions"].as_object_mut() {
            definitions.retain(|name, _| text.contains(&format!("\"#/definitions/{name}\"")));
        }
    }
    schema
}

/// Takes `null` out: a key is there with a value, or it is not there.
fn drop_nulls(schema: &mut Value) {
    match schema {
        Value::Object(map) => {
            map.remove("default");
            if let Some(Value::Array(types)) = map.get_mut("type") {
                types.retain(|kind| kind != "null");
                if let [only] = types.as_slice() {
                    map["type"] = only.clone();
                }
            }
            if let Some(Value::Array(options)) = map.get_mut("anyOf") {
                options.retain(|option| option.get("type") != Some(&json!("null")));
                if let [only] = options.as_slice() {
                    let only = only.clone();
                    map.remove("anyOf");
                    // Beside a `$ref`, draft 7 ignores everything else.
                    if map.is_empty() {
                        *map = only.as_object().cloned().unwrap_or_default();
                    } else {
                        map.insert("allOf".into(), json!([only]));
                    }
                }
            }
            map.values_mut().for_each(drop_nulls);
        }
        Value::Array(list) => list.iter_mut().for_each(drop_nulls),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// Turns a choice of described words into an `enum` with descriptions, so that one error names all of them.
fn name_enums(schema: &mut Value) {
    if let Value::Object(map) = schema {
        let words = map.get("oneOf").and_then(Value::as_array).map(|options| {
            let word = |option: &Value| Some((option.get("const")?.clone(), option.get("description")?.clone()));
            options.iter().map(word).collect::<Option<Vec<_>>>()
        });
        if let Some(Some(words)) = words {
            map.remove("oneOf");
            let (words, descriptions): (Vec<_>, Vec<_>) = words.into_iter().unzip();
            map.insert("type".into(), json!("string"));
            map.insert("enum".into(), json!(words));
            map.insert("markdownEnumDescriptions".into(), json!(descriptions));
        }
        map.values_mut().for_each(name_enums);
    } else if let Value::Array(list) = schema {
        list.iter_mut().for_each(name_enums);
    }
}

fn enrich(schema: &mut Value) {
    schema["properties"]["keyform"] =
        json!({ "description": "The version of this format. Always 1.", "type": "integer", "const": 1 });
    schema["properties"]["include"]["items"] = json!({ "type": "string", "pattern": SOMETHING });
    schema["properties"]["include"]["examples"] = json!([["teams/*.yaml"]]);
    schema["properties"]["reach"]["items"] = json!({ "type": "string", "pattern": SOMETHING });
    schema["properties"]["reach"]["examples"] = json!([["../../shared-credentials"]]);
    for map in ["profiles", "sinks", "credentials"] {
        let property = &mut schema["properties"][map];
        // From a pattern over names to one rule for names and one for values.
        if let Some(values) = property.as_object_mut().and_then(|property| property.remove("patternProperties"))
            && let Some(value) = values.as_object().and_then(|values| values.values().next())
        {
            property["additionalProperties"] = value.clone();
        }
        property["propertyNames"] = json!({ "pattern": NAME });
    }
    schema["required"] = json!(["keyform", "stack", "portal"]);
    for (definition, keys) in REQUIRED {
        schema["definitions"][definition]["required"] = json!(keys);
    }
    let shared = shared_settings(&schema["definitions"]["Credential"]);
    let mut defaults = shared.clone();
    defaults["description"] = json!("What every credential has unless it says otherwise.");
    if let Some(properties) = defaults["properties"].as_object_mut() {
        properties.shift_remove("acknowledge_personal");
    }
    schema["definitions"]["Defaults"] = defaults;
    schema["definitions"]["Profile"] = shared;
    let reference = |name: &str| json!({ "$ref": format!("#/definitions/{name}") });
    schema["properties"]["defaults"] = reference("Defaults");
    schema["properties"]["profiles"]["additionalProperties"] = reference("Profile");
    schema["definitions"]["Portal"]["properties"]["url"]["examples"] =
        json!(["https://www.arcgis.com", "https://gis.example.gov/portal", "emulator"]);
    let allow = &mut schema["definitions"]["Allow"]["properties"];
    allow["id"]["pattern"] = json!(LINT);
    allow["id"]["examples"] = json!(["KF-R003"]);
    allow["because"]["pattern"] = json!(SOMETHING);
    schema["definitions"]["Removed"]["properties"]["because"]["pattern"] = json!(SOMETHING);
    let max = &mut schema["definitions"]["Max"]["properties"];
    for (limit, least, most) in
        [("destroy", 0, MOST), ("replace", 0, MOST), ("rotate", 1, MOST), ("change_percent", 1, 100)]
    {
        // What the types say of numbers is Rust's business.
        max[limit] =
            json!({ "description": max[limit]["description"], "type": "integer", "minimum": least, "maximum": most });
    }
    schema["definitions"]["Window"]["minProperties"] = json!(1);
    let credential = &mut schema["definitions"]["Credential"]["properties"];
    credential["referrers"]["examples"] = json!([["https://app.example.com"], ["https://*.example.com"]]);
}

/// What defaults and profiles may say: everything of a credential that more than one can have.
fn shared_settings(credential: &Value) -> Value {
    let mut shared = credential.clone();
    shared["description"] = json!("Settings to share between credentials.");
    if let Some(properties) = shared["properties"].as_object_mut() {
        properties.shift_remove("use");
        properties.shift_remove("title");
    }
    shared
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_mapping_of_the_schemas_lets_an_unknown_key_pass() {
        fn look(schema: &Value, at: &str) {
            if let Some(map) = schema.as_object() {
                if map.contains_key("properties") && map.contains_key("type") {
                    assert!(map.contains_key("additionalProperties"), "{at} is open");
                }
                map.iter().for_each(|(key, value)| look(value, &format!("{at}/{key}")));
            }
        }
        look(&config_schema(), "#");
        look(&include_schema(), "#");
    }

    #[test]
    fn nothing_may_be_null_and_every_reference_leads_somewhere() {
        for schema in [config_schema(), include_schema()] {
            let text = schema.to_string();
            assert!(!text.contains("\"null\""), "{text}");
            for reference in text.split("\"#/definitions/").skip(1) {
                let name = reference.split('"').next().unwrap();
                assert!(schema["definitions"].get(name).is_some(), "{name}");
            }
        }
    }
}
