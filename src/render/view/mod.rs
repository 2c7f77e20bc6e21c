//! What every format sees of a plan: sorted, counted, in words, escaped, and without anything secret.
//!
//! It is built once. A format looks nothing up and decides nothing: text is [`Shown`], which can be printed, or [`Raw`],
//! which only a document can hold; of the plan's own types there are those that hold no text.

mod change;
mod counts;
mod drift;
mod facts;
mod limits;
mod place;
mod rows;
mod taken;

pub(crate) use change::{ChangeView, symbol};
pub(crate) use counts::Counts;
pub(crate) use drift::{DriftView, Drifted};
pub(crate) use facts::{BlockedFact, FieldFact, ReasonFact, SafetyFact, StepFact};
pub(crate) use limits::{GuardView, OverView, RefusedView};
pub(crate) use place::Place;
pub(crate) use rows::{Kind, Row, Value};
pub(crate) use taken::TakenView;

use jiff::Timestamp;

use super::raw::Raw;
use super::words;
use crate::model::{CredentialName, PortalUrl, Product, StackName, Version};
pub(crate) use crate::plan::{Action, Budget, Exposure, KeyLine, Lapse, Next, Outlook};
use crate::plan::{Blocked, Change, Note, Plan};
use crate::text::escape::Shown;

/// A plan, as formats see it.
#[derive(Clone, Debug)]
pub(crate) struct PlanView {
    pub head: Head,
    /// What is done or withheld, from harmless to dangerous.
    pub changes: Vec<ChangeView>,
    /// Credentials of which only is noted that configuration and portal agree.
    pub noted: Vec<ChangeView>,
    /// What was taken away in the portal and is withheld.
    pub taken: Vec<TakenView>,
    pub reports: Vec<ChangeView>,
    /// The symbols that occur, with their meaning.
    pub legend: Vec<(&'static str, &'static str)>,
    /// What else is worth knowing, by credential.
    pub notes: Vec<NoteView>,
    /// Credentials that match the configuration.
    pub unchanged: Vec<CredentialName>,
    /// The keys in use, soonest end first.
    pub keys: Vec<KeyLine>,
    /// The keys in use once the plan was carried out.
    pub keys_after: Vec<KeyLine>,
    /// The next thing that will be due.
    pub next: Option<(Timestamp, Option<Next>, CredentialName)>,
    /// Limits, and how much of each is used.
    pub guards: Vec<GuardView>,
    pub refused: Option<RefusedView>,
    /// How many changes of each kind there are.
    pub summary: Counts,
    /// What comes of the keys in use if keyform never runs again.
    pub outlook: Outlook,
    /// What comes of those after the plan.
    pub outlook_after: Outlook,
    /// Until when the plan is correct, if only time passes.
    pub until: Option<Until>,
}

/// What was read, when, and for whom.
#[derive(Clone, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
pub(crate) struct Head {
    pub stack: StackName,
    /// The root configuration file, as it was given.
    pub file: Raw,
    /// The portal's address, as configured.
    pub url: Raw,
    /// Whether the portal is the built-in one.
    pub emulator: bool,
    pub product: Product,
    /// Its version, where it tells.
    pub version: Option<Version>,
    pub org: Raw,
    /// The account that keyform acts as.
    pub account: Raw,
    pub now: Timestamp,
    /// Whether that is not the portal's time.
    pub simulated: bool,
    /// Whether it leaves out what was not asked for.
    pub partial: bool,
    /// How many credentials are wanted or were found.
    pub read: usize,
    /// Whether nothing on the portal carries this stack's marker yet.
    pub first: bool,
    /// Whether there is nothing to do and nothing withheld.
    pub empty: bool,
}

impl Head {
    pub(crate) fn clock(&self) -> String {
        words::clock(self.now, self.simulated)
    }
}

/// Something worth knowing that is no change.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct NoteView {
    pub name: Option<CredentialName>,
    pub text: Raw,
    pub code: &'static str,
}

impl NoteView {
    fn of(note: &Note) -> Self {
        Self { name: note.name.clone(), text: words::note(note), code: note.about.code().id }
    }
}

/// Where time alone makes another plan of it.
#[derive(Clone, Debug)]
pub(crate) struct Until {
    pub at: Timestamp,
    pub name: CredentialName,
    /// The machine's word for what happens then.
    pub what: &'static str,
    pub text: Shown,
}

impl PlanView {
    pub(crate) fn of(plan: &Plan) -> Self {
        let view = |change| ChangeView::of(change, plan.now);
        let rest = plan.changes.iter().filter(|change| !matches!(change.blocked, Some(Blocked::Withheld { .. })));
        let (agreed, rest) = rest.partition::<Vec<_>, _>(|change| change.only_notes());
        let (reports, changes) = rest.into_iter().partition::<Vec<_>, _>(|change| change.action == Action::Report);
        let shown = |change: &&Change| !change.only_notes();
        let occurs = |action: &Action| plan.changes.iter().filter(shown).any(|change| change.action == *action);
        let mut notes: Vec<NoteView> = plan.overview.notes.iter().map(NoteView::of).collect();
        notes.sort();
        Self {
            head: Head {
                stack: plan.stack.clone(),
                file: Raw::new(&plan.overview.file),
                url: Raw::new(match &plan.overview.url {
                    PortalUrl::Emulator => "emulator",
                    PortalUrl::At(url) => url,
                }),
                emulator: plan.overview.url == PortalUrl::Emulator,
                product: plan.overview.portal.product,
                version: plan.overview.portal.version.clone(),
                org: Raw::new(&plan.overview.portal.org),
                account: Raw::new(&plan.overview.caller.username),
                now: plan.now,
                simulated: plan.simulated,
                partial: plan.partial,
                read: plan.overview.read,
                first: plan.overview.first,
                empty: plan.is_empty(),
            },
            legend: Action::ALL.into_iter().filter(occurs).map(words::sign).collect(),
            changes: changes.into_iter().map(view).collect(),
            noted: agreed.into_iter().map(view).collect(),
            taken: TakenView::all(plan),
            reports: reports.into_iter().map(view).collect(),
            notes,
            unchanged: plan.overview.unchanged.clone(),
            keys: plan.overview.keys.clone(),
            keys_after: plan.overview.keys_after.clone(),
            next: plan.next_action().map(|(at, key)| (at, key.next, key.name.clone())),
            guards: plan.guards.iter().map(GuardView::of).collect(),
            refused: plan.refused.as_ref().map(|refused| RefusedView::of(refused, plan)),
            summary: Counts::of(plan),
            outlook: plan.overview.outlook.clone(),
            outlook_after: plan.overview.outlook_after.clone(),
            until: plan.next_boundary().map(|(at, boundary)| Until {
                at,
                what: boundary.turn.id(),
                text: words::boundary(&boundary).shown(),
                name: boundary.name,
            }),
        }
    }

    /// Everything about one credential: what is done or withheld, then what is reported.
    pub(crate) fn about<'v>(&'v self, name: &CredentialName) -> impl Iterator<Item = &'v ChangeView> {
        let taken = self.taken.iter().flat_map(|taken| &taken.changes);
        self.changes
            .iter()
            .chain(&self.noted)
            .chain(taken)
            .chain(&self.reports)
            .filter(move |change| change.name == *name)
    }
}
