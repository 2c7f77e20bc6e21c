//! Where the portal is.

use crate::http::Address;

use super::PortalError;

/// The REST root behind `https://host[:port][/context]`, with or without `/sharing/rest`.
pub(super) fn rest_root(text: &str) -> Result<Address, PortalError> {
    let address = Address::parse(text).map_err(|why| PortalError::Address { why })?;
    let mut path = address.path().trim_end_matches('/').to_owned();
    for tail in ["/sharing/rest", "/sharing"] {
        if path.to_ascii_lowercase().ends_with(tail) {
            path.truncate(path.len() - tail.len());
        }
    }
    Ok(address.with_path(&format!("{}/sharing/rest", path.trim_end_matches('/'))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rest_root_follows_from_each_form_of_address() {
        for (text, root) in [
            ("https://www.arcgis.com", "https://www.arcgis.com/sharing/rest"),
            ("https://org.maps.arcgis.com/", "https://org.maps.arcgis.com/sharing/rest"),
            ("https://gis.example.gov:7443/portal", "https://gis.example.gov:7443/portal/sharing/rest"),
            ("https://gis.example.gov/portal/sharing/rest/", "https://gis.example.gov/portal/sharing/rest"),
            ("http://127.0.0.1:8080", "http://127.0.0.1:8080/sharing/rest"),
            ("http://[::1]:8080/a", "http://[::1]:8080/a/sharing/rest"),
        ] {
            assert_eq!(rest_root(text).unwrap().as_str(), root, "{text}");
        }
    }
}
