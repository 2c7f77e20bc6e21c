//! What every renderer sees of a plan: sorted, counted, in words, and without anything secret.

use jiff::{SignedDuration, Timestamp};

use crate::model::{CredentialName, Slot};
use crate::plan::{
    Action, BlockedBy, Boundary, Change, Gap, Issue, LiveKey, Outgoing, Plan, Reason, Safety, Step, Then, Turn,
};

use super::words;
use crate::text::escape::plain;

/// How many changes of each kind there are. Blocked ones are counted where they would be, and once more as blocked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Credentials to be made or finished.
    pub add: usize,
    /// Credentials whose settings change.
    pub change: usize,
    /// Credentials to be removed.
    pub destroy: usize,
    /// Keys to be renewed.
    pub rotate: usize,
    /// Credentials whose item is replaced.
    pub replace: usize,
    /// Keys that go to another sink.
    pub deliver: usize,
    /// Old keys that end.
    pub retire: usize,
    /// Credentials that keyform lets go of.
    pub forget: usize,
    /// Only reported.
    pub report: usize,
    /// Of all these, those that something stands in the way of.
    pub blocked: usize,
    /// Credentials that match.
    pub unchanged: usize,
}

impl Counts {
    /// Counts the changes of `plan`.
    #[must_use]
    pub fn of(plan: &Plan) -> Self {
        let mut counts = Self { unchanged: plan.unchanged.len(), ..Self::default() };
        for change in &plan.changes {
            let kind = match change.action {
                Action::Create => &mut counts.add,
                Action::Update | Action::UpdateEndingKeys => &mut counts.change,
                Action::Rotate => &mut counts.rotate,
                Action::Replace => &mut counts.replace,
                Action::Deliver => &mut counts.deliver,
                Action::Retire => &mut counts.retire,
                Action::Forget => &mut counts.forget,
                Action::Destroy => &mut counts.destroy,
                Action::Report => &mut counts.report,
            };
            *kind += 1;
            counts.blocked += usize::from(change.blocked.is_some());
        }
        counts
    }

    /// In Terraform's order and words; what is none is left out after the first three.
    #[must_use]
    pub fn sentence(&self) -> String {
        let mut text = format!("Plan: {} to add, {} to change, {} to destroy", self.add, self.change, self.destroy);
        let more = [
            (self.rotate, "to rotate"),
            (self.replace, "to replace"),
            (self.deliver, "to deliver"),
            (self.retire, "to retire"),
            (self.forget, "to forget"),
        ];
        for (count, words) in more.into_iter().filter(|(count, _)| *count > 0) {
            text.push_str(&format!(", {count} {words}"));
        }
        text.push('.');
        let rest = [(self.unchanged, "unchanged"), (self.blocked, "blocked"), (self.report, "reported")];
        let rest: Vec<String> =
            rest.into_iter().filter(|(count, _)| *count > 0).map(|(count, words)| format!("{count} {words}")).collect();
        if !rest.is_empty() {
            text.push_str(&format!("  {}.", rest.join(", ")));
        }
        text
    }
}

/// The notes of `plan`, by credential and then by what they say.
#[must_use]
pub fn notes(plan: &Plan) -> Vec<(Option<&CredentialName>, String)> {
    let mut notes: Vec<_> = plan.notes.iter().map(|note| (note.name.as_ref(), words::note(note))).collect();
    notes.sort();
    notes
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

/// What a symbol means, for the legend.
#[must_use]
pub const fn legend(action: Action) -> &'static str {
    match action {
        Action::Deliver => "deliver a key that exists",
        Action::Create => "create",
        Action::Rotate => "rotate",
        Action::Retire => "retire the older key",
        Action::Update => "update, keys stay valid",
        Action::Replace => "replace, new before old",
        Action::UpdateEndingKeys => "update, keys end",
        Action::Forget => "forget, keys live on",
        Action::Destroy => "destroy",
        Action::Report => "attention",
    }
}

/// The clock of a plan, and whether it is not the portal's.
#[must_use]
pub fn clock(plan: &Plan) -> String {
    let simulated = if plan.simulated { " SIMULATED" } else { "" };
    format!("{}{simulated}", words::minute(plan.now))
}

/// What time brings about, in a few words.
#[must_use]
pub fn boundary_words(boundary: &Boundary) -> String {
    let name = &boundary.name;
    match boundary.turn {
        Turn::Renewal => format!("renewal of {name}"),
        Turn::OverlapOver => format!("overlap of {name} over"),
        Turn::Expiry => format!("a key of {name} is running out"),
        Turn::FixedEnd => format!("fixed end of {name}"),
        Turn::Window => format!("window of {name}"),
        Turn::Freeze => "a freeze begins or ends".into(),
        Turn::Removal => format!("removal of {name} becomes eligible"),
    }
}

