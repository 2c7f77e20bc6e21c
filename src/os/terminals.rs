//! Terminals: which streams lead to one, and how wide it is.

use std::io::{self, IsTerminal as _};

use rustix::termios::{Winsize, tcgetwinsize};

/// Whether stdin is a terminal.
pub(crate) fn is_stdin_terminal() -> bool {
    io::stdin().is_terminal()
}

/// Whether stdout is a terminal.
pub(crate) fn is_stdout_terminal() -> bool {
    io::stdout().is_terminal()
}

/// Whether stderr is a terminal.
pub(crate) fn is_stderr_terminal() -> bool {
    io::stderr().is_terminal()
}

/// The columns of the terminal behind stdout, else of the one behind stderr.
pub(crate) fn terminal_width() -> Option<usize> {
    let width = |size: rustix::io::Result<Winsize>| size.ok().map(|size| size.ws_col.into());
    let columns = width(tcgetwinsize(io::stdout())).or_else(|| width(tcgetwinsize(io::stderr())));
    columns.filter(|columns| *columns > 0)
}
