//! Right configurations, and the specification that each stands for.

use super::{fixtures, lines, load_text, options};
use keyform::config::load;
use keyform::model::{FileFormat, SinkTarget};

#[test]
fn each_accepted_configuration_is_the_specification_it_was_meant_to_be() {
    let mut paths: Vec<_> =
        std::fs::read_dir(fixtures("accepted")).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    assert!(!paths.is_empty());
    for path in paths {
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        let loaded = load(&path, options());
        assert!(!loaded.report.has_errors(), "{name}: {:#?}", lines(&loaded));
        let root = fixtures("accepted");
        let text = format!("{:#?}\n\n{}", loaded.spec.unwrap(), lines(&load(&path, options())).join("\n"));
        insta::assert_snapshot!(name, text.replace(root.to_str().unwrap(), "."));
    }
}

#[test]
fn what_a_credential_says_wins_over_profiles_and_those_over_the_defaults() {
    let loaded = load_text(
        "keyform: 1\nstack: s\nportal: { url: https://www.arcgis.com }\n\
         defaults: { folder: A, snippet: d, tags: [d], expiry: { lifetime: 100d, overlap: 3d } }\n\
         profiles:\n  one: { snippet: one, tags: [one], expiry: { overlap: 4d } }\n  two: { snippet: two, tags: [two] }\n\
         credentials:\n  web:\n    use: [one, two]\n    tags: [own]\n    privileges: [premium:user:basemaps]\n    \
         expiry: { renew_before: 20d }\n    deliver: [{ file: { path: k } }]\n",
    );
    let spec = loaded.spec.unwrap();
    let web = spec.credentials.values().next().unwrap();
    assert_eq!(web.snippet.as_deref(), Some("two"));
    assert_eq!(web.tags.iter().map(String::as_str).collect::<Vec<_>>(), ["d", "one", "own", "two"]);
    let days = |hours: jiff::SignedDuration| hours.as_hours() / 24;
    assert_eq!(web.expiry.end, keyform::model::KeyEnd::Lifetime(jiff::SignedDuration::from_hours(2400)));
    assert_eq!((days(web.expiry.renew_before), days(web.expiry.overlap)), (20, 4));
}

#[test]
fn json_is_read_as_yaml_is_tabs_included() {
    let text = "{\n\t\"keyform\": 1,\n\t\"stack\": \"s\",\n\t\"portal\": {\"url\": \"emulator\"},\n\t\"credentials\": {\"a\": \
                {\"privileges\": [\"premium:user:basemaps\"],\n\t\t\"deliver\": [{\"file\": {\"path\": \"k\", \
                \"format\": \"json\", \"field\": \"maps.key\"}}]}}\n}\n";
    let loaded = super::load_files(&[("keyform.json", text)], options());
    let spec = loaded.spec.as_ref().unwrap_or_else(|| panic!("{:#?}", lines(&loaded)));
    let target = &spec.credentials.values().next().unwrap().deliver[0].target;
    assert!(matches!(target, SinkTarget::File { format: FileFormat::Json { field }, .. } if field == "maps.key"));
}

#[test]
fn an_accepted_warning_is_kept_apart_with_its_reason() {
    let text = |until: &str| {
        format!(
            "keyform: 1\nstack: s\nportal: {{ url: https://www.arcgis.com }}\n\
             lint: {{ allow: [{{ id: KF-R003, on: web, because: inside only, until: {until} }}] }}\n\
             credentials:\n  web:\n    privileges: [premium:user:basemaps]\n    deliver: [{{ file: {{ path: k }} }}]\n"
        )
    };
    let loaded = load_text(&text("2027-03-31"));
    assert_eq!(lines(&loaded), Vec::<String>::new());
    assert_eq!(loaded.report.allowed[0].because, "inside only");
    let loaded = load_text(&text("2026-09-20"));
    assert!(loaded.report.problems[0].help.ends_with("it was allowed until 2026-09-20"));
    // The day itself still counts.
    assert!(load_text(&text("2026-09-21")).report.problems.is_empty());
}

#[test]
fn an_alias_is_followed_and_pointed_at_where_it_is_used() {
    let loaded = load_text(
        "keyform: 1\nstack: s\nportal: { url: https://www.arcgis.com }\ncredentials:\n  a:\n    \
         privileges: [premium:user:basemaps]\n    referrers: &r [https://a.example, nonsense]\n    \
         deliver: [{ file: { path: a } }]\n  b:\n    privileges: [premium:user:basemaps]\n    referrers: *r\n    \
         deliver: [{ file: { path: b } }]\n",
    );
    assert_eq!(lines(&loaded).len(), 1, "{:#?}", lines(&loaded));
}
