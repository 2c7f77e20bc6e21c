//! A report as text for people and as JSON for programs.

use std::borrow::Cow;
use std::fmt;

use miette::{
    Diagnostic, GraphicalReportHandler, GraphicalTheme, LabeledSpan, SourceCode, ThemeCharacters, ThemeStyles,
};
use serde::Serialize;

use super::excerpt::{Excerpt, Look};
use super::problem::{Label, Problem, Report};
use super::source::Sources;
use crate::model::Severity;
use crate::text::escape;

/// No run shows more findings than this; what is wrong comes before what is only worth a look.
pub(super) const MOST_FINDINGS: usize = 200;
/// A report is not longer than this, in bytes.
const LONGEST: usize = 90_000;
/// The longest message or help of one finding, in columns.
const LONGEST_TEXT: usize = 1_000;
/// The most places that one finding shows.
const MOST_PLACES: usize = 10;

/// One problem as miette wants it.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
struct Finding<'a> {
    problem: &'a Problem,
    message: Cow<'a, str>,
    help: Cow<'a, str>,
    excerpt: Option<(Excerpt, Vec<LabeledSpan>)>,
    elsewhere: Vec<Elsewhere<'a>>,
}

/// A place of a problem in another file than its own.
#[derive(Debug, thiserror::Error, Diagnostic)]
#[error("{text}")]
#[diagnostic(severity(Advice))]
struct Elsewhere<'a> {
    text: Cow<'a, str>,
    #[source_code]
    excerpt: Excerpt,
    #[label(collection)]
    labels: Vec<LabeledSpan>,
}

impl Diagnostic for Finding<'_> {
    fn code<'b>(&'b self) -> Option<Box<dyn fmt::Display + 'b>> {
        let code = self.problem.code;
        Some(match code.lint {
            Some(lint) => Box::new(format!("{} ({lint})", code.id)),
            None => Box::new(code.id),
        })
    }

    fn severity(&self) -> Option<miette::Severity> {
        Some(match self.problem.severity {
            Severity::Error => miette::Severity::Error,
            Severity::Warning => miette::Severity::Warning,
            Severity::Note => miette::Severity::Advice,
        })
    }

    fn help<'b>(&'b self) -> Option<Box<dyn fmt::Display + 'b>> {
        Some(Box::new(&self.help))
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.excerpt.as_ref().map(|(excerpt, _)| excerpt as &dyn SourceCode)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let (_, labels) = self.excerpt.as_ref()?;
        Some(Box::new(labels.iter().cloned()))
    }

    fn related<'b>(&'b self) -> Option<Box<dyn Iterator<Item = &'b dyn Diagnostic> + 'b>> {
        if self.elsewhere.is_empty() {
            return None;
        }
        Some(Box::new(self.elsewhere.iter().map(|place| place as &dyn Diagnostic)))
    }
}

/// A problem with its places cut out of their files, at most [`MOST_PLACES`] of them.
fn finding<'a>(problem: &'a Problem, sources: &Sources, look: Look) -> Finding<'a> {
    let own = problem.span().and_then(|span| sources.get(span.file).map(|source| (span.file, source)));
    let is_own = |label: &&Label| own.is_some_and(|(file, _)| file == label.span.file);
    let (here, elsewhere): (Vec<&Label>, Vec<&Label>) = problem.labels.iter().take(MOST_PLACES).partition(is_own);
    let excerpt = own.map(|(_, source)| Excerpt::of(source, &here, look));
    let elsewhere = elsewhere.into_iter().filter_map(|label| {
        // Its text is the headline already.
        let bare = Label { text: String::new(), ..label.clone() };
        let (excerpt, labels) = Excerpt::of(sources.get(label.span.file)?, &[&bare], look);
        Some(Elsewhere { text: shortened(&label.text, look.ascii), excerpt, labels })
    });
    Finding {
        problem,
        message: shortened(&problem.message, look.ascii),
        help: shortened(&problem.help, look.ascii),
        excerpt,
        elsewhere: elsewhere.collect(),
    }
}

/// Most texts are short already; one with line breaks is ours, and keeps them.
fn shortened(text: &str, ascii: bool) -> Cow<'_, str> {
    if escape::columns(text) <= LONGEST_TEXT { text.into() } else { escape::plain_within(text, LONGEST_TEXT, ascii) }
}

impl Report {
    /// Writes the problems with their lines of source, in file order: at most 200 of them and 90 kB, the errors before
    /// the warnings, and how many there are besides.
    pub fn write(&self, look: Look, out: &mut impl fmt::Write) -> fmt::Result {
        let theme = GraphicalTheme {
            characters: if look.ascii { ThemeCharacters::ascii() } else { ThemeCharacters::unicode() },
            styles: if look.color { ThemeStyles::ansi() } else { ThemeStyles::none() },
        };
        let handler = GraphicalReportHandler::new_themed(theme)
            .with_links(false)
            .with_width(look.width)
            .with_primary_span_start();
        let mut failed = Ok(());
        let chosen = self.chosen(|problem| {
            let mut text = String::new();
            failed = failed.and(handler.render_report(&mut text, &finding(problem, &self.sources, look)));
            let len = text.len() + 1;
            (text, len)
        });
        failed?;
        for text in &chosen.findings {
            writeln!(out, "{text}")?;
        }
        if let Some(rest) = chosen.rest() {
            writeln!(out, "{rest}")?;
        }
        Ok(())
    }

