//! One look at each declared sink.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::{StreamExt, TryStreamExt, stream};

use crate::model::{
    CredentialName, CredentialSpec, Delivery, Fingerprint, Holding, ItemId, LiveItem, Observation, Phase, Referrer,
    Secret, SinkId, Slot, Spec,
};
use crate::portal::{Hello, PortalError, ReadPortal, looks_like_a_key};
use crate::sink::Look;

use super::progress::{Progress, Reading};

/// Keys that were asked, and whether they are dead.
pub(super) type Answers = BTreeMap<Fingerprint, bool>;

/// Looks at sinks without changing them.
pub trait SinkReader: Sync {
    /// One look at where `delivery` goes. What fails is an observation, not an error.
    fn look(&self, delivery: &Delivery) -> impl Future<Output = Look> + Send;
}

/// Looks at each place once, however many entries name it.
pub(super) async fn look(
    spec: &Spec,
    reader: &impl SinkReader,
    parallel: usize,
    progress: &dyn Progress,
) -> BTreeMap<SinkId, Look> {
    let mut places: BTreeMap<&SinkId, &Delivery> = BTreeMap::new();
    for delivery in spec.credentials.values().flat_map(|credential| &credential.deliver) {
        places.entry(&delivery.id).or_insert(delivery);
    }
    let total = places.len();
    let mut looks = stream::iter(places)
        .map(|(id, delivery)| async move { (id.clone(), reader.look(delivery).await) })
        .buffer_unordered(parallel);
    let mut seen = BTreeMap::new();
    while let Some((id, look)) = looks.next().await {
        seen.insert(id, look);
        progress.step(seen.len(), total, Reading::Sinks);
    }
    seen
}

/// What the looks tell, with the secrets left behind.
pub(super) async fn observe(
    portal: &impl ReadPortal,
    spec: &Spec,
    hello: &Hello,
    items: &BTreeMap<ItemId, LiveItem>,
    looks: &BTreeMap<SinkId, Look>,
    answers: &Answers,
    parallel: usize,
) -> Result<BTreeMap<SinkId, Observation>, PortalError> {
    let whose = &Whose::of(spec, items, hello);
    let questions = stream::iter(looks).map(|(id, look)| async move {
        let observation = match look {
            Look::Absent => Observation::Absent,
            Look::Unreadable { why } => Observation::Unreadable { why: why.clone() },
            Look::Written { at } => Observation::Written { at: *at },
            Look::NotAsked => Observation::NotAsked,
            Look::Confirms(fingerprint) => {
                Observation::Holds(Holding { fingerprint: *fingerprint, slot: None, identity: None, dead: None })
            }
            Look::Value(value) => match hold(portal, whose, id, value, answers).await {
                Ok(holding) => Observation::Holds(holding),
                Err(error) if error.concerns_one_item() => {
                    Observation::Unreadable { why: format!("the portal does not say whose key it holds: {error}") }
                }
                Err(error) => return Err(error),
            },
        };
        Ok((id.clone(), observation))
    });
    questions.buffer_unordered(parallel).try_collect().await
}

/// What was said of the keys in sinks that were asked.
pub(super) fn answers(sinks: &BTreeMap<SinkId, Observation>) -> Answers {
    sinks.values().filter_map(Observation::holding).filter_map(|it| Some((it.fingerprint, it.dead?))).collect()
}

/// Which credentials deliver into a sink, and which items stand for a credential.
struct Whose<'a> {
    credentials: BTreeMap<&'a SinkId, Vec<&'a CredentialSpec>>,
    items: BTreeMap<&'a CredentialName, Vec<&'a LiveItem>>,
    /// The items with the keys that sinks were given and that should live.
    keys: BTreeMap<Fingerprint, &'a LiveItem>,
}

