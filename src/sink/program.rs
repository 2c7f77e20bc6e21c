//! Runs a program without a shell, within a time, with all it starts.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::pin::pin;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::process::Command;
use tokio::time::timeout;

use super::error::Problem;
use crate::os;

/// How much of what a program says is kept: its end.
pub(super) const KEPT: usize = 64 * 1024;

/// How long to read on after the program ended, in case something it started still holds its output.
const GRACE: Duration = Duration::from_secs(1);

/// How long a program that took too long has to end by itself once it is asked to.
const LAST_WORDS: Duration = Duration::from_secs(1);

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
    /// After this time it is asked to end, and then killed, with all it started.
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
        let runs = |path: &PathBuf| os::is_executable(path);
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
        let mut command = Command::new(self.locate()?);
        command
            .args(self.words.iter().skip(1))
            .current_dir(self.dir)
            .env_clear()
            .envs(self.environment.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let (mut child, group) =
            os::start(&mut command).map_err(|why| Problem::CannotStart { program: self.name(), why })?;
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let (stdin, stdout, stderr) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
        let ended = {
            let mut done = pin!(async {
                let mut read = pin!(async { tokio::join!(keep_end(stdout, &mut out), keep_end(stderr, &mut err)) });
                let mut work = pin!(async { tokio::join!(feed(stdin, input), child.wait()).1 });
                tokio::select! {
                    status = &mut work => {
                        let _ = timeout(GRACE, read).await;
                        status
                    }
                    _ = &mut read => work.await,
                }
            });
            if let Ok(ended) = timeout(self.limit, &mut done).await {
                group.ended();
                Some(ended)
            } else {
                group.terminate();
                // Its streams stay open for as long, or what it says now would end it.
                let tidied = timeout(LAST_WORDS, &mut done).await.is_ok();
                drop(group);
                if !tidied {
                    let _ = timeout(GRACE, &mut done).await;
                }
                None
            }
        };
        let status = ended.transpose().map_err(|why| Problem::CannotStart { program: self.name(), why })?;
        Ok(Ran { status, out, err })
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
