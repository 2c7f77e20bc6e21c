//! `keyform revoke`: ends one key at once, by its slot or by the key itself.

use std::collections::BTreeSet;
use std::io::Read as _;

use crate::model::{
    CredentialName, Dated, Fingerprint, KeyIdentity, Live, LiveItem, Referrer, Requests, Revoke, Secret, Slot,
};
use crate::portal::{ReadPortal, looks_like_a_key};

use super::apply::{self, Job};
use super::approval::Approval;
use super::args::RevokeArgs;
use super::console::Console;
use super::context::Opened;
use super::exit::Exit;
use super::record::{Record, Target};
use super::refusal::Refusal;
use super::session::Session;
use super::{fingerprint, names};

/// From how many different pages a key is tried that no ledger knows.
const PAGES: usize = 50;

/// What a key turned out to be.
enum Found {
    /// A live key of an item.
    Live(Target),
    /// One of ours that works no longer.
    Dead(Target),
}

/// The key that is to end.
struct Asked {
    target: Target,
    /// Its credential, if the configuration declares it: then a new key is issued first where that can be done.
    name: Option<CredentialName>,
}

pub(super) async fn run(args: &RevokeArgs, on: Session<'_>) -> Result<Exit, Exit> {
    let given = args.because.split_whitespace().chain(args.confirm.as_deref());
    if given.into_iter().any(looks_like_a_key) {
        return Err(on.console.fails(Refusal::KeyInArgument));
    }
    // Read before anything else: a key that is waiting in a pipe should not wait there for long.
    let key = args.key_from_stdin.then(|| key(on.console)).transpose()?;
    let mut opened = apply::open(&args.at, &args.clock, on).await?;
    let asked = match (key, &args.item, args.slot) {
        (Some(key), _, _) => by_key(&key, &opened).await?,
        (None, Some(item), Some(slot)) => Some(by_item(args, Target { item: item.clone(), slot }, &opened).await?),
        (None, None, Some(slot)) => Some(by_name(args, slot, &mut opened).await?),
        (None, _, None) => None,
    };
    Ok(match asked {
        Some(asked) => Box::pin(asked.carry_out(args, opened)).await,
        None => Exit::Done,
    })
}

impl Asked {
    /// Ends the key as planned, and where a plan cannot do it, directly. The portal's record decides what is said.
    async fn carry_out(self, args: &RevokeArgs, mut opened: Opened<'_>) -> Exit {
        let (Self { target, name }, console) = (self, opened.console);
        let mut planned = None;
        if let Some(name) = &name {
            let Target { item, slot } = target.clone();
            let revoke = Revoke { name: name.clone(), item: Some(item), slot, because: args.because.clone() };
            let approval = Approval::CredentialName { name, given: args.confirm.as_deref() };
            let requests = Requests { revoke: Some(revoke), keys_only: true, ..Requests::default() };
            let job = Job { approval, no_lease: args.no_lease, requests };
            let carried = Box::pin(apply::carry(&job, &mut opened)).await;
            if carried.approved == Some(false) {
                return carried.exit;
            }
            planned = Some(carried);
        }
        let exit = planned.as_ref().map(|carried| carried.exit);
        match target.record(&opened).await {
            Record::Dead => match exit {
                Some(exit @ (Exit::Done | Exit::Changes | Exit::Incomplete | Exit::Interrupted)) => exit,
                Some(Exit::Error | Exit::Withheld | Exit::Stale | Exit::Leased) | None => {
                    console
                        .page(&format!("Key {} of item {} is dead: its slot is inactive.\n", target.slot, target.item));
                    Exit::Done
                }
            },
            Record::Unclear { why } => not_revoked(&why, &target, &opened),
            Record::Live if exit == Some(Exit::Interrupted) => {
                not_revoked("the run was interrupted", &target, &opened);
                Exit::Interrupted
            }
            Record::Live => {
                if planned.is_none_or(|carried| carried.approved.is_none())
                    && !consents(&target, name.as_ref(), args, &opened)
                {
                    return Exit::Error;
                }
                let held = opened.signals.held();
                held.after_step();
                match target.end(&opened).await {
                    Ok(()) => {
                        console.page(&format!(
                            "Revoked: key {} of item {} is dead by the portal's record. What used it is without a key until \
                             the next `keyform apply`.\n",
                            target.slot, target.item
                        ));
                        Exit::Done
                    }
                    Err(why) => not_revoked(&why, &target, &opened),
                }
            }
        }
    }
}

