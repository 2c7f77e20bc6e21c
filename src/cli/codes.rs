//! The codes of the command line, and every stable code that keyform can answer with: the documentation is made from
//! them.

use crate::model::{Code, codes};
use crate::{apply, config, live, plan, portal, sink};

codes! {
    /// Every code of the command line.
    pub(super) CODES "cli";

    UNKNOWN_CODE "unknown_code", "There is no such code",
        "explain was given something that is written like a code and is none, or the end of several.",
        "copy the code from the message; every code is in docs/errors.md";
    KEY_IN_ARGUMENT "key_in_argument", "There is a key on the command line",
        "What stands on a command line can be read by every process of the machine, and is kept by shells. The key counts as leaked.",
        "nothing was changed; pipe the key in with --key-from-stdin, and say in words why";
    ENVIRONMENT "environment", "A variable of the environment cannot be used",
        "A variable and its `_FILE` twin are both set, or the file cannot be read.",
        "set one of the two, or correct the path";
    NO_SIGN_IN "no_sign_in", "No sign-in for the portal",
        "The configuration names a real portal, and the environment holds neither a token nor a user name with a password.",
        "set KEYFORM_TOKEN, or KEYFORM_USERNAME and KEYFORM_PASSWORD (each also as ..._FILE)";
    EMULATOR "emulator", "The built-in portal did not start",
        "Its state file cannot be read or written or holds a portal of another product, or its port is taken.",
        "remove or name another state file, or another port";
    EMULATOR_SINKS "emulator_sinks", "The folder for redirected sinks cannot be made",
        "`--emulator` writes what would go to sinks below `.keyform/emulator/sinks`.",
        "make that folder writable";
    MOMENT "moment", "A time on the command line is not in the future",
        "`--at` and `--until` take a day (its start, UTC), an RFC 3339 instant, or a duration from now on. What lies in the past cannot be planned: what there was then is not known.",
        "give a day (2027-01-31), an instant (2027-01-31T08:00:00Z) or a duration (30d, +12h)";
    AT_REFUSED "at_refused", "Another clock is for looking ahead",
        "What is carried out goes by the portal's clock, whatever anybody would like it to be.",
        "nothing was changed; look with `keyform plan --at TIME`, and apply when that time has come";
    NO_CREDENTIAL "no_credential", "No credential has that name",
        "A name or pattern on the command line stands for no credential of the configuration.",
        "look at the names under `credentials`; in a pattern, `*` and `?` stand for any characters and any one character";
    NO_KEY "no_key", "There is no key on stdin",
        "`--key-from-stdin` reads one key, in one line, from a pipe or a file. On a terminal it would be shown while it is typed.",
        "pipe the key in, such as `keyform revoke --key-from-stdin --because \"on a public page\" < key.txt`";
    KEY_NOT_OURS "key_not_ours", "The key is not one of this stack",
        "No ledger of this stack knows the key, and it does not say of itself that it belongs to one of its items. It is dead, another stack's or another portal's, or may only be used from pages that this stack does not name. Nothing was changed.",
        "use the configuration of the stack that owns it, or invalidate it on the page of its item";
    NOT_REVOKED "not_revoked", "The key was not revoked",
        "A key was to end, and the portal's record does not say that it has: it belongs to another account, its item cannot be read, or the portal refused. It may live. Nothing else was changed.",
        "open the page of the item and invalidate the key there, or sign in as the owner and revoke it by item and slot";
}

/// Every code, in order.
#[must_use]
pub fn all() -> Vec<&'static Code> {
    let tables = [
        CODES,
        apply::codes::CODES,
        apply::codes::LEASE_CODES,
        config::CODES,
        live::CODES,
        plan::BLOCKS,
        plan::NOTES,
        portal::CODES,
        sink::CODES,
    ];
    let mut all = tables.concat();
    all.sort_by_key(|code| code.id);
    all
}
