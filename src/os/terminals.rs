//! Terminals: how wide they are.

use std::io;

use rustix::termios::{Winsize, tcgetwinsize};

/// The columns of the terminal behind stdout, else of the one behind stderr.
pub(crate) fn terminal_width() -> Option<usize> {
    let width = |size: rustix::io::Result<Winsize>| size.ok().map(|size| size.ws_col.into());
    let columns = width(tcgetwinsize(io::stdout())).or_else(|| width(tcgetwinsize(io::stderr())));
    columns.filter(|columns| *columns > 0)
}
