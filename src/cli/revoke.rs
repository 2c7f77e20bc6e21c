//! `keyform revoke`: ends one key at once, by its slot or by the key itself.

use std::collections::BTreeSet;
use std::io::Read as _;

use crate::config::env::Environment;
use crate::model::{
    CredentialName, Fingerprint, ItemId, KeyIdentity, Live, LiveItem, Referrer, Requests, Revoke, Secret, Slot, Spec,
};
use crate::portal::{ReadPortal, looks_like_a_key};

use super::apply::{self, Approval, Job};
use super::args::{All, RevokeArgs};
use super::console::Console;
use super::context::{self, Opened};
use super::exit::Exit;
use super::stop::Signals;
use super::{fingerprint, names};

/// From how many different pages a key is tried that no ledger knows.
const PAGES: usize = 50;

/// What a key turned out to be.
enum Found {
    /// A live key of one of our items.
    Live(ItemId, Slot),
    /// One of ours that works no longer.
    Dead(ItemId, Slot),
}

pub(super) async fn run(args: &RevokeArgs, all: &All, env: Environment, console: &Console, signals: &Signals) -> Exit {
    let given = args.because.split_whitespace().chain(args.confirm.as_deref());
    if given.into_iter().any(looks_like_a_key) {
        console.error(
            "error[keyform::cli::key_in_argument]: there is a key on the command line, where every process of this machine \
             can read it\n  help: nothing was changed; pipe the key in with --key-from-stdin, and say in words why",
        );
        return Exit::Error;
    }
    // Read before anything else: a key that is waiting in a pipe should not wait there for long.
    let key = match args.key_from_stdin.then(|| key(console)).transpose() {
        Ok(key) => key,
        Err(exit) => return exit,
    };
    let opened = match apply::open(&args.at, &args.clock, all, env, console).await {
        Ok(opened) => opened,
        Err(exit) => return exit,
    };
    let revoke = match key {
        Some(key) => by_key(&key, &args.because, &opened, console).await,
        None => by_name(args, &opened.spec, console),
    };
    let revoke = match revoke {
        Ok(Some(revoke)) => revoke,
        Ok(None) => return Exit::Done,
        Err(exit) => return exit,
    };
    let name = revoke.name.clone();
    let approval = Approval::CredentialName { name: &name, given: args.confirm.as_deref() };
    let requests = Requests { revoke: Some(revoke), keys_only: true, ..Requests::default() };
    let job = Job { at: &args.at, approval, no_lease: args.no_lease, clock: &args.clock, requests, signals };
    apply::carry(&job, opened, console).await
}

/// The key on stdin. On a terminal it would be shown while it is typed.
fn key(console: &Console) -> Result<Secret, Exit> {
    let read = if console.input_is_terminal() {
        Err("what is typed on a terminal can be read over a shoulder")
    } else {
        fingerprint::read(std::io::stdin().lock().by_ref())
    };
    read.map_err(|why| {
        console.error(&format!(
            "error[keyform::cli::no_key]: {why}\n  help: pipe the key in, such as `keyform revoke --key-from-stdin \
             --because \"on a public page\" < key.txt`"
        ));
        Exit::Error
    })
}

fn by_name(args: &RevokeArgs, spec: &Spec, console: &Console) -> Result<Option<Revoke>, Exit> {
    let (Some(name), Some(slot)) = (&args.name, args.slot) else { return Ok(None) };
    let name = names::one("revoke", name, spec, console)?;
    Ok(Some(Revoke { name, item: args.item.clone(), slot, because: args.because.clone() }))
}

