//! What the portal's own record says of one slot, and ending the key in it whatever stands in the ledger.
//!
//! It takes no lease, needs no plan and reads no ledger: a leaked key does not wait for them. A run in progress sees the
//! slot inactive at its next read and stops there.

use std::time::Duration;

use crate::model::{Diagnostic, ItemId, Outcome, Slot};
use crate::portal::{ReadPortal, WritePortal, registration};

use super::context::Opened;

/// How often a record that may be late is read.
const LOOKS: u32 = 5;
/// Between two looks: flags were seen to lag.
const PAUSE: Duration = Duration::from_millis(400);

/// One key, by where it is.
#[derive(Clone, Debug)]
pub(super) struct Target {
    pub(super) item: ItemId,
    pub(super) slot: Slot,
}

/// What the portal says of it.
#[derive(Debug)]
pub(super) enum Record {
    /// Its slot is inactive, each time it was read.
    Dead,
    /// Its slot is active.
    Live,
    /// It cannot be known, or is not ours to end.
    Unclear { why: String },
}

impl Target {
    /// One look at the record.
    async fn look(&self, opened: &Opened<'_>) -> Record {
        let unclear = |why: String| Record::Unclear { why };
        let caller = &opened.hello.caller.username;
        let item = match opened.portal.item(&self.item).await {
            Ok(Some(item)) => item,
            Ok(None) => return unclear(format!("item {} is not there, or not visible to {caller}", self.item)),
            Err(error) => return unclear(Diagnostic::from(&error).in_a_line()),
        };
        if !item.owner.eq_ignore_ascii_case(caller) {
            return unclear(format!("item {} belongs to {}, not to {caller}", self.item, item.owner));
        }
        match registration(&item, opened.portal.app(&item.owner, &self.item).await) {
            Ok(Some(app)) if *app.active.get(self.slot) => Record::Live,
            Ok(_) => Record::Dead,
            Err(error) => unclear(Diagnostic::from(&error).in_a_line()),
        }
    }

    /// The record, read several times where it says that the key is dead: a flag can show late.
    pub(super) async fn record(&self, opened: &Opened<'_>) -> Record {
        for _ in 1..3 {
            match self.look(opened).await {
                Record::Dead => tokio::time::sleep(PAUSE).await,
                record => return record,
            }
        }
        self.look(opened).await
    }

    /// Ends the key and sees it inactive; else why it may still live.
    pub(super) async fn end(&self, opened: &Opened<'_>) -> Result<(), String> {
        let mut why = match self.look(opened).await {
            Record::Unclear { why } => return Err(why),
            Record::Live | Record::Dead => "the portal goes on calling its slot active".to_owned(),
        };
        match opened.portal.revoke_key(&self.item, self.slot).await {
            Ok(()) => {}
            // It may have been done all the same: the record tells.
            Err(error) if error.outcome() == Outcome::Unknown => why = Diagnostic::from(&error).in_a_line(),
            Err(error) => return Err(Diagnostic::from(&error).in_a_line()),
        }
        for _ in 0..LOOKS {
            match self.look(opened).await {
                Record::Dead => return Ok(()),
                Record::Live => {}
                Record::Unclear { why: unclear } => why = unclear,
            }
            tokio::time::sleep(PAUSE).await;
        }
        Err(why)
    }
}
