//! The protocol on a portal in this process: killed at every point of every request, whole or with a rule taken out.
//!
//! The sweep with real processes is in `tests/crash`; this one can take rules out.

use std::sync::atomic::AtomicBool;
use std::time::Duration;

use crate::clock::ServerClock;
use crate::config::{self, LoadOptions};
use crate::emulator::fault::{Hold, HoldAt};
use crate::emulator::person::Act;
use crate::emulator::{Options, Server, State};
use crate::live::{self, SinkReader, Unwatched};
use crate::model::{Delivery, Secret, Spec};
use crate::mutant::{self, Mutant};
use crate::portal::{Http, HttpOptions, ReadPortal, SignIn};
use crate::sink::{Look, Sinks};

use super::{Session, Tenure, Terms, apply};

const MINUTE: i64 = 60_000;

const CONFIG: &str = "keyform: 1
stack: proof
portal: { url: emulator, product: online }
credentials:
  web:
    privileges: [premium:user:basemaps]
    referrers: [https://stores.example.com]
    expiry: { lifetime: 180d, renew_before: 30d, overlap: 7d }
    deliver:
      - dotenv: { path: .env, name: ARCGIS_API_KEY }
";

pub(super) struct World {
    folder: tempfile::TempDir,
    pub(super) server: Server,
    pub(super) spec: Spec,
}

struct Reader<'a>(&'a Sinks);

impl SinkReader for Reader<'_> {
    async fn look(&self, delivery: &Delivery) -> Look {
        self.0.look(delivery, true).await
    }
}

impl World {
    pub(super) async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let spec = Self::load(folder.path(), CONFIG);
        let server = Server::start(Options::default()).await.unwrap();
        Self { folder, server, spec }
    }

    fn load(folder: &std::path::Path, text: &str) -> Spec {
        let file = folder.join("keyform.yaml");
        std::fs::write(&file, text).unwrap();
        config::load(&file, LoadOptions::default()).spec.unwrap()
    }

    /// Changes the configuration, as an editor would.
    fn edit(&mut self, from: &str, to: &str) {
        let text = std::fs::read_to_string(self.folder.path().join("keyform.yaml")).unwrap();
        assert!(text.contains(from), "{from} is not in {text}");
        self.spec = Self::load(self.folder.path(), &text.replace(from, to));
    }

    fn items(&self) -> usize {
        let summary = self.server.with(|state| state.summary(crate::clock::wall())).unwrap();
        summary["items"].as_array().unwrap().len()
    }

    /// One run of keyform, without its lease; whether the plan was carried out without a failure.
    pub(super) async fn run(&self) -> bool {
        let token = Secret::new(self.server.token().unwrap());
        let portal = Http::new(HttpOptions::new(self.server.url(), SignIn::Token { token, referer: None })).unwrap();
        let hello = portal.hello().await.unwrap();
        let clock = ServerClock::set(hello.now);
        let sinks = Sinks::new([]);
        let live = live::gather(&portal, &self.spec, &hello, &Reader(&sinks), 4, &Unwatched).await.unwrap();
        let plan = crate::plan::plan(&self.spec, &live, clock.now_in_seconds());
        let stop = AtomicBool::new(false);
        let terms = Terms { clock, tenure: Tenure::Unlimited, events: &(), stop: &stop };
        let session = Session::new(&portal, &sinks, &self.spec.stack, &live, terms).settle(Duration::from_millis(2));
        let report = apply(&session, &plan).await;
        report.failed().next().is_none() && plan.blocked().next().is_none()
    }

    /// A run that dies at a point of a request; false if it ended before.
    pub(super) async fn die_at(&self, request: u64, at: HoldAt) -> bool {
        self.server.hold(Hold { request, at });
        let reached = async {
            while !self.server.reached() {
                tokio::time::sleep(Duration::from_micros(300)).await;
            }
        };
        let died = tokio::select! {
            biased;
            () = reached => true,
            _ = self.run() => false,
        };
        self.server.release(false);
        died
    }

    pub(super) fn later(&self, minutes: i64) {
        self.server
            .with(|state| {
                let offset = state.clock_offset_ms();
                state.set_clock_offset_ms(offset + minutes * MINUTE);
            })
            .unwrap();
    }

    fn sink(&self) -> std::path::PathBuf {
        self.folder.path().join(".env")
    }

    /// Everything there is: the portal and the sink.
    pub(super) fn snapshot(&self) -> (State, Option<Vec<u8>>) {
        (self.server.with(|state| state.clone()).unwrap(), std::fs::read(self.sink()).ok())
    }

    pub(super) fn restore(&self, (state, sink): &(State, Option<Vec<u8>>)) {
        self.server.with(|now| *now = state.clone()).unwrap();
        match sink {
            Some(content) => std::fs::write(self.sink(), content).unwrap(),
            None => drop(std::fs::remove_file(self.sink())),
        }
        self.server.clear_log();
    }

    /// Fingerprints of live keys, and of the one the application holds.
    pub(super) fn keys(&self) -> (Vec<String>, Option<String>) {
        let live = self.server.with(|state| state.live_fingerprints(crate::clock::wall())).unwrap();
        let sink = std::fs::read_to_string(self.sink()).unwrap_or_default();
        (live, sink.trim().split_once('=').map(|(_, key)| crate::emulator::fingerprint(key)))
    }

    /// The application has a key that works, if it ever was given one.
    pub(super) fn is_served(&self) -> Result<(), String> {
        let (live, held) = self.keys();
        match held {
            Some(held) if !live.contains(&held) => {
                Err(format!("the application lost its key {held}: {live:?} are live"))
            }
            Some(_) | None => Ok(()),
        }
    }

    /// What an undisturbed run leaves: so many items and live keys, one of them in the sink.
    fn judge(&self, scene: Scene) -> Result<(), String> {
        let (live, held) = self.keys();
        self.is_served()?;
        if self.items() != scene.items() {
            Err(format!("there are {} items", self.items()))
        } else if live.len() == scene.live_keys() && held.is_some() {
            Ok(())
        } else {
            Err(format!("{} keys are live, the application holds {held:?}", live.len()))
        }
    }
}

