//! The files of a configuration, each judged and read.

use std::path::PathBuf;
use std::rc::Rc;
use std::sync::Arc;

use super::document::Document;
use super::glob;
use super::problem::Report;
use super::reach::Reach;
use super::tree::{Cursor, Node};

/// Which schema a file is judged by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// The file that was given.
    Root,
    /// A file that it includes.
    Included,
}

/// A file, judged and read.
pub(super) struct Part {
    /// Whether it was given or included.
    pub(super) kind: Kind,
    /// Its path relative to the root file's folder, with `/`.
    pub(super) path: String,
    /// Its tree.
    pub(super) tree: Rc<Node>,
    /// What is left of it after everything wrong was taken out.
    pub(super) document: Document,
}

impl Part {
    /// The whole file.
    pub(super) fn cursor(&self) -> Cursor<'_> {
        Cursor::root(&self.tree)
    }

    /// Its folder relative to the root file's, with `/`.
    pub(super) fn folder(&self) -> &str {
        glob::folder(&self.path)
    }
}

/// Every file of a configuration.
pub(super) struct Files {
    /// The root first; without it, it could not be read.
    pub(super) parts: Vec<Part>,
    /// The folder of the root file.
    pub(super) folder: PathBuf,
    /// The root file, as it was given.
    pub(super) name: Arc<str>,
    /// What the configuration may touch.
    pub(super) reach: Reach,
    /// What is wrong so far.
    pub(super) report: Report,
}
