//! Sign-in: tokens of members and of apps (*sections 2.1 to 2.3*).

use serde_json::json;

use super::account::MAX_TOKEN_MINUTES;
use super::records::{Holder, Token};
use super::refusal::Refusal;
use super::request::Request;
use super::state::{Answer, State};

/// `generateToken` gives no token for longer, in minutes.
const MAX_GENERATE_MINUTES: i64 = 21_600;

fn minutes(request: &Request, usual: i64) -> i64 {
    request.param("expiration").and_then(|text| text.trim().parse().ok()).filter(|&n: &i64| n > 0).unwrap_or(usual)
}

impl State {
    pub(super) fn new_user_token(&mut self, username: &str, expires: i64, referer: Option<String>) -> String {
        let text = self.random.token();
        let token = Token { holder: Holder::User(username.to_owned()), expires, referer };
        self.tokens.insert(text.clone(), token);
        self.changes += 1;
        text
    }

    fn drop_old_tokens(&mut self, now: i64) {
        self.tokens.retain(|_, token| token.expires > now);
    }

    pub(super) fn generate_token(&mut self, request: &Request, now: i64) -> Answer {
        let minutes = minutes(request, 60).min(MAX_GENERATE_MINUTES).min(MAX_TOKEN_MINUTES);
        let expires = now.saturating_add(minutes * 60_000);
        self.drop_old_tokens(now);
        if request.param("serverUrl").is_some() {
            let sent = request.credentials().ok_or_else(Refusal::token_required)?;
            let Some(Token { holder: Holder::User(name), .. }) = self.tokens.get(sent).cloned() else {
                return Err(Refusal::invalid_token());
            };
            let token = self.new_user_token(&name, expires, None);
            return Ok(json!({"token": token, "expires": expires, "ssl": true}));
        }
        let failed = |why: &str| Refusal::plain(400, "Unable to generate token.", &[why]);
        let (name, password) = (request.param("username").unwrap_or(""), request.param("password").unwrap_or(""));
        let known = self.members.get(name).is_some_and(|member| member.password == password);
        if !known {
            return Err(failed("Invalid username or password."));
        }
        let referer = match request.param("client").unwrap_or("") {
            "referer" => match request.param("referer").filter(|text| !text.is_empty()) {
                Some(referer) => Some(referer.to_owned()),
                None => return Err(failed("'referer' must be specified.")),
            },
            "ip" if request.param("ip").is_none_or(str::is_empty) => return Err(failed("'ip' must be specified.")),
            "" if request.param("referer").is_some() => request.param("referer").map(str::to_owned),
            "" | "ip" | "requestip" => None,
            _ => return Err(failed("'client' must be one of referer, ip, requestip.")),
        };
        let name = name.to_owned();
        let token = self.new_user_token(&name, expires, referer);
        Ok(json!({"token": token, "expires": expires, "ssl": true}))
    }

    pub(super) fn oauth_token(&mut self, request: &Request, now: i64) -> Answer {
        match request.param("grant_type").unwrap_or("") {
            "client_credentials" => {}
            "refresh_token" | "exchange_refresh_token" => return Err(Refusal::refresh_token_expired()),
            "authorization_code" => return Err(Refusal::invalid_oauth("Invalid authorization code")),
            _ => return Err(Refusal::invalid_oauth("Invalid grant_type")),
        }
        let item = self.authenticated_app(request)?;
        if let Some(slot) = request.param("apiToken") {
            let slot = slot.to_owned();
            return self.mint(&item, &slot, request, now);
        }
        self.drop_old_tokens(now);
        let minutes = minutes(request, 120).min(MAX_TOKEN_MINUTES);
        let text = self.random.token();
        let expires = now.saturating_add(minutes * 60_000);
        self.tokens.insert(text.clone(), Token { holder: Holder::App(item), expires, referer: None });
        self.changes += 1;
        Ok(json!({"access_token": text, "expires_in": minutes * 60}))
    }

    /// The item of the app whose id and secret were sent.
    pub(super) fn authenticated_app(&self, request: &Request) -> Result<String, Refusal> {
        let client = request.param("client_id").unwrap_or("");
        let item = self.client(client).ok_or_else(Refusal::invalid_client)?;
        let app = item.app.as_ref().ok_or_else(Refusal::invalid_client)?;
        if request.param("client_secret") != Some(app.client_secret.as_str()) {
            return Err(Refusal::invalid_oauth("Invalid client_secret"));
        }
        Ok(item.id.clone())
    }
}
