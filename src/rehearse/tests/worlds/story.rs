//! How a world came to be: what keyform, people and trouble did one after the other.

use std::collections::BTreeSet;
use std::sync::Arc;

use fastrand::Rng;
use serde_json::{Value, json};

use super::forge;
use super::wish::{Desk, Kind, Wish};
use crate::emulator::person::Act;
use crate::emulator::switches::{DateShown, Refuses, Switch};
use crate::emulator::{Request, Setup, Switches, USER, fingerprint};
use crate::model::{PortalChanges, SinkId, Spec};
use crate::plan::Plan;
use crate::rehearse::tests::scene::{DAY, HOUR, items, later, start};
use crate::rehearse::tests::shapes::{Shape, Shapes};
use crate::rehearse::{Between, Mishap, Shot, World, look, run};
use crate::sink::Shelf;

/// One thing that happens.
#[derive(Clone, Copy, Debug)]
enum Op {
    /// keyform runs to its end.
    Run,
    /// keyform runs and is killed, somewhere.
    Killed,
    /// keyform runs and is killed once it has minted a key.
    KilledDelivering,
    /// keyform runs and is killed between making an item and minting its key.
    KilledMaking,
    /// keyform runs, and something goes wrong with one of its writes.
    Struck,
    Wait,
    /// Time passes up to where the plan turns, or a little beyond.
    WaitForTurn,
    EditAccess,
    /// The last edit is taken back.
    EditBack,
    EditWords,
    EditPolicy,
    EditSinks,
    /// A sink goes from one credential to another.
    HandOver,
    Freeze,
    Remove(Option<&'static str>),
    Rename(bool),
    Revoke,
    Issue,
    /// Somebody regenerates a key that a sink holds, with the date that it has.
    Regenerate,
    /// The portal itself takes a privilege away.
    Narrow,
    PersonEdits,
    PersonMoves,
    PersonDeletes,
    /// Somebody takes an item back out of the recycle bin.
    PersonRestores,
    /// Somebody writes into `properties`.
    Forge(forge::How),
    /// Somebody touches the marker.
    Tags,
    /// Somebody copies an item, ledger and all.
    CopyItem,
    /// Somebody adds an item that carries our marker, or another stack's, or none.
    Stranger,
    Overwrite,
    Silence,
}

use Op::{
    CopyItem, EditAccess, EditBack, EditPolicy, EditSinks, EditWords, Forge, Freeze, HandOver, Issue, Killed,
    KilledDelivering, KilledMaking, Narrow, Overwrite, PersonDeletes, PersonEdits, PersonMoves, PersonRestores,
    Regenerate, Remove, Rename, Revoke, Run, Silence, Stranger, Struck, Tags, Wait, WaitForTurn,
};

/// How a story begins, and where keys go in it; anywhere, if that is not said.
struct Theme(&'static [Op], &'static [Kind]);

const OLDER: Op = Forge(forge::How::Older);
const PHASE: Op = Forge(forge::How::Phase);
const GONE: Op = Forge(forge::How::Gone);
const FORGED: Op = Forge(forge::How::Any);

/// Beginnings from which every row of the protocol is reached often enough; anything may follow.
const THEMES: &[Theme] = &[
    Theme(&[], &[]),
    Theme(&[Stranger], &[]),
    Theme(&[Killed], &[]),
    Theme(&[KilledMaking], &[]),
    Theme(&[KilledDelivering], &[]),
    Theme(&[KilledDelivering], &[Kind::Dotenv]),
    Theme(&[KilledDelivering], &[Kind::Confirming]),
    Theme(&[KilledDelivering], &[Kind::WriteOnly, Kind::WriteOnly]),
    Theme(&[KilledDelivering, Silence], &[Kind::Confirming]),
    Theme(&[KilledDelivering, Silence], &[Kind::Dotenv, Kind::File]),
    Theme(&[KilledDelivering, Silence], &[Kind::Dotenv, Kind::WriteOnly]),
    Theme(&[KilledDelivering, Overwrite], &[]),
    Theme(&[Run, WaitForTurn], &[]),
    Theme(&[Run, WaitForTurn], &[Kind::WriteOnly]),
    Theme(&[Run, WaitForTurn, KilledDelivering], &[]),
    Theme(&[Run, WaitForTurn, KilledDelivering], &[Kind::WriteOnly, Kind::WriteOnly]),
    Theme(&[Run, WaitForTurn, KilledDelivering, Silence], &[Kind::Dotenv]),
    Theme(&[Run, WaitForTurn, Run, WaitForTurn], &[]),
    Theme(&[Run, WaitForTurn, Run, WaitForTurn], &[Kind::File]),
    Theme(&[Run, WaitForTurn, Run, WaitForTurn], &[Kind::Dotenv]),
    Theme(&[Run, WaitForTurn, Run, WaitForTurn], &[Kind::Confirming]),
    Theme(&[Run, WaitForTurn, Run, WaitForTurn], &[Kind::WriteOnly]),
    Theme(&[Run, WaitForTurn, Run, EditAccess], &[]),
    Theme(&[Run, WaitForTurn, Struck], &[]),
    Theme(&[Run, EditAccess], &[]),
    Theme(&[Run, EditAccess], &[]),
    Theme(&[Run, EditAccess, Killed], &[]),
    Theme(&[Run, EditAccess, Killed, WaitForTurn], &[]),
    Theme(&[Run, EditAccess, KilledMaking, EditAccess], &[]),
    Theme(&[Run, EditAccess, KilledMaking, EditBack], &[]),
    Theme(&[Run, EditAccess, KilledMaking, EditBack], &[Kind::Dotenv]),
    Theme(&[Run, EditAccess, KilledMaking, EditBack], &[Kind::File]),
    Theme(&[Run, EditAccess, KilledMaking, EditBack], &[Kind::Confirming]),
    Theme(&[Run, WaitForTurn, Run, EditAccess, KilledMaking, EditBack], &[]),
    Theme(&[Run, EditAccess, Run, WaitForTurn], &[]),
    Theme(&[Run, EditAccess, Run, WaitForTurn], &[Kind::Dotenv]),
    Theme(&[Run, EditAccess, Run, WaitForTurn], &[Kind::Confirming]),
    Theme(&[Run, EditAccess, Run, WaitForTurn], &[Kind::File]),
    Theme(&[Run, EditAccess, Run, WaitForTurn], &[Kind::File]),
    Theme(&[Run, EditAccess, Run, EditAccess], &[]),
    Theme(&[Run, EditAccess, Struck], &[]),
    Theme(&[Struck], &[]),
    Theme(&[Struck, Struck], &[]),
    Theme(&[Run, WaitForTurn, Struck, Struck], &[]),
    Theme(&[Run, EditAccess, Struck, Struck], &[]),
    Theme(&[Run, EditWords, Struck], &[]),
    Theme(&[Run, EditWords], &[]),
    Theme(&[Run, EditSinks], &[]),
    Theme(&[Run, EditSinks, Killed], &[]),
    Theme(&[Run, HandOver], &[]),
    Theme(&[Run, HandOver, Killed], &[]),
    Theme(&[Run, HandOver, Run, EditBack], &[]),
    Theme(&[Run, WaitForTurn, Run, HandOver], &[]),
    Theme(&[Run, EditPolicy, EditAccess], &[]),
    Theme(&[Run, Freeze, EditWords], &[]),
    Theme(&[Run, Remove(Some("destroy"))], &[]),
    Theme(&[Run, Remove(Some("destroy"))], &[]),
    Theme(&[Run, Remove(Some("destroy")), Killed], &[]),
    Theme(&[Run, Remove(Some("forget"))], &[]),
    Theme(&[Run, Remove(Some("forget"))], &[]),
    Theme(&[Run, Remove(None)], &[]),
    Theme(&[Run, Rename(true)], &[]),
    Theme(&[Run, Rename(true), Killed], &[]),
    Theme(&[Run, Rename(false)], &[]),
    Theme(&[Run, Revoke], &[]),
    Theme(&[Run, Issue], &[]),
    Theme(&[Run, WaitForTurn, Run, Issue], &[]),
    Theme(&[Run, Regenerate], &[Kind::Dotenv]),
    Theme(&[Run, Regenerate], &[Kind::File, Kind::WriteOnly]),
    Theme(&[Run, WaitForTurn, Run, Regenerate], &[Kind::Dotenv]),
    Theme(&[Run, Narrow], &[]),
    Theme(&[Run, Narrow, WaitForTurn], &[]),
    Theme(&[Run, WaitForTurn, Run, Narrow], &[]),
    Theme(&[Run, PersonEdits], &[]),
    Theme(&[Run, PersonMoves], &[]),
    Theme(&[Run, PersonDeletes], &[]),
    Theme(&[Run, PersonDeletes, PersonRestores], &[]),
    Theme(&[Run, PersonDeletes, Run, PersonRestores], &[]),
    Theme(&[Run, PersonDeletes, Run, PersonRestores], &[Kind::Dotenv]),
    Theme(&[Run, Tags], &[]),
    Theme(&[Run, CopyItem], &[]),
    Theme(&[Run, Overwrite], &[]),
    Theme(&[Run, Wait, Run, Wait], &[]),
    Theme(&[Run, OLDER], &[]),
    Theme(&[Run, OLDER], &[Kind::Dotenv]),
    Theme(&[Run, OLDER, Silence], &[Kind::File, Kind::Dotenv]),
    Theme(&[Run, PHASE], &[]),
    Theme(&[Run, PHASE, Overwrite], &[Kind::Dotenv]),
    Theme(&[Run, GONE], &[]),
    Theme(&[Run, FORGED], &[]),
    Theme(&[Run, WaitForTurn, Run, FORGED], &[]),
    Theme(&[Run, Issue, GONE], &[]),
];

const ANY: &[Op] = &[
    Run,
    Run,
    Run,
    Killed,
    KilledDelivering,
    Struck,
    Wait,
    Wait,
    WaitForTurn,
    EditAccess,
    EditWords,
    EditPolicy,
    EditSinks,
    HandOver,
    Freeze,
    Remove(Some("destroy")),
    Remove(Some("forget")),
    Remove(None),
    Rename(true),
    Revoke,
    Issue,
    Regenerate,
    Narrow,
    PersonEdits,
    PersonMoves,
    PersonDeletes,
    PersonRestores,
    Forge(forge::How::Any),
    Tags,
    CopyItem,
    Stranger,
    Overwrite,
    Silence,
];

/// A world, the configuration that is in force, and how both came to be.
pub(super) struct Story {
    pub(super) draw: Rng,
    pub(super) world: Arc<World>,
    pub(super) wish: Wish,
    /// What was wanted before the last edit.
    before: Option<Wish>,
    pub(super) spec: Arc<Spec>,
    pub(super) desk: Desk,
    pub(super) trail: Vec<String>,
    /// What stands between the portal and keyform.
    pub(super) shapes: Arc<Shapes>,
    /// What was set otherwise than usual, and what people and trouble really did.
    pub(super) met: BTreeSet<String>,
    /// Somebody wrote into a ledger: what keyform knows is what that person says.
    pub(super) forged: bool,
    /// Some sinks cannot be asked.
    pub(super) silent: bool,
    /// What the portal took away from a credential, if nobody has changed anything since.
    pub(super) taken: Option<(String, String)>,
}

/// None, all, or some of `all`.
fn some<T: Copy>(draw: &mut Rng, all: &[T]) -> Vec<T> {
    match draw.u8(..8) {
        0 | 1 => Vec::new(),
        2 => all.to_vec(),
        _ => all.iter().copied().filter(|_| draw.u8(..3) == 0).collect(),
    }
}

fn switches(draw: &mut Rng) -> Switches {
    if draw.u8(..8) == 0 {
        return Switches::worst();
    }
    let mut switches = Switches::default();
    // Drawn apart: what is refused is in few worlds, and all else in the others as it is without.
    let all: Vec<Switch> = Switches::ALL.iter().copied().filter(|switch| switch.name != "refuses").collect();
    for switch in some(draw, &all) {
        let value = switch.alternatives[draw.usize(1..switch.alternatives.len())];
        // A portal that keeps no ledger, or not all privileges, is refused; there is nothing to converge to.
        if !value.starts_with("dropped") {
            switches.set(switch.name, value).unwrap();
        }
    }
    switches
}

impl Story {
    /// The world of `seed`.
    pub(super) async fn of(seed: u64) -> Self {
        let mut draw = Rng::with_seed(seed);
        let mut switches = switches(&mut draw);
        if seed % 8 == 5 {
            switches.refuses =
                Rng::with_seed(seed).choice([Refuses::Referrers, Refuses::Items, Refuses::Privilege]).unwrap();
        }
        let shapes = Shapes::new(seed, &some(&mut draw, &Shape::FORMS), &some(&mut draw, &Shape::TROUBLE));
        let (usual, set) = (json!(Switches::default()), json!(switches));
        let other = |switch: &&Switch| usual[switch.name] != set[switch.name];
        let met = Switches::ALL.iter().filter(other).map(|switch| format!("switch {}", switch.name)).collect();
        let setup = Setup { switches, seed, recycle_bin: draw.u8(..3) > 0, ..Setup::default() };
        let world = World::new(setup, start());
        world.answer_by(Arc::clone(&shapes) as Arc<dyn Between>);
        // Here people are away for months; what runs out meanwhile is not keyform's doing.
        world.set_punctual(false);
        let mut wish = Wish::new(&mut draw);
        let Theme(theme, sinks) = THEMES[draw.usize(..THEMES.len())];
        if !sinks.is_empty() {
            wish.deliver_to(&mut draw, sinks);
        }
        if draw.bool() {
            wish.make_plain();
        }
        // What is protected, or in place, would hide too much of what the theme is about.
        if theme.iter().any(|op| matches!(op, Remove(_))) && draw.u8(..4) > 0 {
            wish.set("protect", &json!(false));
        }
        if theme.iter().any(|op| matches!(op, EditAccess)) && draw.u8(..3) == 0 {
            wish.set("on_breaking_change", &json!("in_place"));
        }
        if theme.iter().any(|op| matches!(op, HandOver)) {
            wish.join(&mut draw);
        }
        let desk = Desk::new();
        let spec = desk.read(&wish.text()).unwrap();
        world.declare(&spec);
        let trail = vec![format!("theme {theme:?}"), set.to_string(), wish.text()];
        let (before, forged, silent, taken) = (None, false, false, None);
        let mut story = Self { draw, world, wish, before, spec, desk, trail, shapes, met, forged, silent, taken };
        for op in theme {
            story.happen(*op).await;
        }
        if story.draw.u8(..3) == 0 {
            for _ in 0..story.draw.usize(1..4) {
                let op = ANY[story.draw.usize(..ANY.len())];
                story.happen(op).await;
            }
        }
        story.world.begin(false);
        story.shapes.set_calm(true);
        // A lease that a killed run left is over.
        later(&story.world, 11);
        story.let_reads_catch_up().await;
        story
    }

