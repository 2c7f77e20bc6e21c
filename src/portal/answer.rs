//! What an answer means: the portal says no in many ways, most of them with status 200.
//! *Source: arcgis-api 2.5 and 2.6.*

use std::time::Duration;

use jiff::Timestamp;
use reqwest::StatusCode;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::http::{self, Place, RawResponse, Retry, Scrubber, Service};
use crate::model::Outcome;

use super::error::PortalError;
use super::wire::{Envelope, Written};

/// A request that failed at a portal.
pub(super) type Failure = http::Failure<PortalError>;

/// All requests to a portal.
pub(super) type Client = http::Client<Portal>;

/// A whole answer that reports no failure.
pub(super) struct Answer {
    place: Place,
    response: RawResponse,
}

impl Answer {
    /// The body as `T`.
    pub(super) fn read<T: DeserializeOwned>(&self) -> Result<T, PortalError> {
        // The error's own words could quote the body.
        serde_json::from_slice(self.response.text())
            .map_err(|_| self.garbled("it does not have the form it is documented to have"))
    }

    pub(super) fn garbled(&self, why: &str) -> PortalError {
        PortalError::Garbled { place: self.place.clone(), why: why.to_owned() }
    }

    pub(super) const fn place(&self) -> &Place {
        &self.place
    }

    /// What its `Date` header says.
    pub(super) const fn date(&self) -> Option<Timestamp> {
        self.response.date
    }
}

/// What portals mean by their answers.
pub(super) enum Portal {}

impl Service for Portal {
    type Answer = Answer;
    type Error = PortalError;

    fn judge(place: &Place, response: RawResponse, scrubber: &Scrubber) -> Result<Answer, Failure> {
        judge(place, &response, scrubber)?;
        Ok(Answer { place: place.clone(), response })
    }

    fn outcome(error: &PortalError) -> Outcome {
        error.outcome()
    }

    fn code(error: &PortalError) -> &'static str {
        error.code().id
    }
}

/// Judges one whole answer; `Ok` if it is JSON that reports no failure.
fn judge(place: &Place, response: &RawResponse, scrubber: &Scrubber) -> Result<(), Failure> {
    let status = StatusCode::from_u16(response.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let judge = Judge { place, status, scrubber, after: response.wait() };
    if status == StatusCode::UNAUTHORIZED && asks_for_windows(&response.challenges) {
        return Err(Failure::new(PortalError::Iwa { place: place.clone() }, Retry::Never));
    }
    let body = response.text().trim_ascii();
    if body.first() == Some(&b'<') {
        return Err(judge.page(&String::from_utf8_lossy(body)));
    }
    if body.starts_with(b"[") {
        let code = i64::from(status.as_u16());
        return Err(if status.is_success() {
            judge.garbled("it is not a JSON object")
        } else {
            judge.by_code(code, "", &[])
        });
    }
    match serde_json::from_slice::<Envelope>(body) {
        Ok(envelope) => judge.envelope(&envelope),
        Err(_) if !status.is_success() => {
            Err(judge.by_code(i64::from(status.as_u16()), &String::from_utf8_lossy(body), &[]))
        }
        Err(_) if body.is_empty() => Err(judge.garbled("it is empty")),
        Err(error) if error.is_eof() => Err(judge.garbled("it ends in the middle")),
        Err(error) if error.is_data() => Err(judge.garbled("it is not a JSON object")),
        Err(_) => Err(judge.garbled("it is not JSON")),
    }
}

fn asks_for_windows(challenges: &[String]) -> bool {
    challenges
        .iter()
        .map(|challenge| challenge.to_ascii_lowercase())
        .any(|challenge| challenge.contains("negotiate") || challenge.contains("ntlm"))
}

/// Whether a request was refused before the portal acted on it, only because there were too many: then it is sent again
/// after a pause, whatever it does. `code` is what the answer says inside, or its HTTP status.
///
/// - 429, as the status or inside: too many requests.
/// - 503 with `Retry-After`: who says when to come again has not begun. Without it, something on the way may have given
///   up on a request that is still carried out.
/// - 403 of a limit on requests, by its words or `Retry-After`; every other 403 is there to stay.
///
/// Nothing else is: after 500, 502, 504, half an answer or none, the portal may have acted.
fn refused_before_acting(status: StatusCode, code: i64, after: Option<Duration>, words: &str) -> bool {
    let limits = ["rate limit", "rate-limit", "ratelimit", "too many requests", "request limit", "throttl"];
    match (status.as_u16(), code) {
        (429, _) | (_, 429) => true,
        (503, _) | (_, 503) => after.is_some(),
        // An account that is locked after wrong passwords is told to wait as well.
        (403, _) | (_, 403) => {
            !words.contains("attempts") && (after.is_some() || limits.iter().any(|limit| words.contains(limit)))
        }
        _ => false,
    }
}

struct Judge<'a> {
    place: &'a Place,
    status: StatusCode,
    scrubber: &'a Scrubber,
    after: Option<Duration>,
}

