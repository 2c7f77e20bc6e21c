//! Which items are ours: lists, the index, and what ledgers name; then each one itself.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicUsize, Ordering};

use futures_util::{Stream, StreamExt, TryStreamExt, future, stream};
use tokio::sync::mpsc;

use crate::model::{App, CredentialName, Folder, FolderId, ItemId, LiveItem, Marker, Spec, UnreadItem};
use crate::portal::{Hello, Listing, PortalError, ReadPortal, Seen, Summary, registration};

use super::progress::{Progress, Reading};

/// What was found.
pub(super) struct Found {
    pub(super) folders: Vec<Folder>,
    pub(super) items: BTreeMap<ItemId, LiveItem>,
    pub(super) strangers: BTreeMap<ItemId, LiveItem>,
    pub(super) unread: BTreeMap<ItemId, UnreadItem>,
    pub(super) complete: bool,
}

/// Where an item came to our notice, which decides what its absence means.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Notice {
    /// In a fresh list of a folder: it is there.
    Listed(Option<FolderId>),
    /// In the index or in a ledger: it may be gone.
    Told,
}

pub(super) struct Finder<'a, P> {
    portal: &'a P,
    spec: &'a Spec,
    hello: &'a Hello,
    parallel: usize,
    progress: &'a dyn Progress,
    folders: Vec<Folder>,
    listed: BTreeMap<Option<FolderId>, Vec<Summary>>,
    read: BTreeSet<ItemId>,
    fetched: Fetched,
    items: BTreeMap<ItemId, LiveItem>,
    /// Told of, and not readable, with what was answered: gone if no list has them.
    unsure: BTreeMap<ItemId, String>,
    /// There, and not readable.
    unread: BTreeMap<ItemId, UnreadItem>,
    /// The credentials that markers and ledgers give an item to, by the names they have now.
    given: BTreeMap<ItemId, BTreeSet<CredentialName>>,
    complete: bool,
}

/// One of the two requests that make an item.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Part {
    Item(ItemId),
    App(ItemId),
}

/// The answer to one of them.
enum Fetch {
    Item(ItemId, Result<Option<Box<LiveItem>>, PortalError>),
    App(ItemId, Result<App, PortalError>),
}

/// What was fetched so far. It may be more than what turns out to be ours.
#[derive(Default)]
struct Fetched {
    items: BTreeMap<ItemId, Result<Option<Box<LiveItem>>, PortalError>>,
    apps: BTreeMap<ItemId, Result<App, PortalError>>,
}

impl Fetched {
    fn has(&self, part: &Part) -> bool {
        match part {
            Part::Item(id) => self.items.contains_key(id),
            Part::App(id) => self.apps.contains_key(id),
        }
    }
}

impl<'a, P: ReadPortal> Finder<'a, P> {
    pub(super) fn new(
        portal: &'a P,
        spec: &'a Spec,
        hello: &'a Hello,
        parallel: usize,
        progress: &'a dyn Progress,
    ) -> Self {
        Self {
            portal,
            spec,
            hello,
            parallel,
            progress,
            folders: Vec::new(),
            listed: BTreeMap::new(),
            read: BTreeSet::new(),
            fetched: Fetched::default(),
            items: BTreeMap::new(),
            unsure: BTreeMap::new(),
            unread: BTreeMap::new(),
            given: BTreeMap::new(),
            complete: false,
        }
    }

    pub(super) fn found(&self) -> Found {
        let Self { folders, items, unread, complete, .. } = self;
        let (items, strangers) = items.clone().into_iter().partition(|(_, item)| self.is_mine(&item.owner));
        Found { folders: folders.clone(), items, strangers, unread: unread.clone(), complete: *complete }
    }

