//! The portal and its members (*section 1*).

use serde_json::{Value, json};

use super::records::Member;
use super::refusal::Refusal;
use super::request::Request;
use super::state::{Answer, Call, Caller, Page, State, USER};

/// The longest a token may live here, in minutes.
pub(super) const MAX_TOKEN_MINUTES: i64 = 20_160;

impl State {
    pub(super) fn root(&self) -> Value {
        let mut root = json!({"currentVersion": self.profile.current_version()});
        if let Some((version, build)) = self.profile.enterprise_version() {
            root["enterpriseVersion"] = json!(version);
            root["enterpriseBuild"] = json!(build);
        }
        root
    }

    /// Where tokens come from; Esri's Python client asks before it signs in (*section 1.2b*).
    pub(super) fn info(request: &Request) -> Value {
        let base = &request.base;
        let token_services = format!("{base}/sharing/rest/generateToken");
        json!({"owningSystemUrl": base, "authInfo": {"isTokenBasedSecurity": true, "tokenServicesUrl": token_services}})
    }

    pub(super) fn portal_self(&self, call: &Call<'_>) -> Value {
        let enterprise = self.profile.is_enterprise();
        let mut portal = json!({
            "id": self.org, "name": "Emulated organisation", "access": "public",
            "isPortal": enterprise,
            "portalName": if enterprise { "ArcGIS Enterprise" } else { "ArcGIS Online" },
            "portalMode": if enterprise { "singletenant" } else { "multitenant" },
            "portalHostname": if enterprise { "portal.example.com/portal" } else { "www.arcgis.com" },
            "currentVersion": self.profile.current_version(),
            "supportsOAuth": true, "allSSL": true, "isReadOnly": self.read_only,
            "maxTokenExpirationMinutes": MAX_TOKEN_MINUTES,
            "recycleBinSupported": true, "recycleBinEnabled": self.recycle_bin,
            "culture": "en-us", "units": "metric", "helperServices": {},
        });
        if let Some((version, build)) = self.profile.enterprise_version() {
            portal["enterpriseVersion"] = json!(version);
            portal["enterpriseBuild"] = json!(build);
        } else {
            portal["urlKey"] = json!("emulated");
            portal["customBaseUrl"] = json!("maps.arcgis.com");
            let subscription = json!({"id": "8800000000", "type": "In House", "state": "active",
                "expDate": call.now.saturating_add(365 * 86_400_000), "userLicenseTypes": {"creatorUT": 50},
                "maxUsers": 50, "availableCredits": 1000.0});
            portal["subscriptionInfo"] = subscription;
        }
        match &call.caller {
            Caller::Anonymous => {}
            Caller::User(name) => {
                if let Some(member) = self.members.get(name) {
                    portal["user"] = user(member);
                }
            }
            Caller::App(item) => portal["appInfo"] = self.app_info(item, None),
            Caller::Key(key) => {
                if let Some(issued) = self.keys.get(key) {
                    portal["appInfo"] = self.app_info(&issued.item, Some(issued.expires));
                }
            }
        }
        portal
    }

    pub(super) fn community_self(&self, call: &Call<'_>) -> Answer {
        match &call.caller {
            Caller::Anonymous => Err(Refusal::token_required()),
            Caller::User(_) => Ok(user(self.user(call)?)),
            Caller::App(item) => Ok(json!({"appInfo": self.app_info(item, None)})),
            Caller::Key(key) => {
                let issued = self.keys.get(key).ok_or_else(Refusal::invalid_token)?;
                let app_info = self.app_info(&issued.item, Some(issued.expires));
                // The personal scope acts as its owner's account (section 4.7).
                let item = self.items.get(&issued.item);
                let personal = item.is_some_and(|item| item.app.as_ref().is_some_and(|app| app.personal));
                let owner = item.filter(|_| personal).and_then(|item| self.members.get(&item.owner));
                let mut body = owner.map_or_else(|| json!({}), user);
                body["appInfo"] = app_info;
                Ok(body)
            }
        }
    }