impl Judge<'_> {
    fn garbled(&self, why: &str) -> Failure {
        Failure::new(PortalError::Garbled { place: self.place.clone(), why: why.to_owned() }, Retry::Over)
    }

    fn page(&self, page: &str) -> Failure {
        let status = self.status.as_u16();
        let lower = page.to_ascii_lowercase();
        if self.status.is_success()
            && ["sign in", "signin", "log in", "login", "password"].iter().any(|w| lower.contains(w))
        {
            return Failure::new(PortalError::SignInPage { place: self.place.clone() }, Retry::Never);
        }
        let title = lower.find("<title").and_then(|at| {
            let start = at + page[at..].find('>')? + 1;
            let end = start + lower[start..].find("</title")?;
            Some(self.scrubber.clean(&page[start..end]))
        });
        let title = title.filter(|title| !title.is_empty()).unwrap_or_else(|| "no title".to_owned());
        match status {
            429 | 503 => self.by_code(i64::from(status), &title, &[]),
            403 if refused_before_acting(self.status, 403, self.after, &lower) => self.by_code(403, &title, &[]),
            _ => {
                let again = match status {
                    502 => Retry::Lost,
                    504 => Retry::UnderWay,
                    // With 200 it is a maintenance page.
                    200..=299 | 500..=599 => Retry::Over,
                    _ => Retry::Never,
                };
                Failure::new(PortalError::Html { place: self.place.clone(), status, title }, again)
            }
        }
    }

    fn envelope(&self, envelope: &Envelope) -> Result<(), Failure> {
        if let Some(error) = &envelope.error {
            return Err(self.portal_error(error));
        }
        let failed = |state: &Option<String>| {
            let failures = ["failure", "failed", "error"];
            state.as_deref().is_some_and(|state| failures.iter().any(|failure| state.eq_ignore_ascii_case(failure)))
        };
        let coded = envelope.success.is_none() && envelope.code.is_some_and(|code| code >= 400);
        if failed(&envelope.status) || coded || !self.status.is_success() {
            let status = i64::from(self.status.as_u16());
            let fallback = if self.status.is_success() { 0 } else { status };
            let listed = envelope.messages.iter().flatten().next().map(String::as_str);
            let words = envelope.message.as_deref().or(listed).or(envelope.status_message.as_deref());
            return Err(self.by_code(envelope.code.unwrap_or(fallback), words.unwrap_or_default(), &[]));
        }
        if *envelope.success == Some(false) {
            let words = envelope.message.as_deref().unwrap_or("the answer says success: false, and not why");
            return Err(self.by_code(envelope.code.unwrap_or(0), words, &[]));
        }
        Ok(())
    }

    /// The normal form, `{"error": {…}}`, and its variants.
    fn portal_error(&self, error: &Value) -> Failure {
        let member = |name: &str| error.get(name).and_then(String::read).filter(|words| !words.trim().is_empty());
        let status = if self.status.is_success() { 0 } else { i64::from(self.status.as_u16()) };
        let code = error.get("code").and_then(i64::read).unwrap_or(status);
        let message = member("message")
            .or_else(|| member("error_description"))
            .or_else(|| member("description"))
            .or_else(|| member("error"))
            .or_else(|| String::read(error))
            .unwrap_or_default();
        let details: Vec<String> = match error.get("details") {
            Some(Value::Array(list)) => list.iter().filter_map(String::read).collect(),
            Some(other) => String::read(other).into_iter().collect(),
            None => Vec::new(),
        };
        let missing = member("messageCode").is_some_and(|code| code.eq_ignore_ascii_case("CONT_0001"));
        if missing && matches!(code, 0 | 400 | 404) {
            let message = self.scrubber.clean(&message);
            return Failure::new(PortalError::NotFound { place: self.place.clone(), message }, Retry::Never);
        }
        self.by_code(code, &message, &details)
    }

    /// The code decides; the words only where there is none, since one text comes with several codes.
    fn by_code(&self, code: i64, message: &str, details: &[String]) -> Failure {
        let lower = message.to_lowercase();
        let place = self.place.clone();
        let words = self.scrubber.clean(message);
        let message = if words.is_empty() { "the portal gives no reason".to_owned() } else { words };
        let details: Vec<String> = details
            .iter()
            .take(20)
            .map(|detail| self.scrubber.clean(detail))
            .filter(|detail| !detail.is_empty() && *detail != message)
            .collect();
        let all = format!("{lower} {}", details.join(" ").to_lowercase());
        let refused = refused_before_acting(self.status, code, self.after, &all);
        let mut failure = match code {
            503 if refused => Failure::new(PortalError::Unavailable { place, code, message, refused }, Retry::Refused),
            _ if refused => Failure::new(PortalError::RateLimited { place, wait: self.after }, Retry::Refused),
            // 401 comes from newer services, and from web tiers that look at tokens themselves.
            401 | 498 => Failure::new(PortalError::InvalidToken { place, message }, Retry::Token),
            499 => Failure::new(PortalError::TokenRequired { place, message }, Retry::Token),
            _ if lower.contains("invalid token") => {
                Failure::new(PortalError::InvalidToken { place, message }, Retry::Token)
            }
            _ if all.contains("read-only mode") || all.contains("read only mode") => {
                Failure::new(PortalError::ReadOnly { place, message }, Retry::Never)
            }
            403 => Failure::new(PortalError::Forbidden { place, message, details }, Retry::Never),
            500 if lower.contains("unable to register app") || all.contains("invalid privileges") => {
                Failure::new(PortalError::BadPrivileges { place, message, details }, Retry::Never)
            }
            404 => Failure::new(PortalError::NotFound { place, message }, Retry::Never),
            400 if lower.contains("item does not exist or is inaccessible") => {
                Failure::new(PortalError::NotFound { place, message }, Retry::Never)
            }
            // Something on the way gave up on it; the portal may still be at it.
            502 | 503 => Failure::new(PortalError::Unavailable { place, code, message, refused: false }, Retry::Lost),
            504 => Failure::new(PortalError::Unavailable { place, code, message, refused: false }, Retry::UnderWay),
            500..=599 => Failure::new(PortalError::Failed { place, code, message, details }, Retry::Over),
            _ => Failure::new(PortalError::Refused { place, code, message, details }, Retry::Never),
        };
        failure.after = self.after;
        failure
    }
}
