//! The emulator's own API, below `/emulator`; none of its calls is counted, logged or held.
//!
//! | call | body or query | does |
//! |---|---|---|
//! | `GET clock` | | `{"now":ms,"offset_ms":n}` |
//! | `POST clock` | `{"offset_ms":n}`, `{"advance":"90d 2h"}` or `{"at":"2027-01-01T00:00:00Z"}` | moves the clock |
//! | `GET switches` | | settings, and what each is about |
//! | `POST switches` | `{"all":"default"}`, `{"all":"worst"}`, `{"date_update":"ends",…}` | sets them |
//! | `GET faults`, `DELETE faults` | | what is still to strike |
//! | `POST faults` | one [`Fault`] or an array | adds to it |
//! | `GET rate`, `POST rate`, `DELETE rate` | [`Rate`] | limits requests, or no longer |
//! | `GET log` | `?from=n` | the requests so far |
//! | `DELETE log` | | forgets them, and counts from 1 again |
//! | `GET hold` | | `{"hold":…,"reached":bool}` |
//! | `POST hold` | [`Hold`] | holds a request |
//! | `POST release` | `{"act":false}` drops what is held instead of doing it | lets go |
//! | `GET state` | | items, slots, keys by fingerprint, folders; no secrets |
//! | `GET token` | `?user=colleague` | a user token, to try things with curl |
//! | `POST person` | [`Act`] | what a person does in the web page |
//! | `POST portal` | `{"read_only":bool,"user":name,"give":[…],"take":[…],"latency_ms":n}` | changes the portal |

use std::sync::Arc;
use std::time::Duration;

use axum::http::Method;
use jiff::{Span, SpanRelativeTo, Timestamp};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use super::fault::{Fault, Hold};
use super::host::Host;
use super::person::Act;
use super::rate::Rate;
use super::request::{Params, Response};
use super::state::{State, USER};
use super::switches::Switches;
use crate::clock;

const CALLS: &str = "clock, switches, faults, rate, log, hold, release, state, token, person, portal";

type Outcome = Result<Value, String>;

fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, String> {
    serde_json::from_slice(body).map_err(|why| why.to_string())
}

/// Answers a call.
pub(super) async fn answer(host: &Arc<Host>, method: &Method, path: &str, query: &str, body: &[u8]) -> Response {
    let (host, name) = (Arc::clone(host), path.trim_start_matches("/emulator").trim_matches('/').to_owned());
    let (verb, query, body) = (method.as_str().to_owned(), Params::urlencoded(query), body.to_vec());
    // The portal may be kept in a file, and files block.
    let outcome = tokio::task::spawn_blocking(move || act(&host, &verb, &name, &query, &body)).await;
    match outcome.unwrap_or_else(|error| Err(error.to_string())) {
        Ok(value) => Response::json(200, &value),
        Err(why) => Response::json(400, &json!({"error": why})),
    }
}

