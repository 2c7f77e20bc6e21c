//! What is sent to change a portal, and when it is sent again.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use keyform::model::{FolderId, ItemId, Privilege, Referrer, Slot};
use keyform::portal::{AppSettings, Http, ItemEdit, NewItem, Outcome, PortalError, Regenerate, WritePortal};
use serde_json::{Value, json};

use super::script::{Asked, Reply, Script, TOKEN, error};

const ID: &str = "0123456789abcdef0123456789abcdef";

fn id() -> ItemId {
    ItemId::new(ID).unwrap()
}

pub(crate) fn new_item() -> NewItem {
    NewItem {
        title: "Map key".into(),
        snippet: String::new(),
        description: "d".into(),
        tags: BTreeSet::from(["a".to_owned(), "keyform:s/n".to_owned()]),
        folder: Some(FolderId::new(ID).unwrap()),
        properties: "{}".into(),
        personal: false,
    }
}

pub(crate) fn settings() -> AppSettings {
    AppSettings {
        app_type: "multiple".into(),
        redirect_uris: vec!["urn:ietf:wg:oauth:2.0:oob".into()],
        privileges: BTreeSet::from([Privilege::new("premium:user:basemaps")]),
        referrers: BTreeSet::from([Referrer::observed("https://a.example")]),
        personal: false,
    }
}

pub(crate) fn answer(asked: &Asked) -> Option<Value> {
    let last = asked.path.rsplit('/').next()?;
    Some(match last {
        "createFolder" => json!({ "success": true, "folder": { "id": ID, "title": asked.field("title") } }),
        "addItem" => json!({ "success": true, "id": ID, "folder": "" }),
        "update" if asked.path.starts_with("oauth2") => json!({ "client_id": "aBc", "itemId": ID }),
        "registerApp" => json!({ "client_id": "aBc", "itemId": ID }),
        "registeredAppInfo" => json!({
            "client_id": "aBc", "client_secret": "shh-secret", "isPersonalAPIToken": false, "privileges": [],
            "httpReferrers": [], "apiToken1Active": true, "apiToken2Active": false,
        }),
        "token" => json!({ "access_token": "AAPTnew.AT1_abcdefgh", "expires_in": 1800 }),
        "update" | "move" | "delete" | "revokeToken" => json!({ "success": true }),
        _ => return None,
    })
}

fn sent(asked: &Asked) -> String {
    let fields: Vec<String> = asked.fields.iter().filter(|(k, _)| *k != "f").map(|(k, v)| format!("{k}={v}")).collect();
    format!("{} {} {}", asked.method, asked.path, fields.join("&"))
}

