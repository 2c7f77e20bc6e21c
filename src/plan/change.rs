//! What a plan is made of.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};

use crate::model::{
    Caller, CredentialName, Delivery, Fingerprint, ItemId, LiveItem, PortalFacts, SinkId, Slot, SourceLine, StackName,
    Values,
};

/// Everything one run would do, and why.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The stack.
    pub stack: StackName,
    /// The root configuration file, as it was given.
    pub file: String,
    /// The portal's time.
    pub now: Timestamp,
    /// The portal.
    pub portal: PortalFacts,
    /// The portal's address, as it was configured.
    pub url: String,
    /// Who keyform acts as.
    pub caller: Caller,
    /// How many credentials are wanted or were found.
    pub read: usize,
    /// Whether nothing on the portal carries this stack's marker yet.
    pub first: bool,
    /// The changes, in the order they are shown: from harmless to dangerous.
    pub changes: Vec<Change>,
    /// Credentials that match the configuration.
    pub unchanged: Vec<CredentialName>,
    /// The keys that are in use, soonest end first.
    pub keys: Vec<KeyLine>,
    /// What else is worth knowing.
    pub notes: Vec<Note>,
}

impl Plan {
    /// Whether there is nothing to do and nothing withheld. Reports do not count.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.changes.iter().all(|change| change.action == Action::Report)
    }

    /// The changes that apply would carry out.
    pub fn runnable(&self) -> impl Iterator<Item = &Change> {
        self.changes.iter().filter(|change| change.blocked.is_none() && !change.steps.is_empty())
    }

    /// The changes that something stands in the way of.
    pub fn blocked(&self) -> impl Iterator<Item = &Change> {
        self.changes.iter().filter(|change| change.blocked.is_some())
    }

    /// What `later` does that this plan does not say, or says otherwise; dates of keys may move with the clock.
    #[must_use]
    pub fn first_difference(&self, later: &Self) -> Option<String> {
        let outline = |change: &Change| {
            let steps: Vec<Step> = change.steps.iter().map(Step::without_dates).collect();
            (change.name.clone(), change.action, change.fields.clone(), steps)
        };
        let known: Vec<_> = self.runnable().map(outline).collect();
        later
            .runnable()
            .find(|change| !known.contains(&outline(change)))
            .map(|change| format!("credential.{} now needs: {}", change.name, change.action.id()))
    }

    /// The next thing that will be due, if nothing else changes.
    #[must_use]
    pub fn next_action(&self) -> Option<(Timestamp, &KeyLine)> {
        let dates = self.keys.iter().filter_map(|key| key.next.map(|next| (next.at(), key)));
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
    /// `!` something is said, nothing is done.
    Report,
}

impl Action {
    /// All, in order.
    pub const ALL: [Self; 8] = [
        Self::Deliver,
        Self::Create,
        Self::Rotate,
        Self::Retire,
        Self::Update,
        Self::Replace,
        Self::UpdateEndingKeys,
        Self::Report,
    ];

    /// The word machines read.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::Deliver => "deliver",
            Self::Create => "create",
            Self::Rotate => "rotate",
            Self::Retire => "retire",
            Self::Update => "update",
            Self::Replace => "replace",
            Self::UpdateEndingKeys => "update_ending_keys",
            Self::Report => "report",
        }
    }
}

/// What made a change necessary.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Cause {
    /// The configuration says something new.
    Config,
    /// The portal or a sink is no longer what was last applied.
    Portal,
    /// A date has come.
    Time,
}

impl Cause {
    /// The word machines read.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::Config => "config",
            Self::Portal => "portal",
            Self::Time => "time",
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
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::Same => "same",
            Self::Narrows => "narrows",
            Self::Widens => "widens",
        }
    }
}

