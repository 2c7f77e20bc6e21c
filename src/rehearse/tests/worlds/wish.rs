//! What people want: a random configuration, the edits they make to it, and its text in any order.
//!
//! It is written as JSON on one line, which is YAML too, so that the order of its words changes no line number.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use fastrand::Rng;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value, json};

use crate::config::{self, LoadOptions};
use crate::model::Spec;
use crate::rehearse::tests::scene::start;

const NAMES: [&str; 3] = ["web", "api", "kiosk"];
const PRIVILEGES: [&str; 5] = [
    "premium:user:basemaps",
    "premium:user:geocode:temporary",
    "premium:user:places",
    "premium:user:elevation",
    "premium:user:networkanalysis:routing",
];
const REFERRERS: [&str; 3] = ["https://stores.example.com", "https://*.example.org", "https://depot.example.net"];
/// Lifetime, `renew_before`, `overlap`.
const LIVES: [(&str, &str, &str); 6] = [
    ("180d", "30d", "7d"),
    ("180d", "30d", "1d"),
    ("365d", "40d", "14d"),
    ("90d", "20d", "7d"),
    ("30d", "10d", "2d"),
    ("20d", "9d", "3d"),
];
/// Lists in which the order means nothing.
const SETS: [&str; 6] = ["privileges", "referrers", "tags", "moved", "removed", "days"];

/// A configuration as people write it.
#[derive(Clone)]
pub(super) struct Wish {
    pub(super) credentials: Vec<(String, Map<String, Value>)>,
    pub(super) moved: Vec<Value>,
    pub(super) removed: Vec<Value>,
    pub(super) orphans: &'static str,
    guards: Map<String, Value>,
    cadence: bool,
}

fn some<'a>(draw: &mut Rng, of: &[&'a str]) -> Vec<&'a str> {
    let count = draw.usize(1..=of.len().min(3));
    let mut all = of.to_vec();
    draw.shuffle(&mut all);
    all.truncate(count);
    all
}

/// The day that is so many days after the start.
fn day(days: i64) -> String {
    let at = start().checked_add(SignedDuration::from_hours(24 * days)).unwrap();
    at.strftime("%Y-%m-%d").to_string()
}

fn days_since_start(now: Timestamp) -> i64 {
    now.duration_since(start()).as_hours() / 24
}

impl Wish {
    /// One to three credentials.
    pub(super) fn new(draw: &mut Rng) -> Self {
        let count = [1, 1, 1, 2, 2, 3][draw.usize(..6)];
        let credentials = NAMES.iter().take(count).map(|name| ((*name).to_owned(), entry(draw, name))).collect();
        let guards = if draw.u8(..4) == 0 { "ask" } else { "restore" };
        let mut guards = Map::from_iter([("portal_changes".to_owned(), json!(guards))]);
        if draw.u8(..6) == 0 {
            guards.insert("max".into(), json!({ "rotate": draw.u32(1..3), "destroy": draw.u32(0..3) }));
        }
        let orphans = if draw.u8(..4) == 0 { "destroy" } else { "report" };
        Self { credentials, moved: Vec::new(), removed: Vec::new(), orphans, guards, cadence: draw.bool() }
    }

    /// At least two credentials.
    pub(super) fn join(&mut self, draw: &mut Rng) {
        if let [_] = &self.credentials[..] {
            self.credentials.push((NAMES[1].to_owned(), entry(draw, NAMES[1])));
        }
    }

