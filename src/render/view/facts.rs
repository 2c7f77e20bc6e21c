//! What machines read of a change: words of ours, numbers, dates, and text as it came.

use jiff::Timestamp;

use crate::model::{CredentialName, Field, ItemId, SinkId, Slot};
use crate::plan::{Act, Blocked, Cause, Change, FieldDiff, FieldValue, Reason, Safety, Target};
use crate::render::raw::Raw;
use crate::render::words::{self, Block};

/// Why, in one point.
#[derive(Clone, Debug)]
pub(crate) struct ReasonFact {
    /// The machine's word.
    pub id: &'static str,
    pub slot: Option<Slot>,
    pub sinks: Vec<Raw>,
    pub from: Option<CredentialName>,
    /// What somebody says why it goes.
    pub because: Option<Raw>,
    pub not_before: Option<Timestamp>,
    pub text: Raw,
}

impl ReasonFact {
    pub(super) fn of(reason: &Reason, now: Timestamp) -> Self {
        let (id, text) = (reason.id(), words::reason(reason, now));
        let plain = Self { id, slot: None, sinks: Vec::new(), from: None, because: None, not_before: None, text };
        match reason {
            Reason::IssueUnfinished { slot }
            | Reason::DeliveryUnfinished { slot }
            | Reason::DeliveryInDoubt { slot }
            | Reason::KeyDead { slot }
            | Reason::KeyExpired { slot, .. }
            | Reason::Due { slot, .. }
            | Reason::RotationRequested { slot, .. }
            | Reason::BreakGlass { slot, .. }
            | Reason::OverlapOver { slot, .. }
            | Reason::ForeignKey { slot } => Self { slot: Some(*slot), ..plain },
            Reason::SinkAdded { sinks } | Reason::SinkLost { sinks } => {
                Self { sinks: sinks.iter().map(sink).collect(), ..plain }
            }
            Reason::Removed { because, not_before } => {
                Self { because: because.as_ref().map(Raw::new), not_before: *not_before, ..plain }
            }
            Reason::Renamed { from } => Self { from: Some(from.clone()), ..plain },
            Reason::New
            | Reason::Begun
            | Reason::Differs
            | Reason::Edited
            | Reason::Unregistered
            | Reason::NoKey
            | Reason::NotHome { .. }
            | Reason::Replaced { .. }
            | Reason::Reverted
            | Reason::Requested
            | Reason::Orphan
            | Reason::Copy { .. }
            | Reason::Duplicate { .. }
            | Reason::Leftover { .. }
            | Reason::Unclear
            | Reason::Unread => plain,
        }
    }
}

fn sink(id: &SinkId) -> Raw {
    Raw::new(id.as_str())
}

/// The value of a field.
#[derive(Clone, Debug)]
pub(crate) enum Fact {
    /// A string, or none.
    Text(Option<Raw>),
    /// A sorted set.
    Set(Vec<Raw>),
    Flag(bool),
    /// The SHA-256 of a string that is not known itself.
    Hash(Raw),
}

/// What differs in one field.
#[derive(Clone, Debug)]
pub(crate) struct FieldFact {
    pub name: &'static str,
    /// What the portal has; `None` when there is nothing yet.
    pub have: Option<Fact>,
    pub want: Fact,
    pub cause: Cause,
}

impl FieldFact {
    pub(super) fn of(FieldDiff { field, have, want, cause }: &FieldDiff) -> Self {
        let fact = |value: &FieldValue| match value {
            FieldValue::Text(text) => Fact::Text(text.as_ref().map(Raw::new)),
            FieldValue::Set(set) => Fact::Set(set.iter().map(Raw::new).collect()),
            FieldValue::Flag(flag) => Fact::Flag(*flag),
            FieldValue::Hash(hash) => Fact::Hash(Raw::new(format!("sha256:{hash}"))),
        };
        Self { name: field.name(), have: have.as_ref().map(fact), want: fact(want), cause: *cause }
    }
}

/// One step.
#[derive(Clone, Debug, Default)]
pub(crate) struct StepFact {
    /// The machine's word for what is done.
    pub step: &'static str,
    pub slot: Option<Slot>,
    pub sink: Option<Raw>,
    pub expires: Option<Timestamp>,
    pub fields: Vec<&'static str>,
    /// The item that it and those after it are about, where that is another one.
    pub item: Option<ItemId>,
    pub from: Option<CredentialName>,
    pub folder: Option<Raw>,
}