/// Why a change is needed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reason {
    /// No item carries its marker.
    New,
    /// It was begun and not finished.
    Begun,
    /// Settings differ from the configuration.
    Differs,
    /// Settings were edited in the portal.
    Edited,
    /// The app behind the item is gone.
    Unregistered,
    /// The key was not issued to the end; nobody holds it.
    IssueUnfinished {
        /// Its slot.
        slot: Slot,
    },
    /// Not every sink has the key yet.
    DeliveryUnfinished {
        /// Its slot.
        slot: Slot,
    },
    /// Somebody may hold the key of an unfinished delivery, and nobody can give it back.
    DeliveryInDoubt {
        /// Its slot.
        slot: Slot,
    },
    /// The key was revoked, or ended by an edit of its item.
    KeyDead {
        /// Its slot.
        slot: Slot,
    },
    /// The key is past its end.
    KeyExpired {
        /// Its slot.
        slot: Slot,
        /// When it ended.
        at: Timestamp,
    },
    /// The key is due for renewal.
    Due {
        /// Its slot.
        slot: Slot,
        /// When it ends.
        expires: Timestamp,
        /// From when it is renewed.
        since: Timestamp,
    },
    /// No key was ever issued.
    NoKey,
    /// Sinks were declared that do not have the key.
    SinkAdded {
        /// Which.
        sinks: Vec<SinkId>,
    },
    /// Sinks no longer hold the key they were given.
    SinkLost {
        /// Which.
        sinks: Vec<SinkId>,
    },
    /// The overlap of a replaced key is over.
    OverlapOver {
        /// Its slot.
        slot: Slot,
        /// When it ended.
        since: Timestamp,
    },
    /// Another item took over, and nobody needs this one any more.
    Replaced {
        /// Since when.
        since: Timestamp,
    },
    /// The edit that a new item was begun for was taken back.
    Reverted,
    /// A key is active that keyform did not issue.
    ForeignKey {
        /// Its slot.
        slot: Slot,
    },
    /// On the portal but not in the configuration.
    Orphan,
    /// The item is a copy of a managed one.
    Copy {
        /// The item that its ledger names.
        of: ItemId,
    },
    /// A second item for the same credential.
    Duplicate {
        /// The item that is used.
        home: ItemId,
    },
    /// The item is not what a managed one looks like; the block says how.
    Unclear,
}

impl Reason {
    /// The word machines read.
    #[must_use]
    pub const fn id(&self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Begun => "begun",
            Self::Differs => "differs",
            Self::Edited => "edited_in_portal",
            Self::Unregistered => "unregistered",
            Self::IssueUnfinished { .. } => "issue_unfinished",
            Self::DeliveryUnfinished { .. } => "delivery_unfinished",
            Self::DeliveryInDoubt { .. } => "delivery_in_doubt",
            Self::KeyDead { .. } => "key_dead",
            Self::KeyExpired { .. } => "key_expired",
            Self::Due { .. } => "due",
            Self::NoKey => "no_key",
            Self::SinkAdded { .. } => "sink_added",
            Self::SinkLost { .. } => "sink_lost",
            Self::OverlapOver { .. } => "overlap_over",
            Self::Replaced { .. } => "replaced",
            Self::Reverted => "reverted",
            Self::ForeignKey { .. } => "foreign_key",
            Self::Orphan => "orphan",
            Self::Copy { .. } => "copy",
            Self::Duplicate { .. } => "duplicate",
            Self::Unclear => "unclear",
        }
    }

    /// What made it so.
    #[must_use]
    pub const fn cause(&self) -> Cause {
        match self {
            Self::New | Self::Begun | Self::Differs | Self::NoKey | Self::SinkAdded { .. } | Self::Reverted => {
                Cause::Config
            }
            Self::Edited
            | Self::Unregistered
            | Self::KeyDead { .. }
            | Self::SinkLost { .. }
            | Self::ForeignKey { .. }
            | Self::Orphan
            | Self::Copy { .. }
            | Self::Duplicate { .. }
            | Self::Unclear => Cause::Portal,
            // What was begun under an approval is finished under it: the schedule may resume.
            Self::IssueUnfinished { .. }
            | Self::DeliveryUnfinished { .. }
            | Self::DeliveryInDoubt { .. }
            | Self::KeyExpired { .. }
            | Self::Due { .. }
            | Self::OverlapOver { .. }
            | Self::Replaced { .. } => Cause::Time,
        }
    }
}

