//! The runtime, for commands that wait.

use super::exit::Exit;

/// Runs what waits. Commands that do not wait start no runtime.
pub(super) fn wait(work: impl Future<Output = Exit>) -> Exit {
    waited(work).unwrap_or(Exit::Error)
}

/// What came of what waits; `None` if nothing can wait here.
pub(super) fn waited<T>(work: impl Future<Output = T>) -> Option<T> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().ok()?;
    let done = runtime.block_on(work);
    // A reader that is still waiting for a terminal must not keep the process.
    runtime.shutdown_background();
    Some(done)
}