fn act(host: &Host, verb: &str, name: &str, query: &Params, body: &[u8]) -> Outcome {
    let on = |change: &mut dyn FnMut(&mut State) -> Outcome| host.with(change).map_err(|error| error.to_string())?;
    match (verb, name) {
        ("GET", "") => Ok(json!({"emulator": env!("CARGO_PKG_VERSION"), "calls": CALLS})),
        ("GET", "clock") => on(&mut |state| Ok(time(state))),
        ("POST", "clock") => {
            let move_: Clock = read(body)?;
            on(&mut |state| {
                state.set_clock_offset_ms(move_.offset(state.clock_offset_ms())?);
                Ok(time(state))
            })
        }
        ("GET", "switches") => on(&mut |state| Ok(switches(state.switches()))),
        ("POST", "switches") => {
            let asked: Map<String, Value> = read(body)?;
            on(&mut |state| {
                state.set_switches(set(state.switches().clone(), &asked)?);
                Ok(switches(state.switches()))
            })
        }
        ("GET", "faults") => Ok(json!(host.traffic().faults)),
        ("DELETE", "faults") => {
            host.traffic().faults.clear();
            Ok(json!([]))
        }
        ("POST", "faults") => {
            let more: Vec<Fault> =
                if body.trim_ascii_start().starts_with(b"[") { read(body)? } else { vec![read(body)?] };
            host.traffic().faults.extend(more);
            Ok(json!(host.traffic().faults))
        }
        ("GET", "rate") => Ok(json!(host.traffic().rate)),
        ("DELETE", "rate") => {
            host.traffic().rate = None;
            Ok(Value::Null)
        }
        ("POST", "rate") => {
            let rate: Rate = read(body)?;
            let shown = json!(rate);
            host.traffic().rate = Some(rate);
            Ok(shown)
        }
        ("GET", "log") => {
            let from: u64 = query.get("from").and_then(|text| text.parse().ok()).unwrap_or_default();
            Ok(json!(host.traffic().log.iter().filter(|entry| entry.n >= from).collect::<Vec<_>>()))
        }
        ("DELETE", "log") => {
            host.traffic().clear_log();
            Ok(json!([]))
        }
        ("GET", "hold") => {
            let traffic = host.traffic();
            Ok(json!({"hold": traffic.hold, "reached": traffic.reached}))
        }
        ("POST", "hold") => {
            let hold: Hold = read(body)?;
            host.traffic().set_hold(hold);
            Ok(json!({"hold": hold, "reached": false}))
        }
        ("POST", "release") => {
            let asked: Release = if body.is_empty() { Release::default() } else { read(body)? };
            host.release(asked.act.unwrap_or(true));
            Ok(json!({"released": true}))
        }
        ("GET", "state") => on(&mut |state| Ok(state.summary(clock::wall()))),
        ("GET", "token") => {
            let user = query.get("user").unwrap_or(USER);
            on(&mut |state| Ok(json!({"token": state.token_of(user, clock::wall()), "username": user})))
        }
        ("POST", "person") => {
            let act: Act = read(body)?;
            on(&mut |state| Ok(state.person(&act, clock::wall())))
        }
        ("POST", "portal") => portal(host, read(body)?),
        _ => Err(format!("no call {verb} {name}; there are {CALLS}")),
    }
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Release {
    act: Option<bool>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Clock {
    offset_ms: Option<i64>,
    advance: Option<String>,
    at: Option<String>,
}

impl Clock {
    fn offset(&self, now: i64) -> Result<i64, String> {
        let Self { offset_ms, advance, at } = self;
        let at = at.as_deref().map(str::parse::<Timestamp>).transpose().map_err(|why| why.to_string())?;
        let base = at.map(|at| at.as_millisecond() - clock::wall().as_millisecond()).or(*offset_ms).unwrap_or(now);
        let Some(span) = advance else { return Ok(base) };
        let span: Span = span.parse().map_err(|why: jiff::Error| why.to_string())?;
        let by = span.to_duration(SpanRelativeTo::days_are_24_hours()).map_err(|why| why.to_string())?;
        let by = i64::try_from(by.as_millis()).map_err(|why| why.to_string())?;
        base.checked_add(by).ok_or_else(|| "too far away".to_owned())
    }
}

fn time(state: &State) -> Value {
    json!({"now": state.now(clock::wall()), "offset_ms": state.clock_offset_ms()})
}

fn switches(now: &Switches) -> Value {
    let about = Switches::ALL.iter().map(|switch| {
        json!({"name": switch.name, "about": switch.about.trim(), "section": switch.section,
            "alternatives": switch.alternatives, "worst": switch.worst})
    });
    json!({"now": now, "about": about.collect::<Vec<_>>()})
}

fn set(mut switches: Switches, asked: &Map<String, Value>) -> Result<Switches, String> {
    for (name, value) in asked {
        let value = match value {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        match (name.as_str(), value.as_str()) {
            ("all", "default") => switches = Switches::default(),
            ("all", "worst") => switches = Switches::worst(),
            (name, value) => switches.set(name, value).map_err(|why| why.to_string())?,
        }
    }
    Ok(switches)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Portal {
    read_only: Option<bool>,
    user: Option<String>,
    #[serde(default)]
    give: Vec<String>,
    #[serde(default)]
    take: Vec<String>,
    latency_ms: Option<u64>,
}

fn portal(host: &Host, asked: Portal) -> Outcome {
    let Portal { read_only, user, give, take, latency_ms } = asked;
    if let Some(ms) = latency_ms {
        host.traffic().latency = Duration::from_millis(ms);
    }
    let changed = host.with(|state| {
        let user = user.as_deref().unwrap_or(USER);
        if let Some(read_only) = read_only {
            state.set_read_only(read_only);
        }
        for (privileges, held) in [(&give, true), (&take, false)] {
            for privilege in privileges {
                state.set_privilege(user, privilege, held);
            }
        }
    });
    changed.map(|()| json!({"success": true})).map_err(|error| error.to_string())
}
