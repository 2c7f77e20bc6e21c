//! What one place of a configuration says about credentials: the defaults, a profile, or a credential itself.

use super::checker::{Checker, Here};
use super::expiry::ExpiryLayer;
use super::merge::{By, Last, List, Own, Rule, Union, Written, layers};
use crate::config::document::{
    DeliverEntry, ExpiryText, ItemText, ModeText, OnBreakingChangeText, PersonalText, PrivilegeText, Settings, UsedIn,
};
use crate::config::part::Part;
use crate::config::settings::settings;
use crate::config::tree::Cursor;
use crate::model::{Delivery, ItemId, Mode, OnBreakingChange, Privilege, Referrer};

macro_rules! values {
    ($(
        $(#[doc = $doc:literal])+
        $(#[cfg($when:ident)])?
        $key:ident: $text:ty => $rule:ty, $read:expr;
    )*) => {
        layers! { Values, Merged, "", { $($(#[cfg($when)])? $key: $rule,)* } }

        impl Values {
            /// Reads and checks what one place says.
            fn read<'a>(check: &mut Checker<'a>, settings: &'a Settings, here: Here<'a>) -> Self {
                Self {
                    $($(#[cfg($when)])? $key: settings.$key.as_ref().map(|raw| {
                        let read: fn(&mut Checker<'a>, &'a $text, Here<'a>) -> <$rule as Rule>::Layer = $read;
                        read(check, raw, Here { at: here.at.get_or_self(stringify!($key)), ..here })
                    }).unwrap_or_default(),)*
                }
            }
        }
    };
}

settings!(values);

/// The settings of one place.
pub(super) struct Layer<'a> {
    /// The entry.
    pub(super) at: Cursor<'a>,
    /// Whose it is.
    pub(super) by: By<'a>,
    pub(super) values: Values,
}

impl<'l> Merged<'l> {
    /// Merges layers, later ones over earlier ones; the last is the credential itself.
    pub(super) fn of(layers: &[&'l Layer<'_>]) -> Self {
        Values::merge(&layers.iter().map(|layer| (&layer.values, layer.by)).collect::<Vec<_>>())
    }
}

impl Layer<'_> {
    /// Whether a list is there with something in it, right or wrong.
    pub(super) fn names(&self, key: &str) -> bool {
        self.at.get(key).is_some_and(|list| list.items().next().is_some())
    }
}

impl<'a> Checker<'a> {
    /// Checks the settings of one place.
    pub(super) fn layer(&mut self, settings: &'a Settings, at: Cursor<'a>, part: &'a Part, by: By<'a>) -> Layer<'a> {
        let on = match by {
            By::Credential => at.key().map(|(name, _)| name),
            By::Defaults | By::Profile(_) => None,
        };
        Layer { at, by, values: Values::read(self, settings, Here { at, part, on }) }
    }
}
