//! What stands in a file: how a key is found in its bytes, and how it gets there.

use super::error::Problem;
use super::field::Path;
use super::{dotenv, json, yaml};
use crate::model::{FileFormat, Secret, SinkPath, SinkTarget};

/// No key file is larger; what is larger was named by mistake.
const LONGEST_RAW: usize = 16 * 1024;

/// How the bytes of a file hold a key.
pub(super) enum Format<'a> {
    Raw,
    Json(Path<'a>),
    Yaml(Path<'a>),
    Dotenv(&'a str),
}

impl<'a> Format<'a> {
    /// Path and format of a sink that is a file; `None` for others.
    pub(super) fn of(target: &'a SinkTarget) -> Result<Option<(&'a SinkPath, Self)>, Problem> {
        Ok(Some(match target {
            SinkTarget::File { path, format: FileFormat::Raw } => (path, Self::Raw),
            SinkTarget::File { path, format: FileFormat::Json { field } } => (path, Self::Json(Path::new(field)?)),
            SinkTarget::File { path, format: FileFormat::Yaml { field } } => (path, Self::Yaml(Path::new(field)?)),
            SinkTarget::Dotenv { path, name } => (path, Self::Dotenv(variable(name)?)),
            SinkTarget::Command { .. } => return Ok(None),
        }))
    }

    /// The key in `file`; `None` where its place is missing or empty.
    pub(super) fn read(&self, file: &[u8]) -> Result<Option<Secret>, Problem> {
        match self {
            Self::Raw => raw(file).map(|key| (!key.is_empty()).then(|| Secret::new(key.to_owned()))),
            Self::Json(path) => json::read(file, path),
            Self::Yaml(path) => yaml::read(file, path),
            Self::Dotenv(name) => dotenv::read(file, name),
        }
    }

    /// `file` with `key` in its place. What comes back was read again and gives `key`.
    pub(super) fn written(&self, file: &[u8], key: &Secret) -> Result<Vec<u8>, Problem> {
        let new = match self {
            Self::Raw => raw(file).map(|_| key.reveal().as_bytes().to_vec())?,
            Self::Json(path) => json::written(file, path, key)?,
            Self::Yaml(path) => yaml::written(file, path, key)?,
            Self::Dotenv(name) => dotenv::written(file, name, key)?,
        };
        if self.holds(&new, key) {
            Ok(new)
        } else {
            Err(Problem::Unwritable { why: "it would not read back the same" })
        }
    }

    /// Whether `key` is what stands in `file`.
    pub(super) fn holds(&self, file: &[u8], key: &Secret) -> bool {
        matches!(self.read(file), Ok(Some(found)) if found.reveal() == key.reveal())
    }
}

/// The only line of a raw file. Whatever has more lines is no key file, and is neither read nor replaced.
fn raw(file: &[u8]) -> Result<&str, Problem> {
    let other = |why: &str| Problem::Invalid { format: "raw", why: why.to_owned() };
    if file.len() > LONGEST_RAW {
        return Err(other("it is too long for a file that holds a key and nothing else"));
    }
    let text = std::str::from_utf8(file).map_err(|_| other("it holds bytes that are not text"))?;
    let line = text.strip_suffix("\r\n").or_else(|| text.strip_suffix('\n')).unwrap_or(text);
    if line.contains(['\n', '\r']) {
        return Err(other("it has several lines, so it holds more than a key"));
    }
    Ok(line)
}

fn variable(name: &str) -> Result<&str, Problem> {
    let starts = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    if starts && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') {
        Ok(name)
    } else {
        Err(Problem::Field { field: name.to_owned(), why: "is not a name that every loader of dotenv files accepts" })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_raw_file_is_the_key_and_nothing_else_but_one_line_break_is_forgiven() {
        let key = Secret::new("abc".into());
        assert_eq!(Format::Raw.written(b"old\n", &key).unwrap(), b"abc");
        for file in [&b"abc"[..], b"abc\n", b"abc\r\n"] {
            assert!(Format::Raw.holds(file, &key));
        }
        assert!(Format::Raw.read(b"\n").unwrap().is_none());
    }

    #[test]
    fn a_file_with_more_than_a_key_in_it_is_not_overwritten() {
        let key = Secret::new("abc".into());
        for file in [&b"# shell\nset -e\n"[..], b"a\n\n", b"\xff\xd8", &vec![b'x'; LONGEST_RAW + 1]] {
            assert!(matches!(Format::Raw.written(file, &key), Err(Problem::Invalid { .. })));
        }
        assert!(matches!(Format::Raw.written(b"", &Secret::new("a\nb".into())), Err(Problem::Unwritable { .. })));
    }

    #[test]
    fn a_variable_has_a_name_that_every_loader_accepts() {
        assert!(variable("ARCGIS_API_KEY").is_ok());
        for odd in ["", "1A", "A-B", "A B", "A=B", "é"] {
            assert!(variable(odd).is_err(), "{odd}");
        }
    }

    /// Text dense in what has a meaning in one of the formats.
    fn dense() -> impl Strategy<Value = String> {
        let piece = prop::sample::select(vec![
            "a",
            "b",
            "KEY",
            "export ",
            "=",
            ":",
            ": ",
            "{",
            "}",
            "[",
            "]",
            ",",
            "\"",
            "'",
            "`",
            "\\",
            "#",
            " #",
            " ",
            "  ",
            "\t",
            "\n",
            "\r\n",
            "\n  ",
            "- ",
            "? ",
            "|",
            ">-",
            "&x ",
            "*x",
            "<<",
            "!t ",
            "~",
            "null",
            "1",
            "é",
            "東",
            "\u{feff}",
            "---\n",
            "...\n",
            "%",
            "\u{85}",
            "\u{2028}",
            "a: old\n",
            "b:\n  a: old\n",
            "\"a\": \"old\"",
            "KEY=old\n",
        ]);
        prop::collection::vec(piece, 0..14).prop_map(|pieces| pieces.concat())
    }

    proptest! {
        #[test]
        fn no_document_is_lost_or_stops_us(text in dense(), field in "[ab](\\.[ab])?") {
            let key = Secret::new("k1".into());
            let formats = [
                Format::Dotenv("KEY"), Format::Raw, Format::Json(Path::new(&field).unwrap()), Format::Yaml(Path::new(&field).unwrap()),
            ];
            for format in formats {
                let _ = format.read(text.as_bytes()).map(drop);
                let Ok(new) = format.written(text.as_bytes(), &key) else { continue };
                prop_assert!(format.holds(&new, &key));
                prop_assert_eq!(&format.written(&new, &key).unwrap(), &new);
            }
        }
    }
}
