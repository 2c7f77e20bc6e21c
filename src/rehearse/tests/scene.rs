//! A scene: what people and keyform do one after the other. Each of its runs is killed at every point in turn, and the
//! scene goes on from there, with the run taken up again first or not.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use crate::config::{self, LoadOptions};
use crate::emulator::person::Act;
use crate::emulator::{Request, Setup, Switches};
use crate::model::{Requests, Spec};
use crate::rehearse::{Ended, Frozen, Mishap, World, run};
use crate::render::words;

pub(super) const HOUR: i64 = 60;
pub(super) const DAY: i64 = 24 * HOUR;
/// How often a plan that is stale is made again.
const AGAIN: usize = 3;

/// One thing that happens.
#[derive(Clone)]
pub(super) enum Do {
    /// The configuration is this from now on: everything below the header.
    Declare(String),
    /// keyform runs.
    Run,
    /// keyform runs because somebody asks for this.
    RunAsked(fn(&[String]) -> Requests),
    /// So many minutes pass.
    Wait(i64),
    /// A person does something to the items that are there, oldest first.
    Person(fn(&[String]) -> Act),
    /// A person takes everything out of the recycle bin.
    Restore,
    /// A person moves the newest item to a folder made for it.
    MoveAway,
    /// A person empties the sink at this place, or writes something else into it.
    Overwrite(&'static str, Option<&'static str>),
}

/// What happens, and what may be in the way at its end.
#[derive(Clone)]
pub(super) struct Scene {
    pub(super) name: &'static str,
    pub(super) steps: Vec<Do>,
    /// A person left something that only a person can decide.
    pub(super) may_block: bool,
    /// As many keys as are issued at most.
    pub(super) keys: Option<usize>,
    /// A privilege, and whether items may grant it at the end.
    pub(super) grants: Option<(&'static str, bool)>,
}

impl Scene {
    pub(super) fn new(name: &'static str, steps: Vec<Do>) -> Self {
        Self { name, steps, may_block: false, keys: None, grants: None }
    }

    pub(super) fn may_block(self) -> Self {
        Self { may_block: true, ..self }
    }

    pub(super) fn granting(self, privilege: &'static str, is: bool) -> Self {
        Self { grants: Some((privilege, is)), ..self }
    }

    pub(super) fn with_keys(self, keys: usize) -> Self {
        Self { keys: Some(keys), ..self }
    }
}

/// How it is played.
#[derive(Clone)]
pub(super) struct Playing {
    pub(super) switches: Switches,
    /// Every run is killed everywhere, one at a time.
    pub(super) kill: bool,
    /// Runs that take up a killed one are killed as well, somewhere: a seed, and how many times each.
    pub(super) again: Option<(u64, u32)>,
    pub(super) lease: bool,
    /// Instead of being killed, every run is struck by this at each of its writes in turn.
    pub(super) strike: Option<fn(u64, &[String]) -> Mishap>,
}

impl Default for Playing {
    fn default() -> Self {
        Self { switches: Switches::default(), kill: true, again: None, lease: true, strike: None }
    }
}

/// What came of it.
#[derive(Debug, Default)]
pub(super) struct Verdict {
    pub(super) points: u64,
    pub(super) worlds: u64,
    pub(super) runs: u64,
    pub(super) instants: u64,
    pub(super) wrong: Vec<String>,
}

pub(super) fn start() -> Timestamp {
    "2026-11-21T06:00:00Z".parse().unwrap()
}

/// One credential `web` that delivers to `.env` and may be more.
pub(super) fn web(more: &str) -> String {
    format!("credentials:\n  web:\n    {}\n", more.replace('\n', "\n    "))
}

pub(super) const USUAL: &str = "privileges: [premium:user:basemaps]
referrers: [https://stores.example.com]
expiry: { lifetime: 180d, renew_before: 30d, overlap: 7d }
deliver:
  - dotenv: { path: .env, name: KEY }";

pub(super) fn spec(text: &str) -> Arc<Spec> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("keyform.yaml");
    // Unless a scene is about what was taken away in the portal, it is given back.
    let guards = if text.contains("guards:") { "" } else { "guards: { portal_changes: restore }\n" };
    let portal = "portal: { url: emulator, product: online }";
    let whole = format!("keyform: 1\nstack: proof\n{portal}\ncadence: 24h\n{guards}{text}");
    std::fs::write(&file, &whole).unwrap();
    let loaded = config::load(Path::new(&file), LoadOptions { now: Some(start()), ..LoadOptions::default() });
    let problems: Vec<String> = loaded.report.problems.iter().map(|problem| problem.message.clone()).collect();
    Arc::new(loaded.spec.unwrap_or_else(|| panic!("{whole}\n{problems:?}")))
}

struct Player<'a> {
    scene: &'a Scene,
    playing: &'a Playing,
    specs: BTreeMap<String, Arc<Spec>>,
    draw: fastrand::Rng,
    verdict: Verdict,
}