/// A setting of a credential, in the order plans show them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Field {
    /// Privileges.
    Privileges,
    /// Item access.
    Items,
    /// Referrers.
    Referrers,
    /// The personal flag.
    Personal,
    /// The title.
    Title,
    /// The summary.
    Snippet,
    /// The description.
    Description,
    /// Tags.
    Tags,
    /// The folder.
    Folder,
    /// Protection from destruction by keyform.
    Protect,
}

impl Field {
    /// All, in order.
    pub const ALL: [Self; 10] = [
        Self::Privileges,
        Self::Items,
        Self::Referrers,
        Self::Personal,
        Self::Title,
        Self::Snippet,
        Self::Description,
        Self::Tags,
        Self::Folder,
        Self::Protect,
    ];

    /// As in YAML.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Privileges => "privileges",
            Self::Items => "items",
            Self::Referrers => "referrers",
            Self::Personal => "personal",
            Self::Title => "title",
            Self::Snippet => "snippet",
            Self::Description => "description",
            Self::Tags => "tags",
            Self::Folder => "folder",
            Self::Protect => "protect",
        }
    }

    /// Whether changing it ends the keys of the item.
    ///
    /// *Source: arcgis-api fact 1; referrers count as well until a portal is known to be kinder.*
    #[must_use]
    pub const fn ends_keys(self) -> bool {
        match self {
            Self::Privileges | Self::Items | Self::Referrers | Self::Personal => true,
            Self::Title | Self::Snippet | Self::Description | Self::Tags | Self::Folder | Self::Protect => false,
        }
    }
}

/// A value of a field, for people and machines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FieldValue {
    /// A text; `None` is no value.
    Text(Option<String>),
    /// A set.
    Set(BTreeSet<String>),
    /// Yes or no.
    Flag(bool),
    /// A text of which only the hash is known, such as the description last applied.
    Hash(String),
}

/// One field that differs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldDiff {
    /// Which.
    pub field: Field,
    /// What the portal has; `None` when there is nothing yet.
    pub have: Option<FieldValue>,
    /// What is wanted.
    pub want: FieldValue,
    /// Whether the configuration moved, or the portal.
    pub cause: Cause,
}

/// The settings a credential is to have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// The values, as the ledger records them.
    pub values: Values,
    /// The description itself.
    pub description: String,
}

/// A key to be minted, delivered and recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issue {
    /// Into this slot.
    pub slot: Slot,
    /// With this serial.
    pub serial: u64,
    /// How long it is to live from the moment it is issued; never more than 364 days.
    pub life: SignedDuration,
    /// When it would end if it were issued at the plan's time.
    pub expires: Timestamp,
    /// The overlap in force.
    pub overlap: SignedDuration,
    /// The sinks it is meant for, in the order they are written.
    pub sinks: Vec<SinkId>,
    /// Other items of the credential: they are told that this one took over before anybody is given the key.
    pub others: Vec<ItemId>,
}

