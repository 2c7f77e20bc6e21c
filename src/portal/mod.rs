//! The seam at the portal: what may be asked of it, and what may be changed.
//!
//! Who holds a [`ReadPortal`] cannot write: it has no such method.

use std::collections::BTreeSet;

use jiff::Timestamp;

use crate::model::{
    App, Caller, Folder, FolderId, ItemId, KeyIdentity, LiveItem, PortalFacts, Privilege, Referrer, Secret, Slot,
};

mod address;
mod answer;
pub mod assumption;
mod auth;
mod call;
mod codes;
mod entities;
mod error;
mod hello;
mod http;
mod key;
mod ledger;
mod normalise;
mod read;
mod registration;
mod wire;
mod write;

pub use crate::model::Outcome;
pub use auth::{REFERER, SignIn};
pub(crate) use codes::CODES;
pub use entities::unescape;
pub use error::PortalError;
pub use http::{Http, HttpOptions};
pub use key::looks_like_a_key;
pub use ledger::{read as read_ledger, without as properties_without_ledger, write as write_ledger};
pub use registration::registration;

/// The portal's first answer to an authenticated caller.
#[derive(Clone, Debug)]
pub struct Hello {
    /// What it says about itself.
    pub facts: PortalFacts,
    /// Who it takes us for.
    pub caller: Caller,
    /// Its time: the `Date` header of that answer.
    pub now: Timestamp,
}

/// A whole folder, every page of it.
#[derive(Clone, Debug, Default)]
pub struct Listing {
    /// What is in it, as far as a listing tells: an id, tags and markers are reliable, expiry dates are not.
    pub items: Vec<Summary>,
    /// The caller's folders; a portal may leave them out of answers about a folder.
    pub folders: Vec<Folder>,
}

/// What listings and searches tell of an item.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "a field is what it is called")]
pub struct Summary {
    pub id: ItemId,
    pub owner: String,
    pub title: String,
    /// `Application` for credentials.
    pub kind: String,
    pub keywords: BTreeSet<String>,
    /// All tags, markers included, blanks dropped.
    pub tags: BTreeSet<String>,
    /// The folder, where it is told.
    pub folder: Option<FolderId>,
}

/// Is told of items while a list is still being read. A list that changes meanwhile may tell of one twice, or of one
/// that is then in no list.
pub type Seen<'a> = &'a (dyn Fn(Summary) + Sync);

/// What becomes of a key that is in the slot already, as a token call says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Regenerate {
    /// The call asks to leave it alone. What a portal does then is not documented.
    No,
    /// It is replaced.
    Yes,
}

/// What may be asked of a portal without changing it. `plan` and `status` hold this and no more.
pub trait ReadPortal: Sync {
    /// Who the portal is, who we are, what time it is.
    fn hello(&self) -> impl Future<Output = Result<Hello, PortalError>> + Send;
    /// Everything in one folder of the caller, or in the root; `seen` is told page by page.
    fn listing_as_it_comes(
        &self,
        folder: Option<&FolderId>,
        seen: Seen<'_>,
    ) -> impl Future<Output = Result<Listing, PortalError>> + Send;
    /// Items the index has for `query`; it lags behind, so this proves no absence. `seen` is told page by page.
    fn search_as_it_comes(
        &self,
        query: &str,
        seen: Seen<'_>,
    ) -> impl Future<Output = Result<Vec<Summary>, PortalError>> + Send;
    /// Everything in one folder of the caller, or in the root.
    fn listing(&self, folder: Option<&FolderId>) -> impl Future<Output = Result<Listing, PortalError>> + Send {
        self.listing_as_it_comes(folder, &|_| {})
    }
    /// Items the index has for `query`.
    fn search(&self, query: &str) -> impl Future<Output = Result<Vec<Summary>, PortalError>> + Send {
        self.search_as_it_comes(query, &|_| {})
    }
    /// One item without its app; `None` if there is none that we may see (`CONT_0001`).
    fn item(&self, id: &ItemId) -> impl Future<Output = Result<Option<LiveItem>, PortalError>> + Send;
    /// The registered app of an item. What is answered while there is none is an error like others, and only the item
    /// can tell what it means: see [`registration`].
    fn app(&self, owner: &str, id: &ItemId) -> impl Future<Output = Result<App, PortalError>> + Send;
    /// Asks the portal whose key this is, as a page at `referer` would; `None` if the key does not work there.
    fn identify(
        &self,
        key: &Secret,
        referer: Option<&str>,
    ) -> impl Future<Output = Result<Option<KeyIdentity>, PortalError>> + Send;
    /// Whether the portal calls the key invalid for a page at `referer`, in two answers some seconds apart: one alone may
    /// come from a server that does not know the key yet. Whatever else it answers says nothing against a key.
    fn is_refused(&self, key: &Secret, referer: Option<&str>)
    -> impl Future<Output = Result<bool, PortalError>> + Send;
}