pub(super) async fn play(scene: &Scene, playing: &Playing) -> Verdict {
    let texts = scene.steps.iter().filter_map(|step| match step {
        Do::Declare(text) => Some(text.clone()),
        _ => None,
    });
    let specs = texts.map(|text| (text.clone(), spec(&text))).collect();
    let draw = fastrand::Rng::with_seed(playing.again.map_or(0, |(seed, _)| seed));
    let mut player = Player { scene, playing, specs, draw, verdict: Verdict::default() };
    let setup = Setup { switches: playing.switches.clone(), ..Setup::default() };
    let world = World::new(setup, start());
    // Where a person is to decide, keys may run out meanwhile.
    world.set_punctual(!scene.may_block);
    player.go(world, None, 0, playing.kill, String::new()).await;
    player.verdict
}

impl Player<'_> {
    async fn go(&mut self, world: Arc<World>, spec: Option<Arc<Spec>>, from: usize, kill: bool, trail: String) {
        let mut spec = spec;
        for (index, step) in self.scene.steps.iter().enumerate().skip(from) {
            match step {
                Do::Declare(text) => {
                    let new = Arc::clone(&self.specs[text]);
                    world.declare(&new);
                    spec = Some(new);
                }
                Do::Wait(minutes) => {
                    let at = world.now().checked_add(SignedDuration::from_mins(*minutes)).unwrap();
                    world.wait_until(at);
                }
                Do::Person(act) => {
                    let items = items(&world);
                    if !items.is_empty() {
                        world.person(&act(&items));
                    }
                }
                Do::Restore => {
                    for item in found(&world, |item| !item["recycled"].is_null()) {
                        world.person(&Act::Restore { item });
                    }
                }
                Do::MoveAway => move_away(&world),
                Do::Overwrite(place, with) => {
                    let spec = spec.as_ref().unwrap();
                    let deliveries = spec.credentials.values().flat_map(|want| &want.deliver);
                    let id =
                        deliveries.into_iter().find(|delivery| delivery.target.place == *place).unwrap().id.clone();
                    world.overwrite(&id, *with);
                }
                Do::Run | Do::RunAsked(_) => {
                    let spec = spec.as_ref().unwrap();
                    let requests = match step {
                        Do::RunAsked(asked) => asked(&items(&world)),
                        _ => Requests::default(),
                    };
                    let before = world.frozen();
                    world.begin(kill);
                    self.run(&world, &Spec { requests, ..Spec::clone(spec) }).await;
                    match self.playing.strike.filter(|_| kill) {
                        Some(mishap) => self.strike_everywhere(&before, &world.log(), mishap, spec, index).await,
                        None if kill => self.kill_everywhere(&world, spec, index, &trail).await,
                        None => {}
                    }
                }
            }
        }
        let spec = spec.unwrap();
        self.settle(&world, &spec).await;
        self.judge(&world, spec.credentials.len(), &trail);
    }

    async fn run(&mut self, world: &Arc<World>, spec: &Spec) -> Ended {
        self.verdict.runs += 1;
        let mut ended = run(world, spec, self.playing.lease).await;
        // What was shown was read before the portal showed all that had happened: the same command again.
        for _ in 0..AGAIN {
            if !matches!(ended, Ended::Stale { .. }) {
                break;
            }
            ended = run(world, spec, self.playing.lease).await;
        }
        // Whatever was under way has arrived before a lease is over.
        world.let_all_arrive();
        world.mishap(None);
        ended
    }

    /// Plays the run again for each of its writes, with something going wrong there, and goes on.
    async fn strike_everywhere(
        &mut self,
        before: &Frozen,
        log: &[Arc<str>],
        mishap: fn(u64, &[String]) -> Mishap,
        spec: &Arc<Spec>,
        index: usize,
    ) {
        let (mut requests, mut writes) = (0, 0);
        for what in log {
            let sink = what.starts_with("sink ");
            let number = if sink { &mut writes } else { &mut requests };
            *number += 1;
            let world = World::from(before);
            let mishap = mishap(*number, &items(&world));
            if sink != matches!(mishap, Mishap::SinkRefuses(_)) || !sink && !what.starts_with("POST") {
                continue;
            }
            self.verdict.points += 1;
            self.verdict.worlds += 1;
            let trail = format!(" step {index} struck by {mishap:?} at {what}");
            world.mishap(Some(mishap));
            self.run(&world, spec).await;
            Box::pin(self.go(world, Some(Arc::clone(spec)), index + 1, false, trail)).await;
        }
    }

    async fn kill_everywhere(&mut self, world: &Arc<World>, spec: &Arc<Spec>, index: usize, trail: &str) {
        let shots = world.shots();
        self.verdict.points += shots.len() as u64;
        let mut seen = BTreeSet::new();
        for shot in shots {
            if !seen.insert(shot.same_as) {
                continue;
            }
            self.verdict.worlds += 1;
            for recover in [true, false] {
                let world = World::from(&shot.world);
                let mut trail =
                    format!("{trail} step {index} killed at {} {} {:?}", shot.number, shot.what, shot.moment);
                world.let_all_arrive();
                if recover {
                    trail.push_str(", taken up");
                    let worlds = self.take_up(&world, spec, &mut trail).await;
                    for (world, trail) in worlds {
                        Box::pin(self.go(world, Some(Arc::clone(spec)), index + 1, false, trail)).await;
                    }
                }
                Box::pin(self.go(world, Some(Arc::clone(spec)), index + 1, false, trail)).await;
            }
        }
    }

    /// Runs again after the lease; and, if asked to, is killed again at points drawn by lot.
    async fn take_up(&mut self, world: &Arc<World>, spec: &Arc<Spec>, trail: &mut String) -> Vec<(Arc<World>, String)> {
        later(world, 11);
        world.begin(self.playing.again.is_some());
        self.run(world, spec).await;
        let Some((_, times)) = self.playing.again else { return Vec::new() };
        let shots = world.shots();
        let mut worlds = Vec::new();
        for _ in 0..times {
            let Some(shot) = self.draw.choice(&shots) else { break };
            self.verdict.points += 1;
            let trail = format!("{trail}, killed again at {} {} {:?}", shot.number, shot.what, shot.moment);
            worlds.push((World::from(&shot.world), trail));
        }
        worlds
    }

    /// Keeps running until every overlap is over.
    async fn settle(&mut self, world: &Arc<World>, spec: &Spec) {
        later(world, 11);
        for _ in 0..3 {
            let ended = self.run(world, spec).await;
            if let Ended::Failed { why } = &ended {
                self.verdict.wrong.push(format!("{}: {why}", self.scene.name));
            }
            later(world, 8 * DAY);
        }
        self.run(world, spec).await;
        let ended = self.run(world, spec).await;
        if !ended.is_clean() && !self.scene.may_block {
            let why = match &ended {
                Ended::Ran { plan, report } => {
                    let blocked = plan.blocked().filter_map(|change| {
                        change.blocked.as_ref().map(|blocked| words::blocked(blocked).why.shown().to_string())
                    });
                    let failed =
                        report.iter().flat_map(crate::apply::Report::failed).map(|(_, error)| error.to_string());
                    blocked.chain(failed).collect::<Vec<_>>().join("; ")
                }
                Ended::Leased => "the lease is held by nobody".into(),
                Ended::Stale { name, action } => format!("stale: {name} {action:?}"),
                Ended::Failed { why } => why.clone(),
            };
            self.verdict.wrong.push(format!("{}: not at rest: {why}", self.scene.name));
        } else if let Some(plan) = ended.plan().filter(|plan| !plan.is_empty() && !self.scene.may_block) {
            let todo: Vec<_> = plan.changes.iter().map(|change| (change.action, &change.reasons)).collect();
            self.verdict.wrong.push(format!("{}: there is always something to do: {todo:?}", self.scene.name));
        }
    }

    fn judge(&mut self, world: &Arc<World>, declared: usize, trail: &str) {
        let apps = world.apps();
        self.verdict.instants += apps.instants();
        let scene = self.scene.name;
        let mut wrong: Vec<String> = apps.dark().iter().map(ToString::to_string).collect();
        if !self.scene.may_block {
            wrong.extend(
                world
                    .with(|state, now| apps.unserved(now, state))
                    .into_iter()
                    .map(|who| format!("{who} has no key that works")),
            );
            let stray = world.stray_keys();
            if !stray.is_empty() {
                wrong.push(format!("keys are live that nobody was given: {stray:?}"));
            }
        }
        let left = items(world).len();
        if left != declared && !self.scene.may_block {
            wrong.push(format!("{left} items are left, not {declared}"));
        }
        let keys = world.with(|state, now| state.summary(now)["keys"].as_array().map_or(0, Vec::len));
        if self.scene.keys.is_some_and(|most| keys > most) {
            wrong.push(format!("{keys} keys were issued, and again and again"));
        }
        if let Some((privilege, may)) = self.scene.grants {
            let summary = world.with(|state, now| state.summary(now));
            let apps = summary["items"].as_array().into_iter().flatten().filter(|item| item["recycled"].is_null());
            for app in apps.map(|item| &item["app"]).filter(|app| !app.is_null()) {
                if app["privileges"].to_string().contains(privilege) != may {
                    wrong.push(format!("an app has {}, and {privilege} was to be {may}", app["privileges"]));
                }
            }
        }
        self.verdict.wrong.extend(wrong.into_iter().map(|why| format!("{scene}:{trail}: {why}")));
    }
}