/// One thing apply does. Steps run in order, and a run may die between any two of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Makes the folder, unless somebody did meanwhile.
    CreateFolder {
        /// Its title.
        title: String,
    },
    /// Makes the item, marker and ledger with it. Later steps are about that item.
    AddItem,
    /// Writes the ledger that names its own item.
    Claim,
    /// Registers the app.
    Register,
    /// Changes the app. Ends every key of the item.
    UpdateApp,
    /// Changes fields of the item; keys stay valid.
    EditItem {
        /// Which.
        fields: BTreeSet<Field>,
    },
    /// Moves the item to the wanted folder.
    Move,
    /// Records what was applied: as asked, and as the portal returned it.
    Record {
        /// The fields this change is about; the others keep their record.
        fields: BTreeSet<Field>,
    },
    /// Mints a key, proves it, and says in the ledger that it is being delivered.
    Issue(Issue),
    /// Fetches a key that exists from a sink that can be read, and proves it.
    TakeKey {
        /// The slot it lives in.
        slot: Slot,
        /// The sink that holds it.
        from: SinkId,
        /// What it must be.
        fingerprint: Fingerprint,
    },
    /// Says in the ledger that the key found in a sink is being delivered: the ledger was older than the truth.
    Resume {
        /// The slot.
        slot: Slot,
        /// What was found.
        fingerprint: Fingerprint,
    },
    /// Writes the key to a sink and records it.
    Deliver {
        /// The slot it lives in.
        slot: Slot,
        /// Where it goes.
        sink: SinkId,
    },
    /// Records that a sink was seen to have the key.
    Recorded {
        /// The slot.
        slot: Slot,
        /// The sink.
        sink: SinkId,
    },
    /// Records that every sink has the key.
    Delivered {
        /// The slot.
        slot: Slot,
    },
    /// Ends the key in the slot, sees it inactive and takes it from the ledger.
    Revoke {
        /// The slot.
        slot: Slot,
    },
    /// Takes a key that has ended by itself from the ledger.
    Drop {
        /// The slot.
        slot: Slot,
    },
    /// Deletes the item, once no slot of it is active.
    DeleteItem,
}

impl Step {
    fn without_dates(&self) -> Self {
        match self {
            Self::Issue(issue) => {
                Self::Issue(Issue { life: SignedDuration::ZERO, expires: Timestamp::UNIX_EPOCH, ..issue.clone() })
            }
            other => other.clone(),
        }
    }
}

/// What stands in the way of a change, and what resolves it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Blocked {
    /// By what; stable, for machines and the documentation.
    pub by: BlockedBy,
    /// In a sentence.
    pub why: String,
    /// One exact thing to do.
    pub resolve: String,
}

/// Kinds of blocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum BlockedBy {
    /// The edit would stop a live key, and replacing the item is not available in this version.
    LiveKey,
    /// Somebody else's key is in a slot that the change needs or would end.
    ForeignKey,
    /// No slot is free before a date.
    NoFreeSlot,
    /// What happened cannot be known.
    CannotBeKnown,
    /// The ledger is missing, broken, newer, or its marker is gone.
    Ledger,
    /// Another account owns the item.
    Owner,
    /// Another stack's marker is on the item.
    OtherStack,
    /// The configuration says to observe only, or to refuse.
    Policy,
    /// The account may not do or grant what is wanted.
    Rights,
    /// The fixed end of the credential has passed.
    Ended,
}

impl BlockedBy {
    /// Every kind with its explanation, for the documentation.
    pub const ALL: [(Self, &'static str); 10] = [
        (
            Self::LiveKey,
            "Privileges, items or referrers differ while a key is live. Such an edit ends every key of the item at once, \
             so keyform does not make it in place. Put the configuration back, or wait until no key is live.",
        ),
        (
            Self::ForeignKey,
            "A slot of the item is active, and keyform did not issue the key in it. It is never touched, and neither is \
             anything that would end it. Invalidate that key on the item's page when nobody uses it.",
        ),
        (
            Self::NoFreeSlot,
            "Both slots hold keys that applications may still use. The plan names the date one is free.",
        ),
        (
            Self::CannotBeKnown,
            "A run died at a point that only a sink can tell about, and the sink cannot be asked. Make it readable again, \
             then run the same command.",
        ),
        (
            Self::Ledger,
            "The item's marker and ledger do not fit together: somebody took one of them away or overwrote it, or a newer \
             keyform wrote it.",
        ),
        (Self::Owner, "The item carries this stack's marker, but belongs to another account than the one signed in."),
        (Self::OtherStack, "The item carries another stack's marker as well. Two stacks never share an item."),
        (Self::Policy, "The configuration itself says so: `mode: observe`, or `on_breaking_change: refuse`."),
        (
            Self::Rights,
            "The account lacks a privilege that the change needs, or one that it would grant: an account can only grant \
             what it holds.",
        ),
        (Self::Ended, "The fixed end (`expiry.until`) has passed, so no key can be issued."),
    ];

    /// The stable code.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::LiveKey => "keyform::plan::live_key",
            Self::ForeignKey => "keyform::plan::foreign_key",
            Self::NoFreeSlot => "keyform::plan::no_free_slot",
            Self::CannotBeKnown => "keyform::plan::cannot_be_known",
            Self::Ledger => "keyform::plan::ledger",
            Self::Owner => "keyform::plan::owner",
            Self::OtherStack => "keyform::plan::other_stack",
            Self::Policy => "keyform::plan::policy",
            Self::Rights => "keyform::plan::rights",
            Self::Ended => "keyform::plan::ended",
        }
    }
}

