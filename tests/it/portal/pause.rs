//! Requests that are refused before the portal acts: sent again after a pause that all share.

use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use jiff::Timestamp;
use keyform::http::Backoff;
use keyform::model::{FolderId, ItemId, Slot};
use keyform::portal::{Http, HttpOptions, ItemEdit, Outcome, ReadPortal, Regenerate, WritePortal};
use serde_json::json;
use tokio::sync::watch;

use super::script::{Asked, Reply, Script, error};
use super::writing::{answer, new_item, settings};

const ID: &str = "0123456789abcdef0123456789abcdef";

fn id() -> ItemId {
    ItemId::new(ID).unwrap()
}

/// Every form of "too many, come again".
fn refusals() -> Vec<Reply> {
    vec![
        Reply::text(429, ""),
        Reply::text(429, "<html><title>Too Many Requests</title></html>").header("retry-after", "1"),
        Reply::text(429, error(400, "whatever").to_string()),
        Reply::text(429, "[]"),
        error(429, "slow down").into(),
        json!({ "code": 429, "message": "slow down" }).into(),
        Reply::text(503, "<html>busy</html>").header("retry-after", "2"),
        Reply::text(503, error(500, "busy").to_string()).header("retry-after", "2"),
        Reply::text(403, error(403, "Rate limit exceeded").to_string()),
        error(403, "Too many requests from this account.").into(),
        Reply::text(403, "<html><title>Request throttled</title></html>"),
        Reply::text(403, "no").header("retry-after", "1"),
    ]
}

type Did = Pin<Box<dyn Future<Output = bool> + Send>>;
/// Makes one call; whether it went well.
type Made = fn(Arc<Http>) -> Did;

/// Every call that there is, and the end of the path of its request.
fn calls() -> Vec<(&'static str, Made)> {
    macro_rules! call {
        ($http:ident, $call:expr) => {
            |$http| Box::pin(async move { $call.await.is_ok() })
        };
    }
    vec![
        ("createFolder", call!(http, http.create_folder("Keys"))),
        ("addItem", call!(http, http.add_item(&new_item()))),
        ("registerApp", call!(http, http.register(&id(), &settings()))),
        ("aBc/update", call!(http, http.update_app(&id(), &settings()))),
        ("update", call!(http, http.update_item(&id(), &ItemEdit { title: Some("T".into()), ..ItemEdit::default() }))),
        ("update", call!(http, http.set_date(&id(), Slot::One, Timestamp::from_second(1_779_110_552).unwrap()))),
        ("move", call!(http, http.move_item(&id(), None))),
        ("oauth2/token", call!(http, http.issue_key(&id(), Slot::One, Regenerate::No))),
        ("revokeToken", call!(http, http.revoke_key(&id(), Slot::One))),
        ("delete", call!(http, http.delete_item(&id()))),
        ("delete", call!(http, http.delete_folder(&FolderId::new(ID).unwrap()))),
        ("generateToken", call!(http, http.hello())),
        ("portals/self", call!(http, http.hello())),
        ("registeredAppInfo", call!(http, http.app("jdoe", &id()))),
    ]
}

#[tokio::test]
async fn whatever_was_refused_before_the_portal_acted_is_sent_again_and_leaves_no_doubt() {
    for (path, call) in calls() {
        for refusal in refusals() {
            let shown = format!("{path} {} {:?} {}", refusal.status, refusal.headers, refusal.body);
            let script = Script::start(move |asked: &Asked| {
                let first = asked.path.ends_with(path) && asked.nth == 0;
                if first { Some(refusal.clone()) } else { answer(asked).map(Reply::from) }
            })
            .await;
            let http = Arc::new(script.with_password());
            assert!(call(Arc::clone(&http)).await, "{shown}");
            assert_eq!(script.asked().iter().filter(|asked| asked.path.ends_with(path)).count(), 2, "{shown}");
            assert!(!http.has_unanswered_writes(), "{shown}");
        }
    }
}

#[tokio::test]
async fn a_wrong_password_is_not_tried_again_whatever_it_is_told_to_wait() {
    let locked = Reply::text(403, error(403, "Too many invalid attempts. Please try again later.").to_string());
    for reply in [locked.clone(), locked.header("retry-after", "1")] {
        let script = Script::start(move |asked| (asked.path == "generateToken").then(|| reply.clone())).await;
        script.with_password().hello().await.unwrap_err();
        assert_eq!(script.at("generateToken").len(), 1);
    }
}

#[tokio::test]
async fn a_portal_that_goes_on_refusing_is_an_error_and_nothing_was_done() {
    let script = Script::start(|asked| {
        if asked.path.ends_with("addItem") { Some(Reply::text(429, "")) } else { answer(asked).map(Reply::from) }
    })
    .await;
    let http = script.http();
    let failure = http.add_item(&new_item()).await.unwrap_err();
    assert_eq!((failure.code().id, failure.outcome()), ("keyform::portal::rate_limited", Outcome::NotDone));
    let sent = script.asked().iter().filter(|asked| asked.path.ends_with("addItem")).count();
    assert!((5..20).contains(&sent), "{sent}");
    let script = Script::start(|asked| {
        asked.path.starts_with("content/items/").then(|| Reply::text(429, "").header("retry-after", "3600"))
    })
    .await;
    script.http().item(&id()).await.unwrap_err();
    assert_eq!(script.at(&format!("content/items/{ID}")).len(), 1, "nobody waits for an hour");
}

