//! Entities of HTML in plain text.

use std::borrow::Cow;

/// `text` with the entities of HTML that portals put into plain text turned back, once.
#[must_use]
pub fn unescape(text: &str) -> Cow<'_, str> {
    const ENTITIES: [(&str, char); 10] = [
        ("&amp;", '&'),
        ("&lt;", '<'),
        ("&gt;", '>'),
        ("&quot;", '"'),
        ("&apos;", '\''),
        ("&#39;", '\''),
        ("&#039;", '\''),
        ("&#x27;", '\''),
        ("&#34;", '"'),
        ("&#38;", '&'),
    ];
    if !text.contains('&') {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    // From left to right, so that `&amp;lt;` becomes `&lt;` and stays that.
    while let Some(at) = rest.find('&') {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let found = ENTITIES.iter().find(|(entity, _)| rest.starts_with(entity));
        let (entity, plain) = found.unwrap_or(&("&", '&'));
        out.push(*plain);
        rest = &rest[entity.len()..];
    }
    out.push_str(rest);
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entities_are_turned_back_once() {
        assert_eq!(unescape("a &amp;lt; b &lt;&gt;&quot;&#39; & &x;"), "a &lt; b <>\"' & &x;");
    }
}
