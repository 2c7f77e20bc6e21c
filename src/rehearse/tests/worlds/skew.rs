//! The clock of the machine that keyform runs on is of no account: what counts is what the portal says the time is.

use std::sync::Arc;

use jiff::SignedDuration;
use serde_json::json;

use crate::emulator::Setup;
use crate::rehearse::tests::scene::{DAY, USUAL, later, spec, start, web};
use crate::rehearse::{Ended, World, run};
use crate::render::{json::PlanDocument, view::PlanView};

const SKEWS: [SignedDuration; 4] = [
    SignedDuration::from_mins(-10),
    SignedDuration::from_mins(10),
    SignedDuration::from_mins(-700),
    SignedDuration::from_mins(700),
];

/// Every plan, request and sink write of a key that is made, renewed and retired, and what the portal has in the end.
async fn life(skew: SignedDuration) -> Vec<String> {
    // One file, so that plans name one file.
    let spec = spec(&web(USUAL));
    let world = World::new(Setup::default(), start());
    world.skew(skew);
    world.declare(&spec);
    let mut told = Vec::new();
    for wait in [0, 151 * DAY, 6 * DAY, 2 * DAY] {
        later(&world, wait);
        world.begin(false);
        let Ended::Ran { mut plan, .. } = run(&world, &spec, true).await else { panic!("the run failed") };
        plan.overview.file = "keyform.yaml".into();
        told.push(json!(PlanDocument::of(&PlanView::of(&plan))).to_string().replace(&*spec.file, "keyform.yaml"));
        let log: Vec<String> = world.log().iter().map(ToString::to_string).collect();
        // Reads that follow each other are under way at a time, in whatever order.
        for reads in log.chunk_by(|one, next| one.starts_with("GET") && next.starts_with("GET")) {
            let mut reads = reads.to_vec();
            reads.sort();
            told.extend(reads);
        }
    }
    told.push(world.with(|state, now| state.summary(now)).to_string());
    assert_eq!(world.apps().dark(), []);
    told
}

#[tokio::test]
async fn a_machine_whose_clock_is_wrong_plans_and_does_the_same_to_the_byte() {
    let right = life(SignedDuration::ZERO).await;
    assert!(right.iter().any(|what| what.contains("revokeToken")), "{right:#?}");
    for skew in SKEWS {
        let wrong = life(skew).await;
        let other = right.iter().zip(&wrong).find(|(right, wrong)| right != wrong);
        assert!(other.is_none() && right.len() == wrong.len(), "{skew}: {other:#?}");
    }
}

#[tokio::test]
async fn a_lease_lasts_as_long_for_a_machine_whose_clock_is_wrong() {
    let spec = spec(&web(USUAL));
    let world = World::new(Setup::default(), start());
    world.declare(&spec);
    world.begin(true);
    run(&world, &spec, true).await;
    let killed = world.shots().into_iter().find(|shot| shot.what.contains("oauth2/token")).unwrap();
    for skew in SKEWS {
        let world: Arc<World> = World::from(&killed.world);
        world.skew(skew);
        later(&world, 5);
        assert!(matches!(run(&world, &spec, true).await, Ended::Leased), "{skew}: its time is not over");
        later(&world, 6);
        assert!(run(&world, &spec, true).await.is_clean(), "{skew}: its time is over");
    }
}
