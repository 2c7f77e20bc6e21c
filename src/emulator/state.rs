//! The portal as one value: every rule, no HTTP, no waiting, no clock, no environment.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::catalogue;
use super::index::Index;
use super::profile::Profile;
use super::random::Random;
use super::records::{Folder, Holder, IssuedKey, Item, Member, Token};
use super::referrer;
use super::refusal::Refusal;
use super::request::{Params, Request};
use super::switches::Switches;

/// The version of the file a state is kept in.
pub const FORMAT: u32 = 1;

/// The account everything is done with.
pub const USER: &str = "developer";
/// Another member, who owns other things; on Location Platform, of another organisation.
pub const OTHER_USER: &str = "colleague";
/// The administrator.
pub const ADMIN_USER: &str = "administrator";
/// Everybody's password here.
pub const PASSWORD: &str = "emulator";

/// What a new portal is like.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setup {
    /// Product and version.
    pub profile: Profile,
    /// What the documents leave open.
    pub switches: Switches,
    /// Whether [`USER`] is an administrator; on Location Platform it always is.
    pub administrator: bool,
    /// The role of [`USER`], in place of the usual one; `viewer` holds no privileges to create.
    pub role: Option<String>,
    /// Privileges [`USER`] lacks.
    pub without: Vec<String>,
    /// Whether the portal refuses writes.
    pub read_only: bool,
    /// Whether deleted items go into a recycle bin.
    pub recycle_bin: bool,
    /// Where identifiers, secrets and keys come from.
    pub seed: u64,
    /// How far the portal's clock is ahead of the wall clock.
    pub clock_offset: SignedDuration,
}

impl Default for Setup {
    fn default() -> Self {
        Self {
            profile: Profile::default(),
            switches: Switches::default(),
            administrator: false,
            role: None,
            without: Vec::new(),
            read_only: false,
            recycle_bin: true,
            seed: 1,
            clock_offset: SignedDuration::ZERO,
        }
    }
}

/// A whole portal. Holds keys and secrets, as a portal does.
#[derive(Clone, Serialize, Deserialize)]
pub struct State {
    pub(super) format: u32,
    pub(super) profile: Profile,
    pub(super) switches: Switches,
    pub(super) clock_offset_ms: i64,
    pub(super) read_only: bool,
    pub(super) recycle_bin: bool,
    pub(super) org: String,
    pub(super) members: BTreeMap<String, Member>,
    pub(super) folders: BTreeMap<String, Folder>,
    pub(super) items: BTreeMap<String, Item>,
    /// Client id to item id.
    pub(super) clients: BTreeMap<String, String>,
    pub(super) tokens: BTreeMap<String, Token>,
    pub(super) keys: BTreeMap<String, IssuedKey>,
    pub(super) index: Index,
    pub(super) random: Random,
    /// Counts changes, so that the file is written only after one.
    pub(super) changes: u64,
}

/// Who asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Caller {
    Anonymous,
    User(String),
    /// An app without a user, by its item.
    App(String),
    /// An API key: its text.
    Key(String),
}

/// A request with what every endpoint needs to know about it.
pub(super) struct Call<'a> {
    pub(super) request: &'a Request,
    pub(super) caller: Caller,
    /// The portal's time in ms.
    pub(super) now: i64,
}

impl Call<'_> {
    pub(super) fn param(&self, name: &str) -> Option<&str> {
        self.request.param(name)
    }

    pub(super) fn flag(&self, name: &str) -> bool {
        self.param(name).is_some_and(|value| value.eq_ignore_ascii_case("true"))
    }

    pub(super) fn required(&self, name: &str) -> Result<&str, Refusal> {
        self.param(name).filter(|value| !value.is_empty()).ok_or_else(|| Refusal::invalid(name, "property required."))
    }
}

pub(super) type Answer = Result<Value, Refusal>;

