//! Every stable code that keyform can answer with, in one table: the documentation is made from it.

use crate::apply::{self, LeaseError};
use crate::plan::BlockedBy;

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

const OWN: [Explained; 8] = [
    Explained {
        code: "keyform::cli::unknown_code",
        title: "There is no such code",
        explanation: "explain was given something that is written like a code and is none.",
        help: "copy the code from the message; every code is in docs/errors.md",
    },
    Explained {
        code: "keyform::cli::no_credential",
        title: "There is no such credential",
        explanation: "No credential of the configuration has that name; `explain` also looks for it on the portal.",
        help: "check the spelling; `keyform status` lists the credentials",
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
    all.sort_by_key(|explained| explained.code);
    all
}
