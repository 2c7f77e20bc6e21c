//! Whether somebody asked the run to stop.

use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::sync::watch;

use crate::os;

/// How long programs have to end by themselves once they are asked to.
pub(crate) const GRACE: Duration = Duration::from_secs(1);

/// A request to stop, which whoever writes looks at between two steps.
#[derive(Debug)]
pub struct Asked {
    flag: AtomicBool,
    tell: watch::Sender<bool>,
}

impl Default for Asked {
    fn default() -> Self {
        Self { flag: AtomicBool::new(false), tell: watch::Sender::new(false) }
    }
}

impl Asked {
    /// Asks; tells whether somebody did before.
    pub fn ask(&self) -> bool {
        let before = self.flag.swap(true, Ordering::AcqRel);
        self.tell.send_replace(true);
        before
    }

    /// Whether somebody has asked.
    pub(crate) fn is_asked(&self) -> bool {
        self.flag.load(Ordering::Acquire)
    }

    /// Set once somebody has asked.
    pub(super) const fn flag(&self) -> &AtomicBool {
        &self.flag
    }

    /// Waits until somebody asks.
    pub async fn wait(&self) {
        // It fails if nobody can ask any more, and who could is `self`.
        let _ = self.tell.subscribe().wait_for(|asked| *asked).await;
    }

    /// Does `work` unless somebody asks; then ends the programs it started. `None` if somebody did.
    pub(super) async fn unless<T>(&self, work: impl Future<Output = T>) -> Option<T> {
        let mut work = pin!(work);
        tokio::select! {
            done = &mut work => return Some(done),
            () = self.wait() => {}
        }
        let ended = tokio::task::spawn_blocking(|| os::end_all(GRACE));
        tokio::select! {
            _ = ended => None,
            // Whoever waits for a program has to see it end.
            () = async { drop(work.await); std::future::pending().await } => None,
        }
    }
}
