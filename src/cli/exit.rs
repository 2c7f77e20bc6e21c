//! The table of exit codes.

use std::process::{ExitCode, Termination};

use crate::apply::{LeaseError, Report};

macro_rules! exits {
    ($($name:ident = $code:literal, $meaning:literal;)*) => {
        /// How a run ended, for whoever started it.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        #[repr(u8)]
        pub enum Exit {
            $(#[doc = $meaning] $name = $code,)*
        }

        impl Exit {
            /// Every way a run can end, by code.
            pub const ALL: &[Self] = &[$(Self::$name),*];

            /// What it means, in one line for help and docs.
            #[must_use]
            pub const fn meaning(self) -> &'static str {
                match self {
                    $(Self::$name => $meaning,)*
                }
            }
        }
    };
}

exits! {
    Done = 0, "done, or no change";
    Error = 1, "error, also wrong usage; nothing was changed by apply";
    Changes = 2, "changes, with --detailed-exitcode only";
    Withheld = 3, "refused or partly withheld by a guard, protection or missing approval; the report says what was done";
    Stale = 4, "stale, or more than approved: nothing was changed";
    Incomplete = 5, "apply incomplete, run again";
    Leased = 6, "lease held: nothing was changed";
    Interrupted = 130, "stopped by Ctrl-C, SIGTERM or SIGHUP; what writes ended its step first";
}

impl Exit {
    /// The number the caller sees.
    #[must_use]
    pub const fn code(self) -> u8 {
        self as u8
    }

    /// How an apply ended.
    #[must_use]
    pub fn of_report(report: &Report) -> Self {
        let mut failed = report.failed().filter(|(_, error)| !error.blocks()).peekable();
        if report.interrupted() {
            Self::Interrupted
        } else if failed.peek().is_none() {
            let blocked = report.withheld > 0 || report.failed().next().is_some();
            if blocked { Self::Withheld } else { Self::Done }
        } else if report.wrote() || report.results.len() > failed.count() {
            Self::Incomplete
        } else if report.failed().all(|(_, error)| error.is_stale()) {
            Self::Stale
        } else {
            Self::Error
        }
    }

    /// How a run without a lease ended.
    #[must_use]
    pub fn of_lease(error: &LeaseError) -> Self {
        match error {
            LeaseError::Held { .. } | LeaseError::Lost(_) => Self::Leased,
            LeaseError::Portal(_) => Self::Error,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

impl Termination for Exit {
    fn report(self) -> ExitCode {
        self.into()
    }
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use super::*;
    use crate::apply::{ApplyError, Outcome, Tried};
    use crate::model::{CredentialName, ItemId};

    #[test]
    fn codes_are_those_of_the_contract_and_none_is_used_twice() {
        let codes: Vec<u8> = Exit::ALL.iter().map(|exit| exit.code()).collect();
        assert_eq!(codes, [0, 1, 2, 3, 4, 5, 6, 130]);
    }

    #[test]
    fn what_a_person_blocked_meanwhile_is_withheld_and_no_reason_to_run_again() {
        let id = ItemId::new(&"1".repeat(32)).unwrap();
        let protected = || Outcome::Failed(ApplyError::Protected { item: id.clone() });
        let of = |outcomes: Vec<Outcome>| {
            let tried = outcomes.into_iter().map(|outcome| Tried {
                name: CredentialName::new("web").unwrap(),
                actions: Vec::new(),
                done: Vec::new(),
                outcome,
                dark: false,
                writes: 1,
                issued: false,
                took: SignedDuration::ZERO,
            });
            Exit::of_report(&Report { results: tried.collect(), withheld: 0 })
        };
        assert_eq!(of(vec![protected(), Outcome::Done]), Exit::Withheld);
        assert_eq!(of(vec![protected(), Outcome::Failed(ApplyError::LeaseOver)]), Exit::Incomplete);
    }
}
