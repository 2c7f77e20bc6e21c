//! Applications: what they read from sinks, and whether it works.
//!
//! One reads its sink at every moment. One keeps what it has read for as long as the overlap allows. Both are asked
//! after everything that happens; the first promise of keyform is that none of them is ever without a working key.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

use jiff::Timestamp;

use crate::emulator::{Fate, State, fingerprint};
use crate::model::{CredentialName, KeyEnd, Secret, SinkId, Spec};

/// An application without a working key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dark {
    /// The credential it uses.
    pub name: CredentialName,
    /// The place it reads.
    pub place: String,
    /// The fingerprint of the key it was left with.
    pub key: String,
    /// When it was noticed.
    pub at: Timestamp,
    /// What ended the key.
    pub why: String,
    /// Whether it had read the key before, within the overlap.
    pub kept: bool,
}

impl fmt::Display for Dark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, place, key, at, why, kept } = self;
        let who = if *kept { "that read its key within the overlap from" } else { "that reads" };
        write!(f, "credential.{name}: the application {who} {place} lost key {key}: {why}, seen {at}")
    }
}

/// Who reads a declared sink.
#[derive(Clone)]
pub(super) struct Reader {
    name: CredentialName,
    place: String,
    /// The overlap in force, in ms.
    overlap: i64,
    /// A fixed end, after which nobody expects a key.
    ends: Option<Timestamp>,
    pub(super) key: Option<Arc<Secret>>,
    /// What another credential left in the sink, and which one: nothing that this one gave.
    inherited: Option<(CredentialName, Arc<Secret>)>,
    /// Whether it had a working key since the sink was declared, by this credential or the one it came from.
    served: bool,
}

impl Reader {
    /// The credential that `key` is of.
    fn giver(&self, key: &Secret) -> &CredentialName {
        self.inherited.as_ref().filter(|(_, old)| old.reveal() == key.reveal()).map_or(&self.name, |(name, _)| name)
    }
}

/// Who keeps a key that is no longer in its sink.
#[derive(Clone)]
struct Holder {
    name: CredentialName,
    place: String,
    key: Arc<Secret>,
    /// In ms.
    until: i64,
}

/// What one sink was seen to hold over time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// The credential.
    pub name: CredentialName,
    /// The place.
    pub place: String,
    /// When a key first stood there, and when another took its place.
    pub keys: Vec<Timestamp>,
}

/// Everybody who uses the keys of one configuration.
#[derive(Clone, Default)]
pub struct Apps {
    pub(super) readers: BTreeMap<SinkId, Reader>,
    holders: Vec<Holder>,
    /// Keys that people issued for themselves.
    strangers: Vec<Arc<Secret>>,
    seen: BTreeMap<SinkId, Seen>,
    /// Fingerprints of keys that a person ended, or that were announced to end.
    excused: BTreeSet<String>,
    /// Credentials whose plan said that applications will lose their key.
    announced: BTreeSet<CredentialName>,
    /// Whether keys that nobody renewed in time are keyform's doing: the schedule ran.
    pub(super) punctual: bool,
    instants: u64,
    dark: Vec<Dark>,
}

impl Apps {
    /// Nobody yet; the schedule is kept.
    pub(super) fn punctual() -> Self {
        Self { punctual: true, ..Self::default() }
    }

    /// How many times an application was asked whether its key works.
    #[must_use]
    pub const fn instants(&self) -> u64 {
        self.instants
    }

    /// Every application that was found without a working key, once for each key.
    pub(crate) fn dark(&self) -> &[Dark] {
        &self.dark
    }

    /// What each sink held over time, by the order of their identities.
    pub fn seen(&self) -> impl Iterator<Item = &Seen> {
        self.seen.values()
    }

    /// The places of declared sinks whose key does not work now, a fixed end aside.
    #[must_use]
    pub fn unserved(&self, now: Timestamp, state: &State) -> Vec<String> {
        let dead = |reader: &&Reader| {
            let over = reader.ends.is_some_and(|end| now >= end);
            let live = |key: &Arc<Secret>| state.fate(key.reveal(), now).is_some_and(|fate| fate.live);
            !over && !reader.key.as_ref().is_some_and(live)
        };
        self.readers
            .values()
            .filter(dead)
            .map(|reader| format!("credential.{} {}", reader.name, reader.place))
            .collect()
    }

    /// From now on these sinks are declared. Who reads one that is not any more keeps its key for an overlap.
    pub(super) fn declare(&mut self, spec: &Spec, now: Timestamp) {
        let mut before = std::mem::take(&mut self.readers);
        for want in spec.credentials.values() {
            let overlap = millis(want.expiry.overlap);
            let ends = match want.expiry.end {
                KeyEnd::Until(end) => Some(end),
                KeyEnd::Lifetime(_) => None,
            };
            for delivery in &want.deliver {
                // Who reads a sink that went over to another credential goes on with the key that is there.
                let same = |was: &Reader| *spec.name_now(&was.name) == want.name;
                let (key, inherited, served) = match before.get(&delivery.id) {
                    Some(was) if same(was) => {
                        let was = before.remove(&delivery.id);
                        was.map_or((None, None, false), |was| (was.key, was.inherited, was.served))
                    }
                    Some(was) => {
                        let left = was.key.as_ref().map(|key| (was.giver(key).clone(), Arc::clone(key)));
                        (was.key.clone(), left, was.served)
                    }
                    None => (None, None, false),
                };
                let place = delivery.target.place.clone();
                let reader = Reader { name: want.name.clone(), place, overlap, ends, key, inherited, served };
                self.readers.insert(delivery.id.clone(), reader);
            }
        }
        for reader in before.into_values() {
            let Reader { name, place, overlap, ends: _, key, inherited: _, served } = reader;
            if let Some(key) = key.filter(|_| served) {
                self.holders.push(Holder { name, place, key, until: now.as_millisecond().saturating_add(overlap) });
            }
        }
    }

