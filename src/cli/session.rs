//! What every command is given, and the runtime of those that wait.

use crate::config::env::Environment;

use super::args::All;
use super::console::Console;
use super::exit::Exit;
use super::stop::Signals;

/// What every command is given besides its own flags.
pub(super) struct Session<'a> {
    pub(super) all: All,
    pub(super) env: Environment,
    pub(super) console: &'a Console,
    pub(super) signals: &'a Signals,
}

/// Runs what waits. Commands that do not wait start no runtime.
pub(super) fn wait<T>(work: impl Future<Output = Result<T, Exit>>) -> Result<T, Exit> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let runtime = runtime.map_err(|_| Exit::Error)?;
    let done = runtime.block_on(work);
    // A reader that is still waiting for a terminal must not keep the process.
    runtime.shutdown_background();
    done
}
