//! The moment at which time alone makes another plan.

use super::*;
use crate::plan::Turn;

/// What a plan does, without any date.
fn outline(plan: &Plan) -> Vec<String> {
    let one = |change: &Change| {
        let reasons: Vec<_> = change.reasons.iter().map(Reason::id).collect();
        let steps: Vec<_> = change.work.steps.iter().map(Step::without_dates).collect();
        let blocked = change.blocked.as_ref().map(Blocked::by);
        format!("{:?} {:?} {reasons:?} {steps:?} {blocked:?}", change.action, change.item)
    };
    plan.changes.iter().map(one).collect()
}

fn days(at: Timestamp) -> i64 {
    at.duration_since(now()).as_hours() / 24
}

/// Slot 1 holds the older key, slot 2 the newer one since so many days.
fn rotated(days: i64) -> LiveItem {
    let mut newer = record(2, Phase::Delivered, &[dotenv(".env")]);
    newer.delivered = Some(in_days(-days));
    newer.sinks[0].1.delivered = Some(in_days(-days));
    newer.expires = in_days(170);
    with(in_order(), Slot::Two, newer, true)
}

fn replaced(days: i64) -> Vec<LiveItem> {
    let mut older = in_order();
    ledger(&mut older).superseded_by = Some(id(2));
    let mut newer = LiveItem { id: id(2), ..item() };
    ledger(&mut newer).item = Some(id(2));
    ledger(&mut newer).generation = 2;
    let mut record = record(2, Phase::Delivered, &[dotenv(".env")]);
    record.delivered = Some(in_days(-days));
    record.sinks[0].1.delivered = Some(in_days(-days));
    record.expires = in_days(170);
    vec![older, with(newer, Slot::One, record, true)]
}

fn windowed() -> CredentialSpec {
    use jiff::civil::{Weekday, time};
    let mut want = want();
    want.expiry.window = Some(Window {
        days: vec![Weekday::Tuesday, Weekday::Saturday],
        from: time(9, 0, 0, 0),
        to: Some(time(16, 30, 0, 0)),
        zone: jiff::tz::TimeZone::get("Europe/Zurich").unwrap(),
    });
    want
}

fn freeze(mut spec: Spec, days: std::ops::Range<i64>, except_expiring: bool) -> Spec {
    let freeze = Freeze { from: in_days(days.start), to: in_days(days.end), except_expiring, source: line(7) };
    spec.guards.freeze.push(freeze);
    spec
}

