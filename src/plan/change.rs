//! What a plan is made of.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use crate::model::{
    Caller, CredentialName, ItemId, LiveItem, PortalFacts, PortalUrl, SinkId, Slot, SourceLine, StackName,
};

use super::blocked::{Blocked, BlockedBy};
use super::field::FieldDiff;
use super::keys::{KeyLine, Next};
use super::limit::{GuardUse, Refused};
use super::note::Note;
use super::outlook::Outlook;
use super::reason::{Cause, Reason};
use super::safety::{Gap, Outgoing, Safety};
use super::step::{Act, Step};
use super::turn::Boundary;
use super::work::Work;

/// Everything one run would do, and why.
#[derive(Clone, Debug)]
pub struct Plan {
    pub stack: StackName,
    /// The portal's time.
    pub now: Timestamp,
    /// Whether that is not the portal's time but another one that was asked for.
    pub simulated: bool,
    /// Whether it leaves out what was not asked for.
    pub partial: bool,
    /// The changes, in the order they are shown: from harmless to dangerous.
    pub changes: Vec<Change>,
    /// Limits, and how much of each this plan uses.
    pub guards: Vec<GuardUse>,
    /// Why none of it may be carried out, if a limit says so.
    pub refused: Option<Refused>,
    /// Where time alone makes another plan of it.
    pub boundary: Option<(Timestamp, Boundary)>,
    /// What was found, for readers alone.
    pub overview: Overview,
}

/// What a plan was made from, and what there is beside its changes.
#[derive(Clone, Debug)]
pub struct Overview {
    pub portal: PortalFacts,
    /// The portal's address, as it was configured.
    pub url: PortalUrl,
    /// The root configuration file, as it was given.
    pub file: String,
    pub caller: Caller,
    /// The keys that are in use, soonest end first.
    pub keys: Vec<KeyLine>,
    /// The keys that are in use once the plan was carried out, soonest end first.
    pub keys_after: Vec<KeyLine>,
    /// What comes of the keys if keyform never runs again.
    pub outlook: Outlook,
    /// What comes of the keys after the plan if keyform never runs again.
    pub outlook_after: Outlook,
    /// What else is worth knowing.
    pub notes: Vec<Note>,
    /// Credentials that match the configuration.
    pub unchanged: Vec<CredentialName>,
    /// How many credentials are wanted or were found.
    pub read: usize,
    /// Whether nothing on the portal carries this stack's marker yet.
    pub first: bool,
}

impl Plan {
    /// Whether there is nothing to do and nothing withheld. Reports do not count, and neither does what waits for a date or
    /// is only noted.
    pub fn is_empty(&self) -> bool {
        let reported = |change: &Change| change.action == Action::Report && change.blocked.is_none();
        self.changes.iter().all(|change| reported(change) || change.waits() || change.only_notes())
    }

    /// The changes that apply would carry out. Of a plan that is refused, renewals that cannot wait.
    pub fn runnable(&self) -> impl Iterator<Item = &Change> {
        let goes = |change: &Change| self.refused.as_ref().is_none_or(|refused| refused.lets(change));
        self.changes.iter().filter(move |change| change.is_runnable() && goes(change))
    }

    /// The same, by credential.
    pub fn runnable_by_name(&self) -> BTreeMap<&CredentialName, Vec<&Change>> {
        let mut by_name: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for change in self.runnable() {
            by_name.entry(&change.name).or_default().push(change);
        }
        by_name
    }

    /// The blocked changes.
    pub fn blocked(&self) -> impl Iterator<Item = &Change> {
        self.changes.iter().filter(|change| change.blocked.is_some())
    }

    /// Whether it would make an item, so that what is there has to be known in full.
    pub fn makes_an_item(&self) -> bool {
        let unless = |blocked: &Blocked| blocked.by() == BlockedBy::CannotBeKnown;
        self.changes.iter().any(|change| change.work.does(&Act::AddItem) && change.blocked.as_ref().is_none_or(unless))
    }

    /// The items that keys are given access to by an app that is registered or updated. A portal that has lost one of them
    /// refuses that, however long keys had access to it.
    pub fn grants(&self) -> impl Iterator<Item = &ItemId> {
        let grants = self.changes.iter().filter(|change| change.work.grants());
        grants.filter_map(|change| change.work.wanted.as_ref()).flat_map(|wanted| &wanted.values.items)
    }

