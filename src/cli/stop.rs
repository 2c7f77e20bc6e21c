//! Asked to stop by a signal: what ends, when, and what is said.
//!
//! Until something is written a command just ends. From then on the first signal lets the step under way end, and a
//! second one ends everything at once and says what is left.

use std::collections::BTreeMap;
use std::sync::mpsc;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::model::CredentialName;
use crate::os::{self, StopSignal};
use crate::render::words;
use crate::run::{Asked, GRACE};
use jiff::Timestamp;

use super::console::Console;
use super::exit::Exit;

/// How long the last words may take: nobody may be reading them.
const WORDS: Duration = Duration::from_millis(500);

/// What a signal does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mode {
    /// It ends the command: nothing of it would be left half done.
    Ends,
    /// It is told to the command, which ends after its step.
    StopsAfterStep,
    /// It is told to the command, which ends by itself.
    Stops,
}

struct State {
    mode: Mode,
    /// Whether anything may have been written.
    wrote: bool,
    /// Until when the lease runs, while one is held.
    lease: Option<Timestamp>,
    /// What is being done to which credential.
    steps: BTreeMap<CredentialName, String>,
}

/// The requests to stop of this process.
pub(super) struct Signals {
    console: Arc<Console>,
    state: Mutex<State>,
    asked: Asked,
}

impl Signals {
    /// Listens from now on. Where that cannot be done, signals do what the system says.
    pub(super) fn listen(console: &Arc<Console>) -> Arc<Self> {
        let state = State { mode: Mode::Ends, wrote: false, lease: None, steps: BTreeMap::new() };
        let signals =
            Arc::new(Self { console: Arc::clone(console), state: Mutex::new(state), asked: Asked::default() });
        let hears = Arc::clone(&signals);
        if let Err(error) = os::listen(move |signal| hears.hear(signal)) {
            tracing::warn!(%error, "signals are not listened to");
        }
        signals
    }

    /// Keeps what a signal does as it is now, once what is returned is dropped.
    pub(super) fn held(&self) -> Held<'_> {
        Held { signals: self, before: self.state().mode }
    }

    /// From here on a signal is for the command alone, until what is returned is dropped.
    pub(super) fn by_itself(&self) -> Held<'_> {
        let held = self.held();
        self.state().mode = Mode::Stops;
        held
    }

    /// Whether somebody has asked.
    pub(super) const fn asked(&self) -> &Asked {
        &self.asked
    }

    /// A lease is held that runs until then; or none is.
    pub(super) fn holds_lease(&self, until: Option<Timestamp>) {
        self.state().lease = until;
    }

    /// This is being done to a credential; or nothing any more.
    pub(super) fn doing(&self, name: &CredentialName, what: Option<String>) {
        let steps = &mut self.state().steps;
        match what {
            Some(what) => drop(steps.insert(name.clone(), what)),
            None => drop(steps.remove(name)),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn hear(&self, signal: StopSignal) {
        let again = self.asked.ask();
        let mode = self.state().mode;
        match (mode, again) {
            (Mode::Ends, _) | (_, true) => self.end(signal),
            (Mode::Stops, false) => {}
            (Mode::StopsAfterStep, false) => {
                let line = format!("stopping after this step ({}); a second signal ends at once", signal.name());
                let console = Arc::clone(&self.console);
                // Whoever reads it may be slow, and a second signal must not wait for that.
                std::thread::spawn(move || console.note(&line));
            }
        }
    }

    /// Goes on only if everything is not being ended: what is under way must not come to an end of its own meanwhile.
    pub(super) fn go_on(&self) {
        drop(self.state());
    }

    /// Ends everything now.
    fn end(&self, signal: StopSignal) -> ! {
        // Held to the last, so that the run stands still at its next step or end.
        let state = self.state();
        let words = last_words(&state, signal);
        let console = Arc::clone(&self.console);
        let (said, heard) = mpsc::channel();
        std::thread::spawn(move || {
            console.interrupted(&words);
            // Nobody waits any more for words that took too long.
            let _ = said.send(());
        });
        os::end_all(GRACE);
        let _ = heard.recv_timeout(WORDS);
        std::process::exit(Exit::Interrupted.code().into())
    }
}

/// While this lives, a signal may do something else.
pub(super) struct Held<'a> {
    signals: &'a Signals,
    before: Mode,
}

impl Held<'_> {
    /// From here on a signal ends the command after its step.
    pub(super) fn after_step(&self) {
        let mut state = self.signals.state();
        (state.mode, state.wrote) = (Mode::StopsAfterStep, true);
    }
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        let mut state = self.signals.state();
        state.mode = self.before;
        state.lease = None;
        state.steps.clear();
    }
}

/// What is left when everything ends at once.
fn last_words(state: &State, signal: StopSignal) -> String {
    let State { mode, wrote, lease, steps } = state;
    let name = signal.name();
    if *mode != Mode::StopsAfterStep {
        let nothing = if *wrote { "" } else { "; nothing was changed" };
        return format!("Interrupted ({name}){nothing}.");
    }
    let mut text = format!("Ended at once ({name}). What is left:");
    if let Some(until) = lease {
        text.push_str(&format!("\n  the lease of this stack runs until {}", words::minute(*until)));
    }
    for (credential, step) in steps {
        text.push_str(&format!("\n  {credential}: {step}; whether that was done is not known"));
    }
    if lease.is_none() && steps.is_empty() {
        text.push_str("\n  nothing: no step was under way");
    }
    let then = lease.map(|until| format!(" after {}", words::minute(until))).unwrap_or_default();
    text.push_str(&format!("\nRun the same command again{then}; it goes on from what the portal and the sinks show."));
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state(mode: Mode) -> State {
        State { mode, wrote: mode == Mode::StopsAfterStep, lease: None, steps: BTreeMap::new() }
    }

    #[test]
    fn what_ends_before_it_wrote_says_that_nothing_was_changed() {
        let said = last_words(&state(Mode::Ends), StopSignal::Terminate);
        assert_eq!(said, "Interrupted (SIGTERM); nothing was changed.");
        let said = last_words(&State { wrote: true, ..state(Mode::Ends) }, StopSignal::HangUp);
        assert_eq!(said, "Interrupted (SIGHUP).");
    }

    #[test]
    fn what_is_left_half_done_is_named() {
        let mut left = state(Mode::StopsAfterStep);
        left.lease = Some("2026-09-21T08:10:00Z".parse().unwrap());
        left.steps.insert(CredentialName::new("web").unwrap(), "issuing key 1".into());
        insta::assert_snapshot!(last_words(&left, StopSignal::Interrupt), @"
        Ended at once (SIGINT). What is left:
          the lease of this stack runs until 2026-09-21 08:10Z
          web: issuing key 1; whether that was done is not known
        Run the same command again after 2026-09-21 08:10Z; it goes on from what the portal and the sinks show.
        ");
    }
}
