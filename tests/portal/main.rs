//! The portal client against scripted portals: each test plays the answers and looks at what was asked.

mod discovery;
mod errors;
mod listing;
mod script;
mod session;
mod writing;