    pub(super) async fn run(&mut self) -> Result<(), PortalError> {
        let (lists, told, index_is_whole) = self.first_sight().await?;
        self.keep(lists);
        self.give(&told);
        let marked: Vec<_> = self.marked(&told);
        self.read_all(marked).await?;
        self.read_named().await?;
        self.look_where_they_say().await?;
        let asked = self.spec.requests.leave() || self.spec.requests.revoke.is_some();
        // Somebody who asked for something to go is told that it has: lists are fresh, the index is not.
        let in_doubt = !self.unsure.is_empty() || !self.unlisted().is_empty();
        if !index_is_whole || in_doubt || !self.missing().is_empty() || asked {
            return self.run_through_all().await;
        }
        self.ended();
        Ok(())
    }

    /// Lists every folder of the owner: absence has to be known, above all before something is created. Lists are
    /// fresh, the index is not.
    pub(super) async fn run_through_all(&mut self) -> Result<(), PortalError> {
        let rest: Vec<_> =
            self.folders.iter().map(|f| Some(f.id.clone())).filter(|id| !self.listed.contains_key(id)).collect();
        let lists = self.lists(rest, &|_| {}).await?;
        self.keep(lists);
        // Somebody may have moved it from a folder that was not listed yet to one that was.
        if !self.unlisted().is_empty() {
            let all = self.folders.iter().map(|folder| Some(folder.id.clone()));
            let lists = self.lists([None].into_iter().chain(all).collect(), &|_| {}).await?;
            self.keep(lists);
            self.drop_unlisted();
        }
        self.give(&[]);
        let marked = self.marked(&[]);
        self.read_all(marked).await?;
        self.read_unmarked().await?;
        self.read_named().await?;
        self.drop_unlisted();
        self.ended();
        Ok(())
    }

    /// What is the caller's, answers, and is in none of the lists: portals may still show what is in the recycle bin.
    fn unlisted(&self) -> Vec<ItemId> {
        let listed: BTreeSet<&ItemId> = self.listed.values().flatten().map(|summary| &summary.id).collect();
        let mine = self.items.values().filter(|item| self.is_mine(&item.owner)).map(|item| &item.id);
        mine.chain(self.unread.keys()).filter(|id| !listed.contains(id)).cloned().collect()
    }

