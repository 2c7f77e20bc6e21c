//! Whether a file is one of ours: only then may a report quote it.
//!
//! A path in a configuration can lead to a private key, and the report to a public log. So of a file that is no mapping
//! with a key of a configuration, nothing is shown but its name.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use super::codes;
use super::later::{self, Place};
use super::problem::Problem;
use super::schema;
use super::source::{FileId, Span};
use super::tree::{Cursor, Node, Shape};
use crate::model::Code;

/// Every key that may stand at the top of a file.
static KEYS: LazyLock<BTreeSet<String>> = LazyLock::new(|| {
    let schema = schema::config_schema();
    schema["properties"].as_object().into_iter().flat_map(|keys| keys.keys().cloned()).collect()
});

/// Whether what was read of `file`, `text`, has a key of ours; if not, what is wrong with it as a whole, without a word
/// of what is in it. `problems` are those of reading.
pub(super) fn is_ours(file: FileId, tree: Option<&Node>, text: &str, problems: &[Problem]) -> Result<(), Problem> {
    let start = Span { file, start: 0, end: 0 };
    let foreign = |code: &'static Code, message: &str| Err(Problem::at(code, start, message));
    let Some(tree) = tree else {
        return match problems.last().map(|problem| problem.code) {
            _ if has_line_of_ours(text) => Ok(()),
            // These two say nothing of what is there.
            Some(codes::EMPTY_FILE) => foreign(codes::EMPTY_FILE, "the file holds nothing"),
            Some(codes::TOO_LARGE) => foreign(codes::TOO_LARGE, "the file has too many values, or they nest too deep"),
            Some(_) | None => {
                foreign(codes::NOT_A_CONFIGURATION, "the file is no YAML, and has no key of a configuration")
            }
        };
    };
    match &tree.shape {
        Shape::Mapping(_) if Cursor::root(tree).entries().any(|(key, _)| is_key(key)) => Ok(()),
        Shape::Mapping(_) => foreign(codes::NOT_A_CONFIGURATION, "the file has no key of a configuration"),
        Shape::Sequence(_) => foreign(codes::WRONG_TYPE, "the file should be a mapping, not a list"),
        Shape::Scalar { .. } => foreign(codes::WRONG_TYPE, "the file should be a mapping, not a string"),
    }
}

fn is_key(key: &str) -> bool {
    KEYS.contains(key) || later::instead(Place::Top, key).is_some()
}

/// Whether a line starts as a mapping of ours does, be the rest of it broken.
fn has_line_of_ours(text: &str) -> bool {
    text.lines().any(|line| {
        let start = line.trim_start_matches([' ', '\t', '{', ',', '"', '\'', '\u{feff}']);
        let end = start.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(start.len());
        let after = start[end..].trim_start_matches(['"', '\'']).trim_start();
        after.starts_with(':') && is_key(&start[..end])
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::tree;

    fn judged(text: &str) -> Result<(), Problem> {
        let mut problems = Vec::new();
        let tree = tree::read(FileId::ROOT, text, &mut problems);
        is_ours(FileId::ROOT, tree.as_deref(), text, &problems)
    }

    #[test]
    fn a_mapping_with_a_key_of_ours_is_ours_and_stays_so_where_it_is_broken() {
        for text in [
            "keyform: 1\n",
            "{\"stack\":\"x\"}",
            "credentials: {}\nother: 1\n",
            "policies: []\n",
            "keyform: 1\n\tstack: x\n",
            "{\"keyform\":1,",
            "stack: 'x\n",
        ] {
            assert_eq!(judged(text), Ok(()), "{text:?}");
        }
    }

    #[test]
    fn of_anything_else_nothing_is_told() {
        for text in [
            "",
            "//registry.example/:_authToken=abc\n",
            "-----BEGIN PRIVATE KEY-----\nMIIE\n-----END PRIVATE KEY-----\n",
            "PATH=/usr/bin\0HOME=/root\0",
            "- a\n- b\n",
            "password: abc\nuser: x\n",
            "machine example.com login me password x: y: z\n",
            "[core]\n\tfsmonitor = true\n",
            "# stack: x\n{\n",
        ] {
            let Err(Problem { message, .. }) = judged(text) else { panic!("{text:?}") };
            assert!(message.starts_with("the file "), "{message}");
        }
    }
}
