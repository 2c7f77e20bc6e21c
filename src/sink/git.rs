//! Keeps keys out of repositories.

use std::path::Path;
use std::time::Duration;

use super::error::Problem;
use super::place::Place;
use super::program::{Environment, Program};
use crate::text::escape;

const LIMIT: Duration = Duration::from_secs(30);

/// Refuses a file inside a git work tree, unless git ignores it and does not track it.
pub(super) async fn check_ignored(place: &Place, environment: &Environment) -> Result<(), Problem> {
    let dir = place.existing_folder();
    if !dir.ancestors().any(|folder| folder.join(".git").symlink_metadata().is_ok()) {
        return Ok(());
    }
    let path = place.target();
    let unknown = |why: String| Problem::GitUnknown { path: path.to_owned(), why };
    let Some(shown) = path.to_str() else { return Err(unknown("its name is not text".into())) };
    // Without `-v` or `--no-index`, git says no for a file that it tracks, whatever .gitignore says.
    let words = ["git", "check-ignore", "--quiet", "--", shown].map(str::to_owned);
    let environment = clean(environment);
    let program = Program { words: &words, dir, environment: &environment, limit: LIMIT };
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

/// Variables such as `GIT_DIR` or `GIT_INDEX_FILE`, which hooks set, would make git speak of another repository.
fn clean(environment: &Environment) -> Vec<(std::ffi::OsString, std::ffi::OsString)> {
    environment.iter().filter(|(name, _)| !name.as_encoded_bytes().starts_with(b"GIT_")).cloned().collect()
}

/// What is written into a folder of ours so that git leaves it alone.
pub(super) fn ignore_all(folder: &Path) -> std::io::Result<()> {
    let file = folder.join(".gitignore");
    if file.symlink_metadata().is_ok() { Ok(()) } else { std::fs::write(file, "*\n") }
}
