//! Everything that is tried from outside: the library's doors, and the binary as a process of its own.
//!
//! One runner, so that it is linked once. A part of it runs alone by its name: `cargo test --test it secrecy::`.

#![allow(clippy::unwrap_used, reason = "what a test cannot unwrap has failed it")]

mod cli;
mod config;
mod crash;
mod emulator;
mod generated;
mod layers;
mod paths;
mod portal;
mod secrecy;
mod sink;
mod support;
