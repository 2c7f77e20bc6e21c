//! Two who act at once: two runs, a run and a person, a run that sleeps while its lease runs out.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::SignedDuration;

use crate::emulator::person::Act;
use crate::emulator::switches::RegenerateFalse;
use crate::emulator::{Request, Response, Setup, Switches};
use crate::model::Spec;
use crate::plan::{Blocked, BlockedBy};
use crate::rehearse::{Ended, Frozen, Mishap, World, run};

use super::scene::{DAY, USUAL, items, later, spec, start, web};

/// A world in which the key of the usual credential is due.
pub(super) async fn due(switches: Switches) -> (Frozen, Arc<Spec>) {
    let spec = spec(&web(USUAL));
    let world = World::new(Setup { switches, ..Setup::default() }, start());
    world.declare(&spec);
    assert!(run(&world, &spec, true).await.is_clean());
    later(&world, 151 * DAY);
    (world.frozen(), spec)
}

/// Keeps running for a month; what applications lost, and what is not at rest.
async fn rest(world: &Arc<World>, spec: &Spec) -> Vec<String> {
    let mut clean = false;
    for _ in 0..4 {
        later(world, 8 * DAY);
        clean = run(world, spec, true).await.is_clean();
    }
    let mut wrong: Vec<String> = world.apps().dark().iter().map(ToString::to_string).collect();
    wrong.extend((!clean).then(|| "not at rest".to_owned()));
    let stray = world.stray_keys();
    wrong.extend((!stray.is_empty()).then(|| format!("keys are live that nobody was given: {stray:?}")));
    wrong.extend((items(world).len() != 1).then(|| "more than one item is left".to_owned()));
    wrong
}

/// Two runs of one stack at once, their requests overtaking each other in many ways.
pub(super) async fn wrong(lease: bool, switches: Switches) -> Vec<String> {
    let (before, spec) = due(switches).await;
    let mut wrong = Vec::new();
    for seed in 0..60 {
        let world = World::from(&before);
        world.shuffle(seed);
        let (one, two) = tokio::join!(run(&world, &spec, lease), run(&world, &spec, lease));
        if lease && !matches!((&one, &two), (Ended::Leased, _) | (_, Ended::Leased)) {
            // One may have been over before the other began to want the lease; then the second finds nothing to do.
            let worked = [&one, &two].into_iter().filter(|ended| did_something(ended)).count();
            wrong.extend((worked > 1).then(|| format!("both runs did something under seed {seed}")));
        }
        wrong.extend(rest(&world, &spec).await.into_iter().map(|why| format!("seed {seed}: {why}")));
    }
    wrong
}

fn did_something(ended: &Ended) -> bool {
    match ended {
        Ended::Ran { report, .. } => report.as_ref().is_some_and(crate::apply::Report::wrote),
        Ended::Leased | Ended::Stale { .. } | Ended::Failed { .. } => false,
    }
}

/// A run that sleeps for a quarter of an hour before each of its requests in turn; what it writes after it woke.
pub(super) async fn asleep() -> Vec<String> {
    let (before, spec) = due(Switches::default()).await;
    let world = World::from(&before);
    world.begin(false);
    assert!(run(&world, &spec, true).await.is_clean());
    let requests = world.counts().0;
    let leased = world.log().iter().position(|what| what.contains("createFolder")).unwrap();
    let mut wrong = Vec::new();
    for n in 1..=requests {
        let world = World::from(&before);
        world.begin(false);
        world.mishap(Some(Mishap::Sleeps(n, 15 * 60_000)));
        run(&world, &spec, true).await;
        let log = world.log();
        // Whoever slept before the lease was taken has all of it left.
        let is_request = |(_, what): &(usize, &Arc<str>)| !what.starts_with("sink");
        let nth = log.iter().enumerate().filter(is_request).nth(usize::try_from(n - 1).unwrap());
        let slept = nth.map_or(usize::MAX, |(at, _)| at + 1);
        if slept > leased + 1 && slept <= log.len() {
            // What was sent while it slept is the last thing it may have sent under that lease; to give it back is no
            // write.
            let until_the_next = log.iter().skip(slept).take_while(|what| !what.contains("createFolder"));
            let late = until_the_next.filter(|what| {
                let folder = what.contains("Folder") || what.ends_with("/delete") && !what.contains("/items/");
                (what.starts_with("POST") || what.starts_with("sink")) && !folder
            });
            wrong.extend(late.map(|what| format!("asleep before request {n}, then sent {what}")));
        }
        wrong.extend(rest(&world, &spec).await);
    }
    wrong
}

