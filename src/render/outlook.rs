//! What comes of the keys if keyform never runs again, in sentences.

use super::view::{Budget, Lapse, Outlook};
use super::words::day;
use crate::model::CredentialName;

/// How many names a sentence has before it only counts.
const NAMES: usize = 3;

/// What there is to say; `rest` ends the sentence about credentials without a key.
pub(super) fn sentences(outlook: &Outlook, rest: &str) -> Vec<String> {
    let mut sentences = Vec::new();
    if !outlook.dark.is_empty() {
        let have = if outlook.dark.len() == 1 { "has" } else { "have" };
        sentences.push(format!("{} {have} no live key{rest}.", names(&outlook.dark)));
    }
    let never = match (&outlook.lapse, &outlook.end) {
        (None, None) => return sentences,
        (None, Some(end)) => format!("{} ends first, {}, as configured", end.name, day(end.at)),
        (Some(lapse), Some(end)) if end.at < lapse.at => {
            let Lapse { name, at, budget } = lapse;
            format!(
                "{} ends first, {}, as configured; then {name} lapses, {}{}",
                end.name,
                day(end.at),
                day(*at),
                runs(*budget)
            )
        }
        (Some(Lapse { name, at, budget }), _) => format!("{name} lapses first, {}{}", day(*at), runs(*budget)),
    };
    sentences.push(format!("If keyform never ran again: {never}."));
    sentences
}

/// How many renewal runs may fail.
fn runs(budget: Option<Budget>) -> String {
    let Some(budget) = budget else { return String::new() };
    match (budget.may_fail(), budget.runs) {
        (None, _) => "; no renewal run is left that keeps its overlap".into(),
        (Some(_), 1) => "; its one renewal run may not fail".into(),
        (Some(fail), all) => format!("; {fail} of {all} renewal runs may fail"),
    }
}

/// `a`, `a and b`, `a, b and c`, `a, b, c and 4 more`.
fn names(all: &[CredentialName]) -> String {
    let mut words: Vec<String> = all.iter().take(NAMES).map(ToString::to_string).collect();
    if all.len() > NAMES {
        words.push(format!("{} more", all.len() - NAMES));
    }
    let last = words.pop().unwrap_or_default();
    if words.is_empty() { last } else { format!("{} and {last}", words.join(", ")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lapse(name: &str, at: &str, runs: Option<u64>) -> Lapse {
        let name = CredentialName::new(name).unwrap();
        Lapse { name, at: at.parse().unwrap(), budget: runs.map(|runs| Budget { runs }) }
    }

    #[test]
    fn the_first_to_lapse_is_named_with_the_runs_that_may_fail() {
        let said = |runs| {
            let lapse = Some(lapse("web", "2026-12-04T00:00:00Z", runs));
            sentences(&Outlook { lapse, ..Outlook::default() }, "").join(" ")
        };
        assert_eq!(
            said(Some(18)),
            "If keyform never ran again: web lapses first, 2026-12-04; 17 of 18 renewal runs may fail."
        );
        assert_eq!(
            said(Some(1)),
            "If keyform never ran again: web lapses first, 2026-12-04; its one renewal run may not fail."
        );
        assert!(said(Some(0)).ends_with("no renewal run is left that keeps its overlap."));
        assert_eq!(said(None), "If keyform never ran again: web lapses first, 2026-12-04.");
    }

    #[test]
    fn an_end_as_configured_is_told_apart_and_does_not_hide_a_lapse() {
        let web = Some(lapse("web", "2026-12-04T00:00:00Z", None));
        let fair = Some(lapse("fair", "2026-11-01T00:00:00Z", None));
        let said = |lapse: &Option<Lapse>, end: &Option<Lapse>| {
            sentences(&Outlook { dark: Vec::new(), lapse: lapse.clone(), end: end.clone() }, "").join(" ")
        };
        assert_eq!(
            said(&web, &fair),
            "If keyform never ran again: fair ends first, 2026-11-01, as configured; then web lapses, 2026-12-04."
        );
        assert_eq!(said(&fair, &web), "If keyform never ran again: fair lapses first, 2026-11-01.");
        assert_eq!(said(&None, &fair), "If keyform never ran again: fair ends first, 2026-11-01, as configured.");
    }

    #[test]
    fn credentials_without_a_key_are_named_first_and_many_are_counted() {
        let dark = |names: &[&str]| {
            let dark = names.iter().map(|name| CredentialName::new(name).unwrap()).collect();
            sentences(&Outlook { dark, ..Outlook::default() }, " now").join(" ")
        };
        assert_eq!(dark(&["a"]), "a has no live key now.");
        assert_eq!(dark(&["a", "b", "c"]), "a, b and c have no live key now.");
        assert_eq!(dark(&["a", "b", "c", "d", "e"]), "a, b, c and 2 more have no live key now.");
        assert_eq!(dark(&[]), "");
    }
}
