//! How long keys live, and whether there is time to renew them.

use jiff::{SignedDuration, Timestamp};

use super::checker::{Checker, Here, Placed};
use super::merge::{By, Last, Rule, Written, layers};
use super::window::{longest_shut, shut_around};
use super::written::show;
use crate::config::codes;
use crate::config::document::ExpiryText;
use crate::config::problem::Problem;
use crate::config::source::Span;
use crate::model::Code;
use crate::model::{Expiry, Freeze, KeyEnd, Retire, Window};

const DAY: SignedDuration = SignedDuration::from_hours(24);
/// The longest lifetime that can be asked for.
const YEAR: SignedDuration = SignedDuration::from_hours(365 * 24);

layers! { ExpiryLayer, ExpirySaid, "expiry.", {
    end: Last<KeyEnd>,
    renew_before: Last<SignedDuration>,
    overlap: Last<SignedDuration>,
    retire: Last<Retire>,
    spread: Last<SignedDuration>,
    window: Last<Window>,
} }

impl<'a> Checker<'a> {
    /// Reads what one layer says.
    pub(super) fn expiry_layer(&mut self, raw: &ExpiryText, here: Here<'a>) -> ExpiryLayer {
        let Here { at, on, .. } = here;
        let placed = |key: &str| at.get_or_self(key);
        let mut read = |key: &str, text: Option<&crate::config::document::DurationText>| {
            let here = placed(key);
            text.and_then(|text| self.duration(&text.0, here)).map(|value| Placed { value, span: here.span() })
        };
        let lifetime = read("lifetime", raw.lifetime.as_ref());
        let renew_before = read("renew_before", raw.renew_before.as_ref());
        let overlap = read("overlap", raw.overlap.as_ref());
        let spread = read("spread", raw.spread.as_ref());
        let until_at = placed("until");
        let until = raw.until.as_ref().and_then(|text| self.end_of_day(&text.0, until_at));
        let until = until.map(|value| Placed { value, span: until_at.span() });
        if let (Some(lifetime), Some(until)) = (lifetime, until) {
            let problem =
                Problem::at(codes::LIFETIME_AND_UNTIL, until.span, "a key has a lifetime or a fixed end, not both");
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
        let retire = raw.retire.map(|retire| Placed { value: retire.into(), span: placed("retire").span() });
        let window_at = placed("window");
        let window = raw.window.as_ref().and_then(|raw| self.window(raw, window_at, on));
        let window = window.map(|value| Placed { value, span: window_at.span() });
        ExpiryLayer { end, renew_before, overlap, retire, spread, window }
    }

    fn lifetime(&mut self, lifetime: Placed<SignedDuration>, on: Option<&str>) {
        let shown = show(lifetime.value);
        if lifetime.value > YEAR {
            let message = format!("a lifetime of {shown} is longer than a year");
            self.say(Problem::at(codes::LIFETIME_TOO_LONG, lifetime.span, message), on);
        } else if lifetime.value > Expiry::LONGEST {
            let message = format!("a lifetime of {shown} is cut to {}", show(Expiry::LONGEST));
            self.say(Problem::at(codes::LIFETIME_CUT, lifetime.span, message), on);
        } else if lifetime.value <= SignedDuration::ZERO {
            self.say(Problem::at(codes::BAD_DURATION, lifetime.span, "a lifetime is longer than nothing"), on);
        }
    }

    fn until(&mut self, until: Placed<Timestamp>, on: Option<&str>) {
        if self.now.is_some_and(|now| until.value <= now) {
            let date = until.value.strftime("%Y-%m-%d");
            let message = format!("the fixed end {date} has passed, so no key can be issued");
            self.say(Problem::at(codes::UNTIL_PASSED, until.span, message), on);
        }
    }

    /// The merged expiry of a credential; `check` tells whether its relations are to be judged.
    pub(super) fn expiry(&mut self, said: &ExpirySaid<'_>, key: Span, name: &str, check: bool) -> Expiry {
        let ExpirySaid { end, renew_before, overlap, retire, spread, window } = said;
        let expiry = Expiry {
            end: end.map_or(KeyEnd::Lifetime(180 * DAY), |it| *it.value),
            renew_before: renew_before.map_or(30 * DAY, |it| *it.value),
            overlap: overlap.map_or(7 * DAY, |it| *it.value),
            retire: retire.map_or(Retire::Revoke, |it| *it.value),
            spread: spread.map_or(SignedDuration::ZERO, |it| *it.value),
            window: window.map(|it| it.value.clone()),
        };
        if check {
            let shut = expiry.window.as_ref().map_or(SignedDuration::ZERO, longest_shut);
            self.relations(&Renewal { name, key, said, expiry: &expiry, shut });
        }
        expiry
    }

    fn relations(&mut self, renewal: &Renewal<'_, '_>) {
        let Renewal { name, expiry, .. } = renewal;
        if expiry.renew_before <= expiry.overlap {
            let message = format!(
                "`{name}` is renewed {} before its end, within its overlap of {}",
                show(expiry.renew_before),
                show(expiry.overlap)
            );
            self.say(renewal.problem(codes::RENEW_TOO_LATE, message), Some(name));
            return;
        }
        let KeyEnd::Lifetime(lifetime) = expiry.end else { return };
        if self.slot_is_free(renewal, lifetime.min(Expiry::LONGEST)) && self.renewal_is_open(renewal) {
            self.missed_runs(renewal);
        }
    }

    /// Whether the older key is gone before the newer one is due.
    fn slot_is_free(&mut self, renewal: &Renewal<'_, '_>, lifetime: SignedDuration) -> bool {
        let Renewal { name, key, said, expiry, shut } = *renewal;
        let Expiry { end: _, renew_before, overlap, retire, spread, window: _ } = *expiry;
        let cadence = self.schedule.cadence().unwrap_or_default();
        // One that is left to expire is there until then, whether the window is open or not.
        let (gone, name_of_gone, shut) = match retire {
            Retire::Revoke => (overlap, "overlap", shut),
            Retire::Expire => (overlap.max(renew_before + spread), "renew_before", SignedDuration::ZERO),
        };
        let due = lifetime - renew_before - spread;
        if gone + cadence + shut < due {
            return true;
        }
        let message = format!(
            "`{name}` is due {} after it was issued, but its older key needs {} until it is gone",
            show(due),
            show(gone + cadence + shut)
        );
        let zero = SignedDuration::ZERO;
        let spread_words = if spread > zero { format!(" and `spread` ({})", show(spread)) } else { String::new() };
        let shut_words =
            if shut > zero { format!(", with up to {} until the window opens,", show(shut)) } else { String::new() };
        let help = format!(
            "`{name_of_gone}` ({}) and `cadence` ({}) together{shut_words} must be shorter than `lifetime` ({}) less \
             `renew_before` ({}){spread_words}",
            show(gone),
            show(cadence),
            show(lifetime),
            show(renew_before)
        );
        let times = [said.spread, said.renew_before, said.overlap].into_iter().flatten().map(|said| said.span);
        let span = said.end.map(|end| end.span).into_iter().chain(times).next().unwrap_or(key);
        self.say(Problem::at(codes::NO_FREE_SLOT, span, message).help(help), Some(name));
        false
    }

    /// Whether every key finds a moment at which it may be renewed with a full overlap.
    fn renewal_is_open(&mut self, renewal: &Renewal<'_, '_>) -> bool {
        let Renewal { name, key, said, expiry, shut } = *renewal;
        let time = expiry.renew_before - expiry.overlap;
        if time <= shut {
            let message = format!(
                "the window of `{name}` can be shut for {}, but there are {} to renew a key in",
                show(shut),
                show(time)
            );
            let span = said.window.map_or(key, |window| window.span);
            let problem = renewal.around(Problem::at(codes::RENEWAL_SHUT, span, message).saying("window"));
            let help = format!("make `renew_before` longer than {}, or widen the window", show(expiry.overlap + shut));
            self.say(problem.help(help), Some(name));
            return false;
        }
        let freezes = self.strict_freezes();
        let all: Vec<&Freeze> = freezes.iter().map(|(freeze, _)| freeze).collect();
        let shut_at = |freeze: &Freeze| {
            let (from, to) = shut_around(freeze, &all, expiry.window.as_ref());
            (to.duration_since(from), from, to)
        };
        let longest = freezes.iter().map(|(freeze, span)| (shut_at(freeze), *span)).max_by_key(|((long, ..), _)| *long);
        let Some(((long, from, to), span)) = longest.filter(|((long, ..), _)| time <= *long) else { return true };
        let minute = |at: Timestamp| at.strftime("%Y-%m-%d %H:%MZ");
        let message = format!(
            "`{name}` may not be renewed from {} to {}, for {}, but there are {} to renew a key in",
            minute(from),
            minute(to),
            show(long),
            show(time)
        );
        let problem = renewal.problem(codes::RENEWAL_SHUT, message);
        let help = format!(
            "make `renew_before` longer than {}, or write `except: [expiring]` into the freeze",
            show(expiry.overlap + long)
        );
        self.say(problem.label(span, "frozen here").help(help), Some(name));
        false
    }

    /// How many runs in a row may fail before a renewal is too late for a full overlap.
    ///
    /// Of the runs that are sure to fall into the time between the two, one has to succeed.
    pub(super) fn runs_may_fail(&self, expiry: &Expiry) -> Option<u32> {
        let KeyEnd::Lifetime(_) = expiry.end else { return None };
        let shut = expiry.window.as_ref().map_or(SignedDuration::ZERO, longest_shut);
        let time = expiry.renew_before - expiry.overlap - shut;
        let runs = self.schedule.runs_in(time)?;
        Some(u32::try_from(runs.saturating_sub(1)).unwrap_or(u32::MAX))
    }

    /// Says so where too few runs may fail.
    fn missed_runs(&mut self, renewal: &Renewal<'_, '_>) {
        let Renewal { name, expiry: Expiry { renew_before, overlap, .. }, shut, .. } = *renewal;
        let (renew_before, overlap) = (*renew_before, *overlap);
        let Some(cadence) = self.schedule.cadence() else { return };
        let time = renew_before - overlap - shut;
        if time > cadence {
            return;
        }
        let budget =
            if time == cadence { "no run may fail" } else { "no run may fail, and the first may come too late" };
        let window = if shut > SignedDuration::ZERO {
            format!(" and a window that is shut for up to {}", show(shut))
        } else {
            String::new()
        };
        let message = format!(
            "`{name}` is renewed {} before its end and overlaps for {}: with a run every {}{window}, {budget}",
            show(renew_before),
            show(overlap),
            show(cadence)
        );
        let help = format!(
            "make `renew_before` longer than {}; {} lets one run fail, and each {} more another one",
            show(cadence + overlap + shut),
            show(cadence * 2 + overlap + shut),
            show(cadence)
        );
        self.say(renewal.problem(codes::MISSED_RUNS, message).help(help), Some(name));
    }
}

/// How a credential is renewed, and where that is said; what is a default stands nowhere.
struct Renewal<'e, 'l> {
    name: &'e str,
    key: Span,
    said: &'e ExpirySaid<'l>,
    expiry: &'e Expiry,
    /// For how long the window can be shut.
    shut: SignedDuration,
}

impl Renewal<'_, '_> {
    /// A problem with the labels of renewal and overlap.
    fn around(&self, problem: Problem) -> Problem {
        let said = [(self.said.renew_before, "renewal"), (self.said.overlap, "overlap")];
        let said = said.into_iter().filter_map(|(said, text)| Some((said?.span, text)));
        said.fold(problem, |problem, (span, text)| problem.label(span, text))
    }

    fn problem(&self, code: &'static Code, message: String) -> Problem {
        let problem = self.around(Problem::new(code, message));
        if problem.labels.is_empty() { problem.label(self.key, "") } else { problem }
    }
}
