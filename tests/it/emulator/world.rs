//! A portal without HTTP, and the few calls every test makes.

use jiff::{SignedDuration, Timestamp};
use keyform::emulator::{Request, Setup, State, Switches};
use serde_json::{Value, json};

pub(crate) const BASEMAPS: &str = "premium:user:basemaps";
pub(crate) const GEOCODE: &str = "premium:user:geocode";
pub(crate) const SECURED: &str = "/arcgis/rest/services/Demo/secured";

pub(crate) struct World {
    pub(crate) state: State,
    pub(crate) now: Timestamp,
    pub(crate) token: String,
}

/// A registered credential.
#[derive(Clone)]
pub(crate) struct Credential {
    pub(crate) id: String,
    pub(crate) client: String,
    pub(crate) secret: String,
}

impl World {
    pub(crate) fn new() -> Self {
        Self::with(Setup::default())
    }

    pub(crate) fn with(setup: Setup) -> Self {
        let now = "2026-03-01T12:00:00Z".parse().unwrap();
        let mut state = State::new(setup, now);
        let token = state.user_token(now);
        Self { state, now, token }
    }

    pub(crate) fn switched(settings: &[&str]) -> Self {
        let mut switches = Switches::default();
        for setting in settings {
            switches.parse(setting).unwrap();
        }
        Self::with(Setup { switches, ..Setup::default() })
    }

    pub(crate) fn ms(&self) -> i64 {
        self.now.as_millisecond()
    }

    pub(crate) fn pass(&mut self, seconds: i64) {
        self.now += SignedDuration::from_secs(seconds);
    }

    /// As it is, without a token of its own.
    pub(crate) fn raw(&mut self, request: &Request) -> Value {
        self.state.handle(request, self.now).value()
    }

    /// By the usual account.
    pub(crate) fn ask(&mut self, request: Request) -> Value {
        let token = self.token.clone();
        self.raw(&request.token(token))
    }

    pub(crate) fn get(&mut self, path: &str) -> Value {
        self.ask(Request::get(path))
    }

    pub(crate) fn by(&mut self, user: &str, request: Request) -> Value {
        let token = self.state.token_of(user, self.now);
        self.raw(&request.token(token))
    }

    pub(crate) fn item(&mut self, title: &str) -> String {
        let add = Request::post("content/users/developer/addItem").with("type", "Application").with("title", title);
        text(&self.ask(add), "id")
    }

    pub(crate) fn register(&mut self, id: &str, privileges: &[&str], referrers: &[&str]) -> Value {
        let register = Request::post("oauth2/registerApp")
            .with("itemId", id)
            .with("appType", "multiple")
            .with("redirect_uris", json!(["urn:ietf:wg:oauth:2.0:oob"]))
            .with("privileges", json!(privileges))
            .with("httpReferrers", json!(referrers));
        self.ask(register)
    }

    pub(crate) fn credential(&mut self, privileges: &[&str], referrers: &[&str]) -> Credential {
        let id = self.item("Map key");
        let app = self.register(&id, privileges, referrers);
        Credential { client: text(&app, "client_id"), secret: text(&app, "client_secret"), id }
    }

    pub(crate) fn date(&mut self, id: &str, slot: u8, date: i64) -> Value {
        let update = Request::post(&format!("content/users/developer/items/{id}/update"));
        self.ask(update.with(&format!("apiToken{slot}ExpirationDate"), date))
    }

    pub(crate) fn token_call(&mut self, of: &Credential, slot: u8, regenerate: bool) -> Value {
        let call = Request::post("oauth2/token")
            .with("grant_type", "client_credentials")
            .with("client_id", &of.client)
            .with("client_secret", &of.secret)
            .with("apiToken", slot)
            .with("regenerateApiToken", regenerate);
        self.raw(&call)
    }

    /// A key that lives for thirty days.
    pub(crate) fn issue(&mut self, of: &Credential, slot: u8) -> String {
        let date = self.ms() + 30 * 86_400_000;
        self.date(&of.id, slot, date);
        let answer = self.token_call(of, slot, true);
        text(&answer, "access_token")
    }

    pub(crate) fn revoke(&mut self, of: &Credential, slot: u8) -> Value {
        let call = Request::post("oauth2/revokeToken").with("client_id", &of.client);
        self.raw(&call.with("client_secret", &of.secret).with("apiToken", slot))
    }

    pub(crate) fn update_app(&mut self, of: &Credential, privileges: &[&str], referrers: &[&str]) -> Value {
        let call = Request::post(&format!("oauth2/apps/{}/update", of.client));
        self.ask(call.with("privileges", json!(privileges)).with("httpReferrers", json!(referrers)))
    }

    pub(crate) fn app(&mut self, of: &Credential) -> Value {
        self.get(&format!("content/users/developer/items/{}/registeredAppInfo", of.id))
    }

    /// The HTTP status of the demo service.
    pub(crate) fn opens(&mut self, key: &str) -> u16 {
        self.state.handle(&Request::get(SECURED).token(key), self.now).status
    }
}

pub(crate) fn text(value: &Value, name: &str) -> String {
    value.get(name).and_then(Value::as_str).unwrap_or_else(|| panic!("no {name} in {value}")).to_owned()
}

pub(crate) fn code(value: &Value) -> i64 {
    value.pointer("/error/code").and_then(Value::as_i64).unwrap_or_default()
}
