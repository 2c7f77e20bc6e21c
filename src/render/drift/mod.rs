//! What differs from what was last applied, and is nobody's wish.

mod human;
mod json;

pub(crate) use human::human;
pub(crate) use json::DriftDocument;
