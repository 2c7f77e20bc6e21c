//! The life of a credential on portals that answer otherwise: made, rotated, retired, edited, destroyed.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::scene::Do::{Declare, Person, Run, Wait};
use super::scene::{DAY, Playing, Scene, USUAL, items, later, play, spec, start, web};
use super::scenes::{MORE, in_full, rotate};
use super::shapes::{Shape, Shapes};
use crate::emulator::person::Act;
use crate::emulator::{Request, Response, Setup, Switches};
use crate::model::{CredentialName, Requests, Spec};
use crate::plan::Plan;
use crate::rehearse::{Between, Ended, World, look, run};
use crate::render::words;

/// One credential over its whole life, step by step.
struct Life {
    world: Arc<World>,
    wrong: Vec<String>,
}

impl Life {
    fn begun(switches: &Switches) -> Self {
        let setup = Setup { switches: switches.clone(), ..Setup::default() };
        Self { world: World::new(setup, start()), wrong: Vec::new() }
    }

    /// A run does `what`, all of it, and leaves so many items and live keys; the next plan is empty.
    async fn run(&mut self, what: &str, spec: &Spec, (items_left, keys): (usize, usize)) {
        let ended = run(&self.world, spec, true).await;
        let mut wrong = trouble_of(&ended);
        if !matches!(&ended, Ended::Ran { report: Some(_), .. }) {
            wrong.push("nothing was done".into());
        }
        let live = self.world.with(|state, now| state.live_fingerprints(now).len());
        if (items(&self.world).len(), live) != (items_left, keys) {
            wrong.push(format!("{} items and {live} live keys are left", items(&self.world).len()));
        }
        wrong.extend(self.ends());
        // The index has heard of it by then.
        later(&self.world, 1);
        let again = Spec { requests: Requests::default(), ..spec.clone() };
        if items_left > 0 {
            let next = look(&self.world, &again).await;
            wrong.extend(trouble_of(&next));
            if let Some(plan) = next.plan().filter(|plan| !plan.is_empty()) {
                let todo: Vec<_> = plan.changes.iter().map(|change| (change.action, &change.reasons)).collect();
                wrong.push(format!("there is something left to do: {todo:?}"));
            }
        }
        self.wrong.extend(wrong.into_iter().map(|why| format!("{what}: {why}")));
    }

    /// Where a ledger knows another end of a live key than the portal does.
    fn ends(&self) -> Vec<String> {
        let summary = self.world.with(|state, now| state.summary(now));
        let items = summary["items"].as_array().cloned().unwrap_or_default();
        let mut wrong = Vec::new();
        for item in items.iter().filter(|item| item["recycled"].is_null()) {
            let text = item["properties"].as_str();
            let properties =
                text.map_or_else(|| item["properties"].clone(), |text| serde_json::from_str(text).unwrap());
            let ledger = &properties["keyform"]["slots"];
            for slot in item["app"]["slots"].as_array().into_iter().flatten().filter(|slot| slot["liveKeys"] == 1) {
                let record = &ledger[slot["slot"].to_string()];
                if record["ends"] != slot["expires"] {
                    wrong.push(format!("the ledger has {record} for a key that ends {}", slot["expires"]));
                }
            }
        }
        wrong
    }

    fn served(&mut self, what: &str) {
        let apps = self.world.apps();
        let unserved = self.world.with(|state, now| apps.unserved(now, state));
        let dark = apps.dark().iter().map(ToString::to_string);
        let stray = self.world.stray_keys();
        for why in unserved.into_iter().chain(dark).chain(stray) {
            self.wrong.push(format!("{what}: {why}"));
        }
    }
}

/// What was in the way of a run.
pub(super) fn trouble_of(ended: &Ended) -> Vec<String> {
    match ended {
        Ended::Ran { plan, report } => {
            let blocked = plan.blocked().filter_map(|change| {
                change.blocked.as_ref().map(|blocked| words::blocked(blocked).why.shown().to_string())
            });
            let failed = report.iter().flat_map(crate::apply::Report::failed).map(|(_, error)| error.to_string());
            blocked.chain(failed).collect()
        }
        Ended::Leased => vec!["the lease is held".into()],
        Ended::Stale { name, action } => vec![format!("stale: {name} {action:?}")],
        Ended::Failed { why } => vec![why.clone()],
    }
}

