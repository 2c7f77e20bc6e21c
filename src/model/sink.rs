//! Where keys are delivered.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use jiff::SignedDuration;

use super::{Fingerprint, SourceLine};

/// A sink's identity: its type and target, never its name in YAML or its sign-in.
///
/// Such as `dotenv:.env.maps#ARCGIS_API_KEY`; paths are relative to the root configuration file, with `/`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SinkId(Arc<str>);

impl SinkId {
    /// An identity that was written down before.
    #[must_use]
    pub fn recorded(text: &str) -> Self {
        Self(text.into())
    }

    /// Its text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for SinkId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A path as people wrote it and as the system opens it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SinkPath {
    /// Relative to the root configuration file, with `/`.
    pub shown: String,
    /// What is opened.
    pub at: PathBuf,
}

/// How a `file` sink holds the key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FileFormat {
    /// The key and nothing else.
    Raw,
    /// A JSON document; the field is a dotted path, such as `maps.apiKey`.
    Json {
        /// The dotted path.
        field: String,
    },
    /// A YAML document; the field is a dotted path.
    Yaml {
        /// The dotted path.
        field: String,
    },
}

/// A place that receives keys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SinkTarget {
    /// A file of its own, or one field of a file.
    File {
        /// Where.
        path: SinkPath,
        /// How.
        format: FileFormat,
    },
    /// One variable of a dotenv file; everything else in it is kept byte for byte.
    Dotenv {
        /// Where.
        path: SinkPath,
        /// The variable.
        name: String,
    },
    /// A program that reads the key from its standard input.
    Command {
        /// The program and its arguments.
        run: Vec<String>,
        /// A program that prints the fingerprint of what is stored; run in apply only.
        check: Option<Vec<String>>,
        /// How long either may take.
        timeout: SignedDuration,
        /// The folder they run in: that of the configuration file.
        dir: PathBuf,
    },
}

/// What a sink can tell about its content, from the most telling on; so one that tells more is the greater.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct SinkAbility {
    /// The value itself can be read back.
    pub reads: bool,
    /// It can say which fingerprint it holds.
    pub confirms: bool,
    /// It can say when it was written.
    pub receipts: bool,
}

impl SinkAbility {
    /// Whether it tells something about its content, but not the content.
    #[must_use]
    pub const fn only_hints(self) -> bool {
        !self.reads && (self.confirms || self.receipts)
    }
}

impl SinkTarget {
    /// The identity.
    #[must_use]
    pub fn id(&self) -> SinkId {
        let text = match self {
            Self::File { path, format: FileFormat::Raw } => format!("file:{}", path.shown),
            Self::File { path, format: FileFormat::Json { field } | FileFormat::Yaml { field } } => {
                format!("file:{}#{field}", path.shown)
            }
            Self::Dotenv { path, name } => format!("dotenv:{}#{name}", path.shown),
            // A command line may be long, and the ledger is on the portal for others to read.
            Self::Command { run, check: _, timeout: _, dir: _ } => {
                format!("command:{}", Fingerprint::of_bytes(run.join("\0").as_bytes()))
            }
        };
        SinkId(text.into())
    }

    /// What it can tell about its content.
    #[must_use]
    pub fn ability(&self) -> SinkAbility {
        match self {
            Self::File { .. } | Self::Dotenv { .. } => SinkAbility { reads: true, ..SinkAbility::default() },
            Self::Command { check, .. } => SinkAbility { confirms: check.is_some(), ..SinkAbility::default() },
        }
    }

    /// For people: the place within the sink, such as `.env.maps#ARCGIS_API_KEY`.
    #[must_use]
    pub fn place(&self) -> String {
        match self {
            Self::File { path, format: FileFormat::Raw } => path.shown.clone(),
            Self::File { path, format: FileFormat::Json { field } | FileFormat::Yaml { field } } => {
                format!("{}#{field}", path.shown)
            }
            Self::Dotenv { path, name } => format!("{}#{name}", path.shown),
            Self::Command { run, .. } => run.join(" "),
        }
    }
}

/// One entry of `deliver`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// The sink's identity.
    pub id: SinkId,
    /// What people call it: its name under `sinks`, or its type.
    pub label: String,
    /// The place itself.
    pub target: SinkTarget,
    /// Whether its content is acted on, or only reported.
    pub heal: bool,
    /// Whether it is written before the others, so that a key is safe there.
    pub escrow: bool,
    /// Where the entry stands.
    pub source: SourceLine,
}
