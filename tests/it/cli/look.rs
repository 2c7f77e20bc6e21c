//! How output looks: width, colour, ASCII, and text that is not ours.

use serde_json::json;

use crate::support::sandbox::Sandbox;

/// A stack with something of many kinds to say.
fn eventful() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.edit(
        "credentials:\n",
        "credentials:
  a-name-that-is-as-long-as-names-of-credentials-are-allowed-to-be:
    title: Überlandfahrten · Zürich — 東京
    used_in: server
    privileges: [premium:user:geocode]
    deliver:
      - file: { path: long.key }
  orders:
    title: Orders
    used_in: server
    privileges: [premium:user:basemaps]
    deliver:
      - file: { path: orders.json, format: json, field: arcgis.apiKey }
",
    );
    let sandbox = sandbox.applied();
    let item = sandbox.portal.id("Orders");
    sandbox.portal.person(&json!({"act": "edit", "item": item, "set": {"title": "Ørders — 東京"}}));
    let item = sandbox.portal.id("Shop map");
    sandbox.portal.person(&json!({"act": "revoke", "item": item, "slot": 1}));
    sandbox.edit("[premium:user:geocode]", "[premium:user:geocode, premium:user:places]");
    sandbox.edit(
        "credentials:\n",
        "credentials:
  new-one:
    title: Neu · ünd schön
    used_in: server
    privileges: [premium:user:elevation]
    deliver:
      - file: { path: new.key }
",
    );
    sandbox
}

const VERBS: [&[&str]; 7] = [
    &["plan"],
    &["status"],
    &["forecast"],
    &["doctor"],
    &["validate"],
    &["explain", "orders"],
    &["explain", "a-name-that-is-as-long-as-names-of-credentials-are-allowed-to-be"],
];

#[test]
fn ascii_output_is_pure_ascii() {
    let sandbox = eventful();
    for verb in VERBS {
        let run = sandbox.run(&[verb, &["--ascii"]].concat());
        let strange: Vec<char> = format!("{}{}", run.stdout, run.stderr).chars().filter(|c| !c.is_ascii()).collect();
        assert_eq!(strange, Vec::<char>::new(), "{verb:?}: {}", run.text());
    }
    let run = sandbox.run(&["apply", "--auto-approve", "--ascii"]);
    assert!(run.stdout.is_ascii() && run.stderr.is_ascii(), "{}", run.text());
}

#[test]
fn lines_keep_within_the_width() {
    let sandbox = eventful();
    for width in [80, 100, 120] {
        for verb in VERBS {
            let columns = width.to_string();
            let run = sandbox.run(&[verb, &["--width", &columns]].concat());
            let within =
                |line: &&str| line.chars().count() > width && line.split_whitespace().all(|word| word.len() < 60);
            let wide: Vec<&str> = run.stdout.lines().chain(run.stderr.lines()).filter(within).collect();
            assert_eq!(wide, Vec::<&str>::new(), "{verb:?} in {width} columns");
        }
    }
}

#[test]
fn colour_is_for_terminals_or_those_who_ask() {
    let sandbox = eventful();
    for verb in VERBS {
        let coloured = |args: &[&str], env: &[(&str, &str)]| {
            let mut command = sandbox.command(&[verb, args].concat());
            command.envs(env.iter().copied());
            let run = sandbox.ran(command);
            run.stdout.contains('\u{1b}') || run.stderr.contains('\u{1b}')
        };
        assert!(!coloured(&[], &[]), "{verb:?} to a pipe");
        assert!(!coloured(&["--no-color"], &[]), "{verb:?}");
        assert!(!coloured(&[], &[("NO_COLOR", "1"), ("TERM", "xterm-256color")]), "{verb:?}");
        assert!(!coloured(&["-no-color"], &[]), "{verb:?}");
        assert!(!coloured(&["--json"], &[("TERM", "xterm")]) || verb == ["doctor"], "{verb:?}");
    }
    let painted = sandbox.run(&["plan", "--color"]).stdout;
    assert!(painted.contains("\u{1b}[32m+\u{1b}[0m"), "{painted}");
    let bare: String =
        painted.split('\u{1b}').map(|part| part.split_once('m').map_or(part, |(_, rest)| rest)).collect();
    assert_eq!(hour(&bare), hour(&sandbox.run(&["plan"]).stdout), "colour carries meaning");
}

/// Without the minute.
fn hour(text: &str) -> String {
    let (before, after) = text.split_once("clock ").unwrap();
    format!("{before}{}{}", &after[..13], &after[17..])
}

#[test]
fn hostile_text_of_the_portal_is_harmless() {
    let sandbox = Sandbox::new().applied();
    let item = sandbox.portal.id("Shop map");
    let hostile = "\u{1b}[2J\u{1b}]8;;https://evil.example\u{7}gone\u{202e}txt.exe\u{2066}\r\n  + credential.web  new\u{9b}31m\u{200b}";
    sandbox.portal.person(&json!({"act": "edit", "item": item, "set": {"title": hostile, "snippet": hostile,
        "tags": format!("keyform:shop/web,{hostile}")}}));
    sandbox.portal.person(&json!({"act": "add", "title": hostile, "tags": ["keyform:shop/kiosk"],
        "privileges": ["premium:user:basemaps"], "days": 30}));
    sandbox.portal.pass("1m");
    for args in [
        &["plan"][..],
        &["status"],
        &["explain", "web"],
        &["explain", "kiosk"],
        &["plan", "--json"],
        &["status", "--json"],
        &["explain", "kiosk", "--json"],
        &["plan", "-v"],
    ] {
        let run = sandbox.run(args);
        let bad = |c: &char| (c.is_control() && *c != '\n') || matches!(*c, '\u{202e}' | '\u{2066}' | '\u{200b}');
        let found: Vec<char> = format!("{}{}", run.stdout, run.stderr).chars().filter(bad).collect();
        assert_eq!(found, Vec::<char>::new(), "{args:?}: {}", run.text());
        let forged = run.stdout.lines().filter(|line| line.starts_with("  + credential.web")).count();
        assert_eq!(forged, 0, "{args:?}: {}", run.text());
    }
    let run = sandbox.run(&["apply", "--auto-approve"]);
    assert_eq!(run.code, Some(0), "{}", run.text());
    assert_eq!(sandbox.portal.id("Shop map"), item);
}
