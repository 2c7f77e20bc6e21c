//! HTTP over [`State`], on loopback.

use std::collections::VecDeque;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{ConnectInfo, State as Shared};
use axum::http::{HeaderMap, HeaderValue, Request as HttpRequest, Response as HttpResponse, StatusCode, header};
use jiff::Timestamp;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use super::connection::{CuttableListener, Cutter};
use super::control;
use super::fault::{self, Fault, Hold, HoldAt, Reply, Trouble};
use super::host::{Host, Options};
use super::log::Entry;
use super::rate::Rate;
use super::request::{Method, Params, Request};
use super::state::State;
use crate::clock;

/// A request as it arrived.
struct Arrival {
    request: Request,
    query: String,
    verb: String,
    token: Vec<&'static str>,
}

async fn answer(
    Shared(host): Shared<Arc<Host>>,
    ConnectInfo(cutter): ConnectInfo<Cutter>,
    http: HttpRequest<Body>,
) -> HttpResponse<Body> {
    let (parts, body) = http.into_parts();
    let Ok(body) = axum::body::to_bytes(body, 32 << 20).await else {
        return send(&host, Reply::Cut, &cutter);
    };
    let path = parts.uri.path();
    if path == "/emulator" || path.starts_with("/emulator/") {
        let response = control::answer(&host, &parts.method, path, parts.uri.query().unwrap_or(""), &body).await;
        return send(&host, Reply::Whole(response, None), &cutter);
    }
    let arrival = arrival(&host, &parts, &body);
    let at = host.now();
    let (number, refusal, fault, latency) = {
        let mut traffic = host.traffic();
        traffic.count += 1;
        let number = traffic.count;
        let refusal = traffic.rate.as_mut().and_then(|rate| rate.refuses(at));
        let fault = traffic.faults.iter_mut().find_map(|fault| {
            let strikes = fault.strikes(number, &arrival.request);
            strikes.then(|| fault.clone())
        });
        traffic.faults.retain(|fault| fault.times > 0);
        (number, refusal, fault, traffic.latency)
    };
    let held = host.traffic().hold.is_some();
    let reply = if held || fault.is_some() {
        // What is held or struck goes on even if the client gives up meanwhile.
        let host = Arc::clone(&host);
        let task = tokio::spawn(async move { serve_one(&host, number, arrival, refusal, fault, latency).await });
        task.await.unwrap_or(Reply::Cut)
    } else {
        serve_one(&host, number, arrival, refusal, None, latency).await
    };
    send(&host, reply, &cutter)
}

async fn serve_one(
    host: &Arc<Host>,
    number: u64,
    arrival: Arrival,
    refusal: Option<Reply>,
    fault: Option<Fault>,
    latency: Duration,
) -> Reply {
    let Arrival { request, query, verb, token } = arrival;
    let before = |hold: Hold| match hold.at {
        HoldAt::Before => hold.request == number,
        HoldAt::Answered => hold.request < number,
        HoldAt::After => false,
    };
    if !host.wait(before).await {
        return Reply::Cut;
    }
    let delay = latency + Duration::from_millis(fault.as_ref().map_or(0, |fault| fault.delay_ms));
    if !delay.is_zero() {
        tokio::time::sleep(delay).await;
    }
    let (reply, acted) = match (&fault, refusal) {
        (_, Some(refusal)) => (refusal, false),
        (None | Some(Fault { does: Trouble::Slow, .. }), None) => {
            (Reply::Whole(host.act(&request, false).await, None), true)
        }
        (Some(fault), None) => {
            let acts = fault.acts();
            let truth = if fault.knows_the_answer() { Some(host.act(&request, !acts).await) } else { None };
            (fault.does.spoil(truth, &request), acts)
        }
    };
    let (status, error) = match &reply {
        Reply::Whole(response, _) | Reply::Half(response) => {
            let error = if response.body.starts_with("{\"error\"") { response.error_code() } else { None };
            (Some(response.status), error)
        }
        Reply::Cut => (None, None),
    };
    let at = host.now();
    let names = request.query.names().chain(request.form.names()).map(str::to_owned).collect();
    let (path, fault) = (request.path, fault.map(|fault| fault.does));
    host.traffic().note(Entry { n: number, at, method: verb, path, query, names, token, status, error, acted, fault });
    if !host.wait(|hold| hold.at == HoldAt::After && hold.request == number).await {
        return Reply::Cut;
    }
    if host.traffic().hold.is_some_and(|hold| hold.at == HoldAt::Answered && hold.request == number) {
        let host = Arc::clone(host);
        // The answer is on its way once this task is asked again.
        tokio::spawn(async move {
            tokio::time::sleep(Duration::from_millis(20)).await;
            let mut traffic = host.traffic();
            traffic.reached = traffic.reached || traffic.hold.is_some_and(|hold| hold.request == number);
        });
    }
    reply
}

fn arrival(host: &Host, parts: &axum::http::request::Parts, body: &Bytes) -> Arrival {
    let text = |name: &str| parts.headers.get(name).and_then(|value| value.to_str().ok());
    let bearer = |name: &str| {
        let (scheme, token) = text(name)?.trim().split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then(|| token.trim().to_owned())
    };
    let query = parts.uri.query().unwrap_or("").to_owned();
    let (context, path) = context_and_path(&host.contexts, parts.uri.path());
    let request = Request {
        method: match parts.method {
            axum::http::Method::GET => Method::Get,
            axum::http::Method::POST => Method::Post,
            _ => Method::Other,
        },
        base: format!("{}://{}{context}", scheme(text("x-forwarded-proto")), text("host").unwrap_or_default()).into(),
        path: path.to_owned(),
        query: Params::urlencoded(&query),
        form: form(&parts.headers, body),
        bearer: bearer("x-esri-authorization").or_else(|| bearer("authorization")),
        referer: text("referer").map(str::to_owned),
    };
    let mut token = Vec::new();
    token.extend(bearer("x-esri-authorization").map(|_| "x-esri-authorization"));
    token.extend(bearer("authorization").map(|_| "authorization"));
    token.extend(request.form.get("token").map(|_| "form"));
    token.extend(request.query.get("token").map(|_| "query"));
    Arrival { request, query, verb: parts.method.to_string(), token }
}

