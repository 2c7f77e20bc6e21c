//! Which files a configuration may touch.
//!
//! Whoever may change an included file, or add one, is not thereby somebody who may read what keyform can read, or
//! write where it can write. Every path is judged by where it really leads. Reach goes beyond the repository only
//! where the root file and the command line both say so: the one is reviewed, the other is not in the repository.

use std::path::{Path, PathBuf};

use super::glob;
use crate::files;

/// The folders that a configuration may touch, links followed.
#[derive(Clone, Debug, Default)]
pub(super) struct Reach {
    /// The folder of the root file.
    folder: PathBuf,
    /// The top of the git work tree that it is in; without git the folder itself.
    top: PathBuf,
    /// What root file and command line allow besides.
    beyond: Vec<PathBuf>,
}

impl Reach {
    /// The reach of a root file in `folder`, of what it says itself and of what the command line says.
    pub(super) fn of(folder: &Path, named: &[String], allowed: &[PathBuf]) -> Self {
        let real = |path: &Path| files::real(path).ok();
        let folder_is = real(folder).unwrap_or_default();
        let top = files::work_tree(&folder_is).unwrap_or(&folder_is).to_owned();
        let named: Vec<PathBuf> = named.iter().filter_map(|path| real(&glob::open_path(folder, path))).collect();
        let allowed: Vec<PathBuf> = allowed.iter().filter_map(|path| real(path)).collect();
        let both = named.iter().flat_map(|named| allowed.iter().filter_map(|allowed| narrower(named, allowed)));
        Self { beyond: both.cloned().collect(), folder: folder_is, top }
    }

    /// Whether what stands at `real`, a path without links, may be read.
    pub(super) fn reads(&self, real: &Path) -> bool {
        within(&self.top, real) || self.goes_beyond(real)
    }

    /// Whether a file that stands in the folder `own` may have keys delivered to `real`: below the root file's folder,
    /// and beside itself.
    pub(super) fn writes(&self, own: &Path, real: &Path) -> bool {
        within(&self.folder, real) || within(own, real) && self.reads(own) || self.goes_beyond(real)
    }

    fn goes_beyond(&self, real: &Path) -> bool {
        self.beyond.iter().any(|folder| within(folder, real))
    }
}

/// The one of two folders that is in the other.
fn narrower<'a>(one: &'a PathBuf, other: &'a PathBuf) -> Option<&'a PathBuf> {
    if one.starts_with(other) { Some(one) } else { other.starts_with(one).then_some(other) }
}

fn within(folder: &Path, real: &Path) -> bool {
    !folder.as_os_str().is_empty() && real.starts_with(folder)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn reach_ends_at_the_work_tree_or_at_the_root_files_folder() {
        let temp = tempfile::tempdir().unwrap();
        let top = fs::canonicalize(temp.path()).unwrap();
        fs::create_dir_all(top.join("repo/infra")).unwrap();
        let reach = || Reach::of(&top.join("repo/infra"), &[], &[]);
        assert!(reach().reads(&top.join("repo/infra/a")) && !reach().reads(&top.join("repo/a")));
        fs::create_dir(top.join("repo/.git")).unwrap();
        assert!(reach().reads(&top.join("repo/a")) && !reach().reads(&top.join("a")));
        assert!(!reach().reads(&top.join("repository")));
        // Keys go below the root file's folder, and beside the file that names them.
        let own = top.join("repo/teams/a");
        assert!(reach().writes(&own, &top.join("repo/infra/k")) && reach().writes(&own, &own.join("k")));
        assert!(!reach().writes(&own, &top.join("repo/teams/b/k")) && !reach().writes(&top, &top.join("k")));
    }

    #[test]
    fn it_goes_further_only_where_root_file_and_command_line_agree() {
        let temp = tempfile::tempdir().unwrap();
        let top = fs::canonicalize(temp.path()).unwrap();
        for folder in ["infra", "shared/teams"] {
            fs::create_dir_all(top.join(folder)).unwrap();
        }
        let file = top.join("shared/teams/a.yaml");
        let reads = |named: &[&str], allowed: &[&str]| {
            let named: Vec<String> = named.iter().map(|path| (*path).to_owned()).collect();
            let allowed: Vec<PathBuf> = allowed.iter().map(|path| top.join(path)).collect();
            Reach::of(&top.join("infra"), &named, &allowed).reads(&file)
        };
        assert!(reads(&["../shared"], &["shared"]));
        assert!(reads(&["../shared/teams"], &["shared"]) && reads(&["../shared"], &["shared/teams"]));
        assert!(!reads(&["../shared"], &[]) && !reads(&[], &["shared"]));
        assert!(!reads(&["../shared"], &["infra"]) && !reads(&["../shared/other"], &["shared"]));
        std::os::unix::fs::symlink("../shared", top.join("infra/link")).unwrap();
        assert!(reads(&["link"], &["shared"]));
    }
}
