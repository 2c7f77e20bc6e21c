//! Warnings that are accepted.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::checker::{did_you_mean, quoted};
use super::values::end_of_day;
use crate::config::codes;
use crate::config::document::Allow;
use crate::config::part::Part;
use crate::config::problem::{Allowed, Problem, Report};
use crate::config::source::Span;

struct Allowance<'a> {
    allow: &'a Allow,
    id: &'a str,
    span: Span,
    over: bool,
    used: bool,
}

/// Takes accepted warnings out of the problems, and judges the list of them.
pub(super) fn allow(root: &Part, credentials: &BTreeMap<String, Span>, now: Option<Timestamp>, report: &mut Report) {
    let entries = root.document.lint.as_ref().and_then(|lint| lint.allow.as_deref()).unwrap_or_default();
    let at = root.cursor().get_or_self("lint").get_or_self("allow");
    let mut allowances = Vec::new();
    for (index, allow) in entries.iter().enumerate() {
        let at = at.item_or_self(index);
        let Some(id) = allow.id.as_deref() else { continue };
        let span = at.get_or_self("id").span();
        if codes::of_lint(id).is_none() {
            let problem = Problem::at(codes::UNKNOWN_LINT, span, format!("there is no warning {}", quoted(id)));
            let known = codes::CODES.iter().filter_map(|code| code.lint);
            let found = report.problems.len();
            report.problems.push(did_you_mean(problem, id, known, found));
            continue;
        }
        if let Some(on) = &allow.on
            && !credentials.contains_key(&on.0)
        {
            let (span, message) = (at.get_or_self("on").span(), format!("there is no credential `{}`", on.0));
            let problem = Problem::at(codes::UNKNOWN_CREDENTIAL, span, message);
            let found = report.problems.len();
            report.problems.push(did_you_mean(problem, &on.0, credentials.keys().map(String::as_str), found));
            continue;
        }
        let until = allow.until.as_ref().map(|until| (end_of_day(&until.0), until));
        if let Some((None, until)) = until {
            let span = at.get_or_self("until").span();
            report.problems.push(Problem::at(codes::BAD_DATE, span, format!("{} is not a date", quoted(&until.0))));
            continue;
        }
        let end = until.and_then(|(end, _)| end);
        let over = matches!((end, now), (Some(end), Some(now)) if end < now);
        allowances.push(Allowance { allow, id, span, over, used: false });
    }
    let mut kept = Vec::new();
    for mut problem in std::mem::take(&mut report.problems) {
        let matching = allowances.iter_mut().find(|allowance| {
            let on = allowance.allow.on.as_ref().map(|on| on.0.as_str());
            problem.lint() == Some(allowance.id) && (on.is_none() || on == problem.credential.as_deref())
        });
        let Some(allowance) = matching else {
            kept.push(problem);
            continue;
        };
        allowance.used = true;
        let until = allowance.allow.until.as_ref().map(|until| until.0.clone());
        if allowance.over {
            problem.help = format!("{}; it was allowed until {}", problem.help, until.unwrap_or_default());
            kept.push(problem);
        } else {
            let because = allowance.allow.because.clone().unwrap_or_default();
            report.allowed.push(Allowed { problem, because, until });
        }
    }
    for allowance in allowances.iter().filter(|allowance| !allowance.used) {
        let message = format!("nothing has to be allowed here: {} does not occur", allowance.id);
        kept.push(Problem::at(codes::UNUSED_ALLOWANCE, allowance.span, message));
    }
    report.problems = kept;
}
