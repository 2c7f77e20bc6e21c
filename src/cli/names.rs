//! Credentials named on the command line.

use std::collections::BTreeSet;

use super::console::Console;
use super::exit::Exit;
use super::refusal::Refusal;
use crate::config::{glob, nearest};
use crate::model::{CredentialName, Spec};
use crate::plan::{About, Plan};
use crate::text::escape::plain;

/// The credential of `spec` that is called `name`.
pub(super) fn one(given: &str, name: &str, spec: &Spec, console: &Console) -> Result<CredentialName, Exit> {
    match spec.credentials.keys().find(|known| known.as_str() == name) {
        Some(known) => Ok(known.clone()),
        None => Err(unknown(given, name, spec, console)),
    }
}

/// The credentials of `spec` that `patterns` stand for; a pattern that stands for none is an error. `given` is where
/// they were given.
pub(super) fn select(
    given: &str,
    patterns: &[String],
    spec: &Spec,
    console: &Console,
) -> Result<BTreeSet<CredentialName>, Exit> {
    let mut selected = BTreeSet::new();
    for pattern in patterns {
        let found: Vec<_> = spec.credentials.keys().filter(|name| glob::matches(pattern, name.as_str())).collect();
        if found.is_empty() {
            return Err(unknown(given, pattern, spec, console));
        }
        selected.extend(found.into_iter().cloned());
    }
    Ok(selected)
}

/// A name that was to be removed, is nowhere, and is nearly that of a credential: said to be an error. One that is like no
/// other may have been removed by a run that died after it.
pub(super) fn mistyped(plan: &Plan, spec: &Spec, console: &Console) -> Option<Exit> {
    let nowhere = plan.overview.notes.iter().filter(|note| matches!(note.about, About::NothingToRemove));
    let names = nowhere.filter_map(|note| note.name.as_ref());
    let mut strange = names.filter(|name| !spec.credentials.contains_key(*name) && !spec.removed.contains_key(*name));
    let is_near =
        |name: &&CredentialName| nearest(name.as_str(), spec.credentials.keys().map(CredentialName::as_str)).is_some();
    let name = strange.find(is_near)?;
    let verb = if spec.requests.forget.contains(name) { "forget" } else { "destroy" };
    Some(unknown(verb, name.as_str(), spec, console))
}

/// Says that nothing is called `pattern`, and what may have been meant.
fn unknown(given: &str, pattern: &str, spec: &Spec, console: &Console) -> Exit {
    let near = nearest(pattern, spec.credentials.keys().map(CredentialName::as_str));
    let help = match near {
        Some(near) => format!("did you mean `{near}`?"),
        None if glob::is_pattern(pattern) => "a pattern is matched with whole names".into(),
        None => format!("credentials are declared in {}", plain(&spec.file)),
    };
    console.fails(Refusal::NotSelected { given: given.to_owned(), name: pattern.to_owned(), help })
}
