//! What leaves and what is renamed, killed at every point of every request: a credential of two items, as an edit of its
//! access leaves it for an overlap, both with a live key.

use crate::emulator::fault::HoldAt;
use crate::model::{CredentialName, Leaving, Moved, Privilege, Removed, SourceLine};

use super::tests::World;

fn named(name: &str) -> CredentialName {
    CredentialName::new(name).unwrap()
}

fn line() -> SourceLine {
    SourceLine { file: "keyform.yaml".into(), line: 1 }
}

/// Two items, two keys, the newer one in the sink.
async fn replaced() -> World {
    let mut world = World::new().await;
    assert!(world.run().await);
    let want = world.spec.credentials.get_mut(&named("web")).unwrap();
    want.privileges.insert(Privilege::new("premium:user:places"));
    assert!(world.run().await);
    assert_eq!((items(&world).len(), world.keys().0.len()), (2, 2));
    world
}

/// The items that are there, as the portal has them.
fn items(world: &World) -> Vec<serde_json::Value> {
    let state = world.server.with(|state| serde_json::to_value(&*state).unwrap()).unwrap();
    let items = state["items"].as_object().unwrap().values().cloned();
    items.filter(|item| item["recycled"].is_null()).collect()
}

/// Kills a run at every point of every request; what is wrong at that moment, or after the recovery.
async fn sweep(world: &World, served: bool, judge: impl Fn(&World) -> Result<(), String>) {
    world.server.clear_log();
    let before = world.snapshot();
    assert!(world.run().await);
    judge(world).unwrap();
    let requests = world.server.log().len() as u64;
    let mut wrong = Vec::new();
    for request in 1..=requests {
        for at in [HoldAt::Before, HoldAt::After, HoldAt::Answered] {
            world.restore(&before);
            world.die_at(request, at).await;
            let mut seen = if served { world.is_served() } else { Ok(()) };
            world.later(11);
            let recovered = world.run().await;
            seen = seen.and_then(|()| judge(world));
            if let Err(why) = seen {
                wrong.push(format!("request {request} of {requests}, {at:?}, recovered {recovered}: {why}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn leaving(world: &mut World, then: Leaving) {
    world.spec.credentials.clear();
    let removed = Removed { then, not_before: None, because: None, source: line() };
    world.spec.removed.insert(named("web"), removed);
}

#[tokio::test]
async fn a_destroy_that_dies_anywhere_leaves_neither_item_nor_key() {
    let mut world = replaced().await;
    leaving(&mut world, Leaving::Destroy);
    sweep(&world, false, |world| {
        let (items, keys) = (items(world), world.keys().0);
        if items.is_empty() && keys.is_empty() { Ok(()) } else { Err(format!("{items:?} and {keys:?} are left")) }
    })
    .await;
}

#[tokio::test]
async fn forgetting_that_dies_anywhere_leaves_every_key_alive_and_no_trace() {
    let mut world = replaced().await;
    leaving(&mut world, Leaving::Forget);
    sweep(&world, true, |world| {
        let traces: Vec<_> = items(world).into_iter().filter(|item| item.to_string().contains("keyform:")).collect();
        let keys = world.keys().0.len();
        world.is_served()?;
        if traces.is_empty() && keys == 2 { Ok(()) } else { Err(format!("{keys} keys are live; {traces:?}")) }
    })
    .await;
}

#[tokio::test]
async fn a_renaming_that_dies_anywhere_ends_with_one_credential_of_the_new_name_and_the_keys_it_had() {
    let mut world = replaced().await;
    let mut want = world.spec.credentials.remove(&named("web")).unwrap();
    want.name = named("storefront");
    world.spec.credentials.insert(named("storefront"), want);
    world.spec.moved.push(Moved { from: named("web"), to: named("storefront"), source: line() });
    let keys = world.keys();
    sweep(&world, true, |world| {
        let items = items(world);
        let is_renamed = |item: &&serde_json::Value| {
            let text = item.to_string().replace('\\', "");
            let ledger = text.contains("\"name\":\"storefront\"") && !text.contains("\"name\":\"web\"");
            ledger && text.contains("keyform:proof/storefront") && !text.contains("keyform:proof/web")
        };
        let renamed = items.iter().filter(is_renamed).count();
        if (items.len(), renamed) != (2, 2) {
            return Err(format!("{renamed} of {} items are renamed", items.len()));
        }
        if world.keys() == keys { Ok(()) } else { Err(format!("{:?} instead of {keys:?}", world.keys())) }
    })
    .await;
}
