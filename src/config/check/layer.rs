//! What one place of a configuration says about credentials: the defaults, a profile, or a credential itself.

use super::checker::{Checker, Placed};
use super::expiry::ExpiryLayer;
use crate::config::document::{ModeText, OnBreakingChangeText, PersonalText, Settings, UsedIn};
use crate::config::part::Part;
use crate::config::source::Span;
use crate::config::tree::Cursor;
use crate::model::{Delivery, ItemId, Privilege, Referrer};

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

/// The checked settings of one place. What was wrong with a value has been said, once.
pub(super) struct Layer<'a> {
    /// The entry.
    pub(super) at: Cursor<'a>,
    /// Whose it is.
    pub(super) by: By<'a>,
    pub(super) title: Option<Placed<String>>,
    pub(super) snippet: Option<Placed<String>>,
    pub(super) description: Option<Placed<String>>,
    pub(super) tags: Vec<Placed<String>>,
    pub(super) folder: Option<Placed<String>>,
    pub(super) used_in: Option<Placed<UsedIn>>,
    pub(super) personal: Option<Placed<PersonalText>>,
    pub(super) acknowledge_personal: Option<Placed<bool>>,
    pub(super) privileges: Vec<Placed<Privilege>>,
    pub(super) items: Vec<Placed<ItemId>>,
    pub(super) referrers: Vec<Placed<Referrer>>,
    pub(super) protect: Option<Placed<bool>>,
    pub(super) mode: Option<Placed<ModeText>>,
    pub(super) on_breaking_change: Option<Placed<OnBreakingChangeText>>,
    pub(super) expiry: ExpiryLayer,
    /// Whether it names referrers, right or wrong.
    pub(super) has_referrers: bool,
    /// Whether it names deliveries, right or wrong.
    pub(super) has_deliveries: bool,
    /// Deliveries that are right, with where they stand; `None` where the place says nothing.
    pub(super) deliver: Option<Vec<(Delivery, Span)>>,
}

impl<'a> Checker<'a> {
    /// Checks the settings of one place.
    pub(super) fn layer(&mut self, settings: &'a Settings, at: Cursor<'a>, part: &'a Part, by: By<'a>) -> Layer<'a> {
        // What is wrong with shared settings is nobody's own.
        let on = match by {
            By::Credential => at.key().map(|(name, _)| name),
            By::Defaults | By::Profile(_) => None,
        };
        // Every field by name: a new one has to be dealt with here.
        let Settings {
            profiles: _,
            title,
            snippet,
            description,
            tags,
            folder,
            used_in,
            personal,
            acknowledge_personal,
            privileges,
            items,
            referrers,
            protect,
            mode,
            on_breaking_change,
            expiry,
            deliver,
        } = settings;
        let of = |key: &str| at.get_or_self(key);
        Layer {
            at,
            by,
            title: title.as_deref().map(|raw| self.line_of_text("the title", raw, 256, of("title"), on)),
            snippet: snippet.as_deref().map(|raw| self.snippet(raw, of("snippet"), on)),
            description: description.clone().map(|value| Placed { value, span: of("description").span() }),
            tags: self.tags(tags.as_deref().unwrap_or_default(), of("tags"), on),
            folder: folder.as_deref().map(|raw| self.line_of_text("the folder", raw, 250, of("folder"), on)),
            used_in: used_in.map(|value| Placed { value, span: of("used_in").span() }),
            personal: personal.map(|value| Placed { value, span: of("personal").span() }),
            acknowledge_personal: acknowledge_personal
                .map(|value| Placed { value, span: of("acknowledge_personal").span() }),
            privileges: self.privileges(privileges.iter().flatten().map(|raw| raw.0.as_str()), of("privileges"), on),
            items: self.items(
                items.iter().flatten().map(|item| item.id.as_deref().unwrap_or_default()),
                of("items"),
                on,
            ),
            referrers: self.referrers(referrers.as_deref().unwrap_or_default(), of("referrers"), on),
            has_referrers: referrers.as_ref().is_some_and(|list| !list.is_empty()),
            has_deliveries: deliver.as_ref().is_some_and(|list| !list.is_empty()),
            protect: protect.map(|value| Placed { value, span: of("protect").span() }),
            mode: mode.map(|value| Placed { value, span: of("mode").span() }),
            on_breaking_change: on_breaking_change.map(|value| Placed { value, span: of("on_breaking_change").span() }),
            expiry: expiry.as_ref().map(|raw| self.expiry_layer(raw, of("expiry"), on)).unwrap_or_default(),
            deliver: deliver.as_ref().map(|entries| self.deliveries(entries, of("deliver"), part, on)),
        }
    }
}
