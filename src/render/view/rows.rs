//! What there is to say about a change, line by line.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::Action;
use crate::plan::{Act, Cause, Change, FieldDiff, FieldValue, Gap, Reason, Safety};
use crate::render::raw::Raw;
use crate::render::words::{self, Block};
use crate::text::escape::{Shown, shown};

/// One line about a change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Row {
    pub label: Shown,
    /// What there is to say, unless the kind says it.
    pub text: Shown,
    /// How it belongs to its neighbours.
    pub kind: Kind,
}

/// What kind of line it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Line,
    /// A sentence, as long as it has to be.
    Sentence,
    /// One of several of the same label.
    Member,
    /// A member that comes.
    Added,
    /// A member that goes.
    Removed,
    /// How many members stay.
    Unchanged,
    /// One value takes the place of another.
    Value {
        have: Option<Value>,
        want: Value,
    },
    /// A sink that is given the key; one of several.
    Delivery {
        sink: Shown,
        place: Shown,
        escrow: bool,
    },
}

/// A value in a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Value {
    /// A string of whatever length, to be quoted.
    Quoted(Shown),
    Word(Shown),
}

impl Value {
    fn of(value: &FieldValue) -> Self {
        match value {
            FieldValue::Text(None) => Self::Word(shown("none")),
            FieldValue::Text(Some(text)) => Self::Quoted(shown(text)),
            FieldValue::Set(set) => Self::Word(shown(&set.iter().map(String::as_str).collect::<Vec<_>>().join(", "))),
            FieldValue::Flag(flag) => Self::Word(shown(if *flag { "yes" } else { "no" })),
            FieldValue::Hash(_) => Self::Word(shown("set")),
        }
    }
}

struct Rows(Vec<Row>);

impl Rows {
    fn add(&mut self, kind: Kind, label: &str, text: &str) {
        self.0.push(Row { label: shown(label), text: shown(text), kind });
    }

    fn line(&mut self, label: &str, text: &str) {
        self.add(Kind::Line, label, text);
    }

    fn sentence(&mut self, label: &str, text: &str) {
        self.add(Kind::Sentence, label, text);
    }

    fn raw(&mut self, kind: Kind, label: &str, text: &Raw) {
        self.0.push(Row { label: shown(label), text: text.shown(), kind });
    }
}

/// What there is to say about `change`, in the order in which it is said.
pub(super) fn of(change: &Change, now: Timestamp) -> Vec<Row> {
    let mut rows = Rows(Vec::new());
    for diff in &change.fields {
        field(diff, &mut rows);
    }
    if change.action == Action::Report {
        if let Some(item) = &change.item {
            rows.line("item", item.as_str());
        }
        return rows.0;
    }
    if let Some(Reason::Removed { because: Some(because), .. }) = change.reasons.first() {
        rows.sentence("because", because);
    }
    since(change, &mut rows);
    for reason in change.reasons.iter().skip(1) {
        rows.raw(Kind::Line, "also", &words::reason(reason, now));
    }
    for place in dead_in(change) {
        rows.line("dead key in", place.as_str());
    }
    let anew = change.work.does(&Act::AddItem) && change.action == Action::Replace;
    if let Some(issue) = change.work.issue() {
        let (slot, text) = (issue.slot, words::issue(issue).shown());
        if anew {
            rows.line("new item", &format!("slot {slot}: {text}"));
        } else {
            rows.line(&format!("slot {slot}"), text.as_str());
        }
    }
    leaked(change, &mut rows);
    deliveries(change, &mut rows);
    if let Some(outgoing) = &change.told.outgoing {
        let label = outgoing.slot.map_or_else(|| "old item".into(), |slot| format!("slot {slot}"));
        rows.raw(Kind::Line, &label, &words::outgoing(outgoing));
    }
    if anew {
        rows.sentence("note", "item id, client id and usage history change");
    }
    match change.action {
        Action::Destroy | Action::Forget => gone(change, now, &mut rows),
        Action::Deliver
        | Action::Create
        | Action::Rotate
        | Action::Retire
        | Action::Update
        | Action::Replace
        | Action::UpdateEndingKeys
        | Action::Report => ended(change, &mut rows),
    }
    if let Some(safety) = change.told.safety.filter(|safety| change.blocked.is_none() && is_told(change, *safety)) {
        rows.raw(Kind::Sentence, "safety", &words::safety(safety));
    }
    blocked(change, &mut rows);
    rows.0
}

/// What became of what was last applied, whatever is done about it.
pub(super) fn of_drift(change: &Change, now: Timestamp) -> Vec<Row> {
    let mut rows = Rows(Vec::new());
    for diff in change.drifted() {
        // From what was applied to what there is.
        let (have, want) = (diff.have.is_some().then(|| diff.want.clone()), diff.have.as_ref().unwrap_or(&diff.want));
        field(&FieldDiff { have, want: want.clone(), ..*diff }, &mut rows);
    }
    since(change, &mut rows);
    for reason in change.reasons.iter().skip(1).filter(|reason| reason.cause() == Cause::Portal) {
        rows.raw(Kind::Line, "also", &words::reason(reason, now));
    }
    if let (Action::Report, Some(item)) = (change.action, &change.item) {
        rows.line("item", item.as_str());
    }
    blocked(change, &mut rows);
    rows.0
}

