//! One change, as formats see it.

use super::facts::{BlockedFact, FieldFact, ReasonFact, SafetyFact, StepFact};
use super::rows::{self, Row};
use super::{Action, Exposure, Place};
use crate::model::{CredentialName, ItemId, Slot};
use crate::plan::{Act, Cause, Change, Outgoing, Plan};
use crate::render::raw::Raw;
use crate::render::words;
use crate::text::escape::{Shown, shown};

/// One change: in words for those who read, and as facts for machines.
#[derive(Clone, Debug)]
pub struct ChangeView {
    /// The credential.
    pub name: CredentialName,
    /// `credential.<name>`.
    pub address: Shown,
    /// What is done.
    pub action: Action,
    /// Its symbol, one of [`crate::render::style::SYMBOLS`].
    pub symbol: &'static str,
    /// Why, in a few words.
    pub headline: Shown,
    /// What, in a few words.
    pub recap: Shown,
    /// Everything else there is to say, in order.
    pub rows: Vec<Row>,
    /// How much it matters.
    pub severity: Severity,
    /// Where the credential is declared.
    pub source: Option<Place>,
    /// The stable code of what blocks it.
    pub code: Option<&'static str>,
    /// What made it necessary.
    pub cause: Cause,
    /// Whether access grows.
    pub exposure: Exposure,
    /// Whether nothing blocks it but a date.
    pub waits: bool,
    /// Why, the most telling first.
    pub reasons: Vec<ReasonFact>,
    /// The item.
    pub item: Option<ItemId>,
    /// What differs.
    pub fields: Vec<FieldFact>,
    /// What is done, in order.
    pub steps: Vec<StepFact>,
    /// The slot a key is issued into, and for how long.
    pub issue: Option<(Slot, Shown)>,
    /// The slots whose keys are revoked.
    pub revokes: Vec<Slot>,
    /// Sinks that hold a dead key.
    pub dead_in: Vec<Raw>,
    /// What a new key takes over from.
    pub outgoing: Option<Outgoing>,
    /// What can be relied on meanwhile.
    pub safety: Option<SafetyFact>,
    /// What blocks it.
    pub blocked: Option<BlockedFact>,
}

/// How much a change matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Nobody loses anything, nobody may do more.
    Note,
    /// Access grows, an item or a live key goes or is replaced, an application may be without a key, or something on the
    /// portal needs a look.
    Warning,
    /// It is withheld, and not by a date alone.
    Error,
}

impl Severity {
    fn of(change: &Change, plan: &Plan) -> Self {
        if change.waits() {
            return Self::Note;
        }
        let refused = |change: &Change| plan.refused.as_ref().is_some_and(|refused| !refused.lets(change));
        if change.blocked.is_some() || change.is_runnable() && refused(change) {
            return Self::Error;
        }
        if change.told.safety.is_some_and(|safety| safety.gap.is_some()) {
            return Self::Warning;
        }
        match (change.action, change.exposure) {
            (Action::Replace | Action::UpdateEndingKeys | Action::Destroy | Action::Report, _)
            | (Action::Update, Exposure::Widens) => Self::Warning,
            (Action::Deliver | Action::Create | Action::Rotate | Action::Retire | Action::Forget, _)
            | (Action::Update, Exposure::Same | Exposure::Narrows) => Self::Note,
        }
    }
}

impl ChangeView {
    pub(super) fn of(change: &Change, plan: &Plan) -> Self {
        let now = plan.now;
        Self {
            name: change.name.clone(),
            address: shown(&format!("credential.{}", change.name)),
            action: change.action,
            symbol: symbol(change.action),
            headline: words::headline(change, now).shown(),
            recap: words::recap(change, now).shown(),
            rows: rows::of(change, now),
            severity: Severity::of(change, plan),
            source: change.source.as_ref().map(Place::of),
            code: change.blocked.as_ref().map(|blocked| blocked.code().id),
            cause: change.cause,
            exposure: change.exposure,
            waits: change.waits(),
            reasons: change.reasons.iter().map(|reason| ReasonFact::of(reason, now)).collect(),
            item: change.item.clone(),
            fields: change.fields.iter().map(FieldFact::of).collect(),
            steps: StepFact::all(change),
            issue: change.work.issue().map(|issue| (issue.slot, words::issue(issue).shown())),
            revokes: change
                .work
                .acts()
                .filter_map(|act| if let Act::Revoke { slot } = act { Some(*slot) } else { None })
                .collect(),
            dead_in: change.told.dead_in.iter().map(|sink| Raw::new(sink.as_str())).collect(),
            outgoing: change.told.outgoing.clone(),
            safety: change.told.safety.map(SafetyFact::of),
            blocked: change.blocked.as_ref().map(BlockedFact::of),
        }
    }

    /// Whether it lets anybody do more than before; a new credential is new as a whole.
    #[must_use]
    pub fn widens(&self) -> bool {
        self.exposure == Exposure::Widens && self.action != Action::Create
    }
}

/// The symbol of an action.
#[must_use]
pub const fn symbol(action: Action) -> &'static str {
    match action {
        Action::Deliver => "»",
        Action::Create => "+",
        Action::Rotate => "↻",
        Action::Retire => "x",
        Action::Update => "~",
        Action::Replace => "+/-",
        Action::UpdateEndingKeys => "!~",
        Action::Forget => "->",
        Action::Destroy => "-",
        Action::Report => "!",
    }
}
