//! What there would be if a plan were carried out: the steps of apply, done to values.
//!
//! It is for looking ahead. Whatever `apply` writes to a portal, a ledger or a sink is written here to a [`Live`], and
//! whatever stops a credential there stops it here, so that a forecast and a real run do the same things.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use crate::model::{
    App, CredentialName, Field, Fingerprint, Folder, FolderId, Holding, Issue, ItemId, Ledger, LedgerState, Live,
    LiveItem, Marker, Observation, PerSlot, Receipt, SinkAbility, SinkId, Slot, Spec, StackName,
};

use super::blocked::{Blocked, Unknown};
use super::change::{Change, Plan};
use super::diff::returned_for;
use super::note::Unread;
use super::recovery::unreadable;
use super::step::{Act, Step, Target};
use super::work::{Wanted, Work};

/// What `live` is at `at`, if nobody touches it until then: a key whose date has passed has ended, also where the portal
/// goes on calling its slot active.
pub(crate) fn as_of(mut live: Live, at: Timestamp) -> Live {
    for item in live.items.values_mut() {
        let ended = Slot::BOTH.map(|slot| item.key_until(slot, at).is_none());
        if let Some(app) = &mut item.app {
            for (slot, _) in Slot::BOTH.into_iter().zip(ended).filter(|(_, ended)| *ended) {
                *app.active.get_mut(slot) = false;
            }
        }
    }
    live
}

/// What `live` would be if apply carried out the runnable changes of `plan` at `at`.
///
/// Total: a step that could not be carried out ends its credential there, as it does in apply. Items, folders and
/// fingerprints that only a portal can give out are made up, each unlike all others.
pub(crate) fn assume(spec: &Spec, live: &Live, plan: &Plan, at: Timestamp) -> Live {
    let mut after = live.clone();
    for (name, changes) in plan.runnable_by_name() {
        let works: Vec<_> = changes.into_iter().map(|change| &change.work).collect();
        let run = Run { live: &mut after, stack: &plan.stack, name, at, item: None, made: None, key: None };
        run.carry_out(&works);
    }
    // What a credential has access to is not looked up again.
    let open: BTreeSet<ItemId> = spec.not_granted(&after.items).into_iter().cloned().collect();
    after.referenced.retain(|id, _| open.contains(id));
    after
}

/// The credentials whose runnable changes end before their first step, and why: a sink that cannot be read cannot be
/// written.
pub(super) fn unwritable(live: &Live, plan: &Plan) -> BTreeMap<CredentialName, Blocked> {
    let stopped = |change: &Change| {
        let (sink, why) = cannot_take(live, &change.work)?;
        let place = change.work.delivery(sink)?.target.place.clone();
        let blocked = Blocked::CannotBeKnown(Unknown::Sink(Unread { place, why: why.to_owned() }));
        Some((change.name.clone(), blocked))
    };
    plan.runnable().filter_map(stopped).collect()
}

/// The first sink that is to be written and cannot be read, and why.
fn cannot_take<'a>(live: &'a Live, work: &'a Work) -> Option<(&'a SinkId, &'a str)> {
    work.acts().find_map(|act| match act {
        Act::Deliver { sink, .. } => Some((sink, unreadable(live, sink)?)),
        _ => None,
    })
}

/// A credential while it is worked on.
struct Run<'a> {
    live: &'a mut Live,
    stack: &'a StackName,
    name: &'a CredentialName,
    at: Timestamp,
    /// The item of the step that is done.
    item: Option<ItemId>,
    /// The item that the change made.
    made: Option<ItemId>,
    key: Option<(ItemId, Slot, Fingerprint)>,
}

