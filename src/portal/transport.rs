//! Sends one request, as often as that is safe, and brings back one judged answer.

use std::borrow::Cow;
use std::error::Error as _;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, Once, PoisonError, RwLock};
use std::time::Duration;

use jiff::Timestamp;
use reqwest::header::{DATE, HeaderMap, HeaderName, HeaderValue, LOCATION, REFERER, RETRY_AFTER};
use reqwest::{Certificate, Client, Method, Response, StatusCode, Url};
use serde::de::DeserializeOwned;
use tokio::sync::{OnceCell, Semaphore};

use crate::clock::Tick;
use crate::files::{self, CA_BUNDLE, Unread};
use crate::model::{Outcome, Secret};
use crate::mutant::{Mutant, breaks};

use super::address::{Address, shown};
use super::answer::{Again, Failure, judge};
use super::carrier::{Carrier, Parcel};
use super::error::{Place, PortalError};
use super::pace::{self, Pace};
use super::pause::{Pause, Refusals};
use super::scrub::Scrubber;

/// Longer answers are not read: a page of 100 items has less than one megabyte.
const LONGEST_BODY: usize = 16 << 20;
const REDIRECTS: u32 = 4;
/// A read that times out is tried this often, since each try may take the whole time-out.
const TIMED_OUT_TRIES: u32 = 2;
/// Shorter pauses are nobody's business.
const WORTH_TELLING: Duration = Duration::from_secs(1);

/// Whether a write that takes so long at most may be sent now.
pub type Gate = Arc<dyn Fn(Duration) -> bool + Send + Sync>;

/// Is told once how long the portal asks everybody to wait, if that is long enough for a person to wonder.
pub type Told = Arc<dyn Fn(Duration) + Send + Sync>;

/// What may be done when a request fails, besides sending it again once the portal refused it before it acted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Repeat {
    /// It changes nothing: as often as patience lasts.
    Read,
    /// Twice is once; but not while the first may still be under way, or it could undo what came after it.
    Idempotent,
    /// Twice would be two: only if it was not sent, or refused before the portal acted.
    Refused,
}

/// Who a request speaks for.
#[derive(Clone, Copy)]
pub(crate) enum Speaker<'a> {
    /// Nobody.
    Nobody,
    /// Who holds `token`, as a page at `referer` would.
    Holder { token: &'a Secret, referer: Option<&'a str> },
}

/// One request.
pub(crate) struct Call<'a> {
    method: Method,
    path: String,
    fields: Vec<(&'static str, Cow<'a, str>)>,
    repeat: Repeat,
}

impl<'a> Call<'a> {
    /// A read; its fields go into the query, so none may be secret.
    pub(crate) fn get(path: impl Into<String>) -> Self {
        Self { method: Method::GET, path: path.into(), fields: vec![("f", "json".into())], repeat: Repeat::Read }
    }

    /// A write; its fields go into the body.
    pub(crate) fn post(path: impl Into<String>, repeat: Repeat) -> Self {
        Self { method: Method::POST, path: path.into(), fields: vec![("f", "json".into())], repeat }
    }

    pub(crate) fn field(mut self, name: &'static str, value: impl Into<Cow<'a, str>>) -> Self {
        self.fields.push((name, value.into()));
        self
    }
}

/// A whole answer that reports no failure. Its bytes may hold secrets and are overwritten when dropped.
pub(crate) struct Answer {
    place: Place,
    body: Vec<u8>,
    /// What its `Date` header says.
    pub(crate) date: Option<Timestamp>,
}

impl Drop for Answer {
    fn drop(&mut self) {
        self.body.fill(0);
        std::hint::black_box(&self.body);
    }
}

impl Answer {
    /// The body as `T`.
    pub(crate) fn read<T: DeserializeOwned>(&self) -> Result<T, PortalError> {
        let body = self.body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&self.body);
        // The error's own words could quote the body.
        serde_json::from_slice(body).map_err(|_| self.garbled("it does not have the form it is documented to have"))
    }

    pub(crate) fn garbled(&self, why: &str) -> PortalError {
        PortalError::Garbled { place: self.place.clone(), why: why.to_owned() }
    }

    pub(crate) const fn place(&self) -> &Place {
        &self.place
    }
}

/// The connection to one portal.
pub(crate) struct Transport {
    pub(crate) address: Address,
    pub(crate) scrubber: Scrubber,
    client: OnceCell<Client>,
    ca_bundle: Option<PathBuf>,
    timeout: Duration,
    /// One permit for each request that may be under way.
    lines: Semaphore,
    pace: Arc<dyn Pace>,
    carrier: Option<Arc<dyn Carrier>>,
    gate: RwLock<Option<Gate>>,
    unanswered: AtomicBool,
    pause: Mutex<Pause>,
    /// Held by the request that waits for its turn; the others stand in line.
    turnstile: tokio::sync::Mutex<()>,
    told: Option<Told>,
    has_told: AtomicBool,
}

