//! Hostile answers: too large, too deep, without end, elsewhere, or dressed up.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::planted::{APPLY, DOTENV, configure, planted};
use super::proxy::{Answer, Asked, Proxy};
use crate::support::sandbox::Sandbox;
use crate::support::side_by_side;
use crate::support::transcript::Run;

/// A world whose portal has one credential already and is asked through a proxy from now on.
fn behind(hook: impl Fn(&Asked, &mut Answer) + Send + Sync + 'static) -> (Sandbox, Proxy) {
    let world = planted(DOTENV);
    world.done(&APPLY);
    let proxy = Proxy::start(Some(&world.portal.address), hook);
    configure(&world, &proxy.url(), DOTENV, "https://stores.example.com");
    (world, proxy)
}

fn every_command(world: &Sandbox) -> Vec<Run> {
    let all = [
        &["plan", "-vvv"][..],
        &["plan", "--json"],
        &["drift", "-vvv"],
        &["drift", "--json"],
        &["status", "-vvv"],
        &["status", "--json"],
        &["doctor", "-vvv"],
        &["apply", "--auto-approve", "-vvv"],
    ];
    all.map(|args| world.run(args)).into()
}

/// Whether nothing in `text` steers a terminal or turns its writing round.
fn is_tame(text: &str) -> bool {
    text.chars().all(|c| {
        (c == '\n' || !c.is_control())
            && !matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200b}'..='\u{200f}')
    })
}

#[test]
fn a_redirect_to_another_place_is_not_followed_and_carries_no_token() {
    let thief = Proxy::start(None, |_, _| {});
    for status in ["301 Moved", "302 Found", "303 See Other", "307 Temporary Redirect", "308 Permanent Redirect"] {
        for to in [
            thief.url(),
            format!("//{}/sharing/rest", thief.address),
            format!("http://localhost:{}/", thief.address.split(':').nth(1).unwrap()),
            format!("http://user:pass@{}/", thief.address),
            "ftp://127.0.0.1/".to_owned(),
            "file:///etc/passwd".to_owned(),
        ] {
            let location = to.clone();
            let (world, _proxy) = behind(move |asked, answer| {
                if asked.is("portals/self") || asked.method == "POST" {
                    answer.status = format!("HTTP/1.1 {status}");
                    answer.headers = format!("Location: {location}\r\n");
                }
            });
            let run = world.run(&["plan", "-vvv"]);
            assert_eq!(run.code, Some(1), "{to}: {}", run.said());
            let run = world.ran(world.by_password(&["plan", "-vvv"]));
            assert_eq!(run.code, Some(1), "{to}: {}", run.said());
            world.holds_tight(&[]);
        }
    }
    assert_eq!(thief.count(), 0, "{:?}", thief.asked.lock().unwrap());
}

#[test]
fn a_redirect_in_a_circle_ends() {
    let (world, proxy) = behind(|asked, answer| {
        answer.status = "HTTP/1.1 307 Temporary Redirect".into();
        answer.headers = format!("Location: {}\r\n", asked.target);
    });
    assert_eq!(world.run(&["plan", "-vvv"]).code, Some(1));
    assert!(proxy.count() < 30, "{} requests", proxy.count());
}

#[test]
fn a_body_without_measure_is_given_up() {
    let bomb = gzip(&vec![b' '; 64 << 20]);
    let deep = ["[", "{\"a\":", "{\"items\":["].map(|piece| piece.repeat(300_000));
    let mut bodies: Vec<(&str, Vec<u8>)> = vec![
        ("", vec![b'x'; 40 << 20]),
        ("", format!("{{\"username\":\"{}\"}}", "x".repeat(17 << 20)).into_bytes()),
        ("Content-Encoding: gzip\r\n", bomb),
        ("Content-Encoding: gzip\r\n", b"no gzip at all".to_vec()),
        ("", b"\xff\xfe\x00{\x00}".to_vec()),
        ("", b"{\"user\":1e999,\"id\":-1e-999}".to_vec()),
        ("", b"\"text\"".to_vec()),
        ("", b"null".to_vec()),
        ("", b"[[]]".to_vec()),
    ];
    bodies.extend(deep.map(|text| ("", text.into_bytes())));
    let parts = ["portals/self", "content/users", "/search", "content/items", "registeredAppInfo"];
    let cases: Vec<_> = bodies
        .iter()
        .enumerate()
        // What is large is sent from one place each, in turn; the rest from every place.
        .flat_map(|(at, body)| {
            let large = body.1.len() > 1 << 20;
            parts.iter().enumerate().filter(move |(n, _)| !large || n % 3 == at % 3).map(move |(_, part)| (body, *part))
        })
        .collect();
    side_by_side(&cases, |((headers, body), part)| {
        let shown = String::from_utf8_lossy(&body[..body.len().min(20)]).into_owned();
        let (headers, body, part) = (*headers, body.clone(), *part);
        let (world, _proxy) = behind(move |asked, answer| {
            if asked.is(part) {
                answer.headers.push_str(headers);
                answer.body.clone_from(&body);
            }
        });
        let run = world.ran(world.shell("ulimit -v 4000000; exec \"$0\" plan -vvv"));
        assert!(matches!(run.code, Some(0 | 1 | 3)), "{shown:?} at {part}: {}", run.said());
        world.holds_tight(&[]);
    });
}