impl Run<'_> {
    /// Carries works out until one cannot be.
    fn carry_out(mut self, works: &[&Work]) {
        // A sink that cannot be written is found out before anything is written.
        if works.iter().any(|work| cannot_take(self.live, work).is_some()) {
            return;
        }
        for work in works {
            self.made = None;
            for Step { on, act } in &work.steps {
                self.item = match on {
                    Target::Home => work.seen.as_ref().map(|seen| seen.id.clone()),
                    Target::New => self.made.clone(),
                    Target::Item(id) => Some(id.clone()),
                };
                if self.act(work, act).is_none() {
                    return;
                }
            }
        }
    }

    /// `None` is what would be an error in apply.
    fn act(&mut self, work: &Work, act: &Act) -> Option<()> {
        match act {
            Act::CreateFolder { title } => self.create_folder(title),
            Act::Rename { from, with } => self.rename(work, from, with),
            Act::Forget => self.forget(),
            Act::AddItem => self.add_item(work),
            Act::WriteLedger => self.claim(work),
            Act::Register => self.register(work),
            Act::UpdateApp => self.update_app(work),
            Act::EditItem { fields } => self.edit_item(work, fields),
            Act::Move => self.move_item(work),
            Act::Record { fields } => self.record(work, fields),
            Act::Issue(issue) => self.issue(issue),
            Act::ReadKeyFromSink { slot, from, fingerprint } => self.take_key(*slot, from, *fingerprint),
            Act::Resume { slot, fingerprint } => self.ledger(|ledger, _| ledger.resumed(*slot, *fingerprint)),
            Act::Deliver { slot, sink } => self.deliver(work, *slot, sink),
            Act::RecordDelivery { slot, sink } => self.ledger(|ledger, now| ledger.sink_has(*slot, sink, now)),
            Act::Delivered { slot } => self.delivered(*slot),
            Act::Lost { slot } => self.ledger(|ledger, _| ledger.lost(*slot)),
            Act::Revoke { slot } => self.revoke(*slot),
            Act::EndKey { slot } => self.end(*slot),
            Act::DeleteItem => self.delete_item(),
        }
    }

    fn item(&mut self) -> Option<&mut LiveItem> {
        self.live.items.get_mut(self.item.as_ref()?)
    }

    /// Changes the ledger as apply does; without one that can be read, the credential ends there.
    fn ledger(&mut self, change: impl FnOnce(&mut Ledger, Timestamp)) -> Option<()> {
        let now = self.at;
        let item = self.item()?;
        let shown = item.dates;
        let ledger = ledger_of(item)?;
        change(ledger, now);
        ledger.note_ends(None, &shown);
        Some(())
    }

    fn marker(&self) -> Marker {
        Marker { stack: self.stack.clone(), name: self.name.clone() }
    }

    fn rename(&mut self, work: &Work, from: &CredentialName, with: &BTreeSet<ItemId>) -> Option<()> {
        let (marker, name) = (self.marker(), self.name.clone());
        let item = self.item()?;
        item.markers.remove(&Marker { name: from.clone(), ..marker.clone() });
        item.markers.insert(marker.clone());
        let mut ledger = item.ledger_or_begun(marker, work.generation);
        ledger.renamed(item.id.clone(), name, with.clone());
        item.ledger = LedgerState::Read(Box::new(ledger));
        Some(())
    }

    /// What carries neither marker nor ledger is not found again.
    fn forget(&mut self) -> Option<()> {
        let id = self.item.take()?;
        self.live.items.remove(&id).map(|_| ())
    }

    fn create_folder(&mut self, title: &str) -> Option<()> {
        if self.live.folder_titled(title).is_none() {
            let taken = |id: &FolderId| self.live.folders.iter().any(|folder| folder.id == *id);
            let id = (1..=u64::MAX).filter_map(|n| FolderId::new(&made_up(n)).ok()).find(|id| !taken(id))?;
            self.live.folders.push(Folder { id, title: title.to_owned(), created: Some(self.at) });
        }
        Some(())
    }

    fn folder(&self, title: &str) -> Option<FolderId> {
        self.live.folder_titled(title).map(|folder| folder.id.clone())
    }

    fn add_item(&mut self, work: &Work) -> Option<()> {
        let Wanted { values, description, taken: _, refused: _ } = work.wanted.as_deref()?;
        let folder = match &values.folder {
            Some(title) => Some(self.folder(title)?),
            None => None,
        };
        let id = (1..=u64::MAX)
            .filter_map(|n| ItemId::new(&made_up(n)).ok())
            .find(|id| !self.live.items.contains_key(id))?;
        let owner = self.live.caller.username.clone();
        let mut ledger = Ledger::begun(self.marker(), owner.clone(), work.generation);
        ledger.made.clone_from(&work.made);
        let item = LiveItem {
            id: id.clone(),
            owner,
            title: values.title.clone(),
            snippet: values.snippet.clone(),
            description: description.clone(),
            tags: values.tags.clone(),
            markers: BTreeSet::from([self.marker()]),
            folder,
            access: "private".into(),
            protected: false,
            created: Some(self.at),
            modified: Some(self.at),
            dates: PerSlot::default(),
            ledger: LedgerState::Read(Box::new(ledger)),
            other_properties: None,
            registered: false,
            app: None,
            lost: PerSlot::default(),
        };
        self.live.items.insert(id.clone(), item);
        self.made = Some(id);
        Some(())
    }

    fn claim(&mut self, work: &Work) -> Option<()> {
        let marker = self.marker();
        let item = self.item()?;
        let mut ledger = item.ledger_or_begun(marker, work.generation);
        ledger.claim(item.id.clone(), item.owner.clone());
        item.ledger = LedgerState::Read(Box::new(ledger));
        Some(())
    }

    fn register(&mut self, work: &Work) -> Option<()> {
        let values = &work.wanted.as_deref()?.values;
        let now = self.at;
        let item = self.item()?;
        if item.app.is_some() {
            return self.update_app(work);
        }
        item.registered = true;
        item.app = Some(App {
            client_id: item.id.as_str().chars().rev().take(16).collect(),
            app_type: "multiple".into(),
            redirect_uris: Vec::new(),
            privileges: values.privileges.clone(),
            items: values.items.clone(),
            referrers: values.referrers.clone(),
            personal: Some(values.personal),
            modified: Some(now),
            active: PerSlot::default(),
        });
        Some(())
    }

    fn update_app(&mut self, work: &Work) -> Option<()> {
        let values = &work.wanted.as_deref()?.values;
        let item = self.item()?;
        let app = item.app.as_mut()?;
        if app.has_access_of(values) {
            return Some(());
        }
        app.privileges.clone_from(&values.privileges);
        app.items.clone_from(&values.items);
        app.referrers.clone_from(&values.referrers);
        app.personal = app.personal.map(|_| values.personal);
        app.active = PerSlot::default();
        Some(())
    }

    fn edit_item(&mut self, work: &Work, fields: &BTreeSet<Field>) -> Option<()> {
        let Wanted { values, description, taken: _, refused: _ } = work.wanted.as_deref()?;
        let item = self.item()?;
        for field in fields {
            match field {
                Field::Title => item.title.clone_from(&values.title),
                Field::Snippet => item.snippet.clone_from(&values.snippet),
                Field::Description => item.description.clone_from(description),
                Field::Tags => item.tags.clone_from(&values.tags),
                Field::Privileges
                | Field::Items
                | Field::Referrers
                | Field::Personal
                | Field::Folder
                | Field::Protect => {}
            }
        }
        Some(())
    }

    fn move_item(&mut self, work: &Work) -> Option<()> {
        let folder = match &work.wanted.as_deref()?.values.folder {
            Some(title) => Some(self.folder(title)?),
            None => None,
        };
        self.item()?.folder = folder;
        Some(())
    }

    fn record(&mut self, work: &Work, fields: &BTreeSet<Field>) -> Option<()> {
        let Wanted { values: asked, description: _, taken, refused } = work.wanted.as_deref()?;
        let item = self.live.items.get(self.item.as_ref()?)?;
        let returned = returned_for(asked, item, |id| self.live.folder_title(id));
        self.ledger(|ledger, _| {
            ledger.refused(refused);
            ledger.applied(asked, &returned, fields, taken);
        })
    }

    fn issue(&mut self, issue: &Issue) -> Option<()> {
        let Issue { slot, serial, life: _, expires, overlap: _, sinks, others } = issue;
        let (at, home) = (self.at, self.item.clone()?);
        let receipts: BTreeMap<SinkId, Receipt> = sinks
            .iter()
            .filter_map(|sink| match self.live.sinks.get(sink)? {
                Observation::Written { at: written } => Some((sink.clone(), Receipt { at: *written, noted: at })),
                Observation::Absent
                | Observation::Holds(_)
                | Observation::Unreadable { .. }
                | Observation::NotAsked => None,
            })
            .collect();
        let item = self.item()?;
        let date_before = item.dates.get_mut(*slot).replace(*expires);
        *item.app.as_mut()?.active.get_mut(*slot) = true;
        self.ledger(|ledger, now| ledger.begin_issue(issue, &receipts, date_before, now))?;
        for other in others {
            ledger_of(self.live.items.get_mut(other)?)?.superseded(&home);
        }
        let fingerprint = Fingerprint::of_bytes(format!("{home} {slot} {serial} {at}").as_bytes());
        self.ledger(|ledger, now| {
            ledger.delivering(*slot, fingerprint, now);
            ledger.note_ends(Some((*slot, *expires)), &PerSlot::default());
        })?;
        self.key = Some((home, *slot, fingerprint));
        Some(())
    }

    fn take_key(&mut self, slot: Slot, from: &SinkId, fingerprint: Fingerprint) -> Option<()> {
        let id = self.item.clone()?;
        let holding = self.live.holding(from)?;
        if holding.fingerprint != fingerprint {
            return None;
        }
        // A key that answered is live, whatever the flag of its slot still shows.
        let answered = holding.identity.as_ref().is_some_and(|identity| identity.item == id);
        let active = self.item()?.app.as_mut()?.active.get_mut(slot);
        *active |= answered;
        let live = *active;
        self.key = Some((id, slot, fingerprint));
        live.then_some(())
    }

    fn deliver(&mut self, work: &Work, slot: Slot, sink: &SinkId) -> Option<()> {
        let delivery = work.delivery(sink)?;
        let held = |(item, held, _): &&(ItemId, Slot, Fingerprint)| self.item.as_ref() == Some(item) && *held == slot;
        let fingerprint = self.key.as_ref().filter(held)?.2;
        let holds = |slot: Option<Slot>| Observation::Holds(Holding { fingerprint, slot, identity: None, dead: None });
        let SinkAbility { reads, confirms, receipts } = delivery.target.ability;
        let seen = match self.live.sinks.get(sink) {
            _ if reads => holds(Some(slot)),
            Some(Observation::Absent | Observation::Holds(_)) if confirms => holds(None),
            Some(Observation::Absent | Observation::Written { .. }) if receipts => Observation::Written { at: self.at },
            // What tells nothing now will tell nothing then.
            _ => Observation::NotAsked,
        };
        self.live.sinks.insert(sink.clone(), seen);
        self.ledger(|ledger, now| ledger.sink_has(slot, sink, now))
    }

    fn delivered(&mut self, slot: Slot) -> Option<()> {
        self.key = None;
        self.ledger(|ledger, now| ledger.delivered(slot, now))
    }

    fn revoke(&mut self, slot: Slot) -> Option<()> {
        self.end(slot)?;
        self.ledger(|ledger, _| ledger.drop_slot(slot))
    }

    fn end(&mut self, slot: Slot) -> Option<()> {
        if let Some(app) = &mut self.item()?.app {
            *app.active.get_mut(slot) = false;
        }
        Some(())
    }

    fn delete_item(&mut self) -> Option<()> {
        let at = self.at;
        let item = self.item()?;
        if Slot::BOTH.into_iter().any(|slot| item.key_until(slot, at).is_some()) {
            return None;
        }
        let id = self.item.take()?;
        self.live.items.remove(&id);
        Some(())
    }
}

fn ledger_of(item: &mut LiveItem) -> Option<&mut Ledger> {
    match &mut item.ledger {
        LedgerState::Read(ledger) => Some(ledger),
        LedgerState::None | LedgerState::Newer { .. } | LedgerState::Broken { .. } => None,
    }
}

/// An id of nothing: no portal gives out 32 digits that begin like this one after the other.
fn made_up(n: u64) -> String {
    format!("a55{n:029x}")
}
