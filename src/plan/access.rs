//! What the account may do and grant, and what the configuration withholds.

use jiff::Timestamp;

use crate::model::{Catalogue, CredentialSpec, Live, Mode, OnBreakingChange, Privilege, Product, Slot};

use super::{Action, Blocked, BlockedBy, Change, Exposure, Reason, Step};

/// Whether keys of `want` act as their owner's account.
pub(super) fn personal(product: Product, want: &CredentialSpec) -> bool {
    Catalogue::built_in().personal(product, &want.privileges)
}

/// What the account needs to manage API keys at all. *Source: arcgis-api 11.*
const NEEDED: [&str; 3] =
    ["portal:user:createItem", "portal:user:generateApiTokens", "portal:user:assignPrivilegesToApps"];

/// Blocks what the account could not carry out, before anything is written.
pub(super) fn missing_rights(want: &CredentialSpec, change: &Change, live: &Live) -> Option<Blocked> {
    let grants = change.steps.iter().any(|step| matches!(step, Step::Register | Step::UpdateApp));
    let makes = change.steps.iter().any(|step| matches!(step, Step::AddItem | Step::Register | Step::Issue(_)));
    let held = &live.caller.privileges;
    // A portal that does not say what the account may do is asked by trying.
    if held.is_empty() || !(grants || makes) {
        return None;
    }
    let account = &live.caller.username;
    let lacks = |name: &&str| !held.contains(&Privilege::new(name));
    if live.portal.product != Product::LocationPlatform
        && let Some(lacking) = NEEDED.iter().copied().find(lacks)
    {
        return Some(Blocked {
            by: BlockedBy::Rights,
            why: format!("the account {account} lacks {lacking}, which managing API keys needs"),
            resolve: match live.portal.product {
                Product::Enterprise => format!("give {account} a role with {}", NEEDED.join(", ")),
                Product::Online | Product::LocationPlatform => format!(
                    "give {account} a role with {} (if this is Location Platform, say `portal.product: \
                     location-platform`)",
                    NEEDED.join(", ")
                ),
            },
        });
    }
    let not_held: Vec<&str> =
        want.privileges.iter().filter(|wanted| !held.contains(wanted)).map(Privilege::as_str).collect();
    if !grants || not_held.is_empty() {
        return None;
    }
    Some(Blocked {
        by: BlockedBy::Rights,
        why: format!("the account {account} cannot grant what it does not hold: {}", not_held.join(", ")),
        resolve: format!("take {} out of `{}`, or sign in as an account that holds it", not_held.join(", "), want.name),
    })
}

/// Blocks a registration that names an item which is not there, before anything is written.
pub(super) fn missing_items(want: &CredentialSpec, change: &Change, live: &Live) -> Option<Blocked> {
    let grants = change.steps.iter().any(|step| matches!(step, Step::Register | Step::UpdateApp));
    let missing: Vec<&str> = want
        .items
        .iter()
        .filter(|id| matches!(live.referenced.get(*id), Some(None)))
        .map(crate::model::ItemId::as_str)
        .collect();
    (grants && !missing.is_empty()).then(|| Blocked {
        by: BlockedBy::Items,
        why: format!("not there, or not visible to {}: item {}", live.caller.username, missing.join(", ")),
        resolve: format!("correct `items` of `{}`", want.name),
    })
}

/// `mode: additive` never takes anything away.
pub(super) fn narrowed(want: &CredentialSpec, change: &Change) -> Option<Blocked> {
    let narrows = match change.exposure {
        Exposure::Narrows => true,
        Exposure::Same | Exposure::Widens => false,
    };
    narrows.then(|| additive(want, "narrows what a key may do")).flatten()
}

fn additive(want: &CredentialSpec, never: &str) -> Option<Blocked> {
    (want.mode == Mode::Additive).then(|| Blocked {
        by: BlockedBy::Policy,
        why: format!("`mode: additive` never {never}"),
        resolve: format!("say `mode: full` for `{}`", want.name),
    })
}

/// Puts what the configuration says in the way of a change that was planned.
pub(super) fn withhold(want: &CredentialSpec, change: &mut Change, live: &Live) {
    if change.blocked.is_some() {
        return;
    }
    change.blocked = match change.action {
        // Somebody asked for exactly this.
        Action::Retire if matches!(change.reasons.first(), Some(Reason::BreakGlass { .. })) => None,
        Action::Retire => additive(want, "retires a key"),
        Action::Rotate => missing_rights(want, change, live),
        Action::Replace if change.steps.contains(&Step::AddItem) => additive(want, "replaces an item")
            .or_else(|| missing_rights(want, change, live))
            .or_else(|| missing_items(want, change, live))
            .or_else(|| (!live.complete).then(super::pair::not_every_folder_read)),
        Action::Deliver
        | Action::Create
        | Action::Update
        | Action::Replace
        | Action::UpdateEndingKeys
        | Action::Forget
        | Action::Destroy
        | Action::Report => None,
    };
}

/// Why an edit that would end the live key in `slot` is neither made nor taken over by a new item.
pub(super) fn kept_alive(want: &CredentialSpec, slot: Slot, until: Timestamp) -> Option<Blocked> {
    let (why, resolve) = match (want.mode, want.on_breaking_change) {
        (Mode::Additive, _) => (
            "`mode: additive` never replaces it".to_owned(),
            format!("say `mode: full` for `{}`, or put it back as it was", want.name),
        ),
        (Mode::Observe | Mode::Full, OnBreakingChange::Refuse) => (
            "`on_breaking_change: refuse` says not to".to_owned(),
            format!("say `on_breaking_change: replace` for `{}`, or put it back as it was", want.name),
        ),
        (Mode::Observe | Mode::Full, OnBreakingChange::Replace) if want.deliver.is_empty() => (
            "without `deliver` nobody would get the new one".to_owned(),
            format!("declare `deliver` for `{}`, or say `on_breaking_change: in_place`", want.name),
        ),
        (Mode::Observe | Mode::Full, OnBreakingChange::Replace | OnBreakingChange::InPlace) => return None,
    };
    Some(Blocked {
        by: BlockedBy::Policy,
        why: format!("the edit would end the live key in slot {slot} (until {}), and {why}", super::keys::day(until)),
        resolve,
    })
}
