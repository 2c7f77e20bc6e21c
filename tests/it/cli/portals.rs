//! The products, and what stands in the way: one row a case, with what a script would see of it.

use std::collections::BTreeMap;

use serde_json::json;

use crate::support::portal::{PAGE, Start};
use crate::support::sandbox::Sandbox;

/// A configuration for any product.
fn config(privileges: &str, portal: &str) -> String {
    format!(
        "keyform: 1
stack: shop
portal: {{ url: PORTAL{portal} }}
lint: {{ allow: [] }}
credentials:
  web:
    title: Shop map
    used_in: browser
    {privileges}
    referrers: [https://shop.example.com]
    deliver:
      - dotenv: {{ path: .env, name: ARCGIS_API_KEY }}
"
    )
}

const BASEMAPS: &str = "privileges: [premium:user:basemaps]";
const EDIT: &str = "privileges: [features:user:edit]\n    acknowledge_personal: true";

/// What a script sees of a run: the exit code, the code of the error, and whether anything was written.
fn seen(sandbox: &Sandbox, args: &[&str]) -> String {
    sandbox.portal.forget();
    let run = sandbox.run(args);
    let mut seen = format!("{} {}", args[0], run.code.unwrap());
    if let Some(code) = run.error_code() {
        seen.push_str(&code.replace("keyform::", " "));
    }
    if !sandbox.portal.writes().is_empty() {
        seen.push_str(" writes");
    }
    seen
}

#[test]
fn every_product_is_served_from_nothing_to_no_changes() {
    let rows = [
        ("online", "", BASEMAPS),
        ("online", "", EDIT),
        ("location-platform", "", BASEMAPS),
        ("enterprise-11.5", "", EDIT),
        ("enterprise-11.4", "", EDIT),
        ("enterprise-11.3", "", EDIT),
        ("online", "/portal", BASEMAPS),
        ("location-platform", "/portal", BASEMAPS),
        ("enterprise-11.5", "/portal", EDIT),
        ("enterprise-11.4", "/gis/portal", EDIT),
        ("enterprise-11.3", "/portal", EDIT),
    ];
    let mut table = String::new();
    for (profile, context, privileges) in rows {
        let start = Start::default().profile(profile);
        let start = if context.is_empty() { start } else { start.context(context) };
        let sandbox = Sandbox::on(start).config(&config(privileges, ""));
        let (plan, apply) = (&["plan", "--detailed-exitcode"][..], &["apply", "--auto-approve"][..]);
        let runs = [plan, apply, plan, apply, &["doctor"]].map(|args| seen(&sandbox, args));
        let granted = if privileges == EDIT { "edit" } else { "basemaps" };
        table.push_str(&format!("{profile}{context}, {granted}: {}\n", runs.join(", ")));
        if sandbox.path(".env").exists() && privileges != EDIT {
            assert_eq!(sandbox.portal.opens(&sandbox.key_in(".env"), PAGE), 200, "{profile}");
        }
    }
    insta::assert_snapshot!(table, @r"
    online, basemaps: plan 2, apply 0 writes, plan 0, apply 0, doctor 0
    online, edit: plan 2, apply 0 writes, plan 0, apply 0, doctor 0
    location-platform, basemaps: plan 2, apply 0 writes, plan 0, apply 0, doctor 0
    enterprise-11.5, edit: plan 2, apply 0 writes, plan 0, apply 0, doctor 0
    enterprise-11.4, edit: plan 2, apply 0 writes, plan 0, apply 0, doctor 0
    enterprise-11.3, edit: plan 1 portal::too_old, apply 1 portal::too_old, plan 1 portal::too_old, apply 1 portal::too_old, doctor 1 portal::too_old
    online/portal, basemaps: plan 2, apply 0 writes, plan 0, apply 0, doctor 0
    location-platform/portal, basemaps: plan 2, apply 0 writes, plan 0, apply 0, doctor 0
    enterprise-11.5/portal, edit: plan 2, apply 0 writes, plan 0, apply 0, doctor 0
    enterprise-11.4/gis/portal, edit: plan 2, apply 0 writes, plan 0, apply 0, doctor 0
    enterprise-11.3/portal, edit: plan 1 portal::too_old, apply 1 portal::too_old, plan 1 portal::too_old, apply 1 portal::too_old, doctor 1 portal::too_old
    ");
}

#[test]
fn what_one_create_asks_of_the_portal_is_known() {
    let sandbox = Sandbox::on(Start::default()).config(&config(BASEMAPS, ""));
    sandbox.portal.forget();
    sandbox.done(&["apply", "--auto-approve"]);
    let writes: Vec<String> =
        sandbox.portal.writes().into_iter().map(|(endpoint, count)| format!("{endpoint} {count}")).collect();
    insta::assert_snapshot!(writes.join("\n"), @r"
    addItem 1
    createFolder 1
    delete 1
    registerApp 1
    token 1
    update 7
    ");
    for entry in sandbox.portal.get("log").as_array().unwrap() {
        let (query, token) = (entry["query"].as_str().unwrap(), entry["token"].as_array().unwrap());
        assert!(!query.contains("token") && !token.contains(&json!("query")), "a token in a URL: {entry}");
    }
}

#[test]
fn what_stands_in_the_way_is_told_by_a_code_before_anything_is_written() {
    let mut table = String::new();
    let mut case = |title: &str, sandbox: &Sandbox| {
        let before = sandbox.portal.get("state");
        let runs = [&["plan", "--detailed-exitcode"][..], &["apply", "--auto-approve"], &["doctor"]].map(|args| {
            let seen = seen(sandbox, args);
            assert_eq!(sandbox.portal.writes(), BTreeMap::new(), "{title}: {args:?}");
            seen
        });
        table.push_str(&format!("{title}: {}\n", runs.join(", ")));
        let after = sandbox.portal.get("state");
        for part in ["items", "keys", "folders"] {
            assert_eq!(before[part], after[part], "{title} changed {part}");
        }
    };

    let sandbox = Sandbox::on(Start::default().profile("enterprise-11.4")).config(&config(BASEMAPS, ""));
    case("a location service on Enterprise", &sandbox);

    for privilege in ["generateApiTokens", "assignPrivilegesToApps", "createItem"] {
        let sandbox = Sandbox::on(Start::default()).config(&config(BASEMAPS, ""));
        sandbox.portal.call(
            "POST",
            "portal",
            &json!({"user": "developer", "take": [format!("portal:user:{privilege}")]}),
        );
        case(&format!("an account without {privilege}"), &sandbox);
    }

    let sandbox = Sandbox::on(Start::default()).config(&config(BASEMAPS, ""));
    sandbox.portal.call("POST", "portal", &json!({"user": "developer", "take": ["premium:user:basemaps"]}));
    case("an account that does not hold what it would grant", &sandbox);

    let sandbox = Sandbox::on(Start::default()).config(&config(BASEMAPS, ""));
    sandbox.portal.call("POST", "portal", &json!({"read_only": true}));
    case("a read-only portal", &sandbox);

    case(
        "another organisation",
        &Sandbox::on(Start::default()).config(&config(BASEMAPS, ", expect: { org: Ab12Cd34Ef56Gh78 }")),
    );
    case(
        "another account",
        &Sandbox::on(Start::default()).config(&config(BASEMAPS, ", expect: { account: svc-keys }")),
    );

    let wrong = |env: &[(&'static str, &str)]| Sandbox::on(Start::default()).config(&config(BASEMAPS, "")).env(env);
    case("a wrong token", &wrong(&[("KEYFORM_TOKEN", "nonsense")]));
    case("a wrong password", &wrong(&[("KEYFORM_USERNAME", "developer"), ("KEYFORM_PASSWORD", "nonsense")]));
    case("no password", &wrong(&[("KEYFORM_USERNAME", "developer")]));
    case("no sign-in", &wrong(&[]));
    case("a sign-in of another version", &wrong(&[("KEYFORM_CLIENT_ID", "app"), ("KEYFORM_REFRESH_TOKEN", "x")]));
    case("a token twice", &wrong(&[("KEYFORM_TOKEN", "x"), ("KEYFORM_TOKEN_FILE", "keyform.yaml")]));
    case("a token in a file that is not there", &wrong(&[("KEYFORM_TOKEN_FILE", "nowhere")]));

    let sandbox = Sandbox::on(Start::default());
    let no_portal = sandbox.portal.url() + "/elsewhere";
    case("no portal at that path", &sandbox.config(&config(BASEMAPS, "").replace("PORTAL", &no_portal)));
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let nobody = config(BASEMAPS, "").replace("PORTAL", &format!("http://{closed}"));
    case("nobody at that port", &Sandbox::on(Start::default()).config(&nobody));

    let marked = |tags: &[&str]| {
        let sandbox = Sandbox::on(Start::default()).config(&config(BASEMAPS, ""));
        sandbox.portal.person(&json!({"act": "add", "user": "developer", "title": "Theirs", "tags": tags,
            "privileges": ["premium:user:basemaps"], "days": 30}));
        sandbox.portal.pass("1h");
        sandbox
    };
    case("our marker and an active key, without a ledger", &marked(&["keyform:shop/web"]));
    case("markers of two stacks", &marked(&["keyform:shop/web", "keyform:other/web"]));

    insta::assert_snapshot!(table, @"
    a location service on Enterprise: plan 2 plan::rights, apply 3 plan::rights, doctor 1
    an account without generateApiTokens: plan 2 plan::rights, apply 3 plan::rights, doctor 1
    an account without assignPrivilegesToApps: plan 2 plan::rights, apply 3 plan::rights, doctor 1
    an account without createItem: plan 2 plan::rights, apply 3 plan::rights, doctor 1
    an account that does not hold what it would grant: plan 2 plan::rights, apply 3 plan::rights, doctor 1
    a read-only portal: plan 2, apply 1 apply::read_only, doctor 1
    another organisation: plan 1 live::wrong_org, apply 1 live::wrong_org, doctor 1
    another account: plan 1 live::wrong_account, apply 1 live::wrong_account, doctor 1
    a wrong token: plan 1 portal::invalid_token, apply 1 portal::invalid_token, doctor 1 portal::invalid_token
    a wrong password: plan 1 portal::wrong_credentials, apply 1 portal::wrong_credentials, doctor 1 portal::wrong_credentials
    no password: plan 1 cli::no_sign_in, apply 1 cli::no_sign_in, doctor 1 cli::no_sign_in
    no sign-in: plan 1 cli::no_sign_in, apply 1 cli::no_sign_in, doctor 1 cli::no_sign_in
    a sign-in of another version: plan 1 cli::no_sign_in, apply 1 cli::no_sign_in, doctor 1 cli::no_sign_in
    a token twice: plan 1 cli::environment, apply 1 cli::environment, doctor 1 cli::environment
    a token in a file that is not there: plan 1 cli::environment, apply 1 cli::environment, doctor 1 cli::environment
    no portal at that path: plan 1 portal::not_a_portal, apply 1 portal::not_a_portal, doctor 1 portal::not_a_portal
    nobody at that port: plan 1 portal::unreachable, apply 1 portal::unreachable, doctor 1 portal::unreachable
    our marker and an active key, without a ledger: plan 2 plan::ledger, apply 3 plan::ledger, doctor 0
    markers of two stacks: plan 2 plan::other_stack, apply 3 plan::other_stack, doctor 0
    ");
}

#[test]
fn a_read_only_portal_is_refused_in_words() {
    let sandbox = Sandbox::on(Start::default()).config(&config(BASEMAPS, ""));
    sandbox.portal.call("POST", "portal", &json!({"read_only": true}));
    insta::assert_snapshot!(sandbox.run(&["apply", "--auto-approve"]).stderr, @"
    error[keyform::apply::read_only]: the portal is read-only for now; nothing was changed
      help: run again when the portal's maintenance is over
    ");
    insta::assert_snapshot!(sandbox.keyform(&["doctor"]), @r"
    ok    reach     the portal answers an authenticated caller
    ok    product   ArcGIS Online 2025.1, organisation i3i1TGs7S5FPUnwu
    ok    account   developer (org_publisher)
    ok    rights    the account may manage API keys
    note  clock     this machine is off by 0 s; keyform goes by the portal's clock
    FAIL  writes    the portal is read-only for now
    ok    lease     free
    [exit 1]
    ");
}

#[test]
fn another_stacks_item_is_never_touched() {
    let sandbox = Sandbox::on(Start::default()).config(&config(BASEMAPS, "")).applied();
    let key = sandbox.key_in(".env");
    // The same name in another stack of the same account.
    sandbox.edit("stack: shop", "stack: other");
    sandbox.edit("path: .env", "path: .env.other");
    let before = sandbox.portal.items("Shop map");
    let sandbox = sandbox.applied();
    let after = sandbox.portal.items("Shop map");
    assert_eq!(after.len(), 2);
    assert!(after.contains(&before[0]), "the first stack's item was changed");
    assert_eq!(sandbox.portal.opens(&key, PAGE), 200);
}

#[test]
fn a_user_name_and_a_password_are_a_sign_in() {
    let sandbox = Sandbox::on(Start::default()).config(&config(BASEMAPS, ""));
    sandbox.declare("password");
    sandbox.write("password", format!("{}\n", sandbox.portal.password));
    let user = keyform::emulator::USER;
    let sandbox = sandbox.env(&[("KEYFORM_USERNAME", user), ("KEYFORM_PASSWORD_FILE", "password")]);
    let run = sandbox.run(&["apply", "--auto-approve"]);
    assert_eq!(run.code, Some(0), "{}", run.text());
    assert_eq!(sandbox.portal.opens(&sandbox.key_in(".env"), PAGE), 200);
}