#[tokio::test]
async fn each_write_sends_what_is_documented_and_no_more() {
    let script = Script::start(answer).await;
    let http = script.http();
    let edit = ItemEdit { title: Some("T".into()), snippet: Some(String::new()), ..ItemEdit::default() };
    let plain = ItemEdit { properties: Some("{}".into()), ..ItemEdit::default() };
    http.create_folder("Keys").await.unwrap();
    http.add_item(&new_item()).await.unwrap();
    http.register(&id(), &settings()).await.unwrap();
    http.update_item(&id(), &edit).await.unwrap();
    http.update_item(&id(), &plain).await.unwrap();
    http.move_item(&id(), None).await.unwrap();
    http.update_app(&id(), &AppSettings { personal: true, ..settings() }).await.unwrap();
    http.set_date(&id(), Slot::Two, Timestamp::from_second(1_779_110_552).unwrap()).await.unwrap();
    let key = http.issue_key(&id(), Slot::One, Regenerate::No).await.unwrap();
    assert_eq!(key.reveal(), "AAPTnew.AT1_abcdefgh");
    http.issue_key(&id(), Slot::Two, Regenerate::Yes).await.unwrap();
    http.revoke_key(&id(), Slot::One).await.unwrap();
    http.delete_item(&id()).await.unwrap();
    http.delete_folder(&FolderId::new(ID).unwrap()).await.unwrap();
    let writes: Vec<Asked> = script.asked().into_iter().filter(|asked| asked.method == "POST").collect();
    let shown: Vec<String> = writes.iter().map(|asked| sent(asked).replace(ID, "ID")).collect();
    insta::assert_snapshot!(shown.join("\n"), @r#"
    POST content/users/jdoe/createFolder title=Keys
    POST content/users/jdoe/ID/addItem description=d&isPersonalAPIToken=false&properties={}&tags=a,keyform:s/n&title=Map key&type=Application
    POST oauth2/registerApp appType=multiple&httpReferrers=["https://a.example"]&isPersonalAPIToken=false&itemId=ID&privileges=["premium:user:basemaps"]&redirect_uris=["urn:ietf:wg:oauth:2.0:oob"]
    POST content/users/jdoe/items/ID/update clearEmptyFields=true&snippet=&title=T
    POST content/users/jdoe/items/ID/update properties={}
    POST content/users/jdoe/items/ID/move folder=/
    POST oauth2/apps/aBc/update appType=multiple&httpReferrers=["https://a.example"]&isPersonalAPIToken=true&itemId=ID&privileges=["premium:user:basemaps"]&redirect_uris=["urn:ietf:wg:oauth:2.0:oob"]
    POST content/users/jdoe/items/ID/update apiToken2ExpirationDate=1779110552000
    POST oauth2/token apiToken=1&client_id=aBc&client_secret=shh-secret&grant_type=client_credentials&regenerateApiToken=false
    POST oauth2/token apiToken=2&client_id=aBc&client_secret=shh-secret&grant_type=client_credentials&regenerateApiToken=true
    POST oauth2/revokeToken apiToken=1&client_id=aBc&client_secret=shh-secret
    POST content/users/jdoe/items/ID/delete permanentDelete=true
    POST content/users/jdoe/ID/delete permanentDelete=true
    "#);
    for asked in &writes {
        let bare = ["oauth2/token", "oauth2/revokeToken"].contains(&asked.path.as_str());
        assert_eq!(asked.token(), if bare { "" } else { TOKEN }, "{}", asked.path);
        assert!(!asked.url.contains('?'), "{}", asked.url);
    }
    assert!(!http.has_unanswered_writes());
}

async fn twice(path: &'static str, first: Reply) -> (Script, Http) {
    let script = Script::start(move |asked| {
        if asked.path.ends_with(path) && asked.nth == 0 { Some(first.clone()) } else { answer(asked).map(Reply::from) }
    })
    .await;
    let http = script.http();
    (script, http)
}

fn count(script: &Script, path: &str) -> usize {
    script.asked().iter().filter(|asked| asked.path.ends_with(path)).count()
}

#[tokio::test]
async fn what_makes_something_new_is_not_sent_again_once_the_portal_may_have_acted() {
    for (reply, outcome) in [
        (Reply::text(502, "<html>x</html>"), Outcome::Unknown),
        (Reply::text(200, ""), Outcome::Unknown),
        (error(500, "something").into(), Outcome::Unknown),
        (error(503, "down").into(), Outcome::Unknown),
        (Reply::text(503, "<html>down</html>"), Outcome::Unknown),
        (Reply::text(504, "down").header("retry-after", "1"), Outcome::Unknown),
        (error(403, "You do not have permissions.").into(), Outcome::NotDone),
        (error(403, "Too many invalid attempts. Please try again later.").into(), Outcome::NotDone),
        (error(400, "no").into(), Outcome::NotDone),
        (json!({ "success": false }).into(), Outcome::NotDone),
        (json!({ "success": true }).into(), Outcome::Unknown),
    ] {
        let (script, http) = twice("addItem", reply.clone()).await;
        let failure = http.add_item(&new_item()).await.unwrap_err();
        assert_eq!((failure.outcome(), count(&script, "addItem")), (outcome, 1), "{}", reply.body);
    }
    let (script, http) = twice("oauth2/token", json!({ "access_token": "" }).into()).await;
    assert_eq!(http.issue_key(&id(), Slot::One, Regenerate::No).await.err().unwrap().outcome(), Outcome::Unknown);
    assert_eq!(count(&script, "oauth2/token"), 1);
}

#[tokio::test]
async fn other_writes_are_sent_again_only_where_that_is_safe() {
    let unknown = Reply::text(502, "<html>x</html>");
    let slow = Reply { delay: Duration::from_secs(3), ..Reply::text(200, "{}") };
    let update = |http: Http| async move {
        http.update_item(&id(), &ItemEdit { title: Some("T".into()), ..ItemEdit::default() }).await
    };

    let (script, http) = twice("/update", error(500, "something").into()).await;
    update(http).await.unwrap();
    assert_eq!(count(&script, "/update"), 2);
    // Something on the way gave up on it: it may come after what is written next.
    for gone in [unknown.clone(), error(502, "gone").into(), error(503, "down").into()] {
        let (script, http) = twice("/update", gone).await;
        assert_eq!(update(http).await.unwrap_err().outcome(), Outcome::Unknown);
        assert_eq!(count(&script, "/update"), 1);
    }
    let (script, http) = twice("/update", slow).await;
    assert!(
        matches!(update(http).await, Err(PortalError::Http(keyform::http::Error::Timeout { .. }))),
        "the first may still arrive"
    );
    assert_eq!(count(&script, "/update"), 1);

    let (script, http) = twice("aBc/update", unknown.clone()).await;
    assert_eq!(http.update_app(&id(), &settings()).await.unwrap_err().outcome(), Outcome::Unknown);
    assert_eq!(count(&script, "aBc/update"), 1, "it ends keys");
    assert!(http.has_unanswered_writes());
    let date = Timestamp::from_second(1_779_110_552).unwrap();
    let (script, http) = twice("/update", unknown.clone()).await;
    http.set_date(&id(), Slot::One, date).await.unwrap_err();
    assert_eq!(count(&script, "/update"), 1);
    let (script, http) = twice("revokeToken", unknown).await;
    http.revoke_key(&id(), Slot::One).await.unwrap_err();
    assert_eq!(count(&script, "revokeToken"), 1);
}

#[tokio::test]
async fn a_write_that_met_a_stale_token_is_sent_once_more() {
    let script = Script::start(|asked| {
        if asked.path.ends_with("addItem") && asked.token() == "made-0-abcdef" {
            return Some(error(498, "Invalid token."));
        }
        answer(asked)
    })
    .await;
    script.with_password().add_item(&new_item()).await.unwrap();
    assert_eq!(count(&script, "addItem"), 2);
}

#[tokio::test]
async fn no_write_is_sent_that_could_outlive_the_lease() {
    let script = Script::start(answer).await;
    let http = script.http();
    http.set_gate(Some(Arc::new(|timeout| timeout < Duration::from_millis(400))));
    let error = http.add_item(&new_item()).await.unwrap_err();
    assert_eq!((error.code().id, error.outcome()), ("keyform::portal::lease_over", Outcome::NotDone));
    assert!(script.asked().iter().all(|asked| asked.method == "GET"));
    http.set_gate(Some(Arc::new(|timeout| timeout <= Duration::from_millis(400))));
    http.add_item(&new_item()).await.unwrap();
    assert_eq!(http.timeout(), Duration::from_millis(400));
}
