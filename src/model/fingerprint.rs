//! What is remembered of a key instead of the key.

use std::fmt;

use sha2::{Digest, Sha256};

use super::Secret;

/// The first 16 hexadecimal digits of the SHA-256 of a key's exact bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fingerprint([u8; 8]);

impl Fingerprint {
    /// The fingerprint of `key`.
    #[must_use]
    pub fn of(key: &Secret) -> Self {
        Self::of_bytes(key.reveal().as_bytes())
    }

    /// The same digits of any bytes, where a short hash is all that is to be kept.
    pub(crate) fn of_bytes(bytes: &[u8]) -> Self {
        let digest = Sha256::digest(bytes);
        let mut first = [0; 8];
        first.copy_from_slice(&digest[..8]);
        Self(first)
    }

    /// Reads the 16 digits back.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        if text.len() != 16 || !text.bytes().all(|b| b.is_ascii_hexdigit()) {
            return None;
        }
        u64::from_str_radix(text, 16).ok().map(|n| Self(n.to_be_bytes()))
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", u64::from_be_bytes(self.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fingerprint_is_the_start_of_the_sha256_and_reads_back() {
        let of = Fingerprint::of(&Secret::new("abc".into()));
        assert_eq!(of.to_string(), "ba7816bf8f01cfea");
        assert_eq!(Fingerprint::parse("ba7816bf8f01cfea"), Some(of));
        assert_eq!(Fingerprint::parse("+a7816bf8f01cfea"), None);
        assert_eq!(Fingerprint::parse("ba7816bf"), None);
    }
}
