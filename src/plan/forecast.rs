//! What will happen, and when: plans and what they leave behind, from date to date.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};

use crate::model::{CredentialName, KeyEnd, Live, Schedule, Spec};

use super::assume::{as_of, assume, unwritable};
use super::blocked::{Blocked, BlockedBy};
use super::change::{Action, Change, Plan};
use super::keys::Next;
use super::limit::Refused;
use super::outlook::Outlook;
use super::planner::draft;

/// After so many looks ahead a forecast is cut short.
const MOST: usize = 20_000;
/// How often one moment is planned where no schedule says when the next run is.
const AT_ONE_MOMENT: usize = 5;

/// What will happen if nothing changes but time.
#[derive(Clone, Debug)]
pub(crate) struct Forecast {
    pub start: Plan,
    /// Until when it looks.
    pub until: Timestamp,
    /// How often runs happen; `None` means just when something is due.
    pub cadence: Option<SignedDuration>,
    /// What is done, in order of time, then as plans show it.
    pub events: Vec<Event>,
    /// Credentials that are for some time without a live key, though they had one; in order of time.
    pub gaps: Vec<Lapsed>,
    /// What cannot be done, each once: blocked changes.
    pub withheld: Vec<Event>,
    /// Why plans are refused from some moment on, if they are.
    pub refused: Option<(Timestamp, Refused)>,
    /// What there is at its end.
    pub end: Outlook,
    /// From when on it does not tell, if it was cut short.
    pub cut: Option<Timestamp>,
}

/// One change, and when.
#[derive(Clone, Debug)]
pub(crate) struct Event {
    pub at: Timestamp,
    pub change: Change,
}

/// A credential that has no live key for some time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Lapsed {
    pub name: CredentialName,
    pub from: Timestamp,
    /// Until when; `None` if not within this forecast.
    pub to: Option<Timestamp>,
    /// Whether a fixed end says so.
    pub as_configured: bool,
}

/// Plans and thinks through what `live` comes to from `from` until `until`, jumping from date to date. With a cadence,
/// runs happen at its multiples from `from` on, and what is due waits for the next.
///
/// Pure, total, and always at an end: after many steps it is cut short and says so.
pub(crate) fn forecast(spec: &Spec, live: &Live, from: Timestamp, until: Timestamp) -> Forecast {
    let start = draft(spec, &as_of(live.clone(), from), from);
    let cadence = spec.schedule.cadence();
    let mut run = Run {
        spec,
        from,
        told: BTreeSet::new(),
        ends: BTreeMap::new(),
        dark: BTreeSet::new(),
        forecast: Forecast {
            start,
            until,
            cadence,
            events: Vec::new(),
            gaps: Vec::new(),
            withheld: Vec::new(),
            refused: None,
            end: Outlook::default(),
            cut: None,
        },
    };
    run.go(live.clone());
    run.forecast
}

struct Run<'a> {
    spec: &'a Spec,
    from: Timestamp,
    /// What was told once already.
    told: BTreeSet<(CredentialName, Action, Option<BlockedBy>)>,
    /// When the current keys end.
    ends: BTreeMap<CredentialName, Timestamp>,
    /// Who was without a key when it was last looked.
    dark: BTreeSet<CredentialName>,
    forecast: Forecast,
}

