//! What was taken away in the portal: it is not given back before somebody says so.
//!
//! Until then a credential is planned for with what is left, so that it is issued, replaced, edited and finished with
//! that, and an edit of the configuration brings what it adds and no more.

use std::borrow::Cow;
use std::collections::BTreeSet;

use crate::model::{Applied, CredentialSpec, Field, LiveItem, PortalChanges, Privilege, Taken, Values};

use super::before::{Before, add, reduce};
use super::blocked::Blocked;
use super::change::{Action, Change, Exposure};
use super::diff;
use super::field::FieldDiff;
use super::phase::{At, Items};
use super::reason::{Cause, Reason};
use super::step::Act;
use super::template::template;

/// `want` with the access it has until somebody says that it is given back what was taken away.
pub(super) fn left<'a>(want: &'a CredentialSpec, items: Items<'_>, at: At<'_>) -> Cow<'a, CredentialSpec> {
    let asks = &at.spec.requests.restore;
    if at.spec.guards.portal_changes == PortalChanges::Restore || asks.contains(&want.name) {
        return Cow::Borrowed(want);
    }
    // A newer item that was only begun knows nothing yet.
    let Some(item) = items.all().find(|item| item.ledger().is_some_and(|ledger| ledger.applied.is_some())) else {
        return Cow::Borrowed(want);
    };
    let mut values = diff::asked(want, at.live);
    let have = diff::returned(item, |id| at.live.folder_title(id));
    let taken = of(&values, item, &have);
    if taken.is_empty() {
        return Cow::Borrowed(want);
    }
    reduce(&mut values, &taken, &have);
    let Values { privileges, items, referrers, personal, .. } = values;
    let personal = Some(personal);
    Cow::Owned(CredentialSpec { privileges, items, referrers, personal, withheld: taken, ..want.clone() })
}

/// What `item`, which has `have`, lost of `want`.
fn of(want: &Values, item: &LiveItem, have: &Values) -> Taken {
    fn members<T: Ord + Clone>(of: &BTreeSet<T>, lost: impl Fn(&T) -> bool) -> BTreeSet<T> {
        of.iter().filter(|one| lost(one)).cloned().collect()
    }
    let Some(ledger) = item.ledger() else { return Taken::default() };
    let noted = &ledger.taken;
    let Some((app, Applied { asked, returned })) = item.app.as_ref().zip(ledger.applied.as_ref()) else {
        // An app that is gone says nothing about what it had.
        return Taken {
            since: noted.since,
            privileges: members(&want.privileges, |one| noted.privileges.contains(one)),
            items: members(&want.items, |one| noted.items.contains(one)),
            referrers: members(&want.referrers, |one| noted.referrers.contains(one)),
            anywhere: noted.anywhere && want.referrers.is_empty(),
            personal: noted.personal && want.personal,
        };
    };
    // Portals may have given something else in its place.
    let was = |one: &Privilege| {
        let whole = returned.privileges.contains(one);
        let mut became =
            returned.privileges.iter().filter(|other| if whole { *other == one } else { other.is_akin(one) });
        asked.privileges.contains(one) && became.any(|other| !have.privileges.contains(other))
    };
    let privileges =
        members(&want.privileges, |one| !have.privileges.contains(one) && (noted.privileges.contains(one) || was(one)));
    let items = members(&want.items, |one| {
        let was = asked.items.contains(one) && returned.items.contains(one);
        !have.items.contains(one) && (noted.items.contains(one) || was)
    });
    // Without any, a key can be used from everywhere.
    let limited = !have.referrers.is_empty();
    let referrers = members(&want.referrers, |one| {
        let was = asked.referrers.contains(one) && returned.referrers.contains(one);
        limited && !have.referrers.contains(one) && (noted.referrers.contains(one) || was)
    });
    let was = asked.referrers.is_empty() && returned.referrers.is_empty();
    let anywhere = want.referrers.is_empty() && limited && (noted.anywhere || was);
    let was = asked.personal && returned.personal;
    let personal = want.personal && !have.personal && (noted.personal || was);
    let since = noted.since.or(app.modified).or(item.modified);
    Taken { since, privileges, items, referrers, anywhere, personal }
}

/// Says what is withheld of `want`, and both ways out.
pub(super) fn withheld(want: &CredentialSpec, items: Items<'_>, at: At<'_>) -> Option<Change> {
    let taken = &want.withheld;
    if taken.is_empty() {
        return None;
    }
    let home = items.home;
    let keys_live = items.current().is_some_and(|key| items.is_live(&key, at.now));
    let reasons = vec![Reason::TakenAway { since: taken.since, keys_live }];
    let mut change = template(want, home, at.live, Action::Report, reasons);
    let have = diff::returned(home, |id| at.live.folder_title(id));
    let mut given = have.clone();
    add(&mut given, taken);
    change.fields = apart(&have, &given);
    if let Some(said) = at.spec.credentials.get(&want.name) {
        change.told.accept = apart(&diff::asked(want, at.live), &diff::asked(said, at.live));
    }
    change.exposure = Exposure::Widens;
    change.blocked = Some(Blocked::Withheld { name: want.name.clone(), taken: taken.clone() });
    Some(change)
}

/// Every field in which what there is and what there would be differ.
fn apart(have: &Values, want: &Values) -> Vec<FieldDiff> {
    let differs = |field: &Field| {
        let (have, want) = (diff::value(have, *field), diff::value(want, *field));
        (have != want).then_some(FieldDiff { field: *field, have: Some(have), want, cause: Cause::Portal })
    };
    Field::ALL.iter().filter_map(differs).collect()
}

/// Records what the portal has where it is what the configuration says, and something else was applied last: an edit that
/// was taken over, or taken back.
pub(super) fn agreed(want: &CredentialSpec, items: Items<'_>, at: At<'_>) -> Option<Change> {
    let home = items.home;
    let have = diff::returned(home, |id| at.live.folder_title(id));
    let before = Before::of(home, &want.withheld, &have)?;
    let wanted = diff::asked(want, at.live);
    let ledger = home.ledger()?;
    let access = || Field::ALL.into_iter().filter(|field| field.ends_keys() && !want.refused.contains_key(field));
    let moved = access().any(|field| diff::value(&before.meant, field) != diff::value(&wanted, field));
    let given_back = want.withheld.is_empty() && !ledger.taken.is_empty();
    if home.app.is_none() || !(moved || given_back || want.refused.is_empty() && !ledger.refused.is_empty()) {
        return None;
    }
    let mut change = template(want, home, at.live, Action::Update, vec![Reason::Agreed]);
    change.work.then([Act::Record { fields: access().collect() }]);
    Some(change)
}
