//! The only writer to stdout and stderr, and the only one who asks a person.
//!
//! stdout carries the one document asked for; everything else goes to stderr. A reader who goes away, as `head` does,
//! ends the writing, never the work: an apply is not left half done because nobody reads on.

use std::borrow::Cow;
use std::fmt;
use std::io::{self, BufRead, BufReader, IsTerminal as _, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde::Serialize;

use crate::config::env::Environment;
use crate::model::Diagnostic;
use crate::os;
use crate::render::{
    self,
    style::{Style, WIDTH},
};
use crate::text::scrub::without_keys;

use super::args::All;
use super::exit::Exit;

/// Where the program runs: values of the environment, and what the three streams are.
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own, and no two exclude one another")]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Surroundings {
    /// Whether `NO_COLOR` is set to anything.
    pub no_color: bool,
    /// Whether `CI` is set to anything: nobody watches, nobody answers.
    pub ci: bool,
    /// Whether `TERM` is `dumb`.
    pub dumb: bool,
    /// `COLUMNS`, if it is a number.
    pub columns: Option<usize>,
    /// The width of the terminal, if one is there.
    pub terminal_width: Option<usize>,
    pub stdin: bool,
    pub stdout: bool,
    pub stderr: bool,
}

impl Surroundings {
    /// What the environment says, and the streams as they are.
    pub(super) fn detect(env: &Environment) -> Self {
        Self {
            no_color: env.no_color,
            ci: env.ci,
            dumb: env.term.as_deref() == Some("dumb"),
            columns: env.columns.filter(|columns| *columns > 0),
            terminal_width: os::terminal_width(),
            stdin: io::stdin().is_terminal(),
            stdout: io::stdout().is_terminal(),
            stderr: io::stderr().is_terminal(),
        }
    }

    fn style(self, wishes: All, terminal: bool) -> Style {
        let colour = wishes.color || !wishes.no_color && terminal && !self.no_color && !self.dumb;
        // A file looks the same wherever it was written; only a terminal has a width of its own.
        let own = if terminal { self.terminal_width } else { None };
        Style {
            colour,
            ascii: wishes.ascii,
            width: wishes.width.or(self.columns).or(own).unwrap_or(WIDTH),
            short: wishes.short,
        }
    }
}

/// Stdout, stderr and the person at the keyboard.
pub(super) struct Console {
    wishes: All,
    around: Surroundings,
    out: Mutex<Stream>,
    err: Arc<Mutex<Stream>>,
    input: Mutex<Box<dyn BufRead + Send>>,
    /// Whether a question stands on the last line of stderr.
    asking: AtomicBool,
    bar: ProgressBar,
}

struct Stream {
    to: Box<dyn Write + Send>,
    broken: bool,
}

impl Stream {
    fn new(to: impl Write + Send + 'static) -> Mutex<Self> {
        Mutex::new(Self { to: Box::new(to), broken: false })
    }

    fn write(&mut self, text: &str) {
        // The first failure ends it: what comes after a gap would only mislead.
        if !self.broken {
            self.broken = self.to.write_all(text.as_bytes()).and_then(|()| self.to.flush()).is_err();
        }
    }
}

impl Console {
    /// The console of this process.
    pub(super) fn of_process(wishes: All, around: Surroundings) -> Self {
        Self::new(wishes, around, io::stdout(), io::stderr(), BufReader::new(io::stdin()))
    }

    /// A console over any three streams.
    pub(super) fn new(
        wishes: All,
        around: Surroundings,
        out: impl Write + Send + 'static,
        err: impl Write + Send + 'static,
        input: impl BufRead + Send + 'static,
    ) -> Self {
        Self {
            wishes,
            around,
            out: Stream::new(out),
            err: Arc::new(Stream::new(err)),
            input: Mutex::new(Box::new(input)),
            asking: AtomicBool::new(false),
            bar: ProgressBar::hidden(),
        }
    }

    /// How to write to stdout.
    pub(super) fn style(&self) -> Style {
        self.around.style(self.wishes, self.around.stdout)
    }

    /// How to write to stderr.
    pub(super) fn error_style(&self) -> Style {
        self.around.style(self.wishes, self.around.stderr)
    }

    /// Writes `text` to stdout as it is, but for keys: people put them into titles, and on the command line.
    pub(super) fn document(&self, text: &str) {
        self.bar.suspend(|| write(&self.out, &without_keys(text)));
    }

    /// Writes `text` for a person to stdout: in ASCII, if that is wanted.
    pub(super) fn page(&self, text: &str) {
        self.document(&self.style().spelled(text));
    }

    /// Writes what `write` makes of a value to stdout, for a person.
    pub(super) fn show(&self, write: impl FnOnce(Style, &mut String) -> fmt::Result) {
        self.page(&render::text(|out| write(self.style(), out)));
    }

    /// Writes `document` to stdout, for machines.
    pub(super) fn json(&self, document: &impl Serialize) {
        self.document(&render::json::encoded(document));
    }