impl<'a> Whose<'a> {
    fn of(spec: &'a Spec, items: &'a BTreeMap<ItemId, LiveItem>, hello: &Hello) -> Self {
        let mut whose = Self { credentials: BTreeMap::new(), items: BTreeMap::new(), keys: BTreeMap::new() };
        for credential in spec.credentials.values() {
            let sinks: BTreeSet<&SinkId> = credential.deliver.iter().map(|delivery| &delivery.id).collect();
            for sink in sinks {
                whose.credentials.entry(sink).or_default().push(credential);
            }
        }
        for item in items.values() {
            if let Some(name) = item.stands_for(spec) {
                whose.items.entry(name).or_default().push(item);
            }
            let lives = |slot| item.is_active(slot) && item.until(slot).is_some_and(|end| end > hello.now);
            whose.keys.extend(item.given().filter(|(slot, _)| lives(*slot)).map(|(_, key)| (key, item)));
        }
        whose
    }

    /// The credentials that deliver into `sink`.
    fn credentials(&self, sink: &SinkId) -> &[&'a CredentialSpec] {
        self.credentials.get(sink).map_or(&[], Vec::as_slice)
    }

    /// The items of those credentials, in the order of their ids.
    fn items(&self, sink: &SinkId) -> Vec<&'a LiveItem> {
        let names = self.credentials(sink).iter().map(|credential| &credential.name);
        let own: BTreeMap<&ItemId, &LiveItem> =
            names.filter_map(|name| self.items.get(name)).flatten().map(|item| (&item.id, *item)).collect();
        own.into_values().collect()
    }
}

async fn hold(
    portal: &impl ReadPortal,
    whose: &Whose<'_>,
    sink: &SinkId,
    value: &Secret,
    answers: &Answers,
) -> Result<Holding, PortalError> {
    let fingerprint = Fingerprint::of(value);
    let slot = Slot::of_key(value.reveal());
    let mut holding = Holding { fingerprint, slot, identity: None, dead: None };
    let Some(slot) = slot.filter(|_| looks_like_a_key(value.reveal())) else { return Ok(holding) };
    if let Some(item) = whose.keys.get(&fingerprint) {
        holding.dead = Some(match answers.get(&fingerprint) {
            Some(dead) => *dead,
            None => is_dead(portal, item, value).await?,
        });
        return Ok(holding);
    }
    let own = whose.items(sink);
    let known = own.iter().flat_map(|item| item.given()).any(|(_, key)| key == fingerprint);
    if known {
        return Ok(holding);
    }
    let Some(item) = own.into_iter().find(|item| is_unfinished(item, slot)) else { return Ok(holding) };
    let referer = referer(item, whose.credentials(sink));
    holding.identity = portal.identify(value, referer.as_deref()).await?;
    Ok(holding)
}

/// Whether the key of an active slot works no more: somebody may have issued another one over it, with the same date.
/// *Source: arcgis-api 5.4.*
async fn is_dead(portal: &impl ReadPortal, item: &LiveItem, key: &Secret) -> Result<bool, PortalError> {
    let applied = item.ledger().and_then(|ledger| ledger.applied.as_ref()).map(|applied| &applied.returned.referrers);
    // A key may go on with the referrers that it was issued with.
    let pages: BTreeSet<_> = item.app.iter().map(|app| &app.referrers).chain(applied).map(Referrer::page).collect();
    for page in &pages {
        match portal.is_refused(key, page.as_deref()).await {
            Ok(true) => {}
            // What does not let itself be asked is not known to be dead.
            Err(error) if !error.concerns_one_item() => return Err(error),
            Ok(false) | Err(_) => return Ok(false),
        }
    }
    Ok(!pages.is_empty())
}

/// Whether a key of `slot` may be out that the ledger does not know. The flag of the slot may lag, so the key is asked.
fn is_unfinished(item: &LiveItem, slot: Slot) -> bool {
    item.record(slot).is_some_and(|record| matches!(record.phase, Phase::Issuing | Phase::Delivering))
}

/// A page that the key may be used from: what the item has decides, and what is wanted stands in for it.
fn referer(item: &LiveItem, credentials: &[&CredentialSpec]) -> Option<String> {
    match &item.app {
        Some(app) => Referrer::page(&app.referrers),
        None => credentials.first().and_then(|credential| Referrer::page(&credential.referrers)),
    }
}
