//! Where a new key goes.

mod dotenv;
mod error;
mod field;
mod json;
mod yaml;

pub use error::{CODES, Explained, Problem, SinkError};
