//! The committed schemas are the generated ones, and they judge as keyform does.

use std::path::Path;

use keyform::config::{config_schema, include_schema};

/// Compares a committed file; `KEYFORM_UPDATE=1 cargo test` writes it instead.
fn committed(name: &str, schema: &serde_json::Value) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("schema").join(name);
    let generated = format!("{}\n", serde_json::to_string_pretty(schema).unwrap());
    #[expect(clippy::disallowed_methods, reason = "a test may be told to write what it compares")]
    if std::env::var_os("KEYFORM_UPDATE").is_some() {
        std::fs::write(&path, &generated).unwrap();
    }
    let found = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(found == generated, "{name} is out of date: run `KEYFORM_UPDATE=1 cargo test --test it schema`");
}

#[test]
fn the_committed_schemas_are_the_generated_ones() {
    committed("keyform.schema.json", &config_schema());
    committed("keyform-include.schema.json", &include_schema());
}

#[test]
fn the_schemas_are_valid_for_editors() {
    for schema in [config_schema(), include_schema()] {
        assert_eq!(schema["$schema"], "http://json-schema.org/draft-07/schema#");
        jsonschema::draft7::meta::validate(&schema).unwrap();
    }
}

#[test]
fn an_editor_can_complete_privileges_and_show_what_they_are() {
    let schema = config_schema();
    let options = schema["definitions"]["Privilege"]["anyOf"].as_array().unwrap();
    let basemaps = options.iter().find(|option| option["const"] == "premium:user:basemaps").unwrap();
    assert_eq!(basemaps["title"], "Basemap styles service");
    assert_eq!(options[0]["type"], "string");
}
