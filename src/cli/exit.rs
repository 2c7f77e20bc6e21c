//! The table of exit codes.

use std::process::{ExitCode, Termination};

use crate::apply::{LeaseError, Report};

/// How a run ended, for whoever started it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Exit {
    /// Done, or there was nothing to do.
    Done,
    /// An error, also wrong usage; nothing was changed by apply.
    Error,
    /// There are changes; with `--detailed-exitcode` only.
    Changes,
    /// Refused or partly withheld by a guard, protection or missing approval; the report says what was done.
    Withheld,
    /// Stale, or more than approved: nothing was changed.
    Stale,
    /// Apply is incomplete: run again.
    Incomplete,
    /// Somebody else holds the lease: nothing was changed.
    Leased,
    /// Stopped by a signal.
    Interrupted,
}

impl Exit {
    /// Every way a run can end, by code.
    pub const ALL: [Self; 8] = [
        Self::Done,
        Self::Error,
        Self::Changes,
        Self::Withheld,
        Self::Stale,
        Self::Incomplete,
        Self::Leased,
        Self::Interrupted,
    ];

    /// The number the caller sees.
    #[must_use]
    pub const fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Error => 1,
            Self::Changes => 2,
            Self::Withheld => 3,
            Self::Stale => 4,
            Self::Incomplete => 5,
            Self::Leased => 6,
            Self::Interrupted => 130,
        }
    }

    /// What it means, in one line for help and docs.
    #[must_use]
    pub const fn meaning(self) -> &'static str {
        match self {
            Self::Done => "done, or no change",
            Self::Error => "error, also wrong usage; nothing was changed by apply",
            Self::Changes => "changes, with --detailed-exitcode only",
            Self::Withheld => {
                "refused or partly withheld by a guard, protection or missing approval; the report says what was done"
            }
            Self::Stale => "stale, or more than approved: nothing was changed",
            Self::Incomplete => "apply incomplete, run again",
            Self::Leased => "lease held: nothing was changed",
            Self::Interrupted => "stopped by Ctrl-C, SIGTERM or SIGHUP; what writes ended its step first",
        }
    }
}

impl Exit {
    /// How an apply ended.
    #[must_use]
    pub fn of_report(report: &Report) -> Self {
        let mut failed = report.failed().peekable();
        if report.interrupted() {
            Self::Interrupted
        } else if failed.peek().is_none() {
            if report.withheld > 0 { Self::Withheld } else { Self::Done }
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
    use super::*;

    #[test]
    fn codes_are_those_of_the_contract_and_none_is_used_twice() {
        assert_eq!(Exit::ALL.map(Exit::code), [0, 1, 2, 3, 4, 5, 6, 130]);
    }
}
