//! The direction of imports, read from the source: layers use those below them, and no files need each other in a circle.
//!
//! An import counts for the file that holds the thing, also where it comes through a `mod.rs` that passes it on.

#![allow(clippy::print_stdout, reason = "how much is left is worth a line")]

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::Path;

/// Every layer from the ground up, and those below that it uses.
const LAYERS: [(&str, &[&str]); 19] = [
    ("os", &[]),
    ("clock", &["os"]),
    ("files", &[]),
    ("model", &[]),
    ("text", &["model"]),
    ("sink", &["files", "model", "os", "text"]),
    ("config", &["files", "model", "sink", "text"]),
    ("http", &["clock", "files", "model", "text"]),
    ("emulator", &["clock", "os"]),
    ("plan", &["model"]),
    ("portal", &["clock", "http", "model", "text"]),
    ("live", &["model", "portal", "sink"]),
    ("apply", &["clock", "model", "plan", "portal", "sink"]),
    ("run", &["apply", "clock", "http", "live", "model", "os", "plan", "portal", "sink"]),
    ("rehearse", &["apply", "clock", "emulator", "http", "live", "model", "plan", "portal", "run", "sink"]),
    ("render", &["model", "plan", "rehearse", "text"]),
    (
        "cli",
        &[
            "apply", "clock", "config", "emulator", "http", "live", "model", "os", "plan", "portal", "rehearse",
            "render", "run", "sink", "text",
        ],
    ),
    ("lib", &[]),
    ("main", &["cli", "config"]),
];

type Module = Vec<String>;
type Arrows = BTreeMap<String, BTreeSet<String>>;

#[test]
fn layers_use_only_those_below_them() {
    for (index, (layer, used)) in LAYERS.iter().enumerate() {
        let below = |used: &&str| LAYERS[..index].iter().any(|(name, _)| name == used);
        assert!(used.iter().all(below), "`{layer}` is listed below something that it uses");
    }
    let may = |from: &str, to: &str| {
        let found = LAYERS.iter().find(|(name, _)| *name == from);
        from == to || found.unwrap_or_else(|| panic!("`{from}` is not in LAYERS")).1.contains(&to)
    };
    let arrows = arrows(&sources());
    let all = arrows.iter().flat_map(|(file, used)| used.iter().map(move |used| (file.as_str(), used.as_str())));
    let found: Vec<_> = all.filter(|(file, used)| !may(layer(file), layer(used))).collect();
    println!("{} files, {} imports that run another way", arrows.len(), found.len());
    assert!(found.is_empty(), "file, and what it uses: {found:#?}");
}

#[test]
fn no_files_need_each_other_in_a_circle() {
    let arrows = arrows(&sources());
    let circles = circles(&arrows);
    let mut shown = String::new();
    for circle in &circles {
        for file in circle {
            let inside: Vec<_> = arrows[file].iter().filter(|used| circle.contains(used)).collect();
            writeln!(shown, "  {file} uses {inside:?}").unwrap();
        }
    }
    println!("{} circles, {} files in them", circles.len(), circles.iter().map(Vec::len).sum::<usize>());
    assert!(circles.is_empty(), "what each file of a circle uses of it:\n{shown}");
}

#[test]
fn imports_are_seen_in_every_way_to_write_them() {
    let files = [
        ("lib.rs", "pub mod a;\nmod b;\nmod c;\n"),
        ("a/mod.rs", "mod one;\nmod two;\npub use one::{One, Other as Renamed};\nfn go() { two::run() }\n"),
        ("a/one.rs", "// use crate::c::C;\n#[cfg(test)]\nmod tests {\n    use crate::c::C;\n}\npub struct One;\n"),
        ("a/two.rs", "use super::Renamed;\n#[cfg(test)]\nuse crate::c::C;\nfn run() { crate::b::help::<u8>() }\n"),
        ("b.rs", "use crate::{\n    a::{self, One},\n    c::C as Sea,\n};\n"),
        ("c.rs", "pub(in crate::b) struct C;\nfn at() { let it: super::a::two::It; }\n"),
    ];
    let sources = files.map(|(file, text)| (file.to_owned(), production(text))).into();
    let arrows = arrows(&sources);
    let used = |file: &str| arrows[file].iter().map(String::as_str).collect::<Vec<_>>();
    assert_eq!(used("a/mod.rs"), ["a/two.rs"]);
    assert!(used("a/one.rs").is_empty());
    assert_eq!(used("a/two.rs"), ["a/one.rs", "b.rs"]);
    assert_eq!(used("b.rs"), ["a/mod.rs", "a/one.rs", "c.rs"]);
    assert_eq!(used("c.rs"), ["a/two.rs"]);
    assert_eq!(circles(&arrows), [["a/mod.rs", "a/two.rs", "b.rs", "c.rs"]]);
}

