//! HTTP over [`State`], on loopback.

use std::collections::VecDeque;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{ConnectInfo, State as Shared};
use axum::http::{HeaderMap, HeaderValue, Request as HttpRequest, Response as HttpResponse, StatusCode, header};
use jiff::Timestamp;
use tokio::net::TcpListener;
use tokio::sync::Notify;
use tokio::task::JoinHandle;

use super::connection::{Door, Scissors};
use super::control;
use super::fault::{self, Fault, Hold, HoldAt, Reply, Trouble};
use super::log::{Entry, Log};
use super::rate::Rate;
use super::request::{Method, Params, Request, Response};
use super::state::{Setup, State};
use super::store::Store;
use crate::clock;

/// How a portal is served.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// What a new portal is like.
    pub setup: Setup,
    /// Where it is kept; in memory if unsaid. A portal that is there already keeps its profile and switches.
    pub state_file: Option<PathBuf>,
    /// How long every answer takes at least; requests wait side by side.
    pub latency: Duration,
    /// Web adaptor paths, such as `portal`, below which it answers as well.
    pub contexts: Vec<String>,
}

/// The portal, and the file it is kept in.
struct Portal {
    state: State,
    store: Option<Store>,
}

/// What happens around requests.
#[derive(Default)]
pub(super) struct Desk {
    count: u64,
    pub(super) faults: Vec<Fault>,
    pub(super) rate: Option<Rate>,
    pub(super) hold: Option<Hold>,
    pub(super) reached: bool,
    /// What is held when it is let go without being done.
    dropped: bool,
    pub(super) latency: Duration,
    pub(super) log: Log,
}

impl Desk {
    pub(super) fn clear_log(&mut self) {
        self.log.clear();
        self.count = 0;
    }

    pub(super) fn set_hold(&mut self, hold: Hold) {
        (self.hold, self.reached, self.dropped) = (Some(hold), false, false);
    }
}

/// Everything the handlers share.
pub(super) struct Office {
    portal: Mutex<Portal>,
    desk: Mutex<Desk>,
    released: Notify,
    contexts: Vec<String>,
    in_file: bool,
}

fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Office {
    fn open(options: Options) -> io::Result<Self> {
        let Options { setup, state_file, latency, contexts } = options;
        let wall = clock::wall();
        let (state, store) = match &state_file {
            Some(path) => {
                let (store, state) = Store::open(path, setup, wall)?;
                (state, Some(store))
            }
            None => (State::new(setup, wall), None),
        };
        let desk = Desk { latency, ..Desk::default() };
        let contexts =
            contexts.iter().map(|path| format!("/{}", path.trim_matches('/').to_ascii_lowercase())).collect();
        let in_file = store.is_some();
        let portal = Mutex::new(Portal { state, store });
        Ok(Self { portal, desk: Mutex::new(desk), released: Notify::new(), contexts, in_file })
    }

    pub(super) fn desk(&self) -> MutexGuard<'_, Desk> {
        held(&self.desk)
    }

    /// Acts on the portal, wherever it is kept.
    pub(super) fn with<T>(&self, act: impl FnOnce(&mut State) -> T) -> io::Result<T> {
        let mut portal = held(&self.portal);
        let Portal { state, store } = &mut *portal;
        match store {
            Some(store) => store.with(state, act),
            None => Ok(act(state)),
        }
    }

    /// Lets go what is held; without `act` it is dropped instead of done.
    pub(super) fn release(&self, act: bool) {
        let mut desk = self.desk();
        (desk.hold, desk.reached, desk.dropped) = (None, false, !act);
        drop(desk);
        self.released.notify_waiters();
    }

    /// Waits while `stops` says the hold applies; false if the request is to be dropped.
    async fn wait(&self, stops: impl Fn(Hold) -> bool) -> bool {
        let mut waited = false;
        loop {
            let released = self.released.notified();
            tokio::pin!(released);
            released.as_mut().enable();
            {
                let mut desk = self.desk();
                if !desk.hold.is_some_and(&stops) {
                    return !(waited && desk.dropped);
                }
                desk.reached = true;
            }
            waited = true;
            released.await;
        }
    }

    async fn act(self: &Arc<Self>, request: &Request, dry: bool) -> Response {
        let run = move |office: &Self, request: &Request| {
            let done = office.with(|state| {
                let wall = clock::wall();
                if dry { state.clone().handle(request, wall) } else { state.handle(request, wall) }
            });
            done.unwrap_or_else(|error| broken(&error))
        };
        if !self.in_file {
            return run(self, request);
        }
        let (office, request) = (Arc::clone(self), request.clone());
        let done = tokio::task::spawn_blocking(move || run(&office, &request)).await;
        done.unwrap_or_else(|error| broken(&io::Error::other(error)))
    }
}