    /// Every sink can be asked again.
    pub(super) fn listen(&mut self) {
        self.say("sinks can be asked again");
        for id in self.sinks() {
            self.world.silence(&id, false);
        }
        self.silent = false;
    }

    pub(super) fn has_met_any(&self, of: &[&str]) -> bool {
        of.iter().any(|what| self.met.contains(*what))
    }

    fn meet(&mut self, what: impl std::fmt::Display) {
        self.met.insert(format!("act {what}"));
    }

    fn say(&mut self, what: impl Into<String>) {
        let at = self.world.now().strftime("%m-%d %H:%M");
        self.trail.push(format!("{at} {}", what.into()));
    }

    async fn happen(&mut self, op: Op) {
        self.say(format!("{op:?}"));
        if !matches!(op, Run | Wait | WaitForTurn) {
            self.taken = None;
        }
        match op {
            Run => {
                self.let_reads_catch_up().await;
                self.run().await;
            }
            Killed | KilledDelivering | KilledMaking => {
                self.let_reads_catch_up().await;
                self.killed(op).await;
            }
            Struck => {
                self.let_reads_catch_up().await;
                self.struck().await;
            }
            Wait => {
                let times = [1, 11, HOUR, 5 * HOUR, DAY, 3 * DAY, 8 * DAY, 40 * DAY, 151 * DAY, 400 * DAY];
                later(&self.world, times[self.draw.usize(..times.len())]);
            }
            WaitForTurn => {
                if let Some((at, _)) = look(&self.world, &self.spec).await.plan().and_then(Plan::next_boundary) {
                    self.world.wait_until(at);
                    let more = [0, 0, 1, HOUR, DAY][self.draw.usize(..5)];
                    later(&self.world, more);
                }
            }
            EditAccess => self.edit("access", Wish::edit_access),
            EditBack => {
                if let Some(before) = self.before.take() {
                    self.edit("back", |wish, _| *wish = before);
                }
            }
            EditWords => self.edit("words", Wish::edit_words),
            EditSinks => self.edit("sinks", Wish::edit_sinks),
            HandOver => self.edit("hand over", Wish::hand_over),
            EditPolicy => {
                let now = self.world.now();
                self.edit("policy", |wish, draw| wish.edit_policy(draw, now));
            }
            Freeze => {
                let now = self.world.now();
                self.edit("freeze", |wish, draw| wish.freeze(draw, now));
            }
            Remove(then) => {
                let now = self.world.now();
                self.edit(then.unwrap_or("remove"), |wish, draw| wish.remove(draw, then, now));
            }
            Rename(said) => self.edit("rename", |wish, draw| wish.rename(draw, said)),
            Revoke => {
                let slot = self.draw.u8(1..3);
                self.person(|item| Act::Revoke { item, slot });
            }
            Issue => {
                let (slot, days) = (self.draw.u8(1..3), Some(self.draw.i64(1..364)));
                self.person(|item| Act::Issue { item, slot, days });
            }
            Regenerate => self.regenerate(),
            Narrow => self.narrow(),
            PersonEdits => self.person_edits(),
            PersonMoves => {
                let folder = self.folder();
                self.person(|item| Act::Move { item, folder });
            }
            PersonDeletes => {
                let permanent = self.draw.u8(..4) == 0;
                self.person(|item| Act::Delete { item, permanent });
                later(&self.world, 20);
            }
            PersonRestores => self.restore(),
            Forge(how) => self.forge(how),
            Tags => self.tags(),
            CopyItem => self.copy(),
            Stranger => self.stranger(),
            Overwrite => self.overwrite(),
            Silence => {
                let sinks = self.sinks();
                for id in sinks {
                    if self.draw.u8(..3) > 0 {
                        self.meet("silence");
                        self.world.silence(&id, true);
                        self.silent = true;
                    }
                }
            }
        }
    }

