//! Text to `Spec`: one or several files in, a whole specification or every problem at once out.
//!
//! A file becomes a tree that knows its places (`tree`), is judged by the published schema (`judge`), and what is left
//! is read into types (`document`) and checked (`check`). Whatever was wrong on the way is one [`Report`].

pub mod accept;
mod check;
pub mod codes;
mod days;
pub mod document;
pub mod env;
mod excerpt;
pub(crate) mod glob;
mod judge;
mod later;
mod load;
mod ours;
mod part;
mod problem;
mod reach;
mod report;
mod schema;
mod secrets;
mod settings;
mod source;
mod splice;
mod suggest;
mod tree;
pub mod wish;

use std::collections::BTreeMap;
use std::path::Path;

pub use codes::CODES;
pub use env::Pins;
pub use excerpt::Look;
pub use load::{LoadOptions, Loaded};
pub use problem::{Allowed, Label, Problem, Report};
pub use schema::{config_schema, include_schema};
pub use source::{FileId, Position, Source, Sources, Span};
pub(crate) use suggest::nearest;

use crate::model::Effective;

/// Reads a configuration: a file, or a folder with a `keyform.yaml` or `keyform.json` in it.
#[must_use]
pub fn load(path: &Path, options: LoadOptions) -> Loaded {
    let files = load::files(path, &options.reach, &BTreeMap::new());
    check::check(files, options, None).0
}

/// Reads a configuration as [`load`] does, and tells what is in force for the credential `name`, if it is declared.
#[must_use]
pub fn explain(path: &Path, options: LoadOptions, name: &str) -> (Loaded, Option<Effective>) {
    let files = load::files(path, &options.reach, &BTreeMap::new());
    check::check(files, options, Some(name))
}
