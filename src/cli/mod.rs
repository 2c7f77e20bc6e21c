//! The command line.

pub mod console;
pub mod exit;
pub mod fingerprint;
