//! What is in force for one credential, why, and what happens to it next.

mod human;
mod json;

pub(crate) use human::human;
pub(crate) use json::{EXPLAIN_VERSION, ExplainDocument};

use jiff::Timestamp;

use super::raw::Raw;
use super::view::{ChangeView, KeyLine, Next, Place, PlanView};
use super::words::day;
use crate::model::{CredentialName, Effect, Effective, Leaving, Origin, Removed, SaidBy};

/// What is known of one credential.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Explanation<'a> {
    pub name: &'a CredentialName,
    /// What is in force, if it is declared.
    pub effective: Option<&'a Effective>,
    /// What becomes of it, if it is removed.
    pub removed: Option<&'a Removed>,
}

/// One credential, as formats see it.
#[derive(Debug)]
pub(crate) struct ExplainView<'a> {
    pub name: &'a CredentialName,
    pub source: Option<Place>,
    /// Every setting in force; `None` if it is not declared.
    pub settings: Option<Vec<SettingView>>,
    /// Scheduled runs in a row that may fail; `None` where no cadence is declared, or nothing is renewed.
    pub runs_may_fail: Option<u32>,
    /// What becomes of it, if it is removed.
    pub removed: Option<RemovedView>,
    /// What the portal shows, if it was asked.
    pub portal: Option<AtPortal<'a>>,
}

/// One setting.
#[derive(Debug)]
pub(crate) struct SettingView {
    /// Dotted where it is nested.
    pub key: &'static str,
    /// Its value, or one for each member of a list.
    pub values: Vec<ValueView>,
}

/// One value in force.
#[derive(Debug)]
pub(crate) struct ValueView {
    /// As people write it; `None` where there is none.
    pub text: Option<Raw>,
    /// What says it.
    pub by: By,
    /// Where it stands; `None` for a default.
    pub source: Option<Place>,
}

/// What says a value.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum By {
    /// Nothing: it is keyform's own.
    Default,
    /// `defaults`.
    Defaults,
    /// The profile of this name.
    Profile(Raw),
    /// The credential itself.
    Itself,
}

/// What becomes of a credential that is removed.
#[derive(Debug)]
pub(crate) struct RemovedView {
    /// How it goes.
    pub then: Leaving,
    pub not_before: Option<Timestamp>,
    pub because: Option<Raw>,
}

/// What the portal shows of a credential.
#[derive(Debug)]
pub(crate) struct AtPortal<'a> {
    /// The plan that it is seen by.
    pub plan: &'a PlanView,
    /// What is done, withheld or reported.
    pub changes: Vec<&'a ChangeView>,
    /// Whether it matches the configuration.
    pub matches: bool,
    /// Its keys, soonest end first, and what happens to each next by which rule.
    pub keys: Vec<(&'a KeyLine, Raw)>,
    /// What else is worth knowing.
    pub notes: Vec<&'a Raw>,
}

impl<'a> ExplainView<'a> {
    /// The view of a credential, with what the portal shows if it was asked.
    pub(crate) fn of(what: &Explanation<'a>, plan: Option<&'a PlanView>) -> Self {
        let Explanation { name, effective, removed } = *what;
        let source = effective.map(|effective| &effective.source).or_else(|| removed.map(|removed| &removed.source));
        let settings = |effective: &Effective| -> Vec<SettingView> {
            let setting = effective.settings.iter();
            setting.map(|it| SettingView { key: it.key, values: it.effects.iter().map(value).collect() }).collect()
        };
        Self {
            name,
            source: source.map(Place::of),
            settings: effective.map(settings),
            runs_may_fail: effective.and_then(|effective| effective.runs_may_fail),
            removed: removed.map(|removed| RemovedView {
                then: removed.then,
                not_before: removed.not_before,
                because: removed.because.as_ref().map(Raw::new),
            }),
            portal: plan.map(|plan| AtPortal::of(name, effective, plan)),
        }
    }
}

impl<'a> AtPortal<'a> {
    fn of(name: &CredentialName, effective: Option<&Effective>, plan: &'a PlanView) -> Self {
        let keys = plan.keys.iter().filter(|key| key.name == *name);
        let notes = plan.notes.iter().filter(|note| note.name.as_ref() == Some(name));
        Self {
            plan,
            changes: plan.about(name).collect(),
            matches: plan.unchanged.contains(name),
            keys: keys.map(|key| (key, next(key, effective, plan.head.now))).collect(),
            notes: notes.map(|note| &note.text).collect(),
        }
    }
}

/// Whether the plan has anything to say about a credential.
pub(crate) fn is_known(plan: &PlanView, name: &CredentialName) -> bool {
    plan.about(name).next().is_some() || plan.keys.iter().any(|key| key.name == *name) || plan.unchanged.contains(name)
}

fn value(Effect { text, origin }: &Effect) -> ValueView {
    let (by, source) = match origin {
        Origin::Default => (By::Default, None),
        Origin::Said { at, by: SaidBy::Defaults } => (By::Defaults, Some(at)),
        Origin::Said { at, by: SaidBy::Profile(name) } => (By::Profile(Raw::new(name)), Some(at)),
        Origin::Said { at, by: SaidBy::Itself } => (By::Itself, Some(at)),
    };
    ValueView { text: text.as_ref().map(Raw::new), by, source: source.map(Place::of) }
}

/// What happens to a key next, and by which rule.
fn next(key: &KeyLine, effective: Option<&Effective>, now: Timestamp) -> Raw {
    let setting = |key: &str| effective.and_then(|effective| effective.text(key));
    let named = |key: &str| setting(key).map_or_else(|| format!("`{key}`"), |text| format!("`{key}` ({text})"));
    let window = setting("expiry.window").map(|window| format!(", in the window {window}"));
    let window = window.unwrap_or_default();
    Raw::new(match key.next {
        Some(Next::Renew(at)) => {
            let when = if at <= now { "due for renewal since" } else { "renewed from" };
            let spread = setting("expiry.spread").filter(|spread| *spread != "0d");
            let spread =
                spread.map(|spread| format!(" and its part of `expiry.spread` ({spread})")).unwrap_or_default();
            format!("{when} {}: {}{spread} before its end{window}", day(at), named("expiry.renew_before"))
        }
        Some(Next::Revoke(at)) => {
            let when = if at <= now { "may be revoked since" } else { "revoked from" };
            format!(
                "{when} {}: a newer key has then been in every sink for {}{window}",
                day(at),
                named("expiry.overlap")
            )
        }
        Some(Next::Expire(at)) if key.current => {
            format!("ends {} and is not renewed: {}", day(at), named("expiry.until"))
        }
        Some(Next::Expire(at)) if setting("expiry.retire") == Some("expire") => {
            format!("left to expire {}: {}", day(at), named("expiry.retire"))
        }
        Some(Next::Expire(at)) => format!(
            "kept until a newer key has been in each of its sinks for {}; ends {} at the latest",
            named("expiry.overlap"),
            day(at)
        ),
        None if key.expires.is_none() => "the portal does not tell when it ends".into(),
        None => "keyform did not issue it, so it is left alone".into(),
    })
}
