//! The same portal over HTTP: faults, holds, the clock, the file, the control calls.

use std::time::Duration;

use keyform::emulator::fault::{Fault, Hold, HoldAt, Trouble};
use keyform::emulator::{Options, Profile, Server, Setup};
use reqwest::Client;
use serde_json::{Value, json};

struct Bench {
    server: Server,
    client: Client,
    token: String,
}

impl Bench {
    async fn new() -> Self {
        Self::with(Options::default()).await
    }

    async fn with(options: Options) -> Self {
        let server = Server::start(options).await.unwrap();
        let token = server.token().unwrap();
        Self { server, client: client(), token }
    }

    async fn post(&self, path: &str, form: &[(&str, &str)]) -> reqwest::Result<reqwest::Response> {
        let form: Vec<(&str, &str)> = form.iter().copied().chain([("f", "json"), ("token", &self.token)]).collect();
        self.client.post(format!("{}/{path}", self.server.root())).form(&form).send().await
    }

    async fn json(&self, path: &str, form: &[(&str, &str)]) -> Value {
        self.post(path, form).await.unwrap().json().await.unwrap()
    }

    async fn control(&self, path: &str, body: Value) -> Value {
        let url = format!("{}/emulator/{path}", self.server.url());
        self.client.post(url).json(&body).send().await.unwrap().json().await.unwrap()
    }

    async fn look(&self, path: &str) -> Value {
        let url = format!("{}/emulator/{path}", self.server.url());
        self.client.get(url).send().await.unwrap().json().await.unwrap()
    }

    async fn add(&self, title: &str) -> reqwest::Result<reqwest::Response> {
        self.post("content/users/developer/addItem", &[("type", "Application"), ("title", title)]).await
    }

    fn items(&self) -> usize {
        self.server.with(|state| state.summary(keyform::clock::wall())["items"].as_array().unwrap().len()).unwrap()
    }
}

fn client() -> Client {
    let _ = rustls::crypto::ring::default_provider().install_default();
    Client::builder().no_proxy().build().unwrap()
}

#[tokio::test]
async fn a_token_is_taken_from_either_header_the_body_and_the_query() {
    // 2.4
    let bench = Bench::new().await;
    let url = format!("{}/community/self?f=json", bench.server.root());
    let bearer = format!("Bearer {}", bench.token);
    for request in [
        bench.client.get(&url).header("X-Esri-Authorization", &bearer),
        bench.client.get(&url).header("Authorization", &bearer),
        bench.client.get(format!("{url}&token={}", bench.token)),
        bench.client.post(&url).form(&[("token", &bench.token)]),
        bench.client.post(&url).header("Content-Type", "multipart/form-data; boundary=xyz").body(format!(
            "--xyz\r\nContent-Disposition: form-data; name=\"token\"\r\n\r\n{}\r\n--xyz--\r\n",
            bench.token
        )),
    ] {
        let me: Value = request.send().await.unwrap().json().await.unwrap();
        assert_eq!(me["username"], "developer");
    }
    let token: Vec<_> = bench.server.log().into_iter().map(|entry| entry.token).collect();
    assert_eq!(token, [vec!["x-esri-authorization"], vec!["authorization"], vec!["query"], vec!["form"], vec!["form"]]);
}

#[tokio::test]
async fn it_answers_below_a_web_adaptor_path_and_with_a_trailing_slash() {
    // 1.1
    let setup = Setup { profile: Profile::Enterprise115, ..Setup::default() };
    let bench = Bench::with(Options { setup, contexts: vec!["portal".to_owned()], ..Options::default() }).await;
    let url = format!("{}/Portal/sharing/rest/?f=json", bench.server.url());
    let root: Value = bench.client.get(url).send().await.unwrap().json().await.unwrap();
    assert_eq!(root["enterpriseVersion"], "11.5.0");
}

