//! Single values: durations, dates, texts, privileges, items, referrers, tags.

use std::collections::BTreeMap;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, SpanRelativeTo, Timestamp};

use super::checker::{Checker, Here, Placed, quoted};
use crate::config::codes;
use crate::config::document::{ItemText, PrivilegeText};
use crate::config::problem::Problem;
use crate::config::source::Span;
use crate::config::suggest;
use crate::config::tree::Cursor;
use crate::model::Code;
use crate::model::{Catalogue, ItemId, Marker, Privilege, Product, Referrer};

/// Nothing of ours lasts longer than this: some ten thousand days.
const LONGEST: SignedDuration = SignedDuration::from_hours(24 * 10_000);

impl<'a> Checker<'a> {
    /// A duration above nothing; a day has 24 hours.
    pub(super) fn duration(&mut self, raw: &str, at: Cursor<'a>) -> Option<SignedDuration> {
        let span: Result<jiff::Span, _> = raw.parse();
        let duration = span.and_then(|span| span.to_duration(SpanRelativeTo::days_are_24_hours())).ok();
        let duration = duration.filter(|duration| *duration <= LONGEST);
        if duration.is_none() {
            let message = format!("{} is not a duration keyform can count with", quoted(raw));
            self.problems.push(Problem::at(codes::BAD_DURATION, at.span(), message));
        }
        duration
    }

    /// The last second of a day, UTC.
    pub(super) fn end_of_day(&mut self, raw: &str, at: Cursor<'a>) -> Option<Timestamp> {
        let end = end_of_day(raw);
        if end.is_none() {
            self.problems.push(Problem::at(codes::BAD_DATE, at.span(), format!("{} is not a date", quoted(raw))));
        }
        end
    }

    /// A text of one line that the portal keeps as it is.
    pub(super) fn line_of_text(
        &mut self,
        what: &str,
        raw: &str,
        most: usize,
        here: Here<'a>,
    ) -> Option<Placed<String>> {
        let problem = if raw.trim().is_empty() {
            Some(format!("{what} is blank"))
        } else if let Some(bad) = raw.chars().find(|c| c.is_control()) {
            Some(format!("{what} has a control character, U+{:04X}", u32::from(bad)))
        } else if let Some(bad) = raw.chars().find(|c| matches!(c, '<' | '>')) {
            Some(format!("{what} has a `{bad}`, which portals take for HTML"))
        } else {
            let length = raw.chars().count();
            (length > most).then(|| format!("{what} has {length} characters, at most {most} are possible"))
        };
        if let Some(message) = problem {
            self.say(Problem::at(codes::BAD_TEXT, here.at.span(), message), here.on);
        }
        here.says(raw.trim().to_owned())
    }

    /// A summary.
    pub(super) fn snippet(&mut self, raw: &str, here: Here<'a>) -> Option<Placed<String>> {
        let length = raw.chars().count();
        if (251..=2048).contains(&length) {
            let message = format!("the summary has {length} characters, of which portals show about 250");
            self.say(Problem::at(codes::LONG_SNIPPET, here.at.span(), message), here.on);
        }
        self.line_of_text("the summary", raw, 2048, here)
    }

    /// Tags without doubles.
    pub(super) fn tags(&mut self, raw: &[String], here: Here<'a>) -> BTreeMap<String, Span> {
        let Here { at, on, .. } = here;
        let mut tags: BTreeMap<String, Span> = BTreeMap::new();
        for (index, tag) in raw.iter().enumerate() {
            let (span, tag) = (at.item_or_self(index).span(), tag.trim());
            let problem = if tag.is_empty() {
                Some("the tag is blank".to_owned())
            } else if tag.to_ascii_lowercase().starts_with(Marker::PREFIX) {
                Some(format!("{} looks like the mark of what keyform manages", quoted(tag)))
            } else {
                let bad = tag.chars().find(|c| c.is_control() || matches!(c, ',' | '<' | '>'));
                bad.map(|bad| format!("{} has a {}, which a tag cannot have", quoted(tag), quoted(&bad.to_string())))
            };
            if let Some(message) = problem {
                self.say(Problem::at(codes::BAD_TAG, span, message), on);
            } else if let Some(first) = tags.get(tag) {
                self.say(twice(codes::DUPLICATE_TAG, "tag", tag, span, *first), on);
            } else {
                tags.insert(tag.to_owned(), span);
            }
        }
        tags
    }

    /// Privileges, judged by the catalogue and the product.
    pub(super) fn privileges(&mut self, raw: &[PrivilegeText], here: Here<'a>) -> BTreeMap<Privilege, Span> {
        let Here { at, on, .. } = here;
        let mut privileges: BTreeMap<Privilege, Span> = BTreeMap::new();
        for (index, PrivilegeText(raw)) in raw.iter().enumerate() {
            let span = at.item_or_self(index).span();
            let privilege = Privilege::new(raw);
            if let Some(first) = privileges.get(&privilege) {
                self.say(twice(codes::DUPLICATE_PRIVILEGE, "privilege", raw, span, *first), on);
                continue;
            }
            if let Some(problem) = self.privilege(privilege.as_str(), span) {
                self.say(problem, on);
            }
            privileges.insert(privilege, span);
        }
        privileges
    }

