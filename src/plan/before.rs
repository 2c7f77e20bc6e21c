//! What was applied to an item before, with and without what was taken away since.

use crate::model::{Applied, LiveItem, Privilege, Taken, Values};

/// What was applied to an item before, as far as it is to be expected there.
pub(super) struct Before {
    /// What was last applied, without what was taken away since.
    pub(super) applied: Applied,
    /// The same with what was withheld then: what the configuration said.
    pub(super) meant: Values,
}

impl Before {
    /// Of `item`, which has `have`; `taken` is withheld.
    pub(super) fn of(item: &LiveItem, taken: &Taken, have: &Values) -> Option<Self> {
        let ledger = item.ledger()?;
        let mut applied = ledger.applied.clone()?;
        let mut meant = applied.asked.clone();
        add(&mut meant, &ledger.taken);
        for values in [&mut meant, &mut applied.asked] {
            reduce(values, taken, have);
        }
        let Values { privileges, items, referrers, personal, .. } = &mut applied.returned;
        if !taken.privileges.is_empty() {
            privileges.retain(|one| have.privileges.contains(one));
        }
        if !taken.items.is_empty() {
            items.retain(|one| have.items.contains(one));
        }
        if taken.anywhere {
            referrers.clone_from(&have.referrers);
        } else if !taken.referrers.is_empty() {
            referrers.retain(|one| have.referrers.contains(one));
        }
        *personal &= !taken.personal;
        Some(Self { applied, meant })
    }
}

/// Adds what is noted as withheld.
pub(super) fn add(values: &mut Values, taken: &Taken) {
    values.privileges.extend(taken.privileges.iter().cloned());
    values.items.extend(taken.items.iter().cloned());
    values.referrers.extend(taken.referrers.iter().cloned());
    if taken.anywhere {
        values.referrers.clear();
    }
    values.personal |= taken.personal;
}

/// Takes out what is withheld, for what the portal has in its place. A credential is never left with nothing by it.
pub(super) fn reduce(values: &mut Values, taken: &Taken, have: &Values) {
    if !taken.privileges.is_empty() {
        values.privileges.retain(|one| !taken.privileges.contains(one));
        let part = |one: &&Privilege| taken.privileges.iter().any(|lost| lost.is_akin(one));
        values.privileges.extend(have.privileges.iter().filter(part).cloned());
        if values.privileges.is_empty() {
            values.privileges.clone_from(&have.privileges);
        }
    }
    values.items.retain(|one| !taken.items.contains(one));
    if !taken.referrers.is_empty() {
        values.referrers.retain(|one| !taken.referrers.contains(one));
        if values.referrers.is_empty() {
            values.referrers.clone_from(&have.referrers);
        }
    }
    if taken.anywhere && values.referrers.is_empty() {
        values.referrers.clone_from(&have.referrers);
    }
    values.personal &= !taken.personal;
}