/// What `gzip` makes of `bytes`.
fn gzip(bytes: &[u8]) -> Vec<u8> {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), bytes).unwrap();
    let packed = std::process::Command::new("gzip").arg("-c").arg(file.path()).output().unwrap();
    assert!(packed.status.success());
    packed.stdout
}

/// `total` and `nextStart` of a page, by its number.
type Page = fn(usize) -> (Value, Value);

#[test]
fn a_list_without_end_is_given_up() {
    let pages: [(&str, Page); 5] = [
        ("a total that lies", |_| (json!(9_000_000_000_000_000_u64), json!(101))),
        ("a next page for ever", |n| (json!(1_000_000_000), json!(n * 100 + 101))),
        ("a next page for ever and no total", |n| (json!(null), json!(n * 1000 + 101))),
        ("a negative total", |_| (json!(-5), json!(101))),
        ("no total and no next page", |_| (json!(null), json!(null))),
    ];
    for (name, page) in pages {
        let count = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&count);
        let (world, proxy) = behind(move |asked, answer| {
            if asked.is("content/users/developer?") {
                let n = counted.fetch_add(1, Ordering::Relaxed);
                answer.json(|body| {
                    let (total, next) = page(n);
                    let item = |k: usize| json!({"id": format!("{:032x}", n * 100 + k), "type": "Application"});
                    body["items"] = (0..100).map(item).collect();
                    (body["total"], body["nextStart"]) = (total, next);
                });
            }
        });
        let began = Instant::now();
        let run = world.run(&["plan", "-vvv"]);
        assert!(matches!(run.code, Some(0 | 1 | 3)), "{name}: {}", run.said());
        assert!(
            began.elapsed() < Duration::from_mins(1),
            "{name} took {:?}, {} requests",
            began.elapsed(),
            proxy.count()
        );
    }
}

#[test]
fn ids_that_lead_elsewhere_are_never_asked_for() {
    let (world, proxy) = behind(|asked, answer| {
        let odd = ["../../admin", "a/../../b", "..%2f..%2fadmin", "?token=", "x#y", "\u{202e}id", "", " "];
        answer.json(|body| {
            for list in ["items", "results", "folders"] {
                if let Some(members) = body[list].as_array_mut() {
                    let like = members.first().cloned().unwrap_or(json!({"type": "Application"}));
                    for id in odd {
                        let mut member = like.clone();
                        member["id"] = json!(id);
                        member["title"] = json!("Keys");
                        member["ownerFolder"] = json!(id);
                        member["owner"] = json!("../../x");
                        members.insert(0, member);
                    }
                    body["total"] = json!(null);
                }
            }
            if asked.is("content/items/") {
                body["ownerFolder"] = json!("../../../admin");
            }
        });
    });
    let runs = every_command(&world);
    assert!(runs.iter().all(|run| matches!(run.code, Some(0..=5))));
    for asked in proxy.asked.lock().unwrap().iter() {
        let path = asked.target.split('?').next().unwrap();
        assert!(!path.contains("..") && !path.contains("%2f") && !path.contains("admin"), "{path}");
    }
    world.holds_tight(&[]);
}

#[test]
fn a_user_name_that_is_a_path_stays_one_part_of_it() {
    let (world, proxy) = behind(|asked, answer| {
        if asked.is("portals/self") || asked.is("community/self") {
            answer.json(|body| {
                body["user"]["username"] = json!("../../../admin/\u{1b}[31m\u{202e}x");
                body["username"] = json!("../../../admin");
            });
        }
    });
    for run in every_command(&world) {
        assert!(is_tame(&run.said()), "{:?}", run.said());
    }
    for asked in proxy.asked.lock().unwrap().iter() {
        assert!(!asked.target.contains("/admin"), "{}", asked.target);
    }
    world.holds_tight(&[]);
}