/// Which files each file imports from, by paths below `src`.
fn arrows(sources: &BTreeMap<String, String>) -> Arrows {
    let files: BTreeMap<Module, &str> = sources.keys().map(|file| (module_of(file), file.as_str())).collect();
    let read: BTreeMap<&str, Vec<Import>> =
        sources.iter().map(|(file, text)| (file.as_str(), imports(&module_of(file), text, &files))).collect();
    let known = |file: &str| {
        let named = |import: &Import| Some((import.name.clone()?, import.path.clone()));
        read[file].iter().filter_map(named).collect::<BTreeMap<_, _>>()
    };
    let known: BTreeMap<&str, BTreeMap<String, Module>> = read.keys().map(|file| (*file, known(file))).collect();
    let own = |file: &str, import: &Import| {
        // What a module only passes on from its own children is not its own need.
        let passed_on = import.is_passed_on && import.path.starts_with(&module_of(file));
        (!passed_on).then(|| holder(&import.path, &files, &known, 0)).flatten().filter(|used| *used != file)
    };
    read.iter()
        .map(|(file, imports)| {
            let used = imports.iter().filter_map(|import| own(file, import)).map(str::to_owned).collect();
            ((*file).to_owned(), used)
        })
        .collect()
}

/// The file that holds what a path names.
fn holder<'f>(
    path: &[String],
    files: &BTreeMap<Module, &'f str>,
    known: &BTreeMap<&str, BTreeMap<String, Module>>,
    depth: usize,
) -> Option<&'f str> {
    assert!(depth < 16, "{path:?} is passed on without end");
    let deepest = (0..=path.len()).rev().find(|length| files.contains_key(&path[..*length]))?;
    let file = files[&path[..deepest]];
    let passed = path.get(deepest).and_then(|name| known[file].get(name)).filter(|to| *to != path);
    match passed {
        Some(to) => holder(&[to, &path[deepest + 1..]].concat(), files, known, depth + 1),
        None => Some(file),
    }
}

/// The production files below `src`, without the parts that are only for tests.
fn sources() -> BTreeMap<String, String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = BTreeMap::new();
    let mut open = vec![root.clone()];
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            if path.is_dir() {
                open.extend((name != "tests").then_some(path));
            } else if path.extension().is_some_and(|kind| kind == "rs") && !name.ends_with("tests.rs") {
                let below = path.strip_prefix(&root).unwrap().to_str().unwrap().replace('\\', "/");
                found.insert(below, production(&std::fs::read_to_string(&path).unwrap()));
            }
        }
    }
    assert!(found.len() > 150, "only {} files were found", found.len());
    found
}

/// A source without comments and without the items that are only for tests.
fn production(text: &str) -> String {
    let mut kept = String::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        let code = line.trim_start();
        if code == "#[cfg(test)]" {
            let first = lines.find(|line| !line.trim_start().starts_with('#')).unwrap_or_default();
            if !first.ends_with([';', ',', '}']) {
                let end = line.replace(code, "}");
                lines.find(|line| line.starts_with(&end));
            }
        } else if !code.starts_with("//") {
            kept.push_str(line);
            kept.push('\n');
        }
    }
    kept
}

/// The module that a file is; the crate's root has no name.
fn module_of(file: &str) -> Module {
    let path = file.trim_end_matches(".rs");
    let mut module: Module = path.split('/').map(str::to_owned).collect();
    if matches!(module.last().map(String::as_str), Some("mod")) || path == "lib" {
        module.pop();
    }
    module
}

fn layer(file: &str) -> &str {
    file.split('/').next().unwrap().trim_end_matches(".rs")
}

