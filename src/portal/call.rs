//! Requests as a portal wants them: each says that it wants JSON.

use crate::http::{Auth, Call, Idempotency};
use crate::model::Secret;

/// A read; its fields go into the query, so none may be secret.
pub(super) fn get<'a>(path: impl Into<String>) -> Call<'a> {
    Call::get(path).field("f", "json")
}

/// A write; its fields go into the body.
pub(super) fn post<'a>(path: impl Into<String>, idempotency: Idempotency) -> Call<'a> {
    Call::post(path, idempotency).field("f", "json")
}

/// Who holds `token`, as a page at `referer` would.
pub(super) const fn holder<'a>(token: &'a Secret, referer: Option<&'a str>) -> Auth<'a> {
    Auth::Bearer { header: "x-esri-authorization", token, referer }
}