    /// The names that are declared.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.credentials.iter().map(|(name, _)| name.as_str())
    }

    fn any(&mut self, draw: &mut Rng) -> Option<&mut (String, Map<String, Value>)> {
        let count = self.credentials.len();
        (count > 0).then(|| &mut self.credentials[draw.usize(..count)])
    }

    /// The sinks of some credentials are of this kind only.
    pub(super) fn deliver_to(&mut self, draw: &mut Rng, kinds: &[Kind]) {
        for (name, entry) in &mut self.credentials {
            let sinks = kinds.iter().enumerate().map(|(at, kind)| kind.sink(draw, name, at));
            entry.insert("deliver".into(), sinks.collect());
        }
    }

    /// Nothing is withheld from any credential.
    pub(super) fn make_plain(&mut self) {
        for (_, entry) in &mut self.credentials {
            for member in ["mode", "on_breaking_change", "protect"] {
                entry.shift_remove(member);
            }
            if let Some(expiry) = entry.get_mut("expiry").and_then(Value::as_object_mut) {
                expiry.shift_remove("window");
                expiry.shift_remove("retire");
            }
        }
    }

    /// Sets a member of every credential.
    pub(super) fn set(&mut self, member: &str, value: &Value) {
        for (_, entry) in &mut self.credentials {
            entry.insert(member.into(), value.clone());
        }
    }

    /// Other privileges, or other referrers.
    pub(super) fn edit_access(&mut self, draw: &mut Rng) {
        let Some((_, entry)) = self.any(draw) else { return };
        let (member, of): (_, &[&str]) =
            if draw.u8(..4) == 0 { ("referrers", &REFERRERS) } else { ("privileges", &PRIVILEGES) };
        let before = entry.get(member).cloned();
        while entry.get(member).cloned() == before {
            entry.insert(member.into(), json!(some(draw, of)));
        }
    }

    /// Something that costs nobody a key.
    pub(super) fn edit_words(&mut self, draw: &mut Rng) {
        let Some((_, entry)) = self.any(draw) else { return };
        match draw.u8(..6) {
            0 => entry.insert("title".into(), json!(format!("Map {}", draw.u8(..9)))),
            1 => entry.insert("snippet".into(), json!(format!("For <all> & everybody {}", draw.u8(..9)))),
            2 => entry.insert("description".into(), json!(format!("<b>Shops</b> {}", draw.u8(..9)))),
            3 => entry.insert("tags".into(), json!(["maps", format!("t{}", draw.u8(..9))])),
            4 => entry.insert("folder".into(), json!(["Keys", "Other keys"][draw.usize(..2)])),
            _ => entry.insert("protect".into(), json!(draw.bool())),
        };
    }

    /// Lives, modes and hours.
    pub(super) fn edit_policy(&mut self, draw: &mut Rng, now: Timestamp) {
        let Some((_, entry)) = self.any(draw) else { return };
        match draw.u8(..6) {
            0 => drop(entry.insert("mode".into(), json!(["observe", "additive", "full"][draw.usize(..3)]))),
            1 => {
                let words = ["replace", "in_place", "refuse"];
                entry.insert("on_breaking_change".into(), json!(words[draw.usize(..3)]));
            }
            2 => drop(entry.insert("expiry".into(), json!({ "until": day(days_since_start(now) + draw.i64(1..200)) }))),
            3 => {
                let from = days_since_start(now) + draw.i64(-2..3);
                let mut freeze = json!({ "from": day(from), "to": day(from + draw.i64(0..20)) });
                if draw.bool() {
                    freeze["except"] = json!(["expiring"]);
                }
                self.guards.insert("freeze".into(), json!([freeze]));
            }
            _ => drop(entry.insert("expiry".into(), expiry(draw))),
        }
    }

    /// Nothing is to be changed just now.
    pub(super) fn freeze(&mut self, draw: &mut Rng, now: Timestamp) {
        let from = days_since_start(now) - draw.i64(0..3);
        self.guards.insert("freeze".into(), json!([{ "from": day(from), "to": day(from + draw.i64(3..20)) }]));
    }

    /// A sink more, a sink less, or another one.
    pub(super) fn edit_sinks(&mut self, draw: &mut Rng) {
        let Some((name, entry)) = self.any(draw) else { return };
        let name = name.clone();
        let Some(sinks) = entry.get_mut("deliver").and_then(Value::as_array_mut) else { return };
        if sinks.len() > 1 && draw.bool() {
            sinks.remove(draw.usize(..sinks.len()));
        } else {
            let at = draw.usize(3..9);
            let more = Kind::any(draw).sink(draw, &name, at);
            let place = draw.usize(..=sinks.len());
            if draw.u8(..4) == 0 {
                sinks.clear();
                sinks.push(more);
            } else if !sinks.contains(&more) {
                sinks.insert(place, more);
            }
        }
    }

    /// A sink goes from one credential to another.
    pub(super) fn hand_over(&mut self, draw: &mut Rng) {
        let count = self.credentials.len();
        if count < 2 {
            return;
        }
        let from = draw.usize(..count);
        let to = (from + draw.usize(1..count)) % count;
        let deliver = |(_, entry): &mut (String, Map<String, Value>)| {
            entry.get_mut("deliver").and_then(Value::as_array_mut).map(std::mem::take).unwrap_or_default()
        };
        let (mut giving, mut taking) = (deliver(&mut self.credentials[from]), deliver(&mut self.credentials[to]));
        if !giving.is_empty() {
            let sink = giving.remove(draw.usize(..giving.len()));
            taking.insert(draw.usize(..=taking.len()), sink);
        }
        if giving.is_empty() {
            let (name, at) = (&self.credentials[from].0, draw.usize(3..9));
            giving.push(Kind::any(draw).sink(draw, name, at));
        }
        for (at, sinks) in [(from, giving), (to, taking)] {
            self.credentials[at].1.insert("deliver".into(), json!(sinks));
        }
    }

    /// An entry goes, with a word about what becomes of it or without one.
    pub(super) fn remove(&mut self, draw: &mut Rng, then: Option<&str>, now: Timestamp) {
        if self.credentials.is_empty() {
            return;
        }
        let (name, _) = self.credentials.remove(draw.usize(..self.credentials.len()));
        self.moved.retain(|moved| moved["to"] != json!(name));
        if let Some(then) = then {
            let mut removed = json!({ "name": name, "then": then });
            if draw.u8(..4) == 0 {
                removed["not_before"] = json!(day(days_since_start(now) + draw.i64(-2..20)));
            }
            self.removed.push(removed);
        }
    }

    /// An entry gets another name, maybe without a word about it.
    pub(super) fn rename(&mut self, draw: &mut Rng, said: bool) {
        let Some((name, _)) = self.any(draw) else { return };
        let from = name.clone();
        let to = format!("{from}-{}", draw.alphabetic().to_ascii_lowercase());
        name.clone_from(&to);
        if said {
            self.moved.push(json!({ "from": from, "to": to }));
        }
    }

    fn document(&self) -> Map<String, Value> {
        let mut document = Map::new();
        document.insert("keyform".into(), json!(1));
        document.insert("stack".into(), json!("proof"));
        document.insert("portal".into(), json!({ "url": "emulator", "product": "online" }));
        if self.cadence {
            document.insert("cadence".into(), json!("24h"));
        }
        document.insert("orphans".into(), json!(self.orphans));
        if !self.guards.is_empty() {
            document.insert("guards".into(), json!(self.guards));
        }
        let credentials: Map<String, Value> =
            self.credentials.iter().map(|(name, entry)| (name.clone(), json!(entry))).collect();
        document.insert("credentials".into(), json!(credentials));
        for (member, list) in [("moved", &self.moved), ("removed", &self.removed)] {
            if !list.is_empty() {
                document.insert(member.into(), json!(list));
            }
        }
        document
    }

    /// What it says, in the order it was written in.
    pub(super) fn text(&self) -> String {
        Value::Object(self.document()).to_string()
    }

    /// The same in any order.
    pub(super) fn shuffled(&self, draw: &mut Rng) -> String {
        shuffled(Value::Object(self.document()), draw, false).to_string()
    }
}

