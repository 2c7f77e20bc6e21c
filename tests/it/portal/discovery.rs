//! What is found, and at what cost.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use jiff::{SignedDuration, Timestamp};
use keyform::clock::ServerClock;
use keyform::live::{LiveError, SinkReader, Unwatched};
use keyform::model::{
    CredentialName, CredentialSpec, Delivery, Expect, Expiry, Guards, ItemId, KeyEnd, Ledger, Live, Mode, Observation,
    OnBreakingChange, Orphans, PerSlot, Phase, PortalSpec, PortalUrl, ProductChoice, Requests, Retire, Schedule,
    Secret, Slot, SlotRecord, SourceLine, Spec, StackName, Taken,
};
use keyform::portal::{Hello, Http, ReadPortal, write_ledger};
use keyform::sink::kind::SinkPath;
use keyform::sink::kinds::{File, Format};
use keyform::sink::{Look, known};
use serde_json::{Value, json};

use super::script::{Asked, Reply, Script, error};

const KEYS: &str = "f0000000000000000000000000000001";
const ELSEWHERE: &str = "f0000000000000000000000000000002";

fn id(n: usize) -> String {
    format!("{n:032x}")
}

fn app(client: &str) -> Value {
    json!({
        "client_id": client, "client_secret": "s", "privileges": [], "httpReferrers": [],
        "apiToken1Active": true, "apiToken2Active": false,
    })
}

/// Items by number, with the folder each is in, whether the index knows them, and whether they can be read.
#[derive(Clone, Default)]
struct World {
    items: BTreeMap<usize, (Option<&'static str>, Value)>,
    index: BTreeSet<usize>,
    gone: BTreeSet<usize>,
}

impl World {
    fn with(mut self, n: usize, folder: Option<&'static str>, tags: &[&str], more: Value) -> Self {
        let mut item = json!({ "id": id(n), "owner": "jdoe", "type": "Application", "title": "t", "tags": tags });
        item.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        self.items.insert(n, (folder, item));
        self
    }

