//! Where keys go: declared and inline sinks, and that no two keys go to one place.

use std::collections::BTreeMap;
use std::path::Path;

use jiff::SignedDuration;

use super::checker::{Built, Checker, Here, Placed, did_you_mean, quoted};
use crate::config::codes;
use crate::config::document::{DeliverEntry, FormatText, Name, SinkDeclaration, SinkType};
use crate::config::glob;
use crate::config::part::{Kind, Part};
use crate::config::problem::Problem;
use crate::config::source::Span;
use crate::config::tree::Cursor;
use crate::files;
use crate::model::{CredentialSpec, Delivery, FileFormat, SinkPath, SinkTarget};

/// How long a command may take, unless said otherwise.
const TIMEOUT: SignedDuration = SignedDuration::from_secs(60);
/// The settings of each type of sink, `heal` and `escrow` aside.
const SETTINGS: [(SinkType, &[&str]); 3] = [
    (SinkType::File, &["path", "format", "field"]),
    (SinkType::Dotenv, &["path", "name"]),
    (SinkType::Command, &["run", "check", "timeout"]),
];

fn settings_of(kind: SinkType) -> &'static [&'static str] {
    SETTINGS.iter().find(|(own, _)| *own == kind).map_or(&[], |(_, settings)| settings)
}

/// Which settings are given.
fn given(sink: &SinkDeclaration) -> Vec<&'static str> {
    let SinkDeclaration { kind: _, path, name, format, field, run, check, timeout, heal, escrow } = sink;
    let all = [
        ("path", path.is_some()),
        ("name", name.is_some()),
        ("format", format.is_some()),
        ("field", field.is_some()),
        ("run", run.is_some()),
        ("check", check.is_some()),
        ("timeout", timeout.is_some()),
        ("heal", heal.is_some()),
        ("escrow", escrow.is_some()),
    ];
    all.into_iter().filter(|(_, given)| *given).map(|(key, _)| key).collect()
}

