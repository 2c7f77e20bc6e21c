//! Column arithmetic, as tables and as properties.

use jiff::SignedDuration;
use proptest::prelude::*;

use super::*;
use crate::model::Slot;

fn at(text: &str) -> Timestamp {
    let text = if text.len() == 10 { format!("{text}T00:00:00Z") } else { text.to_owned() };
    text.parse().unwrap()
}

fn key(name: &str, slot: Slot, end: Option<&str>, next: Option<Next>) -> KeyLine {
    let name = CredentialName::new(name).unwrap();
    KeyLine { name, slot, current: true, expires: end.map(at), next, sinks: (1, 1) }
}

fn renewed(name: &str, end: &str, from: &str) -> KeyLine {
    key(name, Slot::One, Some(end), Some(Next::Renew(at(from))))
}

fn timeline(keys: &[KeyLine], now: &str, width: usize) -> String {
    let keys: Vec<&KeyLine> = keys.iter().collect();
    let mut out = String::new();
    let style = Style { width, ..Style::default() };
    write("Keys in use after this plan", &keys, at(now), style, &mut out).unwrap();
    out
}

#[test]
fn the_mock_up_of_the_layouts_is_drawn_as_it_stands_there() {
    let mut new = renewed("storefront-web", "2027-03-20", "2027-02-18");
    new.slot = Slot::Two;
    let old = key("storefront-web", Slot::One, Some("2026-10-15"), Some(Next::Revoke(at("2026-10-05"))));
    let keys = [
        old,
        renewed("dispatch-web", "2026-12-04", "2026-11-04"),
        renewed("depot-editor", "2026-12-20", "2026-11-29"),
        renewed("field-survey", "2026-12-20", "2026-11-29"),
        new,
    ];
    insta::assert_snapshot!(timeline(&keys, "2026-09-21", 100), @"
    Keys in use after this plan      |Sep  |Oct  |Nov  |Dec  |Jan  |Feb  |Mar  |
      dispatch-web    1  2026-12-04  .   =========r=====>    .     .     .     .  renew 2026-11-04
      depot-editor    1  2026-12-20  .   ==============r===> .     .     .     .  renew 2026-11-29
      field-survey    1  2026-12-20  .   ==============r===> .     .     .     .  renew 2026-11-29
      storefront-web  2  2027-03-20  .   ==============================r=====> .  renew 2027-02-18
                      1  2026-10-15  .   ===x    .     .     .     .     .     .  revoke 2026-10-05
    ");
}

#[test]
fn keys_without_a_known_end_ended_and_without_renewal_have_bars_too() {
    let keys = [
        key("adopted", Slot::One, None, None),
        key("ended", Slot::Two, Some("2026-09-01"), Some(Next::Revoke(at("2026-09-01")))),
        key("fair", Slot::One, Some("2026-10-31"), Some(Next::Expire(at("2026-10-31")))),
        renewed("late", "2026-10-01", "2026-09-01"),
        renewed("today", "2026-09-21T09:00:00Z", "2026-09-21T08:00:00Z"),
    ];
    insta::assert_snapshot!(timeline(&keys, "2026-09-21T08:00:00Z", 100), @"
    Keys in use after this plan  |Sep  |Oct  |
      ended       2  2026-09-01  .   x .     .  revoke now
      today       1  2026-09-21  .   r>.     .  renew now
      late        1  2026-10-01  .   r=>     .  renew now
      fair        1  2026-10-31  .   ========>  not renewed
      adopted     1  unknown     .   ========.
    ");
}

#[test]
fn more_than_a_year_is_scaled_to_fit() {
    let keys = [
        renewed("web", "2028-09-20", "2028-08-21"),
        renewed("a-name-that-is-as-long-as-names-of-credentials-are-allowed-to-be", "2027-02-28", "2027-01-31"),
    ];
    for width in [90, 100, 120] {
        let text = timeline(&keys, "2026-09-21", width);
        assert!(text.lines().all(|line| columns(line) <= width), "{width}: {text}");
    }
    insta::assert_snapshot!(timeline(&keys, "2026-09-21", 100), @"
    Keys in use after this plan                |Sep|2027|Jun|Oct|Feb|Jun|
      a-name-that-is-as-long-…  1  2027-02-28  =====r>...................  renew 2027-01-31
      web                       1  2028-09-20  ========================r>  renew 2028-08-21
    ");
    let far = [renewed("web", "2071-09-20", "2028-08-21")];
    insta::assert_snapshot!(timeline(&far, "2026-09-21", 100), @"
    Keys in use after this plan  |2026|2031|2035|2040|2045|2049|2054|2058|2063|2067
      web         1  2071-09-20  ===r==============================================>  renew 2028-08-21
    ");
}

#[test]
fn there_is_none_below_90_columns_in_short_or_without_keys() {
    let keys = [renewed("web", "2026-12-04", "2026-11-04")];
    assert_eq!(timeline(&keys, "2026-09-21", 89), "");
    assert_eq!(timeline(&[], "2026-09-21", 100), "");
    let mut out = String::new();
    let style = Style { short: true, ..Style::default() };
    write("Keys", &[&keys[0]], at("2026-09-21"), style, &mut out).unwrap();
    assert_eq!(out, "");
}

#[test]
fn months_of_leap_years_and_the_turn_of_a_year_have_as_many_columns_as_others() {
    let scale = |now: &str, last: &str| Scale::of(at(now), at(last), 200).unwrap();
    let leap = scale("2028-01-15", "2028-03-15");
    assert_eq!(leap.column(at("2028-02-01"), true), 6);
    assert_eq!(leap.column(at("2028-02-29"), false), 6 + 28 * 6 / 29);
    assert_eq!(leap.column(at("2028-02-29T23:59:59Z"), true), 12);
    assert_eq!(leap.column(at("2028-03-01"), true), 12);
    let turn = scale("2026-12-31", "2027-01-01");
    assert_eq!((turn.count, turn.column(at("2027-01-01"), true)), (2, 6));
    assert_eq!(turn.head(), "|Dec  |Jan  |");
}

proptest! {
    #[test]
    fn a_bar_is_as_wide_as_its_head_and_later_is_never_further_left(
        now in 1_600_000_000i64..4_000_000_000,
        ends in prop::collection::vec(-10_000_000i64..100_000_000, 1..4),
        room in 2usize..160,
    ) {
        let moment = |seconds| Timestamp::from_second(seconds).unwrap();
        let last = ends.iter().copied().max().unwrap().max(0);
        let scale = Scale::of(moment(now), moment(now + last), room).unwrap();
        prop_assert!(scale.width() <= room, "{} of {room}", scale.width());
        prop_assert_eq!(scale.head().chars().count(), scale.width());
        let mut ends = ends;
        ends.sort_unstable();
        let mut before = 0;
        for end in ends {
            let end = moment(now + end);
            let column = scale.column(end, true);
            prop_assert!(column >= before && column < scale.width());
            if end >= moment(now) {
                prop_assert!(column >= scale.column(moment(now), false));
            }
            before = column;
            let renew = end.checked_sub(SignedDuration::from_hours(24 * 30)).unwrap();
            let key = KeyLine {
                name: CredentialName::new("web").unwrap(),
                slot: Slot::One,
                current: true,
                expires: Some(end),
                next: Some(Next::Renew(renew)),
                sinks: (0, 0),
            };
            let bar = scale.bar(&key, moment(now));
            prop_assert_eq!(bar.chars().count(), scale.width());
            prop_assert_eq!(bar.matches('>').count(), 1, "{}", bar);
            let tail = bar.split('>').nth(1).unwrap();
            prop_assert!(!tail.contains(['=', 'r', 'x']), "{}", bar);
        }
    }
}
