//! `keyform explain`: a credential, or a code.

use crate::config::{self, nearest};
use crate::model::{Code, CredentialName, Requests, Spec};
use crate::render::explain::{self, ExplainDocument, ExplainView, Explanation};
use crate::render::view::PlanView;

use super::args::ExplainArgs;
use super::codes;
use super::console::Console;
use super::context;
use super::exit::Exit;
use super::refusal::Refusal;
use super::session::{Session, wait};

pub(super) fn run(args: &ExplainArgs, on: Session<'_>) -> Result<Exit, Exit> {
    let target = args.target.as_str();
    // No name of a credential has any of these.
    if target.contains([':', '_']) || target.starts_with("KF-") {
        return code(args, on.console);
    }
    credential(args, on)
}

fn code(args: &ExplainArgs, console: &Console) -> Result<Exit, Exit> {
    let target = args.target.as_str();
    let all = codes::all();
    let exactly = all.iter().find(|known| known.id == target || known.lint == Some(target));
    let by_end: Vec<_> = all.iter().filter(|known| last(known.id) == target).collect();
    let found = exactly.or(match by_end.as_slice() {
        [only] => Some(*only),
        _ => None,
    });
    let Some(Code { id: code, title, explanation, help, severity: _, lint }) = found else {
        let code = target.to_owned();
        return Err(console.fails(if by_end.len() > 1 {
            Refusal::SeveralCodes { end: code, codes: by_end.iter().map(|known| known.id).collect() }
        } else {
            let whole = nearest(target, all.iter().flat_map(|known| known.lint.into_iter().chain([known.id])));
            let end = nearest(last(target), all.iter().map(|known| last(known.id)));
            let near = whole.or_else(|| all.iter().map(|known| known.id).find(|id| Some(last(id)) == end));
            Refusal::UnknownCode { code, near }
        }));
    };
    if args.json {
        console.json(&serde_json::json!({
            "version": explain::EXPLAIN_VERSION,
            "code": code,
            "lint": lint,
            "title": title,
            "explanation": explanation,
            "help": help,
        }));
        return Ok(Exit::Done);
    }
    let style = console.style();
    let mut text = lint.map_or_else(|| format!("{code}\n"), |lint| format!("{code} ({lint})\n"));
    let sentence = |text: &str| {
        let mut letters = text.chars();
        let first = letters.next().map(|first| first.to_uppercase().to_string()).unwrap_or_default();
        format!("{first}{}.", letters.as_str().trim_end_matches('.'))
    };
    let mut paragraphs = vec![sentence(title), (*explanation).to_owned()];
    if !help.is_empty() {
        paragraphs.push(format!("What to do: {}.", help.trim_end_matches('.')));
    }
    paragraphs.extend(lint.map(|lint| format!("`lint.allow` accepts it by the id {lint}, with a reason.")));
    for paragraph in paragraphs {
        text.push_str(&format!("\n{}\n", style.broken(&paragraph, 0)));
    }
    console.page(&text);
    Ok(Exit::Done)
}

/// What stands after the last `::`.
fn last(code: &str) -> &str {
    code.rsplit(':').next().unwrap_or(code)
}

fn credential(args: &ExplainArgs, on: Session<'_>) -> Result<Exit, Exit> {
    let (console, source) = (on.console, &args.at.source);
    let (loaded, effective) = config::explain(&source.config, context::load_options(source, &on), &args.target);
    let Some(spec) = loaded.spec else {
        context::show_report(&context::without_notes(loaded.report), console);
        return Err(Exit::Error);
    };
    let Ok(name) = CredentialName::new(&args.target) else { return Err(unknown(args, &spec, console)) };
    let removed = spec.removed.get(&name);
    let what = Explanation { name: &name, effective: effective.as_ref(), removed };
    let known = effective.is_some() || removed.is_some();
    // Somebody's old name, or nobody's; a portal can still have an item of it.
    if !known && (args.offline || renamed(&spec, &name).is_some()) {
        return Err(unknown(args, &spec, console));
    }
    let told = |plan: Option<&PlanView>| {
        let view = ExplainView::of(&what, plan);
        if args.json {
            console.json(&ExplainDocument::of(&view));
        } else {
            console.show(|style, out| explain::human(&view, style, out));
        }
    };
    if args.offline {
        told(None);
        return Ok(Exit::Done);
    }
    let plan = wait(context::planned(&args.at, None, on, |_| Ok(Requests::default()))).inspect_err(|_| {
        // What the configuration says is true without a portal.
        if known {
            told(None);
        }
        console.note("note: the portal was not asked; `--offline` explains the configuration alone");
    })?;
    let plan = PlanView::of(&plan);
    if !known && !explain::is_known(&plan, &name) {
        return Err(unknown(args, &spec, console));
    }
    told(Some(&plan));
    Ok(Exit::Done)
}

/// What a credential is called now, if it was renamed.
fn renamed<'s>(spec: &'s Spec, name: &CredentialName) -> Option<&'s CredentialName> {
    let step = |name: &CredentialName| spec.moved.iter().find(|moved| moved.from == *name).map(|moved| &moved.to);
    let mut here = step(name)?;
    while let Some(next) = step(here) {
        here = next;
    }
    Some(here)
}

fn unknown(args: &ExplainArgs, spec: &Spec, console: &Console) -> Exit {
    let name = &args.target;
    let now = CredentialName::new(name).ok().and_then(|name| renamed(spec, &name).cloned());
    let near = || nearest(name, spec.credentials.keys().chain(spec.removed.keys()).map(CredentialName::as_str));
    let hint = match now {
        Some(now) => format!("it is called {now} now: keyform explain {now}"),
        None => near().map_or_else(
            || "`keyform status` lists the credentials; codes are written as in keyform::plan::foreign_key".to_owned(),
            |near| format!("did you mean {near}?"),
        ),
    };
    console.fails(Refusal::NoCredential { name: name.clone(), file: spec.file.to_string(), help: hint })
}
