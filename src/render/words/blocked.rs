//! What blocks a change, in words.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::dates::{day, minute};
use crate::model::{
    CredentialName, ItemId, Ledger, Made, Marker, Need, Privilege, Product, Refusal, Slot, SourceLine, Taken,
};
use crate::plan::{
    Asked, Blocked, Claim, Ends, Keeps, Lacks, LedgerFault, Protection, Retry, Rule, SeenIn, Takes, Unknown, Unread,
};
use crate::render::raw::Raw;

/// The command that makes the configuration say what the portal has.
pub(crate) const ACCEPT: &str = "keyform drift --accept > accept.patch";

/// A block in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Block {
    pub why: Raw,
    /// One exact thing to do.
    pub resolve: Raw,
}

/// What blocks a change, and what resolves it.
pub(crate) fn blocked(blocked: &Blocked) -> Block {
    let (why, resolve) = match blocked {
        Blocked::ForeignKey { slot, seen } => foreign_key(*slot, seen),
        Blocked::NoFreeSlot { item, from } => (
            format!("both slots of item {item} hold keys that somebody may use; one is free from {}", minute(*from)),
            again(*from),
        ),
        Blocked::ItemWaits { item, places, from } => item_waits(item, places, *from),
        Blocked::TooOften { name, made, from } => too_often(name, made, *from),
        Blocked::CannotBeKnown(what) => unknown(what),
        Blocked::Ledger { item, marker, fault } => ledger(item, marker, fault),
        Blocked::Owner { item, owner, maker } => (
            format!("item {item} was made by {maker} and belongs to {owner} now"),
            format!("give item {item} back to {maker}"),
        ),
        Blocked::HandedOver { item, owner, caller, place } => (
            format!("item {item} was handed over to {owner}, and {place} still holds a key of it"),
            format!(
                "have item {item} given back to {caller}, or take the key out of {place}, so that an apply makes a new item \
                 (`keyform hand-over` comes with a later version)"
            ),
        ),
        Blocked::OtherStack { item, claim: Claim::Marker { theirs } } => (
            format!("item {item} also carries the marker {theirs} of another stack"),
            format!("take the wrong marker off the tags of item {item}, then plan again"),
        ),
        Blocked::OtherStack { item, claim: Claim::Ledger { stack, ours } } => (
            format!("the ledger of item {item} belongs to stack {stack}"),
            format!("take the tag {ours} off item {item}, then plan again"),
        ),
        Blocked::Policy { name, rule } => policy(name, rule),
        Blocked::Rights { account, lacks } => rights(account, lacks),
        Blocked::Items { name, account, missing } => (
            format!("not there, or not visible to {account}: item {}", joined(missing)),
            format!("correct `items` of `{name}`"),
        ),
        Blocked::Ended { name } => (
            "the fixed end of `expiry.until` has passed, so no key can be issued".into(),
            format!("give `{name}` a later `expiry.until`, or a `lifetime`"),
        ),
        Blocked::Protected(Protection::Declared { name, now }) => (
            "`protect: true` was applied: keyform does not destroy it".into(),
            match now {
                Some(true) => format!("say `protect: false` for `{name}`, apply, then destroy it"),
                Some(false) => format!("apply first, so that `protect: false` counts; then destroy `{name}`"),
                None => format!("declare `{name}` again with `protect: false`, apply, then remove it"),
            },
        ),
        Blocked::Protected(Protection::Portal { item }) => (
            format!("the portal itself protects item {item} from being deleted"),
            format!(
                "switch off \"Prevent this item from being accidentally deleted\" on the page of item {item}, then run again"
            ),
        ),
        Blocked::NotYet { from } => (
            format!("`not_before` says not before {}", day(*from)),
            format!("nothing: the first apply from {} on does it", day(*from)),
        ),
        Blocked::TakenOver { place, by, from: Some(from), .. } => (
            format!("`{by}` delivers to {place} now; the overlap there ends {}", day(*from)),
            format!("nothing: the first apply from {} on does it", day(*from)),
        ),
        Blocked::TakenOver { place, by, made: true, from: None } => (
            format!("{place} holds its key until `{by}` has delivered there; the same plan makes `{by}`"),
            "nothing: an apply does it once the overlap is over".into(),
        ),
        Blocked::TakenOver { place, by, made: false, from: None } => (
            format!("{place} holds its key until `{by}` has delivered there"),
            format!("let an apply deliver `{by}`; an apply does this once the overlap is over"),
        ),
        Blocked::Guard { max, due } => (
            format!("waits: guards.max.rotate is {max}, and {due} keys are due; those that end first go first"),
            format!("nothing: the next run goes on; or now: --allow rotate={due}"),
        ),
        Blocked::TwoNames { from, to, items: [old, new] } => (
            format!(
                "items of both names are there: {old} of `{from}` and {new} of `{to}`; a renaming never joins two \
                 credentials"
            ),
            format!("take `{from}` out of `moved`, and say in `removed` what becomes of it"),
        ),
        Blocked::Window { opens } => {
            (format!("`expiry.window` is closed; this can be done from {}", minute(*opens)), again(*opens))
        }
        Blocked::Frozen { freeze: SourceLine { file, line }, to, next } => (
            format!(
                "`guards.freeze` ({file}:{line}) lets nothing be changed before {}; this can be done from {}",
                minute(*to),
                minute(*next)
            ),
            again(*next),
        ),
        Blocked::Withheld { name, taken } => withheld(name, taken),
        Blocked::NotTaken { name, source, asked, keeps } => not_taken(name, source, asked, keeps),
        Blocked::Unreadable { item, why, told, then } => unreadable(item, why, *told, then),
        Blocked::NothingToRotate { name, nowhere } => nothing_to_rotate(name, *nowhere),
        Blocked::NoSuchKey { name, item, home } => {
            (format!("item {item} is not one of `{name}`"), format!("name one of its items, such as {home}"))
        }
    };
    Block { why: Raw::new(why), resolve: Raw::new(resolve) }
}

