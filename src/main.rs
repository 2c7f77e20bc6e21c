//! Start, run, exit.

use keyform::cli;
use keyform::config::env::Env;

fn main() -> cli::exit::Exit {
    cli::main(std::env::args_os().collect(), &Env::of_process())
}
