//! Sections 1, 2, 4 and 11: who may do what, and what the portal says about itself.

use keyform::emulator::{Profile, Request, Setup};
use serde_json::json;

use super::world::{BASEMAPS, World, code, text};

fn of(profile: Profile) -> World {
    World::with(Setup { profile, ..Setup::default() })
}

#[test]
fn the_root_names_the_version() {
    // 1.2
    assert_eq!(of(Profile::Online).get(""), json!({"currentVersion": "2025.1"}));
    assert_eq!(
        of(Profile::Enterprise113).get(""),
        json!({"currentVersion": "2024.1", "enterpriseVersion": "11.3.0", "enterpriseBuild": "51526"})
    );
    assert_eq!(of(Profile::Enterprise114).get("")["currentVersion"], "2024.2");
    assert_eq!(of(Profile::Enterprise115).get("")["enterpriseVersion"], "11.5.0");
}

#[test]
fn the_portal_tells_online_from_enterprise_and_hides_the_user_from_strangers() {
    // 1.3
    let mut world = of(Profile::Online);
    let online = world.get("portals/self");
    assert_eq!((&online["portalName"], &online["portalMode"]), (&json!("ArcGIS Online"), &json!("multitenant")));
    assert_eq!(online["user"]["username"], "developer");
    assert!(world.raw(&Request::get("portals/self")).get("user").is_none());
    let mut world = of(Profile::Enterprise114);
    let enterprise = world.get("portals/self");
    assert_eq!((&enterprise["isPortal"], &enterprise["portalMode"]), (&json!(true), &json!("singletenant")));
    assert!(enterprise.get("urlKey").is_none());
}

#[test]
fn each_product_gives_the_privileges_it_has() {
    // 11, 15
    let holds = |profile, privilege: &str| {
        let me = of(profile).get("community/self");
        me["privileges"].as_array().unwrap().contains(&json!(privilege))
    };
    assert!(holds(Profile::Online, BASEMAPS) && holds(Profile::Online, "portal:user:generateApiTokens"));
    assert!(!holds(Profile::Enterprise115, BASEMAPS));
    assert!(holds(Profile::Enterprise115, "portal:user:assignPrivilegesToApps"));
    assert!(!holds(Profile::LocationPlatform, "portal:user:generateApiTokens"));
    assert!(holds(Profile::LocationPlatform, "portal:user:createItem"));
    for profile in [Profile::LocationPlatform, Profile::Online, Profile::Enterprise114] {
        let privilege = if profile == Profile::Enterprise114 { "features:user:edit" } else { BASEMAPS };
        let mut world = of(profile);
        let credential = world.credential(&[privilege], &[]);
        let key = world.issue(&credential, 1);
        assert_eq!(world.opens(&key), 200, "{profile:?}");
    }
}

#[test]
fn enterprise_before_11_4_has_items_and_apps_but_no_keys() {
    // 1.2, 3.3
    let mut world = of(Profile::Enterprise113);
    let credential = world.credential(&["features:user:edit"], &[]);
    let item = world.get(&format!("content/items/{}", credential.id));
    assert!(item.get("apiToken1ExpirationDate").is_none());
    assert!(world.app(&credential).get("apiToken1Active").is_none());
    assert_eq!(code(&world.token_call(&credential, 1, true)), 400);
}

#[test]
fn a_password_gives_a_token_bound_to_its_referrer_until_it_runs_out() {
    // 2.1, 2.5
    let mut world = World::new();
    let sign_in = |password: &str| {
        Request::post("generateToken")
            .with("username", "developer")
            .with("password", password)
            .with("client", "referer")
            .with("referer", "https://app.example.com")
            .with("expiration", 5)
    };
    let refused = world.raw(&sign_in("wrong"));
    assert_eq!(refused["error"]["message"], "Unable to generate token.");
    assert_eq!(refused["error"]["details"], json!(["Invalid username or password."]));
    let granted = world.raw(&sign_in("emulator"));
    assert_eq!(granted["expires"], world.ms() + 300_000);
    let token = text(&granted, "token");
    let with = |referer: &str| Request::get("community/self").token(&token).referer(referer);
    assert_eq!(world.raw(&with("https://app.example.com/x"))["username"], "developer");
    assert_eq!(code(&world.raw(&with("https://other.example.com"))), 498);
    assert_eq!(code(&world.raw(&Request::get("community/self").token(&token))), 498);
    world.pass(300);
    assert_eq!(code(&world.raw(&with("https://app.example.com"))), 498);
}

#[test]
fn no_token_lives_longer_than_the_organisation_allows() {
    // 2.1
    let mut world = World::new();
    let call = Request::post("generateToken").with("username", "developer").with("password", "emulator");
    let granted = world.raw(&call.with("client", "requestip").with("expiration", 999_999));
    assert_eq!(granted["expires"], world.ms() + 20_160 * 60_000);
}

