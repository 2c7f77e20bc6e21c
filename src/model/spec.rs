//! What people want, checked and complete.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;

use jiff::Timestamp;

use super::{
    CredentialName, Delivery, Expiry, ItemId, Privilege, Product, Referrer, Refusal, Schedule, Slot, SourceLine,
    StackName, Taken,
};

/// Where the portal is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PortalUrl {
    /// The one inside keyform.
    Emulator,
    /// A portal's address without `/sharing/rest` and without a slash at the end.
    At(String),
}

/// Which product the portal is said to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProductChoice {
    /// Found out.
    Auto,
    /// Said.
    Fixed(Product),
}

/// What must be true of the portal before anything is planned.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Expect {
    /// The organisation's id.
    pub org: Option<String>,
    /// The account's user name.
    pub account: Option<String>,
}

/// The `portal` section.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "a field is what it is called")]
pub struct PortalSpec {
    pub url: PortalUrl,
    pub product: ProductChoice,
    /// Guards against the wrong portal or account.
    pub expect: Expect,
    /// More certificate authorities, in PEM.
    pub ca_bundle: Option<PathBuf>,
}

/// How much keyform may do to a credential.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Report only.
    Observe,
    /// Never narrow, replace, retire or destroy.
    Additive,
    /// Everything.
    Full,
}

/// What is done with an edit that would end a live key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnBreakingChange {
    /// A new item takes over, with both keys valid meanwhile.
    Replace,
    /// The item is edited and its keys end.
    InPlace,
    /// Nothing; the credential is blocked.
    Refuse,
}

/// One credential, every default and profile applied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CredentialSpec {
    /// Its name.
    pub name: CredentialName,
    /// The item's title; by default the name.
    pub title: String,
    /// The item's summary.
    pub snippet: Option<String>,
    /// The item's description.
    pub description: Option<String>,
    /// The item's tags, without the marker.
    pub tags: BTreeSet<String>,
    /// The folder's title; `None` is the root.
    pub folder: Option<String>,
    /// Privileges without those of item access.
    pub privileges: BTreeSet<Privilege>,
    /// Items the key may read.
    pub items: BTreeSet<ItemId>,
    /// Pages the key may be used from; none means any.
    pub referrers: BTreeSet<Referrer>,
    /// The personal flag; `None` lets the privileges decide for the product found.
    pub personal: Option<bool>,
    /// What was taken away in the portal and is not given back: the access above is without it. Nothing, as configured.
    pub withheld: Taken,
    /// What the portal did not take of it: the access above has what it keeps instead. Nothing, as configured.
    pub refused: Refusal,
    /// Whether keyform refuses to destroy it.
    pub protect: bool,
    /// How much may be done to it.
    pub mode: Mode,
    /// What happens on edits that would end live keys.
    pub on_breaking_change: OnBreakingChange,
    /// Lives and renewals of its keys.
    pub expiry: Expiry,
    /// Where its keys go, in file order.
    pub deliver: Vec<Delivery>,
    /// Where the entry stands.
    pub source: SourceLine,
}

/// What is done with items that carry this stack's marker and stand nowhere in the configuration.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Orphans {
    /// They are reported.
    #[default]
    Report,
    /// They are destroyed.
    Destroy,
}

/// A credential that has another name now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moved {
    /// What it was called.
    pub from: CredentialName,
    /// What it is called; one of the credentials, or moved on by another entry.
    pub to: CredentialName,
    /// Where the entry stands.
    pub source: SourceLine,
}

/// What becomes of a credential that is no longer wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Leaving {
    /// Its keys are revoked and its item is deleted.
    Destroy,
    /// Marker and ledger are taken off; it lives on.
    Forget,
}

/// A credential that is no longer wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Removed {
    /// What becomes of it.
    pub then: Leaving,
    /// Not earlier than this; the start of that day, UTC.
    pub not_before: Option<Timestamp>,
    /// Why, in people's words.
    pub because: Option<String>,
    /// Where the entry stands.
    pub source: SourceLine,
}

/// A limit, and where it was set; `None` where it is the default.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limit {
    /// At most so many, or so many percent.
    pub max: u32,
    /// Where it stands.
    pub source: Option<SourceLine>,
}

/// A time in which nothing is changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Freeze {
    /// From the start of its first day.
    pub from: Timestamp,
    /// To the end of its last day, without that moment.
    pub to: Timestamp,
    /// Whether renewals that are due go on.
    pub except_expiring: bool,
    /// Where it stands.
    pub source: SourceLine,
}

/// What is done about access that was taken away in the portal.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PortalChanges {
    /// It is given back when somebody says so.
    #[default]
    Ask,
    /// It is given back.
    Restore,
}

