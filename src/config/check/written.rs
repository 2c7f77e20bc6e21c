//! Values as people write them in a file.

use jiff::SignedDuration;
use jiff::civil::Time;

use crate::config::days::short;
use crate::config::document::{PersonalText, UsedIn};
use crate::model::{Delivery, ItemId, KeyEnd, Mode, OnBreakingChange, Privilege, Referrer, Retire, Window};

/// A value that people write in a file.
pub(super) trait AsWritten {
    /// How they write it.
    fn as_written(&self) -> String;
}

macro_rules! as_written {
    ($($type:ty: $value:ident => $text:expr;)*) => {
        $(impl AsWritten for $type {
            fn as_written(&self) -> String {
                let $value = self;
                $text
            }
        })*
    };
}

as_written! {
    String: it => it.clone();
    bool: it => it.to_string();
    ItemId: it => it.to_string();
    Privilege: it => it.to_string();
    Referrer: it => it.to_string();
    SignedDuration: it => show(*it);
    Delivery: it => format!("{} {}", it.label, it.target.place);
    PersonalText: it => match it {
        PersonalText::Auto => "auto".into(),
        PersonalText::Fixed(value) => value.to_string(),
    };
    UsedIn: it => match it {
        UsedIn::Browser => "browser",
        UsedIn::Server => "server",
        UsedIn::Native => "native",
    }.into();
    Mode: it => <&str>::from(*it).into();
    OnBreakingChange: it => <&str>::from(*it).into();
    Retire: it => <&str>::from(*it).into();
    KeyEnd: it => match it {
        KeyEnd::Lifetime(lifetime) => show(*lifetime),
        KeyEnd::Until(until) => until.strftime("%Y-%m-%d").to_string(),
    };
    Window: it => window_text(it);
}

/// A window as people write it: `mon-thu 09:00-16:00 Europe/Zurich`.
fn window_text(window: &Window) -> String {
    let Window { days, from, to, zone } = window;
    let offsets: Vec<i8> = days.iter().map(|day| day.to_monday_zero_offset()).collect();
    // Days in a row are a range.
    let mut ranges: Vec<(i8, i8)> = Vec::new();
    for day in offsets {
        match ranges.last_mut() {
            Some((_, last)) if *last + 1 == day => *last = day,
            _ => ranges.push((day, day)),
        }
    }
    let range = |(from, to): &(i8, i8)| {
        if from == to { short(*from).to_owned() } else { format!("{}-{}", short(*from), short(*to)) }
    };
    let days = ranges.iter().map(range).collect::<Vec<_>>().join(", ");
    let time = |time: Time| time.strftime("%H:%M").to_string();
    let hours = format!("{}-{}", time(*from), to.map_or_else(|| "24:00".into(), time));
    let zone = zone.iana_name().unwrap_or("UTC");
    format!("{days} {hours} {zone}")
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
        assert_eq!(show(SignedDuration::from_hours(90 * 24)), "90d");
        assert_eq!(show(SignedDuration::from_mins(36 * 60 + 5)), "1d12h5m");
        assert_eq!(show(SignedDuration::ZERO), "0d");
    }
}
