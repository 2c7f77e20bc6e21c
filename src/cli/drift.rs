//! `keyform drift`.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use similar::TextDiff;

use crate::config::accept::{self, AROUND, Accepted, Edited};
use crate::config::wish::{ByHand, Wish, Wishes};
use crate::model::{CredentialName, CredentialSpec, Field, Spec};
use crate::plan::{Blocked, Change, FieldDiff, FieldValue, Plan};
use crate::render::drift::{self, DriftDocument};
use crate::render::view::DriftView;
use crate::text::escape::plain;

use super::args::DriftArgs;
use super::console::Console;
use super::context;
use super::exit::Exit;
use super::moment;
use super::session::Session;

pub(super) async fn run(args: &DriftArgs, on: Session<'_>) -> Result<Exit, Exit> {
    let (console, options) = (on.console, context::load_options(&args.at.source, &on));
    let opened = context::open(&args.at, on).await?;
    let at = moment::read("--at", args.moment.as_deref(), opened.clock.now_in_seconds(), console)?;
    let reading = opened.read().await?;
    let planned = |spec: &Spec| match at {
        None => reading.plan(spec),
        Some(at) => reading.plan_at(spec, at),
    };
    let plan = planned(&opened.spec);
    let view = DriftView::of(&plan);
    if args.accept {
        let wishes = wishes(&plan);
        let accepted = accept::accept(&args.at.source.config, &options, &wishes);
        print(&accepted, &wishes, console)?;
        let left = wishes_left(&accepted, &opened.spec, planned);
        if !left.is_empty() {
            console.note(&format!("note: {} will differ from the portal all the same", names(&left)));
        }
    } else if args.json {
        console.json(&DriftDocument::of(&view));
    } else {
        console.show(|style, out| drift::human(&view, style, out));
    }
    Ok(if args.detailed_exitcode && !view.is_empty() { Exit::Changes } else { Exit::Done })
}

/// What the configuration has to say for what was changed in the portal to stay.
fn wishes(plan: &Plan) -> Wishes {
    let mut wishes = Wishes::new();
    for change in plan.changes.iter().filter(|change| change.source.is_some()) {
        let withheld = matches!(change.blocked, Some(Blocked::Withheld { .. }));
        let taken = change.told.accept.iter().filter(|_| withheld);
        let rest = change.drifted().filter(|_| !withheld);
        for (field, wish) in taken.chain(rest).filter_map(|diff| Some((diff.field, wish(change, diff)?))) {
            match wishes.entry(change.name.clone()).or_default().entry(field) {
                Entry::Vacant(entry) => drop(entry.insert(wish)),
                // Something was taken away, and something else was added.
                Entry::Occupied(mut entry) => entry.get_mut().extend(wish),
            }
        }
    }
    wishes
}

fn wish(change: &Change, FieldDiff { field, have, want, cause: _ }: &FieldDiff) -> Option<Wish> {
    Some(match (have.as_ref()?, want) {
        // Only its hash is compared.
        (FieldValue::Hash(_), _) => Wish::Text(Some(change.work.seen.as_ref()?.description.clone())),
        (FieldValue::Set(have), FieldValue::Set(want)) => Wish::Members {
            gone: want.difference(have).cloned().collect(),
            come: have.difference(want).cloned().collect(),
        },
        (FieldValue::Text(have), _) => Wish::Text(have.clone()),
        (FieldValue::Flag(have), _) if *field != Field::Protect => Wish::Flag(*have),
        (FieldValue::Flag(_) | FieldValue::Set(_), _) => return None,
    })
}

/// The patch alone goes to stdout; what is left to a person goes to stderr.
fn print(accepted: &Accepted, wishes: &Wishes, console: &Console) -> Result<(), Exit> {
    let Accepted { files, by_hand, loaded } = accepted;
    if wishes.is_empty() {
        console.note("Nothing to accept: the portal has what the configuration says, or what it says was edited.");
        return Ok(());
    }
    if loaded.spec.is_none() {
        console.error("The configuration would not be right with what the portal has, so there is no patch:");
        context::show_report(&loaded.report, console);
        return Err(Exit::Error);
    }
    for Edited { path, before, after } in files {
        // What follows a blank in a name is a date, unless a tab ends the name.
        let end = if path.contains(' ') { "\t" } else { "" };
        let (old, new) = (format!("a/{path}{end}"), format!("b/{path}{end}"));
        let diff = TextDiff::from_lines(before.as_str(), after.as_str());
        console.document(&diff.unified_diff().context_radius(AROUND).header(&old, &new).to_string());
    }
    let mut alike: BTreeMap<_, BTreeSet<&CredentialName>> = BTreeMap::new();
    for ByHand { at, what, name } in by_hand {
        alike.entry((at, what)).or_default().insert(name);
    }
    for ((at, what), of) in alike {
        let line = format!("by hand: {}:{}: {what} (for {})", at.file, at.line, names(&of));
        console.error(&plain(&line));
    }
    Ok(())
}

/// The credentials that the edited configuration does not agree with the portal about, but for those left to a person.
fn wishes_left(accepted: &Accepted, spec: &Spec, plan: impl Fn(&Spec) -> Plan) -> BTreeSet<CredentialName> {
    let Some(edited) = &accepted.loaded.spec else { return BTreeSet::new() };
    let mut spec = spec.clone();
    for (name, want) in &mut spec.credentials {
        if let Some(new) = edited.credentials.get(name) {
            *want = CredentialSpec { deliver: std::mem::take(&mut want.deliver), ..new.clone() };
        }
    }
    let by_hand: BTreeSet<_> = accepted.by_hand.iter().map(|ByHand { name, .. }| name).collect();
    wishes(&plan(&spec)).into_keys().filter(|name| !by_hand.contains(name)).collect()
}

/// Names in a row.
fn names<T: ToString>(all: &BTreeSet<T>) -> String {
    all.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}
