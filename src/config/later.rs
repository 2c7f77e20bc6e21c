//! What the format knows and this version cannot do.
//!
//! Such settings are named and refused: to ignore them would break what the configuration promises.

use crate::sink::kinds;

/// Types of sinks.
const SINK_TYPES: [&str; 24] = [
    "vault_kv1",
    "vault_kv2",
    "vault",
    "github_actions",
    "github_environment",
    "github_dependabot",
    "gitlab_ci",
    "azure_devops",
    "bitbucket_pipelines",
    "circleci",
    "aws_secrets_manager",
    "aws_ssm",
    "aws_parameter_store",
    "azure_key_vault",
    "gcp_secret_manager",
    "kubernetes",
    "kubernetes_secret",
    "sops",
    "age",
    "onepassword",
    "terraform_cloud",
    "webhook",
    "s3",
    "keychain",
];

/// A place in the format where keys can come from later versions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// The whole file.
    Top,
    /// `portal`.
    Portal,
    /// A credential, `defaults` or a profile.
    Settings,
    /// `guards`.
    Guards,
    /// A sink.
    Sink,
}

/// Keys of later versions, where they would stand, and what to do instead.
const KEYS: [(Place, &str, &str); 6] = [
    (Place::Top, "policies", "remove it; review the plan before you apply it"),
    (Place::Portal, "behaviour", "remove it; keyform assumes the worst of the portal, which is safe"),
    (Place::Settings, "kind", "remove the entry; credentials that exist are not touched"),
    (Place::Settings, "import", "remove the entry; credentials that exist are not touched"),
    (Place::Guards, "approval_for", "remove it; review the plan before you apply it"),
    (Place::Sink, "after", "remove it, or deliver by a `command` sink that does both"),
];

/// What to do instead of a key that belongs to a later version, if it does.
pub(super) fn instead(place: Place, key: &str) -> Option<&'static str> {
    KEYS.iter().find(|(at, known, _)| (*at, *known) == (place, key)).map(|(.., instead)| *instead)
}

/// Whether a type of sink belongs to a later version.
pub(super) fn is_later_sink(kind: &str) -> bool {
    kinds::named(kind).is_none() && SINK_TYPES.contains(&kind)
}
