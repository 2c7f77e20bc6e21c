//! Portals and programs that say what they should keep to themselves.

use serde_json::json;

use super::planted::{APPLY, DOTENV, EVERY_SINK, planted};
use crate::support::side_by_side;

#[test]
fn a_token_that_the_portal_echoes_is_not_repeated_at_any_request() {
    let world = planted(EVERY_SINK);
    world.done(&APPLY);
    world.portal.pass("155d");
    let plain = world.portal.asked().len();
    world.listen(&["plan", "-vvv"]);
    let reads = world.portal.asked().len() - plain;
    for skip in 0..reads {
        for args in [&["plan", "-vvv"][..], &["status", "--json", "-vvv"], &["doctor", "-vvv"]] {
            world.portal.fault(&json!({"skip": skip, "does": "echo"}));
            world.listen(args);
            world.portal.no_faults();
        }
    }
    for endpoint in ["*/update", "oauth2/token", "*/registeredAppInfo", "content/items/*", "*/createFolder"] {
        for when in ["before", "after"] {
            world.portal.fault(&json!({"endpoint": endpoint, "when": when, "does": "echo"}));
            let run = world.run(&APPLY);
            assert!(run.code.is_some_and(|code| code != 101), "{}", run.said());
            world.portal.no_faults();
            world.portal.pass("11m");
        }
    }
    world.holds_tight(&[]);
}

/// What a portal may make of a secret before it puts it into an error.
fn spelled(secret: &str) -> Vec<String> {
    let wrapped = |text: &str, at: usize| {
        text.as_bytes().chunks(at).map(|part| String::from_utf8_lossy(part).into_owned()).collect::<Vec<_>>()
    };
    let hex: String = secret.bytes().map(|byte| format!("{byte:02x}")).collect();
    let percent: String = secret.bytes().map(|byte| format!("%{byte:02x}")).collect();
    let escaped: String = secret.bytes().map(|byte| format!("\\u00{byte:02X}")).collect();
    let base64 = base64(format!("user:{secret}").as_bytes());
    let json = json!({"body": json!({"token": secret}).to_string()}).to_string();
    let mut all = vec![secret.to_owned(), json, percent, escaped.clone(), hex.to_uppercase()];
    all.push(wrapped(secret, 1).join("\u{200b}"));
    all.push(wrapped(secret, 1).join("\u{1b}[0m"));
    for text in [secret, &base64, &hex] {
        for at in [20, 60, 76] {
            all.extend(["\n", "\r\n    ", " ", "\\\n"].map(|line_break| wrapped(text, at).join(line_break)));
        }
    }
    all
}

fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let group = |three: &[u8]| {
        let all = three.iter().chain(&[0, 0]).take(3).fold(0_usize, |all, byte| all << 8 | usize::from(*byte));
        (0..=three.len()).map(move |digit| char::from(DIGITS[all >> (18 - 6 * digit) & 63])).collect::<String>()
    };
    bytes.chunks(3).map(group).collect()
}

#[test]
fn a_token_in_an_error_is_taken_out_whatever_the_portal_made_of_it() {
    let world = planted(DOTENV);
    for (at, text) in spelled(&world.token()).into_iter().enumerate() {
        // What failed is asked again for a while; once is enough of that.
        let code = if at == 0 { 500 } else { [400, 403][at % 2] };
        let does = json!({"error": {"code": code, "message": format!("Bad token {text} given")}});
        world.portal.fault(&json!({"endpoint": "portals/self", "times": 9, "does": does}));
        world.listen(&["status", "-vvv"]);
        world.portal.no_faults();
        let leaks = world.leaks(&[]);
        assert!(leaks.is_empty(), "{text}: {}", leaks.join("\n"));
    }
}

#[test]
fn a_password_in_the_answer_to_a_sign_in_is_not_repeated() {
    let world = planted(DOTENV);
    for text in spelled(&world.portal.password) {
        let does = json!({"error": {"code": 400, "message": format!("Invalid password {text}.")}});
        world.portal.fault(&json!({"endpoint": "generateToken", "does": does}));
        let run = world.ran(world.by_password(&["plan", "-vvv"]));
        assert_eq!(run.code, Some(1), "{}", run.said());
        let leaks = world.leaks(&[]);
        assert!(leaks.is_empty(), "{text}: {}", leaks.join("\n"));
    }
}

