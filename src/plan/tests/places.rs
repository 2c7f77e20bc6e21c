//! Places that go from one credential to another: whose key stands there last, and until when the one before is needed.

use super::*;

/// `web`, with a key in slot 1 that was delivered to these places ten days ago.
fn given(to: &[Delivery]) -> LiveItem {
    with(item(), Slot::One, record(1, Phase::Delivered, to), true)
}

/// Item `n` of `name` with a key in slot 1, delivered to `place` at `at`, or nobody knows whether.
fn heir(n: u16, name: &str, place: &Delivery, at: Option<Timestamp>) -> LiveItem {
    let mut key =
        record(1, if at.is_some() { Phase::Delivered } else { Phase::Delivering }, std::slice::from_ref(place));
    (key.issued, key.delivered) = (at.unwrap_or_else(now), at);
    key.sinks[0].1.delivered = at;
    with(item_of(n, name), Slot::One, key, true)
}

fn of(plan: &Plan, name: &str) -> Vec<Change> {
    plan.changes.iter().filter(|change| change.name == named(name)).cloned().collect()
}

/// `web` goes, and `zoo` has its sink now.
fn handed_over() -> Spec {
    let mut spec = spec(CredentialSpec { deliver: vec![dotenv(".env")], ..wanted("zoo") });
    removed(&mut spec, "web", Leaving::Destroy);
    spec
}

fn taken_over(plan: &Plan) -> (bool, Option<Timestamp>) {
    let change = of(plan, "web").remove(0);
    match change.blocked.as_ref() {
        Some(Blocked::TakenOver { by, made, from, .. }) if *by == named("zoo") => (*made, *from),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_credential_whose_sink_is_taken_over_goes_after_the_overlap_there() {
    let item = given(&[dotenv(".env")]);
    let plan = today(&handed_over(), &live(vec![item.clone()]));
    assert_eq!(taken_over(&plan), (true, None));
    assert_eq!(of(&plan, "zoo")[0].action, Action::Create);
    let with = |at| live(vec![item.clone(), heir(2, "zoo", &dotenv(".env"), Some(in_days(at)))]);
    assert_eq!(taken_over(&today(&handed_over(), &with(-2))), (false, Some(in_days(5))));
    assert!(of(&today(&handed_over(), &with(-8)), "web")[0].is_runnable());
    // What was delivered there before says nothing.
    assert_eq!(taken_over(&today(&handed_over(), &with(-20))), (false, None));
}

#[test]
fn a_place_that_nobody_declares_keeps_no_key() {
    let mut spec = declaring(&["zoo"]);
    removed(&mut spec, "web", Leaving::Destroy);
    assert!(of(&today(&spec, &live(vec![given(&[dotenv(".env")])])), "web")[0].is_runnable());
}

/// `web` delivered an older key to two places, and a later one, long ago, to the one that it has left.
fn followed_in_one() -> (Spec, LiveItem) {
    let (kept, gone) = (dotenv(".env"), dotenv(".env.zoo"));
    let mut spec = spec(CredentialSpec { deliver: vec![kept.clone()], ..want() });
    spec.credentials.insert(named("zoo"), CredentialSpec { deliver: vec![gone.clone()], ..wanted("zoo") });
    let old = SlotRecord { issued: in_days(-60), ..record(1, Phase::Delivered, &[kept.clone(), gone]) };
    let item = with(with(item(), Slot::One, old, true), Slot::Two, record(2, Phase::Delivered, &[kept]), true);
    (spec, item)
}

#[test]
fn a_key_is_retired_when_each_of_its_places_has_had_a_later_one_of_any_credential() {
    let (spec, item) = followed_in_one();
    let retired = |zoo: Option<i64>| {
        let zoo = zoo.map(|at| heir(2, "zoo", &dotenv(".env.zoo"), Some(in_days(at))));
        let live = seen(live(vec![item.clone()].into_iter().chain(zoo).collect()), &dotenv(".env"), holds(2));
        of(&today(&spec, &live), "web").iter().any(|change| change.action == Action::Retire)
    };
    assert!(!retired(None));
    assert!(!retired(Some(-3)));
    assert!(retired(Some(-8)));
}

#[test]
fn a_place_that_another_credential_delivered_to_last_is_given_the_key_again() {
    let place = command(false);
    let want = CredentialSpec { deliver: vec![place.clone()], ..want() };
    let planned = |other: Option<LiveItem>| {
        let items = [given(std::slice::from_ref(&place))].into_iter().chain(other).collect();
        of(&planned(want.clone(), &seen(live(items), &place, Observation::NotAsked)), "web")
    };
    assert!(planned(None).is_empty());
    for last in [Some(in_days(-1)), None] {
        let change = planned(Some(heir(2, "zoo", &place, last))).remove(0);
        assert_eq!((change.action, issued_into(&change)), (Action::Rotate, Slot::Two));
        assert_eq!(change.reasons, [Reason::SinkAdded { sinks: vec![place.id.clone()] }]);
    }
    // What another one delivered before ours is gone.
    assert!(planned(Some(heir(2, "zoo", &place, Some(in_days(-20))))).is_empty());
}

#[test]
fn a_place_that_got_a_later_key_proves_nothing_about_an_earlier_one() {
    let begun = with(item(), Slot::One, record(1, Phase::Delivering, &[dotenv(".env")]), true);
    let planned = |other: Option<LiveItem>| {
        let items = [begun.clone()].into_iter().chain(other).collect();
        let live = seen(live(items), &dotenv(".env"), holds(9));
        of(&planned(want(), &live), "web").remove(0)
    };
    assert_eq!(issued_into(&planned(None)), Slot::One);
    let change = planned(Some(heir(2, "zoo", &dotenv(".env"), Some(in_days(-1)))));
    assert_eq!(
        (issued_into(&change), &change.reasons[..]),
        (Slot::Two, &[Reason::DeliveryInDoubt { slot: Slot::One }][..])
    );
}
