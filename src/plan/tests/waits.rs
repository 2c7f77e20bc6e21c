//! Windows and freezes: what waits, until when, and what never does.

use super::*;

/// Mondays to Thursdays, 09:00 to 16:00 UTC. The tests' now, 2026-06-01 08:00, is a Monday.
fn window() -> Window {
    use jiff::civil::{Weekday, time};
    Window {
        days: vec![Weekday::Monday, Weekday::Tuesday, Weekday::Wednesday, Weekday::Thursday],
        from: time(9, 0, 0, 0),
        to: Some(time(16, 0, 0, 0)),
        zone: jiff::tz::TimeZone::UTC,
    }
}

fn windowed() -> CredentialSpec {
    let mut want = want();
    want.expiry.window = Some(window());
    want
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// A live key that ends in so many days, in its sink.
fn ending_in(days: i64) -> Live {
    let mut record = record(1, Phase::Delivered, &[dotenv(".env")]);
    record.expires = in_days(days);
    seen(live(vec![with(item(), Slot::One, record, true)]), &dotenv(".env"), holds(1))
}

fn frozen(want: CredentialSpec, days: std::ops::Range<i64>, except_expiring: bool) -> Spec {
    let freeze = Freeze { from: in_days(days.start), to: in_days(days.end), except_expiring, source: line(7) };
    Spec { guards: Guards { freeze: vec![freeze], ..Guards::default() }, ..spec(want) }
}

fn waits_for(change: &Change) -> (BlockedBy, Timestamp) {
    let blocked = change.blocked.as_ref().unwrap_or_else(|| panic!("it does not wait: {change:#?}"));
    let (Blocked::Window { opens: next } | Blocked::Frozen { next, .. }) = blocked else {
        panic!("it waits for no hours: {blocked:?}")
    };
    (blocked.by(), *next)
}

#[test]
fn a_due_renewal_waits_for_its_window_and_names_the_hour() {
    let live = ending_in(29);
    let renewal = |now| plan(&spec(windowed()), &live, at(now));
    let early = renewal("2026-06-01T08:59:59Z");
    assert_eq!(waits_for(only(&early)), (BlockedBy::Window, at("2026-06-01T09:00:00Z")));
    assert_eq!(only(&renewal("2026-06-01T09:00:00Z")).blocked, None);
    assert_eq!(only(&renewal("2026-06-01T15:59:59Z")).blocked, None);
    assert_eq!(waits_for(only(&renewal("2026-06-01T16:00:00Z"))).1, at("2026-06-02T09:00:00Z"));
    assert_eq!(waits_for(only(&renewal("2026-06-05T10:00:00Z"))).1, at("2026-06-08T09:00:00Z"));
}

#[test]
fn a_renewal_does_not_wait_once_the_next_run_might_be_too_late_for_its_overlap() {
    // Overlap 7 days, cadence 24 hours when nobody says; the window opens in an hour.
    let ending = |days: i64, minutes: i64| {
        let mut live = ending_in(29);
        let item = live.items.get_mut(&id(1)).unwrap();
        let end = in_days(days).checked_add(SignedDuration::from_mins(minutes)).unwrap();
        item.dates.one = Some(end);
        ledger(item).slots.one.as_mut().unwrap().expires = end;
        live
    };
    assert_eq!(waits_for(only(&plan(&spec(windowed()), &ending(8, 61), now()))).0, BlockedBy::Window);
    assert_eq!(only(&plan(&spec(windowed()), &ending(8, 60), now())).blocked, None);
    let never = Spec { schedule: Schedule::every(SignedDuration::ZERO), ..spec(windowed()) };
    assert_eq!(only(&plan(&never, &ending(8, 60), now())).blocked, None);
    let weekly = Spec { schedule: Schedule::every(DAY * 7), ..spec(windowed()) };
    assert_eq!(waits_for(only(&plan(&weekly, &ending(14, 61), now()))).0, BlockedBy::Window);
    assert_eq!(only(&plan(&weekly, &ending(14, 60), now())).blocked, None);
}

#[test]
fn a_renewal_runs_now_if_no_allowed_moment_comes_before_it_is_too_late() {
    // Friday morning; the window opens again on Monday at 09:00, and too late is Monday at 08:00 or 10:00.
    let friday = at("2026-06-05T08:00:00Z");
    let key = |hours: i64| {
        let mut record = record(1, Phase::Delivered, &[dotenv(".env")]);
        record.expires = at("2026-06-16T08:00:00Z").checked_add(SignedDuration::from_hours(hours)).unwrap();
        seen(live(vec![with(item(), Slot::One, record, true)]), &dotenv(".env"), holds(1))
    };
    assert_eq!(only(&plan(&spec(windowed()), &key(0), friday)).blocked, None);
    assert_eq!(waits_for(only(&plan(&spec(windowed()), &key(2), friday))).1, at("2026-06-08T09:00:00Z"));
}

#[test]
fn a_freeze_withholds_what_was_written_or_asked_for_until_its_end() {
    let spec = frozen(windowed(), -1..3, false);
    // The freeze ends on Thursday at 08:00, an hour before the window opens.
    assert_eq!(waits_for(only(&plan(&spec, &ending_in(29), now()))), (BlockedBy::Frozen, at("2026-06-04T09:00:00Z")));
    let mut titled = want();
    titled.title = "Another".into();
    let edited = plan(&frozen(titled, -1..3, false), &ending_in(100), now());
    assert_eq!(waits_for(only(&edited)), (BlockedBy::Frozen, at("2026-06-04T08:00:00Z")));
    let created = plan(&frozen(want(), -1..3, false), &live(Vec::new()), now());
    assert_eq!((only(&created).action, waits_for(only(&created)).0), (Action::Create, BlockedBy::Frozen));
    let mut asked = frozen(want(), -1..3, true);
    asked.requests.rotate.insert(name());
    assert_eq!(waits_for(only(&plan(&asked, &ending_in(100), now()))).0, BlockedBy::Frozen);
}

#[test]
fn a_frozen_edit_of_the_access_does_not_keep_a_due_key_from_its_renewal() {
    let mut want = want();
    want.privileges.insert(Privilege::new("premium:user:places"));
    let plan = plan(&frozen(want, -1..3, true), &ending_in(20), now());
    let by_action = |action| plan.changes.iter().find(|change| change.action == action).unwrap();
    assert_eq!(waits_for(by_action(Action::Replace)).0, BlockedBy::Frozen);
    assert_eq!(by_action(Action::Rotate).blocked, None);
}

#[test]
fn except_expiring_lets_due_renewals_through_and_nothing_else() {
    assert_eq!(only(&plan(&frozen(want(), -1..3, true), &ending_in(29), now())).blocked, None);
    assert_eq!(waits_for(only(&plan(&frozen(want(), -1..3, false), &ending_in(29), now()))).0, BlockedBy::Frozen);
    // Their window counts all the same.
    assert_eq!(waits_for(only(&plan(&frozen(windowed(), -1..3, true), &ending_in(29), now()))).0, BlockedBy::Window);
}

#[test]
fn an_old_key_is_retired_in_the_window_and_out_of_a_freeze() {
    let mut newer = record(2, Phase::Delivered, &[dotenv(".env")]);
    newer.delivered = Some(in_days(-8));
    newer.sinks[0].1.delivered = Some(in_days(-8));
    let live = seen(live(vec![with(in_order(), Slot::Two, newer, true)]), &dotenv(".env"), holds(2));
    assert_eq!(
        waits_for(only(&plan(&spec(windowed()), &live, now()))),
        (BlockedBy::Window, at("2026-06-01T09:00:00Z"))
    );
    let frozen = frozen(want(), -1..3, true);
    assert_eq!(waits_for(only(&plan(&frozen, &live, now()))), (BlockedBy::Frozen, at("2026-06-04T08:00:00Z")));
    assert_eq!(only(&plan(&frozen, &live, in_days(3))).blocked, None);
}

#[test]
fn healing_finishing_and_ending_a_key_at_once_never_wait() {
    let frozen = |want| frozen(want, -1..3, false);
    let runs = |spec: &Spec, live: &Live| plan(spec, live, now()).runnable().count();
    let dead = with(item(), Slot::One, record(1, Phase::Delivered, &[dotenv(".env")]), false);
    assert_eq!(runs(&frozen(windowed()), &seen(live(vec![dead]), &dotenv(".env"), holds(1))), 1);
    assert_eq!(runs(&frozen(windowed()), &ending_in(-1)), 1);
    let half = with(item(), Slot::One, record(1, Phase::Delivering, &[dotenv(".env")]), true);
    assert_eq!(runs(&frozen(windowed()), &seen(live(vec![half]), &dotenv(".env"), holds(1))), 1);
    let mut begun = item();
    ledger(&mut begun).applied = None;
    assert_eq!(runs(&frozen(windowed()), &live(vec![begun])), 1);
    let mut edited = in_order();
    edited.title = "Mine".into();
    assert_eq!(runs(&frozen(windowed()), &seen(live(vec![edited]), &dotenv(".env"), holds(1))), 1);
    let mut asked = frozen(windowed());
    asked.requests.revoke =
        Some(Revoke { name: name(), item: None, slot: Slot::One, because: "it was in a log".into() });
    assert_eq!(runs(&asked, &ending_in(100)), 1);
}

#[test]
fn freezes_that_follow_each_other_are_one() {
    let mut spec = frozen(want(), -1..3, false);
    let next = Freeze { from: in_days(3), to: in_days(5), except_expiring: false, source: line(7) };
    spec.guards.freeze.insert(0, next);
    assert_eq!(waits_for(only(&plan(&spec, &ending_in(29), now()))).1, at("2026-06-06T08:00:00Z"));
}
