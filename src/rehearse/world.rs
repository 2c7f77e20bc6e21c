//! A portal, its sinks and its clock in this process, and everything that can go wrong between them and a process.

use std::collections::{BTreeMap, BTreeSet};
use std::pin::Pin;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;

use crate::clock::ServerClock;
use crate::emulator::fault::{Fault, Reply};
use crate::emulator::person::Act;
use crate::emulator::rate::Rate;
use crate::emulator::{Method, Params, Request, Response, Setup, State, request};
use crate::http::{HttpBackend, RawRequest, RawResponse};
use crate::model::{CredentialName, Delivery, Secret, SinkId, Spec};
use crate::sink::{Problem, Shelf, SinkError};

use super::apps::Apps;

/// How long a request or a sink write takes, in ms.
const TAKES: i64 = 200;

/// When a process dies, as seen from one request or sink write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    /// Before it had any effect.
    Before,
    /// After its effect, before its answer.
    After,
    /// After its answer. Requests only: a sink write is over when it has its effect.
    Answered,
}

/// What the world was like at a point at which a process could have died.
#[derive(Clone)]
pub struct Shot {
    /// The request or sink write, counted together from 1.
    pub number: u64,
    /// What it was, such as `POST content/users/…/update`.
    pub what: Arc<str>,
    /// Before or after.
    pub moment: Moment,
    /// The world then.
    pub world: Arc<Frozen>,
    /// Equal for points between which nothing changed.
    pub same_as: (u64, u64),
}

/// A whole world at one moment.
#[derive(Clone)]
pub struct Frozen {
    state: State,
    sinks: BTreeMap<SinkId, Arc<Secret>>,
    silent: BTreeSet<SinkId>,
    apps: Apps,
    between: Option<Arc<dyn Between>>,
    /// In ms.
    now: i64,
}

/// What goes wrong, once.
#[derive(Clone, Debug)]
pub enum Mishap {
    /// The portal acts on request number `n`, and the answer is lost.
    AnswerLost(u64),
    /// Request number `n` never arrives, and nobody says so.
    RequestLost(u64),
    /// Request number `n` gets no answer and is acted on only after so many more.
    ActedLate(u64, u64),
    /// Sink write number `n` fails without an effect.
    SinkRefuses(u64),
    /// Before request number `n`, the process sleeps for so many ms.
    Sleeps(u64, i64),
    /// Before request number `n`, a person does something.
    Meanwhile(u64, Act),
    /// Both at once.
    SleepsWhile(u64, i64, Act),
}

impl Mishap {
    const fn comes_before(&self, request: u64) -> bool {
        match self {
            Self::Sleeps(n, _) | Self::Meanwhile(n, _) | Self::SleepsWhile(n, ..) => *n == request,
            Self::AnswerLost(_) | Self::RequestLost(_) | Self::ActedLate(..) | Self::SinkRefuses(_) => false,
        }
    }

    const fn strikes(&self, request: u64) -> bool {
        match self {
            Self::AnswerLost(n) | Self::RequestLost(n) | Self::ActedLate(n, _) => *n == request,
            Self::Sleeps(..) | Self::Meanwhile(..) | Self::SleepsWhile(..) | Self::SinkRefuses(_) => false,
        }
    }
}

/// What stands between processes and the portal.
pub trait Between: Send + Sync {
    /// What is answered before the portal acts, if anything is.
    fn answers(&self, _: &Request) -> Option<Reply> {
        None
    }
    /// What becomes of the portal's own answer.
    fn changes(&self, request: &Request, response: Response) -> Response;
}

impl<F: Fn(&Request, Response) -> Response + Send + Sync> Between for F {
    fn changes(&self, request: &Request, response: Response) -> Response {
        self(request, response)
    }
}

pub(super) struct Inner {
    pub(super) state: State,
    pub(super) sinks: BTreeMap<SinkId, Arc<Secret>>,
    /// Those that cannot be asked for now.
    pub(super) silent: BTreeSet<SinkId>,
    pub(super) apps: Apps,
    pub(super) requests: u64,
    pub(super) writes: u64,
    /// Counts effects on sinks over the life of the world.
    pub(super) puts: u64,
    pub(super) shots: Option<Vec<Shot>>,
    pub(super) mishap: Option<Mishap>,
    pub(super) late: Vec<(u64, Request)>,
    pub(super) log: Vec<Arc<str>>,
    /// Draws of how often a request waits for others before it is sent.
    pub(super) shuffle: Option<fastrand::Rng>,
    pub(super) between: Option<Arc<dyn Between>>,
    /// What goes wrong as often as it says, at the requests that it names.
    pub(super) faults: Vec<Fault>,
    pub(super) rate: Option<Rate>,
    pub(super) takes: i64,
}

