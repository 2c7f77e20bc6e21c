//! One change, as formats see it.

use jiff::Timestamp;

use super::facts::{BlockedFact, FieldFact, ReasonFact, SafetyFact, StepFact};
use super::rows::{self, Row};
use super::{Action, Exposure, Place};
use crate::model::{CredentialName, ItemId, Slot};
use crate::plan::{Act, Cause, Change, Outgoing};
use crate::render::raw::Raw;
use crate::render::words;
use crate::text::escape::{Shown, shown};

/// One change: in words for those who read, and as facts for machines.
#[derive(Clone, Debug)]
pub(crate) struct ChangeView {
    pub name: CredentialName,
    /// `credential.<name>`.
    pub address: Shown,
    pub action: Action,
    /// Its symbol, one of [`crate::render::style::SYMBOLS`].
    pub symbol: &'static str,
    /// Why, in a few words.
    pub headline: Shown,
    /// What, in a few words.
    pub recap: Shown,
    /// Everything else there is to say, in order.
    pub rows: Vec<Row>,
    pub source: Option<Place>,
    /// The stable code of what blocks it.
    pub code: Option<&'static str>,
    pub cause: Cause,
    pub exposure: Exposure,
    /// Whether nothing blocks it but a date.
    pub waits: bool,
    /// Why, the most telling first.
    pub reasons: Vec<ReasonFact>,
    pub item: Option<ItemId>,
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
    pub blocked: Option<BlockedFact>,
}

impl ChangeView {
    pub(super) fn of(change: &Change, now: Timestamp) -> Self {
        Self {
            name: change.name.clone(),
            address: shown(&format!("credential.{}", change.name)),
            action: change.action,
            symbol: symbol(change.action),
            headline: words::headline(change, now).shown(),
            recap: words::recap(change, now).shown(),
            rows: rows::of(change, now),
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
    pub(crate) fn widens(&self) -> bool {
        self.exposure == Exposure::Widens && self.action != Action::Create
    }
}

pub(crate) const fn symbol(action: Action) -> &'static str {
    words::sign(action).0
}