#[tokio::test]
async fn where_to_sign_in_is_told_in_the_scheme_of_the_caller() {
    // 1.2b
    let setup = Setup { profile: Profile::Enterprise115, ..Setup::default() };
    let bench = Bench::with(Options { setup, contexts: vec!["portal".to_owned()], ..Options::default() }).await;
    let host = bench.server.address;
    for (path, proxy, base) in [
        ("sharing/rest/info", None, format!("http://{host}")),
        ("sharing/info", None, format!("http://{host}")),
        ("sharing/rest/info", Some("https"), format!("https://{host}")),
        ("portal/sharing/rest/info", Some("https, http"), format!("https://{host}/portal")),
        ("sharing/rest/info", Some("javascript"), format!("http://{host}")),
    ] {
        let mut request = bench.client.get(format!("{}/{path}?f=json", bench.server.url()));
        if let Some(scheme) = proxy {
            request = request.header("X-Forwarded-Proto", scheme);
        }
        let info: Value = request.send().await.unwrap().json().await.unwrap();
        let auth =
            json!({"isTokenBasedSecurity": true, "tokenServicesUrl": format!("{base}/sharing/rest/generateToken")});
        assert_eq!(info, json!({"owningSystemUrl": base, "authInfo": auth}), "{path} {proxy:?}");
    }
}

#[tokio::test]
async fn the_demo_service_sends_the_real_status() {
    let bench = Bench::new().await;
    let url = format!("{}/arcgis/rest/services/Demo/secured?f=json", bench.server.url());
    assert_eq!(bench.client.get(&url).send().await.unwrap().status(), 499);
    assert_eq!(bench.client.get(format!("{url}&token=x")).send().await.unwrap().status(), 498);
    let made = bench
        .control("person", json!({"act": "add", "title": "t", "privileges": ["premium:user:basemaps"], "days": 3}))
        .await;
    let key = made["access_token"].as_str().unwrap();
    assert_eq!(bench.client.get(format!("{url}&token={key}")).send().await.unwrap().status(), 200);
    bench.control("clock", json!({"advance": "3d"})).await;
    let expired = bench.client.get(format!("{url}&token={key}")).send().await.unwrap();
    assert_eq!(expired.status(), 498);
    let date = expired.headers()["date"].to_str().unwrap().to_owned();
    let date = jiff::fmt::rfc2822::parse(&date).unwrap().timestamp();
    assert!(date > keyform::clock::wall() + jiff::SignedDuration::from_hours(48));
}

#[tokio::test]
async fn an_answer_is_lost_before_or_after_the_portal_acted() {
    // 13.1
    let bench = Bench::new().await;
    bench.server.fault(Fault::new(Trouble::Lost).on("content/users/*/addItem"));
    assert!(bench.add("a").await.is_err());
    assert_eq!(bench.items(), 0);
    bench.server.fault(Fault::new(Trouble::Lost).on("content/users/*/addItem").after());
    assert!(bench.add("b").await.is_err());
    assert_eq!(bench.items(), 1);
    assert!(bench.add("c").await.is_ok());
}

#[tokio::test]
async fn every_other_trouble_looks_as_described() {
    // 2.5, 2.6, 13.1
    let bench = Bench::new().await;
    let strike = |does: Trouble| bench.server.fault(Fault::new(does).after());
    strike(Trouble::Status { status: 429, retry_after: Some(7) });
    let answer = bench.add("a").await.unwrap();
    assert_eq!((answer.status().as_u16(), answer.headers()["retry-after"].to_str().unwrap()), (429, "7"));
    strike(Trouble::Error { code: 503, message: None });
    assert_eq!(bench.add("a").await.unwrap().json::<Value>().await.unwrap()["error"]["code"], 503);
    strike(Trouble::Empty);
    assert_eq!(bench.add("a").await.unwrap().text().await.unwrap(), "");
    strike(Trouble::SignIn);
    assert!(bench.add("a").await.unwrap().text().await.unwrap().contains("<html>"));
    strike(Trouble::NoSuccess);
    assert_eq!(bench.add("a").await.unwrap().json::<Value>().await.unwrap(), json!({"success": false}));
    strike(Trouble::Truncated);
    let cut = match bench.add("a").await {
        Ok(answer) => answer.bytes().await.is_err(),
        Err(_) => true,
    };
    assert!(cut);
    strike(Trouble::Half);
    assert!(bench.add("a").await.unwrap().json::<Value>().await.is_err());
    strike(Trouble::Echo);
    assert!(bench.add("a").await.unwrap().text().await.unwrap().contains(&bench.token));
    assert_eq!(bench.items(), 8);
    strike(Trouble::Nothing);
    assert_eq!(bench.add("a").await.unwrap().json::<Value>().await.unwrap()["success"], true);
    assert_eq!(bench.items(), 8);
}