/// One thing to be done to one credential.
#[derive(Clone, Debug)]
pub struct Change {
    /// The credential.
    pub name: CredentialName,
    /// What.
    pub action: Action,
    /// Why, the most telling first.
    pub reasons: Vec<Reason>,
    /// What made it necessary.
    pub cause: Cause,
    /// Whether access grows.
    pub exposure: Exposure,
    /// What differs.
    pub fields: Vec<FieldDiff>,
    /// What is done, in order.
    pub steps: Vec<Step>,
    /// Sinks that hold a dead key now.
    pub dead_in: Vec<SinkId>,
    /// What stands in the way.
    pub blocked: Option<Blocked>,
    /// The item, if there is one.
    pub item: Option<ItemId>,
    /// The item as it was planned from: what apply compares with before it writes.
    pub seen: Option<Box<LiveItem>>,
    /// The generation of an item that this change makes.
    pub generation: u64,
    /// The settings it is to have; `None` for what is only reported.
    pub wanted: Option<Box<Wanted>>,
    /// Every declared sink of the credential.
    pub deliveries: Vec<Delivery>,
    /// Where the credential is declared.
    pub source: Option<SourceLine>,
}

impl Change {
    /// The key this change mints, if it does.
    #[must_use]
    pub fn issue(&self) -> Option<&Issue> {
        self.steps.iter().find_map(|step| match step {
            Step::Issue(issue) => Some(issue),
            Step::CreateFolder { .. }
            | Step::AddItem
            | Step::Claim
            | Step::Register
            | Step::UpdateApp
            | Step::EditItem { .. }
            | Step::Move
            | Step::Record { .. }
            | Step::TakeKey { .. }
            | Step::Resume { .. }
            | Step::Deliver { .. }
            | Step::Recorded { .. }
            | Step::Delivered { .. }
            | Step::Revoke { .. }
            | Step::Drop { .. }
            | Step::DeleteItem => None,
        })
    }

    /// The declared sink `id`.
    #[must_use]
    pub fn delivery(&self, id: &SinkId) -> Option<&Delivery> {
        self.deliveries.iter().find(|delivery| delivery.id == *id)
    }
}

/// What will happen to a key next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// It is renewed.
    Renew(Timestamp),
    /// It is revoked.
    Revoke(Timestamp),
    /// It ends by itself.
    Expire(Timestamp),
}

impl Next {
    /// When.
    #[must_use]
    pub const fn at(self) -> Timestamp {
        match self {
            Self::Renew(at) | Self::Revoke(at) | Self::Expire(at) => at,
        }
    }

    /// The word for it.
    #[must_use]
    pub const fn verb(self) -> &'static str {
        match self {
            Self::Renew(_) => "renew",
            Self::Revoke(_) => "revoke",
            Self::Expire(_) => "expire",
        }
    }
}

/// One key in use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyLine {
    /// Its credential.
    pub name: CredentialName,
    /// Its slot.
    pub slot: Slot,
    /// Whether it is live now; a key that the plan would issue is not.
    pub live: bool,
    /// Whether it is the one that applications are to use.
    pub current: bool,
    /// When it ends; `None` where the portal does not tell.
    pub expires: Option<Timestamp>,
    /// What happens to it next.
    pub next: Option<Next>,
    /// Sinks seen to hold it, and all that are meant to.
    pub sinks: (usize, usize),
}

/// Something worth knowing that is no change.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Note {
    /// The credential it is about, if it is about one.
    pub name: Option<CredentialName>,
    /// In a sentence.
    pub text: String,
}
