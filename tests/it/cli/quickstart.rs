//! The first minute with keyform: an example, no account.

use serde_json::json;

use crate::support::sandbox::Sandbox;

const STORES: &str = "https://stores.example.com/find";

fn live_keys(sandbox: &Sandbox) -> usize {
    let state = sandbox.portal.get("state");
    state["keys"].as_array().unwrap().iter().filter(|key| key["live"] == true).count()
}

#[test]
fn the_quickstart_creates_delivers_and_is_then_done() {
    let sandbox = Sandbox::example("quickstart");
    insta::assert_snapshot!(sandbox.keyform(&["validate"]), @r"
    Valid: 2 credentials in stack quickstart.
    [exit 0]
    ");
    insta::assert_snapshot!(sandbox.keyform(&["apply", "--auto-approve", "-f", "."]), @r#"
    keyform 0.1.0 · stack quickstart · EMULATOR (ArcGIS Location Platform)
    config ./keyform.yaml · account developer · clock 2026-09-21 08:..Z · read 2 credentials

    Nothing on the portal carries the marker of stack quickstart yet: this is its first apply.

    Symbols:  + create

      + credential.delivery-routes             new credential                          ./keyform.yaml:14
          privileges    premium:user:networkanalysis:routing
          title         "Nightly delivery routes"
          slot 1        issue for 90 days, until 2026-12-20
          deliver       file               routes.json#arcgis.apiKey

      + credential.store-locator               new credential                           ./keyform.yaml:7
          privileges    premium:user:basemaps
                        premium:user:geocode:temporary
          referrers     https://stores.example.com
          title         "Store locator map"
          slot 1        issue for 180 days, until 2027-03-20
          deliver       dotenv             .env.maps#ARCGIS_API_KEY

    Keys in use after this plan       |Sep  |Oct  |Nov  |Dec  |Jan  |Feb  |Mar  |
      delivery-routes  1  2026-12-20  .   ==============r===> .     .     .     .  renew 2026-11-29
      store-locator    1  2027-03-20  .   ==============================r=====> .  renew 2027-02-18

      + delivery-routes    create, key in slot 1, until 2026-12-20
      + store-locator      create, key in slot 1, until 2027-03-20

    Plan: 2 to add, 0 to change, 0 to destroy.
    If keyform never ran again: delivery-routes lapses first, 2026-12-20.
      + delivery-routes    item created · app registered · slot 1 issued (until 2026-12-20) · routes.json#arcgis.apiKey · verified   0.0 s
      + store-locator      item created · app registered · slot 1 issued (until 2027-03-20) · .env.maps#ARCGIS_API_KEY · verified   0.0 s

    Applied: 2 of 2 done.
    [exit 0]
    "#);
    let before = sandbox.portal.get("state");
    insta::assert_snapshot!(sandbox.run(&["apply", "--auto-approve", "-f", "."]).body(), @"
    No changes. 2 credentials match the configuration; next action 2026-11-29 (renew delivery-routes).
    [exit 0]
    ");
    let after = sandbox.portal.get("state");
    for part in ["items", "keys", "folders"] {
        assert_eq!(before[part], after[part], "the second apply changed {part}");
    }
    sandbox.portal.pass("1h");
    insta::assert_snapshot!(sandbox.keyform(&["status"]), @"
    quickstart · 2026-09-21 09:..Z · 2 managed

      delivery-routes   slot 1       89 days   2026-12-20   1 of 1 sink holds it   renew from 2026-11-29
      store-locator     slot 1      179 days   2027-03-20   1 of 1 sink holds it   renew from 2027-02-18

    Keys in use                       |Sep  |Oct  |Nov  |Dec  |Jan  |Feb  |Mar  |
      delivery-routes  1  2026-12-20  .   ==============r===> .     .     .     .  renew 2026-11-29
      store-locator    1  2027-03-20  .   ==============================r=====> .  renew 2027-02-18

    No key needs action.
    If keyform never ran again: delivery-routes lapses first, 2026-12-20.
    [exit 0]
    ");
    assert_eq!(sandbox.run(&["plan", "--detailed-exitcode"]).code, Some(0));
}

#[test]
fn the_delivered_key_opens_the_service_from_its_referrer_only() {
    let sandbox = Sandbox::example("quickstart");
    sandbox.done(&["apply", "--auto-approve"]);
    let key = sandbox.key_in(".env.maps");
    assert_eq!(sandbox.portal.opens(&key, STORES), 200);
    assert_eq!(sandbox.portal.opens(&key, "https://elsewhere.example.com/"), 498);
    let routes = sandbox.key_in("routes.json");
    assert_ne!(key, routes);
    // It may be used from anywhere, for routes and not for base maps.
    assert_eq!(sandbox.portal.opens(&routes, "https://elsewhere.example.com/"), 403);
}

#[test]
fn a_key_revoked_by_hand_is_named_with_its_sink_and_replaced() {
    let sandbox = Sandbox::example("quickstart");
    sandbox.done(&["apply", "--auto-approve"]);
    let dead = sandbox.key_in(".env.maps");
    let item = sandbox.portal.id("Store locator map");
    sandbox.portal.person(&json!({"act": "revoke", "item": item, "slot": 1}));
    assert_eq!(sandbox.portal.opens(&dead, STORES), 498);

    let planned = sandbox.run(&["plan", "--detailed-exitcode"]);
    insta::assert_snapshot!(planned.decided(), @"
      ↻ credential.store-locator               key 1 was ended in the portal              keyform.yaml:7

      ↻ store-locator      new key in slot 2, until 2027-03-20

    Plan: 0 to add, 0 to change, 0 to destroy, 1 to rotate.  1 unchanged.
    [exit 2]
    ");
    sandbox.portal.pass("1h");
    insta::assert_snapshot!(sandbox.keyform(&["status"]), @"
    quickstart · 2026-09-21 09:..Z · 2 managed

      delivery-routes   slot 1       89 days   2026-12-20   1 of 1 sink holds it   renew from 2026-11-29
      store-locator     no live key   key 1 was ended in the portal

    Keys in use                       |Sep  |Oct  |Nov  |Dec  |
      delivery-routes  1  2026-12-20  .   ==============r===> .  renew 2026-11-29

    1 credential needs action: keyform plan.
    store-locator has no live key now.
    If keyform never ran again: delivery-routes lapses first, 2026-12-20.
    [exit 0]
    ");
    let done = sandbox.run(&["apply", "--auto-approve"]);
    insta::assert_snapshot!(done.after(&planned), @"
      ↻ store-locator      slot 2 issued (until 2027-03-20) · .env.maps#ARCGIS_API_KEY · verified   0.0 s

    Applied: 1 of 1 done.
    [exit 0]
    ");
    let new = sandbox.key_in(".env.maps");
    assert_ne!(new, dead);
    assert_eq!(sandbox.portal.opens(&new, STORES), 200);
    assert_eq!(live_keys(&sandbox), 2);
    assert_eq!(sandbox.run(&["plan", "--detailed-exitcode"]).code, Some(0));
}
