//! Which endpoint a path names, and what answers there. Fixed segments are matched whatever their case (*section 1.1*).

use jiff::Timestamp;
use percent_encoding::percent_decode_str;
use serde_json::Value;

use super::refusal::Refusal;
use super::request::{Method, Request, Response};
use super::state::{Answer, Call, Caller, State};

/// What an endpoint does decides how it is reached, and by whom.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Does {
    /// Anybody may ask it, by GET or POST (*section 2.4*).
    Reads,
    /// Content or apps change: only POST reaches it, a member has to ask, and a read-only portal refuses.
    Writes,
    /// It goes by what it is sent by POST, not by who sends it.
    SignsIn,
}

use Does::{Reads, SignsIn, Writes};

/// A path below `/sharing/rest` in which `*` stands for a name, and what answers there, given those names.
type Endpoint = (&'static str, Does, fn(&mut State, &Call<'_>, [&str; 2]) -> Answer);

/// The first that fits is meant.
const ENDPOINTS: &[Endpoint] = &[
    ("", Reads, |state, _, _| Ok(state.root())),
    ("info", Reads, |_, call, _| Ok(State::info(call.request))),
    ("portals/*", Reads, |state, call, _| Ok(state.portal_self(call))),
    ("portals/*/users", Reads, |state, call, _| state.portal_users(call)),
    ("portals/*/apiKeys", Reads, |state, call, _| state.portal_api_keys(call)),
    ("portals/*/roles", Reads, |state, call, _| state.portal_roles(call)),
    ("community/self", Reads, |state, call, _| state.community_self(call)),
    ("community/users/*", Reads, |state, call, [name, _]| state.community_user(call, name)),
    ("generateToken", SignsIn, |state, call, _| state.generate_token(call.request, call.now)),
    (OAUTH_TOKEN, SignsIn, |state, call, _| state.oauth_token(call.request, call.now)),
    ("oauth2/revokeToken", SignsIn, |state, call, _| state.revoke_token(call.request, call.now)),
    ("oauth2/registerApp", Writes, |state, call, _| state.register_app(call)),
    ("oauth2/validateApiKey", Reads, |_, call, _| State::validate_api_key(call)),
    ("oauth2/apps/*", Reads, |state, call, [client, _]| state.read_app(call, client)),
    ("oauth2/apps/*/update", Writes, |state, call, [client, _]| state.update_app(call, client)),
    ("oauth2/apps/*/unregister", Writes, |state, call, [client, _]| state.unregister_app(call, client)),
    ("oauth2/apps/*/resetApiKey", Writes, |state, call, [client, _]| state.reset_api_key(call, client)),
    ("search", Reads, |state, call, _| state.search(call)),
    ("content/items/*", Reads, |state, call, [id, _]| state.read_item(call, id)),
    ("content/items/*/groups", Reads, |state, call, [id, _]| state.item_groups(call, id)),
    ("content/users/*", Reads, |state, call, [user, _]| state.user_content(call, user, None)),
    ("content/users/*/createFolder", Writes, |state, call, [user, _]| state.create_folder(call, user)),
    ("content/users/*/addItem", Writes, |state, call, [user, _]| state.add_item(call, user, None)),
    ("content/users/*/deleteItems", Writes, |state, call, [user, _]| state.delete_items(call, user)),
    ("content/users/*/items/*", Reads, |state, call, [user, id]| state.read_own_item(call, user, id)),
    ("content/users/*/items/*/update", Writes, |state, call, [user, id]| state.update_item(call, user, id)),
    ("content/users/*/items/*/move", Writes, |state, call, [user, id]| state.move_item(call, user, id)),
    ("content/users/*/items/*/protect", Writes, |state, call, [user, id]| state.protect_item(call, user, id, true)),
    ("content/users/*/items/*/unprotect", Writes, |state, call, [user, id]| state.protect_item(call, user, id, false)),
    ("content/users/*/items/*/canDelete", Reads, |state, call, [user, id]| state.can_delete(call, user, id)),
    ("content/users/*/items/*/delete", Writes, |state, call, [user, id]| state.delete_item(call, user, id)),
    ("content/users/*/items/*/status", Reads, |state, call, [user, id]| state.item_status(call, user, id)),
    ("content/users/*/items/*/restore", Writes, |state, call, [user, id]| state.restore_item(call, user, id)),
    ("content/users/*/items/*/registeredAppInfo", Reads, |state, call, [user, id]| state.app_info_of(call, user, id)),
    ("content/users/*/*", Reads, |state, call, [user, folder]| state.user_content(call, user, Some(folder))),
    ("content/users/*/*/addItem", Writes, |state, call, [user, folder]| state.add_item(call, user, Some(folder))),
    ("content/users/*/*/updateFolder", Writes, |state, call, [user, folder]| state.update_folder(call, user, folder)),
    ("content/users/*/*/delete", Writes, |state, call, [user, folder]| state.delete_folder(call, user, folder)),
];

