//! API keys: generated, replaced, revoked, ended, and what they open (*sections 5, 8*).

use serde_json::json;

use super::records::{App, Dates, IssuedKey, Item, NO_DATE};
use super::referrer;
use super::refusal::Refusal;
use super::request::Request;
use super::state::{Answer, State};
use super::switches::{
    ActiveAfterExpiry, DateShown, ExpiresIn, KeyEnd, Keyword, RecycledKeys, RegenerateEmpty, RegenerateFalse,
    RevokeDate,
};

/// For how many reads of the item a date that is shown later is not.
const LATER: u32 = 3;

fn slot_index(text: &str) -> Option<usize> {
    match text.trim() {
        "1" => Some(0),
        "2" => Some(1),
        _ => None,
    }
}

impl State {
    /// Generates a key into a slot; the slot's former key ends, the other slot is untouched (*fact 2*).
    pub(super) fn mint(&mut self, id: &str, slot: &str, request: &Request, now: i64) -> Answer {
        if !self.profile.has_keys() {
            return Err(Refusal::invalid_oauth("apiToken is not supported"));
        }
        if self.read_only {
            return Err(Refusal::read_only());
        }
        let at = slot_index(slot).ok_or_else(|| Refusal::invalid_oauth("Invalid apiToken"))?;
        let item = self.items.get(id).filter(|item| item.recycled.is_none()).ok_or_else(Refusal::invalid_client)?;
        let owner = self.members.get(&item.owner).ok_or_else(Refusal::forbidden)?;
        if !self.has_right(owner, "portal:user:generateApiTokens") {
            return Err(Refusal::forbidden());
        }
        let app = item.app.as_ref().filter(|app| app.kind != "apikey").ok_or_else(Refusal::invalid_client)?;
        let dates = item.dates.get(at).copied().unwrap_or(Dates::NONE);
        let date = self.key_end(dates);
        if date <= now {
            return Err(Refusal::invalid_oauth(&format!("apiToken{}ExpirationDate must lie in the future", at + 1)));
        }
        let replace = request.param("regenerateApiToken").is_some_and(|text| text.eq_ignore_ascii_case("true"));
        let current = app.slots.get(at).and_then(|slot| slot.key.clone()).filter(|_| self.active(app, at, now));
        let says_no = request.param("regenerateApiToken").is_some_and(|text| text.eq_ignore_ascii_case("false"));
        if says_no && current.is_none() && self.switches.regenerate_empty == RegenerateEmpty::Refused {
            return Err(Refusal::invalid_oauth("There is no apiToken to keep"));
        }
        if let Some(current) = current.filter(|_| !replace) {
            match self.switches.regenerate_false {
                RegenerateFalse::Error => return Err(Refusal::invalid_oauth("apiToken already exists")),
                RegenerateFalse::Same => {
                    let expires = self.keys.get(&current).map_or(now, |key| key.expires);
                    return Ok(json!({"access_token": current, "expires_in": self.expires_in(expires, now)}));
                }
                RegenerateFalse::New => {}
            }
        }
        let text = self.random.key(at + 1);
        self.end_key(id, at, "replaced", now);
        let late = self.switches.active_late_reads;
        let date_late = self.switches.date_late_reads;
        let date_late = match self.switches.date_shown {
            DateShown::AtOnce | DateShown::WithKey => date_late,
            DateShown::Later => date_late.max(LATER),
        };
        let keyword = self.switches.keyword != Keyword::Never;
        if let Some(item) = self.items.get_mut(id) {
            if let Some(dates) = item.dates.get_mut(at) {
                dates.date.let_go(date_late);
            }
            if let Some(slot) = item.app.as_mut().and_then(|app| app.slots.get_mut(at)) {
                slot.active.set(true, late);
                slot.key = Some(text.clone());
            }
            if keyword {
                item.add_keyword("APIToken");
            }
        }
        let key = IssuedKey { item: id.to_owned(), slot: at + 1, issued: now, expires: date, ended: None };
        self.keys.insert(text.clone(), key);
        self.touched(id, now);
        Ok(json!({"access_token": text, "expires_in": self.expires_in(date, now)}))
    }

    /// When a key that is generated now ends.
    fn key_end(&self, dates: Dates) -> i64 {
        let Dates { date, first: _, sent } = dates;
        let sent = sent.unwrap_or(date.now);
        match self.switches.key_end {
            KeyEnd::Returned => date.now,
            KeyEnd::Sent => sent,
            KeyEnd::Minute => sent.div_euclid(60_000) * 60_000,
        }
    }

