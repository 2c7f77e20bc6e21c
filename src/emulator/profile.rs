//! Which portal is played (*sections 1.2, 1.3, 11*).

use serde::{Deserialize, Serialize};

/// A product and its version.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Profile {
    /// `ArcGIS` Online.
    #[default]
    Online,
    /// `ArcGIS` Location Platform: one member, every account may make keys.
    LocationPlatform,
    /// Enterprise 11.3: no API key credentials.
    #[serde(rename = "enterprise-11.3")]
    Enterprise113,
    /// Enterprise 11.4: the first with API key credentials.
    #[serde(rename = "enterprise-11.4")]
    Enterprise114,
    /// Enterprise 11.5.
    #[serde(rename = "enterprise-11.5")]
    Enterprise115,
    /// Online with legacy API keys left over.
    Legacy,
}

impl Profile {
    /// Every profile.
    pub const ALL: [Self; 6] = [
        Self::Online,
        Self::LocationPlatform,
        Self::Enterprise113,
        Self::Enterprise114,
        Self::Enterprise115,
        Self::Legacy,
    ];

    /// What it is called on the command line, `currentVersion` of the root, and `enterpriseVersion` with `enterpriseBuild`
    /// where there are any.
    const fn facts(self) -> (&'static str, &'static str, Option<(&'static str, &'static str)>) {
        match self {
            Self::Online => ("online", "2025.1", None),
            Self::LocationPlatform => ("location-platform", "2025.1", None),
            Self::Enterprise113 => ("enterprise-11.3", "2024.1", Some(("11.3.0", "51526"))),
            Self::Enterprise114 => ("enterprise-11.4", "2024.2", Some(("11.4.0", "54000"))),
            Self::Enterprise115 => ("enterprise-11.5", "2025.1", Some(("11.5.0", "56000"))),
            Self::Legacy => ("legacy", "2025.1", None),
        }
    }

    /// What it is called on the command line.
    #[must_use]
    pub const fn name(self) -> &'static str {
        self.facts().0
    }

    /// The profile of that name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|profile| profile.name() == name)
    }

    pub(super) const fn current_version(self) -> &'static str {
        self.facts().1
    }

    pub(super) const fn enterprise_version(self) -> Option<(&'static str, &'static str)> {
        self.facts().2
    }

    /// Whether it is an Enterprise portal.
    pub(crate) const fn is_enterprise(self) -> bool {
        self.enterprise_version().is_some()
    }

    /// Whether it knows API key credentials at all.
    pub(crate) const fn has_keys(self) -> bool {
        !matches!(self, Self::Enterprise113)
    }

    /// The privilege the demo service asks for: Enterprise has no location services.
    pub(crate) const fn demo_privilege(self) -> &'static str {
        if self.is_enterprise() { "features:user:edit" } else { "premium:user:basemaps" }
    }
}