fn broken(error: &io::Error) -> Response {
    let body = serde_json::json!({"error": {"code": 500, "message": format!("emulator: {error}"), "details": []}});
    Response::json(500, &body)
}

/// A request as it arrived.
struct Arrival {
    request: Request,
    query: String,
    verb: String,
    token: Vec<&'static str>,
}

async fn answer(
    Shared(office): Shared<Arc<Office>>,
    ConnectInfo(scissors): ConnectInfo<Scissors>,
    http: HttpRequest<Body>,
) -> HttpResponse<Body> {
    let (parts, body) = http.into_parts();
    let Ok(body) = axum::body::to_bytes(body, 32 << 20).await else {
        return send(&office, Reply::Cut, &scissors);
    };
    let path = parts.uri.path();
    if path == "/emulator" || path.starts_with("/emulator/") {
        let (status, text) =
            control::answer(&office, &parts.method, path, parts.uri.query().unwrap_or(""), &body).await;
        let response = Response { status, content_type: "application/json;charset=UTF-8", body: text };
        return send(&office, Reply::Whole(response, None), &scissors);
    }
    let arrival = arrival(&office, &parts, &body);
    let at = held(&office.portal).state.now(clock::wall());
    let (number, refusal, fault, latency) = {
        let mut desk = office.desk();
        desk.count += 1;
        let number = desk.count;
        let refusal = desk.rate.as_mut().and_then(|rate| rate.refuses(at));
        let fault = desk.faults.iter_mut().find_map(|fault| {
            let strikes = fault.strikes(number, &arrival.request);
            strikes.then(|| fault.clone())
        });
        desk.faults.retain(|fault| fault.times > 0);
        (number, refusal, fault, desk.latency)
    };
    let held = office.desk().hold.is_some();
    let reply = if held || fault.is_some() {
        // What is held or struck goes on even if the client gives up meanwhile.
        let office = Arc::clone(&office);
        let task = tokio::spawn(async move { serve_one(&office, number, arrival, refusal, fault, latency).await });
        task.await.unwrap_or(Reply::Cut)
    } else {
        serve_one(&office, number, arrival, refusal, None, latency).await
    };
    send(&office, reply, &scissors)
}

