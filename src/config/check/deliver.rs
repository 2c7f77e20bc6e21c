//! Where keys go: declared and inline sinks, and that no two keys go to one place.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use jiff::SignedDuration;

use super::checker::{Built, Checker, Here, Placed, did_you_mean, quoted};
use crate::config::codes;
use crate::config::document::{DeliverEntry, Name, SinkDeclaration};
use crate::config::glob;
use crate::config::part::{self, Part};
use crate::config::problem::Problem;
use crate::config::source::{Span, shorten};
use crate::config::tree::Cursor;
use crate::files;
use crate::model::{CredentialSpec, Delivery};
use crate::sink;
use crate::sink::kind::{Fault, Kind, Outside, Reader, SinkPath};
use crate::sink::kinds::{self, KINDS};

impl SinkDeclaration {
    fn kind(&self) -> Option<&'static Kind> {
        kinds::named(self.0.get("type")?.as_str()?)
    }

    fn flag(&self, key: &str) -> Option<bool> {
        self.0.get(key)?.as_bool()
    }

    /// Which settings are given.
    fn given(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str).filter(|key| *key != "type")
    }
}

/// The settings of a delivery from its declaration and its use, and where each stands.
struct Merged<'a> {
    kind: &'static Kind,
    label: String,
    settings: SinkDeclaration,
    /// The declaration, for settings that the use does not have.
    declared: Option<Cursor<'a>>,
    used: Cursor<'a>,
    /// The folder that the path is relative to.
    folder: &'a str,
    /// Whether an included file says so.
    included: bool,
}

impl<'a> Merged<'a> {
    fn at(&self, key: &str) -> Cursor<'a> {
        self.used.get(key).or_else(|| self.declared?.get(key)).unwrap_or(self.used)
    }
}

impl<'a> Checker<'a> {
    /// Names of sinks that could be mistaken for types.
    pub(super) fn sink_names(&mut self) {
        for (name, at) in self.root.cursor().get("sinks").into_iter().flat_map(Cursor::entries) {
            if kinds::named(name).is_some() {
                let message = format!("a sink cannot be called `{name}`, which is a type of sink");
                self.problems.push(Problem::at(codes::RESERVED_NAME, at.key_span(), message));
            }
            let Some(sink) = self.document.sinks.as_ref().and_then(|sinks| sinks.get(&Name(name.to_owned()))) else {
                continue;
            };
            if let Some(kind) = sink.kind() {
                self.fitting(kind, sink, at, None);
            }
        }
    }

    /// Says which settings a type of sink does not have.
    fn fitting(&mut self, kind: &Kind, sink: &SinkDeclaration, at: Cursor<'a>, on: Option<&str>) -> bool {
        let own = |key: &str| matches!(key, "heal" | "escrow") || kind.settings.iter().any(|own| own.0 == key);
        let mut fits = true;
        for key in sink.given().filter(|key| !own(key)) {
            let message = format!("a `{}` sink has no `{key}`", kind.name);
            let span = at.get_or_self(key).key_span();
            self.say(Problem::at(codes::SINK_ARGUMENT, span, message), on);
            fits = false;
        }
        fits
    }

    /// The deliveries of one place that are right.
    pub(super) fn deliveries(&mut self, entries: &[DeliverEntry], here: Here<'a>) -> Vec<Placed<Delivery>> {
        let Here { at, part, on } = here;
        let mut deliveries = Vec::new();
        for (index, entry) in entries.iter().enumerate() {
            let Some(sink) = &entry.sink else { continue };
            let used = at.item_or_self(index).get_or_self(sink);
            if let Some(merged) = self.merged(sink, &entry.settings, used, part, on)
                && let Some(delivery) = self.delivery(&merged, on)
            {
                deliveries.push(Placed { value: delivery, span: used.key_span() });
            }
        }
        deliveries
    }

