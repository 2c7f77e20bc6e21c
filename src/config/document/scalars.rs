//! Values that are one string.

use serde::Deserialize;

macro_rules! text {
    ($(#[$doc:meta])* $type:ident) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
        #[serde(transparent)]
        pub struct $type(pub String);
    };
}

text! {
    /// A name: 1 to 64 of `a-z`, `0-9` and `-`.
    Name
}
text! {
    /// A duration, such as `90d`.
    DurationText
}
text! {
    /// A date, such as 2027-06-30.
    DateText
}
text! {
    /// Hours of a day, such as 09:00-16:00.
    HoursText
}
text! {
    /// A time zone, such as `Europe/Zurich`.
    ZoneText
}
text! {
    /// One of Esri's privilege strings.
    PrivilegeText
}
