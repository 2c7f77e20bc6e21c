//! What the environment says must be meant, and hosts that are not what they look like.

use super::{lines, load_files, load_text, options};
use keyform::config::{LoadOptions, Pins};

fn with(portal: &str) -> String {
    format!("keyform: 1\nstack: shop\nportal: {{ url: '{portal}' }}\ncredentials: {{}}\n")
}

fn pinned(text: &str, portal: Option<&str>, stack: Option<&str>) -> Vec<String> {
    let pins = Pins { portal: portal.map(str::to_owned), stack: stack.map(str::to_owned) };
    let found = lines(&load_files(&[("keyform.yaml", text)], LoadOptions { pins, ..options() }));
    found.into_iter().filter(|line| !line.contains("product_unknown")).collect()
}

#[test]
fn a_portal_that_is_pinned_is_the_only_one_however_it_is_written() {
    let none = Vec::<String>::new();
    for (written, pin) in [
        ("https://www.arcgis.com", "https://www.arcgis.com"),
        ("https://WWW.arcgis.com/sharing/rest", "https://www.arcgis.com:443/home/index.html"),
        ("https://gis.example.gov/portal/", "https://gis.example.gov/portal"),
        ("emulator", "emulator"),
    ] {
        assert_eq!(pinned(&with(written), Some(pin), None), none, "{written}");
    }
    for (written, pin, told) in [
        ("https://www.arcgis.com", "https://acme.maps.arcgis.com", "`https://www.arcgis.com`"),
        ("https://gis.example.gov/other", "https://gis.example.gov/portal", "`https://gis.example.gov/other`"),
        ("https://gis.example.gov:7443", "https://gis.example.gov", "`https://gis.example.gov:7443`"),
        ("emulator", "https://gis.example.gov", "the built-in one"),
    ] {
        let found = pinned(&with(written), Some(pin), None);
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].starts_with(&format!("3:16 error pinned_portal: the portal is {told}, and")), "{found:?}");
    }
}

#[test]
fn a_pin_that_is_no_address_is_not_repeated() {
    let pin = ["https://svc:", "hunter2", "hunter2", "@gis.example.gov"].concat();
    let found = pinned(&with("https://gis.example.gov"), Some(&pin), None);
    assert_eq!(found, ["3:16 error pinned_portal: KEYFORM_PORTAL holds no address of a portal"]);
}

#[test]
fn a_stack_that_is_pinned_is_the_only_one() {
    let text = with("https://www.arcgis.com");
    assert_eq!(pinned(&text, None, Some("shop")), Vec::<String>::new());
    let found = pinned(&text, None, Some("other"));
    assert_eq!(found, ["2:8 error pinned_stack: the stack is `shop`, and KEYFORM_STACK says `other`"]);
}

#[test]
fn a_host_that_looks_like_one_of_esris_is_refused_unless_it_is_pinned() {
    let looks = with("https://www.xn--rcgis-3we.com");
    for text in [&looks, &with("https://www.arcgis.com.example.org"), &with("https://www.arcgls.com")] {
        let found = lines(&load_text(text));
        assert!(found.iter().any(|line| line.starts_with("3:16 error look_alike_host: ")), "{found:?}");
    }
    let found = lines(&load_text(&with("https://www.argcis.com")));
    assert!(found.iter().any(|line| line.starts_with("3:16 warning near_host: ")), "{found:?}");
    let own = "https://www.argcis.com";
    assert_eq!(pinned(&with(own), Some(own), None), Vec::<String>::new());
}

#[test]
fn a_host_beyond_ascii_is_refused_with_the_spelling_that_travels() {
    let loaded = load_text(&with("https://gis.münchen.example/portal"));
    let problem = loaded.report.problems.iter().find(|problem| problem.code.id.ends_with("bad_portal_url"));
    assert!(problem.unwrap().help.contains("https://gis.xn--mnchen-3ya.example"), "{:?}", lines(&loaded));
    for host in ["www.аrcgis.com", "www.arcgis.com.", "www.arcgis.com\\@evil.example", "www。arcgis。com"] {
        let loaded = load_text(&with(&format!("https://{host}")));
        assert!(loaded.spec.is_none(), "{host}: {:?}", lines(&loaded));
    }
    let signed_in = lines(&load_text(&with("https://www.arcgis.com@evil.example")));
    assert!(signed_in.iter().any(|line| line.contains("url_with_secret")), "{signed_in:?}");
}
