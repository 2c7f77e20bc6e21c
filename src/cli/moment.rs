//! Moments on the command line: `2027-01-31`, `2027-01-31T08:00:00Z`, `+30d`.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Span, SpanRelativeTo, Timestamp};

use super::console::Console;
use super::exit::Exit;
use super::refusal::Refusal;

/// The moment that `text` means, told from `now`: an instant of RFC 3339, a day from its start in UTC, or so long after
/// now, with or without a `+`.
///
/// `None` for anything else, and for what lies before `now`: what there was then is not known.
fn parse(text: &str, now: Timestamp) -> Option<Timestamp> {
    let instant = || text.parse::<Timestamp>().ok();
    let day =
        || Some(text.parse::<Date>().ok().filter(|_| text.len() == 10)?.to_zoned(TimeZone::UTC).ok()?.timestamp());
    let after = || {
        let span: Span = text.strip_prefix('+').unwrap_or(text).parse().ok()?;
        now.checked_add(span.to_duration(SpanRelativeTo::days_are_24_hours()).ok()?).ok()
    };
    let at = instant().or_else(day).or_else(after)?;
    // Portals tell time in whole seconds, and so do plans.
    let at = Timestamp::from_second(at.as_second()).ok()?;
    (at >= now).then_some(at)
}

/// The moment that `flag` gives, if it was given; said on stderr if it is none.
pub(super) fn read(
    flag: &'static str,
    text: Option<&str>,
    now: Timestamp,
    console: &Console,
) -> Result<Option<Timestamp>, Exit> {
    let moment = |text: &str| {
        parse(text, now).ok_or_else(|| console.fails(Refusal::Moment { flag, given: text.to_owned(), now }))
    };
    text.map(moment).transpose()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_instants_and_durations_are_taken() {
        let now: Timestamp = "2026-09-21T08:00:00Z".parse().unwrap();
        let at = |text| parse(text, now).map(|at| at.to_string());
        assert_eq!(at("2027-01-31").as_deref(), Some("2027-01-31T00:00:00Z"));
        assert_eq!(at("2027-01-31T08:00:00+02:00").as_deref(), Some("2027-01-31T06:00:00Z"));
        assert_eq!(at("+30d").as_deref(), Some("2026-10-21T08:00:00Z"));
        assert_eq!(at("2w").as_deref(), Some("2026-10-05T08:00:00Z"));
        assert_eq!(at("0d").as_deref(), Some("2026-09-21T08:00:00Z"));
    }

    #[test]
    fn the_past_and_what_is_no_moment_are_not() {
        let now: Timestamp = "2026-09-21T08:00:00Z".parse().unwrap();
        for text in ["2026-09-21", "-3d", "tomorrow", "", "+", "2027-02-30", "9999999999w", "2027-01-31T08:00:00"] {
            assert_eq!(parse(text, now), None, "{text}");
        }
    }
}