#[tokio::test]
async fn a_request_is_held_before_it_is_done_and_may_be_dropped() {
    let bench = Bench::new().await;
    bench.server.hold(Hold { request: 1, at: HoldAt::Before });
    let (added, ()) = tokio::join!(bench.add("a"), async {
        reached(&bench).await;
        assert_eq!(bench.items(), 0);
        bench.control("release", json!({"act": false})).await;
    });
    assert!(added.is_err());
    assert_eq!(bench.items(), 0);
}

#[tokio::test]
async fn a_request_is_held_once_it_is_done() {
    let bench = Bench::new().await;
    bench.control("hold", json!({"request": 1, "at": "after"})).await;
    let (added, ()) = tokio::join!(bench.add("a"), async {
        reached(&bench).await;
        assert_eq!(bench.items(), 1);
        bench.server.release(true);
    });
    assert!(added.is_ok());
}

#[tokio::test]
async fn after_an_answer_every_later_request_waits() {
    let bench = Bench::new().await;
    bench.server.hold(Hold { request: 1, at: HoldAt::Answered });
    assert!(bench.add("a").await.is_ok());
    reached(&bench).await;
    let (added, ()) = tokio::join!(bench.add("b"), async {
        tokio::time::sleep(Duration::from_millis(50)).await;
        assert_eq!(bench.items(), 1);
        bench.server.release(true);
    });
    assert!(added.is_ok());
    assert_eq!(bench.items(), 2);
}

async fn reached(bench: &Bench) {
    for _ in 0..500 {
        if bench.look("hold").await["reached"] == true {
            return;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    panic!("the hold was never reached");
}

#[tokio::test]
async fn the_log_counts_portal_requests_and_repeats_no_body() {
    let bench = Bench::new().await;
    bench.look("state").await;
    bench.add("secret title").await.unwrap();
    let log = bench.look("log").await;
    assert_eq!(log.as_array().unwrap().len(), 1);
    assert_eq!(log[0]["names"], json!(["type", "title", "f", "token"]));
    assert_eq!((&log[0]["n"], &log[0]["acted"], &log[0]["status"]), (&json!(1), &json!(true), &json!(200)));
    let text = log.to_string();
    assert!(!text.contains("secret title") && !text.contains(&bench.token));
}

#[tokio::test]
async fn two_processes_see_one_portal_through_its_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("emulator.json");
    let options = || Options { state_file: Some(path.clone()), ..Options::default() };
    let (one, two) = (Bench::with(options()).await, Bench::with(options()).await);
    one.add("a").await.unwrap();
    two.add("b").await.unwrap();
    assert_eq!((one.items(), two.items()), (2, 2));
    let me = two.json("community/self", &[("token", &one.token)]).await;
    assert_eq!(me["username"], "developer");
    #[cfg(unix)]
    {
        let mode = std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(&path).unwrap().permissions());
        assert_eq!(mode & 0o777, 0o600);
    }
    drop((one, two));
    let three = Bench::with(options()).await;
    assert_eq!(three.items(), 2);
    std::fs::write(&path, "{}").unwrap();
    assert!(Server::start(options()).await.is_err());
}

#[tokio::test]
async fn creating_a_folder_is_exclusive_under_many_calls_at_once() {
    // product 8
    let folder = tempfile::tempdir().unwrap();
    for state_file in [None, Some(folder.path().join("emulator.json"))] {
        let bench = Bench::with(Options { state_file, ..Options::default() }).await;
        let calls = (0..12).map(|_| bench.json("content/users/developer/createFolder", &[("title", "lease")]));
        let answers = futures_util::future::join_all(calls).await;
        assert_eq!(answers.iter().filter(|answer| answer["success"] == true).count(), 1);
    }
}

