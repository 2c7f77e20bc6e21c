use jiff::SignedDuration;

use super::*;
use crate::model::{Made, Marker, Need, StackName};

fn at(day: i8) -> Timestamp {
    format!("2026-11-{day:02}T08:23:41Z").parse().unwrap()
}

fn id(n: u8) -> ItemId {
    ItemId::new(&format!("{n:032}")).unwrap()
}

fn name(text: &str) -> CredentialName {
    CredentialName::new(text).unwrap()
}

fn key() -> Fingerprint {
    Fingerprint::of_bytes(b"a key")
}

fn sink(text: &str) -> SinkId {
    SinkId::recorded(text)
}

fn begun() -> Ledger {
    let marker = Marker { stack: StackName::new("shop").unwrap(), name: name("web") };
    Ledger::begun(marker, "ann".into(), 1)
}

fn issue() -> Issue {
    Issue {
        slot: Slot::One,
        serial: 4,
        life: SignedDuration::from_hours(24 * 9),
        expires: at(20),
        overlap: SignedDuration::from_hours(24),
        sinks: vec![sink("file:a"), sink("file:b")],
        others: vec![id(2)],
    }
}

/// A ledger in which slot 1 is being issued since the 11th; slot 2 has no record.
fn issuing() -> Ledger {
    let mut ledger = begun();
    let receipt = Receipt { at: at(3), noted: at(11) };
    ledger.begin_issue(&issue(), &BTreeMap::from([(sink("file:b"), receipt)]), Some(at(12)), at(11));
    ledger
}

/// The same once it is being delivered.
fn delivering() -> Ledger {
    let mut ledger = issuing();
    ledger.delivering(Slot::One, key(), at(13));
    ledger
}

fn record(ledger: &Ledger) -> &SlotRecord {
    ledger.slots.one.as_ref().unwrap()
}

fn values(title: &str, folder: &str) -> Values {
    Values {
        title: title.into(),
        snippet: String::new(),
        description_hash: String::new(),
        tags: BTreeSet::new(),
        folder: Some(folder.into()),
        privileges: BTreeSet::new(),
        items: BTreeSet::new(),
        referrers: BTreeSet::new(),
        personal: false,
        protect: false,
    }
}

#[test]
fn a_claimed_ledger_names_its_item_and_owner() {
    let mut ledger = begun();
    ledger.claim(id(1), "bob".into());
    assert_eq!(ledger, Ledger { item: Some(id(1)), owner: "bob".into(), ..begun() });
}

#[test]
fn a_renamed_ledger_names_its_item_and_those_renamed_with_it() {
    let mut ledger = begun();
    ledger.renamed(id(1), name("site"), BTreeSet::from([id(2)]));
    let wanted = Ledger { item: Some(id(1)), name: name("site"), renamed_with: BTreeSet::from([id(2)]), ..begun() };
    assert_eq!(ledger, wanted);
}

#[test]
fn what_is_applied_first_is_recorded_as_it_was_returned_and_then_field_by_field() {
    let mut ledger = begun();
    let title = BTreeSet::from([Field::Title]);
    ledger.applied(&values("Web", "Keys"), &values("web", "keys"), &title, &Taken::default());
    let first = Applied { asked: values("Web", "keys"), returned: values("web", "keys") };
    assert_eq!(ledger.applied, Some(first));
    ledger.applied(&values("Shop", "Maps"), &values("shop", "maps"), &title, &Taken::default());
    let second = Applied { asked: values("Shop", "keys"), returned: values("shop", "keys") };
    assert_eq!(ledger.applied, Some(second));
}

#[test]
fn an_edit_begins_the_count_of_new_items_anew_and_what_a_new_item_begins_with_does_not() {
    let made = vec![Made { at: at(1), need: Need::Sinks }];
    let mut ledger = Ledger { made: made.clone(), ..begun() };
    let mut apply = || {
        let title = BTreeSet::from([Field::Title]);
        ledger.applied(&values("Web", "Keys"), &values("Web", "Keys"), &title, &Taken::default());
        ledger.made.clone()
    };
    assert_eq!([apply(), apply()], [made, Vec::new()]);
}

