//! The search finds what it should: without this, silence would prove nothing.

use std::fmt::{Debug, Display};
use std::hash::Hash;
use std::marker::PhantomData;
use std::process::Command;

use keyform::model::Secret;
use serde::Serialize;

use super::planted::{APPLY, DOTENV, planted};
use crate::support::search::Search;

/// A program that lets a key go in one spelling, made by the tools of the system and none of ours.
const SPELLINGS: [(&str, &str); 17] = [
    ("raw", "printf %s \"$LEAK\""),
    ("in the middle of a word", "printf 'xx%syy' \"$LEAK\""),
    ("cut short", "printf %s \"$LEAK\" | cut -c5-40"),
    ("wrapped at 60", "printf %s \"$LEAK\" | fold -w 60"),
    ("wrapped at 76, indented, behind a bar", "printf %s \"$LEAK\" | fold -w 76 | sed 's/^/  | /'"),
    ("base64", "printf %s \"$LEAK\" | base64 -w 0"),
    ("base64 after one byte", "printf x%s \"$LEAK\" | base64 -w 0"),
    ("base64 after two bytes", "printf xy%s \"$LEAK\" | base64 -w 0"),
    ("base64url after two bytes", "printf xy%s \"$LEAK\" | base64 -w 0 | tr +/ -_"),
    ("base64 wrapped at 60", "printf %s \"$LEAK\" | base64 -w 60"),
    ("base64 wrapped at 76", "printf user:%s \"$LEAK\" | base64 -w 76"),
    ("hex", "printf %s \"$LEAK\" | od -An -v -tx1 | tr -d ' \\n'"),
    ("upper-case hex", "printf %s \"$LEAK\" | od -An -v -tx1 | tr -d ' \\n' | tr a-f A-F"),
    ("a dump with blanks", "printf %s \"$LEAK\" | od -An -v -tx1"),
    ("percent-encoded", "printf %s \"$LEAK\" | od -An -v -tx1 | tr -d '\\n' | tr ' ' %"),
    ("JSON escapes", "printf %s \"$LEAK\" | od -An -v -tx1 | tr -d '\\n' | sed 's/ /\\\\u00/g'"),
    ("JSON in JSON", "printf %s \"$LEAK\" | sed 's/[/+]/\\\\\\\\&/g; s/\"/\\\\\\\\\\\\\"/g'"),
];

fn key() -> String {
    ["AAPT", "q1W2e3R4t5Y6u7I8o9P0", "aSdFgHjKlZxCvBnM", "-_0123456789", ".AT1_", "planted9"].concat().repeat(2)
}

#[test]
fn a_key_is_found_in_every_spelling_it_can_leak_in() {
    let mut search = Search::default();
    search.add("the key", &key());
    for (name, script) in SPELLINGS {
        let leaked = Command::new("sh").args(["-c", script]).env("LEAK", key()).output().unwrap();
        let said = [b"plan: ".to_vec(), leaked.stdout, b" (done)".to_vec()].concat();
        assert!(search.find(&said).is_some(), "{name} is not found in {:?}", String::from_utf8_lossy(&said));
        assert!(search.find(&[b"one byte ".to_vec(), said].concat()).is_some(), "{name}, elsewhere");
    }
    assert_eq!(search.find("no key here, only AAPT and AT1_ and a great many other words".as_bytes()), None);
}

#[test]
fn a_secret_with_odd_characters_is_found_as_json_and_percent_encoding_spell_it() {
    let world = planted(DOTENV);
    let password = &world.portal.password;
    let search = world.search(&[]);
    let json = serde_json::json!({ "password": password }).to_string();
    let twice = serde_json::json!({ "body": json }).to_string();
    let form: String = password.bytes().map(|byte| format!("%{byte:02X}")).collect();
    for leak in [json, twice, form, format!("password={password}")] {
        assert!(search.find(leak.as_bytes()).is_some(), "{leak}");
    }
}

#[test]
fn a_leak_is_noticed_wherever_it_goes() {
    let world = planted(DOTENV).unsearched();
    world.done(&APPLY);
    world.holds_tight(&[]);
    let key = world.key().unwrap();

    let mut leak = Command::new("sh");
    leak.args(["-c", "printf %s \"$LEAK\" | base64 -w 60 >&2"]).env("LEAK", &key);
    let _ = world.ran(leak);
    world.portal.http("GET", &format!("/sharing/rest/community/self?f=json&token={}", world.token()), &[], "");
    for secret in world.portal.client_secrets() {
        world.write("notes.txt", format!("the secret is {secret}").as_bytes());
    }
    let leaks = world.leaks(&[]).join("\n");
    for place in [
        "stderr of -c printf %s \"$LEAK\" | base64 -w 60 >&2: a key (base64",
        "an address that was asked for",
        "notes.txt",
    ] {
        assert!(leaks.contains(place), "{place} is not in {leaks}");
    }
}

#[test]
fn what_the_portal_gave_out_is_what_is_looked_for() {
    let world = planted(DOTENV);
    world.done(&APPLY);
    let secrets: Vec<String> = world.portal.secrets().into_iter().map(|(_, secret)| secret).collect();
    let mut known = world.portal.client_secrets();
    assert_eq!(known.len(), 1);
    known.extend([world.token(), world.key().unwrap(), world.portal.password.clone()]);
    for secret in known {
        assert!(secrets.contains(&secret), "{secret} is not looked for");
    }
}

/// Whether a type has a trait: the constant of the type itself, which needs the trait, wins over that of [`Lacks`].
struct Has<T>(PhantomData<T>);

trait Lacks {
    const DEBUG: bool = false;
    const DISPLAY: bool = false;
    const CLONE: bool = false;
    const EQUAL: bool = false;
    const HASH: bool = false;
    const SERIALIZE: bool = false;
    const TEXT: bool = false;
    const BYTES: bool = false;
    const INTO: bool = false;
}

impl<T> Lacks for Has<T> {}

macro_rules! has {
    ($($name:ident: $bound:path;)*) => {
        $(impl<T: $bound> Has<T> {
            const $name: bool = true;
        })*
    };
}

has! {
    DEBUG: Debug;
    DISPLAY: Display;
    CLONE: Clone;
    EQUAL: PartialEq;
    HASH: Hash;
    SERIALIZE: Serialize;
    TEXT: AsRef<str>;
    BYTES: AsRef<[u8]>;
    INTO: Into<String>;
}

macro_rules! traits {
    ($type:ty) => {
        [
            Has::<$type>::DEBUG,
            Has::<$type>::DISPLAY,
            Has::<$type>::CLONE,
            Has::<$type>::EQUAL,
            Has::<$type>::HASH,
            Has::<$type>::SERIALIZE,
            Has::<$type>::TEXT,
            Has::<$type>::BYTES,
            Has::<$type>::INTO,
        ]
    };
}

#[test]
fn what_holds_a_secret_can_neither_be_printed_nor_copied_nor_compared() {
    assert_eq!(traits!(String), [true; 9]);
    assert_eq!(traits!(Secret), [false; 9]);
    assert!(!traits!(&Secret)[0]);
    assert_eq!(traits!(Option<Secret>)[..6], [false; 6]);
    assert_eq!(traits!(keyform::sink::Look), [false; 9]);
    assert_eq!(traits!(keyform::portal::SignIn), [false; 9]);
    assert_eq!(traits!(keyform::config::env::Environment), [false; 9]);
}
