//! Which files a pattern stands for.

use std::path::{Component, Path, PathBuf};

use wildmatch::WildMatch;

/// How many folders `**` goes down.
const DEEPEST: usize = 16;
/// How many parts a pattern may have.
const MOST_PARTS: usize = 64;
/// How many names all patterns of a configuration may look at, and how many files they may stand for.
pub(super) const MOST_NAMES: usize = 200_000;
pub(super) const MOST_FILES: usize = 5_000;

/// Whether a pattern has wildcards.
pub(crate) fn is_pattern(pattern: &str) -> bool {
    pattern.contains(['*', '?'])
}

/// Why a pattern is not followed further.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stop {
    /// It has too many parts.
    TooLong,
    /// It looks at more names than there is room for.
    TooWide,
    /// It stands for more files than there is room for.
    TooMany,
    /// It looks into a folder that it may not.
    Outside,
}

/// How much patterns may still look at, all of a configuration together, and where.
pub(super) struct Walk<'a> {
    /// Names that may still be looked at.
    names: usize,
    /// Files that may still be found.
    files: usize,
    /// Whether the names in a folder may be listed.
    may_list: &'a dyn Fn(&Path) -> bool,
}

impl<'a> Walk<'a> {
    /// A walk through the folders that `may_list` names.
    pub(super) fn new(may_list: &'a dyn Fn(&Path) -> bool) -> Self {
        Self { names: MOST_NAMES, files: MOST_FILES, may_list }
    }

    /// The files under `base` that a pattern with `/` stands for, relative to it and sorted.
    ///
    /// `*` and `?` stay within one name, `**` is any number of folders; none of them matches a name that starts with a
    /// dot. Without wildcards it stands for itself, whatever is there.
    pub(super) fn expand(&mut self, base: &Path, pattern: &str) -> Result<Vec<String>, Stop> {
        let mut parts: Vec<&str> = pattern.split('/').filter(|part| !part.is_empty() && *part != ".").collect();
        parts.dedup_by(|next, part| *next == "**" && *part == "**");
        if parts.len() > MOST_PARTS {
            return Err(Stop::TooLong);
        }
        let start = if pattern.starts_with('/') { "/" } else { "" };
        let mut found = Vec::new();
        self.descend(base, start, &parts, DEEPEST, &mut found)?;
        found.sort();
        found.dedup();
        self.files = self.files.checked_sub(found.len()).ok_or(Stop::TooMany)?;
        Ok(found)
    }

    fn descend(
        &mut self,
        base: &Path,
        at: &str,
        parts: &[&str],
        depth: usize,
        found: &mut Vec<String>,
    ) -> Result<(), Stop> {
        let Some((part, rest)) = parts.split_first() else { return Ok(()) };
        if *part == "**" {
            self.descend(base, at, rest, depth, found)?;
            if depth > 0 {
                for name in self.names(&base.join(at))? {
                    let next = join(at, &name);
                    // A link could lead back up.
                    let folder = base.join(&next).symlink_metadata().is_ok_and(|meta| meta.is_dir());
                    if folder {
                        self.descend(base, &next, parts, depth - 1, found)?;
                    }
                }
            }
            return Ok(());
        }
        let candidates = if is_pattern(part) {
            self.names(&base.join(at))?.into_iter().filter(|name| matches(part, name)).collect()
        } else {
            vec![(*part).to_owned()]
        };
        for name in candidates {
            let next = join(at, &name);
            let here = base.join(&next);
            if rest.is_empty() {
                if here.is_file() {
                    if found.len() >= MOST_FILES {
                        return Err(Stop::TooMany);
                    }
                    found.push(normal(&next));
                }
            } else if here.is_dir() {
                self.descend(base, &next, rest, depth, found)?;
            }
        }
        Ok(())
    }

    /// The names in a folder, sorted, without those that start with a dot or are not UTF-8.
    fn names(&mut self, folder: &Path) -> Result<Vec<String>, Stop> {
        let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
        if !(self.may_list)(folder) {
            return Err(Stop::Outside);
        }
        let mut names = Vec::new();
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            self.names = self.names.checked_sub(1).ok_or(Stop::TooWide)?;
            names.extend(entry.file_name().into_string().ok().filter(|name| !name.starts_with('.')));
        }
        names.sort();
        Ok(names)
    }
}

