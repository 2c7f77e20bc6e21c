//! What can go wrong at the portal, and what we may believe afterwards.

use std::time::Duration;

use crate::http::{self, Place};
use crate::model::{Code, Diagnostic, Outcome, Version};

use super::codes;
use Outcome::{NotDone, Unknown};

/// A request that failed. Every text in it is safe to print: no key, token or control character.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "a field is what it is called")]
pub enum PortalError {
    /// The address in the configuration cannot be used.
    #[error("the portal's address cannot be used: {why}")]
    Address { why: String },
    /// No answer, or one that nobody judges.
    #[error(transparent)]
    Http(http::Error),
    /// A page to sign in at instead of an answer.
    #[error("{place} answered with a sign-in page")]
    SignInPage { place: Place },
    /// A page for people instead of an answer.
    #[error("{place} answered with a web page (HTTP {status}): {title}")]
    Html { place: Place, status: u16, title: String },
    /// An answer that makes no sense.
    #[error("the answer to {place} makes no sense: {why}")]
    Garbled { place: Place, why: String },
    /// The portal said no, in its own words.
    #[error("{place} was refused ({code}): {message}{}", list(details))]
    Refused {
        place: Place,
        /// The portal's code; 0 where it gave none.
        code: i64,
        message: String,
        details: Vec<String>,
    },
    /// The portal failed and does not say what it did before.
    #[error("the portal failed at {place} ({code}): {message}{}", list(details))]
    Failed { place: Place, code: i64, message: String, details: Vec<String> },
    /// The token is expired, revoked, or bound to another referer.
    #[error("the portal does not accept the token any more ({place}): {message}")]
    InvalidToken { place: Place, message: String },
    /// The portal says that no token was sent.
    #[error("the portal wants a token ({place}): {message}")]
    TokenRequired { place: Place, message: String },
    /// The account may not do this.
    #[error("{place} is forbidden: {message}{}", list(details))]
    Forbidden { place: Place, message: String, details: Vec<String> },
    /// There is none, or none that the account may see (`CONT_0001`).
    #[error("{place} found nothing: {message}")]
    NotFound { place: Place, message: String },
    /// A privilege that the portal does not know, or that the account cannot grant.
    #[error("the portal does not grant these privileges ({place}): {message}{}", list(details))]
    BadPrivileges {
        place: Place,
        message: String,
        /// The privileges, where it names them.
        details: Vec<String>,
    },
    /// Too many requests; this one was not acted on.
    #[error("the portal limits requests ({place})")]
    RateLimited { place: Place, wait: Option<Duration> },
    /// The portal, or what stands before it, does not serve at the moment.
    #[error("the portal is not available ({place}, {code}): {message}")]
    Unavailable {
        place: Place,
        code: i64,
        message: String,
        /// Whether it said when to come again, and so refused before acting.
        refused: bool,
    },
    /// The portal refuses every write for now.
    #[error("the portal is in read-only mode ({place}): {message}")]
    ReadOnly { place: Place, message: String },
    /// `ArcGIS Enterprise` before 11.4 has no API key credentials.
    #[error("this ArcGIS Enterprise is version {version}; API key credentials need 11.4 or later")]
    TooOld { version: Version },
    /// The address answers, but not as a portal.
    #[error("there is no ArcGIS portal at {url}: {why}")]
    NotAPortal {
        /// The REST root that was asked.
        url: String,
        why: String,
    },
    /// The token belongs to an application, not to a user.
    #[error("the token belongs to no user{}", app.as_ref().map(|id| format!(" but to the application {id}")).unwrap_or_default())]
    AppToken { app: Option<String> },
    /// The portal gave no token for user name and password.
    #[error("the portal did not sign in {username}: {message}{}", list(details))]
    WrongCredentials { username: String, message: String, details: Vec<String> },
    /// The web server before the portal asks for Windows credentials.
    #[error("{place} asks for Integrated Windows authentication, which keyform does not speak")]
    Iwa { place: Place },
    /// Not everything could be read, so nothing may be concluded.
    #[error("the portal could not be read completely: {what}")]
    PartialRead { what: String },
    /// The portal does not tell its time.
    #[error("the answer to {place} has no readable Date header, so the portal's time is not known")]
    NoTime { place: Place },
    /// The write could end after the lease, so it was not sent.
    #[error("{place} was not sent: it could end after the lease does")]
    LeaseOver { place: Place },
}

fn list(details: &[String]) -> String {
    if details.is_empty() { String::new() } else { format!(" ({})", details.join("; ")) }
}