impl Transport {
    pub(crate) fn new(
        address: Address,
        ca_bundle: Option<PathBuf>,
        timeout: Duration,
        parallel: usize,
        pace: Arc<dyn Pace>,
        carrier: Option<Arc<dyn Carrier>>,
        told: Option<Told>,
    ) -> Self {
        Self {
            address,
            scrubber: Scrubber::default(),
            client: OnceCell::new(),
            ca_bundle,
            timeout,
            lines: Semaphore::new(parallel.clamp(1, Semaphore::MAX_PERMITS)),
            pace,
            carrier,
            gate: RwLock::new(None),
            unanswered: AtomicBool::new(false),
            pause: Mutex::default(),
            turnstile: tokio::sync::Mutex::default(),
            told,
            has_told: AtomicBool::new(false),
        }
    }

    pub(crate) const fn timeout(&self) -> Duration {
        self.timeout
    }

    pub(crate) fn set_gate(&self, gate: Option<Gate>) {
        *self.gate.write().unwrap_or_else(PoisonError::into_inner) = gate;
    }

    /// Whether the outcome of any write, even of one that was then repeated with success, is unknown.
    pub(crate) fn unanswered(&self) -> bool {
        self.unanswered.load(Ordering::Acquire)
    }

    /// The error for a write whose answer does not say what has to be said.
    pub(crate) fn doubt(&self, answer: &Answer, why: &str) -> PortalError {
        self.unanswered.store(true, Ordering::Release);
        answer.garbled(why)
    }

    /// Sends `call` until it succeeds, or may not be repeated. Who renews tokens sees [`Again::Token`] at once.
    pub(crate) async fn send(&self, call: &Call<'_>, speaker: Speaker<'_>) -> Result<Answer, Failure> {
        let began = self.pace.now();
        let (mut refusals, mut paused) = (Refusals::default(), Duration::ZERO);
        let (mut next, mut timed_out) = (0, 0);
        loop {
            let ready = self.pace.now();
            let line = self.lines.acquire().await;
            let sent = self.turn().await;
            paused += sent.saturating_sub(ready);
            let result = self.send_once(call, speaker).await;
            drop(line);
            if result.as_ref().err().is_none_or(Failure::was_let_through) {
                self.pause().accepted(sent);
            }
            let failure = match result {
                Ok(answer) => return Ok(answer),
                Err(failure) => failure,
            };
            if call.repeat != Repeat::Read && failure.error.outcome() == Outcome::Unknown {
                self.unanswered.store(true, Ordering::Release);
            }
            if failure.again == Again::Refused {
                if !self.told_to_wait(&mut refusals, sent, &failure) {
                    return Err(failure);
                }
                continue;
            }
            timed_out += u32::from(failure.again == Again::UnderWay);
            let allowed = match failure.again {
                Again::Never | Again::Token | Again::Refused => false,
                Again::NotSent => true,
                Again::Over => matches!(call.repeat, Repeat::Read | Repeat::Idempotent),
                // Sent again, the first could undo what came after the second.
                Again::Lost => {
                    call.repeat == Repeat::Read
                        || call.repeat == Repeat::Idempotent && breaks(Mutant::LostWriteRepeated)
                }
                Again::UnderWay => call.repeat == Repeat::Read && timed_out < TIMED_OUT_TRIES,
            };
            next += 1;
            let taken = self.pace.now().saturating_sub(began + paused);
            let wait = allowed.then(|| pace::wait(next, taken, &*self.pace)).flatten();
            let Some(wait) = wait else { return Err(failure) };
            tracing::debug!(method = %call.method, path = call.path, wait = ?wait, code = failure.error.code(), "again");
            self.pace.sleep(wait).await;
        }
    }

    fn pause(&self) -> MutexGuard<'_, Pause> {
        self.pause.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until a request may go: in the order in which they come, and not while anybody is told to wait. The time
    /// then.
    async fn turn(&self) -> Duration {
        let _first = self.turnstile.lock().await;
        loop {
            let now = self.pace.now();
            let gone = self.pause().go(now);
            match gone {
                Ok(()) => return now,
                Err(wait) => self.pace.sleep(wait).await,
            }
        }
    }

    /// Makes everybody wait after a request was refused before the portal acted; false if patience is over.
    fn told_to_wait(&self, refusals: &mut Refusals, sent: Duration, failure: &Failure) -> bool {
        let (now, lot) = (self.pace.now(), self.pace.jitter());
        let wait = self.pause().refused(refusals, sent, now, failure.after, lot);
        let Some(wait) = wait else { return false };
        tracing::info!(wait = ?wait, error = %failure.error, "the portal asks to wait");
        if let Some(told) = &self.told
            && wait >= WORTH_TELLING
            && !self.has_told.swap(true, Ordering::Relaxed)
        {
            told(wait);
        }
        true
    }

