//! Every path, link and heading that a page names is there.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// What only exists once a command of the page was run.
const MADE_BY_COMMANDS: [&str; 2] = ["examples/quickstart/.env.maps", "examples/quickstart/routes.json"];
const ROOTS: [&str; 8] = ["src/", "tests/", "docs/", "examples/", "schema/", "benches/", "proof/", ".ci/"];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn pages() -> Vec<PathBuf> {
    let mut pages: Vec<PathBuf> =
        ["README.md", "CONTRIBUTING.md", "CHANGELOG.md"].iter().map(|page| root().join(page)).collect();
    let mut folders = vec![root().join("docs")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "md") {
                pages.push(path);
            }
        }
    }
    pages
}

/// The lines that are not in a fenced block.
fn prose(text: &str) -> String {
    let mut fenced = false;
    let outside = text.lines().filter(|line| {
        let fence = line.trim_start().starts_with("```");
        fenced ^= fence;
        !fenced && !fence
    });
    outside.collect::<Vec<_>>().join("\n")
}

/// The targets of links.
fn links(text: &str) -> impl Iterator<Item = &str> {
    text.split("](").skip(1).filter_map(|rest| rest.split_once(')')).map(|(link, _)| link)
}

/// The name by which a page's heading is linked.
fn anchors(text: &str) -> BTreeSet<String> {
    let headings =
        text.lines().filter_map(|line| line.strip_prefix('#')).map(|line| line.trim_start_matches('#').trim());
    let kept = |c: &char| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_');
    headings.map(|heading| heading.to_lowercase().chars().filter(kept).collect::<String>().replace(' ', "-")).collect()
}

#[test]
fn every_path_and_link_in_the_documentation_leads_somewhere() {
    let mut lost = Vec::new();
    let mut seen = 0;
    for page in pages() {
        let text = std::fs::read_to_string(&page).unwrap();
        let prose = prose(&text);
        let name = page.strip_prefix(root()).unwrap().display().to_string();
        for link in links(&prose).filter(|link| !link.contains("://")) {
            seen += 1;
            let (path, anchor) = link.split_once('#').map_or((link, None), |(path, anchor)| (path, Some(anchor)));
            let target = if path.is_empty() { page.clone() } else { page.parent().unwrap().join(path) };
            let heads = |anchor: &str| anchors(&std::fs::read_to_string(&target).unwrap()).contains(anchor);
            if !target.exists() || anchor.is_some_and(|anchor| !heads(anchor)) {
                lost.push(format!("{name}: {link}"));
            }
        }
        for path in prose.split('`').skip(1).step_by(2).filter(|code| ROOTS.iter().any(|root| code.starts_with(root))) {
            seen += 1;
            let is_path = !path.contains([' ', '*', '{', '…', '\n']);
            if is_path && !MADE_BY_COMMANDS.contains(&path) && !root().join(path).exists() {
                lost.push(format!("{name}: `{path}`"));
            }
        }
    }
    assert!(seen > 100, "the pages are read: {seen}");
    assert!(lost.is_empty(), "{lost:#?}");
}
