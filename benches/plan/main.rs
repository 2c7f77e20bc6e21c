//! How long keyform takes over many credentials, beside `curl` asking the same portal the same things.
//!
//! `cargo bench --bench plan`, or with options `cargo bench --bench plan -- --sizes 1000,10000 --runs 7`; needs Linux
//! and `curl`. Figures are printed and never judged; what is judged is the number of requests.

#![expect(clippy::print_stdout, reason = "the figures are the point")]

mod fleet;
mod measure;
mod portal;

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use fleet::Layout;
use measure::{Figures, Run, median};
use portal::{Asked, Portal};

/// As many as keyform sends at a time unless it is told otherwise.
const PARALLEL: usize = 16;
/// The most that a portal puts on one page.
const PAGE: usize = 100;
/// The root, and the portal about itself.
const GREETING: usize = 2;

struct Options {
    program: PathBuf,
    sizes: Vec<usize>,
    runs: usize,
    latency: u64,
}

impl Options {
    fn read() -> Self {
        let mut options =
            Self { program: env!("CARGO_BIN_EXE_keyform").into(), sizes: vec![1_000], runs: 5, latency: 20 };
        let mut args = std::env::args().skip(1);
        while let Some(arg) = args.next() {
            let mut value = || args.next().unwrap_or_else(|| panic!("{arg} needs a value"));
            match arg.as_str() {
                // cargo's own word.
                "--bench" => {}
                "--program" => options.program = value().into(),
                "--sizes" => options.sizes = value().split(',').map(|size| size.parse().expect("a size")).collect(),
                "--runs" => options.runs = value().parse().expect("a number of runs"),
                "--latency" => options.latency = value().parse().expect("milliseconds"),
                other => panic!("no option {other}; there are --program, --sizes, --runs, --latency"),
            }
        }
        options
    }
}

fn main() {
    let options = Options::read();
    let size = std::fs::metadata(&options.program).expect("the program").len();
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    println!("{cores} cores, {} ms latency, {PARALLEL} requests at a time, {} runs", options.latency, options.runs);
    println!("program                 {:.1} MB", megabytes(size));
    start_up(&options);
    for size in &options.sizes {
        for layout in [Layout::FileEach, Layout::SharedFiles] {
            validate(&options, *size, layout);
        }
        plan(&options, *size);
    }
}

/// What needs no portal and no file.
fn start_up(options: &Options) {
    for verb in ["--help", "version"] {
        let runs = repeat(options.runs, || measure::run(Command::new(&options.program).arg(verb)));
        show(verb, &runs);
    }
}

fn validate(options: &Options, size: usize, layout: Layout) {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("keyform.yaml"), fleet::yaml(size, layout, "https://www.arcgis.com"))
        .expect("a file");
    let runs = repeat(options.runs, || {
        measure::run(Command::new(&options.program).arg("validate").current_dir(folder.path()))
    });
    show(&format!("validate {size}, {layout}"), &runs);
}

fn plan(options: &Options, size: usize) {
    let portal = Portal::start(&options.program);
    let folder = tempfile::tempdir().expect("a folder");
    let yaml = fleet::yaml(size, Layout::FileEach, &portal.url());
    std::fs::write(folder.path().join("keyform.yaml"), yaml).expect("a file");
    let token = portal.token();
    let keyform = |verb: &str| {
        let mut command = Command::new(&options.program);
        command.arg(verb).env("KEYFORM_TOKEN", &token).current_dir(folder.path());
        command
    };
    let apply = measure::run(keyform("apply").arg("--auto-approve"));
    show(&format!("apply {size} at 0 ms"), &[apply]);
    portal.settle(size, &token);
    portal.set_latency(options.latency);

    portal.forget();
    measure::run(keyform("plan").arg("--detailed-exitcode"));
    let asked = portal.asked();
    count(size, &asked);
    let urls = folder.path().join("urls");
    write_urls(&urls, &portal.url(), &asked, &token);

    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for _ in 0..options.runs {
        ours.push(measure::run(keyform("plan").arg("--detailed-exitcode")));
        let parallel = PARALLEL.to_string();
        let mut curl = Command::new("curl");
        curl.args(["--silent", "--fail", "--parallel", "--parallel-max", &parallel, "--config"]).arg(&urls);
        theirs.push(measure::run(&mut curl));
        portal.forget();
    }
    show(&format!("plan {size}"), &ours);
    show(&format!("curl, {} urls", 3 * size), &theirs);
    let ratios = ours.iter().zip(&theirs).map(|(ours, theirs)| ours.wall / theirs.wall);
    println!("plan / curl             {:.3}", median(ratios));
    portal.set_latency(0);
    let plain = repeat(options.runs.min(3), || measure::run(&mut keyform("plan")));
    show(&format!("plan {size} at 0 ms"), &plain);
}

/// Two requests for each credential and one for its key, and one page of each list for a hundred of them.
fn count(size: usize, asked: &[Asked]) {
    let told = |what: fn(&Asked) -> bool| asked.iter().filter(|one| what(one)).count();
    let (items, apps) = (told(Asked::is_item), told(Asked::is_app));
    let (listing, search) = (told(Asked::is_listing), told(Asked::is_search));
    // Who the account is is asked there too.
    let keys = told(Asked::is_self) - 1;
    let rest = asked.len() - items - apps - keys - listing - search;
    println!(
        "requests                {items} items, {apps} apps, {keys} keys, {listing} listing pages, {search} index pages, {rest} others"
    );
    assert_eq!((items, apps, keys), (size, size, size), "two requests for each credential, and one for its key");
    assert_eq!(listing, size.div_ceil(PAGE), "one listing page for each hundred");
    assert_eq!(search, size.div_ceil(PAGE), "one page of the index for each hundred");
    assert_eq!(rest, GREETING, "{:?}", asked.iter().filter(|one| !one.is_known()).collect::<Vec<_>>());
}

/// What `curl` is to fetch: what was asked for each credential, in that order, with the token where keyform puts it.
fn write_urls(path: &Path, root: &str, asked: &[Asked], token: &str) {
    let mut text = format!("header = \"X-Esri-Authorization: Bearer {token}\"\n");
    let keys = asked.iter().filter(|one| one.is_self()).skip(1);
    for one in asked.iter().filter(|one| one.is_item() || one.is_app()).chain(keys) {
        let Asked { path, query } = one;
        let _ = writeln!(text, "url = \"{root}{path}?{query}\"\noutput = \"/dev/null\"");
    }
    std::fs::write(path, text).expect("a file");
}

fn repeat(runs: usize, mut run: impl FnMut() -> Run) -> Vec<Run> {
    run();
    (0..runs).map(|_| run()).collect()
}

fn show(what: &str, runs: &[Run]) {
    let Figures { wall, spread, cpu, peak } = Figures::of(runs);
    println!(
        "{what:<23} {:>8.1} ms ({:.1} to {:.1}), CPU {:.2} s, peak {:.1} MB",
        wall * 1e3,
        spread.0 * 1e3,
        spread.1 * 1e3,
        cpu,
        peak
    );
}

#[expect(clippy::cast_precision_loss, reason = "a program is small")]
fn megabytes(bytes: u64) -> f64 {
    bytes as f64 / 1e6
}
