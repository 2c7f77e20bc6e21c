//! What the operating system is to keyform: requests to stop, and the programs it starts.
//!
//! Everything here is for Unix. Another system needs the same few functions and no change elsewhere.

mod children;
mod signals;

pub(crate) use children::{end_all, start};
pub(crate) use signals::{StopSignal, listen};
