//! How long keys live, and whether there is time to renew them.

use jiff::{SignedDuration, Timestamp};

use super::{Checker, Placed};
use crate::config::codes::Code;
use crate::config::document::{ExpiryText, RetireText};
use crate::config::problem::Problem;
use crate::config::source::Span;
use crate::config::tree::Cursor;
use crate::model::{Expiry, KeyEnd, Retire};

const DAY: SignedDuration = SignedDuration::from_hours(24);
/// The longest lifetime that can be asked for.
const YEAR: SignedDuration = SignedDuration::from_hours(365 * 24);

/// What one layer says about expiry.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct ExpiryLayer {
    end: Option<Placed<KeyEnd>>,
    renew_before: Option<Placed<SignedDuration>>,
    overlap: Option<Placed<SignedDuration>>,
    retire: Option<Retire>,
}

impl<'a> Checker<'a> {
    /// Reads what one layer says.
    pub(super) fn expiry_layer(&mut self, raw: &ExpiryText, at: Cursor<'a>, on: Option<&str>) -> ExpiryLayer {
        let placed = |key: &str| at.get_or_self(key);
        let mut read = |key: &str, text: Option<&crate::config::document::DurationText>| {
            let here = placed(key);
            text.and_then(|text| self.duration(&text.0, here)).map(|value| Placed { value, span: here.span() })
        };
        let lifetime = read("lifetime", raw.lifetime.as_ref());
        let renew_before = read("renew_before", raw.renew_before.as_ref());
        let overlap = read("overlap", raw.overlap.as_ref());
        let until_at = placed("until");
        let until = raw.until.as_ref().and_then(|text| self.end_of_day(&text.0, until_at));
        let until = until.map(|value| Placed { value, span: until_at.span() });
        if let (Some(lifetime), Some(until)) = (lifetime, until) {
            let problem =
                Problem::at(Code::LifetimeAndUntil, until.span, "a key has a lifetime or a fixed end, not both");
            self.say(problem.saying("a fixed end").label(lifetime.span, "and a lifetime"), on);
        }
        if let Some(lifetime) = lifetime {
            self.lifetime(lifetime, on);
        }
        if let Some(until) = until {
            self.until(until, on);
        }
        let end = match (lifetime, until) {
            (_, Some(until)) => Some(Placed { value: KeyEnd::Until(until.value), span: until.span }),
            (Some(lifetime), None) => Some(Placed { value: KeyEnd::Lifetime(lifetime.value), span: lifetime.span }),
            (None, None) => None,
        };
        let retire = raw.retire.map(|retire| match retire {
            RetireText::Revoke => Retire::Revoke,
            RetireText::Expire => Retire::Expire,
        });
        ExpiryLayer { end, renew_before, overlap, retire }
    }

    fn lifetime(&mut self, lifetime: Placed<SignedDuration>, on: Option<&str>) {
        let shown = show(lifetime.value);
        if lifetime.value > YEAR {
            let message = format!("a lifetime of {shown} is longer than a year");
            self.say(Problem::at(Code::LifetimeTooLong, lifetime.span, message), on);
        } else if lifetime.value > Expiry::LONGEST {
            let message = format!("a lifetime of {shown} is cut to {}", show(Expiry::LONGEST));
            self.say(Problem::at(Code::LifetimeCut, lifetime.span, message), on);
        } else if lifetime.value <= SignedDuration::ZERO {
            self.say(Problem::at(Code::BadDuration, lifetime.span, "a lifetime is longer than nothing"), on);
        }
    }

    fn until(&mut self, until: Placed<Timestamp>, on: Option<&str>) {
        if self.now.is_some_and(|now| until.value <= now) {
            let date = until.value.strftime("%Y-%m-%d");
            let message = format!("the fixed end {date} has passed, so no key can be issued");
            self.say(Problem::at(Code::UntilPassed, until.span, message), on);
        }
    }

