//! What the credentials of one run share.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::sync::Mutex;

use crate::clock::ServerClock;
use crate::model::{FolderId, Live, StackName};
use crate::portal::WritePortal;
use crate::sink::Sinks;

use super::{ApplyError, Events, Tenure};

/// What a run goes by.
#[derive(Clone)]
pub(crate) struct Terms<'a> {
    pub clock: ServerClock,
    /// Until when it may write.
    pub tenure: Tenure,
    pub events: &'a dyn Events,
    /// Once set, it stops after a finished step.
    pub stop: &'a AtomicBool,
}

/// One run against one portal.
pub(crate) struct Session<'a, P> {
    pub(super) portal: &'a P,
    pub(super) sinks: &'a Sinks,
    pub(super) stack: StackName,
    /// The account keyform acts as.
    pub(super) account: String,
    pub(super) clock: ServerClock,
    pub(super) tenure: Tenure,
    pub(super) events: &'a dyn Events,
    pub(super) stop: &'a AtomicBool,
    /// Folder titles by id, as listed and as made by this run.
    pub(super) folders: Mutex<BTreeMap<FolderId, String>>,
    /// addItem, registerApp and token calls go one at a time.
    pub(super) minting: Mutex<()>,
    /// How long to wait before an object is read again that does not show a write yet.
    pub(super) settle: Duration,
    /// Whether an answer to a write was lost.
    lost: AtomicBool,
}

impl<'a, P: WritePortal> Session<'a, P> {
    /// A run over what `live` was read from, by these terms.
    pub(crate) fn new(portal: &'a P, sinks: &'a Sinks, stack: &StackName, live: &Live, terms: Terms<'a>) -> Self {
        let Terms { clock, tenure, events, stop } = terms;
        let folders = live.folders.iter().map(|folder| (folder.id.clone(), folder.title.clone())).collect();
        Self {
            portal,
            sinks,
            stack: stack.clone(),
            account: live.caller.username.clone(),
            clock,
            tenure,
            events,
            stop,
            folders: Mutex::new(folders),
            minting: Mutex::new(()),
            settle: Duration::from_millis(100),
            lost: AtomicBool::new(false),
        }
    }

    /// The same, waiting `settle` between two looks at something that is not visible yet.
    pub(crate) fn settle(mut self, settle: Duration) -> Self {
        self.settle = settle;
        self
    }

    /// Whether every write was answered, so that the lease may be given back.
    pub(crate) fn every_write_answered(&self) -> bool {
        !self.lost.load(Ordering::Relaxed)
    }

    pub(super) fn unanswered(&self) {
        self.lost.store(true, Ordering::Relaxed);
    }

    pub(super) fn now(&self) -> Timestamp {
        self.clock.now_in_milliseconds()
    }

    /// Whether another step may begin.
    pub(super) fn may_go_on(&self) -> Result<(), ApplyError> {
        if self.stop.load(Ordering::Relaxed) {
            return Err(ApplyError::Interrupted);
        }
        self.may_take_a_step()
    }

    /// Whether the lease leaves time for another step.
    pub(super) fn may_take_a_step(&self) -> Result<(), ApplyError> {
        self.may_take(SignedDuration::from_secs(60))
    }

    /// Whether something that takes up to `time` may begin under the lease.
    pub(super) fn may_take(&self, time: SignedDuration) -> Result<(), ApplyError> {
        if self.tenure.allows(self.now(), time) { Ok(()) } else { Err(ApplyError::LeaseOver) }
    }
}
