//! Identifiers that the portal gives out.

use std::fmt;

/// Why a text is not an identifier.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an id is 32 hexadecimal digits")]
pub struct IdError;

macro_rules! id {
    ($(#[$doc:meta])* $type:ident) => {
        $(#[$doc])*
        /// 32 hexadecimal digits, kept in lower case.
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $type(Box<str>);

        impl $type {
            /// The id, if `raw` is one.
            pub fn new(raw: &str) -> Result<Self, IdError> {
                if raw.len() == 32 && raw.bytes().all(|b| b.is_ascii_hexdigit()) {
                    Ok(Self(raw.to_ascii_lowercase().into()))
                } else {
                    Err(IdError)
                }
            }

            /// The 32 digits.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }

            /// The first 8 and the last 4 digits, for tables.
            #[must_use]
            pub fn short(&self) -> String {
                format!("{}…{}", &self.0[..8], &self.0[28..])
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

id! {
    /// An item of the portal:
    ItemId
}
id! {
    /// A folder of a user:
    FolderId
}
