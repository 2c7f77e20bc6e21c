//! Where a file really stands, and how it is replaced so that nobody ever sees half of it.
//!
//! Symbolic links are followed and kept: the file they lead to is the one that is judged and replaced. A file that
//! holds keys is readable by its owner only; one that was readable by others is no longer. The new content is
//! written to `.NAME.keyform-tmp` beside the file and renamed over it, so a killed run leaves at most that one file,
//! which the next run removes.

use std::fs;
use std::io::{self, ErrorKind, Read, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::error::Problem;
use crate::os::{self, Lock};

/// How often, and how long apart, a folder that somebody else holds is tried: for ten seconds.
const TRIES: u32 = 400;
const PAUSE: Duration = Duration::from_millis(25);

/// No document with a key in it is larger; what is larger was named by mistake.
const LONGEST: u64 = 8 << 20;

/// Where a file stands once every link is followed.
pub(super) struct Place {
    target: PathBuf,
    folder: PathBuf,
    temporary: PathBuf,
    folder_exists: bool,
}

/// Held while a folder is written in. Other processes that write keys there wait.
pub(super) type Turn = Lock;

impl Place {
    /// Follows `path`. The file may be missing, and so may its folder, but not the folder above.
    pub(super) fn of(path: &Path) -> Result<Self, Problem> {
        let cannot_read = |why| Problem::CannotRead { path: path.to_owned(), why };
        match fs::symlink_metadata(path) {
            Ok(_) => match fs::canonicalize(path) {
                Ok(target) if fs::metadata(&target).map_err(cannot_read)?.is_file() => Self::at(target, true),
                Ok(target) => Err(Problem::NotAFile { path: target }),
                Err(why) if why.kind() == ErrorKind::NotFound => Err(Problem::DanglingLink { path: path.to_owned() }),
                Err(why) => Err(cannot_read(why)),
            },
            Err(why) if why.kind() == ErrorKind::NotFound => {
                let Some(name) = path.file_name() else { return Err(Problem::NotAFile { path: path.to_owned() }) };
                let folder = parent(path);
                if let Some(folder) = real_folder(folder)? {
                    return Self::at(folder.join(name), true);
                }
                // One folder is made, no more: a misspelt path should not grow a tree.
                let above = real_folder(parent(folder))?;
                let made = above.zip(folder.file_name()).map(|(above, last)| above.join(last));
                let made = made.ok_or_else(|| Problem::NoFolder { folder: folder.to_owned() })?;
                Self::at(made.join(name), false)
            }
            Err(why) if why.kind() == ErrorKind::NotADirectory => {
                Err(Problem::NoFolder { folder: parent(path).to_owned() })
            }
            Err(why) => Err(cannot_read(why)),
        }
    }

    fn at(target: PathBuf, folder_exists: bool) -> Result<Self, Problem> {
        let (Some(folder), Some(name)) = (target.parent(), target.file_name()) else {
            return Err(Problem::NotAFile { path: target });
        };
        let mut hidden = std::ffi::OsString::from(".");
        hidden.push(name);
        hidden.push(".keyform-tmp");
        Ok(Self { temporary: folder.join(hidden), folder: folder.to_owned(), target, folder_exists })
    }

    /// The file itself.
    pub(super) fn target(&self) -> &Path {
        &self.target
    }

    /// The deepest folder on the way that is there.
    pub(super) fn existing_folder(&self) -> &Path {
        if self.folder_exists { &self.folder } else { parent(&self.folder) }
    }

    /// Whether there is a place to take turns in, and to leave something behind.
    pub(super) fn has_folder(&self) -> bool {
        self.folder_exists
    }

    /// Makes the folder, for its owner only, if it is missing.
    pub(super) fn make_folder(&mut self) -> Result<(), Problem> {
        if !self.folder_exists {
            match os::make_private_folder(&self.folder) {
                Ok(()) => {}
                Err(why) if why.kind() == ErrorKind::AlreadyExists => {}
                Err(why) => return Err(Problem::CannotWrite { path: self.folder.clone(), why }),
            }
            self.folder_exists = true;
        }
        Ok(())
    }

    /// Waits until no other process writes in the folder.
    pub(super) async fn turn(&self) -> Result<Turn, Problem> {
        for _ in 0..TRIES {
            if let Some(turn) = self.try_turn()? {
                return Ok(turn);
            }
            tokio::time::sleep(PAUSE).await;
        }
        Err(Problem::Busy { folder: self.folder.clone() })
    }

    fn try_turn(&self) -> Result<Option<Turn>, Problem> {
        // The folder is locked, not the file: the file is another one after each write.
        os::try_lock_folder(&self.folder).map_err(|why| Problem::CannotRead { path: self.folder.clone(), why })
    }

    /// Removes what a killed run left behind.
    pub(super) fn sweep(&self, _: &Turn) -> Result<(), Problem> {
        match fs::remove_file(&self.temporary) {
            Err(why) if why.kind() != ErrorKind::NotFound => {
                Err(Problem::CannotWrite { path: self.temporary.clone(), why })
            }
            Ok(()) | Err(_) => Ok(()),
        }
    }

    /// The same, unless somebody writes there right now: then it is theirs.
    pub(super) fn sweep_if_idle(&self) {
        // What cannot be removed is an error of the `check` that follows.
        if let Ok(Some(turn)) = self.try_turn() {
            let _ = self.sweep(&turn);
        }
    }

    /// The bytes of the file; `None` where there is no file.
    pub(super) fn read(&self) -> Result<Option<Vec<u8>>, Problem> {
        let cannot_read = |why| Problem::CannotRead { path: self.target.clone(), why };
        // What was a file a moment ago may be a pipe by now, which would be waited for.
        let file = match os::open_without_waiting(&self.target) {
            Ok(file) => file,
            Err(why) if why.kind() == ErrorKind::NotFound => return Ok(None),
            Err(why) => return Err(cannot_read(why)),
        };
        if !file.metadata().map_err(cannot_read)?.is_file() {
            return Err(Problem::NotAFile { path: self.target.clone() });
        }
        let mut bytes = Vec::new();
        file.take(LONGEST + 1).read_to_end(&mut bytes).map_err(cannot_read)?;
        if bytes.len() as u64 > LONGEST {
            let why = format!("it is larger than {} MB", LONGEST >> 20);
            return Err(cannot_read(io::Error::new(ErrorKind::FileTooLarge, why)));
        }
        Ok(Some(bytes))
    }

    /// Whether [`Place::replace`] would be allowed to do its work.
    pub(super) fn check_writable(&self) -> Result<(), Problem> {
        let folder = self.existing_folder();
        os::check_writable(folder).map_err(|why| Problem::CannotWrite { path: folder.to_owned(), why })?;
        match fs::metadata(&self.target) {
            Ok(old) if !os::can_keep_owner(&old) => Err(Problem::AnotherOwner { path: self.target.clone() }),
            Ok(_) | Err(_) => Ok(()),
        }
    }

    /// Puts `bytes` in place of the file: all of them or, whatever happens, none.
    pub(super) fn replace(&self, bytes: &[u8], turn: &Turn) -> Result<(), Problem> {
        let cannot_write = |why| Problem::CannotWrite { path: self.target.clone(), why };
        self.sweep(turn)?;
        let filled = self.fill(bytes).and_then(|()| fs::rename(&self.temporary, &self.target).map_err(cannot_write));
        if filled.is_err() {
            // The first error is the one to tell; what remains is swept by the next run.
            let _ = fs::remove_file(&self.temporary);
        }
        filled?;
        os::sync_folder(&self.folder).map_err(|why| Problem::NotSafe { why })
    }

    fn fill(&self, bytes: &[u8]) -> Result<(), Problem> {
        let cannot_write = |why: io::Error| Problem::CannotWrite { path: self.temporary.clone(), why };
        let mut file = os::create_private(&self.temporary).map_err(cannot_write)?;
        let old = fs::metadata(&self.target).ok();
        if old.as_ref().is_some_and(|old| !os::keep_owner(&file, old)) {
            return Err(Problem::AnotherOwner { path: self.target.clone() });
        }
        file.write_all(bytes).map_err(cannot_write)?;
        // Last, and whatever the umask said: a file of mode 0400 stays one.
        os::make_private(&file, old.as_ref()).map_err(cannot_write)?;
        file.sync_all().map_err(cannot_write)
    }
}

/// The folder of `path`; that of a bare name is the current one.
fn parent(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

fn real_folder(folder: &Path) -> Result<Option<PathBuf>, Problem> {
    match fs::canonicalize(folder) {
        Ok(real) if real.is_dir() => Ok(Some(real)),
        Ok(_) => Err(Problem::NoFolder { folder: folder.to_owned() }),
        Err(why) if matches!(why.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => Ok(None),
        Err(why) => Err(Problem::CannotRead { path: folder.to_owned(), why }),
    }
}
