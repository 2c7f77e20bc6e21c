//! What goes wrong in reading.

use super::codes;
use crate::model::{Code, Diagnostic};
use crate::portal::PortalError;

/// Why there is nothing to plan from. A read that is not whole is an error, never "nothing exists".
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "a field is what it is called")]
pub enum LiveError {
    /// A request failed.
    #[error("the portal could not be read")]
    Portal(#[from] PortalError),
    /// The portal is another organisation's.
    #[error("the portal's organisation is {found}, not {expected}")]
    WrongOrg { expected: String, found: String },
    /// The account is another one.
    #[error("the account is {found}, not {expected}")]
    WrongAccount { expected: String, found: String },
}

impl LiveError {
    /// The stable code.
    #[must_use]
    pub const fn code(&self) -> &'static Code {
        match self {
            Self::Portal(error) => error.code(),
            Self::WrongOrg { .. } => codes::WRONG_ORG,
            Self::WrongAccount { .. } => codes::WRONG_ACCOUNT,
        }
    }
}

impl From<&LiveError> for Diagnostic {
    fn from(error: &LiveError) -> Self {
        Self::of(error.code(), error)
    }
}
