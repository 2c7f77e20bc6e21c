//! A plan for machines: its own structs, frozen by a version.

use schemars::JsonSchema;
use serde::Serialize;

use super::raw::Raw;
use super::view::{
    BlockedFact, Budget, ChangeView, Counts, FieldFact, GuardView, Head, KeyLine, NoteView, Outlook, OverView, Place,
    PlanView, ReasonFact, RefusedView, SafetyFact, StepFact, TakenView, Until,
};
use super::words;
use crate::model::{Product, Slot};
use crate::plan::Cause;
use crate::text::escape;

/// The version of the plan document. Members may be added within it; none is renamed or removed.
pub(crate) const PLAN_VERSION: u32 = 1;

/// A plan.
#[derive(Debug, Serialize, JsonSchema)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
#[schemars(title = "keyform plan", deny_unknown_fields)]
pub(crate) struct PlanDocument {
    /// The version of this document: 1.
    version: u32,
    /// The keyform that made it.
    keyform: String,
    /// The stack.
    stack: String,
    /// The root configuration file, as it was given.
    config: Raw,
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
    summary: Counts,
    /// The changes, from harmless to dangerous.
    changes: Vec<ChangeDocument>,
    /// What was taken away in the portal and is not given back: one for all credentials that lost the same.
    portal_changes: Vec<TakenDocument>,
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
    guards: Vec<GuardView>,
    /// Why none of it may be carried out; null where it may.
    refused: Option<RefusedDocument>,
    /// Where time alone makes other changes of it; null if it never does.
    next_boundary: Option<BoundaryDocument>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct RefusedDocument {
    /// The limits that the plan is over.
    over: Vec<OverDocument>,
    /// Credentials whose keys are renewed all the same, since they could end before the next run.
    urgent: Vec<String>,
    /// The command that carries it out all the same.
    command: Raw,
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
    /// `renewal`, `overlap_over`, `expiry`, `fixed_end`, `window`, `freeze`, `removal` or `limit`.
    what: String,
}

#[derive(Debug, Serialize, JsonSchema)]
struct PortalDocument {
    /// As configured.
    url: Raw,
    /// `online`, `location-platform` or `enterprise`.
    product: String,
    /// Where the portal tells.
    version: Option<String>,
    /// The organisation's id.
    org: Raw,
    /// Who keyform acts as.
    account: Raw,
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
    reasons: Vec<ReasonFact>,
    /// `config`, `portal`, `time` or `request`.
    cause: String,
    /// `same`, `narrows` or `widens`.
    exposure: String,
    /// The item, if there is one.
    item: Option<String>,
    /// What differs.
    fields: Vec<FieldFact>,
    /// What is done, in order.
    steps: Vec<StepFact>,
    /// Sinks that hold a dead key, now or once the change is carried out.
    dead_in: Vec<Raw>,
    /// What becomes of the key or item that a new key takes over from.
    outgoing: Option<OutgoingDocument>,
    /// What can be relied on meanwhile; null for a change that is not about keys.
    safety: Option<SafetyFact>,
    /// What blocks it.
    blocked: Option<BlockedFact>,
    /// Where it is declared.
    source: Option<Place>,
}

/// What was taken away in the portal of some credentials.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct TakenDocument {
    /// The credentials.
    names: Vec<String>,
    /// What the portal has, and what it would have again; of the first credential.
    fields: Vec<FieldFact>,
    /// `portal`.
    cause: String,
    /// Whether their keys are live all the same.
    keys_live: bool,
    /// When it was taken away at the latest, RFC 3339; null where the portal does not tell.
    since: Option<String>,
    /// A stable code.
    code: String,
    /// In words.
    text: String,
    /// The command that gives it back.
    restore: Raw,
    /// The command that prints a patch of the configuration that accepts it.
    accept: Raw,
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

/// A key in use.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct KeyDocument {
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
pub(crate) struct OutlookDocument {
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

#[derive(Debug, Serialize, JsonSchema)]
struct NextDocument {
    /// `renew`, `revoke` or `expire`.
    what: String,
    /// RFC 3339.
    at: String,
}

#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct NoteDocument {
    name: Option<String>,
    text: Raw,
}

impl PlanDocument {
    pub(crate) fn of(view: &PlanView) -> Self {
        let Head { stack, file, url, product, version, org, account, now, simulated, partial, first, empty, .. } =
            &view.head;
        Self {
            version: PLAN_VERSION,
            keyform: env!("CARGO_PKG_VERSION").into(),
            stack: stack.to_string(),
            config: file.clone(),
            clock: now.to_string(),
            simulated: *simulated,
            partial: *partial,
            portal: PortalDocument {
                url: url.clone(),
                product: product_id(*product).into(),
                version: version.as_ref().map(ToString::to_string),
                org: org.clone(),
                account: account.clone(),
            },
            first_apply: *first,
            empty: *empty,
            summary: view.summary,
            changes: view.changes.iter().chain(&view.noted).chain(&view.reports).map(ChangeDocument::of).collect(),
            portal_changes: view.taken.iter().map(TakenDocument::of).collect(),
            unchanged: texts(&view.unchanged),
            keys: view.keys.iter().map(|key| KeyDocument::of(key, *now)).collect(),
            keys_after: view.keys_after.iter().map(|key| KeyDocument::of(key, *now)).collect(),
            outlook: OutlookDocument::of(&view.outlook_after),
            notes: view.notes.iter().map(NoteDocument::of).collect(),
            guards: view.guards.clone(),
            refused: view.refused.as_ref().map(RefusedDocument::of),
            next_boundary: view.until.as_ref().map(|Until { at, name, what, text: _ }| BoundaryDocument {
                at: at.to_string(),
                name: name.to_string(),
                what: (*what).into(),
            }),
        }
    }
}

/// Each as a string.
pub(super) fn texts<'t, T: ToString + 't>(all: impl IntoIterator<Item = &'t T>) -> Vec<String> {
    all.into_iter().map(ToString::to_string).collect()
}

impl RefusedDocument {
    fn of(RefusedView { over, urgent, goes: _, command }: &RefusedView) -> Self {
        let over = over.iter().map(|OverView { guard, text: _, names }| OverDocument {
            guard: (*guard).into(),
            names: texts(names.iter().map(|(name, _, _)| name)),
        });
        Self { over: over.collect(), urgent: texts(urgent), command: command.clone() }
    }
}

impl OutlookDocument {
    pub(crate) fn of(outlook: &Outlook) -> Self {
        let Outlook { dark, lapse, end } = outlook;
        let [lapses_first, ends_first] = [lapse, end].map(|lapse| {
            lapse.as_ref().map(|lapse| LapseDocument {
                name: lapse.name.to_string(),
                at: lapse.at.to_string(),
                renewal_runs: lapse.budget.map(|budget| budget.runs),
                may_fail: lapse.budget.and_then(Budget::may_fail),
            })
        });
        Self { dark: texts(dark), lapses_first, ends_first }
    }
}

/// A product as in YAML.
pub(crate) const fn product_id(product: Product) -> &'static str {
    match product {
        Product::Online => "online",
        Product::LocationPlatform => "location-platform",
        Product::Enterprise => "enterprise",
    }
}

