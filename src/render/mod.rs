//! From values to text: what people and machines read.
//!
//! Nothing here waits, fails, or looks anything up. A view is made of a value once; formats write it. A format of a plan is
//! a file and a line in [`PLAN`].

pub mod explain;
pub mod forecast;
pub mod human;
pub mod json;
mod outlook;
pub mod raw;
pub mod rehearse;
pub mod status;
pub mod style;
#[cfg(test)]
mod tests;
mod timeline;
#[cfg(test)]
mod toy;
pub mod view;
pub mod words;

use std::fmt;

use style::Style;
use view::PlanView;

/// A way to write a plan.
#[derive(Clone, Copy, Debug)]
pub struct Format {
    /// What it is called.
    pub name: &'static str,
    /// Writes it.
    pub write: fn(&PlanView, Style, &mut String) -> fmt::Result,
}

/// For a person at a terminal.
pub const HUMAN: Format = Format { name: "human", write: human::plan };
/// For machines.
pub const JSON: Format = Format { name: "json", write: json::plan };

/// Every way to write a plan.
pub const PLAN: &[Format] = &[
    HUMAN,
    JSON,
    #[cfg(test)]
    Format { name: "toy", write: toy::plan },
];

impl Format {
    /// The text of `view`.
    #[must_use]
    pub fn text(self, view: &PlanView, style: Style) -> String {
        let mut out = String::new();
        // Writing to a string does not fail.
        let _ = (self.write)(view, style, &mut out);
        out
    }
}