/// The settings of a delivery from its declaration and its use, and where each stands.
struct Merged<'a> {
    kind: SinkType,
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
            if SinkType::named(name).is_some() {
                let message = format!("a sink cannot be called `{name}`, which is a type of sink");
                self.problems.push(Problem::at(codes::RESERVED_NAME, at.key_span(), message));
            }
            let Some(sink) = self.document.sinks.as_ref().and_then(|sinks| sinks.get(&Name(name.to_owned()))) else {
                continue;
            };
            if let Some(kind) = sink.kind {
                self.fitting(kind, sink, at, None);
            }
        }
    }

    /// Says which settings a type of sink does not have.
    fn fitting(&mut self, kind: SinkType, sink: &SinkDeclaration, at: Cursor<'a>, on: Option<&str>) -> bool {
        let own = settings_of(kind);
        let mut fits = true;
        for key in given(sink).into_iter().filter(|key| !matches!(*key, "heal" | "escrow") && !own.contains(key)) {
            let message = format!("a `{}` sink has no `{key}`", kind.name());
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
        if let Some(kind) = SinkType::named(sink) {
            let (label, settings) = (sink.to_owned(), settings.clone());
            let included = part.kind == Kind::Included;
            return Some(Merged { kind, label, settings, declared: None, used, folder: part.folder(), included });
        }
        let sinks = self.document.sinks.as_ref();
        let Some(declaration) = sinks.and_then(|sinks| sinks.get(&Name(sink.to_owned()))) else {
            self.unknown_sink(sink, used, on);
            return None;
        };
        let declared = self.root.cursor().get_or_self("sinks").get_or_self(sink);
        // Without a type it has been reported.
        let kind = declaration.kind?;
        let mut right = self.fitting(kind, settings, used, on);
        for key in given(settings).into_iter().filter(|key| given(declaration).contains(key)) {
            let problem =
                Problem::at(codes::SINK_REDEFINED, used.get_or_self(key).key_span(), format!("`{key}` is said twice"));
            let first = declared.get_or_self(key).key_span();
            self.say(problem.saying("here again").label(first, "declared here"), on);
            right = false;
        }
        if kind == SinkType::Command
            && part.kind == Kind::Included
            && (settings.run.is_some() || settings.check.is_some())
        {
            let message = "an included file cannot say what a command runs";
            self.say(Problem::at(codes::INCLUDE_COMMAND, used.key_span(), message), on);
            right = false;
        }
        let included = settings.path.is_some() && part.kind == Kind::Included;
        let folder = if settings.path.is_some() { part.folder() } else { self.root.folder() };
        let (use_site, base) = (settings.clone(), declaration.clone());
        let settings = SinkDeclaration {
            kind: Some(kind),
            path: use_site.path.or(base.path),
            name: use_site.name.or(base.name),
            format: use_site.format.or(base.format),
            field: use_site.field.or(base.field),
            run: use_site.run.or(base.run),
            check: use_site.check.or(base.check),
            timeout: use_site.timeout.or(base.timeout),
            heal: use_site.heal.or(base.heal),
            escrow: use_site.escrow.or(base.escrow),
        };
        right.then(|| Merged {
            kind,
            label: sink.to_owned(),
            settings,
            declared: Some(declared),
            used,
            folder,
            included,
        })
    }

    fn unknown_sink(&mut self, sink: &str, used: Cursor<'a>, on: Option<&str>) {
        if self.root.cursor().get("sinks").is_some_and(Cursor::damaged) {
            // It may be one of those that were taken out.
            return;
        }
        let declared = self.document.sinks.iter().flat_map(|sinks| sinks.keys()).map(|name| name.0.as_str());
        let names = SETTINGS.iter().map(|(kind, _)| kind.name()).chain(declared);
        let problem = Problem::at(codes::UNKNOWN_SINK, used.key_span(), format!("there is no sink {}", quoted(sink)));
        let problem = did_you_mean(problem, sink, names, self.problems.len());
        self.say(problem, on);
    }

    fn delivery(&mut self, merged: &Merged<'a>, on: Option<&str>) -> Option<Delivery> {
        let target = match merged.kind {
            SinkType::File => self.file(merged, on)?,
            SinkType::Dotenv => self.dotenv(merged, on)?,
            SinkType::Command => self.command(merged, on)?,
        };
        let escrow = merged.settings.escrow.unwrap_or(false);
        if escrow && !target.ability().reads {
            let span = merged.at("escrow").key_span();
            self.say(Problem::at(codes::ESCROW_UNREADABLE, span, "what a command stored cannot be read back"), on);
        }
        Some(Delivery {
            id: target.id(),
            label: merged.label.clone(),
            target,
            heal: merged.settings.heal.unwrap_or(true),
            escrow,
            source: self.line(merged.used.key_span().min(merged.used.span())),
        })
    }

    fn missing(&mut self, merged: &Merged<'a>, key: &str, on: Option<&str>) {
        let message = format!("a `{}` sink needs `{key}`", merged.kind.name());
        // Inline the schema has said so already.
        if merged.declared.is_some() {
            let problem = Problem::at(codes::SINK_ARGUMENT, merged.used.key_span(), message);
            self.say(problem.help(format!("add `{key}` here or where the sink is declared")), on);
        }
    }

    fn path(&mut self, merged: &Merged<'a>, on: Option<&str>) -> Option<SinkPath> {
        let Some(raw) = merged.settings.path.as_deref() else {
            self.missing(merged, "path", on);
            return None;
        };
        let (at, raw) = (merged.at("path"), raw.trim());
        let shown = glob::normal(&glob::join(merged.folder, raw));
        let config = self.files.contains(&shown);
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
            self.say(Problem::at(codes::BAD_PATH, at.span(), message), on);
            return None;
        }
        let place = glob::open_path(self.folder, &shown);
        if merged.included && !self.may_deliver(merged.folder, &place) {
            let message = format!("an included file cannot deliver to {}", quoted(raw));
            self.say(Problem::at(codes::SINK_REACH, at.span(), message).saying("leads outside of its reach"), on);
            return None;
        }
        Some(SinkPath { at: place, shown })
    }

    /// Whether an included file in `folder` may have keys written to `place`.
    fn may_deliver(&self, folder: &str, place: &Path) -> bool {
        let own = files::real(&glob::open_path(self.folder, folder));
        let (Ok(own), Ok(place)) = (own, files::real(place)) else { return false };
        self.reach.writes(&own, &place)
    }

    fn file(&mut self, merged: &Merged<'a>, on: Option<&str>) -> Option<SinkTarget> {
        let path = self.path(merged, on);
        let format = merged.settings.format.unwrap_or(FormatText::Raw);
        let field = merged.settings.field.as_deref().map(str::trim);
        let format = match (format, field) {
            (FormatText::Raw, None) => FileFormat::Raw,
            (FormatText::Raw, Some(_)) => {
                let problem =
                    Problem::at(codes::SINK_ARGUMENT, merged.at("field").key_span(), "a raw file has no fields");
                self.say(problem.help("add `format: json` or `format: yaml`, or remove `field`"), on);
                return None;
            }
            (FormatText::Json | FormatText::Yaml, None) => {
                let at = merged.at("format").key_span();
                let problem = Problem::at(codes::SINK_ARGUMENT, at, "a json or yaml file needs a `field` for the key");
                self.say(problem.help("add a dotted path, such as `field: maps.apiKey`"), on);
                return None;
            }
            (format, Some(field)) => {
                let part = |part: &str| !part.is_empty() && !part.chars().any(|c| c.is_control() || c.is_whitespace());
                if !field.split('.').all(part) {
                    let span = merged.at("field").span();
                    self.say(Problem::at(codes::BAD_FIELD, span, format!("{} is not a field", quoted(field))), on);
                    return None;
                }
                let field = field.to_owned();
                if format == FormatText::Json { FileFormat::Json { field } } else { FileFormat::Yaml { field } }
            }
        };
        Some(SinkTarget::File { path: path?, format })
    }

    fn dotenv(&mut self, merged: &Merged<'a>, on: Option<&str>) -> Option<SinkTarget> {
        let path = self.path(merged, on);
        let Some(name) = merged.settings.name.as_deref() else {
            self.missing(merged, "name", on);
            return None;
        };
        let start = |c: char| c.is_ascii_alphabetic() || c == '_';
        let valid = name.starts_with(start) && name.chars().all(|c| start(c) || c.is_ascii_digit());
        if !valid {
            let span = merged.at("name").span();
            self.say(
                Problem::at(codes::BAD_VARIABLE, span, format!("{} is not the name of a variable", quoted(name))),
                on,
            );
            return None;
        }
        Some(SinkTarget::Dotenv { path: path?, name: name.to_owned() })
    }

    fn command(&mut self, merged: &Merged<'a>, on: Option<&str>) -> Option<SinkTarget> {
        let Some(run) = merged.settings.run.clone() else {
            self.missing(merged, "run", on);
            return None;
        };
        let check = merged.settings.check.clone();
        let mut right = true;
        for (key, list) in [("run", Some(&run)), ("check", check.as_ref())] {
            let Some(list) = list else { continue };
            let at = merged.at(key);
            if at.damaged() {
                // What was wrong with an argument has been said.
                right = false;
                continue;
            }
            let problem = if list.first().is_none_or(|program| program.trim().is_empty()) {
                Some("the command names no program")
            } else {
                let zero = list.iter().any(|argument| argument.contains('\0'));
                zero.then_some("an argument has a zero byte, which no program can be given")
            };
            if let Some(message) = problem {
                self.say(Problem::at(codes::BAD_COMMAND, at.key_span(), message), on);
                right = false;
            }
        }
        let timeout = match &merged.settings.timeout {
            Some(raw) => self.duration(&raw.0, merged.at("timeout"))?,
            None => TIMEOUT,
        };
        if timeout <= SignedDuration::ZERO {
            let span = merged.at("timeout").span();
            self.say(Problem::at(codes::BAD_DURATION, span, "a command needs some time"), on);
            right = false;
        }
        right.then(|| SinkTarget::Command {
            run,
            check,
            timeout,
            dir: if self.folder.as_os_str().is_empty() { ".".into() } else { self.folder.to_owned() },
        })
    }

    /// Two keys that would end up in one place.
    pub(super) fn places(&mut self, credentials: &[Built]) {
        let mut taken: BTreeMap<String, Vec<Taken<'_>>> = BTreeMap::new();
        for Built { spec, key, deliver } in credentials {
            for (delivery, span) in spec.deliver.iter().zip(deliver) {
                let (place, part) = match &delivery.target {
                    SinkTarget::File { path, format } => (format!("file:{}", path.shown), part_of(format)),
                    SinkTarget::Dotenv { path, name } => (format!("file:{}", path.shown), Within::Variable(name)),
                    SinkTarget::Command { .. } => (delivery.id.to_string(), Within::All),
                };
                let now = Taken { within: part, spec, key: *key, span: *span, delivery };
                let before = taken.entry(place).or_default();
                if let Some(first) = before.iter().find(|before| before.within.collides(&now.within)) {
                    let problem = collision(first, &now);
                    self.problems.push(problem.on(spec.name.as_str()));
                }
                before.push(now);
            }
        }
    }
}

struct Taken<'a> {
    within: Within<'a>,
    spec: &'a CredentialSpec,
    key: Span,
    span: Span,
    delivery: &'a Delivery,
}

/// Which part of a file or program a key takes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Within<'a> {
    All,
    Variable(&'a str),
    Json(&'a str),
    Yaml(&'a str),
}

fn part_of(format: &FileFormat) -> Within<'_> {
    match format {
        FileFormat::Raw => Within::All,
        FileFormat::Json { field } => Within::Json(field),
        FileFormat::Yaml { field } => Within::Yaml(field),
    }
}

impl Within<'_> {
    fn collides(&self, other: &Self) -> bool {
        let under = |a: &str, b: &str| a == b || a.strip_prefix(b).is_some_and(|rest| rest.starts_with('.'));
        match (self, other) {
            (Self::Variable(a), Self::Variable(b)) => a == b,
            (Self::Json(a), Self::Json(b)) | (Self::Yaml(a), Self::Yaml(b)) => under(a, b) || under(b, a),
            // A file cannot be of two kinds, and a whole file leaves no room.
            _ => true,
        }
    }
}

fn collision(first: &Taken<'_>, again: &Taken<'_>) -> Problem {
    let place = crate::config::source::shorten(&again.delivery.target.place());
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
