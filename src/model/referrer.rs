//! Which pages a key may be used from.

use std::collections::BTreeSet;
use std::fmt;

/// Why a text is not a referrer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReferrerError {
    /// It does not start with a scheme.
    #[error("a referrer starts with https:// (or http:// for a local server)")]
    Scheme,
    /// Nothing, a blank or a control character where the host stands.
    #[error("the host of the referrer is missing or has characters a host cannot have")]
    Host,
    /// `*` somewhere else than as the whole first label.
    #[error("`*` may only stand for the sub-domain, as in https://*.example.com")]
    Wildcard,
}

/// A scheme, host and maybe port and path; scheme and host in lower case, no slash at the end.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Referrer(Box<str>);

impl Referrer {
    /// A referrer as keyform would write it.
    pub fn new(raw: &str) -> Result<Self, ReferrerError> {
        let raw = raw.trim();
        if raw == "*" {
            return Ok(Self("*".into()));
        }
        let (scheme, rest) = raw.split_once("://").ok_or(ReferrerError::Scheme)?;
        if !scheme.eq_ignore_ascii_case("https") && !scheme.eq_ignore_ascii_case("http") {
            return Err(ReferrerError::Scheme);
        }
        let host = rest.split('/').next().unwrap_or_default();
        let name = host.strip_prefix("*.").unwrap_or(host);
        if name.contains('*') || rest[host.len()..].contains('*') {
            return Err(ReferrerError::Wildcard);
        }
        let allowed = |c: char| c.is_alphanumeric() || matches!(c, '.' | '-' | '_' | ':' | '[' | ']');
        if name.is_empty() || !name.chars().all(allowed) || rest.chars().any(|c| c.is_control() || c.is_whitespace()) {
            return Err(ReferrerError::Host);
        }
        Ok(Self::observed(raw))
    }

    /// A referrer as the portal has it, whatever it is, so that equal ones compare equal.
    #[must_use]
    pub fn observed(raw: &str) -> Self {
        let raw = raw.trim().trim_end_matches('/');
        let Some((scheme, rest)) = raw.split_once("://") else {
            return Self(raw.to_lowercase().into());
        };
        let end = rest.find('/').unwrap_or(rest.len());
        let (host, path) = rest.split_at(end);
        Self(format!("{}://{}{path}", scheme.to_lowercase(), host.to_lowercase()).into())
    }

    /// A concrete address that this referrer admits, to show a key works where it should.
    pub(crate) fn example(&self) -> String {
        let text = self.0.replacen("*.", "www.", 1);
        let scheme = if text.contains("://") { "" } else { "https://" };
        if text.contains('*') { "https://localhost/".into() } else { format!("{scheme}{text}/") }
    }

    /// An address that `referrers` admit, of one without a wildcard where there is one; `None` if they admit any.
    pub(crate) fn page(referrers: &BTreeSet<Self>) -> Option<String> {
        let plain = referrers.iter().find(|referrer| !referrer.0.contains('*'));
        plain.or_else(|| referrers.first()).map(Self::example)
    }

    /// Whether both admit the same pages, as far as one tells them apart: portals may leave out the scheme, or write a path
    /// in another case.
    pub(crate) fn is_akin(&self, other: &Self) -> bool {
        fn bare(of: &Referrer) -> &str {
            let bare = of.0.split_once("://").map_or(&*of.0, |(_, rest)| rest);
            bare.trim_end_matches(['/', '*'])
        }
        self == other || bare(self).eq_ignore_ascii_case(bare(other))
    }

    /// Whether anything follows the host.
    pub(crate) fn has_path(&self) -> bool {
        self.0.split_once("://").is_some_and(|(_, rest)| rest.contains('/'))
    }

    /// Whether it is plain http to something other than this machine.
    pub(crate) fn is_open_http(&self) -> bool {
        self.0.strip_prefix("http://").is_some_and(|rest| {
            let host = rest.split(['/', ':']).next().unwrap_or_default();
            !matches!(host, "localhost" | "127.0.0.1" | "[")
        })
    }

    /// Its text.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Referrer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_referrers_compare_equal() {
        assert_eq!(Referrer::new("HTTPS://App.Example.com/"), Referrer::new("https://app.example.com"));
        assert_ne!(Referrer::new("https://a.example/Path"), Referrer::new("https://a.example/path"));
    }

    #[test]
    fn another_spelling_of_a_referrer_is_akin_to_it() {
        let ours = Referrer::observed("https://a.example/Maps");
        for akin in ["a.example/Maps", "https://a.example/maps", "https://a.example/Maps/*"] {
            assert!(ours.is_akin(&Referrer::observed(akin)), "{akin}");
        }
        for other in ["https://a.example", "https://b.example/Maps", "*"] {
            assert!(!ours.is_akin(&Referrer::observed(other)), "{other}");
        }
    }

    #[test]
    fn a_wildcard_stands_for_the_sub_domain_only() {
        assert!(Referrer::new("https://*.example.com").is_ok());
        assert_eq!(Referrer::new("https://app.*.com"), Err(ReferrerError::Wildcard));
        assert_eq!(Referrer::new("https://a*.example.com"), Err(ReferrerError::Wildcard));
        assert_eq!(Referrer::new("example.com"), Err(ReferrerError::Scheme));
        assert_eq!(Referrer::new("https:// x"), Err(ReferrerError::Host));
    }

    #[test]
    fn an_example_is_admitted_by_its_referrer() {
        assert_eq!(Referrer::observed("https://*.acme.example").example(), "https://www.acme.example/");
        assert_eq!(Referrer::observed("https://acme.example:8443").example(), "https://acme.example:8443/");
        assert_eq!(Referrer::observed("acme.example").example(), "https://acme.example/");
    }
}
