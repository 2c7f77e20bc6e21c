//! Items: added, read, changed, moved, deleted (*section 3*).

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::records::{Dates, Item, Member, NO_DATE};
use super::refusal::Refusal;
use super::state::{Answer, Call, Caller, State, comma_list};
use super::switches::{
    ControlCharacters, DateReturned, DateShown, DateUpdate, Keyword, OverOneYear, Properties, RecycledKeys,
    RecycledRead,
};
use super::text;

/// The longest a key may live, from the moment its date is set.
const YEAR_MS: i64 = 365 * DAY_MS;
const DAY_MS: i64 = 86_400_000;
const TEXTS: [&str; 4] = ["culture", "url", "accessInformation", "licenseInfo"];
const DATES: [&str; 2] = ["apiToken1ExpirationDate", "apiToken2ExpirationDate"];
/// Keywords only the portal sets.
const RESERVED: [&str; 2] = ["Registered App", "APIToken"];

impl State {
    pub(super) fn blank_item(&mut self, owner: &str, kind: &str, title: &str, now: i64) -> Item {
        let org = self.members.get(owner).map_or_else(String::new, |member| member.org.clone());
        Item {
            id: self.random.hex32(),
            owner: owner.to_owned(),
            org,
            created: now,
            modified: now,
            kind: kind.to_owned(),
            title: title.to_owned(),
            snippet: None,
            description: None,
            tags: Vec::new(),
            keywords: if kind == "Application" { vec![kind.to_owned()] } else { Vec::new() },
            properties: None,
            texts: BTreeMap::new(),
            categories: Vec::new(),
            access: "private".to_owned(),
            folder: None,
            protected: false,
            personal: None,
            dates: [Dates::NONE; 2],
            recycled: None,
            app: None,
            revision: 0,
        }
    }

    /// Something of [`USER`](super::USER)'s that keys can be given access to, under an id that is known already. What is
    /// there under that id stays, also in the recycle bin.
    pub fn put_layer(&mut self, id: &str, wall: jiff::Timestamp) {
        if self.items.contains_key(id) {
            return;
        }
        let now = self.now(wall);
        let layer = Item { id: id.to_owned(), ..self.blank_item(super::USER, "Feature Service", "A layer", now) };
        self.items.insert(id.to_owned(), layer);
        self.changes += 1;
    }

    /// Whether the member may see the item at all.
    pub(super) fn visible(item: &Item, member: Option<&Member>) -> bool {
        let Some(member) = member else { return item.access == "public" };
        let same_org = item.org == member.org;
        item.owner == member.username
            || item.access == "public"
            || (same_org && (item.access == "org" || member.may("portal:admin:viewItems")))
    }

    fn caller_sees(&self, call: &Call<'_>, item: &Item) -> bool {
        let app_sees = |id: &str| {
            let app = self.items.get(id).and_then(|item| item.app.as_ref());
            let access = format!("portal:app:access:item:{}", item.id);
            item.access == "public" || app.is_some_and(|app| app.privileges.contains(&access))
        };
        match &call.caller {
            Caller::Anonymous => Self::visible(item, None),
            Caller::User(name) => Self::visible(item, self.members.get(name)),
            Caller::App(id) => app_sees(id),
            Caller::Key(key) => self.keys.get(key).is_some_and(|key| app_sees(&key.item)),
        }
    }

    /// An item under its owner, if the caller may do `right` to it. Invisible ones are "not there".
    pub(super) fn own_item(&self, call: &Call<'_>, owner: &str, id: &str, right: &str) -> Result<&Item, Refusal> {
        let me = self.user(call)?;
        let item = self.items.get(id).filter(|item| item.owner == owner && Self::visible(item, Some(me)));
        let item = item.ok_or_else(Refusal::no_item)?;
        if item.owner == me.username || (item.org == me.org && me.may(right)) {
            Ok(item)
        } else {
            Err(Refusal::forbidden())
        }
    }

    fn present_item(&self, call: &Call<'_>, owner: &str, id: &str, right: &str) -> Result<&Item, Refusal> {
        let item = self.own_item(call, owner, id, right)?;
        if item.recycled.is_some() { Err(Refusal::no_item()) } else { Ok(item) }
    }

