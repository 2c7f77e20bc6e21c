//! Answers of every shape: what another portal may answer instead by the facts, and what becomes of answers on the way.
//!
//! Everything is drawn from a seed. Each shape has a name, and is counted where it really made an answer another one.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard};

use fastrand::Rng;
use serde_json::{Map, Value, json};

use crate::emulator::fault::{Reply, Trouble};
use crate::emulator::{Request, Response, Switches};
use crate::portal::assumption::{ASSUMPTIONS, Assumption, Tried};
use crate::rehearse::Between;

/// One way in which answers differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Shape {
    /// Members that hold nothing, or that nobody needs, are not there.
    LeftOut,
    /// What is empty is null.
    Null,
    /// What is null is an empty text.
    Blank,
    /// Numbers and flags are texts.
    Texts,
    MoreMembers,
    MemberOrder,
    ListOrder,
    /// The dates of making and changing come in whole seconds.
    WholeSeconds,
    /// A list has one row twice.
    RowTwice,
    /// A list comes twice in one.
    ListTwice,
    /// The index has not heard of an item.
    IndexCut,
    ErrorCode,
    ErrorWords,
    MessageCode,
    ErrorDetails,
    /// An error has an HTTP status of its own.
    HttpStatus,
    /// A row of a list is missing.
    ListCut,
    /// Something else than a list.
    NoList,
    Page,
    SignInPage,
    Empty,
    Cut,
    Status429,
    Status503,
    Code429,
    Code403,
}

impl Shape {
    /// Those in which an answer says the same.
    pub(super) const FORMS: [Self; 16] = [
        Self::LeftOut,
        Self::Null,
        Self::Blank,
        Self::Texts,
        Self::MoreMembers,
        Self::MemberOrder,
        Self::ListOrder,
        Self::WholeSeconds,
        Self::RowTwice,
        Self::ListTwice,
        Self::IndexCut,
        Self::ErrorCode,
        Self::ErrorWords,
        Self::MessageCode,
        Self::ErrorDetails,
        Self::HttpStatus,
    ];

