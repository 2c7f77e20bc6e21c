//! The words everybody shares: what is wanted, what is there, what is remembered.
//!
//! Nothing here waits, asks the time or knows a format; every type can only hold what is valid.

mod catalogue;
mod code;
mod diagnostic;
mod effective;
mod field;
mod fingerprint;
mod id;
mod identity;
mod ledger;
mod lifetime;
mod live;
mod marker;
mod name;
mod outcome;
mod privilege;
mod reading;
mod referrer;
mod schedule;
mod secret;
mod sink;
mod slot;
mod source_line;
mod spec;
mod transition;

pub use catalogue::{Catalogue, CatalogueEntry, Scope, Tier};
pub(crate) use code::codes;
pub use code::{Code, Severity};
pub use diagnostic::Diagnostic;
pub use effective::{Effect, Effective, Origin, SaidBy, Setting};
pub use field::Field;
pub use fingerprint::Fingerprint;
pub use id::{FolderId, IdError, ItemId};
pub use identity::Issued;
pub use ledger::{Applied, Issue, Ledger, Made, Need, Phase, Receipt, Refusal, SinkRecord, SlotRecord, Taken, Values};
pub use lifetime::{Expiry, KeyEnd, LEASE, Retire, Window};
pub use live::{
    App, Caller, Folder, Holding, KeyIdentity, LedgerState, Live, LiveItem, Observation, PortalFacts, Product,
    Referenced, UnreadItem, Version,
};
pub use marker::Marker;
pub use name::{CredentialName, NameError, StackName};
pub use outcome::Outcome;
pub use privilege::Privilege;
pub use reading::Dated;
pub use referrer::{Referrer, ReferrerError};
pub use schedule::Schedule;
pub use secret::Secret;
pub use sink::{Delivery, SinkAbility, SinkId, SinkSpec, SinkTarget};
pub use slot::{PerSlot, Slot};
pub use source_line::SourceLine;
pub use spec::{
    Allow, CredentialSpec, Expect, Freeze, Guards, Leaving, Limit, Mode, Moved, OnBreakingChange, Orphans,
    PortalChanges, PortalSpec, PortalUrl, ProductChoice, Removed, Requests, Revoke, Spec,
};
