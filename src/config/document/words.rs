//! Settings that are one of a few words.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::model::{Leaving, Mode, OnBreakingChange, Orphans, PortalChanges, Retire};

/// Makes a setting of the words for what the model knows, each with what editors show of it.
macro_rules! words {
    ($(
        $(#[doc = $about:literal])+
        $Text:ident, $schema:literal: $Model:ident { $($(#[doc = $doc:literal])+ $Variant:ident = $word:literal,)+ }
    )+) => {$(
        $(#[doc = $about])+
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
        #[schemars(rename = $schema)]
        pub enum $Text {
            $($(#[doc = $doc])+ #[serde(rename = $word)] $Variant,)+
        }

        impl From<$Text> for $Model {
            fn from(text: $Text) -> Self {
                match text {
                    $($Text::$Variant => Self::$Variant,)+
                }
            }
        }

        impl From<$Model> for &'static str {
            fn from(value: $Model) -> Self {
                match value {
                    $($Model::$Variant => $word,)+
                }
            }
        }
    )+};
}

words! {
    /// How much keyform may do to a credential.
    ModeText, "Mode": Mode {
        /// Report only.
        Observe = "observe",
        /// Create, adopt, update, deliver and rotate; never narrow, replace, retire or destroy.
        Additive = "additive",
        /// Everything.
        Full = "full",
    }

    /// What happens on an edit that would end a live key.
    OnBreakingChangeText, "OnBreakingChange": OnBreakingChange {
        /// A new item takes over, with both keys valid during the overlap.
        Replace = "replace",
        /// The item is edited; its keys end and a new one is delivered.
        InPlace = "in_place",
        /// The credential is blocked.
        Refuse = "refuse",
    }

    /// What is done about access that was taken away in the portal.
    PortalChangesText, "PortalChanges": PortalChanges {
        /// It is given back when somebody says so: `keyform apply --restore NAME`.
        Ask = "ask",
        /// It is given back as if the configuration had changed.
        Restore = "restore",
    }

    /// What happens to the older key after the overlap.
    RetireText, "Retire": Retire {
        /// It is revoked.
        Revoke = "revoke",
        /// It is left to expire.
        Expire = "expire",
    }

    /// What is done with items that carry this stack's marker and stand nowhere in the configuration.
    OrphansText, "Orphans": Orphans {
        /// They are reported.
        Report = "report",
        /// They are destroyed, as far as the guards allow.
        Destroy = "destroy",
    }

    /// What becomes of a credential that is no longer wanted.
    ThenText, "Then": Leaving {
        /// Its keys are revoked and its item is deleted.
        Destroy = "destroy",
        /// keyform lets go of it; its keys live on.
        Forget = "forget",
    }
}
