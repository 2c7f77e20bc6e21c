//! The proof.

use super::*;
use crate::config::{self, LoadOptions};
use crate::emulator::Setup;

#[tokio::test]
async fn year() {
    let spec = config::load(std::path::Path::new("examples/rotation"), LoadOptions::default()).spec.unwrap();
    let began = std::time::Instant::now();
    let terms = Terms {
        setup: Setup::default(),
        start: "2026-11-21T06:00:00Z".parse().unwrap(),
        days: std::env::var("DAYS").ok().and_then(|d| d.parse().ok()).unwrap_or(100),
        every: spec.cadence.unwrap(),
        crash: std::env::var("CRASH").is_ok(),
    };
    let r = rehearse(&spec, &terms, &()).await;
    println!("{:?} runs {} requests {} writes {} points {} worlds {} recoveries {} instants {}", began.elapsed(), r.runs, r.requests, r.sink_writes, r.crash_points, r.worlds, r.recoveries, r.instants);
    for d in r.dark.iter().take(10) { println!("{d}"); }
    for d in r.stuck.iter().take(10) { println!("{d}"); }
    for d in r.done.iter().take(40) { println!("{d:?}"); }
    assert!(r.is_good());
}
