//! Names that need no escaping anywhere.

use std::fmt;

/// Why a text is not a name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "a field is what it is called")]
pub enum NameError {
    /// A character outside `a-z 0-9 -`.
    #[error("`{found}` is not allowed in a name")]
    Character { found: char },
    /// Empty, or longer than 64.
    #[error("a name has 1 to 64 characters, this one has {len}")]
    Length { len: usize },
}

fn checked(raw: &str) -> Result<Box<str>, NameError> {
    match raw.chars().find(|c| !matches!(c, 'a'..='z' | '0'..='9' | '-')) {
        Some(found) => Err(NameError::Character { found }),
        None if !(1..=64).contains(&raw.len()) => Err(NameError::Length { len: raw.len() }),
        None => Ok(raw.into()),
    }
}

macro_rules! name {
    ($(#[$doc:meta])* $type:ident) => {
        $(#[$doc])*
        ///
        /// 1 to 64 of `a-z`, `0-9` and `-`, so it needs no escaping in a URL, a tag, a table or a shell.
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $type(Box<str>);

        impl $type {
            /// The name, if `raw` is one.
            pub fn new(raw: &str) -> Result<Self, NameError> {
                checked(raw).map(Self)
            }

            /// The text of the name.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

name! {
    /// What a credential is called in the file, and the key it is matched by on the portal.
    CredentialName
}
name! {
    /// The set of credentials that one configuration owns on a portal.
    StackName
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_1_to_64_of_lower_case_digits_and_dashes() {
        assert!(CredentialName::new("storefront-web-2").is_ok());
        assert_eq!(CredentialName::new(""), Err(NameError::Length { len: 0 }));
        assert_eq!(CredentialName::new(&"a".repeat(65)), Err(NameError::Length { len: 65 }));
        assert!(CredentialName::new(&"a".repeat(64)).is_ok());
        assert_eq!(CredentialName::new("Web"), Err(NameError::Character { found: 'W' }));
        assert_eq!(StackName::new("a/b"), Err(NameError::Character { found: '/' }));
    }
}
