//! What limits a plan, and what becomes of credentials that are renamed or no longer wanted.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use super::scalars::{DateText, HoursText, Name, ZoneText};
use super::words::{PortalChangesText, ThenText};

/// Limits that block.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(rename = "Guards")]
pub struct GuardsText {
    /// How much one plan may do.
    pub max: Option<MaxText>,
    /// Days on which nothing is changed.
    pub freeze: Option<Vec<FreezeText>>,
    /// Access that was taken away in the portal. By default `ask`.
    pub portal_changes: Option<PortalChangesText>,
}

/// How much one plan may do.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(rename = "Max")]
pub struct MaxText {
    /// Credentials that one plan may destroy. By default 1.
    pub destroy: Option<u32>,
    /// Items that one plan may replace. By default 5.
    pub replace: Option<u32>,
    /// Keys that one run renews, soonest end first; the rest waits for the next run. By default as many as are due.
    pub rotate: Option<u32>,
    /// Percent of the credentials that one plan may change, new ones aside; ignored below ten credentials.
    pub change_percent: Option<u32>,
}

/// Days on which nothing is changed.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(rename = "Freeze")]
pub struct FreezeText {
    /// The first day.
    pub from: Option<DateText>,
    /// The last day, to its end.
    pub to: Option<DateText>,
    /// What goes on all the same.
    pub except: Option<Vec<FrozenText>>,
    /// The zone that the days are told in. By default UTC.
    pub zone: Option<ZoneText>,
}

/// What goes on during a freeze.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "Frozen")]
pub enum FrozenText {
    /// Keys that are due are renewed.
    Expiring,
}

/// A credential that has another name now.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(rename = "Moved")]
pub struct MovedText {
    /// What it was called.
    pub from: Option<Name>,
    /// What it is called now.
    pub to: Option<Name>,
}

/// A credential that is no longer wanted.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(rename = "Removed")]
pub struct RemovedText {
    /// Its name.
    pub name: Option<Name>,
    /// What becomes of it.
    pub then: Option<ThenText>,
    /// Not before this day, UTC.
    pub not_before: Option<DateText>,
    /// Why, for people.
    pub because: Option<String>,
}

/// When keys may be renewed and retired.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(rename = "Window")]
pub struct WindowText {
    /// The days. By default every day.
    pub days: Option<DaysText>,
    /// The hours of each day. By default the whole day.
    pub hours: Option<HoursText>,
    /// The zone that days and hours are told in. By default UTC.
    pub zone: Option<ZoneText>,
}

/// Days of the week, each a day or a range of days.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(from = "Value")]
pub struct DaysText(pub Vec<String>);
