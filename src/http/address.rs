//! Where a service is.

use std::net::IpAddr;

use reqwest::Url;

use crate::text::spelling::{ADDRESS, percent};

/// The root that all requests to a service go below.
#[derive(Clone, Debug)]
pub(crate) struct Address {
    root: Url,
    loopback: bool,
}

impl Address {
    /// The address `https://host[:port][/path]`, or what is wrong with it.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let root = Url::parse(text.trim()).map_err(|error| error.to_string())?;
        let host = root.host_str().ok_or("it names no host")?;
        let ip = host.trim_matches(['[', ']']).parse::<IpAddr>();
        let loopback = host == "localhost" || ip.is_ok_and(|ip| ip.is_loopback());
        match root.scheme() {
            "https" => {}
            "http" if loopback => {}
            "http" => return Err("http is for this machine only; keys and tokens need https".into()),
            _ => return Err("it does not start with https://".into()),
        }
        if !root.username().is_empty() || root.password().is_some() {
            return Err("it holds a user name or password; sign-in comes from the environment".into());
        }
        if root.query().is_some() || root.fragment().is_some() {
            return Err("it has a query or a fragment".into());
        }
        Ok(Self { root, loopback })
    }

    /// The same place with another path.
    pub(crate) fn with_path(mut self, path: &str) -> Self {
        self.root.set_path(path);
        self
    }

    /// The path that all requests go below.
    pub(crate) fn path(&self) -> &str {
        self.root.path()
    }

    /// Whether it is this machine, which no proxy stands before.
    pub(crate) const fn is_loopback(&self) -> bool {
        self.loopback
    }

    /// Whether connections to it are encrypted.
    pub(crate) fn is_encrypted(&self) -> bool {
        self.root.scheme() == "https"
    }

    /// Host and port, for messages.
    pub(crate) fn host(&self) -> String {
        let host = self.root.host_str().unwrap_or_default();
        self.root.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
    }

    /// The address of `path` below the root; the path is escaped already.
    pub(crate) fn at(&self, path: &str) -> Url {
        let mut url = self.root.clone();
        if !path.is_empty() {
            url.set_path(&format!("{}/{path}", self.root.path()));
        }
        url
    }

    /// The root as text.
    pub(crate) fn as_str(&self) -> &str {
        self.root.as_str()
    }
}

/// One segment of a path, escaped.
pub(crate) fn segment(text: &str) -> String {
    percent(text, ADDRESS)
}

/// `url` as a message may show it: no user, query or fragment.
pub(crate) fn shown(url: &Url) -> String {
    let mut url = url.clone();
    let _ = url.set_username("");
    let _ = url.set_password(None);
    url.set_query(None);
    url.set_fragment(None);
    url.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_that_would_leak_is_refused() {
        for text in ["http://gis.example.gov", "https://u:p@host", "https://host/?token=x", "ftp://host", "host", ""] {
            assert!(Address::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn user_names_are_escaped() {
        assert_eq!(segment("j doe+x@example.com"), "j%20doe%2Bx%40example.com");
        assert_eq!(segment("../x"), "..%2Fx");
    }
}