/// Whether somebody wants the key ended without a plan.
fn consents(target: &Target, name: Option<&CredentialName>, args: &RevokeArgs, opened: &Opened<'_>) -> bool {
    let (Target { item, slot }, console) = (target, opened.console);
    console.page(&format!(
        "No plan can end key {slot} of item {item}, so it is revoked directly: no other key is issued, and nothing is \
         delivered.\n"
    ));
    let word = name.map_or(item.as_str(), CredentialName::as_str);
    let said = Approval::Key { word, given: args.confirm.as_deref() }.obtain(&opened.spec.stack, console);
    match said {
        Ok(()) => return true,
        Err(Some(refusal)) => console.report(refusal),
        Err(None) => console.error("Nothing was changed: the key was NOT revoked."),
    }
    false
}

/// Says that the key lives, and how a person ends it.
fn not_revoked(why: &str, target: &Target, opened: &Opened<'_>) -> Exit {
    let Target { item, slot } = target.clone();
    let portal = opened.hello.facts.name.clone();
    opened.console.report(Refusal::NotRevoked { why: why.to_owned(), item, slot, portal });
    Exit::Withheld
}

/// The same where it is not known which item.
fn nothing_named(why: &str, console: &Console) -> Exit {
    console.report(Refusal::NoItem { why: why.to_owned() });
    Exit::Withheld
}

/// What is there; where that cannot be read, the key lives.
async fn read(opened: &Opened<'_>) -> Result<Live, Exit> {
    let reading = opened.read().await.inspect_err(|_| {
        nothing_named("the portal could not be read", opened.console);
    })?;
    Ok(reading.live)
}

/// The key in a slot of an item that was named.
async fn by_item(args: &RevokeArgs, target: Target, opened: &Opened<'_>) -> Result<Asked, Exit> {
    let Some(name) = &args.name else { return Ok(Asked { target, name: None }) };
    let name = names::one("revoke", name, &opened.spec, opened.console)?;
    match opened.portal.item(&target.item).await {
        Ok(Some(item)) if item.credential(&opened.spec) != Some(&name) => {
            let why = format!(
                "item {} is not one of `{name}` by its tag or ledger; to end its key all the same, leave {name} out",
                item.id
            );
            Err(nothing_named(&why, opened.console))
        }
        Ok(Some(_) | None) | Err(_) => Ok(Asked { target, name: Some(name) }),
    }
}

/// The key in a slot of the item that keys of a credential are issued in.
async fn by_name(args: &RevokeArgs, slot: Slot, opened: &mut Opened<'_>) -> Result<Asked, Exit> {
    let console = opened.console;
    let name = names::one("revoke", args.name.as_deref().unwrap_or_default(), &opened.spec, console)?;
    // Wherever somebody moved the item to: every folder is looked into.
    let because = args.because.clone();
    opened.spec.requests.revoke = Some(Revoke { name: name.clone(), item: None, slot, because });
    let live = read(opened).await?;
    let of_name = |item: &&LiveItem| item.credential(&opened.spec) == Some(&name);
    let mine: Vec<&LiveItem> = live.items.values().filter(of_name).collect();
    if mine.is_empty() {
        let why = match live.strangers.values().find(of_name) {
            Some(item) => format!("item {} has the tag of `{name}`, but belongs to {}", item.id, item.owner),
            None => format!("no item of {} has the tag or the ledger of `{name}`", opened.hello.caller.username),
        };
        return Err(nothing_named(&why, console));
    }
    // A copy is no item of the credential; it only counts where there is nothing else that was tampered with.
    let (copies, own): (Vec<_>, Vec<_>) = mine.into_iter().partition(|item| item.copy_of().is_some());
    let all = if own.is_empty() { copies } else { own };
    let live: Vec<&LiveItem> = all.iter().copied().filter(|item| item.is_active(slot)).collect();
    let candidates = if live.is_empty() { all } else { live };
    let home = candidates.iter().map(|item| item.home_rank()).max();
    let first: Vec<&LiveItem> = candidates.into_iter().filter(|item| Some(item.home_rank()) == home).collect();
    match first.as_slice() {
        [item] => Ok(Asked { target: Target { item: item.id.clone(), slot }, name: Some(name) }),
        several => {
            let ids: Vec<String> = several.iter().map(|item| item.id.to_string()).collect();
            Err(nothing_named(&format!("`{name}` has several items: {}", ids.join(", ")), console))
        }
    }
}

