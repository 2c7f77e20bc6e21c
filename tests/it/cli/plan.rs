//! `keyform plan`: what it says, how it ends, and that it changes nothing.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::support::portal::{PAGE, Start};
use crate::support::sandbox::{SHOP, Sandbox};

#[test]
fn there_are_changes_before_an_apply_and_none_after_it() {
    let sandbox = Sandbox::new();
    insta::assert_snapshot!(sandbox.keyform(&["plan", "--detailed-exitcode"]), @r#"
    keyform 0.1.0 · stack shop · http://127.0.0.1:PORT (ArcGIS Online)
    config keyform.yaml · account developer · clock 2026-09-21 08:..Z · read 1 credential

    Nothing on the portal carries the marker of stack shop yet: this is its first apply.

    Symbols:  + create

      + credential.web                         new credential                             keyform.yaml:5
          privileges    premium:user:basemaps
          referrers     https://shop.example.com
          title         "Shop map"
          slot 1        issue for 180 days, until 2027-03-20
          deliver       dotenv             .env#ARCGIS_API_KEY

    Keys in use after this plan  |Sep  |Oct  |Nov  |Dec  |Jan  |Feb  |Mar  |
      web         1  2027-03-20  .   ==============================r=====> .  renew 2027-02-18

      + web                create, key in slot 1, until 2027-03-20

    Plan: 1 to add, 0 to change, 0 to destroy.
    If keyform never ran again: web lapses first, 2027-03-20.
    [exit 2]
    "#);
    assert_eq!(sandbox.portal.writes(), BTreeMap::new());
    let sandbox = sandbox.applied();
    insta::assert_snapshot!(sandbox.keyform(&["plan", "--detailed-exitcode"]), @r"
    keyform 0.1.0 · stack shop · http://127.0.0.1:PORT (ArcGIS Online)
    config keyform.yaml · account developer · clock 2026-09-21 08:..Z · read 1 credential

    No changes. 1 credential matches the configuration; next action 2027-02-18 (renew web).
    [exit 0]
    ");
    assert_eq!(sandbox.portal.writes(), BTreeMap::new());
}

#[test]
fn a_block_on_one_credential_withholds_that_one_only() {
    let sandbox = Sandbox::new().applied();
    sandbox.edit("[premium:user:basemaps]", "[premium:user:places]");
    sandbox.edit("    used_in: browser", "    used_in: browser\n    on_breaking_change: refuse");
    sandbox.edit(
        "credentials:\n",
        "credentials:
  kiosk:
    title: Kiosk map
    used_in: server
    privileges: [premium:user:basemaps]
    deliver:
      - file: { path: kiosk.key }
",
    );
    insta::assert_snapshot!(sandbox.run(&["apply", "--auto-approve"]).decided(), @"
      + credential.kiosk                       new credential                             keyform.yaml:5
    +/- credential.web                         an edit would stop its key        WIDENS  keyform.yaml:11
          keyform::plan::policy

      + kiosk              create, key in slot 1, until 2027-03-20
    +/- web                blocked: the configuration says not to

    Plan: 1 to add, 0 to change, 0 to destroy, 1 to replace.  1 blocked.
      + kiosk              item created · app registered · slot 1 issued (until 2027-03-20) · kiosk.key · verified   0.0 s

    Applied: 1 of 1 done.  1 change is blocked; the plan above says by what.
    [exit 3]
    ");
    assert_eq!(sandbox.portal.opens(&sandbox.key_in("kiosk.key"), PAGE), 200);
    assert_eq!(sandbox.portal.opens(&sandbox.key_in(".env"), PAGE), 200);
}

/// The plan as text and as JSON.
fn plans(sandbox: &Sandbox) -> (String, String) {
    (sandbox.run(&["plan"]).stdout, sandbox.run(&["plan", "--json"]).stdout)
}

/// Two plans from the same second on; where a second passed in between, they are made again.
fn at_one_moment(
    sandbox: &Sandbox,
    plans: impl Fn(&Sandbox) -> [(String, String); 2],
    judge: impl Fn(&[(String, String); 2]),
) {
    let clock = |json: &str| serde_json::from_str::<Value>(json).unwrap()["clock"].clone();
    for _ in 0..20 {
        let made = plans(sandbox);
        if clock(&made[0].1) == clock(&made[1].1) {
            return judge(&made);
        }
    }
    panic!("no two plans were made at the same second");
}

fn pinned(sandbox: &Sandbox) -> (String, String) {
    sandbox.portal.call("POST", "clock", &json!({"at": "2026-09-21T09:00:00Z"}));
    plans(sandbox)
}

fn same_twice(sandbox: &Sandbox) {
    let twice = |sandbox: &Sandbox| [pinned(sandbox), pinned(sandbox)];
    at_one_moment(sandbox, twice, |[first, again]| assert_eq!(first, again));
}

const TWO: &str = "keyform: 1
stack: shop
portal: { url: PORTAL, product: online }
credentials:
  web:
    title: Shop map
    used_in: browser
    tags: [shop, maps]
    privileges: [premium:user:basemaps, premium:user:places]
    referrers: [https://shop.example.com, https://*.shop.example.com]
    expiry: { lifetime: 180d, renew_before: 30d, overlap: 7d }
    deliver:
      - dotenv: { path: .env, name: ARCGIS_API_KEY }
      - file: { path: keys.json, format: json, field: web }
  batch:
    title: Nightly batch
    used_in: server
    privileges: [premium:user:geocode]
    deliver:
      - file: { path: batch.key }
";

const TWO_SHUFFLED: &str = "credentials:
  batch:
    deliver:
      - file: { path: batch.key }
    privileges: [premium:user:geocode]
    used_in: server
    title: Nightly batch
  web:
    deliver:
      - dotenv: { name: ARCGIS_API_KEY, path: .env }
      - file: { field: web, format: json, path: keys.json }
    expiry: { overlap: 7d, lifetime: 180d, renew_before: 30d }
    referrers: [https://*.shop.example.com, https://shop.example.com]
    privileges: [premium:user:places, premium:user:basemaps]
    tags: [maps, shop]
    used_in: browser
    title: Shop map
portal: { product: online, url: PORTAL }
stack: shop
keyform: 1
";

#[test]
fn the_same_plan_twice_is_the_same_bytes() {
    let sandbox = Sandbox::on(Start::default()).config(TWO);
    same_twice(&sandbox);
    let sandbox = sandbox.applied();
    sandbox.edit("title: Shop map", "title: Shops");
    sandbox.edit("[premium:user:geocode]", "[premium:user:elevation]");
    same_twice(&sandbox);
}

#[test]
fn the_order_of_the_yaml_is_not_the_order_of_the_plan() {
    let sandbox = Sandbox::on(Start::default()).config(TWO);
    let shuffled = |sandbox: &Sandbox| [pinned(sandbox.rewritten(TWO)), pinned(sandbox.rewritten(TWO_SHUFFLED))];
    // Where something is declared is told, so that is what may differ.
    let unplaced = |text: &str| -> String {
        let lines = text.lines().map(|line| line.split("keyform.yaml:").next().unwrap().trim_end());
        lines.filter(|line| !line.trim_start().starts_with("\"line\"")).collect::<Vec<_>>().join("\n")
    };
    at_one_moment(&sandbox, shuffled, |[first, again]| {
        assert_eq!(unplaced(&first.0), unplaced(&again.0));
        assert_eq!(unplaced(&first.1), unplaced(&again.1));
    });
}

#[test]
fn a_shuffled_configuration_of_what_was_applied_changes_nothing() {
    let sandbox = Sandbox::on(Start::default()).config(TWO).applied();
    sandbox.rewritten(TWO_SHUFFLED);
    insta::assert_snapshot!(sandbox.run(&["plan", "--detailed-exitcode"]).body(), @"
    No changes. 2 credentials match the configuration; next action 2027-02-18 (renew batch).
    [exit 0]
    ");
}

#[test]
fn a_plan_starts_no_program() {
    let sandbox = Sandbox::on(Start::default()).config(
        &SHOP.replace("dotenv: { path: .env, name: ARCGIS_API_KEY }", "command: { run: [./store], check: [./check] }"),
    );
    sandbox.declare("stored");
    sandbox.program("store", "touch started; cat > stored");
    sandbox.program("check", "touch started; [ -f stored ] || exit 0; sha256sum < stored | cut -c1-16");
    insta::assert_snapshot!(sandbox.run(&["plan"]).decided(), @"
    Nothing on the portal carries the marker of stack shop yet: this is its first apply.

      + credential.web                         new credential                             keyform.yaml:5

      + web                create, key in slot 1, until 2027-03-20

    Plan: 1 to add, 0 to change, 0 to destroy.
    [exit 0]
    ");
    assert!(!sandbox.path("started").exists(), "a plan started a program");
    let sandbox = sandbox.applied();
    std::fs::remove_file(sandbox.path("started")).unwrap();
    insta::assert_snapshot!(sandbox.run(&["plan", "--detailed-exitcode"]).body(), @"
    No changes. 1 credential matches the configuration; next action 2027-02-18 (renew web).
    [exit 0]
    ");
    assert!(!sandbox.path("started").exists(), "a plan started a program");
}
