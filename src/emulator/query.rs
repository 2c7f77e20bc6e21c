//! The search grammar: `field:value`, quotes, AND, OR, NOT, `-`, parentheses, ranges (*section 6.1*).

use super::records::Item;

/// A query that was understood as well as it could be; nonsense matches nothing.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Query {
    /// Everything.
    All,
    Word {
        field: Option<String>,
        text: String,
        phrase: bool,
    },
    Range {
        field: String,
        from: i64,
        to: i64,
    },
    Not(Box<Self>),
    And(Vec<Self>),
    Or(Vec<Self>),
}

#[derive(Clone, Debug, PartialEq)]
enum Token {
    Open,
    Close,
    Minus,
    And,
    Or,
    Not,
    Field(String),
    Word(String),
    Phrase(String),
    Range(String),
}

/// Deeper than anybody writes, and shallow enough for any stack.
const MAX_DEPTH: usize = 64;

fn tokens(text: &str) -> Vec<Token> {
    let mut out = Vec::new();
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '(' => out.push(Token::Open),
            ')' => out.push(Token::Close),
            '-' | '!' => out.push(Token::Minus),
            '+' => {}
            '"' => {
                let mut phrase = String::new();
                while let Some(c) = chars.next() {
                    match c {
                        '"' => break,
                        '\\' => phrase.extend(chars.next()),
                        c => phrase.push(c),
                    }
                }
                out.push(Token::Phrase(phrase));
            }
            '[' | '{' => out.push(Token::Range(chars.by_ref().take_while(|c| !matches!(c, ']' | '}')).collect())),
            c if c.is_whitespace() => {}
            c => {
                let mut word = String::from(c);
                let mut field = false;
                while let Some(&next) = chars.peek() {
                    if next.is_whitespace() || matches!(next, '(' | ')' | '"' | '[' | '{') {
                        break;
                    }
                    chars.next();
                    match next {
                        ':' if !field && out.last().is_none_or(|last| !matches!(last, Token::Field(_))) => {
                            field = true;
                            break;
                        }
                        '\\' => word.extend(chars.next()),
                        next => word.push(next),
                    }
                }
                out.push(match word.as_str() {
                    _ if field => Token::Field(word.to_lowercase()),
                    "AND" | "&&" => Token::And,
                    "OR" | "||" => Token::Or,
                    "NOT" => Token::Not,
                    _ => Token::Word(word),
                });
            }
        }
    }
    out
}

struct Parser {
    tokens: std::iter::Peekable<std::vec::IntoIter<Token>>,
}

impl Parser {
    fn any(&mut self, field: Option<&str>, depth: usize) -> Query {
        let mut parts = vec![self.all(field, depth)];
        while self.tokens.next_if_eq(&Token::Or).is_some() {
            parts.push(self.all(field, depth));
        }
        joined(parts, Query::Or)
    }

    fn all(&mut self, field: Option<&str>, depth: usize) -> Query {
        let mut parts = Vec::new();
        while let Some(next) = self.tokens.peek() {
            match next {
                Token::Or | Token::Close => break,
                Token::And => drop(self.tokens.next()),
                _ => parts.extend(self.one(field, depth)),
            }
        }
        joined(parts, Query::And)
    }

    fn one(&mut self, field: Option<&str>, depth: usize) -> Option<Query> {
        if depth > MAX_DEPTH {
            self.tokens.by_ref().for_each(drop);
            return None;
        }
        let word = |text, phrase| Query::Word { field: field.map(str::to_owned), text, phrase };
        Some(match self.tokens.next()? {
            Token::Minus | Token::Not => Query::Not(Box::new(self.one(field, depth + 1)?)),
            Token::Open => {
                let inner = self.any(field, depth + 1);
                self.tokens.next_if_eq(&Token::Close);
                inner
            }
            Token::Field(name) => self.one(Some(&name), depth + 1)?,
            Token::Word(text) => word(text, false),
            Token::Phrase(text) => word(text, true),
            Token::Range(text) => range(field?, &text),
            Token::Close | Token::And | Token::Or => return None,
        })
    }
}