fn shuffled(value: Value, draw: &mut Rng, is_set: bool) -> Value {
    match value {
        Value::Object(members) => {
            let mut members: Vec<(String, Value)> = members.into_iter().collect();
            draw.shuffle(&mut members);
            let inner = |(name, value): (String, Value)| {
                let is_set = SETS.contains(&name.as_str());
                (name, shuffled(value, draw, is_set))
            };
            Value::Object(members.into_iter().map(inner).collect())
        }
        Value::Array(mut list) => {
            if is_set {
                draw.shuffle(&mut list);
            }
            Value::Array(list.into_iter().map(|value| shuffled(value, draw, false)).collect())
        }
        other => other,
    }
}

/// What a sink can tell.
#[derive(Clone, Copy)]
pub(super) enum Kind {
    Dotenv,
    File,
    Confirming,
    WriteOnly,
}

impl Kind {
    fn any(draw: &mut Rng) -> Self {
        [Self::Dotenv, Self::Dotenv, Self::File, Self::Confirming, Self::WriteOnly][draw.usize(..5)]
    }

    fn sink(self, draw: &mut Rng, name: &str, at: usize) -> Value {
        // A credential that was renamed keeps its places, and no two have one in common.
        let name = name.split('-').next().unwrap_or(name);
        let mut sink = match self {
            Self::Dotenv => json!({ "dotenv": { "path": format!(".env.{name}"), "name": format!("KEY_{at}") } }),
            Self::File => json!({ "file": { "path": format!("out/{name}-{at}.key"), "format": "raw" } }),
            Self::Confirming => {
                json!({ "command": { "run": ["store", name, at.to_string()], "check": ["ask", name] } })
            }
            Self::WriteOnly => json!({ "command": { "run": ["push", name, at.to_string()] } }),
        };
        if draw.u8(..12) == 0
            && let Some(settings) = sink.as_object_mut().and_then(|sink| sink.values_mut().next())
        {
            settings["heal"] = json!(false);
        }
        sink
    }
}

