//! What the portal keeps: members, items, apps, keys, folders, tokens.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// No expiry date (*fact 4*).
pub(super) const NO_DATE: i64 = -1;

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Member {
    /// As it appears in paths.
    pub(super) username: String,
    /// Made up, known to everybody, and only good for this portal.
    pub(super) password: String,
    pub(super) id: String,
    pub(super) org: String,
    /// `org_admin`, `org_publisher`, `org_user`, `viewer`.
    pub(super) role: String,
    /// What the account may do and grant.
    pub(super) privileges: BTreeSet<String>,
    /// When the account was made, in ms.
    pub(super) created: i64,
}

impl Member {
    /// Whether the account holds a privilege.
    pub(super) fn may(&self, privilege: &str) -> bool {
        self.privileges.contains(privilege)
    }
}

/// A folder; there is one level of them.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Folder {
    /// 32 hex digits.
    pub(super) id: String,
    /// Unique per owner, whatever the case.
    pub(super) title: String,
    pub(super) owner: String,
    /// When it was made, in ms.
    pub(super) created: i64,
}

/// An item, and the app registered on it.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Item {
    /// 32 hex digits.
    pub(super) id: String,
    pub(super) owner: String,
    pub(super) org: String,
    /// When it was made, in ms.
    pub(super) created: i64,
    /// When it was last changed, in ms; app updates do not count.
    pub(super) modified: i64,
    /// `Application` for credentials.
    pub(super) kind: String,
    pub(super) title: String,
    /// The short text.
    pub(super) snippet: Option<String>,
    /// The long text.
    pub(super) description: Option<String>,
    pub(super) tags: Vec<String>,
    /// The keywords, also those the portal sets.
    pub(super) keywords: Vec<String>,
    /// A JSON object for clients.
    pub(super) properties: Option<Value>,
    /// Texts the portal only keeps: `culture`, `url`, `accessInformation`, `licenseInfo`.
    pub(super) texts: std::collections::BTreeMap<String, String>,
    pub(super) categories: Vec<String>,
    /// `private`, `org`, `public`.
    pub(super) access: String,
    /// The folder's id, none for the root.
    pub(super) folder: Option<String>,
    pub(super) protected: bool,
    /// `isPersonalAPIToken` as addItem sent it.
    pub(super) personal: Option<bool>,
    /// The expiry date of each slot.
    pub(super) dates: [Dates; 2],
    /// When it went into the recycle bin.
    pub(super) recycled: Option<i64>,
    pub(super) app: Option<App>,
    /// Counts index entries, so that an old one cannot overwrite a newer one.
    pub(super) revision: u64,
}

impl Item {
    /// Adds a keyword the portal sets itself.
    pub(super) fn add_keyword(&mut self, keyword: &str) {
        if !self.keywords.iter().any(|have| have == keyword) {
            self.keywords.push(keyword.to_owned());
        }
    }

    /// Takes a keyword away.
    pub(super) fn remove_keyword(&mut self, keyword: &str) {
        self.keywords.retain(|have| have != keyword);
    }
}

/// A value, and for how many reads its older value is still shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Late<T> {
    /// The truth.
    pub(super) now: T,
    before: T,
    reads: u32,
}

/// Not shown until something else happens.
const HELD: u32 = u32::MAX;

impl<T: Copy + PartialEq> Late<T> {
    /// A value everybody sees.
    pub(super) const fn new(now: T) -> Self {
        Self { now, before: now, reads: 0 }
    }

    /// Changes it; `reads` reads still see what they see now.
    pub(super) fn set(&mut self, to: T, reads: u32) {
        let seen = self.seen();
        *self = Self { now: to, before: seen, reads: if seen == to { 0 } else { reads } };
    }

    /// Changes it; nobody sees that until it is let go.
    pub(super) fn hold(&mut self, to: T) {
        self.set(to, HELD);
    }

    /// Lets go of a value that was held: `reads` reads still see the older one.
    pub(super) const fn let_go(&mut self, reads: u32) {
        if self.reads == HELD {
            self.reads = reads;
        }
    }

    /// What a read shows.
    pub(super) const fn seen(&self) -> T {
        if self.reads > 0 { self.before } else { self.now }
    }

    /// Counts a read; says whether anything changed.
    pub(super) const fn read(&mut self) -> bool {
        let late = self.reads > 0 && self.reads != HELD;
        if late {
            self.reads -= 1;
        }
        late
    }
}

/// A slot's expiry date on the item.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(super) struct Dates {
    /// Epoch ms, or -1; as it comes back.
    pub(super) date: Late<i64>,
    /// The first date the slot was given.
    pub(super) first: i64,
    /// The date as it was sent; none where it was not.
    #[serde(default)]
    pub(super) sent: Option<i64>,
}

impl Dates {
    /// No date yet.
    pub(super) const NONE: Self = Self { date: Late::new(NO_DATE), first: NO_DATE, sent: None };
}

/// What `registerApp` makes.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct App {
    /// 16 letters and digits.
    pub(super) client_id: String,
    /// 32 hex digits.
    pub(super) client_secret: String,
    /// `multiple` for API key credentials, `apikey` for legacy keys.
    pub(super) kind: String,
    pub(super) redirect_uris: Vec<String>,
    /// Who may send the keys; empty for anybody.
    pub(super) referrers: Vec<String>,
    pub(super) privileges: Vec<String>,
    /// In ms, whole seconds.
    pub(super) registered: i64,
    /// In ms, whole seconds.
    pub(super) modified: i64,
    /// The personal scope (*section 4.7*).
    pub(super) personal: bool,
    pub(super) slots: [Slot; 2],
    /// The key of a legacy app, readable for ever.
    pub(super) readable_key: Option<String>,
}

#[derive(Clone, Default, Serialize, Deserialize)]
pub(super) struct Slot {
    /// Whether the portal says it holds a key.
    pub(super) active: Late<bool>,
    pub(super) key: Option<String>,
}

/// A key that was handed out once, and what became of it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct IssuedKey {
    pub(super) item: String,
    /// 1 or 2.
    pub(super) slot: usize,
    /// When, in ms.
    pub(super) issued: i64,
    /// Fixed when it was generated, in ms.
    pub(super) expires: i64,
    /// What ended it before its time, and when.
    pub(super) ended: Option<(String, i64)>,
}

/// Whom a token stands for.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) enum Holder {
    User(String),
    /// An app, by its item.
    App(String),
}

/// A user's or an app's token.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Token {
    pub(super) holder: Holder,
    /// In ms.
    pub(super) expires: i64,
    /// The referrer it is bound to.
    pub(super) referer: Option<String>,
}
