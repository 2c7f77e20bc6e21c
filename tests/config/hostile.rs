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

const WHOLE: &str = include_str!("../fixtures/accepted/whole.yaml");

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
