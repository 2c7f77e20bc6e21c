//! Sections 5, 8, 10 and 13.7: keys and what ends them.

use jiff::Timestamp;
use keyform::emulator::{Request, fingerprint};
use serde_json::json;

use super::world::{BASEMAPS, Credential, GEOCODE, SECURED, World, code, text};

fn two_keys(world: &mut World) -> (Credential, String, String) {
    let credential = world.credential(&[BASEMAPS], &[]);
    let (one, two) = (world.issue(&credential, 1), world.issue(&credential, 2));
    assert_eq!((world.opens(&one), world.opens(&two)), (200, 200));
    (credential, one, two)
}

#[test]
fn a_key_tells_its_slot_ten_characters_from_its_end() {
    // 5.3
    let (_, one, two) = two_keys(&mut World::new());
    for (key, slot) in [(one, b'1'), (two, b'2')] {
        assert!(key.starts_with("AAPT") && (200..=330).contains(&key.len()), "{}", key.len());
        assert_eq!(key.as_bytes()[key.len() - 10], slot);
        assert_eq!(&key[key.len() - 13..key.len() - 10], ".AT");
    }
}

#[test]
fn generating_replaces_the_key_of_that_slot_and_no_other() {
    // fact 2
    let mut world = World::new();
    let (credential, one, two) = two_keys(&mut world);
    let again = world.issue(&credential, 1);
    assert_eq!((world.opens(&one), world.opens(&two), world.opens(&again)), (498, 200, 200));
}

#[test]
fn a_change_of_privileges_ends_both_keys_and_leaves_the_dates() {
    // fact 1, 4.4
    let mut world = World::new();
    let (credential, one, two) = two_keys(&mut world);
    let dates = world.get(&format!("content/items/{}", credential.id))["apiToken1ExpirationDate"].clone();
    let app = world.update_app(&credential, &[BASEMAPS, GEOCODE], &[]);
    assert_eq!((&app["apiToken1Active"], &app["apiToken2Active"]), (&json!(false), &json!(false)));
    assert_eq!((world.opens(&one), world.opens(&two)), (498, 498));
    assert_eq!(world.get(&format!("content/items/{}", credential.id))["apiToken1ExpirationDate"], dates);
}

#[test]
fn a_token_of_an_app_is_good_for_its_referrers_while_there_is_an_app() {
    // 10, 3.8, 4.5
    let mut world = World::new();
    let credential = world.credential(&[BASEMAPS], &["https://app.example.com"]);
    let sign_in = Request::post("oauth2/token").with("grant_type", "client_credentials");
    let sign_in = sign_in.with("client_id", &credential.client).with("client_secret", &credential.secret);
    let token = text(&world.raw(&sign_in), "access_token");
    let from = |referer: &str| Request::get(SECURED).token(&token).referer(referer);
    let opens = |world: &mut World, request: Request| world.state.handle(&request, world.now).status;
    assert_eq!(opens(&mut world, from("https://app.example.com/x")), 200);
    assert_eq!(opens(&mut world, from("https://other.example.com")), 498);
    assert_eq!(opens(&mut world, Request::get(SECURED).token(&token)), 498);
    let item = |verb: &str| Request::post(&format!("content/users/developer/items/{}/{verb}", credential.id));
    world.ask(item("delete"));
    assert_eq!(opens(&mut world, from("https://app.example.com/x")), 498);
    world.ask(item("restore"));
    assert_eq!(opens(&mut world, from("https://app.example.com/x")), 200);
    world.ask(Request::post(&format!("oauth2/apps/{}/unregister", credential.client)));
    assert_eq!(opens(&mut world, from("https://app.example.com/x")), 498);
}

