//! No key, client secret, password or token leaves by anything but a sink.
//!
//! Each test plants secrets, drives keyform as a process, and then looks through every byte that came out of it: both
//! streams, every file but the declared sinks, the addresses it asked for, and what the programs it starts can see.

#![allow(clippy::format_collect, reason = "the short form reads better, and nobody waits")]
#![allow(clippy::disallowed_methods, reason = "how long a run takes is what some of these tests are about")]

mod commands;
mod control;
mod crash;
mod ledger;
mod lies;
mod planted;
mod proxy;
mod signals;
mod sinks;
mod trouble;
mod verbs;
mod wire;
