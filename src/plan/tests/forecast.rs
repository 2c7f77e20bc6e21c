//! Looking ahead from date to date.

use proptest::prelude::*;

use super::ahead::world;
use super::*;
use crate::plan::forecast;

fn told(forecast: &crate::plan::Forecast) -> Vec<(i64, Action)> {
    let days = |at: Timestamp| at.duration_since(now()).as_hours() / 24;
    forecast.events.iter().map(|event| (days(event.at), event.change.action)).collect()
}

#[test]
fn a_key_is_renewed_and_retired_on_its_dates() {
    let live = seen(live(vec![in_order()]), &dotenv(".env"), holds(1));
    let forecast = forecast(&spec(want()), &live, now(), in_days(300));
    assert_eq!(
        told(&forecast),
        [(70, Action::Rotate), (77, Action::Retire), (220, Action::Rotate), (227, Action::Retire)]
    );
    assert!(forecast.gaps.is_empty() && forecast.withheld.is_empty() && forecast.cut.is_none());
}

#[test]
fn with_a_cadence_runs_happen_at_its_multiples() {
    let live = seen(live(vec![in_order()]), &dotenv(".env"), holds(1));
    let mut spec = spec(want());
    spec.schedule = Schedule::every(DAY * 4);
    let forecast = forecast(&spec, &live, now(), in_days(100));
    assert_eq!(told(&forecast), [(72, Action::Rotate), (80, Action::Retire)]);
}

#[test]
fn a_key_that_no_run_renews_in_time_is_a_gap_with_both_its_ends() {
    let live = seen(live(vec![in_order()]), &dotenv(".env"), holds(1));
    let mut spec = spec(want());
    spec.schedule = Schedule::every(DAY * 110);
    let forecast = forecast(&spec, &live, now(), in_days(300));
    let gap = &forecast.gaps[0];
    assert_eq!((gap.from, gap.to, gap.as_configured), (in_days(100), Some(in_days(110)), false));
}

#[test]
fn a_fixed_end_is_an_end_as_configured() {
    let mut want = want();
    want.expiry.end = KeyEnd::Until(in_days(100));
    let live = seen(live(vec![in_order()]), &dotenv(".env"), holds(1));
    let forecast = forecast(&spec(want), &live, now(), in_days(300));
    assert_eq!(
        forecast.gaps.iter().map(|gap| (gap.from, gap.as_configured)).collect::<Vec<_>>(),
        [(in_days(100), true)]
    );
    assert_eq!(told(&forecast), []);
    assert!(forecast.withheld.is_empty() && forecast.end.dark.is_empty());
}

#[test]
fn a_batch_that_is_too_large_is_worked_off_run_by_run() {
    let (mut spec, live) = ending(&[100; 5]);
    spec.guards.rotate = Some(Limit { max: 2, source: None });
    let forecast = forecast(&spec, &live, now(), in_days(75));
    let rotated: Vec<i64> = told(&forecast).into_iter().map(|(day, _)| day).collect();
    assert_eq!(rotated, [70, 70, 71, 71, 72]);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_forecast_of_any_world_comes_to_an_end_in_order_and_tells_what_lapses(
        world in world(),
        cadence in prop_oneof![Just(None), (1i64..40).prop_map(|days| Some(DAY * i32::try_from(days).unwrap()))],
        until in 0i64..800,
    ) {
        let mut spec = world.spec();
        spec.schedule = cadence.map(Schedule::every).unwrap_or_default();
        let forecast = forecast(&spec, &world.live(), now(), in_days(until));
        prop_assert!(forecast.cut.is_none());
        prop_assert!(forecast.events.is_sorted_by_key(|event| event.at));
        prop_assert!(forecast.events.iter().all(|event| event.at >= now() && event.at <= in_days(until)));
        prop_assert!(forecast.events.len() < 200, "{:?}", told(&forecast));
        for gap in &forecast.gaps {
            prop_assert!(gap.to.is_none_or(|to| to >= gap.from));
        }
        if let Some(cadence) = cadence {
            let late = |at: Timestamp| at.duration_since(now()).as_secs() % cadence.as_secs();
            prop_assert!(forecast.events.iter().all(|event| late(event.at) == 0));
        }
    }
}
