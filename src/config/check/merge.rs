//! What the defaults, the profiles and a credential say together, and who says it.
//!
//! Single values: the last place that has one. Lists that unite: every member, from where it first stands. `expiry`:
//! key by key. `deliver`: the last list.

use std::collections::BTreeMap;

use jiff::SignedDuration;

use super::checker::Placed;
use super::layer::{By, Layer};
use crate::config::document::{ModeText, OnBreakingChangeText, PersonalText, UsedIn};
use crate::config::source::Span;
use crate::model::{Delivery, ItemId, KeyEnd, Privilege, Referrer, Retire, Window};

/// A merged value, where it stands, and who says it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Said<'l, T> {
    pub(super) value: T,
    pub(super) span: Span,
    pub(super) by: By<'l>,
}

/// The members of lists that unite, each with where it first stands.
pub(super) type Members<'l, T> = BTreeMap<&'l T, Said<'l, ()>>;

/// Everything that is said about a credential; what nobody says is `None` or empty.
pub(super) struct Merged<'l> {
    pub(super) title: Option<Said<'l, &'l String>>,
    pub(super) snippet: Option<Said<'l, &'l String>>,
    pub(super) description: Option<Said<'l, &'l String>>,
    pub(super) tags: Members<'l, String>,
    pub(super) folder: Option<Said<'l, &'l String>>,
    pub(super) used_in: Option<Said<'l, UsedIn>>,
    pub(super) personal: Option<Said<'l, PersonalText>>,
    pub(super) acknowledge_personal: Option<Said<'l, bool>>,
    pub(super) privileges: Members<'l, Privilege>,
    pub(super) items: Members<'l, ItemId>,
    pub(super) referrers: Members<'l, Referrer>,
    pub(super) protect: Option<Said<'l, bool>>,
    pub(super) mode: Option<Said<'l, ModeText>>,
    pub(super) on_breaking_change: Option<Said<'l, OnBreakingChangeText>>,
    pub(super) end: Option<Said<'l, KeyEnd>>,
    pub(super) renew_before: Option<Said<'l, SignedDuration>>,
    pub(super) overlap: Option<Said<'l, SignedDuration>>,
    pub(super) retire: Option<Said<'l, Retire>>,
    pub(super) spread: Option<Said<'l, SignedDuration>>,
    pub(super) window: Option<Said<'l, &'l Window>>,
    /// The deliveries that are right, each with where it stands.
    pub(super) deliver: &'l [(Delivery, Span)],
    /// Who says where keys go.
    pub(super) delivered_by: By<'l>,
}

impl<'l> Merged<'l> {
    /// Merges layers, later ones over earlier ones; the last is the credential itself.
    pub(super) fn of(layers: &'l [&'l Layer<'_>]) -> Self {
        let deliver = layers.iter().rev().find_map(|layer| Some((layer.deliver.as_deref()?, layer.by)));
        let (deliver, delivered_by) = deliver.unwrap_or((&[], By::Credential));
        Self {
            // Nobody shares a title.
            title: text(layers, |layer| &layer.title).filter(|title| matches!(title.by, By::Credential)),
            snippet: text(layers, |layer| &layer.snippet),
            description: text(layers, |layer| &layer.description),
            tags: united(layers, |layer| &layer.tags),
            folder: text(layers, |layer| &layer.folder),
            used_in: last(layers, |layer| layer.used_in),
            personal: last(layers, |layer| layer.personal),
            acknowledge_personal: last(layers, |layer| layer.acknowledge_personal),
            privileges: united(layers, |layer| &layer.privileges),
            items: united(layers, |layer| &layer.items),
            referrers: united(layers, |layer| &layer.referrers),
            protect: last(layers, |layer| layer.protect),
            mode: last(layers, |layer| layer.mode),
            on_breaking_change: last(layers, |layer| layer.on_breaking_change),
            end: last(layers, |layer| layer.expiry.end),
            renew_before: last(layers, |layer| layer.expiry.renew_before),
            overlap: last(layers, |layer| layer.expiry.overlap),
            retire: last(layers, |layer| layer.expiry.retire),
            spread: last(layers, |layer| layer.expiry.spread),
            window: last(layers, |layer| layer.expiry.window.as_ref().map(by_reference)),
            deliver,
            delivered_by,
        }
    }
}

fn by_reference<T>(placed: &Placed<T>) -> Placed<&T> {
    Placed { value: &placed.value, span: placed.span }
}

/// The value of the last layer that has one.
fn last<'l, T>(layers: &'l [&'l Layer<'_>], pick: impl Fn(&'l Layer<'_>) -> Option<Placed<T>>) -> Option<Said<'l, T>> {
    layers.iter().rev().find_map(|layer| {
        let Placed { value, span } = pick(layer)?;
        Some(Said { value, span, by: layer.by })
    })
}

fn text<'l>(
    layers: &'l [&'l Layer<'_>],
    pick: impl Fn(&'l Layer<'_>) -> &'l Option<Placed<String>>,
) -> Option<Said<'l, &'l String>> {
    last(layers, |layer| pick(layer).as_ref().map(by_reference))
}

/// The values of all layers, each with where it first stands.
fn united<'l, T: Ord>(
    layers: &'l [&'l Layer<'_>],
    pick: impl Fn(&'l Layer<'_>) -> &'l Vec<Placed<T>>,
) -> Members<'l, T> {
    let mut all = BTreeMap::new();
    for layer in layers {
        for placed in pick(layer) {
            all.entry(&placed.value).or_insert(Said { value: (), span: placed.span, by: layer.by });
        }
    }
    all
}
