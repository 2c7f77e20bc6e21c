//! A leaked key is ended whatever was done to its item; and where it cannot be, the words say that it lives.

use serde_json::{Value, json};

use crate::support::portal::{PAGE, Start};
use crate::support::sandbox::{SHOP, Sandbox};
use crate::support::transcript::Run;

const REVOKE: [&str; 8] = ["revoke", "web", "--slot", "1", "--because", "on a public page", "--confirm", "web"];

/// What somebody does to an item, or beside it.
type Tamper = Box<dyn FnOnce(&Sandbox)>;

/// The item of the shop's map, as the portal has it.
fn item(sandbox: &Sandbox) -> Value {
    sandbox.portal.items("Shop map").remove(0)
}

fn edit(sandbox: &Sandbox, set: &Value) {
    let id = item(sandbox)["id"].clone();
    sandbox.portal.person(&json!({"act": "edit", "item": id, "set": set}));
}

/// Writes over members of the ledger.
fn ledger(sandbox: &Sandbox, change: impl FnOnce(&mut Value)) {
    let properties = item(sandbox)["properties"].clone();
    let mut properties = properties.as_str().map_or(properties.clone(), |text| serde_json::from_str(text).unwrap());
    change(&mut properties["keyform"]);
    edit(sandbox, &json!({ "properties": properties }));
}

/// Somebody else's lease, just taken.
fn lease(sandbox: &Sandbox) {
    let path = "/sharing/rest/content/users/developer/createFolder";
    let token = format!("Bearer {}", sandbox.portal.token());
    let headers = [("X-Esri-Authorization", token.as_str()), ("Content-Type", "application/x-www-form-urlencoded")];
    let (_, answer) = sandbox.portal.http("POST", path, &headers, "title=keyform-lease-shop&f=json");
    assert!(answer.contains("\"success\":true"), "{answer}");
}

/// Runs the revocation after `tamper`, and holds what it says against the portal's record.
fn told_the_truth(tamper: impl FnOnce(&Sandbox), args: &[&str]) -> (Run, bool) {
    let sandbox = Sandbox::new().applied();
    let key = sandbox.key_in(".env");
    assert_eq!(sandbox.portal.opens(&key, PAGE), 200);
    tamper(&sandbox);
    let run = sandbox.run(args);
    let dead = sandbox.portal.opens(&key, PAGE) == 498;
    if !dead {
        assert_ne!(run.code, Some(0), "{}", run.text());
        assert!(run.text().contains("NOT revoked"), "{}", run.text());
    }
    (run, dead)
}

