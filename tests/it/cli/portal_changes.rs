//! Access that the portal or a person takes away: it is not given back before somebody says so, and nothing else waits.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::signals::Terminal;
use crate::support::portal::Portal;
use crate::support::sandbox::{Sandbox, key_in};

const BASEMAPS: &str = "premium:user:basemaps";
const GEOCODE: &str = "premium:user:geocode";
const MANY: usize = 50;

/// Fifty applications, of which the first renews its key sooner than the others.
fn fifty() -> String {
    let mut text = "keyform: 1\nstack: shop\nportal: { url: PORTAL, product: PRODUCT }\ncredentials:\n".to_owned();
    for n in 0..MANY {
        let life = if n == 0 { 60 } else { 180 };
        text.push_str(&format!(
            "  app-{n:02}:
    title: Application {n:02}
    used_in: browser
    privileges: [{BASEMAPS}, {GEOCODE}]
    referrers: [https://app-{n:02}.example.com]
    expiry: {{ lifetime: {life}d, renew_before: 30d, overlap: 7d }}
    deliver:
      - dotenv: {{ path: keys.env, name: KEY_{n:02} }}
"
        ));
    }
    text
}

/// Every application's key, by the name in the file.
fn keys(sandbox: &Sandbox) -> BTreeMap<String, String> {
    let text = sandbox.read("keys.env");
    text.lines().filter_map(|line| Some((line.split_once('=')?.0.to_owned(), key_in(line)?))).collect()
}

/// The applications' items that are not about to be deleted, with what they may do.
fn apps(portal: &Portal) -> Vec<(String, Vec<String>)> {
    let state = portal.get("state");
    let texts = |list: &Value| list.as_array().unwrap().iter().map(|one| one.as_str().unwrap().to_owned()).collect();
    let items = state["items"].as_array().unwrap().iter().filter(|item| item["recycled"].is_null());
    let apps = items.filter(|item| !item["app"].is_null());
    apps.map(|item| (item["id"].as_str().unwrap().to_owned(), texts(&item["app"]["privileges"]))).collect()
}

/// How many apps may do `privilege`.
fn may(portal: &Portal, privilege: &str) -> usize {
    apps(portal).iter().filter(|(_, privileges)| privileges.iter().any(|one| one == privilege)).count()
}

fn take_geocoding_away(portal: &Portal, act: &str) {
    for (item, _) in apps(portal) {
        portal.person(&json!({"act": act, "item": item, "privileges": [BASEMAPS]}));
    }
}

/// Whether each key works from its page.
fn all_open(sandbox: &Sandbox, keys: &BTreeMap<String, String>) -> bool {
    keys.len() == MANY
        && keys.iter().all(|(name, key)| {
            let page = format!("https://app-{}.example.com/", name.trim_start_matches("KEY_"));
            sandbox.portal.opens(key, &page) == 200
        })
}

/// Takes over into the configuration what the portal has, by the patch that keyform prints.
fn accept(sandbox: &Sandbox, apply: &[&str]) {
    let patch = sandbox.run(&["drift", "--accept"]);
    assert_eq!((patch.code, patch.stderr.as_str()), (Some(0), ""), "{}", patch.stdout);
    std::fs::write(sandbox.path("accept.patch"), &patch.stdout).unwrap();
    let mut program = std::process::Command::new(apply[0]);
    let patched = program.args(&apply[1..]).arg("accept.patch").current_dir(sandbox.path(".")).output().unwrap();
    assert!(patched.status.success(), "{}\n{}", String::from_utf8_lossy(&patched.stderr), patch.stdout);
}

#[test]
fn what_the_portal_took_away_is_one_row_and_comes_back_when_a_person_says_so() {
    let sandbox = Sandbox::new().config(&fifty()).applied();
    sandbox.portal.pass("31d");
    take_geocoding_away(&sandbox.portal, "narrow");
    let before = keys(&sandbox);
    assert!(all_open(&sandbox, &before), "the portal keeps the keys alive");

    let plan = sandbox.run(&["plan", "--detailed-exitcode"]);
    let said = plan.said();
    assert_eq!((plan.code, said.matches("50 credentials lost premium:user:geocode").count()), (Some(2), 1), "{said}");
    assert!(
        said.contains("Changed in the portal") && said.contains("keys live") && said.contains("since 2026-"),
        "{said}"
    );
    assert!(said.contains("keyform apply --restore '*' --allow replace=50"), "{said}");
    assert!(said.contains("keyform drift --accept > accept.patch") && !said.contains("WIDENS"), "{said}");
    let plan: Value = serde_json::from_str(&sandbox.run(&["plan", "--json"]).stdout).unwrap();
    let (taken, changes) = (&plan["portal_changes"], &plan["changes"]);
    assert_eq!((taken.as_array().unwrap().len(), taken[0]["names"].as_array().unwrap().len()), (1, MANY), "{taken}");
    assert_eq!((&taken[0]["cause"], &taken[0]["keys_live"]), (&json!("portal"), &json!(true)), "{taken}");
    assert_eq!((changes.as_array().unwrap().len(), &changes[0]["action"]), (1, &json!("rotate")), "{changes}");

    // Unattended, nothing is given back, and what is due is renewed.
    let run = sandbox.run(&["apply", "--auto-approve"]);
    assert_eq!(run.code, Some(3), "{}", run.said());
    let after = keys(&sandbox);
    let renewed: Vec<_> =
        after.iter().filter(|(name, key)| before[*name] != **key).map(|(name, _)| name.as_str()).collect();
    assert_eq!((renewed, may(&sandbox.portal, GEOCODE)), (vec!["KEY_00"], 0));
    // Neither does an edit of something else bring it back, nor one that asks for more.
    sandbox.edit("title: Application 01", "title: Application 1");
    sandbox.edit(
        "title: Application 02\n    used_in: browser\n    privileges: [",
        "title: Application 02\n    used_in: browser\n    privileges: [premium:user:places, ",
    );
    for _ in 0..2 {
        let run = sandbox.run(&["apply", "--auto-approve"]);
        assert_eq!(run.code, Some(3), "{}", run.said());
        assert_eq!((may(&sandbox.portal, GEOCODE), may(&sandbox.portal, "premium:user:places")), (0, 1));
    }
    let plan = sandbox.run(&["plan"]).said();
    assert!(plan.contains("50 credentials lost premium:user:geocode"), "{plan}");

    // A flag says nothing; a person does.
    let run = sandbox.run(&["apply", "--restore", "*", "--auto-approve"]);
    assert_eq!((run.code, may(&sandbox.portal, GEOCODE)), (Some(1), 0), "{}", run.said());
    let run = sandbox.run(&["apply", "--restore", "*", "--allow", "replace=50"]);
    assert_eq!((run.code, may(&sandbox.portal, GEOCODE)), (Some(1), 0), "{}", run.said());
    let before = keys(&sandbox);
    let terminal = Terminal::of(&sandbox, &["apply", "--restore", "*", "--allow", "replace=50"]);
    terminal.shows("Only `yes` is taken:");
    terminal.types(b"yes\n");
    let shown = terminal.shows("Applied: ");
    assert_eq!(terminal.ended().code(), Some(0), "{shown}");
    let after = keys(&sandbox);
    assert!(after.iter().all(|(name, key)| before[name] != *key), "each has a new key");
    assert!(all_open(&sandbox, &after) && all_open(&sandbox, &before), "the old ones live on for their overlap");
    assert_eq!(may(&sandbox.portal, GEOCODE), MANY);
    let plan = sandbox.run(&["plan", "--detailed-exitcode"]);
    assert_eq!(plan.code, Some(0), "{}", plan.said());
}

#[test]
fn keys_that_ended_by_it_are_healed_in_one_run_without_it() {
    let sandbox = Sandbox::new().config(&fifty()).applied();
    take_geocoding_away(&sandbox.portal, "app");
    let dead = keys(&sandbox);
    assert!(!all_open(&sandbox, &dead));
    let run = sandbox.run(&["apply", "--auto-approve"]);
    assert_eq!(run.code, Some(3), "{}", run.said());
    assert!(all_open(&sandbox, &keys(&sandbox)), "every application has a key again");
    assert_eq!((may(&sandbox.portal, BASEMAPS), may(&sandbox.portal, GEOCODE)), (MANY, 0));
    // Accepted: taken out of the configuration, it is nobody's any more.
    let healed = keys(&sandbox);
    let before = sandbox.read("keyform.yaml");
    accept(&sandbox, &["git", "apply"]);
    assert_eq!(sandbox.read("keyform.yaml"), before.replace(&format!(", {GEOCODE}]"), "]"));
    let plan = sandbox.run(&["plan", "--detailed-exitcode"]);
    assert!(plan.code == Some(0) && plan.text().contains("No changes. 50 credentials match"), "{}", plan.text());
    assert!(plan.text().contains("Apply notes that configuration and portal agree: app-00, "), "{}", plan.text());
    sandbox.done(&["apply", "--auto-approve"]);
    assert_eq!(keys(&sandbox), healed, "no key is touched by that");
    let plan = sandbox.run(&["plan", "--detailed-exitcode"]);
    assert_eq!(plan.code, Some(0), "{}", plan.said());
}

#[test]
fn a_configuration_can_say_that_it_is_given_back() {
    let sandbox = Sandbox::new();
    sandbox.edit("[premium:user:basemaps]", "[premium:user:basemaps, premium:user:geocode]");
    let sandbox = sandbox.applied();
    take_geocoding_away(&sandbox.portal, "narrow");
    let plan = sandbox.run(&["plan"]);
    insta::assert_snapshot!(plan.body(), @"
    Changed in the portal, not by keyform

      ! web lost premium:user:geocode   keys live; not given back unattended   since 2026-09-21
          restore       keyform apply --restore web
          accept        keyform drift --accept > accept.patch

    Plan: 0 to add, 0 to change, 0 to destroy.  1 blocked.
    If keyform never ran again: web lapses first, 2027-03-20.
    Correct until 2027-02-18 08:..Z (renewal of web) or until the portal changes.
    [exit 0]
    ");
    sandbox.edit("credentials:", "guards: { portal_changes: restore }\ncredentials:");
    sandbox.done(&["apply", "--auto-approve"]);
    assert!(may(&sandbox.portal, GEOCODE) > 0);
}

#[test]
fn what_people_changed_is_taken_over_by_a_patch_and_what_is_shared_is_named() {
    let config = "keyform: 1
stack: shop
portal: { url: PORTAL, product: online }
profiles:
  search: { privileges: [premium:user:geocode] }
credentials:
  web:
    title: Shop map # in the window
    use: [search]
    used_in: browser
    privileges:
      - premium:user:basemaps
      - premium:user:places # nearby
    referrers: [https://shop.example.com]
    deliver: [{ file: { path: web.key } }]
";
    let sandbox = Sandbox::new().config(config).applied();
    let item = sandbox.portal.id("Shop map");
    let none = sandbox.run(&["drift", "--accept"]);
    assert_eq!((none.code, none.stdout.as_str()), (Some(0), ""));
    assert!(none.stderr.starts_with("Nothing to accept"), "{}", none.stderr);
    let has = ["premium:user:basemaps", "premium:user:geocode", "premium:user:elevation"];
    sandbox.portal.person(&json!({"act": "narrow", "item": item, "privileges": has}));
    sandbox.portal.person(&json!({"act": "edit", "item": item, "set": {"title": "Shops: all of them"}}));
    accept(&sandbox, &["patch", "-p1", "-i"]);
    let read = sandbox.read("keyform.yaml");
    insta::assert_snapshot!(read.split_once("credentials:").unwrap().1, @r#"
    web:
      title: "Shops: all of them" # in the window
      use: [search]
      used_in: browser
      privileges:
        - premium:user:basemaps
        - premium:user:elevation
      referrers: [https://shop.example.com]
      deliver: [{ file: { path: web.key } }]
    "#);
    let plan = sandbox.run(&["plan", "--detailed-exitcode"]);
    assert_eq!(plan.code, Some(0), "{}", plan.said());
    // What the profile says is for people to decide about.
    sandbox.done(&["apply", "--auto-approve"]);
    sandbox.portal.person(&json!({"act": "narrow", "item": item, "privileges": [BASEMAPS]}));
    let patch = sandbox.run(&["drift", "--accept"]);
    insta::assert_snapshot!(patch.text(), @"
    --- a/keyform.yaml
    +++ b/keyform.yaml
    @@ -10,6 +10,5 @@
         used_in: browser
         privileges:
           - premium:user:basemaps
    -      - premium:user:elevation
         referrers: [https://shop.example.com]
         deliver: [{ file: { path: web.key } }]
    [stderr]
    by hand: keyform.yaml:5: take premium:user:geocode out of the profile `search`, or let those that are to keep it say it (for web)
    [exit 0]
    ");
}