#[test]
fn a_date_has_no_effect_before_the_item_is_registered() {
    // 3.2
    let mut world = World::new();
    let date = world.ms() + 30 * 86_400_000;
    let add = Request::post("content/users/developer/addItem").with("type", "Application").with("title", "x");
    let id = text(&world.ask(add.with("apiToken1ExpirationDate", date)), "id");
    let shown = |world: &mut World| world.get(&format!("content/items/{id}"))["apiToken1ExpirationDate"].clone();
    assert_eq!(shown(&mut world), -1);
    assert_eq!(world.date(&id, 1, date)["success"], true);
    assert_eq!(shown(&mut world), -1);
    let app = world.register(&id, &[BASEMAPS], &[]);
    let (client, secret) = (text(&app, "client_id"), text(&app, "client_secret"));
    let credential = Credential { id: id.clone(), client, secret };
    assert_eq!(code(&world.token_call(&credential, 1, true)), 400);
    world.date(&id, 1, date);
    assert_eq!(shown(&mut world), date);
    assert_eq!(world.token_call(&credential, 1, true)["expires_in"], 30 * 86_400);
}

#[test]
fn an_edit_of_title_and_tags_leaves_the_keys_alone() {
    // 3.4
    let mut world = World::switched(&["date_update=ends"]);
    let (credential, one, two) = two_keys(&mut world);
    let update = Request::post(&format!("content/users/developer/items/{}/update", credential.id));
    world.ask(update.with("title", "Other").with("tags", "a,b"));
    assert_eq!((world.opens(&one), world.opens(&two)), (200, 200));
}

#[test]
fn revoking_ends_one_key() {
    // 5.5
    let mut world = World::new();
    let (credential, one, two) = two_keys(&mut world);
    assert_eq!(world.revoke(&credential, 1), json!({"success": true}));
    assert_eq!((world.opens(&one), world.opens(&two)), (498, 200));
    assert_eq!(world.app(&credential)["apiToken1Active"], false);
    assert_eq!(world.app(&credential)["apiToken2Active"], true);
}

#[test]
fn revoking_without_a_slot_answers_success_and_does_nothing() {
    // 12: the REST JS client drops the parameter when it finds no slot
    let mut world = World::new();
    let (credential, one, _) = two_keys(&mut world);
    let call = Request::post("oauth2/revokeToken").with("client_id", &credential.client);
    assert_eq!(world.raw(&call.with("client_secret", &credential.secret)), json!({"success": true}));
    assert_eq!(world.opens(&one), 200);
}

#[test]
fn a_key_ends_when_it_was_told_to_even_if_the_date_is_moved() {
    // 3.4: the expiry is fixed when the key is generated
    let mut world = World::new();
    let (credential, one, _) = two_keys(&mut world);
    let later = world.ms() + 300 * 86_400_000;
    world.date(&credential.id, 1, later);
    world.pass(29 * 86_400);
    assert_eq!(world.opens(&one), 200);
    world.pass(86_400);
    assert_eq!(world.opens(&one), 498);
}

#[test]
fn a_token_call_needs_a_date_in_the_future() {
    // 5.1, 5.4
    let mut world = World::new();
    let credential = world.credential(&[BASEMAPS], &[]);
    assert_eq!(code(&world.token_call(&credential, 1, true)), 400);
    let past = world.ms() - 1;
    world.date(&credential.id, 1, past);
    assert_eq!(code(&world.token_call(&credential, 1, true)), 400);
}

#[test]
fn the_secret_is_the_authority_and_a_wrong_one_is_named() {
    // 5.1, 2.3
    let mut world = World::new();
    let mut credential = world.credential(&[BASEMAPS], &[]);
    credential.secret = "0".repeat(32);
    let answer = world.token_call(&credential, 1, true);
    assert_eq!(answer["error"]["error_description"], "Invalid client_secret");
    credential.client = "nobody".to_owned();
    assert_eq!(world.token_call(&credential, 1, true)["error"]["error"], "invalid_client_id");
}

#[test]
fn a_key_names_its_item_its_app_its_privileges_and_its_end() {
    // fact 10, 7.3
    let mut world = World::new();
    let credential = world.credential(&[BASEMAPS], &["https://app.example.com"]);
    let key = world.issue(&credential, 1);
    let with = Request::get("portals/self").token(&key).referer("https://app.example.com/map");
    let info = world.raw(&with)["appInfo"].clone();
    assert_eq!(info["itemId"], credential.id);
    assert_eq!(info["appId"], credential.client);
    assert_eq!(info["privileges"], json!([BASEMAPS]));
    assert_eq!(info["expirationDate"], world.ms() + 30 * 86_400_000);
    assert_eq!(code(&world.raw(&Request::get("portals/self").token(&key))), 498);
    assert_eq!(code(&world.raw(&Request::get("community/self").token(&key).referer("https://b.example.com"))), 498);
}