    /// Whether the bin shows an item here is not written down (*section 3.3*).
    pub(super) fn read_item(&mut self, call: &Call<'_>, id: &str) -> Answer {
        let shown = |item: &&Item| item.recycled.is_none() || self.switches.recycled_read != RecycledRead::Missing;
        let item = self.items.get(id).filter(shown).ok_or_else(Refusal::no_item)?;
        if !self.caller_sees(call, item) {
            return Err(Refusal::no_item());
        }
        let mine = match &call.caller {
            Caller::User(name) => {
                item.owner == *name || self.members.get(name).is_some_and(|me| me.may("portal:admin:viewItems"))
            }
            Caller::Anonymous | Caller::App(_) | Caller::Key(_) => false,
        };
        let mut shown = self.item_view(item, mine);
        if item.recycled.is_some() && self.switches.recycled_read == RecycledRead::Bare {
            shown["typeKeywords"] = json!(["Application"]);
        }
        self.count_read(id);
        Ok(shown)
    }

    /// The item under its owner; what is in the recycle bin is there only for who asks for that (*section 3.3*).
    pub(super) fn read_own_item(&mut self, call: &Call<'_>, owner: &str, id: &str) -> Answer {
        let item = self.own_item(call, owner, id, "portal:admin:viewItems")?;
        if item.recycled.is_some() && !call.flag("inRecycleBin") {
            return Err(Refusal::no_item());
        }
        let sharing = json!({"access": item.access, "groups": []});
        let shown = json!({"item": self.item_view(item, true), "sharing": sharing});
        self.count_read(id);
        Ok(shown)
    }

    /// Whom an item is shared with: there are no groups here.
    pub(super) fn item_groups(&self, call: &Call<'_>, id: &str) -> Answer {
        let item = self.items.get(id).filter(|item| item.recycled.is_none() && self.caller_sees(call, item));
        item.ok_or_else(Refusal::no_item)?;
        Ok(json!({"admin": [], "member": [], "other": []}))
    }

    /// Counts a read of the dates, which may show late.
    fn count_read(&mut self, id: &str) {
        if let Some(item) = self.items.get_mut(id) {
            let late = item.dates.iter_mut().filter_map(|dates| dates.date.read().then_some(1)).sum::<u64>();
            self.changes += late;
        }
    }

    pub(super) fn add_item(&mut self, call: &Call<'_>, owner: &str, folder: Option<&str>) -> Answer {
        let me = self.user(call)?.clone();
        if me.username != owner || !me.may("portal:user:createItem") {
            return Err(Refusal::forbidden());
        }
        let folder = folder.map(|id| self.own_folder(owner, id).map(|folder| folder.id.clone())).transpose()?;
        let filled = |name| call.param(name).map(str::trim).filter(|text| !text.is_empty());
        let (Some(kind), Some(title)) = (filled("type"), filled("title")) else {
            return Err(Refusal::plain(400, "'type' and 'title' property required.", &[]));
        };
        let (kind, title) = (kind.to_owned(), title.to_owned());
        if kind == "API Key" {
            return Err(Refusal::plain(400, "Unable to add item.", &["Legacy API keys are retired"]));
        }
        let mut item = self.blank_item(owner, &kind, &title, call.now);
        self.apply_fields(call, &mut item)?;
        item.personal = call.param("isPersonalAPIToken").map(|text| text.eq_ignore_ascii_case("true"));
        if matches!(self.switches.properties, Properties::DroppedOnAdd) {
            item.properties = None;
        }
        if self.switches.control_characters == ControlCharacters::Stripped {
            item.title = text::scrubbed(&item.title);
            item.snippet = item.snippet.map(|snippet| text::scrubbed(&snippet));
            item.tags = item.tags.iter().map(|tag| text::scrubbed(tag)).collect();
        }
        item.folder.clone_from(&folder);
        let id = item.id.clone();
        self.items.insert(id.clone(), item);
        self.touched(&id, call.now);
        Ok(json!({"success": true, "id": id, "folder": folder.unwrap_or_default()}))
    }

