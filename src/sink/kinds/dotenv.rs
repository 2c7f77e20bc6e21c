//! One variable of a dotenv file.

use crate::sink::document::{File, Format, PATH};
use crate::sink::dotenv::is_variable;
use crate::sink::kind::{Fault, Kind, Reader, Setting, Shape, Sink};

pub(super) const KIND: Kind = Kind {
    name: "dotenv",
    about: ["One variable of a dotenv file.", "One variable of a dotenv file; everything else in it is kept."],
    settings: &[PATH, Setting("name", "Of `dotenv`: the variable.", Shape::Text("The variable."))],
    required: &["path", "name"],
    runs: &[],
    read,
};

fn read(here: &mut dyn Reader) -> Option<Box<dyn Sink>> {
    let (path, name) = (here.path(), here.text("name")?);
    if !is_variable(&name) {
        here.wrong(Fault::Variable, "name", &format!("{} is not the name of a variable", here.quoted(&name)), "");
        return None;
    }
    Some(Box::new(File { path: path?, format: Format::Dotenv { name } }))
}
