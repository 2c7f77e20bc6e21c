//! Programs that keyform starts: each in a process group of its own, none of which outlives the run.
//!
//! The group keeps a terminal's Ctrl-C away from a program in the middle of a write, and lets a program be ended with
//! all it started. What keyform cannot do is end them when it is itself killed by SIGKILL.

use std::collections::BTreeSet;
use std::io;
use std::os::unix::process::ExitStatusExt as _;
use std::process::ExitStatus;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rustix::process::{Pid, RawPid, Signal, kill_process_group, test_kill_process_group};
use tokio::process::{Child, Command};

/// How often it is looked whether programs have ended.
const LOOK: Duration = Duration::from_millis(10);

/// The groups that are running, by the id of their first process.
struct Running {
    groups: BTreeSet<RawPid>,
    /// Nothing is started any more.
    closed: bool,
}

/// Children belong to the process and not to who started them: whoever ends the process ends them all.
static RUNNING: Mutex<Running> = Mutex::new(Running { groups: BTreeSet::new(), closed: false });

fn running() -> MutexGuard<'static, Running> {
    RUNNING.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Starts `command` in a group of its own; refused once [`end_all`] was called.
pub(crate) fn start(command: &mut Command) -> io::Result<(Child, Group)> {
    // Held while it starts, so that no child comes to be after the last look at them.
    let mut running = running();
    if running.closed {
        return Err(io::Error::new(io::ErrorKind::Interrupted, "keyform was asked to stop"));
    }
    let child = command.process_group(0).kill_on_drop(true).spawn()?;
    let id = child.id().and_then(|id| RawPid::try_from(id).ok());
    running.groups.extend(id);
    Ok((child, Group(id)))
}

/// A running process group. It is killed when this is dropped, be it because nobody waits for it any more.
pub(crate) struct Group(Option<RawPid>);

impl Group {
    /// Its first process ended by itself; what that one left behind on purpose is left alone.
    pub(crate) fn ended(mut self) {
        self.leave(|_| ());
    }

    /// Asks it to end.
    pub(crate) fn terminate(&self) {
        if let Some(id) = self.0 {
            send(id, Signal::TERM);
        }
    }

    /// Nobody waits for it any more. Once everything is being ended, it stays on the list of what has to be.
    fn leave(&mut self, otherwise: impl FnOnce(RawPid)) {
        let Some(id) = self.0.take() else { return };
        let mut running = running();
        if !running.closed {
            running.groups.remove(&id);
            otherwise(id);
        }
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        self.leave(|id| send(id, Signal::KILL));
    }
}

/// Ends everything that was started and starts nothing more: asks each group to end, and kills what is left after
/// `grace`.
pub(crate) fn end_all(grace: Duration) {
    let groups: Vec<RawPid> = {
        let mut running = running();
        running.closed = true;
        running.groups.iter().copied().collect()
    };
    for id in &groups {
        send(*id, Signal::TERM);
    }
    let mut left = grace;
    while groups.iter().any(|id| is_left(*id)) && !left.is_zero() {
        std::thread::sleep(LOOK);
        left = left.saturating_sub(LOOK);
    }
    for id in groups.into_iter().filter(|id| is_left(*id)) {
        send(id, Signal::KILL);
    }
}

/// The number of the signal that ended a process, if one did.
pub(crate) fn ended_by(status: ExitStatus) -> Option<i32> {
    status.signal()
}

/// Whether anything of a group is there: a first process that ended counts until somebody has waited for it.
fn is_left(id: RawPid) -> bool {
    Pid::from_raw(id).is_some_and(|id| test_kill_process_group(id).is_ok())
}

fn send(id: RawPid, signal: Signal) {
    if let Some(id) = Pid::from_raw(id) {
        // It may be gone already.
        let _ = kill_process_group(id, signal);
    }
}
