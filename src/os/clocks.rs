//! Clocks of the system that never jump.

use std::time::Duration;

/// The time since the machine started, with the time it slept where the system counts that.
pub(crate) fn since_boot() -> Duration {
    #[cfg(target_os = "linux")]
    let id = rustix::time::ClockId::Boottime;
    #[cfg(not(target_os = "linux"))]
    let id = rustix::time::ClockId::Monotonic;
    let spec = rustix::time::clock_gettime(id);
    Duration::new(spec.tv_sec.try_into().unwrap_or_default(), spec.tv_nsec.try_into().unwrap_or_default())
}