impl State {
    /// A new portal with its members and nothing else.
    #[must_use]
    pub fn new(setup: Setup, wall: Timestamp) -> Self {
        let Setup { profile, switches, administrator, role, without, read_only, recycle_bin, seed, clock_offset } =
            setup;
        let mut random = Random::new(seed);
        let (org, other_org) = (random.client_id(), random.client_id());
        let mut state = Self {
            format: FORMAT,
            profile,
            switches,
            clock_offset_ms: i64::try_from(clock_offset.as_millis()).unwrap_or_default(),
            read_only,
            recycle_bin,
            org: org.clone(),
            members: BTreeMap::new(),
            folders: BTreeMap::new(),
            items: BTreeMap::new(),
            clients: BTreeMap::new(),
            tokens: BTreeMap::new(),
            keys: BTreeMap::new(),
            index: Index::default(),
            random,
            changes: 0,
        };
        let single = profile == Profile::LocationPlatform;
        let administrator = administrator || single || role.as_deref() == Some("org_admin");
        let usual = if administrator { "org_admin" } else { "org_publisher" };
        state.add_member(USER, role.as_deref().unwrap_or(usual), &org, wall);
        if let Some(user) = state.members.get_mut(USER) {
            user.privileges.retain(|privilege| !without.contains(privilege));
        }
        if single {
            state.add_member(OTHER_USER, "org_admin", &other_org, wall);
        } else {
            state.add_member(OTHER_USER, "org_publisher", &org, wall);
            state.add_member(ADMIN_USER, "org_admin", &org, wall);
        }
        if profile == Profile::Legacy {
            state.leave_legacy_keys(wall);
        }
        state
    }

    fn add_member(&mut self, username: &str, role: &str, org: &str, wall: Timestamp) {
        let privileges = match role {
            "viewer" => BTreeSet::from(["portal:user:viewOrgUsers".to_owned(), "portal:user:joinGroup".to_owned()]),
            _ => catalogue::held(self.profile, role == "org_admin"),
        };
        let member = Member {
            username: username.to_owned(),
            password: PASSWORD.to_owned(),
            id: self.random.hex32(),
            org: org.to_owned(),
            role: role.to_owned(),
            privileges,
            created: self.now(wall),
        };
        self.members.insert(username.to_owned(), member);
    }

    /// The portal's time in ms.
    pub(crate) fn now(&self, wall: Timestamp) -> i64 {
        wall.as_millisecond().saturating_add(self.clock_offset_ms)
    }

    /// How far its clock is ahead of the wall clock, in ms.
    pub(crate) const fn clock_offset_ms(&self) -> i64 {
        self.clock_offset_ms
    }

    /// Sets its clock.
    pub fn set_clock_offset_ms(&mut self, offset: i64) {
        self.clock_offset_ms = offset;
        self.changes += 1;
    }

    /// How it behaves where no document says.
    pub(crate) const fn switches(&self) -> &Switches {
        &self.switches
    }

    /// Makes it behave otherwise from now on.
    pub fn set_switches(&mut self, switches: Switches) {
        self.switches = switches;
        self.changes += 1;
    }

    /// The portal that is played.
    #[must_use]
    pub const fn profile(&self) -> Profile {
        self.profile
    }

    /// Makes the portal refuse writes, or take them again.
    pub fn set_read_only(&mut self, read_only: bool) {
        self.read_only = read_only;
        self.changes += 1;
    }

    /// Gives a member a privilege, or takes it.
    pub fn set_privilege(&mut self, username: &str, privilege: &str, held: bool) {
        self.changes += 1;
        if let Some(member) = self.members.get_mut(username) {
            if held {
                member.privileges.insert(privilege.to_owned());
            } else {
                member.privileges.remove(privilege);
            }
        }
    }

    /// Counts changes: equal before and after means nothing happened.
    pub(crate) const fn changes(&self) -> u64 {
        self.changes
    }

