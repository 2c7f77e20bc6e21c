//! Demo services that accept keys, so that "which keys work now" can be asked (*section 8*).
//!
//! | path below `/arcgis/rest/services` | asks for |
//! |---|---|
//! | `Demo/secured` | `premium:user:basemaps`; on Enterprise `features:user:edit` |
//! | `Demo/privilege/<privilege>` | that privilege |
//! | `Demo/items/<id>` | access to that item |
//! | `Demo/classic/…` | the same, but errors come with status 200, as classic services send them |

use serde_json::json;

use super::refusal::Refusal;
use super::request::{Request, Response};
use super::state::{Caller, State};

impl State {
    pub(super) fn service(&self, parts: &[&str], request: &Request, now: i64) -> Response {
        let (classic, rest) = match parts {
            [demo, word, rest @ ..] if is(demo, "demo") && is(word, "classic") => (true, rest),
            [demo, rest @ ..] if is(demo, "demo") => (false, rest),
            _ => return Response::json(404, &Refusal::no_endpoint().envelope()),
        };
        let needs = match rest {
            [] if classic => Some(self.profile.demo_privilege().to_owned()),
            [word] if is(word, "secured") => Some(self.profile.demo_privilege().to_owned()),
            [word, privilege] if is(word, "privilege") => Some((*privilege).to_owned()),
            [word, id] if is(word, "items") => Some(format!("portal:app:access:item:{id}")),
            _ => None,
        };
        let answer = needs.ok_or_else(Refusal::no_endpoint).and_then(|needs| {
            self.opens(&needs, request, now)?;
            Ok(json!({"service": parts.join("/"), "privilege": needs, "works": true}))
        });
        match answer {
            Ok(body) => Response::json(200, &body),
            Err(refusal) => Response::json(if classic { 200 } else { refusal.code }, &refusal.envelope()),
        }
    }

    fn opens(&self, needs: &str, request: &Request, now: i64) -> Result<(), Refusal> {
        let holds = match self.caller(request, now)? {
            Caller::Anonymous => return Err(Refusal::plain(499, "Token Required", &[])),
            Caller::User(name) => self.members.get(&name).is_some_and(|member| {
                let item = needs.strip_prefix("portal:app:access:item:").and_then(|id| self.items.get(id));
                member.may(needs) || item.is_some_and(|item| Self::visible(item, Some(member)))
            }),
            Caller::App(id) => self.app_holds(&id, needs),
            Caller::Key(key) => self.keys.get(&key).is_some_and(|key| self.app_holds(&key.item, needs)),
        };
        let why = format!("the token does not hold {needs}");
        if holds { Ok(()) } else { Err(Refusal::plain(403, "Token is valid but access is denied.", &[&why])) }
    }

    fn app_holds(&self, item: &str, needs: &str) -> bool {
        let app = self.items.get(item).and_then(|item| item.app.as_ref());
        app.is_some_and(|app| app.privileges.iter().any(|have| have == needs || super::catalogue::covers(have, needs)))
    }
}

fn is(part: &str, fixed: &str) -> bool {
    part.eq_ignore_ascii_case(fixed)
}