/// Why, in a few words for the headline.
#[must_use]
pub fn headline(change: &Change, now: Timestamp) -> String {
    let Some(first) = change.reasons.first() else { return String::new() };
    match (change.action, first) {
        (Action::Replace, Reason::Differs | Reason::Edited | Reason::Unregistered) => {
            "an edit would stop its key".into()
        }
        (Action::Update, Reason::Differs) => "keys stay valid".into(),
        (Action::Update, Reason::Edited) => "edited in the portal; keys stay valid".into(),
        (Action::Update, Reason::Renamed { from }) => format!("renamed from {from}; keys stay valid"),
        (Action::Destroy, Reason::Orphan) => "not in the configuration; `orphans: destroy`".into(),
        (Action::UpdateEndingKeys, Reason::Edited) => "edited in the portal; its keys ended".into(),
        (Action::UpdateEndingKeys, Reason::Differs) if ends_live_key(change) => "the edit ends its live key".into(),
        (Action::UpdateEndingKeys, Reason::Differs) => "no live key would end".into(),
        (_, reason) => words::reason(reason, now),
    }
}

fn ends_live_key(change: &Change) -> bool {
    matches!(change.safety, Some(Safety { gap: Some(Gap::InPlace { .. }), .. }))
}

/// What is issued: `issue for 180 days, until 2027-03-20`.
#[must_use]
pub fn issue_words(issue: &Issue) -> String {
    format!("issue for {}, until {}", words::days(issue.life.as_hours() / 24), words::day(issue.expires))
}

/// What becomes of the old one: `keep until 2026-10-05 (overlap 14 days), then revoke`.
#[must_use]
pub fn outgoing_words(outgoing: &Outgoing) -> String {
    let then = match outgoing.then {
        Then::Revoke => "then revoke",
        Then::Expire => "then left to expire",
        Then::Delete => "then delete",
    };
    format!("keep until {} (overlap {}), {then}", words::day(outgoing.until), span(outgoing.overlap))
}

/// What can be relied on: `no sink is ever without a valid key; resumable after a crash at any step`.
#[must_use]
pub fn safety_words(safety: Safety) -> String {
    let mut words = match safety.gap {
        None => "no sink is ever without a valid key".to_owned(),
        Some(gap) => gap_words(gap),
    };
    words.push_str("; resumable after a crash at any step");
    if safety.may_replace {
        words.push_str(
            ", but no sink can be read back: if a run dies while it delivers, a new item takes over (declare an escrow sink)",
        );
    }
    words
}

fn gap_words(gap: Gap) -> String {
    match gap {
        Gap::InPlace { slot, until } => format!(
            "NOT continuous: `on_breaking_change: in_place` ends key {slot} (until {}) before there is a new one",
            words::day(until)
        ),
        Gap::BreakGlass { slot } => format!("NOT continuous: key {slot} ends without an overlap, as it was asked for"),
        Gap::TooLate { until } => format!("NOT continuous: the old key ends {}, within its overlap", words::day(until)),
        Gap::Dead => "some application is without a valid key until this is done".into(),
    }
}

/// `7 days`, or `12 h` for what is no whole day.
#[must_use]
pub fn span(time: SignedDuration) -> String {
    match (time.as_hours() / 24, time.as_hours() % 24) {
        (whole, 0) => words::days(whole),
        (0, hours) => format!("{hours} h"),
        (whole, hours) => format!("{} {hours} h", words::days(whole)),
    }
}

/// What a step is doing, for somebody who has to know where a run ended.
#[must_use]
pub fn doing(change: &Change, step: &Step) -> String {
    let place = |sink| {
        let delivery = change.delivery(sink);
        plain(&delivery.map_or_else(|| sink.to_string(), |delivery| delivery.target.place())).into_owned()
    };
    match step {
        Step::CreateFolder { title } => format!("creating the folder \"{}\"", plain(title)),
        Step::Turn { item } => format!("turning to item {item}"),
        Step::Rename { from, .. } => format!("renaming it from {from}"),
        Step::Forget => "taking its marker and ledger off".into(),
        Step::AddItem => "creating its item".into(),
        Step::Claim => "writing its ledger".into(),
        Step::Register => "registering its app".into(),
        Step::UpdateApp => "updating its app".into(),
        Step::EditItem { .. } => "updating its item".into(),
        Step::Move => "moving its item".into(),
        Step::Record { .. } => "recording what was applied".into(),
        Step::Issue(issue) => format!("issuing key {}", issue.slot),
        Step::TakeKey { slot, from, .. } => format!("reading key {slot} from {}", place(from)),
        Step::Resume { slot, .. } => format!("recording that key {slot} is being delivered"),
        Step::Deliver { slot, sink } => format!("delivering key {slot} to {}", place(sink)),
        Step::Recorded { slot, sink } => format!("recording that {} has key {slot}", place(sink)),
        Step::Delivered { slot } => format!("recording that key {slot} is delivered"),
        Step::Revoke { slot } | Step::End { slot } => format!("revoking key {slot}"),
        Step::DeleteItem => "deleting its item".into(),
    }
}

