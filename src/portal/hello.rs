//! The first words with a portal: which product it is, and who it takes us for.
//! *Source: arcgis-api 1.2 to 1.4.*

use crate::http::{Auth, Scrubber};
use crate::model::{Caller, PortalFacts, Product, ProductChoice, Version};

use super::Hello;
use super::call;
use super::error::PortalError;
use super::http::Http;
use super::normalise;
use super::wire::{PortalWire, Tolerant, UserWire};

impl Http {
    /// Asks the root without a token, then the portal about itself with one: a password or token only goes to what
    /// behaves like a portal.
    pub(super) async fn greet(&self) -> Result<Hello, PortalError> {
        let root = self.root().await?;
        let answer = self.send(call::get("portals/self")).await.map_err(|error| self.no_portal(error))?;
        let now = answer.date().ok_or_else(|| PortalError::NoTime { place: answer.place().clone() })?;
        let portal: PortalWire = answer.read()?;
        let host = self.client.address().host();
        let product = match self.product {
            ProductChoice::Fixed(product) => product,
            ProductChoice::Auto => product(&root, &portal, &host),
        };
        let version = version(&root, &portal);
        if product == Product::Enterprise
            && let Some(version) = version.as_ref().filter(|version| !has_credentials(version))
        {
            return Err(PortalError::TooOld { version: version.clone() });
        }
        let recycle_bin = *portal.recycle_bin_supported == Some(true) && *portal.recycle_bin_enabled == Some(true);
        let facts = PortalFacts {
            org: portal.id.clone().unwrap_or_default(),
            name: portal.name.clone().or_else(|| portal.portal_name.clone()).unwrap_or_default(),
            product,
            version,
            read_only: portal.is_read_only.unwrap_or(false),
            recycle_bin,
        };
        Ok(Hello { facts, caller: self.caller(portal).await?, now })
    }

    async fn root(&self) -> Result<PortalWire, PortalError> {
        let answer = match self.client.send(&call::get(""), Auth::Nobody).await {
            Ok(answer) => answer,
            Err(failure) => {
                return match failure.error {
                    // It speaks as a portal does, and wants a token even here; the next request has one.
                    PortalError::InvalidToken { .. }
                    | PortalError::TokenRequired { .. }
                    | PortalError::Forbidden { .. } => Ok(PortalWire::default()),
                    error => Err(self.no_portal(error)),
                };
            }
        };
        answer.read()
    }

    /// An answer that no portal would give means that there is none.
    fn no_portal(&self, error: PortalError) -> PortalError {
        match error {
            PortalError::Html { status: 404 | 405, .. }
            | PortalError::Garbled { .. }
            | PortalError::NotFound { .. }
            | PortalError::Refused { code: 405, .. } => {
                PortalError::NotAPortal { url: self.client.address().as_str().to_owned(), why: error.to_string() }
            }
            other => other,
        }
    }

    async fn caller(&self, portal: PortalWire) -> Result<Caller, PortalError> {
        let (app, user) = (portal.app_info, portal.user);
        let known = |user: UserWire| {
            let username = user.username.0.filter(|name| !name.is_empty())?;
            Some((username, user.role.0, user.privileges.0))
        };
        let (username, role, privileges) = match user.and_then(known) {
            Some((username, role, Some(privileges))) => (username, role, privileges),
            rest => {
                let more = self.community_self().await?;
                let (username, role, privileges) = match (rest, more) {
                    (Some((username, role, _)), Some(more)) => (username, role.or(more.role.0), more.privileges.0),
                    (Some((username, role, _)), None) => (username, role, None),
                    (None, Some(UserWire { username: Tolerant(Some(username)), role, privileges })) => {
                        (username, role.0, privileges.0)
                    }
                    (None, _) => return Err(PortalError::AppToken { app: app_id(&self.client.scrubber, app) }),
                };
                (username, role, privileges.unwrap_or_default())
            }
        };
        let privileges = normalise::privileges(privileges.iter());
        Ok(Caller { username, role: role.unwrap_or_default(), privileges })
    }

    /// The user as `community/self` tells, in either of its shapes; `None` where there is no user.
    async fn community_self(&self) -> Result<Option<UserWire>, PortalError> {
        let answer = match self.send(call::get("community/self")).await {
            Ok(answer) => answer,
            Err(
                PortalError::Forbidden { .. }
                | PortalError::TokenRequired { .. }
                | PortalError::NotFound { .. }
                | PortalError::Refused { .. },
            ) => return Ok(None),
            Err(error) => return Err(error),
        };
        let PortalWire { username, role, privileges, user, .. } = answer.read()?;
        let top = UserWire { username, role, privileges };
        Ok([Some(top), user]
            .into_iter()
            .flatten()
            .find(|user| user.username.as_ref().is_some_and(|name| !name.is_empty())))
    }
}

fn app_id(scrubber: &Scrubber, app: Option<super::wire::AppInfoWire>) -> Option<String> {
    app?.app_id.0.map(|id| scrubber.clean(&id))
}

fn version(root: &PortalWire, portal: &PortalWire) -> Option<Version> {
    let enterprise = portal.enterprise_version.as_deref().or(root.enterprise_version.as_deref());
    let current = portal.current_version.as_deref().or(root.current_version.as_deref());
    enterprise.and_then(Version::parse).or_else(|| current.and_then(Version::parse))
}

