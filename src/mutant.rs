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
    /// A key is delivered before it is shown to be live.
    ProofAfterDelivery,
    /// A token call that was not answered is made once more.
    TokenRepeated,
    /// The end is written without a look at what the ledger's write brought back, as if both were one call.
    LedgerAndDateTogether,
    /// The current key is the one in the higher slot.
    CurrentBySlot,
    /// An item goes as soon as one of a higher generation has delivered a key.
    RetireByGeneration,
    /// Only sinks of today's configuration are thought of when a delivery is taken up.
    SinksOfYaml,
    /// The recovery table is applied to whatever is unfinished.
    RecoveryForAnySerial,
    /// An item is deleted whoever's keys are in it.
    ForeignDeletedWithItem,
    /// A slot that is active holds our key, whatever its date.
    DateNotCompared,
    /// A credential is made without a look at every folder.
    CreateWithoutAllFolders,
    /// A lease is held by whoever sees its folder.
    LeaseByTitle,
    /// Nobody looks at the time a lease has left.
    LeaseNotWatched,
    /// A write whose connection ended is sent again.
    LostWriteRepeated,
    /// After a lost addItem answer, any item with the marker is taken for the new one.
    AnyMarkedItem,
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