    /// Brings together what the declaration and the use of a sink say.
    fn merged(
        &mut self,
        sink: &str,
        settings: &SinkDeclaration,
        used: Cursor<'a>,
        part: &'a Part,
        on: Option<&str>,
    ) -> Option<Merged<'a>> {
        if let Some(kind) = kinds::named(sink) {
            let (label, settings) = (sink.to_owned(), settings.clone());
            let included = part.kind == part::Kind::Included;
            return Some(Merged { kind, label, settings, declared: None, used, folder: part.folder(), included });
        }
        let sinks = self.document.sinks.as_ref();
        let Some(declaration) = sinks.and_then(|sinks| sinks.get(&Name(sink.to_owned()))) else {
            self.unknown_sink(sink, used, on);
            return None;
        };
        let declared = self.root.cursor().get_or_self("sinks").get_or_self(sink);
        // Without a type it has been reported.
        let kind = declaration.kind()?;
        let mut right = self.fitting(kind, settings, used, on);
        for key in settings.given().filter(|key| declaration.0.contains_key(*key)) {
            let problem =
                Problem::at(codes::SINK_REDEFINED, used.get_or_self(key).key_span(), format!("`{key}` is said twice"));
            let first = declared.get_or_self(key).key_span();
            self.say(problem.saying("here again").label(first, "declared here"), on);
            right = false;
        }
        if part.kind == part::Kind::Included && settings.given().any(|key| kind.runs.contains(&key)) {
            let message = format!("an included file cannot say what a {} runs", kind.name);
            self.say(Problem::at(codes::INCLUDE_COMMAND, used.key_span(), message), on);
            right = false;
        }
        let has_path = settings.0.contains_key("path");
        let included = has_path && part.kind == part::Kind::Included;
        let folder = if has_path { part.folder() } else { self.root.folder() };
        let mut merged = declaration.clone();
        merged.0.extend(settings.0.clone());
        let (label, settings, declared) = (sink.to_owned(), merged, Some(declared));
        right.then_some(Merged { kind, label, settings, declared, used, folder, included })
    }

    fn unknown_sink(&mut self, sink: &str, used: Cursor<'a>, on: Option<&str>) {
        if self.root.cursor().get("sinks").is_some_and(Cursor::damaged) {
            // It may be one of those that were taken out.
            return;
        }
        let declared = self.document.sinks.iter().flat_map(|sinks| sinks.keys()).map(|name| name.0.as_str());
        let names = KINDS.iter().map(|kind| kind.name).chain(declared);
        let problem = Problem::at(codes::UNKNOWN_SINK, used.key_span(), format!("there is no sink {}", quoted(sink)));
        let problem = did_you_mean(problem, sink, names, self.problems.len());
        self.say(problem, on);
    }

    fn delivery(&mut self, merged: &Merged<'a>, on: Option<&str>) -> Option<Delivery> {
        let (kind, settings) = (merged.kind, &merged.settings);
        let missing = kind.required.iter().filter(|key| !settings.0.contains_key(**key));
        // Inline the schema has said so already.
        for key in missing.filter(|_| merged.declared.is_some()) {
            let message = format!("a `{}` sink needs `{key}`", kind.name);
            let problem = Problem::at(codes::SINK_ARGUMENT, merged.used.key_span(), message);
            self.say(problem.help(format!("add `{key}` here or where the sink is declared")), on);
        }
        let (id, target) = sink::known((kind.read)(&mut Settings { check: self, merged, on })?);
        let escrow = settings.flag("escrow").unwrap_or(false);
        if escrow && !target.ability.reads {
            let message = format!("what a {} stored cannot be read back", kind.name);
            self.say(Problem::at(codes::ESCROW_UNREADABLE, merged.at("escrow").key_span(), message), on);
        }
        Some(Delivery {
            id,
            label: merged.label.clone(),
            target,
            heal: settings.flag("heal").unwrap_or(true),
            escrow,
            source: self.line(merged.used.key_span().min(merged.used.span())),
        })
    }

    /// Whether an included file in `folder` may have keys written to `place`.
    fn may_deliver(&self, folder: &str, place: &Path) -> bool {
        let own = files::real(&glob::open_path(self.folder, folder));
        let (Ok(own), Ok(place)) = (own, files::real(place)) else { return false };
        self.reach.writes(&own, &place)
    }

    /// Two keys that would end up in one place.
    pub(super) fn places(&mut self, credentials: &[Built]) {
        let mut taken: BTreeMap<String, Vec<Taken<'_>>> = BTreeMap::new();
        for Built { spec, key, deliver } in credentials {
            for (delivery, span) in spec.deliver.iter().zip(deliver) {
                let Ok(sink) = sink::of(&delivery.target) else { continue };
                let Outside { whole, part, .. } = sink.outside();
                let now = Taken { part, spec, key: *key, span: *span, delivery };
                let before = taken.entry(whole).or_default();
                if let Some(first) = before.iter().find(|before| collide(before.part.as_ref(), now.part.as_ref())) {
                    let problem = collision(first, &now);
                    self.problems.push(problem.on(spec.name.as_str()));
                }
                before.push(now);
            }
        }
    }
}

/// The settings of one sink, for its kind to check.
struct Settings<'c, 'a> {
    check: &'c mut Checker<'a>,
    merged: &'c Merged<'a>,
    on: Option<&'c str>,
}

