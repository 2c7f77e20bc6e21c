//! The configuration through simulated time: what a rehearsal says, and that it touches nothing.

use std::fs;

use serde_json::Value;

use crate::support::sandbox::Sandbox;

/// One that is renewed, one that ends, one that is only looked at, one whose sinks tell nothing.
const MIXED: &str = "keyform: 1
stack: shop
portal: { url: https://shop.maps.arcgis.com, product: online, expect: { org: Ab12Cd34Ef56Gh78 } }
cadence: 24h
sinks: { one: { type: command, run: [./one] }, two: { type: command, run: [./two] } }
credentials:
  batch:
    used_in: server
    privileges: [premium:user:basemaps]
    items: [0a1b2c3d4e5f60718293a4b5c6d7e8f9]
    expiry: { lifetime: 12d, renew_before: 4d, overlap: 1d }
    deliver: [one: {}, two: {}]
  fair:
    used_in: server
    privileges: [premium:user:basemaps]
    expiry: { until: 2090-01-15 }
    deliver: [dotenv: { path: .env.fair, name: KEY }]
  kiosk:
    used_in: server
    mode: observe
    privileges: [premium:user:basemaps]
    deliver: [dotenv: { path: .env.kiosk, name: KEY }]
";

#[test]
fn a_rehearsal_shows_every_credential_and_kills_every_run_without_touching_a_sink() {
    let sandbox = Sandbox::new().config(MIXED);
    let args = ["rehearse", "--days", "20", "--crash-everywhere", "--at", "2090-01-01", "-q"];
    insta::assert_snapshot!(sandbox.keyform(&args), @"
    keyform 0.1.0 · rehearsal of stack shop · 20 days from 2090-01-01 00:..Z, a run every day
    EMULATOR in memory · no real sink is touched, no program is started

      batch  ./two          from 2090-01-01: 3 keys, the last 2090-01-18, never without
      batch  ./one          from 2090-01-01: 3 keys, the last 2090-01-18, never without
      fair   .env.fair#KEY  from 2090-01-01: 1 key, ends 2090-01-15, as configured
      kiosk  no key was issued (mode: observe)

    Runs       20, with 374 requests and 7 sink writes
    Killed at  1,136 points: 3 for each request, 2 for each sink write
               they left 80 different worlds, taken up by 800 runs
    Asked      48,507 times whether an application's key works

    Withheld from 2090-01-16 on: fair: the fixed end of `expiry.until` has passed, so no key can be issued (keyform::plan::ended)
    No application was without a working key at any instant.
    [exit 0]
    ");
    let left: Vec<_> = fs::read_dir(sandbox.path("")).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left, ["keyform.yaml"]);
}

#[test]
fn the_worst_portal_is_survived_too_and_told_in_json() {
    let sandbox = Sandbox::new().config(MIXED);
    let args = ["rehearse", "--days", "12", "--at", "2090-01-01", "--switch", "worst", "--json", "-q"];
    let run = sandbox.run(&args);
    assert_eq!(run.code, Some(0), "{}", run.text());
    let found: Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!((&found["runs"], &found["days"], &found["version"]), (&12.into(), &12.into(), &1.into()));
    assert_eq!((&found["lost"], &found["stuck"]), (&Value::Array(vec![]), &Value::Array(vec![])));
    assert_eq!(run.stdout, sandbox.run(&args).stdout, "the same rehearsal twice");
}

#[test]
fn a_configuration_without_credentials_has_nothing_to_lose() {
    let sandbox =
        Sandbox::new().config("keyform: 1\nstack: s\nportal: { url: emulator, product: online }\ncredentials: {}\n");
    let run = sandbox.run(&["rehearse", "--days", "3", "--crash-everywhere", "-q"]);
    assert_eq!(run.code, Some(0), "{}", run.text());
    assert!(run.stdout.contains("Runs       3, with 12 requests and 0 sink writes"), "{}", run.text());
}
