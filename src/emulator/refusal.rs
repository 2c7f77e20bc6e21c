//! What the portal says when it says no (*section 2.5*).

use serde_json::{Value, json};

/// An error body.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Refusal {
    /// The code inside the body; the HTTP status stays 200, unless it is a page.
    pub(super) code: u16,
    body: Value,
    /// Whether a web page comes instead of the body, with the code as its HTTP status.
    pub(super) is_page: bool,
}

impl Refusal {
    /// An error without a `messageCode`.
    pub(super) fn plain(code: u16, message: &str, details: &[&str]) -> Self {
        Self { code, body: json!({"code": code, "message": message, "details": details}), is_page: false }
    }

    /// A web page, as a server before the portal makes them.
    pub(super) fn page(code: u16, title: &str) -> Self {
        Self { is_page: true, ..Self::plain(code, title, &[]) }
    }

    fn coded(code: u16, message_code: &str, message: &str) -> Self {
        let body = json!({"code": code, "messageCode": message_code, "message": message, "details": []});
        Self { code, body, is_page: false }
    }

    fn oauth(code: u16, error: &str, description: &str) -> Self {
        let body = json!({"code": code, "error": error, "error_description": description, "message": description, "details": []});
        Self { code, body, is_page: false }
    }

    /// Missing, or not yours: the portal does not tell which.
    pub(super) fn no_item() -> Self {
        Self::coded(400, "CONT_0001", "Item does not exist or is inaccessible.")
    }

    /// The caller may not.
    pub(super) fn forbidden() -> Self {
        Self::coded(403, "GWM_0003", "You do not have permissions to access this resource or perform this operation.")
    }

    /// Expired, revoked, unknown, or sent with the wrong referrer.
    pub(super) fn invalid_token() -> Self {
        Self::plain(498, "Invalid token.", &[])
    }

    /// No token came.
    pub(super) fn token_required() -> Self {
        Self::coded(499, "GWM_0003", "Token Required")
    }

    /// A value the portal does not take.
    pub(super) fn invalid(parameter: &str, why: &str) -> Self {
        Self::plain(400, &format!("'{parameter}' {why}"), &[])
    }

    /// No such app.
    pub(super) fn invalid_client() -> Self {
        Self::oauth(400, "invalid_client_id", "Invalid client_id")
    }

    /// An OAuth call that makes no sense.
    pub(super) fn invalid_oauth(description: &str) -> Self {
        Self::oauth(400, "invalid_request", description)
    }

    /// A refresh token that is not, or no longer, good (*section 2.3*).
    pub(super) fn refresh_token_expired() -> Self {
        Self::oauth(498, "invalid_request", "refresh_token expired")
    }

    /// Delete protection (*section 3.6*).
    pub(super) fn protected(item: &str) -> Self {
        Self::coded(400, "CONT_0048", &format!("Unable to delete item {item}. Delete protection is turned on."))
    }

    /// The portal takes no writes now.
    pub(super) fn read_only() -> Self {
        Self::plain(403, "The portal is in read-only mode.", &[])
    }

    /// No such endpoint here.
    pub(super) fn no_endpoint() -> Self {
        Self::plain(404, "Resource not found.", &[])
    }

    /// The error alone, as it stands beside `success` in some answers.
    pub(super) fn error(&self) -> &Value {
        &self.body
    }

    /// The whole body.
    pub(super) fn envelope(&self) -> Value {
        json!({"error": self.body})
    }
}
