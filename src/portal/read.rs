//! What may be asked without changing anything.

use std::collections::BTreeSet;
use std::time::Duration;

use futures_util::{StreamExt, TryStreamExt, stream};

use crate::model::{App, FolderId, ItemId, KeyIdentity, LiveItem, Secret};

use super::call;
use super::http::{Http, Known};
use super::wire::{FolderWire, ItemWire, PageWire, PortalWire};
use super::{Hello, Listing, PortalError, ReadPortal, Seen, Summary, normalise};

/// The most that a portal puts on one page.
const PAGE: usize = 100;
/// Pages of one list that are read at the same time, once it is known how many there are.
const PAGES_AT_ONCE: usize = 4;
/// The portal tells of no more results of one search.
const WINDOW: usize = 10_000;
/// No user has more items; a list that goes on is one that does not end.
const LONGEST_LIST: usize = 100_000;
/// How often a list that changes while it is read is begun anew.
const LISTS: u32 = 4;

/// The wait before a key that does not work is asked again.
const ASK_AGAIN: Duration = Duration::from_secs(2);

/// Sees pages as they come.
type Tell<'a> = &'a (dyn Fn(&Page) + Sync);

/// One page of a list that says how long it is.
struct Page {
    total: usize,
    next_start: Option<i64>,
    items: Vec<ItemWire>,
    folders: Vec<FolderWire>,
}

impl ReadPortal for Http {
    async fn hello(&self) -> Result<Hello, PortalError> {
        let hello = self.greet().await?;
        // The first answer stays: a user name does not change within a run.
        let _ = self.known.set(Known::of(&hello));
        Ok(hello)
    }

    async fn listing_as_it_comes(&self, folder: Option<&FolderId>, seen: Seen<'_>) -> Result<Listing, PortalError> {
        let owner = &self.known().await?.username;
        let tell = |page: &Page| {
            page.items.iter().filter_map(|wire| normalise::summary(wire, owner, folder)).for_each(seen);
        };
        let path = self.own(&folder.map(|id| format!("/{id}")).unwrap_or_default()).await?;
        let mut last = String::new();
        for _ in 0..LISTS {
            let pages = self.pages(&path, None, &tell).await?;
            match whole(&pages) {
                Ok(()) => return self.listed(&pages, folder).await,
                Err(why) => last = why,
            }
        }
        let what = folder.map_or_else(|| "the root folder".to_owned(), |id| format!("folder {id}"));
        Err(PortalError::PartialRead { what: format!("{what}: {last}") })
    }

    async fn search_as_it_comes(&self, query: &str, seen: Seen<'_>) -> Result<Vec<Summary>, PortalError> {
        // An index names no owner only if it is broken; who reads the item finds out.
        let summary = |wire: &ItemWire| normalise::summary(wire, "", None);
        let tell = |page: &Page| page.items.iter().filter_map(summary).for_each(seen);
        let pages = self.pages("search", Some(query), &tell).await?;
        let mut found = BTreeSet::new();
        let results = pages.iter().flat_map(|page| &page.items);
        Ok(results.filter_map(summary).filter(|s| found.insert(s.id.clone())).collect())
    }

    async fn item(&self, id: &ItemId) -> Result<Option<LiveItem>, PortalError> {
        let answer = match self.send(call::get(format!("content/items/{id}"))).await {
            Ok(answer) => answer,
            Err(PortalError::NotFound { .. }) => return Ok(None),
            Err(error) => return Err(error),
        };
        match normalise::item(&answer.read()?) {
            Some(item) if item.id == *id && !item.owner.is_empty() => Ok(Some(item)),
            Some(item) if item.id == *id => Err(answer.garbled("it names no owner")),
            Some(_) => Err(answer.garbled("it is about another item")),
            None => Err(answer.garbled("it names no item id")),
        }
    }

    async fn app(&self, owner: &str, id: &ItemId) -> Result<App, PortalError> {
        let wire = self.registered(owner, id).await?;
        // Unsaid is unknown: taken for none, it would be made good by an edit that ends keys.
        for (said, name) in [(&wire.privileges, "privileges"), (&wire.referrers, "httpReferrers")] {
            if said.is_none() {
                return Err(PortalError::PartialRead { what: format!("the app of item {id} without its `{name}`") });
            }
        }
        Ok(normalise::app(&wire))
    }

    async fn identify(&self, key: &Secret, referer: Option<&str>) -> Result<Option<KeyIdentity>, PortalError> {
        self.client.learn(key);
        for path in ["portals/self", "community/self"] {
            let auth = call::holder(key, referer);
            let answer = match self.client.send(&call::get(path), auth).await {
                Ok(answer) => answer,
                Err(failure) => {
                    return match failure.error {
                        PortalError::InvalidToken { .. } | PortalError::TokenRequired { .. } => Ok(None),
                        // The portal knows the key, and does not let it ask this; there is one more to ask.
                        PortalError::Forbidden { .. } if path == "portals/self" => continue,
                        error => Err(error),
                    };
                }
            };
            let app = answer.read::<PortalWire>()?.app_info;
            if let Some(identity) = app.as_ref().and_then(normalise::identity) {
                return Ok(Some(identity));
            }
        }
        // Answered as if nobody had asked: the key means nothing here.
        Ok(None)
    }

