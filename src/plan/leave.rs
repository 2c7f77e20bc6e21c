//! What leaves: credentials that are destroyed, or forgotten and live on.
//!
//! Only items that carry the stack's marker, belong to the caller and are not copies are ever written; one that is not
//! clear enough withholds the whole credential.

use jiff::{SignedDuration, Timestamp};

use crate::model::{
    CredentialName, CredentialSpec, Leaving, Live, LiveItem, Marker, Mode, Orphans, Slot, SourceLine, Spec,
};

use super::blocked::{Asked, Blocked, Ends, LedgerFault, Protection, Rule, SeenIn, Takes};
use super::change::{Action, Change};
use super::keys::{KeyLine, Next};
use super::ours::unclear;
use super::phase::{At, Items, Keys, foreign, is_foreign};
use super::places::{Kept, Places};
use super::reason::{Cause, Reason};
use super::step::{Act, Step, Target, named, revoked};

/// How a credential goes, and why.
pub(super) struct Leave<'a> {
    name: CredentialName,
    then: Leaving,
    reason: Reason,
    not_before: Option<Timestamp>,
    source: Option<SourceLine>,
    /// The entry, if it is still declared.
    want: Option<&'a CredentialSpec>,
}

impl<'a> Leave<'a> {
    /// How `name` goes, if it does. A request weighs more than what is declared, and that more than `removed`.
    pub(super) fn of(spec: &'a Spec, name: &CredentialName) -> Option<Self> {
        let want = spec.credentials.get(name);
        let leave = |then, reason, not_before, source: Option<&SourceLine>| {
            Some(Self { name: name.clone(), then, reason, not_before, source: source.cloned(), want })
        };
        if let Some(then) = spec.asked_to_go(name) {
            return leave(then, Reason::Requested, None, want.map(|want| &want.source));
        }
        // A run that was asked for something does nothing else.
        if want.is_some() || spec.requests.leave() {
            return None;
        }
        // Its own name, or the last one it was given.
        let removed = spec.removed.get(name).or_else(|| {
            spec.removed.iter().find(|(entry, _)| spec.name_now(entry) == name).map(|(_, removed)| removed)
        });
        match (removed, spec.orphans) {
            (Some(removed), _) => {
                let reason = Reason::Removed { because: removed.because.clone(), not_before: removed.not_before };
                leave(removed.then, reason, removed.not_before, Some(&removed.source))
            }
            (None, Orphans::Destroy) => leave(Leaving::Destroy, Reason::Orphan, None, None),
            (None, Orphans::Report) => None,
        }
    }

    /// What is done to its `items`, home first; nothing, if there are none.
    pub(super) fn change(&self, items: &[&LiveItem], at: At<'_>) -> Option<Change> {
        let At { spec, live: _, now, places: _ } = at;
        let (home, others) = items.split_first()?;
        let action = self.action();
        let mut change = Change::named(self.name.clone(), action, vec![self.reason.clone()]);
        if self.reason == Reason::Orphan {
            // That it goes is what the configuration says of everything it does not name.
            change.cause = Cause::Config;
        }
        change.item = Some(home.id.clone());
        change.work.seen = Some(Box::new((*home).clone()));
        change.work.also = others.iter().map(|item| (*item).clone()).collect();
        change.source.clone_from(&self.source);
        change.work.deliveries = self.want.map(|want| want.deliver.clone()).unwrap_or_default();
        change.work.steps = match self.then {
            Leaving::Destroy => destroyed(home, others, now),
            Leaving::Forget => {
                items.iter().flat_map(|item| Target::of(item, home).steps(named(item, Act::Forget))).collect()
            }
        };
        change.blocked = items
            .iter()
            .find_map(|item| unclear(spec, &self.name, item))
            .or_else(|| self.too_early(now))
            .or_else(|| self.observed())
            .or_else(|| match self.then {
                Leaving::Destroy => self.kept(items, now).or_else(|| self.still_used(items, at)),
                Leaving::Forget => None,
            });
        Some(change)
    }

    /// What is done to it.
    pub(super) const fn action(&self) -> Action {
        match self.then {
            Leaving::Destroy => Action::Destroy,
            Leaving::Forget => Action::Forget,
        }
    }

