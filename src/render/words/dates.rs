//! Dates, spans and numbers, as people read them.

use jiff::{SignedDuration, Timestamp};

/// A date as people read it.
pub(crate) fn day(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d").to_string()
}

/// A moment as people read it.
pub(crate) fn minute(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%MZ").to_string()
}

/// Whole days from `now` to `at`.
pub(crate) fn days_to(at: Timestamp, now: Timestamp) -> i64 {
    at.duration_since(now).as_hours() / 24
}

/// `1 day`, `2 days`.
pub(crate) fn days(count: i64) -> String {
    if count == 1 { "1 day".into() } else { format!("{count} days") }
}

/// `1 sink was added`, `2 sinks were added`.
pub(in crate::render) fn count(n: usize, one: &str, many: &str) -> String {
    if n == 1 { format!("{n} {one}") } else { format!("{n} {many}") }
}

/// `7 days`, or `12 h` for what is no whole day.
pub(crate) fn span(time: SignedDuration) -> String {
    match (time.as_hours() / 24, time.as_hours() % 24) {
        (whole, 0) => days(whole),
        (0, hours) => format!("{hours} h"),
        (whole, hours) => format!("{} {hours} h", days(whole)),
    }
}

pub(crate) fn clock(now: Timestamp, simulated: bool) -> String {
    format!("{}{}", minute(now), if simulated { " SIMULATED" } else { "" })
}

/// A duration in its largest units.
pub(crate) fn every(cadence: SignedDuration) -> String {
    let seconds = cadence.as_secs();
    match seconds {
        86_400 => "day".into(),
        _ if seconds % 86_400 == 0 => days(seconds / 86_400),
        _ if seconds % 3_600 == 0 => format!("{} hours", seconds / 3_600),
        _ if seconds % 60 == 0 => format!("{} minutes", seconds / 60),
        _ => format!("{seconds} seconds"),
    }
}