#[test]
fn the_right_referrer_opens_the_service_and_a_wrong_one_does_not() {
    // 8, 10
    let mut world = World::new();
    let credential = world.credential(&[BASEMAPS], &["https://*.example.com"]);
    let key = world.issue(&credential, 2);
    for (referer, status) in [
        ("https://app.example.com/x", 200),
        ("https://EXAMPLE.com", 200),
        ("http://app.example.com", 498),
        ("https://app.example.org", 498),
        ("https://badexample.com", 498),
    ] {
        let request = Request::get("/arcgis/rest/services/Demo/secured").with("token", &key).referer(referer);
        assert_eq!(world.state.handle(&request, world.now).status, status, "{referer}");
    }
    assert_eq!(world.opens(&key), 498);
}

#[test]
fn a_classic_service_sends_the_same_error_with_status_200() {
    // 8
    let mut world = World::new();
    let answer =
        world.state.handle(&Request::get("/arcgis/rest/services/Demo/classic/secured").token("none"), world.now);
    assert_eq!((answer.status, answer.error_code()), (200, Some(498)));
    let none = world.state.handle(&Request::get("/arcgis/rest/services/Demo/secured"), world.now);
    assert_eq!(none.status, 499);
}

#[test]
fn a_missing_privilege_is_denied() {
    // 8
    let mut world = World::new();
    let credential = world.credential(&[GEOCODE], &[]);
    let key = world.issue(&credential, 1);
    assert_eq!(world.opens(&key), 403);
}

#[test]
fn deleting_or_unregistering_ends_the_keys() {
    // 3.8, 4.5
    let mut world = World::new();
    let (credential, one, _) = two_keys(&mut world);
    let delete = Request::post(&format!("content/users/developer/items/{}/delete", credential.id));
    assert_eq!(world.ask(delete.with("permanentDelete", true))["success"], true);
    assert_eq!(world.opens(&one), 498);
    let (credential, one, _) = two_keys(&mut world);
    let done = world.ask(Request::post(&format!("oauth2/apps/{}/unregister", credential.client)));
    assert_eq!(done, json!({"success": true, "itemId": credential.id}));
    assert_eq!(world.opens(&one), 498);
    assert_eq!(world.app(&credential)["error"]["messageCode"], "CONT_0001");
}