/// Whether an `ArcGIS Enterprise` of that version has API key credentials: from 11.4 on, which calls itself 2024.2
/// where it tells no version of its own.
fn has_credentials(version: &Version) -> bool {
    if version.at_least(1000, 0) { version.at_least(2024, 2) } else { version.at_least(11, 4) }
}

/// Which product it most likely is. Online and Location Platform cannot be told apart for sure.
fn product(root: &PortalWire, portal: &PortalWire, host: &str) -> Product {
    let says = |value: &Option<String>, what: &str| value.as_ref().is_some_and(|v| v.eq_ignore_ascii_case(what));
    let own_version = [root, portal].iter().any(|p| p.enterprise_version.is_some() || p.enterprise_build.is_some());
    let name = host.split(':').next().unwrap_or_default();
    let esri = name == "arcgis.com" || name.ends_with(".arcgis.com");
    if own_version || *portal.is_portal == Some(true) || says(&portal.portal_mode, "singletenant") {
        return Product::Enterprise;
    }
    let online = *portal.is_portal == Some(false)
        || says(&portal.portal_mode, "multitenant")
        || says(&portal.portal_name, "ArcGIS Online")
        || portal.url_key.is_some()
        || esri;
    if !online {
        return Product::Enterprise;
    }
    if is_location_platform(portal) { Product::LocationPlatform } else { Product::Online }
}

/// Hints only: the subscription's name; or privileges that are split finely and never coarse, without those that an
/// account of any other product needs to make keys at all.
fn is_location_platform(portal: &PortalWire) -> bool {
    let kind = portal.subscription_info.as_ref().and_then(|info| info.kind.as_deref()).unwrap_or_default();
    if kind.to_lowercase().replace([' ', '_', '-'], "").contains("locationplatform") {
        return true;
    }
    let privileges = portal.user.as_ref().and_then(|user| user.privileges.as_deref()).unwrap_or_default();
    let has = |wanted: &str| privileges.iter().any(|privilege| privilege == wanted);
    let split = has("premium:user:geocode:stored") || has("premium:user:networkanalysis:routing");
    let coarse = has("premium:user:geocode") || has("premium:user:networkanalysis");
    split && !coarse && !has("portal:user:generateApiTokens")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(root: &str, portal: &str, host: &str) -> (Product, Option<String>, bool) {
        let (root, portal) = (serde_json::from_str(root).unwrap(), serde_json::from_str(portal).unwrap());
        let version = version(&root, &portal);
        let product = product(&root, &portal, host);
        let supported = product != Product::Enterprise || version.as_ref().is_none_or(has_credentials);
        (product, version.map(|version| version.to_string()), supported)
    }

    #[test]
    fn products_and_versions_are_told_apart() {
        let online = r#"{"isPortal":false,"portalName":"ArcGIS Online","portalMode":"multitenant","urlKey":"x",
            "subscriptionInfo":{"type":"In House","maxUsers":50},
            "user":{"privileges":["premium:user:geocode","premium:user:geocode:stored"]}}"#;
        let platform = r#"{"isPortal":false,"portalMode":"multitenant","subscriptionInfo":{"type":"?","maxUsers":50},
            "user":{"privileges":["premium:user:geocode:stored"]}}"#;
        let tailored = r#"{"isPortal":false,"portalMode":"multitenant",
            "user":{"privileges":["premium:user:geocode:stored","portal:user:generateApiTokens"]}}"#;
        let named = r#"{"portalMode":"multitenant","subscriptionInfo":{"type":"Location Platform"}}"#;
        let enterprise = r#"{"isPortal":true,"portalMode":"singletenant","portalName":"ArcGIS Enterprise"}"#;
        let table = [
            (r#"{"currentVersion":"2025.1"}"#, online, Product::Online, "2025.1", true),
            (r#"{"currentVersion":"2025.1"}"#, tailored, Product::Online, "2025.1", true),
            (r#"{"currentVersion":"2025.1"}"#, platform, Product::LocationPlatform, "2025.1", true),
            (r#"{"currentVersion":"2025.1"}"#, named, Product::LocationPlatform, "2025.1", true),
            (
                r#"{"currentVersion":"2024.1","enterpriseVersion":"11.3.0"}"#,
                enterprise,
                Product::Enterprise,
                "11.3.0",
                false,
            ),
            (
                r#"{"currentVersion":"2024.2","enterpriseVersion":"11.4.0"}"#,
                enterprise,
                Product::Enterprise,
                "11.4.0",
                true,
            ),
            (r#"{"currentVersion":"2024.2"}"#, enterprise, Product::Enterprise, "2024.2", true),
            (r#"{"currentVersion":"2024.1"}"#, enterprise, Product::Enterprise, "2024.1", false),
            (
                r#"{"currentVersion":"2025.1","enterpriseVersion":"11.5"}"#,
                enterprise,
                Product::Enterprise,
                "11.5",
                true,
            ),
            (r#"{"currentVersion":"2026.1","enterpriseVersion":"12.0"}"#, "{}", Product::Enterprise, "12.0", true),
            (r#"{"currentVersion":10.9}"#, enterprise, Product::Enterprise, "10.9", false),
        ];
        for (root, portal, product, version, supported) in table {
            assert_eq!(
                seen(root, portal, "gis.example.gov"),
                (product, Some(version.to_owned()), supported),
                "{root} {portal}"
            );
        }
        assert_eq!(seen("{}", "{}", "www.arcgis.com").0, Product::Online);
        assert_eq!(seen("{}", "{}", "gis.example.gov"), (Product::Enterprise, None, true));
    }
}