/// What a run is to do, and how many keys are live when it is done.
#[derive(Clone, Copy, Debug)]
enum Scene {
    Create,
    Rotate,
    Retire,
    Heal,
    Replace,
    RetireItem,
    InPlace,
}

const DAYS: i64 = 24 * 60;

impl Scene {
    async fn set(self, world: &mut World) {
        match self {
            Self::Create => {}
            Self::Rotate => {
                assert!(world.run().await);
                world.later(151 * DAYS);
            }
            Self::Retire => {
                Box::pin(Self::Rotate.set(world)).await;
                assert!(world.run().await);
                world.later(7 * DAYS + 1);
            }
            Self::Replace => {
                assert!(world.run().await);
                world.edit("[premium:user:basemaps]", "[premium:user:basemaps, premium:user:places]");
            }
            Self::RetireItem => {
                Box::pin(Self::Replace.set(world)).await;
                assert!(world.run().await);
                world.later(7 * DAYS + 1);
            }
            Self::InPlace => {
                Box::pin(Self::Replace.set(world)).await;
                world.edit("    expiry", "    on_breaking_change: in_place\n    expiry");
            }
            Self::Heal => {
                assert!(world.run().await);
                let item = world.server.with(|state| state.summary(crate::clock::wall())["items"][0]["id"].clone());
                let item = item.unwrap().as_str().unwrap().to_owned();
                world.server.with(|state| state.person(&Act::Revoke { item, slot: 1 }, crate::clock::wall())).unwrap();
            }
        }
    }

    const fn live_keys(self) -> usize {
        match self {
            Self::Create | Self::Retire | Self::Heal | Self::RetireItem | Self::InPlace => 1,
            Self::Rotate | Self::Replace => 2,
        }
    }

    /// How many items there are when it is done.
    const fn items(self) -> usize {
        match self {
            Self::Create | Self::Rotate | Self::Retire | Self::Heal | Self::RetireItem | Self::InPlace => 1,
            Self::Replace => 2,
        }
    }

    /// Whether the application has a working key to begin with, and so must never be without one.
    const fn is_served(self) -> bool {
        matches!(self, Self::Rotate | Self::Retire | Self::Replace | Self::RetireItem)
    }
}

/// Kills a run at every point of every request; what is wrong at that moment, or after the recovery.
async fn sweep(scene: Scene) -> Vec<String> {
    let mut world = World::new().await;
    scene.set(&mut world).await;
    world.server.clear_log();
    let before = world.snapshot();
    assert!(world.run().await, "{scene:?}");
    let mut wrong: Vec<String> = world.judge(scene).err().into_iter().collect();
    let requests = world.server.log().len() as u64;
    assert!(requests > 5, "{requests} requests");
    for request in 1..=requests {
        for at in [HoldAt::Before, HoldAt::After, HoldAt::Answered] {
            world.restore(&before);
            world.die_at(request, at).await;
            let mut seen = if scene.is_served() { world.is_served() } else { Ok(()) };
            world.later(11);
            let recovered = world.run().await;
            seen = seen.and_then(|()| world.judge(scene));
            if let Err(why) = seen {
                wrong.push(format!("{scene:?}, request {request}, {at:?}, recovered {recovered}: {why}"));
            }
        }
    }
    wrong
}

async fn holds(scene: Scene) {
    let wrong = sweep(scene).await;
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

async fn is_noticed(mutant: Mutant, scene: Scene, by: &str) {
    let _out = mutant::without(mutant);
    let wrong = sweep(scene).await;
    assert!(wrong.iter().any(|why| why.contains(by)), "{mutant:?} goes unnoticed: {}", wrong.join("\n"));
}

#[tokio::test]
async fn a_create_that_dies_anywhere_leaves_one_key_in_its_sink() {
    holds(Scene::Create).await;
}

#[tokio::test]
async fn a_rotation_that_dies_anywhere_takes_nobodys_key_and_leaves_old_and_new() {
    holds(Scene::Rotate).await;
}

#[tokio::test]
async fn retiring_that_dies_anywhere_ends_the_old_key_and_nobody_elses() {
    holds(Scene::Retire).await;
}

#[tokio::test]
async fn healing_a_revoked_key_that_dies_anywhere_delivers_one_new_key() {
    holds(Scene::Heal).await;
}

#[tokio::test]
async fn a_replacement_that_dies_anywhere_leaves_two_items_and_takes_nobodys_key() {
    holds(Scene::Replace).await;
}

#[tokio::test]
async fn deleting_the_old_item_that_dies_anywhere_leaves_the_new_one() {
    holds(Scene::RetireItem).await;
}

#[tokio::test]
async fn an_edit_in_place_that_dies_anywhere_delivers_one_new_key() {
    holds(Scene::InPlace).await;
}

#[tokio::test]
async fn a_ledger_written_after_the_token_call_is_noticed() {
    is_noticed(Mutant::LedgerAfterToken, Scene::Create, "2 keys are live").await;
}

#[tokio::test]
async fn a_slot_that_is_not_free_but_taken_is_noticed() {
    is_noticed(Mutant::SlotNotFree, Scene::Rotate, "lost its key").await;
}