/// The number of the first request of an undisturbed run that contains `what`.
async fn number_of(what: &str, before: &Frozen, spec: &Spec) -> u64 {
    let world = World::from(before);
    world.begin(false);
    assert!(run(&world, spec, true).await.is_clean());
    u64::try_from(world.log().iter().position(|request| request.contains(what)).unwrap() + 1).unwrap()
}

/// A person issues into the free slot before the first request that contains `what`, or so many later, on a portal that
/// does this when it is asked not to regenerate; what applications lost by the runs from then on.
pub(super) async fn a_person_issues(what: &str, later_by: u64, regenerate_false: RegenerateFalse) -> Vec<String> {
    let (before, spec) = due(Switches { regenerate_false, ..Switches::default() }).await;
    let request = number_of(what, &before, &spec).await + later_by;
    let world = World::from(&before);
    let item = items(&world).remove(0);
    world.set_punctual(false);
    world.begin(false);
    world.mishap(Some(Mishap::Meanwhile(request, Act::Issue { item, slot: 2, days: Some(300) })));
    for _ in 0..3 {
        run(&world, &spec, true).await;
        later(&world, DAY);
    }
    world.apps().dark().iter().map(ToString::to_string).collect()
}

/// A portal that accepts no key in the run that issues it. What the run did about it, and what is not at rest after the
/// next ones.
pub(super) async fn a_new_key_does_not_answer() -> Vec<String> {
    fn refuses_the_new_key(request: &Request, response: Response) -> Response {
        let key = request.credentials().is_some_and(|text| text.contains(".AT2_"));
        if key && request.path.ends_with("portals/self") {
            return Response::json(200, &serde_json::json!({"error": {"code": 498, "message": "Invalid token."}}));
        }
        response
    }
    let (before, spec) = due(Switches::default()).await;
    let world = World::from(&before);
    world.answer_by(Arc::new(refuses_the_new_key));
    world.begin(false);
    let ended = run(&world, &spec, true).await;
    let mut wrong = Vec::new();
    wrong.extend(ended.is_clean().then(|| "it was taken for proved".to_owned()));
    let touched = |what: &Arc<str>| what.contains("revokeToken") || what.starts_with("sink");
    wrong.extend(world.log().iter().filter(|what| touched(what)).map(ToString::to_string));
    world.answer_by(Arc::new(|_: &Request, response| response));
    later(&world, 11);
    let next = run(&world, &spec, true).await;
    wrong.extend((!next.is_clean()).then(|| format!("the next run did not take it up: {next:?}")));
    wrong.extend(rest(&world, &spec).await);
    wrong
}

/// What a run says on a portal that issues into an empty slot only if it is asked to regenerate, but for that.
pub(super) async fn a_portal_that_only_regenerates() -> Vec<String> {
    let mut switches = Switches::default();
    switches.set("regenerate_empty", "refused").unwrap();
    let spec = spec(&web(USUAL));
    let world = World::new(Setup { switches, ..Setup::default() }, start());
    world.declare(&spec);
    let Ended::Ran { report: Some(report), .. } = run(&world, &spec, true).await else { panic!("it did not run") };
    let mut wrong: Vec<String> = report.failed().map(|(_, error)| error.to_string()).collect();
    let said = report.results.iter().flat_map(|tried| &tried.done).any(|what| what.contains("regenerateApiToken=true"));
    wrong.extend((!said).then(|| format!("the report does not say so: {report:?}")));
    wrong.extend(rest(&world, &spec).await);
    wrong
}

/// A person edits the privileges, which ends every key of the item, right after our new key was minted.
pub(super) async fn a_person_edits_privileges_after_the_token_call() -> Vec<String> {
    let (before, spec) = due(Switches::default()).await;
    let token = number_of("oauth2/token", &before, &spec).await;
    let world = World::from(&before);
    let item = items(&world).remove(0);
    let edit = Act::App { item, privileges: Some(vec!["premium:user:geocode".into()]), referrers: None };
    world.begin(false);
    world.mishap(Some(Mishap::Meanwhile(token + 1, edit)));
    run(&world, &spec, true).await;
    rest(&world, &spec).await
}