const OAUTH_TOKEN: &str = "oauth2/token";

impl State {
    /// Answers one request.
    pub fn handle(&mut self, request: &Request, wall: Timestamp) -> Response {
        let now = self.now(wall);
        let decoded = |part: &str| percent_decode_str(part).decode_utf8_lossy().into_owned();
        let parts: Vec<String> = request.path.split('/').filter(|part| !part.is_empty()).map(decoded).collect();
        let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
        if is_below(&["arcgis", "rest", "services"], &parts) {
            return self.service(&parts[3..], request, now);
        }
        let found = endpoint(&parts);
        // Esri's Python client asks for a token without saying how it wants it (section 5.1).
        let usual = if found.as_ref().is_some_and(|((path, ..), _)| *path == OAUTH_TOKEN) { "json" } else { "html" };
        let format = request.param("f").unwrap_or(usual).to_ascii_lowercase();
        let (status, body) = match found.map(|(endpoint, names)| self.answer(endpoint, names, request, now)) {
            Some(Ok(body)) => (200, body),
            Some(Err(refusal)) if refusal.is_page => {
                return Response::html(refusal.code, page(&request.path, refusal.error()));
            }
            Some(Err(refusal)) => (200, refusal.envelope()),
            None => (404, Refusal::no_endpoint().envelope()),
        };
        match format.as_str() {
            "json" => Response::json(status, &body),
            "pjson" => Response::pretty(status, &body),
            _ => Response::html(status, page(&request.path, &body)),
        }
    }

    fn answer(&mut self, (_, does, answer): &Endpoint, names: [&str; 2], request: &Request, now: i64) -> Answer {
        match request.method {
            Method::Post => {}
            Method::Get if *does == Reads => {}
            Method::Get | Method::Other => return Err(Refusal::plain(405, "Method not allowed: use POST.", &[])),
        }
        let caller = if *does == SignsIn { Caller::Anonymous } else { self.caller(request, now)? };
        let call = Call { request, caller, now };
        if *does == Writes {
            self.user(&call)?;
            if self.read_only {
                return Err(Refusal::read_only());
            }
        }
        answer(self, &call, names)
    }
}

fn is_below(fixed: &[&str], parts: &[&str]) -> bool {
    fixed.len() <= parts.len() && fixed.iter().zip(parts).all(|(fixed, part)| part.eq_ignore_ascii_case(fixed))
}

/// The endpoint of a path and the names in it; none if nothing answers there.
fn endpoint<'p>(parts: &[&'p str]) -> Option<(&'static Endpoint, [&'p str; 2])> {
    let mut parts = match parts {
        [_, _] if is_below(&["sharing", "info"], parts) => vec!["info"],
        [_, _, rest @ ..] if is_below(&["sharing", "rest"], parts) => rest.to_vec(),
        _ => return None,
    };
    // An item is reached through its folder as well.
    if let [_, _, _, folder, items, _, ..] = parts[..]
        && is_below(&["content", "users"], &parts)
        && !folder.eq_ignore_ascii_case("items")
        && items.eq_ignore_ascii_case("items")
    {
        parts.remove(3);
    }
    ENDPOINTS.iter().find_map(|endpoint| Some((endpoint, names(endpoint.0, &parts)?)))
}

/// The names in a path of that form.
fn names<'p>(form: &str, parts: &[&'p str]) -> Option<[&'p str; 2]> {
    let mut names = [""; 2];
    let (mut form, mut found) = (form.split('/').filter(|fixed| !fixed.is_empty()), 0);
    for part in parts {
        match form.next()? {
            "*" => {
                names[found] = part;
                found += 1;
            }
            fixed if fixed.eq_ignore_ascii_case(part) => {}
            _ => return None,
        }
    }
    form.next().is_none().then_some(names)
}

/// Without `f`, the portal answers with a page (*section 1.1*).
fn page(path: &str, body: &Value) -> String {
    let escaped = format!("{body:#}").replace('&', "&amp;").replace('<', "&lt;");
    let path = path.replace('&', "&amp;").replace('<', "&lt;");
    format!("<!DOCTYPE html>\n<html><head><title>{path}</title></head><body><pre>{escaped}</pre></body></html>\n")
}