    /// The blocked changes that time alone does not unblock, and those that somebody asked for by name.
    pub fn withheld(&self) -> impl Iterator<Item = &Change> {
        self.blocked().filter(|change| !change.waits() || change.cause == Cause::Request)
    }

    /// The earliest moment at which time alone makes other changes of the same configuration and portal.
    ///
    /// Before it, a plan has the same changes but for the dates of keys; at it, it has not.
    pub fn next_boundary(&self) -> Option<(Timestamp, Boundary)> {
        self.boundary.clone()
    }

    /// The next thing that will be due, if nothing else changes.
    pub fn next_action(&self) -> Option<(Timestamp, &KeyLine)> {
        let dates = self.overview.keys.iter().filter_map(|key| key.next.map(|next| (next.at(), key)));
        // What is due by now is a change of this plan, and the end of another key is nothing keyform does.
        let ahead = |key: &KeyLine, at| at > self.now && (key.current || !matches!(key.next, Some(Next::Expire(_))));
        dates.filter(|(at, key)| ahead(key, *at)).min_by_key(|(at, _)| *at)
    }
}

/// What is done to a credential, from harmless to dangerous.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Action {
    /// `»` a key that exists goes to a sink.
    Deliver,
    /// `+` the credential is made, or what was begun is finished.
    Create,
    /// `↻` a new key takes over from one that ends or is dead.
    Rotate,
    /// `x` the older key ends, its overlap being over.
    Retire,
    /// `~` settings change and keys stay valid.
    Update,
    /// `+/-` a new item takes over, since the edit would end the keys of the old one.
    Replace,
    /// `!~` settings change and the keys of the item end.
    UpdateEndingKeys,
    /// `->` marker and ledger are taken off; the credential lives on.
    Forget,
    /// `-` its keys are revoked and its items are deleted.
    Destroy,
    /// `!` something is said, nothing is done.
    Report,
}

impl Action {
    pub const ALL: [Self; 10] = [
        Self::Deliver,
        Self::Create,
        Self::Rotate,
        Self::Retire,
        Self::Update,
        Self::Replace,
        Self::UpdateEndingKeys,
        Self::Forget,
        Self::Destroy,
        Self::Report,
    ];

    /// The word machines read.
    pub const fn id(self) -> &'static str {
        match self {
            Self::Deliver => "deliver",
            Self::Create => "create",
            Self::Rotate => "rotate",
            Self::Retire => "retire",
            Self::Update => "update",
            Self::Replace => "replace",
            Self::UpdateEndingKeys => "update_ending_keys",
            Self::Forget => "forget",
            Self::Destroy => "destroy",
            Self::Report => "report",
        }
    }
}

/// Whether anybody may do more afterwards.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Exposure {
    /// Access stays what it was.
    Same,
    /// Less is allowed.
    Narrows,
    /// More is allowed.
    Widens,
}

impl Exposure {
    /// The word machines read.
    pub const fn id(self) -> &'static str {
        match self {
            Self::Same => "same",
            Self::Narrows => "narrows",
            Self::Widens => "widens",
        }
    }
}

/// One thing to be done to one credential.
#[derive(Clone, Debug)]
pub struct Change {
    pub name: CredentialName,
    pub action: Action,
    /// Why, the most telling first.
    pub reasons: Vec<Reason>,
    pub cause: Cause,
    /// Whether access grows.
    pub exposure: Exposure,
    pub fields: Vec<FieldDiff>,
    pub blocked: Option<Blocked>,
    pub item: Option<ItemId>,
    /// Where the credential is declared.
    pub source: Option<SourceLine>,
    /// What carrying it out goes by.
    pub work: Work,
    /// What it means, for readers alone.
    pub told: Told,
}

/// What a change means for those who use the keys. It is shown, and nothing that is done depends on it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Told {
    /// What can be relied on meanwhile, for a change that issues, delivers or ends keys.
    pub safety: Option<Safety>,
    /// What a new key takes over from.
    pub outgoing: Option<Outgoing>,
    /// Sinks that hold a dead key, now or once the change is carried out.
    pub dead_in: Vec<SinkId>,
    /// What the configuration says, and what it would have to say for what was taken away in the portal to stay so.
    pub accept: Vec<FieldDiff>,
}

