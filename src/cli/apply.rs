//! `keyform apply`.

use std::cell::Cell;

use jiff::Timestamp;

use crate::apply::{ApplyError, Event, Events, Outcome, Report, Tried};
use crate::live::{Progress, Reading};
use crate::model::{CredentialName, Diagnostic, Requests, Spec};
use crate::plan::{Action, Plan};
use crate::render::view::{PlanView, symbol};
use crate::render::{human, words};
use crate::run::{self, Approve, Ended, Stop, Verdict};

use super::approval::Approval;
use super::args::{ApplyArgs, How, RealClock, RotateArgs, Where};
use super::console::Console;
use super::context::{self, Opened};
use super::exit::Exit;
use super::names;
use super::refusal::Refusal;
use super::session::Session;
use super::stop::{Held, Signals};

/// What is to be planned and carried out.
pub(super) struct Job<'a> {
    pub(super) approval: Approval<'a>,
    pub(super) no_lease: bool,
    pub(super) requests: Requests,
}

pub(super) async fn run(args: &ApplyArgs, on: Session<'_>) -> Result<Exit, Exit> {
    let console = on.console;
    asked(&args.at, &args.how, on, |spec| {
        let rotate = names::select("--rotate", &args.rotate, spec, console)?;
        let restore = names::select("--restore", &args.restore, spec, console)?;
        Ok(Requests { rotate, restore, ..Requests::default() })
    })
    .await
}

/// `keyform rotate`: apply, of nothing but the keys of some credentials.
pub(super) async fn rotate(args: &RotateArgs, on: Session<'_>) -> Result<Exit, Exit> {
    let console = on.console;
    asked(&args.at, &args.how, on, |spec| {
        let rotate = names::select("rotate", &args.names, spec, console)?;
        Ok(Requests { rotate, keys_only: true, ..Requests::default() })
    })
    .await
}

/// Carries out what `requests` makes of the configuration.
async fn asked(
    at: &Where,
    how: &How,
    on: Session<'_>,
    requests: impl FnOnce(&Spec) -> Result<Requests, Exit>,
) -> Result<Exit, Exit> {
    let mut opened = open(at, &how.clock, on).await?;
    let requests = Requests { allow: how.limits.raised(), ..requests(&opened.spec)? };
    let job = Job { approval: Approval::by_flag(how.auto_approve), no_lease: how.no_lease, requests };
    Ok(Box::pin(carry(&job, &mut opened)).await.exit)
}

/// The portal of a command that writes. What is carried out goes by the portal's clock and no other.
pub(super) async fn open<'a>(at: &Where, clock: &RealClock, on: Session<'a>) -> Result<Opened<'a>, Exit> {
    if clock.moment.is_some() {
        return Err(on.console.fails(Refusal::AtRefused));
    }
    context::open(at, on).await
}

/// Plans what the job asks for, has it approved, and carries it out.
pub(super) async fn work(job: &Job<'_>, at: &Where, clock: &RealClock, on: Session<'_>) -> Result<Exit, Exit> {
    let mut opened = open(at, clock, on).await?;
    Ok(Box::pin(carry(job, &mut opened)).await.exit)
}

/// How a job ended, and whether somebody approved it; `None` if nobody was asked.
pub(super) struct Carried {
    pub(super) exit: Exit,
    pub(super) approved: Option<bool>,
}

/// The same over a portal that was opened already.
pub(super) async fn carry(job: &Job<'_>, opened: &mut Opened<'_>) -> Carried {
    opened.spec.requests = job.requests.clone();
    let (console, signals) = (opened.console, opened.signals);
    let held = signals.held();
    let host = opened.host(!job.no_lease, signals.asked());
    let screen = Screen { console, signals };
    let consent = Consent { job, spec: &opened.spec, held: &held, console, said: Cell::new(None) };
    let exit = match run::apply(&host, &opened.spec, &consent, &screen).await {
        Ended::Idle(plan) => match (idle(&plan), names::mistyped(&plan, &opened.spec, console)) {
            (Exit::Done, Some(mistyped)) => mistyped,
            (exit, _) => exit,
        },
        Ended::ReadOnly => console.fails(Refusal::ReadOnly),
        Ended::NotApproved => Exit::Error,
        Ended::Stopped(stop) => stopped(&stop, false, console),
        Ended::Ran { plan: _, report, stopped: None, leased_until } => ended(&report, leased_until, console),
        Ended::Ran { plan: _, report: _, stopped: Some(Stop::Asked), leased_until: _ } => {
            console.page("\nInterrupted after a finished step. Run the same command again.\n");
            Exit::Interrupted
        }
        Ended::Ran { plan: _, report, stopped: Some(stop), leased_until: _ } if !report.wrote() => {
            stopped(&stop, false, console)
        }
        // What was done stays; what is left is begun, or not.
        Ended::Ran { plan: _, report, stopped: Some(stop), leased_until } => {
            ended(&report, leased_until, console);
            stopped(&stop, true, console);
            Exit::Incomplete
        }
    };
    Carried { exit, approved: consent.said.get() }
}

fn idle(plan: &Plan) -> Exit {
    let withheld = plan.refused.is_some() || plan.withheld().next().is_some();
    if withheld { Exit::Withheld } else { Exit::Done }
}

