//! What keyform prints for machines: JSON by its schema, and texts that other programs read.

use std::path::Path;

use serde_json::{Value, json};

use crate::support::portal::Start;
use crate::support::sandbox::{SHOP, Sandbox};

fn committed(name: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("schema").join(name)).unwrap()
}

/// Runs and judges what was printed by a schema of ours.
fn judged(sandbox: &Sandbox, args: &[&str], schema: &str) -> Value {
    let run = sandbox.run(args);
    assert_eq!((run.code, run.stderr.as_str()), (Some(0), ""), "{}", run.text());
    let document: Value = serde_json::from_str(&run.stdout).unwrap();
    let schema: Value = serde_json::from_str(&committed(schema)).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let wrong: Vec<String> = validator.iter_errors(&document).map(|error| error.to_string()).collect();
    assert_eq!(wrong, Vec::<String>::new(), "{}", run.stdout);
    document
}

/// The documents of a situation in which these actions are planned.
fn both(sandbox: &Sandbox, actions: &[&str]) {
    let plan = judged(sandbox, &["plan", "--json"], "plan.schema.json");
    let found: Vec<&str> =
        plan["changes"].as_array().unwrap().iter().map(|change| change["action"].as_str().unwrap()).collect();
    assert_eq!(found, actions);
    assert_eq!(plan["empty"], json!(actions.iter().all(|action| *action == "report")));
    judged(sandbox, &["forecast", "--json"], "forecast.schema.json");
    judged(sandbox, &["status", "--json"], "status.schema.json");
    let explained = judged(sandbox, &["explain", "web", "--json"], "explain.schema.json");
    // The clock may go on between the two.
    let decided = |document: &Value| {
        let of_web = document["changes"].as_array().unwrap().iter().filter(|change| change["name"] == "web");
        of_web.map(|change| json!([change["action"], change["cause"], change["blocked"]])).collect::<Vec<_>>()
    };
    assert_eq!(decided(&explained["portal"]), decided(&plan));
}

#[test]
fn plan_status_and_explain_keep_to_their_schemas_in_every_situation() {
    let sandbox = Sandbox::new();
    both(&sandbox, &["create"]);
    let sandbox = sandbox.applied();
    both(&sandbox, &[]);
    let item = sandbox.portal.id("Shop map");

    sandbox.portal.person(&json!({"act": "edit", "item": item, "set": {"title": "My map"}}));
    both(&sandbox, &["update"]);
    sandbox.done(&["apply", "--auto-approve"]);

    sandbox.edit("[premium:user:basemaps]", "[premium:user:places]");
    both(&sandbox, &["replace"]);
    sandbox.edit("[premium:user:places]", "[premium:user:basemaps]");

    sandbox.edit("      - dotenv", "      - file: { path: second.key }\n      - dotenv");
    both(&sandbox, &["deliver"]);
    sandbox.edit("      - file: { path: second.key }\n", "");

    sandbox.portal.person(&json!({"act": "issue", "item": item, "slot": 2}));
    both(&sandbox, &["report"]);
    sandbox.portal.person(&json!({"act": "revoke", "item": item, "slot": 2}));

    sandbox.portal.pass("155d 1h");
    both(&sandbox, &["rotate"]);
    sandbox.done(&["apply", "--auto-approve"]);
    sandbox.portal.pass("8d");
    both(&sandbox, &["retire"]);
    sandbox.done(&["apply", "--auto-approve"]);

    sandbox.portal.person(&json!({"act": "narrow", "item": item, "privileges": []}));
    let plan = judged(&sandbox, &["plan", "--json"], "plan.schema.json");
    assert_eq!((&plan["portal_changes"][0]["names"], &plan["empty"]), (&json!(["web"]), &json!(false)), "{plan}");
    judged(&sandbox, &["explain", "web", "--json"], "explain.schema.json");

    let more = ["premium:user:basemaps", "premium:user:places"];
    sandbox.portal.person(&json!({"act": "app", "item": item, "privileges": more}));
    both(&sandbox, &["update_ending_keys"]);
    sandbox.done(&["apply", "--auto-approve"]);

    sandbox.edit("  web:", "  kiosk:");
    both(&sandbox, &["create", "report"]);
}

