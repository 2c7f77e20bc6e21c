//! The signals that ask a process to stop.

use std::io;

use futures_util::future::join_all;
use tokio::signal::unix::{SignalKind, signal};

/// A request to stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum StopSignal {
    /// SIGINT: Ctrl-C.
    Interrupt,
    /// SIGTERM: what schedulers, containers and `kill` send.
    Terminate,
    /// SIGHUP: the terminal is gone.
    HangUp,
}

impl StopSignal {
    /// What the system calls it.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Interrupt => "SIGINT",
            Self::Terminate => "SIGTERM",
            Self::HangUp => "SIGHUP",
        }
    }
}

/// Calls `heard` for each request to stop, on a thread of its own, until the process ends.
///
/// A process that was started with SIGHUP ignored, as `nohup` does it, goes on ignoring it.
pub(crate) fn listen(heard: impl Fn(StopSignal) + Send + 'static) -> io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build()?;
    let mut wanted =
        vec![(StopSignal::Interrupt, SignalKind::interrupt()), (StopSignal::Terminate, SignalKind::terminate())];
    if !ignores_hang_up() {
        wanted.push((StopSignal::HangUp, SignalKind::hangup()));
    }
    let mut requests = {
        let _inside = runtime.enter();
        let open = |(stop, kind)| io::Result::Ok((stop, signal(kind)?));
        wanted.into_iter().map(open).collect::<io::Result<Vec<_>>>()?
    };
    let thread = std::thread::Builder::new().name("signals".into());
    thread.spawn(move || {
        let heard = &heard;
        let all = requests.iter_mut().map(|(stop, requests)| async move {
            while requests.recv().await.is_some() {
                heard(*stop);
            }
        });
        runtime.block_on(join_all(all));
    })?;
    Ok(())
}

/// Whether SIGHUP was ignored when this process was started. Only Linux says so in a way that needs no unsafe code.
fn ignores_hang_up() -> bool {
    std::fs::read_to_string("/proc/self/status").is_ok_and(|status| is_ignored(&status, 1))
}

/// Whether the mask `SigIgn` of a process' status has `signal`.
fn is_ignored(status: &str, signal: u32) -> bool {
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or(0);
    mask & (1 << (signal - 1)) != 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ignored_signal_is_known_by_its_bit() {
        let status =
            "Name:\tkeyform\nSigBlk:\t0000000000000003\nSigIgn:\t0000000000001001\nSigCgt:\t0000000000000002\n";
        assert!(is_ignored(status, 1) && is_ignored(status, 13));
        assert!(!is_ignored(status, 2) && !is_ignored("", 1));
    }
}