    /// The entry that still declares what somebody asked to go.
    pub(super) fn still_declared(&self) -> Option<&'a CredentialSpec> {
        self.want.filter(|_| self.reason == Reason::Requested)
    }

    /// Its keys, until they end.
    pub(super) fn keys(&self, items: &[&LiveItem], places: &Places<'_>, now: Timestamp) -> Vec<KeyLine> {
        let Some((home, others)) = items.split_first() else { return Vec::new() };
        let all = Items { home, others, places };
        let of_slot = |item: &LiveItem, slot: Slot| {
            let expires = item.key_until(slot, now)?;
            let record = item.record(slot).filter(|_| !is_foreign(item, slot, now));
            let current = all.is_current(item, slot, now);
            // Whatever else becomes of it is this plan's, or nothing that keyform does.
            let next = self.not_before.filter(|at| *at > now && self.then == Leaving::Destroy).map(Next::Revoke);
            let sinks = record.map(|record| record.sinks.as_slice()).unwrap_or_default();
            let given = sinks.iter().filter(|(_, sink)| sink.delivered.is_some()).count();
            let sinks = (given, sinks.len());
            Some(KeyLine { name: self.name.clone(), slot, current, expires, next, sinks })
        };
        all.all().flat_map(|item| Slot::BOTH.into_iter().filter_map(move |slot| of_slot(item, slot))).collect()
    }

    /// Before when nothing is done.
    pub(super) const fn not_before(&self) -> Option<Timestamp> {
        self.not_before
    }

    fn too_early(&self, now: Timestamp) -> Option<Blocked> {
        let at = self.not_before.filter(|at| *at > now)?;
        Some(Blocked::NotYet { from: at })
    }

    /// What the mode of a credential that is still declared says.
    fn observed(&self) -> Option<Blocked> {
        let rule = match (self.want?.mode, self.then) {
            (Mode::Full, _) | (Mode::Additive, Leaving::Forget) => return None,
            (Mode::Observe, _) => Rule::Observe(Asked::Removal),
            (Mode::Additive, Leaving::Destroy) => Rule::Additive(Takes::Credential),
        };
        Some(Blocked::Policy { name: self.name.clone(), rule })
    }

    /// The places that keep a key of it, if it is destroyed.
    pub(super) fn keeping<'k>(&'k self, items: &'k [&LiveItem], at: At<'k>) -> impl Iterator<Item = Kept<'k>> {
        let keys = items.iter().flat_map(|item| Slot::BOTH.into_iter().filter_map(|slot| Keys::key_of(item, slot)));
        let held = keys.filter(move |key| {
            self.then == Leaving::Destroy && key.record.is_proved() && key.item.key_until(key.slot, at.now).is_some()
        });
        held.filter_map(move |key| at.places.keep(key.record, key.issued(), (&self.name, SignedDuration::ZERO)))
    }

    /// The place that goes over to another credential and has not had its key for an overlap.
    fn still_used(&self, items: &[&LiveItem], at: At<'_>) -> Option<Blocked> {
        let kept = self.keeping(items, at).filter(|kept| kept.until.is_none_or(|until| until > at.now));
        let Kept { place, by, until } = kept.max_by_key(|kept| (kept.until.is_none(), kept.until))?;
        let made =
            !at.spec.requests.leave() && at.live.items.values().all(|item| item.stands_for(at.spec) != Some(&by.name));
        let place = by.deliver.iter().find(|delivery| delivery.id == *place)?.target.place.clone();
        Some(Blocked::TakenOver { place, by: by.name.clone(), made, from: until })
    }

    /// Why none of its items may be deleted.
    fn kept(&self, items: &[&LiveItem], now: Timestamp) -> Option<Blocked> {
        let name = &self.name;
        if let Some((item, slot)) = items.iter().find_map(|item| Some((item, foreign(item, now).next()?))) {
            let seen = SeenIn::Slot { item: item.id.clone(), change: Ends::Destroy(name.clone()) };
            return Some(Blocked::ForeignKey { slot, seen });
        }
        // What was applied last counts: an item that another one took over from is not asked again.
        let applied = items.iter().find_map(|item| item.ledger()?.applied.as_ref());
        let remembered = applied.is_some_and(|applied| applied.asked.protect);
        let declared = self.want.is_some_and(|want| want.protect);
        if remembered || declared {
            let now = self.want.map(|want| want.protect);
            return Some(Blocked::Protected(Protection::Declared { name: name.clone(), now }));
        }
        items.iter().find_map(|item| Protection::of(item))
    }
}

/// What is asked to go and stays: an item with the marker of `name` whose ledger says that it is something else.
pub(super) fn marked(spec: &Spec, name: &CredentialName, live: &Live) -> Option<Change> {
    let action = Leave::of(spec, name)?.action();
    let marker = |item: &LiveItem| {
        let marked = |marker: &&Marker| marker.stack == spec.stack && spec.name_now(&marker.name) == name;
        item.markers.iter().find(marked).cloned()
    };
    let stays = |item: &LiveItem| {
        let fault = match (item.copy_of(), item.credential(spec)?) {
            (Some(of), _) => LedgerFault::OtherItem { of: of.clone() },
            (None, other) if other != name => LedgerFault::OtherName { other: other.clone() },
            (None, _) => return None,
        };
        Some(Blocked::Ledger { item: item.id.clone(), marker: marker(item)?, fault })
    };
    let (id, blocked) = live.items.iter().find_map(|(id, item)| Some((id, stays(item)?)))?;
    let change = Change::named(name.clone(), action, vec![Reason::Requested]);
    Some(Change { item: Some(id.clone()), blocked: Some(blocked), ..change })
}

/// Ends every key first, then deletes the items, home last: what is left of a run that died in between is still
/// known by what was applied last.
fn destroyed(home: &LiveItem, others: &[&LiveItem], now: Timestamp) -> Vec<Step> {
    let all = [home].into_iter().chain(others.iter().copied());
    let ended = all.flat_map(|item| Target::of(item, home).steps(revoked(item, now)));
    let deleted = others.iter().copied().chain([home]);
    ended.chain(deleted.flat_map(|item| Target::of(item, home).steps(named(item, Act::DeleteItem)))).collect()
}