    /// Sends it now. Whether it may be sent is asked here: what had to wait must not go on what was true before.
    async fn send_once(&self, call: &Call<'_>, speaker: Speaker<'_>) -> Result<Answer, Failure> {
        let place = self.place(call);
        if call.repeat != Repeat::Read {
            let gate = self.gate.read().unwrap_or_else(PoisonError::into_inner).clone();
            if gate.is_some_and(|gate| !gate(self.timeout)) {
                return Err(Failure::new(PortalError::LeaseOver { place }, Again::Never));
            }
        }
        let started = Tick::now();
        let result =
            tokio::time::timeout(self.timeout, self.exchange(call, speaker, &place)).await.unwrap_or_else(|_| {
                let error = PortalError::Timeout { place: place.clone(), after: self.timeout };
                Err(Failure::new(error, Again::UnderWay))
            });
        let outcome = result.as_ref().map_or_else(|failure| failure.error.code(), |_| "ok");
        let took = started.elapsed().as_millis();
        tracing::debug!(method = %call.method, path = call.path, outcome, ms = %took, "request");
        result
    }

    fn place(&self, call: &Call<'_>) -> Place {
        let method = if call.method == Method::GET { "GET" } else { "POST" };
        let path = if call.path.is_empty() { "the root" } else { &call.path };
        // Paths are put together here from ids and escaped names, so there is nothing to take out.
        Place::new(method, path, &self.address.host())
    }

    async fn exchange(&self, call: &Call<'_>, speaker: Speaker<'_>, place: &Place) -> Result<Answer, Failure> {
        if let Some(carrier) = &self.carrier {
            return self.carried(&**carrier, call, speaker, place).await;
        }
        let client = self.client().await.map_err(|error| Failure::new(error, Again::Never))?;
        let mut url = self.address.at(&call.path);
        if call.method == Method::GET {
            url.query_pairs_mut().extend_pairs(&call.fields);
        }
        let headers = headers(speaker).map_err(|error| Failure::new(error, Again::Never))?;
        for _ in 0..REDIRECTS {
            let mut request = client.request(call.method.clone(), url.clone()).headers(headers.clone());
            if call.method == Method::POST {
                request = request.form(&call.fields);
            }
            let response = request.send().await.map_err(|error| self.network(place, &error))?;
            let status = response.status();
            tracing::trace!(method = %call.method, path = call.path, status = status.as_u16(), "answer");
            if status.is_redirection() {
                url = self.follow(call, place, &url, &response)?;
                continue;
            }
            let headers = response.headers().clone();
            let body = self.body(response, place).await?;
            let date = headers.get(DATE).and_then(|date| pace::http_date(date.to_str().ok()?));
            let answer = Answer { place: place.clone(), body, date };
            judge(place, status, &headers, answer.date, &answer.body, &self.scrubber)?;
            return Ok(answer);
        }
        let to = format!("{} and on from there, again and again", shown(&url));
        Err(Failure::new(PortalError::Redirect { place: place.clone(), to }, Again::Never))
    }

