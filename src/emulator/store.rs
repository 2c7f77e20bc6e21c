//! A portal kept in a file, which several processes see as one.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use jiff::Timestamp;
use serde::Deserialize;

use super::profile::Profile;
use super::state::{FORMAT, Setup, State};
use crate::os;

/// The file and its lock. The file counts as the portal: it holds keys and secrets, so only its owner may read it.
pub(super) struct Store {
    path: PathBuf,
    lock: PathBuf,
    seen: Option<Stamp>,
}

/// Tells whether the file is still the one that was read.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Stamp {
    modified: Option<SystemTime>,
    len: u64,
    number: u64,
}

fn stamp(path: &Path) -> Option<Stamp> {
    let data = fs::metadata(path).ok()?;
    Some(Stamp { modified: data.modified().ok(), len: data.len(), number: os::file_number(&data) })
}

/// The profile of the portal that is kept in a file; none where no portal can be read.
#[must_use]
pub fn kept_profile(path: &Path) -> Option<Profile> {
    #[derive(Deserialize)]
    struct Kept {
        profile: Profile,
    }
    let kept: Kept = serde_json::from_slice(&fs::read(path).ok()?).ok()?;
    Some(kept.profile)
}

impl Store {
    /// Opens the file; a portal that is there already keeps its profile and switches.
    pub(super) fn open(path: &Path, setup: Setup, wall: Timestamp) -> io::Result<(Self, State)> {
        let folder = folder_of(path);
        fs::create_dir_all(folder)?;
        let mut name = path.as_os_str().to_owned();
        name.push(".lock");
        let mut store = Self { path: path.to_owned(), lock: name.into(), seen: None };
        let state = store.locked(|store| {
            if let Some(state) = store.load()? {
                return Ok(state);
            }
            let new = State::new(setup, wall);
            store.save(&new)?;
            Ok(new)
        })?;
        Ok((store, state))
    }

    fn locked<T>(&mut self, act: impl FnOnce(&mut Self) -> io::Result<T>) -> io::Result<T> {
        let _lock = os::lock_file(&self.lock)?;
        act(self)
    }

    /// Brings `state` up to date, acts, and saves if anything changed, all under the lock.
    pub(super) fn with<T>(&mut self, state: &mut State, act: impl FnOnce(&mut State) -> T) -> io::Result<T> {
        self.locked(|store| {
            if stamp(&store.path) != store.seen
                && let Some(newer) = store.load()?
            {
                *state = newer;
            }
            let before = state.changes();
            let done = act(state);
            if state.changes() != before {
                store.save(state)?;
            }
            Ok(done)
        })
    }

    fn load(&mut self) -> io::Result<Option<State>> {
        let seen = stamp(&self.path);
        let bytes = match fs::read(&self.path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        let bad = |why: String| io::Error::new(io::ErrorKind::InvalidData, why);
        let state: State =
            serde_json::from_slice(&bytes).map_err(|why| bad(format!("not an emulator state: {why}")))?;
        if state.format != FORMAT {
            return Err(bad(format!("emulator state of format {}; this one reads {FORMAT}", state.format)));
        }
        self.seen = seen;
        Ok(Some(state))
    }

    fn save(&mut self, state: &State) -> io::Result<()> {
        // It holds keys: its owner's alone, and under one name, so that a killed run leaves at most one, and the next
        // one takes it over. Whoever saves holds the lock.
        let name = self.path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let beside = folder_of(&self.path).join(format!(".{name}.tmp"));
        match std::fs::remove_file(&beside) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            Ok(()) | Err(_) => {}
        }
        let mut file = os::create_private(&beside)?;
        file.write_all(&serde_json::to_vec(state)?)?;
        std::fs::rename(&beside, &self.path)?;
        self.seen = stamp(&self.path);
        Ok(())
    }
}

fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}