    /// The plan says that applications of these credentials will lose their key.
    pub(super) fn announce(&mut self, names: impl IntoIterator<Item = CredentialName>) {
        self.announced = names.into_iter().collect();
    }

    /// What is dead now was ended by a person.
    pub(super) fn excuse(&mut self, state: &State, now: Timestamp) {
        let keys = self.readers.values().filter_map(|reader| reader.key.as_ref());
        let held = keys.chain(self.holders.iter().map(|holder| &holder.key)).chain(&self.strangers);
        let dead = held.map(|key| key.reveal()).filter(|key| state.fate(key, now).is_none_or(|fate| !fate.live));
        let dead: Vec<String> = dead.map(fingerprint).collect();
        self.excused.extend(dead);
    }

    /// A person keeps these keys for something keyform knows nothing of.
    pub(super) fn befriend(&mut self, keys: impl IntoIterator<Item = String>) {
        self.strangers.extend(keys.into_iter().map(|key| Arc::new(Secret::new(key))));
    }

    /// Everybody reads, and tries.
    pub(super) fn look(&mut self, now: Timestamp, state: &State, sinks: &BTreeMap<SinkId, Arc<Secret>>) {
        let ms = now.as_millisecond();
        let mut found = Vec::new();
        for (id, reader) in &mut self.readers {
            let Some(value) = sinks.get(id) else { continue };
            if let Some(old) = reader.key.take_if(|old| old.reveal() != value.reveal())
                && reader.served
            {
                let expires = state.fate(old.reveal(), now).map_or(ms, |fate| fate.expires);
                let until = ms.saturating_add(reader.overlap).min(expires);
                let Reader { name, place, .. } = &*reader;
                self.holders.push(Holder { name: name.clone(), place: place.clone(), key: old, until });
            }
            if reader.key.is_none() {
                reader.key = Some(Arc::clone(value));
                let Reader { name, place, .. } = &*reader;
                let none = || Seen { name: name.clone(), place: place.clone(), keys: Vec::new() };
                self.seen.entry(id.clone()).or_insert_with(none).keys.push(now);
            }
            self.instants += 1;
            let fate = state.fate(value.reveal(), now);
            if fate.as_ref().is_some_and(|fate| fate.live) {
                reader.served |= *reader.giver(value) == reader.name;
            } else if reader.served && reader.ends.is_none_or(|end| now < end) {
                found.push((reader.giver(value).clone(), reader.place.clone(), Arc::clone(value), fate, false));
            }
        }
        self.holders.retain(|holder| holder.until > ms);
        for holder in &self.holders {
            self.instants += 1;
            let fate = state.fate(holder.key.reveal(), now);
            if !fate.as_ref().is_some_and(|fate| fate.live) {
                found.push((holder.name.clone(), holder.place.clone(), Arc::clone(&holder.key), fate, true));
            }
        }
        for key in &self.strangers {
            self.instants += 1;
            let fate = state.fate(key.reveal(), now);
            // One that ran out ended as its owner wanted.
            let taken = |fate: &Fate| !fate.live && fate.ended.as_ref().is_some_and(|(_, at)| *at < fate.expires);
            if fate.as_ref().is_none_or(taken)
                && let Ok(name) = CredentialName::new("a-person")
            {
                found.push((name, "a place of their own".into(), Arc::clone(key), fate, false));
            }
        }
        for (name, place, key, fate, kept) in found {
            self.judge(now, name, place, fingerprint(key.reveal()), fate, kept);
        }
    }

    fn judge(
        &mut self,
        at: Timestamp,
        name: CredentialName,
        place: String,
        key: String,
        fate: Option<Fate>,
        kept: bool,
    ) {
        let ended = fate.and_then(|fate| fate.ended);
        let late = ended.is_none() && !self.punctual;
        // Said once for each key, or forgiven for good.
        if !self.excused.insert(key.clone()) || late || self.announced.contains(&name) {
            return;
        }
        let why = ended.map_or_else(|| "it ran out".to_owned(), |(because, _)| because);
        self.dark.push(Dark { name, place, key, at, why, kept });
    }

    /// The keys that somebody uses or may still use, as fingerprints.
    pub(super) fn in_use(&self) -> BTreeSet<String> {
        let readers = self.readers.values().filter_map(|reader| reader.key.as_ref());
        let all = readers.chain(self.holders.iter().map(|holder| &holder.key)).chain(&self.strangers);
        all.map(|key| fingerprint(key.reveal())).collect()
    }
}

fn millis(duration: jiff::SignedDuration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}
