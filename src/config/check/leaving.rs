//! Credentials that were renamed or are no longer wanted.

use std::collections::BTreeMap;

use jiff::tz::TimeZone;

use super::checker::{Checker, did_you_mean};
use crate::config::codes;
use crate::config::document::{MovedText, Name, RemovedText};
use crate::config::problem::Problem;
use crate::config::source::Span;
use crate::config::tree::Cursor;
use crate::model::{CredentialName, Moved, Orphans, Removed};

/// The most characters of a reason.
const MOST: usize = 500;
/// The most names of a circle that are told.
const NAMED: usize = 6;

/// A `moved` entry and where its two names stand.
struct Move {
    moved: Moved,
    from: Span,
    to: Span,
}

impl<'a> Checker<'a> {
    /// What is done with items nobody declares.
    pub(super) fn orphans(&self) -> Orphans {
        self.document.orphans.map_or(Orphans::Report, Orphans::from)
    }

    /// What was renamed, in file order, and what is removed; both from every file.
    pub(super) fn leaving(&mut self) -> (Vec<Moved>, BTreeMap<CredentialName, Removed>) {
        let (mut moves, mut removed) = (Vec::new(), BTreeMap::new());
        let mut places = BTreeMap::new();
        for part in self.parts {
            let at = part.cursor().get_or_self("moved");
            for (index, entry) in part.document.moved.iter().flatten().enumerate() {
                moves.extend(self.moved(entry, at.item_or_self(index)));
            }
            let at = part.cursor().get_or_self("removed");
            for (index, entry) in part.document.removed.iter().flatten().enumerate() {
                let Some((name, entry, span)) = self.removed(entry, at.item_or_self(index)) else { continue };
                if let Some(first) = places.get(&name) {
                    let problem = Problem::at(codes::REMOVED_TWICE, span, format!("`{name}` is removed twice"));
                    self.problems.push(problem.saying("here again").label(*first, "first here"));
                    continue;
                }
                places.insert(name.clone(), span);
                removed.insert(name, entry);
            }
        }
        self.moves_fit(&moves, &places);
        (moves.into_iter().map(|entry| entry.moved).collect(), removed)
    }

    fn moved(&mut self, raw: &MovedText, at: Cursor<'a>) -> Option<Move> {
        let MovedText { from, to } = raw;
        let name = |name: &Option<Name>| CredentialName::new(&name.as_ref()?.0).ok();
        let moved = Moved { from: name(from)?, to: name(to)?, source: self.line(at.span()) };
        Some(Move { moved, from: at.get_or_self("from").span(), to: at.get_or_self("to").span() })
    }

    fn removed(&mut self, raw: &RemovedText, at: Cursor<'a>) -> Option<(CredentialName, Removed, Span)> {
        let RemovedText { name, then, not_before, because } = raw;
        let not_before_day = self.date(not_before.as_ref(), at, "not_before");
        if not_before.is_some() && not_before_day.is_none() {
            return None;
        }
        let name = CredentialName::new(&name.as_ref()?.0).ok()?;
        let span = at.get_or_self("name").span();
        if let Some(declared) = self.credentials.get(name.as_str()) {
            let message = format!("`{name}` is removed and still declared");
            let problem = Problem::at(codes::REMOVED_STILL_DECLARED, span, message);
            self.problems.push(problem.saying("removed here").label(*declared, "declared here"));
        }
        let because = because.as_deref().and_then(|raw| self.because(raw, at.get_or_self("because").span()));
        let then = (*then)?.into();
        let not_before = not_before_day.and_then(|day| Some(day.to_zoned(TimeZone::UTC).ok()?.timestamp()));
        Some((name, Removed { then, not_before, because, source: self.line(at.span()) }, span))
    }

    /// A reason in one line, however it was written.
    fn because(&mut self, raw: &str, span: Span) -> Option<String> {
        let text = raw.split_whitespace().collect::<Vec<_>>().join(" ");
        let length = text.chars().count();
        let problem = match text.chars().find(|c| c.is_control()) {
            Some(bad) => format!("the reason has a control character, U+{:04X}", u32::from(bad)),
            None if length > MOST => format!("the reason has {length} characters, at most {MOST} are possible"),
            None => return Some(text).filter(|text| !text.is_empty()),
        };
        self.problems.push(Problem::at(codes::BAD_TEXT, span, problem));
        None
    }

