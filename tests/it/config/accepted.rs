//! Right configurations, and the specification that each stands for.

use super::{fixtures, lines, load_text, options};
use keyform::config::load;

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
    assert!(format!("{target:?}").contains("format: Json { field: \"maps.key\" }"), "{target:?}");
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

#[test]
fn a_window_is_taken_whole_from_the_last_place_that_has_one() {
    let loaded = load_text(
        "keyform: 1\nstack: s\nportal: { url: https://www.arcgis.com }\norphans: destroy\n\
         defaults: { expiry: { spread: 3d, window: { days: mon-thu, hours: '09:00-24:00', zone: europe/zurich } } }\n\
         credentials:\n  any:\n    privileges: [premium:user:basemaps]\n    referrers: [https://a.example]\n    \
         expiry: { spread: 0d, window: { days: mon-sun } }\n    deliver: [{ file: { path: a } }]\n  \
         web:\n    privileges: [premium:user:basemaps]\n    referrers: [https://a.example]\n    \
         deliver: [{ file: { path: b } }]\n",
    );
    assert_eq!(lines(&loaded), Vec::<String>::new());
    let spec = loaded.spec.unwrap();
    assert_eq!(spec.orphans, keyform::model::Orphans::Destroy);
    let of = |name: &str| spec.credentials.values().find(|credential| credential.name.as_str() == name).unwrap();
    let at = |text: &str| text.parse::<jiff::Timestamp>().unwrap();
    let (any, web) = (&of("any").expiry, &of("web").expiry);
    assert_eq!((any.spread.as_hours(), web.spread.as_hours()), (0, 72));
    let (any, web) = (any.window.as_ref().unwrap(), web.window.as_ref().unwrap());
    // Friday night; then Thursday, 23:30 in Zurich.
    assert!(any.is_open(at("2026-09-25T23:30:00Z")) && !web.is_open(at("2026-09-25T12:00:00Z")));
    assert!(web.is_open(at("2026-09-24T21:30:00Z")) && !web.is_open(at("2026-09-24T22:00:00Z")));
    assert_eq!(web.next_open(at("2026-09-24T22:00:00Z")), Some(at("2026-09-28T07:00:00Z")));
}

#[test]
fn a_freeze_lasts_to_the_end_of_its_last_day_where_it_is_told() {
    let loaded = load_text(
        "keyform: 1\nstack: s\nportal: { url: https://www.arcgis.com }\n\
         guards: { freeze: [{ from: 2026-10-25, to: 2026-10-25, zone: Europe/Zurich }], max: { destroy: 0 } }\n",
    );
    let spec = loaded.spec.unwrap();
    let freeze = &spec.guards.freeze[0];
    // The day on which clocks are put back has 25 hours.
    assert_eq!(freeze.from.to_string(), "2026-10-24T22:00:00Z");
    assert_eq!(freeze.to.to_string(), "2026-10-25T23:00:00Z");
    assert_eq!((spec.guards.destroy.max, spec.guards.replace.max), (0, 5));
}
