//! What the emulated portal promises: each rule with the fact it comes from.

mod accounts;
mod content;
mod http;
mod keys;
mod sweep;
mod world;
