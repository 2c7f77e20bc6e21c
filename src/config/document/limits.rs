//! What limits a plan, and what becomes of credentials that are renamed or no longer wanted.

use schemars::JsonSchema;
use serde::Deserialize;

use super::scalars::{DateText, HoursText, Name, ZoneText};

/// Limits that block.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(rename = "Guards")]
pub struct GuardsText {
    /// How much one plan may do.
    pub max: Option<MaxText>,
    /// Days on which nothing is changed.
    pub freeze: Option<Vec<FreezeText>>,
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

/// What is done with items that carry this stack's marker and stand nowhere in the configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "Orphans")]
pub enum OrphansText {
    /// They are reported.
    Report,
    /// They are destroyed, as far as the guards allow.
    Destroy,
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

/// What becomes of a credential that is no longer wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "Then")]
pub enum ThenText {
    /// Its keys are revoked and its item is deleted.
    Destroy,
    /// keyform lets go of it; its keys live on.
    Forget,
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
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DaysText(pub Vec<String>);
