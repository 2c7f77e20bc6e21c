//! The codes of what blocks a change, and of what a plan notes.

use crate::model::codes;

codes! {
    /// Every kind of block.
    pub(crate) BLOCKS "plan";

    FOREIGN_KEY "foreign_key", "Somebody else's key blocks the change",
        "A slot of the item is active, and keyform did not issue the key in it. It is never touched, and neither is anything that would end it. Invalidate that key on the item's page when nobody uses it.",
        "";
    NO_FREE_SLOT "no_free_slot", "Both slots are in use",
        "Both slots hold keys that applications may still use. The plan names the date one is free.",
        "";
    CANNOT_BE_KNOWN "cannot_be_known", "What a run that died did cannot be known",
        "A run died at a point that only a sink can tell about, and the sink cannot be asked. Make it readable again, then run the same command.",
        "";
    TOO_OFTEN "too_often", "New items took over again and again",
        "Three new items of the credential took over within 30 days although neither the configuration nor the portal was edited: something makes each new key useless, and one more would not end that. The plan says what made them, and from when on another one is made.",
        "";
    LEDGER "ledger", "Marker and ledger do not fit together",
        "The item's marker and ledger do not fit together: somebody took one of them away or overwrote it, or a newer keyform wrote it.",
        "";
    OWNER "owner", "The item went from one account to another",
        "Items of other owners never count; they are only told of. This one was the account's and was given away while a sink still holds a key of it, or was made by another account and given to this one. A person decides what becomes of it.",
        "";
    OTHER_STACK "other_stack", "Another stack claims the item",
        "The item carries another stack's marker as well. Two stacks never share an item.",
        "";
    POLICY "policy", "The configuration forbids the change",
        "The configuration itself says so: `mode: observe`, `mode: additive`, or `on_breaking_change: refuse` for an edit of privileges, items or referrers, which ends every key of an item at once.",
        "";
    RIGHTS "rights", "The account lacks a privilege",
        "The account lacks a privilege that the change needs, or one that it would grant: an account can only grant what it holds.",
        "";
    ITEMS "items", "An item that the key is to read is missing",
        "An item named under `items` does not exist, or the account cannot see it. The portal would refuse the whole registration, so nothing is written.",
        "";
    ENDED "ended", "The fixed end has passed",
        "The fixed end (`expiry.until`) has passed, so no key can be issued.",
        "";
    PROTECTED "protected", "The credential is protected",
        "The credential is protected from destruction: by `protect: true`, which the ledger remembers after the entry is gone, or by the delete protection of its item in the portal. Say `protect: false` and apply, or switch the item's delete protection off; then remove it. An item that another one took over from loses its keys all the same, and goes once its protection is off.",
        "";
    NOT_YET "not_yet" Note, "The date of the removal has not come",
        "A `removed` entry with a `not_before` in the future, or a sink of it that another credential has now and is to deliver to for an overlap first. The plan shows it with its date, and the first apply from then on carries it out. Nothing else waits for it, and exit codes do not count it.",
        "";
    GUARD "guard", "The plan renews as many keys as it may",
        "`guards.max.rotate` lets one plan renew only so many keys. Those that end soonest come first, the rest waits for the next run. A key that could expire before that is never withheld.",
        "";
    TWO_NAMES "two_names", "A renaming would join two credentials",
        "`moved` names a credential whose new name already has an item of its own. A renaming never joins two credentials: remove one of them, or take the entry out of `moved`.",
        "";
    WINDOW "window", "The renewal window is closed",
        "Keys of the credential are renewed and retired in its `expiry.window` only, and it is closed. The plan names the time it runs. A renewal that would come too late by waiting does not wait.",
        "";
    FROZEN "frozen", "Changes are frozen",
        "A `guards.freeze` lets nothing be changed now. The plan names the time it runs. Healing, finishing what was begun and renewals that would come too late do not wait.",
        "";
    NO_SUCH_KEY "no_such_key", "There is no such key",
        "A key was to be revoked in an item that is not this credential's, or renewed where no key is in use. `keyform status` shows which items and slots there are.",
        "";
    WITHHELD "withheld", "Access that was taken away in the portal is not given back",
        "Privileges, items, referrers or the personal flag were taken away in the portal, by a person or by the portal itself, and the configuration still asks for them. Giving them back lets keys do more, so somebody has to say so: `--restore` with the typed yes, or `guards.portal_changes: restore`. To accept the change, take what is gone out of the configuration. Until then keys are renewed, healed and replaced with what is left.",
        "";
    NOT_TAKEN "not_taken", "The portal did not take access that was asked for",
        "keyform asked the portal for privileges, items, referrers or the personal flag; the portal answered success and keeps something else. What was asked for is noted in the ledger and not sent again: each try would end keys, or make a new item, for nothing. Keys are renewed meanwhile with the access that the portal keeps, unless no access was ever applied, or the portal keeps more than was asked for and more than was applied before.",
        "";
    UNREADABLE "unreadable", "An item of the credential cannot be read",
        "A list, the index or a ledger tells of an item of the credential, and the portal does not show the item or its app: it refuses, fails, or answers something else. Nothing is done to that credential, and nothing is made in its place; the others are carried out. If it never can be read again, delete it in the portal.",
        "";
}

codes! {
    /// Every kind of note.
    pub(crate) NOTES "plan";

    FOREIGN_ITEM "foreign_item" Note, "An item belongs to another account",
        "An item named under `items` belongs to another account. ArcGIS Online and newer portals grant access to own items only, so the portal may refuse it.",
        "";
    PUBLIC_ITEM "public_item" Note, "An item is public",
        "An item named under `items` is public, so it can be read without any key.",
        "";
    UNREADABLE_SINK "unreadable_sink" Note, "A sink cannot be read",
        "A sink could not be read, so it is not known what it holds. A change that depends on it says so itself.",
        "";
    KEY_WITHOUT_ITEM "key_without_item" Note, "A sink holds a key, and the portal has no item for it",
        "A sink holds a key of a credential that has no item on the portal. The item was deleted, or the account or the stack name is not the one it was made with: a plan would then make a second one.",
        "";
    EMPTY_SINK "empty_sink" Note, "A sink holds no key",
        "A sink holds no key, and `heal: false` says to leave it so.",
        "";
    NO_DELIVER "no_deliver" Note, "There is nowhere to deliver a key",
        "The credential has no `deliver`, so no key is issued: nobody would get it.",
        "";
    NOTHING_TO_REMOVE "nothing_to_remove" Note, "There is nothing to remove",
        "A name was given to `destroy` or `forget`, and no item of this stack has it.",
        "";
    STILL_DECLARED "still_declared" Note, "What is to go is still declared",
        "What is to be destroyed or forgotten is still declared, so the next apply makes it anew. Take the entry out.",
        "";
    NOTHING_TO_REVOKE "nothing_to_revoke" Note, "There is no live key to revoke",
        "The slot that `revoke` names holds no live key.",
        "";
}