    /// What reads show late is seen by now: a portal is late by seconds, the emulated one by a number of reads.
    async fn let_reads_catch_up(&self) {
        let late = self.world.with(|state, _| {
            let later = if state.switches().date_shown == DateShown::Later { 3 } else { 0 };
            state.switches().active_late_reads.max(state.switches().date_late_reads).max(later)
        });
        for _ in 0..late {
            look(&self.world, &self.spec).await;
        }
    }

    async fn run(&mut self) {
        run(&self.world, &self.spec, true).await;
        self.world.let_all_arrive();
        self.world.mishap(None);
        // Whatever happens next, happens when the lease is over.
        later(&self.world, 11);
    }

    async fn killed(&mut self, op: Op) {
        self.world.begin(true);
        self.run().await;
        let mut shots = self.world.shots();
        let minted = shots.iter().position(|shot| shot.what.contains("oauth2/token"));
        if let (KilledDelivering, Some(minted)) = (op, minted) {
            shots.drain(..minted);
            // What comes after the last sink write is soon said.
            let last = shots.iter().rposition(|shot| shot.what.starts_with("sink ")).unwrap_or(shots.len() - 1);
            shots.truncate(last + 12);
        }
        let made = shots.iter().position(|shot| shot.what.ends_with("/addItem"));
        if let (KilledMaking, Some(made)) = (op, made) {
            shots.drain(..made);
            let minted = shots.iter().position(|shot| shot.what.contains("oauth2/token"));
            shots.truncate(minted.unwrap_or(shots.len()));
        }
        shots.dedup_by(|later, shot| later.same_as == shot.same_as);
        let Some(shot) = self.draw.choice(&shots) else { return };
        let Shot { number, what, moment, world, same_as: _ } = shot;
        let said = format!("killed at {number} {what} {moment:?}");
        self.met.insert("trouble killed".into());
        self.world = World::from(world);
        self.world.let_all_arrive();
        self.say(said);
        later(&self.world, 11);
    }