async fn serve_one(
    office: &Arc<Office>,
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
    if !office.wait(before).await {
        return Reply::Cut;
    }
    let delay = latency + Duration::from_millis(fault.as_ref().map_or(0, |fault| fault.delay_ms));
    if !delay.is_zero() {
        tokio::time::sleep(delay).await;
    }
    let (reply, acted) = match (&fault, refusal) {
        (_, Some(refusal)) => (refusal, false),
        (None | Some(Fault { does: Trouble::Slow, .. }), None) => {
            (Reply::Whole(office.act(&request, false).await, None), true)
        }
        (Some(fault), None) => {
            let acts = fault.acts();
            let truth = if fault.knows_the_answer() { Some(office.act(&request, !acts).await) } else { None };
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
    let at = held(&office.portal).state.now(clock::wall());
    let names = request.query.names().chain(request.form.names()).map(str::to_owned).collect();
    let (path, fault) = (request.path, fault.map(|fault| fault.does));
    office.desk().log.push(Entry {
        n: number,
        at,
        method: verb,
        path,
        query,
        names,
        token,
        status,
        error,
        acted,
        fault,
    });
    if !office.wait(|hold| hold.at == HoldAt::After && hold.request == number).await {
        return Reply::Cut;
    }
    if office.desk().hold.is_some_and(|hold| hold.at == HoldAt::Answered && hold.request == number) {
        let office = Arc::clone(office);
        // The answer is on its way once this task is asked again.
        tokio::spawn(async move {
            tokio::time::sleep(Duration::from_millis(20)).await;
            let mut desk = office.desk();
            desk.reached = desk.reached || desk.hold.is_some_and(|hold| hold.request == number);
        });
    }
    reply
}

fn arrival(office: &Office, parts: &axum::http::request::Parts, body: &Bytes) -> Arrival {
    let text = |name: &str| parts.headers.get(name).and_then(|value| value.to_str().ok());
    let bearer = |name: &str| {
        let (scheme, token) = text(name)?.trim().split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then(|| token.trim().to_owned())
    };
    let query = parts.uri.query().unwrap_or("").to_owned();
    let request = Request {
        method: match parts.method {
            axum::http::Method::GET => Method::Get,
            axum::http::Method::POST => Method::Post,
            _ => Method::Other,
        },
        path: without_context(&office.contexts, parts.uri.path()).to_owned(),
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

fn without_context<'a>(contexts: &[String], path: &'a str) -> &'a str {
    let stripped = contexts.iter().find_map(|context| {
        let start = path.get(..context.len())?;
        let rest = path.get(context.len()..)?;
        (start.eq_ignore_ascii_case(context) && rest.starts_with('/')).then_some(rest)
    });
    stripped.unwrap_or(path)
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
fn date(office: &Office) -> Option<HeaderValue> {
    let now = held(&office.portal).state.now(clock::wall());
    let text = Timestamp::from_millisecond(now).ok()?.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
    HeaderValue::from_str(&text).ok()
}

fn send(office: &Office, reply: Reply, scissors: &Scissors) -> HttpResponse<Body> {
    let (response, retry_after, whole) = match reply {
        Reply::Whole(response, retry_after) => (response, retry_after, true),
        Reply::Half(response) => (response, None, false),
        Reply::Cut => {
            scissors.cut();
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
    if let Some(date) = date(office) {
        headers.insert(header::DATE, date);
    }
    http
}

async fn run(listener: TcpListener, office: Arc<Office>) -> io::Result<()> {
    let app = Router::new().fallback(answer).with_state(office);
    axum::serve(Door(listener), app.into_make_service_with_connect_info::<Scissors>()).await
}

/// Serves a portal until the task is dropped. Anybody who reaches it gets a token, so it listens on loopback only.
pub async fn serve(listener: TcpListener, options: Options) -> io::Result<()> {
    if !listener.local_addr()?.ip().is_loopback() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "the emulator listens on loopback only"));
    }
    run(listener, Arc::new(Office::open(options)?)).await
}

/// A portal that runs beside its owner, on a port of its own, until it is dropped.
pub struct Server {
    /// Where it listens.
    pub address: SocketAddr,
    office: Arc<Office>,
    task: JoinHandle<io::Result<()>>,
}

impl Server {
    /// Starts one on loopback.
    pub async fn start(options: Options) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let office = Arc::new(Office::open(options)?);
        let task = tokio::spawn(run(listener, Arc::clone(&office)));
        Ok(Self { address, office, task })
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
        self.office.with(act)
    }

    /// A token of the usual account.
    pub fn token(&self) -> io::Result<String> {
        self.with(|state| state.user_token(clock::wall()))
    }

    /// Adds a fault.
    pub fn fault(&self, fault: Fault) {
        self.office.desk().faults.push(fault);
    }

    /// Limits requests from now on, or no longer.
    pub fn limit(&self, rate: Option<Rate>) {
        self.office.desk().rate = rate;
    }

    /// Holds a request; [`Self::reached`] tells when it is there.
    pub fn hold(&self, hold: Hold) {
        self.office.desk().set_hold(hold);
    }

    /// Whether the hold was reached.
    #[must_use]
    pub fn reached(&self) -> bool {
        self.office.desk().reached
    }

    /// Lets go what is held; without `act` it is dropped instead of done.
    pub fn release(&self, act: bool) {
        self.office.release(act);
    }

    /// Forgets the log; requests are counted from 1 again.
    pub fn clear_log(&self) {
        self.office.desk().clear_log();
    }

    /// What was asked so far.
    #[must_use]
    pub fn log(&self) -> Vec<Entry> {
        self.office.desk().log.entries().cloned().collect()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}
