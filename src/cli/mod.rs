//! The command line: a verb a file, inputs to stage to render.

pub mod args;
pub mod codes;
mod console;
pub mod exit;
mod fingerprint;
pub mod schema;

mod apply;
mod approval;
mod completion;
mod context;
mod doctor;
mod drift;
mod emulator;
mod explain;
mod forecast;
mod leave;
mod moment;
mod names;
mod plan;
mod privileges;
mod record;
mod refusal;
mod rehearse;
mod revoke;
mod session;
mod status;
mod stop;
mod validate;
mod version;

use std::ffi::OsString;
use std::sync::Arc;

use clap::Parser;

use crate::config::env::{EnvError, Environment};

use args::{All, Cli, Verb};
use console::{Console, Surroundings};
use exit::Exit;
use refusal::Refusal;
use session::{Session, wait};
use stop::Signals;

/// Reads the command line, runs its verb, and says how it ended.
#[must_use]
pub fn main(args: Vec<OsString>, env: Result<Environment, EnvError>) -> Exit {
    let env = match env {
        Ok(env) => env,
        Err(error) => {
            let around = Surroundings::detect(&Environment { no_color: true, ci: true, ..Environment::default() });
            return Console::of_process(All::default(), around).fails(Refusal::Environment(error));
        }
    };
    let around = Surroundings::detect(&env);
    let args = match args::as_terraform(args) {
        Ok(args) => args,
        Err(hint) => {
            Console::of_process(All::default(), around).error(&format!("error: {hint}"));
            return Exit::Error;
        }
    };
    let cli = match Cli::try_parse_from(args) {
        Ok(cli) => cli,
        Err(error) => {
            // clap would end with 2, which means something else here.
            if !error.use_stderr() {
                let _ = error.print();
                return Exit::Done;
            }
            let console = Console::of_process(All::default(), around);
            let text = error.render();
            // It repeats what was typed, which may be a key.
            let text = if console.error_style().colour { text.ansi().to_string() } else { text.to_string() };
            console.error(&text);
            return Exit::Error;
        }
    };
    let console = Arc::new(Console::of_process(cli.all, around));
    log_to_stderr(cli.all.verbose, console.error_style().colour);
    let signals = Signals::listen(&console);
    let exit = run(cli.verb, Session { all: cli.all, env, console: &console, signals: &signals });
    signals.go_on();
    exit.unwrap_or_else(|failed| failed)
}

fn run(verb: Verb, on: Session<'_>) -> Result<Exit, Exit> {
    match verb {
        Verb::Validate(args) => Ok(validate::run(&args, &on)),
        Verb::Plan(args) => wait(plan::run(&args, on)),
        Verb::Apply(args) => wait(apply::run(&args, on)),
        Verb::Rotate(args) => wait(apply::rotate(&args, on)),
        Verb::Revoke(args) => wait(revoke::run(&args, on)),
        Verb::Destroy(args) => wait(leave::destroy(args, on)),
        Verb::Forget(args) => wait(leave::forget(args, on)),
        Verb::Drift(args) => wait(drift::run(&args, on)),
        Verb::Status(args) => wait(status::run(&args, on)),
        Verb::Explain(args) => explain::run(&args, on),
        Verb::Forecast(args) => wait(forecast::run(&args, on)),
        Verb::Rehearse(args) => rehearse::run(&args, &on),
        Verb::Doctor(args) => wait(doctor::run(&args, on)),
        Verb::Schema(args) => Ok(schema::run(&args, on.console)),
        Verb::Emulator(args) => wait(emulator::run(&args, &on)),
        Verb::Privileges(args) => Ok(privileges::run(&args, on.console)),
        Verb::Fingerprint => Ok(fingerprint::run(std::io::stdin().lock(), on.console)),
        Verb::Completion(args) => Ok(completion::run(&args, on.console)),
        Verb::Version(args) => Ok(version::run(&args, on.console)),
        Verb::Later(words) => {
            let verb = words.first().map(|word| word.to_string_lossy().into_owned()).unwrap_or_default();
            on.console.error(&format!("error: {}", args::unknown_verb(&verb)));
            Err(Exit::Error)
        }
    }
}

fn log_to_stderr(verbose: u8, colour: bool) {
    let level = match verbose {
        0 => return,
        1 => "keyform=info",
        2 => "keyform=debug",
        _ => "keyform=trace",
    };
    // Only our own words: what a library logs about a request could hold anything.
    let filter = tracing_subscriber::EnvFilter::new(level);
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_target(false);
    let _ = log.with_ansi(colour).try_init();
}
