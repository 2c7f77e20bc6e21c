//! Every sentence about a plan: why something is done, what blocks it, what else is worth knowing.
//!
//! A name in a sentence may come from outside, so a sentence is [`Raw`]: a document holds it as it is, and what people
//! read is made of it by escaping.

mod blocked;
mod dates;

pub(crate) use blocked::{ACCEPT, Block, blocked, lost};
pub(super) use dates::count;
pub(crate) use dates::{clock, day, days, days_to, every, minute, span};

use jiff::Timestamp;

use super::raw::Raw;
use crate::model::{CredentialName, Issue, SourceLine};
use crate::plan::{
    About, Act, Action, BlockedBy, Boundary, Change, Gap, Guard, GuardUse, LiveKey, Note, Outgoing, Over, Reason,
    Refused, Safety, Then, Turn, Unread, Work,
};
use crate::text::escape::plain_within;

/// How many credentials are named of many.
pub(super) const NAMED: usize = 3;

/// What stands over what people or the portal changed.
pub(super) const NOT_BY_KEYFORM: &str = "Changed in the portal, not by keyform";

/// One reason in words.
pub(crate) fn reason(reason: &Reason, now: Timestamp) -> Raw {
    Raw::new(why(reason, now))
}

fn why(reason: &Reason, now: Timestamp) -> String {
    match reason {
        Reason::New => "new credential".into(),
        Reason::Begun => "was begun, not finished".into(),
        Reason::Differs => "differs from the configuration".into(),
        Reason::Edited { since } => format!("changed in the portal{}", since_when(*since)),
        Reason::TakenAway { since, .. } => format!("taken away in the portal{}", since_when(*since)),
        Reason::Agreed => "configuration and portal agree again".into(),
        Reason::Unregistered => "its app was unregistered; its keys ended".into(),
        Reason::IssueUnfinished { slot } => format!("key {slot} was never given to anybody"),
        Reason::DeliveryUnfinished { slot } => format!("delivery of key {slot} was interrupted"),
        Reason::DeliveryInDoubt { slot } => format!("key {slot} may be in a sink that cannot tell"),
        Reason::KeyDead { slot } => format!("key {slot} was ended in the portal"),
        Reason::KeyLost { slot } => format!("somebody issued another key over key {slot}, which is dead"),
        Reason::KeyExpired { slot, at } => format!("key {slot} expired {}", day(*at)),
        Reason::Due { expires, since, .. } => {
            let left = days_to(*expires, now);
            format!("expires in {} ({}), renewed from {}", days(left), day(*expires), day(*since))
        }
        Reason::RotationRequested { slot, .. } => format!("a new key was asked for in place of key {slot}"),
        Reason::BreakGlass { slot, because } => {
            format!("key {slot} is to end at once: {}", plain_within(because, 60, false))
        }
        Reason::NoKey => "has no key yet".into(),
        Reason::NotHome { item } => format!("its key is of item {}, which is not the one that is kept", item.short()),
        Reason::SinkAdded { sinks } => count(sinks.len(), "sink was added", "sinks were added"),
        Reason::SinkLost { sinks } => count(sinks.len(), "sink lost its key", "sinks lost their key"),
        Reason::OverlapOver { slot, since } => format!("overlap of key {slot} over since {}", day(*since)),
        Reason::Replaced { since } => format!("replaced; its overlap is over since {}", day(*since)),
        Reason::NotTaken => "the portal did not take its access, and nobody has its key".into(),
        Reason::Reverted => "the edit was taken back before anybody had its key".into(),
        Reason::ForeignKey { slot } => format!("slot {slot} holds a key keyform did not issue"),
        Reason::Removed { not_before: Some(at), .. } if *at > now => {
            format!("removed in the configuration, from {}", day(*at))
        }
        Reason::Removed { .. } => "removed in the configuration".into(),
        Reason::Requested => "asked for on the command line".into(),
        Reason::Renamed { from } => format!("renamed from {from}"),
        Reason::Orphan => "marked as this stack's, not in the configuration".into(),
        Reason::Copy { of } => format!("a copy of item {}", of.short()),
        Reason::OtherOwner { owner } => format!("belongs to {owner}, so it does not count"),
        Reason::HandedOver { owner } => {
            format!(
                "handed over to {owner}: have it given back, or a new item is made; `hand-over` is not available yet"
            )
        }
        Reason::Duplicate { home } => format!("a second item; {} is used", home.short()),
        Reason::Leftover { home } => format!("made twice by a lost answer; {} is used", home.short()),
        Reason::Unread => "an item of it cannot be read".into(),
        Reason::Unclear => "not clear enough to be touched".into(),
    }
}

