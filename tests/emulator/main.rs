//! What the emulated portal promises: each rule with the fact it comes from.

#![allow(clippy::unwrap_used, reason = "a test may end where it stands")]

mod accounts;
mod content;
mod http;
mod keys;
mod sweep;
mod world;
