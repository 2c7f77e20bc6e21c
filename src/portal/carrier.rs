//! Another way to a portal than the network: for rehearsals, on a portal in the same process.

use std::borrow::Cow;
use std::pin::Pin;

use jiff::Timestamp;

/// One request as it travels. It may hold secrets.
pub struct Parcel<'a> {
    /// Whether it writes, or at least is sent as a form.
    pub post: bool,
    /// The whole path, from `/sharing/rest` on.
    pub path: String,
    /// The fields of the query, or of the form.
    pub fields: &'a [(&'static str, Cow<'a, str>)],
    /// Who it speaks for.
    pub token: Option<&'a str>,
    /// The page it says it comes from.
    pub referer: Option<&'a str>,
}

/// A whole answer. Its body may hold secrets.
pub struct Arrived {
    /// The HTTP status.
    pub status: u16,
    /// What the `Date` header says.
    pub date: Timestamp,
    /// What the `Retry-After` header says.
    pub retry_after: Option<String>,
    /// The body.
    pub body: Vec<u8>,
}

/// What takes requests to a portal.
pub trait Carrier: Send + Sync {
    /// Brings the answer; `None` if it was lost, whatever the portal did.
    fn carry<'a>(&'a self, parcel: Parcel<'a>) -> Pin<Box<dyn Future<Output = Option<Arrived>> + Send + 'a>>;
}