    /// The findings as JSON, format 1: an object with `version`, `errors`, `warnings`, `notes`, `findings` and, if there
    /// are too many, `omitted`: how many are not among the findings.
    #[must_use]
    pub fn to_json(&self) -> serde_json::Value {
        let chosen = self.chosen(|problem| {
            let finding = self.to_finding(problem);
            let text = serde_json::to_string_pretty(&finding).unwrap_or_default();
            // Within the document every line is indented further.
            let len = escape::json(&text).len() + 8 * text.lines().count();
            (finding, len)
        });
        serde_json::to_value(JsonReport {
            version: 1,
            errors: self.count(Severity::Error),
            warnings: self.count(Severity::Warning),
            notes: self.count(Severity::Note),
            omitted: chosen.omitted.iter().sum(),
            findings: chosen.findings,
        })
        .unwrap_or_default()
    }

    /// What there is room for, in file order. `shown` gives a problem as it is shown and its bytes.
    fn chosen<T>(&self, mut shown: impl FnMut(&Problem) -> (T, usize)) -> Chosen<T> {
        let mut order: Vec<usize> = (0..self.problems.len()).collect();
        order.sort_by_key(|index| self.problems[*index].severity);
        let mut chosen = Vec::new();
        let mut room = LONGEST;
        for index in order.iter().copied().take(MOST_FINDINGS) {
            let (text, len) = shown(&self.problems[index]);
            if len > room {
                break;
            }
            room -= len;
            chosen.push((index, text));
        }
        let omitted = [Severity::Error, Severity::Warning, Severity::Note].map(|severity| {
            let left = order.iter().skip(chosen.len());
            left.filter(|index| self.problems[**index].severity == severity).count()
        });
        chosen.sort_by_key(|(index, _)| *index);
        Chosen { findings: chosen.into_iter().map(|(_, text)| text).collect(), omitted }
    }

    fn to_finding(&self, problem: &Problem) -> JsonFinding {
        let mut places = problem.labels.iter().take(MOST_PLACES).filter_map(|label| self.to_place(label));
        let first = places.next();
        JsonFinding {
            severity: problem.severity.word(),
            code: problem.code.id,
            lint: problem.lint(),
            message: shortened(&problem.message, false).into(),
            help: shortened(&problem.help, false).into(),
            credential: problem.credential.clone(),
            file: first.as_ref().map(|place| place.file.clone()),
            line: first.as_ref().map(|place| place.line),
            column: first.as_ref().map(|place| place.column),
            end_line: first.as_ref().map(|place| place.end_line),
            end_column: first.as_ref().map(|place| place.end_column),
            related: places.collect(),
        }
    }

    fn to_place(&self, label: &Label) -> Option<JsonPlace> {
        let source = self.sources.get(label.span.file)?;
        let (start, end) = (source.position(label.span.start), source.position(label.span.end));
        Some(JsonPlace {
            file: source.name.to_string(),
            line: start.line,
            column: start.column,
            end_line: end.line,
            end_column: end.column,
            text: shortened(&label.text, false).into(),
        })
    }
}

#[derive(Serialize)]
struct JsonReport {
    version: u32,
    errors: usize,
    warnings: usize,
    notes: usize,
    #[serde(skip_serializing_if = "none")]
    omitted: usize,
    findings: Vec<JsonFinding>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for it")]
const fn none(count: &usize) -> bool {
    *count == 0
}

/// What is shown of a report.
struct Chosen<T> {
    findings: Vec<T>,
    /// How many errors, warnings and notes are not.
    omitted: [usize; 3],
}

impl<T> Chosen<T> {
    /// How much there is besides, as a sentence.
    fn rest(&self) -> Option<String> {
        let words = ["error", "warning", "note"];
        let some = self.omitted.iter().zip(words).filter(|(count, _)| **count > 0);
        let some: Vec<String> =
            some.map(|(count, word)| format!("{count} more {word}{}", if *count == 1 { "" } else { "s" })).collect();
        (!some.is_empty()).then(|| format!("Not shown: {}.", some.join(", ")))
    }
}

#[derive(Serialize)]
struct JsonFinding {
    severity: &'static str,
    code: &'static str,
    lint: Option<&'static str>,
    message: String,
    help: String,
    credential: Option<String>,
    file: Option<String>,
    line: Option<u32>,
    column: Option<u32>,
    end_line: Option<u32>,
    end_column: Option<u32>,
    related: Vec<JsonPlace>,
}

#[derive(Serialize)]
struct JsonPlace {
    file: String,
    line: u32,
    column: u32,
    end_line: u32,
    end_column: u32,
    text: String,
}
