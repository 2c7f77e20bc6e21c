//! One run: read, plan, approve, take the lease, read again, compare, apply, give back.
//!
//! ```text
//! read ─▶ plan ─▶ approve ─▶ lease ─▶ read ─▶ plan ─▶ compare ─▶ apply ─▶ give back
//!                              ▲                                    │
//!                              └────────── the lease is over ◀──────┘
//! ```
//!
//! `keyform apply` and the rehearsal call [`apply()`] and nothing else, so what is proved is what is used. They differ in
//! their [`Host`], in who approves, and in who is told.

mod approve;
mod asked;
mod host;
mod read;

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use crate::apply::{self, Lease, LeaseError, Report, Session, Tenure, Terms};
use crate::clock::ServerClock;
use crate::http::Gate;
use crate::live::{LiveError, Progress};
use crate::model::{CredentialName, Live, Requests, Spec};
use crate::plan::{Action, Change, Plan};

pub use approve::{Approve, Verdict};
pub use asked::Asked;
pub(crate) use asked::GRACE;
pub use host::Host;
pub use read::{Ask, Reading, gather, read};

/// How many leases one run may take one after the other.
const LEASES: u32 = 20;

/// Is told what a run does, as it does it.
pub trait Events: apply::Events + Progress {
    /// This is what would be done; nobody has approved it yet.
    fn planned(&self, plan: &Plan);
    /// This is carried out now, under the lease.
    fn begins(&self, plan: &Plan);
    /// The lease ended before everything was done; the run goes on under a new one.
    fn goes_on(&self, report: &Report);
    /// A lease is held that runs until then; or none is.
    fn leased(&self, until: Option<Timestamp>);
}

/// How a run ended.
#[derive(Debug)]
pub enum Ended {
    /// There is nothing to do, or nothing that may be done.
    Idle(Box<Plan>),
    /// The portal takes no writes for now. Nothing was changed.
    ReadOnly,
    /// Nobody wants the plan carried out. Nothing was changed.
    NotApproved,
    /// It could not begin. Nothing was changed.
    Stopped(Stop),
    /// The plan was carried out, as the report tells.
    Ran {
        /// What was planned, read under the lease.
        plan: Box<Plan>,
        /// What was done, under however many leases.
        report: Report,
        /// Why it did not go on under a new lease.
        stopped: Option<Stop>,
        /// Until when the last lease runs, if it could not be given back: an answer to a write was lost.
        leased_until: Option<Timestamp>,
    },
}

/// Why a run does not write.
#[derive(Debug)]
pub enum Stop {
    /// Somebody asked it to, before anything was done under the lease.
    Asked,
    /// The portal could not be read.
    Unread(LiveError),
    /// The lease could not be taken.
    NoLease(LeaseError),
    /// The plan, read again under the lease, is refused by a guard.
    Refused(Box<Plan>),
    /// The plan, read again under the lease, does what was not approved.
    Stale {
        /// Of the first change that was not shown, the credential.
        name: CredentialName,
        /// What is to be done to it.
        action: Action,
    },
}

/// Carries out what `spec` needs, if `approve` says so.
pub async fn apply(host: &Host<'_>, spec: &Spec, approve: &impl Approve, events: &impl Events) -> Ended {
    let mut spec = Cow::Borrowed(spec);
    host.sinks.sweep(spec.credentials.values().flat_map(|credential| &credential.deliver));
    let reading = match Box::pin(read(host, &spec, Ask::EverySink, events)).await {
        Ok(reading) => reading,
        Err(error) => return Ended::Stopped(Stop::Unread(error)),
    };
    let shown = reading.plan(&spec);
    events.planned(&shown);
    if shown.runnable().next().is_none() {
        if shown.refused.is_none() {
            clear(host, &spec, &reading.live).await;
        }
        return Ended::Idle(Box::new(shown));
    }
    if shown.overview.portal.read_only {
        return Ended::ReadOnly;
    }
    match approve.see(&shown) {
        Verdict::Approved => {}
        Verdict::Refused => return Ended::NotApproved,
    }
    let mut done: Option<(Box<Plan>, Report)> = None;
    for _ in 0..LEASES {
        let earlier = done.iter().map(|(_, report): &(_, Report)| report);
        let approved = Approved {
            plan: &shown,
            begun: earlier.clone().flat_map(Report::cut_short).cloned().collect(),
            finished: earlier.flat_map(Report::finished).cloned().collect(),
        };
        let worked = Box::pin(under_a_lease(host, &spec, approved, events)).await;
        let (Worked { plan, report, leased_until }, earlier) = match (worked, done.take()) {
            (Ok(worked), earlier) => (worked, earlier),
            (Err(stop), None) => return Ended::Stopped(stop),
            (Err(stop), Some((plan, report))) => {
                return Ended::Ran { plan, report, stopped: Some(stop), leased_until: None };
            }
        };
        let goes_on = report.wants_new_lease();
        let report = match earlier {
            Some((_, earlier)) => report.after(earlier, &plan),
            None => report,
        };
        if !goes_on {
            return Ended::Ran { plan: Box::new(plan), report, stopped: None, leased_until };
        }
        events.goes_on(&report);
        fulfilled(&mut spec.to_mut().requests, &report);
        done = Some((Box::new(plan), report));
    }
    match done {
        Some((plan, report)) => Ended::Ran { plan, report, stopped: None, leased_until: None },
        None => Ended::NotApproved,
    }
}

