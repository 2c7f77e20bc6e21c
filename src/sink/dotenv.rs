//! One variable of a dotenv file; every other byte stays what it is.
//!
//! Understood are `NAME=value` and `export NAME=value` with `'`, `"` or backtick quotes, over several lines too.
//! Loaders disagree on which of two lines for one variable wins, so a file with two is refused.

use std::ops::Range;

use super::error::Problem;
use crate::model::Secret;

/// Whether every loader accepts a name.
pub(super) fn is_variable(name: &str) -> bool {
    let starts = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    starts && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

/// The value of `name` in `file`; `None` where it is not set, or set to nothing.
pub(super) fn read(file: &[u8], name: &str) -> Result<Option<Secret>, Problem> {
    let Some(found) = find(file, name)? else { return Ok(None) };
    let text = std::str::from_utf8(&file[found.value.clone()])
        .map_err(|_| Problem::Field { field: name.to_owned(), why: "holds bytes that are not text" })?;
    let value = unquoted(text);
    Ok((!value.is_empty()).then(|| Secret::new(value)))
}

/// `file` with `name` set to `key`, in the quotes it had.
pub(super) fn written(file: &[u8], name: &str, key: &Secret) -> Result<Vec<u8>, Problem> {
    let key = key.reveal();
    if let Some(found) = find(file, name)? {
        let quote = file.get(found.value.start).copied().filter(|_| is_quoted(&file[found.value.clone()]));
        let value = Secret::new(quoted(key, quote)?);
        let value = value.reveal().as_bytes();
        return Ok([&file[..found.value.start], value, &file[found.value.end..]].concat());
    }
    let value = Secret::new(quoted(key, None)?);
    let line_break: &[u8] = if first_break_is_crlf(file) { b"\r\n" } else { b"\n" };
    let gap: &[u8] = if file.is_empty() || file == BOM || file.ends_with(b"\n") { b"" } else { line_break };
    Ok([file, gap, name.as_bytes(), b"=", value.reveal().as_bytes(), line_break].concat())
}

const BOM: &[u8] = b"\xef\xbb\xbf";

/// Where a variable is set.
struct Assignment {
    /// The bytes of the value, quotes included.
    value: Range<usize>,
    /// Counted from 1.
    line: usize,
}

fn find(file: &[u8], name: &str) -> Result<Option<Assignment>, Problem> {
    if !is_variable(name) {
        let why = "is not a name that every loader of dotenv files accepts";
        return Err(Problem::Field { field: name.to_owned(), why });
    }
    let mut found: Option<Assignment> = None;
    let mut at = if file.starts_with(BOM) { BOM.len() } else { 0 };
    while at < file.len() {
        let Some((set, value)) = assignment(file, at) else {
            at = next_line(file, at);
            continue;
        };
        at = next_line(file, value.end);
        if set == name.as_bytes() {
            let line = file[..value.start].split(|byte| *byte == b'\n').count();
            if let Some(Assignment { line: first, .. }) = found {
                return Err(Problem::SetTwice { name: name.to_owned(), first, again: line });
            }
            found = Some(Assignment { value, line });
        }
    }
    Ok(found)
}

/// The name and the place of the value, if the line at `start` sets a variable.
fn assignment(file: &[u8], start: usize) -> Option<(&[u8], Range<usize>)> {
    let mut at = blanks(file, start);
    let after_export = file[at..].strip_prefix(b"export").map(|_| at + b"export".len());
    if let Some(after) = after_export.filter(|after| matches!(file.get(*after), Some(b' ' | b'\t'))) {
        at = blanks(file, after);
    }
    let end = run(file, at, |byte| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte));
    let equals = blanks(file, end);
    if end == at || file.get(equals) != Some(&b'=') {
        return None;
    }
    let value = value(file, blanks(file, equals + 1));
    // An empty value stands at the equals sign, so that a comment behind it keeps its blank.
    Some((&file[at..end], if value.is_empty() { equals + 1..equals + 1 } else { value }))
}

fn value(file: &[u8], start: usize) -> Range<usize> {
    if let Some(quote) = file.get(start).copied().filter(|byte| b"'\"`".contains(byte))
        && let Some(end) = closing(file, start, quote)
    {
        return start..end;
    }
    let line_end = run(file, start, |byte| byte != b'\n');
    let line = &file[start..line_end];
    // A comment begins with a blank and `#`; where the value is empty its blank was passed already.
    let comment = match line.first() {
        Some(b'#') if start > 0 && b" \t".contains(&file[start - 1]) => Some(0),
        _ => line.windows(2).position(|pair| b" \t".contains(&pair[0]) && pair[1] == b'#'),
    };
    let text = line[..comment.unwrap_or(line.len())].trim_ascii_end();
    start..start + text.len()
}