    /// Who asks; a token that is not good is an error even where none is needed.
    pub(super) fn caller(&self, request: &Request, now: i64) -> Result<Caller, Refusal> {
        let Some(sent) = request.credentials() else { return Ok(Caller::Anonymous) };
        let referer = request.referer.as_deref();
        if let Some(token) = self.tokens.get(sent) {
            let bound = token.referer.as_deref().is_none_or(|want| bound_to(want, referer));
            if token.expires <= now || !bound {
                return Err(Refusal::invalid_token());
            }
            return match &token.holder {
                Holder::User(name) => Ok(Caller::User(name.clone())),
                Holder::App(id) => {
                    let item = self.items.get(id).filter(|item| item.recycled.is_none());
                    let app = item.and_then(|item| item.app.as_ref());
                    let open = app.is_some_and(|app| referrer::allowed(&app.referrers, referer));
                    if open { Ok(Caller::App(id.clone())) } else { Err(Refusal::invalid_token()) }
                }
            };
        }
        self.open_key(sent, referer, now)?;
        Ok(Caller::Key(sent.to_owned()))
    }

    /// The member who asks: keys and plain app tokens manage nothing (*fact 9*).
    pub(super) fn user(&self, call: &Call<'_>) -> Result<&Member, Refusal> {
        match &call.caller {
            Caller::Anonymous => Err(Refusal::token_required()),
            Caller::User(name) => self.members.get(name).ok_or_else(Refusal::invalid_token),
            Caller::App(_) | Caller::Key(_) => Err(Refusal::forbidden()),
        }
    }

    /// Whether the member may use a right of API keys, which Location Platform gives to everybody (*section 11*).
    pub(super) fn has_right(&self, member: &Member, privilege: &str) -> bool {
        self.profile == Profile::LocationPlatform || member.may(privilege)
    }
}

/// A referrer-bound token works where the same `Referer` comes along (*section 2.1*).
fn bound_to(want: &str, referer: Option<&str>) -> bool {
    let want = want.trim_end_matches('/').to_ascii_lowercase();
    referer.is_some_and(|have| have.to_ascii_lowercase().starts_with(&want))
}

/// Which part of a list an answer shows.
pub(super) struct Page {
    pub(super) start: i64,
    num: usize,
}

impl Page {
    /// `num` is 10 unless asked otherwise and never more than 100; before 1 there is nothing (*section 6.1*).
    pub(super) fn of(call: &Call<'_>) -> Self {
        let number = |name: &str| call.param(name).and_then(|text| text.trim().parse::<i64>().ok());
        let num = number("num").unwrap_or(10).clamp(0, 100);
        Self { start: number("start").unwrap_or(1), num: usize::try_from(num).unwrap_or(10) }
    }

    fn cut<'a, T>(&self, all: &'a [T]) -> &'a [T] {
        let from = usize::try_from(self.start.saturating_sub(1)).unwrap_or(usize::MAX).min(all.len());
        all.get(from..(from + self.num).min(all.len())).unwrap_or_default()
    }

    /// `total`, `start`, `num`, `nextStart`, and the members of that part under `name`.
    pub(super) fn list<T>(&self, name: &str, all: &[T], view: impl Fn(&T) -> Value) -> Value {
        let (total, shown) = (all.len(), self.cut(all));
        let next = self.start.saturating_add(i64::try_from(shown.len()).unwrap_or(i64::MAX));
        let more = !shown.is_empty() && usize::try_from(next).is_ok_and(|next| next <= total);
        let next = if more { next } else { -1 };
        let members: Vec<Value> = shown.iter().map(view).collect();
        json!({"total": total, "start": self.start, "num": shown.len(), "nextStart": next, name: members})
    }
}

/// Reads a comma-separated list; blanks are dropped.
pub(super) fn comma_list(text: &str) -> Vec<String> {
    text.split(',').map(str::trim).filter(|part| !part.is_empty()).map(str::to_owned).collect()
}

/// Reads a form field that carries a JSON array of strings (*section 4.1*).
pub(super) fn json_list(params: &Params, name: &str) -> Result<Option<Vec<String>>, Refusal> {
    let Some(text) = params.get(name) else { return Ok(None) };
    let list = serde_json::from_str::<Vec<String>>(text);
    list.map(Some).map_err(|_| Refusal::invalid(name, "must be a JSON array of strings."))
}
