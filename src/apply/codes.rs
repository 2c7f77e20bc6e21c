//! The codes that a run can fail with.

use crate::model::codes;

codes! {
    /// Every code of a run.
    pub(crate) CODES "apply";

    STALE "stale", "The portal changed after the plan was made",
        "An item or app moved between the plan and the write. Nothing was written over it.",
        "run the same command again";
    PROTECTED "protected", "An item was protected after the plan was made",
        "The portal refuses to delete an item that was to go: somebody switched on its delete protection after the plan was made. What was done before stays, and the next plan names the block.",
        "switch off \"Prevent this item from being accidentally deleted\" on that item's page, or leave it on and keep the item";
    MALFORMED_PLAN "malformed_plan", "The plan cannot be carried out as it is",
        "A step of the plan is about an item or settings that the plan does not hold. Nothing more was written for that credential. It is not the portal that changed.",
        "make a new plan with the same version of keyform; if it stays, report it";
    NOT_KEPT "not_kept", "The portal did not keep what was written",
        "The portal answered success, but the object reads otherwise. Nothing was issued on top of it. If it stays, the portal does not store what keyform needs (see the message for what).",
        "run again; if it stays, see `keyform doctor`";
    NOT_TAKEN "not_taken", "The portal did not take access that was asked for",
        "The portal answered success, and keeps other privileges, items, referrers or another personal flag than those asked for. That is noted in the ledger, and the same is not asked for again. A new item gets no key then; an item that had one gets a new one with the access that the portal keeps, unless that is more than it ever was to have.",
        "run `keyform plan`: it shows what was asked for, what the portal keeps, and what to change";
    UNPROVED "unproved", "A new key could not be proved",
        "A new key did not answer for itself with our item, access and end, so it was not delivered. It was not revoked either: somebody may have issued a key there at the same time. Sinks keep what they had.",
        "run the same command again: it ends the key if it is ours and issues another, or names it as somebody else's";
    OTHER_KEY "other_key", "A sink holds another key than planned with",
        "A sink changed while apply was running.",
        "run the same command again";
    LEASE_OVER "lease_over", "The lease ended before the run",
        "The run took longer than its lease. It goes on under a new one, or with the next run.",
        "run the same command again";
    INTERRUPTED "interrupted", "The run was interrupted",
        "The run was asked to stop and did, between two steps. The next one finishes it.",
        "run the same command again";
    READ_ONLY "read_only", "The portal is read-only",
        "The portal says that it refuses writes for now, so nothing was tried.",
        "run again when the portal's maintenance is over";
    NOT_APPROVED "not_approved", "Nobody approved the plan",
        "apply asks on a terminal. There is none, or `--input=false` or `CI` says that nobody answers.",
        "look at the plan, then run again with --auto-approve";
}

codes! {
    /// Every code of taking the lease.
    pub(crate) LEASE_CODES "lease";

    LEASE_HELD "held", "Another run holds the lease",
        "Another apply of this stack is running, or died less than ten minutes ago. A lease that ran out is taken over by itself.",
        "nothing was changed; run the same command again when the lease has run out";
    LEASE_LOST "lost", "It is not known whether the lease was taken",
        "The portal did not answer when the lease was taken.",
        "nothing was changed; run the same command again in ten minutes";
    LEASE_PORTAL "portal", "The lease could not be taken",
        "The portal refused to make or list the folder that serves as the lease.",
        "";
}
