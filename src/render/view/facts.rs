//! What machines read of a change, as the documents hold it: words of ours, numbers, dates, and text as it came.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Value, json};

use crate::model::{Field, ItemId, SinkId, Slot};
use crate::plan::{Act, Blocked, Change, FieldDiff, FieldValue, Reason, Safety, Target};
use crate::render::raw::Raw;
use crate::render::words::{self, Block};

// The types have no doc comments: those would be descriptions in the schema.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(rename = "ReasonDocument")]
pub(crate) struct ReasonFact {
    /// The machine's word.
    id: &'static str,
    /// The slot it is about.
    slot: Option<u8>,
    /// The sinks it is about.
    sinks: Vec<Raw>,
    /// What the credential was called, where it is renamed.
    #[serde(skip_serializing_if = "Option::is_none")]
    from: Option<String>,
    /// What people say why it goes.
    #[serde(skip_serializing_if = "Option::is_none")]
    because: Option<Raw>,
    /// Not earlier than this, RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    not_before: Option<String>,
    /// In words.
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
            | Reason::KeyLost { slot }
            | Reason::KeyExpired { slot, .. }
            | Reason::Due { slot, .. }
            | Reason::RotationRequested { slot, .. }
            | Reason::BreakGlass { slot, .. }
            | Reason::OverlapOver { slot, .. }
            | Reason::ForeignKey { slot } => Self { slot: Some(slot.number()), ..plain },
            Reason::SinkAdded { sinks } | Reason::SinkLost { sinks } => {
                Self { sinks: sinks.iter().map(sink).collect(), ..plain }
            }
            Reason::Removed { because, not_before } => Self {
                because: because.as_ref().map(Raw::new),
                not_before: not_before.map(|at| at.to_string()),
                ..plain
            },
            Reason::Renamed { from } => Self { from: Some(from.to_string()), ..plain },
            Reason::New
            | Reason::Begun
            | Reason::Differs
            | Reason::Edited { .. }
            | Reason::TakenAway { .. }
            | Reason::Agreed
            | Reason::Unregistered
            | Reason::NoKey
            | Reason::NotHome { .. }
            | Reason::Replaced { .. }
            | Reason::Reverted
            | Reason::NotTaken
            | Reason::Requested
            | Reason::Orphan
            | Reason::Copy { .. }
            | Reason::OtherOwner { .. }
            | Reason::HandedOver { .. }
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

#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(rename = "FieldDocument")]
pub(crate) struct FieldFact {
    pub field: &'static str,
    /// What the portal has; null when there is nothing yet.
    have: Option<Value>,
    /// What is wanted.
    want: Value,
    /// `config` or `portal`.
    cause: &'static str,
}

impl FieldFact {
    pub(super) fn of(FieldDiff { field, have, want, cause }: &FieldDiff) -> Self {
        let fact = |value: &FieldValue| match value {
            FieldValue::Text(text) => json!(text),
            FieldValue::Set(set) => json!(set),
            FieldValue::Flag(flag) => json!(flag),
            FieldValue::Hash(hash) => json!(format!("sha256:{hash}")),
        };
        Self { field: field.name(), have: have.as_ref().map(fact), want: fact(want), cause: cause.id() }
    }
}

#[derive(Clone, Debug, Default, Serialize, JsonSchema)]
#[schemars(rename = "StepDocument")]
pub(crate) struct StepFact {
    /// What is done.
    step: &'static str,
    /// The slot it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    slot: Option<u8>,
    /// The sink it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    sink: Option<Raw>,
    /// When the key ends, RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    expires: Option<String>,
    /// The fields it is about.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    fields: Vec<&'static str>,
    /// The item it turns to.
    #[serde(skip_serializing_if = "Option::is_none")]
    item: Option<String>,
    /// The name it takes the place of.
    #[serde(skip_serializing_if = "Option::is_none")]
    from: Option<String>,
    /// The folder it makes.
    #[serde(skip_serializing_if = "Option::is_none")]
    folder: Option<Raw>,
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
            let turn = |item: &ItemId| Self { step: "turn_to_item", item: Some(item.to_string()), ..Self::default() };
            all.extend(item.map(turn));
            all.push(Self::of(&step.act));
            at = &step.on;
        }
        all
    }

    fn of(act: &Act) -> Self {
        let plain = |step| Self { step, ..Self::default() };
        let of_slot = |step, slot: &Slot| Self { slot: Some(slot.number()), ..plain(step) };
        let of_fields = |step, fields: &std::collections::BTreeSet<Field>| Self {
            fields: fields.iter().map(|field| field.name()).collect(),
            ..plain(step)
        };
        match act {
            Act::CreateFolder { title } => Self { folder: Some(Raw::new(title)), ..plain("create_folder") },
            Act::Rename { from, with: _ } => Self { from: Some(from.to_string()), ..plain("rename") },
            Act::Forget => plain("forget"),
            Act::AddItem => plain("add_item"),
            Act::WriteLedger => plain("claim"),
            Act::Register => plain("register_app"),
            Act::UpdateApp => plain("update_app"),
            Act::EditItem { fields } => of_fields("update_item", fields),
            Act::Move => plain("move_item"),
            Act::Record { fields } => of_fields("record", fields),
            Act::Issue(issue) => Self { expires: Some(issue.expires.to_string()), ..of_slot("issue_key", &issue.slot) },
            Act::ReadKeyFromSink { slot, from, .. } => Self { sink: Some(sink(from)), ..of_slot("read_key", slot) },
            Act::Resume { slot, .. } => of_slot("resume", slot),
            Act::Deliver { slot, sink: to } => Self { sink: Some(sink(to)), ..of_slot("deliver", slot) },
            Act::RecordDelivery { slot, sink: by } => Self { sink: Some(sink(by)), ..of_slot("record_delivery", slot) },
            Act::Delivered { slot } => of_slot("delivered", slot),
            Act::Lost { slot } => of_slot("note_lost_key", slot),
            Act::Revoke { slot } => of_slot("revoke_key", slot),
            Act::EndKey { slot } => of_slot("end_key", slot),
            Act::DeleteItem => plain("delete_item"),
        }
    }
}

#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(rename = "SafetyDocument")]
pub(crate) struct SafetyFact {
    /// Whether no sink is ever without a valid key.
    continuous: bool,
    /// Why not: `in_place`, `break_glass`, `too_late` or `dead`.
    gap: Option<&'static str>,
    /// Whether it can be taken up again after a crash at any step.
    resumable: bool,
    /// Whether one run that dies while it delivers can make a new item necessary.
    may_replace: bool,
    /// In words.
    text: Raw,
}

impl SafetyFact {
    pub(super) fn of(safety: Safety) -> Self {
        let gap = safety.gap.map(crate::plan::Gap::id);
        let (continuous, may_replace, text) = (gap.is_none(), safety.may_replace, words::safety(safety));
        Self { continuous, gap, resumable: true, may_replace, text }
    }
}

#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(rename = "BlockedDocument")]
pub(crate) struct BlockedFact {
    /// A stable code.
    pub code: &'static str,
    /// In a sentence.
    pub why: Raw,
    /// What resolves it.
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
            ("turn_to_item", Some(id(1).to_string())),
            ("revoke_key", None),
            ("delete_item", None),
            ("turn_to_item", Some(id(2).to_string())),
            ("delete_item", None),
        ];
        assert_eq!(told, wanted);
    }
}
