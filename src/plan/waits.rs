//! What waits for its hours: windows in which keys are renewed and retired, and times in which nothing is changed.
//!
//! Nothing waits that would come too late by it, and nothing that heals or finishes what was begun.

use jiff::Timestamp;

use crate::model::{CredentialSpec, Freeze, Spec, Window};

use super::blocked::Blocked;
use super::change::Change;
use super::reason::{Cause, Reason};

/// Which rules of time a change goes by.
#[derive(Clone, Copy)]
enum Kind {
    /// It takes over from a key that ends then.
    Renewal { expires: Timestamp, due: bool },
    /// It ends what nobody needs any more.
    Retirement,
    /// It was written or asked for, and can be later.
    Wish,
    /// It heals, or finishes what was begun.
    Remedy,
}

fn kind(change: &Change) -> Kind {
    match change.reasons.first() {
        None => Kind::Remedy,
        Some(Reason::Due { expires, .. }) => Kind::Renewal { expires: *expires, due: true },
        Some(Reason::RotationRequested { expires, .. }) => Kind::Renewal { expires: *expires, due: false },
        Some(Reason::OverlapOver { .. } | Reason::Replaced { .. }) => Kind::Retirement,
        // It goes because the configuration says so of everything that it does not name.
        Some(Reason::Orphan) => Kind::Wish,
        // Begun under an approval, or an emergency.
        Some(Reason::Begun | Reason::BreakGlass { .. }) => Kind::Remedy,
        Some(reason) => match reason.cause() {
            Cause::Config | Cause::Request => Kind::Wish,
            Cause::Portal | Cause::Time => Kind::Remedy,
        },
    }
}

/// Blocks a change that has to wait for its hours; `want` where its credential is declared.
pub(super) fn withhold(change: &mut Change, want: Option<&CredentialSpec>, spec: &Spec, now: Timestamp) {
    if change.blocked.is_some() || change.work.steps.is_empty() {
        return;
    }
    let window = want.and_then(|want| want.expiry.window.as_ref());
    let all = || spec.guards.freeze.iter();
    change.blocked = match kind(change) {
        Kind::Remedy => None,
        Kind::Wish => wait(&Hours { window: None, freezes: all().collect() }, now, None),
        Kind::Retirement => wait(&Hours { window, freezes: all().collect() }, now, None),
        Kind::Renewal { expires, due } => {
            let freezes = all().filter(|freeze| !(due && freeze.except_expiring)).collect();
            wait(
                &Hours { window, freezes },
                now,
                want.and_then(|want| spec.schedule.too_late(want.expiry.overlap, expires)),
            )
        }
    };
}

/// The hours in which something may be done.
struct Hours<'a> {
    window: Option<&'a Window>,
    freezes: Vec<&'a Freeze>,
}

impl<'a> Hours<'a> {
    fn freeze(&self, at: Timestamp) -> Option<&'a Freeze> {
        self.freezes.iter().copied().find(|freeze| freeze.from <= at && at < freeze.to)
    }

    /// The first moment from `now` on at which it may be done.
    fn next(&self, now: Timestamp) -> Option<Timestamp> {
        let mut at = now;
        // Each freeze is left once at most.
        for _ in 0..=self.freezes.len() {
            while let Some(freeze) = self.freeze(at) {
                at = freeze.to;
            }
            let opens = self.window.map_or(Some(at), |window| window.next_open(at))?;
            if self.freeze(opens).is_none() {
                return Some(opens);
            }
            at = opens;
        }
        None
    }
}

/// Why it is not done now, unless it may be, or `latest` would be missed by waiting.
fn wait(hours: &Hours<'_>, now: Timestamp, latest: Option<Timestamp>) -> Option<Blocked> {
    let next = hours.next(now)?;
    if next == now || latest.is_some_and(|latest| next >= latest) {
        return None;
    }
    Some(match hours.freeze(now) {
        Some(freeze) => Blocked::Frozen { freeze: freeze.source.clone(), to: freeze.to, next },
        None => Blocked::Window { opens: next },
    })
}