fn nothing_to_rotate(name: &CredentialName, nowhere: bool) -> (String, String) {
    if nowhere {
        let why = format!("keys of `{name}` are delivered nowhere, so a new one would be lost");
        (why, format!("say where its key goes: `deliver` of `{name}`"))
    } else {
        (format!("`{name}` has no key yet"), "`keyform apply` makes it".into())
    }
}

fn unreadable(item: &ItemId, why: &str, told: bool, then: &Retry) -> (String, String) {
    let command = match then {
        Retry::Apply => "apply".to_owned(),
        Retry::Rotate(name) => format!("rotate {name}"),
        Retry::Destroy(name) => format!("destroy {name}"),
        Retry::Forget(name) => format!("forget {name}"),
        Retry::Revoke => {
            return (
                format!("item {item} cannot be read, so the key was NOT revoked: {why}"),
                format!("invalidate the key on the page of item {item}, or run the same command when it can be read"),
            );
        }
    };
    let again = format!("when the portal shows item {item} again: `keyform {command}`");
    if told {
        (
            format!("item {item} is there and cannot be read: {why}"),
            format!("{again}; if it never does, delete the item in the portal, and then the same"),
        )
    } else {
        (
            format!("item {item}, an application in its folder, cannot be read and may be this credential: {why}"),
            format!("{again}; if it is none of keyform's, move it to another folder, and then the same"),
        )
    }
}

fn withheld(name: &CredentialName, taken: &Taken) -> (String, String) {
    (
        format!("{} was taken away in the portal, and is not given back before somebody says so", lost(taken)),
        format!("to give it back: `keyform apply --restore {name}`; to accept it: `{ACCEPT}`, and apply that patch"),
    )
}

fn not_taken(
    name: &CredentialName,
    SourceLine { file, line }: &SourceLine,
    asked: &Refusal,
    keeps: &Refusal,
) -> (String, String) {
    let list = |members: Option<&BTreeSet<String>>| {
        let members: Vec<&str> = members.into_iter().flatten().map(String::as_str).collect();
        if members.is_empty() { "none".to_owned() } else { members.join(", ") }
    };
    let each = asked.iter().map(|(field, asked)| {
        format!("{}: asked for {}, it keeps {}", field.name(), list(Some(asked)), list(keeps.get(field)))
    });
    let fields = asked.keys().map(|field| format!("`{}`", field.name())).collect::<Vec<_>>().join(", ");
    (
        format!("the portal answered success and did not take {}", each.collect::<Vec<_>>().join("; ")),
        format!(
            "change {fields} of `{name}` ({file}:{line}) to try something else, or to what the portal keeps and back to \
             try the same again"
        ),
    )
}

