//! From values to text: what people and machines read.
//!
//! Nothing here waits, fails, or looks anything up.

pub mod explain;
pub mod forecast;
pub mod human;
pub mod json;
mod limits;
mod outlook;
pub mod rehearse;
pub mod status;
pub mod style;
mod timeline;
pub mod view;
pub mod words;
