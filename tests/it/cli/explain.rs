//! `explain`: what is in force and who says so, what happens next and by which rule, and what a code means.

use serde_json::json;

use crate::support::portal::Start;
use crate::support::sandbox::{SHOP, Sandbox};

/// Values from every place that can have one.
const LAYERS: &str = "keyform: 1
stack: shop
portal: { url: PORTAL, product: PRODUCT }
cadence: 24h
defaults:
  folder: Developer credentials
  tags: [platform]
  expiry:
    lifetime: 90d
    window: { days: [mon-thu, sat], hours: \"09:00-16:00\", zone: Europe/Zurich }
profiles:
  web:
    used_in: browser
    privileges: [premium:user:basemaps]
    expiry: { overlap: 14d, spread: 5d }
credentials:
  web:
    use: [web]
    title: Shop map
    privileges: [premium:user:geocode:temporary]
    referrers: [https://shop.example.com]
    deliver:
      - dotenv: { path: .env, name: ARCGIS_API_KEY }
moved:
  - { from: shop, to: store }
  - { from: store, to: web }
removed:
  - { name: fair, then: destroy, not_before: 2026-12-01, because: \"fair over\" }
";

#[test]
fn every_value_in_force_is_shown_with_the_line_that_says_it() {
    let sandbox = Sandbox::on(Start::default()).config(LAYERS).env(&[]);
    insta::assert_snapshot!(sandbox.keyform(&["explain", "web", "--offline"]), @"
    credential.web                                                                       keyform.yaml:17

      title                 Shop map                                 keyform.yaml:19
      snippet               none                                     default
      description           none                                     default
      tags                  platform                                 keyform.yaml:7 (defaults)
      folder                Developer credentials                    keyform.yaml:6 (defaults)
      used_in               browser                                  keyform.yaml:13 (profile web)
      personal              auto                                     default
      acknowledge_personal  false                                    default
      privileges            premium:user:basemaps                    keyform.yaml:14 (profile web)
                            premium:user:geocode:temporary           keyform.yaml:20
      items                 none                                     default
      referrers             https://shop.example.com                 keyform.yaml:21
      protect               false                                    default
      mode                  full                                     default
      on_breaking_change    replace                                  default
      expiry.lifetime       90d                                      keyform.yaml:9 (defaults)
      expiry.renew_before   30d                                      default
      expiry.overlap        14d                                      keyform.yaml:15 (profile web)
      expiry.retire         revoke                                   default
      expiry.spread         5d                                       keyform.yaml:15 (profile web)
      expiry.window         mon-thu, sat 09:00-16:00 Europe/Zurich   keyform.yaml:10 (defaults)
      deliver               dotenv .env#ARCGIS_API_KEY               keyform.yaml:23

    13 scheduled runs in a row may fail before a renewal is too late for its whole overlap.
    [exit 0]
    ");
}

#[test]
fn what_came_from_where_is_the_same_for_machines() {
    let sandbox = Sandbox::on(Start::default()).config(LAYERS).env(&[]);
    let run = sandbox.run(&["explain", "web", "--offline", "--json"]);
    let document: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
    let values = |key: &str| {
        let settings = document["settings"].as_array().unwrap();
        settings.iter().find(|setting| setting["key"] == key).unwrap()["values"].clone()
    };
    let place = |line: u32| json!({ "file": "keyform.yaml", "line": line });
    assert_eq!(
        values("privileges"),
        json!([
            { "value": "premium:user:basemaps", "by": "profile", "profile": "web", "source": place(14) },
            { "value": "premium:user:geocode:temporary", "by": "credential", "profile": null, "source": place(20) },
        ])
    );
    let nobody = json!([{ "value": "7d", "by": "default", "profile": null, "source": null }]);
    assert_ne!(values("expiry.overlap"), nobody);
    assert_eq!(values("snippet"), json!([{ "value": null, "by": "default", "profile": null, "source": null }]));
    assert_eq!((&document["portal"], &document["runs_may_fail"]), (&json!(null), &json!(13)));
}

#[test]
fn a_line_of_an_included_file_is_shown_as_that() {
    let sandbox = Sandbox::on(Start::default()).env(&[]);
    sandbox.rewritten("keyform: 1\nstack: shop\nportal: { url: PORTAL, product: online }\ninclude: [team.yaml]\n");
    sandbox.write(
        "team.yaml",
        "credentials:\n  web:\n    privileges: [premium:user:basemaps]\n    referrers: [https://shop.example.com]\n    \
         deliver: [{ dotenv: { path: .env, name: KEY } }]\n",
    );
    let shown = sandbox.keyform(&["explain", "web", "--offline"]);
    let line = shown.lines().find(|line| line.contains("premium:user:basemaps")).unwrap();
    assert!(line.ends_with("   team.yaml:3"), "{shown}");
}

#[test]
fn a_key_that_is_well_says_what_happens_next_and_by_which_rule() {
    let sandbox = Sandbox::new().applied();
    insta::assert_snapshot!(from_portal(&sandbox.keyform(&["explain", "web"])), @"

    At http://127.0.0.1:PORT, 2026-09-21 08:..Z

      nothing to do         the portal matches the configuration
      slot 1                current, until 2027-03-20 (180 days), 1 of 1 sink holds it
        next                renewed from 2027-02-18: `expiry.renew_before` (30d) before its end
    [exit 0]
    ");
    assert_eq!(sandbox.portal.writes().len(), 0);
}

#[test]
fn a_new_credential_is_explained_before_it_is_there() {
    let sandbox = Sandbox::new();
    let shown = sandbox.keyform(&["explain", "web"]);
    insta::assert_snapshot!(from_portal(&shown), @"

    At http://127.0.0.1:PORT, 2026-09-21 08:..Z

      + create              new credential
        cause               config
        differs in          privileges, referrers, title
        new key             slot 1: issue for 180 days, until 2027-03-20
    [exit 0]
    ");
}

#[test]
fn a_key_that_is_due_is_explained_by_its_rule_and_both_keys_afterwards() {
    let sandbox = Sandbox::new().applied();
    sandbox.portal.pass("155d 1h");
    insta::assert_snapshot!(from_portal(&sandbox.keyform(&["explain", "web"])), @"

    At http://127.0.0.1:PORT, 2027-02-23 09:..Z

      ↻ rotate              expires in 24 days (2027-03-20), renewed from 2027-02-18
        cause               time
        new key             slot 2: issue for 180 days, until 2027-08-22
      slot 1                current, until 2027-03-20 (24 days), 1 of 1 sink holds it
        next                due for renewal since 2027-02-18: `expiry.renew_before` (30d) before its end
    [exit 0]
    ");
    let sandbox = sandbox.applied();
    insta::assert_snapshot!(from_portal(&sandbox.keyform(&["explain", "web"])), @"

    At http://127.0.0.1:PORT, 2027-02-23 09:..Z

      nothing to do         the portal matches the configuration
      slot 1                not current, until 2027-03-20 (24 days), 0 of 1 sink holds it
        next                revoked from 2027-03-02: a newer key has then been in every sink for
                            `expiry.overlap` (7d)
      slot 2                current, until 2027-08-22 (180 days), 1 of 1 sink holds it
        next                renewed from 2027-07-23: `expiry.renew_before` (30d) before its end
    [exit 0]
    ");
}

#[test]
fn a_part_of_the_spread_is_named_where_it_makes_a_renewal_earlier() {
    let sandbox = Sandbox::on(Start::default())
        .config(&SHOP.replace("    deliver:", "    expiry: { spread: 20d }\n    deliver:"))
        .applied();
    insta::assert_snapshot!(from_portal(&sandbox.keyform(&["explain", "web"])), @"

    At http://127.0.0.1:PORT, 2026-09-21 08:..Z

      nothing to do         the portal matches the configuration
      slot 1                current, until 2027-03-20 (180 days), 1 of 1 sink holds it
        next                renewed from 2027-02-06: `expiry.renew_before` (30d) and its part of
                            `expiry.spread` (20d) before its end
    [exit 0]
    ");
}

#[test]
fn what_blocks_is_named_with_its_code_and_what_resolves_it() {
    let sandbox = Sandbox::on(Start::default())
        .config(&SHOP.replace("    deliver:", "    on_breaking_change: refuse\n    deliver:"))
        .applied();
    sandbox.edit("[premium:user:basemaps]", "[premium:user:basemaps, premium:user:places]");
    insta::assert_snapshot!(from_portal(&sandbox.keyform(&["explain", "web"])), @"

    At http://127.0.0.1:PORT, 2026-09-21 08:..Z

      +/- replace           differs from the configuration
        cause               config
        differs in          privileges
        new key             slot 1: issue for 180 days, until 2027-03-20
        blocked by          keyform::plan::policy
                            the edit would end the live key in slot 1 (until 2027-03-20), and
                            `on_breaking_change: refuse` says not to
        do                  say `on_breaking_change: replace` for `web`, or put it back as it was
      slot 1                current, until 2027-03-20 (180 days), 1 of 1 sink holds it
        next                renewed from 2027-02-18: `expiry.renew_before` (30d) before its end
    [exit 0]
    ");
}

#[test]
fn machines_are_told_the_rule_behind_each_key_too() {
    let sandbox = Sandbox::new().applied();
    let run = sandbox.run(&["explain", "web", "--json"]);
    let document: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
    let portal = &document["portal"];
    assert_eq!(portal["changes"], json!([]));
    assert_eq!(portal["keys"][0]["key"]["slot"], 1);
    let next = portal["keys"][0]["next"].as_str().unwrap();
    assert_eq!(next, "renewed from 2027-02-18: `expiry.renew_before` (30d) before its end");
}

#[test]
fn without_a_sign_in_the_configuration_is_explained_all_the_same() {
    let sandbox = Sandbox::new().env(&[]);
    let run = sandbox.run(&["explain", "web"]);
    assert_eq!(run.code, Some(1));
    assert!(run.stdout.starts_with("credential.web ") && run.stdout.contains("premium:user:basemaps"));
    insta::assert_snapshot!(run.stderr, @"
    error[keyform::cli::no_sign_in]: no sign-in for the portal
      help: set KEYFORM_TOKEN, or KEYFORM_USERNAME and KEYFORM_PASSWORD (each also as ..._FILE)
    note: the portal was not asked; `--offline` explains the configuration alone
    ");
}

#[test]
fn one_that_is_removed_says_what_becomes_of_it() {
    let sandbox = Sandbox::on(Start::default()).config(LAYERS).env(&[]);
    insta::assert_snapshot!(sandbox.keyform(&["explain", "fair", "--offline"]), @"
    credential.fair                                                                      keyform.yaml:28

      removed               destroy: its keys are revoked and its item is deleted
      not_before            2026-12-01
      because               fair over
    [exit 0]
    ");
}

#[test]
fn a_name_that_is_not_there_is_answered_by_the_one_that_was_meant() {
    let sandbox = Sandbox::on(Start::default()).config(LAYERS);
    let mut said = String::new();
    for name in ["wep", "shop", "Web", "airport", "fairs"] {
        let run = sandbox.run(&["explain", name]);
        assert_eq!((run.code, run.stdout.as_str()), (Some(1), ""), "{name}");
        said.push_str(&run.stderr);
    }
    insta::assert_snapshot!(said, @"
    error[keyform::cli::no_credential]: there is no credential `wep` in keyform.yaml
      help: did you mean web?
    error[keyform::cli::no_credential]: there is no credential `shop` in keyform.yaml
      help: it is called web now: keyform explain web
    error[keyform::cli::no_credential]: there is no credential `Web` in keyform.yaml
      help: did you mean web?
    error[keyform::cli::no_credential]: there is no credential `airport` in keyform.yaml
      help: `keyform status` lists the credentials; codes are written as in keyform::plan::foreign_key
    error[keyform::cli::no_credential]: there is no credential `fairs` in keyform.yaml
      help: did you mean fair?
    ");
}

#[test]
fn one_that_only_the_portal_has_is_explained_from_there() {
    let sandbox = Sandbox::new().applied();
    sandbox.edit("  web:", "  kiosk:");
    insta::assert_snapshot!(sandbox.keyform(&["explain", "web"]), @"
    credential.web                                                              not in the configuration

    At http://127.0.0.1:PORT, 2026-09-21 08:..Z

      ! report              marked as this stack's, not in the configuration
        cause               portal
    [exit 0]
    ");
}

#[test]
fn a_configuration_that_is_refused_is_not_explained() {
    let sandbox = Sandbox::new();
    sandbox.edit("privileges", "privilege");
    let run = sandbox.run(&["explain", "web"]);
    assert_eq!((run.code, run.stdout.as_str(), run.error_code()), (Some(1), "", Some("keyform::config::unknown_key")));
}

#[test]
fn a_code_is_explained_by_its_name_its_end_or_its_id() {
    let sandbox = Sandbox::on(Start::default()).env(&[]);
    insta::assert_snapshot!(sandbox.keyform(&["explain", "keyform::plan::foreign_key"]), @"
    keyform::plan::foreign_key

    Somebody else's key blocks the change.

    A slot of the item is active, and keyform did not issue the key in it. It is never touched, and
    neither is anything that would end it. Invalidate that key on the item's page when nobody uses it.
    [exit 0]
    ");
    assert_eq!(
        sandbox.keyform(&["explain", "foreign_key"]),
        sandbox.keyform(&["explain", "keyform::plan::foreign_key"])
    );
    insta::assert_snapshot!(sandbox.keyform(&["explain", "KF-E004"]), @"
    keyform::config::renewal_shut (KF-E004)

    A window or freeze can outlast the time for renewal.

    Between the start of renewal and the last moment that leaves a full overlap, the window may never
    open, or everything may be frozen. keyform renews such a key all the same before it could expire,
    outside of the window or within the freeze, and its overlap is cut short.

    What to do: make `renew_before` longer, widen the window, or write `except: [expiring]` into the
    freeze.

    `lint.allow` accepts it by the id KF-E004, with a reason.
    [exit 0]
    ");
    let run = sandbox.run(&["explain", "KF-R003", "--json"]);
    let document: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!((&document["code"], &document["lint"]), (&json!("keyform::config::no_referrers"), &json!("KF-R003")));
}

#[test]
fn a_code_that_is_none_is_answered_by_the_nearest() {
    let sandbox = Sandbox::on(Start::default()).env(&[]);
    let mut said = String::new();
    for code in ["keyform::plan::livekey", "foriegn_key", "KF-R033", "keyform::nothing::of_the_kind"] {
        let run = sandbox.run(&["explain", code]);
        assert_eq!((run.code, run.stdout.as_str()), (Some(1), ""), "{code}");
        said.push_str(&run.stderr);
    }
    insta::assert_snapshot!(said, @"
    error[keyform::cli::unknown_code]: there is no code `keyform::plan::livekey`
      help: did you mean keyform::plan::items? Every code is in docs/errors.md
    error[keyform::cli::unknown_code]: there is no code `foriegn_key`
      help: did you mean keyform::plan::foreign_key? Every code is in docs/errors.md
    error[keyform::cli::unknown_code]: there is no code `KF-R033`
      help: did you mean KF-R003? Every code is in docs/errors.md
    error[keyform::cli::unknown_code]: there is no code `keyform::nothing::of_the_kind`
      help: copy the code from the message; every code is in docs/errors.md
    ");
}

/// What the portal has to do with it.
fn from_portal(shown: &str) -> &str {
    &shown[shown.find("\nAt ").unwrap_or(0)..]
}

#[test]
fn an_ending_that_several_codes_share_is_answered_by_all_of_them() {
    insta::assert_snapshot!(Sandbox::new().keyform(&["explain", "no_free_slot"]), @"
    [stderr]
    error[keyform::cli::unknown_code]: several codes end in `no_free_slot`
      help: say which: keyform::config::no_free_slot or keyform::plan::no_free_slot
    [exit 1]
    ");
}
