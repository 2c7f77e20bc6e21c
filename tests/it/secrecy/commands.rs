//! Every command, in every stage of a key's life.

use std::fs;
use std::process::Stdio;

use serde_json::json;

use super::planted::{APPLY, EVERY_SINK, item, planted, planted_on};
use crate::support::portal::Start;
use crate::support::sandbox::Sandbox;

const OFFLINE: [&[&str]; 9] = [
    &["validate", "-vvv"],
    &["validate", "--json", "-vvv"],
    &["schema", "-vvv"],
    &["schema", "plan"],
    &["privileges", "-vvv"],
    &["completion", "bash"],
    &["version", "--json"],
    &["help"],
    &["nonsense", "-vvv"],
];

const ONLINE: [&[&str]; 10] = [
    &["plan", "-vvv"],
    &["plan", "--json", "-vvv", "--detailed-exitcode"],
    &["plan", "--ascii", "--width", "40"],
    &["drift", "-vvv"],
    &["drift", "--json", "-vvv"],
    &["status", "-vvv"],
    &["status", "--json", "-vvv"],
    &["explain", "web", "-vvv"],
    &["explain", "web", "--json", "-vvv"],
    &["doctor", "-vvv"],
];

fn every_reading(world: &Sandbox) {
    for args in OFFLINE.iter().chain(&ONLINE) {
        world.listen(args);
        let _ = world.ran(world.by_password(args));
    }
}

#[test]
fn no_command_lets_a_secret_go_at_any_stage_of_a_key() {
    let world = planted_on(Start::default().overheard(), EVERY_SINK);
    every_reading(&world);
    world.done(&APPLY);
    every_reading(&world);
    assert!(fs::read_to_string(world.path("seen-by-one")).unwrap().contains("PATH="));

    // Due, rotated, retired, expired; edited by a person in between.
    world.portal.pass("155d");
    every_reading(&world);
    world.done(&APPLY);
    let item = item(&world)["id"].clone();
    world.portal.call("POST", "person", &json!({"act": "edit", "item": item, "set": {"snippet": "Edited"}}));
    world.portal.pass("8d");
    every_reading(&world);
    world.done(&APPLY);
    world.portal.call("POST", "person", &json!({"act": "issue", "item": item, "slot": 1}));
    every_reading(&world);
    world.listen(&APPLY);
    world.portal.pass("400d");
    every_reading(&world);
    world.listen(&APPLY);
    world.holds_tight(&[]);
    assert!(world.portal.secrets().iter().filter(|(what, _)| what == "a key").count() >= 3);
}

#[test]
fn a_fingerprint_is_all_that_is_said_of_a_key_on_stdin() {
    let world = planted(EVERY_SINK);
    world.done(&APPLY);
    for name in ["key.txt", "keys.json"] {
        let mut command = world.command(&["fingerprint", "-vvv"]);
        command.stdin(Stdio::from(fs::File::open(world.path(name)).unwrap()));
        let _ = world.ran(command);
    }
    world.holds_tight(&[]);
}

#[test]
fn a_key_typed_where_none_belongs_is_not_repeated() {
    let world = planted(EVERY_SINK);
    world.done(&APPLY);
    let key = world.key().unwrap();
    let with_key = |before: &str| format!("{before}{key}");
    for args in [
        vec!["fingerprint".to_owned(), key.clone()],
        vec![key.clone()],
        vec!["plan".to_owned(), with_key("--token=")],
        vec!["plan".to_owned(), "--token".to_owned(), key.clone()],
        vec!["plan".to_owned(), with_key("-t")],
        vec!["plan".to_owned(), "--parallelism".to_owned(), key.clone()],
        vec!["schema".to_owned(), key.clone()],
        vec!["plan".to_owned(), "-f".to_owned(), key.clone()],
        vec!["emulator".to_owned(), with_key("--switch=")],
        vec!["emulator".to_owned(), with_key("--profile=")],
        vec!["emulator".to_owned(), "--switch".to_owned(), with_key("date_update=")],
    ] {
        let words: Vec<&str> = args.iter().map(String::as_str).collect();
        let run = world.ran(world.command(&words));
        assert_eq!(run.code, Some(1), "{}", run.said());
    }
    let mut file = world.command(&["plan"]);
    file.env_remove("KEYFORM_TOKEN").env("KEYFORM_TOKEN_FILE", &key);
    let _ = world.ran(file);
    world.holds_tight(&[]);
}

#[test]
fn a_literal_secret_in_yaml_is_refused_without_being_repeated() {
    let world = planted(EVERY_SINK);
    let planted = ["AAPT", "kAb3sq8VmNcX0pLwZ1yQ", "jR5tG7hD2fS9", ".AT1_", "abcd1234"].concat();
    let good = fs::read_to_string(world.path("keyform.yaml")).unwrap();
    for (name, from, to) in [
        ("as a snippet", "A key".to_owned(), planted.clone()),
        ("as a referrer", "https://stores.example.com".to_owned(), format!("https://stores.example.com/?k={planted}")),
        ("in a comment", "stack:".to_owned(), format!("# old key {planted}\nstack:")),
        ("as an argument", "[./store, one]".to_owned(), format!("[./store, one, '--key={planted}']")),
        ("as a setting", "stack:".to_owned(), format!("token: {planted}\nstack:")),
        ("in broken YAML", "stack:".to_owned(), format!("  key: {planted}\n stack: [")),
        ("as a field of a file", "maps.key".to_owned(), planted.clone()),
        ("in the portal's address", world.portal.address.clone(), format!("u:{planted}@{}", world.portal.address)),
    ] {
        world.write("keyform.yaml", good.replace(&from, &to).as_bytes());
        for args in [&["validate"][..], &["validate", "--json"], &["plan", "-vvv"], &["apply", "--auto-approve"]] {
            let run = world.run(args);
            if name != "in a comment" {
                assert_eq!(run.code, Some(1), "{name}: {}", run.said());
            }
        }
    }
    world.write("keyform.yaml", good.as_bytes());
    world.holds_tight(&[&planted]);
}

#[test]
fn a_key_that_somebody_put_into_an_items_texts_is_not_shown() {
    let world = planted(EVERY_SINK);
    world.done(&APPLY);
    let (key, item) = (world.key().unwrap(), item(&world)["id"].clone());
    for set in [
        json!({ "title": format!("web {key}") }),
        json!({ "snippet": key }),
        json!({ "tags": format!("maps,{key},keyform:planted/web") }),
        json!({ "description": key }),
    ] {
        world.portal.call("POST", "person", &json!({"act": "edit", "item": item, "set": set}));
        for args in [&["plan", "-vvv"][..], &["plan", "--json"], &["status", "--json"], &["doctor"]] {
            world.listen(args);
        }
        world.listen(&APPLY);
    }
    let act = json!({"act": "app", "item": item, "referrers": [format!("https://stores.example.com/?k={key}")]});
    world.portal.call("POST", "person", &act);
    let act = json!({"act": "add", "title": key, "tags": ["keyform:planted/other", key], "days": 30});
    world.portal.call("POST", "person", &act);
    for args in [&["plan", "-vvv"][..], &["plan", "--json"], &["status", "--json"]] {
        world.listen(args);
    }
    world.holds_tight(&[]);
}
