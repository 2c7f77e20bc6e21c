//! What came of a merge, value by value, with where each stands: for `explain`.
//!
//! The values are those of the specification, and their places those of the merge that made it. Nothing is merged here.

use jiff::civil::Time;

use super::checker::Checker;
use super::expiry::show;
use super::layer::By;
use super::merge::{Members, Merged, Said};
use crate::config::days::short;
use crate::config::document::UsedIn;
use crate::model::{
    CredentialSpec, Effect, Effective, Expiry, KeyEnd, Mode, OnBreakingChange, Origin, Retire, SaidBy, Setting, Window,
};

impl Checker<'_> {
    /// What is in force for `spec`, which `merged` has become.
    pub(super) fn effective(&self, merged: &Merged<'_>, spec: &CredentialSpec) -> Effective {
        // Every field by name: a new one has to be explained here.
        let CredentialSpec {
            name,
            title,
            snippet,
            description,
            tags: _,
            folder,
            privileges: _,
            items: _,
            referrers: _,
            personal,
            protect,
            mode,
            on_breaking_change,
            expiry,
            deliver: _,
            source,
        } = spec;
        let used_in = merged.used_in.map(|used_in| match used_in.value {
            UsedIn::Browser => "browser",
            UsedIn::Server => "server",
            UsedIn::Native => "native",
        });
        let acknowledged = merged.acknowledge_personal.is_some_and(|acknowledged| acknowledged.value);
        let settings = vec![
            self.one("title", merged.title.as_ref(), Some(title.clone())),
            self.one("snippet", merged.snippet.as_ref(), snippet.clone()),
            self.one("description", merged.description.as_ref(), description.clone()),
            self.list("tags", &merged.tags, |tag| (*tag).clone()),
            self.one("folder", merged.folder.as_ref(), folder.clone()),
            self.one("used_in", merged.used_in.as_ref(), used_in.map(Into::into)),
            self.one(
                "personal",
                merged.personal.as_ref(),
                Some(personal.map_or_else(|| "auto".into(), |it| it.to_string())),
            ),
            self.one("acknowledge_personal", merged.acknowledge_personal.as_ref(), Some(acknowledged.to_string())),
            self.list("privileges", &merged.privileges, |privilege| privilege.as_str().to_owned()),
            self.list("items", &merged.items, ToString::to_string),
            self.list("referrers", &merged.referrers, |referrer| referrer.as_str().to_owned()),
            self.one("protect", merged.protect.as_ref(), Some(protect.to_string())),
            self.one(
                "mode",
                merged.mode.as_ref(),
                Some(match mode {
                    Mode::Observe => "observe".into(),
                    Mode::Additive => "additive".into(),
                    Mode::Full => "full".into(),
                }),
            ),
            self.one(
                "on_breaking_change",
                merged.on_breaking_change.as_ref(),
                Some(match on_breaking_change {
                    OnBreakingChange::Replace => "replace".into(),
                    OnBreakingChange::InPlace => "in_place".into(),
                    OnBreakingChange::Refuse => "refuse".into(),
                }),
            ),
        ];
        let settings = settings.into_iter().chain(self.expiry_settings(merged, expiry));
        Effective {
            name: name.clone(),
            source: source.clone(),
            settings: settings.chain([self.deliveries_in_force(merged)]).collect(),
            runs_may_fail: self.runs_may_fail(expiry),
        }
    }

    fn expiry_settings(&self, merged: &Merged<'_>, expiry: &Expiry) -> Vec<Setting> {
        let Expiry { end, renew_before, overlap, retire, spread, window } = expiry;
        let (end_key, end_text) = match end {
            KeyEnd::Lifetime(lifetime) => ("expiry.lifetime", show(*lifetime)),
            KeyEnd::Until(until) => ("expiry.until", until.strftime("%Y-%m-%d").to_string()),
        };
        let retire = match retire {
            Retire::Revoke => "revoke",
            Retire::Expire => "expire",
        };
        vec![
            self.one(end_key, merged.end.as_ref(), Some(end_text)),
            self.one("expiry.renew_before", merged.renew_before.as_ref(), Some(show(*renew_before))),
            self.one("expiry.overlap", merged.overlap.as_ref(), Some(show(*overlap))),
            self.one("expiry.retire", merged.retire.as_ref(), Some(retire.into())),
            self.one("expiry.spread", merged.spread.as_ref(), Some(show(*spread))),
            self.one("expiry.window", merged.window.as_ref(), window.as_ref().map(window_text)),
        ]
    }

    fn deliveries_in_force(&self, merged: &Merged<'_>) -> Setting {
        let effects = merged.deliver.iter().map(|(delivery, span)| {
            let text = Some(format!("{} {}", delivery.label, delivery.target.place()));
            let by = merged.delivered_by;
            Effect { text, origin: self.origin(Some(&Said { value: (), span: *span, by })) }
        });
        setting("deliver", effects.collect())
    }

    fn one<T>(&self, key: &'static str, said: Option<&Said<'_, T>>, text: Option<String>) -> Setting {
        setting(key, vec![Effect { text, origin: self.origin(said) }])
    }

    fn list<T: Ord>(&self, key: &'static str, members: &Members<'_, T>, text: impl Fn(&T) -> String) -> Setting {
        let effect =
            |(member, said): (&&T, &Said<'_, ()>)| Effect { text: Some(text(member)), origin: self.origin(Some(said)) };
        setting(key, members.iter().map(effect).collect())
    }

    fn origin<T>(&self, said: Option<&Said<'_, T>>) -> Origin {
        let Some(&Said { value: _, span, by }) = said else { return Origin::Default };
        let by = match by {
            By::Defaults => SaidBy::Defaults,
            By::Profile(name) => SaidBy::Profile(name.to_owned()),
            By::Credential => SaidBy::Itself,
        };
        Origin::Said { at: self.line(span), by }
    }
}

/// A setting; a list without members says that there is none.
fn setting(key: &'static str, effects: Vec<Effect>) -> Setting {
    let none = || vec![Effect { text: None, origin: Origin::Default }];
    Setting { key, effects: if effects.is_empty() { none() } else { effects } }
}

/// A window as people write it: `mon-thu 09:00-16:00 Europe/Zurich`.
fn window_text(window: &Window) -> String {
    let Window { days, from, to, zone } = window;
    let offsets: Vec<i8> = days.iter().map(|day| day.to_monday_zero_offset()).collect();
    // Days in a row are a range.
    let mut ranges: Vec<(i8, i8)> = Vec::new();
    for day in offsets {
        match ranges.last_mut() {
            Some((_, last)) if *last + 1 == day => *last = day,
            _ => ranges.push((day, day)),
        }
    }
    let range = |(from, to): &(i8, i8)| {
        if from == to { short(*from).to_owned() } else { format!("{}-{}", short(*from), short(*to)) }
    };
    let days = ranges.iter().map(range).collect::<Vec<_>>().join(", ");
    let time = |time: Time| time.strftime("%H:%M").to_string();
    let hours = format!("{}-{}", time(*from), to.map_or_else(|| "24:00".into(), time));
    let zone = zone.iana_name().unwrap_or("UTC");
    format!("{days} {hours} {zone}")
}
