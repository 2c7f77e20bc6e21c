//! Portals that show a key's date late or rounded: what counts is the key's own end.

use super::*;

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// What is asked for in these tests: a hundred days from now.
fn asked() -> Timestamp {
    in_days(100)
}

/// How that comes back from a portal that keeps days, minutes or seconds.
fn rounded() -> [Timestamp; 3] {
    [asked(), at("2026-09-09T23:59:59Z"), at("2026-09-09T23:59:59.999Z")]
}

/// Ends of somebody else's keys.
fn near() -> [Timestamp; 5] {
    let second = SignedDuration::from_secs(1);
    let by = |by: SignedDuration| asked().checked_add(by).unwrap();
    [by(second), by(-second), by(DAY), by(-DAY), at("2026-09-10T23:59:59.999Z")]
}

/// One delivered key, whose slot shows `shown`.
fn showing(shown: Option<Timestamp>, told: Option<Timestamp>) -> LiveItem {
    let mut record = record(1, Phase::Delivered, &[dotenv(".env")]);
    record.ends = told;
    record.date_before = Some(in_days(-3));
    let mut item = with(item(), Slot::One, record, true);
    item.dates.one = shown;
    item
}

fn plan_of(item: LiveItem) -> Plan {
    planned(want(), &seen(live(vec![item]), &dotenv(".env"), holds(1)))
}

#[test]
fn a_key_is_in_order_however_the_portal_shows_its_date() {
    assert_eq!(asked(), at("2026-09-09T08:00:00Z"));
    // The one before, passed long ago, and none at all: both may be shown until the portal has caught up.
    let late = [None, Some(in_days(-3))];
    for told in [None, Some(asked()), Some(rounded()[2])] {
        for shown in rounded().map(Some).into_iter().chain(late) {
            let plan = plan_of(showing(shown, told));
            assert!(plan.changes.is_empty(), "{told:?} {shown:?}: {:#?}", plan.changes);
            let end = told.unwrap_or_else(asked);
            assert_eq!((plan.overview.keys[0].expires, plan.overview.keys[0].current), (Some(end), true), "{shown:?}");
            assert_eq!(plan.next_action().unwrap().0, end.checked_sub(DAY * 30).unwrap(), "{shown:?}");
        }
    }
}

#[test]
fn a_key_of_somebody_else_is_not_ours_because_its_end_is_near() {
    for told in [None, Some(asked()), Some(rounded()[2])] {
        for shown in near() {
            let plan = plan_of(showing(Some(shown), told));
            let foreign = plan.changes.iter().find(|change| change.action == Action::Report).unwrap();
            assert_eq!(foreign.reasons, [Reason::ForeignKey { slot: Slot::One }], "{told:?} {shown}");
            let rotate = plan.changes.iter().find(|change| change.action == Action::Rotate).unwrap();
            assert_eq!(issued_into(rotate), Slot::Two);
        }
    }
}

#[test]
fn a_date_that_was_seen_and_is_gone_is_waited_for() {
    let mut item = showing(None, Some(asked()));
    ledger(&mut item).slots.one.as_mut().unwrap().shown = Some(asked());
    let plan = plan_of(item);
    assert_eq!(only(&plan).blocked.as_ref().unwrap().by(), BlockedBy::CannotBeKnown);
}

#[test]
fn the_end_that_a_key_told_is_when_it_is_over_whatever_its_item_shows() {
    // The item shows the end of today, the key ended this morning.
    let mut item = showing(Some(at("2026-06-01T23:59:59.999Z")), Some(at("2026-06-01T07:00:00Z")));
    ledger(&mut item).slots.one.as_mut().unwrap().expires = at("2026-06-01T07:00:00Z");
    let plan = plan_of(item);
    let change = only(&plan);
    assert_eq!(change.reasons, [Reason::KeyExpired { slot: Slot::One, at: at("2026-06-01T07:00:00Z") }]);
    assert!(plan.overview.keys.is_empty(), "{:#?}", plan.overview.keys);
}

#[test]
fn an_old_key_is_retired_while_its_date_is_late() {
    let mut old = record(1, Phase::Delivered, &[dotenv(".env")]);
    old.delivered = Some(in_days(-60));
    let new = record(2, Phase::Delivered, &[dotenv(".env")]);
    let mut item = with(with(item(), Slot::One, old, true), Slot::Two, new, true);
    item.dates.one = None;
    let plan = planned(want(), &seen(live(vec![item]), &dotenv(".env"), holds(2)));
    assert_eq!(acts(only(&plan)), [Act::Revoke { slot: Slot::One }]);
}

/// A key that was only being issued, and what its slot shows.
fn begun(shown: Option<Timestamp>, found: Option<Timestamp>) -> Plan {
    let mut item = with(item(), Slot::One, record(1, Phase::Issuing, &[dotenv(".env")]), true);
    item.dates.one = shown;
    let identity = |end| KeyIdentity { item: id(1), privileges: None, expires: Some(end) };
    let holding =
        |end| Holding { fingerprint: fingerprint(9), slot: Some(Slot::One), identity: Some(identity(end)), dead: None };
    let found = found.map_or(Observation::Absent, |end| Observation::Holds(holding(end)));
    planned(want(), &seen(live(vec![item]), &dotenv(".env"), found))
}

#[test]
fn a_key_that_nobody_got_is_known_by_any_form_of_the_date_that_was_asked_for() {
    for shown in rounded() {
        let plan = begun(Some(shown), None);
        assert_eq!(issued_into(only(&plan)), Slot::One, "{shown}");
        for end in rounded() {
            let plan = begun(Some(shown), Some(end));
            assert!(matches!(acts(only(&plan))[0], Act::ReadKeyFromSink { slot: Slot::One, .. }), "{shown} {end}");
        }
    }
    for shown in near() {
        let plan = begun(Some(shown), None);
        let issue = plan.changes.iter().find(|change| change.work.issue().is_some()).unwrap();
        assert_eq!(issued_into(issue), Slot::Two, "{shown}");
    }
}

#[test]
fn a_key_that_nobody_got_is_replaced_though_its_date_does_not_show_yet() {
    // Apply looks again, some time apart, before it ends it.
    let plan = begun(None, None);
    assert_eq!(issued_into(only(&plan)), Slot::One);
}

#[test]
fn a_live_key_with_another_end_in_a_sink_is_not_replaced() {
    for end in near() {
        let plan = begun(Some(asked()), Some(end));
        assert_eq!(only(&plan).blocked.as_ref().unwrap().by(), BlockedBy::ForeignKey, "{end}");
        assert!(only(&plan).work.steps.is_empty());
    }
}
