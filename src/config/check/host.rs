//! Whether the host of an address is what people see when they read it.
//!
//! Password and token go to whatever host the configuration names, so one that looks like another is refused.

use reqwest::Url;

/// Domains that Esri's portals are in.
const KNOWN: [&str; 3] = ["arcgis.com", "arcgisonline.com", "esri.com"];

/// Letters that look like others. Upper case is gone by then; `i`, `l` and `1` look alike in many fonts.
const ALIKE: [(&str, &str); 26] = [
    ("a", "àáâãäåāăąǎǟǡǻȁȃȧạảấầẩẫậắằẳẵặɑаӑӓαά"),
    ("b", "ḃḅƀɓьв"),
    ("c", "çćĉċčƈȼϲсҫ"),
    ("d", "ďđḋḍɗԁ"),
    ("e", "èéêëēĕėęěȅȇȩẹẻẽếềểễệеёєэҽε"),
    ("f", "ḟƒ"),
    ("g", "ĝğġģǥǧǵɡɠԍ"),
    ("h", "ĥħȟḣḥһн"),
    ("l", "ìíîïĩīĭįıǐȉȋịỉiіїιίϊĺļľŀłḷlӏ1|"),
    ("j", "ĵǰјϳ"),
    ("k", "ķĸǩкκ"),
    ("m", "ṁṃм"),
    ("n", "ñńņňŋǹṅṇηп"),
    ("o", "òóôõöøōŏőơǒǫȍȏȯọỏốồổỗộớờởỡợоӧοσό0"),
    ("p", "ṕṗþрρ"),
    ("q", "ԛ"),
    ("r", "ŕŗřȑȓṙṛгґ"),
    ("s", "śŝşšșṡṣѕʂ5"),
    ("t", "ţťŧțṫṭтτ"),
    ("u", "ùúûüũūŭůűųưǔȕȗụủứừửữựυμц"),
    ("v", "ṽṿѵν"),
    ("w", "ŵẁẃẅẇẉԝωшщ"),
    ("x", "ẋẍхχ"),
    ("y", "ýÿŷȳẏỳỵỷỹуўγ"),
    ("z", "źżžẑẓƶ"),
    ("-", "‐‑‒–—―−ー"),
];

/// Two letters that look like one.
const PAIRS: [(&str, &str); 2] = [("rn", "m"), ("vv", "w")];

/// What is wrong with how the host of `raw` is written, which `url` was read from, and what to write.
pub(super) fn misspelt(raw: &str, url: &Url) -> Option<(String, Option<String>)> {
    let host = url.host_str().unwrap_or_default();
    let (scheme, rest) = raw.split_once("://")?;
    let written = rest.split(['/', '?', '#', '\\']).next().unwrap_or_default();
    let written = written.rsplit_once('@').map_or(written, |(_, host)| host);
    // A colon inside of brackets is part of an address.
    let written = match written.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => host,
        Some(_) | None => written,
    };
    let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
    let right =
        || Some(format!("write `{}://{host}{port}`, if that is the host you mean", scheme.to_ascii_lowercase()));
    if raw.contains('\\') {
        Some(("has a backslash, which not all programs read alike".into(), None))
    } else if raw.chars().any(|c| c.is_control() || c.is_whitespace()) {
        Some(("has a blank or a line break in it".into(), None))
    } else if !url.username().is_empty() || url.password().is_some() || rest.contains('@') {
        Some(("has an `@`: what stands before it is no host".into(), None))
    } else if written.is_empty() {
        Some(("names no host".into(), None))
    } else if host.ends_with('.') {
        let bare = host.trim_end_matches('.');
        Some(("has a host that ends in a dot".into(), Some(format!("write `{scheme}://{bare}{port}`"))))
    } else if !written.is_ascii() {
        Some(("has a host with letters beyond ASCII, which can look like others".into(), right()))
    } else if !written.eq_ignore_ascii_case(host) {
        Some((format!("has a host that is read as `{host}`"), right()))
    } else {
        None
    }
}