/// A clock that stands still until the test moves it.
struct Held {
    clock: watch::Sender<Duration>,
}

impl Held {
    fn new() -> Arc<Self> {
        Arc::new(Self { clock: watch::Sender::new(Duration::from_secs(1000)) })
    }

    async fn pass(&self, time: Duration) {
        self.clock.send_modify(|now| *now += time);
        settle().await;
    }
}

impl Backoff for Held {
    fn now(&self) -> Duration {
        *self.clock.borrow()
    }

    fn sleep(&self, time: Duration) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        let until = self.now() + time;
        let mut clock = self.clock.subscribe();
        Box::pin(async move {
            let _ = clock.wait_for(|now| *now >= until).await;
        })
    }

    fn jitter(&self) -> f64 {
        0.0
    }
}

/// Whatever can go on has gone on.
async fn settle() {
    tokio::time::sleep(Duration::from_millis(60)).await;
}

fn with(script: &Script, pace: &Arc<Held>) -> HttpOptions {
    HttpOptions { backoff: Arc::clone(pace) as Arc<dyn Backoff>, timeout: Duration::from_secs(10), ..script.options() }
}

/// Refuses the first request to an item, in this way, and nothing else.
async fn refusing_once(reply: Reply) -> Script {
    Script::start(move |asked| {
        if asked.path.starts_with("content/items/") {
            let item = json!({ "id": ID, "owner": "jdoe" });
            return Some(if asked.nth == 0 { reply.clone() } else { item.into() });
        }
        answer(asked).map(Reply::from)
    })
    .await
}

#[tokio::test]
async fn when_one_request_is_told_to_wait_no_other_is_sent_before_that_time() {
    let date = "Sun, 06 Nov 1994 08:49:37 GMT";
    for reply in [
        Reply::text(429, "").header("retry-after", "7"),
        Reply::text(429, "").header("date", date).header("retry-after", "Sun, 06 Nov 1994 08:49:44 GMT"),
    ] {
        let script = refusing_once(reply).await;
        let pace = Held::new();
        let http = Arc::new(Http::new(with(&script, &pace)).unwrap());
        http.hello().await.unwrap();
        let before = script.asked().len();
        let first = tokio::spawn({
            let http = Arc::clone(&http);
            async move { http.item(&id()).await.map(drop) }
        });
        settle().await;
        assert_eq!(script.asked().len(), before + 1);
        let others: Vec<_> = calls()
            .into_iter()
            .filter(|(path, _)| *path != "generateToken")
            .map(|(_, call)| tokio::spawn(call(Arc::clone(&http))))
            .collect();
        settle().await;
        pace.pass(Duration::from_millis(6900)).await;
        assert_eq!(script.asked().len(), before + 1, "{:?}", script.asked().last());
        pace.pass(Duration::from_millis(200)).await;
        assert!(script.asked().len() > before + 1);
        while !others.iter().all(tokio::task::JoinHandle::is_finished) {
            pace.pass(Duration::from_millis(100)).await;
        }
        first.await.unwrap().unwrap();
        for other in others {
            assert!(other.await.unwrap());
        }
    }
}

#[tokio::test]
async fn whether_the_lease_is_long_enough_is_asked_after_the_pause() {
    let script = Script::start(|asked| {
        let first = asked.path.ends_with("addItem") && asked.nth == 0;
        if first { Some(Reply::text(429, "").header("retry-after", "60")) } else { answer(asked).map(Reply::from) }
    })
    .await;
    let pace = Held::new();
    let http = Arc::new(Http::new(with(&script, &pace)).unwrap());
    http.hello().await.unwrap();
    let held = Arc::new(AtomicBool::new(true));
    let gate = Arc::clone(&held);
    http.set_gate(Some(Arc::new(move |_| gate.load(Ordering::Relaxed))));
    let adding = tokio::spawn({
        let http = Arc::clone(&http);
        async move { http.add_item(&new_item()).await }
    });
    settle().await;
    pace.pass(Duration::from_secs(59)).await;
    held.store(false, Ordering::Relaxed);
    pace.pass(Duration::from_secs(2)).await;
    assert_eq!(adding.await.unwrap().unwrap_err().code().id, "keyform::portal::lease_over");
    assert_eq!(script.asked().iter().filter(|asked| asked.path.ends_with("addItem")).count(), 1);
}

#[tokio::test]
async fn a_person_is_told_once_that_the_portal_asks_to_wait() {
    let script = Script::start(|asked| {
        let busy = asked.path.starts_with("content/items/") && asked.nth < 3;
        if busy { Some(Reply::text(429, "").header("retry-after", "5")) } else { answer(asked).map(Reply::from) }
    })
    .await;
    let told = Arc::new(Mutex::new(Vec::new()));
    let tell = Arc::clone(&told);
    let options = HttpOptions { told: Some(Arc::new(move |wait| tell.lock().unwrap().push(wait))), ..script.options() };
    let _ = Http::new(options).unwrap().item(&id()).await;
    let told = told.lock().unwrap();
    assert_eq!(told.len(), 1);
    assert!((5..=6).contains(&told[0].as_secs()), "{told:?}");
}
