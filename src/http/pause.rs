//! What all requests share once a service has asked to wait: until when none is sent, and how far apart they go then.
//!
//! A value without a clock: whoever sends says what time it is.

use std::time::Duration;

use super::backoff::backoff;

/// The longest wait that a service may ask for.
const LONGEST_ASKED: Duration = Duration::from_mins(2);
/// How long a service may refuse everything, and how long one request, before that is an error.
const PATIENCE: Duration = Duration::from_mins(5);
/// How often one request is refused at most; where nobody says how long to wait, that is about a minute.
const REFUSALS: u32 = 12;
/// How far apart requests go after the first refusal, and how far at most.
const FIRST_GAP: Duration = Duration::from_millis(50);
const LONGEST_GAP: Duration = Duration::from_secs(5);
/// Smaller gaps are none.
const NO_GAP: Duration = Duration::from_millis(2);

/// One request and the refusals it met.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Refusals {
    count: u32,
    first: Option<Duration>,
}

/// The pause that all requests to one service share.
#[derive(Debug, Default)]
pub(super) struct Pause {
    /// Nothing is sent before.
    until: Duration,
    /// When it was last set: what was sent before tells nothing new.
    set: Option<Duration>,
    /// When the last request went.
    last: Option<Duration>,
    /// How far apart requests go. Doubled by a refusal, it shrinks again with each request that is let through, so that
    /// it comes to be what the service bears.
    gap: Duration,
    /// How often it was set since anything was let through.
    strikes: u32,
    /// Since when nothing was let through.
    refusing: Option<Duration>,
}

impl Pause {
    /// Lets a request go at `now`, or says how long it has to wait at least.
    pub(super) fn go(&mut self, now: Duration) -> Result<(), Duration> {
        let at = self.last.map_or(self.until, |last| self.until.max(last + self.gap));
        if at > now {
            return Err(at.saturating_sub(now));
        }
        self.last = Some(now);
        Ok(())
    }

    /// A request sent at `sent` was let through, whatever came of it.
    pub(super) fn accepted(&mut self, sent: Duration) {
        if self.set.is_none_or(|set| sent < set) {
            return;
        }
        (self.strikes, self.refusing) = (0, None);
        let gap = self.gap * 31 / 32;
        self.gap = if gap < NO_GAP { Duration::ZERO } else { gap };
    }

