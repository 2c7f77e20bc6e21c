//! What every check looks at, and where it says what it found.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use jiff::Timestamp;

use crate::config::document::Document;
use crate::config::env::Pins;
use crate::config::part::Part;
use crate::config::problem::Problem;
use crate::config::reach::Reach;
use crate::config::report::MOST_FINDINGS;
use crate::config::source::{Sources, Span, shorten};
use crate::config::suggest;
use crate::config::tree::Cursor;
use crate::config::wish::{Edits, Wishes};
use crate::model::{CredentialSpec, Effective, Freeze, Product, Schedule, SourceLine};

/// What every check can look at, and where it says what it found.
pub(super) struct Checker<'a> {
    pub(super) parts: &'a [Part],
    pub(super) root: &'a Part,
    pub(super) document: &'a Document,
    pub(super) folder: &'a Path,
    pub(super) sources: &'a Sources,
    pub(super) now: Option<Timestamp>,
    pub(super) reach: Reach,
    pub(super) pins: Pins,
    /// Every file of the configuration, by its path from the root file's folder.
    pub(super) files: BTreeSet<String>,
    /// The products that the portal can be; none if nothing is known.
    pub(super) products: Vec<Product>,
    pub(super) schedule: Schedule,
    /// Every freeze that is right, and where it stands.
    pub(super) freezes: Vec<(Freeze, Span)>,
    /// How many files could not be read.
    pub(super) unread: usize,
    pub(super) problems: Vec<Problem>,
    /// The credential to be explained, and what is in force for it.
    pub(super) wanted: Option<&'a str>,
    pub(super) effective: Option<Effective>,
    /// What credentials are to say, and the edits that make them say it.
    pub(super) wishes: Option<&'a Wishes>,
    pub(super) edits: Edits,
    /// Every credential's key, by name.
    pub(super) credentials: BTreeMap<String, Span>,
}

impl Checker<'_> {
    pub(super) fn line(&self, span: Span) -> SourceLine {
        let source = self.sources.get(span.file);
        SourceLine {
            file: source.map_or_else(|| "".into(), |source| Arc::clone(&source.name)),
            line: source.map_or(0, |source| source.line(span.start)),
        }
    }

    pub(super) fn say(&mut self, problem: Problem, credential: Option<&str>) {
        self.problems.push(match credential {
            Some(name) => problem.on(name),
            None => problem,
        });
    }
}

/// A merged credential and where it stands.
pub(super) struct Built {
    pub(super) spec: CredentialSpec,
    /// Its key.
    pub(super) key: Span,
    /// Its deliveries, one for each of the specification.
    pub(super) deliver: Vec<Span>,
}

/// The value of a merged setting and where it stands.
#[derive(Clone, Copy, Debug)]
pub(super) struct Placed<T> {
    pub(super) value: T,
    pub(super) span: Span,
}

/// The place of a setting.
#[derive(Clone, Copy)]
pub(super) struct Here<'a> {
    pub(super) at: Cursor<'a>,
    pub(super) part: &'a Part,
    /// The credential that what is wrong here is about; what is wrong with shared settings is nobody's own.
    pub(super) on: Option<&'a str>,
}

impl Here<'_> {
    /// What is said here.
    #[expect(clippy::unnecessary_wraps, reason = "a place that says nothing has none")]
    pub(super) fn says<T>(self, value: T) -> Option<Placed<T>> {
        Some(Placed { value, span: self.at.span() })
    }
}

/// A word is compared with so many names.
const NAMES: usize = 1_000;

/// A problem with a word, and the name that was probably meant; not looked for once `found` is more than is shown.
pub(super) fn did_you_mean<'n>(
    problem: Problem,
    word: &str,
    names: impl Iterator<Item = &'n str>,
    found: usize,
) -> Problem {
    if found >= MOST_FINDINGS {
        return problem;
    }
    match suggest::nearest(word, names.take(NAMES)) {
        Some(near) => problem.saying(format!("did you mean `{near}`?")).help(format!("write `{near}`")),
        None => problem,
    }
}

/// A text made fit for a message.
pub(super) fn quoted(text: &str) -> String {
    format!("`{}`", shorten(text))
}