impl Run<'_> {
    fn go(&mut self, mut live: Live) {
        let (mut at, mut here) = (self.from, 0);
        for _ in 0..MOST {
            live = as_of(live, at);
            let before = draft(self.spec, &live, at);
            self.lapses(&before);
            self.withheld(&before);
            let stuck = unwritable(&live, &before);
            let goes = |change: &&Change| !stuck.contains_key(&change.name);
            for change in before.runnable() {
                if let Some(blocked) = stuck.get(&change.name) {
                    self.tell(at, &Change { blocked: Some(blocked.clone()), ..change.clone() });
                }
            }
            let batch = before.blocked().any(is_of_batch);
            let acts: Vec<Change> = before.runnable().filter(goes).cloned().collect();
            let after = if acts.is_empty() {
                before
            } else {
                self.forecast.events.extend(acts.into_iter().map(|change| Event { at, change }));
                live = assume(self.spec, &live, &before, at);
                draft(self.spec, &live, at)
            };
            self.keep(&after);
            here += 1;
            let again = here < AT_ONE_MOMENT && after.runnable().any(|change| goes(&change));
            // Without a schedule, what is left to do is done at once; but for the rest of a batch, which is to wait.
            if again && !batch && self.forecast.cadence.is_none() {
                continue;
            }
            let Some(next) = self.next(&after, again, batch).filter(|next| *next <= self.forecast.until) else {
                return self.settle();
            };
            (at, here) = (next, 0);
        }
        self.forecast.cut = Some(at);
        self.settle();
    }

    /// What only had to wait was done later.
    fn settle(&mut self) {
        let Forecast { events, withheld, gaps, end, .. } = &mut self.forecast;
        let same = |one: &Change, other: &Change| one.name == other.name && one.action == other.action;
        // An end as configured is told as what it is, and stands in nobody's way.
        let ended = |held: &Event| held.change.blocked.as_ref().is_some_and(|blocked| blocked.by() == BlockedBy::Ended);
        withheld.retain(|held| !ended(held));
        end.dark.retain(|name| !gaps.iter().any(|gap| gap.name == *name && gap.as_configured && gap.to.is_none()));
        withheld.retain(|held| !events.iter().any(|event| event.at >= held.at && same(&event.change, &held.change)));
    }

    /// When to look again: at the next date, or at the first run from then on.
    fn next(&self, plan: &Plan, again: bool, batch: bool) -> Option<Timestamp> {
        let soon = |wait| plan.now.checked_add(wait).ok().filter(|_| again || batch);
        let Some(cadence) = self.forecast.cadence else {
            return soon(Schedule::DAILY).into_iter().chain(boundary(self.spec, plan)).min();
        };
        let date = soon(SignedDuration::from_secs(1)).into_iter().chain(boundary(self.spec, plan)).min()?;
        let passed = date.duration_since(self.from).as_secs();
        let runs = passed.checked_add(cadence.as_secs() - 1)?.checked_div(cadence.as_secs())?;
        self.from.checked_add(SignedDuration::from_secs(runs.checked_mul(cadence.as_secs())?)).ok()
    }

    /// Who lost the last live key since it was last looked.
    fn lapses(&mut self, plan: &Plan) {
        for name in &plan.overview.outlook.dark {
            let Some(ended) = self.ends.get(name).filter(|_| !self.dark.contains(name)) else { continue };
            let fixed = self.spec.credentials.get(name).is_some_and(|want| match want.expiry.end {
                KeyEnd::Until(end) => end.duration_since(*ended) < SignedDuration::from_secs(1),
                KeyEnd::Lifetime(_) => false,
            });
            let lapsed = Lapsed { name: name.clone(), from: *ended, to: None, as_configured: fixed };
            self.forecast.gaps.push(lapsed);
            self.dark.insert(name.clone());
        }
    }

    /// What is blocked, once each.
    fn withheld(&mut self, plan: &Plan) {
        if let Some(refused) = plan.refused.as_ref().filter(|_| self.forecast.refused.is_none()) {
            self.forecast.refused = Some((plan.now, refused.clone()));
        }
        let waits = |change: &&Change| change.blocked.is_some() || change.work.steps.is_empty();
        for change in plan.changes.iter().filter(|change| change.action != Action::Report).filter(waits) {
            self.tell(plan.now, change);
        }
    }

    fn tell(&mut self, at: Timestamp, change: &Change) {
        let by = change.blocked.as_ref().map(Blocked::by);
        if self.told.insert((change.name.clone(), change.action, by)) {
            self.forecast.withheld.push(Event { at, change: change.clone() });
        }
    }

    /// What is known after a run.
    fn keep(&mut self, plan: &Plan) {
        for key in plan.overview.keys.iter().filter(|key| key.current) {
            self.ends.extend(key.expires.map(|end| (key.name.clone(), end)));
        }
        let dark: BTreeSet<CredentialName> = plan.overview.outlook.dark.iter().cloned().collect();
        for gap in self.forecast.gaps.iter_mut().filter(|gap| gap.to.is_none() && !dark.contains(&gap.name)) {
            gap.to = Some(plan.now);
        }
        self.dark = dark;
        self.forecast.end = plan.overview.outlook.clone();
    }
}

/// The next date at which a plan could be another one, if nothing but time changes.
fn boundary(spec: &Spec, plan: &Plan) -> Option<Timestamp> {
    let now = plan.now;
    let keys = plan.overview.keys.iter().flat_map(|key| key.expires.into_iter().chain(key.next.map(Next::at)));
    let removed = spec.removed.values().filter_map(|removed| removed.not_before);
    let freezes = spec.guards.freeze.iter().flat_map(|freeze| [freeze.from, freeze.to]);
    let windows = spec.credentials.values().filter_map(|want| want.expiry.window.as_ref()?.next_open(now));
    let turns = plan.next_boundary().map(|(at, _)| at);
    keys.chain(removed).chain(freezes).chain(windows).chain(turns).filter(|date| *date > now).min()
}

/// Whether a change waits only because a run renews no more than so many keys.
fn is_of_batch(change: &Change) -> bool {
    change.blocked.as_ref().is_some_and(|blocked| blocked.by() == BlockedBy::Guard)
}