#[tokio::test]
async fn switches_are_set_by_name_and_a_wrong_one_is_explained() {
    let bench = Bench::new().await;
    let set = bench.control("switches", json!({"date_update": "ends", "search_lag_ms": 7})).await;
    assert_eq!((&set["now"]["date_update"], &set["now"]["search_lag_ms"]), (&json!("ends"), &json!(7)));
    let wrong = bench.control("switches", json!({"date_updat": "ends"})).await;
    assert!(wrong["error"].as_str().unwrap().contains("did you mean `date_update`"));
}

#[tokio::test]
async fn a_person_acts_meanwhile() {
    let bench = Bench::new().await;
    let made = bench.control("person", json!({"act": "add", "user": "colleague", "title": "theirs", "days": 9})).await;
    let id = made["id"].as_str().unwrap().to_owned();
    for act in [
        json!({"act": "issue", "item": id, "slot": 2}),
        json!({"act": "edit", "item": id, "set": {"title": "Mine"}}),
        json!({"act": "app", "item": id, "privileges": ["premium:user:geocode"]}),
        json!({"act": "revoke", "item": id, "slot": 1}),
        json!({"act": "move", "item": id, "folder": "/"}),
    ] {
        let done = bench.control("person", act.clone()).await;
        assert!(done.get("error").is_none(), "{act} {done}");
    }
    let state = bench.look("state").await;
    assert_eq!((&state["items"][0]["title"], &state["items"][0]["owner"]), (&json!("Mine"), &json!("colleague")));
    bench.control("person", json!({"act": "delete", "item": id, "permanent": true})).await;
    assert_eq!(bench.items(), 0);
}

#[tokio::test]
async fn latency_is_waited_side_by_side() {
    let bench = Bench::with(Options { latency: Duration::from_millis(100), ..Options::default() }).await;
    let start = keyform::clock::Tick::now();
    futures_util::future::join_all((0..16).map(|n| {
        let bench = &bench;
        async move { bench.add(&n.to_string()).await.unwrap() }
    }))
    .await;
    assert!(start.elapsed() < jiff::SignedDuration::from_millis(1500));
}

#[tokio::test]
async fn it_listens_on_loopback_only() {
    let listener = tokio::net::TcpListener::bind(("0.0.0.0", 0)).await.unwrap();
    assert!(keyform::emulator::serve(listener, Options::default()).await.is_err());
}

#[tokio::test]
async fn requests_beyond_a_limit_are_refused_undone_in_the_way_that_was_chosen() {
    // 2.6
    let bench = Bench::new().await;
    for (answer, status, code) in [("status", 429, 0), ("code", 200, 429), ("busy", 503, 0), ("forbidden", 403, 403)] {
        for (told, has) in [("none", answer == "busy"), ("seconds", true), ("date", true)] {
            let before = bench.items();
            bench.control("rate", json!({"per_second": 0, "answer": answer, "retry_after": told})).await;
            let refused = bench.add("beyond").await.unwrap();
            assert_eq!(refused.status(), status, "{answer} {told}");
            let header = refused.headers().get("retry-after").map(|value| value.to_str().unwrap().to_owned());
            assert_eq!(header.is_some(), has, "{answer} {told}");
            assert!(header.is_none_or(|header| (told == "date") == header.ends_with(" GMT")), "{answer} {told}");
            let body: Value = refused.json().await.unwrap_or_default();
            assert_eq!(body["error"]["code"].as_i64().unwrap_or_default(), code, "{answer} {told}");
            assert_eq!(bench.items(), before);
            assert!(!bench.server.log().last().unwrap().acted);
        }
    }
    let url = format!("{}/emulator/rate", bench.server.url());
    assert_eq!(bench.look("rate").await["per_second"], 0);
    bench.client.delete(url).send().await.unwrap();
    assert!(bench.add("within").await.unwrap().status().is_success());
    assert_eq!(bench.look("rate").await, Value::Null);
}

#[tokio::test]
async fn a_chosen_answer_stands_in_for_the_right_one() {
    let bench = Bench::new().await;
    bench.control("faults", json!({"endpoint": "community/self", "does": {"body": {"success": true}}})).await;
    assert_eq!(bench.json("community/self", &[]).await, json!({"success": true}));
    assert_eq!(bench.json("community/self", &[]).await["username"], "developer");
}
