//! A plan for machines: its own structs, frozen by a version.

use schemars::JsonSchema;
use serde::Serialize;

use crate::model::SourceLine;
use crate::plan::{
    Budget, Change, FieldDiff, FieldValue, GuardUse, KeyLine, Lapse, Outgoing, Outlook, Over, Plan, Reason, Refused,
    Safety, Step, Then,
};

use super::view::{self, Counts};
use super::words::{self, Block};

/// The version of the plan document. Members may be added within it; none is renamed or removed.
pub const PLAN_VERSION: u32 = 1;

/// A plan.
#[derive(Debug, Serialize, JsonSchema)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
#[schemars(title = "keyform plan", deny_unknown_fields)]
pub struct PlanDocument {
    /// The version of this document: 1.
    version: u32,
    /// The keyform that made it.
    keyform: String,
    /// The stack.
    stack: String,
    /// The root configuration file, as it was given.
    config: String,
    /// The portal's time, RFC 3339.
    clock: String,
    /// Whether that is not the portal's time but another one that was asked for.
    simulated: bool,
    /// Whether the plan leaves out what was not asked for.
    partial: bool,
    /// The portal.
    portal: PortalDocument,
    /// Whether nothing on the portal carries this stack's marker yet.
    first_apply: bool,
    /// Whether there is nothing to do.
    empty: bool,
    /// How many changes of each kind there are.
    summary: SummaryDocument,
    /// The changes, from harmless to dangerous.
    changes: Vec<ChangeDocument>,
    /// The names of credentials that match.
    unchanged: Vec<String>,
    /// The keys in use, soonest end first.
    keys: Vec<KeyDocument>,
    /// The keys in use once this plan was carried out, soonest end first.
    keys_after: Vec<KeyDocument>,
    /// What comes of those if keyform never runs again.
    outlook: OutlookDocument,
    /// What else is worth knowing.
    notes: Vec<NoteDocument>,
    /// Limits, and how much of each is used.
    guards: Vec<GuardDocument>,
    /// Why none of it may be carried out; null where it may.
    refused: Option<RefusedDocument>,
    /// Where time alone makes other changes of it; null if it never does.
    next_boundary: Option<BoundaryDocument>,
}

/// A limit, and how much of it the plan uses.
#[derive(Debug, Serialize, JsonSchema)]
struct GuardDocument {
    /// `destroy`, `replace`, `rotate` or `change_percent`.
    guard: String,
    used: u32,
    limit: u32,
    /// Where the limit stands; null for a default and for one of the command line.
    source: Option<SourceDocument>,
    /// Whether the limit comes from `--allow`.
    allowed: bool,
}

#[derive(Debug, Serialize, JsonSchema)]
struct RefusedDocument {
    /// The limits that the plan is over.
    over: Vec<OverDocument>,
    /// Credentials whose keys are renewed all the same, since they could end before the next run.
    urgent: Vec<String>,
    /// The command that carries it out all the same.
    command: String,
}

