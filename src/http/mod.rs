//! HTTP without a word of any service: one connection, when a request is sent again, one pause for all, and no secret in
//! what is said of them.
//!
//! What a service means by its answers is a `Service`; the rest is the same for all.

mod address;
mod backend;
mod backoff;
mod client;
mod connection;
mod error;
mod pause;
mod retry;
mod scrub;

pub(crate) use address::{Address, segment};
pub use backend::{HttpBackend, RawRequest, RawResponse};
pub use backoff::{Backoff, RealBackoff};
pub(crate) use client::{Client, Service};
pub use client::{Gate, Told};
pub(crate) use connection::{Auth, Call};
pub use error::{Error, Place};
pub(crate) use retry::{Failure, Idempotency, Retry};
pub(crate) use scrub::Scrubber;
