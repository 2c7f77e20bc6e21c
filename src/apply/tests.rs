//! The protocol on a portal in this process: killed at every point of every request, whole or with a rule taken out.
//!
//! The sweep with real processes is in `tests/crash`; this one can take rules out.

use std::path::Path;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use crate::clock::ServerClock;
use crate::config::{self, LoadOptions};
use crate::emulator::fault::{Hold, HoldAt};
use crate::emulator::{Options, Server};
use crate::live::{self, SinkReader, Unwatched};
use crate::model::{Delivery, Secret, Spec};
use crate::mutant::{self, Mutant};
use crate::portal::{Http, HttpOptions, ReadPortal, SignIn};
use crate::sink::{Look, Sinks};

use super::{Session, Tenure, Terms, apply};

const MINUTE: i64 = 60_000;

struct World {
    folder: tempfile::TempDir,
    server: Server,
    spec: Spec,
}

struct Reader<'a>(&'a Sinks);

impl SinkReader for Reader<'_> {
    async fn look(&self, delivery: &Delivery) -> Look {
        self.0.look(delivery, true).await
    }
}

impl World {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("keyform.yaml");
        std::fs::write(
            &file,
            "keyform: 1
stack: proof
portal: { url: emulator, product: online }
credentials:
  web:
    privileges: [premium:user:basemaps]
    referrers: [https://stores.example.com]
    expiry: { lifetime: 180d, renew_before: 30d, overlap: 7d }
    deliver:
      - dotenv: { path: .env, name: ARCGIS_API_KEY }
",
        )
        .unwrap();
        let spec = config::load(&file, LoadOptions::default()).spec.unwrap();
        let server = Server::start(Options::default()).await.unwrap();
        Self { folder, server, spec }
    }

    /// One run of keyform, without its lease; whether the plan was carried out without a failure.
    async fn run(&self) -> bool {
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
    async fn die_at(&self, request: u64, at: HoldAt) -> bool {
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

    fn later(&self, minutes: i64) {
        self.server
            .with(|state| {
                let offset = state.clock_offset_ms();
                state.set_clock_offset_ms(offset + minutes * MINUTE);
            })
            .unwrap();
    }

    /// What an undisturbed run leaves: one live key, in the sink.
    fn judge(&self) -> Result<(), String> {
        let live = self.server.with(|state| state.live_fingerprints(crate::clock::wall())).unwrap();
        let sink = std::fs::read_to_string(Path::new(self.folder.path()).join(".env")).unwrap_or_default();
        let held = sink.trim().split_once('=').map(|(_, key)| crate::emulator::fingerprint(key));
        match (live.as_slice(), held) {
            ([one], Some(held)) if *one == held => Ok(()),
            (_, Some(held)) if !live.contains(&held) => Err(format!("the application's key {held} is dead")),
            (live, held) => Err(format!("{} keys are live, the application holds {held:?}", live.len())),
        }
    }
}

/// Kills a create at every point of every request; what is wrong after the recovery.
async fn sweep() -> Vec<String> {
    let world = World::new().await;
    assert!(world.run().await && world.judge().is_ok());
    let requests = world.server.log().len() as u64;
    assert!(requests > 20, "{requests} requests");
    let mut wrong = Vec::new();
    for request in 1..=requests {
        for at in [HoldAt::Before, HoldAt::After, HoldAt::Answered] {
            let world = World::new().await;
            world.die_at(request, at).await;
            world.later(11);
            let recovered = world.run().await;
            if let Err(why) = world.judge() {
                wrong.push(format!("request {request}, {at:?}, recovered {recovered}: {why}"));
            }
        }
    }
    wrong
}

#[tokio::test]
async fn a_create_that_dies_anywhere_leaves_one_key_in_its_sink() {
    let wrong = sweep().await;
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test]
async fn the_sweep_notices_a_ledger_that_is_written_after_the_token_call() {
    let _out = mutant::without(Mutant::LedgerAfterToken);
    let wrong = sweep().await;
    assert!(wrong.iter().any(|why| why.contains("2 keys are live")), "{}", wrong.join("\n"));
}
