//! One process from its start to its end: time, CPU, memory.

use std::fs;
use std::process::{Command, Stdio};
use std::time::Duration;

use keyform::clock::Tick;
use rustix::process::{Pid, WaitId, WaitIdOptions};

/// Linux counts CPU time in hundredths of a second wherever it tells of it.
const TICKS: f64 = 100.0;

/// What one process took.
pub(crate) struct Run {
    /// Seconds from start to end.
    pub(crate) wall: f64,
    /// Seconds of CPU, user and system.
    cpu: f64,
    /// The most memory it had, in MB; looked at while it ran.
    peak: f64,
}

/// Several runs as one line.
pub(crate) struct Figures {
    pub(crate) wall: f64,
    pub(crate) spread: (f64, f64),
    pub(crate) cpu: f64,
    pub(crate) peak: f64,
}

impl Figures {
    pub(crate) fn of(runs: &[Run]) -> Self {
        let walls = || runs.iter().map(|run| run.wall);
        Self {
            wall: median(walls()),
            spread: (walls().fold(f64::INFINITY, f64::min), walls().fold(0.0, f64::max)),
            cpu: median(runs.iter().map(|run| run.cpu)),
            peak: runs.iter().map(|run| run.peak).fold(0.0, f64::max),
        }
    }
}

pub(crate) fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    match values.len() {
        0 => f64::NAN,
        len if len % 2 == 1 => values[middle],
        _ => f64::midpoint(values[middle - 1], values[middle]),
    }
}

/// Runs `command`, which has to succeed.
pub(crate) fn run(command: &mut Command) -> Run {
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
    let started = Tick::now();
    let child = command.spawn().expect("a program that starts");
    let pid = Pid::from_child(&child);
    let mut peak = 0.0;
    let mut pause = Duration::from_micros(200);
    // Looked at without being reaped, so that what it took can still be read.
    let options = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
    while rustix::process::waitid(WaitId::Pid(pid), options).expect("a child").is_none() {
        if pause > Duration::from_millis(2) {
            peak = resident(pid).unwrap_or(peak);
        }
        std::thread::sleep(pause);
        pause = (pause + pause / 8).min(Duration::from_millis(5));
    }
    let wall = started.elapsed().as_secs_f64();
    let cpu = cpu(pid).unwrap_or(f64::NAN);
    let output = child.wait_with_output().expect("a child");
    assert!(output.status.success(), "{command:?}: {}\n{}", output.status, String::from_utf8_lossy(&output.stderr));
    Run { wall, cpu, peak }
}

fn resident(pid: Pid) -> Option<f64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kilobytes: f64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kilobytes * 1024.0 / 1e6)
}

fn cpu(pid: Pid) -> Option<f64> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name in parentheses may hold anything.
    let mut rest = stat.rsplit_once(')')?.1.split_whitespace().skip(11);
    let (user, system): (f64, f64) = (rest.next()?.parse().ok()?, rest.next()?.parse().ok()?);
    Some((user + system) / TICKS)
}