fn since_when(since: Option<Timestamp>) -> String {
    since.map(|at| format!(" since {}", day(at))).unwrap_or_default()
}

/// The symbol of an action, one of [`crate::render::style::SYMBOLS`], and what it means.
pub(crate) const fn sign(action: Action) -> (&'static str, &'static str) {
    match action {
        Action::Deliver => ("»", "deliver a key that exists"),
        Action::Create => ("+", "create"),
        Action::Rotate => ("↻", "rotate"),
        Action::Retire => ("x", "retire the older key"),
        Action::Update => ("~", "update, keys stay valid"),
        Action::Replace => ("+/-", "replace, new before old"),
        Action::UpdateEndingKeys => ("!~", "update, keys end"),
        Action::Forget => ("->", "forget, keys live on"),
        Action::Destroy => ("-", "destroy"),
        Action::Report => ("!", "attention"),
    }
}

/// Why, in a few words for the headline.
pub(crate) fn headline(change: &Change, now: Timestamp) -> Raw {
    let Some(first) = change.reasons.first() else { return Raw::new("") };
    Raw::new(match (change.action, first) {
        (Action::Replace, Reason::Differs | Reason::Unregistered) => "an edit would stop its key".into(),
        (Action::Update, Reason::Differs) => "keys stay valid".into(),
        (Action::Update, Reason::Renamed { from }) => format!("renamed from {from}; keys stay valid"),
        (Action::Destroy, Reason::Orphan) => "not in the configuration; `orphans: destroy`".into(),
        (Action::UpdateEndingKeys, Reason::Edited { .. }) => "changed in the portal; its keys ended".into(),
        (_, Reason::Edited { .. }) => "changed in the portal".into(),
        (Action::UpdateEndingKeys, Reason::Differs) => match change.told.safety.and_then(|safety| safety.gap) {
            Some(Gap::InPlace { .. }) => "the edit ends its live key".into(),
            Some(Gap::BreakGlass { .. } | Gap::TooLate { .. } | Gap::Dead) | None => "no live key would end".into(),
        },
        (_, reason) => why(reason, now),
    })
}

/// What is issued: `issue for 180 days, until 2027-03-20`.
pub(crate) fn issue(issue: &Issue) -> Raw {
    Raw::new(format!("issue for {}, until {}", days(issue.life.as_hours() / 24), day(issue.expires)))
}

/// What becomes of the old one: `keep until 2026-10-05 (overlap 14 days), then revoke`.
pub(crate) fn outgoing(outgoing: &Outgoing) -> Raw {
    let then = match outgoing.then {
        Then::Revoke => "then revoke",
        Then::Expire => "then left to expire",
        Then::Delete => "then delete",
    };
    Raw::new(format!("keep until {} (overlap {}), {then}", day(outgoing.until), span(outgoing.overlap)))
}

/// What can be relied on: `no sink is ever without a valid key; resumable after a crash at any step`.
pub(crate) fn safety(safety: Safety) -> Raw {
    let mut words = match safety.gap {
        None => "no sink is ever without a valid key".to_owned(),
        Some(why) => gap(why),
    };
    words.push_str("; resumable after a crash at any step");
    if safety.may_replace {
        words.push_str(
            ", but no sink can be read back: if a run dies while it delivers, a new item takes over (declare an escrow sink)",
        );
    }
    Raw::new(words)
}