/// What may be done.
struct Approved<'a> {
    /// What was shown.
    plan: &'a Plan,
    /// What a lease cut short: it is planned afresh, so it may go on in other steps than were shown.
    begun: BTreeSet<CredentialName>,
    /// What came to its end under earlier leases.
    finished: BTreeSet<CredentialName>,
}

/// Removes the lease of a run that died, where this run needs none.
async fn clear(host: &Host<'_>, spec: &Spec, live: &Live) {
    if live.folder_titled(&Lease::title(&spec.stack)).is_some()
        && let Err(error) = Lease::clear(host.portal, &spec.stack, host.clock).await
    {
        // It stays where it cannot be removed; the next run tries again.
        tracing::info!(%error, "a lease that ran out was not removed");
    }
}

/// Takes back what was asked for and begun: under a new lease it is resumed like anything else that was begun.
fn fulfilled(requests: &mut Requests, report: &Report) {
    for tried in report.results.iter().filter(|tried| tried.issued) {
        requests.rotate.remove(&tried.name);
    }
}

/// What was planned and done under one lease.
struct Worked {
    plan: Plan,
    report: Report,
    /// Until when the lease runs, if it was not given back.
    leased_until: Option<Timestamp>,
}

/// Takes a lease, works under it, and gives it back.
async fn under_a_lease(
    host: &Host<'_>,
    spec: &Spec,
    approved: Approved<'_>,
    events: &impl Events,
) -> Result<Worked, Stop> {
    if host.stop.is_asked() {
        return Err(Stop::Asked);
    }
    let lease = if host.lease {
        Some(Lease::take(host.portal, &spec.stack, host.clock).await.map_err(Stop::NoLease)?)
    } else {
        None
    };
    let tenure = lease.as_ref().map_or(Tenure::Unlimited, Lease::tenure);
    let until = lease.as_ref().map(Lease::ends);
    events.leased(until);
    host.portal.set_gate(Some(gate(host.clock.clone(), tenure)));
    let worked = work(host, spec, approved, tenure, events).await;
    // Giving the lease back is not part of what it guards.
    host.portal.set_gate(None);
    let answered = worked.as_ref().map_or(true, |(_, _, answered)| *answered);
    if let Some(lease) = lease
        && answered
        && let Err(error) = lease.give_back(host.portal).await
    {
        tracing::info!(%error, "the lease was not given back; it runs out by itself");
    }
    events.leased(None);
    worked.map(|(plan, report, answered)| Worked { plan, report, leased_until: until.filter(|_| !answered) })
}

/// The same with the lease held, and whether every write was answered.
async fn work(
    host: &Host<'_>,
    spec: &Spec,
    approved: Approved<'_>,
    tenure: Tenure,
    events: &impl Events,
) -> Result<(Plan, Report, bool), Stop> {
    // Read again: what was shown was read before the lease was held.
    let reading = host.stop.unless(Box::pin(read(host, spec, Ask::EverySink, events))).await;
    let Some(reading) = reading else {
        events.end();
        return Err(Stop::Asked);
    };
    let reading = reading.map_err(Stop::Unread)?;
    let mut plan = reading.plan(spec);
    let shown = approved.plan.runnable_by_name();
    let is_shown =
        |change: &Change| shown.get(&change.name).is_some_and(|shown| shown.iter().any(|shown| shown.covers(change)));
    let is_unseen = |change: &Change| !approved.begun.contains(&change.name) && !is_shown(change);
    // What came of what was done, or of the time it took, is for the next run to show.
    plan.changes
        .retain(|change| !(change.is_runnable() && approved.finished.contains(&change.name) && is_unseen(change)));
    if plan.refused.is_some() && plan.runnable().next().is_none() {
        return Err(Stop::Refused(Box::new(plan)));
    }
    if let Some(moved) = plan.runnable().find(|change| is_unseen(change)) {
        return Err(Stop::Stale { name: moved.name.clone(), action: moved.action });
    }
    events.begins(&plan);
    let terms = Terms { clock: host.clock.clone(), tenure, events, stop: host.stop.flag() };
    let session = Session::new(host.portal, host.sinks, &spec.stack, &reading.live, terms).settle(host.settle);
    let report = apply::apply(&session, &plan).await;
    let answered = session.every_write_answered() && !host.portal.has_unanswered_writes();
    Ok((plan, report, answered))
}

/// A request that writes is sent only if its time-out ends before the lease does.
fn gate(clock: ServerClock, tenure: Tenure) -> Gate {
    Arc::new(move |timeout| {
        tenure.allows(clock.now(), SignedDuration::try_from(timeout).unwrap_or(SignedDuration::MAX))
    })
}
