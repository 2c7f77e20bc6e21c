//! Several files: what an included one may say, and how places in two files are shown.

use super::{lines, load_files, options, shown};

const ROOT: &str = "keyform: 1\nstack: s\nportal: { url: https://www.arcgis.com }\n";

fn credential(name: &str, place: &str) -> String {
    format!(
        "  {name}:\n    privileges: [premium:user:basemaps]\n    referrers: [https://{name}.example]\n    \
         deliver: [{place}]\n"
    )
}

#[test]
fn one_name_in_two_files_is_shown_in_both() {
    let root = format!("{ROOT}include: [teams/*.yaml]\ncredentials:\n{}", credential("web", "{ file: { path: a } }"));
    let team = format!("credentials:\n{}", credential("web", "{ file: { path: b } }"));
    let loaded = load_files(&[("keyform.yaml", &root), ("teams/a.yaml", &team)], options());
    assert_eq!(lines(&loaded), ["2:3 error duplicate_name: credential `web` is declared twice"]);
    let text = shown(&loaded);
    assert!(text.contains("declared again here") && text.contains("first declared here"), "{text}");
    assert!(text.contains("teams/a.yaml:2:3") && text.contains("keyform.yaml:6:3"), "{text}");
    let json = loaded.report.to_json();
    assert!(json["findings"][0]["related"][0]["file"].as_str().unwrap().ends_with("keyform.yaml"));
}

#[test]
fn an_included_file_adds_credentials_and_nothing_else() {
    let team = "stack: other\nsinks: {}\nguards: {}\norphans: destroy\nremoved: []\ncredentials:\n  a:\n    privileges: [premium:user:basemaps]\n    \
                referrers: [https://a.example]\n    deliver: [{ command: { run: [x] } }, { gitlab_ci: { project: x } }, { file: { path: k } }]\n";
    let loaded = load_files(&[("keyform.yaml", &format!("{ROOT}include: [t.yaml]\n")), ("t.yaml", team)], options());
    assert_eq!(
        lines(&loaded),
        [
            "1:1 error include_key: only the root file may have `stack`",
            "2:1 error include_key: only the root file may have `sinks`",
            "3:1 error include_key: only the root file may have `guards`",
            "4:1 error include_key: only the root file may have `orphans`",
            "10:17 error include_command: an included file cannot deliver to a command of its own",
            "10:44 error not_available: sinks of type `gitlab_ci` are not available in this version",
        ]
    );
}

#[test]
fn an_included_file_says_what_became_of_its_credentials() {
    let team = "moved: [{ from: old, to: web }]\nremoved: [{ name: gone, then: forget }]\n";
    let root = format!("{ROOT}include: [teams/a.yaml]\ncredentials:\n{}", credential("web", "{ file: { path: a } }"));
    let loaded = load_files(&[("keyform.yaml", &root), ("teams/a.yaml", team)], options());
    let spec = loaded.spec.as_ref().unwrap_or_else(|| panic!("{:#?}", lines(&loaded)));
    assert_eq!((spec.moved[0].from.as_str(), spec.moved[0].to.as_str()), ("old", "web"));
    assert!(spec.moved[0].source.file.ends_with("teams/a.yaml") && spec.moved[0].source.line == 1);
    assert_eq!(spec.removed.keys().map(keyform::model::CredentialName::as_str).collect::<Vec<_>>(), ["gone"]);
}

#[test]
fn one_name_is_not_moved_or_removed_in_two_files() {
    let root =
        format!("{ROOT}include: [t.yaml]\nmoved: [{{ from: a, to: web }}]\nremoved: [{{ name: b, then: forget }}]\n");
    let team = format!(
        "moved: [{{ from: a, to: web }}]\nremoved: [{{ name: b, then: destroy }}]\ncredentials:\n{}",
        credential("web", "{ file: { path: a } }")
    );
    let loaded = load_files(&[("keyform.yaml", &root), ("t.yaml", &team)], options());
    assert_eq!(
        lines(&loaded),
        ["1:17 error moved_twice: `a` is moved twice", "2:19 error removed_twice: `b` is removed twice"]
    );
}

