//! Files and folders that somebody else may have chosen: where they really are, and how much of them is read.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Read};
use std::path::{Path, PathBuf};

/// What marks the top of a git work tree: a folder, a file that names one, or a link.
pub(crate) const GIT: &str = ".git";

/// How many links that lead nowhere yet are followed, as many as Linux follows.
const LINKS: u32 = 40;

/// Folders whose files are windows to processes and devices, whatever the system says they are.
const NO_FILES: [&str; 3] = ["/proc", "/sys", "/dev"];

/// Why a file was not read.
#[derive(Debug)]
pub(crate) enum Unread {
    /// The system's reason.
    Failed(io::Error),
    /// A folder, a pipe, a device, or a window to a process.
    NotRegular(&'static str),
    /// It has more bytes than wanted.
    TooLarge,
}

/// The most bytes of a file with certificates.
pub(crate) const CA_BUNDLE: u64 = 1024 * 1024;

/// Whether [`read`] would read it.
pub(crate) fn check(path: &Path, most: u64) -> Result<(), Unread> {
    let real = fs::canonicalize(path).map_err(Unread::Failed)?;
    regular(&real)?;
    let len = fs::metadata(&real).map_err(Unread::Failed)?.len();
    if len > most { Err(Unread::TooLarge) } else { Ok(()) }
}

/// The content of a regular file of at most `most` bytes. Anything else is not even opened.
pub(crate) fn read(path: &Path, most: u64) -> Result<Vec<u8>, Unread> {
    let real = fs::canonicalize(path).map_err(Unread::Failed)?;
    regular(&real)?;
    let mut bytes = Vec::new();
    // What says that it is empty, or grows, is measured by what it gives.
    File::open(&real).and_then(|file| file.take(most + 1).read_to_end(&mut bytes)).map_err(Unread::Failed)?;
    if bytes.len() as u64 > most { Err(Unread::TooLarge) } else { Ok(bytes) }
}

/// Whether `real`, a path without links, is a regular file.
fn regular(real: &Path) -> Result<(), Unread> {
    if NO_FILES.iter().any(|folder| real.starts_with(folder)) {
        return Err(Unread::NotRegular("no regular file"));
    }
    let kind = fs::symlink_metadata(real).map_err(Unread::Failed)?.file_type();
    if kind.is_file() {
        Ok(())
    } else if kind.is_dir() {
        Err(Unread::NotRegular("a folder"))
    } else {
        Err(Unread::NotRegular("no regular file"))
    }
}

/// Where `path` really is once every link is followed; where nothing is yet, where it would be.
pub(crate) fn real(path: &Path) -> io::Result<PathBuf> {
    // A path that says nothing is the folder keyform runs in.
    let mut path = if path.as_os_str().is_empty() { PathBuf::from(".") } else { path.to_owned() };
    for _ in 0..LINKS {
        match fs::canonicalize(&path) {
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            done => return done,
        }
        let folder = match path.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder,
            _ => Path::new("."),
        };
        let Ok(to) = fs::read_link(&path) else {
            let name = path.file_name().ok_or(ErrorKind::NotFound)?;
            return Ok(real(folder)?.join(name));
        };
        path = folder.join(to);
    }
    Err(io::Error::other("too many links"))
}

/// The folder above `folder`, or `folder` itself, that has a `.git`. Links are followed by the caller.
pub(crate) fn work_tree(folder: &Path) -> Option<&Path> {
    folder.ancestors().find(|folder| folder.join(GIT).symlink_metadata().is_ok())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn what_is_not_there_yet_is_where_its_folder_and_its_links_lead() {
        let folder = tempfile::tempdir().unwrap();
        let top = fs::canonicalize(folder.path()).unwrap();
        fs::create_dir_all(top.join("a/b")).unwrap();
        symlink("a/b", top.join("short")).unwrap();
        symlink("short/new", top.join("dangling")).unwrap();
        symlink("loop", top.join("loop")).unwrap();
        let at = |path: &str| real(&top.join(path)).unwrap().strip_prefix(&top).unwrap().to_owned();
        assert_eq!(at("short"), Path::new("a/b"));
        assert_eq!(at("short/x/y"), Path::new("a/b/x/y"));
        assert_eq!(at("dangling"), Path::new("a/b/new"));
        assert_eq!(at("a/../short/k"), Path::new("a/b/k"));
        assert!(real(&top.join("loop")).is_err());
    }

    #[test]
    fn only_regular_files_are_read_and_only_so_far() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        fs::write(&path, "12345").unwrap();
        assert_eq!(read(&path, 5).unwrap(), b"12345");
        assert!(matches!(read(&path, 4), Err(Unread::TooLarge)));
        let pipe = folder.path().join("pipe");
        rustix::fs::mknodat(rustix::fs::CWD, &pipe, rustix::fs::FileType::Fifo, rustix::fs::Mode::RUSR, 0).unwrap();
        symlink("/dev/zero", folder.path().join("zero")).unwrap();
        symlink("/proc/self/environ", folder.path().join("environ")).unwrap();
        for name in ["pipe", "zero", "environ", "."] {
            assert!(matches!(read(&folder.path().join(name), 9), Err(Unread::NotRegular(_))), "{name}");
        }
    }
}