    /// Only what is sent changes; an empty value clears only with `clearEmptyFields` (*section 3.4*).
    fn apply_fields(&self, call: &Call<'_>, item: &mut Item) -> Result<(), Refusal> {
        let clear = call.flag("clearEmptyFields");
        let sent = |name: &str| call.param(name).filter(|text| clear || !text.is_empty()).map(str::to_owned);
        let filled = |text: String| Some(text).filter(|text| !text.is_empty());
        if let Some(title) = call.param("title").filter(|title| !title.trim().is_empty()) {
            title.clone_into(&mut item.title);
        }
        if let Some(snippet) = sent("snippet") {
            item.snippet = filled(text::snippet(snippet, self.switches.snippet));
        }
        if let Some(description) = sent("description") {
            item.description = filled(text::description(&description, self.switches.description));
        }
        if let Some(tags) = sent("tags") {
            item.tags = text::tags(comma_list(&tags), &item.tags, self.switches.tags);
        }
        if let Some(categories) = sent("categories") {
            item.categories = comma_list(&categories);
        }
        if let Some(keywords) = sent("typeKeywords") {
            let asked = serde_json::from_str::<Vec<String>>(&keywords).unwrap_or_else(|_| comma_list(&keywords));
            let reserved = |keyword: &String| RESERVED.contains(&keyword.as_str());
            let mut kept: Vec<String> =
                item.keywords.iter().filter(|k| reserved(k) || **k == item.kind).cloned().collect();
            kept.extend(asked.into_iter().filter(|keyword| !reserved(keyword) && *keyword != item.kind));
            item.keywords = kept;
        }
        for name in TEXTS {
            match sent(name) {
                Some(text) if text.is_empty() => drop(item.texts.remove(name)),
                Some(text) => drop(item.texts.insert(name.to_owned(), text)),
                None => {}
            }
        }
        if let Some(properties) = sent("properties") {
            item.properties = match self.switches.properties {
                Properties::Dropped => None,
                Properties::Kept | Properties::DroppedOnAdd | Properties::Text if properties.is_empty() => None,
                Properties::Kept | Properties::DroppedOnAdd => {
                    let object = serde_json::from_str::<Value>(&properties);
                    Some(object.map_err(|_| Refusal::invalid("properties", "must be JSON."))?)
                }
                Properties::Text => Some(Value::String(properties)),
            };
        }
        Ok(())
    }

    fn asked_date(&self, call: &Call<'_>, name: &str) -> Result<Option<i64>, Refusal> {
        let Some(text) = call.param(name).map(str::trim).filter(|text| !text.is_empty()) else { return Ok(None) };
        if !self.profile.has_keys() {
            return Ok(None);
        }
        let date: i64 = text.parse().map_err(|_| Refusal::invalid(name, "must be a time in milliseconds."))?;
        let latest = call.now.saturating_add(YEAR_MS);
        if date <= 0 {
            return Ok(Some(NO_DATE));
        }
        match self.switches.over_one_year {
            OverOneYear::Refused if date > latest => Err(Refusal::invalid(name, "must be within one year.")),
            OverOneYear::Refused => Ok(Some(date)),
            OverOneYear::Cut => Ok(Some(date.min(latest))),
        }
    }

    /// A date as it comes back (*section 3.4*).
    fn returned(&self, sent: i64) -> i64 {
        if sent == NO_DATE {
            return NO_DATE;
        }
        let cut = |to: i64| sent.div_euclid(to) * to;
        match self.switches.date_returned {
            DateReturned::Kept => sent,
            DateReturned::EndOfDay => cut(DAY_MS) + DAY_MS - 1,
            DateReturned::EndOfDaySecond => cut(DAY_MS) + DAY_MS - 1000,
            DateReturned::Minute => cut(60_000),
            DateReturned::Second => cut(1000),
        }
    }

    pub(super) fn update_item(&mut self, call: &Call<'_>, owner: &str, id: &str) -> Answer {
        let mut item = self.present_item(call, owner, id, "portal:admin:updateItems")?.clone();
        self.apply_fields(call, &mut item)?;
        // A date has no effect before there is an app (section 3.2).
        let asked = match item.app {
            Some(_) => [self.asked_date(call, DATES[0])?, self.asked_date(call, DATES[1])?],
            None => [None; 2],
        };
        for (dates, asked) in item.dates.iter_mut().zip(asked) {
            let Some(sent) = asked else { continue };
            let date = self.returned(sent);
            match self.switches.date_shown {
                DateShown::WithKey | DateShown::Later if date != NO_DATE => dates.date.hold(date),
                DateShown::AtOnce | DateShown::WithKey | DateShown::Later => {
                    dates.date.set(date, self.switches.date_late_reads);
                }
            }
            dates.sent = Some(sent);
            if dates.first == NO_DATE {
                dates.first = date;
            }
        }
        let credential = item.app.as_ref().is_some_and(|app| app.kind != "apikey");
        if credential && asked.iter().flatten().any(|&date| date > 0) && self.switches.keyword == Keyword::OnDate {
            item.add_keyword("APIToken");
        }
        item.modified = call.now;
        self.items.insert(id.to_owned(), item);
        if self.switches.date_update == DateUpdate::Ends {
            for (at, _) in asked.iter().enumerate().filter(|(_, asked)| asked.is_some()) {
                self.end_key(id, at, "expiry date updated", call.now);
            }
        }
        self.touched(id, call.now);
        Ok(json!({"success": true, "id": id}))
    }

