//! A portal that answers what a test says, and remembers what it was asked.

use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::{Bytes, to_bytes};
use axum::extract::Request;
use axum::http::{Response, StatusCode};
use keyform::clock::Tick;
use keyform::http::Backoff;
use keyform::model::Secret;
use keyform::portal::{Http, HttpOptions, SignIn};
use serde_json::{Value, json};

/// One request as it arrived.
#[derive(Clone, Debug, Default)]
pub(crate) struct Asked {
    pub method: String,
    /// Below `/sharing/rest/`.
    pub path: String,
    pub url: String,
    pub fields: BTreeMap<String, String>,
    pub headers: BTreeMap<String, String>,
    /// How often this path was asked before.
    pub nth: usize,
}

impl Asked {
    pub(crate) fn field(&self, name: &str) -> &str {
        self.fields.get(name).map_or("", String::as_str)
    }

    pub(crate) fn token(&self) -> &str {
        self.headers.get("x-esri-authorization").map_or("", |value| value.strip_prefix("Bearer ").unwrap_or("?"))
    }
}

/// One answer.
#[derive(Clone)]
pub(crate) struct Reply {
    pub status: u16,
    pub headers: Vec<(&'static str, String)>,
    pub body: String,
    pub delay: Duration,
}

impl Reply {
    pub(crate) fn text(status: u16, body: impl Into<String>) -> Self {
        Self { status, headers: Vec::new(), body: body.into(), delay: Duration::ZERO }
    }

    pub(crate) fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }
}

impl From<Value> for Reply {
    fn from(value: Value) -> Self {
        Self::text(200, value.to_string())
    }
}

pub(crate) fn error(code: i64, message: &str) -> Value {
    json!({ "error": { "code": code, "message": message, "details": [] } })
}

type Answers = Arc<dyn Fn(&Asked) -> Option<Reply> + Send + Sync>;

/// A running portal.
pub(crate) struct Script {
    pub url: String,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl Script {
    /// Answers with `answers`, and as an ordinary portal where that has none.
    pub(crate) async fn start<R: Into<Reply>>(answers: impl Fn(&Asked) -> Option<R> + Send + Sync + 'static) -> Self {
        let asked = Arc::new(Mutex::new(Vec::new()));
        let answers: Answers = Arc::new(move |asked| answers(asked).map(Into::into));
        let seen = Arc::clone(&asked);
        let app =
            Router::new().fallback(move |request: Request| serve(request, Arc::clone(&answers), Arc::clone(&seen)));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, app).await });
        Self { url, asked }
    }

    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }

    pub(crate) fn at(&self, path: &str) -> Vec<Asked> {
        self.asked().into_iter().filter(|asked| asked.path == path).collect()
    }

    pub(crate) fn options(&self) -> HttpOptions {
        let token = Secret::new(TOKEN.to_owned());
        let mut options = HttpOptions::new(&self.url, SignIn::Token { token, referer: Some("https://ci".into()) });
        options.backoff = Arc::new(Hurry::default());
        options.timeout = Duration::from_millis(400);
        options
    }

    pub(crate) fn http(&self) -> Http {
        Http::new(self.options()).unwrap()
    }

    pub(crate) fn with_password(&self) -> Http {
        let (username, password) = ("jdoe".to_owned(), Secret::new(PASSWORD.to_owned()));
        let sign_in = SignIn::Password { username, password, referer: "https://keyform.invalid".to_owned() };
        Http::new(HttpOptions { sign_in, ..self.options() }).unwrap()
    }
}

pub(crate) const TOKEN: &str = "3NKHt6i2urmWtqOuugvr9b-token/+&=";
pub(crate) const PASSWORD: &str = "correct horse, battery";

/// Does not wait: its clock is put forward instead.
#[derive(Default)]
pub(crate) struct Hurry {
    skipped: Mutex<Duration>,
}

impl Backoff for Hurry {
    fn now(&self) -> Duration {
        Tick::now().since_start() + *self.skipped.lock().unwrap()
    }

    fn sleep(&self, time: Duration) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        *self.skipped.lock().unwrap() += time;
        Box::pin(std::future::ready(()))
    }

    fn jitter(&self) -> f64 {
        0.5
    }
}

fn parse(text: &str) -> BTreeMap<String, String> {
    let decode = |part: &str| {
        let part = part.replace('+', " ");
        percent_encoding::percent_decode_str(&part).decode_utf8_lossy().into_owned()
    };
    let pairs = text.split('&').filter(|pair| !pair.is_empty());
    pairs.map(|pair| pair.split_once('=').unwrap_or((pair, ""))).map(|(k, v)| (decode(k), decode(v))).collect()
}

async fn serve(request: Request, answers: Answers, seen: Arc<Mutex<Vec<Asked>>>) -> Response<axum::body::Body> {
    let (parts, body) = request.into_parts();
    let body: Bytes = to_bytes(body, 1 << 20).await.unwrap();
    let path = parts.uri.path().trim_start_matches("/portal");
    let path = path.trim_start_matches("/sharing/rest").trim_start_matches('/').to_owned();
    let mut fields = parse(parts.uri.query().unwrap_or(""));
    fields.extend(parse(&String::from_utf8_lossy(&body)));
    let headers = parts.headers.iter().map(|(k, v)| (k.to_string(), v.to_str().unwrap_or("?").to_owned())).collect();
    let asked = {
        let mut seen = seen.lock().unwrap();
        let nth = seen.iter().filter(|other| other.path == path).count();
        let (method, url) = (parts.method.to_string(), parts.uri.to_string());
        let asked = Asked { method, path, url, fields, headers, nth };
        seen.push(asked.clone());
        asked
    };
    let reply = answers(&asked).or_else(|| ordinary(&asked)).unwrap_or_else(|| error(400, "no such thing").into());
    tokio::time::sleep(reply.delay).await;
    let mut response = Response::builder().status(StatusCode::from_u16(reply.status).unwrap());
    for (name, value) in &reply.headers {
        response = response.header(*name, value);
    }
    response.body(reply.body.into()).unwrap()
}

/// What a portal without surprises answers.
pub(crate) fn ordinary(asked: &Asked) -> Option<Reply> {
    let answer = match asked.path.as_str() {
        "" => json!({ "currentVersion": "2025.1" }),
        "generateToken" => {
            json!({ "token": format!("made-{}-abcdef", asked.nth), "expires": 4_000_000_000_000_i64, "ssl": true })
        }
        "portals/self" => portal_self(),
        "search" => json!({ "total": 0, "start": 1, "num": 0, "nextStart": -1, "results": [] }),
        "content/users/jdoe" => {
            json!({ "total": 0, "start": 1, "num": 0, "nextStart": -1, "items": [], "folders": [] })
        }
        _ => return None,
    };
    Some(answer.into())
}

pub(crate) fn portal_self() -> Value {
    json!({
        "id": "Ab12Cd34Ef56Gh78", "name": "Example Org", "urlKey": "example", "isPortal": false,
        "portalName": "ArcGIS Online", "portalMode": "multitenant", "currentVersion": "2025.1",
        "recycleBinSupported": true, "recycleBinEnabled": true,
        "user": { "username": "jdoe", "role": "org_admin", "privileges": ["portal:user:createItem"] },
    })
}
