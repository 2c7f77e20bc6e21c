//! Each broken configuration says what is wrong, where; and all of them together say it in file order.

use std::fmt::Write;

use super::{fixtures, lines, load_files, load_text, shown, strict};
use keyform::config::{CODES, Loaded, load};

/// Every fixture by name; under `strict`, so that warnings are seen.
fn refused() -> Vec<(String, Loaded)> {
    let mut paths: Vec<_> =
        std::fs::read_dir(fixtures("refused")).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    let named =
        |path: std::path::PathBuf| (path.file_stem().unwrap().to_str().unwrap().to_owned(), load(&path, strict()));
    paths.into_iter().map(named).collect()
}

#[test]
fn each_broken_configuration_is_refused_at_its_place_with_its_code() {
    let mut all = String::new();
    for (name, loaded) in refused() {
        assert!(loaded.spec.is_none(), "{name} was accepted");
        writeln!(all, "{name}").unwrap();
        for line in lines(&loaded) {
            writeln!(all, "  {line}").unwrap();
        }
    }
    insta::assert_snapshot!("refused", all);
}

#[test]
fn every_finding_names_its_file_in_json_and_on_the_terminal() {
    for (name, loaded) in refused() {
        let json = loaded.report.to_json();
        assert_eq!(json["version"], 1);
        for finding in json["findings"].as_array().unwrap() {
            assert!(finding["file"].as_str().unwrap().ends_with(&format!("{name}.yaml")), "{finding}");
            assert!(CODES.iter().any(|code| code.id == finding["code"]), "{finding}");
            assert!(finding["end_line"].as_u64() >= finding["line"].as_u64());
            let message = finding["message"].as_str().unwrap();
            assert!(!message.ends_with('.') && !finding["help"].as_str().unwrap().is_empty(), "{finding}");
        }
        let text = shown(&loaded);
        assert!(!text.contains("Failed to read"), "{text}");
    }
}

#[test]
fn every_problem_of_a_file_is_said_at_once_in_file_order() {
    let loaded = load(&fixtures("refused-together/keyform.yaml"), super::options());
    insta::assert_snapshot!("together", format!("{}\n\n{}", lines(&loaded).join("\n"), shown(&loaded)));
}

#[test]
fn what_was_wrong_is_not_said_again_as_missing() {
    // The misspelt list is not also "no referrers", and the bad duration not also a bad relation.
    let text = "keyform: 1\nstack: s\nportal: { url: https://www.arcgis.com }\ncredentials:\n  web:\n    \
                privileges: [premium:user:basemaps]\n    referers: [https://a.example]\n    expiry: { lifetime: x }\n    \
                deliver: [{ dotenv: { path: .env, name: K } }]\n";
    assert_eq!(
        lines(&load_text(text)),
        ["7:5 error unknown_key: there is no key `referers` here", "8:25 error bad_duration: `x` is not a duration"]
    );
}

#[test]
fn a_folder_with_two_configurations_or_none_is_refused() {
    let both = load_files(&[("keyform.yaml", "{}"), ("keyform.json", "{}")], strict());
    assert!(both.spec.is_none());
    let folder = tempfile::tempdir().unwrap();
    assert!(lines(&load(folder.path(), strict()))[0].starts_with("- error unreadable_file"));
    std::fs::write(folder.path().join("keyform.yaml"), "{}").unwrap();
    std::fs::write(folder.path().join("keyform.json"), "{}").unwrap();
    assert!(lines(&load(folder.path(), strict()))[0].starts_with("- error ambiguous_folder"));
}

#[test]
fn a_report_over_two_files_shows_both() {
    let root = "keyform: 1\nstack: s\nportal: { url: https://www.arcgis.com }\ninclude: [teams/a.yaml]\ncredentials:\n  web:\n    \
                privileges: [premium:user:basemap]\n    referrers: [https://a.example]\n    deliver: [{ file: { path: k } }]\n";
    let team = "credentials:\n  web:\n    titel: Shop\n";
    let loaded = load_files(&[("keyform.yaml", root), ("teams/a.yaml", team)], super::options());
    let folder = loaded.report.sources.iter().next().unwrap().name.trim_end_matches("keyform.yaml").to_owned();
    insta::assert_snapshot!("two_files", shown(&loaded).replace(&folder, ""));
}

#[test]
fn every_code_is_shown_by_a_test() {
    let tests = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/config");
    let mut all = String::new();
    for folder in [tests.clone(), tests.join("snapshots")] {
        for file in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_file())
        {
            all += &std::fs::read_to_string(file).unwrap();
        }
    }
    let slug = |code: &'static str| code.rsplit(':').next().unwrap();
    let missing: Vec<_> = CODES.iter().map(|code| slug(code.id)).filter(|slug| !all.contains(slug)).collect();
    assert_eq!(missing, Vec::<&str>::new());
}
