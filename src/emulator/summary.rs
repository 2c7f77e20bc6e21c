//! The whole portal for a test to look at: everything but the secrets.

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::records::{IssuedKey, Item};
use super::state::State;

/// The first 16 hex digits of the SHA-256 of a key.
#[must_use]
pub fn fingerprint(key: &str) -> String {
    let digest = Sha256::digest(key.as_bytes());
    let first = digest.iter().take(8).fold(0_u64, |sum, &byte| (sum << 8) | u64::from(byte));
    format!("{first:016x}")
}

impl State {
    /// Items with their slots and keys, folders, members: the truth, whatever reads show. No key, no client secret.
    #[must_use]
    pub fn summary(&self, wall: jiff::Timestamp) -> Value {
        let now = self.now(wall);
        let items: Vec<Value> = self.items.values().map(|item| self.item_summary(item, now)).collect();
        let folders = self.folders.values().map(
            |folder| json!({"id": folder.id, "title": folder.title, "owner": folder.owner, "created": folder.created}),
        );
        let keys = self.keys.iter().map(|(text, key)| self.key_summary(text, key, now));
        json!({
            "now": now, "profile": self.profile.name(), "org": self.org, "readOnly": self.read_only,
            "items": items, "folders": folders.collect::<Vec<_>>(), "keys": keys.collect::<Vec<_>>(),
            "members": self.members.keys().collect::<Vec<_>>(),
        })
    }

    fn key_summary(&self, text: &str, key: &IssuedKey, now: i64) -> Value {
        let (because, ended) = key.ended.clone().map_or((None, None), |(because, at)| (Some(because), Some(at)));
        json!({"item": key.item, "slot": key.slot, "fingerprint": fingerprint(text), "issued": key.issued,
            "expires": key.expires, "ended": ended, "because": because, "live": self.live_key(text, now).is_some()})
    }

    fn item_summary(&self, item: &Item, now: i64) -> Value {
        let app = item.app.as_ref().map(|app| {
            let slots = [0, 1].map(|at| {
                let key = app.slots.get(at).and_then(|slot| slot.key.as_deref());
                let live = key.and_then(|text| self.live_key(text, now).map(|(key, ..)| (text, key)));
                json!({
                    "slot": at + 1,
                    "active": self.active(app, at, now),
                    "shownActive": self.shown_active(app, at, now),
                    "date": item.dates.get(at).map(|dates| dates.date.now),
                    "liveKeys": u8::from(live.is_some()),
                    "fingerprint": live.map(|(text, _)| fingerprint(text)),
                    "expires": live.map(|(_, key)| key.expires),
                })
            });
            json!({"clientId": app.client_id, "appType": app.kind, "redirectUris": app.redirect_uris,
                "referrers": app.referrers, "privileges": app.privileges, "personal": app.personal,
                "registered": app.registered, "modified": app.modified, "slots": slots})
        });
        json!({
            "id": item.id, "owner": item.owner, "type": item.kind, "title": item.title, "snippet": item.snippet,
            "description": item.description, "tags": item.tags, "typeKeywords": item.keywords,
            "properties": item.properties, "folder": item.folder, "access": item.access,
            "protected": item.protected, "recycled": item.recycled, "created": item.created,
            "modified": item.modified, "dates": [item.dates[0].date.now, item.dates[1].date.now], "app": app,
        })
    }

    /// The fingerprints of all keys that open something now.
    #[must_use]
    pub fn live_fingerprints(&self, wall: jiff::Timestamp) -> Vec<String> {
        let now = self.now(wall);
        self.keys.keys().filter(|text| self.live_key(text, now).is_some()).map(|text| fingerprint(text)).collect()
    }
}

/// What became of a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fate {
    /// The item it belongs to.
    pub item: String,
    /// When it ends by itself, in ms of the portal's time.
    pub expires: i64,
    /// Whether it opens anything now.
    pub live: bool,
    /// What ended it before its time, such as `revoked`, and when in ms.
    pub ended: Option<(String, i64)>,
    /// Whether its item is in the recycle bin, where nobody sees it.
    pub recycled: bool,
}

impl State {
    /// What became of a key; `None` if this portal never gave it out.
    pub(crate) fn fate(&self, key: &str, wall: jiff::Timestamp) -> Option<Fate> {
        let issued = self.keys.get(key)?;
        let live = self.live_key(key, self.now(wall)).is_some();
        let recycled = self.items.get(&issued.item).is_some_and(|item| item.recycled.is_some());
        Some(Fate { item: issued.item.clone(), expires: issued.expires, live, ended: issued.ended.clone(), recycled })
    }

    /// The texts of all keys that open something now.
    pub fn live_keys(&self, wall: jiff::Timestamp) -> impl Iterator<Item = &str> {
        let now = self.now(wall);
        self.keys.keys().map(String::as_str).filter(move |text| self.live_key(text, now).is_some())
    }
}
