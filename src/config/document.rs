//! The YAML as people write it.
//!
//! The comments here are what editors show. Everything may be missing: what has to be there is said once, in the
//! schema, and by the time these types are read, what was wrong has been reported and taken out.

mod limits;
mod read;
mod scalars;
mod words;

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::settings::settings;

pub use limits::{DaysText, FreezeText, FrozenText, GuardsText, MaxText, MovedText, RemovedText, WindowText};
pub use scalars::{DateText, DurationText, HoursText, Name, PrivilegeText, ZoneText};
pub use words::{ModeText, OnBreakingChangeText, OrphansText, PortalChangesText, RetireText, ThenText};

/// A keyform configuration: the API key credentials of one stack on one portal.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(rename = "Configuration")]
pub struct Document {
    /// The version of this format. Always 1.
    pub keyform: Option<u8>,
    /// The name of the stack: the set of credentials that this configuration owns on the portal.
    pub stack: Option<Name>,
    /// The portal that the credentials live on.
    pub portal: Option<Portal>,
    /// Files with more credentials: paths relative to this file, `*`, `?` and `**` allowed, such as `teams/*.yaml`.
    pub include: Option<Vec<String>>,
    /// Folders outside of the git work tree, relative to this file, that the configuration may read from and included
    /// files may deliver to, if the command line allows them with `--reach` as well.
    pub reach: Option<Vec<String>>,
    /// How often the schedule runs, such as `24h`. Lets keyform prove that keys are renewed in time.
    pub cadence: Option<DurationText>,
    /// What every credential has unless it says otherwise.
    pub defaults: Option<Settings>,
    /// Settings to share between credentials, by name; taken with `use`.
    pub profiles: Option<BTreeMap<Name, Settings>>,
    /// Places that receive keys, by name; used in `deliver`.
    pub sinks: Option<BTreeMap<Name, SinkDeclaration>>,
    /// Limits that block: how much one plan may do, and when nothing is changed.
    pub guards: Option<GuardsText>,
    /// What is done with items that carry this stack's marker and stand nowhere here. By default `report`.
    pub orphans: Option<OrphansText>,
    /// Which warnings are accepted.
    pub lint: Option<Lint>,
    /// The credentials, by name.
    pub credentials: Option<BTreeMap<Name, Settings>>,
    /// Credentials that have another name now, so that nothing is made anew.
    pub moved: Option<Vec<MovedText>>,
    /// Credentials that are no longer wanted, and what becomes of them.
    pub removed: Option<Vec<RemovedText>>,
}

/// The portal that the credentials live on.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Portal {
    /// Its address, such as `https://www.arcgis.com` or `https://gis.example.gov/portal`; `emulator` is the portal inside keyform.
    pub url: Option<String>,
    /// Which product it is; `auto` finds out.
    pub product: Option<ProductText>,
    /// What must be true of the portal before anything is planned.
    pub expect: Option<ExpectText>,
    /// A PEM file with more certificate authorities, relative to this file.
    pub ca_bundle: Option<String>,
}

/// Which product a portal is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(rename = "Product")]
pub enum ProductText {
    /// Found out from the portal; offline it is judged by the host name.
    Auto,
    /// `ArcGIS Online`.
    Online,
    /// `ArcGIS Location Platform`.
    LocationPlatform,
    /// `ArcGIS Enterprise` 11.4 or later.
    Enterprise,
}

/// Guards against the wrong portal or account.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(rename = "Expect")]
pub struct ExpectText {
    /// The id of the organisation.
    pub org: Option<String>,
    /// The user name that keyform must be signed in as.
    pub account: Option<String>,
}

macro_rules! document {
    ($(
        $(#[doc = $doc:literal])+
        $(#[cfg($when:ident)])?
        $key:ident: $text:ty => $rule:ty, $read:expr;
    )*) => {
        /// The settings of a credential.
        #[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
        #[serde(default, deny_unknown_fields)]
        #[schemars(rename = "Credential")]
        pub struct Settings {
            /// Profiles to take settings from; later ones win over earlier ones, the credential over all.
            #[serde(rename = "use")]
            pub profiles: Option<Vec<Name>>,
            $($(#[doc = $doc])+ $(#[cfg($when)])? pub $key: Option<$text>,)*
        }
    };
}

settings!(document);

/// What kind of application uses a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum UsedIn {
    /// Web pages: the browser sends a Referer.
    Browser,
    /// Programs on a server.
    Server,
    /// Apps made with a native SDK, which sends no Referer.
    Native,
}

/// How long keys live and when they are renewed.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(rename = "Expiry")]
pub struct ExpiryText {
    /// How long a key lives: at most `365d`, by default `180d`.
    pub lifetime: Option<DurationText>,
    /// A fixed end instead of a lifetime, such as 2027-06-30: the end of that day, UTC, without rotation.
    pub until: Option<DateText>,
    /// How long before its end a key is renewed. By default `30d`.
    pub renew_before: Option<DurationText>,
    /// How long a replaced key stays valid. By default `7d`.
    pub overlap: Option<DurationText>,
    /// What happens to the older key after the overlap. By default `revoke`.
    pub retire: Option<RetireText>,
    /// Renewals of a fleet are spread over so long, each earlier by a part that its name decides. By default `0d`.
    pub spread: Option<DurationText>,
    /// When keys may be renewed and retired. By default any time; a window of `mon-sun` is any time, too.
    pub window: Option<WindowText>,
}

/// A place that receives keys, declared once and used by name: `type`, `heal`, `escrow` and the settings of the type.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(transparent)]
pub struct SinkDeclaration(pub Map<String, Value>);

/// Which warnings are accepted.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Lint {
    /// The warnings that are accepted, each with a reason.
    pub allow: Option<Vec<Allow>>,
}

/// One accepted warning.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Allow {
    /// The id of the warning, such as KF-R003.
    pub id: Option<String>,
    /// The credential; by default all.
    pub on: Option<Name>,
    /// Why.
    pub because: Option<String>,
    /// The last day, such as 2027-03-31; afterwards the warning is back.
    pub until: Option<DateText>,
}

/// Whether a key is personal: `auto`, `true` or `false`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(from = "Value")]
pub enum PersonalText {
    /// The privileges decide.
    Auto,
    /// Said.
    Fixed(bool),
}

/// An item: its id, or its id and a note.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(from = "Value")]
pub struct ItemText {
    /// The id.
    pub id: Option<String>,
}

/// One delivery: the type or name of a sink, and its settings.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(from = "Value")]
pub struct DeliverEntry {
    /// The type or name.
    pub sink: Option<String>,
    /// The settings, of whichever type; `type` is not among them.
    pub settings: SinkDeclaration,
}