fn joined(mut parts: Vec<Query>, join: fn(Vec<Query>) -> Query) -> Query {
    if parts.len() > 1 { join(parts) } else { parts.pop().unwrap_or(Query::All) }
}

fn range(field: &str, text: &str) -> Query {
    let (from, to) = text.split_once(" TO ").or_else(|| text.split_once(" to ")).unwrap_or((text, text));
    let bound = |text: &str, open: i64| match text.trim() {
        "*" => open,
        text => {
            text.trim_start_matches('0').parse().unwrap_or(if text.trim_matches('0').is_empty() { 0 } else { open })
        }
    };
    Query::Range { field: field.to_owned(), from: bound(from, i64::MIN), to: bound(to, i64::MAX) }
}

impl Query {
    pub(super) fn parse(text: &str) -> Self {
        let mut parser = Parser { tokens: tokens(text).into_iter().peekable() };
        let mut parts = vec![parser.any(None, 0)];
        // A closing parenthesis too many ends nothing.
        while parser.tokens.next().is_some() {
            parts.push(parser.any(None, 0));
        }
        parts.retain(|part| *part != Self::All);
        joined(parts, Self::And)
    }

    pub(super) fn matches(&self, item: &Item) -> bool {
        match self {
            Self::All => true,
            Self::Not(inner) => !inner.matches(item),
            Self::And(parts) => parts.iter().all(|part| part.matches(item)),
            Self::Or(parts) => parts.iter().any(|part| part.matches(item)),
            Self::Range { field, from, to } => {
                let value = match field.as_str() {
                    "created" => item.created,
                    "modified" => item.modified,
                    _ => return false,
                };
                (*from..=*to).contains(&value)
            }
            Self::Word { field, text, phrase } => match field.as_deref() {
                None => ["title", "tags", "snippet", "description", "type", "typekeywords", "owner", "id"]
                    .into_iter()
                    .any(|field| holds(item, field, text, *phrase)),
                Some(field) => holds(item, field, text, *phrase),
            },
        }
    }
}

fn holds(item: &Item, field: &str, text: &str, phrase: bool) -> bool {
    let same = |have: &str| wild(text, have);
    let among = |have: &[String]| have.iter().any(|have| tokenised(have, text));
    match field {
        "id" => same(&item.id),
        "owner" => same(&item.owner),
        "access" => same(&item.access),
        "orgid" | "accountid" => same(&item.org),
        "created" => text.trim_start_matches('0') == item.created.to_string(),
        "modified" => text.trim_start_matches('0') == item.modified.to_string(),
        "type" if phrase => same(&item.kind),
        "type" => tokenised(&item.kind, text),
        "title" => tokenised(&item.title, text),
        "tags" => among(&item.tags),
        "typekeywords" => among(&item.keywords),
        "snippet" => item.snippet.as_deref().is_some_and(|have| tokenised(have, text)),
        "description" => item.description.as_deref().is_some_and(|have| tokenised(have, text)),
        _ => false,
    }
}

fn wild(pattern: &str, have: &str) -> bool {
    let (pattern, have) = (pattern.to_lowercase(), have.to_lowercase());
    pattern.strip_suffix('*').map_or(pattern == have, |start| have.starts_with(start))
}

/// The words of `text` in a row: a longer value matches too, so clients have to look again.
fn tokenised(have: &str, text: &str) -> bool {
    let words = |text: &str| {
        let text = text.to_lowercase();
        text.split(|c: char| !c.is_alphanumeric() && c != '*')
            .filter(|w| !w.is_empty())
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    let (have, want) = (words(have), words(text));
    if want == ["*"] {
        return !have.is_empty();
    }
    !want.is_empty() && have.windows(want.len()).any(|row| row.iter().zip(&want).all(|(have, want)| wild(want, have)))
}
