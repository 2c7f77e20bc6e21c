//! Values that are one string.

use serde::Deserialize;

macro_rules! texts {
    ($($(#[$doc:meta])* $type:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
        #[serde(transparent)]
        pub struct $type(pub String);
    )*};
}

texts! {
    /// A name: 1 to 64 of `a-z`, `0-9` and `-`.
    Name;
    /// A duration, such as `90d`.
    DurationText;
    /// A date, such as 2027-06-30.
    DateText;
    /// Hours of a day, such as 09:00-16:00.
    HoursText;
    /// A time zone, such as `Europe/Zurich`.
    ZoneText;
    /// One of Esri's privilege strings.
    PrivilegeText;
}
