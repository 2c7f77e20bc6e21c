//! Configurations as files: what is accepted, what is refused and where, and that nothing makes it panic or leak.

mod accept;
mod accepted;
mod examples;
mod hostile;
mod includes;
mod pins;
mod reach;
mod refused;
mod schema;
mod secrets;
mod size;
mod speed;

use std::path::{Path, PathBuf};

use keyform::config::{LoadOptions, Loaded, Look, load};

/// The clock of every test.
const NOW: &str = "2026-09-21T08:00:00Z";

fn options() -> LoadOptions {
    LoadOptions { now: Some(NOW.parse().unwrap()), ..LoadOptions::default() }
}

fn strict() -> LoadOptions {
    LoadOptions { strict: true, ..options() }
}

fn fixtures(kind: &str) -> PathBuf {
    // Relative, so that no report shows where this checkout happens to be.
    Path::new("tests/fixtures").join(kind)
}

/// A folder with these files, and what came of loading it.
fn load_files(files: &[(&str, &str)], options: LoadOptions) -> Loaded {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let at = folder.path().join(name);
        std::fs::create_dir_all(at.parent().unwrap()).unwrap();
        std::fs::write(at, text).unwrap();
    }
    load(&folder.path().join(files[0].0), options)
}

/// What came of loading one text.
fn load_text(text: &str) -> Loaded {
    load_files(&[("keyform.yaml", text)], options())
}

/// Every problem in one line each: `line:column code message`.
fn lines(loaded: &Loaded) -> Vec<String> {
    let report = &loaded.report;
    let place = |problem: &keyform::config::Problem| {
        let span = problem.span()?;
        let at = report.sources.get(span.file)?.position(span.start);
        Some(format!("{}:{}", at.line, at.column))
    };
    let line = |problem: &keyform::config::Problem| {
        let code = problem.code.id.trim_start_matches("keyform::config::");
        let word = problem.severity.word();
        format!("{} {word} {code}: {}", place(problem).unwrap_or_else(|| "-".into()), problem.message)
    };
    report.problems.iter().map(line).collect()
}

/// The report as people see it.
fn shown(loaded: &Loaded) -> String {
    let mut text = String::new();
    loaded.report.write(Look::default(), &mut text).unwrap();
    text
}
