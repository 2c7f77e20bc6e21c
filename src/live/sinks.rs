//! One look at each declared sink.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::{StreamExt, TryStreamExt, stream};

use crate::model::{
    CredentialName, CredentialSpec, Delivery, Fingerprint, Holding, ItemId, LiveItem, Observation, Phase, Referrer,
    Secret, SinkId, Slot, Spec,
};
use crate::portal::{PortalError, ReadPortal, looks_like_a_key};

use super::{Progress, Reading, SinkReader};
use crate::sink::Look;

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
    items: &BTreeMap<ItemId, LiveItem>,
    looks: BTreeMap<SinkId, Look>,
    parallel: usize,
) -> Result<BTreeMap<SinkId, Observation>, PortalError> {
    let questions = stream::iter(looks).map(|(id, look)| async move {
        let observation = match look {
            Look::Absent => Observation::Absent,
            Look::Unreadable { why } => Observation::Unreadable { why },
            Look::NotAsked => Observation::NotAsked,
            Look::Confirms(fingerprint) => Observation::Holds(Holding { fingerprint, slot: None, identity: None }),
            Look::Value(value) => Observation::Holds(hold(portal, spec, items, &id, &value).await?),
        };
        Ok((id, observation))
    });
    questions.buffer_unordered(parallel).try_collect().await
}

async fn hold(
    portal: &impl ReadPortal,
    spec: &Spec,
    items: &BTreeMap<ItemId, LiveItem>,
    sink: &SinkId,
    value: &Secret,
) -> Result<Holding, PortalError> {
    let fingerprint = Fingerprint::of(value);
    let slot = Slot::of_key(value.reveal());
    let mut holding = Holding { fingerprint, slot, identity: None };
    let Some(slot) = slot.filter(|_| looks_like_a_key(value.reveal())) else { return Ok(holding) };
    let credentials = spec.credentials.values().filter(|one| one.deliver.iter().any(|delivery| delivery.id == *sink));
    let names: BTreeSet<&CredentialName> = credentials.clone().map(|credential| &credential.name).collect();
    let own: Vec<&LiveItem> =
        items.values().filter(|item| names.iter().any(|name| stands_for(spec, item, name))).collect();
    let known = own.iter().filter_map(|item| item.ledger()).any(|ledger| {
        Slot::BOTH
            .iter()
            .filter_map(|slot| ledger.slots.get(*slot).as_ref())
            // Nothing is known of a key that is only being issued, whatever somebody wrote beside it.
            .any(|record| record.phase != Phase::Issuing && record.fingerprint == Some(fingerprint))
    });
    if known {
        return Ok(holding);
    }
    let Some(item) = own.into_iter().find(|item| is_unfinished(item, slot)) else { return Ok(holding) };
    let referer = referer(item, credentials);
    holding.identity = portal.identify(value, referer.as_deref()).await?;
    Ok(holding)
}

fn stands_for(spec: &Spec, item: &LiveItem, name: &CredentialName) -> bool {
    match item.ledger() {
        Some(ledger) => ledger.stack == spec.stack && ledger.name == *name,
        None => item.markers.iter().any(|marker| marker.stack == spec.stack && marker.name == *name),
    }
}

/// Whether a key of `slot` may be out that the ledger does not know. The flag of the slot may lag, so the key is asked.
fn is_unfinished(item: &LiveItem, slot: Slot) -> bool {
    let record = item.ledger().and_then(|ledger| ledger.slots.get(slot).as_ref());
    record.is_some_and(|record| matches!(record.phase, Phase::Issuing | Phase::Delivering))
}

/// A page that the key may be used from: what the item has decides, and what is wanted stands in for it.
fn referer<'a>(item: &LiveItem, mut credentials: impl Iterator<Item = &'a CredentialSpec>) -> Option<String> {
    match &item.app {
        Some(app) => app.referrers.first().map(Referrer::example),
        None => credentials.next().and_then(|credential| credential.referrers.first()).map(Referrer::example),
    }
}