#[test]
fn an_item_that_is_not_registered_is_refused_in_the_way_the_switch_says() {
    // 4.2
    for (setting, status, body) in [
        ("cont_0001", 200, r#""messageCode":"CONT_0001""#),
        ("400", 200, r#"{"code":400,"message":"Item is not"#),
        ("403", 200, r#""code":403"#),
        ("404", 200, r#""code":404"#),
        ("page_404", 404, "<!DOCTYPE html>"),
        ("empty", 200, "{}"),
    ] {
        let mut world = World::switched(&[&format!("unregistered={setting}")]);
        let id = world.item("Map key");
        let path = format!("content/users/developer/items/{id}/registeredAppInfo");
        let token = world.token.clone();
        let answer = world.state.handle(&Request::get(&path).token(token), world.now);
        assert_eq!(answer.status, status, "{setting}");
        assert!(answer.body.contains(body), "{setting}: {}", answer.body);
        let keywords = world.get(&format!("content/items/{id}"))["typeKeywords"].to_string();
        assert!(!keywords.contains("Registered App"), "{keywords}");
        world.register(&id, &[BASEMAPS], &[]);
        let keywords = world.get(&format!("content/items/{id}"))["typeKeywords"].to_string();
        assert!(keywords.contains("Registered App"), "{keywords}");
        assert!(world.get(&path)["client_id"].is_string(), "{setting}");
    }
}

#[test]
fn the_account_needs_the_right_to_generate_except_on_location_platform() {
    // 11
    let mut world = World::new();
    let credential = world.credential(&[BASEMAPS], &[]);
    let date = world.ms() + 86_400_000;
    world.date(&credential.id, 1, date);
    world.state.set_privilege("developer", "portal:user:generateApiTokens", false);
    assert_eq!(code(&world.token_call(&credential, 1, true)), 403);
}

// 13.7: what no document says

#[test]
fn a_bare_date_update_ends_the_key_of_that_slot_if_the_switch_says_so() {
    for (setting, status) in [("date_update=keeps", 200), ("date_update=ends", 498)] {
        let mut world = World::switched(&[setting]);
        let (credential, one, two) = two_keys(&mut world);
        let date = world.ms() + 86_400_000;
        world.date(&credential.id, 1, date);
        assert_eq!((world.opens(&one), world.opens(&two)), (status, 200), "{setting}");
    }
}

#[test]
fn referrers_alone_end_keys_or_not() {
    for (setting, status) in [("referrer_update=keeps", 200), ("referrer_update=ends", 498)] {
        let mut world = World::switched(&[setting, "noop_update=keeps"]);
        let credential = world.credential(&[BASEMAPS], &["https://a.example.com"]);
        let key = world.issue(&credential, 1);
        world.update_app(&credential, &[BASEMAPS], &[]);
        assert_eq!(world.opens(&key), status, "{setting}");
    }
}

#[test]
fn an_update_of_nothing_ends_keys_or_not() {
    for (setting, status) in [("noop_update=keeps", 200), ("noop_update=ends", 498)] {
        let mut world = World::switched(&[setting]);
        let (credential, one, _) = two_keys(&mut world);
        world.update_app(&credential, &[BASEMAPS], &[]);
        assert_eq!(world.opens(&one), status, "{setting}");
    }
}

#[test]
fn asking_again_without_regenerating_is_refused_or_gives_the_same_or_a_new_key() {
    let mut world = World::switched(&["regenerate_false=error"]);
    let (credential, one, _) = two_keys(&mut world);
    assert_eq!(code(&world.token_call(&credential, 1, false)), 400);
    assert_eq!(world.opens(&one), 200);
    let mut world = World::switched(&["regenerate_false=same"]);
    let (credential, one, _) = two_keys(&mut world);
    assert_eq!(text(&world.token_call(&credential, 1, false), "access_token"), one);
    let mut world = World::switched(&["regenerate_false=new"]);
    let (credential, one, _) = two_keys(&mut world);
    let new = text(&world.token_call(&credential, 1, false), "access_token");
    assert_eq!((world.opens(&one), world.opens(&new)), (498, 200));
}

#[test]
fn issuing_into_an_empty_slot_without_regenerating_works_or_is_refused() {
    for (setting, issues) in [("regenerate_empty=issues", true), ("regenerate_empty=refused", false)] {
        let mut world = World::switched(&[setting]);
        let (credential, _, _) = two_keys(&mut world);
        world.revoke(&credential, 1);
        let answer = world.token_call(&credential, 1, false);
        assert_eq!((answer["access_token"].is_string(), code(&answer) == 400), (issues, !issues), "{setting}");
    }
}

#[test]
fn the_active_flag_falls_at_the_end_or_stays() {
    for (setting, active) in [("active_after_expiry=falls", false), ("active_after_expiry=stays", true)] {
        let mut world = World::switched(&[setting]);
        let (credential, one, _) = two_keys(&mut world);
        world.pass(31 * 86_400);
        world.token = world.state.user_token(world.now);
        assert_eq!(world.app(&credential)["apiToken1Active"], active, "{setting}");
        assert_eq!(world.opens(&one), 498);
    }
}

#[test]
fn the_keyword_comes_with_the_date_with_the_key_or_never() {
    for (setting, seen) in
        [("keyword=on_date", [true, true]), ("keyword=on_key", [false, true]), ("keyword=never", [false, false])]
    {
        let mut world = World::switched(&[setting]);
        let credential = world.credential(&[BASEMAPS], &[]);
        let has = |world: &mut World| {
            let item = world.get(&format!("content/items/{}", credential.id));
            item["typeKeywords"].as_array().unwrap().contains(&json!("APIToken"))
        };
        let date = world.ms() + 86_400_000;
        world.date(&credential.id, 1, date);
        let dated = has(&mut world);
        world.token_call(&credential, 1, true);
        assert_eq!([dated, has(&mut world)], seen, "{setting}");
    }
}

#[test]
fn more_than_a_year_is_refused_or_cut() {
    let mut world = World::switched(&["over_one_year=refused"]);
    let credential = world.credential(&[BASEMAPS], &[]);
    let date = world.ms() + 400 * 86_400_000;
    assert_eq!(code(&world.date(&credential.id, 1, date)), 400);
    let mut world = World::switched(&["over_one_year=cut"]);
    let credential = world.credential(&[BASEMAPS], &[]);
    assert_eq!(world.date(&credential.id, 1, date)["success"], true);
    let item = world.get(&format!("content/items/{}", credential.id));
    assert_eq!(item["apiToken1ExpirationDate"], world.ms() + 365 * 86_400_000);
}

#[test]
fn a_recycled_key_is_dead_or_alive() {
    for (setting, status) in [("recycled_keys=dead", 498), ("recycled_keys=alive", 200)] {
        let mut world = World::switched(&[setting]);
        let (credential, one, _) = two_keys(&mut world);
        world.ask(Request::post(&format!("content/users/developer/items/{}/delete", credential.id)));
        assert_eq!(world.opens(&one), status, "{setting}");
    }
}

#[test]
fn a_recycled_item_is_hidden_shown_or_shown_without_its_app() {
    for (setting, keywords) in [
        ("recycled_read=cont_0001", json!(null)),
        ("recycled_read=shown", json!(["Application", "Registered App", "APIToken"])),
        ("recycled_read=without_app", json!(["Application"])),
    ] {
        let mut world = World::switched(&[setting]);
        let (credential, _, _) = two_keys(&mut world);
        world.ask(Request::post(&format!("content/users/developer/items/{}/delete", credential.id)));
        assert_eq!(world.get(&format!("content/items/{}", credential.id))["typeKeywords"], keywords, "{setting}");
        let app = world.get(&format!("content/users/developer/items/{}/registeredAppInfo", credential.id));
        assert_eq!(app["error"]["messageCode"], "CONT_0001", "{setting}");
    }
}

#[test]
fn revoking_puts_the_date_back_leaves_it_or_clears_it() {
    // 5.5
    let start = World::new().ms();
    let (first, second) = (start + 86_400_000, start + 30 * 86_400_000);
    for (setting, date) in [("revoke_date=created", first), ("revoke_date=stale", second), ("revoke_date=cleared", -1)]
    {
        let mut world = World::switched(&[setting]);
        let credential = world.credential(&[BASEMAPS], &[]);
        world.date(&credential.id, 1, first);
        world.issue(&credential, 1);
        world.revoke(&credential, 1);
        let item = world.get(&format!("content/items/{}", credential.id));
        assert_eq!(item["apiToken1ExpirationDate"], date, "{setting}");
    }
}

#[test]
fn replicas_show_a_new_flag_and_a_new_date_late() {
    // 5.6
    let mut world = World::switched(&["active_late_reads=2", "date_late_reads=1"]);
    let credential = world.credential(&[BASEMAPS], &[]);
    let key = world.issue(&credential, 1);
    assert_eq!(world.opens(&key), 200);
    let flags = [0; 3].map(|_| world.app(&credential)["apiToken1Active"] == true);
    assert_eq!(flags, [false, false, true]);
    let path = format!("content/items/{}", credential.id);
    let dates = [0; 2].map(|_| world.get(&path)["apiToken1ExpirationDate"].as_i64().unwrap() > 0);
    assert_eq!(dates, [false, true]);
}

#[test]
fn a_date_shows_at_once_with_its_key_or_some_reads_later() {
    // 3.4
    for (setting, before, after) in
        [("at_once", true, [true; 4]), ("with_key", false, [true; 4]), ("later", false, [false, false, false, true])]
    {
        let mut world = World::switched(&[&format!("date_shown={setting}")]);
        let credential = world.credential(&[BASEMAPS], &[]);
        let path = format!("content/items/{}", credential.id);
        let old = world.ms() + 20 * 86_400_000;
        world.date(&credential.id, 1, old);
        world.token_call(&credential, 1, true);
        for _ in 0..4 {
            world.get(&path);
        }
        let new = world.ms() + 40 * 86_400_000;
        world.date(&credential.id, 1, new);
        let shown = |world: &mut World| world.get(&path)["apiToken1ExpirationDate"].as_i64().unwrap();
        for _ in 0..5 {
            assert_eq!(shown(&mut world), if before { new } else { old }, "{setting}: without the key, the old one");
        }
        world.token_call(&credential, 1, true);
        let seen = [0; 4].map(|_| shown(&mut world));
        assert_eq!(seen, after.map(|new_one| if new_one { new } else { old }), "{setting}");
        assert_eq!(world.state.summary(world.now)["items"][0]["app"]["slots"][0]["expires"], new, "{setting}");
    }
}

#[test]
fn a_date_comes_back_as_it_was_sent_or_rounded_and_the_key_ends_by_either() {
    // 3.4
    let sent: Timestamp = "2026-04-17T09:21:47.250Z".parse().unwrap();
    for (setting, returned) in [
        ("kept", "2026-04-17T09:21:47.250Z"),
        ("end_of_day", "2026-04-17T23:59:59.999Z"),
        ("end_of_day_second", "2026-04-17T23:59:59Z"),
        ("minute", "2026-04-17T09:21:00Z"),
        ("second", "2026-04-17T09:21:47Z"),
    ] {
        let returned: Timestamp = returned.parse().unwrap();
        let minute: Timestamp = "2026-04-17T09:21:00Z".parse().unwrap();
        for (end, ends) in [("returned", returned), ("sent", sent), ("minute", minute)] {
            let mut world = World::switched(&[&format!("date_returned={setting}"), &format!("key_end={end}")]);
            let credential = world.credential(&[BASEMAPS], &[]);
            world.date(&credential.id, 1, sent.as_millisecond());
            let key = text(&world.token_call(&credential, 1, true), "access_token");
            let item = world.get(&format!("content/items/{}", credential.id));
            assert_eq!(item["apiToken1ExpirationDate"], returned.as_millisecond(), "{setting} {end}");
            assert_eq!(item["apiToken2ExpirationDate"], -1);
            let own = world.raw(&Request::get("portals/self").token(key.as_str()));
            assert_eq!(own["appInfo"]["expirationDate"], ends.as_millisecond(), "{setting} {end}");
        }
    }
}

#[test]
fn what_the_answer_says_of_the_rest_of_its_life_is_only_informative() {
    // 5.1
    for (setting, seconds) in [("expires_in=real", 30 * 86_400), ("expires_in=1800", 1800)] {
        let mut world = World::switched(&[setting]);
        let credential = world.credential(&[BASEMAPS], &[]);
        let date = world.ms() + 30 * 86_400_000;
        world.date(&credential.id, 1, date);
        assert_eq!(world.token_call(&credential, 1, true)["expires_in"], seconds);
    }
}

#[test]
fn the_summary_knows_every_key_by_fingerprint_and_holds_no_secret() {
    let mut world = World::new();
    let (credential, one, two) = two_keys(&mut world);
    world.revoke(&credential, 1);
    let summary = world.state.summary(world.now);
    let shown = summary.to_string();
    assert!(!shown.contains(&one) && !shown.contains(&two) && !shown.contains(&credential.secret));
    assert_eq!(world.state.live_fingerprints(world.now), [fingerprint(&two)]);
    let slots = &summary["items"][0]["app"]["slots"];
    assert_eq!((&slots[0]["liveKeys"], &slots[1]["liveKeys"]), (&json!(0), &json!(1)));
    assert_eq!(slots[1]["fingerprint"], fingerprint(&two));
}