/// Everything that is wrong with the life of a credential under these switches.
async fn life(switches: &Switches, between: Option<Arc<dyn Between>>) -> Vec<String> {
    let mut life = Life::begun(switches);
    if let Some(between) = between {
        life.world.answer_by(between);
    }
    let usual = spec(&web(&format!("{USUAL}\nprotect: false")));
    let more = spec(&web(&format!("{USUAL}\nprotect: false").replace("privileges: [premium:user:basemaps]", MORE)));
    life.world.declare(&usual);
    life.run("created", &usual, (1, 1)).await;
    later(&life.world, 151 * DAY);
    life.run("rotated", &usual, (1, 2)).await;
    later(&life.world, 8 * DAY);
    life.run("retired", &usual, (1, 1)).await;
    life.served("kept");
    life.world.declare(&more);
    life.run("replaced", &more, (2, 2)).await;
    later(&life.world, 8 * DAY);
    life.run("old item deleted", &more, (1, 1)).await;
    life.served("replaced");
    let name = CredentialName::new("web").unwrap();
    let requests = Requests { destroy: [name].into(), ..Requests::default() };
    life.run("destroyed", &Spec { requests, ..Spec::clone(&more) }, (0, 0)).await;
    life.wrong
}

fn set(switches: &mut Switches, name: &str, value: &str) {
    switches.set(name, value).unwrap();
}

/// The switches that this is about.
const OF_ANSWERS: [&str; 4] = ["unregistered", "date_shown", "date_returned", "key_end"];

fn values(name: &str) -> &'static [&'static str] {
    Switches::ALL.iter().find(|switch| switch.name == name).unwrap().alternatives
}

#[tokio::test]
async fn a_credential_lives_its_whole_life_under_each_answer_alone() {
    for name in OF_ANSWERS {
        for value in values(name) {
            let mut switches = Switches::default();
            set(&mut switches, name, value);
            assert_eq!(life(&switches, None).await, Vec::<String>::new(), "{name}={value}");
        }
    }
}

#[tokio::test]
async fn a_credential_lives_its_whole_life_under_every_pair_of_answers() {
    let mut pairs = 0;
    for (at, one) in OF_ANSWERS.iter().enumerate() {
        for two in &OF_ANSWERS[at + 1..] {
            for (first, second) in
                values(one).iter().flat_map(|first| values(two).iter().map(move |second| (first, second)))
            {
                let mut switches = Switches::default();
                set(&mut switches, one, first);
                set(&mut switches, two, second);
                assert_eq!(life(&switches, None).await, Vec::<String>::new(), "{one}={first} {two}={second}");
                pairs += 1;
            }
        }
    }
    assert_eq!(pairs, 105);
}

/// Combinations of when and how a date comes back, each killed at every point: some of them, unless all are asked for.
#[tokio::test]
async fn a_credential_that_is_killed_anywhere_comes_to_rest_under_every_answer_about_dates() {
    for (at, (shown, returned, end)) in combinations().enumerate() {
        if !in_full() && at % 5 != 0 {
            continue;
        }
        let mut switches = Switches::default();
        set(&mut switches, "date_shown", shown);
        set(&mut switches, "date_returned", returned);
        set(&mut switches, "key_end", end);
        let verdict = play(&rotate(), &Playing { switches, ..Playing::default() }).await;
        assert_eq!(verdict.wrong, Vec::<String>::new(), "{shown} {returned} {end}");
        assert!(verdict.points > 8, "{} points", verdict.points);
    }
}

fn combinations() -> impl Iterator<Item = (&'static str, &'static str, &'static str)> {
    let all = values("date_shown").iter().flat_map(|shown| {
        let pairs = values("date_returned")
            .iter()
            .flat_map(|returned| values("key_end").iter().map(move |end| (returned, end)));
        pairs.map(move |(returned, end)| (*shown, *returned, *end))
    });
    // As it was sent, it is cut to nothing.
    all.filter(|(_, returned, end)| *returned != "kept" || *end != "sent")
}

#[tokio::test]
async fn what_a_killed_run_dated_is_taken_up_in_one_run_however_late_the_date_shows() {
    let spec = spec(&web(USUAL));
    // Later than that, it may show between two reads of one write; then the run after it goes on.
    for reads in 1..=4 {
        let mut switches = Switches::default();
        set(&mut switches, "date_late_reads", &reads.to_string());
        let world = World::new(Setup { switches, ..Setup::default() }, start());
        world.declare(&spec);
        world.begin(true);
        assert!(run(&world, &spec, true).await.is_clean());
        let dated =
            world.shots().into_iter().filter(|shot| shot.what.ends_with("/update") || shot.what.contains("token"));
        for shot in dated {
            let world = World::from(&shot.world);
            later(&world, 11);
            let ended = run(&world, &spec, true).await;
            assert!(
                ended.is_clean(),
                "{reads} reads, killed at {} {}: {:?}",
                shot.number,
                shot.what,
                trouble_of(&ended)
            );
        }
    }
}