    /// The same by something else than the network.
    async fn carried(
        &self,
        carrier: &dyn Carrier,
        call: &Call<'_>,
        speaker: Speaker<'_>,
        place: &Place,
    ) -> Result<Answer, Failure> {
        let (token, referer) = match speaker {
            Speaker::Nobody => (None, None),
            Speaker::Holder { token, referer } => (Some(token.reveal()), referer),
        };
        let path = self.address.at(&call.path).path().to_owned();
        let parcel = Parcel { post: call.method == Method::POST, path, fields: &call.fields, token, referer };
        let arrived = carrier.carry(parcel).await.ok_or_else(|| {
            Failure::new(PortalError::Lost { place: place.clone(), why: "the answer was lost".into() }, Again::Lost)
        })?;
        let mut headers = HeaderMap::new();
        headers.extend(arrived.retry_after.and_then(|value| Some((RETRY_AFTER, HeaderValue::try_from(value).ok()?))));
        let answer = Answer { place: place.clone(), body: arrived.body, date: Some(arrived.date) };
        let status = StatusCode::from_u16(arrived.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        judge(place, status, &headers, answer.date, &answer.body, &self.scrubber)?;
        Ok(answer)
    }

    /// Where a redirect leads, if a token may follow it: the same host in the same way.
    fn follow(&self, call: &Call<'_>, place: &Place, from: &Url, response: &Response) -> Result<Url, Failure> {
        let location = response.headers().get(LOCATION).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let target = from.join(location).ok();
        // 301 to 303 turn a POST into a GET, which would lose what was to be written.
        let keeps_method = call.method == Method::GET || matches!(response.status().as_u16(), 307 | 308);
        match target {
            Some(to) if to.origin() == from.origin() && keeps_method && !location.is_empty() => Ok(to),
            other => {
                let to = other.map_or_else(|| "an address that makes no sense".to_owned(), |to| shown(&to));
                let error = PortalError::Redirect { place: place.clone(), to: self.scrubber.clean(&to) };
                Err(Failure::new(error, Again::Never))
            }
        }
    }

    async fn body(&self, mut response: Response, place: &Place) -> Result<Vec<u8>, Failure> {
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| self.network(place, &error))? {
            if body.len() + chunk.len() > LONGEST_BODY {
                let why = format!("it is longer than {} MB", LONGEST_BODY >> 20);
                return Err(Failure::new(PortalError::Garbled { place: place.clone(), why }, Again::Never));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body)
    }

    fn network(&self, place: &Place, error: &reqwest::Error) -> Failure {
        let place = place.clone();
        let mut why = String::from("no reason given");
        let mut tls = false;
        let mut source = error.source();
        while let Some(cause) = source {
            tls |= is_tls(cause);
            // The last cause says what happened; those before it only where.
            why = cause.to_string();
            source = cause.source();
        }
        let why = self.scrubber.clean(&why);
        if error.is_timeout() && !error.is_connect() {
            return Failure::new(PortalError::Timeout { place, after: self.timeout }, Again::UnderWay);
        }
        if error.is_connect() || error.is_builder() {
            return if tls {
                Failure::new(PortalError::Tls { place, why }, Again::Never)
            } else {
                Failure::new(PortalError::Unreachable { place, why }, Again::NotSent)
            };
        }
        Failure::new(PortalError::Lost { place, why }, Again::Lost)
    }

    /// Made when it is first needed: reading the system's certificates takes longer than most commands.
    async fn client(&self) -> Result<&Client, PortalError> {
        self.client.get_or_try_init(|| async { self.build() }).await
    }

    fn build(&self) -> Result<Client, PortalError> {
        static PROVIDER: Once = Once::new();
        PROVIDER.call_once(|| {
            // Fails only if there is one already, which then is as good.
            let _ = rustls::crypto::ring::default_provider().install_default();
        });
        let setup = |why: String| PortalError::Setup { why };
        let mut builder = Client::builder()
            .user_agent(concat!("keyform/", env!("CARGO_PKG_VERSION")))
            .redirect(reqwest::redirect::Policy::none())
            .referer(false)
            .connect_timeout(self.timeout.min(Duration::from_secs(10)))
            // Shorter than servers keep idle connections: a write must not meet one that is being closed.
            .pool_idle_timeout(Duration::from_secs(4));
        if self.address.is_loopback() {
            builder = builder.no_proxy();
        }
        if !self.address.is_encrypted() {
            builder = builder.tls_certs_only([]);
        } else if let Some(path) = &self.ca_bundle {
            let shown = path.display();
            let pem = files::read(path, CA_BUNDLE).map_err(|unread| {
                setup(match unread {
                    Unread::Failed(error) => format!("{shown}: {error}"),
                    Unread::NotRegular(what) => format!("{shown}: it is {what}"),
                    Unread::TooLarge => format!("{shown}: it is larger than 1 MiB"),
                })
            })?;
            let certs = Certificate::from_pem_bundle(&pem)
                .ok()
                .filter(|certs| !certs.is_empty())
                .ok_or_else(|| setup(format!("{shown}: it holds no certificate in PEM")))?;
            builder = builder.tls_certs_merge(certs);
        }
        builder.build().map_err(|error| setup(error.source().map_or_else(|| error.to_string(), ToString::to_string)))
    }
}

/// Whether `cause`, or what an I/O error wraps without calling it its source, comes from the TLS library.
fn is_tls(cause: &(dyn std::error::Error + 'static)) -> bool {
    if cause.is::<rustls::Error>() {
        return true;
    }
    let inner = cause.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
    inner.is_some_and(|inner| is_tls(inner))
}

fn headers(speaker: Speaker<'_>) -> Result<HeaderMap, PortalError> {
    let mut headers = HeaderMap::new();
    if let Speaker::Holder { token, referer } = speaker {
        let bad = |what: &str| PortalError::Setup { why: format!("the {what} holds characters that no header can") };
        let mut value = HeaderValue::try_from(format!("Bearer {}", token.reveal())).map_err(|_| bad("token"))?;
        value.set_sensitive(true);
        headers.insert(HeaderName::from_static("x-esri-authorization"), value);
        if let Some(referer) = referer {
            headers.insert(REFERER, HeaderValue::try_from(referer).map_err(|_| bad("referer"))?);
        }
    }
    Ok(headers)
}