#[test]
fn a_key_in_an_answer_that_is_cut_or_odd_is_not_repeated() {
    for does in ["truncated", "half", "lost", "empty", "echo", "no_success", "sign_in"] {
        let world = planted(DOTENV);
        world.portal.fault(&json!({"endpoint": "oauth2/token", "when": "after", "does": does}));
        let run = world.run(&APPLY);
        assert!(matches!(run.code, Some(1 | 5)), "{does}: {}", run.said());
        assert_eq!(world.key(), None, "{does}");
        world.portal.pass("11m");
        world.done(&APPLY);
        world.holds_tight(&[]);
        assert_eq!(world.portal.live(), [keyform::emulator::fingerprint(&world.key().unwrap())], "{does}");
    }
}

#[test]
fn what_a_failing_program_says_of_the_key_is_taken_out() {
    let cases = [
        ("raw", "cat"),
        ("wrapped", "fold -w 60"),
        ("wrapped at 76", "fold -w 76 | sed 's/^/    /'"),
        ("base64", "base64 -w 0"),
        ("base64 wrapped", "base64 -w 60"),
        ("base64 wrapped at 76", "base64 -w 76"),
        ("base64 of a header", "sed 's/^/key:/' | base64"),
        ("base64url", "base64 -w 0 | tr +/ -_"),
        ("hex", "od -An -v -tx1 | tr -d ' \\n'"),
        ("a dump", "od -An -v -tx1"),
        ("coloured", "sed 's/./&\\x1b[0m/g'"),
        ("every letter on a line", "fold -w 1"),
        ("cut", "cut -c1-50"),
        ("after much noise", "(head -c 70000 /dev/zero | tr '\\0' 'x'; cat)"),
    ];
    side_by_side(&cases, |(name, leak)| {
        for (stream, to) in [("stdout", ""), ("stderr", ">&2")] {
            let world = planted("\n      - command: { run: [./store, one] }");
            world.program("store", &format!("({leak}) {to}\nexit 3\n"));
            let run = world.run(&APPLY);
            assert_eq!(run.code, Some(5), "{name} on {stream}: {}", run.said());
            let leaks = world.leaks(&[]);
            assert!(leaks.is_empty(), "{name} on {stream}: {}", leaks.join("\n"));
        }
    });
}

#[test]
fn the_key_before_is_not_shown_either_when_the_program_that_replaces_it_fails() {
    let world = planted(EVERY_SINK);
    world.done(&APPLY);
    world.portal.pass("155d");
    world.program("store", "set -x\nold=$(cat stored-one)\necho \"cannot replace $old\"\nexit 1\n");
    let run = world.run(&APPLY);
    assert_eq!(run.code, Some(5), "{}", run.said());
    world.holds_tight(&[]);
}

#[test]
fn a_check_that_prints_the_key_itself_is_not_repeated() {
    let world = planted("\n      - command: { run: [./store, one], check: [./check, one] }");
    world.done(&APPLY);
    for check in ["cat stored-one", "cat stored-one >&2; exit 1", "cat stored-one; exit 2", "base64 stored-one"] {
        world.program("check", &format!("{check}\n"));
        for args in [&["plan", "-vvv"][..], &["status", "-vvv"], &["apply", "--auto-approve", "-vvv"]] {
            world.listen(args);
        }
        world.holds_tight(&[]);
    }
}

#[test]
fn a_broken_document_around_a_key_is_described_without_it() {
    let world = planted(EVERY_SINK);
    world.done(&APPLY);
    let key = world.key().unwrap();
    for (name, content) in [
        ("keys.json", format!("{{\"maps\": {{\"key\": \"{key}\", }}}}")),
        ("keys.json", format!("{{\"maps\": {{\"key\": {key}}}}}")),
        ("keys.json", format!("{{\"{key}\": 1, \"{key}\": 2}}")),
        ("keys.json", format!("[\"{key}\"]")),
        ("keys.yaml", format!("maps: {{key: {key}\n")),
        ("keys.yaml", format!("maps:\n  key: {key}\n  key: {key}\n")),
        ("keys.yaml", format!("maps: !{key} *{key}\n")),
        ("keys.yaml", format!("maps:\n\t{key}: {key}\n")),
        ("key.txt", format!("{key}\n{key}\n")),
        (".env", format!("ARCGIS_API_KEY={key}\nexport ARCGIS_API_KEY='{key}'\n")),
        (".env", format!("ARCGIS_API_KEY=\"{key}\nA={key}\0\n")),
    ] {
        world.write(name, content.as_bytes());
        for args in
            [&["plan", "-vvv"][..], &["plan", "--json"], &["status", "-vvv"], &["apply", "--auto-approve", "-vvv"]]
        {
            world.listen(args);
        }
        world.portal.pass("155d");
        world.listen(&APPLY);
        world.portal.pass("8d");
        let leaks = world.leaks(&[]);
        assert!(leaks.is_empty(), "{name}: {}", leaks.join("\n"));
    }
}
