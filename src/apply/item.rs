//! Steps about the item and its app.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};

use crate::model::{
    App, CredentialName, Field, FolderId, ItemId, Ledger, LedgerState, LiveItem, Marker, Privilege, Refusal, Slot,
    SlotRecord,
};
use crate::plan::{Wanted, Work, keeps_too_much, not_taken, returned_for};
use crate::portal::{
    AppSettings, ItemEdit, NewItem, PortalError, WritePortal, properties_without_ledger, write_ledger,
};

use super::error::{ApplyError, Object};
use super::key::ours_to_end;
use super::run::Run;

/// What API key credentials are registered as. *Source: arcgis-api 4.1.*
const APP_TYPE: &str = "multiple";
const REDIRECT: &str = "urn:ietf:wg:oauth:2.0:oob";

impl<P: WritePortal> Run<'_, P> {
    fn wanted(work: &Work) -> Result<&Wanted, ApplyError> {
        work.wanted.as_deref().ok_or(ApplyError::MalformedPlan { what: "a step needs settings, and none are wanted" })
    }

    /// Makes the folder; credentials of one run that want the same one make it once.
    pub(super) async fn create_folder(&mut self, title: &str) -> Result<(), ApplyError> {
        let session = self.session;
        let mut folders = session.folders.lock().await;
        let same = |have: &String| have.to_lowercase() == title.to_lowercase();
        if folders.values().any(same) {
            return Ok(());
        }
        self.writes += 1;
        let made = session.portal.create_folder(title).await;
        let id = match made {
            Ok(id) => id,
            Err(PortalError::LeaseOver { .. }) => return Err(self.not_sent()),
            Err(source) => {
                if source.outcome() == crate::portal::Outcome::Unknown {
                    session.unanswered();
                }
                // It may be there: made by somebody else, or by us before the answer was lost.
                let root = session
                    .portal
                    .listing(None)
                    .await
                    .map_err(|source| ApplyError::Portal { doing: "listing the folders", source })?;
                match root.folders.into_iter().find(|folder| same(&folder.title)) {
                    Some(folder) => folder.id,
                    None => return Err(ApplyError::Portal { doing: "creating the folder", source }),
                }
            }
        };
        folders.insert(id, title.to_owned());
        drop(folders);
        self.say(format!("folder {title:?} created"));
        Ok(())
    }

    async fn folder(&self, title: Option<&str>) -> Result<Option<FolderId>, ApplyError> {
        let Some(title) = title else { return Ok(None) };
        let folders = self.session.folders.lock().await;
        let wanted = title.to_lowercase();
        let found = folders.iter().find(|(_, have)| have.to_lowercase() == wanted).map(|(id, _)| id.clone());
        found.map(Some).ok_or_else(|| ApplyError::Moved { what: Object::Folder(title.to_owned()) })
    }

    fn marker(&self) -> Marker {
        Marker { stack: self.session.stack.clone(), name: self.name.clone() }
    }

    /// Makes the item with marker and ledger. Never repeated: after a lost answer the marker is looked for.
    pub(super) async fn add_item(&mut self, work: &Work) -> Result<(), ApplyError> {
        let wanted = Self::wanted(work)?;
        let folder = self.folder(wanted.values.folder.as_deref()).await?;
        let marker = self.marker();
        let mut ledger = Ledger::begun(marker.clone(), self.session.account.clone(), work.generation);
        ledger.made.clone_from(&work.made);
        let new = NewItem {
            title: wanted.values.title.clone(),
            snippet: wanted.values.snippet.clone(),
            description: wanted.description.clone(),
            tags: with_markers(&wanted.values.tags, &BTreeSet::from([marker.clone()])),
            folder: folder.clone(),
            properties: write_ledger(&ledger, None),
            personal: wanted.values.personal,
        };
        let session = self.session;
        let one_at_a_time = session.minting.lock().await;
        let added = self.write("creating the item", session.portal.add_item(&new)).await?;
        let answered = session.now();
        drop(one_at_a_time);
        let id = match added {
            Some(id) => id,
            None => self.find_added(work, folder.as_ref(), &ledger).await?,
        };
        let ours = |item: &LiveItem| item.markers.contains(&marker);
        let (item, kept) = self.read_until(&id, false, ours).await?;
        if !kept {
            return Err(self.not_kept(format!("item {id} does not carry the tag {marker}")));
        }
        self.left.insert(id.clone(), item.clone());
        self.came_back(&item, answered, wanted, &Field::ALL.into());
        self.made = Some(id);
        self.keep(item);
        self.say("item created".into());
        Ok(())
    }

    /// The item whose addItem answer was lost: new, of this generation, and not yet named in its ledger. Others carry
    /// the same marker, and applications use their keys.
    async fn find_added(
        &mut self,
        work: &Work,
        folder: Option<&FolderId>,
        begun: &Ledger,
    ) -> Result<ItemId, ApplyError> {
        let doing = "looking for the item whose answer was lost";
        let portal = self.session.portal;
        let listing = portal.listing(folder).await.map_err(|source| ApplyError::Portal { doing, source })?;
        let marker = self.marker();
        let carries = |tags: &BTreeSet<String>| tags.iter().any(|tag| Marker::parse(tag).as_ref() == Some(&marker));
        let known = work.issue().map(|issue| issue.others.clone()).unwrap_or_default();
        for summary in listing.items {
            if !carries(&summary.tags) || known.contains(&summary.id) {
                continue;
            }
            let item = self.read_item(&summary.id).await?;
            let new = match &item.ledger {
                LedgerState::Read(ledger) => ledger.item.is_none() && ledger.generation == begun.generation,
                LedgerState::None | LedgerState::Newer { .. } | LedgerState::Broken { .. } => false,
            };
            if new {
                return Ok(summary.id);
            }
        }
        Err(self.not_kept("no new item with its marker is there".into()))
    }

    /// Writes the ledger that names its own item. What the portal did not keep of it is found out here, before any key.
    pub(super) async fn claim(&mut self, work: &Work) -> Result<(), ApplyError> {
        let id = self.id()?;
        let before = self.read_item(&id).await?;
        self.unmoved(&before)?;
        let mut ledger = before.ledger_or_begun(self.marker(), work.generation);
        ledger.claim(id, before.owner.clone());
        self.put_ledger("writing the ledger", &before, ledger).await
    }

    /// Registers the app; one that is there already, from a lost answer, is brought in line instead.
    pub(super) async fn register(&mut self, work: &Work) -> Result<(), ApplyError> {
        let id = self.id()?;
        let before = self.read(&id).await?;
        self.unmoved(&before)?;
        if before.app.is_some() {
            // Planned for an item without an app: a key that somebody was given was not to be seen then.
            let given =
                |slot: &Slot| before.is_active(*slot) && before.record(*slot).is_some_and(SlotRecord::is_proved);
            if Slot::BOTH.iter().any(given) {
                return Err(ApplyError::Moved { what: Object::AppOf(id) });
            }
            self.keep(before);
            return self.update_app(work).await;
        }
        let wanted = Self::wanted(work)?;
        let settings = settings(wanted, None);
        let session = self.session;
        let one_at_a_time = session.minting.lock().await;
        let told = self.write("registering the app", session.portal.register(&id, &settings)).await?.flatten();
        drop(one_at_a_time);
        let (after, registered) = self.read_until(&id, true, |item| item.app.is_some()).await?;
        if !registered {
            return Err(self.not_kept(format!("item {id} has no registered app")));
        }
        let came = told.or_else(|| after.app.clone());
        self.keep(after);
        self.say("app registered".into());
        self.app_came_back(&id, came, wanted).await
    }

    /// Edits the app. Its keys end, so the plan saw to it that nobody can hold one.
    pub(super) async fn update_app(&mut self, work: &Work) -> Result<(), ApplyError> {
        let id = self.id()?;
        let before = self.read_surely(&id, &Slot::BOTH).await?;
        self.unmoved(&before)?;
        for slot in Slot::BOTH {
            ours_to_end(&before, slot, self.session.now())?;
        }
        let same = match (&before.app, &self.item()?.app) {
            (Some(before), Some(seen)) => has_access_of(before, seen),
            (before, seen) => before.is_none() && seen.is_none(),
        };
        if !same {
            return Err(ApplyError::Moved { what: Object::App });
        }
        let wanted = Self::wanted(work)?;
        if before.app.as_ref().is_some_and(|app| app.has_access_of(&wanted.values)) {
            let have = before.app.clone();
            self.keep(before);
            return self.app_came_back(&id, have, wanted).await;
        }
        let settings = settings(wanted, before.app.as_ref());
        let portal = self.session.portal;
        let told = self.write("updating the app", portal.update_app(&id, &settings)).await?.flatten();
        let taken =
            |item: &LiveItem| not_taken(&wanted.values, &returned_for(&wanted.values, item, |_| None)).is_empty();
        let (after, _) = self.read_until(&id, true, |item| told.is_some() || taken(item)).await?;
        let came = told.or_else(|| after.app.clone());
        self.keep(after);
        self.say("access updated".into());
        self.app_came_back(&id, came, wanted).await
    }

    /// Edits the item; its keys stay valid.
    pub(super) async fn edit_item(&mut self, work: &Work, fields: &BTreeSet<Field>) -> Result<(), ApplyError> {
        let wanted = Self::wanted(work)?;
        let id = self.id()?;
        let before = self.read_item(&id).await?;
        self.unmoved(&before)?;
        let seen = self.item()?;
        let mut edit = ItemEdit::default();
        for field in fields {
            let unmoved = match field {
                Field::Title => {
                    edit.title = Some(wanted.values.title.clone());
                    before.title == seen.title
                }
                Field::Snippet => {
                    edit.snippet = Some(wanted.values.snippet.clone());
                    before.snippet == seen.snippet
                }
                Field::Description => {
                    edit.description = Some(wanted.description.clone());
                    before.description == seen.description
                }
                Field::Tags => {
                    edit.tags = Some(with_markers(&wanted.values.tags, &before.markers));
                    before.tags == seen.tags
                }
                Field::Privileges
                | Field::Items
                | Field::Referrers
                | Field::Personal
                | Field::Folder
                | Field::Protect => true,
            };
            if !unmoved {
                return Err(ApplyError::Moved { what: Object::Field(*field) });
            }
        }
        let portal = self.session.portal;
        self.write("updating the item", portal.update_item(&id, &edit)).await?;
        let answered = self.session.now();
        let shown = |item: &LiveItem| {
            let texts = |of: &LiveItem| (of.title.clone(), of.snippet.clone(), of.description.clone(), of.tags.clone());
            item.modified != before.modified || texts(item) != texts(&before)
        };
        let (after, changed) = self.read_until(&id, false, shown).await?;
        if !changed {
            self.answered()?;
        }
        self.came_back(&after, answered, wanted, fields);
        self.keep(after);
        let names: Vec<&str> = fields.iter().map(|field| field.name()).collect();
        self.say(format!("{} updated", names.join(", ")));
        Ok(())
    }

    /// Moves the item to its folder.
    pub(super) async fn move_item(&mut self, work: &Work) -> Result<(), ApplyError> {
        let title = Self::wanted(work)?.values.folder.clone();
        let folder = self.folder(title.as_deref()).await?;
        let id = self.id()?;
        let before = self.read_item(&id).await?;
        self.unmoved(&before)?;
        let portal = self.session.portal;
        self.write("moving the item", portal.move_item(&id, folder.as_ref())).await?;
        let (after, moved) = self.read_until(&id, false, |item| item.folder == folder).await?;
        if !moved {
            self.answered()?;
        }
        if let Some(left) = self.left.get_mut(&id) {
            left.folder.clone_from(&after.folder);
        }
        self.keep(after);
        self.say(title.map_or_else(|| "moved to the root".into(), |title| format!("moved to {title:?}")));
        Ok(())
    }

    /// Notes what came back of texts that were sent by `answered`. Where `modified` tells of a later write, that is
    /// somebody else's: then they count as sent, and what differs was changed in the portal.
    fn came_back(&mut self, after: &LiveItem, answered: Timestamp, sent: &Wanted, fields: &BTreeSet<Field>) {
        // The portal's clock is known to the second.
        let ours = |modified: &Timestamp| *modified < answered + SignedDuration::from_secs(1);
        let ours = after.modified.as_ref().is_none_or(ours);
        let Some(left) = self.left.get_mut(&after.id) else { return };
        for field in fields {
            match field {
                Field::Title => left.title.clone_from(if ours { &after.title } else { &sent.values.title }),
                Field::Snippet => left.snippet.clone_from(if ours { &after.snippet } else { &sent.values.snippet }),
                Field::Description => {
                    left.description.clone_from(if ours { &after.description } else { &sent.description });
                }
                Field::Tags => left.tags.clone_from(if ours { &after.tags } else { &sent.values.tags }),
                Field::Privileges
                | Field::Items
                | Field::Referrers
                | Field::Personal
                | Field::Folder
                | Field::Protect => {}
            }
        }
    }

    /// Judges an app by what came back of a write to it, and notes in the ledger what it did not take. Without a key that
    /// somebody had, the credential stops there, as it does where the portal keeps too much.
    async fn app_came_back(&mut self, id: &ItemId, app: Option<App>, sent: &Wanted) -> Result<(), ApplyError> {
        let Some(left) = self.left.get_mut(id) else { return Ok(()) };
        left.app = app;
        let keeps = returned_for(&sent.values, left, |_| None);
        let refused = not_taken(&sent.values, &keeps);
        if refused.is_empty() {
            return Ok(());
        }
        let stops = keeps_too_much(&refused, &keeps, left.ledger().and_then(|ledger| ledger.applied.as_ref()));
        self.answered()?;
        self.refused.extend(refused);
        let all = self.refused_of(sent);
        self.ledger("noting what the portal did not take", |ledger, _| ledger.refused(&all)).await?;
        if stops { self.all_taken(false) } else { Ok(()) }
    }

    /// What the portal does not take, by the plan and by this run.
    fn refused_of(&self, wanted: &Wanted) -> Refusal {
        wanted.refused.iter().chain(&self.refused).map(|(field, asked)| (*field, asked.clone())).collect()
    }

    /// Whether the portal took all access that was asked for; `rest` was done whatever it took.
    pub(super) fn all_taken(&self, rest: bool) -> Result<(), ApplyError> {
        if self.refused.is_empty() {
            return Ok(());
        }
        Err(ApplyError::NotTaken { fields: self.refused.keys().copied().collect(), rest })
    }

    /// Records what was applied, as asked and as the portal returned it.
    pub(super) async fn record(&mut self, work: &Work, fields: &BTreeSet<Field>) -> Result<(), ApplyError> {
        let wanted = Self::wanted(work)?;
        let Wanted { values: asked, description: _, taken, refused: _ } = wanted;
        let refused = self.refused_of(wanted);
        let id = self.id()?;
        let titles = self.session.folders.lock().await.clone();
        let left =
            self.left.get(&id).ok_or(ApplyError::MalformedPlan { what: "an item is recorded that is not known" })?;
        let returned = returned_for(asked, left, |id| titles.get(id).map(String::as_str));
        self.ledger("recording what was applied", |ledger, _| {
            ledger.refused(&refused);
            ledger.applied(asked, &returned, fields, taken);
        })
        .await
    }
}