    async fn struck(&mut self) {
        let before = self.world.frozen();
        self.world.begin(false);
        self.run().await;
        let log = self.world.log();
        let (mut requests, mut sinks, mut points) = (0, 0, Vec::new());
        for what in &log {
            if what.starts_with("sink ") {
                sinks += 1;
                points.push(Mishap::SinkRefuses(sinks));
            } else {
                requests += 1;
                if what.starts_with("POST") {
                    points.push(match self.draw.u8(..5) {
                        0 => Mishap::AnswerLost(requests),
                        1 => Mishap::RequestLost(requests),
                        2 => Mishap::ActedLate(requests, self.draw.u64(1..20)),
                        3 => Mishap::ActedLate(requests, 1000),
                        _ => Mishap::Sleeps(requests, 15 * 60_000),
                    });
                }
            }
        }
        let of_a_sink = |point: &Mishap| matches!(point, Mishap::SinkRefuses(_));
        if self.draw.u8(..4) == 0 && points.iter().any(of_a_sink) {
            points.retain(of_a_sink);
        }
        let Some(mishap) = self.draw.choice(points) else { return };
        let said = format!("{mishap:?}");
        self.met.insert(format!("trouble {}", said.split('(').next().unwrap_or_default()));
        self.say(format!("struck by {mishap:?}"));
        self.world = World::from(&before);
        self.world.begin(false);
        self.world.mishap(Some(mishap));
        self.run().await;
    }