/// The key on stdin. On a terminal it would be shown while it is typed.
fn key(console: &Console) -> Result<Secret, Exit> {
    let read = if console.input_is_terminal() {
        Err("what is typed on a terminal can be read over a shoulder")
    } else {
        fingerprint::read(std::io::stdin().lock().by_ref())
    };
    read.map_err(|why| console.fails(Refusal::NoKey { why }))
}

/// Whose the key is, by the ledgers and by its own word.
async fn by_key(key: &Secret, opened: &Opened<'_>) -> Result<Option<Asked>, Exit> {
    let live = read(opened).await?;
    let name = |target: &Target| live.items.get(&target.item)?.credential(&opened.spec).cloned();
    match identify(key, &live, opened).await? {
        Found::Live(target) => {
            let name = name(&target).filter(|name| opened.spec.credentials.contains_key(name));
            Ok(Some(Asked { target, name }))
        }
        Found::Dead(target) => {
            let of = name(&target).map(|name| format!(" of {name}")).unwrap_or_default();
            opened.console.page(&format!(
                "This was the key in slot {}{of} (item {}). It is dead already.\n",
                target.slot, target.item
            ));
            Ok(None)
        }
    }
}

/// Whose the key is: by its own word, and where the portal does not accept it, by the ledgers. Only the record of its slot
/// says that it is dead: a key that is asked from a page it does not know answers like a dead one, and so does one that a
/// portal knows only a moment later. Whoever can tag an item can claim to have the key.
async fn identify(key: &Secret, live: &Live, opened: &Opened<'_>) -> Result<Found, Exit> {
    let console = opened.console;
    let fingerprint = Fingerprint::of(key);
    let by_text = Slot::of_key(key.reveal());
    let slot_in = |item: &LiveItem| slot_with(item, fingerprint).map(|slot| by_text.unwrap_or(slot));
    let known: Vec<_> = live.items.values().filter_map(|item| Some((item, slot_in(item)?))).collect();
    let page = |item: &LiveItem| Referrer::page(&item.app.as_ref()?.referrers);
    let pages: BTreeSet<Option<String>> = if known.is_empty() {
        let declared = opened.spec.credentials.values().map(|want| Referrer::page(&want.referrers));
        live.items.values().map(page).chain(declared).chain([None]).collect()
    } else {
        known.iter().map(|(item, _)| page(item)).chain([None]).collect()
    };
    for page in pages.iter().take(PAGES) {
        let identity = opened.portal.identify(key, page.as_deref()).await.map_err(|error| console.fails(&error))?;
        let Some(KeyIdentity { item, .. }) = identity else { continue };
        let slot = by_text.or_else(|| slot_in(live.items.get(&item)?));
        return slot.map(|slot| Found::Live(Target { item: item.clone(), slot })).ok_or_else(|| {
            console.report(Refusal::NoSlot { item });
            Exit::Withheld
        });
    }
    let mut dead = None;
    for (item, slot) in known {
        let target = Target { item: item.id.clone(), slot };
        let doubt = match target.record(opened).await {
            Record::Dead => {
                dead.get_or_insert(target);
                continue;
            }
            Record::Live if matches!(item.dated(slot), Dated::Own | Dated::Late) => {
                console.note(&format!(
                    "The portal does not accept this key from the pages that it was asked from; what is in slot {slot} of \
                     item {} is taken for it.",
                    item.id
                ));
                return Ok(Found::Live(target));
            }
            Record::Live => "its slot is active, and its date is not this key's".to_owned(),
            Record::Unclear { why } => why,
        };
        return Err(not_revoked(&doubt, &target, opened));
    }
    dead.map(Found::Dead).ok_or_else(|| {
        console.report(Refusal::KeyNotOurs);
        Exit::Withheld
    })
}

/// The slot of `item` whose key has this fingerprint; the ledger of a copy tells of another item.
fn slot_with(item: &LiveItem, fingerprint: Fingerprint) -> Option<Slot> {
    let has = |slot: &Slot| item.record(*slot).is_some_and(|record| record.fingerprint == Some(fingerprint));
    Slot::BOTH.into_iter().find(has)
}
