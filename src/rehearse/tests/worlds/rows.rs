//! What was covered: every action, and every row of the table by which a run that died is taken up again.

use std::collections::{BTreeMap, BTreeSet};

use crate::emulator::Switches;
use crate::model::{LiveItem, Phase, Slot};
use crate::plan::{Act, Action, BlockedBy, Change, Plan, Reason};
use crate::rehearse::tests::shapes::Shape;

/// What the next run finds of the latest key, row by row, and what stands below the table.
const ROWS: [&str; 14] = [
    "foreign: no entry",
    "foreign: another date",
    "issuing: nobody got it",
    "issuing: a readable sink holds it",
    "delivering or delivered: dead",
    "cannot be asked",
    "delivering: only the record is missing",
    "delivering: a readable sink has it",
    "delivering: nobody got it",
    "delivering: in doubt",
    "retired: the key of a slot",
    "retired: an item",
    "retired: a newer item, taken back",
    "a copy",
];

/// What people do meanwhile, to the portal, to sinks and to the configuration.
const ACTS: [&str; 23] = [
    "act app",
    "act copy",
    "act delete",
    "act edit",
    "act forge",
    "act issue",
    "act move",
    "act narrow",
    "act overwrite",
    "act regenerate",
    "act restore",
    "act revoke",
    "act silence",
    "act stranger",
    "act tags",
    "edit access",
    "edit back",
    "edit destroy",
    "edit forget",
    "edit hand over",
    "edit policy",
    "edit rename",
    "edit sinks",
];

/// What happens to a run.
const MISHAPS: [&str; 6] = [
    "trouble ActedLate",
    "trouble AnswerLost",
    "trouble RequestLost",
    "trouble SinkRefuses",
    "trouble Sleeps",
    "trouble killed",
];

/// Which of them `plan` shows, and every action, reason and block.
pub(super) fn of(plan: &Plan) -> BTreeSet<String> {
    let mut seen = BTreeSet::new();
    for change in &plan.changes {
        // What is withheld is not what the action is counted for.
        if change.is_runnable() || change.action == Action::Report {
            seen.insert(format!("action {}", change.action.id()));
        }
        seen.extend(change.blocked.iter().map(|blocked| format!("block {:?}", blocked.by())));
        seen.extend(change.reasons.iter().map(|reason| format!("reason {}", reason.id())));
        seen.extend(change.reasons.iter().filter_map(|reason| row(change, reason)).map(|row| format!("row {row}")));
    }
    seen.extend(plan.refused.iter().map(|_| "refused".to_owned()));
    seen
}

fn phase(item: Option<&LiveItem>, slot: Slot) -> Option<Phase> {
    item?.ledger()?.slots.get(slot).as_ref().map(|record| record.phase)
}

fn row(change: &Change, reason: &Reason) -> Option<&'static str> {
    let seen = change.work.seen.as_deref();
    let unasked = change.blocked.as_ref().is_some_and(|blocked| blocked.by() == BlockedBy::CannotBeKnown);
    let has = |act: fn(&Act) -> bool| change.work.acts().any(act);
    let at = match reason {
        Reason::ForeignKey { slot } => usize::from(phase(seen, *slot).is_some()),
        Reason::IssueUnfinished { .. } | Reason::DeliveryUnfinished { .. } if unasked => 5,
        Reason::IssueUnfinished { slot } => match phase(seen, *slot) {
            Some(Phase::Issuing) => 2,
            Some(Phase::Delivering) => 8,
            Some(Phase::Delivered | Phase::Lost) | None => return None,
        },
        Reason::DeliveryUnfinished { .. } if has(|act| matches!(act, Act::Resume { .. })) => 3,
        Reason::DeliveryUnfinished { .. } if has(|act| matches!(act, Act::ReadKeyFromSink { .. })) => 7,
        Reason::DeliveryUnfinished { .. } => 6,
        Reason::KeyDead { .. } | Reason::KeyLost { .. } | Reason::KeyExpired { .. } => 4,
        Reason::DeliveryInDoubt { .. } => 9,
        Reason::OverlapOver { .. } => 10,
        Reason::Replaced { .. } => 11,
        Reason::Reverted => 12,
        Reason::Copy { .. } => 13,
        Reason::OtherOwner { .. }
        | Reason::HandedOver { .. }
        | Reason::New
        | Reason::Begun
        | Reason::Differs
        | Reason::Edited { .. }
        | Reason::TakenAway { .. }
        | Reason::NotTaken
        | Reason::Agreed
        | Reason::Unregistered
        | Reason::Due { .. }
        | Reason::RotationRequested { .. }
        | Reason::BreakGlass { .. }
        | Reason::NoKey
        | Reason::NotHome { .. }
        | Reason::SinkAdded { .. }
        | Reason::SinkLost { .. }
        | Reason::Removed { .. }
        | Reason::Requested
        | Reason::Renamed { .. }
        | Reason::Orphan
        | Reason::Duplicate { .. }
        | Reason::Leftover { .. }
        | Reason::Unclear
        | Reason::Unread => return None,
    };
    Some(ROWS[at])
}

/// In how many worlds each was seen.
#[derive(Default)]
pub(super) struct Coverage {
    worlds: usize,
    seen: BTreeMap<String, usize>,
}

impl Coverage {
    pub(super) fn count(&mut self, seen: BTreeSet<String>) {
        self.worlds += 1;
        for one in seen {
            *self.seen.entry(one).or_default() += 1;
        }
    }

    /// The table, and what is seen in less than one world of a hundred.
    pub(super) fn table(&self) -> (String, Vec<String>) {
        let required: Vec<String> = { Action::ALL.iter().map(|action| format!("action {}", action.id())) }
            .chain(ROWS.iter().map(|row| format!("row {row}")))
            .chain(Shape::FORMS.iter().chain(&Shape::TROUBLE).map(|shape| format!("shape {}", shape.name())))
            .chain(Switches::ALL.iter().map(|switch| format!("switch {}", switch.name)))
            .chain(ACTS.iter().chain(&MISHAPS).map(|what| (*what).to_owned()))
            .collect();
        let mut counts = self.seen.clone();
        for one in &required {
            counts.entry(one.clone()).or_default();
        }
        let mut table = format!("{} worlds\n", self.worlds);
        for (what, count) in &counts {
            let mark = if required.contains(what) { '*' } else { ' ' };
            table.push_str(&format!("{mark} {what:45} {count:5}\n"));
        }
        let rare = |one: &&String| counts.get(*one).is_none_or(|count| count * 100 < self.worlds);
        (table, required.iter().filter(rare).cloned().collect())
    }
}
