//! What will happen, and when.

mod human;
mod json;

pub(crate) use human::human;
pub(crate) use json::ForecastDocument;

use jiff::{SignedDuration, Timestamp};

use super::raw::Raw;
use super::view::{Outlook, symbol};
use super::words::{self, Block, day};
use crate::model::{CredentialName, Slot, StackName};
pub(crate) use crate::plan::Lapsed;
use crate::plan::{Act, Action, Change, Event, Forecast, Reason};

/// What will happen.
#[derive(Clone, Debug)]
pub(crate) struct ForecastView {
    pub stack: StackName,
    /// From when on it looks.
    pub now: Timestamp,
    /// Whether that is not the portal's time.
    pub simulated: bool,
    pub until: Timestamp,
    pub cadence: Option<SignedDuration>,
    /// What is done, in order of time.
    pub events: Vec<EventView>,
    /// Credentials that are for some time without a live key, in order of time.
    pub gaps: Vec<Lapsed>,
    /// What is blocked, each once.
    pub withheld: Vec<WithheldView>,
    /// From when on plans are refused by a limit, and the command that carries the first one out.
    pub refused: Option<(Timestamp, Raw)>,
    pub end: Outlook,
    /// From when on it does not tell.
    pub cut: Option<Timestamp>,
}

/// What is done to one credential at one time.
#[derive(Clone, Debug)]
pub(crate) struct EventView {
    pub at: Timestamp,
    pub name: CredentialName,
    pub action: Action,
    pub symbol: &'static str,
    /// The slot a key is issued into, and when that key ends.
    pub issues: Option<(Slot, Timestamp)>,
    /// The slots whose keys are revoked.
    pub revokes: Vec<Slot>,
    /// Whether an item is deleted.
    pub deletes_item: bool,
    pub text: Raw,
}

/// What is not done.
#[derive(Clone, Debug)]
pub(crate) struct WithheldView {
    /// From when on.
    pub at: Timestamp,
    pub name: CredentialName,
    /// What would be done.
    pub action: Action,
    pub symbol: &'static str,
    /// The stable code of what blocks it; `None` for a sink that is asked only by apply.
    pub code: Option<&'static str>,
    pub why: Raw,
}

impl ForecastView {
    pub(crate) fn of(forecast: &Forecast) -> Self {
        let Forecast { start, until, cadence, events, gaps, withheld, refused, end, cut } = forecast;
        Self {
            stack: start.stack.clone(),
            now: start.now,
            simulated: start.simulated,
            until: *until,
            cadence: *cadence,
            events: events.iter().map(event).collect(),
            gaps: gaps.clone(),
            withheld: withheld.iter().map(held).collect(),
            refused: refused.as_ref().map(|(at, refused)| (*at, words::command(refused))),
            end: end.clone(),
            cut: *cut,
        }
    }

    pub(crate) fn clock(&self) -> String {
        words::clock(self.now, self.simulated)
    }
}

fn event(Event { at, change }: &Event) -> EventView {
    EventView {
        at: *at,
        name: change.name.clone(),
        action: change.action,
        symbol: symbol(change.action),
        issues: change.work.issue().map(|issue| (issue.slot, issue.expires)),
        revokes: revoked(change).collect(),
        deletes_item: change.work.does(&Act::DeleteItem),
        text: done(change, *at),
    }
}

fn held(Event { at, change }: &Event) -> WithheldView {
    WithheldView {
        at: *at,
        name: change.name.clone(),
        action: change.action,
        symbol: symbol(change.action),
        code: change.blocked.as_ref().map(|blocked| blocked.code().id),
        why: match &change.blocked {
            Some(blocked) => {
                let Block { why, resolve } = words::blocked(blocked);
                Raw::join(&[why, resolve], "; ")
            }
            None => Raw::new("a sink is asked only by apply whether it has the key"),
        },
    }
}

fn revoked(change: &Change) -> impl Iterator<Item = Slot> {
    change.work.acts().filter_map(|act| match act {
        Act::Revoke { slot } | Act::EndKey { slot } => Some(*slot),
        _ => None,
    })
}

/// What is done, in a few words.
fn done(change: &Change, at: Timestamp) -> Raw {
    let old = change.reasons.iter().find_map(|reason| match reason {
        Reason::Due { slot, .. }
        | Reason::KeyExpired { slot, .. }
        | Reason::KeyDead { slot }
        | Reason::KeyLost { slot } => Some(*slot),
        _ => None,
    });
    let slots = || revoked(change).map(|slot| slot.to_string()).collect::<Vec<_>>().join(" and ");
    Raw::new(match (change.action, change.work.issue()) {
        (Action::Rotate, Some(issue)) => {
            let from = old.map(|slot| format!("{slot} -> ")).unwrap_or_default();
            format!("slot {from}{}, until {}", issue.slot, day(issue.expires))
        }
        (Action::Replace, Some(issue)) => format!("new item, key in slot {}, until {}", issue.slot, day(issue.expires)),
        (Action::Retire, _) if change.work.does(&Act::DeleteItem) => {
            let revoke = if slots().is_empty() { String::new() } else { format!("revoke slot {}, ", slots()) };
            format!("{revoke}delete old item")
        }
        (Action::Retire, _) => format!("revoke slot {}", slots()),
        _ => return words::recap(change, at),
    })
}