fn gap(gap: Gap) -> String {
    match gap {
        Gap::InPlace { slot, until } => format!(
            "NOT continuous: `on_breaking_change: in_place` ends key {slot} (until {}) before there is a new one",
            day(until)
        ),
        Gap::BreakGlass { slot } => format!("NOT continuous: key {slot} ends without an overlap, as it was asked for"),
        Gap::TooLate { until } => format!("NOT continuous: the old key ends {}, within its overlap", day(until)),
        Gap::Dead => "some application is without a valid key until this is done".into(),
    }
}

/// What time brings about, in a few words.
pub(crate) fn boundary(boundary: &Boundary) -> Raw {
    let name = &boundary.name;
    Raw::new(match boundary.turn {
        Turn::Renewal => format!("renewal of {name}"),
        Turn::OverlapOver => format!("overlap of {name} over"),
        Turn::Expiry => format!("a key of {name} is running out"),
        Turn::FixedEnd => format!("fixed end of {name}"),
        Turn::Window => format!("window of {name}"),
        Turn::Freeze => "a freeze begins or ends".into(),
        Turn::Limit => format!("limit on new items of {name} over"),
        Turn::Removal => format!("removal of {name} becomes eligible"),
    })
}

fn keys(change: &Change, now: Timestamp) -> String {
    count(change.live_keys(now).len(), "live key", "live keys")
}

fn items(change: &Change) -> String {
    count(change.work.items().count(), "item", "items")
}

/// When a key was last delivered, and where to: by what people call that sink, while it is declared.
pub(crate) fn delivered(change: &Change, key: &LiveKey) -> Option<Raw> {
    let (at, sink) = key.delivered.as_ref()?;
    Some(Raw::new(format!("delivered {} to {}", day(*at), change.work.place(sink))))
}

/// What is being done, for those who have to know where a run ended.
pub(crate) fn doing(work: &Work, act: &Act) -> Raw {
    Raw::new(match act {
        Act::CreateFolder { title } => format!("creating the folder \"{title}\""),
        Act::Rename { from, .. } => format!("renaming it from {from}"),
        Act::Forget => "taking its marker and ledger off".into(),
        Act::AddItem => "creating its item".into(),
        Act::WriteLedger => "writing its ledger".into(),
        Act::Register => "registering its app".into(),
        Act::UpdateApp => "updating its app".into(),
        Act::EditItem { .. } => "updating its item".into(),
        Act::Move => "moving its item".into(),
        Act::Record { .. } => "recording what was applied".into(),
        Act::Issue(issue) => format!("issuing key {}", issue.slot),
        Act::ReadKeyFromSink { slot, from, .. } => format!("reading key {slot} from {}", work.place(from)),
        Act::Resume { slot, .. } => format!("recording that key {slot} is being delivered"),
        Act::Deliver { slot, sink } => format!("delivering key {slot} to {}", work.place(sink)),
        Act::RecordDelivery { slot, sink } => format!("recording that {} has key {slot}", work.place(sink)),
        Act::Delivered { slot } => format!("recording that key {slot} is delivered"),
        Act::Lost { slot } => format!("noting that somebody issued another key over key {slot}"),
        Act::Revoke { slot } | Act::EndKey { slot } => format!("revoking key {slot}"),
        Act::DeleteItem => "deleting its item".into(),
    })
}

/// What a plan did not say, and would be done now.
pub(crate) fn needs_now(name: &CredentialName, action: Action) -> Raw {
    Raw::new(format!("credential.{name} now needs: {}", action.id()))
}

/// Who lost what was taken away in the portal.
pub(crate) fn all_lost<'n>(lost: &str, names: impl ExactSizeIterator<Item = &'n CredentialName>) -> Raw {
    let who = match (names.len(), names.last()) {
        (1, Some(name)) => name.to_string(),
        (all, _) => count(all, "credential", "credentials"),
    };
    Raw::new(format!("{who} lost {lost}"))
}

