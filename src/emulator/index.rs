//! The search index, which lags behind the store (*section 6.1*).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::records::Item;
use super::state::State;
use super::switches::DeletedHits;

/// How long a deleted item is still found where the switch says so.
const STALE_MS: i64 = 3_600_000;

/// What search sees, and what it will see later.
#[derive(Clone, Default, Serialize, Deserialize)]
pub(super) struct Index {
    entries: BTreeMap<String, Item>,
    pending: Vec<Pending>,
}

#[derive(Clone, Serialize, Deserialize)]
struct Pending {
    due: i64,
    revision: u64,
    id: String,
    /// None once it is deleted.
    item: Option<Item>,
}

impl Index {
    fn push(&mut self, pending: Pending) {
        self.pending.push(pending);
    }

    /// Takes in what is due; says whether anything was.
    fn settle(&mut self, now: i64) -> bool {
        let (due, later) = std::mem::take(&mut self.pending).into_iter().partition::<Vec<_>, _>(|one| one.due <= now);
        self.pending = later;
        let any = !due.is_empty();
        for Pending { revision, id, item, .. } in due {
            if self.entries.get(&id).is_some_and(|have| have.revision > revision) {
                continue;
            }
            match item {
                Some(item) => drop(self.entries.insert(id, item)),
                None => drop(self.entries.remove(&id)),
            }
        }
        any
    }

    pub(super) fn entries(&self) -> impl Iterator<Item = &Item> {
        self.entries.values()
    }
}

impl State {
    /// Notes that an item changed: the store knows now, the index later.
    pub(super) fn touched(&mut self, id: &str, now: i64) {
        let lag = i64::from(self.switches.search_lag_ms);
        let deleted = match self.switches.deleted_hits {
            DeletedHits::AfterLag => lag,
            DeletedHits::Stale => lag.max(STALE_MS),
        };
        let present = self.items.get(id).is_some_and(|item| item.recycled.is_none());
        self.queue(id, now.saturating_add(if present { lag } else { deleted }));
        if lag == 0 {
            self.index.settle(now);
        }
    }

    /// Puts an item into the index at once.
    pub(super) fn indexed_now(&mut self, id: &str) {
        self.queue(id, i64::MIN);
        self.index.settle(i64::MIN);
    }

    fn queue(&mut self, id: &str, due: i64) {
        self.changes += 1;
        let revision = self.changes;
        let item = self.items.get_mut(id).filter(|item| item.recycled.is_none());
        let item = item.map(|item| {
            item.revision = revision;
            // The index knows nothing of the app, least of all its secret.
            let app = item.app.take();
            let copy = item.clone();
            item.app = app;
            copy
        });
        self.index.push(Pending { due, revision, id: id.to_owned(), item });
    }

    pub(super) fn settle_index(&mut self, now: i64) {
        let settled = self.index.settle(now);
        self.changes += u64::from(settled);
    }
}
