//! Every form in which a portal says no.

use std::time::Duration;

use keyform::model::{ItemId, Slot};
use keyform::portal::{Http, Outcome, PortalError, ReadPortal, Regenerate, WritePortal};
use serde_json::json;

use super::script::{PASSWORD, Reply, Script, TOKEN, error};

const ITEM: &str = "0123456789abcdef0123456789abcdef";

fn item() -> ItemId {
    ItemId::new(ITEM).unwrap()
}

async fn failure_of(reply: Reply) -> PortalError {
    let script = Script::start(move |asked| asked.path.starts_with("content/items/").then(|| reply.clone())).await;
    script.http().item(&item()).await.unwrap_err()
}

#[tokio::test]
async fn each_form_of_refusal_is_understood() {
    let detail = |details: serde_json::Value| json!({ "error": { "code": 400, "message": "bad", "details": details } });
    let table: Vec<(Reply, &str)> = vec![
        (error(400, "bad").into(), "refused"),
        (detail(json!(null)).into(), "refused"),
        (detail(json!("text")).into(), "refused"),
        (detail(json!(["a", "b"])).into(), "refused"),
        (json!({ "error": { "message": "no code" } }).into(), "refused"),
        (json!({ "error": { "code": "403", "messageCode": "GWM_0003", "message": "no" } }).into(), "forbidden"),
        (json!({ "error": { "code": 499, "messageCode": "GWM_0003", "message": "Token Required" } }).into(), "token_required"),
        (error(498, "Invalid Token").into(), "invalid_token"),
        (json!({ "error": { "message": "INVALID TOKEN." } }).into(), "invalid_token"),
        (Reply::text(401, error(498, "Invalid token.").to_string()), "invalid_token"),
        (json!({ "success": false }).into(), "refused"),
        (json!({ "status": "failed", "statusMessage": "no" }).into(), "refused"),
        (json!({ "status": "error", "messages": ["Token Expired."], "code": 498 }).into(), "invalid_token"),
        (json!({ "code": 403 }).into(), "forbidden"),
        (json!({ "code": 500, "message": "billing", "status": "failure" }).into(), "failed"),
        (json!({ "error": { "code": 500, "message": "Unable to register app.", "details": ["Invalid Privileges"] } }).into(), "bad_privileges"),
        (error(429, "slow down").into(), "rate_limited"),
        (Reply::text(429, "<html>slow</html>").header("retry-after", "3600"), "rate_limited"),
        (Reply::text(503, error(503, "down").to_string()), "unavailable"),
        (Reply::text(504, "<html><title>Gateway</title></html>"), "html"),
        (Reply::text(200, "<html><title>Maintenance</title></html>"), "html"),
        (Reply::text(200, "<!DOCTYPE html><form>Sign in</form>"), "sign_in_page"),
        (Reply::text(200, ""), "garbled"),
        (Reply::text(200, "{\"id\":"), "garbled"),
        (Reply::text(200, "[1]"), "garbled"),
        (Reply::text(200, "{}"), "garbled"),
        (Reply::text(401, "no").header("www-authenticate", "Negotiate"), "iwa"),
        (Reply::text(302, "").header("location", "https://login.example.com/x?token=abc1"), "redirect"),
        (Reply::text(404, "<html>not here</html>"), "html"),
    ];
    for (reply, code) in table {
        let (status, body) = (reply.status, reply.body.clone());
        let error = failure_of(reply).await;
        assert_eq!(error.code().id, format!("keyform::portal::{code}"), "{status} {body}: {error}");
        assert!(!error.to_string().contains("token="), "{error}");
    }
}

#[tokio::test]
async fn a_missing_item_is_none() {
    let coded = json!({ "error": { "code": 400, "messageCode": "CONT_0001", "message": "missing", "details": [] } });
    let worded = error(400, "Item does not exist or is inaccessible.");
    for missing in [coded.into(), worded.into(), error(404, "Not found.").into(), Reply::text(404, "not here")] {
        let reply = Reply::clone(&missing);
        let script = Script::start(move |asked| asked.path.starts_with("content/").then(|| reply.clone())).await;
        assert!(script.http().item(&item()).await.unwrap().is_none(), "{}", missing.body);
    }
}

#[tokio::test]
async fn a_read_is_tried_again_until_it_makes_sense() {
    let replies = [
        Reply::text(502, "<html>bad gateway</html>"),
        Reply::text(200, ""),
        Reply::text(200, "{\"id\":\"01"),
        Reply::text(429, "").header("retry-after", "1"),
        json!({ "id": ITEM, "owner": "jdoe", "title": "t" }).into(),
    ];
    let script =
        Script::start(move |asked| asked.path.starts_with("content/items/").then(|| replies[asked.nth].clone())).await;
    assert_eq!(script.http().item(&item()).await.unwrap().unwrap().title, "t");
    assert_eq!(script.at(&format!("content/items/{ITEM}")).len(), 5);
}