/// What was taken away, in words.
pub(crate) fn lost(taken: &Taken) -> String {
    let Taken { since: _, privileges, items, referrers, anywhere, personal } = taken;
    let items = items.iter().map(|id| format!("item {id}"));
    let flags = [(*anywhere, "use from any page"), (*personal, "the personal flag")];
    let flags = flags.into_iter().filter(|(gone, _)| *gone).map(|(_, words)| words.to_owned());
    let privileges = privileges.iter().map(ToString::to_string);
    let all = privileges.chain(items).chain(referrers.iter().map(ToString::to_string)).chain(flags);
    all.collect::<Vec<_>>().join(", ")
}

fn again(from: Timestamp) -> String {
    format!("run again after {}", minute(from))
}

fn joined<T: ToString>(all: &[T]) -> String {
    all.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

fn foreign_key(slot: Slot, seen: &SeenIn) -> (String, String) {
    let invalidate = format!("invalidate key {slot} on that item's page when nobody uses it");
    let (item, change) = match seen {
        SeenIn::Slot { item, change } => (item, change),
        SeenIn::Sink { place } => {
            return (
                format!("{place} holds a live key of slot {slot} with an end that keyform did not ask for"),
                format!("invalidate key {slot} on the item's page when nobody uses it, then plan again"),
            );
        }
    };
    let live = format!("slot {slot} of item {item} holds a live key that keyform did not issue");
    match change {
        Ends::Issue => (
            format!("a new key needs a slot, and slot {slot} of item {item} holds a key that keyform did not issue"),
            format!("{invalidate}, then plan again"),
        ),
        Ends::Edit => (live, format!("{invalidate}, then plan again")),
        Ends::Destroy(name) => (live, format!("{invalidate}, or forget `{name}` instead")),
    }
}

fn item_waits(item: &ItemId, places: &[String], from: Timestamp) -> (String, String) {
    let cause = match places {
        [] => "which key the sinks hold is not known".to_owned(),
        lost => format!("{} lost the key, as if another machine delivered this credential too", lost.join(", ")),
    };
    (
        format!("{cause}; no other new item is made before item {item} has ended, from {}", minute(from)),
        format!("{}; or use one sink for all machines, or `heal: false` on it", again(from)),
    )
}

fn too_often(name: &CredentialName, made: &[Made], from: Timestamp) -> (String, String) {
    let of = |need| made.iter().filter(move |made| made.need == need).count();
    let causes = [
        (Need::Sinks, "sinks lost the key", "let one machine deliver it, or say `heal: false` on its sink"),
        (Need::Delivery, "a delivery was interrupted", "find out what ends runs, or add a sink that can be read"),
        (Need::Key, "its key was ended", "find out who ends its keys"),
        (Need::Renewal, "it was due with no slot free", "give it a longer `lifetime`, or a shorter `overlap`"),
    ];
    let seen = causes.iter().filter(|(need, ..)| of(*need) > 0);
    let (why, what): (Vec<_>, Vec<_>) =
        seen.map(|(need, why, what)| (format!("{why} ({} x)", of(*need)), *what)).unzip();
    (
        format!("{} new items in 30 days and nobody edited anything: {}", made.len(), why.join(", ")),
        format!("{}; then `keyform rotate {name}`, or {}", what.join("; "), again(from)),
    )
}

fn unknown(what: &Unknown) -> (String, String) {
    match what {
        Unknown::Date { item, slot } => (
            format!("slot {slot} of item {item} is active, but the portal does not show its date yet"),
            "run the same command again in a minute".into(),
        ),
        Unknown::KeyInUse { item, older } => (
            format!(
                "item {item} took over after a delivery that was interrupted, and its own deliveries were interrupted as \
                 well; no sink can tell which of its keys it holds"
            ),
            format!(
                "find out which key applications use, invalidate the other one (key {older}, if it is the older) on that \
                 item's page, then run again"
            ),
        ),
        Unknown::Delivery { label, sink: Unread { place, why } } => (
            format!(
                "a delivery was interrupted, and the sink {label} ({place}) cannot be asked whether it has the key: {why}"
            ),
            format!("make {place} readable, then run the same command"),
        ),
        Unknown::Sink(Unread { place, why }) => (
            format!("{place} cannot be read ({why}), so nothing can be delivered to it"),
            format!("make {place} readable"),
        ),
        Unknown::Folders => (
            "not every folder of the account was listed, so the item may exist already".into(),
            "run the same command again".into(),
        ),
    }
}

fn ledger(item: &ItemId, marker: &Marker, fault: &LedgerFault) -> (String, String) {
    match fault {
        LedgerFault::Newer { version } => (
            format!("the ledger of item {item} has format {version}, this keyform knows {}", Ledger::VERSION),
            "use the keyform that wrote it, or a later one".into(),
        ),
        LedgerFault::Broken { why } => (
            format!("the ledger of item {item} cannot be read: {why}"),
            format!("restore the member `keyform` of that item's properties, or take the tag {marker} off it"),
        ),
        LedgerFault::NoMarker => (
            format!("item {item} has our ledger but not our marker"),
            format!("put the tag {marker} back on item {item}"),
        ),
        LedgerFault::NoLedger => (
            format!("item {item} carries our marker and an active key, but no ledger says whose the key is"),
            format!("put the item's properties back, or invalidate its keys, or take the tag {marker} off it"),
        ),
        LedgerFault::OtherItem { of } => (
            format!("item {item} carries our marker, and the ledger of item {of}: it is a copy, or was tampered with"),
            format!("look whose it is; delete it in the portal, or take the tag {marker} off it"),
        ),
        LedgerFault::OtherName { other } => (
            format!("item {item} carries the marker {marker}, and its ledger says that it is `{other}`"),
            format!("look which is true; then name `{other}` instead, or take the tag {marker} off that item"),
        ),
    }
}

fn policy(name: &CredentialName, rule: &Rule) -> (String, String) {
    match rule {
        Rule::Observe(asked) => (
            "`mode: observe` only reports".into(),
            match asked {
                Asked::Removal => format!("say `mode: full` for `{name}`, or take its entry out"),
                Asked::Rotation => format!("say `mode: additive` for `{name}`"),
                Asked::Revocation => format!("say `mode: additive` for `{name}`, or revoke the key on the item's page"),
            },
        ),
        Rule::Additive(takes) => {
            let (never, or) = match takes {
                Takes::Credential => ("destroys", ", or take its entry out"),
                Takes::Access => ("narrows what a key may do", ""),
                Takes::Key => ("retires a key", ""),
                Takes::Item => ("replaces an item", ""),
            };
            (format!("`mode: additive` never {never}"), format!("say `mode: full` for `{name}`{or}"))
        }
        Rule::LiveKey { slot, until, rule } => {
            let (rule, resolve) = match rule {
                Keeps::Additive => (
                    "`mode: additive` never replaces it",
                    format!("say `mode: full` for `{name}`, or put it back as it was"),
                ),
                Keeps::Refuse => (
                    "`on_breaking_change: refuse` says not to",
                    format!("say `on_breaking_change: replace` for `{name}`, or put it back as it was"),
                ),
                Keeps::NoDeliver => (
                    "without `deliver` nobody would get the new one",
                    format!("declare `deliver` for `{name}`, or say `on_breaking_change: in_place`"),
                ),
            };
            let until = day(*until);
            (format!("the edit would end the live key in slot {slot} (until {until}), and {rule}"), resolve)
        }
    }
}

fn rights(account: &str, lacks: &Lacks) -> (String, String) {
    match lacks {
        Lacks::ToManage { lacking, needs, product } => {
            let role = format!("give {account} a role with {}", needs.join(", "));
            (
                format!("the account {account} lacks {lacking}, which managing API keys needs"),
                match product {
                    Product::Enterprise => role,
                    Product::Online | Product::LocationPlatform => {
                        format!("{role} (if this is Location Platform, say `portal.product: location-platform`)")
                    }
                },
            )
        }
        Lacks::ToGrant { name, lacking } => {
            let lacking = joined::<Privilege>(lacking);
            (
                format!("the account {account} cannot grant what it does not hold: {lacking}"),
                format!("take {lacking} out of `{name}`, or sign in as an account that holds it"),
            )
        }
    }
}
