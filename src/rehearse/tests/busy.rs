//! A portal that takes only so many requests a second, and one that refuses any request once.

use std::sync::Arc;

use crate::emulator::Setup;
use crate::emulator::fault::{Fault, Trouble};
use crate::emulator::rate::{Answer, Rate, RetryAfter};
use crate::model::{LEASE, Spec};
use crate::rehearse::{Ended, World, run};

use super::scene::{DAY, USUAL, later, spec, start, web};

/// So many credentials, each with a file of its own.
pub(super) fn fleet(count: usize) -> Arc<Spec> {
    let mut text = String::from("credentials:\n");
    for n in 0..count {
        let more = USUAL.replace(".env", &format!(".env.{n}")).replace('\n', "\n    ");
        text.push_str(&format!("  web-{n}:\n    {more}\n"));
    }
    spec(&text)
}

async fn is_clean(world: &Arc<World>, spec: &Spec, what: &str) {
    let ended = run(world, spec, true).await;
    let failed = match &ended {
        Ended::Ran { report, .. } => report
            .iter()
            .flat_map(crate::apply::Report::failed)
            .map(|(_, e)| crate::model::Diagnostic::from(e).in_a_line())
            .collect(),
        Ended::Leased => vec!["leased".to_owned()],
        Ended::Stale { name, action } => vec![format!("{name} {action:?}")],
        Ended::Failed { why } => vec![why.clone()],
    };
    assert!(ended.is_clean(), "{what}: {failed:?}");
}

#[tokio::test]
async fn twelve_new_credentials_at_five_requests_a_second_take_one_run_however_they_are_refused() {
    let fleet = fleet(12);
    let rate = || Rate::per_second(5);
    for rate in [
        rate().answering(Answer::Status, RetryAfter::None),
        rate().answering(Answer::Status, RetryAfter::Seconds).counting_all(),
        rate().answering(Answer::Code, RetryAfter::None).counting_all(),
        rate().answering(Answer::Code, RetryAfter::Seconds),
        rate().answering(Answer::Busy, RetryAfter::Date),
        rate().answering(Answer::Forbidden, RetryAfter::None),
    ] {
        let world = World::new(Setup::default(), start());
        world.set_takes(10);
        world.declare(&fleet);
        world.limit(Some(rate.clone()));
        world.begin(false);
        let began = world.now();
        is_clean(&world, &fleet, &format!("{rate:?}")).await;
        let keys = world.with(|state, now| state.live_keys(now).count());
        assert_eq!((keys, world.stray_keys()), (12, Vec::<String>::new()), "{rate:?}");
        let (sent, took) = (world.counts().0, world.now().duration_since(began).as_secs());
        // At five a second nobody could do it in less than a minute and a half.
        assert!(took < 180, "{rate:?}: {sent} requests in {took} s");
    }
}

#[tokio::test]
async fn each_request_of_a_run_may_be_refused_once_whatever_it_does() {
    let spec = spec(&web(USUAL));
    let world = World::new(Setup::default(), start());
    world.declare(&spec);
    let mut before = vec![("create", world.frozen())];
    is_clean(&world, &spec, "create").await;
    later(&world, 151 * DAY);
    before.push(("rotate", world.frozen()));
    is_clean(&world, &spec, "rotate").await;
    later(&world, 8 * DAY);
    before.push(("retire", world.frozen()));
    let codes = [
        Trouble::Status { status: 429, retry_after: None },
        Trouble::Status { status: 503, retry_after: Some(3) },
        Trouble::Error { code: 429, message: None },
        Trouble::Error { code: 403, message: Some("Request rate limit exceeded".into()) },
    ];
    for (what, before) in before {
        let world = World::from(&before);
        world.begin(false);
        is_clean(&world, &spec, what).await;
        let (requests, _) = world.counts();
        for number in 1..=requests {
            let world = World::from(&before);
            world.begin(false);
            let does = codes[usize::try_from(number).unwrap() % codes.len()].clone();
            world.fault(Fault::new(does.clone()).at(number));
            is_clean(&world, &spec, &format!("{what}, {does:?} at request {number}")).await;
            assert_eq!(world.counts().0, requests + 1, "{what} {number}");
        }
    }
}

#[tokio::test]
async fn a_run_that_is_made_to_wait_until_its_lease_is_over_goes_on_under_a_new_one() {
    let fleet = fleet(12);
    let world = World::new(Setup::default(), start());
    world.set_takes(10);
    world.declare(&fleet);
    let began = world.now();
    // One request in more than a second: a lease is too short for twelve.
    world.limit(Some(Rate::per_second(1).answering(Answer::Status, RetryAfter::Date)));
    is_clean(&world, &fleet, "slow").await;
    let took = world.now().duration_since(began);
    assert!(took > LEASE, "the lease was long enough: {took:?}");
    let keys = world.with(|state, now| state.live_keys(now).count());
    assert_eq!((keys, world.stray_keys()), (12, Vec::<String>::new()));
}