    fn answer(&self, asked: &Asked) -> Option<Value> {
        let missing = json!({ "error": { "code": 400, "messageCode": "CONT_0001", "message": "missing" } });
        let list = |wanted: Option<&str>| {
            let items: Vec<&Value> =
                self.items.values().filter(|(folder, _)| *folder == wanted).map(|(_, item)| item).collect();
            let folders = json!([{ "id": KEYS, "title": "Keys" }, { "id": ELSEWHERE, "title": "Elsewhere" }]);
            json!({ "total": items.len(), "nextStart": -1, "items": items, "folders": folders })
        };
        let item = |path: &str| {
            let n = usize::from_str_radix(path, 16).ok()?;
            Some(match self.items.get(&n) {
                Some((_, item)) if !self.gone.contains(&n) => item.clone(),
                _ => missing.clone(),
            })
        };
        match asked.path.split('/').collect::<Vec<_>>()[..] {
            ["search"] => {
                let results: Vec<Value> =
                    self.index.iter().map(|n| self.items.get(n).map_or(json!({}), |(_, item)| item.clone())).collect();
                Some(json!({ "total": results.len(), "nextStart": -1, "results": results }))
            }
            ["content", "users", "jdoe"] => Some(list(None)),
            ["content", "users", "jdoe", folder] => Some(list(Some(folder))),
            ["content", "items", path] => item(path),
            ["content", "users", "jdoe", "items", path, "registeredAppInfo"] => {
                item(path).map(|_| app(&format!("c{path}")))
            }
            _ => None,
        }
    }
}

fn credential(name: &str, folder: Option<&str>) -> CredentialSpec {
    let hours = SignedDuration::from_hours;
    CredentialSpec {
        name: CredentialName::new(name).unwrap(),
        title: name.into(),
        snippet: None,
        description: None,
        tags: BTreeSet::new(),
        folder: folder.map(ToOwned::to_owned),
        privileges: BTreeSet::new(),
        items: BTreeSet::new(),
        referrers: BTreeSet::new(),
        personal: None,
        withheld: Taken::default(),
        refused: BTreeMap::new(),
        protect: false,
        mode: Mode::Full,
        on_breaking_change: OnBreakingChange::Replace,
        expiry: Expiry {
            end: KeyEnd::Lifetime(hours(2400)),
            renew_before: hours(240),
            overlap: hours(24),
            retire: Retire::Revoke,
            spread: SignedDuration::ZERO,
            window: None,
        },
        deliver: Vec::new(),
        source: SourceLine { file: "k.yaml".into(), line: 1 },
    }
}

fn spec(credentials: impl IntoIterator<Item = CredentialSpec>) -> Spec {
    let portal = PortalSpec {
        url: PortalUrl::At(String::new()),
        product: ProductChoice::Auto,
        expect: Expect::default(),
        ca_bundle: None,
    };
    let credentials = credentials.into_iter().map(|one| (one.name.clone(), one)).collect();
    Spec {
        stack: StackName::new("s").unwrap(),
        file: "k.yaml".into(),
        portal,
        schedule: Schedule::default(),
        credentials,
        orphans: Orphans::default(),
        moved: Vec::new(),
        removed: BTreeMap::new(),
        guards: Guards::default(),
        requests: Requests::default(),
    }
}

struct Sinks(&'static str);

impl SinkReader for Sinks {
    async fn look(&self, _: &Delivery) -> Look {
        if self.0.is_empty() { Look::Absent } else { Look::Value(Secret::new(self.0.to_owned())) }
    }
}

async fn gather(http: &Http, spec: &Spec, hello: &Hello, sinks: &Sinks) -> Result<Live, LiveError> {
    let clock = ServerClock::set(hello.now);
    keyform::run::gather(http, hello, &clock, spec, sinks, 8, &Unwatched).await.map(|reading| reading.live)
}

async fn read(world: World, spec: &Spec, sinks: Sinks) -> (Result<Live, LiveError>, Vec<Asked>) {
    let script = Script::start(move |asked| world.answer(asked)).await;
    let http = script.http();
    let hello = http.hello().await.unwrap();
    let before = script.asked().len();
    let live = gather(&http, spec, &hello, &sinks).await;
    (live, script.asked().split_off(before))
}

fn found(live: &Live) -> Vec<usize> {
    live.items.keys().map(|id| usize::from_str_radix(id.as_str(), 16).unwrap()).collect()
}

fn reads(asked: &[Asked]) -> usize {
    asked.iter().filter(|asked| asked.path.contains("/items/")).count()
}

#[tokio::test]
async fn an_unchanged_credential_costs_two_requests() {
    let mut world = World::default();
    for n in 1..=50 {
        world = world.with(n, Some(KEYS), &[&format!("keyform:s/c{n}")], json!({}));
    }
    for n in 60..80 {
        world = world.with(n, Some(KEYS), &["keyform:other/c1", "x"], json!({}));
    }
    let spec = spec((1..=50).map(|n| credential(&format!("c{n}"), Some("keys"))));
    let (live, asked) = read(world, &spec, Sinks("")).await;
    let live = live.unwrap();
    assert_eq!(found(&live), (1..=50).collect::<Vec<_>>());
    assert!(!live.complete, "nothing is to be created");
    assert_eq!(reads(&asked), 100);
    assert_eq!(asked.len(), 100 + 3, "the root, the folder, the search");
    let item = live.items.values().next().unwrap();
    assert_eq!(item.folder.as_ref().unwrap().as_str(), KEYS, "known from the list");
    assert!(*item.app.as_ref().unwrap().active.get(Slot::One));
}

#[tokio::test]
async fn a_moved_item_is_found_by_the_index_or_else_in_every_folder() {
    let world = World::default().with(1, Some(ELSEWHERE), &["keyform:s/a"], json!({ "ownerFolder": ELSEWHERE }));
    let spec = spec([credential("a", Some("Keys"))]);
    let indexed = World { index: BTreeSet::from([1]), ..world.clone() };
    let live = read(indexed, &spec, Sinks("")).await.0.unwrap();
    assert_eq!((found(&live), live.complete), (vec![1], true));
    let live = read(world, &spec, Sinks("")).await.0.unwrap();
    assert_eq!((found(&live), live.complete), (vec![1], true));
}

#[tokio::test]
async fn a_stale_index_entry_is_nothing_and_an_unreadable_listed_item_blocks_its_credential() {
    let spec = spec([]);
    let mut world = World::default().with(1, Some("elsewhere"), &["keyform:s/a"], json!({}));
    world.gone.insert(1);
    world.index.insert(1);
    assert_eq!(found(&read(world, &spec, Sinks("")).await.0.unwrap()), Vec::<usize>::new());
    // The index tells of it, a list of a folder that nobody asked for has it, and it cannot be read.
    let mut world = World::default().with(1, Some(ELSEWHERE), &["keyform:s/a"], json!({}));
    world.gone.insert(1);
    world.index.insert(1);
    is_unread(&read(world, &spec, Sinks("")).await.0.unwrap());
    let mut world = World::default().with(1, None, &["keyform:s/a"], json!({}));
    world.gone.insert(1);
    is_unread(&read(world, &spec, Sinks("")).await.0.unwrap());
}

/// The one item is there for its credential, and not read.
fn is_unread(live: &Live) {
    assert!(live.items.is_empty());
    let unread: Vec<_> = live.unread.values().map(|unread| (unread.of.len(), unread.told)).collect();
    assert_eq!(unread, [(1, true)]);
}

/// What portals may answer about an app that is not there.
fn unregistered() -> Vec<(Reply, &'static str)> {
    let coded = json!({ "error": { "code": 400, "messageCode": "CONT_0001",
        "message": "Item does not exist or is inaccessible.", "details": [] } });
    vec![
        (coded.into(), "not_found"),
        (error(400, "Item is not a registered app.").into(), "refused"),
        (error(403, "You do not have permissions.").into(), "forbidden"),
        (error(404, "Not found.").into(), "not_found"),
        (error(500, "Unable to get app info.").into(), "failed"),
        (json!({ "error": { "message": "no code" } }).into(), "refused"),
        (json!({ "success": false }).into(), "refused"),
        (Reply::text(400, error(400, "Bad request.").to_string()), "refused"),
        (Reply::text(403, "<html><title>Forbidden</title></html>"), "html"),
        (Reply::text(404, error(404, "Not found.").to_string()), "not_found"),
        (Reply::text(404, "<html><title>Not found</title></html>"), "html"),
        (Reply::text(404, ""), "not_found"),
        (json!({}).into(), "garbled"),
        (json!({ "itemId": id(1), "client_id": null, "appType": "" }).into(), "garbled"),
        (Reply::text(200, "null"), "garbled"),
        (Reply::text(200, ""), "garbled"),
    ]
}

/// Reads a portal with one item of these keywords, of whose app it answers `reply`.
async fn registration(keywords: Value, reply: Reply) -> (Result<Live, LiveError>, usize) {
    let world = World::default().with(1, None, &["keyform:s/a"], json!({ "typeKeywords": keywords }));
    let script = Script::start(move |asked| {
        let about_app = asked.path.ends_with("registeredAppInfo");
        if about_app { Some(reply.clone()) } else { world.answer(asked).map(Reply::from) }
    })
    .await;
    let http = script.http();
    let hello = http.hello().await.unwrap();
    let live = gather(&http, &spec([]), &hello, &Sinks("")).await;
    (live, reads(&script.asked()))
}

#[tokio::test]
async fn an_item_without_the_keyword_is_not_registered_whatever_is_answered_about_its_app() {
    for keywords in [json!(["Application", "APIToken"]), json!(null)] {
        for (reply, code) in unregistered() {
            let said = format!("{} {}", reply.status, reply.body);
            let (live, asked) = registration(keywords.clone(), reply).await;
            let live = live.unwrap_or_else(|error| panic!("{said}: {error:?}"));
            assert!(live.items.values().all(|item| item.app.is_none()) && live.items.len() == 1, "{said}");
            // What may pass is asked again; nothing else costs more than an item that is registered.
            let may_pass = code == "failed" || ["200 ", "200 null"].contains(&said.as_str());
            assert!(asked == 2 || may_pass, "{said}: {asked} requests");
        }
    }
}

#[tokio::test]
async fn an_app_that_leaves_its_access_out_is_unclear_whatever_the_keywords_say() {
    for (member, unsaid) in [
        ("privileges", None),
        ("privileges", Some(json!(7))),
        ("httpReferrers", None),
        ("httpReferrers", Some(json!({}))),
    ] {
        let mut told = app("c");
        let members = told.as_object_mut().unwrap();
        members.remove(member);
        members.extend(unsaid.map(|value| (member.to_owned(), value)));
        for keywords in [json!(["Registered App"]), json!([])] {
            let (live, _) = registration(keywords, told.clone().into()).await;
            is_unread(&live.unwrap());
        }
    }
    for member in ["privileges", "httpReferrers"] {
        let mut told = app("c");
        told.as_object_mut().unwrap().insert(member.to_owned(), Value::Null);
        let (live, _) = registration(json!(["Registered App"]), told.into()).await;
        assert!(live.unwrap().unread.is_empty(), "null is none");
    }
}

#[tokio::test]
async fn an_item_with_the_keyword_whose_app_is_not_shown_is_unclear_and_never_unregistered() {
    for (reply, _) in unregistered() {
        let (live, _) = registration(json!(["Application", "registered app"]), reply).await;
        is_unread(&live.unwrap());
    }
}

#[tokio::test]
async fn a_whole_app_counts_as_registered_without_the_keyword() {
    let whole = app("c1");
    let (live, asked) = registration(json!(["Application"]), whole.into()).await;
    assert!(live.unwrap().items.values().all(|item| item.app.is_some()));
    assert_eq!(asked, 2);
}

#[tokio::test]
async fn trouble_that_is_not_about_the_app_is_never_taken_for_its_absence() {
    for (reply, code) in [
        (Reply::text(503, error(503, "down").to_string()), None),
        (Reply::text(502, "<html>bad gateway</html>"), None),
        (Reply::text(200, "<!DOCTYPE html><form>Sign in</form>"), None),
        // No item's trouble alone.
        (error(498, "Invalid token.").into(), Some("keyform::portal::invalid_token")),
        (error(429, "slow down").into(), Some("keyform::portal::rate_limited")),
    ] {
        for keywords in [json!(["Application"]), json!(["Application", "Registered App"])] {
            let (live, _) = registration(keywords, reply.clone()).await;
            match code {
                Some(code) => assert_eq!(live.unwrap_err().code().id, code, "{}", reply.body),
                None => is_unread(&live.unwrap()),
            }
        }
    }
}

fn ledger(n: usize, slot: Option<SlotRecord>, superseded_by: Option<usize>) -> Value {
    let ledger = Ledger {
        stack: StackName::new("s").unwrap(),
        name: CredentialName::new("a").unwrap(),
        item: Some(ItemId::new(&id(n)).unwrap()),
        owner: "jdoe".into(),
        generation: 1,
        commit: None,
        superseded_by: superseded_by.map(|n| ItemId::new(&id(n)).unwrap()),
        renamed_with: BTreeSet::new(),
        made: Vec::new(),
        applied: None,
        taken: Taken::default(),
        refused: BTreeMap::new(),
        slots: PerSlot { one: slot, two: None },
        unknown: BTreeMap::new(),
    };
    json!({ "properties": write_ledger(&ledger, None) })
}

#[tokio::test]
async fn an_item_that_lost_its_tag_is_found_by_its_ledger() {
    let world = World::default()
        .with(1, Some(KEYS), &[], ledger(1, None, None))
        .with(2, Some(KEYS), &[], json!({}))
        .with(3, Some(ELSEWHERE), &[], json!({}))
        .with(4, Some(KEYS), &[], json!({ "type": "Web Map" }));
    let (live, asked) = read(world, &spec([credential("a", Some("Keys"))]), Sinks("")).await;
    assert_eq!(found(&live.unwrap()), [1]);
    assert_eq!(reads(&asked), 3, "two applications of the folder, and the app of ours");
}

#[tokio::test]
async fn what_a_ledger_names_is_read_as_well() {
    let world = World::default().with(1, None, &["keyform:s/a"], ledger(1, None, Some(2))).with(
        2,
        Some(ELSEWHERE),
        &[],
        ledger(2, None, Some(9)),
    );
    let live = read(world, &spec([credential("a", None)]), Sinks("")).await.0.unwrap();
    assert_eq!(found(&live), [1, 2]);
    assert!(live.items.values().all(|item| item.app.is_some()));
}

#[tokio::test]
async fn anothers_item_is_kept_without_its_app() {
    let mut world = World::default().with(1, Some("theirs"), &["keyform:s/a"], json!({ "owner": "eve" }));
    world.index.insert(1);
    let live = read(world, &spec([]), Sinks("")).await.0.unwrap();
    let item = live.strangers.values().next().unwrap();
    assert_eq!((item.owner.as_str(), item.app.is_none(), live.items.len()), ("eve", true, 0));
}

fn record(phase: Phase) -> SlotRecord {
    let time = |second| Timestamp::from_second(second).unwrap();
    SlotRecord {
        serial: 1,
        phase,
        issued: time(1_700_000_000),
        expires: time(1_800_000_000),
        ends: None,
        shown: None,
        date_before: None,
        fingerprint: None,
        overlap: SignedDuration::from_hours(1),
        sinks: Vec::new(),
        delivered: None,
    }
}

/// Whether the key in the sink of the credential is asked whose it is, while `item` has the credential's marker.
async fn asks(item: Value, value: &'static str) -> bool {
    let path = SinkPath { shown: "k".into(), at: PathBuf::from("k") };
    let (sink, target) = known(Box::new(File { path, format: Format::Dotenv { name: "K".into() } }));
    let source = SourceLine { file: "k.yaml".into(), line: 1 };
    let delivery = Delivery { id: sink, label: "dotenv".into(), target, heal: true, escrow: false, source };
    let spec = spec([CredentialSpec { deliver: vec![delivery], ..credential("a", None) }]);
    let world = World::default().with(1, None, &["keyform:s/a"], item);
    let script = Script::start(move |asked| {
        if asked.path == "portals/self" && asked.token() == value {
            return Some(json!({ "appInfo": { "itemId": id(1) } }));
        }
        world.answer(asked)
    })
    .await;
    let http = script.http();
    let hello = http.hello().await.unwrap();
    let live = gather(&http, &spec, &hello, &Sinks(value)).await.unwrap();
    let Some(Observation::Holds(holding)) = live.sinks.values().next() else { panic!("{value}") };
    let asked = script.asked().iter().any(|asked| asked.token() == value);
    assert_eq!(holding.identity.is_some(), asked, "{value}");
    asked
}

#[tokio::test]
async fn only_a_key_that_may_have_been_lost_is_asked_about() {
    for (phase, value, asked) in [
        (Phase::Issuing, "AAPTx.AT1_abcdefgh", true),
        (Phase::Delivering, "AAPTx.AT1_abcdefgh", true),
        (Phase::Delivered, "AAPTx.AT1_abcdefgh", false),
        (Phase::Issuing, "AAPTx.AT2_abcdefgh", false),
        (Phase::Issuing, "my password .AT1_abcdefgh", false),
        (Phase::Issuing, "hello", false),
    ] {
        assert_eq!(asks(ledger(1, Some(record(phase)), None), value).await, asked, "{phase:?} {value}");
    }
}

#[tokio::test]
async fn the_marker_says_whose_an_item_is_where_its_ledger_is_of_another_stack_and_a_copy_is_nobodys() {
    for (member, said, asked) in [("stack", "s", true), ("stack", "elsewhere", true), ("item", &id(9), false)] {
        let written = ledger(1, Some(record(Phase::Issuing)), None);
        let mut properties: Value = serde_json::from_str(written["properties"].as_str().unwrap()).unwrap();
        properties["keyform"][member] = json!(said);
        let item = json!({ "properties": properties.to_string() });
        assert_eq!(asks(item, "AAPTx.AT1_abcdefgh").await, asked, "{member} {said}");
    }
}

#[tokio::test]
async fn the_wrong_portal_or_account_is_an_error() {
    let mut wrong = spec([]);
    wrong.portal.expect.org = Some("other".into());
    assert_eq!(read(World::default(), &wrong, Sinks("")).await.0.unwrap_err().code().id, "keyform::live::wrong_org");
    let mut wrong = spec([]);
    wrong.portal.expect.account = Some("eve".into());
    assert_eq!(
        read(World::default(), &wrong, Sinks("")).await.0.unwrap_err().code().id,
        "keyform::live::wrong_account"
    );
}
