//! The days of a week by their short names.

use jiff::civil::Weekday;

/// The days by name, Monday first.
pub(super) const DAYS: [(&str, Weekday); 7] = [
    ("mon", Weekday::Monday),
    ("tue", Weekday::Tuesday),
    ("wed", Weekday::Wednesday),
    ("thu", Weekday::Thursday),
    ("fri", Weekday::Friday),
    ("sat", Weekday::Saturday),
    ("sun", Weekday::Sunday),
];

/// Which of the days, Monday being 0, a short name stands for.
pub(super) fn weekday(name: &str) -> Option<usize> {
    DAYS.iter().position(|(short, _)| *short == name)
}

/// The short name of a day, Monday being 0.
pub(super) fn short(day: i8) -> &'static str {
    usize::try_from(day).ok().and_then(|day| DAYS.get(day)).map_or("", |(short, _)| short)
}
