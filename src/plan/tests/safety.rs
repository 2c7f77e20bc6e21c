//! What the plan promises to those who use the keys.

use super::*;

fn ending_in(days: i64, sinks: &[Delivery]) -> (CredentialSpec, Live) {
    let mut record = record(1, Phase::Delivered, sinks);
    record.expires = in_days(days);
    let live = seen(live(vec![with(item(), Slot::One, record, true)]), &dotenv(".env"), holds(1));
    (CredentialSpec { deliver: sinks.to_vec(), ..want() }, live)
}

fn safety_of((want, live): (CredentialSpec, Live)) -> Safety {
    only(&planned(want, &live)).told.safety.unwrap()
}

#[test]
fn a_rotation_in_time_is_continuous_and_says_how_long_the_old_key_stays() {
    let (want, live) = ending_in(20, &[dotenv(".env")]);
    let plan = planned(want, &live);
    assert_eq!(only(&plan).told.safety, Some(Safety { gap: None, may_replace: false }));
    let outgoing = only(&plan).told.outgoing.as_ref().unwrap();
    assert_eq!((outgoing.slot, outgoing.until, outgoing.then), (Some(Slot::One), in_days(7), Then::Revoke));
}

#[test]
fn a_rotation_too_late_for_its_overlap_says_when_the_old_key_ends() {
    let gap = |days| safety_of(ending_in(days, &[dotenv(".env")])).gap;
    assert_eq!((gap(8), gap(7)), (None, Some(Gap::TooLate { until: in_days(7) })));
}

#[test]
fn a_key_that_is_dead_already_is_not_called_continuous() {
    let item = with(item(), Slot::One, record(1, Phase::Delivered, &[dotenv(".env")]), false);
    let live = seen(live(vec![item]), &dotenv(".env"), holds(1));
    assert_eq!(safety_of((want(), live)).gap, Some(Gap::Dead));
    let lost = seen(super::live(vec![in_order()]), &dotenv(".env"), Observation::Absent);
    assert_eq!(safety_of((want(), lost)).gap, Some(Gap::Dead));
}

#[test]
fn one_crash_can_force_a_replacement_exactly_if_no_sink_can_be_read_unless_it_is_one_that_confirms() {
    let two = [program("a", true), program("b", true)];
    let runner = Delivery { heal: false, ..dotenv(".env") };
    let cases: [(&[Delivery], bool); 6] = [
        (&[command(false)], true),
        (&two, true),
        (&[command(false), program("b", false)], true),
        (&[runner], true),
        (&[command(true)], false),
        (&[command(false), dotenv(".env")], false),
    ];
    for (sinks, forced) in cases {
        let safety = safety_of(ending_in(20, sinks));
        assert_eq!(safety.may_replace, forced, "{:?}", sinks.iter().map(|sink| &sink.id).collect::<Vec<_>>());
    }
    // With the other slot empty, a key in doubt takes that one.
    let first = planned(CredentialSpec { deliver: vec![command(false)], ..want() }, &live(Vec::new()));
    assert_eq!(only(&first).told.safety, Some(Safety { gap: None, may_replace: false }));
}

#[test]
fn what_is_not_about_keys_says_nothing_of_them() {
    let mut edited = in_order();
    edited.title = "Mine".into();
    let plan = planned(want(), &seen(live(vec![edited]), &dotenv(".env"), holds(1)));
    assert_eq!(only(&plan).told.safety, None);
}
