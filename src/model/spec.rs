//! What people want, checked and complete.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;

use jiff::SignedDuration;

use super::{CredentialName, Delivery, Expiry, ItemId, Privilege, Product, Referrer, StackName};

/// A line of a configuration file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct SourceLine {
    /// The file, as it was given or included.
    pub file: Arc<str>,
    /// From 1.
    pub line: u32,
}

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
pub struct PortalSpec {
    /// Its address.
    pub url: PortalUrl,
    /// Its product.
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

/// A whole configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spec {
    /// The stack's name.
    pub stack: StackName,
    /// The root file, as it was given.
    pub file: Arc<str>,
    /// The portal.
    pub portal: PortalSpec,
    /// How often the schedule runs, if said.
    pub cadence: Option<SignedDuration>,
    /// The credentials by name.
    pub credentials: BTreeMap<CredentialName, CredentialSpec>,
}