    /// Writes one line to stderr, unless `-q`.
    pub(super) fn note(&self, line: &str) {
        if !self.wishes.quiet {
            self.error(line);
        }
    }

    /// Writes one line to stderr, whatever was wished; what nobody could read to its end is cut.
    pub(super) fn error(&self, line: &str) {
        complain(&self.err, &self.bar, self.error_style(), line);
    }

    /// Writes what went wrong to stderr: its code, what led to it, and what to do.
    pub(super) fn report(&self, what: impl Into<Diagnostic>) {
        let what = what.into();
        let help = what.help().map(|help| format!("\n  help: {help}")).unwrap_or_default();
        self.error(&format!("{}[{}]: {}{help}", what.code.severity.word(), what.code.id, what.in_a_line()));
    }

    /// The same where the command ends by it.
    pub(super) fn fails(&self, what: impl Into<Diagnostic>) -> Exit {
        self.report(what);
        Exit::Error
    }

    /// Writes lines to stderr for who waits before a terminal, from wherever the waiting is done; `None` if nobody does.
    pub(super) fn for_who_waits(&self) -> Option<impl Fn(&str) + Send + Sync + 'static> {
        let (err, bar, style) = (Arc::clone(&self.err), self.bar.clone(), self.error_style());
        self.is_watched().then_some(move |line: &str| complain(&err, &bar, style, line))
    }

    fn is_watched(&self) -> bool {
        !self.wishes.quiet && self.around.stderr && !self.around.dumb && !self.around.ci
    }

    /// Writes the last words of a command that a signal ends: after whatever stands on the line, the bar gone.
    pub(super) fn interrupted(&self, words: &str) {
        self.end_progress();
        // Behind a question, and behind the `^C` that terminals show.
        let line_end = if self.asking.load(Ordering::Acquire) || self.around.stderr { "\n" } else { "" };
        self.error(&format!("{line_end}{words}"));
    }

    /// Whether a person can be asked: stdin and stderr are a terminal, nobody said `--input=false`, and this is no CI.
    pub(super) fn can_ask(&self) -> bool {
        self.wishes.input.unwrap_or(true) && self.around.stdin && self.around.stderr && !self.around.ci
    }

    /// Whether stdin is a terminal, which shows what is typed.
    pub(super) const fn input_is_terminal(&self) -> bool {
        self.around.stdin
    }

    /// Asks on stderr and waits for a line; `None` when nobody can be asked, or nobody answered.
    pub(super) fn ask(&self, question: &str) -> Option<String> {
        if !self.can_ask() {
            return None;
        }
        self.bar.suspend(|| write(&self.err, &format!("{} ", question.trim_end())));
        let mut line = String::new();
        self.asking.store(true, Ordering::Release);
        let read = lock(&self.input).read_line(&mut line);
        self.asking.store(false, Ordering::Release);
        if matches!(read, Ok(1..)) {
            return Some(line.trim().to_owned());
        }
        write(&self.err, "\n");
        None
    }

    /// Terraform's question: only the whole word `yes` is a yes. `None` when nobody can be asked.
    pub(super) fn confirm(&self, question: &str) -> Option<bool> {
        self.ask(question).map(|answer| answer == "yes")
    }

    /// Shows a bar of `total` steps on stderr, if a person is looking; steps are told to it by [`Console::progress`].
    pub(super) fn start_progress(&self, total: u64, what: &str) {
        if !self.is_watched() {
            return;
        }
        self.bar.set_message(what.to_owned());
        self.bar.set_length(total);
        if !self.bar.is_hidden() {
            // A second target would not know what the first one drew, and leave it there.
            return;
        }
        let (template, dots) = if self.wishes.ascii {
            ("  {msg} [{bar:30}] {pos}/{len}", "=> ")
        } else {
            ("  {msg} {bar:30} {pos}/{len}", "━╸ ")
        };
        if let Ok(style) = ProgressStyle::with_template(template) {
            self.bar.set_style(style.progress_chars(dots));
        }
        self.bar.reset();
        self.bar.set_draw_target(ProgressDrawTarget::stderr());
        // Only after a moment: what is quick should not flicker.
        self.bar.enable_steady_tick(Duration::from_millis(150));
    }

    /// So many steps are done of so many that are known of by now.
    pub(super) fn progress(&self, done: u64, total: u64) {
        self.bar.set_length(total);
        self.bar.set_position(done);
    }

    /// Takes the bar away.
    pub(super) fn end_progress(&self) {
        self.bar.disable_steady_tick();
        self.bar.finish_and_clear();
        self.bar.set_draw_target(ProgressDrawTarget::hidden());
    }
}

fn complain(to: &Mutex<Stream>, bar: &ProgressBar, style: Style, line: &str) {
    let line = style.spelled(&shortened(line.trim_end_matches('\n')));
    bar.suspend(|| write(to, &format!("{}\n", without_keys(&line))));
}

/// No message is longer, in bytes: some repeat what others wrote.
const LONGEST: usize = 100_000;

