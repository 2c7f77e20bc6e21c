//! What happens while a plan is carried out.

use crate::model::CredentialName;
use crate::plan::{Act, Work};

use super::report::Tried;

/// Something a person may want to see at once.
#[derive(Debug)]
pub enum Event<'a> {
    /// A step of a credential begins.
    Begins { name: &'a CredentialName, work: &'a Work, act: &'a Act },
    /// A step of a credential is done; the words are for the progress line.
    Step { name: &'a CredentialName, what: &'a str },
    /// A credential is done with, one way or the other.
    Finished(&'a Tried),
}

/// Whoever wants to know.
pub trait Events: Sync {
    /// Something happened.
    fn event(&self, event: &Event<'_>);
}

/// For callers that do not.
impl Events for () {
    fn event(&self, _: &Event<'_>) {}
}
