//! What tests do to a world: trouble, other people, and clocks that jump.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use jiff::{SignedDuration, Timestamp};

use crate::emulator::fault::Fault;
use crate::emulator::person::Act;
use crate::emulator::rate::Rate;
use crate::model::{Secret, SinkId};
use crate::rehearse::world::{Between, Inner, Mishap, World};

impl World {
    /// Puts this machine's clock forward, or back, and leaves the portal's alone.
    pub(crate) fn skew(&self, by: SignedDuration) {
        let by = i64::try_from(by.as_millis()).unwrap_or_default();
        self.clock.fetch_add(by, Ordering::Relaxed);
        let state = &mut self.inner().state;
        state.set_clock_offset_ms(state.clock_offset_ms().saturating_sub(by));
    }

    /// Whether the schedule is kept, so that a key that runs out is keyform's doing.
    pub(crate) fn set_punctual(&self, punctual: bool) {
        self.inner().apps.punctual = punctual;
    }

    /// A person does something in the portal's pages; what it ends is that person's doing, and keys that it makes are
    /// that person's.
    pub(crate) fn person(&self, act: &Act) {
        let now = self.now();
        self.inner().person(act, now);
    }

    /// A person writes something else into a sink, or empties it; who reads it there has what that person gave.
    pub(crate) fn overwrite(&self, id: &SinkId, with: Option<&str>) {
        let mut inner = self.inner();
        inner.puts += 1;
        match with {
            Some(text) => inner.sinks.insert(id.clone(), Arc::new(Secret::new(text.to_owned()))),
            None => inner.sinks.remove(id),
        };
        let now = self.now();
        inner.look_without_blame(now);
    }

    /// Puts what another checkout has in its files in the place of what this one has, which is put aside.
    pub(crate) fn change_checkout(&self, aside: &mut BTreeMap<SinkId, Arc<Secret>>) {
        let mut inner = self.inner();
        inner.puts += 1;
        std::mem::swap(&mut inner.sinks, aside);
        let now = self.now();
        inner.look_without_blame(now);
    }

    /// From now on nobody can be told what a sink holds, or anybody can again; writing to it works.
    pub(crate) fn silence(&self, id: &SinkId, silent: bool) {
        let mut inner = self.inner();
        if silent {
            inner.silent.insert(id.clone())
        } else {
            inner.silent.remove(id)
        };
    }

    /// Sees to it that something goes wrong in the run that comes.
    pub(crate) fn mishap(&self, mishap: Option<Mishap>) {
        self.inner().mishap = mishap;
    }

    /// Scripts trouble on top: everything that a portal on a port can do wrong, but for delays.
    pub(crate) fn fault(&self, fault: Fault) {
        self.inner().faults.push(fault);
    }

    /// Forgets the trouble that was scripted.
    pub(crate) fn forget_faults(&self) {
        self.inner().faults.clear();
    }

    /// Limits requests from now on, or no longer.
    pub(crate) fn limit(&self, rate: Option<Rate>) {
        self.inner().rate = rate;
    }

    /// From now on a request or sink write takes so many ms.
    pub(crate) fn set_takes(&self, ms: i64) {
        self.inner().takes = ms;
    }

    /// Lets requests that are under way at a time overtake each other, as `seed` says.
    pub(crate) fn shuffle(&self, seed: u64) {
        self.inner().shuffle = Some(fastrand::Rng::with_seed(seed));
    }

    /// From now on answers come by way of `between`, here and in the worlds that go on from this one.
    pub(crate) fn answer_by(&self, between: Arc<dyn Between>) {
        self.inner().between = Some(between);
    }

    /// The requests and sink writes since [`World::begin`], in order.
    pub(crate) fn log(&self) -> Vec<Arc<str>> {
        self.inner().log.clone()
    }

    /// What is still on its way arrives.
    pub(crate) fn let_all_arrive(&self) {
        let now = self.now();
        self.inner().arrive_late(u64::MAX, now);
    }
}

impl Inner {
    /// What stands in the sinks now was put there by a person: nobody keeps what was there before.
    fn look_without_blame(&mut self, now: Timestamp) {
        let Self { state, sinks, apps, .. } = self;
        for (id, reader) in &mut apps.readers {
            reader.key = sinks.get(id).cloned();
        }
        apps.excuse(state, now);
    }
}
