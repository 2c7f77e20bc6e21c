//! What came back of a write: it is recorded as the portal made it, and what somebody did meanwhile is not ours.

use std::sync::Arc;

use serde_json::json;

use super::scene::{DAY, USUAL, items, later, spec, start, web};
use super::scenes::MORE;
use crate::apply::{ApplyError, Report};
use crate::emulator::person::Act;
use crate::emulator::{Request, Response, Setup, Switches};
use crate::model::{Field, Spec};
use crate::plan::{Action, Blocked, Cause, Plan};
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
    declared_as(world, &format!("{USUAL}\n{more}"))
}

fn declared_as(world: &World, text: &str) -> Arc<Spec> {
    let spec = spec(&web(text));
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

#[tokio::test]
async fn a_referrer_that_a_person_sets_before_our_app_is_read_back_was_changed_in_the_portal() {
    let world = portal(&[]);
    let spec = declared(&world, "");
    let twin = World::from(&world.frozen());
    is_done(&twin, &spec).await;
    let (item, registered) = (items(&twin).remove(0), last_of(&twin, "registerApp"));
    for number in registered + 1..=registered + 3 {
        let world = World::from(&world.frozen());
        world.begin(false);
        let referrers = Some(vec!["https://theirs.example.com".to_owned()]);
        world.mishap(Some(Mishap::Meanwhile(number, Act::App { item: item.clone(), privileges: None, referrers })));
        let ended = run(&world, &spec, true).await;
        assert!(ended.is_clean(), "{number}: {ended:?}");
        later(&world, 11);
        let plan = planned(&world, &spec).await;
        let fields = plan.changes.iter().flat_map(|change| &change.fields);
        let fields: Vec<_> = fields.map(|diff| (diff.field, diff.cause)).collect();
        assert_eq!(fields, [(Field::Referrers, Cause::Portal)], "{number}");
    }
}

/// A run is told that the portal did not take these fields; how many times an app was sent.
async fn is_refused(world: &Arc<World>, spec: &Spec, fields: &[Field], rest: bool) -> usize {
    world.begin(false);
    let ended = run(world, spec, true).await;
    let Ended::Ran { report: Some(report), .. } = &ended else { panic!("{ended:?}") };
    let told: Vec<_> = report.failed().map(|(_, error)| error).collect();
    assert!(
        matches!(told.as_slice(), [ApplyError::NotTaken { fields: not, rest: done }] if not == fields && *done == rest),
        "{told:?}"
    );
    later(world, 11);
    sent(world)
}

/// How many times the run before sent an app.
fn sent(world: &World) -> usize {
    let app = |request: &&Arc<str>| request.starts_with("POST oauth2/apps/") || request.contains("registerApp");
    world.log().iter().filter(app).count()
}

/// A run finds the credential blocked by these fields, and sends no app.
async fn is_blocked(world: &Arc<World>, spec: &Spec, fields: &[Field]) -> Plan {
    world.begin(false);
    let ended = run(world, spec, true).await;
    let failed = match &ended {
        Ended::Ran { report, .. } => report.iter().flat_map(Report::failed).count(),
        Ended::Leased | Ended::Stale { .. } | Ended::Failed { .. } => 1,
    };
    assert!(failed == 0 && sent(world) == 0, "{ended:?}");
    later(world, 11);
    let plan = ended.plan().unwrap();
    let blocks: Vec<_> = plan.blocked().filter_map(|change| change.blocked.as_ref()).collect();
    let named = |asked: &crate::model::Refusal| asked.keys().eq(fields);
    assert!(matches!(blocks.as_slice(), [Blocked::NotTaken { asked, .. }] if named(asked)), "{blocks:?}");
    plan.clone()
}

fn is_served(world: &World) {
    let apps = world.apps();
    let unserved = world.with(|state, now| apps.unserved(now, state));
    assert_eq!((unserved, world.stray_keys()), (Vec::new(), Vec::new()));
}

#[tokio::test]
async fn an_edit_in_place_that_the_portal_does_not_take_is_refused_and_its_key_renewed() {
    let world = portal(&["refuses=referrers"]);
    let in_place = format!("{USUAL}\non_breaking_change: in_place");
    let edited = |host: &str| in_place.replace("stores.example.com", host);
    is_done(&world, &declared_as(&world, &in_place)).await;
    let spec = declared_as(&world, &edited("shops.example.com"));
    assert_eq!(is_refused(&world, &spec, &[Field::Referrers], true).await, 1);
    is_served(&world);
    for _ in 0..2 {
        let plan = is_blocked(&world, &spec, &[Field::Referrers]).await;
        assert!(plan.runnable().next().is_none(), "{plan:?}");
    }
    later(&world, 151 * DAY);
    let plan = is_blocked(&world, &spec, &[Field::Referrers]).await;
    assert!(plan.runnable().any(|change| change.action == Action::Rotate));
    is_served(&world);
    // Something else is tried; put back, it is forgotten; and then the same is tried again.
    let other = declared_as(&world, &edited("other.example.com"));
    assert_eq!(is_refused(&world, &other, &[Field::Referrers], true).await, 1);
    let back = declared_as(&world, &in_place);
    is_done(&world, &back).await;
    assert!(planned(&world, &back).await.is_empty());
    let again = declared_as(&world, &edited("other.example.com"));
    assert_eq!(is_refused(&world, &again, &[Field::Referrers], true).await, 1);
    is_served(&world);
    // A person brings the portal to take it.
    world.with(|state, _| state.set_switches(Switches::default()));
    let (item, referrers) = (items(&world).remove(0), Some(vec!["https://other.example.com".to_owned()]));
    world.person(&Act::App { item, privileges: None, referrers });
    is_done(&world, &again).await;
    assert!(planned(&world, &again).await.is_empty());
    is_served(&world);
}

#[tokio::test]
async fn a_new_item_whose_access_the_portal_does_not_take_goes_again_and_the_older_one_stays_in_use() {
    let world = portal(&["refuses=privilege"]);
    is_done(&world, &declared(&world, "")).await;
    let home = items(&world);
    let spec = declared_as(&world, &USUAL.replace("privileges: [premium:user:basemaps]", MORE));
    assert_eq!(is_refused(&world, &spec, &[Field::Privileges], false).await, 1);
    assert_eq!(items(&world).len(), 2);
    for _ in 0..3 {
        is_blocked(&world, &spec, &[Field::Privileges]).await;
        assert_eq!(items(&world), home);
        is_served(&world);
    }
    later(&world, 151 * DAY);
    let plan = is_blocked(&world, &spec, &[Field::Privileges]).await;
    assert!(plan.runnable().any(|change| change.action == Action::Rotate));
    is_served(&world);
    let other = declared_as(&world, &USUAL.replace("premium:user:basemaps", "premium:user:geocode"));
    is_done(&world, &other).await;
    is_served(&world);
}

#[tokio::test]
async fn a_new_credential_whose_access_the_portal_does_not_take_gets_no_key_until_it_asks_for_other() {
    let world = portal(&["refuses=privilege"]);
    let spec = declared_as(&world, &USUAL.replace("privileges: [premium:user:basemaps]", MORE));
    assert_eq!(is_refused(&world, &spec, &[Field::Privileges], false).await, 1);
    for _ in 0..2 {
        is_blocked(&world, &spec, &[Field::Privileges]).await;
        assert_eq!(world.with(|state, now| state.live_fingerprints(now).len()), 0);
    }
    let other = declared(&world, "");
    is_done(&world, &other).await;
    assert!(planned(&world, &other).await.is_empty());
    is_served(&world);
}
