//! One credential, merged, and what its settings mean together.

use std::collections::BTreeSet;

use super::checker::{Built, Checker, Placed};
use super::layer::{Layer, Merged};
use super::merge::{Members, Said};
use crate::config::codes;
use crate::config::document::{PersonalText, UsedIn};
use crate::config::problem::Problem;
use crate::config::source::Span;
use crate::config::tree::Cursor;
use crate::model::{
    Catalogue, CredentialName, CredentialSpec, Delivery, Mode, OnBreakingChange, Privilege, Product, Referrer, Scope,
};

/// The most items a credential may read.
const MOST_ITEMS: usize = 100;

impl<'a> Checker<'a> {
    /// Merges the layers, later ones over earlier ones, and checks the whole.
    pub(super) fn credential(&mut self, name: CredentialName, layers: &[&Layer<'a>], at: Cursor<'a>) -> Built {
        let key = at.key_span();
        // What has been taken out cannot be missed.
        let whole = layers.iter().all(|layer| !layer.at.damaged()) && !at.damaged();
        let merged = Merged::of(layers);
        let Merged { privileges, items, referrers, deliver, .. } = &merged;
        let title = merged.title.map_or_else(|| name.as_str().to_owned(), |title| title.value.clone());
        let mode = merged.mode.map_or(Mode::Full, |mode| *mode.value);
        let expiry = self.expiry(&merged.expiry, key, name.as_str(), whole);

        if items.len() > MOST_ITEMS {
            let span = at.get("items").map_or(key, Cursor::key_span);
            let message = format!("`{name}` has {} items, at most {MOST_ITEMS} are possible", items.len());
            self.say(Problem::at(codes::TOO_MANY_ITEMS, span, message), Some(name.as_str()));
        }
        let personal = self.personal(&merged, mode, &name, key);
        if whole {
            if privileges.is_empty() && items.is_empty() {
                let message = format!("the key of `{name}` may do nothing");
                self.say(Problem::at(codes::NO_PRIVILEGES, key, message), Some(name.as_str()));
            }
            // What is wrong with those that are named has been said.
            if !referrers.is_empty() || !layers.iter().any(|layer| layer.names("referrers")) {
                self.referrers_fit(referrers, merged.used_in.map(|used| *used.value), key, &name);
            }
            let named = layers.iter().rev().find(|layer| layer.values.deliver.is_some());
            if !deliver.is_empty() || !named.is_some_and(|layer| layer.names("deliver")) {
                self.deliveries_fit(deliver, mode, key, &name);
            }
        }
        let spec = CredentialSpec {
            title,
            snippet: merged.snippet.map(|snippet| snippet.value.clone()),
            description: merged.description.map(|description| description.value.clone()),
            tags: merged.tags.keys().map(|tag| (*tag).clone()).collect(),
            folder: merged.folder.map(|folder| folder.value.clone()),
            privileges: privileges.keys().map(|privilege| (*privilege).clone()).collect(),
            items: items.keys().map(|item| (*item).clone()).collect(),
            referrers: referrers.keys().map(|referrer| (*referrer).clone()).collect(),
            personal,
            withheld: crate::model::Taken::default(),
            refused: crate::model::Refusal::new(),
            protect: merged.protect.is_some_and(|protect| *protect.value),
            mode,
            on_breaking_change: merged.on_breaking_change.map_or(OnBreakingChange::Replace, |change| *change.value),
            expiry,
            deliver: deliver.iter().map(|delivery| delivery.value.clone()).collect(),
            source: self.line(key),
            name,
        };
        if self.wanted == Some(spec.name.as_str()) {
            self.effective = Some(self.effective(&merged, &spec));
        }
        Built { spec, key, deliver: deliver.iter().map(|delivery| delivery.span).collect() }
    }

    /// The personal flag, and whether somebody knows what it means.
    fn personal(&mut self, merged: &Merged<'_>, mode: Mode, name: &CredentialName, key: Span) -> Option<bool> {
        let catalogue = Catalogue::built_in();
        let privileges = &merged.privileges;
        let fixed = merged.personal.and_then(|said| match said.value {
            PersonalText::Auto => None,
            PersonalText::Fixed(value) => Some(Placed { value: *value, span: said.span }),
        });
        let all: BTreeSet<Privilege> = privileges.keys().map(|privilege| (*privilege).clone()).collect();
        let scoped = privileges.iter().find(|(privilege, _)| catalogue.scope(privilege) == Scope::Personal);
        // Where nothing is known, what Online does is what can go wrong.
        let enterprise = self.products.as_slice() == [Product::Enterprise];
        let flagged = !enterprise && catalogue.personal(Product::Online, &all);
        match fixed {
            Some(Placed { value: false, span }) if flagged => {
                let message =
                    format!("`{name}` says that it is not personal, but has a privilege that only personal keys get");
                let problem = Problem::at(codes::PERSONAL_CONTRADICTION, span, message);
                let problem = match scoped {
                    Some((_, place)) => problem.label(place.span, "such as this one"),
                    None => problem,
                };
                self.say(problem, Some(name.as_str()));
            }
            Some(Placed { value: true, span }) if enterprise || scoped.is_none() => {
                let why = if enterprise { "ArcGIS Enterprise has no such flag" } else { "no privilege asks for it" };
                let problem = Problem::at(codes::PERSONAL_NEEDLESS, span, format!("`{name}` is personal, but {why}"));
                self.say(problem, Some(name.as_str()));
            }
            _ => {}
        }
        let acknowledged = merged.acknowledge_personal.is_some_and(|acknowledged| *acknowledged.value);
        if let Some((privilege, Said { span, .. })) = scoped
            && !acknowledged
            && mode != Mode::Observe
        {
            let message = format!("`{privilege}` makes a key of `{name}` act as its owner's account");
            let problem = Problem::at(codes::PERSONAL_UNACKNOWLEDGED, *span, message).saying("of personal scope");
            let problem = if span.file == key.file { problem } else { problem.label(key, "used here") };
            self.say(problem, Some(name.as_str()));
        }
        fixed.map(|fixed| fixed.value)
    }

    fn referrers_fit(
        &mut self,
        referrers: &Members<'_, Referrer>,
        used_in: Option<UsedIn>,
        key: Span,
        name: &CredentialName,
    ) {
        match (used_in, referrers.first_key_value()) {
            (Some(UsedIn::Native), Some((_, Said { span, .. }))) => {
                let message = format!("`{name}` is used in a native application, which sends no Referer");
                self.say(Problem::at(codes::NATIVE_REFERRERS, *span, message), Some(name.as_str()));
            }
            (None | Some(UsedIn::Browser), None) => {
                let message = format!("a key of `{name}` can be used from anywhere");
                self.say(Problem::at(codes::NO_REFERRERS, key, message), Some(name.as_str()));
            }
            (Some(UsedIn::Server | UsedIn::Native), None)
            | (None | Some(UsedIn::Browser | UsedIn::Server), Some(_)) => {}
        }
    }

    fn deliveries_fit(&mut self, deliver: &[Said<'_, &Delivery>], mode: Mode, key: Span, name: &CredentialName) {
        if deliver.is_empty() {
            if mode != Mode::Observe {
                let message = format!("a key of `{name}` is delivered nowhere, and shown once only");
                self.say(Problem::at(codes::NO_DELIVERY, key, message), Some(name.as_str()));
            }
            return;
        }
        let abilities: Vec<_> = deliver.iter().map(|delivery| delivery.value.target.ability).collect();
        let readable = abilities.iter().any(|ability| ability.reads);
        let alone = matches!(abilities.as_slice(), [one] if one.only_hints());
        if !readable && !alone {
            let message = format!("a crash while the key of `{name}` is delivered can force a new item");
            let problem = Problem::at(codes::DEAD_END, deliver[0].span, message).saying("cannot be read back");
            self.say(problem, Some(name.as_str()));
        }
    }
}
