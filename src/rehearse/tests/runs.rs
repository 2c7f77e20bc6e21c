//! The run itself: what was not shown is not done, a lease that ends is followed by another, and a portal that takes no
//! writes gets none.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use crate::apply::{ApplyError, Session, Tenure, Terms, apply};
use crate::emulator::person::Act;
use crate::emulator::{Setup, Switches};
use crate::live::Unwatched;
use crate::model::ItemId;
use crate::plan::{Blocked, Target};
use crate::rehearse::process::on;
use crate::rehearse::{Ended, Mishap, World, run};
use crate::run::{Ask, read};

use super::pairs::due;
use super::scene::{DAY, USUAL, items, later, spec, start, web};

const TWO: &str = "credentials:
  one:
    privileges: [premium:user:basemaps]
    referrers: [https://one.example.com]
    deliver:
      - dotenv: { path: .env.one, name: KEY }
  two:
    privileges: [premium:user:basemaps]
    referrers: [https://two.example.com]
    deliver:
      - dotenv: { path: .env.two, name: KEY }
";

/// The requests and sink writes that change something, but for taking and giving back the lease.
fn writes(world: &World) -> Vec<Arc<str>> {
    let lease = |what: &str| what.contains("Folder") || what.ends_with("/delete") && !what.contains("/items/");
    let changes = |what: &Arc<str>| (what.starts_with("POST") || what.starts_with("sink")) && !lease(what);
    world.log().into_iter().filter(changes).collect()
}

fn failed(ended: &Ended) -> Vec<String> {
    match ended {
        Ended::Ran { report, .. } => {
            let failed = report.iter().flat_map(crate::apply::Report::failed);
            failed.map(|(tried, error)| format!("{}: {error}", tried.name)).collect()
        }
        Ended::Leased | Ended::Stale { .. } | Ended::Failed { .. } => vec![format!("{ended:?}")],
    }
}

/// The number of the first request of a run like the one before that contains `what`, counted from 1.
fn number_of(world: &World, what: &str) -> u64 {
    let requests = world.log().into_iter().filter(|request| !request.starts_with("sink"));
    let position = requests.enumerate().find(|(_, request)| request.contains(what));
    u64::try_from(position.unwrap().0 + 1).unwrap()
}

#[tokio::test]
async fn what_changes_between_the_plan_and_the_lease_is_not_carried_out_unseen() {
    let (before, spec) = due(Switches::default()).await;
    let world = World::from(&before);
    world.begin(false);
    assert!(run(&world, &spec, true).await.is_clean());
    let lease = number_of(&world, "createFolder");
    let world = World::from(&before);
    // The plan that was shown renews a key. Before the lease is held, somebody ends all keys by an edit of privileges.
    let item = items(&world).remove(0);
    let edit = Act::App { item, privileges: Some(vec!["premium:user:geocode".into()]), referrers: None };
    world.begin(false);
    world.mishap(Some(Mishap::Meanwhile(lease, edit)));
    let Ended::Stale { name, .. } = run(&world, &spec, true).await else { panic!("it did what nobody was shown") };
    assert_eq!(name.as_str(), "web");
    assert_eq!(writes(&world), Vec::<Arc<str>>::new());
    assert!(run(&world, &spec, true).await.is_clean(), "the lease was given back, and the next run shows what it does");
}

#[tokio::test]
async fn a_run_that_outlasts_its_lease_goes_on_under_a_new_one() {
    let spec = spec(TWO);
    let world = World::new(Setup::default(), start());
    world.declare(&spec);
    let before = world.frozen();
    world.begin(false);
    assert!(run(&world, &spec, true).await.is_clean());
    let token = number_of(&world, "oauth2/token");
    let world = World::from(&before);
    world.begin(false);
    // Less than a minute of the lease is left when the first key is to be issued.
    world.mishap(Some(Mishap::Sleeps(token, 9 * 60_000 + 30_000)));
    let ended = run(&world, &spec, true).await;
    assert!(ended.is_clean(), "{:?}", failed(&ended));
    assert_eq!(world.log().iter().filter(|what| what.contains("createFolder")).count(), 2, "one lease after the other");
    assert_eq!(items(&world).len(), 2);
    assert_eq!(world.stray_keys(), Vec::<String>::new());
}

#[tokio::test]
async fn what_nobody_was_shown_is_not_done_under_a_later_lease_either() {
    // Only the key of the first is due when the run begins; while the lease runs out, somebody edits the second.
    let spec = spec(&format!("{TWO}    expiry: {{ lifetime: 330d }}\n"));
    let world = World::new(Setup::default(), start());
    world.declare(&spec);
    assert!(run(&world, &spec, true).await.is_clean());
    later(&world, 151 * DAY);
    let before = world.frozen();
    world.begin(false);
    assert!(run(&world, &spec, true).await.is_clean());
    let log = world.log();
    let dated = log.iter().find(|what| what.contains("/items/") && what.ends_with("/update")).unwrap();
    let token = number_of(&world, "oauth2/token");
    let world = World::from(&before);
    let other = items(&world).into_iter().find(|id| !dated.contains(id.as_str())).unwrap();
    let edit = Act::App { item: other, privileges: Some(vec!["premium:user:geocode".into()]), referrers: None };
    world.begin(false);
    world.mishap(Some(Mishap::SleepsWhile(token, 9 * 60_000 + 30_000, edit)));
    let ended = run(&world, &spec, true).await;
    let edited = |world: &World| world.log().iter().any(|what| what.contains("/apps/") && what.ends_with("/update"));
    assert!(!edited(&world), "it did what nobody was shown");
    let Ended::Ran { report: Some(report), .. } = &ended else { panic!("{ended:?}") };
    assert!(report.wrote(), "what was done under the first lease is in the report: {report:?}");
    let next = run(&world, &spec, true).await;
    assert!(matches!(next, Ended::Ran { report: Some(_), .. }), "the next run shows it: {next:?}");
    assert!(edited(&world), "and does it");
}

#[tokio::test]
async fn a_portal_that_takes_no_writes_gets_none() {
    let (before, spec) = due(Switches::default()).await;
    let world = World::from(&before);
    world.with(|state, _| state.set_read_only(true));
    world.begin(false);
    let Ended::Failed { why } = run(&world, &spec, true).await else { panic!("it went on") };
    assert!(why.contains("read-only"), "{why}");
    assert_eq!(writes(&world), Vec::<Arc<str>>::new());
    assert!(!world.log().iter().any(|what| what.contains("createFolder")), "not even the lease is taken");
}

#[tokio::test]
async fn a_step_about_an_item_that_its_plan_does_not_have_is_no_change_of_the_portal() {
    let (before, spec) = due(Switches::default()).await;
    let world = World::from(&before);
    world.begin(false);
    let ended = on(&world, &spec, false, async |host| {
        let reading = read(host, &spec, Ask::EverySink, &Unwatched).await.unwrap();
        let mut plan = reading.plan(&spec);
        plan.changes[0].work.steps[0].on = Target::Item(ItemId::new(&"0".repeat(32)).unwrap());
        let terms =
            Terms { clock: host.clock.clone(), tenure: Tenure::Unlimited, events: &(), stop: &AtomicBool::new(false) };
        let session = Session::new(host.portal, host.sinks, &spec.stack, &reading.live, terms);
        let report = apply(&session, &plan).await;
        Ended::Ran { plan: Box::new(plan), report: Some(report) }
    })
    .await;
    let Ended::Ran { report: Some(report), .. } = ended else { panic!("it did not run") };
    let (_, error) = report.failed().next().unwrap();
    assert!(matches!(error, ApplyError::MalformedPlan { .. }), "{error}");
    assert_eq!(error.code().id, "keyform::apply::malformed_plan");
    assert_eq!(writes(&world), Vec::<Arc<str>>::new());
}

#[tokio::test]
async fn an_item_that_a_person_protects_at_the_last_moment_is_named_and_loses_only_its_keys() {
    let edited = spec(&web(&USUAL.replace("basemaps]", "basemaps, premium:user:geocode]")));
    let (before, _) = due(Switches::default()).await;
    let world = World::from(&before);
    let item = items(&world).remove(0);
    assert!(run(&world, &edited, true).await.is_clean());
    later(&world, 8 * DAY);
    let before = world.frozen();
    world.begin(false);
    assert!(run(&world, &edited, true).await.is_clean());
    let delete = number_of(&world, &format!("{item}/delete"));
    // Before it is looked at for the last time, and after that.
    for (request, writes) in [(delete - 2, 0), (delete, 1)] {
        let world = World::from(&before);
        world.begin(false);
        world.mishap(Some(Mishap::Meanwhile(request, Act::Protect { item: item.clone(), on: true })));
        let Ended::Ran { report: Some(report), .. } = run(&world, &edited, true).await else {
            panic!("it did not run")
        };
        let errors: Vec<&ApplyError> = report.failed().map(|(_, error)| error).collect();
        assert!(matches!(errors[..], [ApplyError::Protected { item: kept }] if kept.as_str() == item), "{errors:?}");
        assert_eq!(world.log().iter().filter(|what| what.contains(&format!("{item}/delete"))).count(), writes);
        let next = run(&world, &edited, true).await;
        let blocked: Vec<_> = next.plan().unwrap().blocked().filter_map(|change| change.blocked.as_ref()).collect();
        assert!(matches!(blocked[..], [Blocked::Protected(_)]), "{blocked:?}");
        assert_eq!(items(&world).len(), 2);
    }
}