/// Where the quoted value that begins at `start` ends, closing quote included.
fn closing(file: &[u8], start: usize, quote: u8) -> Option<usize> {
    let mut at = start + 1;
    while at < file.len() {
        match file[at] {
            b'\\' if quote == b'"' => at += 1,
            byte if byte == quote => return Some(at + 1),
            _ => {}
        }
        at += 1;
    }
    None
}

fn blanks(file: &[u8], start: usize) -> usize {
    run(file, start, |byte| byte == b' ' || byte == b'\t')
}

fn run(file: &[u8], start: usize, is_in: impl Fn(u8) -> bool) -> usize {
    file[start..].iter().position(|byte| !is_in(*byte)).map_or(file.len(), |len| start + len)
}

fn next_line(file: &[u8], at: usize) -> usize {
    (run(file, at, |byte| byte != b'\n') + 1).min(file.len())
}

fn first_break_is_crlf(file: &[u8]) -> bool {
    file.iter().position(|byte| *byte == b'\n').is_some_and(|at| at > 0 && file[at - 1] == b'\r')
}

fn is_quoted(value: &[u8]) -> bool {
    matches!(value, [first, .., last] if first == last && b"'\"`".contains(first))
}

fn unquoted(value: &str) -> String {
    if !is_quoted(value.as_bytes()) {
        return value.to_owned();
    }
    let inner = &value[1..value.len() - 1];
    if !value.starts_with('"') {
        return inner.to_owned();
    }
    let mut out = String::with_capacity(inner.len());
    let mut chars = inner.chars();
    while let Some(c) = chars.next() {
        match (c, if c == '\\' { chars.next() } else { None }) {
            ('\\', Some('n')) => out.push('\n'),
            ('\\', Some('r')) => out.push('\r'),
            ('\\', Some('t')) => out.push('\t'),
            ('\\', Some(escaped @ ('"' | '\\' | '$'))) => out.push(escaped),
            ('\\', Some(other)) => out.extend(['\\', other]),
            (c, _) => out.push(c),
        }
    }
    out
}