    pub(super) fn move_item(&mut self, call: &Call<'_>, owner: &str, id: &str) -> Answer {
        self.present_item(call, owner, id, "portal:admin:updateItems")?;
        let to = call.param("folder").unwrap_or("/").trim();
        let folder = match to {
            "" | "/" | "null" => None,
            to => Some(self.own_folder(owner, to)?.id.clone()),
        };
        let shown = folder.clone().unwrap_or_else(|| "/".to_owned());
        if let Some(item) = self.items.get_mut(id) {
            item.folder = folder;
        }
        self.touched(id, call.now);
        Ok(json!({"success": true, "itemId": id, "owner": owner, "folder": shown}))
    }

    pub(super) fn protect_item(&mut self, call: &Call<'_>, owner: &str, id: &str, protect: bool) -> Answer {
        self.present_item(call, owner, id, "portal:admin:updateItems")?;
        if let Some(item) = self.items.get_mut(id) {
            item.protected = protect;
        }
        self.touched(id, call.now);
        Ok(json!({"success": true}))
    }

    /// Everything is done at once; Esri's Python client asks after each addItem.
    pub(super) fn item_status(&self, call: &Call<'_>, owner: &str, id: &str) -> Answer {
        self.present_item(call, owner, id, "portal:admin:viewItems")?;
        Ok(json!({"itemId": id, "status": "completed", "statusMessage": "completed"}))
    }

    pub(super) fn can_delete(&self, call: &Call<'_>, owner: &str, id: &str) -> Answer {
        let item = self.present_item(call, owner, id, "portal:admin:deleteItems")?;
        if !item.protected {
            return Ok(json!({"itemId": id, "success": true}));
        }
        let mut error = Refusal::protected(id).error().clone();
        error["offendingItems"] = json!([]);
        Ok(json!({"itemId": id, "success": false, "error": error}))
    }

    pub(super) fn delete_item(&mut self, call: &Call<'_>, owner: &str, id: &str) -> Answer {
        let item = self.own_item(call, owner, id, "portal:admin:deleteItems")?;
        let permanent = call.flag("permanentDelete");
        if item.recycled.is_some() && !permanent {
            return Err(Refusal::no_item());
        }
        if item.protected {
            return Err(Refusal::protected(id));
        }
        self.remove_item(id, permanent, call.now);
        Ok(json!({"success": true, "itemId": id}))
    }

    /// Into the recycle bin, or gone for good with its keys (*section 3.8*).
    pub(super) fn remove_item(&mut self, id: &str, permanent: bool, now: i64) {
        if self.recycle_bin && !permanent {
            if self.switches.recycled_keys == RecycledKeys::Dead {
                self.end_keys(id, "item in the recycle bin", now);
            }
            if let Some(item) = self.items.get_mut(id) {
                item.recycled = Some(now);
            }
        } else {
            self.end_keys(id, "item deleted", now);
            if let Some(app) = self.items.remove(id).and_then(|item| item.app) {
                self.clients.remove(&app.client_id);
            }
        }
        self.touched(id, now);
    }

    pub(super) fn delete_items(&mut self, call: &Call<'_>, owner: &str) -> Answer {
        let ids = comma_list(call.required("items")?);
        let results = ids.iter().map(|id| match self.delete_item(call, owner, id) {
            Ok(_) => json!({"itemId": id, "success": true}),
            Err(refusal) => json!({"itemId": id, "success": false, "error": refusal.error()}),
        });
        Ok(json!({"results": results.collect::<Vec<_>>()}))
    }

    pub(super) fn restore_item(&mut self, call: &Call<'_>, owner: &str, id: &str) -> Answer {
        let item = self.own_item(call, owner, id, "portal:admin:updateItems")?;
        if item.recycled.is_none() {
            return Err(Refusal::no_item());
        }
        let folder = match call.param("folder").filter(|text| !text.is_empty() && *text != "/") {
            Some(folder) => Some(self.own_folder(owner, folder)?.id.clone()),
            None => item.folder.clone().filter(|folder| self.folders.contains_key(folder)),
        };
        if let Some(item) = self.items.get_mut(id) {
            item.recycled = None;
            item.folder = folder;
        }
        self.touched(id, call.now);
        Ok(json!({"success": true, "itemId": id}))
    }
}
