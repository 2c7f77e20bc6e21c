//! What a credential's entry has to say for what was changed in the portal to stay.

use std::collections::BTreeSet;

use super::checker::Checker;
use super::layer::{Layer, Values};
use super::merge::By;
use crate::config::source::Span;
use crate::config::splice::{Splice, Text};
use crate::config::tree::Cursor;
use crate::config::wish::{ByHand, Wish};
use crate::model::{CredentialName, Field};

impl<'a> Checker<'a> {
    /// Edits the own entry of `name`, the last of `layers`, as it is wished; what others share is only named.
    pub(super) fn accept(&mut self, name: &CredentialName, layers: &[&Layer<'a>]) {
        let Some((wishes, (own, shared))) = self.wishes.and_then(|all| all.get(name)).zip(layers.split_last()) else {
            return;
        };
        for (field, wish) in wishes {
            for layer in shared {
                for (at, what) in said_there(layer, *field, wish) {
                    let of = match layer.by {
                        By::Profile(profile) => format!("the profile `{profile}`"),
                        By::Defaults | By::Credential => "the defaults".to_owned(),
                    };
                    self.by_hand(name, at, format!("take {what} out of {of}, or let those that are to keep it say it"));
                }
            }
            match self.own(own, *field, wish) {
                Some(splices) => {
                    self.edits.splices.extend(splices.into_iter().map(|splice| (own.at.key_span().file, splice)));
                }
                None => self.by_hand(name, own.at.key_span(), format!("edit `{}` yourself: {wish}", field.name())),
            }
        }
    }

    fn by_hand(&mut self, name: &CredentialName, at: Span, what: String) {
        let at = self.line(at);
        self.edits.by_hand.push(ByHand { at, what, name: name.clone() });
    }

    fn own(&self, own: &Layer<'a>, field: Field, wish: &Wish) -> Option<Vec<Splice>> {
        let (entry, key) = (own.at, field.name());
        let source = self.sources.get(entry.key_span().file)?;
        let text = Text { text: source.text(), json: source.name.ends_with(".json") };
        let at = entry.get(key);
        if entry.is_shared() || at.is_some_and(Cursor::is_shared) {
            return None;
        }
        match (wish, at) {
            (Wish::Members { gone: _, come }, None) if come.is_empty() => Some(Vec::new()),
            (Wish::Members { gone: _, come }, None) => text.with(entry, key, &text.values(come)),
            (Wish::Members { gone, come }, Some(list)) => {
                let places: BTreeSet<Span> =
                    members(&own.values, field).filter(|(member, _)| gone.contains(member)).map(|(_, at)| at).collect();
                let index = list.items().enumerate().filter(|(_, at)| places.contains(&at.span()));
                let gone = index.map(|(index, _)| index).collect();
                text.list(list, &gone, &come.iter().cloned().collect::<Vec<_>>())
            }
            (Wish::Text(None), None) => Some(Vec::new()),
            (Wish::Text(None), Some(_)) => text.without(entry, key),
            (Wish::Text(Some(value)), None) => text.with(entry, key, &text.value(value)),
            (Wish::Text(Some(value)), Some(at)) => text.scalar(at, text.value(value)),
            (Wish::Flag(flag), None) => text.with(entry, key, &flag.to_string()),
            (Wish::Flag(flag), Some(at)) => text.scalar(at, flag.to_string()),
        }
    }
}

/// What has to go of a layer that others share, and where it stands.
fn said_there(layer: &Layer<'_>, field: Field, wish: &Wish) -> Vec<(Span, String)> {
    match wish {
        Wish::Members { gone, come: _ } => members(&layer.values, field)
            .filter(|(member, _)| gone.contains(member))
            .map(|(member, at)| (at, member))
            .collect(),
        Wish::Text(None) => {
            layer.at.get(field.name()).map(|at| (at.key_span(), format!("`{}`", field.name()))).into_iter().collect()
        }
        // The entry says it from now on.
        Wish::Text(Some(_)) | Wish::Flag(_) => Vec::new(),
    }
}

/// The members of a list, each as the portal spells it, and where it stands.
fn members(values: &Values, field: Field) -> Box<dyn Iterator<Item = (String, Span)> + '_> {
    fn spelt<T: ToString>((member, at): (&T, &Span)) -> (String, Span) {
        (member.to_string(), *at)
    }
    match field {
        Field::Privileges => Box::new(values.privileges.iter().map(spelt)),
        Field::Items => Box::new(values.items.iter().map(spelt)),
        Field::Referrers => Box::new(values.referrers.iter().map(spelt)),
        Field::Tags => Box::new(values.tags.iter().map(spelt)),
        Field::Title | Field::Snippet | Field::Description | Field::Folder | Field::Personal | Field::Protect => {
            Box::new(std::iter::empty())
        }
    }
}
