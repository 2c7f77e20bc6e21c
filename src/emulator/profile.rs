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

    /// What it is called on the command line.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Online => "online",
            Self::LocationPlatform => "location-platform",
            Self::Enterprise113 => "enterprise-11.3",
            Self::Enterprise114 => "enterprise-11.4",
            Self::Enterprise115 => "enterprise-11.5",
            Self::Legacy => "legacy",
        }
    }

    /// The profile of that name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|profile| profile.name() == name)
    }

    /// `currentVersion` of the root.
    pub(crate) const fn current_version(self) -> &'static str {
        match self {
            Self::Enterprise113 => "2024.1",
            Self::Enterprise114 => "2024.2",
            Self::Online | Self::LocationPlatform | Self::Legacy | Self::Enterprise115 => "2025.1",
        }
    }

    /// `enterpriseVersion` and `enterpriseBuild`, where there are any.
    pub(crate) const fn enterprise_version(self) -> Option<(&'static str, &'static str)> {
        match self {
            Self::Online | Self::LocationPlatform | Self::Legacy => None,
            Self::Enterprise113 => Some(("11.3.0", "51526")),
            Self::Enterprise114 => Some(("11.4.0", "54000")),
            Self::Enterprise115 => Some(("11.5.0", "56000")),
        }
    }

    /// Whether it is an Enterprise portal.
    pub(crate) const fn is_enterprise(self) -> bool {
        self.enterprise_version().is_some()
    }

    /// Whether it knows API key credentials at all.
    pub(crate) const fn has_keys(self) -> bool {
        !matches!(self, Self::Enterprise113)
    }

    /// Whether every account may make keys without being given the privileges for it.
    pub(crate) const fn rights_are_implicit(self) -> bool {
        matches!(self, Self::LocationPlatform)
    }

    /// The privilege the demo service asks for: Enterprise has no location services.
    pub(crate) const fn demo_privilege(self) -> &'static str {
        if self.is_enterprise() { "features:user:edit" } else { "premium:user:basemaps" }
    }
}