/// Sinks that hold a dead key, as people call them.
pub(super) fn dead_in(change: &Change) -> impl Iterator<Item = Shown> {
    change.told.dead_in.iter().map(|id| shown(&change.work.place(id)))
}

fn since(change: &Change, rows: &mut Rows) {
    if let Some(Reason::Edited { since: Some(since) }) = change.reasons.first() {
        rows.line("since", &words::day(*since));
    }
}

fn blocked(change: &Change, rows: &mut Rows) {
    if let Some(blocked) = &change.blocked {
        let Block { why, resolve } = words::blocked(blocked);
        rows.sentence("blocked", &format!("{} ({})", why.shown(), blocked.code().id));
        rows.raw(Kind::Sentence, "resolve", &resolve);
    }
}

fn field(diff: &FieldDiff, rows: &mut Rows) {
    let name = diff.field.name();
    let members = |kind: &Kind, set: BTreeSet<&String>, rows: &mut Rows| {
        for member in set {
            rows.add(kind.clone(), name, member);
        }
    };
    match (&diff.have, &diff.want) {
        (None, FieldValue::Set(want)) => members(&Kind::Member, want.iter().collect(), rows),
        (Some(FieldValue::Set(have)), FieldValue::Set(want)) => {
            members(&Kind::Added, want.difference(have).collect(), rows);
            members(&Kind::Removed, have.difference(want).collect(), rows);
            match want.intersection(have).count() {
                0 => {}
                same => rows.add(Kind::Unchanged, name, &format!("({same} unchanged)")),
            }
        }
        (Some(FieldValue::Hash(_)), FieldValue::Hash(_)) => rows.line(name, "differs"),
        (have, want) => {
            rows.add(Kind::Value { have: have.as_ref().map(Value::of), want: Value::of(want) }, name, "");
        }
    }
}

/// A key that is to end at once: of which item, until when, and who was given it.
fn leaked(change: &Change, rows: &mut Rows) {
    let (Some(Gap::BreakGlass { slot }), Some(item)) =
        (change.told.safety.and_then(|safety| safety.gap), &change.work.seen)
    else {
        return;
    };
    let until = item
        .end_of(slot)
        .map_or_else(|| "without a known end".to_owned(), |at| format!("valid until {}", words::day(at)));
    rows.line(&format!("key {slot}"), &format!("of item {}, {until}", item.id));
    let record = item.record(slot);
    let given = record.into_iter().flat_map(|record| &record.sinks).filter(|(_, seen)| seen.delivered.is_some());
    for (sink, _) in given {
        rows.add(Kind::Member, "was given to", &change.work.place(sink));
    }
    if record.is_none() {
        rows.add(Kind::Member, "was given to", "nobody by keyform");
    }
}

fn deliveries(change: &Change, rows: &mut Rows) {
    for act in change.work.acts() {
        let Act::Deliver { sink, .. } = act else { continue };
        let Some(delivery) = change.work.delivery(sink) else { continue };
        let (sink, place, escrow) = (shown(&delivery.label), shown(&delivery.target.place), delivery.escrow);
        rows.add(Kind::Delivery { sink, place, escrow }, "deliver", "");
    }
}

/// What ends by the change.
fn ended(change: &Change, rows: &mut Rows) {
    for act in change.work.acts() {
        if let Act::Revoke { slot } | Act::EndKey { slot } = act {
            rows.line(&format!("slot {slot}"), "revoke");
        }
        if let (Act::DeleteItem, Some(item)) = (act, &change.item) {
            rows.line("item", &format!("delete {item}"));
        }
    }
}

/// What becomes of each item and its keys.
fn gone(change: &Change, now: Timestamp, rows: &mut Rows) {
    let keys = change.live_keys(now);
    let (item_goes, key_goes) =
        if change.action == Action::Destroy { ("delete for good", "revoke") } else { ("forget", "lives on") };
    for item in change.work.items() {
        rows.sentence("item", &format!("{} \"{}\": {item_goes}", item.id, item.title));
        for key in keys.iter().filter(|key| key.item == item.id) {
            let delivered = words::delivered(change, key).map(|text| format!(", {}", text.shown())).unwrap_or_default();
            let until = key.until.map(|at| format!(" (until {})", words::day(at))).unwrap_or_default();
            rows.sentence(&format!("slot {}", key.slot), &format!("{key_goes}{until}{delivered}"));
        }
    }
}

/// A first key and the end of an old one are as safe as they look.
fn is_told(change: &Change, safety: Safety) -> bool {
    let takes_over = match change.action {
        Action::Rotate | Action::Replace | Action::UpdateEndingKeys => true,
        Action::Deliver
        | Action::Create
        | Action::Retire
        | Action::Update
        | Action::Destroy
        | Action::Forget
        | Action::Report => false,
    };
    takes_over || safety.may_replace || safety.gap.is_some()
}
