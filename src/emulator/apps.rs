//! App registration (*section 4*).

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::catalogue;
use super::records::{App, Item, Member, Slot};
use super::refusal::Refusal;
use super::state::{Answer, Call, State, json_list};
use super::switches::{
    NoopUpdate, Omitted, Privileges, ReferrerUpdate, Referrers, Refuses, RegisterTwice, Unregistered,
};

/// What keyword registration puts on the item.
const REGISTERED: &str = "Registered App";
const ITEM_ACCESS: &str = "portal:app:access:item:";
/// How many items a key may open.
const MAX_ITEM_ACCESS: usize = 100;

/// App times have whole seconds.
const fn whole_second(now: i64) -> i64 {
    now.div_euclid(1000) * 1000
}

fn same_set(a: &[String], b: &[String]) -> bool {
    a.iter().collect::<BTreeSet<_>>() == b.iter().collect::<BTreeSet<_>>()
}

/// A kind that an app can be given; legacy keys keep theirs (*section 3.10*).
fn known_kind(asked: &str, what: &str) -> Result<String, Refusal> {
    if matches!(asked, "multiple" | "browser" | "native" | "server") {
        Ok(asked.to_owned())
    } else {
        Err(Refusal::plain(400, what, &["Invalid appType"]))
    }
}

impl State {
    pub(super) fn register_app(&mut self, call: &Call<'_>) -> Answer {
        let me = self.user(call)?.clone();
        let id = call.required("itemId")?.to_owned();
        let item = self.items.get(&id).filter(|item| item.recycled.is_none() && Self::visible(item, Some(&me)));
        let item = item.ok_or_else(Refusal::no_item)?;
        if item.owner != me.username {
            return Err(Refusal::forbidden());
        }
        let kind = known_kind(call.required("appType")?, "Unable to register app.")?;
        call.required("redirect_uris")?;
        let redirect_uris = json_list(&call.request.form, "redirect_uris")?.unwrap_or_default();
        let referrers = json_list(&call.request.form, "httpReferrers")?.unwrap_or_default();
        let privileges = json_list(&call.request.form, "privileges")?.unwrap_or_default();
        self.check_grant(&me, &privileges, "Unable to register app.")?;
        if let Some(app) = &item.app {
            return match self.switches.register_twice {
                RegisterTwice::Error => {
                    Err(Refusal::plain(400, "Unable to register app.", &["App already registered"]))
                }
                RegisterTwice::Same => Ok(self.app_json(item, app, call.now)),
            };
        }
        let personal = call.param("isPersonalAPIToken").map(|text| text.eq_ignore_ascii_case("true"));
        let app = App {
            client_id: self.random.client_id(),
            client_secret: self.random.hex32(),
            kind,
            redirect_uris,
            referrers: self.kept_referrers(referrers),
            privileges: self.kept_privileges(privileges),
            registered: whole_second(call.now),
            modified: whole_second(call.now),
            personal: personal.or(self.items.get(&id).and_then(|item| item.personal)).unwrap_or_default(),
            slots: [Slot::default(), Slot::default()],
            readable_key: None,
        };
        self.clients.insert(app.client_id.clone(), id.clone());
        if let Some(item) = self.items.get_mut(&id) {
            item.add_keyword(REGISTERED);
            item.app = Some(app);
        }
        self.touched(&id, call.now);
        self.show_app(&id, call.now)
    }

    /// Refuses what is unknown or not the member's to grant (*section 11*).
    fn check_grant(&self, me: &Member, privileges: &[String], what: &str) -> Result<(), Refusal> {
        if privileges.is_empty() {
            return Ok(());
        }
        if !self.has_right(me, "portal:user:assignPrivilegesToApps") {
            return Err(Refusal::forbidden());
        }
        let grantable = |privilege: &String| match privilege.strip_prefix(ITEM_ACCESS) {
            Some(id) => self.items.get(id).is_some_and(|item| item.recycled.is_none() && Self::visible(item, Some(me))),
            None => me.may(privilege),
        };
        // What is unknown or not the caller's to grant is in the details (GH#2234).
        let offending: Vec<&str> =
            privileges.iter().filter(|privilege| !grantable(privilege)).map(String::as_str).collect();
        let items = privileges.iter().filter(|privilege| privilege.starts_with(ITEM_ACCESS)).count();
        if offending.is_empty() && items <= MAX_ITEM_ACCESS {
            Ok(())
        } else {
            let details: Vec<&str> = ["Invalid Privileges"].into_iter().chain(offending).collect();
            Err(Refusal::plain(500, what, &details))
        }
    }