#[derive(Debug, Serialize, JsonSchema)]
struct OverDocument {
    /// `destroy`, `replace` or `change_percent`.
    guard: String,
    /// The credentials that count.
    names: Vec<String>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct BoundaryDocument {
    /// RFC 3339.
    at: String,
    /// The credential.
    name: String,
    /// `renewal`, `overlap_over`, `expiry`, `fixed_end`, `window`, `freeze` or `removal`.
    what: String,
}

#[derive(Debug, Serialize, JsonSchema)]
struct PortalDocument {
    /// As configured.
    url: String,
    /// `online`, `location-platform` or `enterprise`.
    product: String,
    /// Where the portal tells.
    version: Option<String>,
    /// The organisation's id.
    org: String,
    /// Who keyform acts as.
    account: String,
}

#[derive(Debug, Serialize, JsonSchema)]
struct SummaryDocument {
    add: usize,
    change: usize,
    destroy: usize,
    rotate: usize,
    replace: usize,
    deliver: usize,
    retire: usize,
    forget: usize,
    report: usize,
    blocked: usize,
    unchanged: usize,
}

/// One change, as machines read it.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct ChangeDocument {
    /// `credential.<name>`.
    address: String,
    /// The credential.
    name: String,
    /// `deliver`, `create`, `rotate`, `retire`, `update`, `replace`, `update_ending_keys`, `forget`, `destroy` or `report`.
    action: String,
    /// Why, the most telling first.
    reasons: Vec<ReasonDocument>,
    /// `config`, `portal`, `time` or `request`.
    cause: String,
    /// `same`, `narrows` or `widens`.
    exposure: String,
    /// The item, if there is one.
    item: Option<String>,
    /// What differs.
    fields: Vec<FieldDocument>,
    /// What is done, in order.
    steps: Vec<StepDocument>,
    /// Sinks that hold a dead key, now or once the change is carried out.
    dead_in: Vec<String>,
    /// What becomes of the key or item that a new key takes over from.
    outgoing: Option<OutgoingDocument>,
    /// What can be relied on meanwhile; null for a change that is not about keys.
    safety: Option<SafetyDocument>,
    /// What stands in the way.
    blocked: Option<BlockedDocument>,
    /// Where it is declared.
    source: Option<SourceDocument>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct ReasonDocument {
    /// The machine's word.
    id: String,
    /// The slot it is about.
    slot: Option<u8>,
    /// The sinks it is about.
    sinks: Vec<String>,
    /// What the credential was called, where it is renamed.
    #[serde(skip_serializing_if = "Option::is_none")]
    from: Option<String>,
    /// What people say why it goes.
    #[serde(skip_serializing_if = "Option::is_none")]
    because: Option<String>,
    /// Not earlier than this, RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    not_before: Option<String>,
    /// In words.
    text: String,
}

#[derive(Debug, Serialize, JsonSchema)]
struct FieldDocument {
    field: String,
    /// What the portal has; null when there is nothing yet.
    have: Option<serde_json::Value>,
    /// What is wanted.
    want: serde_json::Value,
    /// `config` or `portal`.
    cause: String,
}

#[derive(Debug, Serialize, JsonSchema)]
struct StepDocument {
    /// What is done.
    step: String,
    /// The slot it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    slot: Option<u8>,
    /// The sink it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    sink: Option<String>,
    /// When the key ends, RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    expires: Option<String>,
    /// The fields it is about.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    fields: Vec<String>,
    /// The item it turns to.
    #[serde(skip_serializing_if = "Option::is_none")]
    item: Option<String>,
    /// The name it takes the place of.
    #[serde(skip_serializing_if = "Option::is_none")]
    from: Option<String>,
    /// The folder it makes.
    #[serde(skip_serializing_if = "Option::is_none")]
    folder: Option<String>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct OutgoingDocument {
    /// The old item, where a new one takes over.
    item: Option<String>,
    /// The old key's slot, where the item stays.
    slot: Option<u8>,
    /// Until when it stays, RFC 3339.
    until: String,
    /// `revoke`, `expire` or `delete`.
    then: String,
}

#[derive(Debug, Serialize, JsonSchema)]
struct SafetyDocument {
    /// Whether no sink is ever without a valid key.
    continuous: bool,
    /// Why not: `in_place`, `break_glass`, `too_late` or `dead`.
    gap: Option<String>,
    /// Whether it can be taken up again after a crash at any step.
    resumable: bool,
    /// Whether one run that dies while it delivers can make a new item necessary.
    may_replace: bool,
    /// In words.
    text: String,
}

#[derive(Debug, Serialize, JsonSchema)]
struct BlockedDocument {
    /// A stable code.
    code: String,
    /// In a sentence.
    why: String,
    /// What resolves it.
    resolve: String,
}

#[derive(Debug, Serialize, JsonSchema)]
struct SourceDocument {
    file: String,
    line: u32,
}

/// A key in use.
#[derive(Debug, Serialize, JsonSchema)]
pub struct KeyDocument {
    name: String,
    slot: u8,
    /// Whether it is the one applications are to use.
    current: bool,
    /// When it ends, RFC 3339; null where the portal does not tell.
    expires: Option<String>,
    /// Whole days until then.
    days: Option<i64>,
    /// What happens to it next.
    next: Option<NextDocument>,
    /// Sinks seen to hold it.
    sinks_seen: usize,
    /// Sinks that are meant to.
    sinks_declared: usize,
}

/// What comes of the keys if keyform never runs again.
#[derive(Debug, Serialize, JsonSchema)]
pub struct OutlookDocument {
    /// Credentials that are to have a key and have no live one.
    dark: Vec<String>,
    /// The first that lapses for want of a renewal.
    lapses_first: Option<LapseDocument>,
    /// The first that ends as configured, whether keyform runs or not.
    ends_first: Option<LapseDocument>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct LapseDocument {
    name: String,
    /// RFC 3339.
    at: String,
    /// Scheduled runs that may renew it in time for a full overlap; null where no cadence says.
    renewal_runs: Option<u64>,
    /// How many of them may fail.
    may_fail: Option<u64>,
}

impl OutlookDocument {
    /// The document of an outlook.
    #[must_use]
    pub fn of(outlook: &Outlook) -> Self {
        let lapse = |lapse: &Lapse| LapseDocument {
            name: lapse.name.to_string(),
            at: lapse.at.to_string(),
            renewal_runs: lapse.budget.map(|budget| budget.runs),
            may_fail: lapse.budget.and_then(Budget::may_fail),
        };
        let Outlook { dark, lapse: first, end } = outlook;
        Self {
            dark: dark.iter().map(ToString::to_string).collect(),
            lapses_first: first.as_ref().map(lapse),
            ends_first: end.as_ref().map(lapse),
        }
    }
}

#[derive(Debug, Serialize, JsonSchema)]
struct NextDocument {
    /// `renew`, `revoke` or `expire`.
    what: String,
    /// RFC 3339.
    at: String,
}

#[derive(Debug, Serialize, JsonSchema)]
struct NoteDocument {
    name: Option<String>,
    text: String,
}

impl PlanDocument {
    /// The document of `plan`.
    #[must_use]
    pub fn of(plan: &Plan) -> Self {
        let counts = Counts::of(plan);
        Self {
            version: PLAN_VERSION,
            keyform: env!("CARGO_PKG_VERSION").into(),
            stack: plan.stack.to_string(),
            config: plan.file.clone(),
            clock: plan.now.to_string(),
            simulated: plan.simulated,
            partial: plan.partial,
            portal: PortalDocument {
                url: plan.url.clone(),
                product: product_id(plan.portal.product).into(),
                version: plan.portal.version.as_ref().map(ToString::to_string),
                org: plan.portal.org.clone(),
                account: plan.caller.username.clone(),
            },
            first_apply: plan.first,
            empty: plan.is_empty(),
            summary: SummaryDocument {
                add: counts.add,
                change: counts.change,
                destroy: counts.destroy,
                rotate: counts.rotate,
                replace: counts.replace,
                deliver: counts.deliver,
                retire: counts.retire,
                forget: counts.forget,
                report: counts.report,
                blocked: counts.blocked,
                unchanged: counts.unchanged,
            },
            changes: plan.changes.iter().map(|change| change_document(change, plan)).collect(),
            unchanged: plan.unchanged.iter().map(ToString::to_string).collect(),
            keys: plan.keys.iter().map(|key| KeyDocument::of(key, plan.now)).collect(),
            keys_after: plan.keys_after.iter().map(|key| KeyDocument::of(key, plan.now)).collect(),
            outlook: OutlookDocument::of(&plan.outlook_after),
            notes: view::notes(plan)
                .into_iter()
                .map(|(name, text)| NoteDocument { name: name.map(ToString::to_string), text })
                .collect(),
            guards: plan.guards.iter().map(guard_document).collect(),
            refused: plan.refused.as_ref().map(|refused @ Refused { over, urgent, destroys: _ }| RefusedDocument {
                urgent: urgent.iter().map(ToString::to_string).collect(),
                over: over
                    .iter()
                    .map(|Over { limit, names }| OverDocument {
                        guard: limit.guard.id().into(),
                        names: names.iter().map(ToString::to_string).collect(),
                    })
                    .collect(),
                command: words::command(refused),
            }),
            next_boundary: plan.next_boundary().map(|(at, boundary)| BoundaryDocument {
                at: at.to_string(),
                name: boundary.name.to_string(),
                what: boundary.turn.id().into(),
            }),
        }
    }
}

fn guard_document(GuardUse { guard, used, limit, source, allowed }: &GuardUse) -> GuardDocument {
    GuardDocument {
        guard: guard.id().into(),
        used: *used,
        limit: *limit,
        source: source.as_ref().map(source_document),
        allowed: *allowed,
    }
}

fn source_document(SourceLine { file, line }: &SourceLine) -> SourceDocument {
    SourceDocument { file: file.to_string(), line: *line }
}

/// A product as in YAML.
#[must_use]
pub const fn product_id(product: crate::model::Product) -> &'static str {
    match product {
        crate::model::Product::Online => "online",
        crate::model::Product::LocationPlatform => "location-platform",
        crate::model::Product::Enterprise => "enterprise",
    }
}

impl KeyDocument {
    /// The document of one key at `now`.
    #[must_use]
    pub fn of(key: &KeyLine, now: jiff::Timestamp) -> Self {
        Self {
            name: key.name.to_string(),
            slot: key.slot.number(),
            current: key.current,
            expires: key.expires.map(|at| at.to_string()),
            days: key.expires.map(|at| words::days_to(at, now)),
            next: key.next.map(|next| NextDocument { what: next.verb().into(), at: next.at().to_string() }),
            sinks_seen: key.sinks.0,
            sinks_declared: key.sinks.1,
        }
    }
}

/// The document of one change of `plan`.
pub(super) fn change_document(change: &Change, plan: &Plan) -> ChangeDocument {
    ChangeDocument {
        address: format!("credential.{}", change.name),
        name: change.name.to_string(),
        action: change.action.id().into(),
        reasons: change.reasons.iter().map(|reason| reason_document(reason, plan.now)).collect(),
        cause: change.cause.id().into(),
        exposure: change.exposure.id().into(),
        item: change.item.as_ref().map(ToString::to_string),
        fields: change.fields.iter().map(field_document).collect(),
        steps: change.steps.iter().map(step_document).collect(),
        dead_in: change.dead_in.iter().map(ToString::to_string).collect(),
        outgoing: change.outgoing.as_ref().map(outgoing_document),
        safety: change.safety.map(safety_document),
        blocked: change.blocked.as_ref().map(|blocked| {
            let Block { why, resolve } = words::blocked(blocked);
            BlockedDocument { code: blocked.code().into(), why, resolve }
        }),
        source: change.source.as_ref().map(source_document),
    }
}

fn outgoing_document(outgoing: &Outgoing) -> OutgoingDocument {
    let Outgoing { item, slot, until, overlap: _, then } = outgoing;
    OutgoingDocument {
        item: item.as_ref().map(ToString::to_string),
        slot: slot.map(crate::model::Slot::number),
        until: until.to_string(),
        then: match then {
            Then::Revoke => "revoke",
            Then::Expire => "expire",
            Then::Delete => "delete",
        }
        .into(),
    }
}

fn safety_document(safety: Safety) -> SafetyDocument {
    SafetyDocument {
        continuous: safety.gap.is_none(),
        gap: safety.gap.map(|gap| gap.id().into()),
        resumable: true,
        may_replace: safety.may_replace,
        text: view::safety_words(safety),
    }
}

fn reason_document(reason: &Reason, now: jiff::Timestamp) -> ReasonDocument {
    let (slot, sinks) = match reason {
        Reason::IssueUnfinished { slot }
        | Reason::DeliveryUnfinished { slot }
        | Reason::DeliveryInDoubt { slot }
        | Reason::KeyDead { slot }
        | Reason::KeyExpired { slot, .. }
        | Reason::Due { slot, .. }
        | Reason::RotationRequested { slot, .. }
        | Reason::BreakGlass { slot, .. }
        | Reason::OverlapOver { slot, .. }
        | Reason::ForeignKey { slot } => (Some(slot.number()), Vec::new()),
        Reason::SinkAdded { sinks } | Reason::SinkLost { sinks } => {
            (None, sinks.iter().map(ToString::to_string).collect())
        }
        Reason::New
        | Reason::Begun
        | Reason::Differs
        | Reason::Edited
        | Reason::Unregistered
        | Reason::NoKey
        | Reason::Replaced { .. }
        | Reason::Reverted
        | Reason::Removed { .. }
        | Reason::Requested
        | Reason::Renamed { .. }
        | Reason::Orphan
        | Reason::Copy { .. }
        | Reason::Duplicate { .. }
        | Reason::Leftover { .. }
        | Reason::Unclear => (None, Vec::new()),
    };
    let (because, not_before) = if let Reason::Removed { because, not_before } = reason {
        (because.clone(), not_before.map(|at| at.to_string()))
    } else {
        (None, None)
    };
    let from = if let Reason::Renamed { from } = reason { Some(from.to_string()) } else { None };
    let text = words::reason(reason, now);
    ReasonDocument { id: reason.id().into(), slot, sinks, from, because, not_before, text }
}

fn field_document(diff: &FieldDiff) -> FieldDocument {
    let value = |value: &FieldValue| match value {
        FieldValue::Text(text) => serde_json::json!(text),
        FieldValue::Set(set) => serde_json::json!(set),
        FieldValue::Flag(flag) => serde_json::json!(flag),
        FieldValue::Hash(hash) => serde_json::json!(format!("sha256:{hash}")),
    };
    FieldDocument {
        field: diff.field.name().into(),
        have: diff.have.as_ref().map(value),
        want: value(&diff.want),
        cause: diff.cause.id().into(),
    }
}

fn step_document(step: &Step) -> StepDocument {
    let plain = |name: &str| StepDocument {
        step: name.into(),
        slot: None,
        sink: None,
        expires: None,
        fields: Vec::new(),
        item: None,
        from: None,
        folder: None,
    };
    let names = |fields: &std::collections::BTreeSet<crate::plan::Field>| {
        fields.iter().map(|field| field.name().to_owned()).collect()
    };
    match step {
        Step::CreateFolder { title } => StepDocument { folder: Some(title.clone()), ..plain("create_folder") },
        Step::Turn { item } => StepDocument { item: Some(item.to_string()), ..plain("turn_to_item") },
        Step::Rename { from, with: _ } => StepDocument { from: Some(from.to_string()), ..plain("rename") },
        Step::Forget => plain("forget"),
        Step::AddItem => plain("add_item"),
        Step::Claim => plain("claim"),
        Step::Register => plain("register_app"),
        Step::UpdateApp => plain("update_app"),
        Step::EditItem { fields } => StepDocument { fields: names(fields), ..plain("update_item") },
        Step::Move => plain("move_item"),
        Step::Record { fields } => StepDocument { fields: names(fields), ..plain("record") },
        Step::Issue(issue) => StepDocument {
            slot: Some(issue.slot.number()),
            expires: Some(issue.expires.to_string()),
            ..plain("issue_key")
        },
        Step::TakeKey { slot, from, .. } => {
            StepDocument { slot: Some(slot.number()), sink: Some(from.to_string()), ..plain("read_key") }
        }
        Step::Resume { slot, .. } => StepDocument { slot: Some(slot.number()), ..plain("resume") },
        Step::Deliver { slot, sink } => {
            StepDocument { slot: Some(slot.number()), sink: Some(sink.to_string()), ..plain("deliver") }
        }
        Step::Recorded { slot, sink } => {
            StepDocument { slot: Some(slot.number()), sink: Some(sink.to_string()), ..plain("record_delivery") }
        }
        Step::Delivered { slot } => StepDocument { slot: Some(slot.number()), ..plain("delivered") },
        Step::Revoke { slot } => StepDocument { slot: Some(slot.number()), ..plain("revoke_key") },
        Step::End { slot } => StepDocument { slot: Some(slot.number()), ..plain("end_key") },
        Step::DeleteItem => plain("delete_item"),
    }
}

/// The schema of the plan document.
#[must_use]
pub fn schema() -> serde_json::Value {
    schemars::schema_for!(PlanDocument).to_value()
}