/// A person dates the free slot right after we did, to issue a key there next. What our run did about it.
pub(super) async fn a_person_dates_the_slot_after_us() -> Vec<String> {
    let (before, spec) = due(Switches::default()).await;
    let request = number_of("/update", &before, &spec).await + 1;
    let world = World::from(&before);
    let item = items(&world).remove(0);
    let date = world.now().checked_add(SignedDuration::from_mins(300 * DAY)).unwrap().as_millisecond();
    let set = [("apiToken2ExpirationDate".to_owned(), serde_json::json!(date))].into_iter().collect();
    world.begin(false);
    world.mishap(Some(Mishap::Meanwhile(request, Act::Edit { item, set })));
    run(&world, &spec, true).await;
    let log = world.log();
    log.iter().filter(|what| what.contains("oauth2/token")).map(ToString::to_string).collect()
}

#[tokio::test]
async fn of_two_runs_at_once_one_works_and_nobody_loses_a_key() {
    for switches in [Switches::default(), Switches::worst()] {
        let found = Box::pin(wrong(true, switches)).await;
        assert!(found.is_empty(), "{found:#?}");
    }
}

#[tokio::test]
async fn without_a_lease_two_runs_at_once_can_leave_keys_that_nobody_has() {
    // Where a portal refuses to issue over a key, the second run stops there.
    let switches = Switches { regenerate_false: RegenerateFalse::New, ..Switches::default() };
    let found = Box::pin(wrong(false, switches)).await;
    assert!(found.iter().any(|why| why.contains("keys are live that nobody was given")), "{found:#?}");
}

#[tokio::test]
async fn a_run_that_sleeps_past_its_lease_writes_nothing_when_it_wakes() {
    let found = asleep().await;
    assert!(found.is_empty(), "{found:#?}");
}

#[tokio::test]
async fn a_lease_left_by_a_killed_run_is_taken_over_after_its_time() {
    let (before, spec) = due(Switches::default()).await;
    let world = World::from(&before);
    world.begin(true);
    run(&world, &spec, true).await;
    let shots = world.shots();
    let token = shots.iter().find(|shot| shot.what.contains("oauth2/token")).unwrap();
    let world = World::from(&token.world);
    later(&world, 5);
    assert!(matches!(run(&world, &spec, true).await, Ended::Leased), "its time is not over");
    later(&world, 6);
    assert!(run(&world, &spec, true).await.is_clean());
    assert_eq!(rest(&world, &spec).await, Vec::<String>::new());
}

/// Two checkouts of one stack that are applied in turn, each with files of its own. What goes beyond two items and four
/// live keys at a time, or three new items in thirty days, and what kept it below.
pub(super) async fn two_checkouts(days: i64) -> (Vec<String>, BTreeSet<BlockedBy>) {
    let spec = spec(&web(&USUAL.replace("overlap: 7d", "overlap: 6d")));
    let world = World::new(Setup::default(), start());
    world.declare(&spec);
    let (mut aside, mut made, mut wrong, mut kept) = (BTreeMap::new(), BTreeMap::new(), Vec::new(), BTreeSet::new());
    for day in 0..days {
        world.change_checkout(&mut aside);
        let ended = run(&world, &spec, true).await;
        let blocked = ended.plan().into_iter().flat_map(crate::plan::Plan::blocked);
        kept.extend(blocked.filter_map(|change| change.blocked.as_ref().map(Blocked::by)));
        if let Ended::Ran { report: Some(report), .. } = &ended {
            wrong.extend(report.failed().map(|(_, error)| format!("day {day}: {error}")));
        }
        let there = items(&world);
        let keys = world.with(|state, now| state.live_keys(now).count());
        if there.len() > 2 || keys > 4 {
            wrong.push(format!("day {day}: {} items, {keys} live keys", there.len()));
        }
        for item in there {
            made.entry(item).or_insert(day);
        }
        later(&world, DAY);
    }
    let lately = |day: i64| made.values().filter(|at| **at > 0 && (day - 30..day).contains(*at)).count();
    wrong.extend((1..days).filter(|day| lately(*day) > 3).map(|day| format!("day {day}: {made:?}")));
    (wrong, kept)
}
