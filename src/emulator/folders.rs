//! Folders and listings (*sections 3.1, 6.2*). Both come from the store, so they are fresh.

use serde_json::{Value, json};

use super::account::no_user;
use super::records::{Folder, Item};
use super::refusal::Refusal;
use super::state::{Answer, Call, Page, State, comma_list};

impl State {
    pub(super) fn own_folder(&self, owner: &str, id: &str) -> Result<&Folder, Refusal> {
        let folder = self.folders.get(id).filter(|folder| folder.owner == owner);
        folder.ok_or_else(|| Refusal::plain(400, "Folder does not exist or is inaccessible.", &[]))
    }

    fn may_have(&self, owner: &str, title: &str, except: Option<&str>) -> bool {
        let wanted = title.to_lowercase();
        !self.folders.values().any(|folder| {
            folder.owner == owner && folder.title.to_lowercase() == wanted && Some(folder.id.as_str()) != except
        })
    }

    fn check_owner(&self, call: &Call<'_>, owner: &str, right: &str) -> Result<(), Refusal> {
        let me = self.user(call)?;
        let member = self.members.get(owner).ok_or_else(no_user)?;
        let allowed = member.username == me.username || (member.org == me.org && me.may(right));
        if allowed { Ok(()) } else { Err(Refusal::forbidden()) }
    }

    /// One of two calls with the same title wins: the portal keeps titles unique per member.
    pub(super) fn create_folder(&mut self, call: &Call<'_>, owner: &str) -> Answer {
        self.check_owner(call, owner, "portal:admin:updateItems")?;
        if !self.user(call)?.may("portal:user:createItem") {
            return Err(Refusal::forbidden());
        }
        let title = call.required("title")?.trim().to_owned();
        if title.is_empty() {
            return Err(Refusal::invalid("title", "property required."));
        }
        if !self.may_have(owner, &title, None) {
            return Err(title_taken(&title));
        }
        let folder = Folder { id: self.random.hex32(), title, owner: owner.to_owned(), created: call.now };
        let shown = json!({"username": owner, "id": folder.id, "title": folder.title});
        self.folders.insert(folder.id.clone(), folder);
        self.changes += 1;
        Ok(json!({"success": true, "folder": shown}))
    }

    pub(super) fn update_folder(&mut self, call: &Call<'_>, owner: &str, id: &str) -> Answer {
        self.check_owner(call, owner, "portal:admin:updateItems")?;
        self.own_folder(owner, id)?;
        let title = call.required("newTitle")?.trim().to_owned();
        if !self.may_have(owner, &title, Some(id)) {
            return Err(title_taken(&title));
        }
        if let Some(folder) = self.folders.get_mut(id) {
            folder.title.clone_from(&title);
        }
        self.changes += 1;
        Ok(json!({"success": true, "folder": {"username": owner, "id": id, "title": title}}))
    }

    /// Deletes what is in it too; one protected item keeps the whole folder.
    pub(super) fn delete_folder(&mut self, call: &Call<'_>, owner: &str, id: &str) -> Answer {
        self.check_owner(call, owner, "portal:admin:deleteItems")?;
        let title = self.own_folder(owner, id)?.title.clone();
        let inside = |item: &&Item| item.folder.as_deref() == Some(id) && item.recycled.is_none();
        if let Some(item) = self.items.values().filter(inside).find(|item| item.protected) {
            return Err(Refusal::protected(&item.id));
        }
        let inside: Vec<String> = self.items.values().filter(inside).map(|item| item.id.clone()).collect();
        for item in inside {
            self.remove_item(&item, call.flag("permanentDelete"), call.now);
        }
        self.folders.remove(id);
        self.changes += 1;
        Ok(json!({"success": true, "folder": {"username": owner, "id": id, "title": title}}))
    }

    pub(super) fn user_content(&self, call: &Call<'_>, owner: &str, folder: Option<&str>) -> Answer {
        self.check_owner(call, owner, "portal:admin:viewItems")?;
        let current = folder.map(|id| self.own_folder(owner, id)).transpose()?;
        let (bin, everywhere) = (call.flag("inRecycleBin"), call.flag("foldersContent"));
        let kinds = comma_list(call.param("types").unwrap_or("")).iter().map(|k| k.to_lowercase()).collect::<Vec<_>>();
        let here = |item: &Item| everywhere || item.folder.as_deref() == folder;
        let mut items: Vec<&Item> = self
            .items
            .values()
            .filter(|item| item.owner == owner && item.recycled.is_some() == bin && here(item))
            .filter(|item| kinds.is_empty() || kinds.contains(&item.kind.to_lowercase()))
            .collect();
        sort(&mut items, call.param("sortField").unwrap_or("created"), call.param("sortOrder"));
        let mut body = Page::of(call).list("items", &items, |item| self.item_view(item, true));
        body["username"] = json!(owner);
        body["currentFolder"] = current.map_or(Value::Null, view);
        if folder.is_none() {
            let mut folders: Vec<&Folder> = self.folders.values().filter(|folder| folder.owner == owner).collect();
            folders.sort_by_key(|folder| (folder.title.to_lowercase(), folder.id.clone()));
            body["folders"] = Value::Array(folders.into_iter().map(view).collect());
        }
        Ok(body)
    }
}

/// Sorts by a field, then by id, so that pages fit together.
pub(super) fn sort(items: &mut [&Item], field: &str, order: Option<&str>) {
    match field.to_ascii_lowercase().as_str() {
        "title" => items.sort_by_cached_key(|item| (item.title.to_lowercase(), item.id.clone())),
        "modified" => items.sort_by(|a, b| (a.modified, &a.id).cmp(&(b.modified, &b.id))),
        "owner" => items.sort_by(|a, b| (&a.owner, &a.id).cmp(&(&b.owner, &b.id))),
        "type" => items.sort_by(|a, b| (&a.kind, &a.id).cmp(&(&b.kind, &b.id))),
        _ => items.sort_by(|a, b| (a.created, &a.id).cmp(&(b.created, &b.id))),
    }
    if order.is_some_and(|order| order.eq_ignore_ascii_case("desc")) {
        items.reverse();
    }
}

fn title_taken(title: &str) -> Refusal {
    Refusal::plain(400, "Unable to create folder.", &[&format!("Folder title '{title}' not available.")])
}

fn view(folder: &Folder) -> Value {
    json!({"username": folder.owner, "id": folder.id, "title": folder.title, "created": folder.created})
}