/// How sure it is that a host is not what it looks like.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Doubt {
    /// It is written to be taken for this one.
    LooksLike(&'static str),
    /// It has letters of two alphabets in one word.
    Mixed,
    /// It is one slip away from this one.
    Near(&'static str),
}

/// What `host`, as it travels, can be mistaken for.
pub(super) fn look_alike(host: &str) -> Option<Doubt> {
    if host.parse::<std::net::IpAddr>().is_ok() || host.starts_with('[') || KNOWN.iter().any(|known| is_in(host, known))
    {
        return None;
    }
    let (shown, _) = idna::domain_to_unicode(host);
    let skeleton = skeleton(&shown);
    for known in KNOWN {
        let bones = self::skeleton(known);
        // Its own name in the middle of another, as in `www.arcgis.com.example`.
        let inside = skeleton.match_indices(&bones).any(|(at, _)| {
            let (before, after) = (&skeleton[..at], &skeleton[at + bones.len()..]);
            (before.is_empty() || before.ends_with('.')) && after.starts_with(['.', '-'])
        });
        if is_in(&skeleton, &bones) || inside {
            return Some(Doubt::LooksLike(known));
        }
    }
    if shown.split('.').any(is_mixed) {
        return Some(Doubt::Mixed);
    }
    let from = skeleton.rmatch_indices('.').nth(1).map_or(0, |(dot, _)| dot + 1);
    let near = |known: &&str| {
        let bones = self::skeleton(known);
        // Short names are near to many.
        known.len() > 8
            && (strsim::osa_distance(&skeleton[from..], &bones) <= 1 || skeleton.ends_with(&format!("-{bones}")))
    };
    KNOWN.into_iter().find(|known| near(known)).map(Doubt::Near)
}

fn is_in(host: &str, domain: &str) -> bool {
    host.strip_suffix(domain).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}

/// A host with every letter replaced by the simplest that looks like it.
fn skeleton(host: &str) -> String {
    let letters = host.chars().flat_map(char::to_lowercase).map(|c| {
        let alike = ALIKE.iter().find(|(_, alike)| alike.contains(c));
        alike.and_then(|(letter, _)| letter.chars().next()).unwrap_or(c)
    });
    PAIRS.iter().fold(letters.collect(), |text: String, (pair, one)| text.replace(pair, one))
}

/// Whether a word has letters of two alphabets that share looks.
fn is_mixed(word: &str) -> bool {
    let has = |alphabet: fn(&char) -> bool| word.chars().any(|c| alphabet(&c));
    let latin = has(|c| c.is_ascii_alphabetic() || matches!(c, '\u{c0}'..='\u{24f}' | '\u{1e00}'..='\u{1eff}'));
    let greek = has(|c| matches!(c, '\u{370}'..='\u{3ff}' | '\u{1f00}'..='\u{1fff}'));
    let cyrillic = has(|c| matches!(c, '\u{400}'..='\u{52f}'));
    [latin, greek, cyrillic].into_iter().filter(|has| *has).count() > 1
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A host as it travels.
    fn travelling(host: &str) -> String {
        Url::parse(&format!("https://{host}/")).unwrap().host_str().unwrap().to_owned()
    }

    #[test]
    fn a_host_that_was_made_to_look_like_one_of_esris_is_known() {
        for (host, known) in [
            ("www.\u{430}rcgis.com", "arcgis.com"),
            ("www.arcg\u{456}s.com", "arcgis.com"),
            ("www.arcgís.com", "arcgis.com"),
            ("www.arcgls.com", "arcgis.com"),
            ("www.arcg1s.c0m", "arcgis.com"),
            ("\u{430}\u{433}\u{441}gis.com", "arcgis.com"),
            ("www.arcgis.com.example.org", "arcgis.com"),
            ("www.arcgis.com-login.example", "arcgis.com"),
            ("acme.maps.arcgis.com.example", "arcgis.com"),
            ("www.es\u{433}i.com", "esri.com"),
            ("services.arcgison1ine.com", "arcgisonline.com"),
        ] {
            assert_eq!(look_alike(&travelling(host)), Some(Doubt::LooksLike(known)), "{host}");
        }
        assert_eq!(look_alike(&travelling("g\u{456}s.example")), Some(Doubt::Mixed));
        for host in ["www.argcis.com", "www.arcgis.co", "arcgiss.com", "city-arcgis.com"] {
            assert_eq!(look_alike(host), Some(Doubt::Near("arcgis.com")), "{host}");
        }
    }

    #[test]
    fn hosts_of_esri_and_of_everybody_else_are_left_alone() {
        for host in [
            "www.arcgis.com",
            "acme.maps.arcgis.com",
            "location.arcgis.com",
            "arcgis.example.gov",
            "arcgis.company.com",
            "gis.esri.com",
            "maps.esri.de",
            "gis.example.gov",
            "127.0.0.1",
            "[::1]",
            "localhost",
            "portal",
        ] {
            assert_eq!(look_alike(host), None, "{host}");
        }
        for host in ["gis.münchen.example", "gis.東京.example", "гис.example"] {
            assert_eq!(look_alike(&travelling(host)), None, "{host}");
        }
    }
}