/// The scheme that the client used: a proxy that ends TLS says so.
fn scheme(forwarded: Option<&str>) -> &'static str {
    let first = forwarded.and_then(|chain| chain.split(',').next()).unwrap_or_default().trim();
    if first.eq_ignore_ascii_case("https") { "https" } else { "http" }
}

/// The web adaptor's path a request came by, and the rest.
fn context_and_path<'a>(contexts: &[String], path: &'a str) -> (&'a str, &'a str) {
    let cut = contexts.iter().find_map(|context| {
        let (start, rest) = path.split_at_checked(context.len())?;
        (start.eq_ignore_ascii_case(context) && rest.starts_with('/')).then_some((start, rest))
    });
    cut.unwrap_or(("", path))
}

fn form(headers: &HeaderMap, body: &Bytes) -> Params {
    let text = String::from_utf8_lossy(body);
    let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or("");
    match kind.split_once("boundary=") {
        Some((kind, boundary)) if kind.to_ascii_lowercase().starts_with("multipart/") => {
            let boundary = boundary.split(';').next().unwrap_or_default().trim().trim_matches('"');
            Params::multipart(&text, boundary)
        }
        _ => Params::urlencoded(&text),
    }
}

/// The `Date` header goes by the portal's clock.
fn date(host: &Host) -> Option<HeaderValue> {
    let now = host.now();
    let text = Timestamp::from_millisecond(now).ok()?.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
    HeaderValue::from_str(&text).ok()
}

fn send(host: &Host, reply: Reply, cutter: &Cutter) -> HttpResponse<Body> {
    let (response, retry_after, whole) = match reply {
        Reply::Whole(response, retry_after) => (response, retry_after, true),
        Reply::Half(response) => (response, None, false),
        Reply::Cut => {
            cutter.cut();
            return HttpResponse::new(Body::empty());
        }
    };
    let len = response.body.len();
    let body = if whole {
        Body::from(response.body)
    } else {
        let half = Bytes::from(fault::first_half(&response.body).to_owned());
        let pieces = VecDeque::from([Ok(half), Err(io::Error::from(io::ErrorKind::ConnectionReset))]);
        Body::from_stream(futures_util::stream::iter(pieces))
    };
    let mut http = HttpResponse::new(body);
    *http.status_mut() = StatusCode::from_u16(response.status).unwrap_or(StatusCode::OK);
    let headers = http.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(response.content_type));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    if !whole {
        headers.insert(header::CONTENT_LENGTH, HeaderValue::from(len));
    }
    if let Some(value) = retry_after.and_then(|value| HeaderValue::from_str(&value).ok()) {
        headers.insert(header::RETRY_AFTER, value);
    }
    if let Some(date) = date(host) {
        headers.insert(header::DATE, date);
    }
    http
}

async fn run(listener: TcpListener, host: Arc<Host>) -> io::Result<()> {
    let app = Router::new().fallback(answer).with_state(host);
    axum::serve(CuttableListener(listener), app.into_make_service_with_connect_info::<Cutter>()).await
}

/// Serves a portal until the task is dropped. Anybody who reaches it gets a token, so it listens on loopback only.
pub async fn serve(listener: TcpListener, options: Options) -> io::Result<()> {
    if !listener.local_addr()?.ip().is_loopback() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "the emulator listens on loopback only"));
    }
    run(listener, Arc::new(Host::open(options)?)).await
}

/// A portal that runs beside its owner, on a port of its own, until it is dropped.
pub struct Server {
    /// Where it listens.
    pub address: SocketAddr,
    host: Arc<Host>,
    task: JoinHandle<io::Result<()>>,
}

impl Server {
    /// Starts one on loopback.
    pub async fn start(options: Options) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let host = Arc::new(Host::open(options)?);
        let task = tokio::spawn(run(listener, Arc::clone(&host)));
        Ok(Self { address, host, task })
    }

    /// `http://127.0.0.1:PORT`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The root of its REST API.
    #[must_use]
    pub fn root(&self) -> String {
        format!("{}/sharing/rest", self.url())
    }

    /// Acts on the portal itself; fails only if its file does.
    pub fn with<T>(&self, act: impl FnOnce(&mut State) -> T) -> io::Result<T> {
        self.host.with(act)
    }

    /// A token of the usual account.
    pub fn token(&self) -> io::Result<String> {
        self.with(|state| state.user_token(clock::wall()))
    }

    /// Adds a fault.
    pub fn fault(&self, fault: Fault) {
        self.host.traffic().faults.push(fault);
    }

    /// Limits requests from now on, or no longer.
    pub fn limit(&self, rate: Option<Rate>) {
        self.host.traffic().rate = rate;
    }

    /// Holds a request.
    pub fn hold(&self, hold: Hold) {
        self.host.traffic().set_hold(hold);
    }

    /// Lets go what is held; without `act` it is dropped instead of done.
    pub fn release(&self, act: bool) {
        self.host.release(act);
    }

    /// Forgets the log; requests are counted from 1 again.
    pub fn clear_log(&self) {
        self.host.traffic().clear_log();
    }

    /// What was asked so far.
    #[must_use]
    pub fn log(&self) -> Vec<Entry> {
        self.host.traffic().log.iter().cloned().collect()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}
