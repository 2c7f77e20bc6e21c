//! What goes wrong in reading, and whose trouble it is.

use crate::portal::PortalError;

/// Why there is nothing to plan from. A read that is not whole is an error, never "nothing exists".
#[derive(Debug, thiserror::Error)]
pub enum LiveError {
    /// A request failed.
    #[error("the portal could not be read")]
    Portal(#[from] PortalError),
    /// The portal is another organisation's.
    #[error("the portal's organisation is {found}, not {expected}")]
    WrongOrg {
        /// As configured.
        expected: String,
        /// As found.
        found: String,
    },
    /// The account is another one.
    #[error("the account is {found}, not {expected}")]
    WrongAccount {
        /// As configured.
        expected: String,
        /// As found.
        found: String,
    },
}

impl LiveError {
    /// Every code of this module with its explanation.
    pub const CODES: &'static [(&'static str, &'static str)] = &[
        (
            "keyform::live::wrong_org",
            "The portal answered as another organisation than `portal.expect.org` names. Nothing was planned.",
        ),
        (
            "keyform::live::wrong_account",
            "The sign-in belongs to another account than `portal.expect.account` names. Nothing was planned.",
        ),
    ];

    /// The stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Portal(error) => error.code(),
            Self::WrongOrg { .. } => "keyform::live::wrong_org",
            Self::WrongAccount { .. } => "keyform::live::wrong_account",
        }
    }

    /// What to do about it, where that can be said.
    #[must_use]
    pub fn help(&self) -> Option<String> {
        match self {
            Self::Portal(error) => error.help(),
            Self::WrongOrg { .. } => {
                Some("sign in to the organisation in `portal.expect.org`, or correct it".to_owned())
            }
            Self::WrongAccount { .. } => {
                Some("sign in as the account in `portal.expect.account`, or correct it".to_owned())
            }
        }
    }
}

/// Whether an error in reading one item says something about that item only. The others do not get better by going on:
/// nobody is there, nobody signed in, nobody has time.
pub(super) fn concerns_one_item(error: &PortalError) -> bool {
    match error {
        PortalError::Http(error) => error.was_sent(),
        PortalError::SignInPage { .. }
        | PortalError::Html { .. }
        | PortalError::Garbled { .. }
        | PortalError::Refused { .. }
        | PortalError::Failed { .. }
        | PortalError::Forbidden { .. }
        | PortalError::NotFound { .. }
        | PortalError::BadPrivileges { .. }
        | PortalError::Unavailable { refused: false, .. }
        | PortalError::PartialRead { .. } => true,
        PortalError::Address { .. }
        | PortalError::InvalidToken { .. }
        | PortalError::TokenRequired { .. }
        | PortalError::RateLimited { .. }
        | PortalError::Unavailable { refused: true, .. }
        | PortalError::ReadOnly { .. }
        | PortalError::TooOld { .. }
        | PortalError::NotAPortal { .. }
        | PortalError::AppToken { .. }
        | PortalError::WrongCredentials { .. }
        | PortalError::Iwa { .. }
        | PortalError::NoTime { .. }
        | PortalError::LeaseOver { .. } => false,
    }
}