    fn kept_privileges(&self, asked: Vec<String>) -> Vec<String> {
        let mut seen = BTreeSet::new();
        let mut kept: Vec<String> = asked.into_iter().filter(|privilege| seen.insert(privilege.clone())).collect();
        if self.switches.refuses == Refuses::Privilege
            && seen.iter().filter(|one| !one.starts_with(ITEM_ACCESS)).count() > 1
        {
            let last = seen.iter().rfind(|one| !one.starts_with(ITEM_ACCESS)).cloned();
            kept.retain(|privilege| Some(privilege) != last.as_ref());
        }
        match self.switches.privileges {
            Privileges::Kept => {}
            Privileges::Expanded => {
                let parts: Vec<&str> = kept.iter().flat_map(|coarse| catalogue::parts(coarse)).collect();
                kept.extend(parts.into_iter().filter(|part| !seen.contains(*part)).map(str::to_owned));
            }
            Privileges::Dropped => kept.retain(|fine| !seen.iter().any(|coarse| catalogue::covers(coarse, fine))),
            Privileges::Reordered => kept.sort_by(|a, b| b.cmp(a)),
        }
        kept
    }

    fn kept_referrers(&self, asked: Vec<String>) -> Vec<String> {
        let slash = |entry: String| {
            let bare = entry.split_once("://").is_some_and(|(_, rest)| !rest.contains('/'));
            if bare { format!("{entry}/") } else { entry }
        };
        match self.switches.referrers {
            Referrers::Kept => asked,
            Referrers::Slash => asked.into_iter().map(slash).collect(),
            Referrers::Lower => asked.into_iter().map(|entry| entry.to_lowercase()).collect(),
        }
    }

    /// The item of a client id; an app is gone while its item is in the recycle bin.
    pub(super) fn client(&self, client: &str) -> Option<&Item> {
        self.clients.get(client).and_then(|id| self.items.get(id)).filter(|item| item.recycled.is_none())
    }

    /// The app of a client id, for its owner or an administrator with that right.
    fn client_item(&self, call: &Call<'_>, client: &str, right: &str) -> Result<String, Refusal> {
        let me = self.user(call)?;
        let item = self.client(client).ok_or_else(Refusal::no_item)?;
        if item.owner == me.username || (item.org == me.org && me.may(right)) {
            Ok(item.id.clone())
        } else {
            Err(Refusal::forbidden())
        }
    }

    pub(super) fn read_app(&mut self, call: &Call<'_>, client: &str) -> Answer {
        let id = self.client_item(call, client, "portal:admin:viewItems")?;
        self.show_app(&id, call.now)
    }

    pub(super) fn app_info_of(&mut self, call: &Call<'_>, owner: &str, id: &str) -> Answer {
        let me = self.user(call)?;
        let item = self.items.get(id).filter(|item| item.owner == owner && item.recycled.is_none());
        let item = item.filter(|item| Self::visible(item, Some(me))).ok_or_else(Refusal::no_item)?;
        if item.owner != me.username && !me.may("portal:admin:viewItems") {
            return Err(Refusal::forbidden());
        }
        if item.app.is_none() {
            return self.unregistered();
        }
        self.show_app(id, call.now)
    }

    /// Nobody has written down what is answered then (*section 4.2*).
    fn unregistered(&self) -> Answer {
        match self.switches.unregistered {
            Unregistered::Coded => Err(Refusal::no_item()),
            Unregistered::Refused => Err(Refusal::plain(400, "Item is not a registered app.", &[])),
            Unregistered::Forbidden => Err(Refusal::forbidden()),
            Unregistered::Missing => Err(Refusal::plain(404, "Not found.", &[])),
            Unregistered::Page => Err(Refusal::page(404, "Not found")),
            Unregistered::Empty => Ok(json!({})),
        }
    }

    /// Shows an app, which counts as a read of its `Active` flags.
    fn show_app(&mut self, id: &str, now: i64) -> Answer {
        let item = self.items.get(id).ok_or_else(Refusal::no_item)?;
        let app = item.app.as_ref().ok_or_else(Refusal::no_item)?;
        let shown = self.app_json(item, app, now);
        if let Some(app) = self.items.get_mut(id).and_then(|item| item.app.as_mut()) {
            let late = app.slots.iter_mut().filter_map(|slot| slot.active.read().then_some(1)).sum::<u64>();
            self.changes += late;
        }
        Ok(shown)
    }

    fn app_json(&self, item: &Item, app: &App, now: i64) -> Value {
        let mut body = json!({"itemId": item.id, "client_id": app.client_id, "client_secret": app.client_secret,
            "appType": app.kind, "redirect_uris": app.redirect_uris, "registered": app.registered,
            "modified": app.modified, "apnsProdCert": null, "apnsSandboxCert": null, "gcmApiKey": null,
            "httpReferrers": app.referrers, "privileges": app.privileges, "isBeta": false});
        if self.profile.has_keys() {
            body["isPersonalAPIToken"] = json!(app.personal);
            body["apiToken1Active"] = json!(self.shown_active(app, 0, now));
            body["apiToken2Active"] = json!(self.shown_active(app, 1, now));
        }
        body["customAppLoginShowTriage"] = json!(false);
        if let Some(key) = &app.readable_key {
            body["apiKey"] = json!(key);
        }
        body
    }

