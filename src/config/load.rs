//! Files to judged trees: the one that was given, and those that it includes.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::Timestamp;
use serde::Deserialize;

use super::codes;
use super::document::Document;
use super::env::Pins;
use super::glob::{self, Stop, Walk};
use super::judge;
use super::ours;
use super::part::{Files, Kind, Part};
use super::problem::{Problem, Report};
use super::reach::Reach;
use super::source::{Span, shorten};
use super::tree::{self, Cursor};
use crate::files::{self, Unread};
use crate::model::Spec;

/// The most bytes a file may have, and all files together.
const MOST_BYTES: u64 = 16 * 1024 * 1024;
const MOST_TOGETHER: u64 = 4 * MOST_BYTES;

/// How a configuration is judged.
#[derive(Clone, Debug, Default)]
pub struct LoadOptions {
    /// The time, for what depends on it: a fixed end or an allowance that has passed. Without it nothing has.
    pub now: Option<Timestamp>,
    /// Whether warnings are errors.
    pub strict: bool,
    /// Folders that the root file may let the configuration reach, besides those it does by itself.
    pub reach: Vec<PathBuf>,
    /// What the configuration may say about where it acts.
    pub pins: Pins,
}

/// What came of a configuration.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// What is wanted; `None` if there is any error.
    pub spec: Option<Spec>,
    /// Everything there is to say about it.
    pub report: Report,
}

/// Reads the file at a path, or the one in the folder there, and what it includes. `allowed` are folders that it may
/// reach besides, if it says so itself; `edited` are texts that count instead of those of files, by path from the root
/// file's folder.
pub(super) fn files(path: &Path, allowed: &[PathBuf], edited: &BTreeMap<String, String>) -> Files {
    let found = if path.is_dir() { in_folder(path) } else { Ok(path.to_owned()) };
    let (path, problem) = match found {
        Ok(path) => (path, None),
        Err(problem) => (path.to_owned(), Some(problem)),
    };
    let name: Arc<str> = glob::slashes(&path).into();
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty());
    let folder = parent.map_or_else(|| PathBuf::from("."), Path::to_owned);
    let (parts, reach, report) = (Vec::new(), Reach::default(), Report::default());
    let mut files = Files { parts, folder, name: Arc::clone(&name), reach, report };
    match problem.map_or_else(|| read_root(&path, &name), Err) {
        Ok(text) => {
            let own = glob::slashes(Path::new(path.file_name().unwrap_or_default()));
            let text = edited.get(&own).cloned().unwrap_or(text);
            files.parts.extend(part(Kind::Root, &name, own, text, &mut files.report));
        }
        Err(problem) => files.report.problems.push(problem),
    }
    if let Some(root) = files.parts.first() {
        files.reach = Reach::of(&files.folder, root.document.reach.as_deref().unwrap_or_default(), allowed);
        include(&mut files, &path, edited);
    }
    files
}

fn in_folder(folder: &Path) -> Result<PathBuf, Problem> {
    let (yaml, json) = (folder.join("keyform.yaml"), folder.join("keyform.json"));
    let shown = shorten(&glob::slashes(folder));
    match (yaml.is_file(), json.is_file()) {
        (true, false) => Ok(yaml),
        (false, true) => Ok(json),
        (true, true) => {
            let message = format!("the folder `{shown}` has both a keyform.yaml and a keyform.json");
            Err(Problem::new(codes::AMBIGUOUS_FOLDER, message))
        }
        (false, false) => {
            let message = format!("the folder `{shown}` has no keyform.yaml and no keyform.json");
            Err(Problem::new(codes::UNREADABLE_FILE, message))
        }
    }
}

/// The root file: whoever names it may also name a pipe.
fn read_root(path: &Path, name: &str) -> Result<String, Problem> {
    let shown = shorten(name);
    let failed = |error: std::io::Error| unreadable(&shown, &said(&error));
    let file = fs::File::open(path).map_err(failed)?;
    if file.metadata().map_err(failed)?.is_dir() {
        return Err(Problem::new(codes::UNREADABLE_FILE, format!("`{shown}` is a folder")));
    }
    let mut bytes = Vec::new();
    file.take(MOST_BYTES + 1).read_to_end(&mut bytes).map_err(failed)?;
    if bytes.len() as u64 > MOST_BYTES { Err(too_large(&shown)) } else { as_text(path, &shown, bytes) }
}

/// A file that another one names: a regular one, and no longer than there is `room`.
fn read_included(path: &Path, name: &str, room: u64) -> Result<String, Problem> {
    let shown = shorten(name);
    match files::read(path, MOST_BYTES.min(room)) {
        Ok(bytes) => as_text(path, &shown, bytes),
        Err(Unread::Failed(error)) => Err(unreadable(&shown, &said(&error))),
        Err(Unread::NotRegular(what)) => Err(Problem::new(codes::NOT_REGULAR, format!("`{shown}` is {what}"))),
        Err(Unread::TooLarge) if room < MOST_BYTES => {
            Err(Problem::new(codes::TOO_LARGE, format!("with `{shown}` the files together are larger than 64 MiB")))
        }
        Err(Unread::TooLarge) => Err(too_large(&shown)),
    }
}

fn unreadable(shown: &str, why: &str) -> Problem {
    Problem::new(codes::UNREADABLE_FILE, format!("`{shown}` cannot be read: {why}"))
}

fn too_large(shown: &str) -> Problem {
    Problem::new(codes::TOO_LARGE, format!("`{shown}` is larger than 16 MiB"))
}

