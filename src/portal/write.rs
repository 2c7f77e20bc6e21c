//! What changes the portal. Each call sends what the portal documents, and no more.
//! *Source: arcgis-api 3 to 5.*

use std::collections::BTreeSet;

use jiff::Timestamp;

use crate::http::{Call, Idempotency, segment};
use crate::model::{App, FolderId, ItemId, Privilege, Referrer, Secret, Slot};

use super::answer::Answer;
use super::call;
use super::http::Http;
use super::normalise;
use super::wire::{AppWire, DoneWire, KeyWire, TellsWire};
use super::{AppSettings, ItemEdit, NewItem, PortalError, Regenerate, WritePortal};

impl WritePortal for Http {
    async fn create_folder(&self, title: &str) -> Result<FolderId, PortalError> {
        let call = call::post(self.own("/createFolder").await?, Idempotency::Once).field("title", title);
        let answer = self.send(call).await?;
        let id = answer.read::<DoneWire>()?.folder.and_then(|folder| folder.id.0);
        id.and_then(|id| FolderId::new(id.trim()).ok()).ok_or_else(|| self.doubt(&answer, "it names no folder id"))
    }

    async fn delete_folder(&self, id: &FolderId) -> Result<(), PortalError> {
        let call = call::post(self.own(&format!("/{id}/delete")).await?, Idempotency::Once);
        self.is_done(&self.send(self.for_good(call).await?).await?)
    }

    async fn add_item(&self, item: &NewItem) -> Result<ItemId, PortalError> {
        let NewItem { title, snippet, description, tags, folder, properties, personal } = item;
        let folder = folder.as_ref().map(|id| format!("/{id}")).unwrap_or_default();
        let mut call = call::post(self.own(&format!("{folder}/addItem")).await?, Idempotency::Once)
            .field("type", "Application")
            .field("title", title)
            .field("tags", joined(tags))
            .field("properties", properties)
            .field("isPersonalAPIToken", personal.to_string());
        for (name, text) in [("snippet", snippet), ("description", description)] {
            if !text.is_empty() {
                call = call.field(name, text);
            }
        }
        let answer = self.send(call).await?;
        let done: DoneWire = answer.read()?;
        let id = done.id.0.or(done.item_id.0).and_then(|id| ItemId::new(id.trim()).ok());
        id.ok_or_else(|| self.doubt(&answer, "it names no item id"))
    }

    async fn register(&self, id: &ItemId, app: &AppSettings) -> Result<Option<App>, PortalError> {
        let call = settings(call::post("oauth2/registerApp", Idempotency::Once), id, app)
            .field("isPersonalAPIToken", app.personal.to_string());
        self.registered_now(&self.send(call).await?)
    }

    async fn update_item(&self, id: &ItemId, edit: &ItemEdit) -> Result<(), PortalError> {
        let ItemEdit { title, snippet, description, tags, properties } = edit;
        let mut fields = Vec::new();
        let texts = [("title", title), ("snippet", snippet), ("description", description), ("properties", properties)];
        fields.extend(texts.into_iter().filter_map(|(name, text)| Some((name, text.clone()?))));
        fields.extend(tags.as_ref().map(|tags| ("tags", joined(tags))));
        let clears = fields.iter().any(|(_, value)| value.is_empty());
        let mut call = call::post(self.own(&format!("/items/{id}/update")).await?, Idempotency::Idempotent);
        for (name, value) in fields {
            call = call.field(name, value);
        }
        if clears {
            // Without it the portal takes an empty value for none.
            call = call.field("clearEmptyFields", "true");
        }
        self.is_done(&self.send(call).await?)
    }

    async fn move_item(&self, id: &ItemId, folder: Option<&FolderId>) -> Result<(), PortalError> {
        let call = call::post(self.own(&format!("/items/{id}/move")).await?, Idempotency::Idempotent)
            .field("folder", folder.map_or("/", FolderId::as_str));
        self.is_done(&self.send(call).await?)
    }

    async fn update_app(&self, id: &ItemId, app: &AppSettings) -> Result<Option<App>, PortalError> {
        let owner = &self.known().await?.username;
        let current = self.registered(owner, id).await?;
        let client = current.client_id.0.unwrap_or_default();
        let path = format!("oauth2/apps/{}/update", segment(&client));
        let mut call = settings(call::post(path, Idempotency::Once), id, app);
        // Not documented for updates, so it is sent only where it must change.
        if current.personal.unwrap_or(false) != app.personal {
            call = call.field("isPersonalAPIToken", app.personal.to_string());
        }
        self.registered_now(&self.send(call).await?)
    }

