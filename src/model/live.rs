//! What is there, in words that compare equal when things are equal.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use jiff::Timestamp;

use super::{
    CredentialName, Fingerprint, FolderId, ItemId, Ledger, Marker, PerSlot, Privilege, Referrer, SinkId, Slot, Values,
};

/// The three products keyform serves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Product {
    /// `ArcGIS Online`.
    Online,
    /// `ArcGIS Location Platform`.
    LocationPlatform,
    /// `ArcGIS Enterprise`.
    Enterprise,
}

impl fmt::Display for Product {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Online => "ArcGIS Online",
            Self::LocationPlatform => "ArcGIS Location Platform",
            Self::Enterprise => "ArcGIS Enterprise",
        })
    }
}

/// A dotted version, such as `11.4` or `2025.1`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version(Vec<u32>);

impl Version {
    /// Reads the leading numbers of a dotted text.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let parts: Vec<u32> = text.trim().split('.').map_while(|part| part.parse().ok()).collect();
        (!parts.is_empty()).then_some(Self(parts))
    }

    /// Whether it is `major.minor` or later.
    pub(crate) fn at_least(&self, major: u32, minor: u32) -> bool {
        self.0.as_slice() >= [major, minor].as_slice()
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts: Vec<String> = self.0.iter().map(ToString::to_string).collect();
        f.write_str(&parts.join("."))
    }
}

/// Who keyform acts as.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// The user name, as the portal spells it.
    pub username: String,
    /// The role.
    pub role: String,
    /// Everything the account may do, and so may grant; empty where the portal did not say.
    pub privileges: BTreeSet<Privilege>,
}

/// What the portal says about itself.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "a field is what it is called")]
pub struct PortalFacts {
    /// The organisation's id.
    pub org: String,
    pub name: String,
    pub product: Product,
    /// `enterpriseVersion` for Enterprise where present, else `currentVersion`.
    pub version: Option<Version>,
    /// Whether it refuses every write for now.
    pub read_only: bool,
    /// Whether deleted items go to a recycle bin.
    pub recycle_bin: bool,
}

/// A folder of the caller.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "a field is what it is called")]
pub struct Folder {
    pub id: FolderId,
    pub title: String,
    /// When it was made, where the portal tells.
    pub created: Option<Timestamp>,
}

/// The registered app behind an item. Its secret stays in the portal client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct App {
    /// Public: 16 letters and digits.
    pub client_id: String,
    /// `multiple` for API key credentials.
    pub app_type: String,
    /// Kept as found.
    pub redirect_uris: Vec<String>,
    /// Privileges without those of item access.
    pub privileges: BTreeSet<Privilege>,
    /// Items, taken out of the privileges.
    pub items: BTreeSet<ItemId>,
    /// Referrers.
    pub referrers: BTreeSet<Referrer>,
    /// The personal flag, where the portal tells.
    pub personal: Option<bool>,
    /// When it was last changed, where the portal tells.
    pub modified: Option<Timestamp>,
    /// Which slots the portal calls active. Alone it does not mean a live key: see [`LiveItem::key_until`].
    pub active: PerSlot<bool>,
}

impl App {
    /// Whether it has the access of `values`: an update that changes nothing might still end keys, so it is never sent.
    /// *Source: arcgis-api 4.4.*
    pub(crate) fn has_access_of(&self, values: &Values) -> bool {
        fn all<'a>(privileges: &'a BTreeSet<Privilege>, items: &'a BTreeSet<ItemId>) -> BTreeSet<Privilege> {
            privileges.iter().cloned().chain(items.iter().map(Privilege::item_access)).collect()
        }
        all(&self.privileges, &self.items) == all(&values.privileges, &values.items)
            && self.referrers == values.referrers
            && self.personal.is_none_or(|personal| personal == values.personal)
    }
}

/// What stands where the ledger should.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "a field is what it is called")]
pub enum LedgerState {
    /// Nothing.
    None,
    /// A ledger.
    Read(Box<Ledger>),
    /// A ledger of a format this version does not know.
    Newer { version: u64 },
    /// Something under our key that is not a ledger.
    Broken { why: String },
}

/// One item that may be ours.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "a field is what it is called")]
pub struct LiveItem {
    pub id: ItemId,
    pub owner: String,
    pub title: String,
    /// The summary; empty when there is none.
    pub snippet: String,
    /// The description; empty when there is none.
    pub description: String,
    /// Tags without markers.
    pub tags: BTreeSet<String>,
    /// Every marker among the tags.
    pub markers: BTreeSet<Marker>,
    /// The folder; `None` is the root.
    pub folder: Option<FolderId>,
    /// `private`, `org`, `public`…; empty where the portal does not tell.
    pub access: String,
    /// Whether the portal refuses to delete it.
    pub protected: bool,
    pub created: Option<Timestamp>,
    pub modified: Option<Timestamp>,
    /// The expiry date of each slot; `None` where the portal has -1.
    pub dates: PerSlot<Option<Timestamp>>,
    /// What keyform remembers.
    pub ledger: LedgerState,
    /// The members of `properties` that are not ours, as JSON text; `None` where there are none.
    pub other_properties: Option<String>,
    /// Whether its keywords say that an app is registered.
    pub registered: bool,
    /// The registered app; `None` while it is not registered.
    pub app: Option<App>,
    /// The active slots whose recorded key was asked and is dead.
    pub lost: PerSlot<bool>,
}

