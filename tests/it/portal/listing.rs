//! Lists of many pages.

use keyform::portal::{Listing, PortalError, ReadPortal, Summary};
use serde_json::{Value, json};

use super::script::{Asked, Script};

fn id(n: usize) -> String {
    format!("{n:032x}")
}

fn page(asked: &Asked, total: usize) -> Value {
    let start: usize = asked.field("start").parse().unwrap();
    assert_eq!(asked.field("num"), "100");
    let end = (start + 99).min(total);
    let items: Vec<Value> = (start..=end).map(|n| json!({ "id": id(n), "owner": "jdoe", "tags": [""] })).collect();
    let next = if end < total { i64::try_from(end + 1).unwrap() } else { -1 };
    json!({ "total": total, "start": start, "num": items.len(), "nextStart": next, "items": items, "folders": [] })
}

async fn list(answers: impl Fn(&Asked) -> Value + Send + Sync + 'static) -> (Result<Listing, PortalError>, usize) {
    let script = Script::start(move |asked| (asked.path == "content/users/jdoe").then(|| answers(asked))).await;
    let listing = script.http().listing(None).await;
    (listing, script.at("content/users/jdoe").len())
}

#[tokio::test]
async fn every_page_is_read_once() {
    for (total, pages) in [(0, 1), (1, 1), (100, 1), (101, 2), (200, 2), (1000, 10), (1001, 11)] {
        let (listing, asked) = list(move |asked| page(asked, total)).await;
        let ids: Vec<String> = listing.unwrap().items.iter().map(|Summary { id, .. }| id.to_string()).collect();
        assert_eq!(ids, (1..=total).map(id).collect::<Vec<_>>());
        assert_eq!(asked, pages, "{total}");
    }
}

#[tokio::test]
async fn a_portal_may_leave_out_where_the_next_page_starts() {
    let (listing, asked) = list(|asked| {
        let mut page = page(asked, 250);
        let members = page.as_object_mut().unwrap();
        members.remove("nextStart");
        members.remove("folders");
        members["total"] = json!("250");
        page
    })
    .await;
    assert_eq!((listing.unwrap().items.len(), asked), (250, 3));
}

#[tokio::test]
async fn what_is_no_list_is_not_an_empty_one() {
    for answer in [
        json!({}),
        json!({ "success": true }),
        json!({ "total": 0 }),
        json!({ "items": [] }),
        json!({ "total": 0, "items": null }),
        json!({ "total": 0, "results": [] }),
    ] {
        let text = answer.to_string();
        let (listing, _) = list(move |_| answer.clone()).await;
        assert_eq!(listing.unwrap_err().code().id, "keyform::portal::garbled", "{text}");
    }
    let script = Script::start(|asked| (asked.path == "search").then(|| json!({ "total": 0, "items": [] }))).await;
    assert_eq!(script.http().search("tags:x").await.unwrap_err().code().id, "keyform::portal::garbled");
}

#[tokio::test]
async fn a_list_that_is_not_whole_is_an_error() {
    let changing = |asked: &Asked| page(asked, 150 + asked.nth);
    let (listing, asked) = list(changing).await;
    assert_eq!(listing.unwrap_err().code().id, "keyform::portal::partial_read");
    assert!(asked <= 16);
    let (listing, _) = list(|asked| {
        let mut page = page(asked, 50);
        page["total"] = json!(51);
        page
    })
    .await;
    assert!(listing.unwrap_err().to_string().contains("50 of 51"));
    // It settles: the second time everything is told.
    let (listing, _) = list(|asked| page(asked, if asked.nth == 0 { 150 } else { 151 })).await;
    assert_eq!(listing.unwrap().items.len(), 151);
}

#[tokio::test]
async fn a_portal_that_repeats_itself_is_not_read_for_ever() {
    let (listing, asked) = list(|_| {
        json!({ "total": 300, "nextStart": 1, "items": (1..=100).map(|n| json!({ "id": id(n) })).collect::<Vec<_>>() })
    })
    .await;
    assert_eq!(listing.unwrap_err().code().id, "keyform::portal::partial_read");
    assert!(asked < 10);
}

#[tokio::test]
async fn a_search_beyond_its_window_is_an_error() {
    let script = Script::start(|asked| {
        (asked.path == "search").then(|| json!({ "total": 10_001, "nextStart": 101, "results": [] }))
    })
    .await;
    assert_eq!(script.http().search("x").await.unwrap_err().code().id, "keyform::portal::partial_read");
}