#[tokio::test]
async fn a_key_that_a_person_has_just_issued_is_not_ended_because_its_date_shows_late() {
    let issue = |items: &[String]| Act::Issue { item: items[0].clone(), slot: 1, days: Some(300) };
    for (name, value) in [("date_late_reads", "2"), ("date_shown", "later")] {
        let mut switches = Switches::default();
        set(&mut switches, name, value);
        for days in [8, 40] {
            // Within the life of the old key, whose overlap is over, and past it.
            let steps = vec![Declare(web(USUAL)), Run, Wait(151 * DAY), Run, Wait(days * DAY), Person(issue), Run];
            let scene = Scene::new("a person issues in the slot of the old key", steps).may_block();
            let playing = Playing { kill: false, switches: switches.clone(), ..Playing::default() };
            assert_eq!(play(&scene, &playing).await.wrong, Vec::<String>::new(), "{name}={value} {days}");
        }
    }
}

#[tokio::test]
async fn a_deleted_item_is_gone_whatever_a_portal_answers_about_it() {
    fn otherwise(request: &Request, response: Response) -> Response {
        let about_item = request.path.contains("/content/items/");
        if about_item && response.body.contains("CONT_0001") {
            let body =
                serde_json::json!({ "error": { "code": 403, "message": "You cannot see this.", "details": [] } });
            return Response::json(200, &body);
        }
        response
    }
    assert_eq!(life(&Switches::default(), Some(Arc::new(otherwise))).await, Vec::<String>::new());
}

#[tokio::test]
async fn a_credential_lives_its_whole_life_whatever_form_answers_have() {
    let mut met = BTreeMap::new();
    for seed in 0..2 {
        let alone = Shape::FORMS.iter().map(std::slice::from_ref);
        for (forms, switches) in alone
            .map(|form| (form, Switches::default()))
            .chain([(&Shape::FORMS[..], Switches::default()), (&Shape::FORMS[..], Switches::worst())])
        {
            let shapes = Shapes::new(seed, forms, &[]);
            let wrong = life(&switches, Some(Arc::clone(&shapes) as Arc<dyn Between>)).await;
            assert_eq!(wrong, Vec::<String>::new(), "{forms:?} {seed}");
            met.extend(shapes.met());
        }
    }
    assert_eq!(unmet(&Shape::FORMS, &met), Vec::<&str>::new());
}

fn unmet(shapes: &[Shape], met: &BTreeMap<Shape, u64>) -> Vec<&'static str> {
    shapes.iter().filter(|shape| !met.contains_key(shape)).map(|shape| shape.name()).collect()
}

#[tokio::test]
async fn whatever_trouble_there_was_the_runs_after_it_leave_one_item_and_one_key() {
    let spec = spec(&web(USUAL));
    let mut met = BTreeMap::new();
    for (seed, trouble) in Shape::TROUBLE.iter().flat_map(|trouble| (0..20).map(move |seed| (seed, trouble))) {
        let world = World::new(Setup::default(), start());
        let shapes = Shapes::new(seed, &[], &[*trouble]);
        world.declare(&spec);
        // With something to read, or with everything to make.
        if seed % 2 == 0 {
            run(&world, &spec, true).await;
        }
        world.answer_by(Arc::clone(&shapes) as Arc<dyn Between>);
        run(&world, &spec, true).await;
        later(&world, 11);
        shapes.set_calm(true);
        for _ in 0..2 {
            run(&world, &spec, true).await;
            later(&world, 11);
        }
        let next = look(&world, &spec).await;
        let what = (trouble.name(), seed, trouble_of(&next));
        assert!(next.plan().is_some_and(Plan::is_empty), "{what:?}");
        let live = world.with(|state, now| state.live_fingerprints(now).len());
        assert_eq!((items(&world).len(), live, world.stray_keys().len()), (1, 1, 0), "{what:?}");
        met.extend(shapes.met());
    }
    assert_eq!(unmet(&Shape::TROUBLE, &met), Vec::<&str>::new());
}

#[tokio::test]
async fn a_portal_that_only_regenerates_may_say_so_with_any_code() {
    let mut switches = Switches::default();
    set(&mut switches, "regenerate_empty", "refused");
    for seed in 0..6 {
        let shapes = Shapes::new(seed, &[Shape::ErrorCode, Shape::ErrorWords, Shape::HttpStatus], &[]);
        let wrong = life(&switches, Some(shapes as Arc<dyn Between>)).await;
        assert_eq!(wrong, Vec::<String>::new(), "{seed}");
    }
}

#[tokio::test]
async fn an_edit_in_place_goes_on_whatever_two_answers_about_an_app_leave_out() {
    let in_place = format!("{USUAL}\nprotect: false\non_breaking_change: in_place");
    let (usual, more) = (web(&in_place), web(&in_place.replace("privileges: [premium:user:basemaps]", MORE)));
    for seed in 0..8 {
        let world = World::new(Setup::default(), start());
        world.answer_by(Shapes::new(seed, &[Shape::LeftOut], &[]) as Arc<dyn Between>);
        for text in [&usual, &more] {
            let spec = spec(text);
            world.declare(&spec);
            let ended = run(&world, &spec, true).await;
            assert!(ended.is_clean(), "{seed}: {:?}", trouble_of(&ended));
        }
    }
}
