//! `keyform completion`.

use clap::CommandFactory;

use super::args::{Cli, CompletionArgs};
use super::console::Console;
use super::exit::Exit;

pub(super) fn run(args: &CompletionArgs, console: &Console) -> Exit {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "keyform", &mut script);
    console.document(&String::from_utf8_lossy(&script));
    Exit::Done
}
