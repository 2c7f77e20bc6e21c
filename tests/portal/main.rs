//! The portal client against scripted portals: each test plays the answers and looks at what was asked.

#![allow(clippy::unwrap_used, reason = "a helper of a test fails like the test itself")]
#![allow(clippy::needless_pass_by_value, reason = "scripts are written down where they are used")]

mod discovery;
mod errors;
mod listing;
mod script;
mod session;
mod writing;
