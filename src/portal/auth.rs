//! Signing in, and staying signed in.

use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::sync::Mutex;

use crate::clock::Tick;
use crate::http::{self, Auth, Call, Idempotency, Retry};
use crate::model::Secret;

use super::PortalError;
use super::answer::{Answer, Client};
use super::call;
use super::wire::TokenWire;

/// The referer that tokens of user name and password are bound to, unless another one is given.
pub const REFERER: &str = "https://keyform.invalid";
/// How long a token is asked for; a run that takes longer renews it.
const MINUTES: &str = "60";
const ASSUMED: SignedDuration = SignedDuration::from_mins(60);
/// A token is renewed so long before its end.
const EARLY: SignedDuration = SignedDuration::from_mins(5);

/// How to sign in.
#[expect(missing_docs, reason = "a field is what it is called")]
pub enum SignIn {
    /// With a token that somebody else made; it cannot be renewed.
    Token { token: Secret, referer: Option<String> },
    /// With user name and password, by `generateToken`.
    Password { username: String, password: Secret, referer: String },
}

/// A token in use.
#[derive(Clone)]
pub(super) struct Session {
    token: Arc<Secret>,
    /// Which token it is, counted up with each renewal.
    number: u64,
    made: Option<(Tick, SignedDuration)>,
}

impl Session {
    fn is_running_out(&self) -> bool {
        self.made.is_some_and(|(made, life)| made.elapsed() >= life - EARLY.min(life / 4))
    }
}

enum Kind {
    Token { referer: Option<String> },
    Password { username: String, password: Arc<Secret>, referer: String },
}

/// Keeps one token for all requests, and renews it where that is possible.
pub(super) struct Tokens {
    kind: Kind,
    /// Locked during a renewal, so that many requests that find the token stale renew it once.
    session: Mutex<Option<Session>>,
}

impl Tokens {
    pub(super) fn new(sign_in: SignIn, client: &Client) -> Self {
        match sign_in {
            SignIn::Token { token, referer } => {
                let token = Arc::new(token);
                client.scrubber.learn(&token);
                let session = Session { token, number: 0, made: None };
                Self { kind: Kind::Token { referer }, session: Mutex::new(Some(session)) }
            }
            SignIn::Password { username, password, referer } => {
                let password = Arc::new(password);
                client.scrubber.learn(&password);
                Self { kind: Kind::Password { username, password, referer }, session: Mutex::new(None) }
            }
        }
    }

    fn referer(&self) -> Option<&str> {
        match &self.kind {
            Kind::Token { referer } => referer.as_deref(),
            Kind::Password { referer, .. } => Some(referer),
        }
    }

    /// Sends `call` as the user. A token that is refused is renewed once, and the call sent once more: the portal
    /// looks at the token before it acts.
    pub(super) async fn send(&self, client: &Client, call: &Call<'_>) -> Result<Answer, PortalError> {
        let session = self.session(client, None).await?;
        let auth = call::holder(&session.token, self.referer());
        let failure = match client.send(call, auth).await {
            Ok(answer) => return Ok(answer),
            Err(failure) => failure,
        };
        if failure.retry != Retry::Token || matches!(self.kind, Kind::Token { .. }) {
            return Err(failure.error);
        }
        let session = self.session(client, Some(session.number)).await?;
        let auth = call::holder(&session.token, self.referer());
        client.send(call, auth).await.map_err(|failure| failure.error)
    }

    /// The token to use now; a newer one than number `stale`, if that was refused.
    async fn session(&self, client: &Client, stale: Option<u64>) -> Result<Session, PortalError> {
        let mut session = self.session.lock().await;
        let next = match &*session {
            Some(current) if stale != Some(current.number) && !current.is_running_out() => return Ok(current.clone()),
            Some(current) => current.number + 1,
            None => 0,
        };
        let new = match &self.kind {
            // Has one from the start, which never runs out as far as we know.
            Kind::Token { .. } => {
                let none = || http::Error::Setup { why: "there is no token".to_owned() }.into();
                return session.clone().ok_or_else(none);
            }
            Kind::Password { username, password, referer } => {
                generate(client, username, password, referer, next).await?
            }
        };
        *session = Some(new.clone());
        Ok(new)
    }
}

async fn generate(
    client: &Client,
    username: &str,
    password: &Secret,
    referer: &str,
    number: u64,
) -> Result<Session, PortalError> {
    // Asking again makes one more token and changes nothing, so it counts as a read.
    let call = call::post("generateToken", Idempotency::Read)
        .field("username", username)
        .field("password", password.reveal())
        .field("client", "referer")
        .field("referer", referer)
        .field("expiration", MINUTES);
    let answer = client.send(&call, Auth::Nobody).await.map_err(|failure| match failure.error {
        PortalError::Refused { place: _, code: _, message, details }
        | PortalError::Forbidden { place: _, message, details } => {
            PortalError::WrongCredentials { username: client.scrubber.clean(username), message, details }
        }
        PortalError::InvalidToken { place: _, message } | PortalError::TokenRequired { place: _, message } => {
            PortalError::WrongCredentials { username: client.scrubber.clean(username), message, details: Vec::new() }
        }
        other => other,
    })?;
    let wire: TokenWire = answer.read()?;
    let token = wire.token.filter(|token| !token.is_empty()).ok_or_else(|| answer.garbled("it holds no token"))?;
    let token = Arc::new(token);
    client.scrubber.learn(&token);
    let life = wire
        .expires
        .and_then(|ms| Timestamp::from_millisecond(ms).ok())
        .map_or(ASSUMED, |end| end.duration_since(answer.date().unwrap_or_else(crate::clock::wall)));
    // A portal whose date and expiry disagree must not make us sign in for every request.
    let life = if life > SignedDuration::ZERO { life } else { ASSUMED };
    tracing::debug!(life = %Duration::try_from(life).unwrap_or_default().as_secs(), "signed in");
    Ok(Session { token, number, made: Some((Tick::now(), life)) })
}
