//! Random worlds under random configurations: whatever people and trouble did, keyform comes to rest, takes nobody's
//! key, touches nothing that is not its own, and says the same whatever order things are written in.
//!
//! A world that fails is named by its seed; `KEYFORM_WORLD=SEED` plays it alone and tells its story.

mod forge;
mod judge;
mod rows;
mod skew;
mod story;
mod wish;

use std::sync::atomic::{AtomicU64, Ordering};

use judge::Verdict;
use rows::Coverage;

/// So many worlds, and in a full sweep.
const WORLDS: u64 = 2_000;
const IN_FULL: u64 = 10_000;

#[expect(clippy::disallowed_methods, reason = "a sweep is asked for, and a seed is named, from outside")]
fn asked(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

#[expect(clippy::print_stdout, reason = "what was covered is for whoever runs the tests to see")]
pub(super) fn say(table: &str) {
    println!("{table}");
}

fn judged(seed: u64) -> Verdict {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let judge = || runtime.block_on(judge::world(seed));
    std::panic::catch_unwind(std::panic::AssertUnwindSafe(judge))
        .unwrap_or_else(|_| Verdict { wrong: vec!["panicked".into()], ..Verdict::default() })
}

#[test]
fn every_world_comes_to_rest_and_nobody_loses_a_key_or_anything_that_is_not_ours() {
    if let Some(seed) = asked("KEYFORM_WORLD").and_then(|seed| seed.parse().ok()) {
        let Verdict { seen, wrong, trail } = judged(seed);
        panic!("world {seed}\n{}\n{seen:#?}\n{}", trail.join("\n"), wrong.join("\n"));
    }
    let worlds = if asked("KEYFORM_SWEEP").as_deref() == Some("full") { IN_FULL } else { WORLDS };
    let next = AtomicU64::new(0);
    let work = || {
        let mut done = Vec::new();
        loop {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if seed >= worlds {
                return done;
            }
            let verdict = judged(seed);
            // A full sweep takes its time.
            for why in &verdict.wrong {
                say(&format!("world {seed}: {why}"));
            }
            done.push((seed, verdict));
        }
    };
    let mut all: Vec<(u64, Verdict)> = std::thread::scope(|scope| {
        let both = [scope.spawn(work), scope.spawn(work)];
        both.into_iter().flat_map(|one| one.join().unwrap()).collect()
    });
    all.sort_by_key(|(seed, _)| *seed);
    let mut coverage = Coverage::default();
    let mut wrong = Vec::new();
    for (seed, Verdict { seen, wrong: found, trail: _ }) in all {
        coverage.count(seen);
        wrong.extend(found.into_iter().map(|why| format!("world {seed}: {why}")));
    }
    let (table, rare) = coverage.table();
    say(&table);
    let replay = "to play one again: KEYFORM_WORLD=SEED cargo test --lib every_world_comes_to_rest";
    assert!(wrong.is_empty(), "{} wrong:\n{}\n{replay}", wrong.len(), wrong.join("\n"));
    assert!(rare.is_empty(), "seen in less than 1 % of the worlds: {rare:#?}\n{table}");
}
