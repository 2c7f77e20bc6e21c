//! Files and folders: whose they are, and how to make them their owner's alone.

use std::fs::{DirBuilder, File, Metadata, OpenOptions, Permissions};
use std::io::{self, ErrorKind};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _, fchown};
use std::path::Path;

use rustix::fs::{Access, OFlags, access};

/// Makes a folder that only its owner may enter.
pub(crate) fn make_private_folder(folder: &Path) -> io::Result<()> {
    DirBuilder::new().mode(0o700).create(folder)
}

/// The same with every folder above that is missing; one that is there stays as it is.
pub(crate) fn make_private_folders(folder: &Path) -> io::Result<()> {
    DirBuilder::new().mode(0o700).recursive(true).create(folder)
}

/// Makes a file that only its owner may read, and opens it for writing. One that is there already is an error.
pub(crate) fn create_private(path: &Path) -> io::Result<File> {
    OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)
}

/// Gives `file` to the owner of an `old` one; `false` if that owner could not read it.
pub(crate) fn keep_owner(file: &File, old: &Metadata) -> bool {
    fchown(file, Some(old.uid()), Some(old.gid())).is_ok() || is_mine(old)
}

/// Lets the owner read `file`, and write it unless the `old` one forbade that, and nobody else anything; whatever the
/// umask said.
pub(crate) fn make_private(file: &File, old: Option<&Metadata>) -> io::Result<()> {
    let mode = old.map_or(0o600, |old| old.mode() & 0o600 | 0o400);
    file.set_permissions(Permissions::from_mode(mode))
}

/// Opens a file for reading. What turns out to be a pipe is not waited for.
pub(crate) fn open_without_waiting(path: &Path) -> io::Result<File> {
    OpenOptions::new().read(true).custom_flags(OFlags::NONBLOCK.bits().cast_signed()).open(path)
}

/// Makes sure that the names in a folder survive a loss of power, where the file system can do that.
pub(crate) fn sync_folder(folder: &Path) -> io::Result<()> {
    match File::open(folder).and_then(|folder| folder.sync_all()) {
        // Some file systems cannot sync a folder, and say so.
        Err(why) if matches!(why.kind(), ErrorKind::InvalidInput | ErrorKind::Unsupported) => Ok(()),
        done => done,
    }
}

/// Whether this process may make files in `folder`.
pub(crate) fn check_writable(folder: &Path) -> io::Result<()> {
    Ok(access(folder, Access::WRITE_OK | Access::EXEC_OK)?)
}

/// Whether this process may run the program at `path`.
pub(crate) fn is_executable(path: &Path) -> bool {
    path.is_file() && access(path, Access::EXEC_OK).is_ok()
}

/// Whether the user of this process may hand a file like `old` back to its owner.
pub(crate) fn can_keep_owner(old: &Metadata) -> bool {
    is_mine(old) || rustix::process::geteuid().is_root()
}

fn is_mine(file: &Metadata) -> bool {
    file.uid() == rustix::process::geteuid().as_raw()
}

/// A number that tells two files of one file system apart.
pub(crate) fn file_number(file: &Metadata) -> u64 {
    file.ino()
}
