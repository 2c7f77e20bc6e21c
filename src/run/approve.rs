//! Who says that a plan is carried out.

use crate::plan::Plan;

/// Whether a plan is carried out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is.
    Approved,
    /// It is not.
    Refused,
}

/// A prompt, a flag, or a rehearsal that wants everything.
pub trait Approve {
    /// Sees a plan that something can be done of, before anything is written. It may ask a person, and says itself why not.
    fn see(&self, plan: &Plan) -> Verdict;
}
