//! From values to text: what people and machines read.
//!
//! Nothing here waits, fails, or looks anything up.

pub mod escape;
pub mod scrub;
pub mod style;