#[tokio::test]
async fn patience_ends() {
    let script = Script::start(|asked| asked.path.starts_with("content/items/").then(|| error(503, "down"))).await;
    script.http().item(&item()).await.unwrap_err();
    assert_eq!(script.at(&format!("content/items/{ITEM}")).len(), 5);
    let script = Script::start(|asked| {
        let slow = Reply { delay: Duration::from_secs(5), ..Reply::text(200, "{}") };
        asked.path.starts_with("content/items/").then_some(slow)
    })
    .await;
    assert_eq!(script.http().item(&item()).await.unwrap_err().code().id, "keyform::portal::timeout");
    assert_eq!(script.at(&format!("content/items/{ITEM}")).len(), 2);
}

#[tokio::test]
async fn nobody_there_is_said_so() {
    let script = Script::start(|_| None::<Reply>).await;
    let mut options = script.options();
    let free = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    options.url = format!("http://{free}");
    let error = Http::new(options).unwrap().hello().await.unwrap_err();
    assert_eq!((error.code().id, error.outcome()), ("keyform::portal::unreachable", Outcome::NotDone));
}

#[tokio::test]
async fn a_lost_answer_of_a_write_is_not_asked_for_again() {
    use tokio::io::AsyncReadExt;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let script = Script::start(|_| None::<Reply>).await;
    let mut options = script.options();
    options.url = format!("http://{}", listener.local_addr().unwrap());
    let count = tokio::spawn(async move {
        let mut count = 0;
        while let Ok(Ok((mut stream, _))) = tokio::time::timeout(Duration::from_secs(1), listener.accept()).await {
            count += 1;
            let _ = stream.read(&mut [0; 4096]).await;
        }
        count
    });
    // Reads are tried again, five times in all, and then the call gives up before it writes anything.
    let error = Http::new(options).unwrap().create_folder("x").await.unwrap_err();
    assert_eq!(error.code().id, "keyform::portal::lost");
    assert_eq!(count.await.unwrap(), 5);
}

#[tokio::test]
async fn an_echo_of_the_token_is_taken_out() {
    let base64 = "M05LSHQ2aTJ1cm1XdHFPdXVndnI5Yi10b2tlbi8rJj0=";
    let percent = "3NKHt6i2urmWtqOuugvr9b-token%2f%2B%26%3D";
    let text =
        format!("bad {TOKEN} and {base64} and {percent} and AAPTxy8BH1VEsoebNVZXo8HurE.AT1_abcdefgh \u{1b}[2J\u{202e}");
    let reply: Reply = json!({ "error": { "code": 400, "message": text, "details": [text, TOKEN] } }).into();
    let shown = failure_of(reply).await.to_string();
    for leak in ["3NKH", "M05L", "urmWtq", "AAPT", "\u{1b}", "\u{202e}"] {
        assert!(!shown.contains(leak), "{leak} in {shown}");
    }
    assert!(shown.contains("bad [secret] and"), "{shown}");
}

#[tokio::test]
async fn an_echo_of_the_password_or_client_secret_is_taken_out() {
    let script = Script::start(|asked| {
        (asked.path == "generateToken").then(|| error(400, &format!("Unable to generate token for {PASSWORD}.")))
    })
    .await;
    let error = script.with_password().hello().await.unwrap_err();
    assert_eq!(error.code().id, "keyform::portal::wrong_credentials");
    assert!(error.to_string().contains("Unable to generate token for [secret]"), "{error}");
    assert!(error.code().help.contains("SAML"));
    assert_eq!(script.at("generateToken").len(), 1, "a wrong password locks accounts");

    let script = Script::start(|asked| match asked.path.as_str() {
        "oauth2/token" => {
            Some(super::script::error(400, &format!("Invalid client_secret {}", asked.field("client_secret"))))
        }
        path if path.ends_with("registeredAppInfo") => {
            let (id, secret) = ("abc", "s3cr3t-of-the-app");
            Some(json!({ "client_id": id, "client_secret": secret, "apiToken1Active": true, "apiToken2Active": false }))
        }
        _ => None,
    })
    .await;
    let error = script.http().issue_key(&item(), Slot::One, Regenerate::No).await.err().unwrap();
    assert!(error.to_string().contains("Invalid client_secret [secret]"), "{error}");
}
