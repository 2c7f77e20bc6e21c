//! What a run printed, with what differs from run to run masked.

/// One run of keyform.
#[must_use = "snapshot it, or assert on it"]
pub(crate) struct Run {
    /// Everything as it was printed.
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    /// `None` if it was killed.
    pub(crate) code: Option<i32>,
    /// Texts of this sandbox and what to show instead.
    masks: Vec<(String, &'static str)>,
}

impl Run {
    pub(crate) fn new(stdout: &[u8], stderr: &[u8], code: Option<i32>, masks: Vec<(String, &'static str)>) -> Self {
        let text = |bytes: &[u8]| match String::from_utf8(bytes.to_vec()) {
            Ok(text) => text,
            // It died in the middle of a letter.
            Err(cut) if code.is_none() => String::from_utf8_lossy(cut.as_bytes()).into_owned(),
            Err(bad) => panic!("{bad}: {:?}", String::from_utf8_lossy(bad.as_bytes())),
        };
        Self { stdout: text(stdout), stderr: text(stderr), code, masks }
    }

    /// Everything as it was printed, for a test to search and to fail with.
    pub(crate) fn said(&self) -> String {
        format!("[exit {:?}]\n{}{}", self.code, self.stdout, self.stderr)
    }

    /// Stdout, stderr and exit code as one text.
    pub(crate) fn text(&self) -> String {
        let mut text = self.stdout.clone();
        if !self.stderr.is_empty() {
            text.push_str("[stderr]\n");
            text.push_str(&self.stderr);
        }
        for (found, shown) in &self.masks {
            text = text.replace(found, shown);
        }
        let mut lines: Vec<String> = text.lines().map(|line| minutes(&ids(&seconds(line)))).collect();
        // Credentials are worked on side by side, and each is told of as it finishes.
        for finished in lines.chunk_by_mut(|one, next| [one, next].iter().all(|line| line.ends_with(" 0.0 s"))) {
            finished.sort();
        }
        let code = self.code.map_or_else(|| "killed".to_owned(), |code| format!("exit {code}"));
        format!("{}\n[{code}]\n", lines.join("\n"))
    }

    /// The first code of keyform's in what was printed.
    pub(crate) fn error_code(&self) -> Option<&str> {
        let found = |text: &'static str, printed| code_in(printed, text);
        found("keyform::", &self.stderr).or_else(|| found("keyform::", &self.stdout))
    }

    /// The same without what all plans look alike in: the head, the legend, the bars of the timeline.
    ///
    /// One transcript a verb is shown whole; the others show what was decided.
    pub(crate) fn body(&self) -> String {
        let text = self.text();
        let parts = text.split("\n\n").filter(|part| !part.starts_with("keyform ") && !part.starts_with("Symbols:"));
        let parts =
            parts.map(|part| if part.starts_with("Keys in use") { without_bars(part) } else { part.to_owned() });
        parts.collect::<Vec<_>>().join("\n\n")
    }

    /// What was decided, and what came of it: each change with its reason and the codes that block it, and what is told
    /// besides; not what the rows of a change, keys, limits and outlooks look like.
    pub(crate) fn decided(&self) -> String {
        let mut shown: Vec<String> = Vec::new();
        let mut after_change = false;
        let body = self.body();
        for part in body.split("\n\n").filter(|part| !part.starts_with("Keys in use") && !part.starts_with("Guards")) {
            let lines = part
                .lines()
                .filter(|line| !line.starts_with("If keyform never ran again") && !line.starts_with("Correct until"));
            let mut part = lines.collect::<Vec<_>>().join("\n");
            let is_change = part.lines().next().is_some_and(|title| title.contains(" credential."));
            if is_change {
                let (title, rows) = part.split_once('\n').unwrap_or((&part, ""));
                let codes = rows
                    .split('(')
                    .filter_map(|row| row.split(')').next())
                    .filter(|code| code.starts_with("keyform::"));
                part = std::iter::once(title.trim_end().to_owned())
                    .chain(codes.map(|code| format!("      {code}")))
                    .collect::<Vec<_>>()
                    .join("\n");
            }
            match shown.last_mut().filter(|_| is_change && after_change) {
                Some(before) => *before = format!("{before}\n{part}"),
                None => shown.push(part),
            }
            after_change = is_change;
        }
        shown.join("\n\n")
    }

    /// What came of a plan that was shown, from its summary on.
    pub(crate) fn outcome(&self) -> String {
        let text = self.text();
        let at = text.find("\nPlan: ").unwrap_or_else(|| panic!("nothing is planned: {text}"));
        text[at + 1..].to_owned()
    }

    /// What this run did after it had shown, word for word, what was `planned` before.
    #[track_caller]
    pub(crate) fn after(&self, planned: &Self) -> String {
        let (done, planned) = (self.body(), planned.body());
        let planned = planned.split("\n[stderr]").next().and_then(|text| text.split("\n[exit ").next());
        let planned = planned.filter(|text| text.contains("Plan: ")).expect("something is planned");
        let rest = done.strip_prefix(planned).unwrap_or_else(|| panic!("not what was planned:\n{planned}\n\n{done}"));
        rest.trim_start_matches('\n').to_owned()
    }
}

/// A timeline of keys: whose, until when, and what comes next.
fn without_bars(timeline: &str) -> String {
    let is_bar = |word: &str| word.chars().all(|c| ".=rx>|".contains(c));
    let row = |row: &str| row.split_whitespace().filter(|word| !is_bar(word)).collect::<Vec<_>>().join(" ");
    let rows = timeline.lines().skip(1).map(|line| format!("\n  {}", row(line)));
    format!("Keys in use{}", rows.collect::<String>())
}

/// The same without dates, for a portal whose clock is that of this machine.
pub(crate) fn undated(text: &str) -> String {
    let digits = |word: &str| word.chars().map(|c| if c.is_ascii_digit() { '0' } else { c }).collect::<String>();
    let word = |word: &str| {
        let date = word.starts_with("20") && word.contains('-');
        let time = word.len() == 6 && word.ends_with('Z');
        if date || time { digits(word) } else { word.to_owned() }
    };
    let lines = text.lines().map(|line| line.split(' ').map(word).collect::<Vec<_>>().join(" "));
    lines.collect::<Vec<_>>().join("\n")
}

fn code_in<'a>(text: &'a str, start: &str) -> Option<&'a str> {
    let rest = &text[text.find(start)?..];
    let end = rest.find(|c: char| !(c.is_ascii_alphanumeric() || c == ':' || c == '_')).unwrap_or(rest.len());
    Some(&rest[..end])
}

