//! Runs a program without a shell, within a time, with all it starts.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::pin::pin;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process_group};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::process::Command;
use tokio::time::timeout;

use super::error::Problem;

/// How much of what a program says is kept: its end.
pub(super) const KEPT: usize = 64 * 1024;

/// How long to read on after the program ended, in case something it started still holds its output.
const GRACE: Duration = Duration::from_secs(1);

/// Names and values that programs get to see.
pub(super) type Environment = [(OsString, OsString)];

/// How a program is run.
pub(super) struct Program<'a> {
    /// The program and its arguments.
    pub(super) words: &'a [String],
    /// Where it runs.
    pub(super) dir: &'a Path,
    /// All of its environment.
    pub(super) environment: &'a Environment,
    /// After this time it is killed, with all it started.
    pub(super) limit: Duration,
}

/// How it went.
pub(super) struct Ran {
    /// `None` when the time was over.
    pub(super) status: Option<ExitStatus>,
    /// The end of its standard output.
    pub(super) out: Vec<u8>,
    /// The end of its standard error.
    pub(super) err: Vec<u8>,
}

impl Program<'_> {
    /// What people call it: the first word.
    pub(super) fn name(&self) -> String {
        crate::text::escape::plain(self.words.first().map_or("", String::as_str)).into_owned()
    }

    /// The file that would be run. A name without a slash is looked up in `PATH`.
    pub(super) fn locate(&self) -> Result<PathBuf, Problem> {
        if !self.dir.is_dir() {
            return Err(Problem::NoFolder { folder: self.dir.to_owned() });
        }
        let name = self.words.first().map_or("", String::as_str);
        let runs =
            |path: &PathBuf| path.is_file() && rustix::fs::access(path.as_path(), rustix::fs::Access::EXEC_OK).is_ok();
        let found = if name.contains('/') {
            Some(self.dir.join(name)).filter(runs)
        } else {
            let path = self.environment.iter().find(|(variable, _)| variable == "PATH").map(|(_, path)| path);
            let folders = path.into_iter().flat_map(std::env::split_paths);
            folders.map(|folder| self.dir.join(folder).join(name)).find(runs).filter(|_| !name.is_empty())
        };
        found.ok_or_else(|| Problem::NoProgram { program: self.name() })
    }

    /// Runs it with `input` on its standard input, byte for byte, and nothing after.
    pub(super) async fn run(&self, input: &[u8]) -> Result<Ran, Problem> {
        let mut child = Command::new(self.locate()?)
            .args(self.words.iter().skip(1))
            .current_dir(self.dir)
            .env_clear()
            .envs(self.environment.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            // A group of its own: what it starts ends with it, and Ctrl-C does not reach it in the middle of a write.
            .process_group(0)
            .kill_on_drop(true)
            .spawn()
            .map_err(|why| Problem::CannotStart { program: self.name(), why })?;
        let mut group = Group(child.id());
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let (stdin, stdout, stderr) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
        let ended = timeout(self.limit, async {
            let mut read = pin!(async { tokio::join!(keep_end(stdout, &mut out), keep_end(stderr, &mut err)) });
            let mut work = pin!(async { tokio::join!(feed(stdin, input), child.wait()).1 });
            tokio::select! {
                status = &mut work => {
                    let _ = timeout(GRACE, read).await;
                    status
                }
                _ = &mut read => work.await,
            }
        })
        .await;
        let status = match ended {
            Ok(Ok(status)) => {
                group.spare();
                Some(status)
            }
            Ok(Err(why)) => return Err(Problem::CannotStart { program: self.name(), why }),
            Err(_) => {
                drop(group);
                let _ = timeout(GRACE, child.wait()).await;
                None
            }
        };
        Ok(Ran { status, out, err })
    }
}

/// A process group that is killed when this is dropped, be it because nobody waits for it any more.
struct Group(Option<u32>);

impl Group {
    /// It ended by itself.
    fn spare(&mut self) {
        self.0 = None;
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        let id = self.0.and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw);
        if let Some(id) = id {
            // It may be gone already.
            let _ = kill_process_group(id, Signal::KILL);
        }
    }
}

async fn feed(to: Option<tokio::process::ChildStdin>, input: &[u8]) {
    if let Some(mut to) = to {
        // A program that does not read is judged by how it ends.
        let _ = to.write_all(input).await;
        let _ = to.shutdown().await;
    }
}

async fn keep_end(from: Option<impl AsyncRead + Unpin>, end: &mut Vec<u8>) {
    let Some(mut from) = from else { return };
    let mut piece = [0; 4096];
    while let Ok(read @ 1..) = from.read(&mut piece).await {
        end.extend_from_slice(&piece[..read]);
        if end.len() > 2 * KEPT {
            end.drain(..end.len() - KEPT);
        }
    }
}