    fn edit(&mut self, what: &str, edit: impl FnOnce(&mut Wish, &mut Rng)) {
        let mut wish = self.wish.clone();
        edit(&mut wish, &mut self.draw);
        let text = wish.text();
        if text == self.wish.text() {
            return;
        }
        // What cannot be wanted is put back.
        if let Ok(spec) = self.desk.read(&text) {
            self.met.insert(format!("edit {what}"));
            self.world.declare(&spec);
            self.before = Some(std::mem::replace(&mut self.wish, wish));
            self.spec = spec;
            self.say(self.wish.text());
        }
    }

    fn sinks(&self) -> Vec<SinkId> {
        self.spec.credentials.values().flat_map(|want| &want.deliver).map(|delivery| delivery.id.clone()).collect()
    }

    fn item(&mut self) -> Option<String> {
        let items = items(&self.world);
        self.draw.choice(items)
    }

    fn person(&mut self, act: impl FnOnce(String) -> Act) {
        if let Some(item) = self.item() {
            let act = act(item);
            let said = format!("{act:?}");
            self.meet(said.split(' ').next().unwrap_or_default().to_lowercase());
            self.say(said);
            self.world.person(&act);
        }
    }

    fn summary(&self) -> Value {
        self.world.with(|state, now| state.summary(now))
    }

