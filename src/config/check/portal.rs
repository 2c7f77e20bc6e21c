//! The `portal` section.

use std::net::IpAddr;

use reqwest::Url;

use super::checker::{Checker, quoted};
use crate::config::codes::Code;
use crate::config::document::ProductText;
use crate::config::glob;
use crate::config::problem::Problem;
use crate::config::source::Span;
use crate::model::{Expect, PortalSpec, PortalUrl, Product, ProductChoice};

impl Checker<'_> {
    /// The portal; also finds out which products it can be.
    pub(super) fn portal(&mut self) -> Option<PortalSpec> {
        let portal = self.document.portal.as_ref()?;
        let at = self.root.cursor().get_or_self("portal");
        let span = at.get_or_self("url").span();
        let url = portal.url.as_deref().and_then(|raw| match address(raw) {
            Ok(url) => Some(url),
            Err(why) => {
                self.problems.push(Problem::at(Code::BadPortalUrl, span, why));
                None
            }
        });
        let product = match portal.product.unwrap_or(ProductText::Auto) {
            ProductText::Auto => ProductChoice::Auto,
            ProductText::Online => ProductChoice::Fixed(Product::Online),
            ProductText::LocationPlatform => ProductChoice::Fixed(Product::LocationPlatform),
            ProductText::Enterprise => ProductChoice::Fixed(Product::Enterprise),
        };
        self.products = match (product, &url) {
            (ProductChoice::Fixed(product), _) => vec![product],
            (ProductChoice::Auto, Some(PortalUrl::At(url))) => by_host(url),
            (ProductChoice::Auto, Some(PortalUrl::Emulator) | None) => Vec::new(),
        };
        if self.products.is_empty() && url.is_some() {
            self.product_unknown(span);
        }
        let expect = portal.expect.clone().unwrap_or_default();
        Some(PortalSpec {
            url: url?,
            product,
            expect: Expect { org: expect.org, account: expect.account },
            ca_bundle: portal.ca_bundle.as_ref().map(|path| glob::open_path(self.folder, path)),
        })
    }

    fn product_unknown(&mut self, span: Span) {
        let message = "offline the product is not known, so privileges are not checked against its table";
        self.problems.push(Problem::at(Code::ProductUnknown, span, message));
    }
}

/// The products a host can be.
fn by_host(url: &str) -> Vec<Product> {
    let host = Url::parse(url).ok().and_then(|url| url.host_str().map(str::to_owned)).unwrap_or_default();
    if host == "arcgis.com" || host.ends_with(".arcgis.com") {
        vec![Product::Online, Product::LocationPlatform]
    } else if is_loopback(&host) {
        Vec::new()
    } else {
        vec![Product::Enterprise]
    }
}

fn is_loopback(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || bare.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

/// The portal's address without what its pages and its REST interface add to it; or why it is none.
fn address(raw: &str) -> Result<PortalUrl, String> {
    let raw = raw.trim();
    if raw == "emulator" {
        return Ok(PortalUrl::Emulator);
    }
    if !raw.contains("://") {
        return Err(format!("{} is not an address: it has no https://", quoted(raw)));
    }
    let url = Url::parse(raw).map_err(|error| format!("{} is not an address: {error}", quoted(raw)))?;
    let host = url.host_str().unwrap_or_default().to_owned();
    match url.scheme() {
        "https" => {}
        "http" if is_loopback(&host) => {}
        "http" => return Err(format!("{} is not encrypted: http is for this machine only", quoted(raw))),
        scheme => return Err(format!("{} is not possible for a portal, only https is", quoted(scheme))),
    }
    if host.is_empty() || url.cannot_be_a_base() {
        return Err(format!("{} names no host", quoted(raw)));
    }
    let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
    Ok(PortalUrl::At(format!("{}://{host}{port}{}", url.scheme(), context(url.path()))))
}

/// The path of a portal without a slash at the end: `/portal` of `/portal/home/index.html`.
fn context(path: &str) -> String {
    let mut kept = String::new();
    for part in path.split('/').filter(|part| !part.is_empty()) {
        if matches!(part.to_ascii_lowercase().as_str(), "sharing" | "home" | "apps") {
            break;
        }
        kept.push('/');
        kept.push_str(part);
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_copy_from_the_browser_is_brought_to_the_portals_address() {
        let at = |text: &str| Ok(PortalUrl::At(text.into()));
        assert_eq!(address("https://www.arcgis.com/"), at("https://www.arcgis.com"));
        assert_eq!(address("https://www.arcgis.com/sharing/rest"), at("https://www.arcgis.com"));
        assert_eq!(address("https://GIS.example.gov/portal/home/index.html"), at("https://gis.example.gov/portal"));
        assert_eq!(address("http://127.0.0.1:8080/x/"), at("http://127.0.0.1:8080/x"));
        assert_eq!(address("http://[::1]:8080"), at("http://[::1]:8080"));
        assert_eq!(address("emulator"), Ok(PortalUrl::Emulator));
    }

    #[test]
    fn only_https_leaves_this_machine() {
        assert!(address("http://gis.example.gov").is_err());
        assert!(address("http://localhost.example.gov").is_err());
        assert!(address("ftp://gis.example.gov").is_err());
        assert!(address("www.arcgis.com").is_err());
        assert!(address("https://").is_err());
    }
}
