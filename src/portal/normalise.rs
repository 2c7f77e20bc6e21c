//! Turns what the portal sends into words that compare equal when they mean the same.

use std::collections::BTreeSet;

use jiff::Timestamp;

use crate::model::{App, Folder, FolderId, ItemId, KeyIdentity, LiveItem, Marker, PerSlot, Privilege, Referrer};

use super::entities::unescape;
use super::wire::{AppInfoWire, AppWire, FolderWire, ItemWire};
use super::{Summary, ledger};

/// The keyword that registering an app puts on its item, and unregistering takes away. *Source: arcgis-api 3.10.*
const REGISTERED: &str = "Registered App";

fn plain(text: Option<&String>) -> String {
    text.map(|text| unescape(text).into_owned()).unwrap_or_default()
}

/// A date of the portal: milliseconds, where -1, 0 and nothing all mean none.
fn date(ms: Option<i64>) -> Option<Timestamp> {
    ms.filter(|ms| *ms > 0).and_then(|ms| Timestamp::from_millisecond(ms).ok())
}

fn tags(wire: &ItemWire) -> BTreeSet<String> {
    let tags = wire.tags.iter().flatten();
    tags.map(|tag| unescape(tag.trim()).into_owned()).filter(|tag| !tag.is_empty()).collect()
}

fn folder_id(text: Option<&String>) -> Option<FolderId> {
    text.and_then(|text| FolderId::new(text.trim()).ok())
}

/// A whole item, still without its app. `None` if it has no valid id.
pub(super) fn item(wire: &ItemWire) -> Option<LiveItem> {
    let id = ItemId::new(wire.id.as_deref()?.trim()).ok()?;
    let (markers, tags): (BTreeSet<_>, BTreeSet<_>) =
        tags(wire).into_iter().partition(|tag| Marker::parse(tag).is_some());
    let (ledger, other_properties) = ledger::read(wire.properties.as_ref());
    Some(LiveItem {
        id,
        owner: wire.owner.clone().unwrap_or_default(),
        title: plain(wire.title.as_ref()),
        snippet: plain(wire.snippet.as_ref()),
        description: plain(wire.description.as_ref()),
        tags,
        markers: markers.iter().filter_map(|tag| Marker::parse(tag)).collect(),
        folder: folder_id(wire.owner_folder.as_ref()),
        access: wire.access.clone().unwrap_or_default(),
        protected: wire.protected.unwrap_or(false),
        created: date(*wire.created),
        modified: date(*wire.modified),
        dates: PerSlot { one: date(*wire.date_one), two: date(*wire.date_two) },
        ledger,
        other_properties,
        registered: wire.type_keywords.iter().flatten().any(|keyword| keyword.trim().eq_ignore_ascii_case(REGISTERED)),
        app: None,
        lost: PerSlot::default(),
    })
}

/// What a listing or a search tells of an item; `None` if it has no valid id. Items in a listing of the user
/// `owner` are theirs, whether or not the listing repeats it.
pub(super) fn summary(wire: &ItemWire, owner: &str, folder: Option<&FolderId>) -> Option<Summary> {
    Some(Summary {
        id: ItemId::new(wire.id.as_deref()?.trim()).ok()?,
        owner: wire.owner.clone().unwrap_or_else(|| owner.to_owned()),
        title: plain(wire.title.as_ref()),
        kind: wire.kind.clone().unwrap_or_default(),
        keywords: wire.type_keywords.iter().flatten().cloned().collect(),
        tags: tags(wire),
        folder: folder.cloned().or_else(|| folder_id(wire.owner_folder.as_ref())),
    })
}

/// A folder; `None` if it has no valid id.
pub(super) fn folder(wire: &FolderWire) -> Option<Folder> {
    Some(Folder { id: folder_id(wire.id.as_ref())?, title: plain(wire.title.as_ref()), created: date(*wire.created) })
}

/// A registered app, without its secret.
pub(super) fn app(wire: &AppWire) -> App {
    let mut privileges = privileges(wire.privileges.iter().flatten());
    let items = privileges.iter().filter_map(Privilege::item).collect();
    privileges.retain(|privilege| privilege.item().is_none());
    let referrers = wire.referrers.iter().flatten();
    App {
        client_id: wire.client_id.clone().unwrap_or_default(),
        app_type: wire.app_type.clone().unwrap_or_else(|| "multiple".to_owned()),
        redirect_uris: wire.redirect_uris.clone().unwrap_or_default(),
        privileges,
        items,
        referrers: referrers.filter(|text| !text.trim().is_empty()).map(|text| Referrer::observed(text)).collect(),
        personal: *wire.personal,
        modified: date(*wire.modified),
        active: PerSlot { one: wire.active_one.unwrap_or(false), two: wire.active_two.unwrap_or(false) },
    }
}

/// Privileges as a set.
pub(super) fn privileges<'a>(texts: impl Iterator<Item = &'a String>) -> BTreeSet<Privilege> {
    texts.filter(|text| !text.trim().is_empty()).map(|text| Privilege::new(text)).collect()
}

/// What a key says about itself; `None` if it names no item.
pub(super) fn identity(wire: &AppInfoWire) -> Option<KeyIdentity> {
    Some(KeyIdentity {
        item: ItemId::new(wire.item_id.as_deref()?.trim()).ok()?,
        privileges: wire.privileges.as_ref().map(|texts| privileges(texts.iter())),
        expires: date(*wire.expiration_date),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::LedgerState;

    fn read(json: &str) -> LiveItem {
        item(&serde_json::from_str(json).unwrap()).unwrap()
    }

    #[test]
    fn an_item_is_the_same_however_the_portal_writes_it() {
        let bare = r#"{"id":"0123456789abcdef0123456789abcdef","owner":"jdoe","title":"A & B","tags":["keyform:s/n","x"],
            "ownerFolder":null}"#;
        let rich = r#"{"id":"0123456789ABCDEF0123456789ABCDEF","owner":"jdoe","title":"A &amp; B","snippet":null,
            "description":"","tags":["x","","keyform:s/n"],"ownerFolder":"","apiToken1ExpirationDate":-1,
            "apiToken2ExpirationDate":"0","properties":null,"protected":false,"created":null}"#;
        assert_eq!(read(bare), read(rich));
        let item = read(bare);
        assert_eq!(item.tags, BTreeSet::from(["x".to_owned()]));
        assert_eq!(item.markers.len(), 1);
        assert_eq!(item.ledger, LedgerState::None);
    }

    #[test]
    fn dates_are_milliseconds_as_number_or_text() {
        let item = read(
            r#"{"id":"0123456789abcdef0123456789abcdef","apiToken1ExpirationDate":"1779110552000",
            "apiToken2ExpirationDate":1779110552000}"#,
        );
        assert_eq!(item.dates.one, item.dates.two);
        assert_eq!(item.dates.one.map(Timestamp::as_millisecond), Some(1_779_110_552_000));
    }

    #[test]
    fn item_access_is_taken_out_of_the_privileges() {
        let wire = r#"{"client_id":"abc","privileges":["premium:user:basemaps",
            "portal:app:access:item:0123456789abcdef0123456789abcdef"],"httpReferrers":["HTTPS://A.example/",""]}"#;
        let app = app(&serde_json::from_str(wire).unwrap());
        assert_eq!(app.privileges, BTreeSet::from([Privilege::new("premium:user:basemaps")]));
        assert_eq!(app.items.len(), 1);
        assert_eq!(app.referrers, BTreeSet::from([Referrer::observed("https://a.example")]));
        assert_eq!(app.personal, None);
    }
}