    /// Ends both keys, unless a switch says that this kind of update does not (*fact 1*).
    pub(super) fn update_app(&mut self, call: &Call<'_>, client: &str) -> Answer {
        let id = self.client_item(call, client, "portal:admin:updateItems")?;
        let me = self.user(call)?;
        let form = &call.request.form;
        let privileges = json_list(form, "privileges")?;
        let (referrers, redirects) = (json_list(form, "httpReferrers")?, json_list(form, "redirect_uris")?);
        self.check_grant(me, privileges.as_deref().unwrap_or_default(), "Unable to update app.")?;
        let old = self.items.get(&id).and_then(|item| item.app.clone()).ok_or_else(Refusal::no_item)?;
        let reset = self.switches.omitted == Omitted::Reset;
        let omitted = |have: &[String]| if reset { Vec::new() } else { have.to_vec() };
        let mut app = old.clone();
        app.privileges = privileges.map_or_else(|| omitted(&old.privileges), |asked| self.kept_privileges(asked));
        app.referrers = referrers.map_or_else(|| omitted(&old.referrers), |asked| self.kept_referrers(asked));
        match self.switches.refuses {
            Refuses::Nothing | Refuses::Privilege => {}
            Refuses::Referrers => app.referrers.clone_from(&old.referrers),
            Refuses::Items => {
                app.privileges.retain(|privilege| !privilege.starts_with(ITEM_ACCESS));
                app.privileges.extend(old.privileges.iter().filter(|one| one.starts_with(ITEM_ACCESS)).cloned());
            }
        }
        app.redirect_uris = redirects.unwrap_or_else(|| omitted(&old.redirect_uris));
        if let Some(kind) = call.param("appType").filter(|_| old.kind != "apikey") {
            app.kind = known_kind(kind, "Unable to update app.")?;
        }
        if let Some(personal) = call.param("isPersonalAPIToken") {
            app.personal = personal.eq_ignore_ascii_case("true");
        }
        app.modified = whole_second(call.now);
        let rights = !same_set(&app.privileges, &old.privileges) || app.personal != old.personal;
        let places = !same_set(&app.referrers, &old.referrers) || !same_set(&app.redirect_uris, &old.redirect_uris);
        let ends = match (rights, places) {
            (true, _) => true,
            (false, true) => self.switches.referrer_update == ReferrerUpdate::Ends,
            (false, false) => self.switches.noop_update == NoopUpdate::Ends,
        };
        let legacy = app.kind == "apikey";
        if let Some(item) = self.items.get_mut(&id) {
            item.app = Some(app);
        }
        if ends && !legacy {
            self.end_keys(&id, if rights { "privileges changed" } else { "app updated" }, call.now);
        }
        self.changes += 1;
        self.show_app(&id, call.now)
    }

    pub(super) fn unregister_app(&mut self, call: &Call<'_>, client: &str) -> Answer {
        let id = self.client_item(call, client, "portal:admin:updateItems")?;
        self.end_keys(&id, "app unregistered", call.now);
        self.clients.remove(client);
        if let Some(item) = self.items.get_mut(&id) {
            item.app = None;
            item.remove_keyword(REGISTERED);
            item.remove_keyword("APIToken");
        }
        self.touched(&id, call.now);
        Ok(json!({"success": true, "itemId": id}))
    }

    /// Legacy keys were retired in June 2026 (*section 9*).
    pub(super) fn reset_api_key(&mut self, call: &Call<'_>, client: &str) -> Answer {
        self.client_item(call, client, "portal:admin:updateItems")?;
        Err(Refusal::plain(400, "Unable to reset API key.", &["Legacy API keys are retired"]))
    }

    pub(super) fn validate_api_key(call: &Call<'_>) -> Answer {
        call.required("key")?;
        Ok(json!({"valid": false}))
    }

    /// What an organisation has left of the time before credentials: two legacy keys.
    pub(super) fn leave_legacy_keys(&mut self, wall: jiff::Timestamp) {
        let now = self.now(wall);
        for (title, privileges) in [
            ("Legacy basemap key", vec!["portal:apikey:basemaps"]),
            ("Legacy geocode key", vec!["premium:user:geocode:temporary", "premium:user:networkanalysis:routing"]),
        ] {
            let mut item = self.blank_item(super::state::USER, "API Key", title, now);
            let id = item.id.clone();
            item.keywords = ["API Key", REGISTERED].map(str::to_owned).to_vec();
            let app = App {
                client_id: self.random.client_id(),
                client_secret: self.random.hex32(),
                kind: "apikey".to_owned(),
                redirect_uris: vec!["urn:ietf:wg:oauth:2.0:oob".to_owned()],
                referrers: Vec::new(),
                privileges: privileges.into_iter().map(str::to_owned).collect(),
                registered: whole_second(now),
                modified: whole_second(now),
                personal: false,
                slots: [Slot::default(), Slot::default()],
                readable_key: Some(self.random.legacy_key()),
            };
            self.clients.insert(app.client_id.clone(), id.clone());
            item.app = Some(app);
            self.items.insert(id.clone(), item);
            self.indexed_now(&id);
        }
    }
}