impl StepFact {
    /// The steps of `change`, with a turn to the item where a step is about another one than the step before.
    pub(super) fn all(change: &Change) -> Vec<Self> {
        let (mut at, mut all) = (&Target::Home, Vec::new());
        for step in &change.work.steps {
            let item = match &step.on {
                on if on == at => None,
                Target::Home => change.item.as_ref(),
                Target::Item(item) => Some(item),
                Target::New => None,
            };
            let turn = |item: &ItemId| Self { step: "turn_to_item", item: Some(item.clone()), ..Self::default() };
            all.extend(item.map(turn));
            all.push(Self::of(&step.act));
            at = &step.on;
        }
        all
    }

    fn of(act: &Act) -> Self {
        let plain = |step| Self { step, ..Self::default() };
        let of_slot = |step, slot: &Slot| Self { slot: Some(*slot), ..plain(step) };
        let of_fields = |step, fields: &std::collections::BTreeSet<Field>| Self {
            fields: fields.iter().map(|field| field.name()).collect(),
            ..plain(step)
        };
        match act {
            Act::CreateFolder { title } => Self { folder: Some(Raw::new(title)), ..plain("create_folder") },
            Act::Rename { from, with: _ } => Self { from: Some(from.clone()), ..plain("rename") },
            Act::Forget => plain("forget"),
            Act::AddItem => plain("add_item"),
            Act::WriteLedger => plain("claim"),
            Act::Register => plain("register_app"),
            Act::UpdateApp => plain("update_app"),
            Act::EditItem { fields } => of_fields("update_item", fields),
            Act::Move => plain("move_item"),
            Act::Record { fields } => of_fields("record", fields),
            Act::Issue(issue) => Self { expires: Some(issue.expires), ..of_slot("issue_key", &issue.slot) },
            Act::ReadKeyFromSink { slot, from, .. } => Self { sink: Some(sink(from)), ..of_slot("read_key", slot) },
            Act::Resume { slot, .. } => of_slot("resume", slot),
            Act::Deliver { slot, sink: to } => Self { sink: Some(sink(to)), ..of_slot("deliver", slot) },
            Act::RecordDelivery { slot, sink: by } => Self { sink: Some(sink(by)), ..of_slot("record_delivery", slot) },
            Act::Delivered { slot } => of_slot("delivered", slot),
            Act::Revoke { slot } => of_slot("revoke_key", slot),
            Act::EndKey { slot } => of_slot("end_key", slot),
            Act::DeleteItem => plain("delete_item"),
        }
    }
}

/// What can be relied on while a change is carried out.
#[derive(Clone, Debug)]
pub(crate) struct SafetyFact {
    /// Why some sink may be without a valid key for a while; `None` promises that none is.
    pub gap: Option<&'static str>,
    /// Whether one run that dies while it delivers can make a new item necessary.
    pub may_replace: bool,
    pub text: Raw,
}

impl SafetyFact {
    pub(super) fn of(safety: Safety) -> Self {
        let gap = safety.gap.map(crate::plan::Gap::id);
        Self { gap, may_replace: safety.may_replace, text: words::safety(safety) }
    }
}

/// What blocks a change.
#[derive(Clone, Debug)]
pub(crate) struct BlockedFact {
    pub code: &'static str,
    pub why: Raw,
    pub resolve: Raw,
}

impl BlockedFact {
    pub(super) fn of(blocked: &Blocked) -> Self {
        let Block { why, resolve } = words::blocked(blocked);
        Self { code: blocked.code().id, why, resolve }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::Step;
    use crate::plan::tests::world::{id, live, only, planned, want};

    #[test]
    fn a_step_about_another_item_than_the_one_before_it_comes_after_a_turn() {
        let mut change = only(&planned(want(), &live(Vec::new()))).clone();
        assert!(StepFact::all(&change).iter().all(|step| step.step != "turn_to_item"), "it makes its item");
        change.item = Some(id(2));
        let older = || Target::Item(id(1));
        let end = || Act::Revoke { slot: Slot::One };
        let steps =
            [(Target::Home, end()), (older(), end()), (older(), Act::DeleteItem), (Target::Home, Act::DeleteItem)];
        change.work.steps = steps.into_iter().map(|(on, act)| Step { on, act }).collect();
        let told: Vec<_> = StepFact::all(&change).into_iter().map(|step| (step.step, step.item)).collect();
        let wanted = [
            ("revoke_key", None),
            ("turn_to_item", Some(id(1))),
            ("revoke_key", None),
            ("delete_item", None),
            ("turn_to_item", Some(id(2))),
            ("delete_item", None),
        ];
        assert_eq!(told, wanted);
    }
}