impl KeyDocument {
    /// The document of one key at `now`.
    pub(crate) fn of(key: &KeyLine, now: jiff::Timestamp) -> Self {
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

impl ChangeDocument {
    pub(super) fn of(change: &ChangeView) -> Self {
        Self {
            address: change.address.to_string(),
            name: change.name.to_string(),
            action: change.action.id().into(),
            reasons: change.reasons.clone(),
            cause: change.cause.id().into(),
            exposure: change.exposure.id().into(),
            item: change.item.as_ref().map(ToString::to_string),
            fields: change.fields.clone(),
            steps: change.steps.clone(),
            dead_in: change.dead_in.clone(),
            outgoing: change.outgoing.as_ref().map(|outgoing| OutgoingDocument {
                item: outgoing.item.as_ref().map(ToString::to_string),
                slot: outgoing.slot.map(Slot::number),
                until: outgoing.until.to_string(),
                then: outgoing.then.id().into(),
            }),
            safety: change.safety.clone(),
            blocked: change.blocked.clone(),
            source: change.source.clone(),
        }
    }
}

impl NoteDocument {
    pub(super) fn of(NoteView { name, text, code: _ }: &NoteView) -> Self {
        Self { name: name.as_ref().map(ToString::to_string), text: text.clone() }
    }
}

impl TakenDocument {
    pub(super) fn of(view: &TakenView) -> Self {
        let TakenView { headline, keys_live, since, restore, accept, changes } = view;
        let first = changes.first();
        Self {
            names: texts(view.names()),
            fields: first.into_iter().flat_map(|change| &change.fields).cloned().collect(),
            cause: Cause::Portal.id().into(),
            keys_live: *keys_live,
            since: since.map(|at| at.to_string()),
            code: first.and_then(|change| change.code).unwrap_or_default().into(),
            text: headline.to_string(),
            restore: restore.clone(),
            accept: accept.clone(),
        }
    }
}

/// A document as machines read it, harmless on a terminal.
pub(crate) fn encoded(document: &impl Serialize) -> String {
    let text = serde_json::to_string_pretty(document).unwrap_or_default();
    format!("{}\n", escape::json(&text))
}