fn shortened(text: &str) -> Cow<'_, str> {
    if text.len() <= LONGEST {
        return text.into();
    }
    let (kept, left) = text.split_at(text.floor_char_boundary(LONGEST - 100));
    format!("{kept}…\n{} more bytes are not shown", left.len()).into()
}

fn write(stream: &Mutex<Stream>, text: &str) {
    lock(stream).write(text);
}

/// A writer that panicked elsewhere must not silence this one.
fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A stream whose text a test can look at.
    #[derive(Clone, Default)]
    pub(crate) struct Shared(Arc<Mutex<Vec<u8>>>);

    impl Shared {
        pub(crate) fn text(&self) -> String {
            String::from_utf8(lock(&self.0).clone()).unwrap()
        }
    }

    impl Write for Shared {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            lock(&self.0).write(bytes)
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    struct Gone;

    impl Write for Gone {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::ErrorKind::BrokenPipe.into())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn terminal() -> Surroundings {
        Surroundings { stdin: true, stdout: true, stderr: true, terminal_width: Some(80), ..Surroundings::default() }
    }

    #[test]
    fn colour_is_for_terminals_that_want_it_and_flags_win() {
        let auto = All::default();
        assert!(terminal().style(auto, true).colour);
        assert!(!terminal().style(auto, false).colour);
        assert!(!Surroundings { no_color: true, ..terminal() }.style(auto, true).colour);
        assert!(!Surroundings { dumb: true, ..terminal() }.style(auto, true).colour);
        let always = All { color: true, ..auto };
        assert!(Surroundings { no_color: true, ..terminal() }.style(always, false).colour);
        let never = All { no_color: true, ..auto };
        assert!(!terminal().style(never, true).colour);
    }

    #[test]
    fn the_width_is_the_flag_then_columns_then_the_terminal_then_100() {
        let auto = All::default();
        let columns = Surroundings { columns: Some(90), ..terminal() };
        assert_eq!(columns.style(All { width: Some(70), ..auto }, true).width, 70);
        assert_eq!(columns.style(auto, true).width, 90);
        assert_eq!(terminal().style(auto, true).width, 80);
        assert_eq!(terminal().style(auto, false).width, 100);
    }

    #[test]
    fn a_reader_who_went_away_is_no_error() {
        let console = Console::new(All::default(), Surroundings::default(), Gone, Gone, io::empty());
        console.document("a plan");
        console.error("a word");
        assert!(lock(&console.out).broken);
    }

    #[test]
    fn nobody_is_asked_where_nobody_sits() {
        let asked = |around, wishes| {
            let err = Shared::default();
            let console = Console::new(wishes, around, Shared::default(), err.clone(), &b"yes\n"[..]);
            (console.confirm("Apply?"), err.text())
        };
        let wishes = All::default();
        assert_eq!(asked(terminal(), wishes), (Some(true), "Apply? ".to_owned()));
        assert_eq!(asked(Surroundings { stdin: false, ..terminal() }, wishes), (None, String::new()));
        assert_eq!(asked(Surroundings { ci: true, ..terminal() }, wishes).0, None);
        assert_eq!(asked(terminal(), All { input: Some(false), ..wishes }).0, None);
    }

    #[test]
    fn only_the_whole_word_is_a_yes_and_the_end_of_input_is_no_answer() {
        let answer = |input: &'static [u8]| {
            Console::new(All::default(), terminal(), Shared::default(), Shared::default(), input).confirm("?")
        };
        assert_eq!(answer(b"y\n"), Some(false));
        assert_eq!(answer(b" yes \r\n"), Some(true));
        assert_eq!(answer(b""), None);
    }

    #[test]
    fn only_who_sits_before_a_terminal_is_told_of_a_wait() {
        let told = |around, wishes| {
            let err = Shared::default();
            let console = Console::new(wishes, around, Shared::default(), err.clone(), io::empty());
            if let Some(tell) = console.for_who_waits() {
                tell("wait");
            }
            err.text()
        };
        let wishes = All::default();
        assert_eq!(told(terminal(), wishes), "wait\n");
        for (around, wishes) in [
            (Surroundings { stderr: false, ..terminal() }, wishes),
            (Surroundings { ci: true, ..terminal() }, wishes),
            (terminal(), All { quiet: true, ..wishes }),
        ] {
            assert_eq!(told(around, wishes), "");
        }
    }

    #[test]
    fn no_message_is_longer_than_anybody_reads() {
        let err = Shared::default();
        let console =
            Console::new(All::default(), Surroundings::default(), Shared::default(), err.clone(), io::empty());
        console.error(&"é".repeat(1_000_000));
        let text = err.text();
        assert!(text.len() <= LONGEST && text.ends_with("more bytes are not shown\n"), "{}", text.len());
    }

    #[test]
    fn quiet_silences_notes_but_not_errors() {
        let err = Shared::default();
        let wishes = All { quiet: true, ..All::default() };
        let console = Console::new(wishes, Surroundings::default(), Shared::default(), err.clone(), io::empty());
        console.note("read 11 credentials");
        console.error("no");
        assert_eq!(err.text(), "no\n");
    }
}
