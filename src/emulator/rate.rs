//! A limit on requests, that can be switched on: so many a second, and what those beyond it are told.
//!
//! No figures of the real portal are published, and neither is how it refuses. *Source: arcgis-api 2.6.*

use std::collections::VecDeque;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::fault::Reply;
use super::request::Response;

/// What a request beyond the limit is answered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// HTTP status 429.
    #[default]
    Status,
    /// Status 200 with code 429 inside.
    Code,
    /// HTTP status 503, with `Retry-After` in any case: without one it would not say that it was refused.
    Busy,
    /// HTTP status 403 with the words for it.
    Forbidden,
}

/// What its `Retry-After` says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RetryAfter {
    /// There is none.
    #[default]
    None,
    /// Seconds.
    Seconds,
    /// A date.
    Date,
}

/// A limit on requests.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rate {
    /// How many are let through within any second.
    pub per_second: u32,
    /// What the others are answered.
    #[serde(default)]
    pub answer: Answer,
    /// Whether they are told when to come again.
    #[serde(default)]
    pub retry_after: RetryAfter,
    /// Whether they count as well, so that who does not wait is never let through.
    #[serde(default)]
    pub counts_refused: bool,
    /// The requests of the last second, in ms.
    #[serde(skip)]
    seen: VecDeque<i64>,
}

impl Rate {
    /// So many a second; the others get HTTP status 429 and are not told when to come again.
    #[must_use]
    pub const fn per_second(per_second: u32) -> Self {
        let (answer, retry_after, counts_refused) = (Answer::Status, RetryAfter::None, false);
        Self { per_second, answer, retry_after, counts_refused, seen: VecDeque::new() }
    }

    /// The same with this answer.
    #[must_use]
    pub fn answering(self, answer: Answer, retry_after: RetryAfter) -> Self {
        Self { answer, retry_after, ..self }
    }

    /// The same, where refused requests count as well.
    #[must_use]
    pub fn counting_all(self) -> Self {
        Self { counts_refused: true, ..self }
    }

    /// What a request at `now`, in ms by the portal's clock, is answered instead of being carried out.
    pub fn refuses(&mut self, now: i64) -> Option<Reply> {
        // A clock that was put back must not lock everybody out.
        self.seen.retain(|at| (now - 1000..=now).contains(at));
        let full = self.seen.len() >= usize::try_from(self.per_second).unwrap_or(usize::MAX);
        if !full || self.counts_refused {
            self.seen.push_back(now);
        }
        full.then(|| self.refusal(now))
    }

    fn refusal(&self, now: i64) -> Reply {
        let retry_after = match (self.retry_after, self.answer) {
            (RetryAfter::None, Answer::Status | Answer::Code | Answer::Forbidden) => None,
            (RetryAfter::Seconds, _) | (RetryAfter::None, Answer::Busy) => Some("1".to_owned()),
            // Whole seconds: two, so that it is never less than one.
            (RetryAfter::Date, _) => Timestamp::from_millisecond(now + 2000)
                .ok()
                .map(|at| at.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()),
        };
        let error = |code: u16, message: &str| json!({"error": {"code": code, "message": message, "details": []}});
        let response = match self.answer {
            Answer::Status => Response::html(429, "<html><title>Too Many Requests</title></html>\n".to_owned()),
            Answer::Code => Response::json(200, &error(429, "Too many requests.")),
            Answer::Busy => Response::html(503, "<html><title>Service Unavailable</title></html>\n".to_owned()),
            Answer::Forbidden => Response::json(403, &error(403, "Rate limit exceeded.")),
        };
        Reply::Whole(response, retry_after)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn so_many_are_let_through_within_any_second() {
        let mut rate = Rate::per_second(2);
        let refused: Vec<bool> =
            [0, 400, 500, 1000, 1001, 1300, 1401].map(|at| rate.refuses(at).is_some()).into_iter().collect();
        assert_eq!(refused, [false, false, true, true, false, true, false]);
        let mut strict = Rate::per_second(1).counting_all();
        let refused: Vec<bool> =
            [0, 900, 1800, 2700, 3701].map(|at| strict.refuses(at).is_some()).into_iter().collect();
        assert_eq!(refused, [false, true, true, true, false]);
    }
}
