//! What people or the portal changed, for a person.

use std::fmt::{self, Write};

use crate::render::human::{Title, header, members, notes, rows, taken_away, title};
use crate::render::style::{Style, Tone};
use crate::render::view::{DriftView, Drifted};
use crate::render::words;
use crate::text::escape::shown;

/// The symbol of what is only shown.
const SHOWN: &str = "!";

pub(crate) fn human(view: &DriftView, style: Style, out: &mut String) -> fmt::Result {
    let DriftView { head, taken, drifted, notes: told } = view;
    header(head, style, out)?;
    if view.is_empty() {
        let line =
            format!("No drift. {} as last applied.", words::count(head.read, "credential is", "credentials are"));
        return writeln!(out, "{}", style.paint(Tone::Create, &style.broken(&line, 2)));
    }
    if taken.is_empty() && !drifted.is_empty() {
        writeln!(out, "{}\n", words::NOT_BY_KEYFORM)?;
    }
    taken_away(taken, style, out)?;
    for one in drifted {
        let Drifted { headline, rows: told, dead_in, changes } = one;
        let many = shown(&words::count(changes.len(), "credential", "credentials"));
        let (address, source) = match changes.as_slice() {
            [change] => (&change.address, change.source.as_ref()),
            _ => (&many, None),
        };
        title(&Title { symbol: SHOWN, address, headline, widens: false, source }, style, out)?;
        if changes.len() > 1 {
            members("credentials", one.names(), style, out)?;
        }
        rows(told, style, out)?;
        if !dead_in.is_empty() {
            members("dead key in", dead_in.iter(), style, out)?;
        }
        writeln!(out)?;
    }
    notes(told, style, out)?;
    writeln!(out, "{}", style.broken("`keyform plan` shows what apply does about it.", 2))?;
    if drifted.iter().flat_map(|one| &one.changes).any(|change| !change.fields.is_empty()) {
        let keep = format!("To keep what differs: {}, a patch of the configuration.", words::ACCEPT);
        writeln!(out, "{}", style.broken(&keep, 2))?;
    }
    Ok(())
}
