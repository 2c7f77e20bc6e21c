//! What stands in the way of a change.

/// What stands in the way of a change, and what resolves it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Blocked {
    /// By what; stable, for machines and the documentation.
    pub by: BlockedBy,
    /// In a sentence.
    pub why: String,
    /// One exact thing to do.
    pub resolve: String,
}

/// Kinds of blocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum BlockedBy {
    /// Somebody else's key is in a slot that the change needs or would end.
    ForeignKey,
    /// No slot is free before a date.
    NoFreeSlot,
    /// What happened cannot be known.
    CannotBeKnown,
    /// The ledger is missing, broken, newer, or its marker is gone.
    Ledger,
    /// Another account owns the item.
    Owner,
    /// Another stack's marker is on the item.
    OtherStack,
    /// The configuration says to observe only, to take nothing away, or to refuse.
    Policy,
    /// The account may not do or grant what is wanted.
    Rights,
    /// An item that the key is to read is not there.
    Items,
    /// The fixed end of the credential has passed.
    Ended,
    /// It is protected from destruction, by the configuration or by the portal.
    Protected,
    /// Its date has not come.
    NotYet,
    /// A limit on renewals of one plan is used up.
    Guard,
    /// `moved` would join two credentials.
    TwoNames,
    /// The window of the credential is closed.
    Window,
    /// Nothing is to be changed for a while.
    Frozen,
    /// The key that was to be revoked is not there.
    NoSuchKey,
}

impl BlockedBy {
    /// Every kind with its explanation, for the documentation.
    pub const ALL: [(Self, &'static str); 17] = [
        (
            Self::ForeignKey,
            "A slot of the item is active, and keyform did not issue the key in it. It is never touched, and neither is \
             anything that would end it. Invalidate that key on the item's page when nobody uses it.",
        ),
        (
            Self::NoFreeSlot,
            "Both slots hold keys that applications may still use. The plan names the date one is free.",
        ),
        (
            Self::CannotBeKnown,
            "A run died at a point that only a sink can tell about, and the sink cannot be asked. Make it readable again, \
             then run the same command.",
        ),
        (
            Self::Ledger,
            "The item's marker and ledger do not fit together: somebody took one of them away or overwrote it, or a newer \
             keyform wrote it.",
        ),
        (Self::Owner, "The item carries this stack's marker, but belongs to another account than the one signed in."),
        (Self::OtherStack, "The item carries another stack's marker as well. Two stacks never share an item."),
        (
            Self::Policy,
            "The configuration itself says so: `mode: observe`, `mode: additive`, or `on_breaking_change: refuse` for an \
             edit of privileges, items or referrers, which ends every key of an item at once.",
        ),
        (
            Self::Rights,
            "The account lacks a privilege that the change needs, or one that it would grant: an account can only grant \
             what it holds.",
        ),
        (
            Self::Items,
            "An item named under `items` does not exist, or the account cannot see it. The portal would refuse the whole \
             registration, so nothing is written.",
        ),
        (Self::Ended, "The fixed end (`expiry.until`) has passed, so no key can be issued."),
        (
            Self::Protected,
            "The credential is protected from destruction: by `protect: true`, which the ledger remembers after the entry \
             is gone, or by the delete protection of its item in the portal. Say `protect: false` and apply, or switch \
             the item's delete protection off; then remove it.",
        ),
        (
            Self::NotYet,
            "A `removed` entry with a `not_before` in the future. The plan shows it with its date, and the first apply \
             from that day on carries it out. Nothing else waits for it, and exit codes do not count it.",
        ),
        (
            Self::Guard,
            "`guards.max.rotate` lets one plan renew only so many keys. Those that end soonest come first, the rest waits \
             for the next run. A key that could expire before that is never withheld.",
        ),
        (
            Self::TwoNames,
            "`moved` names a credential whose new name already has an item of its own. A renaming never joins two \
             credentials: remove one of them, or take the entry out of `moved`.",
        ),
        (
            Self::Window,
            "Keys of the credential are renewed and retired in its `expiry.window` only, and it is closed. The plan names \
             the time it runs. A renewal that would come too late by waiting does not wait.",
        ),
        (
            Self::Frozen,
            "A `guards.freeze` lets nothing be changed now. The plan names the time it runs. Healing, finishing what was \
             begun and renewals that would come too late do not wait.",
        ),
        (
            Self::NoSuchKey,
            "A key was to be revoked in an item that is not this credential's. `keyform status` shows which items and slots \
             there are.",
        ),
    ];

    /// The stable code.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::ForeignKey => "keyform::plan::foreign_key",
            Self::NoFreeSlot => "keyform::plan::no_free_slot",
            Self::CannotBeKnown => "keyform::plan::cannot_be_known",
            Self::Ledger => "keyform::plan::ledger",
            Self::Owner => "keyform::plan::owner",
            Self::OtherStack => "keyform::plan::other_stack",
            Self::Policy => "keyform::plan::policy",
            Self::Rights => "keyform::plan::rights",
            Self::Items => "keyform::plan::items",
            Self::Ended => "keyform::plan::ended",
            Self::Protected => "keyform::plan::protected",
            Self::NotYet => "keyform::plan::not_yet",
            Self::Guard => "keyform::plan::guard",
            Self::TwoNames => "keyform::plan::two_names",
            Self::Window => "keyform::plan::window",
            Self::Frozen => "keyform::plan::frozen",
            Self::NoSuchKey => "keyform::plan::no_such_key",
        }
    }
}
