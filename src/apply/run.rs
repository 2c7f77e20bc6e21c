//! One credential, step by step.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use crate::clock::Tick;
use crate::model::{CredentialName, ItemId, Ledger, LedgerState, LiveItem, Receipt, Refusal, Secret, SinkId, Slot};
use crate::plan::{Act, Target, Work, is_foreign};
use crate::portal::{ItemEdit, Outcome as Answer, PortalError, WritePortal, registration, write_ledger};

use super::error::{ApplyError, Object};
use super::report::Outcome;
use super::{Event, Session};

/// How often something is read again that does not show a write yet.
pub(super) const LOOKS: u32 = 7;

/// How often an active slot is read before its key is ended or replaced.
const SURE: u32 = 3;
/// The wait between these reads, as one of those of [`Run::settle`].
pub(super) const APART: u32 = 4;

/// A credential while it is worked on: what was last seen of it, and the key that is on its way.
pub(super) struct Run<'a, P> {
    pub(super) session: &'a Session<'a, P>,
    pub(super) name: &'a CredentialName,
    /// Whether the credential goes as a whole.
    pub(super) goes: bool,
    /// The items that are worked on as they were last seen, the plan's sight at first.
    pub(super) items: BTreeMap<ItemId, LiveItem>,
    /// The same as the plan saw them and as our own writes came back, whatever was read since: what is recorded as applied.
    pub(super) left: BTreeMap<ItemId, LiveItem>,
    /// The item of the step that is done.
    at: Option<ItemId>,
    /// The item that the change made.
    pub(super) made: Option<ItemId>,
    /// The key in memory, and its slot.
    pub(super) key: Option<(Slot, Secret)>,
    /// The end that a key told when it was proved, and its slot.
    pub(super) own_end: Option<(Slot, Timestamp)>,
    /// Whether a sink has that key.
    pub(super) given: bool,
    /// What the portal did not take of the access that was asked for.
    pub(super) refused: Refusal,
    /// What sinks that tell only when they were written told before anything was.
    pub(super) receipts: BTreeMap<SinkId, Receipt>,
    pub(super) done: Vec<String>,
    pub(super) writes: u64,
    /// Whether the ledger was to say that a key is issued.
    pub(super) issued: bool,
    /// The last write, if nobody can say whether it was carried out.
    doubt: Option<(&'static str, PortalError)>,
}

/// What was done to one credential, and how it ended.
pub(super) struct Ended {
    pub(super) done: Vec<String>,
    pub(super) outcome: Outcome,
    pub(super) writes: u64,
    pub(super) issued: bool,
    pub(super) took: SignedDuration,
}

/// Works through the changes of one credential; `goes` says that nothing stays of it.
pub(super) async fn credential<P: WritePortal>(
    session: &Session<'_, P>,
    name: &CredentialName,
    works: &[&Work],
    goes: bool,
) -> Ended {
    let began = Tick::now();
    let mut run = Run {
        session,
        name,
        goes,
        items: BTreeMap::new(),
        left: BTreeMap::new(),
        at: None,
        made: None,
        key: None,
        own_end: None,
        given: false,
        refused: Refusal::new(),
        receipts: BTreeMap::new(),
        done: Vec::new(),
        writes: 0,
        issued: false,
        doubt: None,
    };
    let outcome = match run.carry_out(works).await {
        Ok(()) => Outcome::Done,
        Err(error) => Outcome::Failed(error),
    };
    Ended { done: run.done, outcome, writes: run.writes, issued: run.issued, took: began.elapsed() }
}

