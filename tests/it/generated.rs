//! What is generated from the code and committed: it is compared here, and written anew with `KEYFORM_UPDATE=1`.

use std::fmt::Write as _;
use std::path::Path;

use clap::CommandFactory;
use keyform::cli::args::SchemaKind;
use keyform::model::Code;
use keyform::portal::assumption::{ASSUMPTIONS, Assumption, Tried};

fn current(path: &str, generated: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    #[expect(clippy::disallowed_methods, reason = "the switch of this test")]
    if std::env::var_os("KEYFORM_UPDATE").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, generated).unwrap();
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        committed == generated,
        "{} is not what the code says; write it anew: KEYFORM_UPDATE=1 cargo test --test it generated",
        path.display()
    );
}

fn pretty(value: &serde_json::Value) -> String {
    serde_json::to_string_pretty(value).unwrap() + "\n"
}

#[test]
fn the_schemas_of_documents_are_current() {
    let kinds = [
        (SchemaKind::Plan, "plan"),
        (SchemaKind::Drift, "drift"),
        (SchemaKind::Status, "status"),
        (SchemaKind::Explain, "explain"),
        (SchemaKind::Rehearsal, "rehearsal"),
        (SchemaKind::Forecast, "forecast"),
    ];
    for (kind, name) in kinds {
        current(&format!("schema/{name}.schema.json"), &pretty(&keyform::cli::schema::of(kind)));
    }
}

#[test]
fn the_table_of_errors_is_current_and_no_code_is_used_twice() {
    let mut text = String::from(
        "# Error codes\n\nGenerated from the code. Every error and warning carries one of these codes; codes never change \
         their meaning.\n",
    );
    let all = keyform::cli::codes::all();
    for pair in all.windows(2) {
        assert_ne!(pair[0].id, pair[1].id, "used twice");
    }
    for Code { id, title, explanation, help, severity: _, lint: _ } in all {
        write!(text, "\n## `{id}`\n\n**{title}.** {explanation}\n").unwrap();
        if !help.is_empty() {
            writeln!(text, "\nWhat to do: {}.", help.trim_end_matches('.')).unwrap();
        }
    }
    text.push_str("\n## Exit codes\n\n| Code | Meaning |\n|---|---|\n");
    for exit in keyform::cli::exit::Exit::ALL {
        writeln!(text, "| {} | {} |", exit.code(), exit.meaning()).unwrap();
    }
    current("docs/errors.md", &text);
}

/// Where the list of what is assumed begins.
const ASSUMED: &str = "## What each answer has to be\n";

#[test]
fn the_list_of_what_is_assumed_of_answers_is_current() {
    let page = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/portal-facts.md")).unwrap();
    let written = page.split_once(ASSUMED).map_or(page.as_str(), |(written, _)| written);
    let mut text = format!("{}\n\n{ASSUMED}", written.trim_end());
    text.push_str(
        "\nGenerated from the code. The tests try other answers by a switch of the built-in portal or by a shape that they \
         give to its answers; where nothing is named, none does.\n\n| Place | Needed | Sure | Otherwise | Tried by | Test \
         |\n|---|---|---|---|---|---|\n",
    );
    for Assumption { place, needs, sure, else_, tried, test } in ASSUMPTIONS {
        let tried: Vec<String> = tried
            .iter()
            .map(|tried| match tried {
                Tried::Switch(name) => format!("switch `{name}`"),
                Tried::Shape(name) => format!("shape `{name}`"),
            })
            .collect();
        let sure = format!("{sure:?}").to_lowercase();
        writeln!(text, "| `src/{place}` | {needs} | {sure} | {else_} | {} | `{test}` |", tried.join(", ")).unwrap();
    }
    current("docs/portal-facts.md", &text);
}

#[test]
fn the_reference_of_the_command_line_is_current() {
    let mut text = String::from("# Command line\n\nGenerated from the code.\n");
    let mut root = keyform::cli::args::Cli::command().term_width(100);
    root.build();
    for command in root.get_subcommands_mut() {
        if command.get_name() == "help" {
            continue;
        }
        let help = command.render_long_help().to_string();
        let help: Vec<&str> = help.lines().map(str::trim_end).collect();
        write!(text, "\n## keyform {}\n\n```text\n{}\n```\n", command.get_name(), help.join("\n").trim_end()).unwrap();
    }
    current("docs/cli.md", &text);
}

#[test]
fn the_reference_of_the_configuration_is_current() {
    current("docs/configuration.md", &reference(&keyform::config::config_schema()));
}

/// The configuration as a reference: one section an object, one row a member.
fn reference(schema: &serde_json::Value) -> String {
    let mut text = String::from(
        "# Configuration reference\n\nGenerated from the JSON Schema in `schema/keyform.schema.json`, which editors and \
         keyform both judge by.\n",
    );
    section(&mut text, "keyform.yaml", schema);
    let definitions = ["definitions", "$defs"].iter().find_map(|name| schema[*name].as_object());
    for (name, definition) in definitions.into_iter().flatten() {
        section(&mut text, name, definition);
    }
    text
}

fn section(text: &mut String, name: &str, object: &serde_json::Value) {
    let Some(members) = object["properties"].as_object().filter(|members| !members.is_empty()) else { return };
    write!(text, "\n## {name}\n\n").unwrap();
    if let Some(about) = object["description"].as_str() {
        writeln!(text, "{}\n", one_line(about)).unwrap();
    }
    text.push_str("| Member | Type | |\n|---|---|---|\n");
    let required: Vec<&str> =
        object["required"].as_array().into_iter().flatten().filter_map(serde_json::Value::as_str).collect();
    for (member, schema) in members {
        let needed = if required.contains(&member.as_str()) { " **required**" } else { "" };
        let about = schema["description"].as_str().map(one_line).unwrap_or_default();
        writeln!(text, "| `{member}` | {} | {about}{needed} |", kind(schema)).unwrap();
    }
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").replace('|', "\\|")
}

fn kind(schema: &serde_json::Value) -> String {
    if let Some(reference) = schema["$ref"].as_str() {
        return reference.rsplit('/').next().unwrap_or_default().to_owned();
    }
    if let Some(values) = schema["enum"].as_array() {
        let values: Vec<String> = values.iter().filter_map(|v| v.as_str()).map(|v| format!("`{v}`")).collect();
        return values.join(" or ");
    }
    for several in ["anyOf", "oneOf", "allOf"] {
        if let Some(kinds) = schema[several].as_array() {
            let mut names: Vec<String> = kinds.iter().map(kind).filter(|name| name != "null").collect();
            names.dedup();
            names.truncate(4);
            return names.join(" or ");
        }
    }
    match &schema["type"] {
        serde_json::Value::String(name) if name == "array" => format!("list of {}", kind(&schema["items"])),
        serde_json::Value::String(name) if name == "object" && schema["additionalProperties"].is_object() => {
            format!("map of {}", kind(&schema["additionalProperties"]))
        }
        serde_json::Value::String(name) => name.clone(),
        serde_json::Value::Array(names) => {
            names.iter().filter_map(|v| v.as_str()).filter(|name| *name != "null").collect::<Vec<_>>().join(" or ")
        }
        _ => "value".into(),
    }
}