/// The command that gives back to `names` what was taken away in the portal; `all` says that nobody else lost anything.
pub(crate) fn restore<'n>(
    names: impl ExactSizeIterator<Item = &'n CredentialName>,
    all: bool,
    replacements: Option<u32>,
) -> Raw {
    let mut words = "keyform apply".to_owned();
    if all && names.len() > 1 {
        words.push_str(" --restore '*'");
    } else {
        names.for_each(|name| words.push_str(&format!(" --restore {name}")));
    }
    words.extend(replacements.map(|most| format!(" --allow replace={most}")));
    Raw::new(words)
}

/// What is done, in one short line for the recap.
pub(crate) fn recap(change: &Change, now: Timestamp) -> Raw {
    Raw::new(done(change, now))
}

fn done(change: &Change, now: Timestamp) -> String {
    if let Some(blocked) = &change.blocked {
        let why = match blocked.by() {
            BlockedBy::ForeignKey => "blocked by a foreign key",
            BlockedBy::NoFreeSlot => "no slot is free yet",
            BlockedBy::TooOften => "new items are made too often",
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
            BlockedBy::Withheld => "taken away in the portal",
            BlockedBy::NotTaken => "the portal did not take it",
            BlockedBy::Unreadable => "an item of it cannot be read",
        };
        return format!("blocked: {why}");
    }
    let key = change.work.issue().map(|issue| format!("key in slot {}, until {}", issue.slot, day(issue.expires)));
    let fields = || change.fields.iter().map(|diff| diff.field.name()).collect::<Vec<_>>().join(", ");
    match change.action {
        Action::Create => {
            let what = if change.item.is_some() { "finish" } else { "create" };
            key.map_or_else(|| what.to_owned(), |key| format!("{what}, {key}"))
        }
        Action::Rotate => key.map_or_else(|| "rotate".to_owned(), |key| format!("new {key}")),
        Action::Update => match change.reasons.first() {
            Some(Reason::Agreed) => "record what the portal has".into(),
            Some(Reason::KeyLost { slot }) => format!("note that key {slot} is lost"),
            Some(Reason::Renamed { from }) if change.fields.is_empty() => format!("renamed from {from}"),
            Some(Reason::Renamed { from }) => format!("renamed from {from}, {}", fields()),
            Some(_) | None => fields(),
        },
        Action::UpdateEndingKeys => key.map_or_else(fields, |key| format!("{}, new {key}", fields())),
        Action::Deliver => {
            let sinks = change.work.acts().filter(|act| matches!(act, Act::Deliver { .. })).count();
            count(sinks, "sink", "sinks")
        }
        Action::Retire if change.work.does(&Act::DeleteItem) => {
            let item = change.item.as_ref().map(crate::model::ItemId::short).unwrap_or_default();
            format!("delete item {item}")
        }
        Action::Retire => change
            .work
            .acts()
            .find_map(|act| match act {
                Act::Revoke { slot } | Act::EndKey { slot } => Some(format!("revoke key {slot}")),
                _ => None,
            })
            .unwrap_or_default(),
        Action::Replace if change.fields.is_empty() => "new item".into(),
        Action::Replace => format!("{}, new item", fields()),
        Action::Forget => format!("{}, {}", items(change), keys(change, now)),
        Action::Destroy => format!("revoke {}, delete {}", keys(change, now), items(change)),
        Action::Report => change.reasons.first().map(|reason| why(reason, now)).unwrap_or_default(),
    }
}

/// A note in a sentence.
pub(crate) fn note(note: &Note) -> Raw {
    Raw::new(match &note.about {
        About::ForeignItem { item, owner } => {
            format!("item {item} belongs to {owner}; newer portals grant own items only")
        }
        About::PublicItem { item } => format!("item {item} is public: no key is needed to read it"),
        About::UnreadableSink(Unread { place, why }) => format!("{place} could not be read: {why}"),
        About::KeyWithoutItem { place } => format!(
            "{place} holds a key already, but no item of this stack is there: was it deleted, or is this the wrong \
             account or stack name?"
        ),
        About::EmptySink { place } => format!("{place} holds no key, and `heal: false` leaves it so"),
        About::NoDeliver => "no `deliver`, so no key is issued: nobody would get it".into(),
        About::NothingToRemove => "no item of this stack has that name; there is nothing to do".into(),
        About::StillDeclared { entry: SourceLine { file, line } } => {
            format!("still declared ({file}:{line}): the next apply makes it anew; take that entry out")
        }
        About::ManyStillDeclared { count } => {
            format!("{count} of these are still declared: the next apply makes them anew")
        }
        About::NothingToRevoke { item, slot } => {
            format!("slot {slot} of item {item} holds no live key: there is nothing to revoke")
        }
    })
}

