//! A report as text for people and as JSON for programs.

use std::fmt;
use std::sync::Arc;

use miette::{
    Diagnostic, GraphicalReportHandler, GraphicalTheme, LabeledSpan, NamedSource, SourceCode, ThemeCharacters,
    ThemeStyles,
};
use serde::Serialize;

use super::codes::Severity;
use super::problem::{Label, Problem, Report};
use super::source::{FileId, Sources};

/// How a report looks on a terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Look {
    /// The width in columns.
    pub width: usize,
    /// With colours.
    pub color: bool,
    /// Without characters beyond ASCII.
    pub ascii: bool,
}

impl Default for Look {
    fn default() -> Self {
        Self { width: 100, color: false, ascii: false }
    }
}

/// Files as they may be shown.
type Shown = Vec<NamedSource<Arc<str>>>;

/// One problem as miette wants it, with its secrets already hidden.
struct Finding<'a> {
    problem: &'a Problem,
    file: Option<&'a NamedSource<Arc<str>>>,
    elsewhere: Vec<Elsewhere<'a>>,
}

/// A place of a problem in another file than its own.
struct Elsewhere<'a> {
    label: &'a Label,
    file: &'a NamedSource<Arc<str>>,
}

fn labeled(label: &Label, primary: bool) -> LabeledSpan {
    let text = (!label.text.is_empty()).then(|| label.text.clone());
    let span = (label.span.start, label.span.end - label.span.start);
    if primary { LabeledSpan::new_primary_with_span(text, span) } else { LabeledSpan::new_with_span(text, span) }
}

impl fmt::Debug for Finding<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.problem.message)
    }
}

impl fmt::Display for Finding<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.problem.message)
    }
}

impl std::error::Error for Finding<'_> {}

impl Diagnostic for Finding<'_> {
    fn code<'b>(&'b self) -> Option<Box<dyn fmt::Display + 'b>> {
        let doc = self.problem.code.doc();
        Some(match doc.lint {
            Some(lint) => Box::new(format!("{} ({lint})", doc.code)),
            None => Box::new(doc.code),
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
        Some(Box::new(&self.problem.help))
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.file.map(|file| file as &dyn SourceCode)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let file = self.problem.span()?.file;
        let own = self.problem.labels.iter().enumerate().filter(move |(_, label)| label.span.file == file);
        Some(Box::new(own.map(|(index, label)| labeled(label, index == 0))))
    }

    fn related<'b>(&'b self) -> Option<Box<dyn Iterator<Item = &'b dyn Diagnostic> + 'b>> {
        if self.elsewhere.is_empty() {
            return None;
        }
        Some(Box::new(self.elsewhere.iter().map(|place| place as &dyn Diagnostic)))
    }
}

impl fmt::Debug for Elsewhere<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.label.text)
    }
}

impl fmt::Display for Elsewhere<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.label.text)
    }
}

impl std::error::Error for Elsewhere<'_> {}

impl Diagnostic for Elsewhere<'_> {
    fn severity(&self) -> Option<miette::Severity> {
        Some(miette::Severity::Advice)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        Some(self.file)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        // Its text is the headline already.
        let bare = Label { text: String::new(), ..self.label.clone() };
        Some(Box::new(std::iter::once(labeled(&bare, true))))
    }
}

fn shown(sources: &Sources) -> Shown {
    sources.iter().map(|source| NamedSource::new(&source.name, Arc::from(source.shown()))).collect()
}

fn finding<'a>(problem: &'a Problem, shown: &'a Shown) -> Finding<'a> {
    let file = |id: FileId| shown.get(id.0);
    let own = problem.span().map(|span| span.file);
    let elsewhere = problem.labels.iter().filter(|label| Some(label.span.file) != own);
    Finding {
        problem,
        file: own.and_then(file),
        elsewhere: elsewhere.filter_map(|label| Some(Elsewhere { label, file: file(label.span.file)? })).collect(),
    }
}

impl Report {
    /// Writes every problem with its lines of source, in file order.
    pub fn write(&self, look: Look, out: &mut impl fmt::Write) -> fmt::Result {
        let theme = GraphicalTheme {
            characters: if look.ascii { ThemeCharacters::ascii() } else { ThemeCharacters::unicode() },
            styles: if look.color { ThemeStyles::ansi() } else { ThemeStyles::none() },
        };
        let handler = GraphicalReportHandler::new_themed(theme)
            .with_links(false)
            .with_width(look.width)
            .with_primary_span_start();
        let files = shown(&self.sources);
        for problem in &self.problems {
            handler.render_report(out, &finding(problem, &files))?;
            out.write_char('\n')?;
        }
        Ok(())
    }

    /// The findings as JSON, format 1: an object with `version`, `errors`, `warnings`, `notes` and `findings`.
    #[must_use]
    pub fn to_json(&self) -> serde_json::Value {
        let findings: Vec<_> = self.problems.iter().map(|problem| self.to_finding(problem)).collect();
        serde_json::to_value(JsonReport {
            version: 1,
            errors: self.count(Severity::Error),
            warnings: self.count(Severity::Warning),
            notes: self.count(Severity::Note),
            findings,
        })
        .unwrap_or_default()
    }

    fn to_finding(&self, problem: &Problem) -> JsonFinding {
        let places: Vec<_> = problem.labels.iter().filter_map(|label| self.to_place(label)).collect();
        let mut places = places.into_iter();
        let first = places.next();
        JsonFinding {
            severity: problem.severity.word(),
            code: problem.code.doc().code,
            lint: problem.lint(),
            message: problem.message.clone(),
            help: problem.help.clone(),
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
            text: label.text.clone(),
        })
    }
}

#[derive(Serialize)]
struct JsonReport {
    version: u32,
    errors: usize,
    warnings: usize,
    notes: usize,
    findings: Vec<JsonFinding>,
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
