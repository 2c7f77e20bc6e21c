//! The edit of a configuration that makes it say what the portal has.

use std::collections::BTreeMap;
use std::fs;
use std::ops::Range;
use std::path::Path;

use super::source::Source;
use super::splice::{Splice, spliced};
use super::wish::{ByHand, Edits, Wishes};
use super::{LoadOptions, Loaded, check, glob, load};
use crate::files;
use crate::model::SourceLine;
use crate::text::escape::is_harmless;

/// How many lines around a change a patch shows.
pub const AROUND: usize = 3;

/// A file of the configuration, before and after.
#[derive(Clone, Debug)]
pub struct Edited {
    /// Its path relative to the top of the git work tree, or without git to the root file's folder; with `/`.
    pub path: String,
    /// Its text.
    pub before: String,
    /// Its text with the edits.
    pub after: String,
}

/// What came of wishes.
#[derive(Clone, Debug)]
pub struct Accepted {
    /// The files that are edited.
    pub files: Vec<Edited>,
    /// What is left to a person.
    pub by_hand: Vec<ByHand>,
    /// The edited configuration.
    pub loaded: Loaded,
}

/// Edits the configuration at `path` in memory, so that credentials say what is wished.
#[must_use]
pub fn accept(path: &Path, options: &LoadOptions, wishes: &Wishes) -> Accepted {
    let all = load::files(path, &options.reach, &BTreeMap::new());
    let folder = files::real(&all.folder).unwrap_or_default();
    let top = files::work_tree(&folder).unwrap_or(&folder).to_owned();
    let parts: Vec<_> = all.parts.iter().map(|part| (part.tree.written().file, part.path.clone())).collect();
    let root = all.folder.clone();
    let (loaded, Edits { splices, mut by_hand }) = check::accept(all, options.clone(), wishes);
    let (mut edited, mut again) = (Vec::new(), BTreeMap::new());
    for (file, path) in parts {
        let own: Vec<Splice> = splices.iter().filter(|(at, _)| *at == file).map(|(_, splice)| splice.clone()).collect();
        let Some(source) = loaded.report.sources.get(file).filter(|_| !own.is_empty()) else { continue };
        let at = glob::open_path(&root, &path);
        match file_edit(&at, &top, source, &own) {
            Ok(edit) => {
                edited.push(edit);
                again.insert(path, spliced(source.text(), &own));
            }
            Err((line, what)) => {
                let at = SourceLine { file: source.name.clone(), line };
                let names = wishes.keys().filter(|name| {
                    loaded.spec.as_ref().is_some_and(|spec| spec.credentials[*name].source.file == at.file)
                });
                by_hand.extend(names.map(|name| ByHand { at: at.clone(), what: what.into(), name: name.clone() }));
            }
        }
    }
    let loaded = check::check(load::files(path, &options.reach, &again), options.clone(), None).0;
    Accepted { files: edited, by_hand, loaded }
}

/// The edit of one file, or why a patch of it cannot be shown, and at which line.
fn file_edit(at: &Path, top: &Path, source: &Source, splices: &[Splice]) -> Result<Edited, (u32, &'static str)> {
    let line = |at: usize| source.line(at);
    for (range, _) in splices {
        if let Some(found) = source.unfit(shown(source, range)) {
            return Err((
                line(found),
                "no patch can show this line, which looks like a secret or hides what it is: mend it",
            ));
        }
    }
    let first = splices.first().map_or(1, |(range, _)| line(range.start));
    let real = files::real(at).unwrap_or_default();
    let path = real.strip_prefix(top).ok().and_then(Path::to_str).map(str::to_owned);
    let plain = |path: &String| path.chars().all(|c| is_harmless(c) && !matches!(c, '"' | '\\' | '\n' | '\t'));
    let path = path.filter(plain).ok_or((first, "no patch can name this file: edit it"))?;
    let text = fs::read_to_string(at).ok().filter(|text| load::normal(at, text.clone()) == source.text());
    let before = text.ok_or((first, "this file was changed meanwhile: run the same command again"))?;
    let (mark, rest) = before.split_at(before.len() - before.trim_start_matches('\u{feff}').len());
    let after = format!("{mark}{}", spliced(rest, splices));
    Ok(Edited { path, before, after })
}

/// The bytes of the lines that a patch shows of an edit.
fn shown(source: &Source, range: &Range<usize>) -> Range<usize> {
    let first = source.line_index(range.start).saturating_sub(AROUND);
    let last = source.line_index(range.end) + AROUND;
    source.line_range(first).start..source.line_range(last).end
}
