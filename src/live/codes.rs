//! The codes of a portal that is not the one that was meant.

use crate::model::codes;

codes! {
    /// Every code of this module.
    pub(crate) CODES "live";

    WRONG_ORG "wrong_org", "The portal is another organisation's",
        "The portal answered as another organisation than `portal.expect.org` names. Nothing was planned.",
        "sign in to the organisation in `portal.expect.org`, or correct it";
    WRONG_ACCOUNT "wrong_account", "The sign-in is another account's",
        "The sign-in belongs to another account than `portal.expect.account` names. Nothing was planned.",
        "sign in as the account in `portal.expect.account`, or correct it";
}
