//! What came of a merge, value by value, with where each stands: for `explain`. Nothing is merged here.

use super::checker::Checker;
use super::layer::{Merged, Values};
use super::merge::{By, Rule, Said};
use super::written::AsWritten;
use crate::model::{CredentialSpec, Effect, Effective, KeyEnd, Origin, SaidBy, Setting};

impl Checker<'_> {
    /// What is in force for `spec`, which `merged` has become.
    pub(super) fn effective(&self, merged: &Merged<'_>, spec: &CredentialSpec) -> Effective {
        let mut written = Vec::new();
        Values::write(merged, "", &mut written);
        let setting = |(key, said): (&'static str, Vec<Said<'_, String>>)| {
            let unsaid = || vec![Effect { text: default(key, spec), origin: Origin::Default }];
            let effects: Vec<_> = said.into_iter().map(|said| self.effect(said)).collect();
            Setting { key: name(key, spec), effects: if effects.is_empty() { unsaid() } else { effects } }
        };
        Effective {
            name: spec.name.clone(),
            source: spec.source.clone(),
            settings: written.into_iter().map(setting).collect(),
            runs_may_fail: self.runs_may_fail(&spec.expiry),
        }
    }

    fn effect(&self, said: Said<'_, String>) -> Effect {
        let Said { value, span, by } = said;
        let by = match by {
            By::Defaults => SaidBy::Defaults,
            By::Profile(name) => SaidBy::Profile(name.to_owned()),
            By::Credential => SaidBy::Itself,
        };
        Effect { text: Some(value), origin: Origin::Said { at: self.line(span), by } }
    }
}

/// The key by which people know a setting.
fn name(key: &'static str, spec: &CredentialSpec) -> &'static str {
    match (key, spec.expiry.end) {
        ("expiry.end", KeyEnd::Lifetime(_)) => "expiry.lifetime",
        ("expiry.end", KeyEnd::Until(_)) => "expiry.until",
        (key, _) => key,
    }
}

/// What has come of a setting that nobody says, if that is anything.
fn default(key: &str, spec: &CredentialSpec) -> Option<String> {
    let expiry = &spec.expiry;
    Some(match key {
        "title" => spec.title.clone(),
        "personal" => "auto".into(),
        "acknowledge_personal" => "false".into(),
        "protect" => spec.protect.as_written(),
        "mode" => spec.mode.as_written(),
        "on_breaking_change" => spec.on_breaking_change.as_written(),
        "expiry.end" => expiry.end.as_written(),
        "expiry.renew_before" => expiry.renew_before.as_written(),
        "expiry.overlap" => expiry.overlap.as_written(),
        "expiry.retire" => expiry.retire.as_written(),
        "expiry.spread" => expiry.spread.as_written(),
        _ => return None,
    })
}