    /// One that no sink can show could be told from ours by nobody.
    fn regenerate(&mut self) {
        let held = self.sinks().into_iter().filter_map(|id| self.world.holds(&id));
        let held: Vec<String> = held.map(|key| fingerprint(key.reveal())).collect();
        let summary = self.summary();
        let keys = summary["keys"].as_array().into_iter().flatten().filter(|key| key["live"] == json!(true));
        let shown = keys.filter(|key| key["fingerprint"].as_str().is_some_and(|one| held.iter().any(|it| it == one)));
        let Some(key) = self.draw.choice(shown.collect::<Vec<_>>()) else { return };
        let (item, slot) = (key["item"].as_str().unwrap_or_default().to_owned(), key["slot"].as_u64());
        let slot = slot.and_then(|slot| u8::try_from(slot).ok()).unwrap_or_default();
        let act = Act::Regenerate { item, slot };
        self.meet("regenerate");
        self.say(format!("{act:?}"));
        self.world.person(&act);
    }

    fn narrow(&mut self) {
        let Some(item) = self.item() else { return };
        let name = forge::properties(&self.world, &item)["keyform"]["name"].as_str().unwrap_or_default().to_owned();
        let summary = self.summary();
        let found = summary["items"].as_array().into_iter().flatten().find(|one| one["id"] == json!(item));
        let has = found.and_then(|one| one["app"]["privileges"].as_array()).cloned().unwrap_or_default();
        let mut privileges: Vec<String> = has.iter().filter_map(Value::as_str).map(str::to_owned).collect();
        let wanted = self.spec.credentials.values().find(|want| want.name.as_str() == name);
        let is_wanted =
            |one: &&String| wanted.is_some_and(|want| want.privileges.iter().any(|it| it.as_str() == **one));
        let some = privileges.iter().filter(is_wanted).cloned().collect::<Vec<_>>();
        let Some(taken) = self.draw.choice(some).filter(|_| privileges.len() > 1) else { return };
        privileges.retain(|one| *one != taken);
        self.meet("narrow");
        let act = Act::Narrow { item, privileges };
        self.say(format!("{act:?}"));
        self.world.person(&act);
        let asks = self.spec.guards.portal_changes == PortalChanges::Ask;
        self.taken = (asks && !self.forged).then_some((name, taken));
    }

