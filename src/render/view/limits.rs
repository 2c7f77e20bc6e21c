//! Limits of a plan, as formats see them.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::Serialize;

use super::{Place, symbol};
use crate::model::CredentialName;
use crate::plan::{Change, GuardUse, Plan, Refused};
use crate::render::raw::Raw;
use crate::render::words;
use crate::text::escape::{Shown, shown};

/// A limit, and how much of it the plan uses.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(rename = "GuardDocument")]
pub(crate) struct GuardView {
    /// `destroy`, `replace`, `rotate` or `change_percent`.
    guard: &'static str,
    pub used: u32,
    limit: u32,
    /// Where the limit stands; null for a default and for one of the command line.
    pub source: Option<Place>,
    /// Whether the limit comes from `--allow`.
    pub allowed: bool,
    #[serde(skip)]
    pub text: Shown,
}

impl GuardView {
    pub(super) fn of(used: &GuardUse) -> Self {
        let GuardUse { guard, used: n, limit, source, allowed } = used;
        Self {
            guard: guard.id(),
            used: *n,
            limit: *limit,
            source: source.as_ref().map(Place::of),
            allowed: *allowed,
            text: words::used(used).shown(),
        }
    }
}

/// Why a plan may not be carried out.
#[derive(Clone, Debug)]
pub(crate) struct RefusedView {
    /// The limits that it is over.
    pub over: Vec<OverView>,
    /// Credentials whose keys are renewed all the same.
    pub urgent: BTreeSet<CredentialName>,
    /// The credentials of the changes that are carried out all the same.
    pub goes: Vec<CredentialName>,
    pub command: Raw,
}

/// A limit that a plan is over.
#[derive(Clone, Debug)]
pub(crate) struct OverView {
    /// The last part of its key in YAML.
    pub guard: &'static str,
    pub text: Shown,
    /// The credentials that count, with the symbol of what is done and what they have to lose.
    pub names: Vec<(CredentialName, &'static str, Shown)>,
}

impl RefusedView {
    pub(super) fn of(refused: &Refused, plan: &Plan) -> Self {
        let Refused { urgent, over, destroys: _, restores: _ } = refused;
        let credential = |name: &CredentialName| {
            let change = plan.changes.iter().find(|change| change.name == *name && change.is_runnable());
            let symbol = change.map_or("!", |change| symbol(change.action));
            (name.clone(), symbol, change.map(|change| at_stake(plan, change)).unwrap_or_default())
        };
        Self {
            over: over
                .iter()
                .map(|over| OverView {
                    guard: over.limit.guard.id(),
                    text: words::over(over).shown(),
                    names: over.names.iter().map(credential).collect(),
                })
                .collect(),
            urgent: urgent.clone(),
            goes: plan.runnable().map(|change| change.name.clone()).collect(),
            command: words::command(refused),
        }
    }
}

/// What a credential has to lose.
fn at_stake(plan: &Plan, change: &Change) -> Shown {
    // What is replaced is not the item that the change is about.
    let count = match plan.overview.keys.iter().filter(|key| key.name == change.name).count() {
        0 => return shown("no live key"),
        n => words::count(n, "live key", "live keys"),
    };
    let keys = change.live_keys(plan.now);
    let last = keys.iter().filter(|key| key.delivered.is_some()).max_by_key(|key| key.delivered.clone());
    let last = last.and_then(|key| words::delivered(change, key));
    shown(&last.map_or_else(|| count.clone(), |last| format!("{count}, last {}", last.shown())))
}
