//! Whatever a file holds, it is answered and not died of.

use std::fmt::Write;

use proptest::prelude::*;

use super::{lines, load_text, shown};
use keyform::config::{LoadOptions, load};

fn load_bytes(bytes: &[u8]) -> keyform::config::Loaded {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keyform.yaml");
    std::fs::write(&path, bytes).unwrap();
    load(&path, LoadOptions::default())
}

const WHOLE: &str = include_str!("../../fixtures/accepted/whole.yaml");

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn random_bytes_are_answered(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let loaded = load_bytes(&bytes);
        prop_assert!(loaded.spec.is_none() && loaded.report.has_errors());
        shown(&loaded);
    }

    #[test]
    fn a_configuration_with_any_stretch_replaced_is_answered(
        from in 0..WHOLE.len(),
        len in 0..40_usize,
        with in "[a-z0-9:{}\\[\\]&*!|>'\"%@#, \t\n<-]{0,12}",
    ) {
        let mut text = WHOLE.to_owned();
        let floor = |mut at: usize| { while !WHOLE.is_char_boundary(at) { at -= 1; } at };
        text.replace_range(floor(from)..floor((from + len).min(WHOLE.len())), &with);
        let loaded = load_text(&text);
        prop_assert_eq!(loaded.spec.is_none(), loaded.report.has_errors());
        shown(&loaded);
        prop_assert!(loaded.report.to_json().is_object());
    }
}

#[test]
fn a_report_shows_a_line_without_what_steers_a_terminal_or_turns_letters_round() {
    const SHOP: &str = "keyform: 1\nstack: s\nportal: { url: https://www.arcgis.com }\ncredentials: {}\n";
    for (text, place) in [
        // Raw in the file, in a comment beside a mistake, and spelled out where a message could repeat it.
        ("removed: [{ name: b, then: destroy, because: \"x \u{1b}[31m\" }]\n", "5:"),
        ("removed: [{ name: b, then: destroy, because: \"\u{202e}x\u{2066}\u{200b}\u{9b}2J\", foo: 1 }]\n", "5:"),
        ("# \u{202e}\u{e0041}\nmoved: 5 # \u{202e}\u{9d}0;title\u{9c}\n", "6:"),
        ("removed: [{ name: \"b\\e[31m\\u202e\", then: \"\\e[2J\", not_before: \"\\u202e\" }]\n", "5:"),
        ("\"\\e[31m\\u202e\": 1\nmoved: [{ from: \"\\e\", to: \"\\u202e\" }]\n", "5:"),
        ("guards: { freeze: [{ from: \"\\e]0;x\\a\", to: \"\\u202e\", zone: \"\\e[31m\" }] }\n", "5:"),
        ("cadence: \"\\e[31m\\u202e\"\norphans: \"\\e[31m\"\n", "5:"),
    ] {
        let loaded = load_text(&format!("{SHOP}{text}"));
        assert!(loaded.spec.is_none(), "{text:?}");
        assert!(lines(&loaded)[0].starts_with(place), "{:?}", lines(&loaded));
        let shown = shown(&loaded);
        let bad = |c: &char| matches!(c, '\0'..='\u{9}' | '\u{b}'..='\u{1f}' | '\u{7f}'..='\u{9f}' | '\u{200b}' | '\u{202e}' | '\u{2066}' | '\u{e0041}');
        assert_eq!(shown.chars().find(bad), None, "{text:?}: {shown:?}");
    }
}

#[test]
fn wrong_words_about_leaving_and_waiting_are_all_said_at_once_each_at_its_place() {
    const SHOP: &str = "keyform: 1\nstack: s\nportal: { url: https://www.arcgis.com }\ncredentials: {}\n";
    let loaded = load_text(&format!(
        "{SHOP}removed:
  - {{ name: 5, then: kill, not_before: 9999-99-99, because: [x] }}
  - {{ name: old, then: destroy, not_before: 10000-01-01 }}
  - {{ name: old, then: destroy, not_before: -0001-01-01, because: {} }}
  - nothing
guards:
  max: {{ destroy: -1, replace: 99999999999999999999, rotate: x, change_percent: 101 }}
  freeze: [{{ from: 9999-12-30, to: 9999-12-31 }}, 3]
defaults: {{ expiry: {{ spread: 36500d, window: {{ days: mon-xxx, hours: \"25:00-99:00\", zone: Mars/Base }} }} }}
cadence: 99999999999999h
",
        "L".repeat(10_000)
    ));
    let found = lines(&loaded);
    let places: Vec<_> = found.iter().map(|line| line.split(' ').next().unwrap()).collect();
    let expected = [
        "6:13", "6:22", "6:40", "6:52", "7:45", "8:13", "8:45", "8:67", "9:5", "11:19", "11:32", "11:62", "11:81",
        "12:36", "12:50", "13:31", "13:55", "13:71", "13:92", "14:10",
    ];
    assert_eq!(places, expected, "{found:#?}");
}

#[test]
fn a_circle_of_a_hundred_names_is_told_in_a_few() {
    let mut text =
        "keyform: 1\nstack: s\nportal: { url: https://www.arcgis.com }\ncredentials: {}\nmoved:\n".to_owned();
    for n in 1..=100 {
        writeln!(text, "  - {{ from: m{n}, to: m{} }}", n % 100 + 1).unwrap();
    }
    let loaded = load_text(&text);
    let found = lines(&loaded);
    assert_eq!(found.len(), 1, "{found:#?}");
    assert!(found[0].contains("and 94 more"), "{found:#?}");
    assert!(shown(&loaded).lines().count() < 40, "{}", shown(&loaded));
}

#[test]
fn an_alias_bomb_is_refused_early() {
    let mut text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for n in 1..12 {
        let before = format!("*a{}", n - 1);
        writeln!(text, "a{n}: &a{n} [{}]", [before.as_str(); 10].join(", ")).unwrap();
    }
    let found = lines(&load_text(&text));
    assert!(found.iter().any(|line| line.contains("too_large")), "{found:?}");
}

#[test]
fn a_tower_of_aliases_is_refused_before_the_stack_ends() {
    let mut text = "a0: &a0 [x]\n".to_owned();
    for n in 1..20_000 {
        writeln!(text, "a{n}: &a{n} [*a{}]", n - 1).unwrap();
    }
    assert!(lines(&load_text(&text)).iter().any(|line| line.contains("too_large")));
    assert!(load_text(&"[".repeat(100_000)).report.has_errors());
    assert!(load_text(&"{a: ".repeat(100_000)).report.has_errors());
    assert!(load_text(&"- ".repeat(100_000)).report.has_errors());
}

#[test]
fn bytes_that_are_no_text_and_files_that_are_too_large_are_named() {
    assert!(lines(&load_bytes(b"keyform: 1\nstack: \xff\n"))[0].starts_with("- error not_utf8: "));
    assert!(lines(&load_bytes(&vec![b'#'; 17 * 1024 * 1024]))[0].contains("too_large"));
    assert!(lines(&load_bytes(b"# only a comment\n"))[0].contains("1:1 error empty_file"));
}

#[test]
fn a_byte_order_mark_moves_nothing() {
    let found = lines(&load_text("\u{feff}keyform: 1\nstack: S\n"));
    assert!(found.contains(&"2:8 error bad_name: `S` is not a name".to_owned()), "{found:?}");
}

#[test]
fn an_alias_inside_of_itself_is_refused() {
    assert!(load_text("a: &a [*a]\n").report.has_errors());
}
