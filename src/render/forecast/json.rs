//! What will happen, for machines.

use schemars::JsonSchema;
use serde::Serialize;

use super::{EventView, ForecastView, WithheldView};
use crate::model::Slot;
use crate::render::json::OutlookDocument;
use crate::render::raw::Raw;

/// The version of the forecast document.
pub(crate) const FORECAST_VERSION: u32 = 1;

/// What will happen.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(title = "keyform forecast", deny_unknown_fields)]
pub(crate) struct ForecastDocument {
    /// The version of this document: 1.
    version: u32,
    /// The stack.
    stack: String,
    /// The portal's time, or the one that was asked for; RFC 3339.
    clock: String,
    /// Whether that is not the portal's time.
    simulated: bool,
    /// Until when it looks, RFC 3339.
    until: String,
    /// Seconds between two runs; null where the configuration does not say.
    cadence_seconds: Option<i64>,
    /// What is done, in order of time.
    events: Vec<EventDocument>,
    /// Credentials that are for some time without a live key, in order of time.
    gaps: Vec<GapDocument>,
    /// What is blocked, each once.
    withheld: Vec<WithheldDocument>,
    /// From when on plans are refused by a limit, RFC 3339.
    refused_from: Option<String>,
    /// What there is at its end, if keyform never runs again.
    outlook: OutlookDocument,
    /// From when on it does not tell, if it was cut short; RFC 3339.
    cut_at: Option<String>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct EventDocument {
    /// RFC 3339.
    at: String,
    /// The credential.
    name: String,
    /// As in plans.
    action: String,
    /// The slot a key is issued into.
    issues: Option<u8>,
    /// When that key ends, RFC 3339.
    expires: Option<String>,
    /// The slots whose keys are revoked.
    revokes: Vec<u8>,
    /// Whether an item is deleted.
    deletes_item: bool,
    /// In words.
    text: Raw,
}

#[derive(Debug, Serialize, JsonSchema)]
struct GapDocument {
    name: String,
    /// RFC 3339.
    from: String,
    /// RFC 3339; null if not before the end of this forecast.
    to: Option<String>,
    /// Whether a fixed end says so.
    as_configured: bool,
}

#[derive(Debug, Serialize, JsonSchema)]
struct WithheldDocument {
    /// From when on, RFC 3339.
    at: String,
    name: String,
    action: String,
    /// The stable code of what blocks it; null where a sink does.
    code: Option<String>,
    /// In words.
    why: Raw,
}

impl ForecastDocument {
    pub(crate) fn of(view: &ForecastView) -> Self {
        Self {
            version: FORECAST_VERSION,
            stack: view.stack.to_string(),
            clock: view.now.to_string(),
            simulated: view.simulated,
            until: view.until.to_string(),
            cadence_seconds: view.cadence.map(|cadence| cadence.as_secs()),
            events: view.events.iter().map(event).collect(),
            gaps: view
                .gaps
                .iter()
                .map(|gap| GapDocument {
                    name: gap.name.to_string(),
                    from: gap.from.to_string(),
                    to: gap.to.map(|to| to.to_string()),
                    as_configured: gap.as_configured,
                })
                .collect(),
            withheld: view
                .withheld
                .iter()
                .map(|WithheldView { at, name, action, symbol: _, code, why }| WithheldDocument {
                    at: at.to_string(),
                    name: name.to_string(),
                    action: action.id().into(),
                    code: code.map(Into::into),
                    why: why.clone(),
                })
                .collect(),
            refused_from: view.refused.as_ref().map(|(at, _)| at.to_string()),
            outlook: OutlookDocument::of(&view.end),
            cut_at: view.cut.map(|at| at.to_string()),
        }
    }
}

fn event(event: &EventView) -> EventDocument {
    let EventView { at, name, action, symbol: _, issues, revokes, deletes_item, text } = event;
    EventDocument {
        at: at.to_string(),
        name: name.to_string(),
        action: action.id().into(),
        issues: issues.map(|(slot, _)| slot.number()),
        expires: issues.map(|(_, expires)| expires.to_string()),
        revokes: revokes.iter().copied().map(Slot::number).collect(),
        deletes_item: *deletes_item,
        text: text.clone(),
    }
}