#[test]
fn a_key_is_ended_whatever_was_done_to_its_item() {
    let stack = |sandbox: &Sandbox| ledger(sandbox, |ledger| ledger["stack"] = json!("elsewhere"));
    let tampered: [(&str, Tamper); 11] = [
        ("the ledger is gone", Box::new(|sandbox| edit(sandbox, &json!({"properties": {"other": 1}})))),
        ("the ledger is of another stack", Box::new(stack)),
        ("the ledger names another item", Box::new(|sandbox| ledger(sandbox, |it| it["item"] = json!("0".repeat(32))))),
        ("the ledger is newer", Box::new(|sandbox| ledger(sandbox, |it| it["version"] = json!(99)))),
        ("the ledger is garbage", Box::new(|sandbox| edit(sandbox, &json!({"properties": {"keyform": [1, "x"]}})))),
        ("the tag is gone", Box::new(|sandbox| edit(sandbox, &json!({"tags": "somebody"})))),
        (
            "the item was moved",
            Box::new(|sandbox| {
                let path = "/sharing/rest/content/users/developer/createFolder";
                let token = format!("Bearer {}", sandbox.portal.token());
                let kind = ("Content-Type", "application/x-www-form-urlencoded");
                let headers = [("X-Esri-Authorization", token.as_str()), kind];
                let (_, answer) = sandbox.portal.http("POST", path, &headers, "title=Attic&f=json");
                let folder = serde_json::from_str::<Value>(&answer).unwrap()["folder"]["id"].clone();
                let id = item(sandbox)["id"].clone();
                sandbox.portal.person(&json!({"act": "move", "item": id, "folder": folder}));
            }),
        ),
        (
            "the item is called superseded",
            Box::new(|sandbox| ledger(sandbox, |it| it["superseded_by"] = json!("0".repeat(32)))),
        ),
        (
            "the item was copied",
            Box::new(|sandbox| {
                let (tags, properties) = (item(sandbox)["tags"].clone(), item(sandbox)["properties"].clone());
                let add = json!({"act": "add", "title": "Copy", "tags": tags, "privileges": ["premium:user:basemaps"]});
                sandbox.portal.person(&add);
                let copy = sandbox.portal.id("Copy");
                let set = json!({ "properties": properties });
                sandbox.portal.person(&json!({"act": "edit", "item": copy, "set": set}));
            }),
        ),
        (
            "a person's key is in the other slot",
            Box::new(|sandbox| {
                let id = item(sandbox)["id"].clone();
                sandbox.portal.person(&json!({"act": "issue", "item": id, "slot": 2}));
            }),
        ),
        ("another run holds the lease", Box::new(lease)),
    ];
    for (what, tamper) in tampered {
        let (run, dead) = told_the_truth(tamper, &REVOKE);
        assert!(dead, "{what}: {}", run.text());
        assert_eq!(run.code, Some(0), "{what}: {}", run.text());
    }
}

#[test]
fn a_key_that_is_piped_in_is_ended_though_a_copy_has_its_ledger_or_no_page_is_let_through() {
    let by_key = |sandbox: &Sandbox, key: &str| {
        sandbox.told(&["revoke", "--key-from-stdin", "--because", "on a public page", "--confirm", "web"], key)
    };
    // Ids are drawn at random: copies enough that one comes before the item.
    let copied = Sandbox::new().applied();
    let (tags, properties) = (item(&copied)["tags"].clone(), item(&copied)["properties"].clone());
    for n in 0..8 {
        let title = format!("Copy {n}");
        let add = json!({"act": "add", "title": title, "tags": tags, "privileges": ["premium:user:basemaps"]});
        copied.portal.person(&add);
        let set = json!({ "properties": properties });
        copied.portal.person(&json!({"act": "edit", "item": copied.portal.id(&title), "set": set}));
    }
    // The key lives on and may be used from pages that no configuration names any more.
    let elsewhere = Sandbox::on(Start::default().switch("referrer_update=keeps")).config(SHOP).applied();
    let edit = json!({"act": "app", "item": item(&elsewhere)["id"], "referrers": ["https://*.example.net"]});
    elsewhere.portal.person(&edit);
    for (what, sandbox) in [("copied", copied), ("elsewhere", elsewhere)] {
        let key = sandbox.key_in(".env");
        let run = by_key(&sandbox, &key);
        assert!(!sandbox.portal.live().contains(&keyform::emulator::fingerprint(&key)), "{what}: {}", run.text());
        assert_eq!(run.code, Some(0), "{what}: {}", run.text());
        // No ledger tells of it any more, so nobody can say that it is dead.
        let again = by_key(&sandbox, &key);
        assert!(again.code == Some(3) && again.said().contains("NOT revoked"), "{what}: {}", again.text());
    }
}

#[test]
fn a_sink_that_cannot_be_read_does_not_keep_a_leaked_key_alive() {
    let (run, dead) = told_the_truth(
        |sandbox| {
            std::fs::remove_file(sandbox.path(".env")).unwrap();
            std::fs::create_dir(sandbox.path(".env")).unwrap();
        },
        &REVOKE,
    );
    assert!(dead, "{}", run.text());
}