impl<P: WritePortal> Run<'_, P> {
    async fn carry_out(&mut self, works: &[&Work]) -> Result<(), ApplyError> {
        // Every sink that will be written is looked at before anything is: a key that nobody can be given is not minted.
        for work in works {
            self.check_sinks(work).await?;
        }
        for work in works {
            self.made = None;
            for step in &work.steps {
                self.aim(work, &step.on)?;
                self.may_begin(&step.act)?;
                self.session.events.event(&Event::Begins { name: self.name, work, act: &step.act });
                self.act(work, &step.act).await?;
            }
        }
        self.all_taken(true)
    }

    /// Whether another step may begin.
    fn may_begin(&self, act: &Act) -> Result<(), ApplyError> {
        // A key that was issued and given to nobody yet is not dropped because somebody asks to stop: the next run could
        // only issue another one.
        match (act, &self.key) {
            (Act::Deliver { slot, .. }, Some((held, _))) if slot == held && !self.given => {
                self.session.may_take_a_step()
            }
            _ => self.session.may_go_on(),
        }
    }

    /// Makes the item of a step the one that is worked on, as it was last seen in this run, or in the plan. The key in
    /// memory is of one item.
    fn aim(&mut self, work: &Work, on: &Target) -> Result<(), ApplyError> {
        let planned = work.target(on);
        if planned.is_none() && *on != Target::New {
            return Err(ApplyError::MalformedPlan { what: "a step is about an item that it does not know" });
        }
        let at = planned.map(|item| item.id.clone()).or_else(|| self.made.clone());
        if self.at != at {
            (self.at, self.key, self.own_end) = (at, None, None);
        }
        if let Some(item) = planned {
            self.items.entry(item.id.clone()).or_insert_with(|| item.clone());
            self.left.entry(item.id.clone()).or_insert_with(|| item.clone());
        }
        Ok(())
    }

    async fn act(&mut self, work: &Work, act: &Act) -> Result<(), ApplyError> {
        match act {
            Act::CreateFolder { title } => self.create_folder(title).await,
            Act::Rename { from, with } => self.rename(work, from, with).await,
            Act::Forget => self.forget().await,
            Act::AddItem => self.add_item(work).await,
            Act::WriteLedger => self.claim(work).await,
            Act::Register => self.register(work).await,
            Act::UpdateApp => self.update_app(work).await,
            Act::EditItem { fields } => self.edit_item(work, fields).await,
            Act::Move => self.move_item(work).await,
            Act::Record { fields } => self.record(work, fields).await,
            Act::Issue(issue) => self.issue(issue).await,
            Act::ReadKeyFromSink { slot, from, fingerprint } => self.take_key(work, *slot, from, *fingerprint).await,
            Act::Resume { slot, fingerprint } => self.resume(*slot, *fingerprint).await,
            Act::Deliver { slot, sink } => self.deliver(work, *slot, sink).await,
            Act::RecordDelivery { slot, sink } => self.recorded(*slot, sink).await,
            Act::Delivered { slot } => self.delivered(*slot).await,
            Act::Lost { slot } => self.lost(*slot).await,
            Act::Revoke { slot } => self.revoke(*slot).await,
            Act::EndKey { slot } => self.end(*slot).await,
            Act::DeleteItem => self.delete_item().await,
        }
    }

    /// Waits before something is looked at once more: 0.1, 0.2, 0.4 … seconds, six in all.
    pub(super) async fn settle(&self, look: u32) {
        let wait = self.session.settle * 2u32.saturating_pow(look - 1);
        // A timer has a grain of its own, which a rehearsal cannot wait for.
        if !wait.is_zero() {
            tokio::time::sleep(wait).await;
        }
    }

    /// Says that something is done.
    pub(super) fn say(&mut self, what: String) {
        self.session.events.event(&Event::Step { name: self.name, what: &what });
        self.done.push(what);
    }

    /// The item of the step as it was last seen; steps that need one come after the one that makes it.
    pub(super) fn item(&self) -> Result<&LiveItem, ApplyError> {
        let seen = self.at.as_ref().and_then(|id| self.items.get(id));
        seen.ok_or(ApplyError::MalformedPlan { what: "a step needs an item before one is made" })
    }

    pub(super) fn id(&self) -> Result<ItemId, ApplyError> {
        self.item().map(|item| item.id.clone())
    }

    /// Sends a write, and says of a lost answer only that: what is read afterwards decides.
    pub(super) async fn write<T>(
        &mut self,
        doing: &'static str,
        request: impl Future<Output = Result<T, PortalError>>,
    ) -> Result<Option<T>, ApplyError> {
        self.writes += 1;
        self.doubt = None;
        match request.await {
            Ok(answer) => Ok(Some(answer)),
            Err(source) if source.outcome() == Answer::Unknown => {
                self.session.unanswered();
                tracing::warn!(doing, "an answer was lost; reading what the portal has");
                self.doubt = Some((doing, source));
                Ok(None)
            }
            // Not sent: another lease will do.
            Err(PortalError::LeaseOver { .. }) => Err(self.not_sent()),
            Err(source) => Err(ApplyError::Portal { doing, source }),
        }
    }

    /// A write was kept back because the lease is about to end: under a new one the run goes on from here.
    pub(super) const fn not_sent(&mut self) -> ApplyError {
        self.writes -= 1;
        ApplyError::LeaseOver
    }

    /// The portal does not have what was written: because it lied, or because the write never happened.
    pub(super) fn not_kept(&mut self, what: String) -> ApplyError {
        self.answered().err().unwrap_or(ApplyError::NotKept { what })
    }

    /// Whether the last write was answered, so that what is read since came of it, however little it changed.
    pub(super) fn answered(&mut self) -> Result<(), ApplyError> {
        let Some((doing, source)) = self.doubt.take() else { return Ok(()) };
        Err(ApplyError::Portal { doing, source })
    }

    /// The item as it is now, without its app.
    pub(super) async fn read_item(&self, id: &ItemId) -> Result<LiveItem, ApplyError> {
        let portal = self.session.portal;
        match portal.item(id).await {
            Ok(Some(item)) => Ok(item),
            Ok(None) => Err(ApplyError::Gone { item: id.clone() }),
            Err(source) => Err(ApplyError::Portal { doing: "reading the item", source }),
        }
    }

    /// The item and its app as they are now.
    pub(super) async fn read(&self, id: &ItemId) -> Result<LiveItem, ApplyError> {
        let mut item = self.read_item(id).await?;
        let answer = self.session.portal.app(&item.owner, id).await;
        item.app =
            registration(&item, answer).map_err(|source| ApplyError::Portal { doing: "reading the app", source })?;
        Ok(item)
    }

    /// Reads an item whose keys in `slots` are to be ended or replaced, several times: the date of a key that somebody
    /// else just issued there may show late, and then the slot would pass for ours; so may a key that was being issued.
    pub(super) async fn read_surely(&self, id: &ItemId, slots: &[Slot]) -> Result<LiveItem, ApplyError> {
        let mut item = self.read(id).await?;
        for _ in 1..SURE {
            let begun = |slot: &Slot| item.record(*slot).is_some_and(|record| !record.is_proved());
            let open =
                |slot: &Slot| (item.is_active(*slot) || begun(slot)) && !is_foreign(&item, *slot, self.session.now());
            if !slots.iter().any(open) {
                break;
            }
            self.settle(APART).await;
            item = self.read(id).await?;
        }
        Ok(item)
    }

    /// Reads the item until `shown` says that a write is visible, a few times at most.
    pub(super) async fn read_until(
        &self,
        id: &ItemId,
        with_app: bool,
        shown: impl Fn(&LiveItem) -> bool,
    ) -> Result<(LiveItem, bool), ApplyError> {
        let mut look = 1;
        loop {
            let item = if with_app { self.read(id).await? } else { self.read_item(id).await? };
            let visible = shown(&item);
            if visible || look == LOOKS {
                return Ok((item, visible));
            }
            self.settle(look).await;
            look += 1;
        }
    }

    /// Refuses to go on with an item that is no longer what it was: owner, marker and ledger are the ones last seen.
    pub(super) fn unmoved(&self, now: &LiveItem) -> Result<(), ApplyError> {
        let seen = self.item()?;
        let what = if now.owner != seen.owner {
            Object::Owner
        } else if now.markers != seen.markers {
            Object::Marker
        } else if now.ledger != seen.ledger {
            Object::Ledger
        } else {
            return Ok(());
        };
        Err(ApplyError::Moved { what })
    }

    /// Keeps what was just read; the app is kept where the read was without one.
    pub(super) fn keep(&mut self, mut now: LiveItem) {
        if now.app.is_none() {
            now.app = self.items.remove(&now.id).and_then(|seen| seen.app);
        }
        self.items.insert(now.id.clone(), now);
    }

    /// Changes the ledger: read, compare, write, read back.
    pub(super) async fn ledger(
        &mut self,
        doing: &'static str,
        change: impl FnOnce(&mut Ledger, Timestamp),
    ) -> Result<(), ApplyError> {
        let id = self.id()?;
        let before = self.read_item(&id).await?;
        self.unmoved(&before)?;
        let mut ledger = before.ledger().cloned().ok_or(ApplyError::Moved { what: Object::Ledger })?;
        change(&mut ledger, self.session.now());
        ledger.note_ends(self.own_end, &before.dates);
        self.put_ledger(doing, &before, ledger).await
    }

    /// Writes `ledger` over what `before` has, sees it kept, and goes on from there.
    pub(super) async fn put_ledger(
        &mut self,
        doing: &'static str,
        before: &LiveItem,
        ledger: Ledger,
    ) -> Result<(), ApplyError> {
        let after = self.write_ledger_of(doing, before, ledger).await?;
        self.keep(after);
        Ok(())
    }

    /// Writes `ledger` over what `before` has, and sees it kept.
    pub(super) async fn write_ledger_of(
        &mut self,
        doing: &'static str,
        before: &LiveItem,
        ledger: Ledger,
    ) -> Result<LiveItem, ApplyError> {
        let id = before.id.clone();
        let wanted = LedgerState::Read(Box::new(ledger.clone()));
        // What changes nothing is not sent: were its answer lost, nobody could see whether it is still to come.
        if before.ledger == wanted {
            return Ok(before.clone());
        }
        let properties = write_ledger(&ledger, before.other_properties.as_deref());
        let edit = ItemEdit { properties: Some(properties), ..ItemEdit::default() };
        let portal = self.session.portal;
        self.write(doing, portal.update_item(&id, &edit)).await?;
        let (after, kept) = self.read_until(&id, false, |item| item.ledger == wanted).await?;
        if !kept {
            return Err(self.not_kept(format!("item {id} does not hold the ledger that was written")));
        }
        Ok(after)
    }
}
