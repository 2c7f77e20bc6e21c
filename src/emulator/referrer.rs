//! Which `Referer` opens which key (*section 10*).

struct Parts<'a> {
    scheme: &'a str,
    host: &'a str,
    port: &'a str,
    path: &'a str,
}

fn split(text: &str) -> Parts<'_> {
    let (scheme, rest) = text.split_once("://").unwrap_or(("", text));
    let (authority, path) = rest.find('/').map_or((rest, ""), |at| rest.split_at(at));
    let (host, port) = authority.rsplit_once(':').unwrap_or((authority, ""));
    Parts { scheme, host, port, path: path.split(['?', '#']).next().unwrap_or_default() }
}

fn host_matches(pattern: &str, host: &str) -> bool {
    let (pattern, host) = (pattern.to_ascii_lowercase(), host.to_ascii_lowercase());
    let Some(domain) = pattern.strip_prefix("*.") else { return pattern == "*" || pattern == host };
    // The apex is let in as well: no document says otherwise, and a tighter rule would hide nothing.
    host == domain || host.strip_suffix(domain).is_some_and(|labels| labels.len() > 1 && labels.ends_with('.'))
}

fn entry_matches(entry: &str, referer: &str) -> bool {
    let (want, have) = (split(entry), split(referer));
    let scheme = want.scheme.is_empty() || want.scheme.eq_ignore_ascii_case(have.scheme);
    let path = want.path.is_empty() || have.path.starts_with(want.path) || (have.path.is_empty() && want.path == "/");
    scheme && path && host_matches(want.host, have.host) && want.port == have.port
}

/// Whether a key with these referrers works when `referer` is sent.
pub(super) fn allowed(referrers: &[String], referer: Option<&str>) -> bool {
    referrers.is_empty() || referer.is_some_and(|referer| referrers.iter().any(|entry| entry_matches(entry, referer)))
}
