//! The keys of a stack over time: one bar a key.
//!
//! `=` valid, `r` start of renewal, `x` planned revocation, `>` expiry, `.` first of a month.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt::{self, Write};

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::model::CredentialName;

use super::style::Style;
use super::view::{KeyLine, Next};
use super::words;
use crate::text::escape::{columns, plain_within};

/// Below so many columns there is no timeline.
const NARROWEST: usize = 90;
/// Columns of a month where there is room.
const MONTH: usize = 6;
/// Columns that a long name may take.
const LONGEST_NAME: usize = 24;

/// Writes the timeline of `keys` under `title`, and a blank line; nothing where there is no room, or no key.
pub(super) fn write(title: &str, keys: &[&KeyLine], now: Timestamp, style: Style, out: &mut impl Write) -> fmt::Result {
    if keys.is_empty() || style.short || style.width < NARROWEST {
        return Ok(());
    }
    let rows = rows(keys);
    let names = rows.iter().map(|(name, _)| columns(name.as_str())).max().unwrap_or(0);
    let wide = names.min(LONGEST_NAME).max(columns(title).saturating_sub(17));
    let before = wide + 19;
    let after = rows.iter().map(|(_, key)| columns(&action(key, now))).max().unwrap_or(0);
    let last = keys.iter().filter_map(|key| key.expires).max().unwrap_or(now).max(now);
    let Some(scale) = Scale::of(now, last, style.width.saturating_sub(before + 2 + after)) else { return Ok(()) };

    writeln!(out, "{}", format!("{title:<before$}{}", scale.head()).trim_end())?;
    let mut shown = None;
    for (name, key) in rows {
        let first = shown != Some(name);
        let name_shown = if first { plain_within(name.as_str(), wide, style.ascii) } else { Cow::default() };
        shown = Some(name);
        let pad = wide.saturating_sub(columns(&name_shown));
        let end = key.expires.map_or_else(|| "unknown".to_owned(), words::day);
        let line = format!(
            "  {name_shown}{:pad$}  {}  {end:<10}  {}  {}",
            "",
            key.slot,
            scale.bar(key, now),
            action(key, now)
        );
        writeln!(out, "{}", line.trim_end())?;
    }
    writeln!(out)
}

/// Credentials by the date their last key ends, the current key of each first. An end that is not known is late.
fn rows<'a>(keys: &[&'a KeyLine]) -> Vec<(&'a CredentialName, &'a KeyLine)> {
    // Days, so that the order does not hang on the seconds in which keys were issued.
    let end = |key: &KeyLine| key.expires.map_or(Date::MAX, |at| at.to_zoned(TimeZone::UTC).date());
    let mut last: BTreeMap<&CredentialName, Date> = BTreeMap::new();
    for key in keys {
        let known = last.entry(&key.name).or_insert(Date::MIN);
        *known = end(key).max(*known);
    }
    let mut rows: Vec<_> = keys.iter().map(|key| (&key.name, *key)).collect();
    rows.sort_by_key(|(name, key)| (last[name], *name, !key.current, std::cmp::Reverse(end(key)), key.slot));
    rows
}

/// What happens to the key next.
fn action(key: &KeyLine, now: Timestamp) -> String {
    match key.next {
        Some(Next::Renew(at)) if at <= now => "renew now".into(),
        Some(Next::Revoke(at)) if at <= now => "revoke now".into(),
        Some(next @ (Next::Renew(_) | Next::Revoke(_))) => format!("{} {}", next.verb(), words::day(next.at())),
        Some(Next::Expire(_)) => "not renewed".into(),
        None => String::new(),
    }
}

/// Months as columns: `columns` of them to so many `months`, from the first of a month on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Scale {
    first: Date,
    /// How many months are shown.
    count: usize,
    columns: usize,
    months: usize,
}

