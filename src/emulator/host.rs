//! A portal and what happens around its requests: faults, limits, a hold, the log.

use std::collections::VecDeque;
use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;

use super::fault::{Fault, Hold};
use super::log::Entry;
use super::rate::Rate;
use super::request::{Request, Response};
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
pub(super) struct Traffic {
    pub(super) count: u64,
    pub(super) faults: Vec<Fault>,
    pub(super) rate: Option<Rate>,
    pub(super) hold: Option<Hold>,
    pub(super) reached: bool,
    /// What is held when it is let go without being done.
    dropped: bool,
    pub(super) latency: Duration,
    /// In memory only, and bounded.
    pub(super) log: VecDeque<Entry>,
}

/// The oldest entries of the log go first.
const KEPT: usize = 200_000;

impl Traffic {
    pub(super) fn note(&mut self, entry: Entry) {
        if self.log.len() >= KEPT {
            self.log.pop_front();
        }
        self.log.push_back(entry);
    }

    pub(super) fn clear_log(&mut self) {
        self.log.clear();
        self.count = 0;
    }

    pub(super) fn set_hold(&mut self, hold: Hold) {
        (self.hold, self.reached, self.dropped) = (Some(hold), false, false);
    }
}

/// Everything the handlers share.
pub(super) struct Host {
    portal: Mutex<Portal>,
    traffic: Mutex<Traffic>,
    released: Notify,
    pub(super) contexts: Vec<String>,
    in_file: bool,
}

fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Host {
    pub(super) fn open(options: Options) -> io::Result<Self> {
        let Options { setup, state_file, latency, contexts } = options;
        let wall = clock::wall();
        let (state, store) = match &state_file {
            Some(path) => {
                let (store, state) = Store::open(path, setup, wall)?;
                (state, Some(store))
            }
            None => (State::new(setup, wall), None),
        };
        let traffic = Traffic { latency, ..Traffic::default() };
        let contexts =
            contexts.iter().map(|path| format!("/{}", path.trim_matches('/').to_ascii_lowercase())).collect();
        let in_file = store.is_some();
        let portal = Mutex::new(Portal { state, store });
        Ok(Self { portal, traffic: Mutex::new(traffic), released: Notify::new(), contexts, in_file })
    }

    pub(super) fn traffic(&self) -> MutexGuard<'_, Traffic> {
        held(&self.traffic)
    }

    /// The portal's time in ms.
    pub(super) fn now(&self) -> i64 {
        held(&self.portal).state.now(clock::wall())
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
        let mut traffic = self.traffic();
        (traffic.hold, traffic.reached, traffic.dropped) = (None, false, !act);
        drop(traffic);
        self.released.notify_waiters();
    }

    /// Waits while `stops` says the hold applies; false if the request is to be dropped.
    pub(super) async fn wait(&self, stops: impl Fn(Hold) -> bool) -> bool {
        let mut waited = false;
        loop {
            let released = self.released.notified();
            tokio::pin!(released);
            released.as_mut().enable();
            {
                let mut traffic = self.traffic();
                if !traffic.hold.is_some_and(&stops) {
                    return !(waited && traffic.dropped);
                }
                traffic.reached = true;
            }
            waited = true;
            released.await;
        }
    }

    pub(super) async fn act(self: &Arc<Self>, request: &Request, dry: bool) -> Response {
        let run = move |host: &Self, request: &Request| {
            let done = host.with(|state| {
                let wall = clock::wall();
                if dry { state.clone().handle(request, wall) } else { state.handle(request, wall) }
            });
            done.unwrap_or_else(|error| broken(&error))
        };
        if !self.in_file {
            return run(self, request);
        }
        let (host, request) = (Arc::clone(self), request.clone());
        let done = tokio::task::spawn_blocking(move || run(&host, &request)).await;
        done.unwrap_or_else(|error| broken(&io::Error::other(error)))
    }
}

fn broken(error: &io::Error) -> Response {
    let body = serde_json::json!({"error": {"code": 500, "message": format!("emulator: {error}"), "details": []}});
    Response::json(500, &body)
}