impl LiveItem {
    /// Whether the portal calls `slot` active.
    pub(crate) fn is_active(&self, slot: Slot) -> bool {
        self.app.as_ref().is_some_and(|app| *app.active.get(slot))
    }

    /// The ledger, if it can be read.
    pub(crate) fn ledger(&self) -> Option<&Ledger> {
        match &self.ledger {
            LedgerState::Read(ledger) => Some(ledger),
            LedgerState::None | LedgerState::Newer { .. } | LedgerState::Broken { .. } => None,
        }
    }

    /// The ledger to write on, or one that is only begun where none can be read.
    pub(crate) fn ledger_or_begun(&self, marker: Marker, generation: u64) -> Ledger {
        self.ledger().cloned().unwrap_or_else(|| Ledger::begun(marker, self.owner.clone(), generation))
    }
}

/// What a key said about itself when it was asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyIdentity {
    /// The credential's item.
    pub item: ItemId,
    /// Its privileges, those of item access included; `None` where the portal did not say.
    pub privileges: Option<BTreeSet<Privilege>>,
    /// Its end; `None` where the portal did not say.
    pub expires: Option<Timestamp>,
}

/// The key found in a sink.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holding {
    /// Its fingerprint.
    pub fingerprint: Fingerprint,
    /// The slot its text names.
    pub slot: Option<Slot>,
    /// What it answered, if it had to be asked and is live.
    pub identity: Option<KeyIdentity>,
    /// Whether it does not work, where it was asked.
    pub dead: Option<bool>,
}

/// What one look at a sink gave.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "a field is what it is called")]
pub enum Observation {
    /// There is nothing at the place.
    Absent,
    /// There is a value.
    Holds(Holding),
    /// It could not be read; the reason is safe to print.
    Unreadable { why: String },
    /// There is something, and all it tells is when it was written.
    Written {
        /// When, by the sink's own word.
        at: Timestamp,
    },
    /// Its kind tells nothing, or is asked in apply only.
    NotAsked,
}

impl Observation {
    /// The value, if there is one that could be read.
    pub(crate) const fn holding(&self) -> Option<&Holding> {
        match self {
            Self::Holds(holding) => Some(holding),
            Self::Absent | Self::Unreadable { .. } | Self::Written { .. } | Self::NotAsked => None,
        }
    }
}

/// What matters of an item that keys are to read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Referenced {
    /// Whose it is.
    pub owner: String,
    /// Whether everybody can see it anyway.
    pub public: bool,
}

/// An item that may be ours and could not be read. Whatever it is, it is there: nothing is made in its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnreadItem {
    /// The credentials it may stand for, by the names they have now.
    pub of: BTreeSet<CredentialName>,
    /// Whether its marker or a ledger says so. If not, it is an application without our marker in a folder in which these
    /// credentials are missed.
    pub told: bool,
    /// What the portal answered, safe to print.
    pub why: String,
}

/// Everything a plan is made from, besides the wanted and the time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Live {
    /// The portal.
    pub portal: PortalFacts,
    /// Who keyform acts as.
    pub caller: Caller,
    /// The caller's folders, those of leases included.
    pub folders: Vec<Folder>,
    /// Every item of the caller that carries a marker or ledger of this stack, by id.
    pub items: BTreeMap<ItemId, LiveItem>,
    /// Such items of other owners. They are told of, and never count.
    pub strangers: BTreeMap<ItemId, LiveItem>,
    /// Items that may be ours and could not be read, by id.
    pub unread: BTreeMap<ItemId, UnreadItem>,
    /// Whether every folder of the owner was listed, so that absence is known.
    pub complete: bool,
    /// Items that keys are to be given access to; `None` for one that is not there.
    pub referenced: BTreeMap<ItemId, Option<Referenced>>,
    /// One look at each declared sink.
    pub sinks: BTreeMap<SinkId, Observation>,
}

impl Live {
    /// The folder titled `title`; titles are unique per user whatever their case.
    pub(crate) fn folder_titled(&self, title: &str) -> Option<&Folder> {
        let wanted = title.to_lowercase();
        self.folders.iter().find(|folder| folder.title.to_lowercase() == wanted)
    }

    /// The value that `sink` holds, if it was read.
    pub(crate) fn holding(&self, sink: &SinkId) -> Option<&Holding> {
        self.sinks.get(sink)?.holding()
    }

    /// The title of the folder `id`.
    pub(crate) fn folder_title(&self, id: &FolderId) -> Option<&str> {
        self.folders.iter().find(|folder| folder.id == *id).map(|folder| folder.title.as_str())
    }
}
