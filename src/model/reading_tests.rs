use jiff::SignedDuration;

use super::*;

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

const ASKED: &str = "2027-02-19T08:23:41Z";

/// Every form in which a portal may return what was asked for.
const ROUNDED: [&str; 4] = [ASKED, "2027-02-19T23:59:59Z", "2027-02-19T23:59:59.999Z", "2027-02-19T08:23:00Z"];

/// Dates that are near, and none of them.
const NEAR: [&str; 9] = [
    "2027-02-19T08:23:40Z",
    "2027-02-19T08:23:42Z",
    "2027-02-19T08:24:00Z",
    "2027-02-19T08:22:00Z",
    "2027-02-19T23:59:58Z",
    "2027-02-19T23:59:00Z",
    "2027-02-20T00:00:00Z",
    "2027-02-20T23:59:59.999Z",
    "2027-02-18T23:59:59.999Z",
];

fn record(phase: Phase) -> SlotRecord {
    SlotRecord {
        serial: 3,
        phase,
        issued: at("2026-11-21T08:23:41Z"),
        expires: at(ASKED),
        ends: None,
        shown: None,
        date_before: Some(at("2026-12-24T10:00:00Z")),
        fingerprint: None,
        overlap: SignedDuration::from_hours(24),
        sinks: Vec::new(),
        delivered: None,
    }
}

#[test]
fn a_date_is_ours_as_it_was_asked_for_or_rounded_and_not_by_being_near() {
    for phase in [Phase::Issuing, Phase::Delivering, Phase::Delivered] {
        for date in ROUNDED {
            assert_eq!(record(phase).dated(Some(at(date))), Dated::Own, "{date}");
            assert!(record(phase).is_end(at(date)), "{date}");
        }
        for date in NEAR {
            assert_eq!(record(phase).dated(Some(at(date))), Dated::Foreign, "{date}");
            assert!(!record(phase).is_end(at(date)), "{date}");
        }
    }
    let fine = SlotRecord { expires: at("2027-02-19T08:23:41.734Z"), ..record(Phase::Issuing) };
    assert_eq!(fine.dated(Some(at(ASKED))), Dated::Own, "cut to the second");
    assert_eq!(fine.dated(Some(at("2027-02-19T08:23:42Z"))), Dated::Foreign, "never upwards");
}

#[test]
fn the_end_that_a_key_told_is_the_only_one_from_then_on() {
    for told in ROUNDED {
        let known = SlotRecord { ends: Some(at(told)), shown: Some(at(told)), ..record(Phase::Delivered) };
        assert_eq!(known.end(), at(told));
        for date in ROUNDED {
            assert_eq!(known.is_end(at(date)), date == told, "{told} {date}");
            let expected = if date == told { Dated::Own } else { Dated::Foreign };
            assert_eq!(known.dated(Some(at(date))), expected, "{told} {date}");
        }
    }
    assert_eq!(record(Phase::Delivered).end(), at(ASKED), "what was asked for, until it is known");
}

#[test]
fn a_portal_may_show_another_date_than_the_key_has() {
    let [asked, _, end_of_day, minute] = ROUNDED.map(at);
    // Seen before: only that, and the key's own.
    let known = SlotRecord { ends: Some(asked), shown: Some(end_of_day), ..record(Phase::Delivered) };
    assert_eq!(
        [asked, end_of_day, minute].map(|date| known.dated(Some(date))),
        [Dated::Own, Dated::Own, Dated::Foreign]
    );
    assert_eq!(known.until(Some(end_of_day)), Some(asked), "the key's own end counts");
    // Not seen yet: any of its forms.
    let unseen = SlotRecord { ends: Some(asked), shown: None, ..record(Phase::Delivered) };
    assert_eq!([asked, end_of_day, minute].map(|date| unseen.dated(Some(date))), [Dated::Own; 3]);
}

#[test]
fn a_date_that_does_not_show_yet_is_no_sign_once_the_key_has_answered() {
    let before = Some(at("2026-12-24T10:00:00Z"));
    for phase in [Phase::Delivering, Phase::Delivered] {
        assert_eq!([None, before].map(|shown| record(phase).dated(shown)), [Dated::Late; 2]);
        assert_eq!(record(phase).until(None), Some(at(ASKED)));
        assert_eq!(record(phase).until(before), Some(at(ASKED)));
        let seen = SlotRecord { shown: Some(at(ASKED)), ..record(phase) };
        assert_eq!(seen.dated(None), Dated::Unclear, "a date that was seen does not go away");
    }
    assert_eq!(record(Phase::Issuing).dated(None), Dated::Unclear, "nobody knows who issued it");
    assert_eq!(record(Phase::Issuing).dated(before), Dated::Late);
    assert_eq!(record(Phase::Issuing).until(before), None);
}