/// Whose the key is, by the ledgers and by its own word.
async fn by_key(key: &Secret, because: &str, opened: &Opened, console: &Console) -> Result<Option<Revoke>, Exit> {
    let live = opened.read(console).await?.live;
    let (item, slot) = match identify(key, &live, opened, console).await? {
        Found::Live(item, slot) => (item, slot),
        Found::Dead(item, slot) => {
            let of = whose(&live, &item, &opened.spec).map(|name| format!(" of {name}")).unwrap_or_default();
            console.page(&format!("This was the key in slot {slot}{of} (item {item}). It is dead already.\n"));
            return Ok(None);
        }
    };
    let Some(name) = whose(&live, &item, &opened.spec).filter(|name| opened.spec.credentials.contains_key(name)) else {
        let marker = whose(&live, &item, &opened.spec).map(|name| format!(" (`{name}`)")).unwrap_or_default();
        console.error(&format!(
            "error[keyform::cli::key_not_declared]: the key is that of slot {slot} of item {item}{marker}, which the \
             configuration does not declare\n  help: invalidate it on the item's page, or `keyform destroy` that \
             credential"
        ));
        return Err(Exit::Error);
    };
    Ok(Some(Revoke { name, item: Some(item), slot, because: because.to_owned() }))
}

async fn identify(key: &Secret, live: &Live, opened: &Opened, console: &Console) -> Result<Found, Exit> {
    let fingerprint = Fingerprint::of(key);
    let known = live.items.values().find_map(|item| Some((item, slot_with(item, fingerprint)?)));
    if let Some((item, slot)) = known {
        let page = item.app.as_ref().and_then(|app| Referrer::page(&app.referrers));
        let answered = ask(key, page.as_deref(), opened, console).await?;
        let alive = answered.is_some_and(|identity| identity.item == item.id);
        return Ok(if alive { Found::Live(item.id.clone(), slot) } else { Found::Dead(item.id.clone(), slot) });
    }
    // No ledger knows it: a person issued it, or it was replaced. It may say itself whose it is, if asked from a page
    // that it may be used from.
    let apps = live.items.values().filter_map(|item| item.app.as_ref());
    let pages: BTreeSet<Option<String>> = apps.map(|app| Referrer::page(&app.referrers)).chain([None]).collect();
    for page in pages.iter().take(PAGES) {
        let Some(identity) = ask(key, page.as_deref(), opened, console).await? else { continue };
        return match (live.items.contains_key(&identity.item), Slot::of_key(key.reveal())) {
            (true, Some(slot)) => Ok(Found::Live(identity.item, slot)),
            (true, None) => refuse(
                console,
                "keyform::cli::no_key",
                &format!("the key belongs to item {}, but its text does not tell its slot", identity.item),
                "name the credential and the slot: keyform revoke NAME --slot N --because TEXT",
            ),
            (false, _) => refuse(
                console,
                "keyform::cli::key_not_ours",
                &format!("the key is live and belongs to item {}, which is not of this stack", identity.item),
                "use the configuration of the stack that owns it, or invalidate it on that item's page",
            ),
        };
    }
    refuse(
        console,
        "keyform::cli::key_not_ours",
        "no ledger of this stack knows this key, and the portal does not accept it",
        "it is dead, or another portal's, or may only be used from pages that this stack does not name",
    )
}

fn refuse<T>(console: &Console, code: &str, why: &str, help: &str) -> Result<T, Exit> {
    console.error(&format!("error[{code}]: {why}\n  help: {help}"));
    Err(Exit::Error)
}

async fn ask(
    key: &Secret,
    page: Option<&str>,
    opened: &Opened,
    console: &Console,
) -> Result<Option<KeyIdentity>, Exit> {
    opened.portal.identify(key, page).await.map_err(|error| {
        context::told(console, error.code(), &error, error.help());
        Exit::Error
    })
}

/// The slot of `item` whose key has this fingerprint.
fn slot_with(item: &LiveItem, fingerprint: Fingerprint) -> Option<Slot> {
    let ledger = item.ledger()?;
    let has =
        |slot: &Slot| ledger.slots.get(*slot).as_ref().is_some_and(|record| record.fingerprint == Some(fingerprint));
    Slot::BOTH.into_iter().find(has)
}

/// The credential that an item of ours stands for.
fn whose(live: &Live, item: &ItemId, spec: &Spec) -> Option<CredentialName> {
    let item = live.items.get(item)?;
    let marked = || item.markers.iter().find(|marker| marker.stack == spec.stack).map(|marker| &marker.name);
    let name = item.ledger().filter(|ledger| ledger.stack == spec.stack).map(|ledger| &ledger.name).or_else(marked)?;
    Some(spec.name_now(name).clone())
}
