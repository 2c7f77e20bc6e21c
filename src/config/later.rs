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

/// Whether a key belongs to a later version.
pub(super) fn is_later_key(place: Place, key: &str) -> bool {
    let later: &[&str] = match place {
        Place::Top => &["policies"],
        Place::Portal => &["behaviour"],
        Place::Settings => &["kind", "import"],
        Place::Guards => &["approval_for"],
        Place::Sink => &["after"],
    };
    later.contains(&key)
}

/// Whether a type of sink belongs to a later version.
pub(super) fn is_later_sink(kind: &str) -> bool {
    kinds::named(kind).is_none() && SINK_TYPES.contains(&kind)
}

/// What to do instead of a key of a later version.
pub(super) fn instead(key: &str) -> &'static str {
    match key {
        "policies" | "approval_for" => "remove it; review the plan before you apply it",
        "behaviour" => "remove it; keyform assumes the worst of the portal, which is safe",
        "kind" | "import" => "remove the entry; credentials that exist are not touched",
        "after" => "remove it, or deliver by a `command` sink that does both",
        _ => "remove it, or use a version that has it",
    }
}