/// Whether a name matches a pattern of one name.
pub(crate) fn matches(pattern: &str, name: &str) -> bool {
    WildMatch::new(pattern).matches(name)
}

/// Two paths with `/` one after the other; an absolute second one stands alone.
pub(super) fn join(base: &str, path: &str) -> String {
    if base.is_empty() || path.starts_with('/') {
        path.to_owned()
    } else {
        format!("{}/{path}", base.trim_end_matches('/'))
    }
}

/// A path with `/` without `.` and, as far as it can be told from the text, without `..`.
pub(super) fn normal(path: &str) -> String {
    let absolute = path.starts_with('/');
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => match parts.last() {
                Some(last) if *last != ".." => {
                    parts.pop();
                }
                _ if absolute => {}
                _ => parts.push(".."),
            },
            part => parts.push(part),
        }
    }
    format!("{}{}", if absolute { "/" } else { "" }, parts.join("/"))
}

/// The folder part of a path with `/`; empty where there is none.
pub(super) fn folder(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| if folder.is_empty() { "/" } else { folder })
}

/// A path of the system, written with `/`.
pub(super) fn slashes(path: &Path) -> String {
    let text = path.to_string_lossy();
    if cfg!(windows) { text.replace('\\', "/") } else { text.into_owned() }
}

/// What the system opens for a path with `/` that is relative to a folder; without needless `.`.
pub(super) fn open_path(folder: &Path, path: &str) -> PathBuf {
    folder.join(path).components().filter(|part| !matches!(part, Component::CurDir)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stays_within_a_name_and_two_go_down() {
        let folder = tempfile::tempdir().unwrap();
        for file in ["a.yaml", "b.json", "t/c.yaml", "t/u/d.yaml", "t/.hidden.yaml"] {
            let at = folder.path().join(file);
            std::fs::create_dir_all(at.parent().unwrap()).unwrap();
            std::fs::write(at, "").unwrap();
        }
        let everywhere = |_: &Path| true;
        let expand = |pattern| Walk::new(&everywhere).expand(folder.path(), pattern).unwrap();
        assert_eq!(expand("*.yaml"), ["a.yaml"]);
        assert_eq!(expand("t/*.yaml"), ["t/c.yaml"]);
        assert_eq!(expand("**/*.yaml"), ["a.yaml", "t/c.yaml", "t/u/d.yaml"]);
        assert_eq!(expand("**/**/**/*.yaml"), ["a.yaml", "t/c.yaml", "t/u/d.yaml"]);
        assert_eq!(expand("t/../?.json"), ["b.json"]);
        assert_eq!(expand("./b.json"), ["b.json"]);
        assert!(expand("none/*.yaml").is_empty());
    }

    #[test]
    fn a_pattern_ends_where_it_may_not_look_and_after_so_many_names() {
        let folder = tempfile::tempdir().unwrap();
        for n in 0..30 {
            std::fs::write(folder.path().join(format!("{n}.yaml")), "").unwrap();
        }
        let (everywhere, nowhere) = (|_: &Path| true, |_: &Path| false);
        let base = folder.path();
        assert_eq!(Walk::new(&nowhere).expand(base, "*.yaml"), Err(Stop::Outside));
        assert_eq!(Walk::new(&nowhere).expand(base, "1.yaml"), Ok(vec!["1.yaml".to_owned()]));
        assert_eq!(Walk { names: 50, ..Walk::new(&everywhere) }.expand(base, "**/*.yaml"), Err(Stop::TooWide));
        assert_eq!(Walk { files: 29, ..Walk::new(&everywhere) }.expand(base, "*.yaml"), Err(Stop::TooMany));
        assert_eq!(Walk::new(&everywhere).expand(base, &"**/a/".repeat(50_000)), Err(Stop::TooLong));
    }

    #[test]
    fn many_stars_end_soon() {
        assert!(!matches(&"*a".repeat(30), &"a".repeat(29)));
        assert!(matches("*.y?ml", "team.yaml"));
    }

    #[test]
    fn paths_are_made_short_by_their_text() {
        assert_eq!(normal("a/./b/../c"), "a/c");
        assert_eq!(normal("../x//y"), "../x/y");
        assert_eq!(normal("/../x"), "/x");
        assert_eq!(join("a", "/b"), "/b");
        assert_eq!((folder("a/b"), folder("a"), folder("/a")), ("a", "", "/"));
    }
}
