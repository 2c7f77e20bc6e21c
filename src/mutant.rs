//! Rules of the key protocol that can be taken out, to see that the proof notices.
//!
//! Outside of tests no rule can be taken out: [`breaks`] is the constant `false`.

/// One rule, by what is done instead of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mutant {
    /// The ledger says `issuing` only after the key was minted.
    LedgerAfterToken,
    /// Any slot counts as free.
    SlotNotFree,
    /// Only today's YAML says how long an overlap lasts.
    OverlapOfYaml,
    /// Only the credential, not each sink, has an overlap.
    OverlapPerCredential,
    /// Items that another one took over from do not say so.
    NoSupersededBy,
}

#[cfg(test)]
thread_local! {
    static TAKEN_OUT: std::cell::Cell<Option<Mutant>> = const { std::cell::Cell::new(None) };
}

/// Whether this rule is taken out.
#[cfg(test)]
pub(crate) fn breaks(mutant: Mutant) -> bool {
    TAKEN_OUT.with(|out| out.get() == Some(mutant))
}

/// Whether this rule is taken out: never.
#[cfg(not(test))]
pub(crate) const fn breaks(_: Mutant) -> bool {
    false
}

/// Takes a rule out for this thread until the guard is dropped.
#[cfg(test)]
pub(crate) fn without(mutant: Mutant) -> impl Drop {
    struct Guard;
    impl Drop for Guard {
        fn drop(&mut self) {
            TAKEN_OUT.with(|out| out.set(None));
        }
    }
    TAKEN_OUT.with(|out| out.set(Some(mutant)));
    Guard
}
