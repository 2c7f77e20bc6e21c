//! Documents to a [`Spec`]: every rule that a schema cannot say.
//!
//! Values are checked once, where they stand; what they mean together is checked for each credential, after the
//! defaults, its profiles and its own settings have been merged.

mod accept;
mod checker;
mod credential;
mod deliver;
mod effective;
mod expiry;
mod guards;
mod host;
mod layer;
mod leaving;
mod lint;
mod merge;
mod portal;
mod values;
mod window;
mod written;

use std::collections::BTreeMap;
use std::sync::Arc;

use super::codes;
use super::glob;
use super::load::{LoadOptions, Loaded};
use super::part::{Files, Part};
use super::problem::{Problem, Report};
use super::tree::Cursor;
use super::wish::{Edits, Wishes};
use crate::model::{CredentialName, Effective, Requests, Schedule, Spec, StackName};

use checker::{Built, Checker, did_you_mean};
use layer::Layer;
use merge::By;

/// Judges everything together, and tells what is in force for the credential `wanted`, if there is one.
pub(super) fn check(files: Files, options: LoadOptions, wanted: Option<&str>) -> (Loaded, Option<Effective>) {
    let (loaded, effective, _) = judge(files, options, wanted, None);
    (loaded, effective)
}

/// Judges everything together, and tells what makes credentials say what is wished.
pub(super) fn accept(files: Files, options: LoadOptions, wishes: &Wishes) -> (Loaded, Edits) {
    let (loaded, _, edits) = judge(files, options, None, Some(wishes));
    (loaded, edits)
}

fn judge(
    files: Files,
    options: LoadOptions,
    wanted: Option<&str>,
    wishes: Option<&Wishes>,
) -> (Loaded, Option<Effective>, Edits) {
    let Files { parts, folder, name, reach, mut report } = files;
    let (spec, effective, edits) = match parts.first() {
        Some(root) => {
            let mut checker = Checker {
                parts: &parts,
                root,
                document: &root.document,
                folder: &folder,
                sources: &report.sources,
                now: options.now,
                reach,
                pins: options.pins,
                files: parts.iter().map(|part| glob::normal(&part.path)).collect(),
                products: Vec::new(),
                schedule: Schedule::default(),
                freezes: Vec::new(),
                unread: unread(&parts, &report),
                problems: Vec::new(),
                wanted,
                effective: None,
                wishes,
                edits: Edits::default(),
                credentials: BTreeMap::new(),
            };
            let spec = checker.spec(&name);
            let Checker { problems, credentials, effective, edits, .. } = checker;
            report.problems.extend(problems);
            lint::allow(root, &credentials, options.now, &mut report);
            (spec, effective, edits)
        }
        None => (None, None, Edits::default()),
    };
    report.finish(options.strict);
    let spec = if report.has_errors() { None } else { spec };
    debug_assert!(spec.is_some() || report.has_errors(), "a configuration is refused without a word");
    (Loaded { spec, report }, effective, edits)
}

/// How many files could not be read, or not as a configuration.
fn unread(parts: &[Part], report: &Report) -> usize {
    let nowhere = |problem: &&Problem| {
        matches!(
            problem.code,
            codes::INCLUDE_MISSING
                | codes::UNREADABLE_FILE
                | codes::TOO_LARGE
                | codes::NOT_UTF8
                | codes::NOT_REGULAR
                | codes::OUTSIDE_REACH
                | codes::INCLUDE_TOO_MANY
        )
    };
    report.problems.iter().filter(nowhere).count() + report.sources.iter().count().saturating_sub(parts.len())
}

impl<'a> Checker<'a> {
    fn spec(&mut self, name: &Arc<str>) -> Option<Spec> {
        let stack = self.document.stack.as_ref().and_then(|stack| StackName::new(&stack.0).ok());
        self.pinned_stack();
        let portal = self.portal();
        if let Some(cadence) = &self.document.cadence {
            let at = self.root.cursor().get_or_self("cadence");
            self.schedule = self.duration(&cadence.0, at).map(Schedule::every).unwrap_or_default();
        }
        let guards = self.guards();
        self.sink_names();
        let layers = self.shared_layers();
        let credentials = self.credentials(&layers);
        self.places(&credentials);
        let (moved, removed) = self.leaving();
        let by_name = credentials.into_iter().map(|built| (built.spec.name.clone(), built.spec)).collect();
        Some(Spec {
            stack: stack?,
            file: Arc::clone(name),
            portal: portal?,
            schedule: self.schedule,
            credentials: by_name,
            orphans: self.orphans(),
            moved,
            removed,
            guards,
            requests: Requests::default(),
        })
    }

    /// The defaults under an empty name, and every profile.
    fn shared_layers(&mut self) -> BTreeMap<&'a str, Layer<'a>> {
        let (root, document) = (self.root, self.document);
        let mut layers = BTreeMap::new();
        if let Some(defaults) = &document.defaults {
            let at = root.cursor().get_or_self("defaults");
            layers.insert("", self.layer(defaults, at, root, By::Defaults));
        }
        for (name, profile) in document.profiles.iter().flatten() {
            let at = root.cursor().get_or_self("profiles").get_or_self(&name.0);
            layers.insert(&name.0, self.layer(profile, at, root, By::Profile(&name.0)));
        }
        layers
    }

    /// Every credential of every file, merged, in file order.
    fn credentials(&mut self, layers: &BTreeMap<&'a str, Layer<'a>>) -> Vec<Built> {
        let mut specs = Vec::new();
        for part in self.parts {
            let Some(entries) = &part.document.credentials else { continue };
            let map = part.cursor().get_or_self("credentials");
            for (name, at) in map.entries() {
                let Some(settings) = entries.get(&super::document::Name(name.to_owned())) else { continue };
                let span = at.key_span();
                if let Some(first) = self.credentials.get(name) {
                    let problem =
                        Problem::at(codes::DUPLICATE_NAME, span, format!("credential `{name}` is declared twice"));
                    self.problems.push(problem.saying("declared again here").label(*first, "first declared here"));
                    continue;
                }
                self.credentials.insert(name.to_owned(), span);
                let Ok(valid) = CredentialName::new(name) else { continue };
                let own = self.layer(settings, at, part, By::Credential);
                let used = self.profiles(settings, at, layers, name);
                let stack: Vec<&Layer<'a>> = layers.get("").into_iter().chain(used).chain([&own]).collect();
                self.accept(&valid, &stack);
                specs.push(self.credential(valid, &stack, at));
            }
        }
        specs
    }

    /// The profiles a credential uses, in order.
    fn profiles<'l>(
        &mut self,
        settings: &super::document::Settings,
        at: Cursor<'a>,
        layers: &'l BTreeMap<&'a str, Layer<'a>>,
        credential: &str,
    ) -> Vec<&'l Layer<'a>> {
        let mut used = Vec::new();
        for (index, name) in settings.profiles.iter().flatten().enumerate() {
            let span = at.get_or_self("use").item_or_self(index).span();
            if let Some(layer) = layers.get(name.0.as_str()) {
                used.push(layer);
                continue;
            }
            if self.root.cursor().get("profiles").is_some_and(Cursor::damaged) {
                // It may be one of those that were taken out.
                continue;
            }
            let problem =
                Problem::at(codes::UNKNOWN_PROFILE, span, format!("there is no profile `{}`", name.0)).on(credential);
            let (names, found) = (layers.keys().copied().filter(|name| !name.is_empty()), self.problems.len());
            self.problems.push(did_you_mean(problem, &name.0, names, found));
        }
        used
    }
}
