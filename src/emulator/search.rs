//! Search, and when it notices what changed (*section 6.1*).

use serde_json::json;

use super::folders::sort;
use super::query::Query;
use super::records::Item;
use super::refusal::Refusal;
use super::state::{Answer, Call, Caller, Page, State};
use super::switches::DeletedHits;

/// How long a deleted item is still found where the switch says so.
const STALE_MS: i64 = 3_600_000;
/// Nothing past this is shown.
const WINDOW: u16 = 10_000;

impl State {
    pub(super) fn search(&mut self, call: &Call<'_>) -> Answer {
        self.changes += u64::from(self.index.settle(call.now));
        let text = call.param("q").unwrap_or("");
        let filter = call.param("filter").unwrap_or("");
        let given = |name: &str| call.param(name).is_some_and(|value| !value.trim().is_empty());
        if !["q", "filter", "bbox", "categories"].into_iter().any(given) {
            return Err(Refusal::invalid("q", "property required."));
        }
        let page = Page::of(call);
        if page.start > WINDOW.into() {
            return Err(Refusal::invalid("start", "must not be greater than 10000."));
        }
        let (query, filter) = (Query::parse(text), Query::parse(filter));
        let me = match &call.caller {
            Caller::User(name) => self.members.get(name),
            Caller::Anonymous | Caller::App(_) | Caller::Key(_) => None,
        };
        let found = |item: &&Item| Self::visible(item, me) && query.matches(item) && filter.matches(item);
        let mut items: Vec<&Item> = self.index.entries().filter(found).collect();
        sort(&mut items, call.param("sortField").unwrap_or("created"), call.param("sortOrder"));
        let total = items.len();
        items.truncate(WINDOW.into());
        let mut body = page.list("results", &items, |item| self.search_view(item));
        body["query"] = json!(text);
        body["total"] = json!(total);
        Ok(body)
    }

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
        let item = self.items.get_mut(id).filter(|item| item.recycled.is_none());
        self.index.queue(id, item, self.changes, due);
    }
}
