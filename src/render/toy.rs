//! The smallest format, for tests: it shows that one is a file and a line in [`super::PLAN`].

use std::fmt::{self, Write};

use super::style::Style;
use super::view::PlanView;

pub(super) fn plan(view: &PlanView, _: Style, out: &mut String) -> fmt::Result {
    for change in view.changes.iter().chain(&view.reports) {
        writeln!(out, "{:?} {}: {} {}", change.severity, change.address, change.headline, change.code.unwrap_or("-"))?;
        for row in &change.rows {
            writeln!(out, "  {}: {}", row.label, row.text)?;
        }
    }
    for note in &view.notes {
        writeln!(out, "{}: {}", note.code, note.text.shown())?;
    }
    writeln!(out, "{}", view.summary.sentence())
}
