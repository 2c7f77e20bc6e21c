//! Who says that something is carried out: a flag, or a person at the terminal.

use crate::model::{CredentialName, StackName};

use super::console::Console;
use super::refusal::Refusal;

/// How a plan comes to be carried out.
#[derive(Clone, Copy, Debug)]
pub(super) enum Approval<'a> {
    /// A flag said so.
    Given,
    /// A person says `yes`.
    Yes,
    /// A person, or this flag, names the stack: there is no way back.
    StackName(Option<&'a str>),
    /// A person, or this flag, names the credential: somebody may go dark.
    CredentialName { name: &'a CredentialName, given: Option<&'a str> },
    /// The same where no plan can end the key: the word is the credential's name, or the item's id.
    Key { word: &'a str, given: Option<&'a str> },
}

impl Approval<'_> {
    /// `--auto-approve`, or a person.
    pub(super) const fn by_flag(auto_approve: bool) -> Self {
        if auto_approve { Self::Given } else { Self::Yes }
    }

    /// Whether somebody wants it carried out; else why that cannot be, or `None` if the answer was no.
    pub(super) fn obtain(self, stack: &StackName, console: &Console) -> Result<(), Option<Refusal>> {
        let word = |word: &str, asked_for: &str, given: Option<&str>, other: Option<Refusal>| {
            let answer = match given {
                Some(given) if given == word => Some(true),
                Some(_) => return Err(other),
                None => {
                    let question = format!("\nThere is no way back. Type {asked_for} to carry this out: ");
                    console.ask(&question).map(|answer| answer == word)
                }
            };
            Ok((answer, format!("run again with --confirm {word}")))
        };
        let (answer, again) = match self {
            Self::Given => return Ok(()),
            Self::Yes => {
                let answer = console.confirm("\nDo you want to carry this out? Only `yes` is taken: ");
                (answer, "run again with --auto-approve".to_owned())
            }
            Self::StackName(given) => {
                let other = Refusal::OtherName { what: "stack", name: stack.to_string() };
                word(stack.as_str(), &format!("the name of the stack, {stack},"), given, Some(other))?
            }
            Self::CredentialName { name, given } => {
                let other = Refusal::OtherName { what: "credential", name: name.to_string() };
                word(name.as_str(), &format!("the name of the credential, {name},"), given, Some(other))?
            }
            Self::Key { word: name, given } => word(name, name, given, None)?,
        };
        match (answer, self) {
            (Some(true), _) => Ok(()),
            (Some(false), _) => Err(None),
            (None, Self::Key { .. }) => {
                Err(Some(Refusal::NobodyToAsk { outcome: "the key was NOT revoked", help: again }))
            }
            (None, Self::Given | Self::Yes | Self::StackName(_) | Self::CredentialName { .. }) => {
                let help = format!("look at the plan, then {again}");
                Err(Some(Refusal::NobodyToAsk { outcome: "nothing was changed", help }))
            }
        }
    }
}