    fn person_edits(&mut self) {
        let set = |name: &str, value: Value| [(name.to_owned(), value)].into_iter().collect();
        match self.draw.u8(..6) {
            0 => self.person(|item| Act::Edit { item, set: set("title", json!("Somebody's")) }),
            1 => self.person(|item| Act::Edit { item, set: set("snippet", json!("by hand")) }),
            2 => self.person(|item| Act::App {
                item,
                privileges: None,
                referrers: Some(vec!["https://else.example.com".into()]),
            }),
            _ => self.person(|item| Act::App {
                item,
                privileges: Some(vec!["premium:user:geocode".into()]),
                referrers: None,
            }),
        }
    }

    /// The root, or a folder made for it.
    fn folder(&mut self) -> String {
        if self.draw.u8(..3) == 0 {
            return "/".into();
        }
        let title = format!("Elsewhere {}", self.draw.u16(..));
        self.world.with(|state, now| {
            let token = state.user_token(now);
            let call = Request::post("content/users/developer/createFolder").with("title", title).token(token);
            state.handle(&call, now).value()["folder"]["id"].as_str().unwrap_or("/").to_owned()
        })
    }

    fn restore(&mut self) {
        let summary = self.summary();
        let items = summary["items"].as_array().cloned().unwrap_or_default();
        let bin = items.iter().filter(|item| !item["recycled"].is_null()).filter_map(|item| item["id"].as_str());
        let Some(item) = self.draw.choice(bin.collect::<Vec<_>>()) else { return };
        let answer = self.world.with(|state, now| {
            let call = Request::post(&format!("content/users/{USER}/items/{item}/restore"));
            let token = state.user_token(now);
            state.handle(&call.token(token), now).value()
        });
        self.meet("restore");
        self.say(format!("restored {item}: {answer}"));
    }

