//! What a person does meanwhile in the portal's pages, as one call each.

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::records::App;
use super::request::Request;
use super::state::{State, USER};

const DAY_MS: i64 = 86_400_000;

/// An act of a person; the owner of the item does it.
#[derive(Clone, Debug, Deserialize)]
#[serde(tag = "act", rename_all = "snake_case", deny_unknown_fields)]
#[expect(missing_docs, reason = "a field is what it is called")]
pub enum Act {
    /// Sets a slot's date and generates a key, replacing the one in it.
    Issue {
        item: String,
        slot: u8,
        /// How long the key lives; 30 if unsaid.
        days: Option<i64>,
    },
    /// Generates a key over the one in a slot, with the date that it has.
    Regenerate { item: String, slot: u8 },
    /// Revokes a slot.
    Revoke { item: String, slot: u8 },
    /// Changes what the app may do, which ends its keys.
    App {
        item: String,
        /// The new privileges, if they change.
        privileges: Option<Vec<String>>,
        /// The new referrers, if they change.
        referrers: Option<Vec<String>>,
    },
    /// The portal itself takes privileges away, as a security patch did; keys stay alive. *Source: arcgis-api 12.1.*
    Narrow { item: String, privileges: Vec<String> },
    /// Changes fields of the item, as an update sends them.
    Edit {
        item: String,
        /// Parameter names and values; what is not a text is sent as JSON.
        set: Map<String, Value>,
    },
    /// Moves the item.
    Move {
        item: String,
        /// A folder id, or `/`.
        folder: String,
    },
    /// Deletes the item, protected or not.
    Delete {
        item: String,
        /// Past the recycle bin.
        #[serde(default)]
        permanent: bool,
    },
    /// Switches its delete protection on or off.
    Protect {
        /// The item.
        item: String,
        on: bool,
    },
    /// Gives the item to another member, as an administrator does.
    Give {
        /// The item.
        item: String,
        /// Whose it is from now on.
        user: String,
    },
    /// Takes the item out of the recycle bin.
    Restore { item: String },
    /// Adds a credential that nobody manages, with a key in slot 1 if `days` is given.
    Add {
        /// Whose; [`USER`] if unsaid.
        user: Option<String>,
        title: String,
        /// What it opens.
        #[serde(default)]
        privileges: Vec<String>,
        #[serde(default)]
        tags: Vec<String>,
        days: Option<i64>,
        folder: Option<String>,
    },
}