    /// An item says itself in which folder it is, and that is one list instead of all. Not every portal need tell of every
    /// folder.
    async fn look_where_they_say(&mut self) -> Result<(), PortalError> {
        let folders: BTreeSet<FolderId> =
            self.unlisted().iter().filter_map(|id| self.items.get(id)?.folder.clone()).collect();
        for folder in folders {
            match self.portal.listing(Some(&folder)).await {
                Ok(list) => self.keep(vec![(Some(folder), list)]),
                Err(error) if error.has_nothing() => tracing::debug!(%folder, %error, "a folder is not there"),
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Lists are fresh: what every one of them lacks is gone, whoever tells of it.
    fn drop_unlisted(&mut self) {
        for id in self.unlisted() {
            tracing::debug!(%id, "an item is told of and in no list");
            self.items.remove(&id);
            self.unread.remove(&id);
        }
    }

    fn ended(&mut self) {
        let listed: Vec<ItemId> = self.listed.values().flatten().map(|summary| summary.id.clone()).collect();
        for id in listed {
            if let Some(why) = self.unsure.remove(&id) {
                self.cannot_be_read(id, why);
            }
        }
        self.complete = self.folders.iter().all(|folder| self.listed.contains_key(&Some(folder.id.clone())));
        self.items.retain(|_, item| item.name_in(&self.spec.stack).is_some());
    }

    /// The first lists and the index. What they tell of is fetched while they are still being read: there may be a
    /// hundred pages, and two requests for each item on them.
    async fn first_sight(&mut self) -> Result<(Vec<(Option<FolderId>, Listing)>, Vec<Summary>, bool), PortalError> {
        let (tell, mut told) = mpsc::unbounded_channel();
        let this = &*self;
        let lists = async move {
            let query = this.query();
            // Nobody listens any more only if the whole reading has failed.
            let seen = |summary| drop(tell.send(summary));
            let (lists, index) =
                future::join(this.first_lists(&seen), this.portal.search_as_it_comes(&query, &seen)).await;
            match (lists?, index) {
                (lists, Ok(index)) => Ok((lists, index, true)),
                // More than an index can tell: it may add, and the lists have to do without.
                (lists, Err(PortalError::PartialRead { .. })) => Ok((lists, Vec::new(), false)),
                (_, Err(error)) => Err(error),
            }
        };
        let marked =
            stream::poll_fn(move |cx| told.poll_recv(cx)).filter(|summary| future::ready(this.has_marker(summary)));
        let parts = marked.flat_map(|summary| stream::iter(this.parts(summary.id, &summary.owner)));
        let (sight, fetched) = future::try_join(lists, this.fetch(parts)).await?;
        self.fetched = fetched;
        Ok(sight)
    }

    /// The index takes markers apart into words, so this asks for the first of them; results are looked at exactly.
    /// Within the organisation, or anybody in the world could show us items that carry our marker.
    fn query(&self) -> String {
        let org = self.hello.facts.org.as_str();
        let scope = if org.chars().all(|c| c.is_ascii_alphanumeric()) && !org.is_empty() {
            format!(" AND accountid:{org}")
        } else {
            format!(" AND owner:\"{}\"", self.hello.caller.username.replace('\\', "\\\\").replace('"', "\\\""))
        };
        format!("type:\"Application\" AND tags:\"keyform\"{scope}")
    }

    /// The root, which tells of the folders, and then those that the spec names.
    async fn first_lists(&self, seen: Seen<'_>) -> Result<Vec<(Option<FolderId>, Listing)>, PortalError> {
        let root = self.portal.listing_as_it_comes(None, seen).await?;
        let wanted: BTreeSet<String> = self
            .spec
            .credentials
            .values()
            .filter_map(|credential| Some(credential.folder.as_ref()?.to_lowercase()))
            .collect();
        let named = root.folders.iter().filter(|folder| wanted.contains(&folder.title.to_lowercase()));
        let named: Vec<_> = named.map(|folder| Some(folder.id.clone())).collect();
        let mut lists = vec![(None, root)];
        lists.extend(self.lists(named, seen).await?);
        Ok(lists)
    }

    async fn lists(
        &self,
        folders: Vec<Option<FolderId>>,
        seen: Seen<'_>,
    ) -> Result<Vec<(Option<FolderId>, Listing)>, PortalError> {
        let total = folders.len();
        let lists = stream::iter(folders)
            .map(|folder| async move {
                let list = self.portal.listing_as_it_comes(folder.as_ref(), seen).await?;
                Ok((folder, list))
            })
            .buffer_unordered(self.parallel);
        let mut done = 0;
        lists
            .inspect_ok(|_: &(_, Listing)| {
                done += 1;
                self.progress.step(done, total, Reading::Lists);
            })
            .try_collect()
            .await
    }

    fn keep(&mut self, lists: Vec<(Option<FolderId>, Listing)>) {
        for (folder, Listing { items, folders }) in lists {
            // Only the root is sure to tell of folders.
            for new in folders {
                if !self.folders.iter().any(|have| have.id == new.id) {
                    self.folders.push(new);
                }
            }
            self.listed.insert(folder, items);
        }
        self.folders.sort_by(|a, b| (&a.title, &a.id).cmp(&(&b.title, &b.id)));
    }

    /// Notes whose items are, as lists and the index tell it by their markers.
    fn give(&mut self, told: &[Summary]) {
        let Self { spec, listed, given, .. } = self;
        for summary in told.iter().chain(listed.values().flatten()) {
            for marker in summary.tags.iter().filter_map(|tag| Marker::parse(tag)) {
                if marker.stack == spec.stack {
                    given.entry(summary.id.clone()).or_default().insert(spec.name_now(&marker.name).clone());
                }
            }
        }
    }

    /// An item is there and cannot be read: that is the trouble of the credential it stands for, and of no other.
    fn cannot_be_read(&mut self, id: ItemId, why: String) {
        let of = self.given.get(&id).cloned().unwrap_or_default();
        tracing::warn!(%id, why, "an item cannot be read");
        self.unread.insert(id, UnreadItem { of, told: true, why });
    }

    /// The same for one whose app cannot be read: it says itself whose it is.
    fn app_cannot_be_read(&mut self, item: &LiveItem, why: String) {
        self.given.entry(item.id.clone()).or_default().extend(item.credential(self.spec).cloned());
        self.cannot_be_read(item.id.clone(), why);
    }

    /// What carries a marker of this stack and is not read yet.
    fn marked(&self, told: &[Summary]) -> Vec<(ItemId, String, Notice)> {
        let mut candidates = BTreeMap::new();
        for summary in told.iter().filter(|summary| self.has_marker(summary)) {
            candidates.insert(summary.id.clone(), (summary.owner.clone(), Notice::Told));
        }
        for (folder, items) in &self.listed {
            for summary in items.iter().filter(|summary| self.has_marker(summary)) {
                let notice = Notice::Listed(folder.clone());
                candidates.insert(summary.id.clone(), (summary.owner.clone(), notice));
            }
        }
        let new = candidates.into_iter().filter(|(id, _)| !self.read.contains(id));
        new.map(|(id, (owner, notice))| (id, owner, notice)).collect()
    }

    /// A tag on something else than an application is somebody's mistake, and makes no credential of it.
    fn has_marker(&self, summary: &Summary) -> bool {
        let credential = summary.kind.is_empty() || summary.kind.eq_ignore_ascii_case("Application");
        let marked = |marker: Marker| marker.stack == self.spec.stack;
        credential && summary.tags.iter().filter_map(|tag| Marker::parse(tag)).any(marked)
    }

    fn is_mine(&self, owner: &str) -> bool {
        owner.is_empty() || owner.eq_ignore_ascii_case(&self.hello.caller.username)
    }

    /// Reads items with their apps; both at the same time, since most are unchanged and need both.
    async fn read_all(&mut self, wanted: Vec<(ItemId, String, Notice)>) -> Result<(), PortalError> {
        self.read.extend(wanted.iter().map(|(id, _, _)| id.clone()));
        let parts: Vec<Part> = wanted.iter().flat_map(|(id, owner, _)| self.parts(id.clone(), owner)).collect();
        let rest: Vec<Part> = parts.into_iter().filter(|part| !self.fetched.has(part)).collect();
        let Fetched { items, apps } = self.fetch(stream::iter(rest)).await?;
        self.fetched.items.extend(items);
        self.fetched.apps.extend(apps);
        for (id, owner, notice) in wanted {
            let app = self.fetched.apps.remove(&id);
            let mut item = match self
                .fetched
                .items
                .remove(&id)
                .unwrap_or(Ok(None))
                .and_then(|item| item.ok_or_else(|| absent(&id)))
            {
                Ok(item) => item,
                Err(error) if !error.concerns_one_item() => return Err(error),
                Err(error) => {
                    match notice {
                        // Gone from the portal and not yet from the index, unless a list still has it.
                        Notice::Told if self.is_mine(&owner) => drop(self.unsure.insert(id, error.to_string())),
                        Notice::Told => {}
                        Notice::Listed(_) => self.cannot_be_read(id, error.to_string()),
                    }
                    continue;
                }
            };
            // The index may name the owner before.
            let app = app.filter(|_| self.is_mine(&item.owner));
            match app.map(|answer| registration(&item, answer)) {
                None => {}
                Some(Ok(app)) => item.app = app,
                Some(Err(error)) if error.concerns_one_item() => {
                    self.app_cannot_be_read(&item, error.to_string());
                    continue;
                }
                Some(Err(error)) => return Err(error),
            }
            if let Notice::Listed(folder) = notice {
                // The list is of that folder; not every portal repeats it on the item.
                item.folder = item.folder.or(folder);
            }
            self.items.insert(id, *item);
        }
        Ok(())
    }

    /// What makes an item. The app of another's item is theirs to see; the planner refuses such an item by its owner.
    fn parts(&self, id: ItemId, owner: &str) -> Vec<Part> {
        let mut parts = vec![Part::Item(id.clone())];
        parts.extend(self.is_mine(owner).then_some(Part::App(id)));
        parts
    }

    /// Sends each request that `parts` names, once.
    async fn fetch(&self, parts: impl Stream<Item = Part>) -> Result<Fetched, PortalError> {
        let (portal, caller) = (self.portal, self.hello.caller.username.as_str());
        let (mut asked, known) = (BTreeSet::new(), AtomicUsize::new(0));
        let reads = parts
            .filter(|part| {
                let new = asked.insert(part.clone());
                known.fetch_add(usize::from(new && matches!(part, Part::Item(_))), Ordering::Relaxed);
                future::ready(new)
            })
            .map(|part| async move {
                Ok::<_, PortalError>(match part {
                    Part::Item(id) => {
                        let item = match portal.item(&id).await {
                            Err(error) if !error.concerns_one_item() => return Err(error),
                            item => item.map(|item| item.map(Box::new)),
                        };
                        Fetch::Item(id, item)
                    }
                    Part::App(id) => {
                        let app = portal.app(caller, &id).await;
                        Fetch::App(id, app)
                    }
                })
            })
            .buffer_unordered(self.parallel);
        let mut reads = std::pin::pin!(reads);
        let mut fetched = Fetched::default();
        while let Some(answer) = reads.try_next().await? {
            match answer {
                Fetch::Item(id, item) => {
                    fetched.items.insert(id, item);
                    self.progress.step(fetched.items.len(), known.load(Ordering::Relaxed), Reading::Items);
                }
                Fetch::App(id, app) => {
                    fetched.apps.insert(id, app);
                }
            }
        }
        Ok(fetched)
    }

    /// Reads what ledgers name and nobody has told of yet, until there is no such thing.
    async fn read_named(&mut self) -> Result<(), PortalError> {
        loop {
            let mut named: BTreeMap<ItemId, BTreeSet<CredentialName>> = BTreeMap::new();
            let ours = self
                .items
                .values()
                .filter(|item| item.name_in(&self.spec.stack).is_some() && self.is_mine(&item.owner));
            for ledger in ours.filter_map(LiveItem::ledger) {
                for id in ledger.superseded_by.iter().chain(&ledger.item).filter(|id| !self.read.contains(*id)) {
                    let name = self.spec.name_now(&ledger.name).clone();
                    named.entry(id.clone()).or_default().insert(name);
                }
            }
            if named.is_empty() {
                return Ok(());
            }
            let wanted = named.keys().map(|id| (id.clone(), Notice::Told)).collect();
            for (id, names) in named {
                self.given.entry(id).or_default().extend(names);
            }
            self.read_plain(wanted).await?;
        }
    }

    /// An item may have lost its tag and still carry the ledger, which no list shows: reads the applications in the
    /// folders that the spec names.
    async fn read_unmarked(&mut self) -> Result<(), PortalError> {
        let missing = self.missing();
        let folders: BTreeSet<Option<String>> = self
            .spec
            .credentials
            .values()
            .filter(|credential| missing.contains(&credential.name))
            .map(|credential| credential.folder.as_ref().map(|title| title.to_lowercase()))
            .collect();
        let named = self.listed.iter().filter(|(folder, _)| folders.contains(&self.title(folder.as_ref())));
        let wanted: Vec<(ItemId, Notice)> = named
            .flat_map(|(folder, items)| items.iter().map(move |item| (folder, item)))
            .filter(|(_, item)| item.kind.eq_ignore_ascii_case("Application") && !self.read.contains(&item.id))
            .map(|(folder, item)| (item.id.clone(), Notice::Listed(folder.clone())))
            .collect();
        let before: BTreeSet<ItemId> = self.unread.keys().cloned().collect();
        self.read_plain(wanted).await?;
        // Nobody says whose they are. Any credential that is missed there may be, so none of them is made.
        let mut found = Vec::new();
        for (folder, items) in &self.listed {
            let here = self.title(folder.as_ref());
            for summary in items.iter().filter(|s| self.unread.contains_key(&s.id) && !before.contains(&s.id)) {
                let missed = self.spec.credentials.values().filter(|want| {
                    missing.contains(&want.name) && want.folder.as_ref().map(|title| title.to_lowercase()) == here
                });
                found.push((summary.id.clone(), missed.map(|want| want.name.clone()).collect()));
            }
        }
        for (id, of) in found {
            if let Some(unread) = self.unread.get_mut(&id).filter(|unread| unread.of.is_empty()) {
                (unread.of, unread.told) = (of, false);
            }
        }
        Ok(())
    }

    /// The title of a folder, whatever its case; none for the root.
    fn title(&self, folder: Option<&FolderId>) -> Option<String> {
        self.folders.iter().find(|known| Some(&known.id) == folder).map(|known| known.title.to_lowercase())
    }

    /// Reads items first, and then only the apps of those that turn out to be ours.
    async fn read_plain(&mut self, wanted: Vec<(ItemId, Notice)>) -> Result<(), PortalError> {
        self.read.extend(wanted.iter().map(|(id, _)| id.clone()));
        let (portal, spec) = (self.portal, self.spec);
        let caller = self.hello.caller.username.as_str();
        let reads = stream::iter(wanted).map(|(id, notice)| async move {
            let mut item = match portal.item(&id).await.and_then(|item| item.ok_or_else(|| absent(&id))) {
                Ok(item) => item,
                Err(error) if !error.concerns_one_item() => return Err(error),
                Err(error) => return Ok(Plain::Unread(id, notice, error.to_string())),
            };
            if item.name_in(&spec.stack).is_none() {
                return Ok(Plain::NotOurs);
            }
            if item.owner.eq_ignore_ascii_case(caller) {
                match registration(&item, portal.app(caller, &id).await) {
                    Ok(app) => item.app = app,
                    Err(error) if !error.concerns_one_item() => return Err(error),
                    Err(error) => return Ok(Plain::AppUnread(Box::new(item), error.to_string())),
                }
            }
            if let Notice::Listed(folder) = notice {
                item.folder = item.folder.or(folder);
            }
            Ok(Plain::Ours(Box::new(item)))
        });
        let found: Vec<Plain> = reads.buffer_unordered(self.parallel).try_collect().await?;
        for plain in found {
            match plain {
                Plain::Ours(item) => drop(self.items.insert(item.id.clone(), *item)),
                Plain::NotOurs => {}
                // Gone, unless a list has it.
                Plain::Unread(id, Notice::Told, why) => drop(self.unsure.insert(id, why)),
                Plain::Unread(id, Notice::Listed(_), why) => self.cannot_be_read(id, why),
                Plain::AppUnread(item, why) => self.app_cannot_be_read(&item, why),
            }
        }
        Ok(())
    }

    /// Credentials that no item of the caller's stands for. A copy stands for nothing.
    fn missing(&self) -> BTreeSet<CredentialName> {
        let mut missing: BTreeSet<CredentialName> = self.spec.credentials.keys().cloned().collect();
        // What is there and cannot be read is not missing.
        for name in self.unread.values().filter(|unread| unread.told).flat_map(|unread| &unread.of) {
            missing.remove(name);
        }
        for item in self.items.values().filter(|item| self.is_mine(&item.owner)) {
            if let Some(name) = item.stands_for(self.spec) {
                missing.remove(name);
            }
        }
        missing
    }
}

/// What came of reading an item that nothing but its ledger may make ours.
enum Plain {
    Ours(Box<LiveItem>),
    NotOurs,
    Unread(ItemId, Notice, String),
    AppUnread(Box<LiveItem>, String),
}

fn absent(id: &ItemId) -> PortalError {
    PortalError::PartialRead { what: format!("item {id} is said not to be there, or not to be ours to see") }
}