/// Limits that block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Guards {
    /// Credentials that one plan may destroy.
    pub destroy: Limit,
    /// Items that one plan may replace.
    pub replace: Limit,
    /// Renewals of one plan; the rest waits.
    pub rotate: Option<Limit>,
    /// Percent of the managed credentials that one plan may change, creations aside; ignored below ten credentials.
    pub change_percent: Option<Limit>,
    /// Times in which nothing is changed.
    pub freeze: Vec<Freeze>,
    /// Access that was taken away in the portal.
    pub portal_changes: PortalChanges,
}

impl Default for Guards {
    fn default() -> Self {
        let limit = |max| Limit { max, source: None };
        Self {
            destroy: limit(1),
            replace: limit(5),
            rotate: None,
            change_percent: None,
            freeze: Vec::new(),
            portal_changes: PortalChanges::default(),
        }
    }
}

/// What was asked for on the command line, for this run only.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Requests {
    /// Credentials to be rotated though they are not due.
    pub rotate: BTreeSet<CredentialName>,
    /// Credentials that are given back what was taken away in the portal.
    pub restore: BTreeSet<CredentialName>,
    /// A key to be ended at once.
    pub revoke: Option<Revoke>,
    /// Credentials to be destroyed, declared or not.
    pub destroy: BTreeSet<CredentialName>,
    /// Every credential of the stack is to be destroyed.
    pub destroy_all: bool,
    /// Credentials to be forgotten.
    pub forget: BTreeSet<CredentialName>,
    /// Nothing but changes of keys, and only of credentials that are named here.
    pub keys_only: bool,
    /// Higher limits than the guards' own.
    pub allow: Allow,
}

impl Requests {
    /// Whether something is to leave: such a run does that and nothing else.
    pub(crate) fn leave(&self) -> bool {
        self.destroy_all || !self.destroy.is_empty() || !self.forget.is_empty()
    }

    /// Whether something was asked for that is about the credential `name`.
    pub(crate) fn is_about(&self, name: &CredentialName) -> bool {
        let Self { rotate, restore: _, revoke, destroy, destroy_all, forget, keys_only: _, allow: _ } = self;
        let revoked = revoke.as_ref().is_some_and(|revoke| revoke.name == *name);
        revoked || *destroy_all || rotate.contains(name) || destroy.contains(name) || forget.contains(name)
    }
}

/// A key that somebody wants to end at once, whoever uses it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "a field is what it is called")]
pub struct Revoke {
    pub name: CredentialName,
    /// Its item; `None` is the one that keys are issued in.
    pub item: Option<ItemId>,
    pub slot: Slot,
    /// Why, in people's words.
    pub because: String,
}

/// Limits of [`Guards`] that were raised for this run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "a field is what it is called")]
pub struct Allow {
    pub destroy: Option<u32>,
    pub replace: Option<u32>,
    pub rotate: Option<u32>,
    pub change_percent: Option<u32>,
}

/// A whole configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "a field is what it is called")]
pub struct Spec {
    pub stack: StackName,
    /// The root file, as it was given.
    pub file: Arc<str>,
    pub portal: PortalSpec,
    /// How often it is run.
    pub schedule: Schedule,
    pub credentials: BTreeMap<CredentialName, CredentialSpec>,
    /// What is done with items nobody declares.
    pub orphans: Orphans,
    /// Credentials that were renamed, in file order.
    pub moved: Vec<Moved>,
    /// Credentials that are no longer wanted, by name.
    pub removed: BTreeMap<CredentialName, Removed>,
    pub guards: Guards,
    /// What was asked for on the command line.
    pub requests: Requests,
}

impl Spec {
    /// What the credential that was called `name` is called now: `moved` entries are followed to their end, and a name
    /// that is declared stays what it is.
    pub(crate) fn name_now<'a>(&'a self, name: &'a CredentialName) -> &'a CredentialName {
        let mut now = name;
        // Each entry is followed once at most, so that a circle has an end.
        for _ in &self.moved {
            let next = self.moved.iter().find(|moved| moved.from == *now);
            match next.filter(|_| !self.credentials.contains_key(now)) {
                Some(moved) => now = &moved.to,
                None => break,
            }
        }
        now
    }

    /// How `name` goes because somebody asked for it.
    pub(crate) fn asked_to_go(&self, name: &CredentialName) -> Option<Leaving> {
        let asked = |names: &BTreeSet<CredentialName>| names.iter().any(|asked| self.name_now(asked) == name);
        if self.requests.destroy_all || asked(&self.requests.destroy) {
            return Some(Leaving::Destroy);
        }
        asked(&self.requests.forget).then_some(Leaving::Forget)
    }
}