impl Scale {
    /// From the month of `now` to that of `last`, six columns a month up to a year, else as many as fit into `room`.
    fn of(now: Timestamp, last: Timestamp, room: usize) -> Option<Self> {
        let (first, end) = (month_of(now), month_of(last));
        let between = months_between(first, end);
        let count = usize::try_from(between).ok()?.checked_add(1)?;
        // The last column closes the last month.
        let room = room.checked_sub(1).filter(|room| *room > 0)?;
        let (columns, months) = match (room / count).min(MONTH) {
            0 => (1, count.div_ceil(room)),
            columns => (columns, 1),
        };
        Some(Self { first, count, columns, months })
    }

    /// Columns of the whole bar, the closing one included.
    fn width(self) -> usize {
        (self.count * self.columns).div_ceil(self.months) + 1
    }

    /// The column of a moment: the one before it, or with `up` the one after it.
    fn column(self, at: Timestamp, up: bool) -> usize {
        let date = at.to_zoned(TimeZone::UTC);
        let start = date.date().first_of_month();
        let months = i128::from(months_between(self.first, start));
        let into = date.timestamp().duration_since(midnight(start)).as_secs();
        let month = i64::from(start.days_in_month()) * 86_400;
        let (into, month) = (i128::from(into), i128::from(month));
        let (columns, per) = (self.columns as i128, self.months as i128);
        let over = (months * month + into) * columns;
        let under = month * per;
        let column = if up { (over + under - 1).div_euclid(under) } else { over.div_euclid(under) };
        usize::try_from(column).unwrap_or(0).min(self.width() - 1)
    }

    /// The columns in which a month begins, and the month.
    fn firsts(self) -> impl Iterator<Item = (usize, Date)> {
        (0..=self.count).filter(move |n| n % self.months == 0).filter_map(move |n| {
            let month = self.first.checked_add(jiff::Span::new().months(i64::try_from(n).ok()?)).ok()?;
            Some((n / self.months * self.columns, month))
        })
    }

    /// The names of the months, as many as have room.
    fn head(self) -> String {
        let mut head = vec![' '; self.width()];
        let mut free = 0;
        for (column, month) in self.firsts() {
            let label = if self.months > 2 || self.count > 12 && month.month() == 1 {
                month.strftime("|%Y").to_string()
            } else {
                month.strftime("|%b").to_string()
            };
            let closes = column + 1 == self.width();
            if closes {
                head[column] = '|';
            } else if column >= free && column + label.len() < self.width() {
                free = column + label.len() + usize::from(self.columns >= MONTH);
                head.splice(column..column + label.len(), label.chars());
            }
        }
        head.into_iter().collect()
    }

    /// One key from now to its end.
    fn bar(self, key: &KeyLine, now: Timestamp) -> String {
        let mut bar = vec![' '; self.width()];
        for (column, _) in self.firsts() {
            bar[column] = '.';
        }
        let start = self.column(now, false);
        let after = |at: Timestamp| if at <= now { start } else { self.column(at, true).max(start) };
        let revoked = match key.next {
            Some(Next::Revoke(at)) => Some(after(at)),
            Some(Next::Renew(_) | Next::Expire(_)) | None => None,
        };
        let expires = key.expires.map(after);
        let end = revoked.into_iter().chain(expires).min();
        bar[start..end.unwrap_or(self.width() - 1)].fill('=');
        if let Some(Next::Renew(at)) = key.next {
            bar[after(at)] = 'r';
        }
        if let Some(end) = end {
            bar[end] = if revoked == Some(end) { 'x' } else { '>' };
        }
        bar.into_iter().collect()
    }
}

fn month_of(at: Timestamp) -> Date {
    at.to_zoned(TimeZone::UTC).date().first_of_month()
}

fn midnight(date: Date) -> Timestamp {
    date.to_zoned(TimeZone::UTC).map_or(Timestamp::MIN, |zoned| zoned.timestamp())
}

fn months_between(from: Date, to: Date) -> i64 {
    let months = |date: Date| i64::from(date.year()) * 12 + i64::from(date.month());
    months(to) - months(from)
}

#[cfg(test)]
mod tests;
