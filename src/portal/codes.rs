//! The table of codes that a request can fail with.

use crate::model::codes;

codes! {
    /// Every code that a request to the portal can fail with.
    pub(crate) CODES "portal";

    ADDRESS "address", "The portal's address cannot be used",
        "`portal.url` is not an https address (or an http address of this machine), or has parts an address of a portal does not have, such as a query.",
        "write `portal.url` as https://host or https://host/context, without a query";
    SETUP "setup", "The connection cannot be set up",
        "The HTTP client or a request could not be made. Most often `portal.ca_bundle` holds no certificate in PEM, or the token has a line break in it.",
        "check that `portal.ca_bundle` names a file with certificates in PEM, and that token and referer are one line each";
    UNREACHABLE "unreachable", "No connection to the portal",
        "The name did not resolve or nobody accepted the connection. Nothing was sent.",
        "check `portal.url`, the network, and HTTPS_PROXY / NO_PROXY";
    TLS "tls", "No trusted connection to the portal",
        "The portal's certificate is not trusted by this machine, or both sides found no common way to encrypt. Nothing was sent.",
        "name the organisation's certificate authority in `portal.ca_bundle`";
    TIMEOUT "timeout", "No answer in time",
        "The portal did not answer within the time-out. A write may have been carried out all the same; the next run finds out.",
        "run again; keyform finds out what was done";
    LOST "lost", "The answer was lost",
        "The connection ended before the answer did. A write may have been carried out all the same; the next run finds out.",
        "run again; keyform finds out what was done";
    REDIRECT "redirect", "Redirected to another place",
        "The answer points to another host, or to a connection without encryption. Tokens are not sent there.",
        "write the address that the portal really has into `portal.url`";
    SIGN_IN_PAGE "sign_in_page", "A sign-in page instead of an answer",
        "Something before the portal wants people to sign in with a browser. Its REST interface has to be reachable without that.",
        "let keyform's machine reach /sharing/rest without the sign-in page, or use an address that does";
    HTML "html", "A web page instead of an answer",
        "A proxy, a web adaptor or a maintenance page answered in place of the portal.",
        "open the portal in a browser; try again when it is back";
    GARBLED "garbled", "An answer that makes no sense",
        "The answer is empty, cut off, too long, or lacks what it must have. A write may have been carried out all the same.",
        "run again; if it stays, something between here and the portal changes its answers";
    REFUSED "refused", "The portal refused",
        "The portal said no, in the words shown. Nothing was changed by this request.",
        "";
    FAILED "failed", "The portal failed",
        "The portal reports a fault of its own and does not say what it did before. The next run finds out.",
        "run again; keyform finds out what was done";
    INVALID_TOKEN "invalid_token", "The token is not accepted",
        "The token is expired or revoked, or is bound to another referer than the one sent.",
        "make a new token; if it is bound to a referer, set KEYFORM_REFERER to the same text";
    TOKEN_REQUIRED "token_required", "The portal wants a token",
        "The portal says that it saw no token. Some web tiers take the header away.",
        "check that nothing between here and the portal removes the header X-Esri-Authorization";
    FORBIDDEN "forbidden", "The account may not do this",
        "The account lacks a privilege, or the object belongs to somebody else. Trying again does not help.",
        "the account needs `portal:user:createItem`, `portal:user:generateApiTokens` and `portal:user:assignPrivilegesToApps`";
    NOT_FOUND "not_found", "There is no such object",
        "There is no such item or app, or none that the account may see. The portal tells the two apart for nobody.",
        "";
    BAD_PRIVILEGES "bad_privileges", "Privileges that cannot be granted",
        "A privilege is not known to this portal, or the account does not hold it itself. The portal answers with code 500, but it is permanent.",
        "grant only privileges that `keyform privileges` shows for this account";
    RATE_LIMITED "rate_limited", "Too many requests",
        "The portal limits requests and did not act on this one, even after waiting: as long as it asked for, or a minute and a dozen tries where it does not say.",
        "run again later: nothing was changed by this request; other programs of the same account count as well";
    UNAVAILABLE "unavailable", "The portal is not available",
        "The portal, or a gateway before it, does not serve at the moment, even after several tries.",
        "try again later";
    READ_ONLY "read_only", "The portal is in read-only mode",
        "An administrator has put the portal into read-only mode, as during upgrades. It refuses every write.",
        "wait until the portal accepts writes again";
    TOO_OLD "too_old", "ArcGIS Enterprise before 11.4",
        "API key credentials came with ArcGIS Enterprise 11.4.",
        "upgrade the portal to ArcGIS Enterprise 11.4 or later";
    NOT_A_PORTAL "not_a_portal", "No portal at this address",
        "The address answers, but not as an ArcGIS portal does. Often the context path is missing, as in https://host/portal.",
        "write `portal.url` with its context path, as in https://gis.example.gov/portal";
    APP_TOKEN "app_token", "A token of an application",
        "API keys and tokens of applications cannot manage credentials; the portal wants a user.",
        "sign in as a user: KEYFORM_USERNAME and KEYFORM_PASSWORD, or a user's token in KEYFORM_TOKEN";
    WRONG_CREDENTIALS "wrong_credentials", "User name and password were not accepted",
        "The portal gave no token. Accounts with multifactor authentication or an organisation's own sign-in (SAML, OpenID Connect) cannot sign in with a password.",
        "check KEYFORM_USERNAME (upper and lower case matter) and KEYFORM_PASSWORD; accounts with multifactor or SAML sign-in need a token in KEYFORM_TOKEN";
    IWA "iwa", "Integrated Windows authentication",
        "The web server before the portal asks for Windows credentials (Negotiate or NTLM), which keyform does not speak.",
        "use an address of the portal that does not ask for Windows credentials, such as https://host:7443/arcgis";
    PARTIAL_READ "partial_read", "Not everything could be read",
        "Lists changed while they were read, or an item that is listed cannot be read. What was not read must not be taken for missing, so keyform stops.",
        "run again; if it stays, the account may not see everything it has to";
    NO_TIME "no_time", "The portal does not tell its time",
        "Expiry and lease go by the portal's clock, which is read from the Date header of its answers.",
        "let the Date header pass through proxies and web adaptors";
    LEASE_OVER "lease_over", "The lease is too short for this request",
        "A write is sent only if its time-out ends before the lease does, so that no late request meets another run.",
        "run again; what is left is done then";
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn codes_are_unique_and_explained() {
        let unique: BTreeSet<_> = CODES.iter().map(|entry| entry.id).collect();
        assert_eq!(unique.len(), CODES.len());
        assert!(CODES.iter().all(|entry| entry.explanation.ends_with('.') && !entry.title.ends_with('.')));
    }
}
