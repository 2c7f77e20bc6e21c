//! How long to wait before a request that failed is sent again.

use std::pin::Pin;
use std::time::Duration;

use jiff::Timestamp;

use crate::clock::Tick;

/// How often one request is tried at most.
pub(super) const TRIES: u32 = 5;
/// No try of a request begins later than so long after its first one, waits for a refusing service apart.
pub(super) const RETRY_BUDGET: Duration = Duration::from_secs(28);
const FIRST: Duration = Duration::from_millis(250);
const LONGEST: Duration = Duration::from_secs(8);

/// Knows the time, waits, and draws lots; tests do it their own way.
pub trait Backoff: Send + Sync {
    /// The time since some moment that stays the same.
    fn now(&self) -> Duration {
        Tick::now().since_start()
    }
    /// Waits.
    fn sleep(&self, time: Duration) -> Pin<Box<dyn Future<Output = ()> + Send + '_>>;
    /// A number from 0 to 1 that spreads the tries of many requests.
    fn jitter(&self) -> f64;
}

/// Real time and real lots.
#[derive(Clone, Copy, Debug, Default)]
pub struct RealBackoff;

impl Backoff for RealBackoff {
    fn sleep(&self, time: Duration) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(tokio::time::sleep(time))
    }

    fn jitter(&self) -> f64 {
        fastrand::f64()
    }
}

/// The wait before try number `next` (the second is 1) of a request that began so long ago; `None` if patience is over.
pub(super) fn wait(next: u32, began: Duration, lots: &dyn Backoff) -> Option<Duration> {
    let wait = backoff(next).mul_f64(lots.jitter().clamp(0.0, 1.0));
    (next < TRIES && began + wait <= RETRY_BUDGET).then_some(wait)
}

/// The longest wait before try number `next`.
pub(super) fn backoff(next: u32) -> Duration {
    FIRST.saturating_mul(1 << next.saturating_sub(1).min(8)).min(LONGEST)
}

/// Reads `Retry-After`: seconds, or a date compared with the answer's own.
pub(super) fn retry_after(value: &str, date: Timestamp) -> Option<Duration> {
    let value = value.trim();
    if let Ok(seconds) = value.parse::<u64>() {
        return Some(Duration::from_secs(seconds));
    }
    let until = http_date(value)?;
    Some(Duration::try_from(until.duration_since(date)).unwrap_or(Duration::ZERO))
}

/// Reads the date of an HTTP header.
pub(super) fn http_date(value: &str) -> Option<Timestamp> {
    jiff::fmt::rfc2822::parse(value.trim()).ok().map(|zoned| zoned.timestamp())
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Still;

    impl Backoff for Still {
        fn sleep(&self, _: Duration) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
            Box::pin(std::future::ready(()))
        }

        fn jitter(&self) -> f64 {
            1.0
        }
    }

    #[test]
    fn waits_grow_and_end() {
        let waits: Vec<_> = (1..=TRIES).map(|next| wait(next, Duration::ZERO, &Still)).collect();
        let millis = |ms| Some(Duration::from_millis(ms));
        assert_eq!(waits, [millis(250), millis(500), millis(1000), millis(2000), None]);
        assert_eq!(wait(1, RETRY_BUDGET, &Still), None);
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
