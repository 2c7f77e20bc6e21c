//! Whole transcripts: the real binary in an empty folder with an empty environment, against the built-in portal as a
//! process of its own. What a person would see is the snapshot: stdout, stderr and the exit code as one text.

mod apply;
mod attacks;
mod documents;
mod drift;
mod emulator;
mod explain;
mod forecast;
mod lease;
mod leave;
mod look;
mod plan;
mod portal_changes;
mod portals;
mod quickstart;
mod rehearse;
mod replace;
mod rotate;
mod signals;
mod tampered;
mod unread;
mod usage;
mod validate;
