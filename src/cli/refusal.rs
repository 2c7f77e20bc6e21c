//! What a command refuses by itself, before or instead of asking the portal.

use std::io;
use std::path::PathBuf;

use jiff::Timestamp;

use super::codes;
use crate::apply::codes as apply;
use crate::config::env::EnvError;
use crate::model::{Code, Diagnostic, ItemId, Slot};
use crate::render::words::minute;
use crate::text::escape::plain;

/// Why a command does not do what it was asked for.
#[derive(Debug, thiserror::Error)]
pub(super) enum Refusal {
    #[error(transparent)]
    Environment(#[from] EnvError),
    #[error("{why}")]
    NoSignIn { why: &'static str },
    #[error("{}: {error}", folder.display())]
    NoSinkFolder { folder: PathBuf, error: io::Error },
    #[error("the built-in portal did not start: {why}")]
    NoEmulator { why: String },
    #[error("{} holds a portal of the profile `{kept}`, not `{wanted}`", plain(&file.to_string_lossy()))]
    OtherEmulator { file: PathBuf, kept: &'static str, wanted: &'static str },
    #[error("{why}")]
    EmulatorUsage { why: String, help: Option<String> },
    #[error("`{flag} {}` is not a time in the future", plain(given))]
    Moment { flag: &'static str, given: String, now: Timestamp },
    #[error("`--at` is for looking ahead; what is carried out goes by the portal's clock")]
    AtRefused,
    #[error("`{given}`: no credential is called `{}`", plain(name))]
    NotSelected { given: String, name: String, help: String },
    #[error("there is no credential `{}` in {}", plain(name), plain(file))]
    NoCredential { name: String, file: String, help: String },
    #[error("there is no code `{}`", plain(code))]
    UnknownCode { code: String, near: Option<&'static str> },
    #[error("several codes end in `{}`", plain(end))]
    SeveralCodes { end: String, codes: Vec<&'static str> },
    #[error("there is a key on the command line, where every process of this machine can read it")]
    KeyInArgument,
    #[error("{why}")]
    NoKey { why: &'static str },
    #[error("the key was NOT revoked: no ledger of this stack knows it, and the portal does not accept it")]
    KeyNotOurs,
    #[error("the key was NOT revoked: it belongs to item {item}, but its text does not tell its slot")]
    NoSlot { item: ItemId },
    #[error("the key was NOT revoked, and may live: {}", plain(why))]
    NoItem { why: String },
    #[error("the key was NOT revoked, and may live: {}", plain(why))]
    NotRevoked { why: String, item: ItemId, slot: Slot, portal: String },
    #[error("nobody can be asked here, so {outcome}")]
    NobodyToAsk { outcome: &'static str, help: String },
    #[error("`--confirm` does not name this {what}, {name}, so nothing was changed")]
    OtherName { what: &'static str, name: String },
    #[error("the portal is read-only for now; nothing was changed")]
    ReadOnly,
    #[error("the portal changed after this plan was made, so {}: {moved}", if *done { "it was left unfinished" } else { "nothing was changed" })]
    Stale { moved: String, done: bool },
}

impl Refusal {
    const fn code(&self) -> &'static Code {
        match self {
            Self::Environment(_) => codes::ENVIRONMENT,
            Self::NoSignIn { .. } => codes::NO_SIGN_IN,
            Self::NoSinkFolder { .. } => codes::EMULATOR_SINKS,
            Self::NoEmulator { .. } | Self::OtherEmulator { .. } | Self::EmulatorUsage { .. } => codes::EMULATOR,
            Self::Moment { .. } => codes::MOMENT,
            Self::AtRefused => codes::AT_REFUSED,
            Self::NotSelected { .. } | Self::NoCredential { .. } => codes::NO_CREDENTIAL,
            Self::UnknownCode { .. } | Self::SeveralCodes { .. } => codes::UNKNOWN_CODE,
            Self::KeyInArgument => codes::KEY_IN_ARGUMENT,
            Self::NoKey { .. } => codes::NO_KEY,
            Self::KeyNotOurs => codes::KEY_NOT_OURS,
            Self::NoSlot { .. } | Self::NoItem { .. } | Self::NotRevoked { .. } => codes::NOT_REVOKED,
            Self::NobodyToAsk { .. } | Self::OtherName { .. } => apply::NOT_APPROVED,
            Self::ReadOnly => apply::READ_ONLY,
            Self::Stale { .. } => apply::STALE,
        }
    }

    /// Better help than that of the code.
    fn help(&self) -> Option<String> {
        Some(match self {
            Self::EmulatorUsage { help, .. } => return help.clone(),
            Self::NotSelected { help, .. } | Self::NoCredential { help, .. } | Self::NobodyToAsk { help, .. } => {
                help.clone()
            }
            Self::Moment { now, .. } => format!("{}; the portal's clock is {}", codes::MOMENT.help, minute(*now)),
            Self::UnknownCode { near: Some(near), .. } => {
                format!("did you mean {near}? Every code is in docs/errors.md")
            }
            Self::SeveralCodes { codes, .. } => format!("say which: {}", codes.join(" or ")),
            Self::NoSlot { .. } => {
                "name the item and the slot: keyform revoke --item ID --slot N --because TEXT".into()
            }
            Self::NoItem { .. } => {
                "name the item, as its page or `keyform status` tells: keyform revoke --item ID --slot \
                                    N --because TEXT"
                    .into()
            }
            Self::NotRevoked { item, slot, portal, .. } => format!(
                "end it by hand: open the page of item {item} in {}, and invalidate key {slot}; or sign in as the owner \
                 and run `keyform revoke --item {item} --slot {slot} --because TEXT`",
                plain(portal)
            ),
            Self::OtherName { what, name } => {
                format!("look at the plan; if it is the {what} you mean, say --confirm {name}")
            }
            Self::Environment(_)
            | Self::NoSignIn { .. }
            | Self::NoSinkFolder { .. }
            | Self::NoEmulator { .. }
            | Self::OtherEmulator { .. }
            | Self::AtRefused
            | Self::UnknownCode { near: None, .. }
            | Self::KeyInArgument
            | Self::NoKey { .. }
            | Self::KeyNotOurs
            | Self::ReadOnly
            | Self::Stale { .. } => return None,
        })
    }
}

impl From<Refusal> for Diagnostic {
    fn from(refusal: Refusal) -> Self {
        Self::of(refusal.code(), &refusal).with_help(refusal.help())
    }
}