/// The slot a change delivers from, if it delivers.
#[must_use]
pub fn delivered_slot(change: &Change) -> Option<Slot> {
    change.steps.iter().find_map(|step| match step {
        Step::Deliver { slot, .. } => Some(*slot),
        _ => None,
    })
}

fn keys(change: &Change, now: Timestamp) -> String {
    words::count(change.live_keys(now).len(), "live key", "live keys")
}

fn items(change: &Change) -> String {
    words::count(change.items().count(), "item", "items")
}

/// When a key was last delivered, and where to: by what people call that sink, while it is declared.
#[must_use]
pub fn delivered(change: &Change, key: &LiveKey) -> Option<String> {
    let (at, sink) = key.delivered.as_ref()?;
    let sink = change.delivery(sink).map_or_else(|| sink.to_string(), |delivery| delivery.target.place());
    Some(format!("delivered {} to {}", words::day(*at), plain(&sink)))
}

/// What is done, in one short line for the recap.
#[must_use]
pub fn recap(change: &Change, now: Timestamp) -> String {
    if let Some(blocked) = &change.blocked {
        let why = match blocked.by() {
            BlockedBy::ForeignKey => "a foreign key is in the way",
            BlockedBy::NoFreeSlot => "no slot is free yet",
            BlockedBy::CannotBeKnown => "cannot be known",
            BlockedBy::Ledger => "marker and ledger do not fit",
            BlockedBy::Owner => "another account's item",
            BlockedBy::OtherStack => "another stack's item",
            BlockedBy::Policy => "the configuration says not to",
            BlockedBy::Rights => "the account lacks rights",
            BlockedBy::Items => "an item is not there",
            BlockedBy::Window => "waits for its window",
            BlockedBy::Frozen => "waits for the end of a freeze",
            BlockedBy::NoSuchKey => "there is no such key",
            BlockedBy::Ended => "its fixed end has passed",
            BlockedBy::Protected => "protected",
            BlockedBy::NotYet => "its date has not come",
            BlockedBy::Guard => "waits for guards.max.rotate",
            BlockedBy::TwoNames => "its new name is taken",
        };
        return format!("blocked: {why}");
    }
    let key = change.issue().map(|issue| format!("key in slot {}, until {}", issue.slot, words::day(issue.expires)));
    let fields = || change.fields.iter().map(|diff| diff.field.name()).collect::<Vec<_>>().join(", ");
    match change.action {
        Action::Create => {
            let what = if change.item.is_some() { "finish" } else { "create" };
            key.map_or_else(|| what.to_owned(), |key| format!("{what}, {key}"))
        }
        Action::Rotate => key.map_or_else(|| "rotate".to_owned(), |key| format!("new {key}")),
        Action::Update => match change.reasons.first() {
            Some(Reason::Renamed { from }) if change.fields.is_empty() => format!("renamed from {from}"),
            Some(Reason::Renamed { from }) => format!("renamed from {from}, {}", fields()),
            Some(_) | None => fields(),
        },
        Action::UpdateEndingKeys => key.map_or_else(fields, |key| format!("{}, new {key}", fields())),
        Action::Deliver => {
            let sinks = change.steps.iter().filter(|step| matches!(step, Step::Deliver { .. })).count();
            words::count(sinks, "sink", "sinks")
        }
        Action::Retire if change.steps.contains(&Step::DeleteItem) => {
            let item = change.item.as_ref().map(crate::model::ItemId::short).unwrap_or_default();
            format!("delete item {item}")
        }
        Action::Retire => change
            .steps
            .iter()
            .find_map(|step| match step {
                Step::Revoke { slot } | Step::End { slot } => Some(format!("revoke key {slot}")),
                _ => None,
            })
            .unwrap_or_default(),
        Action::Replace if change.fields.is_empty() => "new item".into(),
        Action::Replace => format!("{}, new item", fields()),
        Action::Forget => format!("{}, {}", items(change), keys(change, now)),
        Action::Destroy => format!("revoke {}, delete {}", keys(change, now), items(change)),
        Action::Report => change.reasons.first().map(|reason| words::reason(reason, now)).unwrap_or_default(),
    }
}