/// A world that processes act on.
pub struct World {
    inner: Mutex<Inner>,
    pub(super) clock: Arc<AtomicI64>,
}

impl World {
    /// A new portal at `start`, empty sinks, nobody who uses them.
    #[must_use]
    pub fn new(setup: Setup, start: Timestamp) -> Arc<Self> {
        let state = State::new(setup, start);
        let inner = Inner {
            state,
            sinks: BTreeMap::new(),
            silent: BTreeSet::new(),
            apps: Apps::punctual(),
            requests: 0,
            writes: 0,
            puts: 0,
            shots: None,
            mishap: None,
            late: Vec::new(),
            log: Vec::new(),
            shuffle: None,
            between: None,
            faults: Vec::new(),
            rate: None,
            takes: TAKES,
        };
        Arc::new(Self { inner: Mutex::new(inner), clock: Arc::new(AtomicI64::new(start.as_millisecond())) })
    }

    /// A world of its own that goes on from there.
    #[must_use]
    pub fn from(frozen: &Frozen) -> Arc<Self> {
        let Frozen { state, sinks, silent, apps, between, now } = frozen.clone();
        let world = Self::new(Setup::default(), Timestamp::from_millisecond(now).unwrap_or_default());
        {
            let mut inner = world.inner();
            (inner.state, inner.sinks, inner.silent) = (state, sinks, silent);
            (inner.apps, inner.between) = (apps, between);
        }
        world
    }

    /// What it is like now.
    #[must_use]
    pub fn frozen(&self) -> Frozen {
        self.inner().frozen(self.clock.load(Ordering::Relaxed))
    }