/// A new item of type `Application`.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "a field is what it is called")]
pub struct NewItem {
    pub title: String,
    pub snippet: String,
    pub description: String,
    /// All tags, the marker included.
    pub tags: BTreeSet<String>,
    /// The folder; `None` is the root.
    pub folder: Option<FolderId>,
    /// The `properties` object as JSON text, the ledger in it.
    pub properties: String,
    pub personal: bool,
}

/// Fields of an item to be changed; `None` leaves one alone, an empty text clears it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "a field is what it is called")]
pub struct ItemEdit {
    pub title: Option<String>,
    pub snippet: Option<String>,
    pub description: Option<String>,
    /// All tags, the marker included.
    pub tags: Option<BTreeSet<String>>,
    /// The `properties` object as JSON text.
    pub properties: Option<String>,
}

/// The settings of an app, always sent whole.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "a field is what it is called")]
pub struct AppSettings {
    /// `multiple` for API key credentials.
    pub app_type: String,
    /// Kept as found.
    pub redirect_uris: Vec<String>,
    /// Privileges, those of item access included.
    pub privileges: BTreeSet<Privilege>,
    pub referrers: BTreeSet<Referrer>,
    pub personal: bool,
}

/// What `apply` may also do. No call is ever repeated by the client unless that is safe;
/// [`PortalError::outcome`] says whether a failed write may have happened.
pub trait WritePortal: ReadPortal {
    /// Makes a folder; a folder of that title that exists already is an error.
    fn create_folder(&self, title: &str) -> impl Future<Output = Result<FolderId, PortalError>> + Send;
    /// Removes a folder. The portal removes what is in it as well: look first.
    fn delete_folder(&self, id: &FolderId) -> impl Future<Output = Result<(), PortalError>> + Send;
    /// Makes an item. Not repeated once the portal may have acted: titles are not unique.
    fn add_item(&self, item: &NewItem) -> impl Future<Output = Result<ItemId, PortalError>> + Send;
    /// Registers an app for an item of the caller. Not repeated once the portal may have acted. The answer is the app as it is
    /// now; `None` if it does not say what that may do.
    fn register(&self, id: &ItemId, app: &AppSettings)
    -> impl Future<Output = Result<Option<App>, PortalError>> + Send;
    /// Changes fields of an item; its keys stay valid.
    fn update_item(&self, id: &ItemId, edit: &ItemEdit) -> impl Future<Output = Result<(), PortalError>> + Send;
    /// Moves an item to a folder, or to the root.
    fn move_item(&self, id: &ItemId, folder: Option<&FolderId>)
    -> impl Future<Output = Result<(), PortalError>> + Send;
    /// Changes the app, and answers likewise. Ends both keys of the credential, so the plan has to say so before anybody
    /// calls this.
    fn update_app(
        &self,
        id: &ItemId,
        app: &AppSettings,
    ) -> impl Future<Output = Result<Option<App>, PortalError>> + Send;
    /// Writes the date that the next key of `slot` will end at. May end the key now in the slot.
    fn set_date(
        &self,
        id: &ItemId,
        slot: Slot,
        date: Timestamp,
    ) -> impl Future<Output = Result<(), PortalError>> + Send;
    /// Mints a key into `slot`. Not repeated once the portal may have acted.
    fn issue_key(
        &self,
        id: &ItemId,
        slot: Slot,
        regenerate: Regenerate,
    ) -> impl Future<Output = Result<Secret, PortalError>> + Send;
    /// Ends the key in `slot`.
    fn revoke_key(&self, id: &ItemId, slot: Slot) -> impl Future<Output = Result<(), PortalError>> + Send;
    /// Removes an item, past the recycle bin where there is one. A call that had to be repeated is refused when the first
    /// one was carried out.
    fn delete_item(&self, id: &ItemId) -> impl Future<Output = Result<(), PortalError>> + Send;
}