#[test]
fn an_issue_takes_the_slot_and_notes_what_sinks_told_before() {
    let ledger = issuing();
    let receipt = Some(Receipt { at: at(3), noted: at(11) });
    let wanted = SlotRecord {
        serial: 4,
        phase: Phase::Issuing,
        issued: at(11),
        expires: at(20),
        ends: None,
        shown: None,
        date_before: Some(at(12)),
        fingerprint: None,
        overlap: SignedDuration::from_hours(24),
        sinks: vec![
            (sink("file:a"), SinkRecord::default()),
            (sink("file:b"), SinkRecord { receipt_before: receipt, delivered: None }),
        ],
        delivered: None,
    };
    assert_eq!(record(&ledger), &wanted);
    assert_eq!(ledger.slots.two, None);
}

#[test]
fn a_delivery_counts_from_the_proof_and_makes_the_item_home_again() {
    let mut ledger = issuing();
    ledger.superseded(&id(2));
    ledger.delivering(Slot::One, key(), at(13));
    let wanted =
        SlotRecord { phase: Phase::Delivering, fingerprint: Some(key()), issued: at(13), ..record(&issuing()).clone() };
    assert_eq!((record(&ledger), &ledger.superseded_by), (&wanted, &None));
}

#[test]
fn a_resumed_delivery_keeps_its_date_and_whoever_took_over() {
    let mut ledger = issuing();
    ledger.superseded(&id(2));
    ledger.resumed(Slot::One, key());
    let wanted = SlotRecord { phase: Phase::Delivering, fingerprint: Some(key()), ..record(&issuing()).clone() };
    assert_eq!((record(&ledger), &ledger.superseded_by), (&wanted, &Some(id(2))));
}

#[test]
fn a_sink_that_has_the_key_is_recorded_also_where_it_was_not_meant_for_it() {
    let mut ledger = delivering();
    ledger.sink_has(Slot::One, &sink("file:b"), at(14));
    ledger.sink_has(Slot::One, &sink("file:c"), at(15));
    let seen: Vec<_> = record(&ledger).sinks.iter().map(|(id, sink)| (id.as_str(), sink.delivered)).collect();
    assert_eq!(seen, [("file:a", None), ("file:b", Some(at(14))), ("file:c", Some(at(15)))]);
    assert!(record(&ledger).sinks[1].1.receipt_before.is_some(), "what it told before stays");
}

#[test]
fn a_delivered_key_says_since_when() {
    let mut ledger = delivering();
    ledger.delivered(Slot::One, at(16));
    assert_eq!((record(&ledger).phase, record(&ledger).delivered), (Phase::Delivered, Some(at(16))));
}

#[test]
fn a_dropped_slot_is_empty_and_later_words_about_it_change_nothing() {
    let mut ledger = delivering();
    ledger.drop_slot(Slot::One);
    assert_eq!(ledger, begun());
    ledger.sink_has(Slot::One, &sink("file:a"), at(14));
    ledger.delivered(Slot::One, at(16));
    assert_eq!(ledger, begun());
}

#[test]
fn a_superseded_ledger_names_the_item_that_took_over() {
    let mut ledger = begun();
    ledger.superseded(&id(2));
    assert_eq!(ledger, Ledger { superseded_by: Some(id(2)), ..begun() });
}

#[test]
fn ends_are_noted_of_proved_keys_and_only_once() {
    let shown = PerSlot { one: Some(at(20)), two: Some(at(20)) };
    let told = Some((Slot::One, at(20)));
    let mut unproved = issuing();
    unproved.note_ends(told, &shown);
    assert_eq!(unproved, issuing());
    let mut ledger = delivering();
    ledger.note_ends(Some((Slot::Two, at(20))), &PerSlot { one: Some(at(19)), two: None });
    assert_eq!(ledger, delivering(), "another key's end, and a date that is not ours");
    ledger.note_ends(told, &shown);
    assert_eq!((record(&ledger).ends, record(&ledger).shown), (Some(at(20)), Some(at(20))));
    let noted = ledger.clone();
    ledger.note_ends(Some((Slot::One, at(21))), &PerSlot { one: Some(at(21)), two: None });
    assert_eq!(ledger, noted);
}