    /// A request sent at `sent` was refused before the service acted, and maybe told how long to wait; `lot`, from 0 to 1,
    /// spreads the processes that were refused together. The pause it makes of it; `None` if patience is over.
    pub(super) fn refused(
        &mut self,
        refusals: &mut Refusals,
        sent: Duration,
        now: Duration,
        asked: Option<Duration>,
        lot: f64,
    ) -> Option<Duration> {
        refusals.count += 1;
        let (first, refusing) = (*refusals.first.get_or_insert(sent), *self.refusing.get_or_insert(sent));
        // What was under way together was refused together: one answer to all of it.
        let new = self.set.is_none_or(|set| set <= sent);
        if new {
            self.strikes += 1;
            self.gap = (self.gap * 2).clamp(FIRST_GAP, LONGEST_GAP);
            self.set = Some(now);
        }
        let longest = backoff(self.strikes.max(refusals.count));
        let lot = lot.clamp(0.0, 1.0);
        let wait = match asked.filter(|asked| !asked.is_zero()) {
            // What nobody waits for is no reason for the others to wait as long.
            Some(asked) => asked.min(LONGEST_ASKED) + (longest / 4).mul_f64(lot),
            None => longest / 2 + (longest / 2).mul_f64(lot),
        };
        if new || asked.is_some() {
            self.until = self.until.max(now + wait);
        }
        let bearable = asked.is_none_or(|asked| asked <= LONGEST_ASKED)
            && refusals.count < REFUSALS
            && self.until.saturating_sub(first.min(refusing)) <= PATIENCE;
        bearable.then(|| self.until.saturating_sub(now))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    const SECOND: Duration = Duration::from_secs(1);

    /// When a request that is ready at `now` goes.
    fn goes(pause: &mut Pause, now: Duration) -> Duration {
        match pause.go(now) {
            Ok(()) => now,
            Err(wait) => goes(pause, now + wait),
        }
    }

    #[test]
    fn nobody_waits_before_anybody_was_told_to() {
        let mut pause = Pause::default();
        assert_eq!((goes(&mut pause, ms(7)), goes(&mut pause, ms(7))), (ms(7), ms(7)));
    }

    #[test]
    fn what_one_is_told_holds_for_all_and_then_they_go_one_after_the_other() {
        let mut pause = Pause::default();
        let wait = pause.refused(&mut Refusals::default(), ms(0), ms(10), Some(SECOND), 0.0);
        assert_eq!(wait, Some(SECOND));
        assert_eq!(goes(&mut pause, ms(20)), ms(1010));
        assert_eq!(goes(&mut pause, ms(20)), ms(1060));
        // Refused together with it, and told later to wait longer.
        pause.refused(&mut Refusals::default(), ms(5), ms(30), Some(3 * SECOND), 0.0);
        assert_eq!((pause.until, pause.gap), (ms(3030), FIRST_GAP));
        // Refused together with it, and told nothing.
        pause.refused(&mut Refusals::default(), ms(5), ms(40), None, 1.0);
        assert_eq!((pause.until, pause.strikes), (ms(3030), 1));
    }

    #[test]
    fn without_a_word_the_wait_doubles_until_something_is_let_through() {
        let mut pause = Pause::default();
        let mut now = Duration::ZERO;
        let mut waits = Vec::new();
        for _ in 0..7 {
            let wait = pause.refused(&mut Refusals::default(), now, now, None, 1.0).unwrap();
            waits.push(wait.as_millis());
            now = goes(&mut pause, now);
        }
        assert_eq!(waits, [250, 500, 1000, 2000, 4000, 8000, 8000]);
        pause.accepted(now);
        assert_eq!(pause.refused(&mut Refusals::default(), now, now, None, 1.0), Some(ms(250)));
    }

    #[test]
    fn one_that_is_refused_alone_gives_up_and_so_does_everything_where_nothing_is_let_through() {
        let mut pause = Pause::default();
        let (mut alone, mut now, mut tries) = (Refusals::default(), Duration::ZERO, 1);
        while pause.refused(&mut alone, now, now, None, 1.0).is_some() {
            now = goes(&mut pause, now);
            pause.accepted(now);
            tries += 1;
        }
        assert_eq!(tries, REFUSALS);
        assert!(now < Duration::from_mins(2), "{now:?}");
        let (mut pause, mut now) = (Pause::default(), Duration::ZERO);
        while pause.refused(&mut Refusals::default(), now, now, Some(Duration::from_mins(1)), 0.0).is_some() {
            now = goes(&mut pause, now);
        }
        assert!(now <= PATIENCE, "{now:?}");
        assert_eq!(Pause::default().refused(&mut Refusals::default(), ms(0), ms(0), Some(60 * 60 * SECOND), 0.0), None);
    }

    #[test]
    fn requests_come_to_go_as_far_apart_as_the_service_bears() {
        // Five a second, and whoever is refused is told to wait a second.
        let (mut pause, mut now, mut seen) = (Pause::default(), Duration::ZERO, Vec::<Duration>::new());
        let (mut refused, mut accepted) = (0, 0);
        while now < Duration::from_mins(1) {
            now = goes(&mut pause, now);
            if seen.iter().filter(|at| **at + SECOND > now).count() < 5 {
                seen.push(now);
                accepted += 1;
                pause.accepted(now);
            } else {
                refused += 1;
                pause.refused(&mut Refusals::default(), now, now, Some(SECOND), 0.5).unwrap();
            }
        }
        assert!(accepted > 180 && refused * 5 < accepted, "{accepted} were let through, {refused} were not");
    }
}