impl<P: WritePortal> Run<'_, P> {
    /// Gives the item another name: marker and ledger in one update, so that it never carries two.
    pub(super) async fn rename(
        &mut self,
        work: &Work,
        from: &CredentialName,
        with: &BTreeSet<ItemId>,
    ) -> Result<(), ApplyError> {
        let id = self.id()?;
        let before = self.read_item(&id).await?;
        self.unmoved(&before)?;
        let marker = self.marker();
        let mut ledger = before.ledger_or_begun(marker.clone(), work.generation);
        ledger.renamed(id.clone(), self.name.clone(), with.clone());
        let old = Marker { name: from.clone(), ..marker.clone() };
        let markers: BTreeSet<Marker> =
            before.markers.iter().filter(|have| **have != old).cloned().chain([marker]).collect();
        let edit = ItemEdit {
            tags: Some(with_markers(&before.tags, &markers)),
            properties: Some(write_ledger(&ledger, before.other_properties.as_deref())),
            ..ItemEdit::default()
        };
        let portal = self.session.portal;
        self.write("renaming the credential", portal.update_item(&id, &edit)).await?;
        let wanted = LedgerState::Read(Box::new(ledger));
        let named = |item: &LiveItem| item.ledger == wanted && item.markers == markers;
        let (after, kept) = self.read_until(&id, false, named).await?;
        if !kept {
            return Err(self.not_kept(format!("item {id} does not carry its new name")));
        }
        self.keep(after);
        self.say(format!("renamed from {from}"));
        Ok(())
    }

    /// Takes marker and ledger off the item, in one update; everything else of it stays, its keys included.
    pub(super) async fn forget(&mut self) -> Result<(), ApplyError> {
        let id = self.id()?;
        let before = self.read_item(&id).await?;
        self.unmoved(&before)?;
        let stack = &self.session.stack;
        let markers: BTreeSet<Marker> =
            before.markers.iter().filter(|marker| marker.stack != *stack).cloned().collect();
        let edit = ItemEdit {
            tags: Some(with_markers(&before.tags, &markers)),
            properties: Some(properties_without_ledger(before.other_properties.as_deref())),
            ..ItemEdit::default()
        };
        let portal = self.session.portal;
        self.write("taking marker and ledger off", portal.update_item(&id, &edit)).await?;
        let plain = |item: &LiveItem| item.ledger == LedgerState::None && item.markers == markers;
        let (after, kept) = self.read_until(&id, false, plain).await?;
        if !kept {
            return Err(self.not_kept(format!("item {id} still carries marker or ledger")));
        }
        self.keep(after);
        self.say(format!("item {} forgotten", id.short()));
        Ok(())
    }

    /// Deletes the item, seen again without any active key just before.
    pub(super) async fn delete_item(&mut self) -> Result<(), ApplyError> {
        let id = self.id()?;
        let before = self.read_surely(&id, &Slot::BOTH).await?;
        self.unmoved(&before)?;
        let now = self.session.now();
        if let Some(slot) = Slot::BOTH.into_iter().find(|&slot| before.key_until(slot, now).is_some()) {
            return Err(ApplyError::Moved { what: Object::Slot(slot) });
        }
        if before.protected {
            return Err(ApplyError::Protected { item: id });
        }
        let portal = self.session.portal;
        let deleted = self.write("deleting the item", portal.delete_item(&id)).await;
        if self.is_there(&id).await? {
            if self.read_item(&id).await?.protected {
                return Err(ApplyError::Protected { item: id });
            }
            deleted?;
            return Err(self.not_kept(format!("item {id} is still there")));
        }
        self.items.remove(&id);
        self.say(if self.goes { "item deleted" } else { "old item deleted" }.into());
        Ok(())
    }

    /// Whether the item is still there. Portals refuse to show what is gone in more ways than one; then its folder tells.
    async fn is_there(&self, id: &ItemId) -> Result<bool, ApplyError> {
        let portal = self.session.portal;
        let refused = match portal.item(id).await {
            Ok(item) => return Ok(item.is_some()),
            Err(source) if source.has_nothing() => source,
            Err(source) => return Err(ApplyError::Portal { doing: "reading the item", source }),
        };
        tracing::debug!(%refused, "looking for a deleted item in its folder");
        let folder = self.item()?.folder.as_ref();
        let listing = portal
            .listing(folder)
            .await
            .map_err(|source| ApplyError::Portal { doing: "listing the item's folder", source })?;
        Ok(listing.items.iter().any(|summary| summary.id == *id))
    }
}

fn with_markers(tags: &BTreeSet<String>, markers: &BTreeSet<Marker>) -> BTreeSet<String> {
    tags.iter().cloned().chain(markers.iter().map(ToString::to_string)).collect()
}

/// The complete set: what is not sent may be reset. *Source: arcgis-api 4.4.*
fn settings(wanted: &Wanted, have: Option<&App>) -> AppSettings {
    let values = &wanted.values;
    AppSettings {
        app_type: have.map_or_else(|| APP_TYPE.into(), |app| app.app_type.clone()),
        redirect_uris: have.map_or_else(|| vec![REDIRECT.into()], |app| app.redirect_uris.clone()),
        privileges: values.privileges.iter().cloned().chain(values.items.iter().map(Privilege::item_access)).collect(),
        referrers: values.referrers.clone(),
        personal: values.personal,
    }
}

/// What an edit of the app compares: everything but the activity of its slots. A flag that one answer leaves out is no
/// other flag.
fn has_access_of(one: &App, other: &App) -> bool {
    let personal = one.personal.zip(other.personal);
    one.privileges == other.privileges
        && one.items == other.items
        && one.referrers == other.referrers
        && personal.is_none_or(|(one, other)| one == other)
}
