//! `validate` over every broken configuration: refused, at its place, by the process itself.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

fn validate(path: &Path, flags: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_keyform"))
        .args(["validate", "--strict", "-f"])
        .arg(path)
        .args(flags)
        .env_clear()
        .output()
        .unwrap()
}

fn broken() -> Vec<PathBuf> {
    let mut paths: Vec<PathBuf> =
        std::fs::read_dir("tests/fixtures/refused").unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.push("tests/fixtures/refused-together/keyform.yaml".into());
    paths.sort();
    assert!(paths.len() > 20, "{} fixtures", paths.len());
    paths
}

#[test]
fn every_broken_configuration_ends_with_1_and_a_code_and_no_panic() {
    for path in broken() {
        let run = validate(&path, &[]);
        let said = String::from_utf8(run.stderr).unwrap();
        assert_eq!(run.status.code(), Some(1), "{}: {said}", path.display());
        assert!(said.contains("keyform::config::") && !said.contains("panicked"), "{}: {said}", path.display());
    }
}

#[test]
fn every_finding_of_a_broken_configuration_says_for_machines_where_it_is() {
    for path in broken() {
        let run = validate(&path, &["--json"]);
        let document: serde_json::Value = serde_json::from_slice(&run.stdout).unwrap();
        let findings = document["findings"].as_array().unwrap();
        let errors: Vec<_> = findings.iter().filter(|finding| finding["severity"] == "error").collect();
        assert!(!errors.is_empty(), "{}: {document}", path.display());
        // What has no place is about the file as a whole: one that is missing, empty, or not text.
        let whole = |finding: &&serde_json::Value| finding["line"].is_null();
        let placed = errors.iter().filter(|finding| !whole(finding));
        for finding in placed {
            assert!(finding["line"].as_u64() > Some(0) && finding["column"].as_u64() > Some(0), "{finding}");
            assert!(finding["file"].is_string() && finding["code"].is_string(), "{finding}");
        }
    }
}