#[test]
fn no_text_of_the_portal_steers_the_terminal() {
    let nasty = "\u{1b}]0;owned\u{7}\u{1b}[2J\u{202e}evil\u{2066}\r\nFAKE LINE\u{9b}31m\u{0}\u{200b}";
    let (world, _proxy) = behind(move |asked, answer| {
        answer.json(|body| {
            for name in [
                "title",
                "snippet",
                "name",
                "id",
                "portalName",
                "urlKey",
                "role",
                "currentVersion",
                "enterpriseVersion",
            ] {
                let keeps_ids = name == "id" && !asked.is("portals/self");
                if body.get(name).is_some() && !keeps_ids {
                    body[name] = json!(nasty);
                }
            }
            if asked.is("content/items/") {
                body["tags"].as_array_mut().unwrap().push(json!(nasty));
            }
            if let Some(list) = body["folders"].as_array_mut() {
                list.push(json!({"id": "0123456789abcdef0123456789abcdef", "title": nasty, "created": -5}));
            }
            if asked.is("registeredAppInfo") {
                body["httpReferrers"] = json!([nasty]);
                body["privileges"] = json!([nasty, "premium:user:basemaps"]);
                body["redirect_uris"] = json!([nasty]);
            }
        });
    });
    for run in every_command(&world) {
        assert!(is_tame(&run.said()), "{:?}", run.said());
    }
    world.holds_tight(&[]);
    let (world, _proxy) = behind(move |asked, answer| {
        if asked.is("content/items/") {
            answer.json(|body| *body = json!({"error": {"code": 403, "message": nasty, "details": [nasty, {}, 7]}}));
        }
    });
    for run in every_command(&world) {
        assert!(is_tame(&run.said()), "{:?}", run.said());
    }
}

#[test]
fn values_that_make_no_sense_stop_nothing_but_the_plan() {
    let odd =
        [json!(-1), json!(i64::MIN), json!(i64::MAX), json!(1e300), json!("x"), json!([]), json!({}), json!(true)];
    let dates =
        [json!(253_402_207_200_000_i64), json!(253_402_300_799_999_i64), json!(1), json!(-62_135_596_800_000_i64)];
    for value in odd.into_iter().chain(dates) {
        let shown = value.to_string();
        let (world, _proxy) = behind(move |asked, answer| {
            if asked.is("content/items/") {
                answer.json(|body| {
                    for name in
                        ["apiToken1ExpirationDate", "apiToken2ExpirationDate", "created", "modified", "protected"]
                    {
                        body[name] = value.clone();
                    }
                });
            }
            if asked.is("registeredAppInfo") {
                answer.json(|body| body["apiToken2Active"] = json!("true"));
            }
        });
        for run in every_command(&world) {
            assert!(run.code.is_some_and(|code| code < 7), "{shown}: {}", run.said());
        }
        world.holds_tight(&[]);
    }
}
#[test]
fn a_date_header_from_the_end_of_time_is_no_panic() {
    for date in [
        "Fri, 31 Dec 9999 23:59:59 GMT",
        "Thu, 01 Jan 1970 00:00:00 GMT",
        "Mon, 01 Jan 0001 00:00:00 GMT",
        "Sat, 99 Nov 2026 08:00:00 GMT",
        "yesterday",
        "",
    ] {
        let (world, _proxy) = behind(move |_, answer| {
            let kept: String = answer
                .headers
                .lines()
                .filter(|line| !line.to_ascii_lowercase().starts_with("date:"))
                .map(|line| format!("{line}\r\n"))
                .collect();
            answer.headers = format!("{kept}Date: {date}\r\n");
        });
        for run in every_command(&world) {
            assert!(run.code.is_some_and(|code| code < 7), "{date}: {}", run.said());
        }
        world.holds_tight(&[]);
    }
}

#[test]
fn a_wait_that_outlives_everybody_is_not_waited() {
    // Side by side: each takes as long as a portal is borne that always refuses.
    std::thread::scope(|scope| {
        let waits =
            ["18446744073709551615", "99999999999999999999999", "-1", "Fri, 31 Dec 9999 23:59:59 GMT", "1e9", ""];
        for wait in waits {
            scope.spawn(move || {
                let (world, proxy) = behind(move |_, answer| {
                    answer.status = "HTTP/1.1 429 Too Many Requests".into();
                    answer.headers.push_str(&format!("Retry-After: {wait}\r\n"));
                });
                let run = world.run(&["plan", "-vvv"]);
                assert_eq!(run.code, Some(1), "{wait}: {}", run.said());
                // Refused before acting, it is asked again, but a dozen times at most.
                assert!(proxy.count() <= 12, "{wait}: {}", proxy.count());
            });
        }
    });
}
