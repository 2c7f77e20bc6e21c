//! One request over one connection: TLS, redirects, and how long an answer may be.

use std::borrow::Cow;
use std::error::Error as _;
use std::path::PathBuf;
use std::sync::{Arc, Once};
use std::time::Duration;

use reqwest::header::{DATE, HeaderMap, HeaderName, HeaderValue, LOCATION, REFERER, RETRY_AFTER, WWW_AUTHENTICATE};
use reqwest::{Certificate, Client, Method, Response, Url};
use tokio::sync::OnceCell;

use crate::files::{self, CA_BUNDLE, Unread};
use crate::model::Secret;

use super::address::{Address, shown};
use super::backend::{RawRequest, RawResponse};
use super::backoff::http_date;
use super::error::{Error, Place};
use super::retry::{Failure, Idempotency, Retry};
use super::scrub::Scrubber;

/// Longer answers are not read.
const LONGEST_BODY: usize = 16 << 20;
const REDIRECTS: u32 = 4;

/// Who a request speaks for.
#[derive(Clone, Copy)]
pub(crate) enum Auth<'a> {
    /// Nobody.
    Nobody,
    /// Who holds `token`, which travels in `header`, as a page at `referer` would.
    Bearer { header: &'static str, token: &'a Secret, referer: Option<&'a str> },
}

/// One request.
pub(crate) struct Call<'a> {
    pub(super) method: Method,
    pub(super) path: String,
    fields: Vec<(&'static str, Cow<'a, str>)>,
    pub(super) idempotency: Idempotency,
}

impl<'a> Call<'a> {
    /// A read; its fields go into the query, so none may be secret.
    pub(crate) fn get(path: impl Into<String>) -> Self {
        Self { method: Method::GET, path: path.into(), fields: Vec::new(), idempotency: Idempotency::Read }
    }

    /// A write; its fields go into the body.
    pub(crate) fn post(path: impl Into<String>, idempotency: Idempotency) -> Self {
        Self { method: Method::POST, path: path.into(), fields: Vec::new(), idempotency }
    }

    pub(crate) fn field(mut self, name: &'static str, value: impl Into<Cow<'a, str>>) -> Self {
        self.fields.push((name, value.into()));
        self
    }
}

/// The connection to one service.
pub(super) struct Connection {
    pub(super) address: Address,
    pub(super) scrubber: Arc<Scrubber>,
    pub(super) timeout: Duration,
    client: OnceCell<Client>,
    ca_bundle: Option<PathBuf>,
}

impl Connection {
    pub(super) fn new(address: Address, ca_bundle: Option<PathBuf>, timeout: Duration) -> Self {
        Self { address, scrubber: Arc::default(), timeout, client: OnceCell::new(), ca_bundle }
    }

    /// `call` in the words of messages.
    pub(super) fn place(&self, call: &Call<'_>) -> Place {
        let path = if call.path.is_empty() { "the root" } else { &call.path };
        // Paths are put together here from ids and escaped names, so there is nothing to take out.
        Place::new(call.method.as_str(), path, &self.address.host())
    }