    /// Those in which it does not come, or says nothing that can be used.
    pub(super) const TROUBLE: [Self; 10] = [
        Self::ListCut,
        Self::NoList,
        Self::Page,
        Self::SignInPage,
        Self::Empty,
        Self::Cut,
        Self::Status429,
        Self::Status503,
        Self::Code429,
        Self::Code403,
    ];

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::LeftOut => "left_out",
            Self::Null => "null",
            Self::Blank => "blank",
            Self::Texts => "texts",
            Self::MoreMembers => "more_members",
            Self::MemberOrder => "member_order",
            Self::ListOrder => "list_order",
            Self::WholeSeconds => "whole_seconds",
            Self::RowTwice => "row_twice",
            Self::ListTwice => "list_twice",
            Self::IndexCut => "index_cut",
            Self::ErrorCode => "error_code",
            Self::ErrorWords => "error_words",
            Self::MessageCode => "message_code",
            Self::ErrorDetails => "error_details",
            Self::HttpStatus => "http_status",
            Self::ListCut => "list_cut",
            Self::NoList => "no_list",
            Self::Page => "page",
            Self::SignInPage => "sign_in_page",
            Self::Empty => "empty",
            Self::Cut => "cut",
            Self::Status429 => "status_429",
            Self::Status503 => "status_503",
            Self::Code429 => "code_429",
            Self::Code403 => "code_403",
        }
    }

    /// Gives an answer this form; whether it is another answer then.
    fn gives(self, answer: &mut Response, body: &mut Value, draw: &mut Rng) -> bool {
        match self {
            Self::LeftOut => objects(body, &mut |members| {
                let before = members.len();
                members.retain(|name, value| is_needed(name, value) || draw.bool());
                members.len() < before
            }),
            Self::Null => {
                values(body, &mut |name, value| (is_empty(value) && !SAYS_MUCH.contains(&name)).then_some(Value::Null))
            }
            Self::Blank => {
                values(body, &mut |name, value| (value.is_null() && !ROWS.contains(&name)).then(|| "".into()))
            }
            Self::Texts => values(body, &mut |_, value| {
                (value.is_number() || value.is_boolean()).then(|| value.to_string().into())
            }),
            Self::MoreMembers => objects(body, &mut |members| {
                for (name, value) in [("etag", json!("W/1")), ("links", json!([{ "total": 0, "items": [] }]))] {
                    members.insert(name.into(), value);
                }
                true
            }),
            Self::MemberOrder => objects(body, &mut |members| {
                let mut all: Vec<_> = std::mem::take(members).into_iter().collect();
                draw.shuffle(&mut all);
                members.extend(all);
                members.len() > 1
            }),
            Self::ListOrder => lists(body, &SETS, &mut |list| {
                draw.shuffle(list);
                list.len() > 1
            }),
            Self::WholeSeconds => values(body, &mut |name, value| {
                let ms = value.as_i64().filter(|ms| ["created", "modified"].contains(&name) && ms % 1000 > 0)?;
                Some(json!(ms - ms % 1000))
            }),
            Self::RowTwice => lists(body, &ROWS, &mut |list| {
                let row = draw.choice(&*list).cloned();
                list.extend(row.clone());
                row.is_some()
            }),
            Self::ListTwice => lists(body, &ROWS, &mut |list| {
                list.extend(list.clone());
                !list.is_empty()
            }),
            Self::IndexCut => lists(body, &["results"], &mut |list| {
                let before = list.len();
                // Every time the same ones.
                list.retain(|row| row["id"].as_str().is_none_or(|id| !id.starts_with(['0', '1', '2', '3', '4'])));
                list.len() < before
            }),
            Self::ErrorCode => error(body, |error| {
                let other = [json!(403), json!(404), json!(409), Value::Null];
                let other = draw.choice(other).filter(|_| error["code"] == 400);
                other.map(|other| error["code"] = other).is_some()
            }),
            Self::ErrorWords => error(body, |error| {
                let words = ["", "Die Anforderung ist nicht möglich.", "Error", "null"];
                error["message"] = json!(words[error["message"].to_string().len() % words.len()]);
                true
            }),
            Self::MessageCode => error(body, |error| {
                error["messageCode"] = if draw.bool() { Value::Null } else { json!("GWM_9999") };
                true
            }),
            Self::ErrorDetails => error(body, |error| {
                error["details"] = [Value::Null, json!(""), json!("more"), json!(["more"])][draw.usize(..4)].clone();
                true
            }),
            Self::HttpStatus => {
                let code = body["error"]["code"].as_u64().and_then(|code| u16::try_from(code).ok());
                let code = code.filter(|code| (400..600).contains(code));
                answer.status = code.unwrap_or(answer.status);
                code.is_some()
            }
            Self::ListCut => lists(body, &["items"], &mut |list| cut_a_row(list, draw)),
            Self::NoList => {
                let other = [
                    json!({}),
                    json!({ "success": true }),
                    json!({ "status": "error", "messages": ["Token Expired."], "code": 498 }),
                ];
                let is_list = ROWS.iter().any(|name| body[*name].is_array());
                if is_list {
                    *body = other[draw.usize(..3)].clone();
                }
                is_list
            }
            Self::Page
            | Self::SignInPage
            | Self::Empty
            | Self::Cut
            | Self::Status429
            | Self::Status503
            | Self::Code429
            | Self::Code403 => false,
        }
    }

    /// What comes in place of every answer.
    fn trouble(self, draw: &mut Rng) -> Option<Trouble> {
        let seconds = |draw: &mut Rng| Some(draw.u32(1..3));
        Some(match self {
            Self::Page => Trouble::Status { status: [200, 500, 502, 503, 504][draw.usize(..5)], retry_after: None },
            Self::SignInPage => Trouble::SignIn,
            Self::Empty => Trouble::Empty,
            Self::Cut => Trouble::Half,
            Self::Status429 => {
                Trouble::Status { status: 429, retry_after: if draw.bool() { seconds(draw) } else { None } }
            }
            Self::Status503 => Trouble::Status { status: 503, retry_after: seconds(draw) },
            Self::Code429 => Trouble::Error { code: 429, message: None },
            Self::Code403 => Trouble::Error { code: 403, message: Some("Rate limit exceeded.".into()) },
            _ => return None,
        })
    }

    /// Whether it says that nothing was done.
    const fn refuses(self) -> bool {
        matches!(self, Self::Status429 | Self::Status503 | Self::Code429 | Self::Code403)
    }
}

/// Lists whose order says nothing.
const SETS: [&str; 8] =
    ["privileges", "httpReferrers", "redirect_uris", "tags", "typeKeywords", "items", "results", "folders"];
