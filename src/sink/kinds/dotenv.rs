//! One variable of a dotenv file.

use crate::sink::document::{Document, Format, PATH};
use crate::sink::dotenv::is_variable;
use crate::sink::kind::{Fault, Kind, Reader, Setting, Shape, Sink, SinkPath};

pub(super) const KIND: Kind = Kind {
    name: "dotenv",
    about: ["One variable of a dotenv file.", "One variable of a dotenv file; everything else in it is kept."],
    settings: &[PATH, Setting("name", "Of `dotenv`: the variable.", Shape::Text("The variable."))],
    required: &["path", "name"],
    runs: &[],
    read,
};

/// A sink of type `dotenv`; everything else in the file is kept byte for byte.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dotenv {
    /// Where.
    pub path: SinkPath,
    /// The variable.
    pub name: String,
}

impl Document for Dotenv {
    const KIND: &'static str = KIND.name;

    fn path(&self) -> &SinkPath {
        &self.path
    }

    fn format(&self) -> Format<'_> {
        Format::Dotenv(&self.name)
    }
}

fn read(here: &mut dyn Reader) -> Option<Box<dyn Sink>> {
    let (path, name) = (here.path(), here.text("name")?);
    if !is_variable(&name) {
        here.wrong(Fault::Variable, "name", &format!("{} is not the name of a variable", here.quoted(&name)), "");
        return None;
    }
    Some(Box::new(Dotenv { path: path?, name }))
}
