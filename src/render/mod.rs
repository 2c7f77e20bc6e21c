//! From values to text: what people and machines read.
//!
//! Nothing here waits, fails, or looks anything up. A view is made of a value once; formats write it.

pub(crate) mod drift;
pub(crate) mod explain;
pub(crate) mod forecast;
pub(crate) mod human;
pub(crate) mod json;
mod outlook;
pub(crate) mod raw;
pub(crate) mod rehearse;
pub(crate) mod status;
pub(crate) mod style;
#[cfg(test)]
mod tests;
mod timeline;
pub(crate) mod view;
pub(crate) mod words;

use std::fmt;

/// What a renderer writes; writing to a string does not fail.
pub(crate) fn text(write: impl FnOnce(&mut String) -> fmt::Result) -> String {
    let mut out = String::new();
    let _ = write(&mut out);
    out
}
