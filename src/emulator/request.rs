//! A request and an answer, without HTTP.

use std::borrow::Cow;
use std::fmt::{self, Display};

use percent_encoding::percent_decode_str;
use serde_json::Value;

/// The verbs the portal tells apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// Reads.
    Get,
    /// Reads and writes.
    Post,
    /// Whatever else was sent; nothing answers to it.
    Other,
}

/// Names and values in the order they came, as a query string or a form carries them.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Params(Vec<(String, String)>);

/// Names only: values may be secrets.
impl fmt::Debug for Params {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.names()).finish()
    }
}

impl Params {
    /// Reads `a=1&b=2`; what cannot be decoded is kept as it can be.
    pub(crate) fn urlencoded(text: &str) -> Self {
        let decode = |part: &str| percent_decode_str(&part.replace('+', " ")).decode_utf8_lossy().into_owned();
        let pairs = text.split('&').filter(|pair| !pair.is_empty());
        Self(
            pairs.map(|pair| pair.split_once('=').unwrap_or((pair, ""))).map(|(k, v)| (decode(k), decode(v))).collect(),
        )
    }

    /// Reads a `multipart/form-data` body; parts without a name are skipped.
    pub(crate) fn multipart(body: &str, boundary: &str) -> Self {
        let mut params = Self::default();
        let delimiter = format!("--{boundary}");
        for part in body.split(delimiter.as_str()).skip(1) {
            let part = part.strip_prefix("\r\n").or_else(|| part.strip_prefix('\n')).unwrap_or(part);
            let Some((head, text)) = part.split_once("\r\n\r\n").or_else(|| part.split_once("\n\n")) else { continue };
            let text = text.strip_suffix("\r\n").or_else(|| text.strip_suffix('\n')).unwrap_or(text);
            let name = head.split(';').map(str::trim).find_map(|field| field.strip_prefix("name="));
            if let Some(name) = name {
                let name = name.split(['\r', '\n']).next().unwrap_or_default().trim_matches('"');
                params.push(name, text);
            }
        }
        params
    }

    /// Adds one pair.
    pub fn push(&mut self, name: impl Into<String>, value: impl Into<String>) {
        self.0.push((name.into(), value.into()));
    }

    /// The first value of that name; the portal does not mind the case of names.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(have, _)| have.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// The names, in order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(name, _)| name.as_str())
    }
}

/// Where a portal is found that is asked without HTTP.
pub const HERE: Cow<'static, str> = Cow::Borrowed("http://localhost");

/// One request.
#[derive(Clone, Debug)]
pub struct Request {
    /// The verb.
    pub method: Method,
    /// Where the caller found the portal: `https://host`, with the web adaptor's path if there is one.
    pub base: Cow<'static, str>,
    /// The path as sent, from `/sharing/rest` or `/arcgis/rest/services` on.
    pub path: String,
    /// What the query string says.
    pub query: Params,
    /// What the body says.
    pub form: Params,
    /// The token of `X-Esri-Authorization`, which wins, or of `Authorization: Bearer`.
    pub bearer: Option<String>,
    /// The `Referer` header.
    pub referer: Option<String>,
}

impl Request {
    /// A read of a path below `/sharing/rest`, asking for JSON.
    #[must_use]
    pub fn get(path: &str) -> Self {
        Self::new(Method::Get, path)
    }

    /// A write to a path below `/sharing/rest`, asking for JSON.
    #[must_use]
    pub fn post(path: &str) -> Self {
        Self::new(Method::Post, path)
    }

    fn new(method: Method, path: &str) -> Self {
        let mut query = Params::default();
        query.push("f", "json");
        let path = if path.starts_with("/arcgis/") || path.starts_with("/sharing/") {
            path.to_owned()
        } else {
            format!("/sharing/rest/{}", path.trim_start_matches('/'))
        };
        Self { method, base: HERE, path, query, form: Params::default(), bearer: None, referer: None }
    }

    /// With one more form field (one more query field on a read).
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Display) -> Self {
        let params = if self.method == Method::Get { &mut self.query } else { &mut self.form };
        params.push(name, value.to_string());
        self
    }

    /// With this token in the header.
    #[must_use]
    pub fn token(mut self, token: impl Into<String>) -> Self {
        self.bearer = Some(token.into());
        self
    }

    /// With this `Referer`.
    #[must_use]
    pub fn referer(mut self, referer: impl Into<String>) -> Self {
        self.referer = Some(referer.into());
        self
    }

    /// A parameter, from the body or else from the query.
    pub(crate) fn param(&self, name: &str) -> Option<&str> {
        self.form.get(name).or_else(|| self.query.get(name))
    }

    /// The token the portal goes by (*section 2.4*).
    pub(crate) fn credentials(&self) -> Option<&str> {
        self.bearer.as_deref().or_else(|| self.param("token")).filter(|token| !token.is_empty())
    }
}

/// One answer.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "a field is what it is called")]
pub struct Response {
    /// The HTTP status; 200 for most errors too (*section 2.5*).
    pub status: u16,
    pub content_type: &'static str,
    pub body: String,
}

const JSON: &str = "application/json;charset=UTF-8";
const HTML: &str = "text/html;charset=UTF-8";

impl Response {
    /// A JSON body.
    pub(crate) fn json(status: u16, body: &Value) -> Self {
        Self { status, content_type: JSON, body: body.to_string() }
    }

    /// An indented JSON body, as `f=pjson` asks for.
    pub(crate) fn pretty(status: u16, body: &Value) -> Self {
        Self { status, content_type: JSON, body: format!("{body:#}") }
    }

    /// A page.
    pub(crate) fn html(status: u16, body: String) -> Self {
        Self { status, content_type: HTML, body }
    }

    /// The body as JSON; null if it is none.
    #[must_use]
    pub fn value(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or(Value::Null)
    }

    /// The code of the error it carries, whatever its HTTP status.
    #[must_use]
    pub fn error_code(&self) -> Option<i64> {
        self.value().get("error")?.get("code")?.as_i64()
    }
}
