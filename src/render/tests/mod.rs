//! One plan in every format. It has every action, blocked and refused changes, and text that means harm.

mod fixture;

use fixture::{hostile, plan};

use super::json::{PlanDocument, encoded};
use super::style::Style;
use super::view::{Action, PlanView};
use super::{human, text};
use crate::text::escape::plain;

type Write = fn(&PlanView, Style) -> String;

/// The formats of a plan.
const PLAN: [(&str, Write); 3] = [
    ("human", |view, style| text(|out| human::plan(view, style, out))),
    ("ascii", |view, _| text(|out| human::plan(view, Style { width: 80, ascii: true, ..Style::default() }, out))),
    ("json", |view, _| encoded(&PlanDocument::of(view))),
];

/// The plan in one format, in a file of its own.
#[test]
fn every_format_shows_the_same_plan() {
    let view = PlanView::of(&plan());
    for (name, write) in PLAN {
        let text = write(&view, Style::default()).replace(env!("CARGO_PKG_VERSION"), "[version]");
        insta::with_settings!({ prepend_module_to_snapshot => false, omit_expression => true }, {
            insta::assert_snapshot!(format!("plan_{name}"), text);
        });
    }
}

#[test]
fn the_plan_has_everything_that_formats_have_to_show() {
    let view = PlanView::of(&plan());
    let all = || view.changes.iter().chain(&view.reports);
    let shown = |action| all().any(|change| change.action == action && change.code.is_none());
    assert!(Action::ALL.into_iter().all(shown), "every action, not blocked");
    assert!(all().any(|change| change.waits), "what waits for a date");
    let refused = view.refused.as_ref().unwrap();
    assert!(!refused.over.is_empty() && !refused.goes.is_empty(), "a refusal that lets urgent renewals through");
    assert!(all().any(super::view::ChangeView::widens) && !view.notes.is_empty() && view.until.is_some());
}

#[test]
fn no_format_lets_text_through_that_steers_a_terminal_or_hides_letters() {
    let view = PlanView::of(&plan());
    assert_ne!(plain(&hostile("x")), hostile("x"));
    for (name, write) in PLAN {
        for style in [Style::default(), Style { width: 60, ascii: true, ..Style::default() }] {
            let text = write(&view, style);
            assert!(text.contains("forged"), "{name}: hostile text is in it");
            for line in text.lines() {
                assert_eq!(plain(line), line, "{name}");
                assert!(!line.starts_with("forged"), "{name}: a line break in a name began a line: {line}");
            }
        }
    }
}

#[test]
fn a_document_holds_text_as_it_came() {
    let view = PlanView::of(&plan());
    let document: serde_json::Value = serde_json::from_str(&encoded(&PlanDocument::of(&view))).unwrap();
    assert_eq!(document["portal"]["account"], hostile("dev"));
    assert_eq!(document["config"], hostile("keyform.yaml"));
    assert!(!text(|out| human::plan(&view, Style::default(), out)).contains(&hostile("dev")));
}