/// A world, what its next turn is, and in how many whole days.
type World = (&'static str, Spec, Live, Option<(i64, Turn)>);

/// Worlds of every kind.
fn worlds() -> Vec<World> {
    let holding = |items: Vec<LiveItem>, n: u8| seen(live(items), &dotenv(".env"), holds(n));
    let due = |days: i64| {
        let mut record = record(1, Phase::Delivered, &[dotenv(".env")]);
        record.expires = in_days(days);
        holding(vec![with(item(), Slot::One, record, true)], 1)
    };
    let mut expire = want();
    expire.expiry.retire = Retire::Expire;
    let mut until = want();
    until.expiry.end = KeyEnd::Until(in_days(100));
    let mut titled = want();
    titled.title = "Another".into();
    let mut wider = want();
    wider.privileges.insert(Privilege::new("premium:user:places"));
    let mut foreign = in_order();
    foreign.dates.two = Some(in_days(50));
    foreign.app.as_mut().unwrap().active.two = true;
    let mut added = want();
    added.deliver.push(command(false));
    let observed = CredentialSpec { mode: Mode::Observe, ..want() };
    vec![
        ("in order", spec(want()), holding(vec![in_order()], 1), Some((70, Turn::Renewal))),
        ("due, too late in 13 days", spec(want()), due(20), Some((13, Turn::Expiry))),
        ("due, and dead in 5 days", spec(want()), due(5), Some((5, Turn::Expiry))),
        ("expired", spec(want()), due(-1), None),
        ("within an overlap", spec(want()), holding(vec![rotated(2)], 2), Some((5, Turn::OverlapOver))),
        ("within an overlap, left to expire", spec(expire), holding(vec![rotated(2)], 2), Some((140, Turn::Renewal))),
        ("an overlap is over", spec(want()), holding(vec![rotated(9)], 2), Some((100, Turn::Expiry))),
        ("replaced", spec(want()), holding(replaced(3), 2), Some((4, Turn::OverlapOver))),
        ("replaced, and over", spec(want()), holding(replaced(8), 2), Some((100, Turn::Expiry))),
        ("an edit is pending", spec(wider), holding(vec![in_order()], 1), Some((93, Turn::Expiry))),
        ("nothing is there", spec(want()), live(Vec::new()), None),
        ("nothing is there until the end", spec(until.clone()), live(Vec::new()), Some((100, Turn::FixedEnd))),
        ("a fixed end", spec(until), holding(vec![in_order()], 1), Some((100, Turn::Expiry))),
        ("a foreign key", spec(want()), holding(vec![foreign], 1), Some((50, Turn::Expiry))),
        (
            "no slot is free",
            spec(added),
            seen(live(vec![rotated(2)]), &dotenv(".env"), Observation::Absent),
            Some((5, Turn::OverlapOver)),
        ),
        ("due, the window is closed", spec(windowed()), due(29), Some((0, Turn::Window))),
        ("retiring, the window is closed", spec(windowed()), holding(vec![rotated(9)], 2), Some((0, Turn::Window))),
        ("a freeze is on", freeze(spec(titled.clone()), -1..3, false), due(90), Some((3, Turn::Freeze))),
        ("a freeze is to come", freeze(spec(titled), 10..13, false), due(90), Some((10, Turn::Freeze))),
        ("a freeze nobody minds", freeze(spec(want()), 10..13, false), due(90), Some((60, Turn::Renewal))),
        ("a freeze when it is due", freeze(spec(want()), 55..70, true), due(90), Some((60, Turn::Renewal))),
        ("due in a freeze and a window", freeze(spec(windowed()), -1..2, false), due(29), Some((2, Turn::Freeze))),
        ("observed", spec(observed), holding(vec![rotated(2)], 2), Some((5, Turn::OverlapOver))),
    ]
}

#[test]
fn before_the_boundary_the_plan_is_the_same_and_at_it_it_is_not() {
    for (case, spec, live, expected) in worlds() {
        let today = plan(&spec, &live, now());
        let found = today.next_boundary().map(|(at, boundary)| (days(at), boundary.turn));
        assert_eq!(found, expected, "{case}");
        let Some((at, boundary)) = today.next_boundary() else { continue };
        assert_eq!(boundary.name, name());
        let just_before = at.checked_sub(SignedDuration::from_nanos(1)).unwrap();
        let half_way = now().checked_add(at.duration_since(now()) / 2).unwrap();
        for moment in [half_way, just_before] {
            assert_eq!(outline(&plan(&spec, &live, moment)), outline(&today), "{case}, {moment}");
        }
        let then = plan(&spec, &live, at);
        let told = |plan: &Plan| plan.changes.iter().map(|change| change.told.safety).collect::<Vec<_>>();
        assert!(
            outline(&then) != outline(&today) || told(&then) != told(&today),
            "{case}: nothing is different at {at}"
        );
    }
}

#[test]
fn no_hour_of_half_a_year_is_different_before_the_boundary() {
    for (case, spec, live, _) in worlds() {
        let today = plan(&spec, &live, now());
        let boundary = today.next_boundary().map(|(at, _)| at);
        let before =
            |hour: &i64| boundary.is_none_or(|at| now().checked_add(SignedDuration::from_hours(*hour)).unwrap() < at);
        for hour in (1..180 * 24).step_by(5).take_while(before) {
            let moment = now().checked_add(SignedDuration::from_hours(hour)).unwrap();
            assert_eq!(outline(&plan(&spec, &live, moment)), outline(&today), "{case}, {moment}");
        }
    }
}

#[test]
fn the_nearest_boundary_of_all_credentials_counts() {
    let other = CredentialName::new("api").unwrap();
    let mut spec = spec(want());
    let mut want = CredentialSpec { name: other.clone(), ..want() };
    want.expiry.end = KeyEnd::Until(in_days(20));
    spec.credentials.insert(other.clone(), want);
    let live = seen(live(vec![in_order()]), &dotenv(".env"), holds(1));
    let (at, boundary) = plan(&spec, &live, now()).next_boundary().unwrap();
    assert_eq!((days(at), boundary.turn, boundary.name), (20, Turn::FixedEnd, other));
}

#[test]
fn a_removal_turns_on_its_day() {
    let mut spec = spec(want());
    spec.credentials.clear();
    let removed = Removed { then: Leaving::Destroy, not_before: Some(in_days(12)), because: None, source: line(7) };
    spec.removed.insert(name(), removed);
    let live = live(vec![in_order()]);
    let (at, boundary) = plan(&spec, &live, now()).next_boundary().unwrap();
    assert_eq!((days(at), boundary.turn), (12, Turn::Removal));
    assert_ne!(outline(&plan(&spec, &live, at)), outline(&plan(&spec, &live, now())));
}

#[test]
fn a_renewal_beyond_its_batch_turns_when_it_can_wait_no_longer() {
    let (mut spec, live) = ending(&[20, 21]);
    spec.guards.rotate = Some(Limit { max: 1, source: None });
    let waiting = |plan: &Plan| plan.blocked().count();
    let today = plan(&spec, &live, now());
    assert_eq!(waiting(&today), 1);
    // The second one ends in 21 days, needs an overlap of 7 and may miss a day.
    let turns = std::iter::successors(today.next_boundary(), |(at, _)| plan(&spec, &live, *at).next_boundary());
    let (at, _) = turns.take(10).find(|(at, _)| waiting(&plan(&spec, &live, *at)) == 0).unwrap();
    assert_eq!(at, in_days(13));
    let just_before = at.checked_sub(SignedDuration::from_secs(1)).unwrap();
    assert_eq!(waiting(&plan(&spec, &live, just_before)), 1);
}