    async fn set_date(&self, id: &ItemId, slot: Slot, date: Timestamp) -> Result<(), PortalError> {
        let name = match slot {
            Slot::One => "apiToken1ExpirationDate",
            Slot::Two => "apiToken2ExpirationDate",
        };
        let call = call::post(self.own(&format!("/items/{id}/update")).await?, Idempotency::Once)
            .field(name, date.as_millisecond().to_string());
        self.is_done(&self.send(call).await?)
    }

    async fn issue_key(&self, id: &ItemId, slot: Slot, regenerate: Regenerate) -> Result<Secret, PortalError> {
        let (client, secret) = self.client_credentials(id).await?;
        let call = call::post("oauth2/token", Idempotency::Once)
            .field("grant_type", "client_credentials")
            .field("client_id", client)
            .field("client_secret", secret.reveal())
            .field("apiToken", slot.to_string())
            .field("regenerateApiToken", if regenerate == Regenerate::Yes { "true" } else { "false" });
        let answer = self.send_bare(call).await?;
        let key = answer.read::<KeyWire>()?.access_token.filter(|key| !key.is_empty());
        let key = key.ok_or_else(|| self.doubt(&answer, "it holds no key"))?;
        self.client.learn(&key);
        Ok(key)
    }

    async fn revoke_key(&self, id: &ItemId, slot: Slot) -> Result<(), PortalError> {
        let (client, secret) = self.client_credentials(id).await?;
        let call = call::post("oauth2/revokeToken", Idempotency::Once)
            .field("client_id", client)
            .field("client_secret", secret.reveal())
            .field("apiToken", slot.to_string());
        self.is_done(&self.send_bare(call).await?)
    }

    async fn delete_item(&self, id: &ItemId) -> Result<(), PortalError> {
        let call = call::post(self.own(&format!("/items/{id}/delete")).await?, Idempotency::Idempotent);
        self.is_done(&self.send(self.for_good(call).await?).await?)
    }
}

impl Http {
    /// Past the recycle bin, where there is one.
    async fn for_good<'a>(&self, call: Call<'a>) -> Result<Call<'a>, PortalError> {
        Ok(if self.known().await?.recycle_bin { call.field("permanentDelete", "true") } else { call })
    }

    /// Success must be said: an answer without it proves nothing.
    fn is_done(&self, answer: &Answer) -> Result<(), PortalError> {
        let DoneWire { success, id, item_id, client_id: _, folder: _ } = answer.read()?;
        if *success == Some(true) || id.is_some() || item_id.is_some() {
            return Ok(());
        }
        Err(self.doubt(answer, "it does not say whether it was done"))
    }

    /// The answer is the app; some portals only say that it was done, or leave out what it may do.
    fn registered_now(&self, answer: &Answer) -> Result<Option<App>, PortalError> {
        let DoneWire { success, id: _, item_id, client_id, folder: _ } = answer.read()?;
        if *success != Some(true) && client_id.is_none() && item_id.is_none() {
            return Err(self.doubt(answer, "it describes no app"));
        }
        let TellsWire { privileges: Some(_), referrers: Some(_) } = answer.read()? else { return Ok(None) };
        let app: AppWire = answer.read()?;
        Ok(Some(normalise::app(&app)))
    }
}

fn joined(tags: &BTreeSet<String>) -> String {
    tags.iter().map(String::as_str).collect::<Vec<_>>().join(",")
}

/// The whole set of settings: what omitting one does is not documented.
fn settings<'a>(call: Call<'a>, id: &ItemId, app: &AppSettings) -> Call<'a> {
    let AppSettings { app_type, redirect_uris, privileges, referrers, personal: _ } = app;
    call.field("itemId", id.to_string())
        .field("appType", app_type.clone())
        .field("redirect_uris", json(redirect_uris.iter().map(String::as_str)))
        .field("httpReferrers", json(referrers.iter().map(Referrer::as_str)))
        .field("privileges", json(privileges.iter().map(Privilege::as_str)))
}

fn json<'a>(texts: impl Iterator<Item = &'a str>) -> String {
    texts.collect::<serde_json::Value>().to_string()
}
