//! A large configuration.

use std::fmt::{self, Write};

/// Where keys go.
#[derive(Clone, Copy)]
pub(crate) enum Layout {
    /// Each credential has a file of its own.
    FileEach,
    /// A hundred credentials share one.
    SharedFiles,
}

impl fmt::Display for Layout {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::FileEach => "own files",
            Self::SharedFiles => "shared files",
        })
    }
}

pub(crate) fn yaml(size: usize, layout: Layout, url: &str) -> String {
    let mut text = format!(
        "keyform: 1\nstack: fleet\nportal: {{ url: \"{url}\" }}\ncadence: 24h\n\
         defaults: {{ expiry: {{ lifetime: 180d }} }}\ncredentials:\n"
    );
    for n in 0..size {
        let (path, name) = match layout {
            Layout::FileEach => (format!("keys/{n}.env"), "ARCGIS_API_KEY".to_owned()),
            Layout::SharedFiles => (format!("keys/{}.env", n / 100), format!("ARCGIS_API_KEY_{n}")),
        };
        let _ = write!(
            text,
            "  app-{n}:\n    title: Application {n}\n    privileges: [premium:user:basemaps, premium:user:geocode:temporary]\n    \
             referrers: [https://app-{n}.example.com]\n    deliver:\n      - dotenv: {{ path: {path}, name: {name} }}\n"
        );
    }
    text
}
