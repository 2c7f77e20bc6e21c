//! The `portal` section.

use std::net::IpAddr;
use std::path::PathBuf;

use reqwest::Url;

use super::checker::{Checker, quoted};
use super::host::{self, Doubt};
use crate::config::codes;
use crate::config::document::ProductText;
use crate::config::glob;
use crate::config::problem::Problem;
use crate::config::source::Span;
use crate::files::{self, CA_BUNDLE, Unread};
use crate::model::{Expect, PortalSpec, PortalUrl, Product, ProductChoice};

impl Checker<'_> {
    /// The portal; also finds out which products it can be.
    pub(super) fn portal(&mut self) -> Option<PortalSpec> {
        let portal = self.document.portal.as_ref()?;
        let at = self.root.cursor().get_or_self("portal");
        let span = at.get_or_self("url").span();
        let url = portal.url.as_deref().and_then(|raw| match address(raw) {
            Ok(url) => Some(url),
            Err(wrong) => {
                let problem = Problem::at(codes::BAD_PORTAL_URL, span, wrong.message);
                self.problems.push(match wrong.help {
                    Some(help) => problem.help(help),
                    None => problem,
                });
                None
            }
        });
        if let Some(url) = &url
            && !self.is_pinned(url, span)
        {
            self.doubt_host(url, span);
        }
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
            let message = "offline the product is not known, so privileges are not checked against its table";
            self.problems.push(Problem::at(codes::PRODUCT_UNKNOWN, span, message));
        }
        let expect = portal.expect.clone().unwrap_or_default();
        Some(PortalSpec {
            url: url?,
            product,
            expect: Expect { org: expect.org, account: expect.account },
            ca_bundle: portal
                .ca_bundle
                .as_ref()
                .and_then(|path| self.ca_bundle(path, at.get_or_self("ca_bundle").span())),
        })
    }

    /// Whether the portal is the one that must be meant; if another one must, that is said.
    fn is_pinned(&mut self, url: &PortalUrl, span: Span) -> bool {
        let Some(pin) = self.pins.portal.as_deref() else { return false };
        let message = match address(pin) {
            // What it says is not repeated: it may hold a sign-in.
            Err(_) => "KEYFORM_PORTAL holds no address of a portal".to_owned(),
            Ok(pinned) if pinned == *url => return true,
            Ok(pinned) => format!("the portal is {}, and KEYFORM_PORTAL says {}", told(url), told(&pinned)),
        };
        self.problems.push(Problem::at(codes::PINNED_PORTAL, span, message));
        true
    }

    /// Says it if the stack is not the one that must be meant.
    pub(super) fn pinned_stack(&mut self) {
        let (Some(pin), Some(stack)) = (&self.pins.stack, &self.document.stack) else { return };
        if *pin != stack.0 {
            let span = self.root.cursor().get_or_self("stack").span();
            let message = format!("the stack is {}, and KEYFORM_STACK says {}", quoted(&stack.0), quoted(pin));
            self.problems.push(Problem::at(codes::PINNED_STACK, span, message));
        }
    }

    fn doubt_host(&mut self, url: &PortalUrl, span: Span) {
        let PortalUrl::At(url) = url else { return };
        let host = Url::parse(url).ok().and_then(|url| url.host_str().map(str::to_owned)).unwrap_or_default();
        let shown = quoted(&host);
        self.problems.extend(host::look_alike(&host).map(|doubt| match doubt {
            Doubt::LooksLike(known) => {
                Problem::at(codes::LOOK_ALIKE_HOST, span, format!("{shown} looks like a host of {known} and is none"))
            }
            Doubt::Mixed => {
                Problem::at(codes::LOOK_ALIKE_HOST, span, format!("{shown} has letters of two alphabets in one word"))
            }
            Doubt::Near(known) => Problem::at(codes::NEAR_HOST, span, format!("{shown} is nearly a host of {known}")),
        }));
    }

    fn ca_bundle(&mut self, raw: &str, span: Span) -> Option<PathBuf> {
        let (place, shown) = (glob::open_path(self.folder, raw), quoted(raw));
        let wrong = match files::real(&place) {
            Ok(real) if self.reach.reads(&real) => match files::check(&place, CA_BUNDLE) {
                // The bundle may be put there before the run that needs it.
                Ok(()) | Err(Unread::Failed(_)) => return Some(place),
                Err(Unread::NotRegular(what)) => (codes::NOT_REGULAR, format!("{shown} is {what}")),
                Err(Unread::TooLarge) => (codes::TOO_LARGE, format!("{shown} is larger than 1 MiB")),
            },
            Ok(_) | Err(_) => (codes::OUTSIDE_REACH, format!("{shown} is outside of what this configuration may read")),
        };
        self.problems.push(Problem::at(wrong.0, span, wrong.1));
        None
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

/// A portal as messages name it.
fn told(url: &PortalUrl) -> String {
    match url {
        PortalUrl::At(url) => quoted(url),
        PortalUrl::Emulator => "the built-in one".to_owned(),
    }
}

/// Why a text is no portal's address, and what to write instead, if that is known.
#[derive(Debug, PartialEq, Eq)]
struct Wrong {
    message: String,
    help: Option<String>,
}

/// The portal's address without what its pages and its REST interface add to it; or why it is none.
fn address(raw: &str) -> Result<PortalUrl, Wrong> {
    let wrong = |why: String| Wrong { message: why, help: None };
    let raw = raw.trim();
    if raw == "emulator" {
        return Ok(PortalUrl::Emulator);
    }
    if !raw.contains("://") {
        return Err(wrong(format!("{} is not an address: it has no https://", quoted(raw))));
    }
    let url = Url::parse(raw).map_err(|error| wrong(format!("{} is not an address: {error}", quoted(raw))))?;
    let host = url.host_str().unwrap_or_default().to_owned();
    match url.scheme() {
        "https" => {}
        "http" if is_loopback(&host) => {}
        "http" => return Err(wrong(format!("{} is not encrypted: http is for this machine only", quoted(raw)))),
        scheme => return Err(wrong(format!("{} is not possible for a portal, only https is", quoted(scheme)))),
    }
    if host.is_empty() || url.cannot_be_a_base() {
        return Err(wrong(format!("{} names no host", quoted(raw))));
    }
    if let Some((why, help)) = host::misspelt(raw, &url) {
        return Err(Wrong { message: format!("{} {why}", quoted(raw)), help });
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

    #[test]
    fn an_address_is_refused_where_programs_and_people_read_another_host() {
        for raw in [
            "https://www.arcgis.com@evil.example",
            "https://evil.example\\@www.arcgis.com",
            "https://evil.example\\.arcgis.com",
            "https:///evil.example",
            "https://www.arc\tgis.com",
            "https://www.arcgis.com.",
            "https://www.arcgis.com.:443/",
            "https://www%2Earcgis.com",
            "https://0x7f.1",
            "https://www\u{3002}arcgis\u{3002}com",
            "https://www.arcgis\u{200b}.com",
            "https://\u{ff57}ww.arcgis.com",
        ] {
            assert!(address(raw).is_err(), "{raw}");
        }
        let help = |raw: &str| address(raw).unwrap_err().help.unwrap();
        assert!(help("https://gis.m\u{fc}nchen.example:7443/x").contains("`https://gis.xn--mnchen-3ya.example:7443`"));
        assert!(help("https://WWW.ARCGIS.COM.").contains("`https://www.arcgis.com`"));
        assert!(help("https://127.1/").contains("`https://127.0.0.1`"));
    }
}