/// Cuts moments to days: a test cannot pin the second.
fn days(document: &mut Value) {
    match document {
        Value::String(text) if text.ends_with('Z') && text.as_bytes().get(10) == Some(&b'T') => text.truncate(10),
        Value::Array(values) => values.iter_mut().for_each(days),
        Value::Object(members) => members.values_mut().for_each(days),
        Value::String(_) | Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

#[test]
fn a_status_for_machines_is_this() {
    let sandbox = Sandbox::new().applied();
    // Not within the second of the issue: days are counted down from there.
    sandbox.portal.pass("1h");
    let mut status = judged(&sandbox, &["status", "--json"], "status.schema.json");
    days(&mut status);
    let text = serde_json::to_string_pretty(&status).unwrap();
    insta::assert_snapshot!(text.replace(&sandbox.portal.id("Shop map"), "ITEM"), @r#"
    {
      "version": 1,
      "stack": "shop",
      "clock": "2026-09-21",
      "simulated": false,
      "keys": [
        {
          "name": "web",
          "slot": 1,
          "current": true,
          "expires": "2027-03-20",
          "days": 179,
          "next": {
            "what": "renew",
            "at": "2027-02-18"
          },
          "sinks_seen": 1,
          "sinks_declared": 1
        }
      ],
      "without_key": [],
      "needs_action": [],
      "outlook": {
        "dark": [],
        "lapses_first": {
          "name": "web",
          "at": "2027-03-20",
          "renewal_runs": null,
          "may_fail": null
        },
        "ends_first": null
      }
    }
    "#);
}

#[test]
fn the_schemas_printed_are_the_schemas_committed() {
    let sandbox = Sandbox::new();
    for (args, name) in [
        (&["schema"][..], "keyform.schema.json"),
        (&["schema", "config"], "keyform.schema.json"),
        (&["schema", "plan"], "plan.schema.json"),
    ] {
        let run = sandbox.run(args);
        assert_eq!((run.code, run.stderr.as_str()), (Some(0), ""));
        assert!(run.stdout == committed(name), "{args:?} is not schema/{name}");
    }
}

#[test]
fn the_version_is_told_to_people_and_machines() {
    let sandbox = Sandbox::new();
    insta::assert_snapshot!(sandbox.keyform(&["version"]), @r"
    keyform 0.1.0
    [exit 0]
    ");
    insta::assert_snapshot!(sandbox.keyform(&["version", "--json"]), @r#"
    {
      "version": "0.1.0",
      "config_format": 1,
      "ledger_format": 1,
      "plan_format": 1
    }
    [exit 0]
    "#);
    assert_eq!(sandbox.run(&["--version"]).stdout, sandbox.run(&["version"]).stdout);
}

#[test]
fn a_shell_takes_the_completion_script() {
    let sandbox = Sandbox::new();
    let run = sandbox.run(&["completion", "bash"]);
    assert_eq!((run.code, run.stderr.as_str()), (Some(0), ""));
    sandbox.write("completion.bash", &run.stdout);
    sandbox.program(
        "try",
        "exec bash -c '. ./completion.bash; COMP_WORDS=(keyform pl); COMP_CWORD=1; _keyform keyform pl keyform; echo ${COMPREPLY[@]}'",
    );
    let tried = std::process::Command::new(sandbox.path("try")).current_dir(sandbox.path(".")).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&tried.stdout), "plan\n", "{}", String::from_utf8_lossy(&tried.stderr));
}

#[test]
fn a_fingerprint_is_of_the_key_on_stdin() {
    let sandbox = Sandbox::new().applied();
    let key = sandbox.key_in(".env");
    let run = sandbox.told(&["fingerprint"], format!("{key}\n"));
    assert_eq!(run.stdout, format!("{}  slot 1\n", keyform::emulator::fingerprint(&key)));
    assert_eq!((run.code, run.stderr.as_str()), (Some(0), ""));
    insta::assert_snapshot!(sandbox.keyform(&["fingerprint"]), @r"
    [stderr]
    error: there is no key on stdin
    help: pipe one key in, such as `keyform fingerprint < key.txt`
    [exit 1]
    ");
}

#[test]
fn privileges_are_found_by_word() {
    let sandbox = Sandbox::new();
    insta::assert_snapshot!(sandbox.keyform(&["privileges", "geocode"]), @r"
    premium:user:geocode            .O.            Geocode service
    premium:user:geocode:stored     LO.            Geocode (stored)
    premium:user:geocode:temporary  LO.            Geocode (not stored)

    3 privileges. L Location Platform, O Online, E Enterprise; personal ones act as the account.
    [exit 0]
    ");
    assert_eq!(sandbox.keyform(&["privileges", "premium:user:geocod"]), sandbox.keyform(&["privileges", "geocode"]));
    insta::assert_snapshot!(sandbox.keyform(&["privileges", "nothing like it"]), @r"
    [stderr]
    No privilege matches `nothing like it`.
    [exit 1]
    ");
    insta::assert_snapshot!(sandbox.keyform(&["privileges", "--product", "portal"]), @r"
    [stderr]
    error: there is no product `portal`
      help: one of online, location-platform, enterprise
    [exit 1]
    ");
    let all: Value = serde_json::from_str(&sandbox.run(&["privileges", "--json"]).stdout).unwrap();
    let enterprise: Value =
        serde_json::from_str(&sandbox.run(&["privileges", "--json", "--product", "enterprise"]).stdout).unwrap();
    let (all, enterprise) = (all.as_array().unwrap(), enterprise.as_array().unwrap());
    assert!(enterprise.len() > 5 && enterprise.len() < all.len());
    assert!(enterprise.iter().all(|row| row["enterprise"] == true && all.contains(row)));
}

#[test]
fn findings_are_told_to_people_and_machines() {
    let sandbox = Sandbox::on(Start::default()).config(
        &SHOP.replace("referrers: [https", "referrers: [http").replace("premium:user:basemaps", "premium:user:basemap"),
    );
    insta::assert_snapshot!(sandbox.keyform(&["validate", "--detailed-exitcode"]), @r"
    Valid: 1 credential in stack shop, 2 warnings.
    [stderr]
    keyform::config::product_unknown

      ☞ offline the product is not known, so privileges are not checked against its table
       ╭─[keyform.yaml:3:16]
     2 │ stack: shop
     3 │ portal: { url: http://127.0.0.1:PORT, product: auto }
       ·                ──────────────────────
     4 │ credentials:
       ╰────
      help: set `portal.product`

    keyform::config::unknown_privilege (KF-P001)

      ⚠ `premium:user:basemap` is not in the catalogue
       ╭─[keyform.yaml:8:18]
     7 │     used_in: browser
     8 │     privileges: [premium:user:basemap]
       ·                  ──────────┬─────────
       ·                            ╰── did you mean `premium:user:basemaps`?
     9 │     referrers: [http://shop.example.com]
       ╰────
      help: write `premium:user:basemaps` (Basemaps, Basemap styles service)

    keyform::config::referrer_http (KF-R002)

      ⚠ `http://shop.example.com` is not encrypted
        ╭─[keyform.yaml:9:17]
      8 │     privileges: [premium:user:basemap]
      9 │     referrers: [http://shop.example.com]
        ·                 ───────────────────────
     10 │     deliver:
        ╰────
      help: use https
    [exit 2]
    ");
    let run = sandbox.run(&["validate", "--json"]);
    assert_eq!((run.code, run.stderr.as_str()), (Some(0), ""));
    let report: Value = serde_json::from_str(&run.stdout).unwrap();
    let codes = report["findings"].as_array().unwrap().iter().map(|finding| finding["code"].as_str().unwrap());
    let wanted = ["product_unknown", "unknown_privilege", "referrer_http"].map(|end| format!("keyform::config::{end}"));
    assert_eq!(codes.collect::<Vec<_>>(), wanted);
    assert_eq!([&report["errors"], &report["warnings"], &report["notes"]], [0, 2, 1]);
    assert_eq!(sandbox.run(&["validate", "--strict"]).code, Some(1));
    sandbox.edit("stack: shop", "stack: Shop");
    let run = sandbox.run(&["validate", "--json"]);
    assert_eq!(run.code, Some(1));
    assert!(serde_json::from_str::<Value>(&run.stdout).is_ok());
}
