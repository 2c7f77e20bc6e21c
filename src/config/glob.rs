//! Which files a pattern stands for.

use std::path::{Component, Path, PathBuf};

/// How many folders `**` goes down.
const DEEPEST: usize = 16;

/// Whether a pattern has wildcards.
pub(crate) fn is_pattern(pattern: &str) -> bool {
    pattern.contains(['*', '?'])
}

/// The files under `base` that a pattern with `/` stands for, relative to it and sorted.
///
/// `*` and `?` stay within one name, `**` is any number of folders; none of them matches a name that starts with a dot.
pub(super) fn expand(base: &Path, pattern: &str) -> Vec<String> {
    let parts: Vec<&str> = pattern.split('/').filter(|part| !part.is_empty() && *part != ".").collect();
    let start = if pattern.starts_with('/') { "/" } else { "" };
    let mut found = Vec::new();
    descend(base, start, &parts, DEEPEST, &mut found);
    found.sort();
    found.dedup();
    found
}

fn descend(base: &Path, at: &str, parts: &[&str], depth: usize, found: &mut Vec<String>) {
    let Some((part, rest)) = parts.split_first() else { return };
    if *part == "**" {
        descend(base, at, rest, depth, found);
        if depth > 0 {
            for name in names(&base.join(at)) {
                let next = join(at, &name);
                // A link could lead back up.
                let folder = base.join(&next).symlink_metadata().is_ok_and(|meta| meta.is_dir());
                if folder {
                    descend(base, &next, parts, depth - 1, found);
                }
            }
        }
        return;
    }
    let candidates = if is_pattern(part) {
        names(&base.join(at)).into_iter().filter(|name| matches(part, name)).collect()
    } else {
        vec![(*part).to_owned()]
    };
    for name in candidates {
        let next = join(at, &name);
        let here = base.join(&next);
        if rest.is_empty() {
            if here.is_file() {
                found.push(normal(&next));
            }
        } else if here.is_dir() {
            descend(base, &next, rest, depth, found);
        }
    }
}

/// The names in a folder, sorted, without those that start with a dot or are not UTF-8.
fn names(folder: &Path) -> Vec<String> {
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut names: Vec<String> = entries
        .filter_map(|entry| entry.file_name().into_string().ok())
        .filter(|name| !name.starts_with('.'))
        .collect();
    names.sort();
    names
}

/// Whether a name matches a pattern of one name.
pub(crate) fn matches(pattern: &str, name: &str) -> bool {
    let (pattern, name): (Vec<char>, Vec<char>) = (pattern.chars().collect(), name.chars().collect());
    // Each `*` needs to be tried again from the last place only, which keeps this from growing out of hand.
    let (mut p, mut n, mut retry) = (0, 0, None);
    while n < name.len() {
        match pattern.get(p) {
            Some('*') => {
                retry = Some((p, n));
                p += 1;
            }
            Some(c) if *c == '?' || *c == name[n] => {
                p += 1;
                n += 1;
            }
            _ => match retry {
                Some((star, from)) => {
                    retry = Some((star, from + 1));
                    p = star + 1;
                    n = from + 1;
                }
                None => return false,
            },
        }
    }
    pattern[p..].iter().all(|c| *c == '*')
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
        let expand = |pattern| expand(folder.path(), pattern);
        assert_eq!(expand("*.yaml"), ["a.yaml"]);
        assert_eq!(expand("t/*.yaml"), ["t/c.yaml"]);
        assert_eq!(expand("**/*.yaml"), ["a.yaml", "t/c.yaml", "t/u/d.yaml"]);
        assert_eq!(expand("t/../?.json"), ["b.json"]);
        assert_eq!(expand("./b.json"), ["b.json"]);
        assert!(expand("none/*.yaml").is_empty());
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