    /// `call` as a backend takes it.
    pub(super) fn raw<'a>(&self, call: &'a Call<'_>, auth: Auth<'a>) -> RawRequest<'a> {
        let (token, referer) = match auth {
            Auth::Nobody => (None, None),
            Auth::Bearer { header: _, token, referer } => (Some(token.reveal()), referer),
        };
        let path = self.address.at(&call.path).path().to_owned();
        RawRequest { post: call.method == Method::POST, path, fields: &call.fields, token, referer }
    }

    /// Sends `call` once, and again where a redirect leads.
    pub(super) async fn send(
        &self,
        call: &Call<'_>,
        auth: Auth<'_>,
        place: &Place,
    ) -> Result<RawResponse, Failure<Error>> {
        let never = |error| Failure::new(error, Retry::Never);
        let client = self.client().await.map_err(never)?;
        let mut url = self.address.at(&call.path);
        if call.method == Method::GET {
            url.query_pairs_mut().extend_pairs(&call.fields);
        }
        let headers = headers(auth).map_err(never)?;
        for _ in 0..REDIRECTS {
            let mut request = client.request(call.method.clone(), url.clone()).headers(headers.clone());
            if call.method == Method::POST {
                request = request.form(&call.fields);
            }
            let response = request.send().await.map_err(|error| self.network(place, &error))?;
            let status = response.status();
            tracing::trace!(method = %call.method, path = call.path, status = status.as_u16(), "answer");
            if status.is_redirection() {
                url = self.follow(call, place, &url, &response)?;
                continue;
            }
            let headers = response.headers().clone();
            let text = |value: &HeaderValue| value.to_str().ok().map(str::to_owned);
            return Ok(RawResponse {
                status: status.as_u16(),
                date: headers.get(DATE).and_then(|date| http_date(date.to_str().ok()?)),
                retry_after: headers.get(RETRY_AFTER).and_then(text),
                challenges: headers.get_all(WWW_AUTHENTICATE).iter().filter_map(text).collect(),
                body: self.body(response, place).await?,
            });
        }
        let to = format!("{} and on from there, again and again", shown(&url));
        Err(never(Error::Redirect { place: place.clone(), to }))
    }

    /// Where a redirect leads, if a token may follow it: the same host in the same way.
    fn follow(&self, call: &Call<'_>, place: &Place, from: &Url, response: &Response) -> Result<Url, Failure<Error>> {
        let location = response.headers().get(LOCATION).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let target = from.join(location).ok();
        // 301 to 303 turn a POST into a GET, which would lose what was to be written.
        let keeps_method = call.method == Method::GET || matches!(response.status().as_u16(), 307 | 308);
        match target {
            Some(to) if to.origin() == from.origin() && keeps_method && !location.is_empty() => Ok(to),
            other => {
                let to = other.map_or_else(|| "an address that makes no sense".to_owned(), |to| shown(&to));
                let error = Error::Redirect { place: place.clone(), to: self.scrubber.clean(&to) };
                Err(Failure::new(error, Retry::Never))
            }
        }
    }

    async fn body(&self, mut response: Response, place: &Place) -> Result<Vec<u8>, Failure<Error>> {
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| self.network(place, &error))? {
            if body.len() + chunk.len() > LONGEST_BODY {
                let error = Error::TooLong { place: place.clone(), megabytes: LONGEST_BODY >> 20 };
                return Err(Failure::new(error, Retry::Never));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body)
    }

    fn network(&self, place: &Place, error: &reqwest::Error) -> Failure<Error> {
        let place = place.clone();
        let mut why = String::from("no reason given");
        let mut tls = false;
        let mut source = error.source();
        while let Some(cause) = source {
            tls |= is_tls(cause);
            // The last cause says what happened; those before it only where.
            why = cause.to_string();
            source = cause.source();
        }
        let why = self.scrubber.clean(&why);
        if error.is_timeout() && !error.is_connect() {
            return Failure::new(Error::Timeout { place, after: self.timeout }, Retry::UnderWay);
        }
        if error.is_connect() || error.is_builder() {
            return if tls {
                Failure::new(Error::Tls { place, why }, Retry::Never)
            } else {
                Failure::new(Error::Unreachable { place, why }, Retry::NotSent)
            };
        }
        Failure::new(Error::Lost { place, why }, Retry::Lost)
    }

    /// Made when it is first needed: reading the system's certificates takes longer than most commands.
    async fn client(&self) -> Result<&Client, Error> {
        self.client.get_or_try_init(|| async { self.build() }).await
    }

    fn build(&self) -> Result<Client, Error> {
        static PROVIDER: Once = Once::new();
        PROVIDER.call_once(|| {
            // Fails only if there is one already, which then is as good.
            let _ = rustls::crypto::ring::default_provider().install_default();
        });
        let setup = |why: String| Error::Setup { why };
        let mut builder = Client::builder()
            .user_agent(concat!("keyform/", env!("CARGO_PKG_VERSION")))
            .redirect(reqwest::redirect::Policy::none())
            .referer(false)
            .connect_timeout(self.timeout.min(Duration::from_secs(10)))
            // Shorter than servers keep idle connections: a write must not meet one that is being closed.
            .pool_idle_timeout(Duration::from_secs(4));
        if self.address.is_loopback() {
            builder = builder.no_proxy();
        }
        if !self.address.is_encrypted() {
            builder = builder.tls_certs_only([]);
        } else if let Some(path) = &self.ca_bundle {
            let shown = path.display();
            let pem = files::read(path, CA_BUNDLE).map_err(|unread| {
                setup(match unread {
                    Unread::Failed(error) => format!("{shown}: {error}"),
                    Unread::NotRegular(what) => format!("{shown}: it is {what}"),
                    Unread::TooLarge => format!("{shown}: it is larger than 1 MiB"),
                })
            })?;
            let certs = Certificate::from_pem_bundle(&pem)
                .ok()
                .filter(|certs| !certs.is_empty())
                .ok_or_else(|| setup(format!("{shown}: it holds no certificate in PEM")))?;
            builder = builder.tls_certs_merge(certs);
        }
        builder.build().map_err(|error| setup(error.source().map_or_else(|| error.to_string(), ToString::to_string)))
    }
}

/// Whether `cause`, or what an I/O error wraps without calling it its source, comes from the TLS library.
fn is_tls(cause: &(dyn std::error::Error + 'static)) -> bool {
    if cause.is::<rustls::Error>() {
        return true;
    }
    let inner = cause.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
    inner.is_some_and(|inner| is_tls(inner))
}

fn headers(auth: Auth<'_>) -> Result<HeaderMap, Error> {
    let mut headers = HeaderMap::new();
    if let Auth::Bearer { header, token, referer } = auth {
        let bad = |what: &str| Error::Setup { why: format!("the {what} holds characters that no header can") };
        let mut value = HeaderValue::try_from(format!("Bearer {}", token.reveal())).map_err(|_| bad("token"))?;
        value.set_sensitive(true);
        headers.insert(HeaderName::from_static(header), value);
        if let Some(referer) = referer {
            headers.insert(REFERER, HeaderValue::try_from(referer).map_err(|_| bad("referer"))?);
        }
    }
    Ok(headers)
}