#[test]
fn a_new_name_is_not_missed_where_a_file_could_not_be_read() {
    let root = format!("{ROOT}include: [nowhere.yaml]\nmoved: [{{ from: a, to: web }}]\n");
    let loaded = load_files(&[("keyform.yaml", &root)], options());
    assert_eq!(lines(&loaded), ["4:11 error include_missing: there is no file `nowhere.yaml`"]);
}

#[test]
fn an_included_file_may_use_a_declared_command_but_not_say_what_it_runs() {
    let root = format!(
        "{ROOT}include: [t.yaml]\nsinks:\n  store: {{ type: command, run: [x], check: [y] }}\n  bare: {{ type: command }}\n"
    );
    let good = format!("credentials:\n{}", credential("a", "{ store: {} }"));
    let loaded = load_files(&[("keyform.yaml", &root), ("t.yaml", &good)], options());
    assert_eq!(lines(&loaded), Vec::<String>::new());
    let bad = format!("credentials:\n{}", credential("a", "{ bare: { run: [z] } }"));
    let loaded = load_files(&[("keyform.yaml", &root), ("t.yaml", &bad)], options());
    assert_eq!(lines(&loaded), ["5:17 error include_command: an included file cannot say what a command runs"]);
}

#[test]
fn paths_are_relative_to_the_file_they_stand_in_and_shown_from_the_root() {
    let root = format!("{ROOT}include: [../shared/*.yaml]\nsinks:\n  local: {{ type: dotenv, path: .env }}\n");
    let shared = format!(
        "credentials:\n{}{}",
        credential("a", "{ file: { path: out/a.key } }"),
        credential("b", "{ local: { name: B } }")
    );
    let files = [("infra/keyform.yaml", root.as_str()), ("shared/maps.yaml", &shared), (".git/HEAD", "")];
    let loaded = load_files(&files, options());
    let spec = loaded.spec.as_ref().unwrap_or_else(|| panic!("{:#?}", lines(&loaded)));
    let ids: Vec<_> = spec.credentials.values().map(|credential| credential.deliver[0].id.to_string()).collect();
    assert_eq!(ids, ["file:../shared/out/a.key", "dotenv:.env#B"]);
    let target = &spec.credentials.values().next().unwrap().deliver[0].target;
    assert!(format!("{target:?}").contains("/infra/../shared/out/a.key\" }"), "{target:?}");
    let source = &spec.credentials.values().next().unwrap().source;
    assert!(source.file.ends_with("/shared/maps.yaml") && !source.file.contains(".."));
    assert_eq!(source.line, 2);
}

#[test]
fn a_file_is_read_once_and_never_by_itself() {
    let root = format!("{ROOT}include: ['*.yaml', a.yaml, ./a.yaml, keyform.yaml]\n");
    let team = format!("credentials:\n{}", credential("a", "{ file: { path: k } }"));
    let loaded = load_files(&[("keyform.yaml", &root), ("a.yaml", &team)], options());
    assert_eq!(lines(&loaded), ["4:39 error include_self: the file includes itself"]);
}

#[test]
fn two_files_cannot_deliver_to_one_place_or_over_a_configuration() {
    let root = format!("{ROOT}include: [t/a.yaml]\ncredentials:\n{}", credential("web", "{ file: { path: t/k } }"));
    let team = format!(
        "credentials:\n{}{}",
        credential("a", "{ file: { path: k } }"),
        credential("b", "{ file: { path: ../keyform.yaml } }")
    );
    let loaded = load_files(&[("keyform.yaml", &root), ("t/a.yaml", &team)], options());
    assert_eq!(
        lines(&loaded),
        [
            "5:17 error same_place: `web` and `a` deliver to the same place, `t/k`",
            "9:31 error bad_path: `../keyform.yaml` is a configuration file itself",
        ]
    );
}