fn as_text(path: &Path, shown: &str, bytes: Vec<u8>) -> Result<String, Problem> {
    let text = String::from_utf8(bytes).map_err(|error| {
        let good = error.utf8_error().valid_up_to();
        let line = error.as_bytes()[..good].split(|byte| *byte == b'\n').count();
        Problem::new(codes::NOT_UTF8, format!("`{shown}` is not UTF-8 in line {line}"))
    })?;
    Ok(normal(path, text))
}

/// The text of the file at `path` as it is read: every place in it stays where it is behind a byte order mark.
pub(super) fn normal(path: &Path, mut text: String) -> String {
    if text.starts_with('\u{feff}') {
        text.drain(..'\u{feff}'.len_utf8());
    }
    if path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("json")) {
        // JSON may indent with tabs, and inside its strings they cannot stand.
        text = text.replace('\t', " ");
    }
    text
}

/// The system's words, as the end of a sentence.
fn said(error: &std::io::Error) -> String {
    match error.kind() {
        std::io::ErrorKind::NotFound => "it does not exist".into(),
        std::io::ErrorKind::PermissionDenied => "no permission".into(),
        kind => kind.to_string(),
    }
}

fn part(kind: Kind, name: &Arc<str>, path: String, text: String, report: &mut Report) -> Option<Part> {
    let file = report.sources.add(Arc::clone(name), text);
    let text = report.sources.get(file).map(|source| source.text().to_owned())?;
    let mut problems = Vec::new();
    let tree = tree::read(file, &text, &mut problems);
    if let Err(problem) = ours::is_ours(file, tree.as_deref(), &text, &problems) {
        // It may be anything that a link leads to, and the report may be public.
        report.sources.close(file);
        report.problems.push(problem);
        return None;
    }
    report.problems.append(&mut problems);
    let mut tree = tree?;
    judge::judge(kind, &mut tree, &mut report.sources, &mut report.problems);
    let value = tree.to_value();
    let document = if value.is_object() { Document::deserialize(&value) } else { Ok(Document::default()) };
    let document = document.unwrap_or_else(|_| {
        // Judged right and yet not readable: better an error than half a configuration.
        let top = Cursor::root(&tree).top();
        report.problems.push(Problem::at(codes::WRONG_TYPE, top, "the file cannot be read as a configuration"));
        Document::default()
    });
    Some(Part { kind, path, tree, document })
}

fn include(files: &mut Files, root_path: &Path, edited: &BTreeMap<String, String>) {
    let patterns = files.parts[0].document.include.clone().unwrap_or_default();
    let reach = files.reach.clone();
    let may_list = |folder: &Path| files::real(folder).is_ok_and(|real| reach.reads(&real));
    let mut walk = Walk::new(&may_list);
    // By what the system says they are, so that no file is read twice under two names.
    let identity = |path: &Path| files::real(path).unwrap_or_else(|_| path.to_owned());
    let root_identity = identity(root_path);
    let mut seen = BTreeSet::from([root_identity.clone()]);
    let mut room = MOST_TOGETHER;
    for (index, pattern) in patterns.iter().enumerate() {
        let span = files.parts[0].cursor().get_or_self("include").item_or_self(index).span();
        let shown = shorten(pattern);
        let literal = !glob::is_pattern(pattern);
        let paths = if literal {
            vec![glob::normal(pattern)]
        } else {
            match walk.expand(&files.folder, pattern) {
                Ok(paths) => paths,
                Err(stop) => {
                    files.report.problems.push(stopped(stop, &shown, span));
                    continue;
                }
            }
        };
        if paths.is_empty() {
            files.report.problems.push(Problem::at(codes::INCLUDE_NOTHING, span, format!("no file matches `{shown}`")));
        }
        for path in paths {
            let at = glob::open_path(&files.folder, &path);
            let id = identity(&at);
            if !reach.reads(&id) {
                let message = format!("`{}` is outside of what this configuration may read", shorten(&path));
                files.report.problems.push(Problem::at(codes::OUTSIDE_REACH, span, message));
                continue;
            }
            if literal && !at.exists() {
                files.report.problems.push(Problem::at(
                    codes::INCLUDE_MISSING,
                    span,
                    format!("there is no file `{shown}`"),
                ));
                continue;
            }
            if literal && id == root_identity {
                files.report.problems.push(Problem::at(codes::INCLUDE_SELF, span, "the file includes itself"));
                continue;
            }
            if !seen.insert(id) {
                continue;
            }
            let name: Arc<str> = glob::normal(&glob::join(&glob::slashes(&files.folder), &path)).into();
            match read_included(&at, &name, room) {
                Ok(text) => {
                    room = room.saturating_sub(text.len() as u64);
                    let text = edited.get(&path).cloned().unwrap_or(text);
                    files.parts.extend(part(Kind::Included, &name, path, text, &mut files.report));
                }
                Err(problem) => files.report.problems.push(problem.label(span, "included here")),
            }
        }
    }
}

fn stopped(stop: Stop, shown: &str, span: Span) -> Problem {
    let (code, what) = match stop {
        Stop::TooLong => (codes::INCLUDE_TOO_MANY, "has more than 64 parts".to_owned()),
        Stop::TooWide => (codes::INCLUDE_TOO_MANY, format!("looks at more than {} names", glob::MOST_NAMES)),
        Stop::TooMany => (codes::INCLUDE_TOO_MANY, format!("brings in more than {} files", glob::MOST_FILES)),
        Stop::Outside => (codes::OUTSIDE_REACH, "looks outside of what this configuration may read".to_owned()),
    };
    Problem::at(code, span, format!("`{shown}` {what}"))
}