#[test]
fn no_token_and_a_bad_token_are_told_apart() {
    // 2.5
    let mut world = World::new();
    assert_eq!(code(&world.raw(&Request::get("community/self"))), 499);
    assert_eq!(code(&world.raw(&Request::get("community/self").token("x"))), 498);
    assert_eq!(world.raw(&Request::get("community/self").token("x"))["error"]["message"], "Invalid token.");
}

#[test]
fn apps_and_keys_manage_nothing() {
    // fact 9
    let mut world = World::new();
    let credential = world.credential(&[BASEMAPS], &[]);
    let key = world.issue(&credential, 1);
    let call = Request::post("oauth2/token").with("grant_type", "client_credentials");
    let granted = world.raw(&call.with("client_id", &credential.client).with("client_secret", &credential.secret));
    assert_eq!(granted["expires_in"], 7200);
    for token in [text(&granted, "access_token"), key] {
        let add = Request::post("content/users/developer/addItem").with("type", "Application").with("title", "x");
        let answer = world.raw(&add.token(token));
        assert_eq!((code(&answer), &answer["error"]["messageCode"]), (403, &json!("GWM_0003")));
    }
}

#[test]
fn refresh_tokens_and_codes_are_refused_in_their_own_words() {
    // 2.3
    let mut world = World::new();
    let refused = world.raw(&Request::post("oauth2/token").with("grant_type", "refresh_token"));
    assert_eq!((code(&refused), &refused["error"]["error_description"]), (498, &json!("refresh_token expired")));
    assert_eq!(code(&world.raw(&Request::post("oauth2/token").with("grant_type", "authorization_code"))), 400);
}

#[test]
fn a_privilege_that_is_unknown_or_not_held_cannot_be_granted() {
    // 4.1, 11, GH#2234
    let mut world = World::new();
    let id = world.item("x");
    for privilege in ["premium:user:nonsense", "portal:admin:deleteUsers", "portal:app:access:item:0123"] {
        let refused = world.register(&id, &[BASEMAPS, privilege], &[]);
        assert_eq!((code(&refused), &refused["error"]["message"]), (500, &json!("Unable to register app.")));
        assert_eq!(refused["error"]["details"], json!(["Invalid Privileges", privilege]));
    }
    assert_eq!(world.register(&id, &[BASEMAPS], &[])["apiToken1Active"], false);
}

#[test]
fn at_most_a_hundred_items_can_be_opened() {
    // 4.1
    let mut world = World::new();
    let ids: Vec<String> = (0..101).map(|n| format!("portal:app:access:item:{}", world.item(&n.to_string()))).collect();
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    let id = world.item("x");
    assert_eq!(code(&world.register(&id, &ids, &[])), 500);
    assert!(world.register(&id, &ids[1..], &[]).get("client_id").is_some());
}

#[test]
fn anothers_item_is_not_there_and_an_administrator_sees_it() {
    // 2.5 CONT_0001, 4.2, 6.3
    let mut world = World::new();
    let credential = world.credential(&[BASEMAPS], &[]);
    let item = format!("content/items/{}", credential.id);
    let app = format!("content/users/developer/items/{}/registeredAppInfo", credential.id);
    assert_eq!(world.by("colleague", Request::get(&item))["error"]["messageCode"], "CONT_0001");
    assert_eq!(world.by("colleague", Request::get(&app))["error"]["messageCode"], "CONT_0001");
    assert_eq!(code(&world.by("colleague", Request::get("content/users/developer"))), 403);
    assert_eq!(world.by("administrator", Request::get(&item))["title"], "Map key");
    assert_eq!(text(&world.by("administrator", Request::get(&app)), "client_secret"), credential.secret);
    let register = Request::post("oauth2/registerApp").with("itemId", &credential.id).with("appType", "multiple");
    assert_eq!(code(&world.by("administrator", register.with("redirect_uris", "[]"))), 403);
}

#[test]
fn registering_twice_is_an_error_or_gives_the_same_app() {
    // 4.1
    let mut world = World::switched(&["register_twice=same"]);
    let credential = world.credential(&[BASEMAPS], &[]);
    assert_eq!(text(&world.register(&credential.id, &[], &[]), "client_id"), credential.client);
    let mut world = World::switched(&["register_twice=error"]);
    let credential = world.credential(&[BASEMAPS], &[]);
    assert_eq!(code(&world.register(&credential.id, &[], &[])), 400);
}

#[test]
fn privileges_may_come_back_expanded_dropped_or_reordered() {
    // 4.3
    let asked = ["premium:user:basemaps", "premium:user:geocode", "premium:user:geocode:stored"];
    for (setting, kept) in [
        ("privileges=kept", json!(asked)),
        ("privileges=expanded", json!([asked[0], asked[1], asked[2], "premium:user:geocode:temporary"])),
        ("privileges=dropped", json!([asked[0], asked[1]])),
        ("privileges=reordered", json!([asked[2], asked[1], asked[0]])),
    ] {
        let mut world = World::switched(&[setting]);
        let id = world.item("x");
        assert_eq!(world.register(&id, &asked, &[])["privileges"], kept, "{setting}");
    }
}

