//! What the portal does to texts.

use super::switches::{Description, Snippet, Tags};

/// Without control characters and no-break spaces (*section 3.2*).
pub(super) fn scrubbed(text: &str) -> String {
    text.chars().filter(|&c| !c.is_control() && c != '\u{a0}').collect()
}

const ALLOWED: [&str; 12] = ["a", "b", "i", "em", "strong", "p", "br", "div", "span", "ul", "ol", "li"];

/// A description as the portal keeps it.
pub(super) fn description(text: &str, rule: Description) -> String {
    match rule {
        Description::Kept => text.to_owned(),
        Description::Sanitised => sanitised(text),
    }
}

/// A summary as the portal keeps it (*section 3.2*).
pub(super) fn snippet(text: String, rule: Snippet) -> String {
    match rule {
        Snippet::Kept => text,
        Snippet::Cut => text.chars().take(250).collect(),
    }
}

/// Tags as the portal keeps them over the `old` ones.
pub(super) fn tags(sent: Vec<String>, old: &[String], rule: Tags) -> Vec<String> {
    let same = |tag: &String| old.iter().find(|have| have.to_lowercase() == tag.to_lowercase()).cloned();
    match rule {
        Tags::Kept => sent,
        Tags::Old => sent.into_iter().map(|tag| same(&tag).unwrap_or(tag)).collect(),
    }
}

/// Drops tags that are not allowed and all attributes, and writes bare ampersands and brackets as entities.
fn sanitised(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text.trim();
    while let Some(at) = rest.find(['<', '&', '>']) {
        let (before, special) = rest.split_at(at);
        out.push_str(before);
        rest = special.get(1..).unwrap_or_default();
        if special.starts_with('>') {
            out.push_str("&gt;");
        } else if special.starts_with('&') {
            let entity = rest.split(';').next().filter(|name| name.len() < rest.len() && is_entity(name));
            out.push_str(if entity.is_some() { "&" } else { "&amp;" });
        } else if let Some((tag, after)) = rest.split_once('>') {
            let closing = if tag.starts_with('/') { "/" } else { "" };
            let name: String = tag.trim_start_matches('/').chars().take_while(char::is_ascii_alphanumeric).collect();
            let name = name.to_ascii_lowercase();
            if ALLOWED.contains(&name.as_str()) {
                out.extend(["<", closing, &name, ">"]);
            }
            rest = after;
        } else {
            out.push_str("&lt;");
        }
    }
    out.push_str(rest);
    out
}

fn is_entity(name: &str) -> bool {
    (2..10).contains(&name.len()) && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '#')
}
