//! What a rehearsal found.

mod human;
mod json;

pub(crate) use human::human;
pub(crate) use json::RehearsalDocument;

use jiff::{SignedDuration, Timestamp};

use super::raw::Raw;
use super::words;
use crate::model::{CredentialName, KeyEnd, Mode, Spec, StackName};
use crate::rehearse::{Counted, Disturbed, Left, Rehearsal, Seen, Stuck, Terms};

/// What was rehearsed, how, and what was found.
#[derive(Debug)]
pub(crate) struct RehearsalView<'a> {
    pub stack: &'a StackName,
    pub start: Timestamp,
    /// How many days were simulated.
    pub days: u32,
    /// What lies between two runs.
    pub every: SignedDuration,
    /// Whether every run was killed everywhere.
    pub crash: bool,
    pub counted: Counted,
    /// Whether no application was ever without a key and everything came to rest.
    pub good: bool,
    /// The declared credentials, and whether each is only observed.
    pub declared: Vec<(&'a CredentialName, bool)>,
    /// What each sink held over time, undisturbed.
    pub seen: Vec<SeenView<'a>>,
    /// Applications that were found without a working key.
    pub lost: Vec<Raw>,
    /// What did not come back to what an undisturbed run leaves.
    pub stuck: Vec<Raw>,
    /// What was blocked in the undisturbed schedule: from when on, what, the code, why.
    pub withheld: Vec<(Timestamp, &'a CredentialName, &'static str, Raw)>,
}

/// What one sink held over time.
#[derive(Debug)]
pub(crate) struct SeenView<'a> {
    pub name: &'a CredentialName,
    pub place: Raw,
    /// When a key first stood there, and when another took its place.
    pub keys: &'a [Timestamp],
    pub end: End,
}

/// What comes of what one sink holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// An application was without a working key.
    Lost,
    /// The credential ends then, as configured.
    Configured(Timestamp),
    /// It is never without a key.
    Never,
}

impl<'a> RehearsalView<'a> {
    pub(crate) fn of(spec: &'a Spec, terms: &'a Terms, found: &'a Rehearsal) -> Self {
        let days = SignedDuration::from_hours(24 * i64::from(terms.days));
        let over = terms.start.checked_add(days).unwrap_or(terms.start);
        let end = |seen: &Seen| match spec.credentials.get(&seen.name).map(|want| &want.expiry.end) {
            _ if found.dark.iter().any(|dark| dark.name == seen.name && dark.place == seen.place) => End::Lost,
            Some(KeyEnd::Until(end)) if *end <= over => End::Configured(*end),
            Some(KeyEnd::Until(_) | KeyEnd::Lifetime(_)) | None => End::Never,
        };
        let seen = |seen: &'a Seen| SeenView {
            name: &seen.name,
            place: Raw::new(&seen.place),
            keys: &seen.keys,
            end: end(seen),
        };
        let withheld = found.withheld.iter();
        Self {
            stack: &spec.stack,
            start: terms.start,
            days: terms.days,
            every: terms.every,
            crash: terms.crash,
            counted: found.counted,
            good: found.is_good(),
            declared: spec.credentials.iter().map(|(name, want)| (name, want.mode == Mode::Observe)).collect(),
            seen: found.seen.iter().map(seen).collect(),
            lost: found.dark.iter().map(|dark| Raw::new(dark.to_string())).collect(),
            stuck: found.stuck.iter().map(stuck).collect(),
            withheld: withheld.map(|(at, name, by)| (*at, name, by.code().id, words::blocked(by).why)).collect(),
        }
    }
}

fn stuck(Stuck { run, left }: &Stuck) -> Raw {
    let run = match run {
        Disturbed::Not { at } => at.to_string(),
        Disturbed::Killed { number, what, moment } => format!("killed at request {number} ({what}, {moment:?})"),
    };
    let left = left.iter().map(|left| match left {
        Left::Failed { name, error } => Raw::new(format!("credential.{name}: {error}")),
        Left::Blocked { name, by } => {
            Raw::join(&[Raw::new(format!("credential.{name}")), words::blocked(by).why], ": ")
        }
        Left::Leased => Raw::new("the lease is held by nobody"),
        Left::Stale { name, action } => {
            let moved = words::needs_now(name, *action);
            Raw::join(&[Raw::new("the portal changed after the plan was made"), moved], ": ")
        }
        Left::Unread { why } => Raw::new(why),
        Left::Stray { keys } => Raw::new(format!("keys are live that nobody was given: {}", keys.join(", "))),
    });
    let left: Vec<Raw> = left.collect();
    Raw::join(&[Raw::new(run), Raw::join(&left, "; ")], ": ")
}
