//! How long to wait before a request is sent again.

use std::pin::Pin;
use std::time::Duration;

use jiff::Timestamp;

/// How often one request is tried at most.
pub(crate) const TRIES: u32 = 5;
/// How long one request waits at most, over all its tries.
pub(crate) const PATIENCE: Duration = Duration::from_secs(28);
/// The longest wait that a portal may ask for.
const LONGEST_ASKED: Duration = Duration::from_secs(20);
const FIRST: Duration = Duration::from_millis(250);
const LONGEST: Duration = Duration::from_secs(8);

/// Waits, and draws lots; tests do neither.
pub trait Pace: Send + Sync {
    /// Waits.
    fn sleep(&self, time: Duration) -> Pin<Box<dyn Future<Output = ()> + Send + '_>>;
    /// A number from 0 to 1 that spreads the tries of many requests.
    fn jitter(&self) -> f64;
}

/// Real time and real lots.
#[derive(Clone, Copy, Debug, Default)]
pub struct RealPace;

impl Pace for RealPace {
    fn sleep(&self, time: Duration) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(tokio::time::sleep(time))
    }

    fn jitter(&self) -> f64 {
        fastrand::f64()
    }
}

/// The wait before try number `next` (the second is 1); `None` if the portal asks for more patience than we have.
pub(crate) fn wait(next: u32, asked: Option<Duration>, waited: Duration, pace: &dyn Pace) -> Option<Duration> {
    if next >= TRIES {
        return None;
    }
    let backoff =
        FIRST.saturating_mul(1 << next.saturating_sub(1).min(8)).min(LONGEST).mul_f64(pace.jitter().clamp(0.0, 1.0));
    // Jitter on top of what the portal asks for, or all that were refused together come back together.
    let wait = asked.map_or(backoff, |asked| asked + backoff / 4);
    let bearable = asked.is_none_or(|asked| asked <= LONGEST_ASKED) && waited + wait <= PATIENCE;
    bearable.then_some(wait)
}

/// Reads `Retry-After`: seconds, or a date compared with the answer's own.
pub(crate) fn retry_after(value: &str, date: Timestamp) -> Option<Duration> {
    let value = value.trim();
    if let Ok(seconds) = value.parse::<u64>() {
        return Some(Duration::from_secs(seconds));
    }
    let until = http_date(value)?;
    Some(Duration::try_from(until.duration_since(date)).unwrap_or(Duration::ZERO))
}

/// Reads the date of an HTTP header.
pub(crate) fn http_date(value: &str) -> Option<Timestamp> {
    jiff::fmt::rfc2822::parse(value.trim()).ok().map(|zoned| zoned.timestamp())
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Still;

    impl Pace for Still {
        fn sleep(&self, _: Duration) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
            Box::pin(std::future::ready(()))
        }

        fn jitter(&self) -> f64 {
            1.0
        }
    }

    #[test]
    fn waits_grow_and_end() {
        let waits: Vec<_> = (1..=TRIES).map(|next| wait(next, None, Duration::ZERO, &Still)).collect();
        let millis = |ms| Some(Duration::from_millis(ms));
        assert_eq!(waits, [millis(250), millis(500), millis(1000), millis(2000), None]);
        assert_eq!(wait(1, Some(Duration::from_hours(1)), Duration::ZERO, &Still), None);
        assert_eq!(wait(1, None, PATIENCE, &Still), None);
    }

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        let date = http_date("Sun, 06 Nov 1994 08:49:37 GMT").unwrap();
        assert_eq!(date.as_second(), 784_111_777);
        assert_eq!(retry_after(" 7 ", date), Some(Duration::from_secs(7)));
        assert_eq!(retry_after("Sun, 06 Nov 1994 08:49:40 GMT", date), Some(Duration::from_secs(3)));
        assert_eq!(retry_after("Sun, 06 Nov 1994 08:49:00 GMT", date), Some(Duration::ZERO));
        assert_eq!(retry_after("soon", date), None);
    }
}
