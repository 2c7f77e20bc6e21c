//! Every stable code that keyform can answer with, in one table: the documentation is made from it.

use crate::apply::{self, LeaseError};
use crate::plan::{About, BlockedBy};

/// A code with what there is to say about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Explained {
    /// Such as `keyform::config::duplicate_key`.
    pub code: &'static str,
    /// A headline; empty where the explanation says it all.
    pub title: &'static str,
    /// What it means.
    pub explanation: &'static str,
    /// What to do; empty where the explanation says it.
    pub help: &'static str,
}

const OWN: [Explained; 14] = [
    Explained {
        code: "keyform::cli::unknown_code",
        title: "There is no such code",
        explanation: "explain was given something that is written like a code and is none, or the end of several.",
        help: "copy the code from the message; every code is in docs/errors.md",
    },
    Explained {
        code: "keyform::cli::key_in_argument",
        title: "There is a key on the command line",
        explanation: "What stands on a command line can be read by every process of the machine, and is kept by shells. \
                      Nothing was changed; the key counts as leaked.",
        help: "pipe the key in with --key-from-stdin",
    },
    Explained {
        code: "keyform::cli::environment",
        title: "A variable of the environment cannot be used",
        explanation: "A variable and its `_FILE` twin are both set, or the file cannot be read.",
        help: "set one of the two, or correct the path",
    },
    Explained {
        code: "keyform::cli::no_sign_in",
        title: "No sign-in for the portal",
        explanation: "The configuration names a real portal, and the environment holds neither a token nor a user name \
                      with a password.",
        help: "set KEYFORM_TOKEN, or KEYFORM_USERNAME and KEYFORM_PASSWORD (each also as ..._FILE)",
    },
    Explained {
        code: "keyform::cli::emulator",
        title: "The built-in portal did not start",
        explanation: "Its state file cannot be read or written, or its port is taken.",
        help: "remove or name another state file, or another port",
    },
    Explained {
        code: "keyform::cli::emulator_sinks",
        title: "The folder for redirected sinks cannot be made",
        explanation: "`--emulator` writes what would go to sinks below `.keyform/emulator/sinks`.",
        help: "make that folder writable",
    },
    Explained {
        code: "keyform::cli::moment",
        title: "A time on the command line is no moment from now on",
        explanation: "`--at` and `--until` take a day (its start, UTC), an RFC 3339 instant, or a duration from now on. What \
                      lies in the past cannot be planned: what there was then is not known.",
        help: "give a day (2027-01-31), an instant (2027-01-31T08:00:00Z) or a duration (30d, +12h)",
    },
    Explained {
        code: "keyform::cli::at_refused",
        title: "Another clock is for looking ahead",
        explanation: "What is carried out goes by the portal's clock, whatever anybody would like it to be.",
        help: "look with `keyform plan --at TIME`, and apply when that time has come",
    },
    Explained {
        code: "keyform::cli::no_credential",
        title: "No credential has that name",
        explanation: "A name or pattern on the command line stands for no credential of the configuration.",
        help: "look at the names under `credentials`; in a pattern, `*` and `?` stand for any text and any character",
    },
    Explained {
        code: "keyform::cli::no_key",
        title: "There is no key on stdin",
        explanation: "`--key-from-stdin` reads one key, in one line, from a pipe or a file. On a terminal it would be shown \
                      while it is typed.",
        help: "pipe the key in, such as `keyform revoke --key-from-stdin --because TEXT < key.txt`",
    },
    Explained {
        code: "keyform::cli::key_not_ours",
        title: "The key is not one of this stack",
        explanation: "No ledger of this stack knows the key, and it does not say of itself that it belongs to one of its \
                      items. It may be another stack's, another portal's, or dead. Nothing was changed.",
        help: "use the configuration of the stack that owns it, or invalidate it on the page of its item",
    },
    Explained {
        code: "keyform::cli::not_revoked",
        title: "The key was not revoked",
        explanation: "A key was to end, and the portal's record does not say that it has: it belongs to another account, \
                      its item cannot be read, or the portal refused. It may live. Nothing else was changed.",
        help: "open the page of the item and invalidate the key there, or sign in as the owner and revoke it by item and slot",
    },
    Explained {
        code: "keyform::apply::read_only",
        title: "The portal is read-only",
        explanation: "The portal says that it refuses writes for now, so nothing was tried.",
        help: "run again when the portal's maintenance is over",
    },
    Explained {
        code: "keyform::apply::not_approved",
        title: "Nobody approved the plan",
        explanation: "apply asks on a terminal. There is none, or `--input=false` or `CI` says that nobody answers.",
        help: "look at the plan, then run again with --auto-approve",
    },
];

/// Every code, in order.
#[must_use]
pub fn all() -> Vec<Explained> {
    let plain =
        |(code, explanation): &(&'static str, &'static str)| Explained { code, title: "", explanation, help: "" };
    let mut all: Vec<Explained> = OWN.to_vec();
    all.extend(crate::config::ALL.iter().map(|doc| Explained {
        code: doc.code,
        title: doc.title,
        explanation: doc.explanation,
        help: doc.help,
    }));
    all.extend(crate::portal::ERROR_CODES.iter().map(|doc| Explained {
        code: doc.code,
        title: doc.title,
        explanation: doc.explanation,
        help: doc.help,
    }));
    all.extend(crate::sink::CODES.iter().map(|doc| Explained {
        code: doc.code,
        title: doc.title,
        explanation: doc.explanation,
        help: doc.help,
    }));
    all.extend(apply::CODES.iter().map(plain));
    all.extend(LeaseError::CODES.iter().map(plain));
    all.extend(crate::live::LiveError::CODES.iter().map(plain));
    all.extend(BlockedBy::ALL.iter().map(|(by, explanation)| plain(&(by.code(), explanation))));
    all.extend(About::ALL.iter().map(plain));
    all.sort_by_key(|explained| explained.code);
    all
}
