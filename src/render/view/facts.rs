//! What machines read of a change: words of ours, numbers, dates, and text as it came.

use jiff::Timestamp;

use crate::model::{CredentialName, Field, ItemId, SinkId, Slot};
use crate::plan::{Blocked, Cause, FieldDiff, FieldValue, Reason, Safety, Step};
use crate::render::raw::Raw;
use crate::render::words::{self, Block};

/// Why, in one point.
#[derive(Clone, Debug)]
pub struct ReasonFact {
    /// The machine's word.
    pub id: &'static str,
    /// The slot it is about.
    pub slot: Option<Slot>,
    /// The sinks it is about.
    pub sinks: Vec<Raw>,
    /// What the credential was called.
    pub from: Option<CredentialName>,
    /// What somebody says why it goes.
    pub because: Option<Raw>,
    /// Not earlier than this.
    pub not_before: Option<Timestamp>,
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
pub enum Fact {
    /// A string, or none.
    Text(Option<Raw>),
    /// A sorted set.
    Set(Vec<Raw>),
    /// Yes or no.
    Flag(bool),
    /// The SHA-256 of a string that is not known itself.
    Hash(Raw),
}

/// What differs in one field.
#[derive(Clone, Debug)]
pub struct FieldFact {
    /// As in YAML.
    pub name: &'static str,
    /// What the portal has; `None` when there is nothing yet.
    pub have: Option<Fact>,
    /// What is wanted.
    pub want: Fact,
    /// What made it differ.
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
pub struct StepFact {
    /// The machine's word for what is done.
    pub step: &'static str,
    /// The slot it is about.
    pub slot: Option<Slot>,
    /// The sink it is about.
    pub sink: Option<Raw>,
    /// When the key ends.
    pub expires: Option<Timestamp>,
    /// The fields it is about.
    pub fields: Vec<&'static str>,
    /// The item it turns to.
    pub item: Option<ItemId>,
    /// The name it takes the place of.
    pub from: Option<CredentialName>,
    /// The folder it makes.
    pub folder: Option<Raw>,
}

impl StepFact {
    pub(super) fn of(step: &Step) -> Self {
        let plain = |step| Self { step, ..Self::default() };
        let of_slot = |step, slot: &Slot| Self { slot: Some(*slot), ..plain(step) };
        let of_fields = |step, fields: &std::collections::BTreeSet<Field>| Self {
            fields: fields.iter().map(|field| field.name()).collect(),
            ..plain(step)
        };
        match step {
            Step::CreateFolder { title } => Self { folder: Some(Raw::new(title)), ..plain("create_folder") },
            Step::Turn { item } => Self { item: Some(item.clone()), ..plain("turn_to_item") },
            Step::Rename { from, with: _ } => Self { from: Some(from.clone()), ..plain("rename") },
            Step::Forget => plain("forget"),
            Step::AddItem => plain("add_item"),
            Step::Claim => plain("claim"),
            Step::Register => plain("register_app"),
            Step::UpdateApp => plain("update_app"),
            Step::EditItem { fields } => of_fields("update_item", fields),
            Step::Move => plain("move_item"),
            Step::Record { fields } => of_fields("record", fields),
            Step::Issue(issue) => Self { expires: Some(issue.expires), ..of_slot("issue_key", &issue.slot) },
            Step::TakeKey { slot, from, .. } => Self { sink: Some(sink(from)), ..of_slot("read_key", slot) },
            Step::Resume { slot, .. } => of_slot("resume", slot),
            Step::Deliver { slot, sink: to } => Self { sink: Some(sink(to)), ..of_slot("deliver", slot) },
            Step::Recorded { slot, sink: by } => Self { sink: Some(sink(by)), ..of_slot("record_delivery", slot) },
            Step::Delivered { slot } => of_slot("delivered", slot),
            Step::Revoke { slot } => of_slot("revoke_key", slot),
            Step::End { slot } => of_slot("end_key", slot),
            Step::DeleteItem => plain("delete_item"),
        }
    }
}

/// What can be relied on while a change is carried out.
#[derive(Clone, Debug)]
pub struct SafetyFact {
    /// Why some sink may be without a valid key for a while; `None` promises that none is.
    pub gap: Option<&'static str>,
    /// Whether one run that dies while it delivers can make a new item necessary.
    pub may_replace: bool,
    /// In words.
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
pub struct BlockedFact {
    /// The stable code.
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