    pub(super) fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The time.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        Timestamp::from_millisecond(self.clock.load(Ordering::Relaxed)).unwrap_or_default()
    }

    /// Moves the time to `at`, if it is not later already; applications try their keys then.
    pub fn wait_until(&self, at: Timestamp) {
        self.clock.fetch_max(at.as_millisecond(), Ordering::Relaxed);
        self.inner().look(self.now());
    }

    /// What a process takes for the portal's clock, once it was told `first`.
    pub(super) fn clock(&self, first: Timestamp) -> ServerClock {
        ServerClock::moved_by(first, Arc::clone(&self.clock))
    }

    /// From now on this is the configuration.
    pub fn declare(&self, spec: &Spec) {
        let now = self.now();
        self.inner().apps.declare(spec, now);
    }

    /// Applications of these credentials were told that they will lose their key.
    pub(super) fn announce(&self, names: Vec<CredentialName>) {
        self.inner().apps.announce(names);
    }

    /// The time passes while a process waits; others that wait as well wait at the same time.
    pub(super) fn wait(&self, time: Duration) {
        let ms = i64::try_from(time.as_nanos().div_ceil(1_000_000)).unwrap_or(i64::MAX);
        self.wait_until(Timestamp::from_millisecond(self.clock.load(Ordering::Relaxed) + ms).unwrap_or(Timestamp::MAX));
    }

    /// Counts from 1 again and keeps, if asked, what the world is like at every point of the run that comes.
    pub fn begin(&self, keep_shots: bool) {
        let mut inner = self.inner();
        (inner.requests, inner.writes) = (0, 0);
        inner.log.clear();
        inner.shots = keep_shots.then(Vec::new);
    }

    /// The points since [`World::begin`].
    pub(crate) fn shots(&self) -> Vec<Shot> {
        self.inner().shots.take().unwrap_or_default()
    }

    /// Requests since [`World::begin`], as the portal counts them, and sink writes, as the sinks do.
    pub(crate) fn counts(&self) -> (u64, u64) {
        let inner = self.inner();
        (inner.requests, inner.writes)
    }

    /// What the applications saw.
    pub(crate) fn apps(&self) -> Apps {
        self.inner().apps.clone()
    }

    /// Looks at the portal, and may change it.
    pub fn with<T>(&self, act: impl FnOnce(&mut State, Timestamp) -> T) -> T {
        let now = self.now();
        act(&mut self.inner().state, now)
    }

    /// Live keys that no application uses or may still use, as fingerprints.
    pub(crate) fn stray_keys(&self) -> Vec<String> {
        let now = self.now();
        let inner = self.inner();
        let used = inner.apps.in_use();
        let seen = |key: &&str| inner.state.fate(key, now).is_some_and(|fate| !fate.recycled);
        let live = inner.state.live_keys(now).filter(seen).map(crate::emulator::fingerprint);
        live.filter(|key| !used.contains(key)).collect()
    }

    /// How much it has changed so far: equal for equal worlds of one history.
    pub(crate) fn changes(&self) -> (u64, u64) {
        let inner = self.inner();
        (inner.state.changes(), inner.puts)
    }

    fn takes(&self, ms: i64) -> Timestamp {
        self.clock.fetch_add(ms, Ordering::Relaxed);
        self.now()
    }

    fn handle(&self, request: &Request, what: &Arc<str>) -> Option<RawResponse> {
        let mut inner = self.inner();
        inner.requests += 1;
        let number = inner.requests;
        match inner.mishap.take_if(|mishap| mishap.comes_before(number)) {
            Some(Mishap::Sleeps(_, ms)) => drop(self.takes(ms)),
            Some(Mishap::Meanwhile(_, act)) => inner.person(&act, self.now()),
            Some(Mishap::SleepsWhile(_, ms, act)) => inner.person(&act, self.takes(ms)),
            Some(_) | None => {}
        }
        inner.arrive_late(number, self.now());
        inner.log.push(Arc::clone(what));
        inner.shoot(what, Moment::Before, self.now());
        let now = self.takes(inner.takes);
        let at = inner.state.now(now);
        if let Some(refusal) = inner.rate.as_mut().and_then(|rate| rate.refuses(at)) {
            return arrived(refusal, at);
        }
        if let Some(answer) = inner.between.as_ref().and_then(|between| between.answers(request)) {
            return arrived(answer, at);
        }
        let (acts, answers) = match inner.mishap.take_if(|mishap| mishap.strikes(number)) {
            Some(Mishap::AnswerLost(_)) => (true, false),
            Some(Mishap::ActedLate(n, more)) => {
                inner.late.push((n + more, request.clone()));
                (false, false)
            }
            Some(Mishap::RequestLost(_)) => (false, false),
            Some(Mishap::SinkRefuses(_) | Mishap::Sleeps(..) | Mishap::Meanwhile(..) | Mishap::SleepsWhile(..))
            | None => (true, true),
        };
        let strikes = |fault: &mut Fault| fault.strikes(number, request).then(|| fault.clone());
        let fault = inner.faults.iter_mut().find_map(strikes);
        let reply = acts.then(|| match fault {
            None => {
                let response = inner.state.handle(request, now);
                let response = match &inner.between {
                    Some(between) => between.changes(request, response),
                    None => response,
                };
                Reply::Whole(response, None)
            }
            Some(fault) => {
                let truth = fault.knows_the_answer().then(|| {
                    if fault.acts() {
                        inner.state.handle(request, now)
                    } else {
                        inner.state.clone().handle(request, now)
                    }
                });
                fault.does.spoil(truth, request)
            }
        });
        inner.look(now);
        inner.shoot(what, Moment::After, now);
        let reply = reply.filter(|_| answers)?;
        inner.shoot(what, Moment::Answered, now);
        arrived(reply, inner.state.now(now))
    }

    async fn jostle(&self) {
        let times = self.inner().shuffle.as_mut().map_or(0, |draw| draw.u8(0..4));
        for _ in 0..times {
            tokio::task::yield_now().await;
        }
    }
}

/// A reply as it arrives, if it does, at `now` in ms by the portal's clock.
fn arrived(reply: Reply, now: i64) -> Option<RawResponse> {
    let (response, retry_after) = match reply {
        Reply::Whole(response, retry_after) => (response, retry_after),
        Reply::Half(_) | Reply::Cut => return None,
    };
    let date = whole_second(Timestamp::from_millisecond(now).unwrap_or_default());
    let (status, body) = (response.status, response.body.into_bytes());
    Some(RawResponse { status, date: Some(date), retry_after, challenges: Vec::new(), body })
}

fn whole_second(at: Timestamp) -> Timestamp {
    Timestamp::from_second(at.as_second()).unwrap_or(at)
}

