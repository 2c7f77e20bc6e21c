//! Which endpoint a path names. Fixed segments are matched whatever their case (*section 1.1*).

use percent_encoding::percent_decode_str;

use super::request::Method;

/// An endpoint and the names in its path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Route {
    Root,
    Info,
    PortalSelf,
    PortalUsers,
    PortalApiKeys,
    PortalRoles,
    CommunitySelf,
    CommunityUser(String),
    GenerateToken,
    OauthToken,
    RevokeToken,
    RegisterApp,
    App(String),
    UpdateApp(String),
    UnregisterApp(String),
    ResetApiKey(String),
    ValidateApiKey,
    Search,
    Item(String),
    ItemGroups(String),
    UserContent { user: String, folder: Option<String> },
    CreateFolder(String),
    UpdateFolder { user: String, folder: String },
    DeleteFolder { user: String, folder: String },
    AddItem { user: String, folder: Option<String> },
    DeleteItems(String),
    UserItem { user: String, id: String, verb: Verb },
    Service { path: Vec<String> },
}

/// What is asked of an item under its owner.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verb {
    Read,
    Update,
    Move,
    Protect,
    Unprotect,
    CanDelete,
    Delete,
    Restore,
    Status,
    RegisteredAppInfo,
}

impl Route {
    /// Reads a path; none if nothing answers there.
    #[must_use]
    pub(super) fn of(path: &str) -> Option<Self> {
        let decoded = |part: &str| percent_decode_str(part).decode_utf8_lossy().into_owned();
        let parts: Vec<String> = path.split('/').filter(|part| !part.is_empty()).map(decoded).collect();
        let lower: Vec<String> = parts.iter().map(|part| part.to_ascii_lowercase()).collect();
        let fixed: Vec<&str> = lower.iter().map(String::as_str).collect();
        match fixed.as_slice() {
            ["sharing", "rest", rest @ ..] => Self::sharing(rest, parts.get(2..).unwrap_or_default()),
            ["sharing", "info"] => Some(Self::Info),
            ["arcgis", "rest", "services", ..] => {
                Some(Self::Service { path: parts.get(3..).unwrap_or_default().to_vec() })
            }
            _ => None,
        }
    }

    fn sharing(fixed: &[&str], parts: &[String]) -> Option<Self> {
        let name = |at: usize| parts.get(at).cloned().unwrap_or_default();
        Some(match fixed {
            [] => Self::Root,
            ["info"] => Self::Info,
            ["portals", _] => Self::PortalSelf,
            ["portals", _, "users"] => Self::PortalUsers,
            ["portals", _, "apikeys"] => Self::PortalApiKeys,
            ["portals", _, "roles"] => Self::PortalRoles,
            ["community", "self"] => Self::CommunitySelf,
            ["community", "users", _] => Self::CommunityUser(name(2)),
            ["generatetoken"] => Self::GenerateToken,
            ["oauth2", "token"] => Self::OauthToken,
            ["oauth2", "revoketoken"] => Self::RevokeToken,
            ["oauth2", "registerapp"] => Self::RegisterApp,
            ["oauth2", "validateapikey"] => Self::ValidateApiKey,
            ["oauth2", "apps", _] => Self::App(name(2)),
            ["oauth2", "apps", _, "update"] => Self::UpdateApp(name(2)),
            ["oauth2", "apps", _, "unregister"] => Self::UnregisterApp(name(2)),
            ["oauth2", "apps", _, "resetapikey"] => Self::ResetApiKey(name(2)),
            ["search"] => Self::Search,
            ["content", "items", _] => Self::Item(name(2)),
            ["content", "items", _, "groups"] => Self::ItemGroups(name(2)),
            ["content", "users", _, rest @ ..] => Self::content(rest, name(2), parts.get(3..).unwrap_or_default())?,
            _ => return None,
        })
    }

    fn content(fixed: &[&str], user: String, parts: &[String]) -> Option<Self> {
        let name = |at: usize| parts.get(at).cloned().unwrap_or_default();
        Some(match fixed {
            [] => Self::UserContent { user, folder: None },
            ["createfolder"] => Self::CreateFolder(user),
            ["additem"] => Self::AddItem { user, folder: None },
            ["deleteitems"] => Self::DeleteItems(user),
            ["items", _, rest @ ..] => Self::UserItem { user, id: name(1), verb: Verb::of(rest)? },
            [_] => Self::UserContent { user, folder: Some(name(0)) },
            [_, "additem"] => Self::AddItem { user, folder: Some(name(0)) },
            [_, "updatefolder"] => Self::UpdateFolder { user, folder: name(0) },
            [_, "delete"] => Self::DeleteFolder { user, folder: name(0) },
            [_, "items", _, rest @ ..] => Self::UserItem { user, id: name(2), verb: Verb::of(rest)? },
            _ => return None,
        })
    }

    /// Whether it writes content or apps, so that only POST reaches it and a read-only portal refuses it.
    #[must_use]
    pub(super) const fn writes(&self) -> bool {
        match self {
            Self::RegisterApp
            | Self::UpdateApp(_)
            | Self::UnregisterApp(_)
            | Self::ResetApiKey(_)
            | Self::CreateFolder(_)
            | Self::UpdateFolder { .. }
            | Self::DeleteFolder { .. }
            | Self::AddItem { .. }
            | Self::DeleteItems(_) => true,
            Self::UserItem { verb, .. } => verb.writes(),
            Self::Root
            | Self::Info
            | Self::PortalSelf
            | Self::PortalUsers
            | Self::PortalApiKeys
            | Self::PortalRoles
            | Self::CommunitySelf
            | Self::CommunityUser(_)
            | Self::GenerateToken
            | Self::OauthToken
            | Self::RevokeToken
            | Self::App(_)
            | Self::ValidateApiKey
            | Self::Search
            | Self::Item(_)
            | Self::ItemGroups(_)
            | Self::UserContent { .. }
            | Self::Service { .. } => false,
        }
    }

    /// Whether the verb may be used here: reads take both, the rest only POST (*section 2.4*).
    #[must_use]
    pub(super) const fn takes(&self, method: Method) -> bool {
        let tokens = matches!(self, Self::GenerateToken | Self::OauthToken | Self::RevokeToken);
        match method {
            Method::Post => true,
            Method::Get => !self.writes() && !tokens,
            Method::Other => false,
        }
    }
}

impl Verb {
    fn of(rest: &[&str]) -> Option<Self> {
        Some(match rest {
            [] => Self::Read,
            ["update"] => Self::Update,
            ["move"] => Self::Move,
            ["protect"] => Self::Protect,
            ["unprotect"] => Self::Unprotect,
            ["candelete"] => Self::CanDelete,
            ["delete"] => Self::Delete,
            ["status"] => Self::Status,
            ["restore"] => Self::Restore,
            ["registeredappinfo"] => Self::RegisteredAppInfo,
            _ => return None,
        })
    }

    const fn writes(self) -> bool {
        match self {
            Self::Read | Self::Status | Self::CanDelete | Self::RegisteredAppInfo => false,
            Self::Update | Self::Move | Self::Protect | Self::Unprotect | Self::Delete | Self::Restore => true,
        }
    }
}