    /// What the entries say together: nobody is two, nobody moves to nowhere, nobody moves in a circle.
    fn moves_fit(&mut self, moves: &[Move], removed: &BTreeMap<CredentialName, Span>) {
        let mut by_name: BTreeMap<&CredentialName, &Move> = BTreeMap::new();
        for entry in moves {
            let Move { moved: Moved { from, to, source: _ }, from: span, to: to_span } = entry;
            if from == to {
                let problem = Problem::at(codes::MOVED_TO_ITSELF, *to_span, format!("`{from}` is moved to itself"));
                self.problems.push(problem);
                continue;
            }
            if let Some(declared) = self.credentials.get(from.as_str()) {
                let message = format!("`{from}` is moved to `{to}` and still declared");
                let problem = Problem::at(codes::MOVED_STILL_DECLARED, *span, message);
                self.problems.push(problem.saying("moved here").label(*declared, "declared here"));
            }
            if let Some(gone) = removed.get(from) {
                let message = format!("`{from}` is moved to `{to}` and removed");
                let problem = Problem::at(codes::REMOVED_AND_MOVED, *gone, message);
                self.problems.push(problem.saying("removed here").label(*span, "moved here"));
            }
            if let Some(first) = by_name.get(from) {
                let problem = Problem::at(codes::MOVED_TWICE, *span, format!("`{from}` is moved twice"));
                self.problems.push(problem.saying("here again").label(first.from, "first here"));
                continue;
            }
            by_name.insert(from, entry);
        }
        let mut round = Vec::new();
        for entry in by_name.values() {
            let last = follow(entry, &by_name);
            match last {
                Some(last) => self.moved_to(last, entry, removed),
                None => round.push(*entry),
            }
        }
        self.circles(&round, &by_name);
    }

    /// The end of a chain has to be somebody; said once, where the chain ends.
    fn moved_to(&mut self, last: &Move, entry: &Move, removed: &BTreeMap<CredentialName, Span>) {
        let to = &last.moved.to;
        let somebody = self.credentials.contains_key(to.as_str()) || removed.contains_key(to);
        if somebody || last.moved != entry.moved || !self.all_names_known() {
            return;
        }
        let message = format!("`{}` is moved to `{to}`, which is not declared", last.moved.from);
        let problem = Problem::at(codes::MOVED_TO_NOTHING, last.to, message);
        let problem =
            did_you_mean(problem, to.as_str(), self.credentials.keys().map(String::as_str), self.problems.len());
        self.problems.push(problem);
    }

    /// Each circle once, at its first entry.
    fn circles(&mut self, round: &[&Move], by_name: &BTreeMap<&CredentialName, &Move>) {
        let mut said: Vec<&CredentialName> = Vec::new();
        let mut round = round.to_vec();
        round.sort_by_key(|entry| entry.from);
        for start in round {
            // What leads into a circle is not part of it.
            let mut circle = vec![start];
            let mut here = start;
            while let Some(next) = by_name.get(&here.moved.to) {
                if next.moved.from == start.moved.from || circle.len() > by_name.len() {
                    break;
                }
                circle.push(next);
                here = next;
            }
            let closed = circle.last().is_some_and(|last| last.moved.to == start.moved.from);
            if !closed || said.contains(&&start.moved.from) {
                continue;
            }
            said.extend(circle.iter().map(|entry| &entry.moved.from));
            let names: Vec<String> = circle.iter().take(NAMED).map(|entry| format!("`{}`", entry.moved.from)).collect();
            let more = circle.len().saturating_sub(NAMED);
            let more = if more == 0 { String::new() } else { format!(" and {more} more") };
            let message = format!("{}{more} and back to `{}` is a circle", names.join(" to "), start.moved.from);
            let problem = Problem::at(codes::MOVED_IN_CIRCLE, start.from, message);
            let others = circle.iter().take(NAMED).skip(1);
            self.problems.push(others.fold(problem, |problem, entry| problem.label(entry.from, "moved on here")));
        }
    }

    /// Whether every name that the files declare was read; if not, one that is missed may be among the rest.
    fn all_names_known(&self) -> bool {
        self.unread == 0
            && self.parts.iter().all(|part| match part.cursor().get("credentials") {
                Some(credentials) => !credentials.damaged(),
                None => !part.cursor().damaged(),
            })
    }
}

/// The last entry of the chain that begins with `entry`; `None` if it has no end.
fn follow<'m>(entry: &'m Move, by_name: &BTreeMap<&CredentialName, &'m Move>) -> Option<&'m Move> {
    let mut here = entry;
    for _ in 0..=by_name.len() {
        match by_name.get(&here.moved.to) {
            Some(next) => here = next,
            None => return Some(here),
        }
    }
    None
}
