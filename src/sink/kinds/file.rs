//! A file of its own, or one field of a file.

use crate::sink::document::{File, Format, PATH};
use crate::sink::kind::{Fault, Kind, Reader, Setting, Shape, Sink};

pub(super) const KIND: Kind = Kind {
    name: "file",
    about: ["A file of its own, or one field of a file."; 2],
    settings: &[
        PATH,
        Setting(
            "format",
            "Of `file`: how it holds the key. By default `raw`.",
            Shape::Choice(
                "How the file holds the key. By default `raw`.",
                ("Format", "How a file holds the key."),
                &[
                    ("raw", "The key and nothing else."),
                    ("json", "A field of a JSON document."),
                    ("yaml", "A field of a YAML document."),
                ],
            ),
        ),
        Setting(
            "field",
            "Of `file` with `json` or `yaml`: the dotted path of the field, such as `maps.apiKey`.",
            Shape::Text("For `json` and `yaml`: the dotted path of the field, such as `maps.apiKey`."),
        ),
    ],
    required: &["path"],
    runs: &[],
    read,
};

fn read(here: &mut dyn Reader) -> Option<Box<dyn Sink>> {
    let (path, format) = (here.path(), here.text("format").filter(|format| format != "raw"));
    let format = match (format, here.text("field")) {
        (None, None) => Format::Raw,
        (None, Some(_)) => {
            let help = "add `format: json` or `format: yaml`, or remove `field`";
            here.wrong(Fault::Argument, "field", "a raw file has no fields", help);
            return None;
        }
        (Some(_), None) => {
            let help = "add a dotted path, such as `field: maps.apiKey`";
            here.wrong(Fault::Argument, "format", "a json or yaml file needs a `field` for the key", help);
            return None;
        }
        (Some(format), Some(field)) => {
            let field = field.trim().to_owned();
            let part = |part: &str| !part.is_empty() && !part.chars().any(|c| c.is_control() || c.is_whitespace());
            if !field.split('.').all(part) {
                here.wrong(Fault::Field, "field", &format!("{} is not a field", here.quoted(&field)), "");
                return None;
            }
            if format == "json" { Format::Json { field } } else { Format::Yaml { field } }
        }
    };
    Some(Box::new(File { path: path?, format }))
}
