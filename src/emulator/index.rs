//! The search index, which lags behind the store (*section 6.1*).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::records::Item;

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
    /// Will know `item` as it is now once `due` is reached; none is there any more if it is none.
    pub(super) fn queue(&mut self, id: &str, item: Option<&mut Item>, revision: u64, due: i64) {
        let item = item.map(|item| {
            item.revision = revision;
            // The index knows nothing of the app, least of all its secret.
            let app = item.app.take();
            let copy = item.clone();
            item.app = app;
            copy
        });
        self.pending.push(Pending { due, revision, id: id.to_owned(), item });
    }

    /// Takes in what is due; says whether anything was.
    pub(super) fn settle(&mut self, now: i64) -> bool {
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
