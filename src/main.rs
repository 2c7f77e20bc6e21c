//! Start, run, exit.

use keyform::cli;
use keyform::config::env::Environment;

fn main() -> cli::exit::Exit {
    cli::main(std::env::args_os().collect(), Environment::of_process())
}
