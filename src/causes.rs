//! An error in one line, with everything that led to it.

use std::error::Error;

/// The error and its causes, outermost first.
#[must_use]
pub(crate) fn in_a_line(error: &dyn Error) -> String {
    let mut line = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        line.push_str(": ");
        line.push_str(&cause.to_string());
        source = cause.source();
    }
    line
}