/// Lists of objects.
const ROWS: [&str; 3] = ["items", "results", "folders"];
/// Members that say something even when they are empty.
const SAYS_MUCH: [&str; 10] = [
    "items",
    "results",
    "privileges",
    "httpReferrers",
    "redirect_uris",
    "apiToken1Active",
    "apiToken2Active",
    "success",
    "total",
    "code",
];
/// Members that portals are known to have when there is something to say.
const NEEDED: [&str; 43] = [
    "access",
    "access_token",
    "apiToken1ExpirationDate",
    "apiToken2ExpirationDate",
    "appId",
    "appInfo",
    "appType",
    "client_id",
    "client_secret",
    "created",
    "currentVersion",
    "description",
    "error",
    "expirationDate",
    "expires",
    "folder",
    "folders",
    "id",
    "isPersonalAPIToken",
    "isPortal",
    "isReadOnly",
    "itemId",
    "message",
    "messages",
    "nextStart",
    "owner",
    "ownerFolder",
    "portalMode",
    "portalName",
    "properties",
    "protected",
    "recycleBinEnabled",
    "recycleBinSupported",
    "role",
    "snippet",
    "status",
    "tags",
    "title",
    "token",
    "type",
    "typeKeywords",
    "user",
    "username",
];

fn is_needed(name: &str, value: &Value) -> bool {
    SAYS_MUCH.contains(&name) || NEEDED.contains(&name) && !is_empty(value)
}

/// Whether it is one of the ways to say nothing.
fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => true,
        Value::Bool(true) | Value::Object(_) => false,
        Value::Number(number) => number.as_i64() == Some(-1),
        Value::String(text) => text.is_empty(),
        Value::Array(list) => list.iter().all(is_empty),
    }
}

/// Changes every object of an answer, but for what users keep in `properties`; whether any is another one then.
fn objects(body: &mut Value, change: &mut impl FnMut(&mut Map<String, Value>) -> bool) -> bool {
    match body {
        Value::Object(members) => {
            let mut changed = change(members);
            for (_, inner) in members.iter_mut().filter(|(name, _)| *name != "properties" && *name != "links") {
                changed |= objects(inner, change);
            }
            changed
        }
        Value::Array(list) => {
            list.iter_mut().map(|inner| objects(inner, change)).filter(|changed| *changed).count() > 0
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    }
}

/// Changes members by name and value.
fn values(body: &mut Value, change: &mut impl FnMut(&str, &Value) -> Option<Value>) -> bool {
    objects(body, &mut |members| {
        let mut changed = false;
        for (name, value) in members.iter_mut() {
            if let Some(other) = change(name, value).filter(|other| other != value) {
                (*value, changed) = (other, true);
            }
        }
        changed
    })
}

fn lists(body: &mut Value, named: &[&str], change: &mut impl FnMut(&mut Vec<Value>) -> bool) -> bool {
    objects(body, &mut |members| {
        let named = members.iter_mut().filter(|(name, _)| named.contains(&name.as_str()));
        named.filter_map(|(_, list)| list.as_array_mut()).map(&mut *change).filter(|changed| *changed).count() > 0
    })
}

fn cut_a_row(list: &mut Vec<Value>, draw: &mut Rng) -> bool {
    let any = !list.is_empty();
    if any {
        list.remove(draw.usize(..list.len()));
    }
    any
}

fn error(body: &mut Value, change: impl FnOnce(&mut Value) -> bool) -> bool {
    body.get_mut("error").filter(|error| error.is_object()).is_some_and(change)
}

/// What stands between a portal and processes.
pub(super) struct Shapes(Mutex<Drawn>);

struct Drawn {
    seed: u64,
    draw: Rng,
    /// How often each request was answered.
    times: BTreeMap<String, u64>,
    forms: Vec<Shape>,
    trouble: Vec<Shape>,
    calm: bool,
    /// How often trouble may still begin.
    left: u32,
    /// The trouble that there is, and for how many more requests.
    now: Option<(Shape, u32)>,
    /// What becomes of the answer to the request under way.
    then: Option<Shape>,
    met: BTreeMap<Shape, u64>,
}

impl Shapes {
    /// Answers in these forms, half of the time each, and trouble that begins a few times.
    pub(super) fn new(seed: u64, forms: &[Shape], trouble: &[Shape]) -> Arc<Self> {
        let mut draw = Rng::with_seed(seed);
        let left = draw.u32(1..8);
        let (forms, trouble, calm, met) = (forms.to_vec(), trouble.to_vec(), false, BTreeMap::new());
        let times = BTreeMap::new();
        Arc::new(Self(Mutex::new(Drawn { seed, draw, times, forms, trouble, calm, left, now: None, then: None, met })))
    }

    fn drawn(&self) -> MutexGuard<'_, Drawn> {
        self.0.lock().unwrap()
    }

    /// The same requests are answered in the same forms again.
    pub(super) fn begin_again(&self) {
        self.drawn().times.clear();
    }

    /// There is trouble, if any was asked for; or there is none now, and the index has heard of everything.
    pub(super) fn set_calm(&self, calm: bool) {
        self.drawn().calm = calm;
    }

    /// How often each shape was met.
    pub(super) fn met(&self) -> BTreeMap<Shape, u64> {
        self.drawn().met.clone()
    }
}

