//! Every kind of sink: a file each, and a line in the table.

mod command;
mod dotenv;
mod file;
#[cfg(test)]
mod toy;

pub use super::document::{File, Format};
use super::kind::Kind;
pub use command::Command;

/// Every kind, in the order in which messages name them.
pub(crate) static KINDS: &[Kind] = &[
    file::KIND,
    dotenv::KIND,
    command::KIND,
    #[cfg(test)]
    toy::KIND,
];

/// The kind called `name`.
pub(crate) fn named(name: &str) -> Option<&'static Kind> {
    KINDS.iter().find(|kind| kind.name == name)
}
