//! A schedule of runs over many days, undisturbed or killed at every point.

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use crate::apply::Report;
use crate::emulator::Setup;
use crate::model::{CredentialName, Spec};
use crate::plan::{Action, Blocked, BlockedBy, Change, Plan};

use super::apps::{Dark, Seen};
use super::process::{Ended, run};
use super::world::{Moment, Shot, World};

/// How long a lease lasts, and a little: a run that died is taken up again after that.
const AFTER_LEASE: SignedDuration = SignedDuration::from_mins(11);

/// What is rehearsed.
#[derive(Clone, Debug)]
pub struct Terms {
    /// What the portal is like.
    pub setup: Setup,
    /// When the first run is.
    pub start: Timestamp,
    /// How long runs go on.
    pub days: u32,
    /// How much lies between two runs.
    pub every: SignedDuration,
    /// Whether every run is also killed at each of its points.
    pub crash: bool,
}

/// What was counted.
#[derive(Clone, Copy, Debug, Default)]
pub struct Counted {
    /// Runs of the undisturbed schedule.
    pub runs: u64,
    /// Requests of those, as the portal counted them.
    pub requests: u64,
    /// Sink writes of those, as the sinks counted them.
    pub sink_writes: u64,
    /// Points at which a run was killed: 3 for each request, 2 for each sink write.
    pub crash_points: u64,
    /// How many of those left a world that no other point of the same run had left.
    pub worlds: u64,
    /// Runs that took up what a killed one left.
    pub recoveries: u64,
    /// How often an application was asked whether its key works.
    pub instants: u64,
}

/// What came of it.
#[derive(Debug, Default)]
pub struct Rehearsal {
    /// How much was tried.
    pub counted: Counted,
    /// Every application that was found without a working key.
    pub dark: Vec<Dark>,
    /// What did not come back to what an undisturbed run leaves.
    pub stuck: Vec<Stuck>,
    /// What was blocked in the undisturbed schedule: from when on, which, why. Each once.
    pub withheld: Vec<(Timestamp, CredentialName, Blocked)>,
    /// What each sink held over time in the undisturbed schedule.
    pub seen: Vec<Seen>,
}

/// A run that did not come back to what an undisturbed one leaves.
#[derive(Clone, Debug)]
pub struct Stuck {
    /// Which.
    pub run: Disturbed,
    /// What was left.
    pub left: Vec<Left>,
}

/// Whether a run was killed.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "a field is what it is called")]
pub enum Disturbed {
    /// It was one of the schedule.
    Not { at: Timestamp },
    /// It was killed at this point, and others went on.
    Killed { number: u64, what: Arc<str>, moment: Moment },
}

/// What a run left that should not be there.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "a field is what it is called")]
pub enum Left {
    /// A change that failed.
    Failed { name: CredentialName, error: String },
    /// A change that is blocked now.
    Blocked { name: CredentialName, by: Blocked },
    /// A lease that nobody holds.
    Leased,
    /// A portal that changed after the plan was made.
    Stale { name: CredentialName, action: Action },
    /// A portal that could not be read.
    Unread { why: String },
    /// Live keys that nobody was given.
    Stray { keys: Vec<String> },
}

impl Rehearsal {
    /// Whether no application was ever without a key and everything came back to rest.
    pub(crate) const fn is_good(&self) -> bool {
        self.dark.is_empty() && self.stuck.is_empty()
    }

    fn withholds(&self, name: &CredentialName, by: BlockedBy) -> bool {
        self.withheld.iter().any(|(_, known, blocked)| known == name && blocked.by() == by)
    }
}

/// Is told how many of how many days are rehearsed.
pub trait Progress {
    /// `done` of `all`.
    fn day(&self, done: u32, all: u32);
}

impl Progress for () {
    fn day(&self, _: u32, _: u32) {}
}

/// Runs the schedule, and kills every run everywhere if asked to.
pub async fn rehearse(spec: &Spec, terms: &Terms, progress: &dyn Progress) -> Rehearsal {
    let world = World::new(terms.setup.clone(), terms.start);
    world.declare(spec);
    for id in spec.credentials.values().flat_map(|want| &want.items) {
        world.with(|state, now| state.put_layer(id.as_str(), now));
    }
    let mut all = Rehearsal::default();
    let mut at = terms.start;
    let Ok(end) = terms.start.checked_add(SignedDuration::from_hours(24 * i64::from(terms.days))) else { return all };
    while at < end {
        world.wait_until(at);
        world.begin(terms.crash);
        let before = world.changes();
        let ended = run(&world, spec, true).await;
        let (requests, writes) = world.counts();
        all.counted.runs += 1;
        all.counted.requests += requests;
        all.counted.sink_writes += writes;
        note(&mut all, at, &ended);
        if terms.crash {
            let shots = world.shots();
            all.counted.crash_points += shots.len() as u64;
            kill_everywhere(spec, terms, before, &shots, &mut all).await;
        }
        let days = at.duration_since(terms.start).as_hours() / 24;
        progress.day(u32::try_from(days).unwrap_or(terms.days), terms.days);
        let Ok(next) = at.checked_add(terms.every) else { break };
        at = next;
    }
    let apps = world.apps();
    all.counted.instants += apps.instants();
    all.dark.extend_from_slice(apps.dark());
    all.seen = apps.seen().cloned().collect();
    all
}