/// Says why a run could not begin, or go on once something was done.
fn stopped(stop: &Stop, done: bool, console: &Console) -> Exit {
    match stop {
        Stop::Asked => {
            console.page("\nInterrupted; nothing was changed.\n");
            Exit::Interrupted
        }
        Stop::Unread(error) => console.fails(error),
        Stop::NoLease(error) => {
            let help = "what was done stays; run the same command again to go on";
            console.report(Diagnostic::from(error).with_help(done.then(|| help.into())));
            Exit::of_lease(error)
        }
        Stop::Refused(plan) => {
            let view = PlanView::of(plan);
            console.show(|style, out| human::refused(&view, style, out));
            Exit::Withheld
        }
        Stop::Stale { name, action } => {
            let moved = words::needs_now(name, *action).shown().to_string();
            console.report(Refusal::Stale { moved, done });
            Exit::Stale
        }
    }
}

/// Who says that the plan is carried out.
struct Consent<'a> {
    job: &'a Job<'a>,
    spec: &'a Spec,
    held: &'a Held<'a>,
    console: &'a Console,
    said: Cell<Option<bool>>,
}

impl Approve for Consent<'_> {
    fn see(&self, plan: &Plan) -> Verdict {
        if names::mistyped(plan, self.spec, self.console).is_some() {
            return Verdict::Refused;
        }
        if self.job.no_lease {
            self.console.note(
                "warning: without a lease, what keyform promises about live keys does not hold for runs that overlap",
            );
        }
        let said = self.job.approval.obtain(&plan.stack, self.console);
        self.said.set(Some(said.is_ok()));
        match said {
            Ok(()) => {
                self.held.after_step();
                Verdict::Approved
            }
            Err(refusal) => {
                match refusal {
                    Some(refusal) => self.console.report(refusal),
                    None => self.console.error("Nothing was changed."),
                }
                Verdict::Refused
            }
        }
    }
}

/// What a person sees: the plan, then a line for each credential as it finishes.
struct Screen<'a> {
    console: &'a Console,
    signals: &'a Signals,
}

impl run::Events for Screen<'_> {
    fn planned(&self, plan: &Plan) {
        self.console.show(|style, out| human::plan(&PlanView::of(plan), style, out));
    }

    fn begins(&self, _: &Plan) {}

    fn goes_on(&self, _: &Report) {
        self.console.note("The lease is about to end; going on under a new one.");
    }

    fn leased(&self, until: Option<Timestamp>) {
        self.signals.holds_lease(until);
    }
}

impl Events for Screen<'_> {
    fn event(&self, event: &Event<'_>) {
        match event {
            Event::Step { name, what } => tracing::info!(%name, what),
            Event::Begins { name, work, act } => {
                self.signals.doing(name, Some(words::doing(work, act).shown().to_string()));
            }
            Event::Finished(result) => {
                self.signals.doing(&result.name, None);
                self.console.page(&line(result, self.console));
            }
        }
    }
}

impl Progress for Screen<'_> {
    fn step(&self, done: usize, total: usize, what: Reading) {
        self.console.step(done, total, what);
    }

    fn end(&self) {
        self.console.end();
    }
}

fn line(result: &Tried, console: &Console) -> String {
    let style = console.style();
    let action = result.actions.iter().max().copied().unwrap_or(Action::Report);
    let symbol = symbol(action);
    let pad = 3usize.saturating_sub(crate::text::escape::columns(style.symbol(symbol)));
    let symbol = style.painted(symbol);
    let dot = format!(" {} ", style.dot());
    let mut done = result.done.clone();
    let took = result.took.as_secs_f64();
    let mut tail = String::new();
    if let Outcome::Failed(error) = &result.outcome {
        // The last line says what is to be said of all that were stopped.
        let stopped = matches!(error, ApplyError::Interrupted | ApplyError::LeaseOver);
        let word = if stopped {
            "stopped"
        } else if error.blocks() {
            "blocked"
        } else {
            "FAILED"
        };
        done.push(word.into());
        if !stopped {
            let error = Diagnostic::from(error);
            tail = format!("      {} ({})\n", error.in_a_line(), error.code.id);
            if let Some(help) = error.help() {
                tail.push_str(&format!("      help: {help}\n"));
            }
        }
    }
    let done = crate::text::escape::plain(&done.join(&dot)).into_owned();
    format!("{:pad$}{symbol} {:<18} {done}   {took:.1} s\n{tail}", "", result.name.as_str())
}

/// The last line, and the exit code; `until` is when a lease that cannot be given back runs out.
fn ended(report: &Report, until: Option<Timestamp>, console: &Console) -> Exit {
    let all = report.results.len();
    let failed = report.failed().count();
    let done = all - failed;
    let withheld = match report.withheld {
        0 => String::new(),
        1 => "  1 change is blocked; the plan above says by what.".into(),
        n => format!("  {n} changes are blocked; the plan above says by what."),
    };
    let again = until.map_or_else(
        || "Run the same command again.".into(),
        |until| format!("The lease runs until {}; run the same command again then.", words::minute(until)),
    );
    let exit = Exit::of_report(report);
    let dark: Vec<&str> = report.left_dark().map(CredentialName::as_str).collect();
    let dark = match (dark.as_slice(), exit) {
        ([], Exit::Interrupted) => " No application lost its key.".into(),
        ([], _) => String::new(),
        (names, _) => format!(" Until then applications may be without a valid key: {}.", names.join(", ")),
    };
    let line = match exit {
        Exit::Interrupted => format!("Interrupted after a finished step: {done} of {all} done. {again}{dark}"),
        Exit::Error => "Nothing was changed.".into(),
        Exit::Stale => "Stale: nothing was changed. Run the same command again.".into(),
        Exit::Done | Exit::Withheld | Exit::Changes | Exit::Leased => format!("Applied: {done} of {all} done."),
        Exit::Incomplete => format!("Incomplete: {done} of {all} done, {failed} to go. {again}{dark}"),
    };
    console.page(&format!("\n{line}{withheld}\n"));
    exit
}