    /// The expiry of a credential from its layers; `check` tells whether their relations are to be judged.
    pub(super) fn expiry(&mut self, layers: &[ExpiryLayer], key: Span, name: &str, check: bool) -> Expiry {
        let last = |pick: fn(&ExpiryLayer) -> Option<Placed<SignedDuration>>| layers.iter().rev().find_map(pick);
        let end = layers.iter().rev().find_map(|layer| layer.end);
        let renew_before = last(|layer| layer.renew_before);
        let overlap = last(|layer| layer.overlap);
        let expiry = Expiry {
            end: end.map_or(KeyEnd::Lifetime(180 * DAY), |end| end.value),
            renew_before: renew_before.map_or(30 * DAY, |it| it.value),
            overlap: overlap.map_or(7 * DAY, |it| it.value),
            retire: layers.iter().rev().find_map(|layer| layer.retire).unwrap_or(Retire::Revoke),
            spread: SignedDuration::ZERO,
            window: None,
        };
        if check {
            let places = Places {
                end: end.map(|it| it.span),
                renew_before: renew_before.map(|it| it.span),
                overlap: overlap.map(|it| it.span),
                key,
            };
            self.relations(&expiry, &places, name);
        }
        expiry
    }

    fn relations(&mut self, expiry: &Expiry, places: &Places, name: &str) {
        let Expiry { end, renew_before, overlap, retire, spread: _, window: _ } = *expiry;
        let cadence = self.cadence.unwrap_or_default();
        if renew_before <= overlap {
            let message = format!(
                "`{name}` is renewed {} before its end, within its overlap of {}",
                show(renew_before),
                show(overlap)
            );
            self.say(places.problem(Code::RenewTooLate, message), Some(name));
            return;
        }
        let KeyEnd::Lifetime(lifetime) = end else { return };
        let lifetime = lifetime.min(Expiry::LONGEST);
        // One that is left to expire is there until then.
        let (gone, name_of_gone) = match retire {
            Retire::Revoke => (overlap, "overlap"),
            Retire::Expire => (overlap.max(renew_before), "renew_before"),
        };
        if gone + cadence >= lifetime - renew_before {
            let message = format!(
                "`{name}` is due {} after it was issued, but its older key needs {} until it is gone",
                show(lifetime - renew_before),
                show(gone + cadence)
            );
            let help = format!(
                "`{name_of_gone}` ({}) and `cadence` ({}) together must be shorter than `lifetime` ({}) less `renew_before` ({})",
                show(gone),
                show(cadence),
                show(lifetime),
                show(renew_before)
            );
            let span = places.end.or(places.renew_before).or(places.overlap).unwrap_or(places.key);
            self.say(Problem::at(Code::NoFreeSlot, span, message).help(help), Some(name));
        } else if cadence > SignedDuration::ZERO && renew_before <= cadence + overlap {
            let message = format!(
                "`{name}` is renewed {} before its end and overlaps for {}: with a run every {}, no run may fail",
                show(renew_before),
                show(overlap),
                show(cadence)
            );
            let help = format!("make `renew_before` longer than {}", show(cadence + overlap));
            self.say(places.problem(Code::MissedRuns, message).help(help), Some(name));
        }
    }
}

/// Where the parts of an expiry stand; what is a default stands nowhere.
struct Places {
    end: Option<Span>,
    renew_before: Option<Span>,
    overlap: Option<Span>,
    key: Span,
}

impl Places {
    fn problem(&self, code: Code, message: String) -> Problem {
        let spans = [(self.renew_before, "renewal"), (self.overlap, "overlap")];
        let mut spans = spans.into_iter().filter_map(|(span, text)| Some((span?, text)));
        let Some((first, text)) = spans.next() else { return Problem::at(code, self.key, message) };
        spans.fold(Problem::at(code, first, message).saying(text), |problem, (span, text)| problem.label(span, text))
    }
}

/// A duration as people write it.
pub(super) fn show(duration: SignedDuration) -> String {
    let seconds = duration.as_secs();
    let units = [(86_400, 'd'), (3_600, 'h'), (60, 'm'), (1, 's')];
    let mut rest = seconds.abs();
    let mut text = String::new();
    for (unit, letter) in units {
        if rest >= unit {
            text += &(rest / unit).to_string();
            text.push(letter);
            rest %= unit;
        }
    }
    match (text.is_empty(), seconds < 0) {
        (true, _) => "0d".into(),
        (false, true) => format!("-{text}"),
        (false, false) => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_read_as_they_are_written() {
        assert_eq!(show(90 * DAY), "90d");
        assert_eq!(show(SignedDuration::from_mins(36 * 60 + 5)), "1d12h5m");
        assert_eq!(show(SignedDuration::ZERO), "0d");
    }
}