struct Import {
    path: Module,
    /// What a `use` calls it.
    name: Option<String>,
    /// Whether it is there for others only.
    is_passed_on: bool,
}

/// Every path of a source that leads into the crate.
fn imports(module: &Module, text: &str, files: &BTreeMap<Module, &str>) -> Vec<Import> {
    let tokens = tokens(text);
    let spoken = spoken(&tokens);
    let mut found = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        let follows = |token: &str| at > 0 && tokens[at - 1] == token;
        let base = match tokens[at].as_str() {
            _ if follows("::") || follows("in") || tokens.get(at + 1).is_none_or(|next| next != "::") => None,
            "crate" => Some(Vec::new()),
            "keyform" if *module == ["main"] => Some(Vec::new()),
            "self" => Some(module.clone()),
            "super" => Some(module[..module.len().saturating_sub(1)].to_vec()),
            name => {
                let child: Module = module.iter().cloned().chain([name.to_owned()]).collect();
                files.contains_key(&child).then_some(child)
            }
        };
        let Some(mut base) = base else {
            at += 1;
            continue;
        };
        let before: Vec<&str> = tokens[at.saturating_sub(6)..at].iter().map(String::as_str).collect();
        let is_use = matches!(before.last(), Some(&"use"));
        let is_public = matches!(before.as_slice(), [.., "pub" | ")", "use"]);
        at += 2;
        while tokens.get(at).is_some_and(|token| token == "super") {
            base.pop();
            at += 2;
        }
        at = tree(&tokens, at, &base, &mut |path, name| {
            let is_passed_on = is_public && !spoken.contains(&name);
            found.push(Import { path, name: is_use.then_some(name), is_passed_on });
        });
    }
    found
}

/// The words of a source outside of its `use` and `mod` lines.
fn spoken(tokens: &[String]) -> BTreeSet<&String> {
    let statements = tokens.split(|token| token == ";");
    let rest = statements.map(|words| {
        let end = words.iter().position(|word| word == "use" || word == "mod");
        &words[..end.unwrap_or(words.len())]
    });
    rest.flatten().collect()
}

/// Reads what follows a `::`, and returns where it ends.
fn tree(tokens: &[String], mut at: usize, base: &[String], found: &mut dyn FnMut(Module, String)) -> usize {
    if tokens[at] == "{" {
        at += 1;
        while tokens[at] != "}" {
            at = tree(tokens, at, base, found);
            at += usize::from(tokens[at] == ",");
        }
        return at + 1;
    }
    if tokens[at] == "self" || !tokens[at].starts_with(|c: char| c.is_alphabetic() || c == '_') {
        found(base.to_vec(), base.last().cloned().unwrap_or_default());
        return at + 1;
    }
    let path: Module = base.iter().cloned().chain([tokens[at].clone()]).collect();
    match tokens.get(at + 1).map(String::as_str) {
        Some("::") if tokens.get(at + 2).is_some_and(|next| next != "<") => tree(tokens, at + 2, &path, found),
        Some("as") => {
            found(path, tokens[at + 2].clone());
            at + 3
        }
        _ => {
            let name = tokens[at].clone();
            found(path, name);
            at + 1
        }
    }
}

/// Words, `::`, and every other character that is no space.
fn tokens(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let word = rest.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(rest.len());
        let length = if word > 0 {
            word
        } else if rest.starts_with("::") {
            2
        } else {
            first.len_utf8()
        };
        found.push(rest[..length].to_owned());
        rest = rest[length..].trim_start();
    }
    found
}

/// The sets of files each of which reaches every other.
fn circles(arrows: &Arrows) -> Vec<Vec<String>> {
    let reach = |from: &String| {
        let mut seen = BTreeSet::new();
        let mut open: Vec<&String> = arrows[from].iter().collect();
        while let Some(file) = open.pop() {
            if seen.insert(file.clone()) {
                open.extend(&arrows[file]);
            }
        }
        seen
    };
    let reached: Arrows = arrows.keys().map(|file| (file.clone(), reach(file))).collect();
    let mut found = BTreeSet::new();
    for (file, others) in &reached {
        let circle: Vec<String> = others.iter().filter(|other| reached[*other].contains(file)).cloned().collect();
        found.extend((circle.len() > 1).then_some(circle));
    }
    found.into_iter().collect()
}
