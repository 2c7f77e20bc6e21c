//! Limits that block.

use jiff::Timestamp;
use jiff::civil::Date;

use super::checker::{Checker, quoted};
use crate::config::codes;
use crate::config::document::{DateText, FreezeText, FrozenText, GuardsText, MaxText};
use crate::config::problem::Problem;
use crate::config::tree::Cursor;
use crate::model::{Freeze, Guards, Limit, PortalChanges};

impl<'a> Checker<'a> {
    /// The guards of the root file, which alone can have any.
    pub(super) fn guards(&mut self) -> Guards {
        let mut guards = Guards::default();
        let Some(GuardsText { max, freeze, portal_changes }) = &self.document.guards else { return guards };
        guards.portal_changes = portal_changes.map(PortalChanges::from).unwrap_or_default();
        let at = self.root.cursor().get_or_self("guards");
        if let Some(MaxText { destroy, replace, rotate, change_percent }) = max {
            let at = at.get_or_self("max");
            let limit = |key: &str, max: Option<u32>| {
                max.map(|max| Limit { max, source: Some(self.line(at.get_or_self(key).span())) })
            };
            guards.destroy = limit("destroy", *destroy).unwrap_or(guards.destroy);
            guards.replace = limit("replace", *replace).unwrap_or(guards.replace);
            guards.rotate = limit("rotate", *rotate);
            guards.change_percent = limit("change_percent", *change_percent);
        }
        let list = at.get_or_self("freeze");
        for (index, freeze) in freeze.iter().flatten().enumerate() {
            let at = list.item_or_self(index);
            if let Some(freeze) = self.freeze(freeze, at) {
                self.freezes.push((freeze.clone(), at.span()));
                guards.freeze.push(freeze);
            }
        }
        guards
    }

    fn freeze(&mut self, raw: &FreezeText, at: Cursor<'a>) -> Option<Freeze> {
        let FreezeText { from, to, except, zone } = raw;
        let (first, last) = (self.date(from.as_ref(), at, "from"), self.date(to.as_ref(), at, "to"));
        let zone = self.zone(zone.as_ref(), at, None);
        let (first, last, zone) = (first?, last?, zone?);
        let (from_at, to_at) = (at.get_or_self("from").span(), at.get_or_self("to").span());
        if first > last {
            let problem =
                Problem::at(codes::FREEZE_BACKWARDS, to_at, format!("the freeze ends {last}, before it begins"));
            self.problems.push(problem.saying("its last day").label(from_at, "its first day"));
            return None;
        }
        let start = |day: Date| Some(day.to_zoned(zone.clone()).ok()?.timestamp());
        let (Some(from), Some(to)) = (start(first), last.tomorrow().ok().and_then(start)) else {
            // The last days that a calendar can have.
            self.problems.push(
                Problem::at(codes::BAD_DATE, to_at, format!("{last} is too far away")).help("write an earlier day"),
            );
            return None;
        };
        if self.now.is_some_and(|now| to <= now) {
            self.problems.push(Problem::at(codes::FREEZE_PASSED, to_at, format!("the freeze is over since {last}")));
        }
        let except_expiring = except.iter().flatten().any(|except| match except {
            FrozenText::Expiring => true,
        });
        Some(Freeze { from, to, except_expiring, source: self.line(at.span()) })
    }

    /// A day of the calendar.
    pub(super) fn date(&mut self, raw: Option<&DateText>, at: Cursor<'a>, key: &str) -> Option<Date> {
        let raw = raw?;
        let date = raw.0.parse().ok();
        if date.is_none() {
            let span = at.get_or_self(key).span();
            self.problems.push(Problem::at(codes::BAD_DATE, span, format!("{} is not a date", quoted(&raw.0))));
        }
        date
    }

    /// The freezes that a renewal has to reckon with, and where each stands.
    pub(super) fn strict_freezes(&self) -> Vec<&(Freeze, crate::config::source::Span)> {
        let over = |to: Timestamp| self.now.is_some_and(|now| to <= now);
        self.freezes.iter().filter(|(freeze, _)| !freeze.except_expiring && !over(freeze.to)).collect()
    }
}
