//! Sections 3 and 6: items, folders, listings, search.

use keyform::emulator::{Method, Params, Request, Setup};
use serde_json::json;

use super::world::{BASEMAPS, GEOCODE, World, code, text};

fn update(id: &str) -> Request {
    Request::post(&format!("content/users/developer/items/{id}/update"))
}

fn count(world: &mut World, q: &str) -> u64 {
    let found = world.ask(Request::get("search").with("q", q));
    found["total"].as_u64().unwrap_or_else(|| panic!("{found}"))
}

#[test]
fn an_item_needs_a_type_and_a_title_and_titles_may_repeat() {
    // 3.2
    let mut world = World::new();
    let refused = world.ask(Request::post("content/users/developer/addItem").with("title", "x"));
    assert_eq!(refused["error"]["message"], "'type' and 'title' property required.");
    assert_ne!(world.item("same"), world.item("same"));
}

#[test]
fn an_update_changes_what_it_sends_and_clears_only_when_told() {
    // 3.4, 3.3
    let mut world = World::new();
    let id = world.item("x");
    let path = format!("content/items/{id}");
    assert_eq!(world.get(&path)["tags"], json!([""]));
    world.ask(update(&id).with("tags", "a, b").with("snippet", "short").with("properties", r#"{"k":{"n":1}}"#));
    world.ask(update(&id).with("tags", "").with("title", "y"));
    let item = world.get(&path);
    assert_eq!((&item["tags"], &item["title"], &item["snippet"]), (&json!(["a", "b"]), &json!("y"), &json!("short")));
    assert_eq!(item["properties"], json!({"k": {"n": 1}}));
    world.ask(update(&id).with("tags", "").with("clearEmptyFields", true));
    assert_eq!(world.get(&path)["tags"], json!([""]));
}

#[test]
fn properties_are_kept_come_back_as_text_or_are_lost() {
    // product 10
    for (setting, added, updated) in [
        ("properties=kept", json!({"a": 1}), json!({"a": 2})),
        ("properties=text", json!(r#"{"a":1}"#), json!(r#"{"a":2}"#)),
        ("properties=dropped_on_add", json!(null), json!({"a": 2})),
        ("properties=dropped", json!(null), json!(null)),
    ] {
        let mut world = World::switched(&[setting]);
        let add = Request::post("content/users/developer/addItem").with("type", "Application").with("title", "x");
        let id = text(&world.ask(add.with("properties", r#"{"a":1}"#)), "id");
        let path = format!("content/items/{id}");
        assert_eq!(world.get(&path)["properties"], added, "{setting}");
        world.ask(update(&id).with("properties", r#"{"a":2}"#));
        assert_eq!(world.get(&path)["properties"], updated, "{setting}");
    }
}

#[test]
fn a_description_may_be_sanitised_and_control_characters_stripped() {
    // 3.2
    let mut world = World::switched(&["description=sanitised", "control_characters=stripped"]);
    let add = Request::post("content/users/developer/addItem").with("type", "Application").with("title", "a\u{7}b");
    let id = text(&world.ask(add.with("description", r#" <p class="x">Fish & chips</p><script>1</script> "#)), "id");
    let item = world.get(&format!("content/items/{id}"));
    assert_eq!((&item["title"], &item["description"]), (&json!("ab"), &json!("<p>Fish &amp; chips</p>1")));
}

#[test]
fn a_summary_may_be_cut_and_a_tag_keep_its_case() {
    // 3.2, 3.4
    let mut world = World::switched(&["snippet=cut", "tags=old_case"]);
    let add = Request::post("content/users/developer/addItem").with("type", "Application").with("title", "x");
    let id = text(&world.ask(add.with("tags", "maps,shops").with("snippet", "s".repeat(251))), "id");
    world.ask(update(&id).with("tags", "Maps,Roads"));
    let item = world.get(&format!("content/items/{id}"));
    assert_eq!((&item["snippet"], &item["tags"]), (&json!("s".repeat(250)), &json!(["maps", "Roads"])));
}

#[test]
fn access_may_not_be_taken_although_the_answer_is_success() {
    // 4.4, 12
    let one = ["https://a.example"];
    for (refuses, privileges) in [("nothing", 3), ("referrers", 3), ("items", 2), ("privilege", 2)] {
        let mut world = World::switched(&[&format!("refuses={refuses}")]);
        let credential = world.credential(&[BASEMAPS], &one);
        let item = format!("portal:app:access:item:{}", world.item("Data"));
        let edit = Request::post(&format!("oauth2/apps/{}/update", credential.client))
            .with("privileges", json!([BASEMAPS, GEOCODE, item]))
            .with("httpReferrers", json!(["https://b.example"]));
        let app = world.ask(edit);
        let referrer = if refuses == "referrers" { "https://a.example" } else { "https://b.example" };
        assert_eq!(app["httpReferrers"], json!([referrer]), "{refuses}");
        assert_eq!(app["privileges"].as_array().map(Vec::len), Some(privileges), "{refuses}");
    }
}

#[test]
fn folder_titles_are_unique_whatever_their_case() {
    // 3.1; product 8: creating a folder is an atomic lock
    let mut world = World::new();
    let create = |title: &str| Request::post("content/users/developer/createFolder").with("title", title);
    let made = world.ask(create("Lease"));
    assert_eq!(made["folder"]["title"], "Lease");
    assert_eq!(code(&world.ask(create("lease"))), 400);
    assert_eq!(
        world.by("colleague", Request::post("content/users/colleague/createFolder").with("title", "lease"))["success"],
        true
    );
    let id = text(&made["folder"], "id");
    let listed = world.get("content/users/developer")["folders"][0].clone();
    assert_eq!((&listed["id"], &listed["created"]), (&json!(id), &json!(world.ms())));
    assert_eq!(world.ask(Request::post(&format!("content/users/developer/{id}/delete")))["success"], true);
    assert_eq!(world.ask(create("LEASE"))["success"], true);
}

#[test]
fn deleting_a_folder_deletes_its_items_unless_one_is_protected() {
    // 3.1, 3.6
    let mut world = World::new();
    let made = world.ask(Request::post("content/users/developer/createFolder").with("title", "f"));
    let folder = text(&made["folder"], "id");
    let id = world.item("x");
    let moved = world.ask(Request::post(&format!("content/users/developer/items/{id}/move")).with("folder", &folder));
    assert_eq!(moved, json!({"success": true, "itemId": id, "owner": "developer", "folder": folder}));
    world.ask(Request::post(&format!("content/users/developer/items/{id}/protect")));
    let delete = || Request::post(&format!("content/users/developer/{folder}/delete"));
    assert_eq!(code(&world.ask(delete())), 400);
    let refused = world.ask(Request::post(&format!("content/users/developer/{folder}/items/{id}/delete")));
    let message = format!("Unable to delete item {id}. Delete protection is turned on.");
    assert_eq!(
        (&refused["error"]["message"], &refused["error"]["messageCode"]),
        (&json!(message), &json!("CONT_0048"))
    );
    let can = world.ask(Request::post(&format!("content/users/developer/items/{id}/canDelete")));
    assert_eq!((&can["success"], &can["error"]["offendingItems"]), (&json!(false), &json!([])));
    world.ask(Request::post(&format!("content/users/developer/items/{id}/unprotect")));
    assert_eq!(world.ask(delete())["success"], true);
    assert_eq!(code(&world.get(&format!("content/items/{id}"))), 400);
}

#[test]
fn the_recycle_bin_keeps_what_is_not_deleted_for_good() {
    // 3.8
    let mut world = World::new();
    let id = world.item("x");
    world.ask(Request::post(&format!("content/users/developer/items/{id}/delete")));
    let bin = || Request::get("content/users/developer").with("inRecycleBin", true).with("foldersContent", true);
    assert_eq!(world.ask(bin())["items"][0]["id"], json!(id));
    assert_eq!(world.get("content/users/developer")["total"], 0);
    world.ask(Request::post(&format!("content/users/developer/items/{id}/restore")));
    assert_eq!(world.get(&format!("content/items/{id}"))["title"], "x");
    world.ask(Request::post(&format!("content/users/developer/items/{id}/delete")).with("permanentDelete", true));
    assert_eq!(world.ask(bin())["total"], 0);
    let mut world = World::with(Setup { recycle_bin: false, ..Setup::default() });
    let id = world.item("x");
    world.ask(Request::post(&format!("content/users/developer/items/{id}/delete")));
    assert_eq!(world.ask(bin())["total"], 0);
    assert_eq!(world.get("portals/self")["recycleBinEnabled"], false);
}

#[test]
fn the_owner_reads_an_item_beside_its_sharing_also_in_the_recycle_bin() {
    // 3.3
    let mut world = World::new();
    let made = world.ask(Request::post("content/users/developer/createFolder").with("title", "f"));
    let folder = text(&made["folder"], "id");
    let add = Request::post(&format!("content/users/developer/{folder}/addItem")).with("type", "Application");
    let id = text(&world.ask(add.with("title", "x")), "id");
    let paths = [format!("content/users/developer/items/{id}"), format!("content/users/developer/{folder}/items/{id}")];
    for path in &paths {
        let read = world.get(path);
        assert_eq!((&read["item"]["id"], &read["item"]["ownerFolder"]), (&json!(id), &json!(folder)));
        assert_eq!(read["sharing"], json!({"access": "private", "groups": []}));
    }
    world.ask(Request::post(&format!("content/users/developer/items/{id}/delete")));
    for path in &paths {
        assert_eq!(world.get(path)["error"]["messageCode"], "CONT_0001");
        assert_eq!(world.ask(Request::get(path).with("inRecycleBin", true))["item"]["id"], json!(id));
    }
    let plain = Request::get(&format!("content/items/{id}")).with("inRecycleBin", true);
    assert_eq!(world.ask(plain)["error"]["messageCode"], "CONT_0001");
}

#[test]
fn the_app_of_an_item_in_the_recycle_bin_is_gone_until_it_is_restored() {
    // 3.8
    let mut world = World::new();
    let credential = world.credential(&[BASEMAPS], &[]);
    let app = Request::get(&format!("oauth2/apps/{}", credential.client));
    let item = |verb: &str| Request::post(&format!("content/users/developer/items/{}/{verb}", credential.id));
    world.ask(item("delete"));
    assert_eq!(world.ask(app.clone())["error"]["messageCode"], "CONT_0001");
    assert_eq!(world.update_app(&credential, &[BASEMAPS], &[])["error"]["messageCode"], "CONT_0001");
    assert_eq!(world.revoke(&credential, 1)["error"]["error"], "invalid_client_id");
    assert_eq!(world.token_call(&credential, 1, true)["error"]["error"], "invalid_client_id");
    world.ask(item("restore"));
    assert_eq!(world.ask(app)["client_id"], json!(credential.client));
}

#[test]
fn deleting_several_tells_each_apart() {
    // 3.9
    let mut world = World::new();
    let id = world.item("x");
    let results = world.ask(Request::post("content/users/developer/deleteItems").with("items", format!("{id},none")));
    assert_eq!(results["results"][0], json!({"itemId": id, "success": true}));
    assert_eq!(results["results"][1]["success"], false);
}

#[test]
fn a_listing_is_fresh_paged_by_at_most_a_hundred_and_ends_with_minus_one() {
    // 6.2, 13.5
    let mut world = World::new();
    (0..150).for_each(|n| drop(world.item(&n.to_string())));
    let page = |start: i32, num: i32| Request::get("content/users/developer").with("start", start).with("num", num);
    let first = world.ask(page(1, 1000));
    assert_eq!(
        (first["total"].as_u64(), first["num"].as_u64(), first["nextStart"].as_i64()),
        (Some(150), Some(100), Some(101))
    );
    let second = world.ask(page(101, 100));
    assert_eq!((second["num"].as_u64(), second["nextStart"].as_i64()), (Some(50), Some(-1)));
    let mut ids: Vec<String> = [first, second]
        .iter()
        .flat_map(|page| page["items"].as_array().unwrap().iter().map(|item| text(item, "id")).collect::<Vec<_>>())
        .collect();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 150);
}

#[test]
fn a_page_that_starts_before_the_first_holds_nothing() {
    // 6.1: clients ask on with the `nextStart` of the last page
    let mut world = World::switched(&["search_lag_ms=0"]);
    world.item("x");
    for path in ["content/users/developer", "search"] {
        for start in [-1, 0] {
            let page = world.ask(Request::get(path).with("q", "x").with("start", start));
            let told = (page["total"].as_i64(), page["num"].as_i64(), page["nextStart"].as_i64());
            assert_eq!(told, (Some(1), Some(0), Some(-1)), "{path} {start}");
        }
        assert_eq!(world.ask(Request::get(path).with("q", "x").with("start", 1))["num"], 1);
    }
}

#[test]
fn the_index_lags_and_never_shows_a_date() {
    // fact 5, 6.1
    let mut world = World::switched(&["search_lag_ms=5000"]);
    let credential = world.credential(&[BASEMAPS], &[]);
    world.issue(&credential, 1);
    assert_eq!(count(&mut world, "owner:developer"), 0);
    world.pass(5);
    let q = r#"owner:developer AND type:"Application" AND typekeywords:"Registered App" AND typekeywords:"APIToken""#;
    let found = world.ask(Request::get("search").with("q", q));
    assert_eq!((&found["total"], &found["nextStart"]), (&json!(1), &json!(-1)));
    let hit = &found["results"][0];
    assert_eq!((&hit["id"], &hit["apiToken1ExpirationDate"]), (&json!(credential.id), &json!(-1)));
    assert!(hit.get("protected").is_none() && hit.get("ownerFolder").is_none());
}

#[test]
fn a_deleted_item_is_found_for_a_while() {
    // 6.1
    for (setting, found) in [("deleted_hits=after_lag", 0), ("deleted_hits=stale", 1)] {
        let mut world = World::switched(&["search_lag_ms=1000", setting]);
        let id = world.item("x");
        world.ask(Request::post(&format!("content/users/developer/items/{id}/delete")));
        world.pass(2);
        assert_eq!(count(&mut world, &format!("id:{id}")), found, "{setting}");
        world.pass(3600);
        assert_eq!(count(&mut world, &format!("id:{id}")), 0);
    }
}

#[test]
fn search_understands_fields_quotes_logic_and_ranges() {
    // 6.1
    let mut world = World::switched(&["search_lag_ms=0"]);
    let (one, two) = (world.item("Road map"), world.item("Sea map"));
    world.ask(update(&one).with("tags", "keyform:maps/road,x"));
    world.ask(update(&two).with("tags", "keyform:maps/sea"));
    let now = world.ms();
    for (q, total) in [
        ("map", 2),
        ("title:road", 1),
        (r#"tags:"keyform:maps/road""#, 1),
        ("tags:keyform*", 2),
        ("title:road OR title:sea", 2),
        ("title:road AND title:sea", 0),
        ("map -title:sea", 1),
        ("map AND NOT title:sea", 1),
        (r#"title:("road" OR "sea")"#, 2),
        (r#"-type:("Map Area" OR "Code Attachment")"#, 2),
        ("(title:road) AND (owner:developer)", 1),
        (&format!("modified:[000{} TO 000{}]", now - 1, now + 1), 2),
        (&format!("modified:[{} TO *]", now + 1), 0),
        (&format!("id:{one}"), 1),
        ("owner:nobody", 0),
        ("nonsense:x", 0),
        ("title:road)", 1),
    ] {
        assert_eq!(count(&mut world, q), total, "{q}");
    }
    let filtered = world.ask(Request::get("search").with("q", "").with("filter", "title:sea"));
    assert_eq!(filtered["total"], 1);
    assert_eq!(code(&world.ask(Request::get("search"))), 400);
    assert_eq!(world.by("colleague", Request::get("search").with("q", "map"))["total"], 0);
}

#[test]
fn a_longer_tag_matches_too_so_clients_have_to_look_again() {
    // 6.1: text match is tokenised
    let mut world = World::switched(&["search_lag_ms=0"]);
    let id = world.item("x");
    world.ask(update(&id).with("tags", "keyform:maps/road-old"));
    assert_eq!(count(&mut world, r#"tags:"keyform:maps/road""#), 1);
}

#[test]
fn reads_take_both_verbs_and_writes_only_post() {
    // 2.4
    let mut world = World::new();
    let id = world.item("x");
    let item = world.ask(Request::post(&format!("content/items/{id}")));
    assert_eq!(item["title"], "x");
    assert_eq!(code(&world.get(&format!("content/users/developer/items/{id}/delete"))), 405);
    assert_eq!(code(&world.get("generateToken")), 405);
    assert_eq!(world.get(&format!("content/items/{id}"))["title"], "x");
}

#[test]
fn fixed_segments_have_any_case_and_names_have_theirs() {
    // 1.1, 1.5
    let mut world = World::new();
    assert_eq!(world.get("Community/SELF/")["username"], "developer");
    assert_eq!(world.get("CONTENT/users/developer")["username"], "developer");
    assert!(code(&world.get("content/users/Developer")) > 0);
}

#[test]
fn json_comes_only_when_asked_for() {
    // 1.1
    let mut world = World::new();
    let mut request = Request::get("portals/self");
    assert_eq!(request.method, Method::Get);
    request.query = Params::default();
    let page = world.state.handle(&request, world.now);
    assert!(page.content_type.starts_with("text/html") && page.body.starts_with("<!DOCTYPE html>"));
    request.query.push("f", "pjson");
    assert!(world.state.handle(&request, world.now).body.contains("\n  \"id\""));
    // 5.1: a token comes as JSON anyway.
    let mut request = Request::post("oauth2/token").with("grant_type", "client_credentials");
    request.query = Params::default();
    assert_eq!(world.state.handle(&request, world.now).error_code(), Some(400));
    request.query.push("f", "html");
    assert!(world.state.handle(&request, world.now).content_type.starts_with("text/html"));
}