/// How much of a limit is used.
pub(crate) fn used(limit: &GuardUse) -> Raw {
    let (used, max) = (limit.used, limit.limit);
    Raw::new(match limit.guard {
        Guard::Destroy => format!("destroy {used} of {max}"),
        Guard::Replace => format!("replace {used} of {max}"),
        Guard::Rotate => format!("rotate {used} of {max}"),
        Guard::ChangePercent => format!("changed {used} % of {max} %"),
    })
}

/// Why a limit refuses a plan.
pub(crate) fn over(Over { limit, names: _ }: &Over) -> Raw {
    let GuardUse { guard, used, limit, source, allowed } = limit;
    let what = match guard {
        Guard::Destroy => format!("this plan destroys {used} credentials, the limit is {limit}"),
        Guard::Replace => format!("this plan replaces {used} credentials, the limit is {limit}"),
        Guard::Rotate => format!("this plan rotates {used} keys, the limit is {limit}"),
        Guard::ChangePercent => format!("this plan changes {used} % of the credentials, the limit is {limit} %"),
    };
    let place = match source {
        Some(SourceLine { file, line }) => format!("{file}:{line}"),
        None if *allowed => "--allow".into(),
        None => "the default".into(),
    };
    Raw::new(format!("Refused by guards.max.{}: {what} ({place}).", guard.id()))
}

/// The command that carries out a refused plan all the same.
pub(crate) fn command(refused: &Refused) -> Raw {
    let Refused { urgent: _, over, destroys, restores } = refused;
    let mut words = vec!["keyform".to_owned()];
    match destroys {
        None => words.push("apply".into()),
        Some(names) => {
            words.push("destroy".into());
            words.extend(names.iter().map(ToString::to_string));
        }
    }
    if restores.as_ref().is_some_and(std::collections::BTreeSet::is_empty) {
        words.push("--restore '*'".into());
    }
    words.extend(restores.iter().flatten().map(|name| format!("--restore {name}")));
    let allow = |over: &Over| format!("--allow {}={}", over.limit.guard.allowed_as(), over.limit.used);
    words.extend(over.iter().map(allow));
    Raw::new(words.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::CredentialName;
    use crate::plan::{Guard, GuardUse};

    #[test]
    fn the_command_of_a_refused_plan_is_what_was_asked_with_its_limits_raised() {
        let name = |name| CredentialName::new(name).unwrap();
        let over = |guard, used| {
            let limit = GuardUse { guard, used, limit: 1, source: None, allowed: false };
            Over { limit, names: [name("web")].into() }
        };
        let refused = |over, destroys, restores| Refused { urgent: [].into(), over, destroys, restores };
        let said = |over, destroys| command(&refused(over, destroys, None)).shown().to_string();
        let limits = vec![over(Guard::Destroy, 3), over(Guard::ChangePercent, 36)];
        assert_eq!(said(limits, None), "keyform apply --allow destroy=3 --allow percent=36");
        let few = Some([name("a"), name("b")].into());
        let restored = |names| {
            let refused = refused(vec![over(Guard::Replace, 50)], None, Some(names));
            command(&refused).shown().to_string()
        };
        assert_eq!(restored([].into()), "keyform apply --restore '*' --allow replace=50");
        assert_eq!(restored([name("a")].into()), "keyform apply --restore a --allow replace=50");
        assert_eq!(said(vec![over(Guard::Destroy, 2)], few), "keyform destroy a b --allow destroy=2");
        assert_eq!(
            said(vec![over(Guard::Destroy, 3)], Some([].into())),
            "keyform destroy --allow destroy=3",
            "everything was asked for"
        );
    }
}
