//! A small file has a small report, whatever is wrong with it, and soon.

use std::fmt::Write;

use keyform::clock::Tick;
use keyform::config::Loaded;
use keyform::model::Severity;

use super::{load_files, load_text, options, shown};

/// No report is longer.
const MOST: usize = 100_000;

/// What is printed of it, as text and as JSON, within size and time.
fn small(load: impl FnOnce() -> Loaded) -> (Loaded, String) {
    let start = Tick::now();
    let loaded = load();
    let text = shown(&loaded);
    let json = serde_json::to_string_pretty(&loaded.report.to_json()).unwrap();
    assert!(start.elapsed().as_millis() < 1_000, "{:?}", start.elapsed());
    assert!(text.len() <= MOST && json.len() <= MOST, "{} {}", text.len(), json.len());
    (loaded, text)
}

/// A fleet of 500 on one line, as a program writes it.
fn one_line(broken: &str) -> String {
    let mut text =
        r#"{"keyform":1,"stack":"fleet","portal":{"url":"https://www.arcgis.com"},"credentials":{"#.to_owned();
    for n in 0..500 {
        let key = if n == 498 { broken } else { "privileges" };
        let comma = if n == 0 { "" } else { "," };
        write!(
            text,
            r#"{comma}"app-{n}":{{"{key}":["premium:user:basemaps"],"referrers":["https://app-{n}.example.com"],"deliver":[{{"dotenv":{{"path":".env.{n}","name":"KEY"}}}}]}}"#
        )
        .unwrap();
    }
    text + "}}"
}

#[test]
fn a_slip_near_the_end_of_a_line_of_75_kilobytes_is_shown_with_its_surroundings() {
    let text = one_line("privilegs");
    assert!(text.len() > 70_000 && text.find("privilegs").unwrap() > 65_535);
    let (loaded, shown) = small(|| load_files(&[("keyform.json", &text)], options()));
    assert_eq!(loaded.report.count(Severity::Error), 1, "{shown}");
    assert!(shown.contains("did you mean `privileges`?") && shown.contains(r#""app-498":{"privilegs""#), "{shown}");
    assert!(shown.lines().all(|line| line.chars().count() <= 100), "{shown}");
}

#[test]
fn a_warning_about_each_of_500_on_one_line_is_a_report_of_200() {
    let text = one_line("privileges").replace(r#""https://app-"#, r#""http://app-"#);
    let (loaded, shown) = small(|| load_files(&[("keyform.json", &text)], options()));
    assert_eq!((loaded.report.count(Severity::Error), loaded.report.count(Severity::Warning)), (0, 500));
    assert!(shown.matches("KF-R002").count() <= 200, "{shown}");
    assert!(shown.trim_end().ends_with("more warnings."), "{}", &shown[shown.len() - 200..]);
}

#[test]
fn eight_thousand_equal_tags_are_a_count() {
    let of_ours = format!("keyform: 1\na: [{}]\n", "!,".repeat(8_000));
    for text in
        [&of_ours, &"- !\n".repeat(4_000), &format!("keyform:\n{}", "- !\n".repeat(4_000)), &"!\n".repeat(8_000)]
    {
        let (loaded, shown) = small(|| load_text(text));
        assert!(loaded.spec.is_none() && loaded.report.has_errors());
        assert!(shown.lines().count() < 3_000, "{}", shown.lines().count());
    }
    let (loaded, shown) = small(|| load_text(&of_ours));
    let errors = loaded.report.count(Severity::Error);
    assert!(errors >= 8_000);
    assert!(
        shown.trim_end().ends_with(&format!("Not shown: {} more errors.", errors - 200)),
        "{}",
        &shown[shown.len() - 99..]
    );
    let json = loaded.report.to_json();
    let findings = json["findings"].as_array().unwrap().len();
    assert_eq!(json["omitted"].as_u64(), Some((errors - findings) as u64));
}

#[test]
fn errors_are_shown_before_warnings_and_all_in_file_order() {
    let mut text = one_line("privileges").replace(r#""https://app-"#, r#""http://app-"#);
    text.truncate(text.len() - 2);
    let (_, shown) = small(|| load_text(&(text + r#","last":{"titel":"x"}}}"#)));
    assert!(shown.contains("titel"), "{shown}");
    let last = shown.rfind("KF-R002").unwrap();
    assert!(shown.find("titel").unwrap() > last);
}

#[test]
fn long_names_of_everything_stay_within_the_report() {
    let long = "x".repeat(60_000);
    for text in [
        format!("keyform: 1\n{long}: 1\n"),
        format!("keyform: 1\nstack: {long}\nportal: {{ url: 'https://{long}' }}\n"),
        format!(
            "keyform: 1\nstack: s\nportal: {{ url: emulator, {long}: 1 }}\ncredentials: {{ a: {{ privileges: [{long}] }} }}\n"
        ),
        format!("keyform: 1\nstack: s\nportal: {{ url: emulator }}\ninclude: [{long}, '{long}*']\n"),
        format!("keyform: 1\n? {long}\n: {long}\n? {long}\n: {long}\n"),
    ] {
        let (loaded, shown) = small(|| load_text(&text));
        assert!(loaded.spec.is_none());
        assert!(shown.len() < 20_000, "{}", shown.len());
    }
}

#[test]
fn the_cost_of_a_file_grows_with_its_size() {
    // Each of these once cost the square of it.
    for piece in ["token:", "a:", "token=\"", ": ", "AAPT ", "!,", "&a *a ", "\u{e9}:", "{a: ", "token: x ", "? "] {
        let pieces = piece.repeat(300_000 / piece.len());
        for text in [&pieces, &format!("keyform: [{pieces}]"), &format!("keyform: 1\n{pieces}")] {
            let start = Tick::now();
            let loaded = load_text(text);
            let shown = shown(&loaded);
            assert!(start.elapsed().as_secs() < 5, "{piece:?} {:?}", start.elapsed());
            assert!(shown.len() <= MOST);
        }
    }
}
