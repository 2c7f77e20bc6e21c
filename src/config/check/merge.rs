//! How what the defaults, the profiles and a credential say becomes one, and who says it.

use std::collections::BTreeMap;
use std::marker::PhantomData;

use super::checker::Placed;
use super::written::AsWritten;
use crate::config::source::Span;

/// Who says something about a credential.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum By<'a> {
    /// `defaults`.
    Defaults,
    /// The profile of this name.
    Profile(&'a str),
    /// The credential itself.
    Credential,
}

/// A merged value, where it stands, and who says it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Said<'l, T> {
    pub(super) value: T,
    pub(super) span: Span,
    pub(super) by: By<'l>,
}

impl<'l, T> Said<'l, &'l T> {
    fn of(placed: &'l Placed<T>, by: By<'l>) -> Self {
        Self { value: &placed.value, span: placed.span, by }
    }
}

/// A setting's key, dotted where it is nested, and all that is said for it, as people write it.
pub(super) type Written<'l> = (&'static str, Vec<Said<'l, String>>);

fn written<'l, T: AsWritten>(said: &Said<'l, &T>) -> Said<'l, String> {
    Said { value: said.value.as_written(), span: said.span, by: said.by }
}

/// How what several places say about one setting becomes one.
pub(super) trait Rule {
    /// What one place says; by default nothing.
    type Layer: Default + 'static;
    /// What all of them say.
    type Merged<'l>;

    /// Merges places, later ones over earlier ones.
    fn merge<'l>(places: &[(&'l Self::Layer, By<'l>)]) -> Self::Merged<'l>;

    /// Adds what is said for `key`, as people write it.
    fn write<'l>(merged: &Self::Merged<'l>, key: &'static str, to: &mut Vec<Written<'l>>);
}

/// A single value: that of the last place that has one.
pub(super) struct Last<T>(PhantomData<T>);

impl<T: AsWritten + 'static> Rule for Last<T> {
    type Layer = Option<Placed<T>>;
    type Merged<'l> = Option<Said<'l, &'l T>>;

    fn merge<'l>(places: &[(&'l Self::Layer, By<'l>)]) -> Self::Merged<'l> {
        places.iter().rev().find_map(|(placed, by)| Some(Said::of(placed.as_ref()?, *by)))
    }

    fn write<'l>(merged: &Self::Merged<'l>, key: &'static str, to: &mut Vec<Written<'l>>) {
        to.push((key, merged.iter().map(written).collect()));
    }
}

/// A single value that no two credentials share: only what the credential itself says counts.
pub(super) struct Own<T>(PhantomData<T>);

impl<T: AsWritten + 'static> Rule for Own<T> {
    type Layer = Option<Placed<T>>;
    type Merged<'l> = Option<Said<'l, &'l T>>;

    fn merge<'l>(places: &[(&'l Self::Layer, By<'l>)]) -> Self::Merged<'l> {
        Last::<T>::merge(places).filter(|said| said.by == By::Credential)
    }

    fn write<'l>(merged: &Self::Merged<'l>, key: &'static str, to: &mut Vec<Written<'l>>) {
        Last::<T>::write(merged, key, to);
    }
}

/// The members of all lists, each with where it first stands.
pub(super) struct Union<T>(PhantomData<T>);

/// The members of lists that unite, each with where it first stands.
pub(super) type Members<'l, T> = BTreeMap<&'l T, Said<'l, &'l T>>;

impl<T: AsWritten + Ord + 'static> Rule for Union<T> {
    type Layer = BTreeMap<T, Span>;
    type Merged<'l> = Members<'l, T>;

    fn merge<'l>(places: &[(&'l Self::Layer, By<'l>)]) -> Self::Merged<'l> {
        let mut all = BTreeMap::new();
        for (list, by) in places {
            for (value, span) in *list {
                all.entry(value).or_insert(Said { value, span: *span, by: *by });
            }
        }
        all
    }

    fn write<'l>(merged: &Self::Merged<'l>, key: &'static str, to: &mut Vec<Written<'l>>) {
        to.push((key, merged.values().map(written).collect()));
    }
}

/// A list: that of the last place that has one, even an empty one.
pub(super) struct List<T>(PhantomData<T>);

impl<T: AsWritten + 'static> Rule for List<T> {
    type Layer = Option<Vec<Placed<T>>>;
    type Merged<'l> = Vec<Said<'l, &'l T>>;

    fn merge<'l>(places: &[(&'l Self::Layer, By<'l>)]) -> Self::Merged<'l> {
        let last = places.iter().rev().find_map(|(list, by)| Some((list.as_ref()?, *by)));
        last.into_iter().flat_map(|(list, by)| list.iter().map(move |placed| Said::of(placed, by))).collect()
    }

    fn write<'l>(merged: &Self::Merged<'l>, key: &'static str, to: &mut Vec<Written<'l>>) {
        to.push((key, merged.iter().map(written).collect()));
    }
}

/// Makes the types of several settings, each with its own rule: what one place says, and what all of them say.
macro_rules! layers {
    ($Layer:ident, $Merged:ident, $prefix:literal, { $($(#[cfg($when:ident)])? $key:ident: $rule:ty,)* }) => {
        /// What one place says. What was wrong with a value has been said, once.
        #[derive(Default)]
        pub(super) struct $Layer {
            $($(#[cfg($when)])? pub(super) $key: <$rule as Rule>::Layer,)*
        }

        /// Everything that is said; what nobody says is `None` or empty.
        pub(super) struct $Merged<'l> {
            $($(#[cfg($when)])? pub(super) $key: <$rule as Rule>::Merged<'l>,)*
        }

        impl Rule for $Layer {
            type Layer = Self;
            type Merged<'l> = $Merged<'l>;

            fn merge<'l>(places: &[(&'l Self, By<'l>)]) -> $Merged<'l> {
                $Merged {
                    $($(#[cfg($when)])? $key: {
                        let said: Vec<_> = places.iter().map(|(layer, by)| (&layer.$key, *by)).collect();
                        <$rule as Rule>::merge(&said)
                    },)*
                }
            }

            fn write<'l>(merged: &$Merged<'l>, _: &'static str, to: &mut Vec<Written<'l>>) {
                $($(#[cfg($when)])? <$rule as Rule>::write(&merged.$key, concat!($prefix, stringify!($key)), to);)*
            }
        }
    };
}

pub(super) use layers;