/// How long something took, at the end of a line, and how far the portal's clock was moved.
fn seconds(line: &str) -> String {
    if let Some((before, after)) = line.split_once("machine is off by ") {
        let after = after.trim_start_matches(|c: char| c.is_ascii_digit());
        return format!("{before}machine is off by 0{after}");
    }
    let Some((before, took)) = line.strip_suffix(" s").and_then(|line| line.rsplit_once(' ')) else {
        return line.to_owned();
    };
    if took.parse::<f64>().is_ok() { format!("{before} 0.0 s") } else { line.to_owned() }
}

/// Ids of items, whole and short.
fn ids(line: &str) -> String {
    let mut shown = String::new();
    let mut rest = line;
    while let Some(start) = rest.find(is_hex) {
        shown.push_str(&rest[..start]);
        rest = &rest[start..];
        let end = rest.find(|c| !is_hex(c)).unwrap_or(rest.len());
        let (run, after) = rest.split_at(end);
        let tail = after.strip_prefix('…').or_else(|| after.strip_prefix("..."));
        let tail = tail.filter(|tail| run.len() == 8 && tail.chars().take(4).filter(|c| is_hex(*c)).count() == 4);
        rest = tail.map_or(after, |tail| &tail[4..]);
        shown.push_str(if tail.is_some() || run.len() == 32 { "ITEM" } else { run });
    }
    shown + rest
}

fn is_hex(c: char) -> bool {
    matches!(c, '0'..='9' | 'a'..='f')
}

/// The minute of a time of day: a busy machine may need more than one for a test.
fn minutes(line: &str) -> String {
    let mut shown = line.to_owned();
    for (at, _) in line.match_indices(':') {
        let bytes = line.as_bytes();
        let time = at >= 3 && bytes.get(at + 3) == Some(&b'Z') && bytes[at - 3] == b' ';
        if time && bytes[at + 1..at + 3].iter().all(u8::is_ascii_digit) {
            shown.replace_range(at + 1..at + 3, "..");
        }
    }
    shown
}

#[test]
fn only_what_differs_from_run_to_run_is_masked() {
    let id = "0123456789abcdef0123456789abcdef";
    assert_eq!(ids(&format!("item {id}, 01234567…cdef and deadbeef")), "item ITEM, ITEM and deadbeef");
    assert_eq!(seconds("verified   1.2 s"), "verified   0.0 s");
    assert_eq!(seconds("three keys"), "three keys");
    assert_eq!(minutes("clock 2026-09-21 08:01Z, :5Z"), "clock 2026-09-21 08:..Z, :5Z");
}
