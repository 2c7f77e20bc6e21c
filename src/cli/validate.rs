//! `keyform validate`: offline.

use crate::config;
use crate::model::Severity;

use super::args::ValidateArgs;
use super::context;
use super::exit::Exit;
use super::session::Session;

pub(super) fn run(args: &ValidateArgs, on: &Session<'_>) -> Exit {
    let loaded = config::load(&args.source.config, context::load_options(&args.source, on));
    let report = &loaded.report;
    let (errors, warnings) = (report.count(Severity::Error), report.count(Severity::Warning));
    if args.json {
        on.console.json(&report.to_json());
    } else {
        context::show_report(report, on.console);
        on.console.document(&verdict(&loaded, errors, warnings));
    }
    match (errors, warnings) {
        (0, 0) => Exit::Done,
        (0, _) if args.detailed_exitcode => Exit::Changes,
        (0, _) => Exit::Done,
        (_, _) => Exit::Error,
    }
}

fn verdict(loaded: &config::Loaded, errors: usize, warnings: usize) -> String {
    let counted = |n: usize, word: &str| if n == 1 { format!("1 {word}") } else { format!("{n} {word}s") };
    let warned = if warnings == 0 { String::new() } else { format!(", {}", counted(warnings, "warning")) };
    match &loaded.spec {
        Some(spec) if errors == 0 => {
            format!("Valid: {} in stack {}{warned}.\n", counted(spec.credentials.len(), "credential"), spec.stack)
        }
        Some(_) | None => format!("Not valid: {}{warned}.\n", counted(errors, "error")),
    }
}
