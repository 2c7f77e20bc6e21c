//! One credential of fifty that cannot be read: it is blocked by name, and the others are looked after.

use std::sync::Arc;

use crate::emulator::Setup;
use crate::emulator::fault::{Fault, Trouble};
use crate::model::Spec;
use crate::plan::{BlockedBy, Plan};
use crate::rehearse::{Ended, World, run};
use crate::render::words;

use super::busy::fleet;
use super::scene::{DAY, items, later, start};

const ALL: usize = 50;

fn error(code: u16, message: &str) -> Trouble {
    Trouble::Error { code, message: Some(message.into()) }
}

/// What the portal answers instead of one item, or instead of its app.
fn causes() -> Vec<(&'static str, &'static str, Trouble)> {
    let item = "content/items/ID";
    let app = "content/users/*/items/ID/registeredAppInfo";
    vec![
        ("refused", item, error(403, "You do not have permissions to access this resource.")),
        ("said not to be there", item, error(400, "Item does not exist or is inaccessible.")),
        ("a page", item, Trouble::Status { status: 500, retry_after: None }),
        ("another item", item, Trouble::Body(serde_json::json!({"id": "0".repeat(32), "owner": "developer"}))),
        ("nothing", item, Trouble::Empty),
        ("no answer", item, Trouble::Lost),
        ("the app is refused", app, error(403, "You do not have permissions to access this resource.")),
        ("the app is garbage", app, Trouble::Body(serde_json::json!({}))),
    ]
}

fn ran(ended: Ended, what: &str) -> (Plan, usize) {
    match ended {
        Ended::Ran { plan, report } => {
            let failed: Vec<_> = report
                .iter()
                .flat_map(crate::apply::Report::failed)
                .map(|(tried, error)| format!("{}: {error}", tried.name))
                .collect();
            assert!(failed.is_empty(), "{what}: {failed:?}");
            (*plan, report.map_or(0, |report| report.results.len()))
        }
        other => panic!("{what}: {other:?}"),
    }
}

/// Runs, and sees one credential blocked because it cannot be read; how many were worked on.
async fn all_but_one(world: &Arc<World>, spec: &Spec, what: &str) -> usize {
    let (plan, worked) = ran(run(world, spec, true).await, what);
    let blocked: Vec<_> = plan.blocked().collect();
    assert_eq!(blocked.len(), 1, "{what}");
    let block = blocked[0].blocked.as_ref().unwrap();
    assert_eq!(block.by(), BlockedBy::Unreadable, "{what}");
    let id = blocked[0].item.as_ref().unwrap();
    let said = words::blocked(block);
    let (why, resolve) = (said.why.shown(), said.resolve.shown());
    assert!(why.as_str().contains(id.as_str()) && resolve.as_str().contains("`keyform apply`"), "{what}: {said:?}");
    worked
}

#[tokio::test]
async fn one_of_fifty_that_cannot_be_read_is_blocked_by_name_and_the_others_are_rotated() {
    let fleet = fleet(ALL);
    let world = World::new(Setup::default(), start());
    world.set_takes(1);
    world.declare(&fleet);
    ran(run(&world, &fleet, true).await, "create");
    later(&world, 151 * DAY);
    let due = world.frozen();
    for (what, endpoint, does) in causes() {
        let world = World::from(&due);
        world.set_takes(1);
        let broken = items(&world)[7].clone();
        world.fault(Fault::new(does).on(&endpoint.replace("ID", &broken)).times(u32::MAX));
        assert_eq!(all_but_one(&world, &fleet, what).await, ALL - 1, "{what}");
        assert_eq!(items(&world).len(), ALL, "{what}: nothing is made in its place");
        // Shown again, it is looked after by the command that was named.
        world.forget_faults();
        let (plan, worked) = ran(run(&world, &fleet, true).await, what);
        assert_eq!((worked, plan.blocked().count()), (1, 0), "{what}");
        assert_eq!(world.stray_keys(), Vec::<String>::new(), "{what}");
    }
}

#[tokio::test]
async fn an_application_in_the_folder_that_cannot_be_read_keeps_only_what_is_missed_there_from_being_made() {
    let world = World::new(Setup::default(), start());
    let two = fleet(2);
    world.declare(&two);
    ran(run(&world, &two, true).await, "create");
    // It may be the third one, with its tag taken off.
    let stranger = world.with(|state, now| {
        let token = state.user_token(now);
        let call = crate::emulator::Request::post("content/users/developer/addItem")
            .with("type", "Application")
            .with("title", "Somebody's")
            .token(token);
        state.handle(&call, now).value()["id"].as_str().unwrap().to_owned()
    });
    let three = fleet(3);
    world.declare(&three);
    later(&world, 151 * DAY);
    world.fault(Fault::new(error(403, "no")).on(&format!("content/items/{stranger}")).times(u32::MAX));
    assert_eq!(all_but_one(&world, &three, "a stranger").await, 2);
    assert_eq!(items(&world).len(), 2);
    world.forget_faults();
    let (_, worked) = ran(run(&world, &three, true).await, "read again");
    assert_eq!((worked, items(&world).len()), (1, 3));
}