impl Inner {
    fn frozen(&self, now: i64) -> Frozen {
        let Self { state, sinks, silent, apps, between, .. } = self;
        let (state, sinks, silent) = (state.clone(), sinks.clone(), silent.clone());
        Frozen { state, sinks, silent, apps: apps.clone(), between: between.clone(), now }
    }

    pub(super) fn look(&mut self, now: Timestamp) {
        let Self { state, sinks, apps, .. } = self;
        apps.look(now, state, sinks);
    }

    pub(super) fn person(&mut self, act: &Act, now: Timestamp) {
        let before: BTreeSet<String> = self.state.live_keys(now).map(str::to_owned).collect();
        self.state.person(act, now);
        let made: Vec<String> =
            self.state.live_keys(now).filter(|key| !before.contains(*key)).map(str::to_owned).collect();
        let Self { state, apps, .. } = self;
        apps.befriend(made);
        apps.excuse(state, now);
    }

    pub(super) fn arrive_late(&mut self, number: u64, now: Timestamp) {
        let (due, rest): (Vec<_>, Vec<_>) =
            std::mem::take(&mut self.late).into_iter().partition(|(at, _)| *at <= number);
        self.late = rest;
        for (_, request) in due {
            self.state.handle(&request, now);
            self.look(now);
        }
    }

    fn shoot(&mut self, what: &Arc<str>, moment: Moment, now: Timestamp) {
        let same_as = (self.state.changes(), self.puts);
        let Some(shots) = &self.shots else { return };
        let world = match shots.last() {
            Some(last) if last.same_as == same_as => Arc::clone(&last.world),
            Some(_) | None => Arc::new(self.frozen(now.as_millisecond())),
        };
        let number = self.requests + self.writes;
        let shot = Shot { number, what: Arc::clone(what), moment, world, same_as };
        if let Some(shots) = &mut self.shots {
            shots.push(shot);
        }
    }
}

impl HttpBackend for World {
    fn send<'a>(&'a self, request: RawRequest<'a>) -> Pin<Box<dyn Future<Output = Option<RawResponse>> + Send + 'a>> {
        let RawRequest { post, path, fields, token, referer } = request;
        let verb = if post { "POST" } else { "GET" };
        let what: Arc<str> = format!("{verb} {}", path.trim_start_matches("/sharing/rest/")).into();
        let mut params = Params::default();
        for (name, value) in fields {
            params.push(*name, value.as_ref());
        }
        let (query, form) = if post { (Params::default(), params) } else { (params, Params::default()) };
        let request = Request {
            method: if post { Method::Post } else { Method::Get },
            base: request::HERE,
            path,
            query,
            form,
            bearer: token.map(str::to_owned),
            referer: referer.map(str::to_owned),
        };
        Box::pin(async move {
            self.jostle().await;
            self.handle(&request, &what)
        })
    }
}

impl Shelf for World {
    fn holds(&self, id: &SinkId) -> Option<Secret> {
        self.inner().sinks.get(id).map(|key| Secret::new(key.reveal().to_owned()))
    }

    fn silent(&self, id: &SinkId) -> Option<String> {
        self.inner().silent.contains(id).then(|| "rehearsed".to_owned())
    }

    fn put<'a>(
        &'a self,
        delivery: &'a Delivery,
        key: &'a Secret,
    ) -> Pin<Box<dyn Future<Output = Result<(), SinkError>> + Send + 'a>> {
        Box::pin(async move {
            self.jostle().await;
            let place = &delivery.target.place;
            let what: Arc<str> = format!("sink {place}").into();
            let mut inner = self.inner();
            inner.writes += 1;
            inner.log.push(Arc::clone(&what));
            inner.shoot(&what, Moment::Before, self.now());
            let writes = inner.writes;
            if inner.mishap.take_if(|mishap| matches!(mishap, Mishap::SinkRefuses(n) if *n == writes)).is_some() {
                let why = std::io::Error::other("rehearsed");
                let problem = Problem::CannotWrite { path: place.clone().into(), why };
                return Err(SinkError { sink: format!("{} {place}", delivery.label), problem });
            }
            let now = self.takes(inner.takes);
            inner.puts += 1;
            inner.sinks.insert(delivery.id.clone(), Arc::new(Secret::new(key.reveal().to_owned())));
            inner.look(now);
            inner.shoot(&what, Moment::After, now);
            Ok(())
        })
    }
}
