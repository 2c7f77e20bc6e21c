//! Sends one request, as often as that is safe, and brings back one judged answer.

use std::fmt;
use std::marker::PhantomData;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::Duration;

use tokio::sync::Semaphore;

use crate::clock::Tick;
use crate::model::{Outcome, Secret};

use super::address::Address;
use super::backend::{HttpBackend, RawResponse};
use super::backoff::{self, Backoff};
use super::connection::{Auth, Call, Connection};
use super::error::{Error, Place};
use super::pause::{Pause, Refusals};
use super::retry::{Failure, Idempotency, Retry};
use super::scrub::Scrubber;

/// Shorter pauses are nobody's business.
const WORTH_TELLING: Duration = Duration::from_secs(1);

/// Whether a write that takes so long at most may be sent now.
pub type Gate = Arc<dyn Fn(Duration) -> bool + Send + Sync>;

/// Is told once how long the service asks everybody to wait, if that is long enough for a person to wonder.
pub type Told = Arc<dyn Fn(Duration) + Send + Sync>;

/// What a service means by its answers.
pub(crate) trait Service {
    /// A whole answer that reports no failure.
    type Answer;
    /// What can go wrong there.
    type Error: From<Error> + fmt::Display;
    /// Tells success from failure.
    fn judge(place: &Place, response: RawResponse, scrubber: &Scrubber) -> Result<Self::Answer, Failure<Self::Error>>;
    /// What we may believe about a write that failed like this.
    fn outcome(error: &Self::Error) -> Outcome;
    /// The stable code of an error.
    fn code(error: &Self::Error) -> &'static str;
}

/// All requests to one service.
pub(crate) struct Client<S> {
    pub(crate) scrubber: Arc<Scrubber>,
    connection: Connection,
    service: PhantomData<S>,
    /// One permit for each request that may be under way.
    lines: Semaphore,
    backoff: Arc<dyn Backoff>,
    backend: Option<Arc<dyn HttpBackend>>,
    gate: RwLock<Option<Gate>>,
    unanswered: AtomicBool,
    pause: Mutex<Pause>,
    /// Held by the request that waits for its turn; the others stand in line.
    turnstile: tokio::sync::Mutex<()>,
    told: Option<Told>,
    has_told: AtomicBool,
}

impl<S: Service> Client<S> {
    pub(crate) fn new(
        address: Address,
        ca_bundle: Option<PathBuf>,
        timeout: Duration,
        parallel: usize,
        backoff: Arc<dyn Backoff>,
        backend: Option<Arc<dyn HttpBackend>>,
        told: Option<Told>,
    ) -> Self {
        let connection = Connection::new(address, ca_bundle, timeout);
        Self {
            scrubber: Arc::clone(&connection.scrubber),
            connection,
            service: PhantomData,
            lines: Semaphore::new(parallel.clamp(1, Semaphore::MAX_PERMITS)),
            backoff,
            backend,
            gate: RwLock::new(None),
            unanswered: AtomicBool::new(false),
            pause: Mutex::default(),
            turnstile: tokio::sync::Mutex::default(),
            told,
            has_told: AtomicBool::new(false),
        }
    }

    pub(crate) const fn address(&self) -> &Address {
        &self.connection.address
    }

    pub(crate) const fn timeout(&self) -> Duration {
        self.connection.timeout
    }

    pub(crate) fn set_gate(&self, gate: Option<Gate>) {
        *self.gate.write().unwrap_or_else(PoisonError::into_inner) = gate;
    }

    /// Whether the outcome of any write, even of one that was then repeated with success, is unknown.
    pub(crate) fn unanswered(&self) -> bool {
        self.unanswered.load(Ordering::Acquire)
    }

    /// Notes a write whose answer does not say what has to be said.
    pub(crate) fn doubt(&self) {
        self.unanswered.store(true, Ordering::Release);
    }

    /// Takes `secret` out of everything that is told from now on.
    pub(crate) fn learn(&self, secret: &Secret) {
        self.scrubber.learn(&Arc::new(Secret::new(secret.reveal().to_owned())));
    }

    /// Lets time pass, by the clock that pauses between repetitions go by.
    pub(crate) async fn wait(&self, time: Duration) {
        self.backoff.sleep(time).await;
    }