    async fn is_refused(&self, key: &Secret, referer: Option<&str>) -> Result<bool, PortalError> {
        self.client.learn(key);
        let ask = async || match self.client.send(&call::get("portals/self"), call::holder(key, referer)).await {
            Ok(_) => Ok(false),
            Err(failure) => match failure.error {
                PortalError::InvalidToken { .. } => Ok(true),
                // The key did not arrive.
                PortalError::TokenRequired { .. } => Ok(false),
                error => Err(error),
            },
        };
        if !ask().await? {
            return Ok(false);
        }
        self.client.wait(ASK_AGAIN).await;
        ask().await
    }
}

impl Http {
    async fn listed(&self, pages: &[Page], folder: Option<&FolderId>) -> Result<Listing, PortalError> {
        let owner = &self.known().await?.username;
        let mut listing = Listing::default();
        let (mut items, mut folders) = (BTreeSet::new(), BTreeSet::new());
        for page in pages {
            let summaries = page.items.iter().filter_map(|wire| normalise::summary(wire, owner, folder));
            listing.items.extend(summaries.filter(|summary| items.insert(summary.id.clone())));
            let found = page.folders.iter().filter_map(normalise::folder);
            listing.folders.extend(found.filter(|folder| folders.insert(folder.id.clone())));
        }
        Ok(listing)
    }

    /// Every page of a list; `tell` sees each as it comes.
    async fn pages(&self, path: &str, query: Option<&str>, tell: Tell<'_>) -> Result<Vec<Page>, PortalError> {
        let mut pages = vec![self.page(path, query, tell, 1).await?];
        let total = pages[0].total;
        if query.is_some() && total > WINDOW {
            return Err(window());
        }
        if total > LONGEST_LIST {
            return Err(endless());
        }
        // Behind a full first page, the others can be asked for at once.
        if pages[0].items.len() == PAGE && next(&pages, PAGE) == Some(1 + PAGE) && total > 2 * PAGE {
            let starts = stream::iter((1 + PAGE..=total).step_by(PAGE));
            let rest = starts.map(|start| self.page(path, query, tell, start)).buffered(PAGES_AT_ONCE);
            pages.extend(rest.try_collect::<Vec<_>>().await?);
        }
        let mut read: usize = pages.iter().map(|page| page.items.len()).sum();
        // What is left one by one: all of it, or what came to be in the meantime.
        while let Some(start) = next(&pages, read) {
            if query.is_some() && start > WINDOW {
                return Err(window());
            }
            if read > LONGEST_LIST {
                return Err(endless());
            }
            let page = self.page(path, query, tell, start).await?;
            read += page.items.len();
            pages.push(page);
        }
        Ok(pages)
    }

    async fn page(&self, path: &str, query: Option<&str>, tell: Tell<'_>, start: usize) -> Result<Page, PortalError> {
        let mut call = call::get(path).field("start", start.to_string()).field("num", PAGE.to_string());
        if let Some(query) = query {
            call = call.field("q", query);
        }
        let answer = self.send(call).await?;
        let PageWire { total, next_start, items, results, folders } = answer.read()?;
        let listed = if query.is_some() { results } else { items };
        // What is no list is not an empty one: what it leaves out would be made anew.
        let (Some(items), Some(total)) = (listed, total.and_then(|total| usize::try_from(total).ok())) else {
            return Err(answer.garbled("it is no list with its `total`"));
        };
        let page = Page { total, next_start: *next_start, items, folders };
        tell(&page);
        Ok(page)
    }
}

fn window() -> PortalError {
    PortalError::PartialRead { what: format!("the search has more than {WINDOW} results") }
}

fn endless() -> PortalError {
    PortalError::PartialRead { what: format!("a list has more than {LONGEST_LIST} items, or no end") }
}

/// Where the next page starts, if there is one. A portal that leaves `nextStart` out is asked until it has told of
/// `total`.
fn next(pages: &[Page], read: usize) -> Option<usize> {
    let last = pages.last().filter(|last| !last.items.is_empty())?;
    match last.next_start {
        // Never backwards, or a portal that repeats itself would be read for ever.
        Some(start) => usize::try_from(start).ok().filter(|start| *start > read),
        None => (read < last.total).then_some(read + 1),
    }
}

/// Whether the pages are all of one list.
fn whole(pages: &[Page]) -> Result<(), String> {
    let total = pages[0].total;
    if pages.iter().any(|page| page.total != total) {
        return Err("it changes while it is read".to_owned());
    }
    let ids: BTreeSet<&str> = pages.iter().flat_map(|page| &page.items).filter_map(|item| item.id.as_deref()).collect();
    if total == ids.len() {
        return Ok(());
    }
    Err(format!("{} of {total} items were told", ids.len()))
}