impl Change {
    /// Whether it gives one of `names` a new key.
    pub(super) fn renews_any_of(&self, names: &BTreeSet<CredentialName>) -> bool {
        self.action == Action::Rotate && names.contains(&self.name)
    }

    /// Whether it says all that a `later` one does, to the same item; dates of keys may move with the clock.
    pub fn covers(&self, later: &Self) -> bool {
        let same = (&self.name, self.action, &self.item, &self.fields)
            == (&later.name, later.action, &later.item, &later.fields);
        let mut said = self.work.steps.iter().map(Step::without_dates);
        same && later.work.steps.iter().map(Step::without_dates).all(|step| said.any(|said| said == step))
    }

    /// Whether apply would carry it out, as far as it depends on the change alone.
    pub fn is_runnable(&self) -> bool {
        self.blocked.is_none() && !self.work.steps.is_empty()
    }

    /// Whether it is about keys and nothing else; a new item that is made for a slot alone is.
    pub fn is_about_keys(&self) -> bool {
        match self.action {
            Action::Deliver | Action::Rotate | Action::Retire => true,
            Action::Replace => self.fields.is_empty(),
            Action::Update => self.notes_lost(),
            Action::Create | Action::UpdateEndingKeys | Action::Forget | Action::Destroy | Action::Report => false,
        }
    }

    /// Whether people or the portal are among what made it necessary.
    pub fn is_drift(&self) -> bool {
        let by_portal = self.reasons.iter().any(|reason| reason.cause() == Cause::Portal);
        !self.only_notes() && (by_portal || self.drifted().next().is_some())
    }

    /// Whether it notes what is so already and does nothing else: configuration and portal agree.
    #[must_use]
    pub fn only_notes(&self) -> bool {
        self.is_runnable() && self.fields.is_empty() && self.work.acts().all(|act| matches!(act, Act::Record { .. }))
    }

    /// What was changed in the portal since it was last applied.
    pub fn drifted(&self) -> impl Iterator<Item = &FieldDiff> {
        self.fields.iter().filter(|diff| diff.cause == Cause::Portal)
    }

    /// Whether nothing stands in its way but a date.
    pub fn waits(&self) -> bool {
        let dated = [BlockedBy::NotYet, BlockedBy::Window, BlockedBy::Frozen];
        self.blocked.as_ref().is_some_and(|blocked| dated.contains(&blocked.by()))
    }

    /// Whether applications may be without a valid key until all of it is done.
    pub fn leaves_dark(&self) -> bool {
        let gap = self.told.safety.and_then(|safety| safety.gap);
        !self.told.dead_in.is_empty()
            || match gap {
                Some(Gap::InPlace { .. } | Gap::BreakGlass { .. } | Gap::Dead) => true,
                // It ends too early, but not yet.
                Some(Gap::TooLate { .. }) | None => false,
            }
    }

    /// Whether it gives an item another name.
    pub fn renames(&self) -> bool {
        self.work.acts().any(|act| matches!(act, Act::Rename { .. }))
    }

    /// Whether it notes that a key was issued over one of ours.
    pub fn notes_lost(&self) -> bool {
        self.work.acts().any(|act| matches!(act, Act::Lost { .. }))
    }

    /// The keys of its items that are live at `now`, in the order of items and slots.
    pub fn live_keys(&self, now: Timestamp) -> Vec<LiveKey> {
        let of_slot = |item: &LiveItem, slot| {
            let until = item.key_until(slot, now)?;
            let record = item.ledger().and_then(|ledger| ledger.slots.get(slot).as_ref());
            let sinks = record.into_iter().flat_map(|record| &record.sinks);
            let delivered = sinks.filter_map(|(id, sink)| Some((sink.delivered?, id.clone()))).max();
            Some(LiveKey { item: item.id.clone(), slot, until, delivered })
        };
        self.work.items().flat_map(|item| Slot::BOTH.into_iter().filter_map(move |slot| of_slot(item, slot))).collect()
    }
}

/// A key of an item that a change is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LiveKey {
    pub item: ItemId,
    pub slot: Slot,
    /// When it ends; `None` where the portal does not tell.
    pub until: Option<Timestamp>,
    /// When it was last delivered, and where to, as the ledger has it.
    pub delivered: Option<(Timestamp, SinkId)>,
}

impl Refused {
    /// Whether `change` is carried out all the same.
    pub fn lets(&self, change: &Change) -> bool {
        change.renews_any_of(&self.urgent)
    }
}
