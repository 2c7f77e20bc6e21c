//! What came back of a write: it is recorded as the portal made it, and what somebody did meanwhile is not ours.

use std::sync::Arc;

use serde_json::json;

use super::scene::{USUAL, items, later, spec, start, web};
use crate::emulator::person::Act;
use crate::emulator::{Request, Response, Setup, Switches};
use crate::model::Spec;
use crate::plan::{Cause, Plan};
use crate::rehearse::{Ended, Mishap, World, look, run};

/// A portal with these settings.
fn portal(settings: &[&str]) -> Arc<World> {
    let mut switches = Switches::default();
    for setting in settings {
        switches.parse(setting).unwrap();
    }
    World::new(Setup { switches, ..Setup::default() }, start())
}

/// The credential says `more` from now on.
fn declared(world: &World, more: &str) -> Arc<Spec> {
    let spec = spec(&web(&format!("{USUAL}\n{more}")));
    world.declare(&spec);
    spec
}

/// A run does all that it planned.
async fn is_done(world: &Arc<World>, spec: &Spec) {
    world.begin(false);
    let ended = run(world, spec, true).await;
    assert!(ended.is_clean() && matches!(ended, Ended::Ran { report: Some(_), .. }), "{ended:?}");
    later(world, 11);
}

async fn planned(world: &Arc<World>, spec: &Spec) -> Plan {
    match look(world, spec).await {
        Ended::Ran { plan, .. } => *plan,
        ended => panic!("{ended:?}"),
    }
}

/// The number of the last request of the run before that contains `what`.
fn last_of(world: &World, what: &str) -> u64 {
    let requests = world.log().into_iter().filter(|request| !request.starts_with("sink"));
    let numbers = (1..).zip(requests).filter(|(_, request)| request.contains(what));
    numbers.last().unwrap().0
}

#[tokio::test]
async fn an_edit_that_the_portal_undoes_or_alters_is_done_and_leaves_nothing_to_do() {
    let long = "x".repeat(250);
    for (settings, before, after) in [
        ("description=sanitised", "description: Maps".to_owned(), "description: <h1>Maps</h1>".to_owned()),
        ("description=sanitised", "description: Maps".to_owned(), "description: <script>Maps".to_owned()),
        ("snippet=cut", format!("snippet: {long}a"), format!("snippet: {long}b")),
        ("snippet=cut", "snippet: short".to_owned(), format!("snippet: {long}b")),
        ("tags=old_case", "tags: [maps]".to_owned(), "tags: [Maps]".to_owned()),
    ] {
        let world = portal(&[settings]);
        is_done(&world, &declared(&world, &before)).await;
        let spec = declared(&world, &after);
        let begun = world.now();
        is_done(&world, &spec).await;
        let took = world.now().duration_since(begun).as_secs() - 11 * 60;
        assert!(planned(&world, &spec).await.is_empty() && took < 6, "{settings} {after}: {took} s");
        // An edit of something else leaves it alone.
        let spec = declared(&world, &format!("{after}\ntitle: Other"));
        is_done(&world, &spec).await;
        assert!(planned(&world, &spec).await.is_empty(), "{settings} {after}");
    }
}

#[tokio::test]
async fn what_a_person_writes_after_our_edit_was_changed_in_the_portal() {
    let world = portal(&["description=sanitised"]);
    is_done(&world, &declared(&world, "description: Maps")).await;
    let spec = declared(&world, "description: <h1>Shops</h1>");
    let edited = World::from(&world.frozen());
    is_done(&edited, &spec).await;
    // The edit, what came back of it, and then the record of it: a read, and its write.
    let record = last_of(&edited, "/update");
    let act = |text: &str| Act::Edit {
        item: items(&world).remove(0),
        set: [("description".to_owned(), json!(text))].into_iter().collect(),
    };
    for number in [record - 2, record - 1, record] {
        let world = World::from(&world.frozen());
        world.begin(false);
        world.mishap(Some(Mishap::SleepsWhile(number, 5000, act("Theirs"))));
        let ended = run(&world, &spec, true).await;
        assert!(ended.is_clean(), "{number}: {ended:?}");
        later(&world, 11);
        let plan = planned(&world, &spec).await;
        let causes: Vec<_> = plan.changes.iter().map(|change| change.cause).collect();
        assert_eq!(causes, [Cause::Portal], "{number}: {:?}", world.log());
        is_done(&world, &spec).await;
        assert!(planned(&world, &spec).await.is_empty(), "{number}");
    }
}

#[tokio::test]
async fn a_move_that_the_item_does_not_tell_is_done_and_leaves_nothing_to_do() {
    let world = portal(&[]);
    world.answer_by(Arc::new(|_: &Request, response: Response| Response {
        body: response.body.replace("ownerFolder", "folderOfTheOwner"),
        ..response
    }));
    is_done(&world, &declared(&world, "folder: Keys")).await;
    let spec = declared(&world, "folder: Other keys");
    is_done(&world, &spec).await;
    assert!(planned(&world, &spec).await.is_empty());
}
