//! What the account may do and grant, and what the configuration withholds.

use jiff::Timestamp;

use crate::model::{Catalogue, CredentialSpec, ItemId, Live, Mode, OnBreakingChange, Privilege, Product, Slot};

use super::blocked::{Blocked, Keeps, Lacks, Rule, Takes, Unknown};
use super::change::{Action, Change, Exposure};
use super::reason::Reason;
use super::step::Act;

/// Whether keys of `want` act as their owner's account.
pub(super) fn personal(product: Product, want: &CredentialSpec) -> bool {
    Catalogue::built_in().personal(product, &want.privileges)
}

/// What the account needs to manage API keys at all. *Source: arcgis-api 11.*
const NEEDED: [&str; 3] =
    ["portal:user:createItem", "portal:user:generateApiTokens", "portal:user:assignPrivilegesToApps"];

/// Blocks what the account could not carry out, before anything is written.
pub(super) fn missing_rights(want: &CredentialSpec, change: &Change, live: &Live) -> Option<Blocked> {
    let grants = change.work.acts().any(|act| matches!(act, Act::Register | Act::UpdateApp));
    let makes = change.work.acts().any(|act| matches!(act, Act::AddItem | Act::Register | Act::Issue(_)));
    let held = &live.caller.privileges;
    // A portal that does not say what the account may do is asked by trying.
    if held.is_empty() || !(grants || makes) {
        return None;
    }
    let blocked = |lacks| Some(Blocked::Rights { account: live.caller.username.clone(), lacks });
    let lacks = |name: &&str| !held.contains(&Privilege::new(name));
    if live.portal.product != Product::LocationPlatform
        && let Some(lacking) = NEEDED.iter().copied().find(lacks)
    {
        return blocked(Lacks::ToManage { lacking, needs: &NEEDED, product: live.portal.product });
    }
    let lacking: Vec<Privilege> = want.privileges.iter().filter(|wanted| !held.contains(wanted)).cloned().collect();
    if !grants || lacking.is_empty() {
        return None;
    }
    blocked(Lacks::ToGrant { name: want.name.clone(), lacking })
}

/// Blocks a registration that names an item which is not there, before anything is written.
pub(super) fn missing_items(want: &CredentialSpec, change: &Change, live: &Live) -> Option<Blocked> {
    let wanted = change.work.wanted.as_ref().filter(|_| change.work.grants())?;
    let is_missing = |id: &&ItemId| matches!(live.referenced.get(*id), Some(None));
    let missing: Vec<ItemId> = wanted.values.items.iter().filter(is_missing).cloned().collect();
    (!missing.is_empty()).then(|| Blocked::Items {
        name: want.name.clone(),
        account: live.caller.username.clone(),
        missing,
    })
}

/// `mode: additive` never takes anything away.
pub(super) fn narrowed(want: &CredentialSpec, change: &Change) -> Option<Blocked> {
    let narrows = match change.exposure {
        Exposure::Narrows => true,
        Exposure::Same | Exposure::Widens => false,
    };
    narrows.then(|| additive(want, Takes::Access)).flatten()
}

fn additive(want: &CredentialSpec, takes: Takes) -> Option<Blocked> {
    (want.mode == Mode::Additive).then(|| Blocked::Policy { name: want.name.clone(), rule: Rule::Additive(takes) })
}

/// Puts what the configuration says in the way of a change that was planned.
pub(super) fn withhold(want: &CredentialSpec, change: &mut Change, live: &Live) {
    if change.blocked.is_some() {
        return;
    }
    change.blocked = match change.action {
        // Somebody asked for exactly this.
        Action::Retire if matches!(change.reasons.first(), Some(Reason::BreakGlass { .. })) => None,
        Action::Retire => additive(want, Takes::Key),
        Action::Rotate => missing_rights(want, change, live),
        Action::Replace if change.work.does(&Act::AddItem) => additive(want, Takes::Item)
            .or_else(|| missing_rights(want, change, live))
            .or_else(|| missing_items(want, change, live))
            .or_else(|| (!live.complete).then(not_every_folder_read)),
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
    let rule = match (want.mode, want.on_breaking_change) {
        (Mode::Additive, _) => Keeps::Additive,
        (Mode::Observe | Mode::Full, OnBreakingChange::Refuse) => Keeps::Refuse,
        (Mode::Observe | Mode::Full, OnBreakingChange::Replace) if want.deliver.is_empty() => Keeps::NoDeliver,
        (Mode::Observe | Mode::Full, OnBreakingChange::Replace | OnBreakingChange::InPlace) => return None,
    };
    Some(Blocked::Policy { name: want.name.clone(), rule: Rule::LiveKey { slot, until, rule } })
}

/// Absence is only believed when every folder was listed.
pub(super) const fn not_every_folder_read() -> Blocked {
    Blocked::CannotBeKnown(Unknown::Folders)
}
