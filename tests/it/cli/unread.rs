//! One credential that cannot be read is that one's trouble.

use serde_json::{Value, json};

use crate::support::sandbox::Sandbox;

fn fifty() -> String {
    let mut text = "keyform: 1\nstack: shop\nportal: { url: PORTAL, product: PRODUCT }\ncredentials:\n".to_owned();
    for n in 0..50 {
        text.push_str(&format!(
            "  app-{n:02}:
    title: Application {n:02}
    used_in: browser
    privileges: [premium:user:basemaps]
    referrers: [https://app-{n:02}.example.com]
    deliver:
      - dotenv: {{ path: keys.env, name: KEY_{n:02} }}
"
        ));
    }
    text
}

fn causes() -> Vec<(&'static str, &'static str, Value)> {
    let (item, app) = ("content/items/ID", "content/users/*/items/ID/registeredAppInfo");
    let error = |code: u16, message: &str| json!({"error": {"code": code, "message": message}});
    vec![
        ("refused", item, error(403, "You do not have permissions to access this resource.")),
        ("a page", item, json!({"status": {"status": 500}})),
        ("nothing", item, json!("empty")),
        ("another item", item, json!({"body": {"id": "0".repeat(32), "owner": "developer"}})),
        ("the app is garbage", app, json!({"body": {}})),
        ("the app without privileges", app, app_without("privileges")),
        ("the app without referrers", app, app_without("httpReferrers")),
    ]
}

/// What is read of an app of [`fifty`], but for one member.
fn app_without(member: &str) -> Value {
    let mut app = json!({
        "client_id": "aBcDeFgH12345678", "appType": "multiple", "redirect_uris": ["urn:ietf:wg:oauth:2.0:oob"],
        "httpReferrers": ["https://app-07.example.com"], "privileges": ["premium:user:basemaps"],
        "isPersonalAPIToken": false, "apiToken1Active": true, "apiToken2Active": false,
    });
    app.as_object_mut().unwrap().remove(member).unwrap();
    json!({"body": app})
}

/// The first command of keyform's that is named, without its name and the marks around it.
fn named_command(said: &str) -> Vec<String> {
    let words = said.split_whitespace().collect::<Vec<_>>().join(" ");
    let (_, rest) = words.split_once("`keyform ").unwrap_or_else(|| panic!("no command is named: {said}"));
    let (command, _) = rest.split_once('`').unwrap();
    command.split(' ').map(str::to_owned).collect()
}

#[test]
fn one_of_fifty_is_blocked_the_others_go_on_and_the_command_that_is_named_ends_it() {
    let sandbox = Sandbox::new().config(&fifty()).applied();
    let id = sandbox.portal.id("Application 07");
    for (n, (what, endpoint, does)) in causes().into_iter().enumerate() {
        // Every key is due.
        sandbox.portal.pass("160d");
        let before = sandbox.read("keys.env");
        let fault = json!({"endpoint": endpoint.replace("ID", &id), "times": 100_000, "does": does});
        sandbox.portal.fault(&fault);
        let plan = sandbox.run(&["plan", "--detailed-exitcode"]);
        assert_eq!(plan.code, Some(2), "{what}: {}", plan.said());
        let apply = sandbox.run(&["apply", "--auto-approve"]);
        assert_eq!(apply.code, Some(3), "{what}: {}", apply.said());
        let after = sandbox.read("keys.env");
        let same: Vec<&str> = before.lines().filter(|line| after.contains(line)).collect();
        assert!(same.len() == 1 && same[0].starts_with("KEY_07="), "{what}: {} keys are as before", same.len());
        assert!(apply.said().contains("app-07") && apply.said().contains(&id), "{what}: {}", apply.said());
        sandbox.portal.no_faults();
        let command = named_command(&apply.said());
        let mut command: Vec<&str> = command.iter().map(String::as_str).collect();
        command.push("--auto-approve");
        let fixed = sandbox.run(&command);
        assert_eq!(fixed.code, Some(0), "{what}: {command:?}: {}", fixed.said());
        assert!(!sandbox.read("keys.env").contains(same[0]), "{what}: it has a new key");
        // Nothing is left but the old keys, whose overlap goes on.
        let next = sandbox.run(&["plan", "--detailed-exitcode"]);
        assert_eq!(next.code, Some(0), "{what} ({n}): {}", next.said());
    }
}