impl State {
    /// Does it, and answers with the last portal answer. A key that is generated is in that answer.
    pub fn person(&mut self, act: &Act, wall: Timestamp) -> Value {
        let done = match act {
            Act::Issue { item, slot, days } => self.person_issues(item, *slot, days.unwrap_or(30), wall),
            Act::Regenerate { item, slot } => self.person_generates(item, *slot, wall),
            Act::Revoke { item, slot } => {
                let call = self.app_call("oauth2/revokeToken", item);
                call.map(|call| self.handle(&call.with("apiToken", slot), wall).value())
            }
            Act::App { item, privileges, referrers } => {
                let call = self.app_of(item).map(|app| Request::post(&format!("oauth2/apps/{}/update", app.client_id)));
                let lists = [("privileges", privileges), ("httpReferrers", referrers)];
                let lists = lists.into_iter().filter_map(|(name, list)| Some((name, list.as_ref()?)));
                let call = call.map(|call| lists.fold(call, |call, (name, list)| call.with(name, json!(list))));
                call.map(|call| self.by_owner(call, item, wall))
            }
            Act::Narrow { item, privileges } => {
                let app = self.items.get_mut(item).and_then(|item| item.app.as_mut());
                app.map(|app| app.privileges.clone_from(privileges)).map(|()| {
                    self.changes += 1;
                    json!({"success": true})
                })
            }
            Act::Edit { item, set } => {
                let call = self.item_call(item, "update").with("clearEmptyFields", true);
                let call = set.iter().fold(call, |call, (name, value)| match value {
                    Value::String(text) => call.with(name, text),
                    other => call.with(name, other),
                });
                Some(self.by_owner(call, item, wall))
            }
            Act::Move { item, folder } => {
                let call = self.item_call(item, "move").with("folder", folder);
                Some(self.by_owner(call, item, wall))
            }
            Act::Delete { item, permanent } => {
                self.by_owner(self.item_call(item, "unprotect"), item, wall);
                let call = self.item_call(item, "delete").with("permanentDelete", permanent);
                Some(self.by_owner(call, item, wall))
            }
            Act::Protect { item, on } => {
                let verb = if *on { "protect" } else { "unprotect" };
                Some(self.by_owner(self.item_call(item, verb), item, wall))
            }
            Act::Give { item, user } => {
                let given = self.items.get_mut(item).map(|item| (item.owner, item.folder) = (user.clone(), None));
                given.map(|()| {
                    self.touched(item, self.now(wall));
                    json!({"success": true})
                })
            }
            Act::Restore { item } => Some(self.by_owner(self.item_call(item, "restore"), item, wall)),
            Act::Add { user, title, privileges, tags, days, folder } => {
                let user = user.as_deref().unwrap_or(USER);
                let folder = folder.as_ref().map_or_else(String::new, |folder| format!("/{folder}"));
                let add = Request::post(&format!("content/users/{user}{folder}/addItem"))
                    .with("type", "Application")
                    .with("title", title)
                    .with("tags", tags.join(","));
                let token = self.token_of(user, wall);
                let added = self.handle(&add.token(token), wall).value();
                let id = added.get("id").and_then(Value::as_str).map(str::to_owned);
                Some(id.map_or(added, |id| self.person_registers(&id, privileges, *days, wall)))
            }
        };
        done.unwrap_or_else(|| json!({"error": {"code": 400, "message": "no such item or app"}}))
    }

    fn person_registers(&mut self, id: &str, privileges: &[String], days: Option<i64>, wall: Timestamp) -> Value {
        let call = Request::post("oauth2/registerApp")
            .with("itemId", id)
            .with("appType", "multiple")
            .with("redirect_uris", json!(["urn:ietf:wg:oauth:2.0:oob"]))
            .with("privileges", json!(privileges));
        let registered = self.by_owner(call, id, wall);
        if registered.get("error").is_some() {
            return registered;
        }
        let issued = days.and_then(|days| self.person_issues(id, 1, days, wall));
        let key = issued.and_then(|answer| answer.get("access_token").cloned());
        json!({"success": true, "id": id, "access_token": key})
    }

    fn person_issues(&mut self, id: &str, slot: u8, days: i64, wall: Timestamp) -> Option<Value> {
        let date = self.now(wall).saturating_add(days.saturating_mul(DAY_MS));
        let update = self.item_call(id, "update").with(&format!("apiToken{slot}ExpirationDate"), date);
        self.by_owner(update, id, wall);
        self.person_generates(id, slot, wall)
    }

    fn person_generates(&mut self, id: &str, slot: u8, wall: Timestamp) -> Option<Value> {
        let mint = self.app_call("oauth2/token", id)?;
        let mint =
            mint.with("grant_type", "client_credentials").with("apiToken", slot).with("regenerateApiToken", true);
        Some(self.handle(&mint, wall).value())
    }

    fn by_owner(&mut self, call: Request, id: &str, wall: Timestamp) -> Value {
        let owner = self.items.get(id).map_or(USER, |item| item.owner.as_str()).to_owned();
        let token = self.token_of(&owner, wall);
        self.handle(&call.token(token), wall).value()
    }

    fn item_call(&self, id: &str, verb: &str) -> Request {
        let owner = self.items.get(id).map_or(USER, |item| item.owner.as_str());
        Request::post(&format!("content/users/{owner}/items/{id}/{verb}"))
    }

    fn app_of(&self, id: &str) -> Option<&App> {
        self.items.get(id)?.app.as_ref()
    }

    fn app_call(&self, path: &str, id: &str) -> Option<Request> {
        let app = self.app_of(id)?;
        Some(Request::post(path).with("client_id", &app.client_id).with("client_secret", &app.client_secret))
    }
}
