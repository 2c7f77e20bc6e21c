//! Start, run, exit.

fn main() {}
