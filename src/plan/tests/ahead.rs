//! Looking ahead: what a plan leaves behind if it is carried out.

use proptest::prelude::*;

use super::*;
use crate::plan::{as_of, assume};

/// What a slot may hold.
#[derive(Clone, Debug)]
struct Held {
    phase: Phase,
    active: bool,
    /// Days until it ends.
    ends: i64,
    /// Days since it was delivered.
    given: i64,
    /// Which of the sinks were recorded, when it is on its way.
    recorded: usize,
    /// Somebody else's key is in its place.
    foreign: bool,
}

/// One item of the credential.
#[derive(Clone, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each can be so or not")]
struct Thing {
    claimed: bool,
    applied: bool,
    registered: bool,
    edited: bool,
    title: bool,
    superseded: bool,
    slots: [Option<Held>; 2],
}

/// A credential, as wanted and as found.
#[derive(Clone, Debug)]
pub(super) struct World {
    things: Vec<Thing>,
    sinks: Vec<(usize, usize)>,
    breaking: OnBreakingChange,
    mode: Mode,
    retire: Retire,
    folder: bool,
    until: Option<i64>,
}

fn held() -> impl Strategy<Value = Held> {
    let phase = prop_oneof![1 => Just(Phase::Issuing), 1 => Just(Phase::Delivering), 3 => Just(Phase::Delivered)];
    (phase, any::<bool>(), -5i64..120, 0i64..20, 0usize..4, prop::bool::weighted(0.1)).prop_map(
        |(phase, active, ends, given, recorded, foreign)| Held { phase, active, ends, given, recorded, foreign },
    )
}

fn thing() -> impl Strategy<Value = Thing> {
    let yes = || prop::bool::weighted(0.85);
    let no = || prop::bool::weighted(0.15);
    (yes(), yes(), yes(), no(), no(), no(), prop::option::of(held()), prop::option::of(held())).prop_map(
        |(claimed, applied, registered, edited, title, superseded, one, two)| {
            // In the order in which an item is made: claimed, registered, recorded, and only then given keys.
            let applied = claimed && applied;
            let slots = if applied { [one, two] } else { [None, None] };
            Thing { claimed, applied, registered: claimed && registered, edited, title, superseded, slots }
        },
    )
}

pub(super) fn world() -> impl Strategy<Value = World> {
    let breaking =
        prop_oneof![Just(OnBreakingChange::Replace), Just(OnBreakingChange::InPlace), Just(OnBreakingChange::Refuse)];
    let mode = prop_oneof![4 => Just(Mode::Full), 1 => Just(Mode::Additive), 1 => Just(Mode::Observe)];
    let retire = prop_oneof![3 => Just(Retire::Revoke), 1 => Just(Retire::Expire)];
    let sinks = prop::collection::vec((0usize..4, 0usize..8), 0..4);
    let until = prop_oneof![4 => Just(None), 1 => (-3i64..200).prop_map(Some)];
    (prop::collection::vec(thing(), 0..3), sinks, breaking, mode, retire, any::<bool>(), until).prop_map(
        |(things, sinks, breaking, mode, retire, folder, until)| World {
            things,
            sinks,
            breaking,
            mode,
            retire,
            folder,
            until,
        },
    )
}

impl World {
    fn sink(kind: usize) -> Delivery {
        match kind {
            0 => dotenv(".env"),
            1 => dotenv("b"),
            2 => command(false),
            _ => command(true),
        }
    }

    fn deliveries(&self) -> Vec<Delivery> {
        let kinds: BTreeSet<usize> = self.sinks.iter().map(|(kind, _)| *kind).collect();
        kinds.into_iter().map(Self::sink).collect()
    }

    pub(super) fn spec(&self) -> Spec {
        let mut want = want();
        want.deliver = self.deliveries();
        want.on_breaking_change = self.breaking;
        want.mode = self.mode;
        want.expiry.retire = self.retire;
        want.folder = self.folder.then(|| "Keys".into());
        if let Some(days) = self.until {
            want.expiry.end = KeyEnd::Until(in_days(days));
        }
        spec(want)
    }

    pub(super) fn live(&self) -> Live {
        let deliveries = self.deliveries();
        let items = self.things.iter().enumerate().map(|(n, thing)| {
            let generation = u16::try_from(n + 1).unwrap();
            let last = u16::try_from(self.things.len()).unwrap();
            thing.item(generation, last, &deliveries)
        });
        let mut live = live(items.collect());
        live.sinks.clear();
        for (kind, what) in &self.sinks {
            let sink = Self::sink(*kind);
            let readable = *kind < 2;
            let seen = match what {
                0 => Observation::Absent,
                1 => Observation::Unreadable { why: "no".into() },
                n if readable => holds(u8::try_from(n - 1).unwrap()),
                _ => Observation::NotAsked,
            };
            live.sinks.insert(sink.id, seen);
        }
        live
    }
}