    /// Sends `call` until it succeeds, or may not be repeated. Who renews tokens sees [`Retry::Token`] at once.
    pub(crate) async fn send(&self, call: &Call<'_>, auth: Auth<'_>) -> Result<S::Answer, Failure<S::Error>> {
        let began = self.backoff.now();
        let (mut refusals, mut paused) = (Refusals::default(), Duration::ZERO);
        let (mut next, mut timed_out) = (0, 0);
        loop {
            let ready = self.backoff.now();
            let line = self.lines.acquire().await;
            let sent = self.turn().await;
            paused += sent.saturating_sub(ready);
            let result = self.send_once(call, auth).await;
            drop(line);
            if result.as_ref().err().is_none_or(|failure| failure.retry.was_let_through()) {
                self.pause().accepted(sent);
            }
            let failure = match result {
                Ok(answer) => return Ok(answer),
                Err(failure) => failure,
            };
            if call.idempotency != Idempotency::Read && S::outcome(&failure.error) == Outcome::Unknown {
                self.doubt();
            }
            if failure.retry == Retry::Refused {
                if !self.told_to_wait(&mut refusals, sent, &failure) {
                    return Err(failure);
                }
                continue;
            }
            timed_out += u32::from(failure.retry == Retry::UnderWay);
            let allowed = failure.retry.allows(call.idempotency, timed_out);
            next += 1;
            let taken = self.backoff.now().saturating_sub(began + paused);
            let wait = allowed.then(|| backoff::wait(next, taken, &*self.backoff)).flatten();
            let Some(wait) = wait else { return Err(failure) };
            tracing::debug!(method = %call.method, path = call.path, wait = ?wait, code = S::code(&failure.error), "again");
            self.backoff.sleep(wait).await;
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
            let now = self.backoff.now();
            let gone = self.pause().go(now);
            match gone {
                Ok(()) => return now,
                Err(wait) => self.backoff.sleep(wait).await,
            }
        }
    }

    /// Makes everybody wait after a request was refused before the service acted; false if patience is over.
    fn told_to_wait(&self, refusals: &mut Refusals, sent: Duration, failure: &Failure<S::Error>) -> bool {
        let (now, lot) = (self.backoff.now(), self.backoff.jitter());
        let wait = self.pause().refused(refusals, sent, now, failure.after, lot);
        let Some(wait) = wait else { return false };
        tracing::info!(wait = ?wait, error = %failure.error, "asked to wait");
        if let Some(told) = &self.told
            && wait >= WORTH_TELLING
            && !self.has_told.swap(true, Ordering::Relaxed)
        {
            told(wait);
        }
        true
    }

    /// Sends it now. Whether it may be sent is asked here: what had to wait must not go on what was true before.
    async fn send_once(&self, call: &Call<'_>, auth: Auth<'_>) -> Result<S::Answer, Failure<S::Error>> {
        let (place, timeout) = (self.connection.place(call), self.connection.timeout);
        if call.idempotency != Idempotency::Read {
            let gate = self.gate.read().unwrap_or_else(PoisonError::into_inner).clone();
            if gate.is_some_and(|gate| !gate(timeout)) {
                return Err(Failure::new(Error::Withheld { place }, Retry::Withheld).told_as());
            }
        }
        let started = Tick::now();
        let result = tokio::time::timeout(timeout, self.exchange(call, auth, &place)).await.unwrap_or_else(|_| {
            let error = Error::Timeout { place: place.clone(), after: timeout };
            Err(Failure::new(error, Retry::UnderWay).told_as())
        });
        let outcome = result.as_ref().map_or_else(|failure| S::code(&failure.error), |_| "ok");
        let took = started.elapsed().as_millis();
        tracing::debug!(method = %call.method, path = call.path, outcome, ms = %took, "request");
        result
    }

    async fn exchange(&self, call: &Call<'_>, auth: Auth<'_>, place: &Place) -> Result<S::Answer, Failure<S::Error>> {
        let response = match &self.backend {
            Some(backend) => backend.send(self.connection.raw(call, auth)).await.ok_or_else(|| {
                Failure::new(Error::Lost { place: place.clone(), why: "the answer was lost".into() }, Retry::Lost)
            }),
            None => self.connection.send(call, auth, place).await,
        };
        S::judge(place, response.map_err(Failure::told_as)?, &self.scrubber)
    }
}