    /// What a key or an app token says about itself (*fact 10*).
    fn app_info(&self, item: &str, expires: Option<i64>) -> Value {
        let Some(item) = self.items.get(item) else { return Value::Null };
        let Some(app) = &item.app else { return Value::Null };
        let mut info = json!({"appId": app.client_id, "itemId": item.id, "appOwner": item.owner, "orgId": item.org,
            "appTitle": item.title, "privileges": app.privileges});
        if let Some(expires) = expires {
            info["expirationDate"] = json!(expires);
        }
        info
    }

    pub(super) fn community_user(&self, call: &Call<'_>, name: &str) -> Answer {
        let me = self.user(call)?;
        let member = self.members.get(name).filter(|member| member.org == me.org).ok_or_else(no_user)?;
        Ok(if member.username == me.username { user(member) } else { public_user(member) })
    }

    pub(super) fn portal_users(&self, call: &Call<'_>) -> Answer {
        let me = self.user(call)?;
        if !me.may("portal:user:viewOrgUsers") && !me.may("portal:admin:viewUsers") {
            return Err(Refusal::forbidden());
        }
        let members: Vec<&Member> = self.members.values().filter(|member| member.org == me.org).collect();
        Ok(Page::of(call).list("users", &members, |member| public_user(member)))
    }

    /// The custom roles of the members.
    pub(super) fn portal_roles(&self, call: &Call<'_>) -> Answer {
        let me = self.user(call)?;
        let roles: Vec<Value> = self
            .members
            .values()
            .filter(|member| member.org == me.org)
            .filter_map(|member| match role_id(member) {
                Value::Null => None,
                id => Some(json!({"id": id, "name": format!("Role of {}", member.username), "description": "",
                    "created": member.created, "modified": member.created})),
            })
            .collect();
        Ok(Page::of(call).list("roles", &roles, Value::clone))
    }

    /// Legacy keys only (*fact 7*).
    pub(super) fn portal_api_keys(&self, call: &Call<'_>) -> Answer {
        let me = self.user(call)?;
        let legacy: Vec<Value> = self
            .items
            .values()
            .filter(|item| item.owner == me.username || (me.may("portal:admin:viewItems") && item.org == me.org))
            .filter_map(|item| {
                let app = item.app.as_ref().filter(|app| app.kind == "apikey")?;
                Some(json!({"itemId": item.id, "owner": item.owner, "title": item.title, "client_id": app.client_id,
                    "httpReferrers": app.referrers, "privileges": app.privileges, "registered": app.registered}))
            })
            .collect();
        Ok(Page::of(call).list("apiKeys", &legacy, Value::clone))
    }

    /// A token of [`USER`] that lives as long as the portal lets one live.
    pub fn user_token(&mut self, wall: jiff::Timestamp) -> String {
        self.token_of(USER, wall)
    }

    /// A token of any member.
    pub fn token_of(&mut self, username: &str, wall: jiff::Timestamp) -> String {
        let expires = self.now(wall).saturating_add(MAX_TOKEN_MINUTES * 60_000);
        self.new_user_token(username, expires, None)
    }
}

pub(super) fn no_user() -> Refusal {
    Refusal::plain(400, "User does not exist or is inaccessible.", &[])
}

fn public_user(member: &Member) -> Value {
    let license = if member.role == "viewer" { "viewerUT" } else { "creatorUT" };
    json!({"username": member.username, "id": member.id, "fullName": member.username, "orgId": member.org,
        "role": member.role, "roleId": role_id(member), "level": "2", "userLicenseTypeId": license,
        "userType": "arcgisonly", "disabled": false, "created": member.created, "modified": member.created,
        "provider": "arcgis"})
}

fn user(member: &Member) -> Value {
    let mut user = public_user(member);
    user["udn"] = Value::Null;
    user["email"] = json!(format!("{}@example.com", member.username));
    user["mfaEnabled"] = json!(false);
    user["groups"] = json!([]);
    user["privileges"] = json!(member.privileges);
    user
}

/// A custom role keeps a base role and has an id of its own (*section 1.3*).
fn role_id(member: &Member) -> Value {
    if member.role == "org_publisher" { json!(member.id.get(..16)) } else { Value::Null }
}