impl Settings<'_, '_> {
    fn say(&mut self, problem: Problem) {
        self.check.say(problem, self.on);
    }
}

impl Reader for Settings<'_, '_> {
    fn folder(&self) -> PathBuf {
        if self.check.folder.as_os_str().is_empty() { ".".into() } else { self.check.folder.to_owned() }
    }

    fn path(&mut self) -> Option<SinkPath> {
        let text = self.text("path");
        let raw = text.as_deref()?.trim();
        let (check, merged) = (&*self.check, self.merged);
        let at = merged.at("path");
        let shown = glob::normal(&glob::join(merged.folder, raw));
        let config = check.files.contains(&shown);
        let problem = if raw.chars().any(char::is_control) {
            Some("the path has a control character".to_owned())
        } else if raw.starts_with('~') {
            Some(format!("{} is taken as it stands: `~` is not a home folder here", quoted(raw)))
        } else if raw.ends_with(['/', '\\']) || shown.is_empty() || shown.ends_with("..") {
            Some(format!("{} is a folder, not a file", quoted(raw)))
        } else {
            config.then(|| format!("{} is a configuration file itself", quoted(raw)))
        };
        if let Some(message) = problem {
            self.say(Problem::at(codes::BAD_PATH, at.span(), message));
            return None;
        }
        let place = glob::open_path(check.folder, &shown);
        if merged.included && !check.may_deliver(merged.folder, &place) {
            let message = format!("an included file cannot deliver to {}", quoted(raw));
            self.say(Problem::at(codes::SINK_REACH, at.span(), message).saying("leads outside of its reach"));
            return None;
        }
        Some(SinkPath { at: place, shown })
    }

    fn text(&self, key: &str) -> Option<String> {
        Some(self.merged.settings.0.get(key)?.as_str()?.to_owned())
    }

    fn list(&self, key: &str) -> Option<Vec<String>> {
        let items = self.merged.settings.0.get(key)?.as_array()?;
        items.iter().map(|item| item.as_str().map(str::to_owned)).collect()
    }

    fn duration(&mut self, key: &str, otherwise: SignedDuration) -> Option<SignedDuration> {
        self.text(key).map_or(Some(otherwise), |raw| self.check.duration(&raw, self.merged.at(key)))
    }

    fn is_damaged(&self, key: &str) -> bool {
        self.merged.at(key).damaged()
    }

    fn quoted(&self, text: &str) -> String {
        quoted(text)
    }

    fn wrong(&mut self, fault: Fault, key: &str, message: &str, help: &str) {
        let at = self.merged.at(key);
        let (code, span) = match fault {
            Fault::Argument => (codes::SINK_ARGUMENT, at.key_span()),
            Fault::Field => (codes::BAD_FIELD, at.span()),
            Fault::Variable => (codes::BAD_VARIABLE, at.span()),
            Fault::Command => (codes::BAD_COMMAND, at.key_span()),
            Fault::Duration => (codes::BAD_DURATION, at.span()),
        };
        let problem = Problem::at(code, span, message);
        self.say(if help.is_empty() { problem } else { problem.help(help) });
    }
}

struct Taken<'a> {
    /// As in [`Outside`].
    part: Option<(&'static str, String)>,
    spec: &'a CredentialSpec,
    key: Span,
    span: Span,
    delivery: &'a Delivery,
}

/// Whether two parts of one place have something in common.
fn collide(one: Option<&(&str, String)>, two: Option<&(&str, String)>) -> bool {
    let under = |a: &str, b: &str| a == b || a.strip_prefix(b).is_some_and(|rest| rest.starts_with('.'));
    match (one, two) {
        (Some((format, a)), Some((other, b))) if format == other => under(a, b) || under(b, a),
        // A file cannot be of two kinds, and a whole file leaves no room.
        _ => true,
    }
}

fn collision(first: &Taken<'_>, again: &Taken<'_>) -> Problem {
    let place = shorten(&again.delivery.target.place);
    let (one, two) = (&first.spec.name, &again.spec.name);
    let message = if one == two {
        format!("`{two}` delivers to `{place}` twice")
    } else if first.delivery.id == again.delivery.id {
        format!("`{one}` and `{two}` deliver to the same place, `{place}`")
    } else {
        format!("`{one}` and `{two}` cannot share the file of `{place}`")
    };
    let (mut here, mut there) = (again.span, first.span);
    if here == there {
        // Both have it from one profile.
        (here, there) = (again.key, first.key);
    }
    Problem::at(codes::SAME_PLACE, here, message).saying("delivered again here").label(there, "first delivered here")
}