impl Thing {
    fn item(&self, generation: u16, last: u16, sinks: &[Delivery]) -> LiveItem {
        let mut made = item();
        made.id = id(generation);
        {
            let ledger = ledger(&mut made);
            ledger.item = self.claimed.then(|| id(generation));
            ledger.generation = generation.into();
            ledger.superseded_by = (self.superseded && generation < last).then(|| id(last));
            if !self.applied {
                ledger.applied = None;
            }
        }
        for (slot, held) in Slot::BOTH.into_iter().zip(&self.slots) {
            let Some(held) = held else { continue };
            let serial = u64::from(generation) * 2 - 1 + u64::from(slot == Slot::Two);
            let mut record = record(serial, held.phase, sinks);
            record.expires = in_days(held.ends);
            if held.phase == Phase::Delivered {
                record.delivered = Some(in_days(-held.given));
            }
            for (n, (_, seen)) in record.sinks.iter_mut().enumerate() {
                let has = held.phase == Phase::Delivered || held.phase == Phase::Delivering && n < held.recorded;
                seen.delivered = has.then(|| in_days(-held.given));
            }
            made = with(made, slot, record, held.active || held.foreign);
            if held.foreign {
                *made.dates.get_mut(slot) = Some(in_days(held.ends + 3));
            }
        }
        if self.edited {
            made.app.as_mut().unwrap().privileges.clear();
        }
        if self.title {
            made.title = "Mine".into();
        }
        if !self.registered {
            made.app = None;
        }
        made
    }
}

/// A sink that cannot be read cannot be written, and stops its credential each time.
fn is_stuck(change: &Change, live: &Live) -> bool {
    let place = |act: &Act| match act {
        Act::Deliver { sink, .. } => live.sinks.get(sink).cloned(),
        _ => None,
    };
    change.work.acts().filter_map(place).any(|seen| matches!(seen, Observation::Unreadable { .. }))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn carried_out_again_and_again_plans_come_to_an_end(world in world()) {
        let spec = world.spec();
        let mut live = as_of(world.live(), now());
        let mut told = Vec::new();
        for _ in 0..5 {
            let plan = plan(&spec, &live, now());
            if plan.runnable().next().is_none() || plan.runnable().any(|change| is_stuck(change, &live)) {
                return Ok(());
            }
            told.extend(plan.runnable().map(|change| format!("{:?} {:?}", change.action, change.reasons)));
            live = assume(&spec, &live, &plan, now());
        }
        prop_assert!(false, "there is no end to it: {told:#?}");
    }

    #[test]
    fn what_is_made_by_a_plan_is_left_alone_by_the_next(world in world()) {
        let spec = world.spec();
        let live = as_of(world.live(), now());
        let first = plan(&spec, &live, now());
        let after = assume(&spec, &live, &first, now());
        let second = plan(&spec, &after, now());
        let stuck = first.runnable().any(|change| is_stuck(change, &live));
        let issued: Vec<u64> = first.runnable().filter(|_| !stuck)
            .filter_map(|change| change.work.issue()).map(|issue| issue.serial).collect();
        let again = second.runnable().find(|change| change.work.issue().is_some());
        let told = |plan: &Plan| -> Vec<String> {
            plan.runnable().map(|change| format!("{:?} {:?} {:?}", change.action, change.reasons, acts(change))).collect()
        };
        prop_assert!(issued.is_empty() || again.is_none(), "first {:#?}, then {:#?}", told(&first), told(&second));
        // The key that was issued is the current one, and every sink that can be read holds it.
        for serial in issued {
            let line = first.overview.keys_after.iter().find(|key| key.current);
            prop_assert!(line.is_some(), "{serial} is nobody's current key: {:#?}", first.overview.keys_after);
        }
    }

    #[test]
    fn whatever_time_passes_a_plan_is_made_and_can_be_thought_through(world in world(), days in 0i64..900) {
        let (spec, at) = (world.spec(), in_days(days));
        let live = as_of(world.live(), at);
        let after = assume(&spec, &live, &plan(&spec, &live, at), at);
        for id in after.items.keys().filter(|id| !live.items.contains_key(*id)) {
            let ledger = after.items[id].ledger().unwrap();
            prop_assert!(ledger.item.is_none() || ledger.item.as_ref() == Some(id));
        }
    }
}