fn note(all: &mut Rehearsal, at: Timestamp, ended: &Ended) {
    let run = Disturbed::Not { at };
    match ended {
        Ended::Ran { plan, report } => {
            for left in failed(report.as_ref()) {
                all.stuck.push(Stuck { run: run.clone(), left: vec![left] });
            }
            for (change, blocked) in blocked(plan) {
                if !all.withholds(&change.name, blocked.by()) {
                    all.withheld.push((at, change.name.clone(), blocked.clone()));
                }
            }
        }
        Ended::Leased => all.stuck.push(Stuck { run, left: vec![Left::Leased] }),
        // Nothing was changed, and the next run shows it.
        Ended::Stale { .. } => {}
        Ended::Failed { why } => all.stuck.push(Stuck { run, left: vec![Left::Unread { why: why.clone() }] }),
    }
}

fn failed(report: Option<&Report>) -> impl Iterator<Item = Left> {
    let failed = report.into_iter().flat_map(Report::failed);
    failed.map(|(tried, error)| Left::Failed { name: tried.name.clone(), error: error.to_string() })
}

fn blocked(plan: &Plan) -> impl Iterator<Item = (&Change, &Blocked)> {
    plan.changes.iter().filter_map(|change| Some((change, change.blocked.as_ref()?)))
}

/// Goes on from every world that a run which was killed somewhere left behind.
async fn kill_everywhere(spec: &Spec, terms: &Terms, before: (u64, u64), shots: &[Shot], all: &mut Rehearsal) {
    let mut seen = BTreeSet::new();
    for shot in shots {
        // A run that was killed before it changed anything is a run that did not happen, taken up by the next.
        if !seen.insert(shot.same_as) {
            continue;
        }
        all.counted.worlds += 1;
        let world = World::from(&shot.world);
        let asked = world.apps().instants();
        let known = world.apps().dark().len();
        let left = go_on(spec, terms, &world, shot.same_as == before, all).await;
        let apps = world.apps();
        all.counted.instants += apps.instants() - asked;
        all.dark.extend_from_slice(apps.dark().get(known..).unwrap_or_default());
        if !left.is_empty() {
            let Shot { number, what, moment, .. } = shot;
            let run = Disturbed::Killed { number: *number, what: Arc::clone(what), moment: *moment };
            all.stuck.push(Stuck { run, left });
        }
    }
}

/// Takes up what a killed run left, keeps the schedule until every overlap is over, and says what then is not at rest.
async fn go_on(spec: &Spec, terms: &Terms, world: &Arc<World>, untouched: bool, all: &mut Rehearsal) -> Vec<Left> {
    let overlap = spec.credentials.values().map(|want| want.expiry.overlap).max().unwrap_or_default();
    let begin = world.now().checked_add(AFTER_LEASE).ok();
    let rest = begin.and_then(|at| at.checked_add(overlap).ok()?.checked_add(terms.every * 2).ok());
    let (Some(mut at), Some(rest)) = (begin, rest) else { return Vec::new() };
    let mut last = None;
    while at <= rest {
        world.wait_until(at);
        all.counted.recoveries += 1;
        let ended = run(world, spec, true).await;
        let quiet = ended.plan().is_some_and(crate::plan::Plan::is_empty);
        last = Some(ended);
        // Nothing was changed before it was killed: the next run is the one that did not happen.
        if untouched && quiet {
            break;
        }
        let Ok(next) = at.checked_add(terms.every) else { return Vec::new() };
        at = next;
    }
    let mut left: Vec<Left> = match &last {
        Some(Ended::Ran { plan, report }) => {
            let new =
                blocked(plan).filter(|(change, blocked)| !all.withholds(&change.name, blocked.by()) && !waits(change));
            let blocked = new.map(|(change, by)| Left::Blocked { name: change.name.clone(), by: by.clone() });
            blocked.chain(failed(report.as_ref())).collect()
        }
        Some(Ended::Leased) => vec![Left::Leased],
        Some(Ended::Stale { name, action }) => vec![Left::Stale { name: name.clone(), action: *action }],
        Some(Ended::Failed { why }) => vec![Left::Unread { why: why.clone() }],
        None => Vec::new(),
    };
    let keys = world.stray_keys();
    left.extend((!keys.is_empty()).then_some(Left::Stray { keys }));
    left
}

/// Whether a block says nothing against the run that died: it goes away by itself, or only the date brought it.
fn waits(change: &Change) -> bool {
    let by_itself = [BlockedBy::NoFreeSlot, BlockedBy::Guard, BlockedBy::Ended];
    change.waits() || change.blocked.as_ref().is_some_and(|blocked| by_itself.contains(&blocked.by()))
}
