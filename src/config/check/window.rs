//! Days, hours and zones: when a window is open, and for how long it can be shut.

use jiff::civil::{Date, Time, Weekday};
use jiff::tz::{TimeZone, TimeZoneDatabase};
use jiff::{SignedDuration, Span as Period, Timestamp};

use super::checker::{Checker, did_you_mean, quoted};
use crate::config::codes;
use crate::config::days::{DAYS, weekday};
use crate::config::document::{DaysText, WindowText, ZoneText};
use crate::config::problem::Problem;
use crate::config::tree::Cursor;
use crate::model::{Freeze, Window};

impl<'a> Checker<'a> {
    /// A window; what is not said is every day, the whole day, and UTC.
    pub(super) fn window(&mut self, raw: &WindowText, at: Cursor<'a>, on: Option<&str>) -> Option<Window> {
        let WindowText { days, hours, zone } = raw;
        let days = days.as_ref().map_or_else(|| DAYS.iter().map(|(_, day)| *day).collect(), days_of);
        let hours = match hours {
            None => Some((Time::midnight(), None)),
            Some(hours) => {
                let read = hours_of(&hours.0);
                let problem = match read {
                    None => Some(format!("{} are not hours of a day", quoted(&hours.0))),
                    Some((from, Some(to))) if from == to => Some(format!("the window {} never opens", hours.0)),
                    Some((from, Some(to))) if from > to => Some(format!("the window {} passes midnight", hours.0)),
                    Some(_) => None,
                };
                match problem {
                    Some(message) => {
                        let problem = Problem::at(codes::BAD_HOURS, at.get_or_self("hours").span(), message);
                        let one_day =
                            "write the earlier time first, as in \"09:00-16:00\": a window lies within one day";
                        self.say(if read.is_some() { problem.help(one_day) } else { problem }, on);
                        None
                    }
                    None => read,
                }
            }
        };
        let zone = self.zone(zone.as_ref(), at, on);
        let (from, to) = hours?;
        // A list that something was taken out of may hold nothing any more.
        (!days.is_empty()).then_some(Window { days, from, to, zone: zone? })
    }

    /// The zone that `at` names, or UTC.
    pub(super) fn zone(&mut self, raw: Option<&ZoneText>, at: Cursor<'a>, on: Option<&str>) -> Option<TimeZone> {
        let Some(ZoneText(raw)) = raw else { return Some(TimeZone::UTC) };
        let known = TimeZoneDatabase::bundled();
        let zone = known.get(raw).ok().filter(|zone| !zone.is_unknown());
        if zone.is_none() {
            let names: Vec<String> = known.available().map(|name| name.to_string()).collect();
            let span = at.get_or_self("zone").span();
            let problem = Problem::at(codes::UNKNOWN_ZONE, span, format!("there is no time zone {}", quoted(raw)));
            let city = |name: &&String| name.rsplit('/').next().is_some_and(|city| city.eq_ignore_ascii_case(raw));
            let problem = match names.iter().find(city) {
                Some(name) => problem.saying(format!("did you mean `{name}`?")).help(format!("write `{name}`")),
                None => did_you_mean(problem, raw, names.iter().map(String::as_str), self.problems.len()),
            };
            self.say(problem, on);
        }
        zone
    }
}

fn days_of(raw: &DaysText) -> Vec<Weekday> {
    let mut open = [false; 7];
    for days in &raw.0 {
        let (from, to) = days.split_once('-').unwrap_or((days, days));
        let (Some(from), Some(to)) = (weekday(from), weekday(to)) else { continue };
        // `sat-mon` goes over the end of the week.
        let last = if from <= to { to } else { to + 7 };
        (from..=last).for_each(|day| open[day % 7] = true);
    }
    DAYS.iter().zip(open).filter(|(_, open)| *open).map(|((_, day), _)| *day).collect()
}

/// From when until when; until nothing is until the end of the day.
fn hours_of(raw: &str) -> Option<(Time, Option<Time>)> {
    let (from, to) = raw.split_once('-')?;
    let time = |raw: &str| Time::strptime("%H:%M", raw).ok();
    Some((time(from)?, if to == "24:00" { None } else { Some(time(to)?) }))
}

/// The longest time in a row in which a window is shut, changes of the clock aside.
pub(super) fn longest_shut(window: &Window) -> SignedDuration {
    let day = SignedDuration::from_hours(24);
    let after = |time: Time| time.duration_since(Time::midnight());
    let starts: Vec<_> = window.days.iter().map(|day| i32::from(day.to_monday_zero_offset())).collect();
    let next = starts.iter().copied().skip(1).chain(starts.first().map(|first| first + 7));
    let shut = starts.iter().zip(next).map(|(this, next)| {
        let closes = day * *this + window.to.map_or(day, after);
        day * next + after(window.from) - closes
    });
    shut.max().unwrap_or(SignedDuration::ZERO)
}