fn expiry(draw: &mut Rng) -> Value {
    let (lifetime, renew_before, overlap) = LIVES[draw.usize(..LIVES.len())];
    let mut expiry = json!({ "lifetime": lifetime, "renew_before": renew_before, "overlap": overlap });
    // Where a key lives for a few weeks, the older one would be in the way for too long.
    if lifetime != "20d" && draw.u8(..5) == 0 {
        expiry["retire"] = json!("expire");
    }
    if draw.u8(..6) == 0 {
        expiry["spread"] = json!("3d");
    }
    if draw.u8(..8) == 0 {
        expiry["window"] = json!({ "days": ["mon-thu", "sat"], "hours": "09:00-16:00", "zone": "Europe/Zurich" });
    }
    expiry
}

fn entry(draw: &mut Rng, name: &str) -> Map<String, Value> {
    let mut entry = Map::new();
    entry.insert("privileges".into(), json!(some(draw, &PRIVILEGES)));
    entry.insert("referrers".into(), json!(some(draw, &REFERRERS)));
    entry.insert("expiry".into(), expiry(draw));
    let sinks: Vec<Value> = (0..draw.usize(1..4)).map(|at| Kind::any(draw).sink(draw, name, at)).collect();
    entry.insert("deliver".into(), json!(sinks));
    if draw.u8(..6) == 0 {
        entry.insert("protect".into(), json!(true));
    }
    if draw.u8(..8) == 0 {
        entry.insert("on_breaking_change".into(), json!(["in_place", "refuse"][draw.usize(..2)]));
    }
    if draw.u8(..12) == 0 {
        entry.insert("mode".into(), json!("additive"));
    }
    if draw.u8(..5) == 0 {
        entry.insert("folder".into(), json!("Keys"));
        entry.insert("tags".into(), json!(["maps", "shops"]));
    }
    entry
}

/// A folder in which configurations are read, one after the other, all under one name.
pub(super) struct Desk(tempfile::TempDir);

impl Desk {
    pub(super) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    /// What `text` says, if it says something that can be wanted.
    pub(super) fn read(&self, text: &str) -> Result<Arc<Spec>, String> {
        let file: PathBuf = self.0.path().join("keyform.json");
        std::fs::write(&file, text).unwrap();
        let loaded = config::load(Path::new(&file), LoadOptions { now: Some(start()), ..LoadOptions::default() });
        let problems: Vec<String> = loaded.report.problems.iter().map(|problem| problem.message.clone()).collect();
        loaded.spec.map(Arc::new).ok_or_else(|| format!("{text}\n{problems:?}"))
    }
}