/// `key` as every loader reads it back: in the quotes that were there, else bare, else in single quotes.
fn quoted(key: &str, quote: Option<u8>) -> Result<String, Problem> {
    let bare = |c: char| c.is_ascii_alphanumeric() || "-_.~+/=:@%,".contains(c);
    let is_bare = !key.is_empty() && key.chars().all(bare);
    let is_literal = !key.is_empty() && key.chars().all(|c| (' '..='~').contains(&c) && c != '\'');
    match quote.map(char::from) {
        Some(quote) if is_bare => Ok(format!("{quote}{key}{quote}")),
        None if is_bare => Ok(key.to_owned()),
        _ if is_literal => Ok(format!("'{key}'")),
        _ => Err(Problem::Unwritable { why: "loaders of dotenv files disagree about characters in it" }),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn set(file: &str, key: &str) -> String {
        let written = written(file.as_bytes(), "KEY", &Secret::new(key.into())).unwrap();
        assert_eq!(get(&written).as_deref(), Some(key));
        String::from_utf8(written).unwrap()
    }

    fn get(file: &[u8]) -> Option<String> {
        read(file, "KEY").unwrap().map(|key| key.reveal().to_owned())
    }

    #[test]
    fn a_variable_has_a_name_that_every_loader_accepts() {
        assert!(is_variable("ARCGIS_API_KEY"));
        for odd in ["", "1A", "A-B", "A B", "A=B", "é"] {
            assert!(!is_variable(odd), "{odd}");
        }
    }

    #[test]
    fn only_the_value_changes() {
        assert_eq!(set("", "v1"), "KEY=v1\n");
        assert_eq!(set("A=1\n# KEY=no\nKEY=old # why\nB=2", "v1"), "A=1\n# KEY=no\nKEY=v1 # why\nB=2");
        assert_eq!(set("export KEY = 'old'\r\nB=2\r\n", "v1"), "export KEY = 'v1'\r\nB=2\r\n");
        assert_eq!(set("KEY=\"old\\\"er\"\n", "v1"), "KEY=\"v1\"\n");
        assert_eq!(set("KEY=`old`;x\n", "v1"), "KEY=`v1`;x\n");
        assert_eq!(set("\u{feff}KEY=old\n", "v1"), "\u{feff}KEY=v1\n");
    }

    #[test]
    fn a_new_variable_goes_to_the_end_with_the_line_breaks_of_the_file() {
        assert_eq!(set("A=1", "v1"), "A=1\nKEY=v1\n");
        assert_eq!(set("A=1\r\nB=2\r\n", "v1"), "A=1\r\nB=2\r\nKEY=v1\r\n");
        assert_eq!(set("A=1\r\nB=2", "v1"), "A=1\r\nB=2\r\nKEY=v1\r\n");
        assert_eq!(set("MYKEY=1\nKEY2=2\n", "v1"), "MYKEY=1\nKEY2=2\nKEY=v1\n");
    }

    #[test]
    fn an_empty_value_is_a_place_for_a_key() {
        for empty in ["KEY=", "KEY=\n", "KEY=''\n", "KEY= # here\n"] {
            assert_eq!(get(empty.as_bytes()), None);
        }
        assert_eq!(set("KEY=\nB=1\n", "v1"), "KEY=v1\nB=1\n");
        assert_eq!(set("KEY= # here\n", "v1"), "KEY=v1 # here\n");
    }

    #[test]
    fn what_looks_like_the_variable_inside_another_value_is_left_alone() {
        let file = "CERT=\"-----\nKEY=inner\n-----\"\n";
        assert_eq!(get(file.as_bytes()), None);
        assert_eq!(set(file, "v1"), format!("{file}KEY=v1\n"));
    }

    #[test]
    fn a_variable_that_is_set_twice_is_refused() {
        let both = |result: Result<(), Problem>| matches!(result, Err(Problem::SetTwice { first: 1, again: 3, .. }));
        let file = b"KEY=a\nB=1\nexport KEY=b\n";
        assert!(both(read(file, "KEY").map(drop)));
        assert!(both(written(file, "KEY", &Secret::new("x".into())).map(drop)));
    }

    #[test]
    fn a_key_that_loaders_read_differently_is_refused_or_quoted() {
        assert_eq!(set("KEY=\"a\"\n", "v $x"), "KEY='v $x'\n");
        assert_eq!(set("", "a#b"), "KEY='a#b'\n");
        for odd in ["it's", "a\nb", ""] {
            assert!(written(b"", "KEY", &Secret::new(odd.into())).is_err());
        }
    }

    #[test]
    fn bytes_that_are_no_text_are_kept() {
        let file = b"A=\xff\xfe\nKEY=old\nB=\xc3\n";
        let new = written(file, "KEY", &Secret::new("v1".into())).unwrap();
        assert_eq!(new, b"A=\xff\xfe\nKEY=v1\nB=\xc3\n");
    }

    fn line() -> impl Strategy<Value = String> {
        prop_oneof![
            "[A-Z]{1,3}=[a-z0-9]{0,5}",
            "# [ -~]{0,9}",
            "(export )?[A-Z]{1,3} ?= ?'[a-z #=\n]{0,9}'",
            "[A-Z]{1,3}=\"[a-z #=\n']{0,9}\" # x",
            "[ -~]{0,12}",
            Just("KEY=old # note".to_owned()),
            Just("export KEY='old'".to_owned()),
        ]
    }

    proptest! {
        #[test]
        fn no_other_byte_changes_and_the_key_reads_back(
            lines in prop::collection::vec(line(), 0..8), crlf: bool, ended: bool, key in "[A-Za-z0-9._-]{1,20}"
        ) {
            let line_break = if crlf { "\r\n" } else { "\n" };
            let mut file = lines.join(line_break);
            if ended { file.push_str(line_break); }
            let secret = Secret::new(key.clone());
            let Ok(new) = written(file.as_bytes(), "KEY", &secret) else { return Ok(()) };
            prop_assert_eq!(get(&new), Some(key.clone()));
            let again = written(&new, "KEY", &secret).unwrap();
            prop_assert_eq!(&again, &new);
            match find(file.as_bytes(), "KEY").unwrap() {
                None => prop_assert!(new.starts_with(file.as_bytes())),
                Some(found) => {
                    prop_assert!(new.starts_with(&file.as_bytes()[..found.value.start]));
                    prop_assert!(new.ends_with(&file.as_bytes()[found.value.end..]));
                }
            }
        }
    }
}