    fn expires_in(&self, expires: i64, now: i64) -> i64 {
        match self.switches.expires_in {
            ExpiresIn::Real => (expires - now) / 1000,
            ExpiresIn::Fixed => 1800,
        }
    }

    /// `apiToken=` revokes a slot; the general form answers success whatever it is given (*section 5.5*).
    pub(super) fn revoke_token(&mut self, request: &Request, now: i64) -> Answer {
        if let Some(token) = request.param("auth_token") {
            self.tokens.remove(token);
            self.changes += 1;
            return Ok(json!({"success": true}));
        }
        let id = self.authenticated_app(request)?;
        let Some(slot) = request.param("apiToken") else { return Ok(json!({"success": true})) };
        if self.read_only {
            return Err(Refusal::read_only());
        }
        let Some(at) = slot_index(slot) else { return Ok(json!({"success": true})) };
        let was_active = self.items.get(&id).and_then(|item| item.app.as_ref()?.slots.get(at)?.key.as_ref()).is_some();
        self.end_key(&id, at, "revoked", now);
        let (rule, late) = (self.switches.revoke_date, self.switches.date_late_reads);
        if let Some(dates) = self.items.get_mut(&id).and_then(|item| item.dates.get_mut(at)).filter(|_| was_active) {
            match rule {
                RevokeDate::Created => {
                    dates.date.set(dates.first, late);
                    dates.sent = None;
                }
                RevokeDate::Stale => {}
                RevokeDate::Cleared => {
                    dates.date.set(NO_DATE, late);
                    dates.sent = None;
                }
            }
        }
        self.touched(&id, now);
        Ok(json!({"success": true}))
    }

    /// Ends the key in a slot, if there is one.
    pub(super) fn end_key(&mut self, id: &str, at: usize, because: &str, now: i64) {
        let late = self.switches.active_late_reads;
        let slot = self.items.get_mut(id).and_then(|item| item.app.as_mut()?.slots.get_mut(at));
        let Some(slot) = slot else { return };
        slot.active.set(false, late);
        let Some(text) = slot.key.take() else { return };
        if let Some(key) = self.keys.get_mut(&text).filter(|key| key.ended.is_none()) {
            key.ended = Some((because.to_owned(), now));
        }
        self.changes += 1;
    }

    /// Ends both keys of an app.
    pub(super) fn end_keys(&mut self, id: &str, because: &str, now: i64) {
        self.end_key(id, 0, because, now);
        self.end_key(id, 1, because, now);
    }

    /// What `apiTokenNActive` is in truth.
    pub(super) fn active(&self, app: &App, at: usize, now: i64) -> bool {
        app.slots.get(at).is_some_and(|slot| slot.active.now && !self.has_fallen(slot.key.as_deref(), now))
    }

    /// What `apiTokenNActive` shows, which may be late.
    pub(super) fn shown_active(&self, app: &App, at: usize, now: i64) -> bool {
        app.slots.get(at).is_some_and(|slot| slot.active.seen() && !self.has_fallen(slot.key.as_deref(), now))
    }

    fn has_fallen(&self, key: Option<&str>, now: i64) -> bool {
        let expired = key.and_then(|key| self.keys.get(key)).is_some_and(|key| key.expires <= now);
        expired && self.switches.active_after_expiry == ActiveAfterExpiry::Falls
    }

    /// The item and app of a key that is good now; the referrer is not looked at.
    pub(super) fn live_key(&self, text: &str, now: i64) -> Option<(&IssuedKey, &Item, &App)> {
        let key = self.keys.get(text).filter(|key| key.ended.is_none() && key.expires > now)?;
        let item = self.items.get(&key.item)?;
        if item.recycled.is_some() && self.switches.recycled_keys == RecycledKeys::Dead {
            return None;
        }
        Some((key, item, item.app.as_ref()?))
    }

    /// The same, with the referrer: a wrong one looks like a dead key (*section 8*).
    pub(super) fn open_key(&self, text: &str, referer: Option<&str>, now: i64) -> Result<(&Item, &App), Refusal> {
        let (_, item, app) = self.live_key(text, now).ok_or_else(Refusal::invalid_token)?;
        if referrer::allowed(&app.referrers, referer) { Ok((item, app)) } else { Err(Refusal::invalid_token()) }
    }
}
