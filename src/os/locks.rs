//! Locks between processes. Each ends with the process that holds it, however that ends.

use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::path::Path;

/// A held lock; dropping it gives it back.
pub(crate) struct Lock {
    /// `None` where the file system has no locks. Closing the handle ends the lock.
    _handle: Option<File>,
}

/// Locks a folder; `None` while another process holds it.
pub(crate) fn try_lock_folder(folder: &Path) -> io::Result<Option<Lock>> {
    let folder = File::open(folder)?;
    Ok(match folder.try_lock() {
        Ok(()) => Some(Lock { _handle: Some(folder) }),
        Err(TryLockError::WouldBlock) => None,
        Err(TryLockError::Error(_)) => Some(Lock { _handle: None }),
    })
}

/// Waits for the lock of a file, which is made if it is missing.
pub(crate) fn lock_file(path: &Path) -> io::Result<Lock> {
    let file = OpenOptions::new().create(true).truncate(false).read(true).write(true).open(path)?;
    file.lock()?;
    Ok(Lock { _handle: Some(file) })
}
