//! Whether an item has a registered app: its keywords say so, the answer about the app does not.
//! *Source: arcgis-api 4.2.*

use crate::model::{App, LiveItem};

use super::PortalError;

/// The app of `item`, which was just read, by what was answered when it was asked for; `None` while there is none.
///
/// No document says what a portal answers about an app that is not there. So a refusal means that there is none where
/// the item lacks the keyword, and nothing where it has it. A whole app is one, whatever the keywords say.
pub fn registration(item: &LiveItem, answer: Result<App, PortalError>) -> Result<Option<App>, PortalError> {
    match answer {
        Ok(app) => Ok(Some(app)),
        Err(error) if !item.registered && error.has_nothing() => Ok(None),
        Err(error) => Err(error),
    }
}
