//! Keeps keys out of repositories.
//!
//! Whoever can put files into a checkout can put a repository there, with a configuration that names programs for git
//! to run. So git does not search: it is told the repository that the work tree's own `.git` names, and that nothing
//! of what this repository wants to be run, watched or fetched is.

use std::ffi::{OsStr, OsString};
use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::error::Problem;
use super::place::Place;
use super::program::{Environment, Program};
use crate::files::{self, GIT};
use crate::text::escape;

const LIMIT: Duration = Duration::from_secs(30);

/// A `.git` that is a file is not longer than this.
const LONGEST: u64 = 4096;

/// Settings that win over those of the repository, of the user and of the machine. What each would start otherwise:
const SETTINGS: [&str; 7] = [
    // a program that watches the work tree; empty, since git before 2.36 takes `false` for the name of one
    "core.fsmonitor=",
    // programs at certain moments
    "core.hooksPath=/dev/null",
    // a search for repositories where none was named
    "safe.bareRepository=explicit",
    // a fetch of what a partial clone lacks
    "protocol.allow=never",
    "core.sshCommand=false",
    "core.gitProxy=",
    "credential.helper=",
];

/// The same for what can be said in the environment only.
const VARIABLES: [(&str, &str); 4] = [
    ("GIT_NO_LAZY_FETCH", "1"),
    ("GIT_ALLOW_PROTOCOL", "none"),
    ("GIT_OPTIONAL_LOCKS", "0"),
    ("GIT_TERMINAL_PROMPT", "0"),
];

/// Variables that hooks set, and that would make git speak of another repository.
///
/// Others stay: `GIT_CONFIG_COUNT` is how containers say `safe.directory`.
const REDIRECTING: [&str; 14] = [
    "GIT_DIR",
    "GIT_WORK_TREE",
    "GIT_IMPLICIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_COMMON_DIR",
    "GIT_OBJECT_DIRECTORY",
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_NAMESPACE",
    "GIT_PREFIX",
    "GIT_GRAFT_FILE",
    "GIT_SHALLOW_FILE",
    "GIT_REPLACE_REF_BASE",
    "GIT_NO_REPLACE_OBJECTS",
    "GIT_CONFIG",
];

/// A work tree, and the repository that it belongs to.
#[derive(Debug, PartialEq, Eq)]
struct Repository {
    work_tree: PathBuf,
    git_dir: PathBuf,
}

/// Refuses a file inside a git work tree, unless git ignores it and does not track it.
pub(super) async fn check_ignored(place: &Place, environment: &Environment) -> Result<(), Problem> {
    let path = place.target();
    let unknown = |why: String| Problem::GitUnknown { path: path.to_owned(), why };
    let Some(repository) = repository(place.existing_folder()).map_err(unknown)? else { return Ok(()) };
    let text = |path: &Path| path.to_str().map(str::to_owned).ok_or_else(|| unknown("its name is not text".into()));
    let mut words = vec!["git".to_owned(), "--no-pager".to_owned()];
    words.push(format!("--git-dir={}", text(&repository.git_dir)?));
    words.push(format!("--work-tree={}", text(&repository.work_tree)?));
    words.extend(SETTINGS.iter().flat_map(|setting| ["-c".to_owned(), (*setting).to_owned()]));
    // Without `-v` or `--no-index`, git says no for a file that it tracks, whatever .gitignore says.
    words.extend(["check-ignore", "--quiet", "--"].map(str::to_owned));
    words.push(text(path)?);
    let environment = told(environment);
    let program = Program { words: &words, dir: &repository.work_tree, environment: &environment, limit: LIMIT };
    let ran = program.run(b"").await.map_err(|problem| unknown(problem.to_string()))?;
    match ran.status.and_then(|status| status.code()) {
        Some(0) => Ok(()),
        Some(1) => Err(Problem::NotIgnored { path: path.to_owned() }),
        Some(_) | None => {
            let words = String::from_utf8_lossy(&ran.err);
            let first = words.lines().next().unwrap_or("it gave no reason");
            Err(unknown(escape::plain_within(first, 200, false).into_owned()))
        }
    }
}

/// The repository that `folder` is in; why it cannot be told, if there is a `.git` that is none.
fn repository(folder: &Path) -> Result<Option<Repository>, String> {
    let Some(work_tree) = files::work_tree(folder) else { return Ok(None) };
    let mark = work_tree.join(GIT);
    let failed = |error: std::io::Error| format!("its .git cannot be read: {}", error.kind());
    let kind = fs::metadata(&mark).map_err(failed)?;
    let git_dir = if kind.is_dir() {
        mark
    } else if kind.is_file() {
        // As in submodules and linked work trees.
        let mut text = String::new();
        File::open(&mark).and_then(|file| file.take(LONGEST).read_to_string(&mut text)).map_err(failed)?;
        let named = text.strip_prefix("gitdir: ").map(|rest| rest.trim_end_matches(['\n', '\r']));
        work_tree.join(named.filter(|named| !named.is_empty()).ok_or("its .git names no repository")?)
    } else {
        return Err("its .git is neither a folder nor a file".into());
    };
    let git_dir = fs::canonicalize(git_dir).map_err(failed)?;
    Ok(Some(Repository { work_tree: work_tree.to_owned(), git_dir }))
}