    fn privilege(&self, raw: &str, span: Span) -> Option<Problem> {
        let catalogue = Catalogue::built_in();
        if raw.is_empty() {
            return Some(Problem::at(codes::BAD_VALUE, span, "the privilege is blank"));
        }
        if let Some(id) = raw.strip_prefix("portal:app:access:item:") {
            let problem =
                Problem::at(codes::ITEM_AS_PRIVILEGE, span, "access to an item is not written as a privilege");
            return Some(problem.help(match ItemId::new(id) {
                Ok(id) => format!("write `items: [{id}]`"),
                Err(_) => "write the item's id under `items`".into(),
            }));
        }
        let Some(entry) = catalogue.find(raw) else {
            if raw.starts_with("portal:apikey:") {
                let message = format!("{} is a scope of legacy API keys", quoted(raw));
                return Some(Problem::at(codes::LEGACY_SCOPE, span, message));
            }
            let problem =
                Problem::at(codes::UNKNOWN_PRIVILEGE, span, format!("{} is not in the catalogue", quoted(raw)));
            return Some(match catalogue.nearest(raw) {
                Some(near) => problem
                    .saying(format!("did you mean `{}`?", near.privilege))
                    .help(format!("write `{}` ({}, {})", near.privilege, near.category, near.label)),
                None => problem,
            });
        };
        if let Some(successor) = entry.successor {
            let problem =
                Problem::at(codes::LEGACY_SCOPE, span, format!("{} is a scope of legacy API keys", quoted(raw)));
            return Some(problem.saying(format!("now `{successor}`")).help(format!("write `{successor}`")));
        }
        if self.products.is_empty() || self.products.iter().any(|product| entry.offered_by(*product)) {
            return None;
        }
        let names: Vec<String> = self.products.iter().map(ToString::to_string).collect();
        let message = format!("{} is not among the privileges of {}", quoted(raw), names.join(" or "));
        let problem = Problem::at(codes::PRIVILEGE_NOT_OFFERED, span, message);
        let parts: Vec<_> = self.products.iter().flat_map(|product| catalogue.parts_of(raw, *product)).collect();
        let all = [Product::LocationPlatform, Product::Online, Product::Enterprise];
        let elsewhere: Vec<String> =
            all.iter().filter(|product| entry.offered_by(**product)).map(ToString::to_string).collect();
        Some(if parts.is_empty() {
            problem.help(format!("it is known of {} only", elsewhere.join(" and ")))
        } else {
            problem.help(format!("there it is split into {}", suggest::list(parts)))
        })
    }

    /// Items; a double is an error.
    pub(super) fn items(&mut self, raw: &[ItemText], here: Here<'a>) -> BTreeMap<ItemId, Span> {
        let Here { at, on, .. } = here;
        let mut items: BTreeMap<ItemId, Span> = BTreeMap::new();
        for (index, raw) in raw.iter().enumerate() {
            let raw = raw.id.as_deref().unwrap_or_default();
            let item = at.item_or_self(index);
            let span = item.get_or_self("id").span();
            let Ok(id) = ItemId::new(raw) else {
                if raw.is_empty() && at.damaged() {
                    // An entry without an id has been reported.
                    continue;
                }
                self.say(Problem::at(codes::BAD_ITEM, span, format!("{} is not an item id", quoted(raw))), on);
                continue;
            };
            if let Some(first) = items.get(&id) {
                self.say(twice(codes::DUPLICATE_ITEM, "item", raw, span, *first), on);
                continue;
            }
            items.insert(id, span);
        }
        items
    }

    /// Referrers.
    pub(super) fn referrers(&mut self, raw: &[String], here: Here<'a>) -> BTreeMap<Referrer, Span> {
        let Here { at, on, .. } = here;
        let mut referrers: BTreeMap<Referrer, Span> = BTreeMap::new();
        for (index, raw) in raw.iter().enumerate() {
            let span = at.item_or_self(index).span();
            let referrer = match Referrer::new(raw) {
                Ok(referrer) => referrer,
                Err(error) => {
                    let problem = Problem::at(codes::BAD_REFERRER, span, format!("{} is not a referrer", quoted(raw)));
                    self.say(problem.saying(error.to_string()), on);
                    continue;
                }
            };
            if let Some(first) = referrers.get(&referrer) {
                self.say(twice(codes::DUPLICATE_REFERRER, "referrer", raw, span, *first), on);
                continue;
            }
            if referrer.as_str() == "*" {
                self.say(Problem::at(codes::ANY_REFERRER, span, "`*` lets the key be used from anywhere"), on);
            }
            if referrer.has_path() {
                let host = referrer.as_str().splitn(4, '/').take(3).collect::<Vec<_>>().join("/");
                let problem = Problem::at(codes::REFERRER_PATH, span, format!("{} has a path", quoted(raw)));
                self.say(problem.help(format!("write {host}; browsers send no more than that")), on);
            }
            if referrer.is_open_http() {
                let problem = Problem::at(codes::REFERRER_HTTP, span, format!("{} is not encrypted", quoted(raw)));
                self.say(problem, on);
            }
            referrers.insert(referrer, span);
        }
        referrers
    }
}

/// The last second of a day, UTC.
pub(super) fn end_of_day(raw: &str) -> Option<Timestamp> {
    let date: jiff::civil::Date = raw.parse().ok()?;
    let end = date.at(23, 59, 59, 0).to_zoned(TimeZone::UTC).ok()?;
    Some(end.timestamp())
}

fn twice(code: &'static Code, what: &str, raw: &str, again: Span, first: Span) -> Problem {
    let problem = Problem::at(code, again, format!("{what} {} stands twice", quoted(raw)));
    problem.saying("here again").label(first, "first here")
}
