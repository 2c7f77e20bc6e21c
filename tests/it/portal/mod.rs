//! The portal client against scripted portals: each test plays the answers and looks at what was asked.

#![allow(clippy::needless_pass_by_value, reason = "scripts are written down where they are used")]

mod discovery;
mod errors;
mod listing;
mod pause;
mod script;
mod session;
mod writing;