#[test]
fn an_app_is_of_a_kind_that_there_is_also_after_an_update() {
    // 3.10, 4.1, 4.4
    let mut world = World::new();
    let credential = world.credential(&[BASEMAPS], &[]);
    let update = |kind: &str| Request::post(&format!("oauth2/apps/{}/update", credential.client)).with("appType", kind);
    for kind in ["apikey", "nonsense"] {
        let refused = world.ask(update(kind));
        assert_eq!((code(&refused), &refused["error"]["details"]), (400, &json!(["Invalid appType"])), "{kind}");
    }
    assert_eq!(world.app(&credential)["appType"], "multiple");
    assert_eq!(world.ask(update("browser"))["appType"], "browser");
}

#[test]
fn what_an_app_update_does_not_mention_is_kept_or_reset() {
    // 4.4
    for (setting, kept) in [("omitted=kept", json!(["https://a.example.com"])), ("omitted=reset", json!([]))] {
        let mut world = World::switched(&[setting]);
        let credential = world.credential(&[BASEMAPS], &["https://a.example.com"]);
        let update = Request::post(&format!("oauth2/apps/{}/update", credential.client));
        let app = world.ask(update.with("privileges", json!([BASEMAPS])));
        assert_eq!(app["httpReferrers"], kept, "{setting}");
    }
}

#[test]
fn a_read_only_portal_says_so_and_takes_no_writes() {
    // 1.3
    let mut world = World::new();
    let credential = world.credential(&[BASEMAPS], &[]);
    world.state.set_read_only(true);
    assert_eq!(world.get("portals/self")["isReadOnly"], true);
    assert_eq!(code(&world.ask(Request::post("content/users/developer/createFolder").with("title", "x"))), 403);
    assert_eq!(code(&world.revoke(&credential, 1)), 403);
    assert_eq!(world.get(&format!("content/items/{}", credential.id))["title"], "Map key");
}

#[test]
fn legacy_keys_are_listed_apart_and_can_no_longer_be_made() {
    // fact 7, 9
    let mut world = of(Profile::Legacy);
    world.credential(&[BASEMAPS], &[]);
    let keys = world.get("portals/self/apiKeys");
    assert_eq!((&keys["total"], &keys["nextStart"]), (&json!(2), &json!(-1)));
    let id = text(&keys["apiKeys"][0], "itemId");
    let app = world.get(&format!("content/users/developer/items/{id}/registeredAppInfo"));
    assert!(text(&app, "apiKey").starts_with("AAPK"));
    let add = Request::post("content/users/developer/addItem").with("type", "API Key").with("title", "x");
    assert_eq!(code(&world.ask(add)), 400);
}

#[test]
fn an_account_can_be_given_less_or_more_than_usual() {
    // 11
    let create = || Request::post("content/users/developer/addItem").with("type", "Application").with("title", "x");
    let mut world = World::with(Setup { role: Some("viewer".to_owned()), ..Setup::default() });
    assert_eq!(code(&world.ask(create())), 403);
    let without = vec!["portal:user:assignPrivilegesToApps".to_owned()];
    let mut world = World::with(Setup { without, ..Setup::default() });
    let id = world.item("x");
    assert_eq!(code(&world.register(&id, &[BASEMAPS], &[])), 403);
    let mut world = World::with(Setup { administrator: true, ..Setup::default() });
    assert_eq!(world.get("community/self")["role"], "org_admin");
    assert_eq!(world.get("content/users/colleague")["username"], "colleague");
}

#[test]
fn the_endpoints_esris_python_client_asks_beside_these_are_there() {
    // CON, CM
    let mut world = World::new();
    assert_eq!(world.get("info")["authInfo"]["isTokenBasedSecurity"], true);
    let id = world.item("x");
    assert_eq!(world.get(&format!("content/users/developer/items/{id}/status"))["status"], "completed");
    let nobody = json!({"admin": [], "member": [], "other": []});
    assert_eq!(world.get(&format!("content/items/{id}/groups")), nobody);
    let stranger = world.raw(&Request::get(&format!("content/items/{id}/groups")));
    assert_eq!(stranger["error"]["messageCode"], "CONT_0001");
    let role = world.get("community/self")["roleId"].clone();
    let roles = world.get("portals/self/roles");
    assert_eq!(roles["total"], 2);
    assert!(roles["roles"].as_array().unwrap().iter().any(|one| one["id"] == role), "{role} {roles}");
}

#[test]
fn members_are_listed_for_who_may_see_them() {
    // 6.3
    let mut world = World::new();
    let users = world.get("portals/self/users");
    assert_eq!((&users["total"], &users["users"][0]["username"]), (&json!(3), &json!("administrator")));
    assert_eq!(of(Profile::LocationPlatform).get("portals/self/users")["total"], 1);
}