fn move_away(world: &World) {
    let Some(item) = items(world).pop() else { return };
    let folder = world.with(|state, now| {
        let token = state.user_token(now);
        let call = Request::post("content/users/developer/createFolder").with("title", "Elsewhere").token(token);
        state.handle(&call, now).value()["folder"]["id"].as_str().map(str::to_owned)
    });
    if let Some(folder) = folder {
        world.person(&Act::Move { item, folder });
    }
}

pub(super) fn later(world: &World, minutes: i64) {
    world.wait_until(world.now().checked_add(SignedDuration::from_mins(minutes)).unwrap());
}

/// The items that carry this stack's marker or ledger and are not in a bin, oldest first.
pub(super) fn items(world: &World) -> Vec<String> {
    found(world, |item| item["recycled"].is_null())
}

fn found(world: &World, wanted: fn(&serde_json::Value) -> bool) -> Vec<String> {
    let summary = world.with(|state, now| state.summary(now));
    let all = summary["items"].as_array().cloned().unwrap_or_default();
    let ours = |item: &&serde_json::Value| {
        let marked =
            item["tags"].to_string().contains("keyform:proof/") || item["properties"].to_string().contains("keyform");
        marked && wanted(item)
    };
    let mut found: Vec<(i64, String)> = all
        .iter()
        .filter(ours)
        .map(|item| (item["created"].as_i64().unwrap_or_default(), item["id"].as_str().unwrap_or_default().to_owned()))
        .collect();
    found.sort();
    found.into_iter().map(|(_, id)| id).collect()
}