/// From when until when nothing is renewed around a freeze: what adjoins it is frozen or shut, too.
pub(super) fn shut_around(freeze: &Freeze, all: &[&Freeze], window: Option<&Window>) -> (Timestamp, Timestamp) {
    let (mut from, mut to) = (freeze.from, freeze.to);
    // Each round takes in one freeze more, so there are no more rounds than freezes.
    for _ in 0..=all.len() {
        from = window.and_then(|window| last_open(window, from)).unwrap_or(from);
        match all.iter().find(|other| other.from < from && from <= other.to) {
            Some(other) => from = other.from,
            None => break,
        }
    }
    for _ in 0..=all.len() {
        to = window.and_then(|window| window.next_open(to)).unwrap_or(to);
        match all.iter().find(|other| other.from <= to && to < other.to) {
            Some(other) => to = other.to,
            None => break,
        }
    }
    (from, to)
}

/// The latest moment up to `at` until which a window was open.
fn last_open(window: &Window, at: Timestamp) -> Option<Timestamp> {
    let today = at.to_zoned(window.zone.clone()).date();
    (0..=8).find_map(|days| {
        let date = today.checked_sub(Period::new().days(days)).ok()?;
        if !window.days.contains(&date.weekday()) {
            return None;
        }
        let moment = |date: Date, time| Some(date.to_datetime(time).to_zoned(window.zone.clone()).ok()?.timestamp());
        let opens = moment(date, window.from)?;
        let closes = match window.to {
            Some(to) => moment(date, to)?,
            None => moment(date.tomorrow().ok()?, Time::midnight())?,
        };
        (opens < at).then_some(closes.min(at))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::SourceLine;

    fn window(days: &[&str], hours: &str) -> Window {
        let days = days_of(&DaysText(days.iter().map(|day| (*day).to_owned()).collect()));
        let (from, to) = hours_of(hours).unwrap();
        Window { days, from, to, zone: TimeZone::UTC }
    }

    fn freeze(from: &str, to: &str) -> Freeze {
        let at = |day: &str| format!("{day}T00:00:00Z").parse().unwrap();
        let source = SourceLine { file: "keyform.yaml".into(), line: 1 };
        Freeze { from: at(from), to: at(to), except_expiring: false, source }
    }

    #[test]
    fn days_are_single_or_from_one_to_another_over_the_end_of_the_week_too() {
        let names = |days: &[&str]| window(days, "00:00-24:00").days;
        assert_eq!(names(&["mon-thu"]), [Weekday::Monday, Weekday::Tuesday, Weekday::Wednesday, Weekday::Thursday]);
        assert_eq!(names(&["wed", "mon"]), [Weekday::Monday, Weekday::Wednesday]);
        assert_eq!(names(&["sat-mon"]), [Weekday::Monday, Weekday::Saturday, Weekday::Sunday]);
        assert_eq!(names(&["mon-sun"]).len(), 7);
    }

    #[test]
    fn a_window_is_shut_for_nights_weekends_and_never_if_it_is_the_whole_week() {
        let shut = |days: &[&str], hours: &str| longest_shut(&window(days, hours)).as_hours();
        assert_eq!(shut(&["mon-sun"], "00:00-24:00"), 0);
        assert_eq!(shut(&["mon-sun"], "09:00-16:00"), 17);
        assert_eq!(shut(&["mon-thu"], "09:00-16:00"), 17 + 3 * 24);
        assert_eq!(shut(&["wed"], "09:00-10:00"), 7 * 24 - 1);
        assert_eq!(shut(&["sat-mon"], "00:00-24:00"), 4 * 24);
    }

    #[test]
    fn a_freeze_takes_in_what_adjoins_it() {
        // From Friday the 18th to Monday the 4th.
        let (one, two) = (freeze("2026-12-18", "2026-12-24"), freeze("2026-12-26", "2027-01-05"));
        let text = |(from, to): (Timestamp, Timestamp)| format!("{from} {to}");
        assert_eq!(text(shut_around(&one, &[&one, &two], None)), "2026-12-18T00:00:00Z 2026-12-24T00:00:00Z");
        let days = window(&["mon-thu"], "09:00-16:00");
        // Thursday the 24th, from 9 to 16, lies between the two.
        assert_eq!(text(shut_around(&one, &[&one, &two], Some(&days))), "2026-12-17T16:00:00Z 2026-12-24T09:00:00Z");
        let days = window(&["mon"], "09:00-16:00");
        let all = "2026-12-14T16:00:00Z 2027-01-11T09:00:00Z";
        assert_eq!(text(shut_around(&one, &[&one, &two], Some(&days))), all);
        assert_eq!(text(shut_around(&two, &[&one, &two], Some(&days))), all);
    }
}
