//! The crash sweep of create: keyform is killed, for real, before every request, after every one that writes, before and
//! after its answer, and before and after every sink write; then it is run again, and what the portal and the sinks hold has to be what an undisturbed run leaves.

#![allow(clippy::print_stdout, reason = "how many points a sweep took is worth reading")]

mod run;

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use keyform::emulator::Switches;
use run::{Case, Point, Undisturbed, When};

/// Cases run side by side.
const WORKERS: usize = 8;

/// Every setting of what the portal leaves open: the usual one, each other alone, and all at their worst.
///
/// A portal that drops `properties` is no portal keyform can work with; what it does there is asked elsewhere.
fn settings() -> Vec<Vec<String>> {
    let mut settings = vec![Vec::new(), vec!["worst".to_owned()]];
    // A portal that keeps no ledger, or does not take what is asked for, gets no key.
    let without_key = [("properties", "dropped"), ("refuses", "privilege")];
    for (name, value, _) in Switches::each_alone() {
        if !without_key.contains(&(name, value)) {
            settings.push(vec![format!("{name}={value}")]);
        }
    }
    settings
}

/// The points of one undisturbed run, counted by the portal and the sinks.
fn points(case: &Case) -> Vec<Point> {
    let Undisturbed { requests, writing, renames, commands } = case.undisturbed();
    let writes = renames + commands;
    assert!(
        !writing.is_empty() && writes > 0,
        "an undisturbed run made {writing:?} of {requests} and {writes} sink writes"
    );
    let mut points: Vec<_> = (1..=requests).map(|n| Point::Request { n, when: When::Before }).collect();
    // What only read has left nothing behind that the next request does not find as well.
    for &n in &writing {
        points.extend([When::After, When::Answered].map(|when| Point::Request { n, when }));
    }
    for n in 1..=renames {
        points.extend([When::Before, When::After].map(|when| Point::Rename { n, when }));
    }
    for n in 1..=commands {
        points.extend([When::Before, When::After].map(|when| Point::Command { n, when }));
    }
    assert_eq!(points.len() as u64, requests + 2 * (writing.len() as u64 + writes));
    points
}

/// Every point under the usual setting, every second under the worst, every tenth, by turns, under each other one;
/// with `KEYFORM_SWEEP=full` all of them, which takes a quarter of an hour. Every switch is swept in memory as well.
fn is_swept(setting: &[String], number: usize, point: usize) -> bool {
    #[expect(clippy::disallowed_methods, reason = "the switch of this test")]
    let full = std::env::var_os("KEYFORM_SWEEP").is_some_and(|how| how == "full");
    let every = if setting == ["worst"] { 2 } else { 10 };
    full || setting.is_empty() || point % every == number % every
}

fn sweep(deliver: &str, settings: &[Vec<String>]) {
    let mut cases = Vec::new();
    for (number, setting) in settings.iter().enumerate() {
        let case = Case::new(deliver, setting);
        let points = points(&case).into_iter().enumerate().filter(|(point, _)| is_swept(setting, number, *point));
        cases.extend(points.map(|(_, point)| (setting.clone(), point)));
    }
    let next = AtomicUsize::new(0);
    let failures = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..WORKERS {
            scope.spawn(|| {
                while let Some((setting, point)) = cases.get(next.fetch_add(1, Ordering::Relaxed)) {
                    if let Err(why) = Case::new(deliver, setting).crash_and_recover(*point) {
                        failures.lock().unwrap().push(format!("{setting:?} {point:?}: {why}"));
                    }
                }
            });
        }
    });
    let failures = failures.into_inner().unwrap();
    println!("{} crash points under {} settings", cases.len(), settings.len());
    assert!(failures.is_empty(), "{} of {} cases failed:\n{}", failures.len(), cases.len(), failures.join("\n"));
}

const FILES: &str = "
      - dotenv: { path: .env, name: ARCGIS_API_KEY }
      - file: { path: keys.json, format: json, field: maps.key }";

#[test]
fn a_create_that_is_killed_anywhere_ends_as_if_it_was_not_under_every_setting() {
    sweep(FILES, &settings());
}

#[test]
fn a_sink_that_confirms_serves_as_well_as_one_that_can_be_read() {
    sweep(
        "
      - command: { run: [./store, one], check: [./check, one] }",
        &[Vec::new(), vec!["worst".to_owned()]],
    );
}

#[test]
fn a_sink_that_tells_nothing_is_served_beside_one_that_can_be_read() {
    sweep(
        "
      - command: { run: [./store, one] }
      - dotenv: { path: .env, name: ARCGIS_API_KEY }",
        &[Vec::new(), vec!["worst".to_owned()]],
    );
}
