//! Secrets in a configuration are refused and never shown. They are put together here, so that no scanner finds any.

use super::{lines, load_text, shown};

fn key() -> String {
    format!("AA{}k{}.AT1_abcdefgh", "PT", "x1Y2z3".repeat(20))
}

fn hexadecimal() -> String {
    "0a1b2c3d".repeat(4)
}

fn web_token() -> String {
    format!("e{}hbGciOiJIUzI1NiIs.{}.c2ln", "yJ", "c3ViIjoiMTIzNDU2Nzg5MCJ9")
}

/// Loads a text with a secret in it, and makes sure that it is refused and shown nowhere.
fn refused(text: &str, secret: &str) -> Vec<String> {
    let loaded = load_text(text);
    assert!(loaded.spec.is_none());
    let all = format!("{}\n{}\n{loaded:?}", shown(&loaded), loaded.report.to_json());
    // Not even a part of it.
    for part in secret.as_bytes().windows(8) {
        assert!(!all.contains(std::str::from_utf8(part).unwrap()), "{}", shown(&loaded));
    }
    lines(&loaded)
}

fn with(line: &str) -> String {
    format!(
        "keyform: 1\nstack: s\nportal: {{ url: https://www.arcgis.com }}\ncredentials:\n  web:\n    \
         privileges: [premium:user:basemaps]\n    referrers: [https://a.example]\n    {line}\n    \
         deliver: [{{ file: {{ path: k }} }}]\n    wrong: 1\n"
    )
}

#[test]
fn a_key_is_refused_wherever_it_stands_and_never_printed() {
    let key = key();
    for line in [
        format!("title: {key}"),
        format!("description: |\n      the key\n      is {key}"),
        format!("tags: [a, \"{key}\"]"),
        format!("privileges: [\"{key}\"]"),
        format!("referrers: [\"https://a.example/{key}\"]"),
        format!("{key}: x"),
        format!("mode: {key}"),
        format!("title: \"unclosed {key}"),
        format!("title: x # was {key}"),
    ] {
        let found = refused(&with(&line), &key);
        assert!(!found.is_empty());
    }
    let found = refused(&with(&format!("title: {key}")), &key);
    assert_eq!(found[0], "8:12 error literal_secret: this looks like a secret");
}

#[test]
fn tokens_and_client_secrets_are_refused_and_never_printed() {
    let token = web_token();
    assert!(refused(&with(&format!("snippet: {token}")), &token)[0].contains("literal_secret"));
    let secret = hexadecimal();
    assert!(refused(&with(&format!("client_secret: {secret}")), &secret)[0].contains("literal_secret"));
    assert!(refused(&with(&format!("client_secret: '{secret}'")), &secret)[0].contains("literal_secret"));
    let password = "correct-horse-9battery";
    assert!(refused(&with(&format!("password: {password}")), password)[0].contains("literal_secret"));
}

#[test]
fn an_address_with_a_sign_in_or_a_token_is_refused_and_never_printed() {
    let secret = "h0rse9battery";
    for url in [format!("https://svc:{secret}@gis.example.gov"), format!("https://gis.example.gov/?token={secret}")] {
        let text = format!("keyform: 1\nstack: s\nportal:\n  url: {url}\n  wrong: 1\n");
        let found = refused(&text, secret);
        assert!(found[0].contains("4:8 error url_with_secret"), "{found:?}");
    }
}

#[test]
fn an_argument_of_a_command_is_looked_at_too() {
    let secret = "Zm9vYmFyYmF6cXV4";
    for run in [
        format!("[curl, --token, {secret}]"),
        format!("[curl, --password={secret}]"),
        format!("[curl, -H, 'Authorization: Bearer {secret}']"),
    ] {
        let found = refused(
            &with(&format!("deliver: [{{ command: {{ run: {run} }} }}]\n    x: 1")).replacen(
                "\n    deliver: [{ file",
                "\n    dd: [{ file",
                1,
            ),
            secret,
        );
        assert!(found.iter().any(|line| line.contains("literal_secret")), "{found:?}");
    }
}

#[test]
fn names_of_secrets_are_no_secrets() {
    let loaded = load_text(
        &with("title: Token service").replace("wrong: 1", "description: password of the shop: see the vault"),
    );
    assert!(lines(&loaded).iter().all(|line| !line.contains("secret")), "{:?}", lines(&loaded));
}