    fn forge(&mut self, how: forge::How) {
        let Some(item) = self.item() else { return };
        self.meet("forge");
        let before = forge::properties(&self.world, &item);
        let (said, properties) = forge::forged(before, how, &mut self.draw, &item);
        self.forged = true;
        self.say(format!("{said} of {item}: {properties}"));
        let set = [("properties".to_owned(), Value::String(properties))].into_iter().collect();
        self.world.person(&Act::Edit { item, set });
    }

    fn tags(&mut self) {
        let names: Vec<String> = self.wish.names().map(str::to_owned).collect();
        let name = self.draw.choice(names).unwrap_or_default();
        let tags = match self.draw.u8(..4) {
            0 => "plain".to_owned(),
            1 => format!("keyform:others/{name},keyform:proof/{name}"),
            2 => format!("keyform:others/{name}"),
            _ => format!("keyform:proof/{name},more"),
        };
        self.meet("tags");
        self.person(|item| Act::Edit { item, set: [("tags".to_owned(), json!(tags))].into_iter().collect() });
    }

    fn add(&mut self, act: &Act) -> Option<String> {
        self.say(format!("{act:?}"));
        let ids = |world: &World| -> Vec<String> {
            let summary = world.with(|state, now| state.summary(now));
            let items = summary["items"].as_array().cloned().unwrap_or_default();
            items.iter().filter_map(|item| item["id"].as_str().map(str::to_owned)).collect()
        };
        let before = ids(&self.world);
        self.world.person(act);
        ids(&self.world).into_iter().find(|id| !before.contains(id))
    }

    fn copy(&mut self) {
        let Some(item) = self.item() else { return };
        self.meet("copy");
        let properties = forge::properties(&self.world, &item).to_string();
        let name = self.wish.names().next().unwrap_or("web").to_owned();
        let act = Act::Add {
            user: None,
            title: "A copy".into(),
            privileges: vec!["premium:user:basemaps".into()],
            tags: vec![format!("keyform:proof/{name}")],
            days: self.draw.bool().then_some(90),
            folder: None,
        };
        let Some(copy) = self.add(&act) else { return };
        let set = [("properties".to_owned(), Value::String(properties))].into_iter().collect();
        self.world.person(&Act::Edit { item: copy, set });
    }

    fn stranger(&mut self) {
        let names: Vec<String> = self.wish.names().map(str::to_owned).collect();
        let name = self.draw.choice(names).unwrap_or_else(|| "web".into());
        let tags = match self.draw.u8(..5) {
            0 => vec![format!("keyform:proof/{name}")],
            1 => vec![format!("keyform:others/{name}")],
            2 => vec![format!("keyform:proof/{name}"), format!("keyform:others/{name}")],
            3 => vec!["maps".into()],
            _ => Vec::new(),
        };
        let user = (self.draw.u8(..4) == 0).then(|| crate::emulator::OTHER_USER.to_owned());
        let days = self.draw.bool().then(|| self.draw.i64(1..300));
        let privileges = vec!["premium:user:basemaps".into()];
        self.meet("stranger");
        self.add(&Act::Add { user, title: name, privileges, tags, days, folder: None });
    }

    fn overwrite(&mut self) {
        let sinks = self.sinks();
        let Some(id) = self.draw.choice(sinks) else { return };
        let with = match self.draw.u8(..3) {
            0 => None,
            1 => Some("garbage"),
            _ => Some("AAPTnothing-that-was-ever-issued.AT1_somebody"),
        };
        self.meet("overwrite");
        self.say(format!("{id}: {with:?}"));
        self.world.overwrite(&id, with);
    }
}
