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
    insta::assert_snapshot!(sandbox.keyform(&["plan", "--ascii"]), @r#"
    keyform 0.1.0 | stack shop | http://127.0.0.1:PORT (ArcGIS Online)
    config keyform.yaml | account developer | clock 2026-09-21 08:..Z | read 4 credentials

    Symbols:  + create   ^ rotate   ~ update, keys stay valid   +/- replace, new before old

      + credential.new-one                     new credential                             keyform.yaml:5
          privileges    premium:user:elevation
          title         "Neu | ?nd sch?n"
          slot 1        issue for 180 days, until 2027-03-20
          deliver       file               new.key

      ^ credential.web                         key 1 was ended in the portal             keyform.yaml:23
          dead key in   .env#ARCGIS_API_KEY
          slot 2        issue for 180 days, until 2027-03-20
          deliver       dotenv             .env#ARCGIS_API_KEY
          safety        some application is without a valid key until this is done; resumable after a
                        crash at any step

      ~ credential.orders                      edited in the portal; keys stay valid     keyform.yaml:17
          title         "?rders ? ??" -> "Orders"

    +/- credential.a-name-that-is-as-long-as-names-of-credentials-are-allowed-to-be
                                               an edit would stop its key        WIDENS  keyform.yaml:11
          privileges    + premium:user:places
                          (1 unchanged)
          new item      slot 1: issue for 180 days, until 2027-03-20
          deliver       file               long.key
          old item      keep until 2026-09-28 (overlap 7 days), then delete
          note          item id, client id and usage history change
          safety        no sink is ever without a valid key; resumable after a crash at any step

    Keys in use after this plan                |Sep |Oct |Nov |Dec |Jan |Feb |Mar |
      a-name-that-is-as-lon...  1  2027-03-20  .  ==========================r====>.  renew 2027-02-18
                                1  2027-03-20  .  ==x    .    .    .    .    .    .  revoke 2026-09-28
      new-one                   1  2027-03-20  .  ==========================r====>.  renew 2027-02-18
      orders                    1  2027-03-20  .  ==========================r====>.  renew 2027-02-18
      web                       2  2027-03-20  .  ==========================r====>.  renew 2027-02-18

    Guards     destroy 0 of 1 | replace 1 of 5

      + new-one            create, key in slot 1, until 2027-03-20
      ^ web                new key in slot 2, until 2027-03-20
      ~ orders             title
    +/- a-name-that-is-as-long-as-names-of-credentials-are-allowed-to-be privileges, new item

    Plan: 1 to add, 1 to change, 0 to destroy, 1 to rotate, 1 to replace.
    If keyform never ran again: a-name-that-is-as-long-as-names-of-credentials-are-allowed-to-be lapses
      first, 2027-03-20.
    Correct until 2027-02-18 08:..Z (renewal of orders) or until the portal changes.
    [exit 0]
    "#);
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
    insta::assert_snapshot!(sandbox.keyform(&["plan", "--width", "80"]), @r#"
    keyform 0.1.0 · stack shop · http://127.0.0.1:PORT (ArcGIS Online)
    config keyform.yaml · clock 2026-09-21 08:..Z · read 4 credentials

    Symbols:  + create   ↻ rotate   ~ update, keys stay valid
      +/- replace, new before old

      + credential.new-one                     new credential         keyform.yaml:5
          privileges    premium:user:elevation
          title         "Neu · ünd schön"
          slot 1        issue for 180 days, until 2027-03-20
          deliver       file               new.key

      ↻ credential.web                         key 1 was ended in the portal
                                                                     keyform.yaml:23
          dead key in   .env#ARCGIS_API_KEY
          slot 2        issue for 180 days, until 2027-03-20
          deliver       dotenv             .env#ARCGIS_API_KEY
          safety        some application is without a valid key until this is done;
                        resumable after a crash at any step

      ~ credential.orders                      edited in the portal; keys stay valid
                                                                     keyform.yaml:17
          title         "Ørders — 東京" -> "Orders"

    +/- credential.a-name-that-is-as-long-as-names-of-credentials-are-allowed-to-be
                                               an edit would stop its key
                                                             WIDENS  keyform.yaml:11
          privileges    + premium:user:places
                          (1 unchanged)
          new item      slot 1: issue for 180 days, until 2027-03-20
          deliver       file               long.key
          old item      keep until 2026-09-28 (overlap 7 days), then delete
          note          item id, client id and usage history change
          safety        no sink is ever without a valid key; resumable after a crash
                        at any step

    Guards     destroy 0 of 1 · replace 1 of 5

      + new-one            create, key in slot 1, until 2027-03-20
      ↻ web                new key in slot 2, until 2027-03-20
      ~ orders             title
    +/- a-name-that-is-as-long-as-names-of-credentials-are-allowed-to-be privileges, new item

    Plan: 1 to add, 1 to change, 0 to destroy, 1 to rotate, 1 to replace.
    If keyform never ran again:
      a-name-that-is-as-long-as-names-of-credentials-are-allowed-to-be lapses first,
      2027-03-20.
    Correct until 2027-02-18 08:..Z (renewal of orders) or until the portal changes.
    [exit 0]
    "#);
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
    insta::assert_snapshot!(sandbox.keyform(&["plan"]), @r#"
    keyform 0.1.0 · stack shop · http://127.0.0.1:PORT (ArcGIS Online)
    config keyform.yaml · account developer · clock 2026-09-21 08:..Z · read 1 credential

    Symbols:  ~ update, keys stay valid   ! attention

      ~ credential.web                         edited in the portal; keys stay valid      keyform.yaml:5
          title         "[2J]8;;https://evil.examplegonetxt.…" -> "Shop map"
          snippet       "[2J]8;;https://evil.examplegonetxt.…" -> none
          tags          - [2J]8;;https://evil.examplegonetxt.exe    + credential.web  new31m

    Found in the portal, nothing will be done

      ! credential.kiosk                       marked as this stack's, not in the configuration
          item          ITEM

    Keys in use after this plan  |Sep  |Oct  |Nov  |Dec  |Jan  |Feb  |Mar  |
      web         1  2027-03-20  .   ==============================r=====> .  renew 2027-02-18

      ~ web                title, snippet, tags

    Plan: 0 to add, 1 to change, 0 to destroy.  1 reported.
    If keyform never ran again: web lapses first, 2027-03-20.
    Correct until 2027-02-18 08:..Z (renewal of web) or until the portal changes.
    [exit 0]
    "#);
    let run = sandbox.run(&["apply", "--auto-approve"]);
    assert_eq!(run.code, Some(0), "{}", run.text());
    assert_eq!(sandbox.portal.id("Shop map"), item);
}
