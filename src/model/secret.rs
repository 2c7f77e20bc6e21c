//! The one type that holds what nobody may see.

/// The text of a key, client secret, password or token.
///
/// No `Debug`, `Display`, `Clone`, `PartialEq` or `Serialize`: what holds one cannot leak it by deriving.
/// Its bytes are overwritten when it is dropped, as far as safe Rust can promise that.
pub struct Secret(Vec<u8>);

impl Secret {
    /// Takes the text over.
    #[must_use]
    pub fn new(text: String) -> Self {
        Self(text.into_bytes())
    }

    /// The text, for the one place that must send or store it. Never for output.
    #[must_use]
    pub fn reveal(&self) -> &str {
        // Only `new` fills it, from a String.
        std::str::from_utf8(&self.0).unwrap_or_default()
    }

    /// Whether there is any text at all.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Drop for Secret {
    fn drop(&mut self) {
        self.0.fill(0);
        // Keeps the overwrite: the optimiser may not drop a store that is looked at afterwards.
        std::hint::black_box(&self.0);
    }
}