#[test]
fn an_item_of_somebody_else_with_our_tag_is_refused_by_name() {
    let sandbox = Sandbox::new();
    let tags = json!(["keyform:shop/web"]);
    let add = json!({"act": "add", "user": "colleague", "title": "Theirs", "tags": tags, "days": 30,
        "privileges": ["premium:user:basemaps"]});
    sandbox.portal.person(&add);
    let theirs = sandbox.portal.id("Theirs");
    sandbox.portal.forget();
    for args in
        [REVOKE.to_vec(), vec!["revoke", "--item", &theirs, "--slot", "1", "--because", "x", "--confirm", &theirs]]
    {
        let run = sandbox.run(&args);
        assert_eq!(run.code, Some(3), "{}", run.text());
        assert!(run.text().contains("NOT revoked"), "{}", run.text());
    }
    assert!(sandbox.portal.writes().is_empty(), "{:?}", sandbox.portal.writes());
}

#[test]
fn an_item_that_says_nothing_of_its_credential_is_revoked_by_its_id() {
    let sandbox = Sandbox::new().applied();
    let key = sandbox.key_in(".env");
    let id = sandbox.portal.id("Shop map");
    edit(&sandbox, &json!({"tags": "somebody", "properties": {"other": 1}}));
    let run = sandbox.run(&REVOKE);
    assert_eq!((run.code, sandbox.portal.opens(&key, PAGE)), (Some(3), 200), "{}", run.text());
    assert!(run.text().contains("NOT revoked"), "{}", run.text());
    let run = sandbox.run(&["revoke", "--item", &id, "--slot", "1", "--because", "x", "--confirm", &id]);
    assert_eq!((run.code, sandbox.portal.opens(&key, PAGE)), (Some(0), 498), "{}", run.text());
    let again = sandbox.run(&["revoke", "--item", &id, "--slot", "1", "--because", "x", "--confirm", &id]);
    assert_eq!(again.code, Some(0), "{}", again.text());
    assert!(again.text().contains("is dead"), "{}", again.text());
}

#[test]
fn a_portal_that_refuses_to_revoke_is_not_called_a_success() {
    let sandbox = Sandbox::new().applied();
    let key = sandbox.key_in(".env");
    sandbox.portal.call("POST", "portal", &json!({"read_only": true}));
    let run = sandbox.run(&REVOKE);
    assert_eq!((run.code, sandbox.portal.opens(&key, PAGE)), (Some(3), 200), "{}", run.text());
    assert!(run.text().contains("NOT revoked"), "{}", run.text());
}

#[test]
fn the_key_of_a_copy_is_not_a_key_of_the_credential() {
    let sandbox = Sandbox::new().applied();
    let home = item(&sandbox);
    let (tags, properties) = (home["tags"].clone(), home["properties"].clone());
    let add = json!({"act": "add", "title": "Copy", "tags": tags, "days": 30, "privileges": ["premium:user:basemaps"]});
    sandbox.portal.person(&add);
    let copy = sandbox.portal.id("Copy");
    sandbox.portal.person(&json!({"act": "edit", "item": copy, "set": { "properties": properties }}));
    sandbox.portal.person(&json!({"act": "revoke", "item": home["id"], "slot": 1}));
    let [key] = sandbox.portal.live().try_into().unwrap();
    let run = sandbox.run(&REVOKE);
    assert!(sandbox.portal.live().contains(&key), "{}", run.text());
    assert!(run.text().contains("holds no live key"), "{}", run.text());
}

#[test]
fn what_was_asked_to_go_and_has_the_ledger_of_something_else_is_not_called_gone() {
    let destroy: &[&str] = &["destroy", "web", "--confirm", "shop"];
    let forget = &["forget", "web", "--auto-approve"];
    let no_item = "0".repeat(32);
    for (args, member, other) in [(destroy, "name", "api"), (destroy, "item", &no_item), (forget, "name", "api")] {
        let sandbox = Sandbox::new().applied();
        ledger(&sandbox, |ledger| ledger[member] = json!(other));
        let run = sandbox.run(args);
        assert_eq!(run.code, Some(3), "{}", run.text());
        assert!(run.text().contains("blocked       item ITEM carries"), "{}", run.text());
    }
}
