//! The runtime, for commands that wait.

use super::exit::Exit;

/// Runs what waits. Commands that do not wait start no runtime.
pub(super) fn wait<T>(work: impl Future<Output = Result<T, Exit>>) -> Result<T, Exit> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let runtime = runtime.map_err(|_| Exit::Error)?;
    let done = runtime.block_on(work);
    // A reader that is still waiting for a terminal must not keep the process.
    runtime.shutdown_background();
    done
}
