//! What can go wrong at the portal, and what we may believe afterwards.

/// Whether a request that failed may still have been carried out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The portal refused, or never got the request.
    NotDone,
    /// Nobody can say: the answer was lost, or made no sense.
    Unknown,
}

/// A request that failed.
#[derive(Debug, thiserror::Error)]
pub enum PortalError {
    /// The portal said no, in its own words.
    #[error("the portal answered {code}: {message}")]
    Refused {
        /// The portal's code.
        code: i64,
        /// The portal's words, made safe to print.
        message: String,
    },
}

impl PortalError {
    /// What we may believe about a write that failed like this.
    #[must_use]
    pub fn outcome(&self) -> Outcome {
        match self {
            Self::Refused { .. } => Outcome::NotDone,
        }
    }
}
impl PortalError {
    /// stub
    pub fn code(&self) -> &'static str {
        "x"
    }
    /// stub
    pub fn help(&self) -> Option<String> {
        None
    }
}
