//! The portal over HTTP.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::OnceCell;

use crate::http::{Auth, Backoff, Call, Gate, HttpBackend, RealBackoff, Told, segment};
use crate::model::{ItemId, ProductChoice, Secret};

use super::address::rest_root;
use super::answer::{Answer, Client};
use super::auth::{SignIn, Tokens};
use super::wire::AppWire;
use super::{Hello, PortalError, call};

/// What a connection needs to know.
pub struct HttpOptions {
    /// `https://host[:port][/context]`.
    pub url: String,
    /// Which product it is said to be.
    pub product: ProductChoice,
    /// How to sign in.
    pub sign_in: SignIn,
    /// More certificate authorities, in PEM.
    pub ca_bundle: Option<PathBuf>,
    /// How long one request may take.
    pub timeout: Duration,
    /// How many requests may be under way at a time; at least one.
    pub parallel: usize,
    /// How waiting is done.
    pub backoff: Arc<dyn Backoff>,
    /// What takes requests there instead of the network.
    pub backend: Option<Arc<dyn HttpBackend>>,
    /// Who is told that the portal asks to wait.
    pub told: Option<Told>,
}

impl HttpOptions {
    /// The time-out of a request where nothing else is asked for.
    pub const TIMEOUT: Duration = Duration::from_secs(30);

    /// The number of requests at a time where nothing else is asked for.
    pub const PARALLEL: usize = 16;

    /// The usual options.
    #[must_use]
    pub fn new(url: impl Into<String>, sign_in: SignIn) -> Self {
        Self {
            url: url.into(),
            product: ProductChoice::Auto,
            sign_in,
            ca_bundle: None,
            timeout: Self::TIMEOUT,
            parallel: Self::PARALLEL,
            backoff: Arc::new(RealBackoff),
            backend: None,
            told: None,
        }
    }
}

/// What later requests need to know of the portal's first answer.
pub(super) struct Known {
    pub(super) username: String,
    pub(super) recycle_bin: bool,
}

impl Known {
    pub(super) fn of(Hello { facts, caller, now: _ }: &Hello) -> Self {
        Self { username: caller.username.clone(), recycle_bin: facts.recycle_bin }
    }
}

/// A portal that is reached over HTTP. Nothing is sent before the first call.
pub struct Http {
    pub(super) client: Client,
    pub(super) tokens: Tokens,
    pub(super) product: ProductChoice,
    pub(super) known: OnceCell<Known>,
}

impl Http {
    /// The portal that `options` describe.
    pub fn new(options: HttpOptions) -> Result<Self, PortalError> {
        let HttpOptions { url, product, sign_in, ca_bundle, timeout, parallel, backoff, backend, told } = options;
        let client = Client::new(rest_root(&url)?, ca_bundle, timeout, parallel, backoff, backend, told);
        let tokens = Tokens::new(sign_in, &client);
        Ok(Self { client, tokens, product, known: OnceCell::new() })
    }

    /// How long one request may take: a write is sent only if it ends before the lease does.
    #[must_use]
    pub const fn timeout(&self) -> Duration {
        self.client.timeout()
    }

    /// Asks `gate` before each write, also before each repetition of one; `None` lets all pass.
    pub fn set_gate(&self, gate: Option<Gate>) {
        self.client.set_gate(gate);
    }

    /// Whether any write so far went without an answer that can be believed, even if a repetition then succeeded.
    /// Such a request may arrive late, so the lease must run out instead of being given back.
    #[must_use]
    pub fn has_unanswered_writes(&self) -> bool {
        self.client.unanswered()
    }

    /// Sends a request as the user.
    pub(super) async fn send(&self, call: Call<'_>) -> Result<Answer, PortalError> {
        self.tokens.send(&self.client, &call).await
    }

    /// Sends a request that proves itself by what is in it.
    pub(super) async fn send_bare(&self, call: Call<'_>) -> Result<Answer, PortalError> {
        self.client.send(&call, Auth::Nobody).await.map_err(|failure| failure.error)
    }

    /// The error for a write whose answer does not say what has to be said.
    pub(super) fn doubt(&self, answer: &Answer, why: &str) -> PortalError {
        self.client.doubt();
        answer.garbled(why)
    }

    /// What the first answer said; asks if nobody did yet.
    pub(super) async fn known(&self) -> Result<&Known, PortalError> {
        self.known.get_or_try_init(|| async { Ok(Known::of(&self.greet().await?)) }).await
    }

    /// The path of something of the caller's.
    pub(super) async fn own(&self, rest: &str) -> Result<String, PortalError> {
        Ok(format!("content/users/{}{rest}", segment(&self.known().await?.username)))
    }

    /// The app of an item with its secret. What is answered for an item that is not registered is an error like any
    /// other: there is no one shape of it.
    pub(super) async fn registered(&self, owner: &str, id: &ItemId) -> Result<AppWire, PortalError> {
        let path = format!("content/users/{}/items/{id}/registeredAppInfo", segment(owner));
        let answer = self.send(call::get(path)).await?;
        let wire: AppWire = answer.read()?;
        if wire.client_id.as_deref().is_none_or(str::is_empty) {
            return Err(answer.garbled("it names no client id"));
        }
        // Unsaid, a slot with a live key would look free.
        if wire.active_one.is_none() || wire.active_two.is_none() {
            return Err(answer.garbled("it does not say which of its two keys are active"));
        }
        Ok(wire)
    }

    /// The client id and secret of one of the caller's apps, read anew for the one call that needs them.
    pub(super) async fn client_credentials(&self, id: &ItemId) -> Result<(String, Arc<Secret>), PortalError> {
        let missing = || PortalError::PartialRead { what: format!("the client secret of item {id}") };
        let owner = &self.known().await?.username;
        let app = self.registered(owner, id).await?;
        let secret = app.client_secret.filter(|secret| !secret.is_empty());
        let secret = Arc::new(secret.ok_or_else(missing)?);
        self.client.scrubber.learn(&secret);
        Ok((app.client_id.0.unwrap_or_default(), secret))
    }
}