impl Drawn {
    /// Draws for a request, in whatever order those that are under way at a time come.
    fn draw_for(&mut self, request: &Request) -> Rng {
        let what = format!("{} {:?}", request.path, request.param("start"));
        let mut hasher = DefaultHasher::new();
        (self.seed, &what).hash(&mut hasher);
        let times = self.times.entry(what).or_default();
        *times += 1;
        times.hash(&mut hasher);
        Rng::with_seed(hasher.finish())
    }

    fn meet(&mut self, shape: Shape) {
        *self.met.entry(shape).or_default() += 1;
    }

    /// The trouble that this request meets, if any: most is soon over, some outlasts patience.
    fn strikes(&mut self, request: &Request) -> Option<Shape> {
        if self.calm {
            return None;
        }
        if self.now.is_none() && self.left > 0 && !self.trouble.is_empty() && self.draw.u8(..30) == 0 {
            let shape = self.trouble[self.draw.usize(..self.trouble.len())];
            self.left -= 1;
            self.now = Some((shape, if self.draw.u8(..4) == 0 { self.draw.u32(5..14) } else { self.draw.u32(1..4) }));
        }
        let asks_for_list = request.param("num").is_some();
        let fits = |shape: Shape| asks_for_list || !matches!(shape, Shape::ListCut | Shape::NoList);
        let (shape, times) = self.now.filter(|(shape, _)| fits(*shape))?;
        self.now = (times > 1).then_some((shape, times - 1));
        Some(shape)
    }
}

impl Between for Shapes {
    fn answers(&self, request: &Request) -> Option<Reply> {
        let mut drawn = self.drawn();
        drawn.then = None;
        let shape = drawn.strikes(request)?;
        if (shape.refuses() || drawn.draw.bool())
            && let Some(trouble) = shape.trouble(&mut drawn.draw)
        {
            drawn.meet(shape);
            return Some(trouble.spoil(None, request));
        }
        drawn.then = Some(shape);
        None
    }

    fn changes(&self, request: &Request, mut answer: Response) -> Response {
        let mut drawn = self.drawn();
        let drawn = &mut *drawn;
        let then = drawn.then.take();
        if let Some((shape, trouble)) = then.and_then(|shape| Some((shape, shape.trouble(&mut drawn.draw)?))) {
            drawn.meet(shape);
            let Reply::Whole(answer, _) = trouble.spoil(Some(answer), request) else { unreachable!("{shape:?}") };
            return answer;
        }
        let Ok(mut body) = serde_json::from_str::<Value>(&answer.body) else { return answer };
        let draw = &mut drawn.draw_for(request);
        let Drawn { forms, met, calm, .. } = drawn;
        let heard = |shape: &Shape| *calm && *shape == Shape::IndexCut;
        let forms: Vec<Shape> =
            forms.iter().copied().filter(|shape| draw.bool() && !heard(shape)).chain(then).collect();
        for shape in forms {
            if shape.gives(&mut answer, &mut body, draw) {
                *met.entry(shape).or_default() += 1;
            }
        }
        answer.body = body.to_string();
        answer
    }
}

/// The text of every test in a folder of this repository.
fn tests_below(folder: &Path, text: &mut String) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            tests_below(&path, text);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            text.push_str(&std::fs::read_to_string(&path).unwrap());
        }
    }
}

#[test]
fn what_is_assumed_of_answers_names_switches_shapes_and_tests_that_there_are() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut text = String::new();
    for folder in ["src", "tests"] {
        tests_below(&root.join(folder), &mut text);
    }
    for Assumption { place, needs, tried, test, .. } in ASSUMPTIONS {
        assert!(root.join("src").join(place).is_file(), "{place}");
        // A test of its own, or a line of the table of scenes.
        let written = [format!("fn {test}("), format!("    {test}: ")];
        assert!(written.iter().any(|one| text.contains(one)), "{needs}: {test}");
        for tried in *tried {
            let there = match tried {
                Tried::Switch(name) => Switches::ALL.iter().any(|switch| switch.name == *name),
                Tried::Shape(name) => Shape::FORMS.iter().chain(&Shape::TROUBLE).any(|shape| shape.name() == *name),
            };
            assert!(there, "{needs}: {tried:?}");
        }
    }
}