/// What a failure says something about.
enum About {
    /// The object: the portal answered, and the answer holds nothing of what was asked for.
    Nothing,
    /// The object, as far as anybody can tell.
    Object,
    /// The connection, the sign-in, or the portal as a whole.
    Portal,
}

impl PortalError {
    /// What we may believe about a write that failed like this.
    #[must_use]
    pub fn outcome(&self) -> Outcome {
        self.meaning().1
    }

    /// Whether the portal answered, and the answer holds nothing of what was asked for.
    pub(crate) fn has_nothing(&self) -> bool {
        matches!(self.meaning().2, About::Nothing)
    }

    /// Whether an error in reading one item says something about that item only. The others do not get better by going on:
    /// nobody is there, nobody signed in, nobody has time.
    pub(crate) fn concerns_one_item(&self) -> bool {
        matches!(self.meaning().2, About::Nothing | About::Object)
    }

    /// The stable code.
    #[must_use]
    pub const fn code(&self) -> &'static Code {
        self.meaning().0
    }

    const fn meaning(&self) -> (&'static Code, Outcome, About) {
        match self {
            Self::Address { .. } => (codes::ADDRESS, NotDone, About::Portal),
            Self::Http(error) => {
                let code = match error {
                    http::Error::Setup { .. } => codes::SETUP,
                    http::Error::Unreachable { .. } => codes::UNREACHABLE,
                    http::Error::Tls { .. } => codes::TLS,
                    http::Error::Timeout { .. } => codes::TIMEOUT,
                    http::Error::Lost { .. } => codes::LOST,
                    http::Error::Redirect { .. } => codes::REDIRECT,
                    http::Error::TooLong { .. } => codes::GARBLED,
                    http::Error::Withheld { .. } => codes::LEASE_OVER,
                };
                if error.was_sent() { (code, Unknown, About::Object) } else { (code, NotDone, About::Portal) }
            }
            Self::SignInPage { .. } => (codes::SIGN_IN_PAGE, Unknown, About::Object),
            // A web server turns a request down with a 4xx page of its own before the portal sees it.
            Self::Html { status: 400..500, .. } => (codes::HTML, NotDone, About::Nothing),
            Self::Html { .. } => (codes::HTML, Unknown, About::Object),
            Self::Garbled { .. } => (codes::GARBLED, Unknown, About::Nothing),
            Self::Refused { .. } => (codes::REFUSED, NotDone, About::Nothing),
            Self::Failed { .. } => (codes::FAILED, Unknown, About::Nothing),
            Self::InvalidToken { .. } => (codes::INVALID_TOKEN, NotDone, About::Portal),
            Self::TokenRequired { .. } => (codes::TOKEN_REQUIRED, NotDone, About::Portal),
            Self::Forbidden { .. } => (codes::FORBIDDEN, NotDone, About::Nothing),
            Self::NotFound { .. } => (codes::NOT_FOUND, NotDone, About::Nothing),
            Self::BadPrivileges { .. } => (codes::BAD_PRIVILEGES, NotDone, About::Nothing),
            Self::RateLimited { .. } => (codes::RATE_LIMITED, NotDone, About::Portal),
            Self::Unavailable { refused: true, .. } => (codes::UNAVAILABLE, NotDone, About::Portal),
            Self::Unavailable { refused: false, .. } => (codes::UNAVAILABLE, Unknown, About::Object),
            Self::ReadOnly { .. } => (codes::READ_ONLY, NotDone, About::Portal),
            Self::TooOld { .. } => (codes::TOO_OLD, NotDone, About::Portal),
            Self::NotAPortal { .. } => (codes::NOT_A_PORTAL, NotDone, About::Portal),
            Self::AppToken { .. } => (codes::APP_TOKEN, NotDone, About::Portal),
            Self::WrongCredentials { .. } => (codes::WRONG_CREDENTIALS, NotDone, About::Portal),
            Self::Iwa { .. } => (codes::IWA, NotDone, About::Portal),
            Self::PartialRead { .. } => (codes::PARTIAL_READ, NotDone, About::Object),
            Self::NoTime { .. } => (codes::NO_TIME, NotDone, About::Portal),
            Self::LeaseOver { .. } => (codes::LEASE_OVER, NotDone, About::Portal),
        }
    }
}

impl From<http::Error> for PortalError {
    fn from(error: http::Error) -> Self {
        match error {
            http::Error::TooLong { place, megabytes } => {
                Self::Garbled { place, why: format!("it is longer than {megabytes} MB") }
            }
            http::Error::Withheld { place } => Self::LeaseOver { place },
            other => Self::Http(other),
        }
    }
}

impl From<&PortalError> for Diagnostic {
    fn from(error: &PortalError) -> Self {
        Self::of(error.code(), error)
    }
}