/// The environment for git: what redirects it is taken away, what restrains it is added, and a program called `git` is
/// looked for in no folder that depends on where we are.
fn told(environment: &Environment) -> Vec<(OsString, OsString)> {
    let ours = VARIABLES.map(|(name, value)| (OsString::from(name), OsString::from(value)));
    let kept = environment.iter().filter(|(name, _)| {
        let named = |known: &str| name == OsStr::new(known);
        !REDIRECTING.into_iter().any(named) && !VARIABLES.iter().any(|(known, _)| named(known))
    });
    kept.map(|(name, value)| {
        let value = if name == "PATH" { absolute(value) } else { value.clone() };
        (name.clone(), value)
    })
    .chain(ours)
    .collect()
}

fn absolute(path: &OsStr) -> OsString {
    let folders: Vec<PathBuf> = std::env::split_paths(path).filter(|folder| folder.is_absolute()).collect();
    std::env::join_paths(folders).unwrap_or_default()
}

/// What is written into a folder of ours so that git leaves it alone.
pub(super) fn ignore_all(folder: &Path) -> std::io::Result<()> {
    let file = folder.join(".gitignore");
    if file.symlink_metadata().is_ok() { Ok(()) } else { std::fs::write(file, "*\n") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_repository_is_what_the_nearest_git_names_and_nothing_that_looks_like_one() {
        let folder = tempfile::tempdir().unwrap();
        let top = fs::canonicalize(folder.path()).unwrap();
        let deep = top.join("a/b");
        fs::create_dir_all(deep.join("objects")).unwrap();
        fs::create_dir(deep.join("refs")).unwrap();
        fs::write(deep.join("HEAD"), "ref: refs/heads/main\n").unwrap();
        assert_eq!(repository(&deep), Ok(None));
        let at = |work_tree: &Path, git_dir: &str| {
            Ok(Some(Repository { work_tree: work_tree.to_owned(), git_dir: top.join(git_dir) }))
        };
        fs::create_dir(top.join(".git")).unwrap();
        assert_eq!(repository(&deep), at(&top, ".git"));
        fs::create_dir(top.join("elsewhere")).unwrap();
        fs::write(top.join("a/.git"), "gitdir: ../elsewhere\n").unwrap();
        assert_eq!(repository(&deep), at(&top.join("a"), "elsewhere"));
        for text in ["", "gitdir: ", "gitdir: ../nowhere", "../elsewhere", "gitdir: a\nb"] {
            fs::write(top.join("a/.git"), text).unwrap();
            assert!(repository(&deep).is_err(), "{text:?}");
        }
        fs::remove_file(top.join("a/.git")).unwrap();
        std::os::unix::fs::symlink("nowhere", top.join("a/.git")).unwrap();
        assert!(repository(&deep).is_err());
        fs::remove_file(top.join("a/.git")).unwrap();
        std::os::unix::fs::symlink("/dev/zero", top.join("a/.git")).unwrap();
        assert_eq!(repository(&deep), Err("its .git is neither a folder nor a file".to_owned()));
    }

    #[test]
    fn what_redirects_git_is_taken_from_its_environment_and_what_configures_it_stays() {
        let pair = |name: &str, value: &str| (OsString::from(name), OsString::from(value));
        let given = [
            pair("PATH", "/usr/bin::.:tools:/bin"),
            pair("GIT_DIR", "/elsewhere"),
            pair("GIT_INDEX_FILE", "/elsewhere/index"),
            pair("GIT_ALLOW_PROTOCOL", "ext"),
            pair("GIT_CONFIG_COUNT", "1"),
            pair("GIT_CONFIG_KEY_0", "safe.directory"),
            pair("GIT_CONFIG_VALUE_0", "*"),
            pair("HOME", "/root"),
        ];
        let mut told = told(&given);
        told.sort();
        let expected = [
            pair("GIT_ALLOW_PROTOCOL", "none"),
            pair("GIT_CONFIG_COUNT", "1"),
            pair("GIT_CONFIG_KEY_0", "safe.directory"),
            pair("GIT_CONFIG_VALUE_0", "*"),
            pair("GIT_NO_LAZY_FETCH", "1"),
            pair("GIT_OPTIONAL_LOCKS", "0"),
            pair("GIT_TERMINAL_PROMPT", "0"),
            pair("HOME", "/root"),
            pair("PATH", "/usr/bin:/bin"),
        ];
        assert_eq!(told, expected);
    }
}
