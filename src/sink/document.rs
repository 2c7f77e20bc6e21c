//! A key in a file: what the kinds that write files share, and how a key is found in bytes and gets there.

use jiff::SignedDuration;

use super::error::Problem;
use super::field::Path;
use super::kind::{Machine, Outside, Reply, Setting, Shape, Sink, SinkPath};
use super::look::Look;
use super::place::Place;
use super::{dotenv, git, json, yaml};
use crate::model::{Secret, SinkAbility};

/// No key file is larger; what is larger was named by mistake.
const LONGEST_RAW: usize = 16 * 1024;

/// The setting that all of them have.
pub(super) const PATH: Setting = Setting(
    "path",
    "Of `dotenv` and `file`: the file, relative to the configuration file.",
    Shape::Text("The file, relative to this file."),
);

/// A sink of type `file` or `dotenv`: a file, or a part of one. Everything else in it is kept byte for byte.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// Where.
    pub path: SinkPath,
    /// How it holds the key.
    pub format: Format,
}

impl Sink for File {
    fn outside(&self) -> Outside {
        let SinkPath { shown, at: _ } = &self.path;
        let (kind, part) = self.format.kind_and_part();
        let place = part.map_or_else(|| shown.clone(), |(_, field)| format!("{shown}#{field}"));
        Outside {
            id: format!("{kind}:{place}"),
            place,
            whole: format!("file:{shown}"),
            part: part.map(|(format, field)| (format, field.to_owned())),
            ability: SinkAbility { reads: true, ..SinkAbility::default() },
            time: SignedDuration::from_secs(10),
        }
    }

    /// Its folder can be written, its owner kept, its content read and edited, and git ignores it.
    fn ready<'a>(&'a self, machine: &'a Machine) -> Reply<'a, ()> {
        Box::pin(async {
            let place = Place::of(&self.path.at)?;
            if machine.ask_git {
                git::check_ignored(&place, &machine.environment).await?;
            }
            place.check_writable()?;
            if place.has_folder() {
                let _one = machine.turn.lock().await;
                let turn = place.turn().await?;
                place.sweep(&turn)?;
            }
            // Edits a copy in memory, so that a document that cannot be edited is known before a key is issued.
            let old = place.read()?.unwrap_or_default();
            self.format.read(&old)?;
            self.format.written(&old, &Secret::new("AAPTrehearsal".to_owned())).map(drop)
        })
    }

    fn look<'a>(&'a self, _: &'a Machine) -> Reply<'a, Look> {
        Box::pin(async {
            let bytes = match Place::of(&self.path.at) {
                Ok(place) => place.read()?,
                // Nothing is there, which is for `ready` to complain about.
                Err(Problem::NoFolder { .. }) => None,
                Err(problem) => return Err(problem),
            };
            let key = bytes.map_or(Ok(None), |bytes| self.format.read(&bytes))?;
            Ok(key.map_or(Look::Absent, Look::Value))
        })
    }

    fn write<'a>(&'a self, machine: &'a Machine, key: &'a Secret) -> Reply<'a, ()> {
        Box::pin(async {
            let _one = machine.turn.lock().await;
            let mut place = Place::of(&self.path.at)?;
            place.make_folder()?;
            let turn = place.turn().await?;
            let old = place.read()?.unwrap_or_default();
            place.replace(&self.format.written(&old, key)?, &turn)
        })
    }

    fn sweep(&self) {
        if let Ok(place) = Place::of(&self.path.at) {
            place.sweep_if_idle();
        }
    }
}

/// How the bytes of a file hold a key; a field is a dotted path, such as `maps.apiKey`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "a field is what it is called")]
pub enum Format {
    /// The key and nothing else.
    Raw,
    /// A field of a JSON document.
    Json { field: String },
    /// A field of a YAML document.
    Yaml { field: String },
    /// A variable of a dotenv file.
    Dotenv { name: String },
}

impl Format {
    /// The kind of sink that it makes; what it is called, and the field in it, unless it is all of a file.
    fn kind_and_part(&self) -> (&'static str, Option<(&'static str, &str)>) {
        match self {
            Self::Raw => ("file", None),
            Self::Json { field } => ("file", Some(("json", field))),
            Self::Yaml { field } => ("file", Some(("yaml", field))),
            Self::Dotenv { name } => ("dotenv", Some(("dotenv", name))),
        }
    }

    /// The key in `file`; `None` where its place is missing or empty.
    pub(super) fn read(&self, file: &[u8]) -> Result<Option<Secret>, Problem> {
        match self {
            Self::Raw => raw(file).map(|key| (!key.is_empty()).then(|| Secret::new(key.to_owned()))),
            Self::Json { field } => json::read(file, &Path::new(field)?),
            Self::Yaml { field } => yaml::read(file, &Path::new(field)?),
            Self::Dotenv { name } => dotenv::read(file, name),
        }
    }

    /// `file` with `key` in its place. What comes back was read again and gives `key`.
    pub(super) fn written(&self, file: &[u8], key: &Secret) -> Result<Vec<u8>, Problem> {
        let new = match self {
            Self::Raw => raw(file).map(|_| key.reveal().as_bytes().to_vec())?,
            Self::Json { field } => json::written(file, &Path::new(field)?, key)?,
            Self::Yaml { field } => yaml::written(file, &Path::new(field)?, key)?,
            Self::Dotenv { name } => dotenv::written(file, name, key)?,
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
                Format::Dotenv { name: "KEY".into() }, Format::Raw, Format::Json { field: field.clone() }, Format::Yaml { field },
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
